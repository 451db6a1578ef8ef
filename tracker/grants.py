"""Statements to grants: for each action pattern, the scopes on which it is allowed or denied.

A `NotAction` statement is a grant of everything (action `*`, inverted) from which patterns are excepted
(each inverted, too, on the same scope). Two such statements on one scope except only what both except.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from math import prod
from typing import NamedTuple

from tracker.errors import DocumentError
from tracker.model import Effect, Grant, PolicyDocument, Scope, Statement
from tracker.scopes import merged
from tracker.wildcards import covers, overlaps

__all__ = ["EVERYTHING", "Key", "grants_of", "scopes_of", "spellings"]

EVERYTHING = "*"
MOST_COMBINATIONS = 1_000_000
"""Combinations of `NotAction` patterns that are looked at; no policy for people comes near."""


class Key(NamedTuple):
    """What a grant is about, without its scope."""

    effect: Effect
    """Allow or Deny."""
    inverted: bool
    """True for `NotAction`: `*` is the grant of all but the exceptions, each other pattern is an exception."""
    action: str
    """The action pattern, folded."""


def grants_of(document: PolicyDocument) -> Iterator[Grant]:
    """Yield the grants of a document, by effect and action, scopes merged."""
    names = spellings(document.statements)
    for key, scopes in sorted(scopes_of(document.statements).items()):
        for scope in scopes:
            yield Grant(key.effect, names.get(key.action, key.action), key.inverted, scope)


def spellings(statements: Iterable[Statement], only: AbstractSet[str] | None = None) -> dict[str, str]:
    """Return folded action → as published, for all actions or those in `only`.

    Of several spellings it is the first in ASCII order, whatever the order of statements.
    """
    found: dict[str, str] = {}
    for statement in statements:
        for folded, name in statement.names(statement.folded if only is None else only):
            found[folded] = min(found.get(folded, name), name)
    return found


def scopes_of(statements: Iterable[Statement], only: AbstractSet[Key] | None = None) -> dict[Key, tuple[Scope, ...]]:
    """Return the merged scopes of each key, or of the keys in `only`.

    Inverted keys are always all there: what one `NotAction` excepts depends on the others.
    """
    found: defaultdict[Key, set[Scope]] = defaultdict(set)
    wanted = {effect: {key.action for key in only if key.effect is effect} for effect in Effect} if only else {}
    for statement in statements:
        if statement.inverted:
            continue
        for action in statement.folded if only is None else statement.folded & wanted[statement.effect]:
            found[Key(statement.effect, False, action)].add(statement.scope)
    for key, scope in _all_but([statement for statement in statements if statement.inverted]):
        found[key].add(scope)
    return {key: tuple(scopes) if len(scopes) == 1 else merged(scopes) for key, scopes in found.items()}


def _all_but(statements: Sequence[Statement]) -> Iterator[tuple[Key, Scope]]:
    """Yield the keys of `NotAction` statements, those on equal scopes brought together."""
    same_exceptions: defaultdict[tuple[Effect, frozenset[str]], set[Scope]] = defaultdict(set)
    for statement in statements:
        same_exceptions[statement.effect, statement.folded].add(statement.scope)
    same_scope: defaultdict[tuple[Effect, Scope], list[frozenset[str]]] = defaultdict(list)
    for (effect, excepted), scopes in same_exceptions.items():
        for scope in merged(scopes):
            same_scope[effect, scope].append(excepted)
    for (effect, scope), several in same_scope.items():
        excepted = several[0] if len(several) == 1 else _excepted_by_all(several)
        yield Key(effect, bool(excepted), EVERYTHING), scope
        for action in excepted:
            yield Key(effect, True, action), scope


def _excepted_by_all(several: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the patterns that all lists except; `a & b` where two of them merely overlap."""
    if prod(map(len, several)) > MOST_COMBINATIONS:
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
