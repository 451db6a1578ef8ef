"""Which tests of a condition key surely imply others, so that most scopes are compared without a search.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from tracker.policy.model import Condition
from tracker.policy.operators import Family, Operator, SetQualifier, operator_of
from tracker.policy.patterns import covers as pattern_covers
from tracker.policy.patterns import has_wildcard
from tracker.policy.values import is_whole_number, network_of, number_of, seconds_of

__all__ = ["implies"]

MAX_COMPARISONS = 1_000_000
"""Pairs of values that are compared before the answer is "not certain": a bound against hostile lists."""
_ARN_FIELDS = 6


def implies(given: Condition, wanted: Condition) -> bool:
    """Return whether a request that passes `given` surely passes `wanted`; False means "not certain".

    Fewer values imply more (for a negated test: more imply fewer), a test implies the same `IfExists`,
    `StringEquals` implies a `StringLike` that matches its values, a lower bound implies a weaker one,
    any test that fails on a missing key implies that `Null` is false, which implies that the key is like `*`,
    that `Null` is true implies any test that passes on a missing key, and what holds of the only value holds of
    `ForAnyValue`; of keys that never have more than one value, it holds of `ForAllValues`, too, and the reverse.
    """
    if given == wanted or given.folded_key != wanted.folded_key:
        return given == wanted
    one, other = operator_of(given.operator), operator_of(wanted.operator)
    if one is None or other is None:
        return False
    if one.family is Family.NULL and other.family is not Family.NULL:
        return _follows_from_null(given.values, wanted.values, other)
    if other.family is Family.NULL and one.family is not Family.NULL:
        return one.matches_missing_key is False and "false" in wanted.values
    keeps_key = other.matches_missing_key or not one.matches_missing_key
    fits = one.qualifier is other.qualifier or _has_one_value(given.folded_key)
    fits = fits or (one.qualifier, other.qualifier) == (SetQualifier.NONE, SetQualifier.FOR_ANY_VALUE)
    test = _IMPLIED_BY.get(other.test, {}).get(one.test)
    return bool(fits and keeps_key and test is not None and test(given.values, wanted.values))


def _follows_from_null(given: tuple[str, ...], wanted: tuple[str, ...], operator: Operator) -> bool:
    """Return whether a `Null` test implies another: on a missing key, or that a present key is like `*`."""
    if given == ("true",):
        return bool(operator.matches_missing_key)
    return given == ("false",) and operator.test == "StringLike" and "*" in wanted


def _has_one_value(folded_key: str) -> bool:
    """Return whether a key is one tag of a resource, a request or a principal, which has one value at most.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    return _TAG.match(folded_key) is not None


_Values = tuple[str, ...]
_Test = Callable[[_Values, _Values], bool]


def _is_within_budget(one: _Values, other: Iterable[str]) -> bool:
    return len(one) * len(list(other)) <= MAX_COMPARISONS


def _all_covered(wide: _Values, narrow: _Values) -> bool:
    missing = set(narrow).difference(wide)
    patterns = [pattern for pattern in wide if has_wildcard(pattern)]
    return _is_within_budget(tuple(patterns), missing) and all(
        any(pattern_covers(pattern, value) for pattern in patterns) for value in missing
    )


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
    return [part.replace("\0", ":") for part in whole.split(":", _ARN_FIELDS - 1)]


def _arns_in_arns(given: _Values, wanted: _Values) -> bool:
    """Compare ARNs part by part: a star does not reach over the first five colons."""
    wide, narrow = ([_arn_parts(value) for value in values] for values in (wanted, given))
    return _is_within_budget(wanted, given) and all(
        any(
            one == other or (len(one) == len(other) == _ARN_FIELDS and all(map(pattern_covers, one, other)))
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
    """Return whether each text that a pattern matches is an ARN with its colons where the pattern has them.

    No star stands for any of the first five. A text that is no ARN equals none, not even one of the same spelling.
    """
    *first, _ = parts = _arn_parts(pattern)
    return len(parts) == _ARN_FIELDS and not any("*" in part or "?" in part for part in first)


def _arns_in_like(given: _Values, wanted: _Values) -> bool:
    """A text that an ARN matches part by part, it matches as a whole, too."""
    return all(len(_arn_parts(value)) == _ARN_FIELDS for value in given) and _like_in_like(given, wanted)


def _ignoring_case(given: _Values, wanted: _Values) -> bool:
    return set(map(_in_lower_case, given)) <= set(map(_in_lower_case, wanted))


def _in_lower_case(value: str) -> str:
    """Return a value in lower case; of other letters than those of ASCII it is not known what IAM takes for equal."""
    return value.lower() if value.isascii() else value


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
        except (ValueError, OverflowError):
            return False
        if farthest == allowed:
            return not strict
        return (farthest < allowed) is upper

    return test


def _instant_of(text: str) -> Decimal:
    """Read a time of a Date test, ISO 8601 or seconds since 1970, as seconds; errors as those of a number.

    Four digits may be a year or seconds, so they are neither.
    """
    if is_whole_number(text) and len(text) > _YEAR:
        return number_of(text)
    return seconds_of(text)


_YEAR = 4


def _networks_within(given: _Values, wanted: _Values) -> bool:
    try:
        inner = [network_of(value) for value in given]
        outer = [network_of(value) for value in wanted]
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
    **_ordered("Date", _instant_of),
}
"""wanted test → given test → whether values imply values."""
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_TAG = re.compile(r"[a-z0-9-]+:(?:resource|request|principal)tag/")
