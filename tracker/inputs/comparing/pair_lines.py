"""Pairs of documents as JSON Lines: `{"id": …, "before": DOCUMENT or null, "after": DOCUMENT or null}`.

One line is one pair, whatever became of the others: a line that can't be read is a pair of which nothing is known.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import FileLocation, LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import decode_text, load_inner_json
from tracker.policy.json_text import serialize_document

__all__ = ["MAX_LINE_BYTES", "PairLine", "bounded_lines", "read_pair_line"]

MAX_LINE_BYTES = 8 * 1024 * 1024
"""Bytes of a line; two documents of the size that any reader takes fit in."""


class PairLine(Struct, frozen=True):
    """One line that was read."""

    id: Any
    """The line's `id` as it was given; None where it has none, or the line can't be read."""
    pair: DocumentPair
    """Its documents. Where the line can't be read, what came after is unknown."""


def bounded_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a stream with their numbers, from 1; None for one that is too long, which is passed over.

    Empty lines are left out.
    """
    number, line = 0, stream.readline(MAX_LINE_BYTES + 1)
    while line:
        number, is_whole = number + 1, len(line) <= MAX_LINE_BYTES
        if not is_whole:
            _skip_rest_of_line(line, stream)
            yield number, None
        elif line.strip():
            yield number, line
        line = stream.readline(MAX_LINE_BYTES + 1)


def _skip_rest_of_line(line: bytes, stream: IO[bytes]) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(MAX_LINE_BYTES + 1)


def read_pair_line(number: int, line: bytes | None) -> PairLine:
    """Return the pair of a line.

    Args:
        number: of the line, from 1.
        line: its text; None where it is too long.
    """
    place, name = FileLocation("", line=number), None
    try:
        value = _line_object(line)
        name = value.get("id")
        before, after = (_document(_side(value, side), place) for side in ("before", "after"))
    except DocumentError as error:
        unknown = Unknown(UnknownKind.UNREADABLE, str(error), "", digest_of(line or b""))
        unread = LoadedDocument("", place, None, (unknown,))
        return PairLine(name, DocumentPair(_name(number, name), "", None, unread))
    return PairLine(name, DocumentPair(_name(number, name), "", before, after))


def _line_object(line: bytes | None) -> Mapping[str, Any]:
    if line is None:
        raise DocumentError(f"too large: at most {MAX_LINE_BYTES} bytes of a line are read")
    value = load_inner_json(decode_text(line))
    if not isinstance(value, dict):
        raise DocumentError("no object with `before` and `after`")
    return value


def _side(value: Mapping[str, Any], side: str) -> Any:
    if side not in value:
        raise DocumentError(f"`{side}` is missing; null says that there was no document")
    return value[side]


def _name(number: int, given: Any) -> str:
    return given if isinstance(given, str) else f"line {number}"


def _document(value: Any, place: FileLocation) -> LoadedDocument | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return LoadedDocument("", place, value)
    text = serialize_document({"": value})
    unknown = Unknown(UnknownKind.UNREADABLE, "no policy document: not an object", "", digest_of(text))
    return LoadedDocument("", place, None, (unknown,))
