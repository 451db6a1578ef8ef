"""JSON as text: the one strict reader of what comes from outside, and the forms in which JSON is written."""

import json
from collections import Counter
from functools import lru_cache
from typing import Any, NoReturn

from tracker.errors import DocumentError
from tracker.policy.model import Json

__all__ = ["MAX_DOCUMENT_BYTES", "canonical", "load_json", "serialize_document"]

MAX_DOCUMENT_BYTES = 2 * 1024 * 1024
"""Bytes; the largest real policy (AWSSupportServiceRolePolicy) has 243,027."""
MAX_SHARED = 65_536
"""Texts that are remembered; AWS has 22,000 actions."""


def load_json(data: bytes | str, *, largest: int = MAX_DOCUMENT_BYTES) -> Any:
    """Read JSON that may be hostile: of limited size and depth, UTF-8, no key twice, no NaN, no lone surrogate.

    Args:
        data: the text.
        largest: the most bytes that are read.

    Raises:
        DocumentError: the text is none of this; with line and column where they are known.
    """
    if len(data) > largest:
        raise DocumentError(f"too large: {len(data)} bytes, at most {largest} are read")
    try:
        text = data if isinstance(data, str) else data.decode()
        text = text.removeprefix("\ufeff")
        value = (_DECODER if largest <= MAX_DOCUMENT_BYTES else _DECODER_OF_FILES).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 (byte {error.start})") from error
    except UnicodeEncodeError as error:
        raise DocumentError("a \\u escape names half a character") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise DocumentError(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", where=where) from error
    except RecursionError as error:
        raise DocumentError("nested too deep") from error
    except ValueError as error:
        raise DocumentError(f"not JSON: {error}") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; equal texts in its lists are one, since versions list the same actions again and again."""
    members = _members(pairs)
    for name, value in pairs:
        if type(value) is list and set(map(type, value)) == {str}:
            members[name] = list(map(_shared, value))
    return members


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise DocumentError(f"key {twice!r} stands twice in one object")
    return members


@lru_cache(MAX_SHARED)
def _shared(text: str) -> str:
    """Return the first text that was equal to this one."""
    return text


def _no_constant(name: str) -> NoReturn:
    raise DocumentError(f"not JSON: {name} is no JSON value")


_DECODER_OF_FILES = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)
"""Of files that hold more than a policy: they are read once, and their lists are seldom of the same texts."""
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)


def serialize_document(document: Json) -> bytes:
    """Return a document as text, as it is held by a version."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def canonical(value: Any) -> str:
    """Return JSON as the archive keeps it: two-space indent, UTF-8, order as published, a final newline."""
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"
