"""What one scope says of another: merging, and coverage that is certain.

`covers(wide, narrow)` answers True only when every request that meets one of the `narrow` scopes also meets one
of the `wide` ones; False means "not certain". The implications between conditions follow
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import ip_network
from itertools import product
from math import prod

from tracker.dates import parse_time
from tracker.model import Condition, Scope
from tracker.wildcards import covers as pattern_covers
from tracker.wildcards import has_wildcard, overlaps

__all__ = ["covers", "implies", "merged"]

MOST_COMPARISONS = 1_000_000
"""Pairs of patterns that are compared before the answer is "not certain": a bound against hostile lists."""

MOST_PARTS = 1024
"""Combinations of condition values that are looked at one by one, for the same reason."""


def merged(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the scopes that together mean the same, those merged that differ in their lists alone, sorted.

    Two statements on bucket A and on bucket B are one statement on both.
    """
    kept = set(scopes)
    if len(kept) > 1:
        kept = _united(kept, "resources")
        kept = _united(kept, "principals")
    return tuple(sorted(kept, key=_order))


def _united(scopes: set[Scope], name: str) -> set[Scope]:
    alike: defaultdict[Scope, set[str]] = defaultdict(set)
    kept = set()
    for scope in scopes:
        listed: tuple[str, ...] = getattr(scope, name)
        if listed:
            rest = replace(scope, resources=()) if name == "resources" else replace(scope, principals=())
            alike[rest].update(listed)
        else:
            kept.add(scope)
    for rest, found in alike.items():
        listed = ("*",) if "*" in found else tuple(sorted(found))
        kept.add(replace(rest, resources=listed) if name == "resources" else replace(rest, principals=listed))
    return kept


def _order(scope: Scope) -> tuple[object, ...]:
    conditions = tuple((test.operator, test.folded_key, test.values) for test in scope.conditions)
    return (scope.resources, scope.not_resources, scope.principals, scope.not_principals, conditions)


def covers(wide: Sequence[Scope], narrow: Sequence[Scope]) -> bool:
    """Tell whether the `wide` scopes together surely hold wherever one of the `narrow` ones does."""
    return all(scope in wide or _scope_is_covered(wide, scope) for scope in narrow)


def _scope_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    fitting = [scope for scope in wide if _principals_cover(scope, narrow)]
    return _one_covers(fitting, narrow) or (len(fitting) > 1 and _each_part_is_covered(fitting, narrow))


