"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from tracker.grants import EVERYTHING, Key, scopes_of, spellings
from tracker.model import Change, ChangeKind, Effect, PolicyDocument, Scope, fold_action
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
    """Return the keys that do not stand on the same scopes on both sides: the only ones worth a closer look."""
    left, right = before.places, after.places
    touched: set[Key] = set()
    nothing: frozenset[str] = frozenset()
    for place in left.keys() | right.keys():
        moved = left.get(place, nothing) ^ right.get(place, nothing)
        if moved:
            touched.update(Key(place.effect, place.inverted, action) for action in moved)
        if place.inverted:
            touched.add(Key(place.effect, False, EVERYTHING))
    return touched


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
    told = []
    for change in changes:
        found = None
        if change.inverted:
            pass
        elif change.kind in _COMING:
            found = _covering(before, change, change.after)
        elif change.kind in _GOING:
            found = _covering(after, change, change.before)
        told.append(replace(change, covered_by=found) if found else change)
    return told


def _covering(document: PolicyDocument, change: Change, needed: tuple[Scope, ...]) -> str | None:
    """Return the first wildcard of a document that grants the changed pattern on at least the needed scopes."""
    action, effect = fold_action(change.action), change.effect
    able = {
        Key(effect, False, pattern)
        for service in (EVERYTHING, action.partition(":")[0])
        for pattern in document.wildcards.get((effect, service), ())
        if pattern != action and pattern_covers(pattern, action)
    }
    if not able:
        return None
    held = scopes_of(document.statements, able)
    found = next((key.action for key in sorted(able) if covers(held[key], needed)), None)
    return found and spellings(document.statements, {found})[found]
