"""Files that files name: nested templates, files that variables take values from, files of parameters.

A file that did not change says something else if a file that it names did.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import basename, dirname, normpath

from tracker.errors import DocumentError
from tracker.inputs.parsing import parse_file
from tracker.inputs.policy_text import may_concern_policies

__all__ = ["DATA_FILES", "local_path", "parameter_uses", "parameters_in", "unchanged_users"]

DATA_FILES = (".yml", ".yaml", ".json", ".template")
"""Ends of names of files that name others, and of those whose values they take."""
MAX_FILES = 20_000
"""Files of a tree that are looked through for the names of changed ones."""
_NAMED = re.compile(
    r"""\$\{file\(\s*([^)\s]+)\s*\)"""
    r"""|(?:TemplateURL|Location|aws:asset:path)["']?\s*:\s*["']?([^"'\s,}]+)"""
)


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


def unchanged_users(files: Mapping[str, bytes], changed: Collection[str]) -> Iterator[str]:
    """Yield the files of a tree that did not change and name one that did.

    Args:
        files: one side of the tree; files are read only if something changed that may be named.
        changed: paths that differ.
    """
    names = {basename(path) for path in changed if not path.endswith((".tf", ".md"))}
    candidates = [path for path in files if path.endswith(DATA_FILES) and path not in changed]
    if not names or len(candidates) > MAX_FILES:
        return
    for path in candidates:
        try:
            text = files[path].decode("utf-8", "replace")
        except DocumentError:
            continue
        if any(name in text for name in names) and not changed_names(path, text).isdisjoint(changed):
            yield path


def changed_names(path: str, text: str) -> set[str]:
    """Return the files that a text names."""
    found = (found[1] or found[2] for found in _NAMED.finditer(text))
    return {local for one in found if (local := local_path(path, one))}


def parameters_in(path: str, data: bytes) -> dict[str, str]:
    """Return what a file of parameters gives: a list of ParameterKey and ParameterValue, or members of `Parameters`.

    Empty for any other file.
    """
    if b"Parameter" not in data:
        return {}
    try:
        value = parse_file(path, data).value
    except DocumentError:
        return {}
    if isinstance(value, list) and value:
        is_list = all(isinstance(one, dict) and isinstance(one.get("ParameterKey"), str) for one in value)
        return {one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in value} if is_list else {}
    inner = value.get("Parameters") if isinstance(value, dict) and "Resources" not in value else None
    is_flat = isinstance(inner, dict) and all(isinstance(one, (str, int, float, bool)) for one in inner.values())
    return {name: str(one) for name, one in inner.items()} if isinstance(inner, dict) and is_flat else {}


def parameter_uses(files: Mapping[str, bytes], names: Collection[str]) -> Iterator[str]:
    """Yield the templates of a tree that have parameters of all these names."""
    if not names:
        return
    for path in [path for path in files if path.endswith(DATA_FILES)][:MAX_FILES]:
        try:
            text = files[path].decode("utf-8", "replace")
            if not may_concern_policies(text) or any(name not in text for name in names) or "AWS::" not in text:
                continue
            value = parse_file(path, files[path]).value
        except DocumentError:
            continue
        section = value.get("Parameters") if isinstance(value, dict) and "Resources" in value else None
        if isinstance(section, dict) and set(names) <= section.keys():
            yield path
