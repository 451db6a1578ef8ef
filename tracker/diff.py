"""Two documents to their changes: set arithmetic on grants, one change for each action pattern that differs.

What is no change, and why each rule is there, stands in CONTRIBUTING under "What is a change". In short: order,
duplicates, Sids, lists or scalars, letter case of actions, statements split or merged with the same meaning.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from tracker.grants import EVERYTHING, exceptions_of, scopes_of, spellings
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
_GOING = frozenset((ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED))


def changes_between(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Return the changes from one document to another, by kind, effect, `NotAction` last, and action.

    Empty means that both grant the same. Each action pattern is told once, with all its scopes on both sides.
    """
    gone, come = _without(before.statements, after.statements), _without(after.statements, before.statements)
    if not gone and not come:
        return ()
    comparison = _Comparison(before, after, gone, come)
    told: dict[ChangeKind, list[Change]] = {kind: [] for kind in ChangeKind}
    for effect in _effects(gone, come):
        for inverted in (False, True):
            for change in comparison.changes(effect, inverted=inverted):
                told[change.kind].append(change)
    return tuple(change for changes in told.values() for change in changes)


def added_grants(document: PolicyDocument) -> tuple[Change, ...]:
    """Return all grants of a document as added: the changes from nothing to it."""
    names = spellings(document.statements)
    return tuple(
        Change(ChangeKind.ACTION_ADDED, effect, names.get(action, action), inverted, (), scopes)
        for effect in Effect
        for inverted in (False, True)
        for action, scopes in sorted(scopes_of(document.statements, effect, inverted=inverted).items())
    )


def _effects(gone: list[Statement], come: list[Statement]) -> list[Effect]:
    present = {statement.effect for statement in (*gone, *come)}
    return [effect for effect in Effect if effect in present]


def _without(statements: Iterable[Statement], others: Iterable[Statement]) -> list[Statement]:
    """Return the statements that are not among the others; what two versions share is one object in most cases."""
    present = set(map(id, others))
    return [statement for statement in statements if id(statement) not in present]


def _touched(gone: Iterable[Statement], come: Iterable[Statement], effect: Effect, inverted: bool) -> set[str]:
    """Return the patterns that may differ: those that do not stand on one scope on both sides.

    Where a `NotAction` came or went, all exceptions may differ: what one excepts depends on the others.
    """
    if inverted:
        moved = any(statement.inverted and statement.effect is effect for statement in (*gone, *come))
        return {EVERYTHING} if moved else set()
    left, right = _by_scope(gone, effect), _by_scope(come, effect)
    nothing: frozenset[str] = frozenset()
    touched: set[str] = set()
    for scope in left.keys() | right.keys():
        touched |= left.get(scope, nothing) ^ right.get(scope, nothing)
    if any(statement.inverted for statement in (*gone, *come)):
        touched.add(EVERYTHING)
    return touched


def _by_scope(statements: Iterable[Statement], effect: Effect) -> dict[Scope, AbstractSet[str]]:
    found: dict[Scope, AbstractSet[str]] = {}
    for statement in statements:
        if statement.effect is effect and not statement.inverted:
            present = found.get(statement.scope)
            found[statement.scope] = statement.folded if present is None else present | statement.folded
    return found


