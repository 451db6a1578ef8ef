"""Changes that no page documents: only all pages together show them, and readers of the documentation never see them.

A version counts that changes permissions of a policy which some page documents, in the time of such a page, and at
least `USUAL_MAX_DAYS` days older than the day on which the page was read: rows are written late. It is undocumented
if no row of any page that was read is about its policy within those days, and none further
away names its actions. Where a row is near but documents another version, the day of that row is given, too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from tracker.changelog.model import Entry, Event
from tracker.diff.model import ChangeKind
from tracker.documentation.auditing.matching import ROW_ZONE, USUAL_MAX_DAYS
from tracker.documentation.auditing.model import Audit, AuditedRow
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedRow
from tracker.documentation.reading.row_kinds import RowKind
from tracker.policy.actions import fold_action
from tracker.risk.rules import Level

__all__ = ["PageTime", "Undocumented", "UndocumentedState", "undocumented_changes"]

_CHANGING = frozenset({Event.POLICY_UPDATED, Event.DEFAULT_ROLLED_BACK, Event.POLICY_RETURNED})


class UndocumentedState(StrEnum):
    """How an undocumented change stands."""

    OPEN = "open"
    """No row documents it."""
    RESOLVED = "resolved"
    """A row that appeared later documents it."""


@dataclass(frozen=True, slots=True)
class PageTime:
    """A page that was evaluated, with the days that count."""

    name: str
    """What it is called."""
    audit: Audit
    """What the archive says of its rows."""
    since: date | None
    """The first day of its rows; None for a page without days."""
    read_on: date | None
    """The day on which it was read, as far as that is known; else the day of its newest row."""
    absent_until: Mapping[int, date] = field(default_factory=dict, hash=False)
    """Row, by its place → the last day on which the page was read without it; rows that were always there are not."""


@dataclass(frozen=True, slots=True)
class Undocumented:
    """A change that no row documents."""

    entry: Entry
    """The change; its id is the id of this finding, however it ends."""
    pages: tuple[str, ...]
    """The pages that document its policy and were looked at."""
    looked_at_until: date
    """The last day on which one of them was read."""
    nearest_row: DaySpan | None = None
    """The day of a row of the same policy that is near and documents another version; None where none is near."""
    documented_for: str | None = None
    """Another policy for which a row documents the same actions in that time; None for none."""
    level: Level | None = None
    """The gravest level among its findings; None where nothing was found, or nothing was assessed."""
    state: UndocumentedState = UndocumentedState.OPEN
    """Whether a later row documents it."""

    @property
    def id(self) -> str:
        """What feeds and pages know it by."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class _PolicyRow:
    """A row that is about a policy."""

    row: DocumentedRow
    entries: frozenset[str]
    """Ids of the versions that it documents."""
    actions: frozenset[str]
    page: str


def undocumented_changes(
    pages: Sequence[PageTime], entries: Iterable[Entry], level_of: Callable[[Entry], Level | None] = lambda _: None
) -> tuple[Undocumented, ...]:
    """Return the changes that no row of any page documents, the gravest first, then the newest.

    Args:
        pages: all pages that were read.
        entries: of the policies that they document.
        level_of: returns the gravest level among the findings of a change; None for no finding.
    """
    rows = _rows_by_policy(pages)
    times = _times_by_policy(pages)
    known = tuple(entries)
    added, changed = ({entry.id: of(entry) for entry in known} for of in (_added, _changed))
    found = []
    for entry in known:
        due = [page for page in times.get(entry.policy, ()) if _is_due(page, entry)]
        if entry.event in _CHANGING and entry.changes and due:
            item = _undocumented(entry, due, rows, added if added[entry.id] else changed)
            if item:
                found.append(replace(item, level=level_of(entry)))
    return tuple(sorted(found, key=_order))


def _order(item: Undocumented) -> tuple[bool, bool, int, int, float, str]:
    level = -1 if item.level is None else item.level.rank
    added = sum(change.kind is ChangeKind.ACTION_ADDED for change in item.entry.changes)
    resolved, partial = item.state is UndocumentedState.RESOLVED, item.nearest_row is not None
    return resolved, partial, -level, -added, -item.entry.at.timestamp(), item.id


