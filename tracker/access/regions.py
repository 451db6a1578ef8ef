"""Where a line of permission holds: resources and principals, cut into parts that can be looked at one by one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from tracker.access.budget import Budget
from tracker.access.patterns import common_of
from tracker.policy.model import Condition, Scope
from tracker.policy.patterns import covers, overlaps

__all__ = ["Listed", "Region", "all_conditions", "in_order", "is_meant", "pattern_of", "regions", "scope_of"]

_AWS_ACCOUNT = re.compile(r"AWS:(?:arn:[^:]*:[^:]*::)?(\d{12})(?::|\Z)")


class Listed(NamedTuple):
    """Some of the resources (or principals) of a statement: these, or all but these; nothing if it names none."""

    patterns: tuple[str, ...]
    inverted: bool = False


class Region(NamedTuple):
    """A part of where several scopes hold: the resources and principals of each of them."""

    resources: tuple[Listed, ...]
    principals: tuple[Listed, ...]


def regions(scopes: Sequence[Scope], budget: Budget, *, whole: bool) -> Iterator[Region]:
    """Cut where all of these scopes hold by principal and by resource pattern, unless it is left `whole`."""
    resources = [_cut(scope.resources, scope.not_resources, whole=whole) for scope in scopes]
    principals = [_cut(scope.principals, scope.not_principals, whole=whole) for scope in scopes]
    for who in product(*principals):
        budget.spend(1)
        if not whole and len(who) > 1 and not _principals_may_meet(*who):
            continue
        for where in product(*resources):
            budget.spend(1)
            if whole or len(where) == 1 or _resources_may_meet(*where):
                yield Region(where, who)


def pattern_of(listed: Iterable[Listed]) -> str | None:
    """Return a pattern within all lists of one pattern, `*` where all are "all but"; None where nothing is named."""
    named = [each for each in listed if each.patterns]
    if not named:
        return None
    return common_of([each.patterns[0] for each in named if not each.inverted] or ["*"])


def scope_of(resources: Listed, principals: Listed, conditions: tuple[Condition, ...]) -> Scope:
    """Return a scope on these resources and principals."""
    where, but_where = ((), resources.patterns) if resources.inverted else (resources.patterns, ())
    who, but_who = ((), principals.patterns) if principals.inverted else (principals.patterns, ())
    return Scope(where, but_where, who, but_who, conditions)


def all_conditions(scopes: Sequence[Scope]) -> tuple[Condition, ...]:
    """Return the tests of all scopes, in order."""
    if len(scopes) == 1:
        return scopes[0].conditions
    return in_order({test for scope in scopes for test in scope.conditions})


def in_order(tests: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return tests by operator, key and values."""
    return tuple(sorted(tests, key=lambda test: (test.operator, test.folded_key, test.values)))


def is_meant(listed: str, principal: str) -> bool | None:
    """Tell whether a principal of a request is meant by one in a list; None is "not known".

    An account as the principal of a request is someone in it whom no ARN of the documents names.
    """
    if listed in ("*", principal):
        return True
    kinds = {listed.partition(":")[0], principal.partition(":")[0]}
    if kinds == {"AWS"}:
        mine, yours = _AWS_ACCOUNT.match(listed), _AWS_ACCOUNT.match(principal)
        someone_else = yours and principal == f"AWS:{yours[1]}"
        return False if someone_else or (mine and yours and mine[1] != yours[1]) else None
    return None if "CanonicalUser" in kinds else False


def _cut(names: tuple[str, ...], but: tuple[str, ...], *, whole: bool) -> list[Listed]:
    if but:
        return [Listed(but, inverted=True)]
    return [Listed(names)] if whole or len(names) < 2 else [Listed((name,)) for name in names]  # noqa: PLR2004


def _resources_may_meet(one: Listed, other: Listed) -> bool:
    """Tell whether two resource patterns may have something in common."""
    if one.inverted and other.inverted:
        return True
    if one.inverted or other.inverted:
        left_out, named = (one, other) if one.inverted else (other, one)
        return not any(covers(pattern, name) for pattern in left_out.patterns for name in named.patterns)
    if not one.patterns or not other.patterns:
        return True
    return overlaps(one.patterns[0], other.patterns[0])


def _principals_may_meet(one: Listed, other: Listed) -> bool:
    if one.inverted or other.inverted or not one.patterns or not other.patterns:
        return True
    mine, yours = one.patterns[0], other.patterns[0]
    return "*" in (mine, yours) or is_meant(mine, yours) is not False or is_meant(yours, mine) is not False
