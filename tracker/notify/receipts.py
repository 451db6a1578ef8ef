"""What each destination was sent: a file of entry ids.

Ids, not a date: a version may arrive late, between others that were sent. A destination is known by a hash of its
address, so that the file holds no secret.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, ValidationError, field
from msgspec.json import decode

from tracker.base.files import write_text
from tracker.errors import DocumentError
from tracker.policy.json_text import canonical

__all__ = ["MAX_RECEIPT_BYTES", "Receipts", "destination_id", "read_receipts"]

MAX_RECEIPT_BYTES = 256 * 1024 * 1024
_SCHEMA = "policy-tracker/receipts/1"


class _ReceiptFile(Struct):
    schema: str
    sent: dict[str, list[str]] = field(name="told")


class Receipts:
    """The receipts in a file; each change is on disk before the next message is sent."""

    def __init__(self, path: Path, sent: Mapping[str, Iterable[str]]) -> None:
        """Take what was read from the file."""
        self._path = path
        self._sent = {destination: set(ids) for destination, ids in sent.items()}

    def of(self, destination: str) -> frozenset[str] | None:
        """Return the ids of the entries that a destination was sent; None for one that is new."""
        sent = self._sent.get(destination)
        return None if sent is None else frozenset(sent)

    def add(self, destination: str, ids: Iterable[str]) -> None:
        """Record that a destination was sent some entries.

        Raises:
            OutputError: the file can't be written.
        """
        self._sent.setdefault(destination, set()).update(ids)
        sent = {name: sorted(found) for name, found in sorted(self._sent.items())}
        write_text(self._path, canonical({"schema": _SCHEMA, "told": sent}))


def read_receipts(path: Path) -> Receipts:
    """Return the receipts of a file; none where it is not there.

    Raises:
        DocumentError: the file is not one of this program. Taken for an empty one, nothing would be sent.
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
    return Receipts(path, found.sent)


def destination_id(address: str) -> str:
    """Return what a destination is called in the file."""
    return sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:16]
