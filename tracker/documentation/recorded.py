"""What is kept of a page that was read: facts of its rows, and when they were there; none of its sentences.

A row is known by its policies, day, kind and actions. When AWS edits it, one row goes and another comes.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.base.dates import parse_day
from tracker.documentation.documentation_audit import RowChange
from tracker.documentation.reading.actions import DocumentedAction
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedPage, DocumentedRow
from tracker.documentation.reading.row_kinds import RowKind, SpokenOf
from tracker.errors import ArchiveError

__all__ = ["RecordedPage", "RecordedRow", "page_of_record", "parse_record", "record_to_json", "recorded", "row_changes"]

MAX_RECORD_BYTES = 20 * 1024 * 1024


class RecordedRow(Struct, frozen=True):
    """The facts of one row."""

    policies: tuple[str, ...]
    """The policies it is about, as the page writes them."""
    date: str | None
    """Its day, or the first and the last day that it can be (`2026-07-01/2026-07-31`); None for none to be read."""
    kind: str
    """What kind of change it documents."""
    actions: tuple[str, ...]
    """The actions it says were added."""
    removed_actions: tuple[str, ...]
    """The actions it says were removed."""
    speaks_of: str | None
    """What kind of change it speaks of; None where it does not say."""
    seen: str
    """The day on which it was read first."""
    absent: str | None = None
    """The last day on which the page was read without it; None for a row of the first reading."""
    gone: str | None = None
    """The day on which the page was first read without it again; None for one that is there."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What identifies it among the rows of a page."""
        return self.policies, self.date, self.kind, self.actions, self.removed_actions


class RecordedPage(Struct, frozen=True):
    """What is kept of a page."""

    address: str
    """Where it was read: an https address, or a file's name."""
    service: str | None
    """What the page, or the configuration, calls its service."""
    first_read: str
    """The day of the first reading."""
    last_read: str
    """The day of the last."""
    rows: tuple[RecordedRow, ...]
    """In the order of the page; those that are gone last."""

    @property
    def last_day(self) -> date:
        """The day of the last reading."""
        return parse_day(self.last_read)


def recorded(
    page: DocumentedPage, address: str, service: str | None, on: date, before: RecordedPage | None
) -> RecordedPage:
    """Return the record of a page that was read, on top of the one before.

    Args:
        page: the page.
        address: where it was read.
        service: what its service is called.
        on: the day on which it was read.
        before: its record so far; None for none.
    """
    day = on.isoformat()
    known = {row.key: row for row in before.rows if row.gone is None} if before else {}
    rows = []
    for row in page.rows:
        new = _facts(row, day, before.last_read if before else None)
        rows.append(known.pop(new.key, new))
    gone = [replace(row, gone=day) for row in known.values()]
    gone += [row for row in before.rows if row.gone is not None] if before else []
    return RecordedPage(address, service, before.first_read if before else day, day, (*rows, *gone))


def _facts(row: DocumentedRow, day: str, absent: str | None) -> RecordedRow:
    return RecordedRow(
        row.policies,
        str(row.days) if row.days else None,
        str(row.kind),
        tuple(action.name for action in row.actions if not action.required),
        tuple(action.name for action in row.removed_actions if not action.required),
        str(row.speaks_of) if row.speaks_of else None,
        day,
        absent,
    )


def row_changes(before: RecordedPage | None, after: RecordedPage) -> tuple[RowChange, ...]:
    """Return the rows that went between two readings: edited, where another about the same policies came."""
    if before is None:
        return ()
    there = {row.key for row in before.rows if row.gone is None}
    came = [row for row in after.rows if row.gone is None and row.key not in there]
    went = [row for row in after.rows if row.gone is not None and row.key in there and row.gone == after.last_read]
    changes = []
    for row in went:
        place = next((number for number, other in enumerate(came) if other.policies == row.policies), None)
        changes.append(_row_change(after.address, row, None if place is None else came.pop(place)))
    return tuple(changes)


