"""Texts that a file may be in an encoding that nothing here reads: a policy in one of them is there, and not known."""

import re
from collections.abc import Iterator

from tracker.inputs.syntax.encoded_text import packed_text
from tracker.inputs.syntax.policy_text import may_hold_policy

__all__ = ["hides_policy"]

_UTF_7 = re.compile(rb"\+[A-Za-z0-9/+]{3}")
"""The beginning of characters that UTF-7 encodes (RFC 2152)."""
_SERIALIZED = re.compile(rb"Effect[^ -~\s]{1,9}(?:Allow|Deny)")
"""Effect and its value as binary formats write them (pickle, MessagePack, BSON): with lengths and types between."""


def hides_policy(data: bytes) -> bool:
    """Return whether a file that gave no policy may hold one in another form.

    That is as UTF-7, EBCDIC, Latin-1, UTF-16, packed by zlib with its header or without, or in a binary form.
    """
    return any(map(may_hold_policy, _other_texts(data))) or bool(_SERIALIZED.search(data))


def _other_texts(data: bytes) -> Iterator[str]:
    if _UTF_7.search(data):
        yield data.decode("utf-7", "replace")
    is_utf_8 = data.isascii()
    try:
        is_utf_8 = is_utf_8 or data.decode() is not None
    except UnicodeDecodeError:
        yield packed_text(data)
        yield data.decode("cp037")
    if not is_utf_8 or b"\0" in data:
        yield data.decode("latin-1")
        yield data.decode("utf-16-le", "replace")
        yield data.decode("utf-16-be", "replace")
