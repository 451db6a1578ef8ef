"""Which changes of which version a documented row tells.

A row names actions; a version has changes. A name tells the change of that action (in any letter case), of a wildcard
over it, or of the actions it is a wildcard over. An action that was allowed before and is now allowed on another
resource counts as added: the tables say "added" of both. A name that no service has is looked for under its likeliest
spelling.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from tracker.documentation.actions import DocumentedAction
from tracker.model import Change, ChangeKind, Effect, Entry, Event, fold_action
from tracker.wildcards import covers, has_wildcard

__all__ = ["FAR", "NEAR", "ROW_ZONE", "USUAL_LAG", "Told", "Version", "best_versions", "closeness", "versions_of"]

ROW_ZONE = timezone(timedelta(hours=-8))
"""AWS dates its rows by US time: of those dated a day before the creation (UTC), two thirds belong to versions of the
first eight hours of a day."""
NEAR = 60
"""Days between a row and its version that are ordinary: 95 % of all rows, even those without action names."""
USUAL_LAG = range(-7, 15)
"""Days from a version to its row that need no word: 85 % of all rows lie within them."""
FAR = 120
"""Days at which a version still counts if it tells the whole row: the Connect page dates two rows off by two months."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_OTHER_DIRECTION = {True: ChangeKind.ACTION_ADDED, False: ChangeKind.ACTION_REMOVED}


class Version:
    """An entry laid out for look-ups."""

    def __init__(self, entry: Entry, previous: date | None) -> None:
        """Take an entry, and the day of the version before it."""
        self.entry = entry
        self.day = entry.at.astimezone(ROW_ZONE).date()
        # Where versions in between were never seen, each of them may have brought a part of the changes.
        self.since = previous if previous and entry.not_observed else self.day
        self._named: defaultdict[str, list[Change]] = defaultdict(list)
        self._bare: defaultdict[str, list[Change]] = defaultdict(list)
        self._services: defaultdict[str, list[str]] = defaultdict(list)
        self._told: dict[tuple[str, bool], list[Change]] = {}
        for change in entry.changes:
            folded = fold_action(change.action)
            self._named[folded].append(change)
            self._bare[folded.partition(":")[2]].append(change)
        for folded in self._named:
            service = folded.partition(":")[0]
            self._services["*" if has_wildcard(service) else service].append(folded)

    @cached_property
    def condition_keys(self) -> frozenset[str]:
        """The condition keys of its changes, folded: rows print them like actions (`iam:PassedToService`)."""
        scopes = {scope for change in self.entry.changes for scope in (*change.before, *change.after)}
        return frozenset(test.folded_key for scope in scopes for test in scope.conditions)

    def distance(self, day: date) -> int:
        """Return how many days a row is dated after this version; negative for before, 0 within its time."""
        if day > self.day:
            return (day - self.day).days
        return min(0, (day - self.since).days)

    def told_by(self, action: DocumentedAction) -> list[Change]:
        """Return the changes that a documented action tells; none where the version has nothing of it."""
        key = fold_action(action.name), action.removed
        if key not in self._told:
            self._told[key] = list(self._telling(*key))
        return self._told[key]

    def _telling(self, name: str, removed: bool) -> Iterator[Change]:
        found = [name] if name in self._named else self._through_wildcards(name)
        changes = self._bare.get(name, []) if ":" not in name else [each for one in found for each in self._named[one]]
        contrary = _OTHER_DIRECTION[removed]
        for change in changes:
            if change.kind is not contrary or change.effect is Effect.DENY:
                yield change

    def _through_wildcards(self, name: str) -> list[str]:
        """Return the wildcards over a name; without any, what it is itself a wildcard over."""
        near = [*self._services.get(name.partition(":")[0], ()), *self._services.get("*", ())]
        over = [pattern for pattern in near if has_wildcard(pattern) and covers(pattern, name)]
        return over or ([folded for folded in near if covers(name, folded)] if has_wildcard(name) else [])

    def under_other_spelling(self, action: DocumentedAction, told: AbstractSet[str]) -> list[Change]:
        """Return the change that was meant by a name that no service has; rather one that no other name tells."""
        name = fold_action(action.name).partition(":")[2]
        contrary = _OTHER_DIRECTION[action.removed]
        elsewhere = [change for change in self._bare.get(name, ()) if change.kind is not contrary]
        if elsewhere:
            return elsewhere
        likely = self._likely(action.name, contrary)
        left = likely.keys() - told or likely.keys()
        nearest = max(left, key=lambda folded: (likely[folded], folded), default=None)
        return self._named[nearest] if nearest else []

    def _likely(self, written: str, contrary: ChangeKind) -> dict[str, float]:
        """Return the actions that a name can be a slip for, folded, with how near they are."""
        prefix, _, name = written.partition(":")
        close = {
            folded: closeness(name, self._named[folded][0].action.partition(":")[2].strip())
            for folded in self._services.get(fold_action(prefix), ())
            if any(change.kind is not contrary for change in self._named[folded])
        }
        return {folded: nearness for folded, nearness in close.items() if nearness}


