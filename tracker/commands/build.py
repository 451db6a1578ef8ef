"""`build`: the archive → the published folder."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.archive.store import archive_on_disk
from tracker.base.parallel import halves, shared_out
from tracker.base.progress import Progress, no_progress
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import assess_entries, entries_to_assess
from tracker.changelog.builder import Selection, archive_source
from tracker.documentation.announcement_feeds import attach_announcements, read_feeds
from tracker.formats.renderer import Renderer
from tracker.policy.history import Skipped
from tracker.settings.configuration import Configuration
from tracker.site import (
    FolderDraft,
    Part,
    PublishResult,
    RiskIndex,
    SiteData,
    open_draft,
    read_manifest,
    require_own_folder,
    site_parts,
    written_by,
)
from tracker.text.words import load_words, template_folders

if TYPE_CHECKING:
    from tracker.changelog.model import Entry
    from tracker.policy.history import PolicyHistory
    from tracker.risk import Assessment

__all__ = ["build"]

_FILES_OF_A_POLICY = 4
"""Its page and its feeds: nearly all files of a site."""
_ASSESSED_HERE = 0.35
"""How much is assessed by the process that also prepares what every page needs."""


def build(
    snapshots: Path,
    output: Path,
    configuration: Configuration,
    templates: Path | None = None,
    progress: Progress = no_progress,
    announcements: Sequence[Path] = (),
) -> PublishResult:
    """Bring the published folder up to the archive; return what that took.

    Nothing is done where an earlier build was made from the same archive, configuration, templates and program, and
    its files are as it left them.

    Args:
        snapshots: the archive.
        output: the folder.
        configuration: titles, services, addresses, files of announcements.
        templates: a folder of templates that come first.
        progress: called after each file.
        announcements: further files of announcements, about any policy.

    Raises:
        PageError: a file of announcements can't be read.
        ArchiveError: the archive can't be read.
        RenderError: a template failed, or a feed did not pass its check: nothing has changed then.
        OutputError: the folder holds something else, or a file can't be written.
    """
    require_own_folder(output)
    progress(0, 0)
    folders = template_folders(templates)
    archive, catalogue = archive_on_disk(snapshots), load_catalogue()
    feeds = read_feeds(configuration.services, announcements)
    settings = f"{configuration} {catalogue.version} {[(feed.name, sha256(feed.data).hexdigest()) for feed in feeds]}"
    made_from = _fingerprint([snapshots, *folders, Path(__file__).parents[1]], settings)
    before = read_manifest(output)
    if before.files and before.made_from == made_from and written_by(output, before):
        return PublishResult(len(before.files), 0, 0)
    renderers = [Renderer(folders, load_words(language, folders)) for language in configuration.languages]
    source = archive_source(archive, configuration, Selection())
    items = list(source.histories())
    histories = [item for item in items if not isinstance(item, Skipped)]
    changelog = attach_announcements(source.changelog(items, Selection()), feeds, catalogue)
    site_data = SiteData(tuple(item for item in histories if item.versions), changelog, catalogue)
    risk_index = _assess_changes(site_data, histories, configuration)
    with open_draft(output) as draft:
        shares = halves(site_parts(site_data, risk_index, renderers, configuration))
        expected = len(before.files or ()) or len(site_data.histories) * _FILES_OF_A_POLICY * len(renderers)
        first = _Share(draft, shares[0], progress, expected // len(shares))
        others = [_Share(draft, parts, no_progress, 0) for parts in shares[1:]]
        for files, new in shared_out(_Share.added, [first, *others]):
            draft.join(files, new)
        return draft.publish(made_from)


def _assess_changes(
    site_data: SiteData, histories: Sequence["PolicyHistory"], configuration: Configuration
) -> RiskIndex:
    """Return what the changes mean; while another process assesses most of them, this one prepares the site's data."""
    shares = halves(entries_to_assess(site_data.changelog), first=_ASSESSED_HERE)

    def assessments(share: Sequence["Entry"]) -> dict[str, "Assessment"]:
        if share is shares[0]:
            site_data.prepare()
        return assess_entries(
            site_data.changelog, histories, site_data.catalogue, configuration.rules, is_whole_archive=True, only=share
        )

    return RiskIndex({name: found for part in shared_out(assessments, shares) for name, found in part.items()})


@dataclass(frozen=True, slots=True)
class _Share:
    """What one process adds to a draft; only the first one reports its progress."""

    draft: FolderDraft
    parts: Sequence[Part]
    progress: Progress
    expected: int

    def added(self) -> tuple[dict[str, str], set[str]]:
        """Add the files; return all that are in the draft then, and which of them are new."""
        for part in self.parts:
            for path, text in part():
                self.draft.add(path, text)
                self.progress(len(self.draft.files), max(self.expected, len(self.draft.files)))
        return self.draft.files, self.draft.new


def _fingerprint(folders: Iterable[Path], settings: str) -> str:
    """Return what changes with any file of some folders, and with the settings."""
    found = sha256(settings.encode())
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if name != "__pycache__" and not name.startswith("."))
            for name in sorted(names):
                content = Path(place, name).read_bytes()
                found.update(f"\0{place}/{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return found.hexdigest()
