"""Digests of folders: which of the archive's changed since the last build, without reading those that did not."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import time_ns
from types import MappingProxyType

from tracker.site.memo import FolderDigest, digest_of

__all__ = ["folder_digests"]

_RECENT = 2_000_000_000
"""Nanoseconds in which a file may change twice and have one time, for the clocks of some file systems are coarse."""


def folder_digests(
    folders: Iterable[Path], known: Mapping[str, FolderDigest] = MappingProxyType({})
) -> dict[str, FolderDigest]:
    """Return the digest of each folder in and below some that has files, by its path from there, sorted.

    Args:
        folders: each is walked, but for names that begin with a dot.
        known: what an earlier build found: files that have not changed since are not read.
    """
    found = {}
    began = time_ns()
    for number, top in enumerate(folders):
        for place, inner, names in os.walk(top):
            inner[:] = sorted(name for name in inner if name != "__pycache__" and not name.startswith("."))
            if names:
                path = os.path.relpath(place, top) if number == 0 else f"{number} {os.path.relpath(place, top)}"
                found[path] = _digest_of_files(place, sorted(names), known.get(path), began - _RECENT)
    return found


def _digest_of_files(place: str, names: Iterable[str], known: FolderDigest | None, since: int) -> FolderDigest:
    # No program can set the time of a change of status back, as it can that of the content.
    found = [(name, os.stat(f"{place}/{name}")) for name in names]  # noqa: PTH116 - thousands of paths take long
    has_settled = all(item.st_ctime_ns < since for _, item in found)
    times = (f"{name} {item.st_size} {item.st_mtime_ns} {item.st_ctime_ns}" for name, item in found)
    state = digest_of(*times) if has_settled else ""
    if known and state and known.state == state:
        return known
    return FolderDigest(state, digest_of(*(part for name, _ in found for part in (name, _content(place, name)))))


def _content(place: str, name: str) -> bytes:
    return Path(place, name).read_bytes()
