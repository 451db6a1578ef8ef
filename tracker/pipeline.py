"""The order of the steps: what reads, what tells, what prints, what is recorded and committed."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from tracker.archive import Archive, archive_on_disk, is_policy_name, merged_history, write_history
from tracker.assessments import assess
from tracker.catalogue import load_catalogue
from tracker.changelog import entries_of, newest_first
from tracker.configuration import Configuration, has_policy
from tracker.documents import parse_document
from tracker.errors import ArchiveError, DocumentError, UsageError, one_line
from tracker.git import Commit, Repository, opened
from tracker.model import Changelog, Entry, PolicyHistory, PolicyVersion, Service, Skipped
from tracker.render import Renderer
from tracker.replay import replayed
from tracker.rows import Block, Teller
from tracker.site import Published, Told, publish, read_manifest, site_files, written_by
from tracker.words import load_words, plain, template_folders

__all__ = [
    "Imported",
    "Progress",
    "Selection",
    "build",
    "commit_histories",
    "find_version",
    "import_git",
    "start_of_tracking",
    "tell_archive",
    "tell_git",
]

Progress = Callable[[int, int], None]
"""Told after each step: how many are done, and of how many."""


def no_progress(_done: int, _of: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are asked for."""

    owner: str | None = None
    """None for all."""
    service: Service | None = None
    """None for all policies."""
    names: frozenset[str] = frozenset()
    """Policies asked for beside the service's."""
    policy: str | None = None
    """A glob of policy names; None for all."""
    since: date | None = None
    """First day (UTC)."""
    until: date | None = None
    """Last day (UTC)."""

    def wants(self, name: str) -> bool:
        """Tell whether a policy of this name is asked for."""
        in_service = self.service is None or name in self.names or has_policy(self.service, name)
        return in_service and (self.policy is None or fnmatchcase(name, self.policy))

    def has(self, entry: Entry) -> bool:
        """Tell whether an entry's day is asked for."""
        day = entry.at.astimezone(UTC).date()
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


def tell_archive(
    archive: Archive, configuration: Configuration, selection: Selection, keep: list[PolicyHistory] | None = None
) -> Changelog:
    """Return the changelog of an archive; the histories that it tells are added to `keep`.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: no policy of it is asked for.
    """
    histories = archive.histories(selection.owner, selection.wants)
    start = start_of_tracking(archive, configuration, selection.service)
    return replace(_told(histories, start, selection, keep), until=archive.last_observed(selection.owner))


def start_of_tracking(
    archive: Archive, configuration: Configuration, chosen: Service | None = None
) -> Callable[[PolicyHistory], datetime | None]:
    """Return a function that tells since when a history's source has been watched, as `entries_of` takes it.

    Args:
        archive: where the histories are from.
        configuration: services may say themselves since when they are tracked.
        chosen: the service that is told; None for each policy's own.
    """
    starts: dict[str, datetime | None] = {}

    def start(history: PolicyHistory) -> datetime | None:
        service = chosen or configuration.service_of(history.facts.name)
        if service and service.tracking_since:
            return datetime.combine(service.tracking_since, time(), UTC)
        if history.owner not in starts:
            starts[history.owner] = archive.start_of_tracking(history.owner)
        return starts[history.owner]

    return start


def tell_git(
    place: Path, revision: str | None, under: str, selection: Selection, keep: list[PolicyHistory] | None = None
) -> Changelog:
    """Return the changelog of someone's repository of policies, without importing it.

    Args:
        place: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        selection: what is asked for.
        keep: takes the histories that are told.

    Raises:
        GitError: the repository can't be read.
        UsageError: there is no policy below that folder.
    """
    with _replay(place, revision, under, selection.owner or "git") as (times, histories):
        wanted = (item for item in histories if _is_wanted(item, selection))
        return replace(_told(wanted, lambda _: times[0], selection, keep), until=times[1])


def _is_wanted(item: PolicyHistory | Skipped, selection: Selection) -> bool:
    return isinstance(item, Skipped) or selection.wants(item.facts.name)


@contextmanager
def _replay(
    place: Path, revision: str | None, under: str, owner: str
) -> Iterator[tuple[tuple[datetime, datetime], Iterator[PolicyHistory | Skipped]]]:
    """Open a repository and give the times of its first and last commit of policies, and its histories."""
    with opened(place, revision) as (repository, tip):
        changes = repository.file_changes(tip, under)
        if not changes:
            hint = "name the folder of the policy files with --path"
            if repository.is_shallow():
                hint = "the clone is shallow: run `git fetch --unshallow`"
            raise UsageError(f"no file below {under!r} in the history", where=str(place), hint=hint)
        origin = f"git:{one_line(place.resolve().name.removesuffix('.git').removesuffix('.bundle'))}"
        yield (changes[0].at, changes[-1].at), replayed(repository, changes, under, owner=owner, origin=origin)


def _told(
    items: Iterable[PolicyHistory | Skipped],
    start: Callable[[PolicyHistory], datetime | None],
    selection: Selection,
    keep: list[PolicyHistory] | None,
) -> Changelog:
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    found = False
    for item in items:
        told = (item,) if isinstance(item, Skipped) else entries_of(item, start(item))
        if keep is not None and not isinstance(item, Skipped):
            keep.append(item)
        found = True
        for outcome in told:
            if isinstance(outcome, Skipped):
                skipped.append(outcome)
            elif selection.has(outcome):
                entries.append(outcome)
    if not found and (selection.policy or selection.service):
        name = selection.policy or (selection.service and selection.service.slug)
        raise UsageError(f"no policy for {name!r}", hint="names are globs, letter case counts")
    return Changelog("", tuple(newest_first(entries)), tuple(skipped))


