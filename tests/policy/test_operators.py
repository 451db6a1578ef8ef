"""The table of condition operators: each row held against the manual."""

import pytest

from tracker.policy.actions import fold_action
from tracker.policy.operators import Family, SetQualifier, operator_of

ROWS = [
    ("StringEquals", Family.STRING, "StringEquals", False, "", False),
    ("StringNotEquals", Family.STRING, "StringEquals", True, "", True),
    ("StringEqualsIfExists", Family.STRING, "StringEquals", False, "", True),
    ("StringNotEqualsIgnoreCase", Family.STRING, "StringEqualsIgnoreCase", True, "", True),
    ("ForAnyValue:StringLike", Family.STRING, "StringLike", False, "ForAnyValue", False),
    ("ForAnyValue:StringLikeIfExists", Family.STRING, "StringLike", False, "ForAnyValue", False),
    ("ForAnyValue:StringNotLike", Family.STRING, "StringLike", True, "ForAnyValue", False),
    ("ForAllValues:StringNotEquals", Family.STRING, "StringEquals", True, "ForAllValues", True),
    ("ForAllValues:BoolIfExists", Family.BOOL, "Bool", False, "ForAllValues", True),
    ("NotIpAddress", Family.IP_ADDRESS, "IpAddress", True, "", True),
    ("IpAddressIfExists", Family.IP_ADDRESS, "IpAddress", False, "", True),
    ("ArnNotLike", Family.ARN, "ArnLike", True, "", True),
    ("NumericGreaterThanEquals", Family.NUMERIC, "NumericGreaterThanEquals", False, "", False),
    ("NumericNotEquals", Family.NUMERIC, "NumericEquals", True, "", True),
    ("DateLessThan", Family.DATE, "DateLessThan", False, "", False),
    ("DateNotEquals", Family.DATE, "DateEquals", True, "", True),
    ("BinaryEquals", Family.BINARY, "BinaryEquals", False, "", False),
    ("Null", Family.NULL, "Null", False, "", None),
]


@pytest.mark.parametrize(("name", "family", "comparison", "negated", "qualifier", "missing"), ROWS)
def test_an_operator_is_what_the_manual_says(
    name: str, family: Family, comparison: str, negated: bool, qualifier: str, missing: bool | None
) -> None:
    operator = operator_of(name.upper())
    assert operator is not None
    assert operator.name == name
    assert (operator.family, operator.comparison, operator.negated) == (family, comparison, negated)
    assert operator.qualifier is SetQualifier(qualifier)
    assert operator.matches_missing_key is missing


@pytest.mark.parametrize("name", ["Resembles", "Null ", "NullIfExists", "ForAnyValue:Null", "StringNotBool", "Not"])
def test_what_the_manual_does_not_know_is_no_operator(name: str) -> None:
    assert operator_of(name) is None


def test_letters_beyond_ascii_are_not_folded_in_actions() -> None:
    assert fold_action(" S3:GetObject ") == "s3:getobject"
    assert fold_action("K\N{KELVIN SIGN}:\u00c9") == "k\N{KELVIN SIGN}:\u00c9"
