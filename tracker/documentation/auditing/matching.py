"""Which changes of which version a row of a documentation page is about.

A row names actions; a version has changes. A name matches the change of that action (in any letter case), of a
wildcard over it, or of the actions it is a wildcard over. An action that was allowed before and is now allowed on
another resource counts as added: the tables say "added" of both. A name that no service has is looked for under its
likeliest spelling.

Each name is looked up once in all versions of a policy, so that a page costs about as much as it has names.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

from tracker.base.zones import AWS_ZONE
from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change, ChangeKind
from tracker.documentation.auditing.spelling import similarity
from tracker.documentation.reading.actions import DocumentedAction
from tracker.documentation.reading.date_spans import DaySpan
from tracker.errors import PageError
from tracker.policy.actions import fold_action
from tracker.policy.model import Effect
from tracker.policy.patterns import covers, has_wildcard

__all__ = [
    "ABSOLUTE_MAX_DAYS",
    "ROW_ZONE",
    "USUAL_LAG",
    "USUAL_MAX_DAYS",
    "DatedEntries",
    "DatedEntry",
    "LookupBudget",
    "RowMatch",
    "match_row",
]

ROW_ZONE = AWS_ZONE
"""AWS dates its rows by US time: of those dated a day before the creation (UTC), two thirds belong to versions of the
first eight hours of a day."""
USUAL_MAX_DAYS = 60
"""Days between a row and its version that are ordinary: 95 % of all rows, even those without action names."""
USUAL_LAG = range(-7, 15)
"""Days from a version to its row that need no word: 85 % of all rows lie within them."""
ABSOLUTE_MAX_DAYS = 120
"""Days at which a version still counts if it explains the whole row: the Connect page dates two rows 60 days off."""
MAX_STEPS = 5_000_000
"""Steps of all look-ups for one page, some seconds: 120,000 wildcards held against as many take a fifth of them."""
COVERAGE_COST = 5
"""Steps that holding a pattern against a name counts for."""

_CONTRARY = {True: ChangeKind.ACTION_ADDED, False: ChangeKind.ACTION_REMOVED}
"""Whether a page says that an action was removed → the kind of change that it can't mean."""


class LookupBudget:
    """How much looking up a page may still cause: hostile ones name wildcards by the thousand."""

    def __init__(self, page: str) -> None:
        """Take what the page calls itself, for messages."""
        self.page = page
        self.left = MAX_STEPS

    def take(self, steps: int) -> None:
        """Count some steps.

        Raises:
            PageError: there have been too many.
        """
        self.left -= steps
        if self.left < 0:
            raise PageError("names more wildcards than can be looked up", where=self.page)


class DatedEntry:
    """An entry with its day, as rows are dated."""

    def __init__(self, entry: Entry, previous: date | None) -> None:
        """Take an entry, and the day of the version before it."""
        self.entry = entry
        self.day = entry.at.astimezone(ROW_ZONE).date()
        # Where versions in between were never seen, each of them may have brought a part of the changes.
        self.since = previous if previous and entry.not_observed else self.day

    @cached_property
    def condition_keys(self) -> frozenset[str]:
        """The condition keys of its changes, folded: rows print them like actions (`iam:PassedToService`)."""
        scopes = {scope for change in self.entry.changes for scope in (*change.before, *change.after)}
        return frozenset(test.folded_key for scope in scopes for test in scope.conditions)

    def distance(self, days: DaySpan) -> int:
        """Return how many days a row is dated after this version at least; negative for before, 0 within its time."""
        return max(0, (days.first - self.day).days) + min(0, (days.last - self.since).days)


_ChangesByEntry = Mapping[DatedEntry, Sequence[Change]]
"""The changes that a name matches in each version, those of added and removed actions first; others are left out."""


