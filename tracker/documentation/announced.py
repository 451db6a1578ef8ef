"""Announcements beside the entries they announce."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from tracker.dates import format_time
from tracker.documentation.actions import documented_actions
from tracker.documentation.announcements import Announcement
from tracker.documentation.audit import AuditedRow, audit_page
from tracker.documentation.kinds import kind_of
from tracker.documentation.layout import Block, BlockKind
from tracker.documentation.matching import ROW_ZONE
from tracker.documentation.pages import DocumentedPage, DocumentedRow
from tracker.model import Entry
from tracker.words import Words, printable

__all__ = ["Announced", "announced_to_json", "announced_to_text", "attached"]


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement of something about policies."""

    announcement: Announcement
    """As it was read."""
    entries: tuple[tuple[Entry, int], ...]
    """What it announces, each with how many days before it was published; empty where nothing fits."""


def attached(
    announcements: Iterable[Announcement], entries: Iterable[Entry], exists: Callable[[str], bool]
) -> tuple[Announced, ...]:
    """Attach announcements to entries by the rules for rows of a page; those of other things are left out.

    Args:
        announcements: the items of a feed.
        entries: all entries of the service's policies.
        exists: tells whether some service has an action of that name.
    """
    about = [item for item in announcements if item.about_policies]
    rows = tuple(_as_row(place, item) for place, item in enumerate(about, 1))
    audit = audit_page(DocumentedPage("", "", rows, ()), entries, exists)
    return tuple(
        Announced(item, tuple(_days(audited.row.date, _entries(audited))))
        for item, audited in zip(about, audit.rows, strict=True)
    )


def _entries(audited: AuditedRow) -> Iterable[Entry]:
    """Return what the findings of a row found, each once."""
    return {entry.id: entry for finding in audited.findings for entry in finding.entries}.values()


def _as_row(place: int, item: Announcement) -> DocumentedRow:
    blocks = [Block(BlockKind.TEXT, line) for line in item.text.split("\n")]
    actions = documented_actions(item.title, blocks, item.policies)
    return DocumentedRow(
        place=place,
        kind=kind_of(item.title, item.text, item.policies),
        policies=item.policies,
        change=item.title,
        title=item.title,
        description=item.text,
        date=_day(item.published) if item.published else None,
        date_text="",
        actions=tuple(action for action in actions if not action.removed),
        removed_actions=tuple(action for action in actions if action.removed),
    )


def _day(moment: datetime) -> date:
    """Return the day of an announcement: feeds that know only the day say midnight."""
    return moment.date() if moment.time() == time() else moment.astimezone(ROW_ZONE).date()


def _days(day: date | None, entries: Iterable[Entry]) -> Iterator[tuple[Entry, int]]:
    for entry in entries:
        yield entry, (day - entry.at.astimezone(ROW_ZONE).date()).days if day else 0


def announced_to_text(announced: Iterable[Announced], words: Words) -> str:
    """Return announcements as lines: day and title, then what each announces and how much later it did."""
    return "\n".join(line for told in announced for line in _lines(told, words))


def _lines(told: Announced, words: Words) -> Iterator[str]:
    item = told.announcement
    yield f"{words.date(item.published) if item.published else '-'}  {printable(item.title)}"
    for entry, days in told.entries:
        when = "after" if days > 0 else "before"
        lag = words(f"announcement.{when}", count=abs(days)) if days else words("announcement.same-day")
        yield f"    {entry.policy} {entry.version or ''}: {lag}"


def announced_to_json(announced: Sequence[Announced]) -> dict[str, Any]:
    """Return announcements as JSON, each with the ids of the entries it announces and the days between."""
    return {
        "schema": "policy-tracker/announcements/1",
        "announcements": [
            {
                "id": told.announcement.id,
                "title": told.announcement.title,
                "text": told.announcement.text,
                "link": told.announcement.link,
                "published": format_time(told.announcement.published) if told.announcement.published else None,
                "policies": list(told.announcement.policies),
                "entries": [
                    {"id": entry.id, "policy": entry.policy, "version": entry.version, "days_later": days}
                    for entry, days in told.entries
                ],
            }
            for told in announced
        ],
    }
