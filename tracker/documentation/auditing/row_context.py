"""What an audit knows while it checks the rows of a page: versions by policy, and which of them rows document."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from tracker.changelog.model import Entry, Event
from tracker.diff.details import document_details
from tracker.diff.model import Change
from tracker.documentation.auditing.action_status import GrantHistory
from tracker.documentation.auditing.matching import (
    USUAL_MAX_DAYS,
    DatedEntries,
    DatedEntry,
    LookupBudget,
    RowMatch,
    match_row,
)
from tracker.documentation.auditing.roles import NO_ROLES, RoleIndex
from tracker.documentation.reading.actions import DocumentedAction, bare_actions
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedPage, DocumentedRow
from tracker.documentation.reading.policy_names import NO_NAMES, PolicyNames
from tracker.documentation.reading.row_kinds import RowKind, SpokenOf
from tracker.policy.actions import fold_action
from tracker.policy.history import PolicyHistory

__all__ = ["ROLE_NAME", "KnownPolicies", "RowContext", "actions_for"]

MAX_UNKNOWN = 500
"""Names that no service has, of a whole page, for which another spelling is looked for."""
MAX_OTHERS = 3
"""Versions of other policies that a row is said to fit."""
ROLE_NAME = "AWSServiceRoleFor"
"""What the names of service-linked roles begin with."""


@dataclass(frozen=True)
class KnownPolicies:
    """What is known of policies beside their entries."""

    histories: Mapping[str, PolicyHistory]
    """The documents of policies, by name; what was granted before is unknown for others."""
    names: PolicyNames = NO_NAMES
    """All policies there are."""
    roles: RoleIndex = NO_ROLES
    """The policies of service-linked roles."""

    def has_labels_only(self, version: DatedEntry) -> bool:
        """Return whether a version's document differs from the one before in nothing but what grants nothing."""
        entry, history = version.entry, self.histories.get(version.entry.policy)
        if history is None or entry.changes or not entry.version or not entry.previous_version:
            return False
        after, before = history.version(entry.version), history.version(entry.previous_version)
        return bool(before and after and document_details(before.document, after.document))


