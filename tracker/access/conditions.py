"""Tests of condition keys, and which values of one key pass some of them and fail others.

A key is absent, has one value, or several where its type allows it. What cannot be evaluated here (an operator that the
manual does not know, a value that cannot be read, a test without a set qualifier of a key with several values) is
never concluded from: a solution that leans on it is not certain.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError
from typing import NamedTuple

from tracker.access.languages import Tokens, arn_tokens, language_of, variables_in, wildcard_tokens
from tracker.access.readings import PLAIN, Reading
from tracker.access.values import (
    AddressSet,
    Domain,
    OrderedSet,
    TextSet,
    ValueSet,
    find_value,
    is_within,
    ordered_value,
)
from tracker.policy.model import Condition
from tracker.policy.operators import Family, Operator, SetQualifier, operator_of

__all__ = ["KeyTest", "KeyType", "KeyValue", "is_reflexive", "key_test", "outcome", "passes", "solve_key"]


class KeyType(NamedTuple):
    """What is known of a condition key."""

    single: bool = False
    """Whether it surely never has more than one value in a request."""
    family: Family | None = None
    """The kind of its values, where known."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyTest:
    """One test of a condition block, ready to be tried; each is made once, and equal to itself only."""

    condition: Condition
    """The test as it stands in the document, its variables replaced."""
    missing: bool | None
    """Whether a request without the key passes; None where that is not known."""
    present: bool | None
    """Whether any request with the key passes (`Null`); None where its values decide."""
    negated: bool = False
    qualifier: SetQualifier = SetQualifier.NONE
    values: ValueSet | None = None
    """The values that match; None where that is not known."""
    known: bool = True
    """Whether the manual knows the operator."""
    fails_several: bool = False
    """Whether several values surely fail the test, whatever they are."""


class KeyValue(NamedTuple):
    """What a request has of one key."""

    values: tuple[str, ...] | None
    """The values; None where the request does not have the key."""
    certain: bool
    """Whether it surely is a solution."""


Literal = tuple[KeyTest, bool]
"""A test, and whether it is to pass."""
Spend = Callable[[int], None]


# --- tests -----------------------------------------------------------------------------------------------------------


@lru_cache(16384)
def key_test(condition: Condition, reading: Reading) -> KeyTest:
    """Return a test ready to be tried."""
    operator = operator_of(condition.operator)
    if operator is None:
        return KeyTest(condition, None, None, known=False)
    if operator.family is Family.NULL:
        if not {"true", "false"}.issuperset(condition.values):
            return KeyTest(condition, None, None)
        return KeyTest(condition, "true" in condition.values, "false" in condition.values)
    if is_reflexive(condition):
        return _reflexive(condition, operator)
    return KeyTest(
        condition,
        operator.matches_missing_key,
        None,
        operator.negated,
        operator.qualifier,
        _values_of(condition.values, operator, reading),
        fails_several=_fails_several(condition, operator),
    )


_NAMED_ALONE = ("events:source",)
"""Keys of several values of which a test without a set qualifier wants one value alone, by the tables of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html#eb-events-pattern-sources
(of other keys no page says what such a test does)."""


def _fails_several(condition: Condition, operator: Operator) -> bool:
    return (
        condition.folded_key in _NAMED_ALONE
        and operator.comparison == "StringEquals"
        and operator.qualifier is SetQualifier.NONE
        and not operator.negated
    )


def is_reflexive(condition: Condition) -> bool:
    """Return whether a key is compared with itself: `"StringEquals": {"aws:username": "${aws:username}"}`."""
    operator = operator_of(condition.operator)
    return (
        operator is not None
        and operator.family is Family.STRING
        and operator.qualifier is SetQualifier.NONE
        and any(value.lower() == f"${{{condition.folded_key}}}" for value in condition.values)
    )


def _reflexive(condition: Condition, operator: Operator) -> KeyTest:
    """Return the test of a key against itself: it is like itself where it is there, and never differs from itself."""
    if operator.negated:
        return KeyTest(condition, False, False)
    return KeyTest(condition, operator.if_exists, True)


