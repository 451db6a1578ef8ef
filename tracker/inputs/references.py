"""Files that files name: nested templates, files that variables take values from, files of parameters.

A file that did not change says something else if a file that it names did.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from posixpath import dirname, normpath

from tracker.errors import DocumentError
from tracker.inputs.syntax.parsing import parse_file

__all__ = ["DATA_FILES", "MAX_FILES", "local_path", "parameter_uses", "unchanged_users"]

DATA_FILES = (".yml", ".yaml", ".json", ".template")
"""Ends of names of files that name others, and of those whose values they take."""
MAX_FILES = 20_000
"""Files of a tree that are looked through for the names of changed ones."""
_NAMED = re.compile(
    r"""\$\{file\(\s*([^)\s]+)\s*\)"""
    r"""|(?:TemplateURL|Location|aws:asset:path)["']?\s*:\s*["']?([^"'\s,}]+)"""
)
_NAMING = (b"${file(", b"TemplateURL", b"Location", b"aws:asset:path")
"""What stands before the name of a file."""


def local_path(base: str, reference: str) -> str | None:
    """Return the path that a file names, from the top of the tree; None for an address or a path out of the tree.

    Args:
        base: path of the file that names it.
        reference: what it says: `./nested.yaml`, `../config.yml`.
    """
    if "://" in reference or "${" in reference or reference.startswith("/"):
        return None
    path = normpath(f"{dirname(base)}/{reference}".lstrip("/"))
    return None if path.startswith("..") else path


def unchanged_users(files: Iterable[tuple[str, bytes]], changed: Collection[str]) -> Iterator[str]:
    """Yield the paths of files that did not change and name one that did.

    Args:
        files: path and content of those that may name others.
        changed: paths that differ.
    """
    paths = frozenset(changed)
    for path, data in files:
        if path in paths or not any(mark in data for mark in _NAMING):
            continue
        if not named_files(path, data.decode("utf-8", "replace")).isdisjoint(paths):
            yield path


def named_files(path: str, text: str) -> set[str]:
    """Return the files that a text names."""
    found = (found[1] or found[2] for found in _NAMED.finditer(text))
    return {local for one in found if (local := local_path(path, one))}


def parameter_uses(
    files: Iterable[tuple[str, bytes]], sets: Collection[frozenset[str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the paths of templates that have all parameters of some set, each with all parameters that it has.

    Args:
        files: path and content of those that may be templates.
        sets: names of parameters, of each file that gives some.
    """
    written = [[name.encode() for name in names] for names in sets]
    for path, data in files:
        if b"AWS::" not in data or not any(all(name in data for name in names) for names in written):
            continue
        try:
            value = parse_file(path, data).value
        except DocumentError:
            continue
        section = value.get("Parameters") if isinstance(value, dict) and "Resources" in value else None
        if isinstance(section, dict) and any(names <= section.keys() for names in sets):
            yield path, frozenset(section)
