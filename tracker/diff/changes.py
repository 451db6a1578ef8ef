"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from itertools import chain
from operator import attrgetter

from tracker.diff.model import Change, ChangeKind
from tracker.policy.grants import EVERYTHING, exceptions_of, listed_scopes, merge_all_scopes, scopes_of, spellings
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement
from tracker.policy.patterns import covers as pattern_covers
from tracker.policy.patterns import overlaps
from tracker.policy.scopes import covers

__all__ = ["NOT_ACTION", "added_grants", "changes_between"]

NOT_ACTION = "NotAction"
"""What a change is covered by where no wildcard but a statement of all other actions grants the same."""

MAX_COMPARISONS = 1_000_000
"""Wildcards that are held against changes to note what covers these; a real step takes under 1,000."""
_KIND_ORDER = {kind: index for index, kind in enumerate(ChangeKind)}
_EFFECTS = tuple(Effect)
_NOTHING: frozenset[str] = frozenset()
_IS_INVERTED = attrgetter("inverted")


def changes_between(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Return the changes from one document to another, by kind, effect, `NotAction` last, and action.

    Empty means that both grant the same. Each action pattern is listed once, with all its scopes on both sides.
    """
    allowed, denied = (
        _EffectComparison(effect, _statements_with_effect(before, effect), _statements_with_effect(after, effect))
        for effect in _EFFECTS
    )
    changes = [*allowed.changes(denied.unmatched_statements()), *denied.changes()]
    return tuple(sorted(changes, key=lambda change: _KIND_ORDER[change.kind]))


def _statements_with_effect(document: PolicyDocument, effect: Effect) -> list[Statement]:
    return [statement for statement in document.statements if statement.effect is effect]


def added_grants(document: PolicyDocument) -> tuple[Change, ...]:
    """Return all grants of a document as added: the changes from nothing to it."""
    grants = []
    for effect in _EFFECTS:
        statements = _statements_with_effect(document, effect)
        for inverted in (False, True) if any(map(_IS_INVERTED, statements)) else (False,):
            found = scopes_of(statements, effect, inverted=inverted)
            names = spellings(statements, found.keys())
            grants += [
                Change(ChangeKind.ACTION_ADDED, effect, names.get(action, action), inverted, (), found[action])
                for action in sorted(found)
            ]
    return tuple(grants)


_BySide = dict[str, tuple[Scope, ...]]
"""The merged scopes of folded patterns on one side."""


class _EffectComparison:
    """The statements of one effect in two documents, side by side, with those that one has and the other has not."""

    def __init__(self, effect: Effect, before: list[Statement], after: list[Statement]) -> None:
        self.effect, self.before, self.after = effect, before, after
        # What two versions share is one object in most cases, and where it is not, its changes cancel each other.
        held, present = set(map(id, before)), set(map(id, after))
        self.kept = [statement for statement in before if id(statement) in present]
        self.gone = [statement for statement in before if id(statement) not in present]
        self.come = [statement for statement in after if id(statement) not in held]
        self.moved = [*self.gone, *self.come]
        self.has_inverted = any(map(_IS_INVERTED, chain(before, after)))

    def unmatched_statements(self) -> list[Statement]:
        """Return the statements that no statement of the other document equals."""
        gone, come = set(self.gone), set(self.come)
        return [statement for statement in self.moved if statement not in gone or statement not in come]

    def changes(self, denials: Sequence[Statement] = ()) -> list[Change]:
        """Return the changes of the patterns that may differ, by pattern, those of `NotAction` last.

        Args:
            denials: those that came or went: nothing makes a change void that they take away.
        """
        if not self.moved:
            return []
        listed = self._changes(inverted=False, denials=denials)
        return listed + self._changes(inverted=True) if self.has_inverted else listed

    def _changes(self, *, inverted: bool, denials: Sequence[Statement] = ()) -> list[Change]:
        touched = self._candidate_patterns(inverted)
        if not touched:
            return []
        scopes_before, scopes_after = self._sides(inverted, touched)
        granted, still_granted = _Wildcards(self.effect, self.before), _Wildcards(self.effect, self.after)
        actions = scopes_before.keys() | scopes_after.keys()
        names = self._names(actions)
        found = []
        for action in sorted(actions):
            was, now = scopes_before.get(action, ()), scopes_after.get(action, ())
            kind = _kind(was, now) if was != now else None
            if kind is None:
                continue
            covered_by = None
            if inverted:
                pass
            elif kind.widens:
                covered_by = granted.covering(action, now)
                needed = now
            elif kind.narrows:
                covered_by = still_granted.covering(action, was)
                needed = was
            if covered_by and any(_covers(denial, action, needed) for denial in denials):
                covered_by = None
            found.append(Change(kind, self.effect, names.get(action, action), inverted, was, now, covered_by))
        if inverted and not found and self._exceptions_regrouped():
            was, now = scopes_before[EVERYTHING], scopes_after[EVERYTHING]
            found.append(Change(ChangeKind.SCOPE_CHANGED, self.effect, EVERYTHING, inverted, was, now))
        return found

    def _candidate_patterns(self, inverted: bool) -> set[str]:
        """Return the patterns that may differ: those that do not stand on one scope on both sides.

        Where a `NotAction` came or went, all exceptions may differ: what one excepts depends on the others.
        """
        touched = {EVERYTHING} if self.has_inverted and any(map(_IS_INVERTED, self.moved)) else set()
        if inverted:
            return touched
        left, right = _by_scope(self.gone), _by_scope(self.come)
        for scope, listed in left.items():
            touched |= listed ^ right.get(scope, _NOTHING)
        for scope, listed in right.items():
            if scope not in left:
                touched |= listed
        return touched

    def _sides(self, inverted: bool, touched: set[str]) -> tuple[_BySide, _BySide]:
        """Return the scopes of the touched patterns before and after; of all exceptions for `NotAction`."""
        if self.has_inverted:
            only = None if inverted else touched
            return (
                scopes_of(self.before, self.effect, inverted=inverted, only=only),
                scopes_of(self.after, self.effect, inverted=inverted, only=only),
            )
        kept = listed_scopes(self.kept, self.effect, touched, {})
        return (
            merge_all_scopes(listed_scopes(self.gone, self.effect, touched, kept)),
            merge_all_scopes(listed_scopes(self.come, self.effect, touched, kept)),
        )

    def _names(self, actions: AbstractSet[str]) -> dict[str, str]:
        """Return patterns as they are published after the change, or before it where they are no more."""
        names = spellings(self.after, actions)
        gone = actions - names.keys()
        return names | spellings(self.before, gone) if gone else names

    def _exceptions_regrouped(self) -> bool:
        """Return whether exceptions went from one `NotAction` to another: what they mean together may have changed."""
        left, right = exceptions_of(self.before, self.effect), exceptions_of(self.after, self.effect)
        return left != right and len({excepted for excepted, _ in left | right if excepted}) > 1


def _by_scope(statements: Iterable[Statement]) -> dict[Scope, AbstractSet[str]]:
    found: dict[Scope, AbstractSet[str]] = {}
    for statement in statements:
        if not statement.inverted:
            present = found.get(statement.scope)
            found[statement.scope] = statement.folded if present is None else present | statement.folded
    return found


def _covers(statement: Statement, action: str, scopes: tuple[Scope, ...]) -> bool:
    """Return whether a statement is surely about all actions of a pattern, on all of these scopes."""
    if statement.inverted:
        about = not _any_may_match(statement.folded, action)
    else:
        about = any(pattern_covers(pattern, action) for pattern in statement.folded)
    return about and covers((statement.scope,), scopes)


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


def _any_may_match(patterns: Iterable[str], action: str) -> bool:
    """Return whether any of these patterns (`a & b` is what belongs to both) may stand for some of the action's."""
    return any(all(overlaps(part, action) for part in pattern.split(" & ")) for pattern in patterns)


class _Wildcards:
    """What one side grants, or denies, by wildcards and by `NotAction`."""

    def __init__(self, effect: Effect, statements: Sequence[Statement]) -> None:
        self.effect, self.statements = effect, statements
        self.left = MAX_COMPARISONS
        self.held: dict[str, tuple[Scope, ...]] = {}
        self.about: dict[str, tuple[list[str], tuple[str, ...]]] = {}

    @cached_property
    def wild(self) -> list[Mapping[str, Sequence[str]]]:
        """The wildcards of each statement that lists any, by service."""
        return [item.wild_by_service for item in self.statements if item.wild and not item.inverted]

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
        """Return whether `NotAction` statements that do not except an action hold on at least the needed scopes."""
        able = [scope for excepted, scope in self.all_but if not _any_may_match(excepted, action)]
        return bool(able) and covers(able, needed)

    def _about(self, service: str) -> tuple[list[str], tuple[str, ...]]:
        """Return the wildcards that may cover actions of a service, sorted, and what these actions begin with."""
        found = {pattern for by_service in self.wild for pattern in by_service.get(service, ())}
        found.update(pattern for by_service in self.wild for pattern in by_service.get(EVERYTHING, ()))
        return sorted(found), tuple({pattern.partition("*")[0].partition("?")[0] for pattern in found})

    def _scopes(self, pattern: str) -> tuple[Scope, ...]:
        """Return the scopes of a wildcard; many changes ask for the same."""
        if pattern not in self.held:
            self.held[pattern] = scopes_of(self.statements, self.effect, only={pattern})[pattern]
        return self.held[pattern]
