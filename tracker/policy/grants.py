"""Statements to grants: for each action pattern, the scopes on which it is allowed or denied.

A `NotAction` statement is a grant of everything (action `*`, inverted) from which patterns are excepted
(each inverted, too, on the same scope). Two such statements on one scope except only what both except.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import prod

from tracker.errors import DocumentError
from tracker.policy.model import Effect, Scope, Statement
from tracker.policy.patterns import covers, overlaps
from tracker.policy.scopes import merge_scopes

__all__ = ["EVERYTHING", "exceptions_of", "listed_scopes", "merge_all_scopes", "scopes_of", "spellings"]

EVERYTHING = "*"
MAX_COMBINATIONS = 1_000_000
"""Combinations of `NotAction` patterns that are looked at; no policy for people comes near."""


def spellings(statements: Collection[Statement], folded: AbstractSet[str]) -> dict[str, str]:
    """Return actions of some statements, folded → as published.

    Of several spellings it is the first in ASCII order, whatever the order of statements.
    """
    found: dict[str, str] = {}
    for statement in statements:
        for action in folded & statement.folded:
            name = statement.spellings[action]
            if found.setdefault(action, name) > name:
                found[action] = name
    return found


def scopes_of(
    statements: Iterable[Statement], effect: Effect, *, inverted: bool = False, only: AbstractSet[str] | None = None
) -> dict[str, tuple[Scope, ...]]:
    """Return, for folded action patterns, the merged scopes on which they are allowed or denied.

    Args:
        statements: those of one document.
        effect: Allow or Deny.
        inverted: True for `NotAction`: `*` is the grant of all but the exceptions, each other pattern an exception.
        only: the patterns that are asked for; None for all.
    """
    about = [statement for statement in statements if statement.effect is effect]
    all_but = [statement for statement in about if statement.inverted]
    found = {} if inverted else listed_scopes(about, effect, only, {})
    for action, scope in _each_of(_all_but(all_but), inverted) if all_but else ():
        if only is None or action in only:
            found[action] = (*found.get(action, ()), scope)
    return merge_all_scopes(found)


def listed_scopes(
    statements: Iterable[Statement],
    effect: Effect,
    only: AbstractSet[str] | None,
    others: Mapping[str, tuple[Scope, ...]],
) -> dict[str, tuple[Scope, ...]]:
    """Return, for folded action patterns, the scopes of the statements that list them, not merged yet.

    Args:
        statements: some of a document's.
        effect: Allow or Deny.
        only: the patterns that are asked for; None for all.
        others: what the same was for other statements of the document; it is part of the answer.
    """
    found = dict(others)
    for statement in statements:
        if statement.effect is effect and not statement.inverted:
            actions = statement.folded if only is None else statement.folded & only
            scope = (statement.scope,)
            if not found:
                found = dict.fromkeys(actions, scope)
                continue
            for action in actions:
                found[action] = found[action] + scope if action in found else scope
    return found


def merge_all_scopes(found: dict[str, tuple[Scope, ...]]) -> dict[str, tuple[Scope, ...]]:
    """Return scopes by pattern, those of each pattern merged."""
    several = {scopes for scopes in set(found.values()) if len(scopes) > 1}
    if not several:
        return found
    whole = {scopes: merge_scopes(scopes) for scopes in several}
    return {action: whole.get(scopes, scopes) for action, scopes in found.items()}


def exceptions_of(statements: Iterable[Statement], effect: Effect) -> frozenset[tuple[frozenset[str], Scope]]:
    """Return each list of exceptions of the `NotAction` statements with its scope.

    `scopes_of` says for each exception where it holds, but not which of them belong together: where the scopes
    of two lists overlap, that decides what is granted there.
    """
    return frozenset(
        _all_but(statement for statement in statements if statement.inverted and statement.effect is effect)
    )


def _each_of(lists: Iterable[tuple[frozenset[str], Scope]], inverted: bool) -> Iterator[tuple[str, Scope]]:
    """Yield everything and each exception; where nothing is excepted, that is no inverted grant any more."""
    for excepted, scope in lists:
        if bool(excepted) == inverted:
            yield EVERYTHING, scope
            yield from ((action, scope) for action in excepted)


def _all_but(statements: Iterable[Statement]) -> Iterator[tuple[frozenset[str], Scope]]:
    """Yield what `NotAction` statements except, and where, those on equal scopes brought together."""
    same_exceptions: defaultdict[frozenset[str], set[Scope]] = defaultdict(set)
    for statement in statements:
        same_exceptions[statement.folded].add(statement.scope)
    same_scope: defaultdict[Scope, list[frozenset[str]]] = defaultdict(list)
    for excepted, scopes in same_exceptions.items():
        for scope in merge_scopes(scopes):
            same_scope[scope].append(excepted)
    for scope, several in same_scope.items():
        yield several[0] if len(several) == 1 else _excepted_by_all(several), scope


def _excepted_by_all(several: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the patterns that all lists except; `a & b` where two of them merely overlap."""
    if prod(map(len, several)) > MAX_COMBINATIONS:
        raise DocumentError("too many NotAction patterns on one scope to compare them")
    common = {frozenset((pattern,)) for pattern in several[0]}
    for patterns in several[1:]:
        common = {_narrowest(both | {pattern}) for both in common for pattern in patterns if _all_meet(both, pattern)}
    return frozenset(" & ".join(sorted(both)) for both in common)


def _all_meet(both: frozenset[str], pattern: str) -> bool:
    return all(overlaps(one, pattern) for one in both)


def _narrowest(patterns: frozenset[str]) -> frozenset[str]:
    """Drop the patterns that cover another one: what is in both is in the narrower."""
    return frozenset(
        pattern for pattern in patterns if not any(covers(pattern, other) for other in patterns - {pattern})
    )
