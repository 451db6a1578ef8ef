"""The program's own archive in a revision range: what was the default version before, against what is it now.

A new version is no new policy, and a version file that is not the default changes nothing that is in force.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

import json
import re
from collections.abc import Iterable

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
    pairs: list[DocumentPair] = []
    paths: set[str] = set()
    others = 0
    for folder, files in folders.items():
        defaults = [_default(tree, folder) for tree in (before, after)]
        if not any(is_archive for is_archive, _ in defaults):
            continue
        paths.update(files)
        names = [version for _, version in defaults]
        others += sum(1 for path in files if path.removeprefix(f"{folder}/") not in {_FACTS, *map(_file, names)})
        old, new = (_document(tree, folder, version) for tree, version in zip((before, after), names, strict=True))
        if old or new:
            where = new or old
            pairs.append(DocumentPair(folder, where.location.path if where else folder, old, new))
    return ArchiveChanges(tuple(pairs), frozenset(paths), others)


def _default(tree: FileTree, folder: str) -> tuple[bool, str | None]:
    """Return whether a folder is one of an archive, and its default version; None where there is none."""
    path = f"{folder}/{_FACTS}"
    data = _content(tree, path)
    if data is None:
        return False, None
    try:
        observed = json.loads(data)["Observed"]
        versions = [item["DefaultVersionId"] for item in observed]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False, None
    last = versions[-1] if versions else None
    return True, last if isinstance(last, str) and is_version_id(last) else None


def _document(tree: FileTree, folder: str, version: str | None) -> LoadedDocument | None:
    if version is None:
        return None
    path = f"{folder}/{_file(version)}"
    data = _content(tree, path)
    if data is None:
        unknown = Unknown(UnknownKind.UNREADABLE, f"the default version {version} is not there", "", digest_of(version))
        return LoadedDocument("", FileLocation(path), None, (unknown,))
    found = load_file(path, data, ReadOptions()).contents
    if len(found.documents) == 1:
        return replace(found.documents[0], identity="")
    reason = found.unknowns[0][1].reason if found.unknowns else "no policy document in it"
    unknown = Unknown(UnknownKind.UNREADABLE, reason, "", digest_of(data))
    return LoadedDocument("", FileLocation(path), None, (unknown,))


def _file(version: str | None) -> str:
    return f"{version}.json"


def _content(tree: FileTree, path: str) -> bytes | None:
    entry = tree.entries.get(path)
    return next(iter(tree.read([path])), None) if entry and entry.kind is EntryKind.FILE else None