def _values_of(values: tuple[str, ...], operator: Operator, reading: Reading) -> ValueSet | None:
    try:
        if operator.family in (Family.NUMERIC, Family.DATE):
            domain = Domain.NUMBER if operator.family is Family.NUMERIC else Domain.TIME
            bounds = [ordered_value(value, domain, bare_year=reading.bare_year) for value in values]
            order = operator.comparison.removeprefix(operator.family)
            return OrderedSet(order, tuple(sorted(set(bounds))), domain)
        if operator.family is Family.IP_ADDRESS:
            return AddressSet.of(values, mapped_apart=reading.mapped_apart)
    except (ValueError, ArithmeticError, AddressValueError):
        return None
    return _texts_of(values, operator) if operator.comparison in _OF_TEXTS else None


_OF_TEXTS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "Bool", "BinaryEquals")
"""The comparisons whose values are texts or patterns of texts; what any other would match is not known."""


def _texts_of(values: tuple[str, ...], operator: Operator) -> TextSet | None:
    tokens = [_tokens_of(value, operator) for value in values]
    if any(each is None for each in tokens):
        return None
    every = [each for each in tokens if each is not None]
    plain = [each for value, each in zip(values, every, strict=True) if not variables_in(value)]
    kind = {"ArnEquals": "ArnLike"}.get(operator.comparison, operator.comparison)
    return TextSet(
        language_of(tuple(sorted(set(every)))),
        language_of(tuple(sorted(set(plain)))),
        tuple(sorted({f"{kind} {value}" for value in values})),
        len(plain) < len(every),
        Domain.BOOL if operator.family is Family.BOOL else Domain.TEXT,
    )


def _tokens_of(value: str, operator: Operator) -> Tokens | None:
    """Return a value as a pattern; None where it cannot be one."""
    if operator.family is Family.ARN:
        return arn_tokens(value)
    if operator.family is Family.BOOL:
        return wildcard_tokens(value.lower(), literal=True) if value.lower() in ("true", "false") else None
    ignore_case = operator.comparison == "StringEqualsIgnoreCase"
    if ignore_case and not value.isascii():
        return None
    return wildcard_tokens(value, ignore_case=ignore_case, literal=operator.comparison != "StringLike")


# --- solutions -------------------------------------------------------------------------------------------------------


def passes(condition: Condition, values: tuple[str, ...] | None) -> bool | None:
    """Return whether a key with these values (None: absent) passes a test of a document; None where that is not known.

    A test without a set qualifier of several values, and one against a variable, is not evaluated.
    """
    return outcome(key_test(condition, PLAIN), values)


def outcome(test: KeyTest, values: tuple[str, ...] | None) -> bool | None:
    """Return whether a key with these values (None: absent) passes a test; None where that is not known."""
    if values is None:
        return test.missing
    if test.present is not None:
        return test.present
    if test.values is None or (_has_variables(test)):
        return None
    if test.qualifier is SetQualifier.NONE and len(values) > 1:
        return False if test.fails_several else None
    matching = [test.values.has(value) is not test.negated for value in values]
    return all(matching) if test.qualifier is SetQualifier.FOR_ALL_VALUES else any(matching)


def solve_key(literals: Iterable[Literal], kind: KeyType, fill: str, spend: Spend) -> KeyValue | None:
    """Return a value of a key that passes and fails tests as wanted, certain if there is one; None if there is none.

    A test that the manual does not know is taken to pass where it is to pass.
    """
    every = sorted(literals, key=lambda each: (each[0].condition.sort_key, each[1]))
    if any((test, not wanted) in every for test, wanted in every):
        return None
    uncertain = None
    for shape in (_one_value, _absent, _several_values):
        found = shape(every, kind, fill, spend)
        if found and found.certain:
            return found
        uncertain = uncertain or found
    return uncertain


def _absent(literals: Sequence[Literal], _: KeyType, _fill: str, _spend: Spend) -> KeyValue | None:
    certain = True
    for test, wanted in literals:
        if test.missing is None:
            certain = certain and wanted and not test.known
        elif test.missing != wanted:
            return None
    return KeyValue(None, certain)