class DatedEntries(Sequence[DatedEntry]):
    """Versions of one policy or several, oldest first, with a look-up of their changes by name."""

    def __init__(self, versions: Iterable[DatedEntry], effort: LookupBudget) -> None:
        """Take the versions, in any order, and what may be spent on looking things up."""
        self._effort = effort
        self._all = sorted(versions, key=lambda version: version.entry.at)
        self._named: defaultdict[str, defaultdict[DatedEntry, list[Change]]] = defaultdict(lambda: defaultdict(list))
        self._matched: dict[tuple[str, bool], _ChangesByEntry] = {}
        self._meant: dict[tuple[str, bool], Mapping[DatedEntry, Mapping[str, float]]] = {}
        for version in self._all:
            for change in version.entry.changes:
                self._named[fold_action(change.action)][version].append(change)

    def __getitem__(self, index: int) -> DatedEntry:  # type: ignore[override]  # nobody slices it
        """Return one version."""
        return self._all[index]

    def __len__(self) -> int:
        """Return how many versions there are."""
        return len(self._all)

    @cached_property
    def _bare(self) -> Mapping[str, Sequence[str]]:
        """Names without their service → the names, folded."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for folded in self._named:
            found[folded.partition(":")[2]].append(folded)
        return found

    @cached_property
    def _services(self) -> Mapping[str, Sequence[str]]:
        """Services → their names, folded and sorted; `*` → those that span services."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for folded in sorted(self._named):
            service = folded.partition(":")[0]
            found["*" if has_wildcard(service) else service].append(folded)
        return found

    @cached_property
    def _wildcards(self) -> Mapping[str, Sequence[str]]:
        """What stands before the first wildcard of some names → those names, folded."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for folded in self._named:
            if has_wildcard(folded):
                found[_literal_prefix(folded)].append(folded)
        return found

    def changes_named_by(self, action: DocumentedAction) -> _ChangesByEntry:
        """Return the changes that a documented action matches, by version; versions without any are left out.

        In each version those of that very name count; without any, wildcards over it; without any, what it is itself a
        wildcard over.
        """
        key = fold_action(action.name), action.removed
        if key not in self._matched:
            found: dict[DatedEntry, list[Change]] = {}
            for names in self._candidate_names(key[0]):
                for version, changes in self._changes(names).items():
                    found.setdefault(version, changes)
            self._matched[key] = _without_kind(found, _CONTRARY[action.removed])
        self._effort.take(len(self._matched[key]))
        return self._matched[key]

    def _candidate_names(self, name: str) -> Iterator[Iterable[str]]:
        """Yield the names under which a documented one is looked for, the nearest first."""
        if ":" not in name:
            yield self._bare.get(name, ())
            return
        yield (name,)
        yield self._covering_wildcards(name)
        if has_wildcard(name):
            services = dict.fromkeys((name.partition(":")[0], "*"))
            yield [
                under for service in services for under in self._covered_names(name, self._services.get(service, ()))
            ]

    def _covering_wildcards(self, name: str) -> Iterator[str]:
        """Yield the wildcards over a name: what stands before their first one, the name begins with."""
        for end in range(len(name) + 1 if self._wildcards else 0):
            for pattern in self._wildcards.get(name[:end], ()):
                if pattern == f"{name[:end]}*" or covers(pattern, name):
                    yield pattern

    def _covered_names(self, pattern: str, names: Sequence[str]) -> Iterator[str]:
        """Yield the names that a wildcard is over: they lie side by side where they begin as it does."""
        head = _literal_prefix(pattern)
        is_all = pattern == f"{head}*"
        for index in range(bisect_left(names, head), len(names)):
            if not names[index].startswith(head):
                return
            self._effort.take(1 if is_all else COVERAGE_COST)
            if is_all or covers(pattern, names[index]):
                yield names[index]

    def _changes(self, names: Iterable[str]) -> dict[DatedEntry, list[Change]]:
        found: dict[DatedEntry, list[Change]] = {}
        for name in names:
            for version, changes in self._named.get(name, {}).items():
                found.setdefault(version, []).extend(changes)
                self._effort.take(1)
        return found

    def under_other_spelling(self, action: DocumentedAction) -> Mapping[DatedEntry, Mapping[str, float]]:
        """Return what may be meant by a name that no service has: by version, folded names and how near they are.

        Where another service has the name, it is that.
        """
        key = fold_action(action.name), action.removed
        if key not in self._meant:
            name, contrary = key[0].partition(":")[2], _CONTRARY[action.removed]
            near = dict.fromkeys(self._bare.get(name, ()), 1.0)
            by_version: defaultdict[DatedEntry, dict[str, float]] = defaultdict(dict)
            self._lay(near, contrary, by_version)
            elsewhere = frozenset(by_version)
            self._lay(self._likely(action.name), contrary, by_version, elsewhere)
            self._meant[key] = by_version
        return self._meant[key]

    def _lay(
        self,
        near: Mapping[str, float],
        contrary: ChangeKind,
        by_version: defaultdict[DatedEntry, dict[str, float]],
        but: AbstractSet[DatedEntry] = frozenset(),
    ) -> None:
        for folded, nearness in near.items():
            for version, changes in self._named[folded].items():
                if version not in but and any(change.kind is not contrary for change in changes):
                    by_version[version][folded] = nearness

    def _likely(self, written: str) -> Mapping[str, float]:
        """Return the actions that a name can be a slip for, folded, with how near they are."""
        service, _, name = written.partition(":")
        names = self._services.get(fold_action(service), ())
        self._effort.take(len(names))
        close = {folded: similarity(name, self._spelled(folded)) for folded in names}
        return {folded: nearness for folded, nearness in close.items() if nearness}

    def _spelled(self, folded: str) -> str:
        """Return an action's name as the policy writes it."""
        return next(iter(self._named[folded].values()))[0].action.partition(":")[2].strip()

    def of(self, folded: str, version: DatedEntry, *, removed: bool) -> Sequence[Change]:
        """Return the changes of a name in a version, without those that a page can't mean."""
        return _without_kind({version: self._named[folded][version]}, _CONTRARY[removed]).get(version, ())


