"""Comparing scopes: merging, and coverage that is certain.

`covers(wide, narrow)` answers True only when every request that meets one of the `narrow` scopes also meets one
of the `wide` ones; False means "not certain".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from math import prod

from msgspec.structs import replace

from tracker.policy.implications import implies
from tracker.policy.model import Condition, Scope
from tracker.policy.operators import Family, SetQualifier, operator_of
from tracker.policy.resources import resource_covers, resources_overlap

__all__ = ["covers", "merge_scopes"]

MAX_COMPARISONS = 1_000_000
"""Pairs of patterns that are compared before the answer is "not certain": a bound against hostile lists."""

MAX_PARTS = 1024
"""Combinations of condition values, or resources, that are looked at one by one, for the same reason."""
MAX_CUTS = 4
"""Patterns of a NotResource along which a scope is cut."""


def merge_scopes(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the scopes that together mean the same, those merged that differ in their lists alone, sorted.

    Two statements on bucket A and on bucket B are one statement on both.
    """
    kept = set(scopes)
    while len(kept) > 1:
        by_resources = _merge_on(kept, "resources")
        kept = _merge_on(by_resources, "principals")
        if kept == by_resources:  # else some may be equal now whose principals were not
            break
    return tuple(sorted(kept, key=_order))


def _merge_on(scopes: set[Scope], name: str) -> set[Scope]:
    by_rest: defaultdict[Scope, set[str]] = defaultdict(set)
    kept = set()
    for scope in scopes:
        listed: tuple[str, ...] = getattr(scope, name)
        if listed:
            rest = replace(scope, resources=()) if name == "resources" else replace(scope, principals=())
            by_rest[rest].update(listed)
        else:
            kept.add(scope)
    for rest, found in by_rest.items():
        listed = ("*",) if "*" in found else tuple(sorted(found))
        kept.add(replace(rest, resources=listed) if name == "resources" else replace(rest, principals=listed))
    return kept


def _order(scope: Scope) -> tuple[object, ...]:
    conditions = tuple(test.sort_key for test in scope.conditions)
    return (scope.resources, scope.not_resources, scope.principals, scope.not_principals, conditions)


def covers(wide: Sequence[Scope], narrow: Sequence[Scope]) -> bool:
    """Return whether the `wide` scopes together surely hold wherever one of the `narrow` ones does."""
    return all(scope in wide or _scope_is_covered(wide, scope) for scope in narrow)


def _scope_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    fitting = [scope for scope in wide if _principals_cover(scope, narrow)]
    return _one_covers(fitting, narrow) or (len(fitting) > 1 and _each_part_is_covered(fitting, narrow))


def _one_covers(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Return whether one scope covers another, or one for each of its resources."""
    able = [scope for scope in wide if _conditions_cover(scope, narrow)]
    return any(_resources_cover(scope, narrow) for scope in able) or _each_resource_is_covered(able, narrow)


def _each_resource_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Return whether the resources of a scope, taken one by one, are covered by scopes that do otherwise."""
    if len(wide) < 2:  # noqa: PLR2004 - one list was tried already
        return False
    cuts = [narrow.resources] if len(narrow.resources) > 1 else []
    few = len(narrow.resources) <= MAX_PARTS
    cuts += [_excluded_resources(scope, narrow) for scope in wide if few and 0 < len(scope.not_resources) <= MAX_CUTS]
    return any(
        all(
            any(_resources_cover(scope, replace(narrow, resources=(part,), not_resources=())) for scope in wide)
            for part in parts
        )
        for parts in cuts
    )


def _excluded_resources(wide: Scope, narrow: Scope) -> tuple[str, ...]:
    """Return patterns that take in whatever of the narrow scope's resources the wide one's NotResource leaves out."""
    if not narrow.resources:
        return wide.not_resources
    return tuple(
        resource if resource_covers(left_out, resource) else left_out
        for left_out in wide.not_resources
        for resource in narrow.resources
        if resources_overlap(left_out, resource)
    )


def _each_part_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Split a scope into parts with one value of each test, and return whether each part is covered."""
    alternatives = [
        [replace(test, values=(value,)) for value in test.values] if _is_any_of(test) and test.values else [test]
        for test in narrow.conditions
    ]
    number = prod(map(len, alternatives))
    return 1 < number <= MAX_PARTS and all(
        _one_covers(wide, replace(narrow, conditions=conditions)) for conditions in product(*alternatives)
    )


def _principals_cover(wide: Scope, narrow: Scope) -> bool:
    """Accounts and the roles in them are not compared: an account's root stands for what its admins decide."""
    if wide.principals == narrow.principals and wide.not_principals == narrow.not_principals:
        return True
    if "*" in wide.principals:
        return bool(narrow.principals or narrow.not_principals)
    if wide.principals and narrow.principals:
        return set(narrow.principals) <= set(wide.principals)
    return bool(wide.not_principals and narrow.not_principals) and set(wide.not_principals) <= set(
        narrow.not_principals
    )


def _resources_cover(wide: Scope, narrow: Scope) -> bool:
    if wide.resources:
        if wide.resources == ("*",):
            return bool(narrow.resources or narrow.not_resources)
        return bool(narrow.resources) and _all_covered(wide.resources, narrow.resources)
    if wide.not_resources:
        if narrow.resources:
            return _all_apart(wide.not_resources, narrow.resources)
        return bool(narrow.not_resources) and _all_covered(narrow.not_resources, wide.not_resources)
    return not narrow.resources and not narrow.not_resources


@lru_cache(1024)
def _all_apart(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return _is_within_budget(some, others) and not any(
        resources_overlap(one, other) for one in some for other in others
    )


@lru_cache(1024)
def _all_covered(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    missing = set(narrow).difference(wide)
    return not missing or (
        _is_within_budget(wide, missing)
        and all(any(resource_covers(pattern, resource) for pattern in wide) for resource in missing)
    )


def _is_any_of(test: Condition) -> bool:
    """Return whether the values are alternatives of one value of the request, to be compared one at a time."""
    operator = operator_of(test.operator)
    return (
        operator is not None
        and operator.family is not Family.NULL
        and not operator.negated
        and operator.qualifier is not SetQualifier.FOR_ALL_VALUES
    )


def _is_within_budget(one: Sequence[str], other: Iterable[str]) -> bool:
    return len(one) * len(list(other)) <= MAX_COMPARISONS


def _conditions_cover(wide: Scope, narrow: Scope) -> bool:
    return all(any(implies(given, wanted) for given in narrow.conditions) for wanted in wide.conditions)
