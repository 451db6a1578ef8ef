"""The published site: pages, feeds, reports and data, made anew from the archive; the same archive, the same bytes.

Gives `commands` the files of the site and writes them. Never decides what a row says.
"""

from tracker.site.data import Told
from tracker.site.output_folder import (
    MANIFEST,
    Draft,
    Manifest,
    Published,
    drafting,
    publish,
    read_manifest,
    written_by,
)
from tracker.site.pages import Part, site_files, site_parts
from tracker.site.risk_index import Judged

__all__ = [
    "MANIFEST",
    "Draft",
    "Judged",
    "Manifest",
    "Part",
    "Published",
    "Told",
    "drafting",
    "publish",
    "read_manifest",
    "site_files",
    "site_parts",
    "written_by",
]
