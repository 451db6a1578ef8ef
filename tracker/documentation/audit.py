"""A documentation page's table of updates held against what the archive knows.

Each row is judged for each policy it is about, and each version in the page's time that no row tells is named.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change
from tracker.documentation.actions import DocumentedAction
from tracker.documentation.audit_model import Audit, AuditedRow, RowFinding, RowReason, RowVerdict, SpellingCorrection
from tracker.documentation.matching import (
    ACTION_KINDS,
    ROW_ZONE,
    USUAL_LAG,
    USUAL_MAX_DAYS,
    DatedEntries,
    DatedEntry,
    LookupBudget,
    RowMatch,
    match_row,
)
from tracker.documentation.pages import DocumentedPage, DocumentedRow
from tracker.documentation.row_kinds import RowKind
from tracker.policy.actions import fold_action

__all__ = ["audit_page"]


MAX_UNKNOWN = 500
"""Names that no service has, of a whole page, for which another spelling is looked for."""


def audit_page(
    page: DocumentedPage,
    entries: Iterable[Entry],
    exists: Callable[[str], bool],
    *,
    tracking_since: date | None = None,
    archive_until: date | None = None,
    as_of: date | None = None,
    is_of_service: Callable[[str], bool] = lambda _: True,
) -> Audit:
    """Hold a page against the entries of its service.

    Args:
        page: the page.
        entries: all entries of the policies of the service and of others the page names, newest first.
        exists: tells whether some service has an action of that name.
        tracking_since: the day from which the service is known to track changes; None for not known.
        archive_until: the last day the archive knows of; None for the day of the newest entry.
        as_of: the day the page is from; None for that of its newest row.
        is_of_service: tells by its name whether the page has to tell a policy's versions.

    Raises:
        PageError: the page names more wildcards than can be looked up.
    """
    return _Auditor(page, entries, exists, tracking_since, archive_until).audit(as_of, is_of_service)


class _Auditor:
    """Judges rows; remembers what they tell."""

    def __init__(
        self,
        page: DocumentedPage,
        entries: Iterable[Entry],
        exists: Callable[[str], bool],
        tracking_since: date | None,
        archive_until: date | None,
    ) -> None:
        self.page = page
        self.entries = tuple(entries)
        self.exists = exists
        self.known: dict[str, bool] = {}
        self.unknown = 0
        self.effort = LookupBudget(page.title)
        self.tracking_since = tracking_since
        histories: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda entry: entry.at):
            histories[entry.policy].append(entry)
        self.versions = {name: DatedEntries(_versions(history), self.effort) for name, history in histories.items()}
        self.names = {name.lower(): name for name in histories}
        days = [version.day for versions in self.versions.values() for version in versions]
        self.until = max((*days, archive_until) if archive_until else days, default=None)
        self.told: dict[str, list[tuple[int, RowMatch]]] = {}
        """Entry id → what each row, by its place, tells of it."""
        self.in_words: set[str] = set()
        """Ids of entries that a row tells without naming actions, or as a new policy."""

    def audit(self, as_of: date | None, is_of_service: Callable[[str], bool]) -> Audit:
        """Judge every row, then find what no row tells."""
        findings = {row.place: self._findings(row) for row in sorted(self.page.rows, key=_names_no_actions)}
        rows = tuple(
            AuditedRow(row, tuple(self._completed(row, finding) for finding in findings[row.place]))
            for row in self.page.rows
        )
        dates = [row.date for row in self.page.rows if row.date]
        since = min(dates, default=None)
        until = as_of or max(dates, default=None)
        in_time = [entry for entry in self.entries if since and until and since <= _day(entry) <= until]
        untold = tuple(entry for entry in in_time if is_of_service(entry.policy) and self._is_untold(entry))
        counts = Counter(str(row.verdict) for row in rows)
        return Audit(
            rows,
            untold,
            tuple(entry for entry in in_time if entry.not_observed and is_of_service(entry.policy)),
            since,
            until,
            {str(verdict): counts[verdict] for verdict in RowVerdict} | {"untold": len(untold)},
        )

    def _exists(self, action: str) -> bool:
        """Tell whether a name is to be taken as written: for the first unknown ones another spelling is looked for."""
        if action not in self.known:
            self.known[action] = self.unknown >= MAX_UNKNOWN or self.exists(action)
            self.unknown += not self.known[action]
        return self.known[action]

    def _is_untold(self, entry: Entry) -> bool:
        quiet = entry.event in (Event.POLICY_REISSUED, Event.TRACKING_STARTED)
        return not quiet and entry.id not in self.told and entry.id not in self.in_words

    def _findings(self, row: DocumentedRow) -> list[RowFinding]:
        if row.kind is RowKind.TRACKING_STARTED:
            return [self._start_of_tracking(row)]
        if not row.policies:
            return [self._of_any_policy(row)]
        return [self._finding(row, policy) for policy in row.policies]

    def _start_of_tracking(self, row: DocumentedRow) -> RowFinding:
        if row.date is None or self.tracking_since is None:
            return RowFinding(None, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
        days = (row.date - self.tracking_since).days
        return RowFinding(None, RowVerdict.DATED_DIFFERENTLY if days else RowVerdict.CONFIRMED, days=days)

    def _of_any_policy(self, row: DocumentedRow) -> RowFinding:
        """Find the policy that a row does not name by the actions it does."""
        actions = (*row.actions, *row.removed_actions)
        if row.date is None or not actions:
            return RowFinding(
                None, RowVerdict.NOT_CHECKED, reason=RowReason.NO_DATE if actions else RowReason.NO_POLICY
            )
        found = match_row(actions, row.date, self._every, self._exists)
        if not found:
            return RowFinding(None, RowVerdict.NOT_CHECKED, reason=RowReason.NO_POLICY)
        return self._finding(row, found[0].version.entry.policy)

    @cached_property
    def _every(self) -> DatedEntries:
        return DatedEntries((version for versions in self.versions.values() for version in versions), self.effort)

    def _finding(self, row: DocumentedRow, written: str) -> RowFinding:
        policy = self.names.get(written.lower()) or self._of_role(written)
        if policy is None and self.until and row.date and row.date > self.until:
            return RowFinding(written, RowVerdict.NOT_CHECKED, reason=RowReason.AFTER_ARCHIVE)
        if policy is None:
            return RowFinding(written, RowVerdict.NOT_FOUND, reason=RowReason.UNKNOWN_POLICY)
        if row.date is None:
            return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.NO_DATE)
        if row.kind is RowKind.LISTED:
            return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
        named = (*row.actions, *row.removed_actions)
        actions = [action for action in named if not action.policies or written in action.policies]
        finding = self._by_actions(row, row.date, policy, actions) if actions else None
        if finding is None and row.kind in _EVENTS:
            finding = self._by_event(row.kind, row.date, policy)
        elif not actions:
            finding = self._by_date(row.date, policy)
        return finding or self._nothing(policy, row)

    def _of_role(self, written: str) -> str | None:
        """Return the policy of a service-linked role: `AWSServiceRoleForECS` → `AmazonECSServiceRolePolicy`."""
        service = written.lower().removeprefix("awsservicerolefor").removeprefix("amazon")
        if service == written.lower():
            return None
        ends = {f"{before}{service}{after}" for before in ("", "amazon", "aws") for after in _ROLE_POLICIES}
        found = [name for folded, name in self.names.items() if folded in ends]
        return found[0] if len(found) == 1 else None

    def _by_event(self, kind: RowKind, day: date, policy: str) -> RowFinding | None:
        """Judge a row about a policy that came or went; a policy comes once, however late the page says so."""
        came = kind is RowKind.NEW_POLICY
        versions = [
            version
            for version in self.versions[policy]
            if version.entry.event in _EVENTS[kind]
            and (version.entry.event is not Event.TRACKING_STARTED or version.entry.version == "v1")
        ]
        nearest = min(versions, key=lambda version: abs(version.distance(day)), default=None)
        if nearest is None and not came:
            return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
        return self._finding_by_day(nearest, day) if nearest else None

    def _by_date(self, day: date, policy: str) -> RowFinding | None:
        """Judge a row that names no action: the version nearest in time, rather one that is not told yet.

        A version without changes counts where no other does, and only if the row is dated as rows usually are.
        """
        there = [version for version in self.versions[policy] if abs(version.distance(day)) <= USUAL_MAX_DAYS]
        near = [version for version in there if version.entry.changes or version.entry.event is _UPDATED]
        if not near:
            near = [
                version
                for version in there
                if version.entry.event is Event.POLICY_REISSUED and version.distance(day) in USUAL_LAG
            ]
        if not near:
            return None

        def order(version: DatedEntry) -> tuple[bool, bool, int]:
            days = version.distance(day)
            known = version.entry.id in self.told or version.entry.id in self.in_words
            return days not in USUAL_LAG, known, abs(days)

        return self._finding_by_day(min(near, key=order), day)

    def _finding_by_day(self, version: DatedEntry, day: date) -> RowFinding:
        self.in_words.add(version.entry.id)
        days = version.distance(day)
        return RowFinding(version.entry.policy, _by_days(days), (version.entry,), days)

    def _by_actions(
        self, row: DocumentedRow, day: date, policy: str, actions: Sequence[DocumentedAction]
    ) -> RowFinding | None:
        found = match_row(actions, day, self.versions[policy], self._exists)
        if not found:
            return None
        for told in found:
            self.told.setdefault(told.version.entry.id, []).append((row.place, told))
        names = {name for told in found for name in told.names}
        keys = frozenset[str]().union(*(told.version.condition_keys for told in found))
        left = (action.name for action in actions if action.name not in names)
        missing = tuple(name for name in dict.fromkeys(left) if fold_action(name) not in keys)
        respelled = tuple(
            SpellingCorrection(name, tuple(sorted({change.action for change in changes})))
            for told in found
            for name, changes in told.respelled.items()
        )
        entries = tuple(told.version.entry for told in found)
        verdict = RowVerdict.PARTLY if missing else RowVerdict.OTHER_SPELLING if respelled else _by_days(found[0].days)
        return RowFinding(policy, verdict, entries, found[0].days, respelled, missing)

    def _completed(self, row: DocumentedRow, finding: RowFinding) -> RowFinding:
        """Return a finding with what is to be said of its row, and of versions of which its row tells most."""
        finding = replace(finding, has_broken_name=_is_broken(finding.policy, row.change))
        chief = [entry for entry in finding.entries if self._best_row.get(entry.id) == row.place]
        silent = tuple(change for entry in chief for change in self._silent(entry))
        whole = all(change.kind not in ACTION_KINDS for change in silent)
        return replace(finding, silent=silent, verdict=finding.verdict if whole else RowVerdict.PARTLY)

    @cached_property
    def _best_row(self) -> Mapping[str, int]:
        """Which row tells most of an entry; there is none for one that is told in words, or as a new policy."""
        places = {
            entry_id: max(rows, key=lambda row: (len(row[1].names), -row[0]))[0] for entry_id, rows in self.told.items()
        }
        return {entry_id: place for entry_id, place in places.items() if entry_id not in self.in_words}

    def _silent(self, entry: Entry) -> Iterator[Change]:
        if entry.event is Event.POLICY_ADDED:
            return
        lists = {id(changes): changes for _, told in self.told[entry.id] for changes in _all_changes(told)}
        told = {id(change) for changes in lists.values() for change in changes}
        yield from (change for change in entry.changes if id(change) not in told and change.covered_by is None)

    def _nothing(self, policy: str, row: DocumentedRow) -> RowFinding:
        """Say why no version was found: outside of what the archive knows, nothing can be said."""
        versions = self.versions[policy]
        assert row.date is not None  # noqa: S101 - _finding has looked
        begins = versions[0].entry.event is Event.TRACKING_STARTED or versions[0].entry.not_observed
        if begins and row.date <= versions[0].day + timedelta(USUAL_MAX_DAYS):
            return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.BEFORE_ARCHIVE)
        if self.until and row.date >= self.until:
            return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.AFTER_ARCHIVE)
        return RowFinding(policy, RowVerdict.NOT_FOUND, reason=RowReason.NO_VERSION)


_UPDATED = Event.POLICY_UPDATED
_ROLE_POLICIES = ("servicelinkedrolepolicy", "servicerolepolicy", "rolepolicy", "policy")
_EVENTS: dict[RowKind, tuple[Event, ...]] = {
    RowKind.NEW_POLICY: (Event.POLICY_ADDED, Event.POLICY_RETURNED, Event.TRACKING_STARTED),
    RowKind.DEPRECATED: (Event.POLICY_REMOVED,),
}


def _is_broken(policy: str | None, change: str) -> bool:
    return policy is not None and policy not in change and policy in change.replace(" ", "")


def _versions(entries: Iterable[Entry]) -> Iterator[DatedEntry]:
    """Yield the versions of one policy from its entries, oldest first."""
    previous: date | None = None
    for entry in entries:
        version = DatedEntry(entry, previous)
        previous = version.day
        yield version


def _names_no_actions(row: DocumentedRow) -> bool:
    return not (row.actions or row.removed_actions)


def _day(entry: Entry) -> date:
    return entry.at.astimezone(ROW_ZONE).date()


def _by_days(days: int) -> RowVerdict:
    return RowVerdict.CONFIRMED if days in USUAL_LAG else RowVerdict.DATED_DIFFERENTLY


def _all_changes(told: RowMatch) -> Iterator[Sequence[Change]]:
    yield from told.changes.values()
    yield from told.respelled.values()
