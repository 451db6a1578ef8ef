"""The published site: pages, feeds, reports and data, made anew from the archive; the same archive, the same bytes.

Gives `commands` the files of the site and writes them. Never decides what a row says.
"""

from tracker.site.assessing import assess_records
from tracker.site.data import SiteData
from tracker.site.findings_in_force import findings_in_force
from tracker.site.kept_records import decode_record, encode_record
from tracker.site.memo import BuildCache, FolderDigest, KeptPart, Memo, digest_of, read_cache, write_cache
from tracker.site.output_folder import (
    MANIFEST,
    FolderDraft,
    Manifest,
    PublishResult,
    file_state,
    manifest_on_disk,
    open_draft,
    publish,
    read_manifest,
    require_own_folder,
    written_by,
)
from tracker.site.pages import SiteParts, site_files
from tracker.site.parts import Part
from tracker.site.records import PolicyRecord, record_of, record_of_entries
from tracker.site.risk_index import RiskIndex

__all__ = [
    "MANIFEST",
    "BuildCache",
    "FolderDigest",
    "FolderDraft",
    "KeptPart",
    "Manifest",
    "Memo",
    "Part",
    "PolicyRecord",
    "PublishResult",
    "RiskIndex",
    "SiteData",
    "SiteParts",
    "assess_records",
    "decode_record",
    "digest_of",
    "encode_record",
    "file_state",
    "findings_in_force",
    "manifest_on_disk",
    "open_draft",
    "publish",
    "read_cache",
    "read_manifest",
    "record_of",
    "record_of_entries",
    "require_own_folder",
    "site_files",
    "write_cache",
    "written_by",
]