def _one_covers(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Tell whether one scope covers another, or one for each of its resources."""
    able = [scope for scope in wide if _conditions_cover(scope, narrow)]
    return any(_resources_cover(scope, narrow) for scope in able) or _each_resource_is_covered(able, narrow)


def _each_resource_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    if len(wide) < 2 or len(narrow.resources) < 2:  # noqa: PLR2004 - one list was tried already
        return False
    parts = (replace(narrow, resources=(resource,)) for resource in narrow.resources)
    return all(any(_resources_cover(scope, part) for scope in wide) for part in parts)


def _each_part_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Cut a scope in parts that together mean the same, one value of each test in each, and look at them."""
    alternatives = [
        [replace(test, values=(value,)) for value in test.values] if _is_any_of(test) and test.values else [test]
        for test in narrow.conditions
    ]
    number = prod(map(len, alternatives))
    return 1 < number <= MOST_PARTS and all(
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
    return _few(some, others) and not any(overlaps(one, other) for one in some for other in others)


@lru_cache(1024)
def _all_covered(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    missing = set(narrow).difference(wide)
    if not missing:
        return True
    patterns = [pattern for pattern in wide if has_wildcard(pattern)]
    return _few(patterns, missing) and all(
        any(pattern_covers(pattern, resource) for pattern in patterns) for resource in missing
    )


def _few(one: Sequence[str], other: Iterable[str]) -> bool:
    return len(one) * len(list(other)) <= MOST_COMPARISONS


def _conditions_cover(wide: Scope, narrow: Scope) -> bool:
    return all(any(implies(given, wanted) for given in narrow.conditions) for wanted in wide.conditions)


def _parts(operator: str) -> tuple[str, str, bool]:
    """Split an operator into its prefix, its test, and whether it ends in IfExists."""
    prefix, _, test = operator.rpartition(":")
    return prefix, test.removesuffix("IfExists"), test.endswith("IfExists")


def _is_any_of(test: Condition) -> bool:
    """Tell whether the values are alternatives of one value of the request, so that they can be told apart."""
    prefix, base, _ = _parts(test.operator)
    return prefix in ("", "ForAnyValue") and base in _IMPLIED_BY and "Not" not in base


def implies(given: Condition, wanted: Condition) -> bool:
    """Tell whether a request that passes `given` surely passes `wanted`; False means "not certain".

    Fewer values imply more (for a negated test: more imply fewer), a test implies the same `IfExists`,
    `StringEquals` implies a `StringLike` that matches its values, a lower bound implies a weaker one,
    and any test that fails on a missing key implies that `Null` is false.
    """
    if given == wanted:
        return True
    if given.folded_key != wanted.folded_key:
        return False
    prefix, base, if_exists = _parts(given.operator)
    wanted_prefix, wanted_base, wanted_if_exists = _parts(wanted.operator)
    if wanted_base == "Null" and base != "Null":
        needs_key = not if_exists and base in _IMPLIED_BY and _fails_without_key(prefix, base)
        return needs_key and wanted_prefix == "" and not wanted_if_exists and wanted.values == ("false",)
    if prefix != wanted_prefix or (if_exists and not wanted_if_exists and _fails_without_key(prefix, base)):
        return False
    test = _IMPLIED_BY.get(wanted_base, {}).get(base)
    return test is not None and test(given.values, wanted.values)


def _fails_without_key(prefix: str, base: str) -> bool:
    """Tell whether a test without `IfExists` fails where the request lacks its key."""
    return prefix == "ForAnyValue" or (prefix == "" and "Not" not in base)


_Values = tuple[str, ...]
_Test = Callable[[_Values, _Values], bool]


def _fewer(given: _Values, wanted: _Values) -> bool:
    return set(given) <= set(wanted)


def _more(given: _Values, wanted: _Values) -> bool:
    return set(given) >= set(wanted)


def _equal_in_like(given: _Values, wanted: _Values) -> bool:
    return _all_covered(wanted, tuple(_WILDCARD_OR_VARIABLE.sub(_escaped, value) for value in given))


_WILDCARD_OR_VARIABLE = re.compile(r"\$\{[^{}]*\}|[*?]")


def _escaped(found: re.Match[str]) -> str:
    """Return a wildcard as the character it is to `StringEquals`; variables and escapes stay."""
    return f"${{{found[0]}}}" if found[0] in "*?" else found[0]


def _like_in_like(given: _Values, wanted: _Values) -> bool:
    return _all_covered(wanted, given)


def _unlike_in_unlike(given: _Values, wanted: _Values) -> bool:
    return _all_covered(given, wanted)


def _ignoring_case(given: _Values, wanted: _Values) -> bool:
    return {value.lower() for value in given} <= {value.lower() for value in wanted}


def _bounded(reach: Callable[[str], Decimal], *, upper: bool, strict: bool) -> _Test:
    """Compare bounds: each given one must lie within some wanted one; `strict` where equal bounds do not imply.

    Decimals are only compared, never calculated with: that would round them, or overflow.
    """
    outermost: Callable[[Iterable[Decimal]], Decimal] = max if upper else min

    def test(given: _Values, wanted: _Values) -> bool:
        try:
            farthest = outermost(map(reach, given))
            allowed = outermost(map(reach, wanted))
        except (ValueError, InvalidOperation, OverflowError):
            return False
        if farthest == allowed:
            return not strict
        return (farthest < allowed) is upper

    return test


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _instant(text: str) -> Decimal:
    return Decimal(text) if text.lstrip("-").isdigit() else Decimal(parse_time(text).timestamp())


def _networks_within(given: _Values, wanted: _Values) -> bool:
    try:
        inner = [ip_network(value, strict=False) for value in given]
        outer = [ip_network(value, strict=False) for value in wanted]
    except ValueError:
        return False
    return all(
        any(
            network.version == other.version
            and other.network_address <= network.network_address  # type: ignore[operator]
            and network.broadcast_address <= other.broadcast_address  # type: ignore[operator]
            for other in outer
        )
        for network in inner
    )


def _networks_without(given: _Values, wanted: _Values) -> bool:
    return _networks_within(wanted, given)


def _ordered(kind: str, reach: Callable[[str], Decimal]) -> dict[str, dict[str, _Test]]:
    table: dict[str, dict[str, _Test]] = {
        f"{kind}Equals": {f"{kind}Equals": _fewer},
        f"{kind}NotEquals": {f"{kind}NotEquals": _more},
    }
    for name, upper in (("LessThan", True), ("GreaterThan", False)):
        below, at_most = f"{kind}{name}", f"{kind}{name}Equals"
        table[below] = {
            below: _bounded(reach, upper=upper, strict=False),
            at_most: _bounded(reach, upper=upper, strict=True),
            f"{kind}Equals": _bounded(reach, upper=upper, strict=True),
        }
        table[at_most] = dict.fromkeys((below, at_most, f"{kind}Equals"), _bounded(reach, upper=upper, strict=False))
    return table


_ARN_TESTS: dict[str, _Test] = dict.fromkeys(("ArnEquals", "ArnLike"), _like_in_like)
_NOT_ARN_TESTS: dict[str, _Test] = dict.fromkeys(("ArnNotEquals", "ArnNotLike"), _unlike_in_unlike)
_IMPLIED_BY: dict[str, dict[str, _Test]] = {
    "StringEquals": {"StringEquals": _fewer},
    "StringEqualsIgnoreCase": {"StringEquals": _ignoring_case, "StringEqualsIgnoreCase": _ignoring_case},
    "StringLike": {"StringEquals": _equal_in_like, "StringLike": _like_in_like},
    "StringNotEquals": {"StringNotEquals": _more},
    "StringNotEqualsIgnoreCase": {"StringNotEqualsIgnoreCase": lambda given, wanted: _ignoring_case(wanted, given)},
    "StringNotLike": {"StringNotLike": _unlike_in_unlike},
    "ArnEquals": _ARN_TESTS,
    "ArnLike": _ARN_TESTS,
    "ArnNotEquals": _NOT_ARN_TESTS,
    "ArnNotLike": _NOT_ARN_TESTS,
    "Bool": {"Bool": _fewer},
    "BinaryEquals": {"BinaryEquals": _fewer},
    "Null": {"Null": _fewer},
    "IpAddress": {"IpAddress": _networks_within},
    "NotIpAddress": {"NotIpAddress": _networks_without},
    **_ordered("Numeric", _number),
    **_ordered("Date", _instant),
}
"""wanted test → given test → whether values imply values."""
