"""Histories and their changelog to the rows of the export's tables. Pure: nothing here reads or writes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.base.dates import format_time
from tracker.changelog.contract import finding_to_json
from tracker.changelog.model import Changelog, Entry
from tracker.errors import DocumentError
from tracker.export.tables import SCHEMA, TABLES, Table
from tracker.policy.actions import fold_action
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.model import Statement
from tracker.risk import Assessment

__all__ = ["ExportData", "Row", "exported_tables", "rows_of"]

Row = tuple[Any, ...]
"""The values of one row, in the order of its table's columns; JSON values as msgspec encodes them."""


@dataclass(frozen=True, slots=True)
class ExportData:
    """What is exported."""

    histories: Sequence[PolicyHistory]
    """All policies asked for."""
    changelog: Changelog
    """Their entries, newest first, and what could not be read."""
    title_of: Callable[[Entry], str]
    """Gives an entry's title."""
    program: str
    """The program's version."""
    assessments: Mapping[str, Assessment] | None = None
    """What the entries mean, by id; None where nobody asked: then there are no findings."""


def exported_tables(data: ExportData) -> list[Table]:
    """Return the tables that an export has: without an assessment none of findings, rather than an empty one."""
    return [table for table in TABLES if table.name != "findings" or data.assessments is not None]


def rows_of(table: Table, data: ExportData) -> Iterator[Row]:
    """Yield the rows of a table: policies and versions in the archive's order, entries from the oldest."""
    return _ROWS[table.name](data)


def _about(data: ExportData) -> Iterator[Row]:
    until = data.changelog.until
    yield ("schema", SCHEMA)
    yield ("program", f"policy-tracker {data.program}")
    yield ("newest_observation", format_time(until) if until else None)


def _policies(data: ExportData) -> Iterator[Row]:
    for history in data.histories:
        facts, current = history.facts, history.in_force
        created = format_time(facts.created_at) if facts.created_at else None
        yield (
            *(history.owner, history.label, facts.name, facts.arn, facts.path, facts.policy_id, facts.description),
            *(created, current.version_id if current else None, _removed(history)),
        )


def _removed(history: PolicyHistory) -> str | None:
    last = history.observations[-1] if history.observations else None
    return format_time(last.at) if last and last.default_version is None else None


def _versions(data: ExportData) -> Iterator[Row]:
    for history in data.histories:
        current, place = history.in_force, (history.owner, history.label)
        known = {version.version_id for version in history.versions}
        for version in history.versions:
            before = format_time(version.created_before) if version.created_before else None
            yield (
                *(*place, version.version_id, format_time(version.created_at), before, version.origin or None),
                *(version is current, version.document),
            )
        for unknown in history.unknown:
            if unknown.version_id not in known:
                yield (*place, unknown.version_id, format_time(unknown.created_at), None, unknown.origin, False, None)


def _grants(data: ExportData) -> Iterator[Row]:
    for history in data.histories:
        version = history.in_force
        for position, statement in enumerate(_statements(version) if version else (), 1):
            yield from _grants_of(statement, (history.owner, history.label, version and version.version_id, position))


def _statements(version: PolicyVersion) -> Sequence[Statement]:
    try:
        return version.parsed.statements
    except DocumentError:  # `skipped` names it
        return ()


def _grants_of(statement: Statement, place: Row) -> Iterator[Row]:
    scope = statement.scope
    where = (scope.resources, scope.not_resources, scope.principals, scope.not_principals, scope.conditions)
    for action in sorted(statement.spellings.values()):
        yield (*place, action, _service(action), statement.effect, statement.inverted, statement.sid, *where)


def _entries(data: ExportData) -> Iterator[Row]:
    for entry in reversed(data.changelog.entries):
        assessment = (data.assessments or {}).get(entry.id)
        yield (
            *(entry.id, entry.owner, entry.folder, entry.policy, entry.event, entry.version, entry.previous_version),
            *(entry.not_observed, format_time(entry.at), *map(_time, (entry.published, entry.observed))),
            *(data.title_of(entry), assessment.verdict if assessment else None),
        )


def _time(moment: Any) -> str | None:
    return format_time(moment) if moment else None


def _changes(data: ExportData) -> Iterator[Row]:
    for entry in reversed(data.changelog.entries):
        for position, change in enumerate(entry.changes, 1):
            yield (
                *(entry.id, position, change.kind, change.effect, change.action, _service(change.action)),
                *(change.inverted, change.may_give_access, change.before, change.after),
                change.covered_by,
            )


def _findings(data: ExportData) -> Iterator[Row]:
    for entry in reversed(data.changelog.entries):
        assessment = (data.assessments or {}).get(entry.id)
        for position, finding in enumerate(assessment.findings if assessment else (), 1):
            members = finding_to_json(finding)
            yield (entry.id, position, *(members[name] for name in _FINDING_MEMBERS))


_FINDING_MEMBERS = ("rule", "level", "action", "actions", "gain", "paths", "link", "fingerprint")


def _skipped(data: ExportData) -> Iterator[Row]:
    for position, item in enumerate(data.changelog.skipped, 1):
        yield (position, item.where, item.reason)


def _service(action: str) -> str:
    return fold_action(action).partition(":")[0]


_ROWS: Mapping[str, Callable[[ExportData], Iterator[Row]]] = {
    "about": _about,
    "policies": _policies,
    "versions": _versions,
    "grants": _grants,
    "entries": _entries,
    "changes": _changes,
    "findings": _findings,
    "skipped": _skipped,
}
