"""Parts of the search for a request, each by itself."""

from typing import Any

import pytest
from net_effects import deny, document, effect_of, on, trusting, when

from tracker.access import (
    Answer,
    Comparison,
    EffectKind,
    effective_changes,
    guardrail_effect,
    net_effect,
    passes,
)
from tracker.access.budget import Budget, SpentError
from tracker.access.conditions import KeyType
from tracker.access.facts import Facts, global_key_type, type_of
from tracker.access.principals import is_meant
from tracker.access.search import Demands, Literal, Problem, Solution, find_request
from tracker.access.statements import Statements
from tracker.access.values import AddressSet, find_value
from tracker.diff.changes import changes_between
from tracker.policy.documents import parse_document
from tracker.policy.model import Condition

YES, NO, UNKNOWN = Answer


class Letters:
    """A dimension with two values: `a`, and `b`, of which it is not known whether it is outside of `a`."""

    def __init__(self, *, certain: bool) -> None:
        self.certain = certain

    def solve(self, demands: Demands) -> Solution | None:
        wanted = {within for _, within in demands}
        if len(wanted) > 1:
            return None
        return Solution("b", self.certain) if False in wanted else Solution("a")

    def lies_in(self, item: Any, value: Any) -> bool | None:
        return value == item or (False if self.certain else None)


def test_a_certain_request_is_taken_where_a_doubtful_one_was_met_before() -> None:
    problem = Problem(
        {"doubtful": Letters(certain=False), "plain": Letters(certain=True)},
        [],
        [(Literal("doubtful", "a"), Literal("plain", "a"))],
    )
    found = find_request(problem, lambda _: None)
    assert found is not None
    assert (found.certain, found.values["plain"]) == (True, "b")


def test_the_address_after_a_network_is_tried() -> None:
    within, without = AddressSet.of(["10.0.0.0/30"]), AddressSet.of(["10.0.0.0/31", "10.0.0.3"])
    assert find_value([within], [without], None, "~", lambda _: None) == ("10.0.0.2", True)


@pytest.mark.parametrize(
    ("listed", "principal", "meant"),
    [
        ("CanonicalUser:79a5", "AWS:111122223333", None),
        ("AWS:111122223333", "CanonicalUser:79a5", None),
        ("CanonicalUser:79a5", "CanonicalUser:b2f0", None),
        ("CanonicalUser:79a5", "Service:s3.amazonaws.com", False),
        ("Federated:x", "CanonicalUser:79a5", False),
    ],
)
def test_a_canonical_user_may_be_an_account(listed: str, principal: str, meant: bool | None) -> None:
    assert is_meant(listed, principal) is meant


def test_the_audience_of_a_token_and_a_tag_have_one_value() -> None:
    for key in ("token.actions.githubusercontent.com:aud", "accounts.google.com:sub", "aws:requesttag/team"):
        kind = global_key_type(key)
        assert kind is not None
        assert kind.single, key


def test_any_of_several_values_suffices_for_any_value() -> None:
    values = ("a", "b")
    assert passes(Condition("ForAnyValue:StringEquals", "k", ("a",)), values) is True
    assert passes(Condition("ForAllValues:StringEquals", "k", ("a",)), values) is False


def test_a_statement_of_no_resource_matches_nothing() -> None:
    nowhere = on("s3:*", None, NotResource="*")
    statements = Statements(parse_document(document(nowhere)), parse_document(document(on("s3:*"))))
    assert statements.may_match == [False, True]


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        ([], [when("StringEquals", "aws:username", "${aws:username}")], YES),
        ([when("StringEquals", "aws:username", "${aws:username}")], [when("Null", "aws:username", "false")], NO),
        ([on("s3:Get*"), deny("s3:*Object")], [on("s3:Get*")], YES),
    ],
    ids=["a key against itself", "a key that is there", "what two wildcards share"],
)
def test_what_is_new_is_found(before: list[dict[str, Any]], after: list[dict[str, Any]], answer: Answer) -> None:
    assert effect_of(before, after).gains is answer


def test_two_values_differ_where_one_is_a_star() -> None:
    """Of `events:source` a test without a set qualifier wants one value alone; the evaluator of the tests does not."""
    before = when("StringEqualsIfExists", "events:source", "*", "b")
    after = when("ForAllValues:StringEquals", "events:source", "*", "b")
    assert net_effect(parse_document(document(before)), parse_document(document(after))).gains is YES


def test_an_action_with_white_space_stands_apart_from_one_without() -> None:
    """Of white space within an action it is not known whether IAM ignores it."""
    before, after = (parse_document({"Statement": each}) for each in ([], [on("s3:GetObject"), on("s3: GetObject")]))
    found = effective_changes(Comparison(before, after), changes_between(before, after), lambda _: {})
    assert [(one.kind, one.actions) for one in found] == [
        (EffectKind.POSSIBLE, ("s3:GetObject",)),
        (EffectKind.UNCLEAR, ("s3: GetObject",)),
    ]


