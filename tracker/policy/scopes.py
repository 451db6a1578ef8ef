"""What one scope says of another: merging, and coverage that is certain.

`covers(wide, narrow)` answers True only when every request that meets one of the `narrow` scopes also meets one
of the `wide` ones; False means "not certain". The implications between conditions follow
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import product
from math import prod

from msgspec.structs import replace

from tracker.base.dates import parse_time
from tracker.policy.model import Condition, Scope
from tracker.policy.patterns import covers as pattern_covers
from tracker.policy.patterns import has_wildcard, overlaps

__all__ = ["MAX_PARTS", "contradict", "covers", "implies", "instant_of", "merge_scopes", "number_of", "parts_of"]

MAX_COMPARISONS = 1_000_000
"""Pairs of patterns that are compared before the answer is "not certain": a bound against hostile lists."""

MAX_PARTS = 1024
"""Combinations of condition values, or resources, that are looked at one by one, for the same reason."""
MAX_CUTS = 4
"""Patterns of a NotResource along which a scope is cut."""
_ARN_PARTS = 6


def merge_scopes(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the scopes that together mean the same, those merged that differ in their lists alone, sorted.

    Two statements on bucket A and on bucket B are one statement on both.
    """
    kept = set(scopes)
    while len(kept) > 1:
        by_resources = _merge_on(kept, "resources")
        kept = _merge_on(by_resources, "principals")
        if kept == by_resources:  # else some may be alike now whose principals were not
            break
    return tuple(sorted(kept, key=_order))


def _merge_on(scopes: set[Scope], name: str) -> set[Scope]:
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
    conditions = tuple(test.sort_key for test in scope.conditions)
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
    """Tell whether the resources of a scope, taken one by one, are covered by scopes that do otherwise."""
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
        resource if pattern_covers(left_out, resource) else left_out
        for left_out in wide.not_resources
        for resource in narrow.resources
        if overlaps(left_out, resource)
    )


def _each_part_is_covered(wide: Sequence[Scope], narrow: Scope) -> bool:
    """Cut a scope in parts that together mean the same, one value of each test in each, and look at them."""
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
    return _is_within_budget(some, others) and not any(overlaps(one, other) for one in some for other in others)


