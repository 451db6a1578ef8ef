"""Archives and repositories to changelogs: which histories are read, and which of their entries are in it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tracker.archive.packed import open_archive
from tracker.archive.store import BEGINNING, HOW_TO_FILL, Archive, archive_at
from tracker.base.parallel import halves
from tracker.base.suggestions import suggestion
from tracker.changelog.entries import TrackingStart, entries_of, newest_first
from tracker.changelog.model import Changelog, Entry
from tracker.errors import ArchiveError, UsageError, one_line
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration, service_has_policy
from tracker.settings.services import Service

if TYPE_CHECKING:
    from tracker.base.git_log import FileChange

__all__ = [
    "GitHistories",
    "HistoryOrigin",
    "HistorySource",
    "Selection",
    "archive_source",
    "build_archive_changelog",
    "build_changelog",
    "build_git_changelog",
    "open_git_histories",
    "open_history_source",
    "selected_entries",
    "start_of_tracking",
]

_READ_HERE = 0.53
"""The share of git's histories that stays in the first process: another one has to copy what it touches."""

HistoryReader = Callable[[Sequence[Any]], Iterable[PolicyHistory | Skipped]]
"""Reads the histories of some parts of a source, in their order."""


class Selection(Struct, frozen=True):
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
    attached: frozenset[tuple[str, str]] | None = None
    """Owners and names of the policies asked for; None for all."""

    def wants(self, name: str) -> bool:
        """Return whether a policy of this name is asked for."""
        in_service = self.service is None or name in self.names or service_has_policy(self.service, name)
        return in_service and (self.policy is None or fnmatchcase(name, self.policy))

    def takes_in(self, owner: str, name: str) -> bool:
        """Return whether an owner's policy of this name is asked for."""
        is_attached = self.attached is None or (owner, name) in self.attached
        return is_attached and self.owner in (None, owner) and self.wants(name)

    def has(self, item: Entry | Skipped) -> bool:
        """Return whether an item's day is asked for; what may be of any day always is."""
        if item.at is None or (self.since is None and self.until is None):
            return True
        day = item.at.astimezone(UTC).date()
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


class HistoryOrigin(Struct, frozen=True):
    """Where histories are read from."""

    snapshots: Path
    """The archive."""
    repository: Path | None = None
    """Someone's repository of policies, or a bundle, in the archive's place."""
    under: str = "policies"
    """The folder of the policy files in that repository."""
    revision: str | None = None
    """The last commit that counts; None for the files on disk, and for the repository's current branch."""


class HistorySource(Struct, frozen=True):
    """Histories that are asked for, ready to be read: all of them, or some here and some elsewhere."""

    shares: Sequence[Sequence[Any]]
    """What stands for each history, in order, in as many runs as it pays to read apart from each other."""
    read: HistoryReader
    """Reads the histories of a run."""
    start: Callable[[], TrackingStart]
    """Finds out since when the histories have been watched."""
    until: Callable[[], datetime | None]
    """Returns when the source was last seen to change."""
    owners: frozenset[str] = frozenset()
    """Whose histories these are."""

    def histories(self) -> Iterator[PolicyHistory | Skipped]:
        """Yield all histories, in order, and what could not be read.

        Raises:
            ArchiveError: a file of the archive can't be read.
            GitError: the repository can't be read.
        """
        for share in self.shares:
            yield from self.read(share)

    def changelog(self, histories: Iterable[PolicyHistory | Skipped], selection: Selection) -> Changelog:
        """Return the changelog of histories of this source, newest first.

        Args:
            histories: what `histories` yielded, or a part of it.
            selection: which of their entries are asked for.

        Raises:
            ArchiveError: a file of the archive can't be read.
        """
        entries: list[Entry] = []
        skipped: list[Skipped] = []
        for outcome in selected_entries(histories, self.start(), selection):
            (skipped if isinstance(outcome, Skipped) else entries).append(outcome)  # type: ignore[arg-type]
        return Changelog("", tuple(newest_first(entries)), tuple(skipped), self.until())


def build_changelog(origin: HistoryOrigin, configuration: Configuration, selection: Selection) -> Changelog:
    """Return the changelog of an origin.

    Raises:
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for.
    """
    with open_history_source(origin, configuration, selection) as source:
        return source.changelog(source.histories(), selection)


@contextmanager
def open_history_source(
    origin: HistoryOrigin, configuration: Configuration, selection: Selection
) -> Iterator[HistorySource]:
    """Open an origin, and find in it what is asked for.

    Raises:
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for.
    """
    if origin.repository is not None:
        with _git_source(origin.repository, origin.revision, origin.under, selection) as source:
            yield source
    elif origin.revision is None:
        yield archive_source(open_archive(origin.snapshots), configuration, selection)
    else:
        from tracker.base.git import open_enclosing_repository

        with open_enclosing_repository(origin.snapshots, origin.revision) as (repository, tip, under):
            yield archive_source(archive_at(repository, tip, under), configuration, selection)


