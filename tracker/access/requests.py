"""Concrete requests: what one carries, which tests of its context pass, and how to find a context that does.

A test whose outcome for a request is not known here (an operator outside of the manual, a value that can't be
read) has the outcome None, which nothing is concluded from.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from ipaddress import ip_address, ip_network
from itertools import combinations
from operator import eq, ge, gt, le, lt

from tracker.base.dates import format_time
from tracker.policy.model import Condition
from tracker.policy.patterns import intersection, matches, sample_text
from tracker.policy.scopes import instant_of, number_of, parts_of

__all__ = ["Context", "Request", "context_for", "passes"]

Context = Mapping[str, tuple[str, ...] | None]
"""Key in lower case → its values, None where the request does not have it. Keys that are not named are absent."""

MOST_VALUES = 64
"""Values of one test that are tried, those first that fewer other tests name."""
MOST_FAILED = 100
"""Tests that a context is made to fail."""
LONGEST_NUMBER = 64
"""Digits of a number whose neighbours are tried."""
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class Request:
    """One request as IAM sees it."""

    action: str
    """In lower case; a sign that stands in no policy (`~`) is "anything else here"."""
    resource: str | None
    """The resource's ARN; None where the documents name no resources (trust policies)."""
    principal: str | None
    """Who asks; None where the documents name no principals (identity policies)."""
    context: tuple[tuple[str, tuple[str, ...] | None], ...]
    """Condition keys that matter, in lower case and sorted, with their values; None for an absent key."""
    assumed: tuple[Condition, ...] = ()
    """Tests that can't be judged here and are taken to hold."""


def passes(test: Condition, values: tuple[str, ...] | None) -> bool | None:
    """Tell whether a request whose key has these values (None: no such key) passes a test; None is "not known".

    Variables in the test's values must have been replaced. A test without `ForAnyValue` or `ForAllValues` of a
    key with several values is not defined by the manual, so its outcome is not known.
    """
    prefix, base, if_exists = parts_of(test.operator)
    if base == "Null":
        return None if prefix or if_exists else ("false" if values is not None else "true") in test.values
    negated, same = "Not" in base, _COMPARISONS.get(base.replace("Not", ""))
    if values is None and same:
        return if_exists or prefix == "ForAllValues" or (negated and not prefix)
    if values is None or same is None or (not prefix and len(values) != 1):
        return None
    try:
        outcomes = [any(same(wanted, value) for wanted in test.values) != negated for value in values]
    except (ValueError, ArithmeticError, OSError):
        return None
    return all(outcomes) if prefix == "ForAllValues" else any(outcomes)


def context_for(
    must: Sequence[Condition], escape: Sequence[Sequence[Condition]], fill: str, spend: Callable[[int], None]
) -> tuple[dict[str, tuple[str, ...] | None], tuple[Condition, ...]] | None:
    """Return a context that passes all tests of `must` and fails at least one of each group in `escape`.

    With it come the tests of `must` that had to be taken to hold. None means that none was found, not that there
    is none. `fill` is a text that stands in none of the values; `spend` is told of each step and may raise.
    """
    tests: dict[str, list[Condition]] = {}
    for test in (*must, *(test for group in escape for test in group)):
        tests.setdefault(test.folded_key, []).append(test)
    options = {key: list(_candidates(group, fill)) for key, group in tests.items()}
    search = _Search(must, escape, options, spend)
    context = search.extended({}, frozenset())
    if context is None:
        return None
    assumed = tuple(test for test in must if passes(test, context[test.folded_key]) is None)
    return context, assumed


class _Search:
    """Depth first: find a group that is not failed yet, fail one of its tests, look again."""

    def __init__(
        self,
        must: Sequence[Condition],
        escape: Sequence[Sequence[Condition]],
        options: Mapping[str, list[tuple[str, ...] | None]],
        spend: Callable[[int], None],
    ) -> None:
        self.must, self.escape, self.options, self.spend = must, escape, options, spend

    def extended(
        self, context: dict[str, tuple[str, ...] | None], failed: frozenset[Condition]
    ) -> dict[str, tuple[str, ...] | None] | None:
        """Return a full context in which all tests in `failed` fail, too."""
        for key, options in self.options.items():
            if key in context:
                continue
            needed = [test for test in self.must if test.folded_key == key]
            unwanted = [test for test in failed if test.folded_key == key]
            self.spend(len(options) * (1 + len(needed) + len(unwanted)))
            fitting = (values for values in options if _fits(values, needed, unwanted))
            try:
                context[key] = next(fitting)
            except StopIteration:
                return None
        self.spend(1 + len(self.escape))
        group = next((group for group in self.escape if not _escapes(context, group)), None)
        if group is None:
            return context
        for test in group if len(failed) < MOST_FAILED else ():
            if test in failed:
                continue
            others = {key: values for key, values in context.items() if key != test.folded_key}
            found = self.extended(others, failed | {test})
            if found is not None:
                return found
        return None


def _fits(values: tuple[str, ...] | None, needed: Iterable[Condition], unwanted: Iterable[Condition]) -> bool:
    return all(
        passes(test, values) is not False and (passes(test, values) or _is_opaque(test)) for test in needed
    ) and all(passes(test, values) is False for test in unwanted)