@lru_cache(1024)
def _all_covered(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    missing = set(narrow).difference(wide)
    if not missing:
        return True
    patterns = [pattern for pattern in wide if has_wildcard(pattern)]
    return _is_within_budget(patterns, missing) and all(
        any(pattern_covers(pattern, resource) for pattern in patterns) for resource in missing
    )


def _is_within_budget(one: Sequence[str], other: Iterable[str]) -> bool:
    return len(one) * len(list(other)) <= MAX_COMPARISONS


def _conditions_cover(wide: Scope, narrow: Scope) -> bool:
    return all(any(implies(given, wanted) for given in narrow.conditions) for wanted in wide.conditions)


def parts_of(operator: str) -> tuple[str, str, bool]:
    """Split an operator into its prefix, its test, and whether it ends in IfExists."""
    prefix, _, test = operator.rpartition(":")
    return prefix, test.removesuffix("IfExists"), test.endswith("IfExists")


def _is_any_of(test: Condition) -> bool:
    """Tell whether the values are alternatives of one value of the request, so that they can be told apart."""
    prefix, base, _ = parts_of(test.operator)
    return prefix in ("", "ForAnyValue") and base in _IMPLIED_BY and "Not" not in base


def implies(given: Condition, wanted: Condition) -> bool:
    """Tell whether a request that passes `given` surely passes `wanted`; False means "not certain".

    Fewer values imply more (for a negated test: more imply fewer), a test implies the same `IfExists`,
    `StringEquals` implies a `StringLike` that matches its values, a lower bound implies a weaker one,
    any test that fails on a missing key implies that `Null` is false, which implies that the key is like `*`,
    that `Null` is true implies any test that passes on a missing key, and what holds of the only value holds of
    `ForAnyValue`; of keys that never have more than one value, it holds of `ForAllValues`, too, and the reverse.
    """
    if given == wanted or given.folded_key != wanted.folded_key:
        return given == wanted
    prefix, base, if_exists = parts_of(given.operator)
    wanted_prefix, wanted_base, wanted_if_exists = parts_of(wanted.operator)
    if given.operator == "Null" and given.values == ("true",) and wanted_base != "Null":
        return wanted_base in _IMPLIED_BY and _passes_without_key(wanted_prefix, wanted_base, wanted_if_exists)
    if wanted.operator == "Null" and base != "Null":
        needs_key = base in _IMPLIED_BY and not _passes_without_key(prefix, base, if_exists)
        return needs_key and "false" in wanted.values
    if given.operator == "Null" and wanted_base == "StringLike" and "*" in wanted.values:
        return given.values == ("false",)
    keeps_key = _passes_without_key(wanted_prefix, wanted_base, wanted_if_exists) or not _passes_without_key(
        prefix, base, if_exists
    )
    test = _IMPLIED_BY.get(wanted_base, {}).get(base)
    fits = (
        prefix == wanted_prefix or (not prefix and wanted_prefix == "ForAnyValue") or _has_one_value(given.folded_key)
    )
    return fits and keeps_key and test is not None and test(given.values, wanted.values)


def _has_one_value(folded_key: str) -> bool:
    """Tell whether a key is one tag of a resource, a request or a principal, which has one value at most.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    return _TAG.match(folded_key) is not None


def contradict(tests: Sequence[Condition]) -> bool:
    """Tell whether surely no request passes all of these tests: a key would have to be there and not be there."""
    return any(
        test.operator == "Null" and test.values == ("true",) and any(implies(other, _present(test)) for other in tests)
        for test in tests
    )


def _present(test: Condition) -> Condition:
    return replace(test, values=("false",))


def _passes_without_key(prefix: str, base: str, if_exists: bool) -> bool:
    """Tell whether a known test holds for a request without its key."""
    return if_exists or prefix == "ForAllValues" or ("Not" in base and not prefix)


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


def _like_in_equal(given: _Values, wanted: _Values) -> bool:
    return _fewer(given, wanted) and not any("*" in value or "?" in value for value in given)


def _unlike_in_unequal(given: _Values, wanted: _Values) -> bool:
    return _equal_in_like(wanted, given)


def _unequal_in_unlike(given: _Values, wanted: _Values) -> bool:
    return not any(has_wildcard(value) for value in wanted) and _more(given, wanted)


def _arn_parts(arn: str) -> list[str]:
    """Split an ARN at its first five colons, those in variables left alone."""
    whole = _VARIABLE.sub(lambda found: found[0].replace(":", "\0"), arn)
    return [part.replace("\0", ":") for part in whole.split(":", _ARN_PARTS - 1)]


def _arns_in_arns(given: _Values, wanted: _Values) -> bool:
    """Compare ARNs part by part: a star does not reach over the first five colons."""
    wide, narrow = ([_arn_parts(value) for value in values] for values in (wanted, given))
    return _is_within_budget(wanted, given) and all(
        any(
            one == other or (len(one) == len(other) == _ARN_PARTS and all(map(pattern_covers, one, other)))
            for one in wide
        )
        for other in narrow
    )


def _like_in_like(given: _Values, wanted: _Values) -> bool:
    return _all_covered(wanted, given)


def _unlike_in_unlike(given: _Values, wanted: _Values) -> bool:
    return _all_covered(given, wanted)


def _texts_in_arns(given: _Values, wanted: _Values) -> bool:
    return all(_is_read_by_parts(value) for value in given) and _arns_in_arns(given, wanted)


def _is_read_by_parts(pattern: str) -> bool:
    """Tell whether a text that a pattern matches has its colons where the pattern has: no star stands for any."""
    *first, last = _arn_parts(pattern)
    return not any("*" in part or "?" in part for part in (first if len(first) == _ARN_PARTS - 1 else (*first, last)))


def _arns_in_like(given: _Values, wanted: _Values) -> bool:
    """A text that an ARN matches part by part, it matches as a whole, too."""
    return all(len(_arn_parts(value)) == _ARN_PARTS for value in given) and _like_in_like(given, wanted)


def _ignoring_case(given: _Values, wanted: _Values) -> bool:
    return {value.lower() for value in given} <= {value.lower() for value in wanted}


def _not_ignoring_case(given: _Values, wanted: _Values) -> bool:
    return _ignoring_case(wanted, given)


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


def number_of(text: str) -> Decimal:
    """Read a number of a Numeric test; ValueError or decimal.InvalidOperation where it is none."""
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def instant_of(text: str) -> Decimal:
    """Read a time of a Date test, ISO 8601 or seconds since 1970, as seconds; errors as those of a number."""
    return Decimal(text) if text.lstrip("-").isdigit() else Decimal(parse_time(text).timestamp())


def _networks_within(given: _Values, wanted: _Values) -> bool:
    from ipaddress import ip_network

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


_ARN_TESTS: dict[str, _Test] = {
    "ArnEquals": _arns_in_arns,
    "ArnLike": _arns_in_arns,
    "StringEquals": _texts_in_arns,
    "StringLike": _texts_in_arns,
}
_NOT_ARN_TESTS: dict[str, _Test] = dict.fromkeys(
    ("ArnNotEquals", "ArnNotLike"), lambda given, wanted: _arns_in_arns(wanted, given)
)
_IMPLIED_BY: dict[str, dict[str, _Test]] = {
    "StringEquals": {"StringEquals": _fewer, "StringLike": _like_in_equal},
    "StringEqualsIgnoreCase": {"StringEquals": _ignoring_case, "StringEqualsIgnoreCase": _ignoring_case},
    "StringLike": {
        "StringEquals": _equal_in_like,
        "StringLike": _like_in_like,
        "ArnEquals": _arns_in_like,
        "ArnLike": _arns_in_like,
    },
    "StringNotEquals": {
        "StringNotEquals": _more,
        "StringNotEqualsIgnoreCase": _not_ignoring_case,
        "StringNotLike": _unlike_in_unequal,
    },
    "StringNotEqualsIgnoreCase": {"StringNotEqualsIgnoreCase": _not_ignoring_case},
    "StringNotLike": {"StringNotLike": _unlike_in_unlike, "StringNotEquals": _unequal_in_unlike},
    "ArnEquals": _ARN_TESTS,
    "ArnLike": _ARN_TESTS,
    "ArnNotEquals": _NOT_ARN_TESTS,
    "ArnNotLike": _NOT_ARN_TESTS,
    "Bool": {"Bool": _fewer, "StringEquals": _fewer},
    "BinaryEquals": {"BinaryEquals": _fewer},
    "Null": {"Null": _fewer},
    "IpAddress": {"IpAddress": _networks_within},
    "NotIpAddress": {"NotIpAddress": _networks_without},
    **_ordered("Numeric", number_of),
    **_ordered("Date", instant_of),
}
"""wanted test → given test → whether values imply values."""
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_TAG = re.compile(r"[a-z0-9-]+:(?:resource|request|principal)tag/")
