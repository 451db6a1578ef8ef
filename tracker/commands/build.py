"""`build`: the archive → the published folder."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tracker.archive.status import read_checks
from tracker.archive.store import HOW_TO_FILL, archive_on_disk
from tracker.base.dates import format_time
from tracker.base.files import write_text
from tracker.base.parallel import alternating, halves, shared_out
from tracker.base.progress import Progress, no_progress
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import start_of_tracking
from tracker.changelog.entries import newest_first
from tracker.changelog.model import Changelog
from tracker.commands.documentation_records import read_records
from tracker.documentation.announcements.changelogs import attach_announcements, read_feeds
from tracker.errors import ArchiveError, OutputError
from tracker.formats.renderer import Renderer
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration
from tracker.site import (
    BuildCache,
    FolderDigest,
    FolderDraft,
    KeptPart,
    Manifest,
    Memo,
    Part,
    PolicyRecord,
    PublishResult,
    RiskIndex,
    SiteData,
    SiteParts,
    assess_records,
    decode_record,
    digest_of,
    encode_record,
    file_state,
    findings_in_force,
    manifest_on_disk,
    open_draft,
    read_cache,
    read_manifest,
    record_of,
    require_own_folder,
    write_cache,
    written_by,
)
from tracker.site.folder_digests import folder_digests
from tracker.site.grants import Expansions
from tracker.site.undocumented import undocumented_in
from tracker.text.words import load_words, template_folders

if TYPE_CHECKING:
    from tracker.archive.store import Archive
    from tracker.catalogue.catalogue import Catalogue
    from tracker.commands.attached import AttachedFilter
    from tracker.documentation.undocumented import Undocumented
    from tracker.risk import Assessment

__all__ = ["build"]

MOST_PARTS_ALONE = 200
"""Parts that one process makes alone: a second one costs as much as it saves, for both load templates and words."""
Share = TypeVar("Share")
_FILES_OF_A_POLICY = 3
"""Its page and its feed, and what all others come to: about as many files as a site has for each policy."""


def build(
    snapshots: Path,
    output: Path,
    configuration: Configuration,
    templates: Path | None = None,
    progress: Progress = no_progress,
    announcements: Sequence[Path] = (),
    only: "AttachedFilter | None" = None,
) -> PublishResult:
    """Bring the published folder up to the archive; return what that took.

    Nothing is done where an earlier build was made from the same archive, configuration, templates and program, and
    its files are as it left them. Of a new state only the parts are made that show something new.

    Args:
        snapshots: the archive.
        output: the folder.
        configuration: titles, services, addresses, files of announcements.
        templates: a folder of templates that come first.
        progress: called after each file.
        announcements: further files of announcements, about any policy.
        only: what is attached: the site is of nothing else; None for everything.

    Raises:
        PageError: a file of announcements can't be read.
        ArchiveError: the archive can't be read, or holds no policy.
        RenderError: a template failed, or a feed did not pass its check: nothing has changed then.
        OutputError: the folder holds something else, or a file can't be written.
    """
    require_own_folder(output, is_attached=only is not None)
    progress(0, 0)
    folders = template_folders(templates)
    archive, catalogue = archive_on_disk(snapshots), load_catalogue()
    feeds = read_feeds(configuration.services, announcements)
    inputs = f"{configuration} {catalogue.version} {[(feed.name, sha256(feed.data).hexdigest()) for feed in feeds]}"
    program = digest_of(inputs, *_flat(folder_digests([Path(__file__).parents[1]])))
    before, cache = read_manifest(output), read_cache(output, manifest_on_disk(output))
    base, digests = digest_of(program, *_flat(folder_digests(folders))), folder_digests([snapshots], cache.folders)
    places = archive.policy_keys()
    if not places:
        raise ArchiveError("the archive holds no policy", where=str(snapshots), hint=HOW_TO_FILL)
    base = digest_of(base, str(only.scope(places)), str(only.unknown(places))) if only else base
    made_from = digest_of(base, *_flat(digests))
    if before.files and before.made_from == made_from and _is_untouched(output, before, cache):
        _note_last_check(snapshots, output)
        return PublishResult(len(before.files), 0, 0)
    memo = Memo(cache.results)
    documents = _Documents(archive)
    records = _records(archive, digests, configuration, catalogue, memo, program, only)
    entries = newest_first(entry for record in records for entry in reversed(record.entries))
    skipped = tuple(item for record in records for item in record.skipped)
    changelog = Changelog("", tuple(entries), skipped, archive.last_observed(None))
    changelog = only.apply(changelog, places) if only else changelog
    assessments = assess_records(
        *(records, changelog, catalogue, configuration.rules, documents, memo, program), is_whole_archive=not only
    )
    standing = findings_in_force(records, assessments, catalogue, configuration.rules, documents, memo, program)
    site_data = SiteData(
        tuple(record for record in records if record.history.versions),
        attach_announcements(changelog, feeds, catalogue),
        catalogue,
        documents,
        memo,
        _undocumented(snapshots, records, changelog, catalogue, assessments),
        base,
    )
    site_data.prepare()
    renderers = [Renderer(folders, load_words(language, folders)) for language in configuration.languages]
    parts = SiteParts(site_data, RiskIndex(assessments, standing), renderers, configuration)
    with open_draft(output, is_attached=only is not None) as draft:
        expected = len(before.files or ()) or len(site_data.histories) * _FILES_OF_A_POLICY * len(renderers)
        making = _Making(draft, before, cache, memo, progress, expected, site_data.gather_grants)
        by_language = len(renderers) > 1 and parts.unknown_policies() > MOST_PARTS_ALONE
        making.make(parts.lists(), by_language=by_language)
        result = draft.publish(made_from)
    _note_last_check(snapshots, output)
    with suppress(OutputError):  # the site is there: without it the next build takes longer
        write_cache(output, making.cache_of(memo, digests))
    return result


def _note_last_check(snapshots: Path, output: Path) -> None:
    """Leave the time of the last check where the front page looks for it; nothing where it is not known.

    The file is no part of the site: two builds of one archive are the same, whenever its source was asked.

    Raises:
        OutputError: it can't be written.
    """
    checks = read_checks(snapshots)
    if checks:
        value = {"schema": "policy-tracker/site-status/1", "last_check": format_time(min(check.at for check in checks))}
        write_text(output / "status.json", f"{json.dumps(value)}\n")


def _undocumented(
    snapshots: Path,
    records: Sequence[PolicyRecord],
    changelog: Changelog,
    catalogue: "Catalogue",
    assessments: "Mapping[str, Assessment]",
) -> "tuple[Undocumented, ...] | None":
    """Return the changes that no recorded page documents; None where none has been recorded."""
    pages = list(read_records(snapshots))
    if not pages:
        return None
    histories, levels = (record.history for record in records), RiskIndex(assessments).levels
    return undocumented_in(pages, changelog, histories, lambda name: bool(catalogue.expand(name)), levels)


class _Documents:
    """Reads histories with their documents again; only the last one is kept, for all of them fill the memory."""

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self._last: PolicyHistory | None = None

    def __call__(self, history: PolicyHistory) -> PolicyHistory:
        """Return a history with the documents of its versions; no file of another version is read."""
        key, versions = (history.owner, history.folder), [version.version_id for version in history.versions]
        last = self._last
        if last is None or (last.owner, last.folder) != key or [one.version_id for one in last.versions] != versions:
            found = self._archive.read([key], frozenset(versions))
            self._last = last = next(item for item in found if isinstance(item, PolicyHistory))
        return last


def _records(
    archive: "Archive",
    digests: Mapping[str, FolderDigest],
    configuration: Configuration,
    catalogue: "Catalogue",
    memo: Memo,
    program: str,
    only: "AttachedFilter | None",
) -> list[PolicyRecord]:
    """Return the entries of each policy, by owner and folder: what is kept of it, or what its files say."""
    places = archive.policy_keys()
    start, expansions = start_of_tracking(archive, configuration), Expansions(catalogue)
    common = digest_of("record", program, str(sorted(archive.first_observed(places).items())))
    same_name: defaultdict[str, list[str]] = defaultdict(list)
    for owner, folder in places:  # what a policy is called depends on others that had its name
        same_name[f"{owner}/{folder.partition('~')[0]}"] += [
            folder,
            digests[path].content if (path := f"{owner}/{folder}") in digests else "",
        ]
    keys = {
        (owner, folder): digest_of(common, owner, folder, *same_name[f"{owner}/{folder.partition('~')[0]}"])
        for owner, folder in places
        if only is None or only.policies.has(owner, folder.partition("~")[0])
    }

    def read(place: tuple[str, str]) -> PolicyRecord | None:
        return record_of(keys[place], archive.read([place]), start, expansions)

    def read_share(share: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        return {keys[place]: encode_record(read(place)) for place in share}

    left = [place for place, key in keys.items() if key not in memo]
    for found in shared_out(read_share, alternating(left)) if left else ():
        memo.join(found)
    records = (memo.get(key, decode_record, partial(read, place), encode_record) for place, key in keys.items())
    return [record for record in records if record is not None]


@dataclass
class _Making:
    """Makes the parts of a site that an earlier build did not make the same."""

    draft: FolderDraft
    before: Manifest
    cache: BuildCache
    memo: Memo
    progress: Progress
    expected: int
    """How many files there will be, about."""
    prepare: Callable[[], None]
    """Finds what many parts need, once for all processes that make some of them."""
    made: dict[str, KeptPart] = field(default_factory=dict)
    """The parts of the site, by name."""
    is_first: bool = True
    """Whether this is the process that shows how far it is."""

    def make(self, lists: Sequence[Callable[[], Sequence[Part]]], *, by_language: bool) -> None:
        """Add the files of all parts to the draft, with the help of another process where they are many.

        Args:
            lists: what lists them, the languages first.
            by_language: whether the other process lists and makes whole languages: where to list them takes long.
        """
        if by_language:
            self._share_out(halves(lists), self._list_and_add)
            return
        left = self._left(lists)
        self._share_out(halves(left) if len(left) > MOST_PARTS_ALONE else [left], self._add_all)

    def _share_out(self, shares: Sequence[Share], work: Callable[[Share], None]) -> None:
        """Let each share be worked on in a process of its own, and take over what that adds."""
        if len(shares) > 1:
            self.prepare()
        known = frozenset(self.memo.used)

        def worked(share: Share) -> tuple[dict[str, str], set[str], dict[str, bytes], dict[str, KeptPart]]:
            self.is_first = share is shares[0]
            work(share)
            new = {key: bytes(result) for key, result in self.memo.used.items() if key not in known}
            return self.draft.files, self.draft.new, new, self.made

        for files, new, used, made in shared_out(worked, shares):
            self.draft.join(files, new)
            self.memo.join(used)
            self.made.update(made)

    def _list_and_add(self, lists: Sequence[Callable[[], Sequence[Part]]]) -> None:
        self._add_all(self._left(lists))

    def _left(self, lists: Sequence[Callable[[], Sequence[Part]]]) -> list[Part]:
        """Return the parts that are to be made, and keep the others."""
        return [part for parts in lists for part in parts() if not self._keep(part)]

    def _add_all(self, parts: Sequence[Part]) -> None:
        for part in parts:
            self.made[part.name] = self._add(part)

    def _keep(self, part: Part) -> bool:
        """Keep what an earlier build made of a part, where it made it from the same and nobody touched it since."""
        kept, known = self.cache.parts.get(part.name), self.before.files or {}
        if kept is None or kept.key != part.key or not kept.files.keys() <= known.keys():
            return False
        if not all(file_state(self.draft.folder, path) == state for path, state in kept.files.items()):
            return False
        self.draft.keep({path: known[path] for path in kept.files})
        self.made[part.name] = kept
        return True

    def _add(self, part: Part) -> KeptPart:
        files = {}
        for path, text in part.files():
            state = self.draft.add(path, text)
            if state:
                files[path] = state
            if self.is_first:
                self.progress(len(self.draft.files), max(self.expected, len(self.draft.files)))
        return KeptPart(part.key, files)

    def cache_of(self, memo: Memo, folders: Mapping[str, FolderDigest]) -> BuildCache:
        """Return what is kept for the next build."""
        return BuildCache(digest_of(manifest_on_disk(self.draft.folder) or b""), memo.used, self.made, folders)


def _is_untouched(folder: Path, manifest: Manifest, cache: BuildCache) -> bool:
    """Return whether each file that a manifest names is as the earlier build left it."""
    states = {path: state for part in cache.parts.values() for path, state in part.files.items()}
    if manifest.files and states.keys() == manifest.files.keys():
        return all(file_state(folder, path) == state for path, state in states.items())
    return written_by(folder, manifest)


def _flat(digests: Mapping[str, FolderDigest]) -> Iterator[str]:
    return (text for path, digest in digests.items() for text in (path, digest.content))
