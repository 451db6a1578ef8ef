"""Commits of what the archive's files have and its last commit has not.

The work tree is compared with git, not with what a run remembers: what a killed run recorded is committed by the next.
One commit for each policy that changed; one for all that were only re-issued, one for a first import, one for
policies that were completed by facts or earlier versions.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.archive.merge import is_recreated
from tracker.archive.record import HistoryUpdate
from tracker.archive.store import EMPTY, Archive, archive_at, archive_on_disk
from tracker.base.git import Repository
from tracker.base.git_commits import Commit, commit_paths
from tracker.changelog.entries import TrackingStart, entries_of, newest_first
from tracker.changelog.model import Changelog, Entry, Event
from tracker.errors import ArchiveError
from tracker.policy.history import PolicyHistory, Skipped
from tracker.text.words import plain

if TYPE_CHECKING:
    from tracker.text.row_builder import RowBuilder
    from tracker.text.rows import DescriptionBlock, Row

__all__ = ["Signature", "UncommittedChanges", "commit_histories", "commits_of", "find_uncommitted", "new_entries"]

_ARCHIVE_FILE = re.compile(r"([^/]+)/([^/]+)/(policy|v\d[A-Za-z0-9.-]*)\.json\Z")
_RESTORE = "restore it from git: `git checkout -- FILE`"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who commits; None for git's configuration."""

    author: tuple[str, str] | None = None
    """Name and address."""
    committer: tuple[str, str] | None = None
    """Name and address; None for the author."""


@dataclass(frozen=True, slots=True)
class UncommittedChanges:
    """What the work tree has and the last commit has not."""

    steps: tuple[tuple[HistoryUpdate, tuple[str, ...]], ...]
    """What happened to each policy, by name, each with its files from the top of the work tree."""
    is_first: bool
    """Whether nothing had been watched before."""


def find_uncommitted(repository: Repository, snapshots: Path, owner: str) -> UncommittedChanges:
    """Compare an owner's policies on disk with the last commit.

    Raises:
        ArchiveError: a version that was committed is not there any more, or is another one.
        GitError: git refused.
    """
    under = snapshots.resolve().relative_to(repository.top().resolve()).as_posix()
    files: defaultdict[str, list[str]] = defaultdict(list)
    for path in repository.dirty(snapshots):
        found = _ARCHIVE_FILE.match(path.removeprefix("" if under == "." else f"{under}/"))
        if found and found[1] == owner:
            files[found[2]].append(path)
    if not files:
        return UncommittedChanges((), is_first=False)
    committed = _committed(repository, under)
    before, after = (
        _histories_by_folder(committed, owner, files),
        _histories_by_folder(archive_on_disk(snapshots), owner, files),
    )
    for folder in sorted(files.keys() - after.keys()):
        aside = next((other for other in sorted(files) if other.startswith(f"{folder}~") and other not in before), "")
        if aside:  # another policy took its name, in other letter case
            files[aside] += files.pop(folder)
    pairs = [(_pair(folder, before, after, owner), folder) for folder in sorted(files)]
    steps = tuple((step, tuple(sorted(files[folder]))) for step, folder in pairs)
    return UncommittedChanges(steps, committed.start_of_tracking(owner) is None)


def _committed(repository: Repository, under: str) -> Archive:
    if repository.is_unborn():
        return EMPTY
    tip = repository.resolve("HEAD")
    return archive_at(repository, tip, under) if repository.files(tip, under) else EMPTY


def _histories_by_folder(archive: Archive, owner: str, folders: Iterable[str]) -> dict[str, PolicyHistory]:
    """Return histories by folder: those of the policies that have a folder among the given."""
    names = {folder.partition("~")[0] for folder in folders}
    found = {}
    for item in archive.histories(owner, names.__contains__) if names else ():
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint=_RESTORE)
        found[item.folder] = item
    return found


def _pair(folder: str, before: dict[str, PolicyHistory], after: dict[str, PolicyHistory], owner: str) -> HistoryUpdate:
    """Return what happened to a folder; one that was put aside continues what its policy was before."""
    was, now = before.get(folder), after.get(folder)
    if was is None:
        was = before.get(folder.partition("~")[0]) if "~" in folder else None
    elif now is not None and is_recreated(was.facts, now.facts):
        was = None
    if now is None:
        raise ArchiveError("the folder was committed and is gone", where=f"{owner}/{folder}", hint=_RESTORE)
    for version in was.versions if was else ():
        kept = now.version(version.version_id)
        if kept is None or kept.created_at != version.created_at or not kept.has_document_of(version):
            place = f"{owner}/{folder}/{version.version_id}"
            raise ArchiveError("a version that was committed has changed", where=place, hint=_RESTORE)
    return HistoryUpdate(was, now)


def new_entries(step: HistoryUpdate, start: TrackingStart) -> list[Entry]:
    """Return the entries that a step brought, oldest first."""
    known = {item.id for item in _entries(step.before, start)}
    return [item for item in _entries(step.after, start) if item.id not in known]


def _entries(history: PolicyHistory | None, start: TrackingStart) -> Iterator[Entry]:
    if history is not None:
        for item in entries_of(history, *start(history)):
            if isinstance(item, Entry):
                yield item