def build(
    snapshots: Path,
    output: Path,
    configuration: Configuration,
    templates: Path | None = None,
    progress: Progress = no_progress,
    *,
    risk: bool = False,
) -> Published:
    """Bring the published folder up to the archive; return what that took.

    Nothing is done where an earlier build was made from the same archive, configuration, templates and program, and
    its files are as it left them.

    Raises:
        ArchiveError: the archive can't be read.
        RenderError: a template failed, or a feed did not pass its check: nothing has been written then.
        OutputError: a file can't be written.
    """
    folders = template_folders(templates)
    archive, catalogue = archive_on_disk(snapshots), load_catalogue()
    made_from = _fingerprint(
        [snapshots, *folders, Path(__file__).parent], f"{configuration} {catalogue.version} {risk}"
    )
    before = read_manifest(output)
    if before.files and before.made_from == made_from and written_by(output, before):
        return Published(len(before.files), 0, 0)
    renderers = [Renderer(folders, load_words(language, folders)) for language in configuration.languages]
    histories: list[PolicyHistory] = []
    changelog = tell_archive(archive, configuration, Selection(), histories)
    assessments = assess(changelog, histories, catalogue, configuration.rules, firsts=True) if risk else {}
    told = Told(tuple(item for item in histories if item.versions), changelog, catalogue, assessments)
    files = dict(site_files(told, renderers, configuration))
    return publish(output, files, made_from, progress)


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


def find_version(archive: Archive, name: str, version_id: str | None) -> PolicyVersion:
    """Return a policy's version: the one named, else the default, else the newest.

    Raises:
        UsageError: the archive has no such policy or version; names what there is.
    """
    found = [
        item for item in archive.histories(wanted=lambda policy: policy == name) if isinstance(item, PolicyHistory)
    ]
    history = next((item for item in found if "~" not in item.folder and item.versions), None)
    if history is None:
        raise UsageError(f"no policy {name!r} in the archive", hint="letter case counts")
    if version_id is None:
        seen = history.observations[-1].default_version if history.observations else None
        return history.version(seen or "") or history.versions[-1]
    version = history.version(version_id)
    if version is None:
        known = ", ".join(item.version_id for item in history.versions)
        raise UsageError(f"no version {version_id!r} of {name}", hint=f"there are: {known}")
    return version


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    policies: int
    """Policies read."""
    versions: int
    """Versions that the archive did not have."""
    written: tuple[Path, ...]
    """Files written."""
    skipped: tuple[Skipped, ...]
    """What was left out, and why."""


def import_git(
    place: Path,
    revision: str | None,
    under: str,
    snapshots: Path,
    owner: str,
    progress: Progress = no_progress,
) -> Imported:
    """Bring someone's git archive of policies into the archive.

    Args:
        place: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        snapshots: the archive; made if it is not there.
        owner: whose policies these are.
        progress: told after each policy.

    Raises:
        GitError: the repository can't be read.
        ArchiveError: a version is archived with another document.
        OutputError: a file can't be written.
    """
    known = _known(snapshots, owner)
    skipped: list[Skipped] = []
    written: list[Path] = []
    policies = versions = 0
    with _replay(place, revision, under, owner) as (_, items):
        for item in items:
            history = item if isinstance(item, Skipped) else _readable(item, skipped)
            if isinstance(history, Skipped):
                skipped.append(history)
                continue
            before = known.get(history.facts.name)
            after = merged_history(before, history)
            if after != before:
                written += write_history(snapshots, before, after)
                versions += len(after.versions) - (len(before.versions) if before else 0)
            policies += 1
            progress(policies, 0)
    return Imported(policies, versions, tuple(written), tuple(skipped))


def _known(snapshots: Path, owner: str) -> dict[str, PolicyHistory]:
    """Return the histories in force, by policy; a broken version file must be mended before more is recorded."""
    if not snapshots.is_dir():
        return {}
    known = {}
    for item in archive_on_disk(snapshots).histories(owner):
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git: `git checkout -- FILE`")
        if "~" not in item.folder:
            known[item.facts.name] = item
    return known


def _readable(history: PolicyHistory, skipped: list[Skipped]) -> PolicyHistory | Skipped:
    """Return a history without the versions that are no policy documents, or why it can't be recorded at all."""
    if not is_policy_name(history.facts.name):
        return Skipped(history.facts.name, "not a name that IAM would take for a policy")
    kept = []
    for version in history.versions:
        try:
            parse_document(version.document)
            kept.append(version)
        except DocumentError as error:
            skipped.append(Skipped(f"{history.facts.name} {version.version_id}", str(error)))
    held = {version.version_id for version in kept} | {None}
    seen = tuple(item for item in history.observations if item.default_version in held)
    return replace(history, versions=tuple(kept), observations=seen)


def commit_histories(
    snapshots: Path, steps: Iterable[tuple[Entry, list[Path]]], teller: Teller, author: tuple[str, str] | None = None
) -> int:
    """Commit each step alone, so that the log of the archive reads as the changelog; return how many there were.

    Args:
        snapshots: the archive, in a work tree.
        steps: entries, each with the files that it brought, oldest first.
        teller: in whose words the commits speak.
        author: name and address; None for git's configuration.

    Raises:
        GitError: git refused.
    """
    repository = Repository(snapshots)
    top = repository.top()
    count = 0
    for entry, files in steps:
        row = teller.row(entry)
        paths = [str(file.resolve().relative_to(top)) for file in files]
        body = "\n".join(_lines(row.blocks))
        repository.commit(paths, Commit(plain(row.headline), body, entry.at, author))
        count += 1
    return count


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield plain(block.lead)
        for item in (*block.items, *block.details):
            note = f" ({plain(item.note)})" if item.note else ""
            yield f"- {plain(item.text)}{note}"
