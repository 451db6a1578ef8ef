"""Archives and repositories to changelogs: which histories are read, and which of their entries are told."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tracker.archive import Archive, archive_at, archive_on_disk
from tracker.changelog import entries_of, newest_first
from tracker.configuration import Configuration, has_policy
from tracker.errors import UsageError, one_line
from tracker.model import Changelog, Entry, PolicyHistory, PolicyVersion, Service, Skipped

__all__ = ["Origin", "Selection", "find_version", "replaying", "start_of_tracking", "tell", "tell_archive", "tell_git"]


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where histories are read from."""

    snapshots: Path
    """The archive."""
    repository: Path | None = None
    """Someone's repository of policies, or a bundle, in the archive's place."""
    under: str = "policies"
    """The folder of the policy files in that repository."""
    revision: str | None = None
    """The last commit that counts; None for the files on disk, and for the repository's current branch."""


def tell(
    origin: Origin, configuration: Configuration, selection: Selection, keep: list[PolicyHistory] | None = None
) -> Changelog:
    """Return the changelog of an origin; the histories that it tells are added to `keep`.

    Raises:
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for.
    """
    if origin.repository is not None:
        return tell_git(origin.repository, origin.revision, origin.under, selection, keep)
    if origin.revision is None:
        return tell_archive(archive_on_disk(origin.snapshots), configuration, selection, keep)
    from tracker.git import located

    with located(origin.snapshots, origin.revision) as (repository, tip, under):
        return tell_archive(archive_at(repository, tip, under), configuration, selection, keep)


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
    with replaying(place, revision, under, selection.owner or "git") as (times, histories):
        wanted = (item for item in histories if _is_wanted(item, selection))
        return replace(_told(wanted, lambda _: times[0], selection, keep), until=times[1])


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


def _is_wanted(item: PolicyHistory | Skipped, selection: Selection) -> bool:
    """Tell whether a policy is asked for, or a file of one that could not be read: `policies/Name.json at 1234567`."""
    if isinstance(item, Skipped):
        return selection.wants(PurePosixPath(item.where.rpartition(" at ")[0]).name.removesuffix(".json"))
    return selection.wants(item.facts.name)


@contextmanager
def replaying(
    place: Path, revision: str | None, under: str, owner: str
) -> Iterator[tuple[tuple[datetime, datetime], Iterator[PolicyHistory | Skipped]]]:
    """Open someone's repository of policies; give the times of its first and last commit of them, and its histories.

    Raises:
        GitError: the repository can't be read.
        UsageError: there is no policy below that folder.
    """
    from tracker.git import opened
    from tracker.replay import replayed

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
