"""The condition operators of IAM as one table: what each compares, and what a missing key means to it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

__all__ = ["Family", "Operator", "SetQualifier", "operator_of", "spelling_of"]


class Family(StrEnum):
    """What kind of values an operator compares."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP_ADDRESS = "IpAddress"
    ARN = "Arn"
    NULL = "Null"


class SetQualifier(StrEnum):
    """How a test looks at a key with several values."""

    NONE = ""
    FOR_ANY_VALUE = "ForAnyValue"
    FOR_ALL_VALUES = "ForAllValues"


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator, with its qualifier and its suffix."""

    name: str
    """Its canonical spelling: `ForAnyValue:StringNotLikeIfExists`."""
    family: Family
    """What kind of values it compares."""
    comparison: str
    """The test without qualifier, suffix and negation: `StringLike` for the above, `IpAddress` for `NotIpAddress`."""
    negated: bool
    """Whether it asks that no value of the policy matches."""
    qualifier: SetQualifier
    """Whether it looks at any or at all values of the request."""
    if_exists: bool
    """Whether it ends in `IfExists`."""

    @property
    def test(self) -> str:
        """The test with its negation, without qualifier and suffix: `StringNotLike` for the above."""
        return self.name.rpartition(":")[2].removesuffix("IfExists")

    @property
    def matches_missing_key(self) -> bool | None:
        """Whether a request without the key passes; None for `Null`, where the value decides.

        `ForAllValues` holds of no values, `ForAnyValue` never does, not even with `IfExists` or a negated test;
        without a qualifier a negated test and `IfExists` pass:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        if self.family is Family.NULL:
            return None
        if self.qualifier is SetQualifier.NONE:
            return self.negated or self.if_exists
        return self.qualifier is SetQualifier.FOR_ALL_VALUES


_ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_COMPARISONS: tuple[tuple[Family, str, str | None], ...] = (
    (Family.STRING, "StringEquals", "StringNotEquals"),
    (Family.STRING, "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    (Family.STRING, "StringLike", "StringNotLike"),
    (Family.ARN, "ArnEquals", "ArnNotEquals"),
    (Family.ARN, "ArnLike", "ArnNotLike"),
    (Family.BOOL, "Bool", None),
    (Family.BINARY, "BinaryEquals", None),
    (Family.IP_ADDRESS, "IpAddress", "NotIpAddress"),
    *(
        (family, f"{family}{order}", f"{family}NotEquals" if order == "Equals" else None)
        for family in (Family.NUMERIC, Family.DATE)
        for order in _ORDERS
    ),
)
"""Family, the test, and the operator that negates it, if there is one."""


def _name(test: str, qualifier: SetQualifier, *, if_exists: bool) -> str:
    return f"{qualifier}{':' if qualifier else ''}{test}{'IfExists' if if_exists else ''}"


def _operators() -> dict[str, Operator]:
    found = {"null": Operator("Null", Family.NULL, "Null", False, SetQualifier.NONE, False)}
    for (family, comparison, negation), qualifier, if_exists in product(_COMPARISONS, SetQualifier, (False, True)):
        for test, negated in ((comparison, False), (negation, True)):
            if test:
                name = _name(test, qualifier, if_exists=if_exists)
                found[name.lower()] = Operator(name, family, comparison, negated, qualifier, if_exists)
    return found


_BY_NAME = _operators()
_OF_NULL = [_name("Null", qualifier, if_exists=if_exists) for qualifier in SetQualifier for if_exists in (False, True)]
_SPELLINGS = {name.lower(): name for name in (*_OF_NULL, *(each.name for each in _BY_NAME.values()))}


def operator_of(name: str) -> Operator | None:
    """Return the operator of a name in any letter case; None for one that the manual does not know.

    `Null` takes neither a qualifier nor `IfExists`.

    >>> operator_of("foranyvalue:stringnotlikeifexists").comparison, operator_of("Resembles")
    ('StringLike', None)
    """
    return _BY_NAME.get(name.lower())


def spelling_of(name: str) -> str:
    """Return a name in any letter case as the manual writes it; one that it does not know as it is.

    `Null` with a qualifier or `IfExists` is no operator, and has one spelling all the same.
    """
    return _SPELLINGS.get(name.lower(), name)