def _is_opaque(test: Condition) -> bool:
    """Tell whether the operator is not known here, so that holding is nothing but an assumption."""
    return _base_of(test) not in _COMPARISONS and _base_of(test) != "Null"


def _base_of(test: Condition) -> str:
    """Return the test without prefix, suffix and negation: `StringLike` for `ForAnyValue:StringNotLikeIfExists`."""
    return parts_of(test.operator)[1].replace("Not", "")


def _escapes(context: Context, group: Iterable[Condition]) -> bool:
    return any(passes(test, context[test.folded_key]) is False for test in group)


def _candidates(tests: Sequence[Condition], fill: str) -> Iterator[tuple[str, ...] | None]:
    """Yield values of one key that make a difference to its tests: something else first, then what they name."""
    bases = {_base_of(test) for test in tests}
    found: dict[str, None] = {}
    others = [other for base in sorted(bases) for other in _OTHERS.get(base, (fill,))]
    if bases == {"Null"}:
        others = [fill]
    for text in others:
        found[text.replace("~", fill)] = None
    named = Counter(value for test in tests for value in test.values)
    for test in tests:
        base = _base_of(test)
        for value in sorted(test.values, key=lambda value: named[value])[:MOST_VALUES]:
            for text in _near(base, value, fill):
                found[text] = None
    patterns = [value for test in tests if "Like" in test.operator for value in test.values[:8]]
    for one, other in combinations(patterns, 2):
        met = intersection(one, other)
        if met is not None:
            found[sample_text(met, fill)] = None
    single = list(found)[: 4 * MOST_VALUES]
    yield from ((text,) for text in single)
    yield None
    if all(":" in test.operator for test in tests):
        yield from combinations(single[:8], 2)


def _near(base: str, value: str, fill: str) -> Iterator[str]:
    """Yield texts at and next to a value of a test."""
    try:
        if base.startswith("Numeric"):
            number = number_of(value)
            if len(value) > LONGEST_NUMBER or abs(number.adjusted()) > LONGEST_NUMBER:
                return
            yield from (format(number + step, "f") for step in (0, -1, 1))
        elif base.startswith("Date"):
            moment = instant_of(value)
            yield from (_written(moment + step) for step in (0, -1, 1))
        elif base == "IpAddress":
            network = ip_network(value, strict=False)
            yield str(network[0])
            yield from (str(address + step) for address, step in ((network[0], -1), (network[-1], 1)))
        elif base in ("Bool", "BinaryEquals"):
            yield value
        elif "Like" in base or base == "ArnEquals":
            yield from (sample_text(value, fill), sample_text(value, fill, 0))
        elif base != "Null":
            yield _plain(value)
            if base == "StringEqualsIgnoreCase":
                yield _plain(value).swapcase()
    except (ValueError, ArithmeticError, OSError):
        return


def _plain(value: str) -> str:
    """Return a value that is no pattern as text: its escapes are the characters themselves."""
    return value.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")


def _written(instant: Decimal) -> str:
    return format_time(datetime.fromtimestamp(float(instant), UTC))


def _arn_matches(pattern: str, text: str) -> bool:
    """Compare ARNs part by part: a star does not reach over the first five colons."""
    wanted, given = pattern.split(":", _ARN_PARTS - 1), text.split(":", _ARN_PARTS - 1)
    if len(wanted) != _ARN_PARTS or "${" in pattern:
        raise ValueError(pattern)
    return len(given) == _ARN_PARTS and all(map(matches, wanted, given))


def _in_network(network: str, address: str) -> bool:
    return ip_address(address) in ip_network(network, strict=False)


def _compared(
    reach: Callable[[str], Decimal], compare: Callable[[Decimal, Decimal], bool], wanted: str, value: str
) -> bool:
    return compare(reach(value), reach(wanted))


_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: _plain(wanted) == value,
    "StringEqualsIgnoreCase": lambda wanted, value: _plain(wanted).lower() == value.lower(),
    "StringLike": matches,
    "ArnEquals": _arn_matches,
    "ArnLike": _arn_matches,
    "Bool": lambda wanted, value: wanted == value and value in ("true", "false"),
    "BinaryEquals": lambda wanted, value: wanted == value,
    "IpAddress": _in_network,
    **{
        f"{kind}{name}": partial(_compared, reach, compare)
        for kind, reach in (("Numeric", number_of), ("Date", instant_of))
        for name, compare in _ORDERS.items()
    },
}
"""Test without its negation → whether a value of the request is one that the policy's value wants."""

_OTHERS: dict[str, tuple[str, ...]] = {
    "Bool": ("false", "true"),
    "BinaryEquals": ("fg==",),
    "IpAddress": ("203.0.113.77", "2001:db8:77::7"),
    "ArnEquals": ("arn:aws:~:~:~:~",),
    "ArnLike": ("arn:aws:~:~:~:~",),
    "Null": (),
    **{
        f"{kind}{test}": others
        for kind, others in (("Numeric", ("77",)), ("Date", ("2001-02-03T04:05:06Z",)))
        for test in _ORDERS
    },
}
"""Test without its negation → values that a policy hardly names."""
