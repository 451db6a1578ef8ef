"""The published site: pages, feeds, reports and data, made anew from the archive; the same archive, the same bytes."""

from tracker.site.folder import MANIFEST, Manifest, Published, publish, read_manifest, written_by
from tracker.site.pages import site_files
from tracker.site.told import Told
from tracker.site.views import View, page_of, views_of

__all__ = [
    "MANIFEST",
    "Manifest",
    "Published",
    "Told",
    "View",
    "page_of",
    "publish",
    "read_manifest",
    "site_files",
    "views_of",
    "written_by",
]