def build_archive_changelog(archive: Archive, configuration: Configuration, selection: Selection) -> Changelog:
    """Return the changelog of an archive.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: no policy of it is asked for.
    """
    source = archive_source(archive, configuration, selection)
    return source.changelog(source.histories(), selection)


def build_git_changelog(path: Path, revision: str | None, under: str, selection: Selection) -> Changelog:
    """Return the changelog of another repository of policies, without importing it.

    Args:
        path: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        selection: what is asked for.

    Raises:
        GitError: the repository can't be read.
        UsageError: there is no policy below that folder.
    """
    with _git_source(path, revision, under, selection) as source:
        return source.changelog(source.histories(), selection)


def archive_source(archive: Archive, configuration: Configuration, selection: Selection) -> HistorySource:
    """Find in an archive the histories that are asked for.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: no policy of it is asked for.
    """
    start = partial(start_of_tracking, archive, configuration, selection.service)
    until = partial(archive.last_observed, selection.owner)
    keys = archive.policy_keys(selection.owner, selection.wants)
    if selection.attached is not None:
        keys = [key for key in keys if selection.takes_in(key[0], key[1].partition("~")[0])]
    if selection.policy or selection.service:
        keys = list(filter(archive.size, keys))
    shares = halves(keys, archive.size, first=_READ_HERE)
    if not keys:
        _refuse_selection(archive, selection)
    return HistorySource(shares, archive.read, start, until, frozenset(owner for owner, _ in keys))


def _refuse_selection(archive: Archive, selection: Selection) -> None:
    """Say why nothing of an archive is asked for.

    Raises:
        ArchiveError: the archive holds no policy.
        UsageError: it has no such owner, no such policy, or none of the service.
    """
    keys = archive.policy_keys()
    if not keys:
        raise ArchiveError("the archive holds no policy", hint=HOW_TO_FILL)
    owners = sorted({owner for owner, _ in keys})
    if selection.owner is not None and selection.owner not in owners:
        hint = f"owners in it: {', '.join(owners)}"
        raise UsageError(f"no policies of {selection.owner!r} in the archive", hint=hint)
    names = {folder.partition("~")[0] for _, folder in archive.policy_keys(selection.owner)}
    if selection.attached is not None:
        names = {name for name in names if any(name == attached for _, attached in selection.attached)}
    _require_any_history((), selection, names)


@contextmanager
def _git_source(path: Path, revision: str | None, under: str, selection: Selection) -> Iterator[HistorySource]:
    with open_git_histories(path, revision, under, selection.owner or "git") as opened:
        first, last = opened.times
        owners = frozenset((selection.owner or "git",))
        began = first + timedelta(seconds=1) if opened.is_cut else first  # what a cut history begins with is older
        start, until = (lambda: lambda _history: (began, None)), (lambda: last)
        if selection.policy or selection.service:  # what policies are called is known once their files are read
            found = list(_wanted(opened, selection))
            _require_any_history(found, selection, ())
            yield HistorySource([found], iter, start, until, owners)
        else:
            shares = halves(opened.names, opened.size, first=_READ_HERE)
            yield HistorySource(shares, opened.read, start, until, owners)


def _wanted(opened: "GitHistories", selection: Selection) -> Iterator[PolicyHistory | Skipped]:
    """Yield what is asked for: what a policy is called, its files say; of one that can't be read, its path does."""
    for item in opened.read([name for name in opened.names if opened.may_have(name, selection.wants)]):
        if isinstance(item, PolicyHistory):
            wanted = selection.wants(item.facts.name)
        else:
            path = item.where.partition(" at ")[0].removeprefix(opened.under).strip("/").removesuffix(".json")
            wanted = selection.wants(path) or selection.wants(path.rpartition("/")[2])
        if wanted:
            yield item


def _require_any_history(found: Sequence[Any], selection: Selection, known: Iterable[str]) -> None:
    """Refuse a selection of policies that takes in none; name the nearest of those that are known."""
    if not found and selection.policy is not None:
        among = " of what is attached" if selection.attached is not None else ""
        raise UsageError(f"no policy{among} matches {selection.policy!r}", hint=suggestion(selection.policy, known))
    if not found and selection.service is not None:
        raise UsageError(f"no policy of the service {selection.service.slug!r}", hint="see its globs in `services`")


