"""The files of one side of a review: a folder, or the tree of a commit. Nothing is read before it is asked for.

What is no plain file (a link, a submodule, a pipe, a blob that a partial clone lacks, a file that is too large) is an
entry, too: it is there, and the review says so if it changed.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import IO

from msgspec import Struct

from tracker.base.git import Repository, Tip
from tracker.base.git_trees import bounded_blobs, index_entries, tree_entries
from tracker.errors import UsageError
from tracker.inputs.syntax.parsing import MAX_FILE_BYTES

__all__ = [
    "Entry",
    "EntryKind",
    "FileTree",
    "TreeFiles",
    "folder_tree",
    "git_tree",
    "index_tree",
    "read_bounded",
    "read_stream",
    "single_file",
]


class EntryKind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    LINK = "symbolic link"
    SUBMODULE = "submodule"
    SPECIAL = "pipe, socket or device"


class Entry(Struct, frozen=True):
    """What stands at a path of one side."""

    kind: EntryKind
    """What it is."""
    key: str
    """Blob, commit or target of the link: equal keys of one kind of tree are equal contents. Empty: look inside."""
    size: int | None = None
    """Bytes; None where that is not asked yet."""


class FileTree(Struct, frozen=True):
    """One side of a review."""

    entries: Mapping[str, Entry]
    """Path, from the top of the tree, with slashes -> what stands there."""
    read: Callable[[Sequence[str]], Iterator[bytes | None]]
    """Reads files one after another; None for one that is too large, or whose content the repository lacks."""
    is_single: bool = False
    """True for a file that was named by itself."""
    tip: Tip | None = None
    """The commit; None for what is none."""


class TreeFiles(Mapping[str, bytes]):
    """The plain files of a tree by path, each read when it is asked for."""

    def __init__(self, tree: FileTree) -> None:
        """Take a tree."""
        self._tree = tree

    def __getitem__(self, path: str) -> bytes:
        data = next(iter(self._tree.read([path])), None) if path in self else None
        if data is None:
            raise KeyError(path)
        return data

    def __contains__(self, path: object) -> bool:
        entry = self._tree.entries.get(path) if isinstance(path, str) else None
        return entry is not None and entry.kind is EntryKind.FILE

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._tree.entries if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def single_file(name: str, data: bytes, tip: Tip | None = None) -> FileTree:
    """Return the tree of one file, which was named by itself."""
    return FileTree({name: Entry(EntryKind.FILE, "", len(data))}, lambda paths: iter([data] * len(paths)), True, tip)


def folder_tree(folder: Path) -> FileTree:
    """Return the tree of a folder, without what git keeps in it."""
    entries = dict(_walk(folder))
    return FileTree(entries, lambda paths: (_read_file(folder / path) for path in paths))


def _walk(folder: Path) -> Iterator[tuple[str, Entry]]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted([*names, *(each for each in folders if Path(base, each).is_symlink())]):
            if name == ".git":
                continue
            path = Path(base, name)
            status = path.lstat()
            entry = Entry(EntryKind.FILE, "", status.st_size)
            if stat.S_ISLNK(status.st_mode):
                entry = Entry(EntryKind.LINK, os.fsdecode(path.readlink()))
            elif not stat.S_ISREG(status.st_mode):
                entry = Entry(EntryKind.SPECIAL, name)
            yield path.relative_to(folder).as_posix(), entry


def git_tree(repository: Repository, tip: Tip, under: str = "") -> FileTree:
    """Return the tree of a commit, or of a folder in it; paths begin at that folder.

    Raises:
        GitError: the repository can't be read.
    """
    top = len(under) + 1 if under else 0
    listed = [(path[top:], mode, blob) for path, mode, blob in tree_entries(repository, tip, under)]
    return _objects_tree(repository, listed, tip)


def index_tree(repository: Repository) -> FileTree:
    """Return the tree of what is staged.

    Raises:
        GitError: it can't be read.
    """
    return _objects_tree(repository, index_entries(repository), None)


def _objects_tree(repository: Repository, listed: Sequence[tuple[str, str, str]], tip: Tip | None) -> FileTree:
    kinds = {"120000": EntryKind.LINK, "160000": EntryKind.SUBMODULE}
    entries = {path: Entry(kinds.get(mode, EntryKind.FILE), blob) for path, mode, blob in listed}

    def read(paths: Sequence[str]) -> Iterator[bytes | None]:
        return bounded_blobs(repository, [entries[path].key for path in paths], MAX_FILE_BYTES)

    return FileTree(entries, read, False, tip)


def read_bounded(path: Path) -> bytes:
    """Return the content of a file that was named.

    Raises:
        UsageError: it is no plain file, too large, or can't be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError("not a plain file", where=str(path), hint="save it first, or pipe it and give -")
        data = _read_file(path)
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=str(path)) from error
    if data is None:
        raise UsageError(f"too large: at most {MAX_FILE_BYTES} bytes are read", where=str(path))
    return data


def read_stream(stream: IO[bytes]) -> bytes:
    """Return all of a stream.

    Raises:
        UsageError: there is too much of it.
    """
    data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise UsageError(f"too large: at most {MAX_FILE_BYTES} bytes are read", where="-")
    return data


def _read_file(path: Path) -> bytes | None:
    """Return the content of a plain file; None where it is none any more, or too large."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return None
        data = file.read(MAX_FILE_BYTES + 1)
    return data if len(data) <= MAX_FILE_BYTES else None