@lru_cache(maxsize=10_000)
def closeness(written: str, meant: str) -> float:
    """Return how near a name that does not exist is to one that does, up to 1; 0 where it can't be a slip for it.

    Either one's words are all in the other in their order, two at least and plurals aside (`KnowledgeBases`,
    `ListKnowledgeBases`; `GetObjectTypes`, `GetProfileObjectType`); or they begin with the same word and differ in
    a letter or two.
    """
    one, other = _words(written), _words(meant)
    few, many = sorted((one, other), key=len)
    is_within = len(few) > 1 and _is_within(few, many)
    if not is_within and one[:1] != other[:1]:
        return 0.0
    near = SequenceMatcher(None, written.lower(), meant.lower(), autojunk=False)
    if not is_within and near.real_quick_ratio() <= LEAST_CLOSENESS:
        return 0.0
    ratio = near.ratio()
    return ratio if is_within or ratio > LEAST_CLOSENESS else 0.0


LEAST_CLOSENESS = 0.9


@lru_cache(maxsize=10_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower().removesuffix("s") for word in _WORD.findall(name[:100]))


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    rest = iter(many)
    return all(word in rest for word in few)


@dataclass(frozen=True, slots=True)
class Told:
    """What one row tells of one version."""

    version: Version
    """The version."""
    days: int
    """How many days the row is dated after it; negative for before."""
    changes: dict[str, list[Change]]
    """Documented name → the changes it tells."""
    respelled: dict[str, list[Change]]
    """The same for names that no service has: what was meant."""

    @property
    def names(self) -> set[str]:
        """The documented names that are accounted for."""
        return self.changes.keys() | self.respelled.keys()

    def order(self) -> tuple[int, int, bool, int, int]:
        """Return what makes one version a better match than another: it explains more, plainly, and lies nearer."""
        is_new = self.version.entry.event is Event.POLICY_ADDED
        as_such = not is_new and sum(
            any(change.kind in (ChangeKind.ACTION_ADDED, ChangeKind.ACTION_REMOVED) for change in changes)
            for changes in self.changes.values()
        )
        return len(self.names), len(self.changes), self.days in USUAL_LAG, as_such, -abs(self.days)


def best_versions(
    actions: Sequence[DocumentedAction],
    day: date,
    versions: Iterable[Version],
    exists: Callable[[str], bool],
) -> list[Told]:
    """Return the versions that a row tells: the one that explains most of it, then those that explain the rest.

    Args:
        actions: the actions the row names.
        day: the row's day.
        versions: the policy's.
        exists: tells whether some service has an action of that name.
    """
    reach = [(version, days) for version in versions if abs(days := version.distance(day)) <= FAR]
    unknown = {action.name for action in actions if ":" in action.name and not exists(action.name)}
    found: list[Told] = []
    rest = list(actions)
    while rest:
        told = [_told(rest, version, days, unknown) for version, days in reach]
        near = [item for item in told if item.names and (abs(item.days) <= NEAR or (not found and _whole(item, rest)))]
        if not near:
            break
        found.append(max(near, key=Told.order))
        rest = [action for action in rest if action.name not in found[-1].names]
    return found


def _whole(told: Told, actions: Sequence[DocumentedAction]) -> bool:
    return all(action.name in told.names for action in actions)


def _told(actions: Sequence[DocumentedAction], version: Version, days: int, unknown: AbstractSet[str]) -> Told:
    changes = {action.name: told for action in actions if (told := version.told_by(action))}
    named = {fold_action(change.action) for told in changes.values() for change in told}
    guessed = [action for action in actions if action.name in unknown and action.name not in changes]
    respelled = {action.name: meant for action in guessed if (meant := version.under_other_spelling(action, named))}
    return Told(version, days, changes, respelled)


def versions_of(entries: Iterable[Entry]) -> Iterator[Version]:
    """Yield the versions of one policy from its entries, oldest first."""
    previous: date | None = None
    for entry in entries:
        version = Version(entry, previous)
        previous = version.day
        yield version
