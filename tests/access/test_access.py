"""Net effect in named cases: what a change gives, what it takes, and the request that shows it."""

from collections.abc import Collection
from typing import Any

import pytest
from builders import condition
from evaluator import like
from net_effects import ACCOUNT, but, deny, document, effect_of, on, trusting, when

from tracker.access import (
    Answer,
    Comparison,
    Gain,
    Possibility,
    ReasonKind,
    Verdict,
    conditions,
    guardrail_effect,
    net_effect,
    passes,
)
from tracker.access.principals import is_meant
from tracker.policy.documents import parse_document
from tracker.policy.model import PolicyDocument
from tracker.policy.operators import Family, Operator, SetQualifier, operator_of

BUCKET = "arn:aws:s3:::reports/*"
OBJECT = "arn:aws:s3:::reports/2024/a.csv"
TEAM = {"StringEquals": {"aws:ResourceTag/team": "red"}}

SAME, BROADENS, NARROWS, BOTH, UNDECIDED = Verdict

SCENARIOS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Verdict]] = {
    # actions
    "nothing to nothing": ([], [], SAME),
    "a first statement": ([], [on("s3:GetObject")], BROADENS),
    "an action in other letters": ([on("S3:getobject")], [on("s3:GetObject")], SAME),
    "a letter that only looks like one": ([on("kms:Decrypt")], [on("\u212ams:Decrypt")], BOTH),
    "a blank around an action": ([on(" s3:GetObject")], [on("s3:GetObject")], SAME),
    "a blank within an action is another pattern": ([on("s3: GetObject")], [on("s3:GetObject")], BROADENS),
    "a blank within an action may be ignored": ([], [on("s3: GetObject")], UNDECIDED),
    "a wildcard takes it in all the same": ([on("s3:*")], [on(["s3:*", "s3: GetObject"])], SAME),
    "exceptions in other letters": ([but("IAM:*")], [but("iam:*")], SAME),
    "everything, then everything with a colon": ([on("*")], [on("*:*")], SAME),  # an action has a colon
    "an action that a wildcard grants": ([on("s3:Get*")], [on(["s3:Get*", "s3:GetObject"])], SAME),
    "a wildcard for one of its actions": ([on("s3:GetObject")], [on("s3:Get*")], BROADENS),
    "a wildcard for its parts": ([on("s3:*")], [on(["s3:Get*", "s3:Put*"])], NARROWS),
    # ServiceCatalogAdminFullAccess v6: dozens of actions come, and all of them were allowed before
    "a service's wildcard is spelled out": (
        [on("servicecatalog:*")],
        [on(["servicecatalog:CreatePortfolio", "servicecatalog:List*", "servicecatalog:Describe*"])],
        NARROWS,
    ),
    "two Detect actions fold into a wildcard": (
        [on(["cloudformation:DetectStackDrift", "cloudformation:DetectStackSetDrift"])],
        [on("cloudformation:Detect*")],
        BROADENS,
    ),
    "statements reordered": ([on("s3:Get*"), on("ec2:Run*")], [on("ec2:Run*"), on("s3:Get*")], SAME),
    "a statement split by resource": ([on("s3:*", ["a*", "b*"])], [on("s3:*", "b*"), on("s3:*", "a*")], SAME),
    "a statement split by value": (
        [when("StringEquals", "aws:RequestedRegion", "eu-west-1", "eu-west-2")],
        [when("StringEquals", "aws:RequestedRegion", each) for each in ("eu-west-1", "eu-west-2")],
        SAME,
    ),
    # NotAction
    "a further exception": ([but(["iam:*"])], [but(["iam:*", "organizations:*"])], NARROWS),
    "an exception within an exception": ([but(["iam:*"])], [but(["iam:*", "iam:PassRole"])], SAME),
    "an exception that another statement allows": (
        [but(["iam:*"])],
        [but(["iam:*", "organizations:*"]), on("organizations:*")],
        SAME,
    ),
    "an exception made smaller": ([but(["iam:*"])], [but(["iam:Create*"])], BROADENS),
    "all but nothing that matters": ([on("*")], [but(["iam:*"]), on("iam:*")], SAME),
    "power with two exceptions put together": ([on("*")], [but(["iam:*"]), but(["s3:*"])], SAME),
    # Deny
    "a Deny comes": ([on("s3:*")], [on("s3:*"), deny("s3:Delete*")], NARROWS),
    "a Deny goes": ([on("s3:*"), deny("s3:Delete*")], [on("s3:*")], BROADENS),
    "a Deny of what was never allowed": ([on("s3:*")], [on("s3:*"), deny("ec2:*")], SAME),
    "a Deny of all but": ([on("*")], [on("*"), deny(None, NotAction=["s3:*"])], NARROWS),
    "a Deny of all but, instead of an Allow of it": (
        [on("s3:*")],
        [on("*"), deny(None, NotAction="s3:*")],
        SAME,
    ),
    "what comes is denied": ([on("s3:*")], [on(["s3:*", "ec2:*"]), deny("ec2:*")], SAME),
    "what comes is denied in part": ([on("s3:*")], [on(["s3:*", "ec2:*"]), deny("ec2:*", "arn:a*")], BROADENS),
    "a Deny gets a condition": (
        [on("s3:*"), deny("s3:*", "arn:a*")],
        [on("s3:*"), deny("s3:*", "arn:a*", Condition={"Bool": {"aws:SecureTransport": "false"}})],
        BROADENS,
    ),
    "a Deny by region widened": (
        [on("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}})],
        [on("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}})],
        BROADENS,
    ),
    # AWSCompromisedKeyQuarantineV2 v5: it only denies, so it is about what other policies allow
    "a Deny of all but fewer": (
        [on("*"), deny(None, NotAction=["s3:*", "ec2:*"])],
        [on("*"), deny(None, NotAction=["s3:*"])],
        NARROWS,
    ),
    "a guardrail grows": ([deny("s3:Delete*")], [deny(["s3:Delete*", "s3:Put*"])], NARROWS),
    # AWSIAMIdentityCenterAllowListForIdentityContext v2
    "a guardrail excepts more": (
        [deny(None, NotAction=["s3:GetObject"])],
        [deny(None, NotAction=["s3:GetObject", "s3:PutObject"])],
        BROADENS,
    ),
    # resources
    "a resource widened": ([on("s3:GetObject", BUCKET)], [on("s3:GetObject")], BROADENS),
    "a resource in other letters": ([on("s3:*", "arn:a")], [on("s3:*", "arn:A")], BOTH),
    "a resource that a pattern covers": ([on("s3:*", [BUCKET])], [on("s3:*", [BUCKET, OBJECT])], SAME),
    "patterns that overlap": ([on("s3:*", "arn:a*")], [on("s3:*", "arn:*b")], BOTH),
    "all resources but one in other letters": (
        [on("s3:*", None, NotResource="arn:A")],
        [on("s3:*", None, NotResource="arn:a")],
        BOTH,
    ),
    "a Deny of all resources but more": (
        [on("s3:*"), deny("s3:*", None, NotResource=BUCKET)],
        [on("s3:*"), deny("s3:*", None, NotResource=[BUCKET, "arn:aws:s3:::logs/*"])],
        BROADENS,
    ),
    "wildcards in another order": ([on("s3:*", "arn:a?*")], [on("s3:*", "arn:a*?")], SAME),
    "all resources but one": ([on("s3:*")], [on("s3:*", None, NotResource=BUCKET)], NARROWS),
    "a Deny of the others": (
        [on("s3:*", BUCKET)],
        [on("s3:*"), deny("s3:*", None, NotResource=BUCKET)],
        SAME,
    ),
    "the same variable": ([on("s3:*", "arn:${aws:username}/*")], [on("s3:*", "arn:${aws:username}/*")], SAME),
    "a variable instead of a star": ([on("s3:*", "arn:*/*")], [on("s3:*", "arn:${aws:username}/*")], NARROWS),
    # conditions
    "a condition comes": ([on("s3:*")], [on("s3:*", Condition=TEAM)], NARROWS),
    "a condition goes": ([on("s3:*", Condition=TEAM)], [on("s3:*")], BROADENS),
    "a condition beside its action without one": ([on("s3:*")], [on("s3:*"), on("s3:*", Condition=TEAM)], SAME),
    "a value more": ([when("StringEquals", "k:a", "x")], [when("StringEquals", "k:a", "x", "y")], BROADENS),
    "a key in other letters": ([when("StringEquals", "k:A", "x")], [when("stringequals", "K:a", "x")], SAME),
    "another value": ([when("StringEquals", "k:a", "x")], [when("StringEquals", "k:a", "y")], BOTH),
    "another key": ([when("StringEquals", "k:a", "x")], [when("StringEquals", "k:b", "x")], BOTH),
    "Like without a wildcard": ([when("StringEquals", "k:a", "x")], [when("StringLike", "k:a", "x")], SAME),
    "Equals a star is no wildcard": ([when("StringEquals", "k:a", "x*")], [when("StringLike", "k:a", "x*")], BROADENS),
    "IfExists comes": ([when("StringEquals", "k:a", "x")], [when("StringEqualsIfExists", "k:a", "x")], BROADENS),
    "Null false instead of a value": ([when("StringLike", "k:a", "x*")], [when("Null", "k:a", "false")], BROADENS),
    "Null true instead of a negated test": (
        [when("StringNotEquals", "k:a", "x")],
        [when("Null", "k:a", "true")],
        NARROWS,
    ),
    "both sides of Null": ([on("s3:GetObject")], [when("Null", "k:a", each) for each in ("true", "false")], SAME),
    "a lower bound": ([when("NumericLessThan", "k:n", "10")], [when("NumericLessThan", "k:n", "9.5")], NARROWS),
    "a smaller network": ([when("IpAddress", "k:i", "10.0.0.0/8")], [when("IpAddress", "k:i", "10.1.0.0/16")], NARROWS),
    "a later date": (
        [when("DateLessThan", "k:d", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "k:d", "2025-01-01T00:00:00Z")],
        BROADENS,
    ),
    # AmazonEKSServiceRolePolicy v3: one tag has one value, so both mean the same
    "ForAnyValue of a tag": (
        [when("ForAnyValue:StringLike", "ec2:ResourceTag/Name", "eks*")],
        [when("StringLike", "ec2:ResourceTag/Name", "eks*")],
        SAME,
    ),
    "ForAnyValue of a key that may have more": (
        [when("StringLike", "aws:TagKeys", "eks*")],
        [when("ForAnyValue:StringLike", "aws:TagKeys", "eks*")],
        UNDECIDED,
    ),
    "an operator nobody knows, on both sides": ([when("Sometimes", "k:a", "x")], [when("Sometimes", "k:a", "x")], SAME),
    "an operator nobody knows comes": ([on("s3:GetObject")], [when("Sometimes", "k:a", "x")], UNDECIDED),
    "a Deny of those without a second factor that asks for the key": (
        [on("s3:*"), deny("s3:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})],
        [on("s3:*"), deny("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
        BROADENS,
    ),
    "a Deny under one condition instead of two": (
        [on("s3:*"), deny("s3:*", Condition={"StringEquals": {"k:a": "x", "k:b": "y"}})],
        [on("s3:*"), deny("s3:*", Condition={"StringEquals": {"k:a": "x"}})],
        NARROWS,
    ),
    "true as a boolean and as a text": (
        [on("s3:GetObject", Condition={"Bool": {"k:b": True}})],
        [when("Bool", "k:b", "True")],
        SAME,
    ),
    "True is no true where letters count": (
        [when("StringEquals", "k:a", "True")],
        [when("StringEquals", "k:a", "true")],
        BOTH,
    ),
    "true as a text implies true": ([when("Bool", "k:b", "true")], [when("StringEquals", "k:b", "true")], UNDECIDED),
    "one operator twice, in other letters": (
        [on("s3:GetObject", Condition={"StringEquals": {"k:a": ["x", "y"], "K:A": "y"}})],
        [when("StringEquals", "k:a", "y")],
        SAME,
    ),
    "ForAllValues holds of nothing": (
        [when("ForAnyValue:StringEquals", "aws:TagKeys", "a")],
        [when("ForAllValues:StringEquals", "aws:TagKeys", "a")],
        BOTH,
    ),
    "ForAllValues of a key that must be there": (
        [
            on(
                "s3:GetObject",
                Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}},
            )
        ],
        [when("ForAllValues:StringEquals", "aws:TagKeys", "a")],
        BROADENS,
    ),
    "ForAllValues instead of IfExists of one tag": (
        [when("ForAllValues:StringEquals", "aws:RequestTag/a", "x")],
        [when("StringEqualsIfExists", "aws:RequestTag/a", "x")],
        SAME,
    ),
    "a test without values": ([when("StringEquals", "k:a")], [on("s3:GetObject")], BROADENS),
    "a test without values of a key that may be missing": ([], [when("ForAllValues:StringEquals", "k:a")], BROADENS),
    "an operator without keys": ([on("s3:GetObject", Condition={"StringEquals": {}})], [on("s3:GetObject")], SAME),
    "a negated test passes without its key": ([], [when("StringNotLike", "k:a", "*")], BROADENS),
    "every network is not no condition": (
        [when("IpAddress", "k:i", "0.0.0.0/0", "::/0")],
        [on("s3:GetObject")],
        BROADENS,
    ),
    "roles of one account, then of all": (
        [when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/a*")],
        [when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*")],
        BROADENS,
    ),
    "a Deny of all roles but some": (
        [on("s3:*"), deny("s3:*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}})],
        [on("s3:*"), deny("s3:*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin*"}})],
        BROADENS,
    ),
    # principals
    "a Deny of all principals but one goes": (
        [on("s3:*", Principal="*"), deny("s3:*", NotPrincipal={"AWS": ACCOUNT})],
        [on("s3:*", Principal="*")],
        BROADENS,
    ),
    "a Deny of all principals but more": (
        [on("s3:*", Principal="*"), deny("s3:*", NotPrincipal={"AWS": ACCOUNT})],
        [on("s3:*", Principal="*"), deny("s3:*", NotPrincipal={"AWS": [ACCOUNT, "444455556666"]})],
        BROADENS,
    ),
    "a principal more": ([trusting(AWS=ACCOUNT)], [trusting(AWS=[ACCOUNT, "444455556666"])], BROADENS),
    "an account or its root": ([trusting(AWS=ACCOUNT)], [trusting(AWS=f"arn:aws:iam::{ACCOUNT}:root")], SAME),
    "everyone": ([trusting(AWS=ACCOUNT)], [trusting(AWS="*")], BROADENS),
    "another service": ([trusting(Service="ec2.amazonaws.com")], [trusting(Service="ecs.amazonaws.com")], BOTH),
    "a trust split": (
        [trusting(AWS=[ACCOUNT, "444455556666"])],
        [trusting(AWS=ACCOUNT), trusting(AWS="444455556666")],
        SAME,
    ),
    "a role instead of its account": (
        [trusting(AWS=ACCOUNT)],
        [trusting(AWS=f"arn:aws:iam::{ACCOUNT}:role/a")],
        NARROWS,
    ),
    # a statement that can hold for no request is none
    "a statement of no resource": ([], [on("s3:*", None, NotResource="*")], SAME),
    "a key that is there and is not": (
        [],
        [on("s3:*", Condition={"Null": {"k:a": "true"}, "StringEquals": {"k:a": "x"}})],
        SAME,
    ),
}


@pytest.mark.parametrize(("before", "after", "verdict"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_net_effect_is(before: list[dict[str, Any]], after: list[dict[str, Any]], verdict: Verdict) -> None:
    effect = effect_of(before, after)
    assert effect.verdict is verdict, effect


def test_a_witness_names_the_statement_its_patterns_and_its_tests() -> None:
    effect = effect_of([on("s3:Put*")], [on("s3:Put*"), on("S3:GetObject", BUCKET, Condition=TEAM)])
    assert effect.gained is not None
    assert (effect.gained.action, effect.gained.resource, effect.gained.statement) == ("S3:GetObject", BUCKET, 1)
    assert [(test.operator, test.key, test.values) for test in effect.gained.conditions] == [
        ("StringEquals", "aws:ResourceTag/team", ("red",))
    ]
    assert effect.gained.request.context == (("aws:resourcetag/team", ("red",)),)


def test_a_witness_names_the_test_that_is_not_needed_any_more() -> None:
    effect = effect_of([on("s3:*", Condition=TEAM)], [on("s3:*")])
    assert effect.gained is not None
    assert [test.key for test in effect.gained.avoided] == ["aws:ResourceTag/team"]


def test_a_witness_names_the_deny_that_went() -> None:
    effect = effect_of([deny("s3:Delete*"), on("s3:*")], [on("s3:*")])
    assert effect.gained is not None
    assert (effect.gained.action, effect.gained.statement, effect.gained.denied_by) == ("s3:Delete*", 0, 0)


def test_a_deny_of_what_was_never_allowed_matters_beside_other_policies() -> None:
    before, after = document(on("s3:*"), deny("ec2:*")), document(on("s3:*"))
    assert effect_of(before["Statement"], after["Statement"]).verdict is SAME
    effect = guardrail_effect(parse_document(before), parse_document(after))
    assert (effect.verdict, effect.beside_others) == (BROADENS, True)
    assert effect.gained is not None
    assert (effect.gained.action, effect.gained.statement, effect.gained.denied_by) == ("ec2:*", None, 1)


def test_a_condition_that_cannot_be_evaluated_is_assumed_and_said_to_be() -> None:
    effect = effect_of([], [when("Sometimes", "k:a", "x")])
    assert effect.gained is not None
    assert [test.operator for test in effect.gained.request.assumed] == ["Sometimes"]


def test_a_direction_may_be_decided_while_the_other_is_not() -> None:
    effect = effect_of([on("s3:GetObject")], [when("Sometimes", "k:a", "x")])
    assert (effect.gains, effect.loses) == (Answer.NO, Answer.UNKNOWN)
    assert [(reason.kind, reason.statement, reason.action) for reason in effect.loss_reasons] == [
        (ReasonKind.CONDITIONS, 0, "s3:GetObject")
    ]


def test_documents_that_name_principals_are_not_compared_with_those_that_do_not() -> None:
    effect = effect_of([on("sts:AssumeRole", None)], [trusting(AWS="*")])
    assert [reason.kind for reason in effect.gain_reasons] == [ReasonKind.ELEMENTS]


def test_a_hostile_document_ends_in_a_budget() -> None:
    before = [on([f"*a*{number}*b" for number in range(3000)])]
    effect = effect_of(before, [on([f"*a*{number}*b*c" for number in range(3000)])])
    assert ReasonKind.BUDGET in {reason.kind for reason in (*effect.gain_reasons, *effect.loss_reasons)} or (
        effect.verdict is Verdict.BOTH
    )


@pytest.mark.parametrize(
    "value", ["1e999999999", "9" * 100_000, "-1e-999999999", "nan", "${k:b}", "", "0x10", "10.0.0.0/33", "arn:"]
)
@pytest.mark.parametrize("operator", ["NumericLessThan", "DateGreaterThan", "IpAddress", "ArnLike", "Bool", "Null"])
def test_a_value_that_cannot_be_read_is_no_crash(operator: str, value: str) -> None:
    before, after = (parse_document(document(when(operator, "k:a", each))) for each in ("1", value))
    assert net_effect(before, after).verdict in Verdict


KNOWN = ("s3:GetObject", "s3:GetBucketAcl", "s3:PutObject", "iam:PassRole")


def known(pattern: str) -> Collection[str]:
    return [name.lower() for name in KNOWN if like(pattern, name, blind=True)]


def newly_possible(before: PolicyDocument, after: PolicyDocument, *more: str) -> tuple[Possibility, ...]:
    names = {name.lower(): name for name in (*KNOWN, *more)}
    return tuple(Comparison(before, after).newly_possible(names).values())


def test_a_wildcard_is_its_expansion_where_actions_are_known() -> None:
    before = parse_document(document(on(["s3:GetObject", "s3:GetBucketAcl"])))
    after = parse_document(document(on("s3:Get*")))
    assert net_effect(before, after).verdict is Verdict.BROADENS
    effect = net_effect(before, after, known)
    assert effect.verdict is Verdict.SAME
    assert effect.rests_on_universe


def test_an_action_that_a_document_names_is_known() -> None:
    before = parse_document(document(on(["s3:GetObject", "s3:GetBucketAcl", "s3:GetSecret"]), deny("s3:GetSecret")))
    effect = net_effect(before, parse_document(document(on("s3:Get*"))), known)
    assert effect.gained is not None
    assert effect.gained.request.action == "s3:getsecret"


def test_a_wildcard_of_nothing_known_stays_open() -> None:
    before, after = parse_document(document()), parse_document(document(on("zocalo:*")))
    assert net_effect(before, after, known).verdict is Verdict.BROADENS


def test_newly_possible_distinguishes_new_actions_from_wider_ones() -> None:
    before = parse_document(document(on("s3:GetObject", BUCKET), on("s3:GetBucketAcl")))
    after = parse_document(document(on("s3:*")))
    assert newly_possible(before, after) == (
        Possibility("s3:GetObject", Gain.WIDER),
        Possibility("s3:PutObject", Gain.NEW),
    )


def test_an_action_that_was_denied_altogether_is_new() -> None:
    before = parse_document(document(on("*"), deny("iam:*")))
    found = newly_possible(before, parse_document(document(on("*"))))
    assert found == (Possibility("iam:PassRole", Gain.NEW),)


def test_an_action_that_no_catalogue_knows_is_newly_possible_when_it_is_asked_for() -> None:
    before, after = parse_document(document()), parse_document(document(on("zocalo:Secret")))
    assert newly_possible(before, after, "zocalo:Secret") == (Possibility("zocalo:Secret", Gain.NEW),)


@pytest.mark.parametrize(
    ("listed", "principal", "meant"),
    [
        ("AWS:arn:aws:iam::111111111111:role/a", "AWS:111111111111", False),
        ("AWS:arn:aws:iam::111111111111:user/a", "AWS:111111111111", False),
        ("AWS:arn:aws:iam::111111111111:role/a", "AWS:arn:aws:iam::111111111111:group/x", None),
        ("AWS:arn:aws:iam::111111111111:root/x", "AWS:111111111111", None),
        ("AWS:111111111111", "AWS:arn:aws:iam::111111111111:role/a", True),
        ("AWS:111111111111", "AWS:222222222222", False),
    ],
)
def test_an_account_as_principal_is_somebody_in_it_whom_no_document_names(
    listed: str, principal: str, meant: bool | None
) -> None:
    assert is_meant(listed, principal) is meant


def test_what_an_operator_matches_that_nothing_decides_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = Operator("StringStartsWith", Family.STRING, "StringStartsWith", False, SetQualifier.NONE, False)
    known = operator_of
    monkeypatch.setattr(conditions, "operator_of", lambda name: starts if name == starts.name else known(name))
    assert passes(condition("StringStartsWith", "aws:username", "ab"), ("abc",)) is None
    assert passes(condition("StringEquals", "aws:username", "ab"), ("abc",)) is False