def _one_value(literals: Sequence[Literal], kind: KeyType, fill: str, spend: Spend) -> KeyValue | None:
    inside: list[ValueSet] = []
    outside: list[ValueSet] = []
    certain = True
    for test, wanted in literals:
        if test.present is not None:
            if test.present != wanted:
                return None
        elif test.values is None:
            certain = certain and wanted and not test.known
        else:
            (inside if test.negated != wanted else outside).append(test.values)
    found = find_value(inside, outside, kind.family, fill, spend)
    return found and KeyValue(
        (found[0],), certain and found[1] and not any(_has_variables(test) for test, _ in literals)
    )


def _several_values(literals: Sequence[Literal], kind: KeyType, fill: str, spend: Spend) -> KeyValue | None:
    """Return two values or more: what holds of all, and for each test one that makes it pass or fail.

    Where one value makes them all pass or fail, it was found before.
    """
    if kind.single or any(test.present is not None and test.present != wanted for test, wanted in literals):
        return None
    if any(test.fails_several and wanted for test, wanted in literals):
        return None
    evaluated = [(test, wanted) for test, wanted in literals if not test.fails_several]
    if _contradict(evaluated, fill, spend):
        return None
    inside, outside, some = _parted(evaluated)
    values: dict[str, bool] = {}
    for each, within in some:
        found = find_value(
            [*inside, *([each] if within else [])], [*outside, *([] if within else [each])], kind.family, fill, spend
        )
        if found is None:
            return None
        values[found[0]] = found[1]
    while len(values) < 2 and len(evaluated) < len(literals):  # noqa: PLR2004 - any two values fail the others
        found = find_value(inside, [*outside, *map(_only, values)], kind.family, fill, spend)
        if found is None:
            return None
        values[found[0]] = found[1]
    if len(values) < 2:  # noqa: PLR2004 - what one value does was tried already
        return None
    return KeyValue(tuple(values), all(map(_is_evaluated_of_several, evaluated)) and all(values.values()))


def _only(value: str) -> TextSet:
    """Return the set of one text."""
    language = language_of((wildcard_tokens(value, literal=True),))
    return TextSet(language, language, (f"StringEquals {value}",))


def _parted(
    literals: Sequence[Literal],
) -> tuple[list[ValueSet], list[ValueSet], list[tuple[ValueSet, bool]]]:
    """Return the sets that all of several values lie in, those that none does, and those that some value does or not.

    A test without a set qualifier may look at any of the values.
    """
    inside: list[ValueSet] = []
    outside: list[ValueSet] = []
    some: list[tuple[ValueSet, bool]] = []
    for test, wanted in literals:
        if test.present is not None or test.values is None:
            continue
        within = test.negated != wanted
        if test.qualifier is not SetQualifier.NONE and (test.qualifier is SetQualifier.FOR_ALL_VALUES) == wanted:
            (inside if within else outside).append(test.values)
        else:
            some.append((test.values, within))
    return inside, outside, some


def _is_evaluated_of_several(literal: Literal) -> bool:
    """Return whether the result of a test on several values is known; if not, the test is assumed to pass."""
    test, wanted = literal
    if test.values is None:
        return test.present is not None or (wanted and not test.known)
    return test.qualifier is not SetQualifier.NONE and not _has_variables(test)


def _contradict(literals: Sequence[Literal], fill: str, spend: Spend) -> bool:
    """Return whether tests without a set qualifier surely contradict each other, however they read several values.

    If a value that is looked for among fewer is found, it is found among more.
    """
    plain = [each for each in literals if each[0].qualifier is SetQualifier.NONE and each[0].values is not None]
    return any(
        passing and not failing and one.negated == other.negated
        and is_within(*_ordered(one, other), fill, spend)
        for one, passing in plain
        for other, failing in plain
    )  # fmt: skip


def _ordered(passing: KeyTest, failing: KeyTest) -> tuple[ValueSet, ValueSet]:
    narrow, wide = (failing, passing) if passing.negated else (passing, failing)
    assert narrow.values is not None  # noqa: S101 - the caller has looked
    assert wide.values is not None  # noqa: S101
    return narrow.values, wide.values


def _has_variables(test: KeyTest) -> bool:
    return isinstance(test.values, TextSet) and test.values.has_variables