class _Comparison:
    """Two documents side by side, with the statements that one has and the other has not."""

    def __init__(
        self, before: PolicyDocument, after: PolicyDocument, gone: Sequence[Statement], come: Sequence[Statement]
    ) -> None:
        self.before, self.after = before, after
        self.gone, self.come = gone, come
        self.granted, self.still_granted = _Wildcards(before), _Wildcards(after)
        self.moved_denials = [statement for statement in (*gone, *come) if statement.effect is Effect.DENY]

    def changes(self, effect: Effect, *, inverted: bool) -> Iterator[Change]:
        """Yield the changes of the patterns that may differ, by pattern."""
        touched = _touched(self.gone, self.come, effect, inverted)
        if not touched:
            return
        only = None if inverted else touched
        scopes_before = scopes_of(self.before.statements, effect, inverted=inverted, only=only)
        scopes_after = scopes_of(self.after.statements, effect, inverted=inverted, only=only)
        actions = scopes_before.keys() | scopes_after.keys()
        names = spellings((*self.gone, *self.come), actions)
        told = False
        for action in sorted(actions):
            was, now = scopes_before.get(action, ()), scopes_after.get(action, ())
            kind = _kind(was, now)
            if kind is not None:
                told = True
                covered_by = None if inverted else self._covering(kind, effect, action, was, now)
                yield Change(kind, effect, names.get(action, action), inverted, was, now, covered_by)
        if inverted and not told and _exceptions_moved(self.before, self.after, effect):
            was, now = scopes_before[EVERYTHING], scopes_after[EVERYTHING]
            yield Change(ChangeKind.SCOPE_CHANGED, effect, EVERYTHING, inverted, was, now)

    def _covering(
        self, kind: ChangeKind, effect: Effect, action: str, was: tuple[Scope, ...], now: tuple[Scope, ...]
    ) -> str | None:
        """Return what makes a change void: what granted before what comes, or still grants what goes.

        Nothing does where a denial comes or goes with it that takes all of it away.
        """
        found, needed = None, now
        if kind in _COMING:
            found = self.granted.covering(effect, action, needed)
        elif kind in _GOING:
            needed = was
            found = self.still_granted.covering(effect, action, needed)
        denials = self.moved_denials if found and effect is Effect.ALLOW else ()
        return None if any(_covers(denial, action, needed) for denial in denials) else found


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
    """Return how scopes differ; None where they mean the same."""
    if not before:
        return ChangeKind.ACTION_ADDED
    if not after:
        return ChangeKind.ACTION_REMOVED
    return None if before == after else _scope_kind(before, after)


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
    """The wildcards of one side, and the scopes of those that were asked for."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.held: dict[tuple[Effect, str], tuple[Scope, ...]] = {}
        self.left = MOST_COMPARISONS
        self.all_but: dict[Effect, frozenset[tuple[frozenset[str], Scope]]] = {}
        self.about: dict[tuple[Effect, str], tuple[list[str], tuple[str, ...]]] = {}

    def covering(self, effect: Effect, action: str, needed: tuple[Scope, ...]) -> str | None:
        """Return the first wildcard that grants a pattern on at least the needed scopes, as it is published."""
        patterns, beginnings = self._about(effect, action.partition(":")[0])
        likely = action.startswith(beginnings) and self.left > 0
        self.left -= len(patterns) if likely else 0
        for pattern in patterns if likely else ():
            if pattern != action and pattern_covers(pattern, action) and covers(self._scopes(effect, pattern), needed):
                return spellings(self.document.statements, {pattern})[pattern]
        return NOT_ACTION if self._is_not_excepted(effect, action, needed) else None

    def _is_not_excepted(self, effect: Effect, action: str, needed: tuple[Scope, ...]) -> bool:
        """Tell whether `NotAction` statements that do not except an action hold on at least the needed scopes."""
        if effect not in self.all_but:
            self.all_but[effect] = exceptions_of(self.document.statements, effect)
        able = [scope for excepted, scope in self.all_but[effect] if not _reach(excepted, action)]
        return bool(able) and covers(able, needed)

    def _about(self, effect: Effect, service: str) -> tuple[list[str], tuple[str, ...]]:
        """Return the wildcards that may cover actions of a service, sorted, and what these actions begin with."""
        if (effect, service) not in self.about:
            found = {
                pattern
                for statement in self.document.statements
                if statement.wild and statement.effect is effect and not statement.inverted
                for prefix in (EVERYTHING, service)
                for pattern in statement.wild_by_service.get(prefix, ())
            }
            beginnings = {pattern.partition("*")[0].partition("?")[0] for pattern in found}
            self.about[effect, service] = sorted(found), tuple(beginnings)
        return self.about[effect, service]

    def _scopes(self, effect: Effect, pattern: str) -> tuple[Scope, ...]:
        """Return the scopes of a wildcard; many changes ask for the same."""
        if (effect, pattern) not in self.held:
            self.held[effect, pattern] = scopes_of(self.document.statements, effect, only={pattern})[pattern]
        return self.held[effect, pattern]