class RowContext:
    """What is known of policies, and which of their versions the rows of one page document."""

    def __init__(
        self,
        page: DocumentedPage,
        entries: Iterable[Entry],
        exists: Callable[[str], bool],
        tracking_since: date | None,
        archive_until: date | None,
        known: KnownPolicies,
    ) -> None:
        """Take what is known; arguments as those of `audit_page`."""
        self.about = known
        self.tracking_since = tracking_since
        self.entries = tuple(entries)
        self._is_action = exists
        self._known_actions: dict[str, bool] = {}
        self._unknown_actions = 0
        self._effort = LookupBudget(page.title)
        self._granted: dict[str, GrantHistory | None] = {}
        histories: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda entry: entry.at):
            histories[entry.policy].append(entry)
        self.versions = {name: DatedEntries(_versions(history), self._effort) for name, history in histories.items()}
        self._names = {name.lower(): name for name in histories}
        days = [version.day for versions in self.versions.values() for version in versions]
        self.until = max((*days, archive_until) if archive_until else days, default=None)
        self._matches: dict[tuple[int, str], Sequence[RowMatch]] = {}
        self.matched_rows: dict[str, list[tuple[int, RowMatch]]] = {}
        """Entry id → (number of a row on the page, what that row documents of the entry), for each such row."""
        self._bare_names: dict[str, frozenset[str]] = {}
        """Entry id → the actions that those rows name without their service, folded."""
        self.matched_by_date: set[str] = set()
        """Ids of entries that were matched with a row by its date and kind, not by the actions it names."""

    def exists(self, action: str) -> bool:
        """Return whether a name is taken as written; for the first unknown ones another spelling is looked for."""
        if action not in self._known_actions:
            self._known_actions[action] = self._unknown_actions >= MAX_UNKNOWN or self._is_action(action)
            self._unknown_actions += not self._known_actions[action]
        return self._known_actions[action]

    @cached_property
    def every(self) -> DatedEntries:
        """The versions of all policies."""
        return DatedEntries((version for versions in self.versions.values() for version in versions), self._effort)

    def match(self, row: DocumentedRow, policy: str, actions: Sequence[DocumentedAction]) -> Sequence[RowMatch]:
        """Return the versions that the actions of a row document, and keep them in `matched_rows`."""
        key = row.number, policy
        if key not in self._matches:
            assert row.days is not None  # noqa: S101 - the callers have looked
            of_scope = row.speaks_of is SpokenOf.SCOPE
            found = match_row(actions, row.days, self.versions[policy], self.exists, of_scope=of_scope)
            self._matches[key] = found
            for match in found:
                entry_id = match.version.entry.id
                self.matched_rows.setdefault(entry_id, []).append((row.number, match))
                self._bare_names[entry_id] = self._bare_names.get(entry_id, frozenset()) | bare_actions(row.description)
        return self._matches[key]

    def of_others(self, days: DaySpan, actions: Sequence[DocumentedAction], but: str | None) -> tuple[Entry, ...]:
        """Return versions of other policies, within the usual days, each of which explains all actions of a row."""
        found = []
        for policy, versions in self.versions.items():
            matches = match_row(actions, days, versions, self.exists) if policy != but else ()
            if len(matches) == 1 and abs(matches[0].days) <= USUAL_MAX_DAYS and len(matches[0].names) == len(actions):
                found.append(matches[0])
        found.sort(key=lambda match: (abs(match.days), match.version.entry.policy))
        return tuple(match.version.entry for match in found[:MAX_OTHERS])

    def policy_of(self, written: str) -> tuple[str | None, tuple[str, ...]]:
        """Return the policy that a name or a role stands for; None and candidates where nothing says which."""
        policy = self._names.get(written.lower())
        if policy is not None or not written.startswith(ROLE_NAME):
            return policy, ()
        found, candidates = self.about.roles.policy_of(written)
        return (self._names.get(found.lower()), ()) if found else (None, candidates)

    def coverage(self, version: DatedEntry) -> Literal[0, 1, 2]:
        """Return how far rows document a version: 0 not at all, 1 in part, 2 with all actions that came or went."""
        entry = version.entry
        if entry.id in self.matched_by_date:
            return 2
        if entry.id not in self.matched_rows:
            return 0
        return 1 if any(change.kind.is_of_action for change in self.left_out(entry)) else 2

    def left_out(self, entry: Entry) -> Iterator[Change]:
        """Yield the changes of an entry that none of the rows names which document it by its actions."""
        if entry.event is Event.POLICY_ADDED:
            return
        lists = {id(changes): changes for _, match in self.matched_rows[entry.id] for changes in _all_changes(match)}
        documented = {id(change) for changes in lists.values() for change in changes}
        bare = self._bare_names[entry.id]
        for change in entry.changes:
            is_bare = fold_action(change.action).partition(":")[2] in bare
            if id(change) not in documented and change.covered_by is None and not is_bare:
                yield change

    def granted(self, policy: str) -> GrantHistory | None:
        """Return what a policy granted; None where its documents are not at hand."""
        if policy not in self._granted:
            history = self.about.histories.get(policy)
            self._granted[policy] = GrantHistory(history) if history else None
        return self._granted[policy]


def _all_changes(match: RowMatch) -> Iterator[Sequence[Change]]:
    yield from match.changes.values()
    yield from match.respelled.values()


def _versions(entries: Iterable[Entry]) -> Iterator[DatedEntry]:
    """Yield the versions of one policy from its entries, oldest first."""
    previous: date | None = None
    for entry in entries:
        version = DatedEntry(entry, previous)
        previous = version.day
        yield version


def actions_for(row: DocumentedRow, written: str) -> list[DocumentedAction]:
    """Return the actions that a row names for one of its policies.

    Rows about new policies list no bare names: one that such a row has is an operation that the service calls.
    """
    named = (*row.actions, *row.removed_actions)
    return [
        action
        for action in named
        if (not action.policies or written in action.policies)
        and (":" in action.name or row.kind is not RowKind.NEW_POLICY)
    ]