class _CommitKind(IntEnum):
    """What a commit is about, in the order in which commits are made."""

    STARTED = 0
    COMPLETED = 1
    REISSUED = 2
    CHANGED = 3


def commits_of(
    found: UncommittedChanges, row_builder: "RowBuilder", start: TrackingStart, at: datetime, signature: Signature
) -> list[tuple[Sequence[str], Commit]]:
    """Return the commits to be made, oldest first, each with its files.

    Args:
        found: what is not committed.
        row_builder: in whose words the commits speak.
        start: since when each history has been watched.
        at: the time of the run, for what has no time of its own.
        signature: who commits.
    """
    groups: defaultdict[tuple[_CommitKind, str], list[tuple[HistoryUpdate, tuple[str, ...], list[Entry]]]] = (
        defaultdict(list)
    )
    for step, files in found.steps:
        entries = new_entries(step, start)
        kind = _CommitKind.STARTED if found.is_first else _kind(step, entries)
        name = step.after.facts.name if kind is _CommitKind.CHANGED else ""
        groups[kind, name].append((step, files, entries))
    commits = []
    for (kind, _), members in groups.items():
        entries = [entry for _, _, entries in members for entry in entries]
        subject, body = _message(kind, [step for step, _, _ in members], entries, row_builder)
        when = max((_seen(step, at) for step, _, _ in members), default=at)
        commit = Commit(subject, body, when, signature.author, signature.committer)
        order = (kind, max((entry.at for entry in entries), default=when), subject)
        commits.append((order, [path for _, files, _ in members for path in files], commit))
    return [(files, commit) for _, files, commit in sorted(commits, key=lambda item: item[0])]


def _kind(step: HistoryUpdate, entries: Sequence[Entry]) -> _CommitKind:
    if not entries or _is_completed(step):
        return _CommitKind.COMPLETED
    events = {entry.event for entry in entries}
    if events == {Event.TRACKING_STARTED}:
        return _CommitKind.STARTED
    return _CommitKind.REISSUED if events == {Event.POLICY_REISSUED} else _CommitKind.CHANGED


def _is_completed(step: HistoryUpdate) -> bool:
    """Return whether a step added older versions only: nothing was observed, and no collection had a later one."""
    if step.before is None or step.before.observations != step.after.observations:
        return False
    last = max((version.created_at for version in step.before.versions), default=None)
    return last is None or all(item.created_at <= last for item in step.after.versions if item.is_collected)


def _seen(step: HistoryUpdate, at: datetime) -> datetime:
    """Return when a step was observed."""
    if step.before is not None and step.before.observations == step.after.observations:
        return at
    return step.after.observations[-1].at if step.after.observations else at


def _message(
    kind: _CommitKind, steps: Sequence[HistoryUpdate], entries: Sequence[Entry], row_builder: "RowBuilder"
) -> tuple[str, str]:
    """Return subject and body of a commit."""
    newest = newest_first(entries)
    if kind is _CommitKind.COMPLETED:
        return plain(row_builder.words("commit.completed", count=len(steps))), _names(steps)
    if kind is _CommitKind.STARTED:
        rows = row_builder.rows(Changelog("", tuple(newest)))
        lines = [
            line for row in rows for line in (_lines(row.effective_blocks) if row.policy is None else (row.headline,))
        ]
        return plain(row_builder.words("commit.started", count=len(steps))), plain("\n".join(lines))
    if kind is _CommitKind.REISSUED and len(steps) > 1:
        names = plain(
            "\n".join(f"- {entry.policy} {entry.version}" for entry in sorted(newest, key=lambda e: e.policy))
        )
        return plain(row_builder.words("title.policy-reissued.many", count=len(steps))), names
    rows = [row_builder.row(entry) for entry in newest]
    return plain(rows[0].headline), "\n".join(_sections(rows))


def _names(steps: Iterable[HistoryUpdate]) -> str:
    return "\n".join(f"- {step.after.folder}" for step in steps)


def _sections(rows: "Sequence[Row]") -> Iterator[str]:
    """Yield the lines of the newest row, and of each earlier one under its own headline."""
    yield from _lines(rows[0].effective_blocks)
    for row in rows[1:]:
        yield from ("", plain(row.headline), "", *_lines(row.effective_blocks))


def commit_histories(
    snapshots: Path,
    steps: Iterable[tuple[Entry, list[Path]]],
    row_builder: "RowBuilder",
    author: tuple[str, str] | None = None,
) -> int:
    """Commit each step alone, so that the log of the archive reads as the changelog; return how many there were.

    Args:
        snapshots: the archive, in a work tree.
        steps: entries, each with the files that it brought, oldest first.
        row_builder: in whose words the commits speak.
        author: name and address; None for git's configuration.

    Raises:
        GitError: git refused.
    """
    repository = Repository(snapshots)
    top = repository.top()
    count = 0
    for entry, files in steps:
        row = row_builder.row(entry)
        paths = [str(file.resolve().relative_to(top)) for file in files]
        body = "\n".join(_lines(row.effective_blocks))
        commit_paths(repository, paths, Commit(plain(row.headline), body, entry.at, author))
        count += 1
    return count


def _lines(blocks: "Iterable[DescriptionBlock]") -> Iterator[str]:
    for block in blocks:
        yield plain(block.lead)
        for item in (*block.items, *block.details):
            yield f"- {plain(item.line)}"
