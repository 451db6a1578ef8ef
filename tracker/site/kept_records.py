"""Records as they are kept from build to build: what many changes of a policy have in common is written once.

A policy grants hundreds of actions on few scopes, and grants now what its entries added: kept change by change, its
scopes were nine tenths of all that is kept. Changes that are read again share their scopes, too.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct, msgpack
from msgspec.structs import replace

from tracker.diff.model import Change
from tracker.site.records import PolicyRecord

__all__ = ["decode_record", "encode_record"]

_KeptChanges = tuple[tuple[int, str], ...]
"""Changes, in their order: each the index of its shape, and its action."""


class _KeptRecord(Struct, frozen=True, array_like=True):
    """A record, its changes apart from it."""

    record: PolicyRecord
    """All else: its entries have no changes, and it grants none."""
    shapes: tuple[Change, ...]
    """Changes without an action, each once."""
    entries: tuple[_KeptChanges, ...]
    """The changes of each entry."""
    granted: _KeptChanges | None
    """What it grants now; None where that is not known."""


_DECODER: msgpack.Decoder[_KeptRecord | None] = msgpack.Decoder(_KeptRecord | None)


def encode_record(record: PolicyRecord | None) -> bytes:
    """Return a record as it is kept; one of None, where nothing of a policy could be read, too."""
    if record is None:
        return msgpack.encode(None)
    shapes = _Shapes()
    bare = replace(record, entries=tuple(replace(entry, changes=()) for entry in record.entries), granted=None)
    entries = tuple(shapes.kept(entry.changes) for entry in record.entries)
    granted = None if record.granted is None else shapes.kept(record.granted)
    return msgpack.encode(_KeptRecord(bare, tuple(shapes.every), entries, granted))


def decode_record(content: bytes | memoryview) -> PolicyRecord | None:
    """Return a record that was kept, equal to what `encode_record` was given.

    Raises:
        MsgspecError: it is damaged.
    """
    kept = _DECODER.decode(content)
    if kept is None:
        return None
    entries = (
        replace(entry, changes=_changes(kept.shapes, changes))
        for entry, changes in zip(kept.record.entries, kept.entries, strict=True)
    )
    granted = None if kept.granted is None else _changes(kept.shapes, kept.granted)
    return replace(kept.record, entries=tuple(entries), granted=granted)


def _changes(shapes: Sequence[Change], kept: _KeptChanges) -> tuple[Change, ...]:
    return tuple([replace(shapes[index], action=action) for index, action in kept])


class _Shapes:
    """Numbers the shapes of changes; two are one that are spelled the same, for equal ones may be spelled otherwise."""

    def __init__(self) -> None:
        self.every: list[Change] = []
        self._numbers: dict[bytes, int] = {}

    def kept(self, changes: Iterable[Change]) -> _KeptChanges:
        """Return changes as they are kept."""
        return tuple([(self._number(replace(change, action="")), change.action) for change in changes])

    def _number(self, shape: Change) -> int:
        written = msgpack.encode(shape)
        if written not in self._numbers:
            self._numbers[written] = len(self.every)
            self.every.append(shape)
        return self._numbers[written]