def _without_kind(found: Mapping[DatedEntry, Sequence[Change]], contrary: ChangeKind) -> _ChangesByEntry:
    """Return changes without those that go the other way; under Deny a page may mean either."""
    kept = {
        version: [change for change in changes if change.kind is not contrary or change.effect is Effect.DENY]
        for version, changes in found.items()
    }
    return {
        version: sorted(changes, key=lambda change: not change.kind.is_of_action)
        for version, changes in kept.items()
        if changes
    }


def _literal_prefix(pattern: str) -> str:
    """Return what stands before the first wildcard of a pattern."""
    ends = [index for index in map(pattern.find, ("*", "?", "$")) if index >= 0]
    return pattern[: min(ends)] if ends else pattern


@dataclass(frozen=True, slots=True)
class RowMatch:
    """What one row documents of one version."""

    version: DatedEntry
    """The version."""
    days: int
    """How many days the row is dated after it; negative for before."""
    changes: Mapping[str, Sequence[Change]]
    """Documented name → the changes that it matches."""
    respelled: Mapping[str, Sequence[Change]]
    """The same for names that no service has: what was meant."""

    @property
    def names(self) -> set[str]:
        """The documented names that are accounted for."""
        return self.changes.keys() | self.respelled.keys()

    def order(self, *, of_scope: bool = False) -> tuple[int, int, bool, int, int]:
        """Return what makes one version a better match than another: it explains more, plainly, and lies nearer.

        Args:
            of_scope: whether the row speaks of a change of scope: then an action that came is no better than one whose
                scope changed.
        """
        is_new = self.version.entry.event is Event.POLICY_ADDED
        as_such = 0 if is_new or of_scope else sum(changes[0].kind.is_of_action for changes in self.changes.values())
        named = len(self.changes)
        return named + len(self.respelled), named, self.days in USUAL_LAG, as_such, -abs(self.days)


