"""The program's own archive in a revision range: what was the default version before, against what is it now.

A new version is no new policy, and a version file that is not the default changes nothing that is in force.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.files.file_trees import EntryKind, FileTree
from tracker.inputs.files.loading import load_file
from tracker.inputs.model import FileLocation, LoadedDocument, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.policy.versions import is_version_id

__all__ = ["ArchiveChanges", "archive_changes"]

_FACTS = "policy.json"
_FILE = re.compile(r"(?P<folder>(?:.*/)?[^/]+)/(?P<name>policy|v[1-9]\d{0,8}(?:\.[A-Za-z0-9-]{1,128})?)\.json\Z")


class ArchiveChanges(Struct, frozen=True):
    """What changed in archives of this program."""

    pairs: tuple[DocumentPair, ...]
    """Each policy whose default version, or its document, is another one."""
    paths: frozenset[str]
    """The changed files that belong to an archive."""
    others: int
    """Files of versions that are not in force."""


def archive_changes(changed: Iterable[str], before: FileTree, after: FileTree) -> ArchiveChanges:
    """Return the changes of the policies that archives of this program hold.

    What only looks like an archive is left to the readers of files: a folder that had such files before it had facts,
    a version that is none by its content, and one that is not in force and was written again.

    Args:
        changed: the paths that differ.
        before: the old side.
        after: the new side.
    """
    folders: dict[str, list[str]] = {}
    for path in changed:
        found = _FILE.match(path)
        if found:
            folders.setdefault(found["folder"], []).append(path)
    sides = [_Side(tree, folders) for tree in (before, after)]
    pairs: list[DocumentPair] = []
    paths: set[str] = set()
    others = 0
    for folder, files in folders.items():
        if not all(side.is_archive(folder, files) for side in sides) or not any(folder in one.facts for one in sides):
            continue
        names = [side.default(folder) for side in sides]
        in_force = {_FACTS, *(_file(name) for name in names if name)}
        last = {_FACTS, *(_file(name) for name in names[1:] if name)}
        own = {path for path in files if _is_own(path.rpartition("/")[2], path, sides, in_force, last)}
        paths |= own
        others += sum(1 for path in own if path.rpartition("/")[2] not in in_force)
        old, new = (_document(side, folder, version) for side, version in zip(sides, names, strict=True))
        if old or new:
            where = new or old
            pairs.append(DocumentPair(folder, where.location.path if where else folder, old, new))
    return ArchiveChanges(tuple(pairs), frozenset(paths), others)


class _Side:
    """One side's archives: their facts, and the versions that changed or are in force, each read once."""

    def __init__(self, tree: FileTree, folders: Mapping[str, Iterable[str]]) -> None:
        self._tree = tree
        named = {f"{folder}/{_FACTS}": folder for folder in folders}
        self.facts = {named[path]: data for path, data in self._read(named) if data is not None}
        in_force = [f"{folder}/{_file(version)}" for folder in self.facts if (version := self.default(folder))]
        versions = (path for folder in self.facts for path in folders[folder] if not path.endswith(f"/{_FACTS}"))
        self.versions = dict(self._read(dict.fromkeys((*in_force, *versions))))

    def _read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        entries = self._tree.entries
        files = [path for path in paths if path in entries and entries[path].kind is EntryKind.FILE]
        return zip(files, self._tree.read(files), strict=True)

    def is_archive(self, folder: str, files: Iterable[str]) -> bool:
        """Return whether a folder is one of an archive, or is not there."""
        if folder not in self.facts:
            return not any(path in self._tree.entries for path in files)
        return _observed(self.facts[folder]) is not None

    def default(self, folder: str) -> str | None:
        """Return the default version of a policy; None where there is none."""
        versions = _observed(self.facts[folder]) if folder in self.facts else None
        last = versions[-1] if versions else None
        return last if isinstance(last, str) and is_version_id(last) else None


def _observed(data: bytes) -> list[Any] | None:
    """Return the default versions that facts of a policy say were observed; None for other data."""
    try:
        return [item["DefaultVersionId"] for item in json.loads(data)["Observed"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_own(name: str, path: str, sides: Sequence[_Side], in_force: Collection[str], last: Collection[str]) -> bool:
    """Return whether a file needs no look as any file does: it is compared, or a version by its content.

    Args:
        name: of the file.
        path: of the file.
        sides: both sides.
        in_force: names of the facts and of what is in force on either side.
        last: the same of the new side.
    """
    contents = [side.versions[path] for side in sides if path in side.versions]
    if name in in_force and (len(contents) < len(sides) or name in last):
        return True
    return len(contents) == 1 and _is_version(contents[0], name.removesuffix(".json"))


def _is_version(data: bytes | None, version: str) -> bool:
    try:
        value = json.loads(data or b"")
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("VersionId") == version and isinstance(value.get("Document"), dict)


def _document(side: _Side, folder: str, version: str | None) -> LoadedDocument | None:
    if version is None:
        return None
    path = f"{folder}/{_file(version)}"
    data = side.versions.get(path)
    if data is None:
        unknown = Unknown(UnknownKind.UNREADABLE, f"the default version {version} is not there", "", digest_of(version))
        return LoadedDocument("", FileLocation(path), None, (unknown,))
    found = load_file(path, data, ReadOptions()).contents
    if len(found.documents) == 1:
        return replace(found.documents[0], identity="")
    reason = found.unknowns[0][1].reason if found.unknowns else "no policy document in it"
    unknown = Unknown(UnknownKind.UNREADABLE, reason, "", digest_of(data))
    return LoadedDocument("", FileLocation(path), None, (unknown,))


def _file(version: str) -> str:
    return f"{version}.json"
