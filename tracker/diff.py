"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache, lru_cache

from tracker.grants import EVERYTHING, Key, scopes_of, spellings
from tracker.model import Change, ChangeKind, Effect, Place, PolicyDocument, Scope, Statement, fold_action
from tracker.scopes import covers
from tracker.wildcards import covers as pattern_covers

__all__ = ["added_grants", "changes_between"]

_ORDER = {kind: place for place, kind in enumerate(ChangeKind)}
_COMING = frozenset((ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED))
_GOING = frozenset((ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED))


def changes_between(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Return the changes from one document to another, sorted by kind, effect and action.

    Empty means that both grant the same. Each action pattern is told once, with all its scopes on both sides.
    """
    touched = _touched(before, after)
    if not touched:
        return ()
    scopes_before, scopes_after = scopes_of(before.statements, touched), scopes_of(after.statements, touched)
    keys = scopes_before.keys() | scopes_after.keys()
    names = spellings((*before.statements, *after.statements), {key.action for key in keys})
    changes = [
        change
        for key in keys
        for change in _changes_of(key, scopes_before.get(key, ()), scopes_after.get(key, ()), names)
    ]
    return tuple(sorted(_with_coverage(changes, before, after), key=_place))


def added_grants(document: PolicyDocument) -> tuple[Change, ...]:
    """Return all grants of a document as added: the changes from nothing to it."""
    names = spellings(document.statements)
    changes = [
        change
        for key, scopes in scopes_of(document.statements).items()
        for change in _changes_of(key, (), scopes, names)
    ]
    return tuple(sorted(changes, key=_place))


def _place(change: Change) -> tuple[int, Effect, str, bool]:
    return _ORDER[change.kind], change.effect, change.action.lower(), change.inverted


def _touched(before: PolicyDocument, after: PolicyDocument) -> set[Key]:
    """Return the keys that may differ: those of the statements that do not stand on both sides, place by place."""
    left, right = set(before.statements), set(after.statements)
    gone, come = _places(left - right), _places(right - left)
    touched: set[Key] = set()
    nothing: frozenset[str] = frozenset()
    for place in gone.keys() | come.keys():
        moved = gone.get(place, nothing) ^ come.get(place, nothing)
        touched.update([Key(place.effect, place.inverted, action) for action in moved])
        if place.inverted:
            touched.add(Key(place.effect, False, EVERYTHING))
    return touched


def _places(statements: Iterable[Statement]) -> dict[Place, AbstractSet[str]]:
    found: dict[Place, AbstractSet[str]] = {}
    for statement in statements:
        place = Place(statement.effect, statement.inverted, statement.scope)
        present = found.get(place)
        found[place] = statement.folded if present is None else present | statement.folded
    return found


def _changes_of(
    key: Key, before: tuple[Scope, ...], after: tuple[Scope, ...], names: Mapping[str, str]
) -> Iterable[Change]:
    kind = _kind(before, after)
    if kind:
        name = names.get(key.action, key.action)
        yield Change(kind, key.effect, name, key.inverted, before, after)


@lru_cache(4096)
def _kind(before: tuple[Scope, ...], after: tuple[Scope, ...]) -> ChangeKind | None:
    """Return how scopes differ; None where they mean the same."""
    if before == after:
        return None
    if not before:
        return ChangeKind.ACTION_ADDED
    if not after:
        return ChangeKind.ACTION_REMOVED
    wider, narrower = covers(after, before), covers(before, after)
    if wider and narrower:
        return None
    if wider:
        return ChangeKind.SCOPE_WIDENED
    return ChangeKind.SCOPE_NARROWED if narrower else ChangeKind.SCOPE_CHANGED


def _with_coverage(changes: list[Change], before: PolicyDocument, after: PolicyDocument) -> list[Change]:
    """Name, for what came, a wildcard that granted it before; for what went, one that still does."""
    granted, still_granted = _Wildcards(before), _Wildcards(after)
    told = []
    for change in changes:
        found = None
        if change.inverted:
            pass
        elif change.kind in _COMING:
            found = granted.covering(change, change.after)
        elif change.kind in _GOING:
            found = still_granted.covering(change, change.before)
        told.append(replace(change, covered_by=found) if found else change)
    return told


class _Wildcards:
    """The wildcards of one side, and the scopes of those that were asked for."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.scopes = cache(self._scopes)

    def _scopes(self, key: Key) -> tuple[Scope, ...]:
        return scopes_of(self.document.statements, {key})[key]

    def covering(self, change: Change, needed: tuple[Scope, ...]) -> str | None:
        """Return the first wildcard that grants the changed pattern on at least the needed scopes."""
        action, effect = fold_action(change.action), change.effect
        able = [
            pattern
            for service in (EVERYTHING, action.partition(":")[0])
            for pattern in self.document.wildcards.get((effect, service), ())
            if pattern != action and pattern_covers(pattern, action)
        ]
        for pattern in sorted(able):
            if covers(self.scopes(Key(effect, False, pattern)), needed):
                return spellings(self.document.statements, {pattern})[pattern]
        return None
