"""Net effect decides what conditions, principals and variables mean together: a row for each equivalence or loss."""

from typing import Any

import pytest
from net_effects import ACCOUNT, document, effect_of, on, trusting

from tracker.access import Answer, Facts, KeyType, Verdict, net_effect
from tracker.policy.documents import parse_document

SAME, BROADENS, NARROWS, BOTH, UNDECIDED = Verdict

TAG, OTHER = "aws:ResourceTag/team", "aws:PrincipalTag/team"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/"


def allow_if(*tests: tuple[str, str, Any], action: str = "s3:GetObject", resource: str = "*") -> dict[str, Any]:
    condition: dict[str, dict[str, Any]] = {}
    for operator, key, value in tests:
        condition.setdefault(operator, {})[key] = value
    return on(action, resource, Condition=condition)


def deny_if(*tests: tuple[str, str, Any]) -> dict[str, Any]:
    return allow_if(*tests) | {"Effect": "Deny"}


def home(user: str, **condition: Any) -> dict[str, Any]:
    elements = {"Condition": condition} if condition else {}
    return on("s3:GetObject", f"arn:aws:s3:::b/{user}/*", **elements)


def let(principal: Any, *tests: tuple[str, str, Any], resource: str = "*") -> dict[str, Any]:
    return allow_if(*tests, resource=resource) | {"Principal": principal}


