"""An audit in JSON: `tracker/schema/audit-1.json`."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from tracker.base.dates import format_time
from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.documentation.audit_model import ActionFinding, Audit, AuditedRow, RowFinding
from tracker.documentation.matching import ABSOLUTE_MAX_DAYS, USUAL_LAG, USUAL_MAX_DAYS

__all__ = ["audit_json", "audit_to_json"]


def audit_json(audit: Audit) -> str:
    """Return an audit as the text of a JSON file."""
    return f"{json.dumps(audit_to_json(audit), ensure_ascii=False, indent=1)}\n"


def audit_to_json(audit: Audit) -> dict[str, Any]:
    """Return an audit as JSON: names and figures, no sentence."""
    return {
        "schema": "policy-tracker/audit/1",
        "bounds": {"usual": [USUAL_LAG[0], USUAL_LAG[-1]], "days": USUAL_MAX_DAYS, "whole_row": ABSOLUTE_MAX_DAYS},
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
        "place": row.place,
        "kind": str(row.kind),
        "change": row.change,
        "date": _iso(row.date),
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
