"""What was replayed of a public repository the last time, so that only what is new has to be.

The file lies beside the archive and is no part of it. It counts only as long as the archive is what the run left;
without it, the whole history is replayed, with the same result.
"""

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import MsgspecError, Struct
from msgspec.json import decode, encode

from tracker import __version__
from tracker.base.files import write_text
from tracker.base.locking import beside_lock

__all__ = ["Replayed", "last_replayed", "remember_replayed"]

MAX_BYTES = 16 * 1024 * 1024


class Replayed(Struct, frozen=True):
    """How far a repository was replayed into an archive."""

    commit: str
    """The last commit."""
    labels: Mapping[str, str]
    """The policies that were read: PolicyName → what their entries are called by."""


class _File(Struct, frozen=True):
    program: str
    """The release that wrote it: another one may read more."""
    archive: str
    """What the archive was when the run had ended."""
    replayed: Replayed


def last_replayed(snapshots: Path, owner: str, source: str) -> Replayed | None:
    """Return how far a source was replayed; None where that is not known, or the archive is another one since.

    Args:
        snapshots: the archive.
        owner: whose policies are read.
        source: what distinguishes the source from others: its address and the folder in it.
    """
    try:
        with _path(snapshots, owner, source).open("rb") as file:
            found = decode(file.read(MAX_BYTES), type=_File)
    except (OSError, MsgspecError):
        return None
    is_same = found.program == __version__ and found.archive == _state_of(snapshots, owner)
    return found.replayed if is_same else None


def remember_replayed(snapshots: Path, owner: str, source: str, replayed: Replayed) -> None:
    """Note how far a source was replayed into the archive as it is now.

    Raises:
        OutputError: the file can't be written.
    """
    known = _File(__version__, _state_of(snapshots, owner), replayed)
    write_text(_path(snapshots, owner, source), [encode(known)])


def _path(snapshots: Path, owner: str, source: str) -> Path:
    key = "\0".join((str(snapshots.absolute()), owner, source)).encode("utf-8", "surrogateescape")
    return beside_lock(snapshots, f"policy-tracker.replayed-{sha256(key).hexdigest()[:16]}.json")


def _state_of(snapshots: Path, owner: str) -> str:
    """Return what changes whenever a file of an owner does: its names, sizes and times."""
    digest = sha256()
    for line in sorted(_files(snapshots / owner)):
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            facts = Path(place, name).lstat()
            yield f"{place}/{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n"
