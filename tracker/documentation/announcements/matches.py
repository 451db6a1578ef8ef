"""Announcements beside the entries they announce."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from tracker.changelog.model import Entry
from tracker.documentation.announcements.feeds import Announcement
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.matching import ROW_ZONE
from tracker.documentation.auditing.model import AuditedRow
from tracker.documentation.reading.actions import documented_actions
from tracker.documentation.reading.layout import BlockKind, TextBlock
from tracker.documentation.reading.pages import DocumentedPage, DocumentedRow
from tracker.documentation.reading.row_kinds import kind_of

__all__ = ["AnnouncementMatch", "match_announcements"]


@dataclass(frozen=True, slots=True)
class AnnouncementMatch:
    """An announcement of something about policies."""

    announcement: Announcement
    """As it was read."""
    entries: tuple[tuple[Entry, int], ...]
    """What it announces, each with how many days before it was published; empty where nothing fits."""


def match_announcements(
    announcements: Iterable[Announcement], entries: Iterable[Entry], exists: Callable[[str], bool]
) -> tuple[AnnouncementMatch, ...]:
    """Attach announcements to entries by the rules for rows of a page; those of other things are left out.

    Args:
        announcements: the items of a feed.
        entries: all entries of the service's policies.
        exists: says whether some service has an action of that name.
    """
    about = [item for item in announcements if item.about_policies]
    rows = tuple(_as_row(number, item) for number, item in enumerate(about, 1))
    audit = audit_page(DocumentedPage("", "", rows, ()), entries, exists)
    return tuple(
        AnnouncementMatch(item, tuple(_days(audited.row.date, _entries(audited))))
        for item, audited in zip(about, audit.rows, strict=True)
    )


def _entries(audited: AuditedRow) -> Iterable[Entry]:
    """Return what the findings of a row found, each once."""
    return {entry.id: entry for finding in audited.findings for entry in finding.entries}.values()


def _as_row(number: int, item: Announcement) -> DocumentedRow:
    blocks = [TextBlock(BlockKind.TEXT, line) for line in item.text.split("\n")]
    actions = documented_actions(item.title, blocks, item.policies)
    return DocumentedRow(
        number=number,
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
