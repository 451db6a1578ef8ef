"""Copies of AWS managed policies, as text and as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tracker.access import Answer
from tracker.account.copies import Copy
from tracker.base.dates import format_time
from tracker.formats.entry_lines import entry_line, entry_title
from tracker.text.row_builder import RowBuilder
from tracker.text.words import printable

__all__ = ["COPIES_SCHEMA", "CopiesReport", "copies_to_json", "copies_to_text"]

COPIES_SCHEMA = "policy-tracker/copies/1"


class CopiesReport(Struct, frozen=True):
    """What was found."""

    copies: tuple[Copy, ...]
    """In the order of the files."""
    documents: int
    """How many documents were looked at."""
    unknown: tuple[str, ...]
    """What could not be read."""


def copies_to_text(report: CopiesReport, row_builder: RowBuilder) -> str:
    """Return a few lines for each copy, then what was looked at."""
    return "".join(f"{line}\n" for line in _lines(report, row_builder))


def _lines(report: CopiesReport, row_builder: RowBuilder) -> Iterator[str]:
    words = row_builder.words
    for copy in report.copies:
        line = f":{copy.line}" if copy.line else ""
        what = words(
            f"copies.{copy.kind}", policy=copy.policy, version=copy.version, percent=round(100 * copy.similarity)
        )
        yield f"{printable(copy.name)}{line}"
        yield f"  {what}"
        yield f"  {_now(copy, row_builder)}"
        for entry in copy.entries:
            yield f"      {entry_line(entry, row_builder)}"
    yield words("copies.summary", count=len(report.copies), documents=report.documents)
    yield from (words("account.unread", what=printable(what)) for what in report.unknown)


def _now(copy: Copy, row_builder: RowBuilder) -> str:
    words = row_builder.words
    if copy.current is None:
        return words("copies.removed", policy=copy.policy)
    if copy.effect is None:
        return words("copies.undecided", policy=copy.policy, version=copy.current)
    said = words(f"copies.now.{copy.effect.verdict}", policy=copy.policy, version=copy.current)
    for name, answer, witness in (
        ("account.gained", copy.effect.gains, copy.effect.gained),
        ("account.lost", copy.effect.loses, copy.effect.lost),
    ):
        if answer is Answer.YES and witness:
            said += " " + words(name, action=printable(witness.action), resource=printable(witness.resource or "*"))
    return said


def copies_to_json(report: CopiesReport, row_builder: RowBuilder) -> str:
    """Return the same as JSON, `policy-tracker/copies/1`."""
    value = {
        "schema": COPIES_SCHEMA,
        "documents": report.documents,
        "copies": [_copy(copy, row_builder) for copy in report.copies],
        "unread": list(report.unknown),
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _copy(copy: Copy, row_builder: RowBuilder) -> dict[str, Any]:
    return {
        "name": printable(copy.name),
        "line": copy.line,
        "kind": copy.kind,
        "policy": copy.policy,
        "version": copy.version,
        "alike": round(copy.similarity, 3),
        "current_version": copy.current,
        "verdict": copy.effect.verdict if copy.effect else None,
        "entries": [
            {
                "id": entry.id,
                "version": entry.version,
                "at": format_time(entry.at),
                "title": entry_title(entry, row_builder),
            }
            for entry in copy.entries
        ],
    }
