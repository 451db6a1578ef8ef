"""What one scope says of another: tables of what is certain, and brute force against all that is called certain."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pytest
from builders import condition
from evaluator import like, passes
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.policy.implications import implies
from tracker.policy.model import Condition, Scope
from tracker.policy.scopes import covers, merge_scopes

CERTAIN = [
    ("StringEquals a", "StringEquals a b"),
    ("StringEquals a", "StringEqualsIfExists a"),
    ("StringEquals a", "StringEqualsIgnoreCase A"),
    ("StringEquals ab", "StringLike a*"),
    ("StringEquals *", "StringLike *"),
    ("StringEquals ${aws:x}", "StringLike ${aws:x}*"),
    ("StringLike ab*", "StringLike a* c"),
    ("StringNotEquals a b", "StringNotEquals a"),
    ("StringNotEqualsIfExists a", "StringNotEquals a"),  # a negated test passes without its key anyway
    ("StringNotEqualsIgnoreCase a b", "StringNotEqualsIgnoreCase B"),
    ("StringNotLike a*", "StringNotLike ab*"),
    ("ForAnyValue:StringEquals a", "ForAnyValue:StringLike *"),
    ("ForAllValues:StringEquals a", "ForAllValues:StringEquals a b"),
    ("ForAllValues:StringEqualsIfExists a", "ForAllValues:StringEquals a"),
    # ForAnyValue never holds of a missing key, whatever its suffix
    ("ForAnyValue:StringNotEqualsIfExists a", "ForAnyValue:StringNotEquals a"),
    ("ForAnyValue:StringEqualsIfExists a", "ForAnyValue:StringEquals a"),
    ("StringEquals ${AWS:Username}", "StringLike ${aws:username}*"),
    ("NumericEquals 3", "NumericLessThan 4"),
    ("NumericLessThan 3", "NumericLessThan 4"),
    ("NumericLessThan 3", "NumericLessThanEquals 3"),
    ("NumericLessThanEquals 3", "NumericLessThan 3.5"),
    ("NumericGreaterThan 4", "NumericGreaterThanEquals 4"),
    ("NumericGreaterThanEquals -3", "NumericGreaterThan -4"),
    ("NumericLessThan 3", "NumericLessThan 10000000000000000000000000000000000000000"),
    ("DateLessThan 2024-01-01T00:00:00Z", "DateLessThan 2024-01-01T00:00:00+00:00"),
    ("DateGreaterThan 2024-01-01T00:00:00Z", "DateGreaterThan 2023-12-31T23:59:59-01:00 2020-01-01T00:00:00Z"),
    ("DateLessThan 1700000000", "DateLessThan 2024-01-01T00:00:00Z"),
    ("IpAddress 10.1.0.0/16", "IpAddress 10.0.0.0/8"),
    ("IpAddress 10.1.2.3", "IpAddress 10.0.0.0/8 2001:db8::/32"),
    ("IpAddress 2001:db8::1", "IpAddress 2001:db8::/32"),
    ("NotIpAddress 10.0.0.0/8", "NotIpAddress 10.1.0.0/16"),
    ("ArnEquals arn:aws:iam::1:role/a", "ArnLike arn:aws:iam::1:role/*"),
    ("ArnLike arn:aws:iam::1:role/a*", "ArnEquals arn:aws:iam::1:role/*"),
    ("ArnNotLike arn:aws:iam::*:*", "ArnNotEquals arn:aws:iam::1:*"),
    ("ArnLike arn:aws:iam::1:role/*", "StringLike arn:aws:iam::1:*"),
    ("StringEquals arn:aws:iam::1:role/a", "ArnLike arn:aws:iam::*:role/a"),
    ("StringLike a", "StringEquals a"),
    ("StringNotLike a*", "StringNotEquals ab"),
    ("StringNotEqualsIgnoreCase a", "StringNotEquals A"),
    ("StringEquals true", "Bool true"),
    ("StringEquals a", "ForAnyValue:StringLike a*"),
    ("Null true", "StringNotEquals a"),
    ("Null true", "ForAllValues:StringEquals a"),
    ("Null true", "BoolIfExists true"),
    ("Bool true", "Bool true false"),
    ("BinaryEquals QQ==", "BinaryEquals QQ== Qg=="),
    ("Null false", "Null false true"),
    ("StringEquals a", "Null false"),
    ("ForAnyValue:StringLike *", "Null false"),
    ("IpAddress 10.0.0.0/8", "Null false"),
    ("Null false", "StringLike a *"),
    ("Null false", "ForAnyValue:StringLike *"),
    ("StringLike arn:aws:iam::1:role/*", "ArnLike arn:aws:iam::1:role/*"),  # AWSLakeFormationCrossAccountManager v7
    ("StringNotEquals a b", "StringNotLike a"),
    # addresses of both ends of a network
    ("IpAddress 10.0.0.0/16", "IpAddress 10.0.0.0/8"),
    ("IpAddress 10.255.0.0/16", "IpAddress 10.0.0.0/8"),
    # five digits are seconds since 1970
    ("DateLessThan 12345", "DateLessThan 12346"),
    # the last part of an ARN may have colons, and so may a variable
    ("ArnEquals arn:aws:logs:x:1:log-group:a:b", "ArnLike arn:aws:logs:x:1:log-group:*"),
    ("ArnEquals arn:aws:iam::1:user/${aws:username}", "ArnLike arn:aws:iam::1:user/*"),
    ("ArnLike arn:aws:s3:::a*", "ArnLike arn:aws:s3:::b arn:aws:s3:::a*"),
]
NOT_CERTAIN = [
    ("StringEquals ab c", "StringLike a*"),
    ("StringEquals ab c", "StringLike a* b*"),
    ("StringEquals arn:aws:s3:::a x", "ArnEquals arn:aws:s3:::a x"),  # what is no ARN equals none
    ("StringEquals a b", "StringEquals a"),
    ("StringEqualsIfExists a", "StringEquals a"),
    ("StringEqualsIgnoreCase a", "StringEquals a"),
    ("StringLike a*", "StringEquals a"),
    ("StringLike a b*", "StringEquals a b*"),
    ("StringEquals *", "StringLike a*"),
    ("StringEquals ${*}", "StringLike ${$}{*}"),  # the character `*` is not the text `${*}`
    ("StringEquals ${v}", "StringLike a*"),
    ("StringNotEquals a", "StringNotEquals a b"),
    ("StringNotEquals a", "Null false"),
    ("StringNotLike ab*", "StringNotLike a*"),
    ("DateLessThan 2030", "DateLessThan 2031-01-01T00:00:00Z"),  # a year, or seconds
    ("ForAllValues:StringEquals a b", "ForAllValues:StringEquals a"),
    ("ForAllValues:StringEquals a", "ForAnyValue:StringEquals a"),
    ("ForAllValues:StringEquals a", "StringEquals a"),
    ("ForAllValues:StringEquals a", "Null false"),
    ("StringEqualsIfExists a", "Null false"),
    ("NumericLessThanEquals 4", "NumericLessThan 4"),
    ("NumericLessThan 5", "NumericLessThan 4"),
    ("NumericGreaterThan 3", "NumericGreaterThan 4"),
    ("NumericGreaterThan 5", "NumericLessThan 9"),
    ("NumericLessThan x", "NumericLessThan 4"),
    ("NumericLessThan 1E1000000", "NumericLessThan 4"),
    ("NumericLessThan NaN", "NumericLessThan 4"),
    (
        "NumericLessThanEquals 10000000000000000000000000000001",
        "NumericLessThanEquals 10000000000000000000000000000000",
    ),
    ("DateLessThan 2024-01-02T00:00:00Z", "DateLessThan 2024-01-01T00:00:00Z"),
    ("DateLessThan soon", "DateLessThan 2024-01-01T00:00:00Z"),
    ("DateGreaterThan 0001-01-01T00:00:00+23:00", "DateGreaterThan 2024-01-01T00:00:00Z"),
    ("IpAddress 10.0.0.0/8", "IpAddress 10.1.0.0/16"),
    ("IpAddress 10.1.0.0/16 192.168.0.0/16", "IpAddress 10.0.0.0/8"),
    ("IpAddress 10.0.0.0/8", "IpAddress ::/0"),
    ("IpAddress 10.0.0.0/8", "IpAddress all"),
    ("NotIpAddress 10.1.0.0/16", "NotIpAddress 10.0.0.0/8"),
    ("ArnLike arn:aws:iam::1:role/*", "ArnLike arn:aws:iam::1:role/a"),
    # the star does not reach over a colon of the first five: part by part is what the manual says
    ("ArnLike arn:aws:s3:::a", "ArnLike arn:*:::a"),
    ("ArnNotLike arn:aws:iam::*", "ArnNotEquals arn:aws:iam::1:*"),
    ("StringLike arn:aws:iam::*:role/a", "ArnLike arn:aws:iam::*:role/a"),
    ("StringNotEquals a*", "StringNotLike a*"),
    ("StringNotEquals a b*", "StringNotLike a b*"),
    ("ForAnyValue:StringEquals a", "StringEquals a"),
    ("Null true", "ForAnyValue:StringNotEquals a"),
    ("StringLike a*", "StringEquals a*"),
    ("Bool true", "Bool false"),
    ("BoolIfExists true", "Bool true"),
    ("Null true", "Null false"),
    ("Bool true", "StringEquals true"),
    ("Resembles a", "Resembles a b"),
    ("Resembles a", "StringEquals a"),
    ("StringEquals a", "Resembles a"),
    ("ArnLike arn:aws:s3:::a arn:aws:s3:::b", "ArnLike arn:aws:s3:::a"),
    ("ArnLike arn:aws:s3:::a*", "StringLike arn:aws:s3:::b*"),
    # an incomplete ARN stands for all that begin so
    ("ArnLike arn:aws:s3:::a arn:aws:sns", "StringLike arn:aws:s3:::a arn:aws:sns"),
]


def _test(text: str, key: str = "k") -> Condition:
    operator, *values = text.split()
    return condition(operator, key, *values)


@pytest.mark.parametrize(("given_test", "wanted"), CERTAIN)
def test_a_test_surely_implies_another(given_test: str, wanted: str) -> None:
    assert implies(_test(given_test), _test(wanted))
    assert not implies(_test(given_test), _test(wanted, "other"))


@pytest.mark.parametrize(("given_test", "wanted"), NOT_CERTAIN)
def test_what_is_not_certain_is_not_claimed(given_test: str, wanted: str) -> None:
    assert not implies(_test(given_test), _test(wanted))


def test_keys_are_compared_without_regard_to_case() -> None:
    assert implies(condition("StringEquals", "AWS:Tag", "a"), condition("StringEquals", "aws:tag", "a", "b"))


STRINGS = [f"String{name}" for name in ("Equals", "EqualsIgnoreCase", "Like")]
STRINGS += [name.replace("String", "StringNot") for name in STRINGS]
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
TIMES = ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "1704067201", "2024-06-01T00:00:00Z"]
FAMILIES = {
    "strings": (STRINGS, ["a", "A", "a*", "?"], ["a", "A", "b", "ab", "a*", "?", ""]),
    "numbers": (
        [f"Numeric{name}" for name in ORDERS],
        ["1", "2", "2.0", "10"],
        ["0", "1", "1.5", "2", "9", "10", "11"],
    ),
    "dates": ([f"Date{name}" for name in ORDERS], TIMES, [*TIMES, "1704067199", "1735689600"]),
    "addresses": (
        ("IpAddress", "NotIpAddress"),
        ["10.0.0.0/8", "10.1.0.0/16", "10.1.0.1", "::/0", "0.0.0.0/0"],
        ["10.1.0.1", "10.1.0.2", "10.2.0.0", "192.0.2.1", "::1"],
    ),
    "arns": (
        ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
        ["*", "x:*", "x:a", "x:?"],
        ["x:a", "x:b", "x:ab", "y"],
    ),
    "truth values": (("Bool", "BinaryEquals"), ["true", "false"], ["true", "false"]),
}


def _tests(operators: Sequence[str], values: Sequence[str]) -> Iterator[Condition]:
    for prefix, operator, suffix in product(("", "ForAnyValue:", "ForAllValues:"), operators, ("", "IfExists")):
        for number in range(3):
            for wanted in combinations(values, number):
                yield condition(f"{prefix}{operator}{suffix}", "k", *wanted)
    for wanted in (("true",), ("false",), ("false", "true")):
        yield condition("Null", "k", *wanted)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_called_certain_holds_for_every_request(family: str) -> None:
    """Each test of a family against each other, on requests without the key, with one value, and with two."""
    operators, values, seen = FAMILIES[family]
    requests: list[tuple[str, ...] | None] = [None, *((value,) for value in seen), *combinations(seen, 2)]
    singles = len(seen) + 1
    passed = {
        test: frozenset(
            index
            # Without a prefix, a key has one value at the most.
            for index, request in enumerate(requests if ":" in test.operator else requests[:singles])
            if passes(test.operator, test.values, request)
        )
        for test in _tests(operators, values)
    }
    certain = 0
    for given_test, wanted in product(passed, repeat=2):
        if implies(given_test, wanted):
            certain += 1
            beyond = range(singles, len(requests)) if ":" not in wanted.operator and ":" in given_test.operator else ()
            assert passed[given_test] - set(beyond) <= passed[wanted], (given_test, wanted)
    assert certain > len(passed)


def _scope(resources: str = "*", *tests: str, **parts: tuple[str, ...]) -> Scope:
    listed = () if "not_resources" in parts else tuple(resources.split())
    return Scope(resources=listed, conditions=tuple(_test(test) for test in tests), **parts)


COVERED = [
    pytest.param([_scope("*")], [_scope("a")], id="everything takes in one"),
    pytest.param([_scope("a*")], [_scope("ab ac")], id="a pattern takes in its texts"),
    pytest.param([_scope("a"), _scope("b")], [_scope("a b")], id="two lists together"),
    pytest.param([_scope("*")], [_scope("*", "Bool true")], id="no condition takes in any"),
    pytest.param(
        [_scope("*", "StringLike a*")], [_scope("a", "StringEquals ab", "Bool true")], id="a weaker condition"
    ),
    pytest.param(
        [_scope("*", "StringEquals a"), _scope("*", "StringEquals b")],
        [_scope("*", "StringEquals a b")],
        id="values one by one",
    ),
    pytest.param(
        [_scope("a", "StringEquals a"), _scope("b", "StringEquals a"), _scope("*", "StringEquals b")],
        [_scope("a b", "StringEquals a b")],
        id="values and resources one by one",
    ),
    pytest.param([_scope("*")], [_scope(not_resources=("a",))], id="everything takes in all but some"),
    pytest.param([_scope(not_resources=("a",))], [_scope("b c*")], id="all but some take in what is apart"),
    pytest.param([_scope(not_resources=("ab",))], [_scope(not_resources=("a*", "b"))], id="fewer exceptions"),
    pytest.param([_scope(principals=("*",))], [_scope(principals=("AWS:1",))], id="everyone takes in one"),
    pytest.param([_scope(principals=("AWS:1", "AWS:2"))], [_scope(principals=("AWS:2",))], id="more principals"),
    pytest.param([_scope(not_principals=("AWS:1",))], [_scope(not_principals=("AWS:1", "AWS:2"))], id="fewer excepted"),
    pytest.param([], [], id="nothing takes in nothing"),
]
UNCOVERED = [
    pytest.param([], [_scope("a")], id="nothing takes in something"),
    pytest.param([_scope("a")], [_scope("*")], id="one takes in everything"),
    pytest.param([_scope("a", "Bool true")], [_scope("a")], id="a condition more"),
    pytest.param([_scope("a"), _scope("c")], [_scope("a b")], id="one resource is missing"),
    pytest.param(
        [_scope("*", "StringEquals a"), _scope("*", "StringEquals c")], [_scope("*", "StringEquals a b")], id="b"
    ),
    pytest.param(  # of a request that has both values neither holds
        [_scope("*", "ForAllValues:StringEquals a"), _scope("*", "ForAllValues:StringEquals b")],
        [_scope("*", "ForAllValues:StringEquals a b")],
        id="all of the values",
    ),
    pytest.param([_scope(not_resources=("a*",))], [_scope("ab")], id="an excepted resource"),
    pytest.param([_scope(not_resources=("a", "b"))], [_scope("b c")], id="one of several is an exception"),
    pytest.param([_scope(not_resources=("a",))], [_scope("${v}")], id="a variable may be the exception"),
    pytest.param([_scope("a")], [_scope(not_resources=("b",))], id="one takes in all but some"),
    pytest.param([_scope(not_resources=("a*",))], [_scope(not_resources=("ab",))], id="more exceptions"),
    pytest.param([_scope(principals=("AWS:1",))], [_scope(principals=("*",))], id="one takes in everyone"),
    pytest.param([_scope(not_principals=("AWS:1", "AWS:2"))], [_scope(not_principals=("AWS:1",))], id="more excepted"),
    pytest.param([_scope(principals=("*",))], [_scope()], id="a policy of another kind"),
]


@pytest.mark.parametrize(("wide", "narrow"), COVERED)
def test_scopes_surely_cover(wide: list[Scope], narrow: list[Scope]) -> None:
    assert covers(wide, narrow)


@pytest.mark.parametrize(("wide", "narrow"), UNCOVERED)
def test_scopes_do_not_surely_cover(wide: list[Scope], narrow: list[Scope]) -> None:
    assert not covers(wide, narrow)


def test_many_alternatives_end_undecided() -> None:
    """Twenty tests of ten values each could be cut in 10^20 parts."""
    tests = [condition("StringEquals", f"k{number}", *"abcdefghij") for number in range(20)]
    wide = [Scope(("*",), conditions=(condition("StringEquals", f"k{number}", *"abcdefghi"),)) for number in range(20)]
    assert not covers(wide, [Scope(("*",), conditions=tuple(tests))])


def test_long_lists_end_undecided() -> None:
    wide = Scope(tuple(f"{number}*x" for number in range(5000)))
    assert not covers([wide], [Scope(tuple(f"{number}*" for number in range(5000)))])
    assert not covers([Scope(not_resources=wide.resources)], [Scope(tuple(f"y{number}*" for number in range(5000)))])


RESOURCES = ["a", "b", "ab", "cab", "c"]
PRINCIPALS = ["AWS:P", "AWS:Q", "Service:S"]
VALUES: list[tuple[str, ...] | None] = [None, ("x",), ("y",), ("xy",)]
REQUESTS = list(product(RESOURCES, PRINCIPALS, VALUES, VALUES))


def _holds(scope: Scope, request: tuple[str, str, tuple[str, ...] | None, tuple[str, ...] | None]) -> bool:
    resource, principal, k, other = request
    contexts = {"k": k, "other": other}
    return (
        (not scope.resources or any(like(pattern, resource) for pattern in scope.resources))
        and not any(like(pattern, resource) for pattern in scope.not_resources)
        and (not scope.principals or bool({"*", principal} & set(scope.principals)))
        and not {"*", principal} & set(scope.not_principals)
        and all(passes(test.operator, test.values, contexts[test.key]) for test in scope.conditions)
    )


def _some(items: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(items), min_size=1, max_size=3).map(sorted).map(tuple)


OPERATORS = [
    f"{name}{suffix}" for name in ("StringEquals", "StringLike", "StringNotEquals") for suffix in ("", "IfExists")
]
TESTS = st.builds(
    lambda operator, key, values: condition(operator, key, *values),
    st.sampled_from(OPERATORS),
    st.sampled_from(["k", "other"]),
    _some(["x", "y", "x*"]),
) | st.sampled_from([condition("Null", "k", "true"), condition("Null", "k", "false")])
PARTS = st.fixed_dictionaries(
    {"conditions": st.lists(TESTS, max_size=2).map(tuple)},
    optional={"resources": _some(["a", "b", "a*", "*b", "*"]), "principals": _some([*PRINCIPALS, "*"])},
)
OTHER_PARTS = st.fixed_dictionaries(
    {}, optional={"not_resources": _some(["a", "a*", "*b"]), "not_principals": _some(PRINCIPALS)}
)
SCOPES = st.builds(lambda parts: Scope(**parts), PARTS) | st.builds(lambda parts: Scope(**parts), OTHER_PARTS)


@settings(max_examples=examples(300))
@given(st.lists(SCOPES, max_size=3), st.lists(SCOPES, min_size=1, max_size=2))
def test_coverage_holds_for_every_request(wide: list[Scope], narrow: list[Scope]) -> None:
    if covers(wide, narrow):
        for request in REQUESTS:
            if any(_holds(scope, request) for scope in narrow):
                assert any(_holds(scope, request) for scope in wide), request


@given(st.lists(SCOPES, max_size=4))
@example([Scope(("a",), principals=("P",)), Scope(("a",), principals=("Q",)), Scope(("b",), principals=("P", "Q"))])
@example([Scope(("a",), principals=("*", "P")), Scope(("a", "b"), principals=("*", "Q"))])
def test_merged_scopes_mean_the_same_in_any_order(scopes: list[Scope]) -> None:
    together = merge_scopes(scopes)
    assert together == merge_scopes(reversed(scopes)) == merge_scopes(together)
    assert len(together) <= len(set(scopes))
    for request in REQUESTS:
        assert any(_holds(scope, request) for scope in scopes) is any(_holds(scope, request) for scope in together)
    assert covers(together, scopes)
