"""`git log --raw` to file changes in the order in which they came into force.

What was in force is the line of first parents, in git's order: a branch's commits were not, only the merge was. A
commit date may run backwards and changes no order. Whatever is committed later, the changes of the earlier commits of
the line stay the same.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import accumulate

from msgspec import Struct

__all__ = ["LOG_FORMAT", "FileChange", "LoggedCommit", "changes_in_force", "read_log"]

LOG_FORMAT = "%x01%H %ct %P"
"""What `read_log` expects before the changes of each commit."""
_RAW = re.compile(rb":\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\Z")
_LATEST = 253_370_764_799
"""The last second of the year 9998: a commit may claim any time."""


class FileChange(Struct, frozen=True):
    """One file that one commit changed."""

    commit: str
    """The commit's id."""
    at: datetime
    """The committer's time, UTC; never before that of an earlier commit of the line."""
    path: str
    """The file's path from the top of the repository."""
    before: str
    """The blob before; zeros where the file is new."""
    after: str
    """The blob after; zeros where the file was deleted."""
    merged: bool = False
    """True on a branch that was merged: this state was never in force. `at` is then the time of the merge."""
    first_path: str = ""
    """What the file was called before it was moved to another folder; empty where it was not."""

    @property
    def named_path(self) -> str:
        """The path by which policies in the file are called."""
        return self.first_path or self.path

    @property
    def deleted(self) -> bool:
        """Return whether the commit deleted the file."""
        return not self.after.strip("0")


class LoggedCommit(Struct, frozen=True):
    """One commit as the log lists it."""

    commit: str
    """Its id."""
    seconds: int
    """The committer's time."""
    parents: tuple[str, ...]
    """The ids of its parents; the first is the branch on which it was made."""
    changes: list[tuple[str, str, str]]
    """Path, blob before and blob after of each file, against the first parent."""


def read_log(output: bytes, under: str = "") -> dict[str, LoggedCommit]:
    """Read `git log --raw -z --format=LOG_FORMAT`; paths may be any bytes but NUL.

    Args:
        output: what git wrote.
        under: the folder whose files count, as git's trees have it; empty for all.
    """
    prefix = f"{under}/" if under else ""
    commits: dict[str, LoggedCommit] = {}
    changes: list[tuple[str, str, str]] = []
    tokens = iter(output.split(b"\0"))
    for token in tokens:
        fact = token.lstrip(b"\n")
        if fact.startswith(b"\x01"):
            head, _, fact = fact[1:].partition(b"\n")
            name, seconds, *parents = head.decode().split(" ")
            changes = []
            commits[name] = LoggedCommit(name, int(seconds or 0), tuple(filter(None, parents)), changes)
            fact = fact.lstrip(b"\n")
        found = _RAW.match(fact)
        if found:
            path = next(tokens).decode("utf-8", "surrogateescape")
            if path.startswith(prefix):
                changes.append((path, found[1].decode(), found[2].decode()))
    return commits


def changes_in_force(commits: Mapping[str, LoggedCommit], tip: str) -> list[FileChange]:
    """Return the changes of all commits that led to one.

    The line of first parents comes in its order. What a merge brought comes before the merge, marked `merged`.

    Args:
        commits: the commits of the history, by id; a shallow clone lacks the oldest.
        tip: the last commit.
    """
    line = list(_line(commits, tip))[::-1]
    times = accumulate((min(max(commit.seconds, 0), _LATEST) for commit in line), max)
    seen = {commit.commit for commit in line}
    found: list[FileChange] = []
    for commit, seconds in zip(line, times, strict=True):
        at = datetime.fromtimestamp(seconds, UTC)
        for parent in commit.parents[1:]:
            for merged in _new_ancestors(commits, parent, seen):
                found += [FileChange(merged.commit, at, *change, merged=True) for change in merged.changes]
        found += [FileChange(commit.commit, at, *change) for change in commit.changes]
    return found


def _line(commits: Mapping[str, LoggedCommit], tip: str) -> Iterator[LoggedCommit]:
    """Yield a commit, its first parent, that one's first parent, and so on."""
    commit = commits.get(tip)
    while commit is not None:
        yield commit
        commit = commits.get(commit.parents[0]) if commit.parents else None


def _new_ancestors(commits: Mapping[str, LoggedCommit], start: str, seen: set[str]) -> Iterator[LoggedCommit]:
    """Yield a commit and its ancestors that were not seen yet, each after its parents; they are seen from then on."""
    open_commits = [(start, False)]
    while open_commits:
        name, parents_done = open_commits.pop()
        if parents_done:
            yield commits[name]
        elif name in commits and name not in seen:
            seen.add(name)
            open_commits.append((name, True))
            open_commits += [(parent, False) for parent in reversed(commits[name].parents)]
