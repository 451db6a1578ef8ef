"""Announcements with the entries they announce, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tracker.base.dates import format_time
from tracker.documentation.announcements.matches import AnnouncementMatch
from tracker.text.words import Words, printable

__all__ = ["announced_to_json", "announcement_lines", "announcements_json", "announcements_text"]


def announcements_text(announced: Iterable[AnnouncementMatch], words: Words) -> str:
    """Return announcements as lines: day and title, then what each announces and how much later it did."""
    lines = "\n".join(line for match in announced for line in announcement_lines(match, words))
    return f"{lines}\n"


def announcements_json(announced: Sequence[AnnouncementMatch], _words: Words) -> str:
    """Return announcements as the text of a JSON file; it has no words of any language."""
    return f"{json.dumps(announced_to_json(announced), ensure_ascii=False, indent=1)}\n"


def announcement_lines(match: AnnouncementMatch, words: Words) -> Iterator[str]:
    """Yield an announcement's day and title, then what it announces."""
    item = match.announcement
    yield f"{words.date(item.published) if item.published else '-'}  {printable(item.title)}"
    for entry, days in match.entries:
        when = "after" if days > 0 else "before"
        lag = words(f"announcement.{when}", count=abs(days)) if days else words("announcement.same-day")
        yield f"    {entry.policy} {entry.version or ''}: {lag}"


def announced_to_json(announced: Sequence[AnnouncementMatch]) -> dict[str, Any]:
    """Return announcements as JSON, each with the ids of the entries it announces and the days between."""
    return {
        "schema": "policy-tracker/announcements/1",
        "announcements": [
            {
                "id": match.announcement.id,
                "title": match.announcement.title,
                "text": match.announcement.text,
                "link": match.announcement.link,
                "published": format_time(match.announcement.published) if match.announcement.published else None,
                "policies": list(match.announcement.policies),
                "entries": [
                    {"id": entry.id, "policy": entry.policy, "version": entry.version, "days_later": days}
                    for entry, days in match.entries
                ],
            }
            for match in announced
        ],
    }
