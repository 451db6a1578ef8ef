"""The published site: pages, feeds, reports and data, made anew from the archive; the same archive, the same bytes.

Gives `commands` the files of the site and writes them. Never decides what a row says.
"""

from tracker.site.data import SiteData
from tracker.site.output_folder import (
    MANIFEST,
    FolderDraft,
    Manifest,
    PublishResult,
    open_draft,
    publish,
    read_manifest,
    require_own_folder,
    written_by,
)
from tracker.site.pages import Part, site_files, site_parts
from tracker.site.risk_index import RiskIndex

__all__ = [
    "MANIFEST",
    "FolderDraft",
    "Manifest",
    "Part",
    "PublishResult",
    "RiskIndex",
    "SiteData",
    "open_draft",
    "publish",
    "read_manifest",
    "require_own_folder",
    "site_files",
    "site_parts",
    "written_by",
]