def start_of_tracking(archive: Archive, configuration: Configuration, chosen: Service | None = None) -> TrackingStart:
    """Return a function that says since when a history's source has been watched, and its changes documented.

    A service's own day is the start of both, unless the archive has its policies' whole histories.

    Args:
        archive: where the histories are from.
        configuration: services may say themselves since when they are tracked.
        chosen: the service that was chosen; None for each policy's own.

    Raises:
        ArchiveError: a `policy.json` is broken.
    """
    starts = archive.first_observed(archive.policy_keys())

    def start(history: PolicyHistory) -> tuple[datetime | None, datetime | None]:
        service = chosen or configuration.service_of(history.facts.name)
        watched = starts.get(history.owner)
        if service is None or service.tracking_since is None:
            return watched, None
        documented = datetime.combine(service.tracking_since, time(), configuration.time_zone).astimezone(UTC)
        return (watched, documented) if watched == BEGINNING else (documented, None)

    return start


class GitHistories(Struct, frozen=True):
    """Someone's repository of policies, ready to be read."""

    times: tuple[datetime, datetime]
    """When the first and the last change of its files came into force."""
    groups: Mapping[str, Sequence["FileChange"]]
    """The file changes that can be about one policy, by name of the group."""
    under: str
    """The folder of the policies."""
    read: HistoryReader
    """Reads the histories of some groups."""
    new_commits: Callable[[str], Collection[str] | None]
    """Finds the commits after an earlier one; None where the history of then is not the beginning of this one."""
    is_cut: bool = False
    """True for a shallow clone: what its oldest commit has may have been there before."""

    def names_since(self, commit: str) -> list[str]:
        """Return the groups that may be about more than they were at an earlier commit, in order."""
        new = self.new_commits(commit)
        if new is None:
            return self.names
        return [name for name, changes in self.groups.items() if any(change.commit in new for change in changes)]

    @property
    def names(self) -> list[str]:
        """The groups, in order."""
        return list(self.groups)

    def size(self, name: str) -> int:
        """Return how many changes a group has."""
        return len(self.groups[name])

    def may_have(self, name: str, wants: Callable[[str], bool]) -> bool:
        """Return whether a group may have a policy that is asked for: a file without an ending is named as it is."""
        from tracker.archive.git_history import name_of_plain

        plain = {name_of_plain(change.path, self.under) for change in self.groups[name]}
        return any(found is None or wants(found) for found in plain)


@contextmanager
def open_git_histories(path: Path, revision: str | None, under: str, owner: str) -> Iterator[GitHistories]:
    """Open another repository of policies.

    Raises:
        GitError: the repository can't be read.
        UsageError: there is no policy below that folder.
    """
    from tracker.archive.git_history import changes_by_group, replay_histories
    from tracker.base.git import open_repository
    from tracker.changelog.container_states import read_any_state
    from tracker.changelog.terraform_history import TERRAFORM, is_terraform, replay_terraform

    with open_repository(path, revision) as (repository, tip):
        changes = repository.file_changes(tip, under)
        if all(change.merged for change in changes):
            hint = "name the folder of the policy files with --path"
            if repository.is_shallow():
                hint = "the clone is shallow: run `git fetch --unshallow`"
            raise UsageError(f"no file below {under!r} in the history", where=str(path), hint=hint)
        origin = f"git:{one_line(path.resolve().name.removesuffix('.git').removesuffix('.bundle'))}"
        groups = changes_by_group([change for change in changes if not is_terraform(change.path)], under)
        if any(is_terraform(change.path) and not change.merged for change in changes):
            groups[TERRAFORM] = changes
        is_cut, first_name = repository.is_shallow(), next(iter(groups))
        here = {"under": under, "owner": owner, "origin": origin}

        def read(names: Sequence[str]) -> Iterator[PolicyHistory | Skipped]:
            if is_cut and first_name in names:
                yield Skipped(path.name, "the clone is shallow: older commits are not here (`git fetch --unshallow`)")
            some = {name: groups[name] for name in names if name != TERRAFORM}
            yield from replay_histories(repository, some, **here, read=read_any_state)
            if TERRAFORM in names:
                yield from replay_terraform(repository, changes, **here)

        first = next(change.at for change in changes if not change.merged)
        yield GitHistories((first, changes[-1].at), groups, under, read, partial(repository.new_commits, tip), is_cut)


def selected_entries(
    histories: Iterable[PolicyHistory | Skipped], start: TrackingStart, selection: Selection
) -> Iterator[Entry | Skipped]:
    """Yield the entries of histories that are asked for, and what could not be read, policy by policy.

    Args:
        histories: of one source.
        start: since when they have been watched.
        selection: which of their entries are asked for.
    """
    for item in histories:
        if isinstance(item, Skipped):
            yield item
            continue
        for outcome in entries_of(item, *start(item)):
            if selection.has(outcome):
                yield outcome
