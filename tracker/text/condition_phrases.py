"""Tests of conditions in words: `aws:SourceIp` is in `10.0.0.0/8`; the resource's account is the principal's.

A test is in words where these say exactly what it asks: the operator, any or every value, and what a request without
the key means. Anything else (an operator that IAM does not have, `Null` of other values) is shown as it is written.
"""

from collections.abc import Mapping, Sequence

from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Condition
from tracker.policy.operators import Family, Operator, SetQualifier, operator_of
from tracker.policy.patterns import has_wildcard
from tracker.text.words import Words, code

__all__ = ["ConditionPhrases"]

_PRESENCE: Mapping[tuple[str, ...], str] = {("false",): "present", ("true",): "absent"}
"""What `Null` tests, by its value: whether a request has no such key."""
_OF_ANY_VALUE = {"StringLike": "present", "StringNotLike": "absent"}
"""Operators that say the same of `*`."""
_MANNERS = {SetQualifier.NONE: "one", SetQualifier.FOR_ANY_VALUE: "any", SetQualifier.FOR_ALL_VALUES: "every"}
_OWN = {
    ("aws:resourceaccount", "${aws:principalaccount}"): "test.own-account",
    ("aws:sourceaccount", "${aws:principalaccount}"): "test.source-own-account",
    ("aws:sourceaccount", "${aws:resourceaccount}"): "test.source-resource-account",
    ("aws:principalaccount", "${aws:resourceaccount}"): "test.own-account",
    ("aws:resourceorgid", "${aws:principalorgid}"): "test.own-organization",
    ("aws:principalorgid", "${aws:resourceorgid}"): "test.own-organization",
}
"""Key and value → the message that says both in words."""
_EXACT = ("StringEquals", "ArnEquals", "StringLike", "ArnLike", "StringEqualsIgnoreCase")
_PATTERNS = ("StringLike", "ArnLike", "ArnEquals")
"""Comparisons in which `*` and `?` are wildcards."""
_ORDERS = {
    "LessThan": "less",
    "LessThanEquals": "at-most",
    "GreaterThan": "greater",
    "GreaterThanEquals": "at-least",
}
_SAID = frozenset(("", "Equals", "EqualsIgnoreCase", "Like", *_ORDERS))
"""What a comparison is called behind its family, where there are words for it."""


class ConditionPhrases:
    """Tests of conditions in the words of one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def all_of(self, conditions: Sequence[Condition]) -> str:
        """Return conditions in one phrase; empty for none."""
        if not conditions:
            return ""
        tags = [self._tag("condition", test) for test in conditions]
        if all(tags):
            return self._joined("conditions.tags.between", tags)
        return self._words("conditions", tests=self._joined("conditions.between", list(map(self.test, conditions))))

    def _joined(self, between: str, clauses: Sequence[str]) -> str:
        *others, last = clauses
        return self._words(between).join((*map(self._followed, others), last))

    def _followed(self, clause: str) -> str:
        """Return a clause as it ends where another one follows, by the language's pairs of endings."""
        for pair in self._words("conditions.endings").split():
            last, _, followed = pair.partition("=")
            if last and clause.endswith(last):
                return f"{clause.removesuffix(last)}{followed}"
        return clause

    def test(self, test: Condition, *, as_written: bool = False) -> str:
        """Return one test as a clause.

        Args:
            test: the test.
            as_written: whether its operator is named, where words would not tell it from another test.
        """
        if as_written:
            return self._raw(test)
        operator = operator_of(test.operator)
        if operator is None or not test.values or operator.comparison.removeprefix(operator.family) not in _SAID:
            return self._raw(test)
        if operator.family is Family.NULL:
            name = _PRESENCE.get(test.values)
            return self._words(f"test.{name}", key=code(test.key)) if name else self._raw(test)
        if test.values == (EVERYTHING,) and test.operator in _OF_ANY_VALUE:
            return self._words(f"test.{_OF_ANY_VALUE[test.operator]}", key=code(test.key))
        return self._own(test, operator) or self._tag("test", test) or self._in_words(test, operator)

    def _raw(self, test: Condition) -> str:
        values = self._words.any_of([code(value or '""') for value in test.values]) if test.values else code("[]")
        return self._words("test", key=code(test.key), operator=code(test.operator), values=values)

    def _in_words(self, test: Condition, operator: Operator) -> str:
        # What else passes without the key is no news: a negated test does, and one of every value.
        optional = operator.if_exists and not operator.negated and operator.qualifier is SetQualifier.NONE
        manner = "optional" if optional else _MANNERS[operator.qualifier]
        key = self._words(f"test.key.{manner}", key=code(test.key))
        joined = self._words.all_of if operator.negated else self._words.any_of
        values = joined([code(value or '""') for value in test.values])
        text = self._words(f"test.{_predicate(test, operator)}", count=len(test.values), key=key, values=values)
        return self._words("test.if-exists", test=text) if optional else text

    def _own(self, test: Condition, operator: Operator) -> str:
        """Return a test that an account or an organization is the request's own in words; empty for any other."""
        if operator.name not in _EXACT or len(test.values) != 1:
            return ""
        name = _OWN.get((test.folded_key, test.values[0].lower()))
        return self._words(name) if name else ""

    def _tag(self, name: str, test: Condition) -> str:
        """Return a test of one tag as the documentation words it; empty for any other test."""
        tag = test.key.partition("/")[2]
        kind = test.folded_key.partition("/")[0].partition(":")[2]
        if test.operator == "StringEquals" and tag and kind in ("resourcetag", "requesttag") and len(test.values) == 1:
            return self._words(f"{name}.{kind}", tag=code(f"'{tag}':'{test.values[0]}'"))
        return ""


def _predicate(test: Condition, operator: Operator) -> str:
    """Return the name of the message that says what a test asks of the key."""
    not_ = "not-" if operator.negated else ""
    if operator.family is Family.IP_ADDRESS:
        return f"{not_}in"
    comparison = operator.comparison.removeprefix(operator.family)
    if comparison in _ORDERS:
        return f"date.{_ORDERS[comparison]}" if operator.family is Family.DATE else _ORDERS[comparison]
    if comparison == "EqualsIgnoreCase":
        return f"{not_}ignore-case"
    if operator.comparison in _PATTERNS and any(map(has_wildcard, test.values)):
        return f"{not_}like"
    return f"{not_}is"