def _row_change(address: str, before: RecordedRow, after: RecordedRow | None) -> RowChange:
    """Return what happened to a row: edited where another one about the same policies came, one for each."""
    if after is None:
        return RowChange(address, before.policies, before.date, is_edited=False)
    was, now = ((*row.actions, *row.removed_actions) for row in (before, after))
    return RowChange(
        address,
        before.policies,
        before.date,
        is_edited=True,
        date_now=after.date,
        named_now=tuple(name for name in now if name not in was),
        not_named_now=tuple(name for name in was if name not in now),
    )


def page_of_record(record: RecordedPage) -> tuple[DocumentedPage, dict[int, date]]:
    """Return a recorded page as it was read last, and for its later rows the last day without them, by number."""
    there = [row for row in record.rows if row.gone is None]
    rows = tuple(_row(number, row) for number, row in enumerate(there, 1))
    policies = tuple(sorted({policy for row in rows for policy in row.policies}))
    absent = {number: parse_day(row.absent) for number, row in enumerate(there, 1) if row.absent}
    return DocumentedPage(record.service or "", "", rows, policies), absent


def _row(number: int, row: RecordedRow) -> DocumentedRow:
    days = DaySpan.parse(row.date) if row.date else None
    return DocumentedRow(
        number=number,
        kind=RowKind(row.kind),
        policies=row.policies,
        change=", ".join(row.policies),
        title="",
        description="",
        date=days.first if days else None,
        date_text=row.date or "",
        actions=tuple(DocumentedAction(name, "") for name in row.actions),
        removed_actions=tuple(DocumentedAction(name, "", removed=True) for name in row.removed_actions),
        speaks_of=SpokenOf(row.speaks_of) if row.speaks_of else None,
        last_date=days.last if days and days.last != days.first else None,
    )


def record_to_json(record: RecordedPage) -> str:
    """Return a record as the text of a JSON file."""
    value = {
        "Address": record.address,
        "Service": record.service,
        "FirstRead": record.first_read,
        "LastRead": record.last_read,
        "Rows": [_row_to_json(row) for row in record.rows],
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _row_to_json(row: RecordedRow) -> dict[str, Any]:
    value: dict[str, Any] = {"Policies": list(row.policies), "Date": row.date, "Kind": row.kind}
    value["Actions"] = list(row.actions)
    if row.removed_actions:
        value["RemovedActions"] = list(row.removed_actions)
    named = {"SpeaksOf": row.speaks_of, "Seen": row.seen, "Absent": row.absent, "Gone": row.gone}
    return value | {name: item for name, item in named.items() if item is not None}


def parse_record(data: bytes, name: str) -> RecordedPage:
    """Read a record.

    Raises:
        ArchiveError: it is none.
    """
    try:
        if len(data) > MAX_RECORD_BYTES:
            raise ArchiveError(f"larger than {MAX_RECORD_BYTES} bytes", where=name)
        value = json.loads(data)
        rows = tuple(_row_of_json(item) for item in value["Rows"])
        record = RecordedPage(
            str(value["Address"]), value["Service"], _day(value["FirstRead"]), _day(value["LastRead"]), rows
        )
        page_of_record(record)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError("no record of a documentation page", where=name) from error
    return record


def _row_of_json(item: dict[str, Any]) -> RecordedRow:
    return RecordedRow(
        _names(item["Policies"]),
        item["Date"],
        str(item["Kind"]),
        _names(item["Actions"]),
        _names(item.get("RemovedActions", ())),
        item.get("SpeaksOf"),
        _day(item["Seen"]),
        item.get("Absent"),
        item.get("Gone"),
    )


def _names(value: Iterable[Any]) -> tuple[str, ...]:
    names = tuple(value)
    if not all(isinstance(name, str) for name in names) or isinstance(value, str):
        raise TypeError("names")
    return names


def _day(value: Any) -> str:
    return parse_day(value).isoformat()