class _RowMatcher:
    """The search for the versions of one row: the names that are left, and the versions within reach."""

    def __init__(
        self, actions: Sequence[DocumentedAction], days: DaySpan, versions: DatedEntries, exists: Callable[[str], bool]
    ) -> None:
        self.versions = versions
        self.left = {action.name: action for action in actions}
        """The names that are not accounted for yet."""
        self.days: dict[DatedEntry, int] = {}
        self.plain: defaultdict[DatedEntry, dict[str, Sequence[Change]]] = defaultdict(dict)
        for action in actions:
            for version, changes in versions.changes_named_by(action).items():
                if self._is_within_reach(version, days):
                    self.plain[version].setdefault(action.name, changes)
        self.guessed: defaultdict[DatedEntry, dict[str, Mapping[str, float]]] = defaultdict(dict)
        for action in actions:
            if ":" not in action.name or has_wildcard(action.name) or action.required or exists(action.name):
                continue
            for version, meant in versions.under_other_spelling(action).items():
                if self._is_within_reach(version, days) and action.name not in self.plain.get(version, ()):
                    self.guessed[version][action.name] = meant

    def _is_within_reach(self, version: DatedEntry, days: DaySpan) -> bool:
        if version not in self.days:
            self.days[version] = version.distance(days)
        return abs(self.days[version]) <= ABSOLUTE_MAX_DAYS

    def best(self, *, first: bool, of_scope: bool) -> RowMatch | None:
        """Return the version that explains most names that are left; a far one only first, and if it explains all."""
        versions = sorted({*self.plain, *self.guessed}, key=lambda one: one.entry.at)
        near = [
            item
            for item in map(self._match, versions)
            if item.names and (abs(item.days) <= USUAL_MAX_DAYS or (first and len(item.names) == len(self.left)))
        ]
        return max(near, key=partial(RowMatch.order, of_scope=of_scope), default=None)

    def _match(self, version: DatedEntry) -> RowMatch:
        changes = {name: found for name, found in self.plain.get(version, {}).items() if name in self.left}
        guessed = {name: meant for name, meant in self.guessed.get(version, {}).items() if name in self.left}
        respelled = {name: self._respelled(version, name, meant, changes) for name, meant in guessed.items()}
        return RowMatch(version, self.days[version], changes, respelled)

    def _respelled(
        self, version: DatedEntry, name: str, meant: Mapping[str, float], changes: Mapping[str, Sequence[Change]]
    ) -> Sequence[Change]:
        """Return the changes that a misspelt name stands for, preferring an action that no other name matches."""
        own = name.partition(":")[2].lower()
        if elsewhere := [folded for folded in meant if folded.partition(":")[2] == own]:
            names = elsewhere
        else:
            left = [folded for folded in meant if not _is_matched(folded, changes)] or list(meant)
            names = [max(left, key=lambda folded: (meant[folded], folded))]
        removed = self.left[name].removed
        return [change for folded in names for change in self.versions.of(folded, version, removed=removed)]


def _is_matched(folded: str, changes: Mapping[str, Sequence[Change]]) -> bool:
    """Return whether some name matches the change of an action; a wildcard matches all actions that it covers."""
    return any(
        covers(fold_action(name), folded) if has_wildcard(name) else fold_action(found[0].action) == folded
        for name, found in changes.items()
    )


def match_row(
    actions: Sequence[DocumentedAction],
    days: DaySpan,
    versions: DatedEntries,
    exists: Callable[[str], bool],
    *,
    of_scope: bool = False,
) -> list[RowMatch]:
    """Return the versions that a row documents: the one that explains most of it, then those that explain the rest.

    Args:
        actions: the actions the row names.
        days: the row's day, or the days that it can be.
        versions: the policy's.
        exists: says whether some service has an action of that name.
        of_scope: whether the row speaks of a change of scope.
    """
    row = _RowMatcher(actions, days, versions, exists)
    found: list[RowMatch] = []
    while row.left and (match := row.best(first=not found, of_scope=of_scope)):
        found.append(match)
        row.left = {name: action for name, action in row.left.items() if name not in match.names}
    return found
