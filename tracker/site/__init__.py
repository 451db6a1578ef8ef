"""The published site: pages, feeds, reports and data, made anew from the archive; the same archive, the same bytes."""

from tracker.site.folder import MANIFEST, Draft, Manifest, Published, drafting, publish, read_manifest, written_by
from tracker.site.judged import Judged
from tracker.site.pages import Part, site_files, site_parts
from tracker.site.told import Told
from tracker.site.views import View, page_of, views_of

__all__ = [
    "MANIFEST",
    "Draft",
    "Judged",
    "Manifest",
    "Part",
    "Published",
    "Told",
    "View",
    "drafting",
    "page_of",
    "publish",
    "read_manifest",
    "site_files",
    "site_parts",
    "views_of",
    "written_by",
]
