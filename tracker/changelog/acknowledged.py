"""Entries that somebody has dealt with: a report leaves them out, and so shows what is open.

    # a comment
    aws/ReadOnlyAccess/v190
    aws/SecurityAudit/v96  # 2026-09-24 looked at, nothing to do

One id a line, as the changelog's JSON has it, and behind `#` whatever a person wants to say of it.
"""

import re

from msgspec.structs import replace

from tracker.changelog.model import Changelog
from tracker.errors import DocumentError

__all__ = ["MAX_ACKNOWLEDGED_BYTES", "acknowledged_line", "parse_acknowledged", "without_acknowledged"]

MAX_ACKNOWLEDGED_BYTES = 16 * 1024 * 1024
_LINE = re.compile(r"(?P<id>[^\s#]\S*)?\s*(#.*)?")


def parse_acknowledged(text: bytes, name: str) -> frozenset[str]:
    """Return the ids that a file acknowledges.

    Args:
        text: the file's content.
        name: what the file is called.

    Raises:
        DocumentError: it is too large, no UTF-8, or a line is no id: names the line.
    """
    if len(text) > MAX_ACKNOWLEDGED_BYTES:
        raise DocumentError(f"too large: at most {MAX_ACKNOWLEDGED_BYTES} bytes are read", where=name)
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DocumentError("not UTF-8", where=name) from error
    ids: set[str] = set()
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise DocumentError("no id of an entry", where=f"{name}:{number}", hint="one id a line, comments behind #")
        ids |= {found["id"]} - {None}
    return frozenset(ids)


def acknowledged_line(entry_id: str, comment: str) -> str:
    """Return the line by which a file acknowledges an entry; of an id that no line can hold a comment.

    >>> acknowledged_line("aws/ReadOnlyAccess/v190", "2026-09-24 Added actions")
    'aws/ReadOnlyAccess/v190  # 2026-09-24 Added actions'
    """
    found = _LINE.fullmatch(entry_id)
    line = (
        f"{entry_id}  # {comment}"
        if found and found["id"] == entry_id
        else f"# {entry_id!r} can't stand here: {comment}"
    )
    return " ".join(line.splitlines())


def without_acknowledged(found: Changelog, ids: frozenset[str]) -> Changelog:
    """Return a changelog without the entries that are acknowledged; it says how many were left out."""
    entries = tuple(entry for entry in found.entries if entry.id not in ids)
    return replace(found, entries=entries, acknowledged=found.acknowledged + len(found.entries) - len(entries))
