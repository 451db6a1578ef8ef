"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from tracker.grants import EVERYTHING, Key, scopes_of, spellings
from tracker.model import Change, ChangeKind, Effect, PolicyDocument, Scope, Statement, fold_action
from tracker.scopes import covers
from tracker.wildcards import covers as pattern_covers
from tracker.wildcards import has_wildcard

__all__ = ["added_grants", "changes_between"]

MOST_COMPARISONS = 1_000_000
"""Pairs of changes and wildcards that are looked at; beyond, nothing is marked as covered."""
_ORDER = {kind: place for place, kind in enumerate(ChangeKind)}
_COMING = frozenset((ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED))
_GOING = frozenset((ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED))


def changes_between(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Return the changes from one document to another, sorted by kind, effect and action.

    Empty means that both grant the same. Each action pattern is told once, with all its scopes on both sides.
    """
    left, right = set(before.statements), set(after.statements)
    touched = _keys((left | right) - (left & right))
    if not touched:
        return ()
    scopes_before, scopes_after = scopes_of(before.statements, touched), scopes_of(after.statements, touched)
    names = spellings(before.statements) | spellings(after.statements)
    changes = [
        change
        for key in scopes_before.keys() | scopes_after.keys()
        for change in _changes_of(key, scopes_before.get(key, ()), scopes_after.get(key, ()), names)
    ]
    changes = _with_coverage(changes, before, after)
    return tuple(sorted(changes, key=_place))


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


def _keys(statements: Iterable[Statement]) -> set[Key]:
    keys: set[Key] = set()
    for statement in statements:
        keys.update(Key(statement.effect, statement.inverted, action) for action in statement.folded)
        if statement.inverted:
            keys.add(Key(statement.effect, False, EVERYTHING))
    return keys


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


class _Wildcard(NamedTuple):
    """A wildcard of one side with the scopes on which it holds."""

    effect: Effect
    action: str
    name: str
    scopes: tuple[Scope, ...]


def _wildcards(document: PolicyDocument) -> list[_Wildcard]:
    wild = {
        Key(statement.effect, False, action)
        for statement in document.statements
        if not statement.inverted
        for action in statement.folded
        if has_wildcard(action)
    }
    if not wild:
        return []
    names = spellings(document.statements)
    held = scopes_of(document.statements, wild)
    return [_Wildcard(key.effect, key.action, names[key.action], held[key]) for key in sorted(wild)]


def _with_coverage(changes: list[Change], before: PolicyDocument, after: PolicyDocument) -> list[Change]:
    """Name, for what came, a wildcard that granted it before; for what went, one that still does."""
    wild_before, wild_after = _wildcards(before), _wildcards(after)
    if len(changes) * (len(wild_before) + len(wild_after)) > MOST_COMPARISONS:
        return changes
    return [
        replace(change, covered_by=_covering(change, wild_before, change.after))
        if change.kind in _COMING
        else replace(change, covered_by=_covering(change, wild_after, change.before))
        if change.kind in _GOING
        else change
        for change in changes
    ]


def _covering(change: Change, wildcards: Iterable[_Wildcard], needed: tuple[Scope, ...]) -> str | None:
    """Return the first wildcard that grants the same pattern on at least the needed scopes."""
    if change.inverted:
        return None
    action = fold_action(change.action)
    return next(
        (
            wildcard.name
            for wildcard in wildcards
            if wildcard.effect == change.effect
            and wildcard.action != action
            and pattern_covers(wildcard.action, action)
            and covers(wildcard.scopes, needed)
        ),
        None,
    )
