"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

from tracker.grants import EVERYTHING, all_merged, exceptions_of, listed_scopes, scopes_of, spellings
from tracker.model import Change, ChangeKind, Effect, PolicyDocument, Scope, Statement
from tracker.scopes import covers
from tracker.wildcards import covers as pattern_covers
from tracker.wildcards import overlaps

__all__ = ["NOT_ACTION", "added_grants", "changes_between"]

NOT_ACTION = "NotAction"
"""What a change is covered by where no wildcard but a statement of all other actions grants the same."""

MOST_COMPARISONS = 1_000_000
"""Wildcards that are held against changes to note what covers these; a real step takes under 1,000."""
_COMING = frozenset((ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED))
_PLACES = {kind: place for place, kind in enumerate(ChangeKind)}
_GOING = frozenset((ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED))


def changes_between(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Return the changes from one document to another, by kind, effect, `NotAction` last, and action.

    Empty means that both grant the same. Each action pattern is told once, with all its scopes on both sides.
    """
    comparison = _Comparison(before, after)
    told = [
        change
        for effect in comparison.effects
        for inverted in (False, True)
        for change in comparison.changes(effect, inverted=inverted)
    ]
    return tuple(sorted(told, key=lambda change: _PLACES[change.kind]))


def added_grants(document: PolicyDocument) -> tuple[Change, ...]:
    """Return all grants of a document as added: the changes from nothing to it."""
    told = []
    for effect in Effect:
        for inverted in (False, True):
            found = scopes_of(document.statements, effect, inverted=inverted)
            names = spellings(document.statements, found.keys())
            told += [
                Change(ChangeKind.ACTION_ADDED, effect, names.get(action, action), inverted, (), found[action])
                for action in sorted(found)
            ]
    return tuple(told)


_BySide = dict[str, tuple[Scope, ...]]
"""The merged scopes of folded patterns on one side."""


class _Comparison:
    """Two documents side by side, with the statements that one has and the other has not."""

    def __init__(self, before: PolicyDocument, after: PolicyDocument) -> None:
        self.before, self.after = before, after
        # What two versions share is one object in most cases, and where it is not, its changes cancel each other.
        held, present = set(map(id, before.statements)), set(map(id, after.statements))
        self.kept = [statement for statement in before.statements if id(statement) in present]
        self.gone = [statement for statement in before.statements if id(statement) not in present]
        self.come = [statement for statement in after.statements if id(statement) not in held]
        self.moved = [*self.gone, *self.come]
        self.moved_all_but = [statement for statement in self.moved if statement.inverted]
        self.moved_denials = [statement for statement in self.moved if statement.effect is Effect.DENY]

    @property
    def effects(self) -> list[Effect]:
        """The effects of the statements that came and went, Allow first."""
        present = {statement.effect for statement in self.moved}
        return [effect for effect in Effect if effect in present]

    def changes(self, effect: Effect, *, inverted: bool) -> list[Change]:
        """Return the changes of the patterns that may differ, by pattern."""
        touched = self._touched(effect, inverted)
        if not touched:
            return []
        scopes_before, scopes_after = self._sides(effect, inverted, touched)
        granted, still_granted = _Wildcards(self.before, effect), _Wildcards(self.after, effect)
        actions = scopes_before.keys() | scopes_after.keys()
        names = self._names(effect, actions)
        told = []
        for action in sorted(actions):
            was, now = scopes_before.get(action, ()), scopes_after.get(action, ())
            if was == now:
                continue
            kind = _kind(was, now)
            if kind is None:
                continue
            covered_by = None
            if inverted:
                pass
            elif kind in _COMING:
                covered_by = granted.covering(action, now)
                needed = now
            elif kind in _GOING:
                covered_by = still_granted.covering(action, was)
                needed = was
            if covered_by and effect is Effect.ALLOW and self._is_denied(action, needed):
                covered_by = None
            told.append(Change(kind, effect, names.get(action, action), inverted, was, now, covered_by))
        if inverted and not told and _exceptions_moved(self.before, self.after, effect):
            was, now = scopes_before[EVERYTHING], scopes_after[EVERYTHING]
            told.append(Change(ChangeKind.SCOPE_CHANGED, effect, EVERYTHING, inverted, was, now))
        return told

    def _touched(self, effect: Effect, inverted: bool) -> set[str]:
        """Return the patterns that may differ: those that do not stand on one scope on both sides.

        Where a `NotAction` came or went, all exceptions may differ: what one excepts depends on the others.
        """
        if inverted:
            return {EVERYTHING} if any(statement.effect is effect for statement in self.moved_all_but) else set()
        left, right = _by_scope(self.gone, effect), _by_scope(self.come, effect)
        nothing: frozenset[str] = frozenset()
        touched = {EVERYTHING} if self.moved_all_but else set()
        for scope in left.keys() | right.keys():
            touched |= left.get(scope, nothing) ^ right.get(scope, nothing)
        return touched

    def _sides(self, effect: Effect, inverted: bool, touched: set[str]) -> tuple[_BySide, _BySide]:
        """Return the scopes of the touched patterns before and after; of all exceptions for `NotAction`."""
        if inverted or any(statement.inverted for statement in (*self.kept, *self.moved_all_but)):
            only = None if inverted else touched
            return (
                scopes_of(self.before.statements, effect, inverted=inverted, only=only),
                scopes_of(self.after.statements, effect, inverted=inverted, only=only),
            )
        kept = listed_scopes(self.kept, effect, touched, {})
        return (
            all_merged(listed_scopes(self.gone, effect, touched, kept)),
            all_merged(listed_scopes(self.come, effect, touched, kept)),
        )

    def _names(self, effect: Effect, actions: AbstractSet[str]) -> dict[str, str]:
        """Return patterns as they are published after the change, or before it where they are no more."""
        names = spellings([item for item in self.after.statements if item.effect is effect], actions)
        gone = actions - names.keys()
        before = [item for item in self.before.statements if item.effect is effect] if gone else []
        return names | spellings(before, gone)

    def _is_denied(self, action: str, scopes: tuple[Scope, ...]) -> bool:
        """Tell whether a denial came or went that takes all of a pattern away: then nothing makes a change void."""
        return any(_covers(denial, action, scopes) for denial in self.moved_denials)


def _by_scope(statements: Iterable[Statement], effect: Effect) -> dict[Scope, AbstractSet[str]]:
    found: dict[Scope, AbstractSet[str]] = {}
    for statement in statements:
        if statement.effect is effect and not statement.inverted:
            present = found.get(statement.scope)
            found[statement.scope] = statement.folded if present is None else present | statement.folded
    return found


def _covers(statement: Statement, action: str, scopes: tuple[Scope, ...]) -> bool:
    """Tell whether a statement is surely about all actions of a pattern, on all of these scopes."""
    if statement.inverted:
        about = not _reach(statement.folded, action)
    else:
        about = any(pattern_covers(pattern, action) for pattern in statement.folded)
    return about and covers((statement.scope,), scopes)


def _exceptions_moved(before: PolicyDocument, after: PolicyDocument, effect: Effect) -> bool:
    """Tell whether exceptions went from one `NotAction` to another: what they mean together may have changed."""
    left, right = exceptions_of(before.statements, effect), exceptions_of(after.statements, effect)
    return left != right and len({excepted for excepted, _ in left | right if excepted}) > 1


def _kind(before: tuple[Scope, ...], after: tuple[Scope, ...]) -> ChangeKind | None:
    """Return how scopes differ that are not the same; None where they mean the same."""
    if not before:
        return ChangeKind.ACTION_ADDED
    return _scope_kind(before, after) if after else ChangeKind.ACTION_REMOVED


@lru_cache(4096)
def _scope_kind(before: tuple[Scope, ...], after: tuple[Scope, ...]) -> ChangeKind | None:
    wider, narrower = covers(after, before), covers(before, after)
    if wider and narrower:
        return None
    if wider:
        return ChangeKind.SCOPE_WIDENED
    return ChangeKind.SCOPE_NARROWED if narrower else ChangeKind.SCOPE_CHANGED


def _reach(patterns: Iterable[str], action: str) -> bool:
    """Tell whether any of these patterns (`a & b` is what belongs to both) may stand for some of the action's."""
    return any(all(overlaps(part, action) for part in pattern.split(" & ")) for pattern in patterns)


class _Wildcards:
    """What one side grants, or denies, by wildcards and by `NotAction`."""

    def __init__(self, document: PolicyDocument, effect: Effect) -> None:
        self.statements = [statement for statement in document.statements if statement.effect is effect]
        self.effect = effect
        self.left = MOST_COMPARISONS
        self.held: dict[str, tuple[Scope, ...]] = {}
        self.about: dict[str, tuple[list[str], tuple[str, ...]]] = {}

    @cached_property
    def all_but(self) -> frozenset[tuple[frozenset[str], Scope]]:
        """The exceptions of the `NotAction` statements, with their scopes."""
        return exceptions_of(self.statements, self.effect)

    def covering(self, action: str, needed: tuple[Scope, ...]) -> str | None:
        """Return the first wildcard that covers a pattern on at least the needed scopes, as it is published."""
        service = action.partition(":")[0]
        if service not in self.about:
            self.about[service] = self._about(service)
        patterns, beginnings = self.about[service]
        if patterns and self.left > 0 and action.startswith(beginnings):
            self.left -= len(patterns)
            for pattern in patterns:
                if pattern != action and pattern_covers(pattern, action) and covers(self._scopes(pattern), needed):
                    return spellings(self.statements, {pattern})[pattern]
        return NOT_ACTION if self.all_but and self._is_not_excepted(action, needed) else None

    def _is_not_excepted(self, action: str, needed: tuple[Scope, ...]) -> bool:
        """Tell whether `NotAction` statements that do not except an action hold on at least the needed scopes."""
        able = [scope for excepted, scope in self.all_but if not _reach(excepted, action)]
        return bool(able) and covers(able, needed)

    def _about(self, service: str) -> tuple[list[str], tuple[str, ...]]:
        """Return the wildcards that may cover actions of a service, sorted, and what these actions begin with."""
        found = {
            pattern
            for statement in self.statements
            if statement.wild and not statement.inverted
            for prefix in (EVERYTHING, service)
            for pattern in statement.wild_by_service.get(prefix, ())
        }
        return sorted(found), tuple({pattern.partition("*")[0].partition("?")[0] for pattern in found})

    def _scopes(self, pattern: str) -> tuple[Scope, ...]:
        """Return the scopes of a wildcard; many changes ask for the same."""
        if pattern not in self.held:
            self.held[pattern] = scopes_of(self.statements, self.effect, only={pattern})[pattern]
        return self.held[pattern]