ALL = on("s3:GetObject")
STRANGER = "999988887777"
IN_ACCOUNT, IS_ROLE = ("StringEquals", "aws:PrincipalAccount", ACCOUNT), ("ArnEquals", "aws:PrincipalArn", f"{ROLE}a")
ROWS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Verdict]] = {
    "equal is within not equal to another": (
        [allow_if(("StringNotEquals", TAG, "b"))],
        [allow_if(("StringNotEquals", TAG, "b")), allow_if(("StringEquals", TAG, "a"))],
        SAME,
    ),
    "contradictory tests allow nothing": ([], [allow_if(("StringEquals", TAG, "a"), ("StringLike", TAG, "b*"))], SAME),
    "a key that differs from itself": ([], [allow_if(("StringNotEquals", "aws:username", "${aws:username}"))], SAME),
    "a Deny that meets no Allow": (
        [allow_if(("StringEquals", TAG, "a"))],
        [allow_if(("StringEquals", TAG, "a")), deny_if(("StringEquals", TAG, "b"))],
        SAME,
    ),
    "a Deny of resources that no Allow names": (
        [on("s3:GetObject", "arn:aws:s3:::a/*")],
        [on("s3:GetObject", "arn:aws:s3:::a/*"), on("s3:*", "arn:aws:s3:::b/*", Effect="Deny")],
        SAME,
    ),
    "Allow and Deny unless": (
        [allow_if(("StringEquals", TAG, "a"))],
        [ALL, deny_if(("StringNotEquals", TAG, "a"))],
        SAME,
    ),
    "Allow and Deny unless, with a variable": (
        [allow_if(("StringEquals", TAG, f"${{{OTHER}}}"))],
        [ALL, deny_if(("StringNotEquals", TAG, f"${{{OTHER}}}"))],
        UNDECIDED,  # the manual says two things of a negated test against a variable without a value
    ),
    "a split into a value and not the value": (
        [ALL],
        [allow_if(("StringEquals", TAG, "a")), allow_if(("StringNotEquals", TAG, "a"))],
        SAME,
    ),
    "a split of what may be missing": (
        [ALL],
        [allow_if(("StringEqualsIfExists", TAG, "a")), allow_if(("StringNotEquals", TAG, "a"), ("Null", TAG, "false"))],
        SAME,
    ),
    "Null true and Null false": ([ALL], [allow_if(("Null", TAG, "true")), allow_if(("Null", TAG, "false"))], SAME),
    "both truths of a key that has no others": (
        [allow_if(("Null", "aws:SecureTransport", "false"))],
        [allow_if(("Bool", "aws:SecureTransport", ["true", "false"]))],
        SAME,
    ),
    "two halves of all addresses": (
        [allow_if(("IpAddress", "aws:SourceIp", "0.0.0.0/0"))],
        [allow_if(("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]))],
        SAME,
    ),
    "a network and all but it": (
        [allow_if(("IpAddress", "aws:SourceIp", "10.0.0.0/8"))],
        [
            allow_if(("IpAddress", "aws:SourceIp", "10.0.0.0/8"), ("NotIpAddress", "aws:SourceIp", "10.1.0.0/16")),
            allow_if(("IpAddress", "aws:SourceIp", "10.1.0.0/16")),
        ],
        SAME,
    ),
    "both cases of a letter": (
        [allow_if(("StringEqualsIgnoreCase", TAG, "a"))],
        [allow_if(("StringEquals", TAG, ["a", "A"]))],
        SAME,
    ),
    "one number written in two ways": (
        [allow_if(("NumericEquals", "s3:max-keys", "10"))],
        [allow_if(("NumericEquals", "s3:max-keys", "10.0"))],
        SAME,
    ),
    "numbers below and from a bound on": (
        [allow_if(("NumericLessThan", "aws:MultiFactorAuthAge", "10"))],
        [
            allow_if(("NumericLessThan", "aws:MultiFactorAuthAge", "5")),
            allow_if(
                ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", "5"),
                ("NumericLessThan", "aws:MultiFactorAuthAge", "10"),
            ),
        ],
        SAME,
    ),
    "a number of four digits is no year": (
        [allow_if(("NumericLessThan", "aws:MultiFactorAuthAge", "3600"))],
        [allow_if(("NumericLessThan", "aws:MultiFactorAuthAge", ["3600", "3599.5"]))],
        SAME,
    ),
    "a day and its midnight": (
        [allow_if(("DateLessThan", "aws:CurrentTime", "2026-06-30"))],
        [allow_if(("DateLessThan", "aws:CurrentTime", "2026-06-30T00:00:00Z"))],
        SAME,
    ),
    "a bare year may be seconds": (
        [allow_if(("DateLessThan", "aws:CurrentTime", "2026-06-30"))],
        [allow_if(("DateLessThan", "aws:CurrentTime", "2030"))],
        UNDECIDED,
    ),
    "a bare year is itself in any case": (
        [allow_if(("DateLessThan", "aws:CurrentTime", "2030"))],
        [allow_if(("DateLessThan", "aws:CurrentTime", ["2030", "2029"]))],
        SAME,
    ),
    "a full ARN as text and as ARN": (
        [allow_if(("StringEquals", "aws:PrincipalArn", f"{ROLE}a"))],
        [allow_if(("ArnEquals", "aws:PrincipalArn", f"{ROLE}a"))],
        SAME,
    ),
    "a pattern of texts for one of ARNs loses colons": (
        [allow_if(("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a"))],
        [allow_if(("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a"))],
        NARROWS,
    ),
    "two tests of one list": (
        [allow_if(("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"]))],
        [
            allow_if(
                ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"]),
                ("ForAllValues:StringNotEquals", "aws:TagKeys", "c"),
            )
        ],
        SAME,
    ),
    "any value is not all values": (
        [allow_if(("ForAllValues:StringEquals", "aws:TagKeys", "a"), ("Null", "aws:TagKeys", "false"))],
        [allow_if(("ForAnyValue:StringEquals", "aws:TagKeys", "a"))],
        BROADENS,
    ),
    "a name in a path and in a test": (
        [home("alice", StringEquals={"aws:username": "alice"})],
        [home("${aws:username}", StringEquals={"aws:username": "alice"})],
        SAME,
    ),
    "a variable narrowed to one value": (
        [home("${aws:username}")],
        [home("bob", StringEquals={"aws:username": "bob"})],
        NARROWS,
    ),
    "a variable with a default": (
        [home("${aws:username}"), home("none", Null={"aws:username": "true"})],
        [home("${aws:username, 'none'}")],
        SAME,
    ),
    "a variable's name in other letters": ([home("${aws:username}")], [home("${AWS:UserName}")], SAME),
    "an incomplete ARN and its complete form": (
        [on("sqs:*", "arn:aws:sqs")],
        [on("sqs:*", "arn:aws:sqs:*:*:*")],
        SAME,
    ),
    "a star that ends a segment reaches beyond the colon": (
        [on("s3:*", "arn:aws:s3*")],
        [on("s3:*", ["arn:aws:s3*", "arn:aws:s3:::b/a:b"])],
        SAME,
    ),
    "a star within a segment may or may not": (
        [on("logs:*", "arn:aws:logs:*:*:log-group:a*z")],
        [on("logs:*", ["arn:aws:logs:*:*:log-group:a*z", "arn:aws:logs:*:*:log-group:a:z"])],
        UNDECIDED,
    ),
    "another role of the account": (
        [trusting(AWS=[f"{ROLE}a"])],
        [trusting(AWS=[f"{ROLE}a", f"{ROLE}b"])],
        BROADENS,
    ),
    "a role beside its account": ([trusting(AWS=ACCOUNT)], [trusting(AWS=[ACCOUNT, f"{ROLE}a"])], SAME),
    "a session beside its role": (
        [trusting(AWS=f"{ROLE}p/a")],
        [trusting(AWS=[f"{ROLE}p/a", f"{SESSION}a/me"])],
        SAME,
    ),
    "a session of another role": ([trusting(AWS=f"{ROLE}a")], [trusting(AWS=f"{SESSION}b/me")], BOTH),
    "a service is no role": (
        [trusting(AWS=f"{ROLE}a")],
        [trusting(AWS=f"{ROLE}a", Service="ec2.amazonaws.com")],
        BROADENS,
    ),
    "ForAnyValue with IfExists fails without the key": (
        [allow_if(("ForAnyValue:StringEqualsIfExists", "aws:TagKeys", "team"))],
        [allow_if(("ForAnyValue:StringEquals", "aws:TagKeys", "team"))],
        SAME,
    ),
    "of a source of events a plain test wants one value alone": (
        [allow_if(("StringEquals", "events:source", "a"), action="events:PutRule")],
        [allow_if(("ForAllValues:StringEquals", "events:source", "a"), action="events:PutRule")],
        BROADENS,
    ),
    "one source, all of whose values are that source": (
        [allow_if(("StringEquals", "events:source", "a"))],
        [allow_if(("ForAllValues:StringEquals", "events:source", "a"), ("Null", "events:source", "false"))],
        SAME,
    ),
    "of another key no page says what a plain test of several values does": (
        [allow_if(("StringEquals", "events:detail-type", "a"))],
        [allow_if(("ForAllValues:StringEquals", "events:detail-type", "a"), ("Null", "events:detail-type", "false"))],
        UNDECIDED,
    ),
    "a role under a test of another account allows nothing": (
        [],
        [let({"AWS": f"{ROLE}a"}, ("StringEquals", "aws:PrincipalAccount", STRANGER))],
        SAME,
    ),
    "a role under a test of its own account is that role": (
        [let({"AWS": f"{ROLE}a"})],
        [let({"AWS": f"{ROLE}a"}, IN_ACCOUNT)],
        SAME,
    ),
    "a role under a test of another role": (
        [let({"AWS": f"{ROLE}b"}, IS_ROLE)],
        [let({"AWS": [f"{ROLE}a", f"{ROLE}b"]}, ("ArnLike", "aws:PrincipalArn", f"{ROLE}c*"))],
        SAME,
    ),
    "anybody who is a role is that role": ([let({"AWS": f"{ROLE}a"})], [let("*", IS_ROLE)], SAME),
    "a session of a role has the role's ARN": (
        [let({"AWS": f"{ROLE}a"})],
        [let({"AWS": f"{SESSION}a/s"}, ("ArnNotEquals", "aws:PrincipalArn", f"{ROLE}a")), let({"AWS": f"{ROLE}a"})],
        SAME,
    ),
    "anybody of an account is more than one of its roles": (
        [let({"AWS": f"{ROLE}a"})],
        [let("*", IN_ACCOUNT)],
        BROADENS,
    ),
    "what account services have is not documented": ([let({"AWS": ACCOUNT})], [let("*", IN_ACCOUNT)], UNDECIDED),
    "an ARN of one account under a test of another, of whoever it is": (
        [],
        [allow_if(IS_ROLE, ("StringEquals", "aws:PrincipalAccount", STRANGER))],
        SAME,
    ),
    "a role's own folder is that of its account": (
        [let({"AWS": f"{ROLE}a"}, resource="arn:aws:s3:::b/${aws:PrincipalAccount}/*")],
        [let({"AWS": f"{ROLE}a"}, resource=f"arn:aws:s3:::b/{ACCOUNT}/*")],
        SAME,
    ),
}


@pytest.mark.parametrize(("before", "after", "verdict"), ROWS.values(), ids=ROWS)
def test_the_net_effect_is(before: list[dict[str, Any]], after: list[dict[str, Any]], verdict: Verdict) -> None:
    assert effect_of(before, after).verdict is verdict


def test_a_wildcard_instead_of_all_its_actions_grants_later_ones() -> None:
    known = {"s3:getobject": "", "s3:getbucketacl": ""}
    before, after = document(on(["s3:GetObject", "s3:GetBucketAcl"])), document(on("s3:Get*"))
    effect = net_effect(parse_document(before), parse_document(after), lambda _: known)
    assert effect.verdict is SAME
    assert effect.gains_later is Answer.YES
    assert effect.gained_later is not None
    assert effect.may_broaden()
    assert not effect.may_broaden(as_of_today=True)


def test_a_key_that_may_have_several_values_is_not_taken_for_one_of_one() -> None:
    contradiction = allow_if(("StringEquals", "svc:k", "a"), ("StringLike", "SVC:K", "b"))
    nothing, after = parse_document(document()), parse_document(document(contradiction))
    assert net_effect(nothing, after).gains is Answer.UNKNOWN
    single = Facts(key_type=lambda _: KeyType(single=True))
    assert net_effect(nothing, after, None, single).gains is Answer.NO


def test_a_witness_is_on_a_resource_that_the_action_is_known_for() -> None:
    facts = Facts(arn_formats=lambda _: ("arn:${Partition}:s3:::${BucketName}/${ObjectName}",))
    effect = net_effect(parse_document(document()), parse_document(document(on("s3:GetObject"))), None, facts)
    assert effect.gained is not None
    assert effect.gained.request.resource == "arn:aws:s3:::~/~"


def test_a_witness_has_the_variables_that_its_resource_relies_on() -> None:
    effect = effect_of([], [home("${aws:username}")])
    assert effect.gained is not None
    context = dict(effect.gained.request.context)
    values = context["aws:username"]
    assert values is not None
    assert effect.gained.request.resource == f"arn:aws:s3:::b/{values[0]}/~"


def test_an_action_of_a_witness_has_a_colon() -> None:
    effect = effect_of([], [on("*")])
    assert effect.gained is not None
    assert ":" in effect.gained.request.action


def test_two_sources_that_a_list_names_are_more_than_either_alone() -> None:
    """The manual's own table: `StringEquals` with two sources allows a rule for each, and none for both."""
    tests = [
        ("StringEquals", "events:source", ["aws.ec2", "aws.ecs"]),
        ("ForAllValues:StringEquals", "events:source", ["aws.ec2", "aws.ecs"]),
    ]
    either, both = (document(allow_if(test, ("Null", "events:source", "false"))) for test in tests)
    effect = net_effect(parse_document(either), parse_document(both))
    assert (effect.gains, effect.loses) == (Answer.YES, Answer.NO)
    assert effect.gained is not None
    assert dict(effect.gained.request.context)["events:source"] == ("aws.ec2", "aws.ecs")
