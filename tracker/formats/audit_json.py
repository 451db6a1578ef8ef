"""An audit in JSON: `tracker/schema/audit-1.json`."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from tracker.base.dates import format_time
from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.documentation.auditing.matching import ABSOLUTE_MAX_DAYS, USUAL_LAG, USUAL_MAX_DAYS
from tracker.documentation.auditing.model import ActionFinding, Audit, AuditedRow, RowFinding
from tracker.documentation.documentation_audit import DocumentationAudit
from tracker.documentation.undocumented import Undocumented
from tracker.formats.announcements import announced_to_json

__all__ = ["audit_json", "audit_to_json", "documentation_to_json", "undocumented_to_json"]


def audit_json(audit: DocumentationAudit) -> str:
    """Return an audit as the text of a JSON file."""
    return f"{json.dumps(documentation_to_json(audit), ensure_ascii=False, indent=1)}\n"


def documentation_to_json(audited: DocumentationAudit) -> dict[str, Any]:
    """Return an audit of many sources as JSON: names and figures, no sentence.

    What is said of a page stands at the top, too: of the only one as it is, of several together.
    """
    pages = [audit_to_json(page.audit) for page in audited.pages]
    for page, value in zip(audited.pages, pages, strict=True):
        for row in value["rows"]:
            row["page"] = page.name
    days = [page.audit for page in audited.pages]
    together = (
        pages[0]
        if len(pages) == 1
        else {
            **_head(),
            "since": _iso(min((audit.since for audit in days if audit.since), default=None)),
            "until": _iso(max((audit.until for audit in days if audit.until), default=None)),
            **{name: [item for value in pages for item in value[name]] for name in ("rows", "untold", "not_observed")},
        }
    )
    return together | {
        "counts": dict(audited.counts),
        "pages": [
            {
                "name": page.name,
                "title": page.title,
                "since": _iso(page.audit.since),
                "until": _iso(page.audit.until),
                "counts": dict(page.audit.counts),
            }
            for page in audited.pages
        ],
        "feeds": [
            {"name": feed.name, "announcements": announced_to_json(feed.matches)["announcements"]}
            for feed in audited.feeds
        ],
        "unread": [
            {"name": item.name, "reason": item.reason, "policies": list(item.policies)} for item in audited.unread
        ],
        "undocumented": [undocumented_to_json(item) for item in audited.undocumented],
        "row_changes": [
            {
                "page": item.page,
                "policies": list(item.policies),
                "date": item.date,
                "edited": item.is_edited,
                "date_now": item.date_now,
                "named_now": list(item.named_now),
                "not_named_now": list(item.not_named_now),
            }
            for item in audited.row_changes
        ],
    }


def undocumented_to_json(item: Undocumented) -> dict[str, Any]:
    """Return a change that no page documents as JSON."""
    return {
        "id": item.id,
        "state": str(item.state),
        "entry": _entry_to_json(item.entry),
        "pages": list(item.pages),
        "looked_at_until": item.looked_at_until.isoformat(),
        "nearest_row": _iso(item.nearest_row.first if item.nearest_row else None),
        "told_for": item.documented_for,
        "level": str(item.level) if item.level else None,
    }


def _head() -> dict[str, Any]:
    return {
        "schema": "policy-tracker/audit/1",
        "bounds": {"usual": [USUAL_LAG[0], USUAL_LAG[-1]], "days": USUAL_MAX_DAYS, "whole_row": ABSOLUTE_MAX_DAYS},
    }


def audit_to_json(audit: Audit) -> dict[str, Any]:
    """Return what is said of a page as JSON."""
    return {
        **_head(),
        "since": _iso(audit.since),
        "until": _iso(audit.until),
        "counts": dict(audit.counts),
        "rows": [_row_to_json(row) for row in audit.rows],
        "untold": [_entry_to_json(entry) for entry in audit.untold],
        "not_observed": [_entry_to_json(entry) for entry in audit.not_observed],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _row_to_json(audited: AuditedRow) -> dict[str, Any]:
    row = audited.row
    return {
        "place": row.number,
        "kind": str(row.kind),
        "change": row.change,
        "date": _iso(row.date),
        "last_date": _iso(row.last_date),
        "verdict": str(audited.verdict),
        "findings": [_finding_to_json(finding) for finding in audited.findings],
    }


def _finding_to_json(finding: RowFinding) -> dict[str, Any]:
    return {
        "policy": finding.policy,
        "verdict": str(finding.verdict),
        "reason": str(finding.reason) if finding.reason else None,
        "entries": [_entry_to_json(entry, changes=False) for entry in finding.entries],
        "days": finding.days,
        "other_spelling": [{"written": item.written, "meant": list(item.meant)} for item in finding.respelled],
        "missing": list(finding.missing),
        "broken_name": finding.has_broken_name,
        "silent": _changes_to_json(finding.silent),
        "actions": [_action_to_json(action) for action in finding.actions],
        "written": finding.written,
        "nearest": finding.nearest,
        "candidates": list(finding.candidates),
        "elsewhere": [_entry_to_json(entry, changes=False) for entry in finding.elsewhere],
        "labels_only": finding.labels_only,
    }


def _action_to_json(action: ActionFinding) -> dict[str, Any]:
    return {
        "name": action.name,
        "removed": action.removed,
        "standing": str(action.standing),
        "version": action.version,
        "covered_by": action.covered_by,
        "days": action.days,
        "meant": list(action.meant),
    }


def _entry_to_json(entry: Entry, *, changes: bool = True) -> dict[str, Any]:
    members: dict[str, Any] = {
        "id": entry.id,
        "policy": entry.policy,
        "event": str(entry.event),
        "version": entry.version,
        "previous_version": entry.previous_version,
        "not_observed": entry.not_observed,
        "at": format_time(entry.at),
    }
    return members | {"changes": _changes_to_json(entry.changes)} if changes else members


def _changes_to_json(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [{"kind": str(change.kind), "effect": str(change.effect), "action": change.action} for change in changes]
