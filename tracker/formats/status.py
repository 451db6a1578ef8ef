"""How fresh and how complete an archive is, as text and as JSON."""

import json
from datetime import datetime
from typing import Any

from tracker.archive.status import ArchiveStatus, OwnerStatus
from tracker.base.dates import format_time
from tracker.formats.columns import columns
from tracker.text.words import Words, printable

__all__ = ["status_to_json", "status_to_text"]

STATUS_SCHEMA = "policy-tracker/status/1"


def status_to_text(status: ArchiveStatus, problems: list[str], words: Words) -> str:
    """Return a few lines for each owner, what could not be read, and what is wrong."""
    blocks = [columns(_lines(each, words)) for each in status.owners]
    if status.unreadable:
        named = "".join(f"  {printable(item.where)}: {printable(item.reason)}\n" for item in status.unreadable)
        blocks.append(words("status.unreadable", count=len(status.unreadable)) + "\n" + named)
    blocks.append("".join(f"{problem}\n" for problem in problems) or words("status.well") + "\n")
    return "\n".join(blocks)


def _lines(owner: OwnerStatus, words: Words) -> list[tuple[str, str]]:
    newest = owner.newest_version
    missing = [
        words(f"status.missing.{name}", count=count)
        for name, count in (("document", owner.without_document), ("number", owner.never_seen))
        if count
    ]
    return [
        (words("status.owner"), owner.owner),
        (
            words("status.holds"),
            words("status.policies", count=owner.policies, present=owner.present)
            + ", "
            + words("status.versions", count=owner.versions),
        ),
        (
            words("status.newest"),
            f"{printable(newest.policy)} {newest.version}, {_time(newest.created_at, words)}" if newest else "-",
        ),
        (words("status.change"), _time(owner.last_change, words)),
        (words("status.check"), _time(owner.last_check, words)),
        (words("status.missing"), words.all_of(missing) if missing else words("status.missing.nothing")),
    ]


def _time(moment: datetime | None, words: Words) -> str:
    return format_time(moment) if moment else words("status.unknown")


def status_to_json(status: ArchiveStatus, problems: list[str], _words: Words) -> str:
    """Return the same as JSON, `policy-tracker/status/1`."""
    value = {
        "schema": STATUS_SCHEMA,
        "last_change": _json_time(status.last_change),
        "last_check": _json_time(status.last_check),
        "owners": [_owner_to_json(owner) for owner in status.owners],
        "unreadable": [{"where": item.where, "reason": item.reason} for item in status.unreadable],
        "problems": problems,
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _owner_to_json(owner: OwnerStatus) -> dict[str, Any]:
    newest = owner.newest_version
    return {
        "owner": owner.owner,
        "policies": owner.policies,
        "present": owner.present,
        "versions": owner.versions,
        "newest_version": {
            "policy": newest.policy,
            "version": newest.version,
            "published": format_time(newest.created_at),
        }
        if newest
        else None,
        "last_change": _json_time(owner.last_change),
        "last_check": _json_time(owner.last_check),
        "missing": {"without_document": owner.without_document, "never_seen": owner.never_seen},
    }


def _json_time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