def test_denials_with_and_without_principals_are_not_compared() -> None:
    before = document({**trusting(AWS="*"), "Effect": "Deny"}, deny("sts:AssumeRole"))
    effect = guardrail_effect(parse_document(before), parse_document(document(deny("sts:AssumeRole"))))
    assert effect.gains is UNKNOWN


def test_what_no_known_action_is_in_is_a_matter_of_later() -> None:
    """AmazonConnectSynchronizationServiceRolePolicy v4: `connect:CreateContactFlow*` less `connect:*AnalyticsData*`."""
    known = {"s3:get*": ("s3:getobject",), "s3:*tagging": ("s3:puttagging",)}
    before, after = document(on("s3:Get*")), document(on("s3:Get*"), deny("s3:*Tagging"))
    effect = net_effect(parse_document(before), parse_document(after), lambda pattern: known.get(pattern, ()))
    assert (effect.gains, effect.loses, effect.loses_later) == (NO, NO, YES)


def test_a_test_without_a_set_qualifier_may_look_at_any_of_several_values() -> None:
    """So two values surely neither pass nor fail it, even where a request could be new by that alone."""
    tagged, other, more = "aws:TagKeys", "aws:PrincipalTag/x", "aws:PrincipalTag/y"

    def allowed(*tests: tuple[str, str, str]) -> dict[str, Any]:
        condition: dict[str, dict[str, str]] = {}
        for operator, key, value in tests:
            condition.setdefault(operator, {})[key] = value
        return on("s3:GetObject", Condition=condition)

    before = [
        allowed(("StringEquals", tagged, "a"), ("StringEquals", other, "q")),
        allowed(("StringNotEquals", other, "q"), ("StringEquals", more, "1")),
        allowed(("StringNotEquals", other, "q"), ("StringNotEquals", more, "1")),
    ]
    after = allowed(("ForAnyValue:StringEquals", tagged, "a"), ("ForAnyValue:StringLike", tagged, "b*"))
    assert effect_of(before, [after]).gains is UNKNOWN


def test_a_witness_names_what_a_variable_stands_for_where_one_of_two_tests_has_it() -> None:
    tests = {"StringNotEquals": {"aws:PrincipalTag/x": "${aws:username}"}, "StringLike": {"aws:PrincipalTag/x": "a*"}}
    effect = effect_of([], [on("s3:GetObject", Condition=tests)])
    assert effect.gained is not None
    context = dict(effect.gained.request.context)
    assert context["aws:username"] != context["aws:principaltag/x"]


def test_a_budget_of_which_nothing_is_allowed_is_spent() -> None:
    with pytest.raises(SpentError):
        Budget(1).spend(1)


def test_that_a_key_has_one_value_is_not_trusted_where_its_name_speaks_against_it() -> None:
    facts = Facts(key_type=lambda _: KeyType(single=True))
    assert not type_of("lambda:vpcids", facts).single
    assert not type_of("securityhub:asffsyntaxpath/id", facts).single
    assert type_of("s3:prefix", facts).single


@pytest.mark.parametrize(
    ("before", "after", "resource"),
    [
        ([], [on("s3:GetObject", None, NotResource="arn:aws:s3:::a/*")], "*"),
        ([], [trusting(AWS="111122223333")], None),
        ([on("s3:*", "arn:aws:s3:::a/*")], [on("s3:*", ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])], "arn:aws:s3:::b/*"),
        (
            [on("s3:*", "arn:aws:s3:::a*"), deny("s3:*", "arn:aws:s3:::*b")],
            [on("s3:*", "arn:aws:s3:::a*")],
            "arn:aws:s3:::a*b",
        ),
    ],
    ids=["all but some", "a trust names none", "of two patterns the new one", "what an Allow and a Deny share"],
)
def test_a_witness_names_the_narrowest_pattern_of_its_resource(
    before: list[dict[str, Any]], after: list[dict[str, Any]], resource: str | None
) -> None:
    effect = effect_of(before, after)
    assert effect.gained is not None
    assert effect.gained.resource == resource


def test_a_request_without_the_key_of_a_variable_counts_though_no_test_names_it() -> None:
    """What a NotResource with such a variable means then the manual does not say: it may allow nothing, or all."""
    home = "arn:aws:s3:::b/${aws:username}/*"
    halves = [on("s3:*", home), on("s3:*", None, NotResource=home)]
    effect = effect_of(halves, [on("s3:*")])
    assert (effect.gains, effect.loses) == (UNKNOWN, NO)