def _rows_by_policy(pages: Iterable[PageTime]) -> Mapping[str, Sequence[_PolicyRow]]:
    found: defaultdict[str, list[_PolicyRow]] = defaultdict(list)
    for page in pages:
        for row in page.audit.rows:
            for finding in row.findings:
                if finding.policy is not None and row.row.kind is not RowKind.TRACKING_STARTED:
                    ids = frozenset(entry.id for entry in finding.entries)
                    found[finding.policy].append(_PolicyRow(row.row, ids, _actions(row), page.name))
    return found


def _actions(row: AuditedRow) -> frozenset[str]:
    return frozenset(fold_action(action.name) for action in (*row.row.actions, *row.row.removed_actions))


def _times_by_policy(pages: Iterable[PageTime]) -> Mapping[str, Sequence[PageTime]]:
    found: defaultdict[str, list[PageTime]] = defaultdict(list)
    for page in pages:
        for policy in {finding.policy for row in page.audit.rows for finding in row.findings if finding.policy}:
            found[policy].append(page)
    return found


def _is_due(page: PageTime, entry: Entry) -> bool:
    """Return whether a page should have a row about a change by the day on which it was read."""
    if page.since is None or page.read_on is None:
        return False
    return page.since <= _day(entry) <= page.read_on - timedelta(USUAL_MAX_DAYS)


def _undocumented(
    entry: Entry,
    due: Sequence[PageTime],
    rows: Mapping[str, Sequence[_PolicyRow]],
    added: Mapping[str, frozenset[str]],
) -> Undocumented | None:
    about = rows.get(entry.policy, ())
    near = [one for one in about if _is_near(one.row.days, entry)]
    has_row = any(entry.id in one.entries for one in about)
    # A row without actions may document it, too; a row whose actions are those of another version does not.
    others = [one for one in near if one.actions and one.entries and not _names_any(one, entry)]
    pages = tuple(sorted({page.name for page in due}))
    until = max(page.read_on for page in due if page.read_on)
    undated = any(one.row.date is None and one.actions & _added(entry) for one in about)
    if has_row or undated or len(others) < len(near):
        was_open = all(_was_open(page, entry) for page in due)
        return Undocumented(entry, pages, until, state=UndocumentedState.RESOLVED) if was_open else None
    dated = (one.row.days for one in near if one.row.days)
    nearest = min(dated, key=lambda days: abs(days.days_after(_day(entry))), default=None)
    return Undocumented(entry, pages, until, nearest, _documented_for(entry, pages, rows, added))


def _names_any(one: _PolicyRow, entry: Entry) -> bool:
    return any(fold_action(change.action) in one.actions for change in entry.changes)


def _was_open(page: PageTime, entry: Entry) -> bool:
    """Return whether a page was once read, when it should have documented a change, without any of its rows."""
    near = [
        row.row.number
        for row in page.audit.rows
        if any(finding.policy == entry.policy for finding in row.findings) and _is_near(row.row.days, entry)
    ]
    last = [page.absent_until.get(number) for number in near]
    return bool(last) and all(day is not None and _day(entry) <= day - timedelta(USUAL_MAX_DAYS) for day in last)


def _documented_for(
    entry: Entry,
    pages: Sequence[str],
    rows: Mapping[str, Sequence[_PolicyRow]],
    added: Mapping[str, frozenset[str]],
) -> str | None:
    """Return another policy of the same pages whose rows, in the same time, are about all actions that were added.

    They name them, or they document versions of that policy that added them: rows seldom name all. Of a change that
    added no action, the same holds for all that it changed.
    """
    came = added[entry.id]
    for policy in sorted(rows):
        about = rows[policy] if policy != entry.policy else ()
        near = [one for one in about if one.page in pages and _is_near(one.row.days, entry)]
        named = (one.actions for one in near)
        documented = (added.get(version, frozenset()) for one in near for version in one.entries)
        if near and came <= frozenset[str]().union(*named, *documented):
            return policy
    return None


def _added(entry: Entry) -> frozenset[str]:
    """Return the actions that an entry added, folded."""
    return frozenset(fold_action(change.action) for change in entry.changes if change.kind is ChangeKind.ACTION_ADDED)


def _changed(entry: Entry) -> frozenset[str]:
    """Return the actions of all changes of an entry, folded."""
    return frozenset(fold_action(change.action) for change in entry.changes)


def _is_near(days: DaySpan | None, entry: Entry) -> bool:
    return days is not None and abs(days.days_after(_day(entry))) <= USUAL_MAX_DAYS


def _day(entry: Entry) -> date:
    return entry.at.astimezone(ROW_ZONE).date()
