"""Files that a commit moved to another folder: their policies keep their names.

A file was moved where the commit deletes one and adds one of the same name with the same content. So was one that
changed on the way, if others of its folder were moved to the same place. What is called otherwise afterwards is another
policy: a policy's name is all by which IAM knows it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import PurePosixPath

from tracker.archive.layouts import group_of
from tracker.base.git_log import FileChange

__all__ = ["FirstPaths"]


class FirstPaths:
    """Knows what files were called before they were moved; takes in the commits of a line, oldest first."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        """Path → the first path of the file that is there now, where that is another one."""
        self._taken: Counter[str] = Counter()
        """Group of a first path → how many files that are elsewhere now have it."""
        self._others: dict[str, str] = {}
        """Group that is taken → what the files are called by that came to its place."""
        self._moved: dict[str, str] = {}
        """Folder with the versions of a policy → the first one: new versions come into the one where it is now."""

    def of(self, path: str) -> str:
        """Return the first path of the file that is now at a path."""
        return self._first.get(path, path)

    def take(self, commit: Sequence[FileChange]) -> tuple[dict[str, str], dict[str, str]]:
        """Take in the changes of a commit of the main line.

        A new file at a path from which another one was moved has a first path of its own, with the day.

        Returns:
            the first path of each file, also of those that go; and new path → old path of those that were moved.
        """
        names = {change.path: self.of(change.path) for change in commit}
        gone = [change for change in commit if change.deleted]
        new = [change for change in commit if _is_new(change)]
        moved = _moves(gone, new) if gone and new else {}
        for change in gone:
            self._taken[group_of(self._first.pop(change.path, ""))] -= 1
        for change in new:
            old = moved.get(change.path)
            first = names[change.path] = names[old] if old is not None else self._free(change.path, change.at)
            if old is not None and first.removeprefix(group_of(first)) not in ("", ".json"):
                self._moved[group_of(change.path)] = group_of(first)
            if first != change.path:
                self._first[change.path] = first
                self._taken[group_of(first)] += 1
        return names, moved

    def _free(self, path: str, at: datetime) -> str:
        group = group_of(path)
        if group in self._moved:
            return f"{self._moved[group]}{path.removeprefix(group)}"
        if self._taken[group] <= 0:
            return path
        return f"{self._others.setdefault(group, f'{group}~{at:%Y%m%d}')}{path.removeprefix(group)}"


def _moves(gone: Iterable[FileChange], new: Iterable[FileChange]) -> dict[str, str]:
    """Return new path → old path of the files that one commit moved."""
    by_content: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    left = {change.path for change in gone}
    for change in gone:
        by_content[change.before, _name(change.path)].append(change.path)
    found: dict[str, str] = {}
    for change in new:
        same = by_content.get((change.after, _name(change.path)), ())
        candidates = [path for path in same if path in left and _may_move(path, change.path)]
        if candidates:
            found[change.path] = max(candidates, key=lambda path: _common_end(path, change.path))
            left.discard(found[change.path])
    folders = {_folders(old, path) for path, old in found.items()}
    for change in new:
        if change.path in found:
            continue
        olds = (f"{old}{change.path.removeprefix(now)}" for old, now in folders if change.path.startswith(now))
        old = next((path for path in olds if path in left and _may_move(path, change.path)), None)
        if old is not None:
            found[change.path] = old
            left.discard(old)
    return found


def _may_move(old: str, new: str) -> bool:
    """Return whether a file can have been moved: an archive's folder that is put aside gets a name with `~`."""
    return group_of(old) != group_of(new) and "~" not in f"{old}{new}"


def _is_new(change: FileChange) -> bool:
    return not change.before.strip("0") and not change.deleted


def _name(path: str) -> str:
    """Return a file's name without the ending that may come and go."""
    return PurePosixPath(path.removesuffix(".json")).name


def _common_end(one: str, other: str) -> int:
    """Return how many folders right above two files have the same names."""
    folders = zip(reversed(one.split("/")[:-1]), reversed(other.split("/")[:-1]), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], folders))


def _folders(old: str, new: str) -> tuple[str, str]:
    """Return the folders that a move led from and to, each with its slash: what is left without the common end."""
    common = _common_end(old, new)
    return _top(old, common), _top(new, common)


def _top(path: str, common: int) -> str:
    folders = path.split("/")[:-1]
    return "".join(f"{folder}/" for folder in folders[: len(folders) - common])
