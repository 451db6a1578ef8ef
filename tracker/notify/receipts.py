"""What each destination was told: a file of entry ids.

Ids, not a date: a version may arrive late, between others that were told. A destination is known by a hash of its
address, so that the file holds no secret.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, ValidationError
from msgspec.json import decode

from tracker.base.files import write_text
from tracker.errors import DocumentError
from tracker.policy.json_text import canonical

__all__ = ["MAX_RECEIPT_BYTES", "Receipts", "destination_id", "read_receipts"]

MAX_RECEIPT_BYTES = 256 * 1024 * 1024
_SCHEMA = "policy-tracker/receipts/1"


class _ReceiptFile(Struct):
    schema: str
    told: dict[str, list[str]]


class Receipts:
    """The receipts in a file; each change is on disk before the next message is sent."""

    def __init__(self, path: Path, told: Mapping[str, Iterable[str]]) -> None:
        """Take what was read from the file."""
        self._path = path
        self._told = {destination: set(ids) for destination, ids in told.items()}

    def of(self, destination: str) -> frozenset[str] | None:
        """Return what a destination was told; None for one that is new."""
        told = self._told.get(destination)
        return None if told is None else frozenset(told)

    def add(self, destination: str, ids: Iterable[str]) -> None:
        """Note that a destination was told of some entries.

        Raises:
            OutputError: the file can't be written.
        """
        self._told.setdefault(destination, set()).update(ids)
        told = {name: sorted(found) for name, found in sorted(self._told.items())}
        write_text(self._path, canonical({"schema": _SCHEMA, "told": told}))


def read_receipts(path: Path) -> Receipts:
    """Return the receipts of a file; none where it is not there.

    Raises:
        DocumentError: the file is none of this program: it is not taken for an empty one, which would tell nothing.
    """
    if not path.exists():
        return Receipts(path, {})
    try:
        if path.stat().st_size > MAX_RECEIPT_BYTES:
            raise DocumentError("too large for receipts", where=str(path))
        found = decode(path.read_bytes(), type=_ReceiptFile)
    except (ValidationError, ValueError, RecursionError, OSError) as error:
        raise DocumentError(f"no receipts ({error})", where=str(path), hint="name another file") from error
    if found.schema != _SCHEMA:
        raise DocumentError(f"not receipts of schema {_SCHEMA}", where=str(path))
    return Receipts(path, found.told)


def destination_id(address: str) -> str:
    """Return what a destination is called in the file."""
    return sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:16]
