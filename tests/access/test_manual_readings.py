"""What IAM's manual says of pairs made to mislead, each read by hand: something new is allowed, surely not, or unknown.

The pages are those on condition operators, multivalued keys, policy variables, and the elements of a statement, below
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Mapping
from typing import Any

import pytest
from net_effects import ACCOUNT, but, deny, document, effect_of, on, trusting, when

from tracker.access import Answer, net_effect
from tracker.policy.documents import parse_document

YES, NO, UNKNOWN = Answer
HOME = "arn:aws:s3:::b"
TAGS = "aws:TagKeys"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"


def at(resource: Any, **elements: Any) -> dict[str, Any]:
    return on("s3:GetObject", resource, **elements)


def under(*tests: tuple[str, str, Any], **elements: Any) -> dict[str, Any]:
    condition: dict[str, dict[str, Any]] = {}
    for operator, key, value in tests:
        condition.setdefault(operator, {})[key] = value
    return on("s3:GetObject", Condition=condition, **elements)


def refusing(*tests: tuple[str, str, Any], **elements: Any) -> dict[str, Any]:
    return under(*tests, Effect="Deny", **elements)


ALL = on("s3:GetObject")

PAIRS: Mapping[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Answer, Answer]] = {
    # policy variables
    "a default is no fixed value": (
        [at(HOME + "/${aws:PrincipalTag/team, 'none'}/x")], [at(HOME + "/none/x")], YES, YES),
    "a default of a key that is absent": (
        [at(HOME + "/${aws:PrincipalTag/team, 'none'}/x", Condition={"Null": {"aws:PrincipalTag/team": "true"}})],
        [at(HOME + "/none/x", Condition={"Null": {"aws:PrincipalTag/team": "true"}})], NO, NO),
    "a default goes": (
        [at(HOME + "/${aws:PrincipalTag/team, 'none'}/x")], [at(HOME + "/${aws:PrincipalTag/team}/x")], NO, YES),
    "a default that is a star": ([at(HOME + "/*/x")], [at(HOME + "/${aws:PrincipalTag/t, '*'}/x")], NO, YES),
    "a default beside its value": (
        [when("StringEquals", "k:a", "${aws:PrincipalTag/t, 'c'}")],
        [when("StringEquals", "k:a", "${aws:PrincipalTag/t, 'c'}", "c")], YES, NO),
    "a variable in other letters": ([at(HOME + "/${AWS:UserName}/*")], [at(HOME + "/${aws:username}/*")], NO, NO),
    "a star that is a letter": ([at(HOME + "/${*}")], [at(HOME + "/*")], YES, NO),
    "a dollar that is a letter": ([at(HOME + "/${$}{aws:username}")], [at(HOME + "/${aws:username}")], YES, YES),
    "a negated test against a variable that may be absent": (
        [when("StringNotEquals", "k:a", "${aws:PrincipalTag/t}")],
        [under(("StringNotEquals", "k:a", "${aws:PrincipalTag/t}"), ("Null", "aws:PrincipalTag/t", "false"))],
        NO, UNKNOWN),
    "a prefix of one's own, then of all": (
        [when("StringLike", "s3:prefix", "home/${aws:username}/*")], [when("StringLike", "s3:prefix", "home/*")],
        YES, NO),
    # keys with several values
    "all of fewer": (
        [when("ForAllValues:StringEquals", TAGS, "a", "b")], [when("ForAllValues:StringEquals", TAGS, "a")], NO, YES),
    "all, then any, of a key that is there": (
        [under(("ForAllValues:StringEquals", TAGS, "a"), ("Null", TAGS, "false"))],
        [when("ForAnyValue:StringEquals", TAGS, "a")], YES, NO),
    "any that differs": (
        [when("ForAnyValue:StringNotEquals", TAGS, "a")], [when("Null", TAGS, "false")], YES, NO),
    "none is, and one is": (
        [], [under(("ForAllValues:StringNotEquals", TAGS, "a"), ("ForAnyValue:StringEquals", TAGS, "a"))], NO, NO),
    "a Deny of any, or an Allow of none": (
        [ALL, refusing(("ForAnyValue:StringEquals", TAGS, "a"))],
        [when("ForAllValues:StringNotEquals", TAGS, "a")], NO, NO),
    "a Deny of all takes in the absent key": (
        [ALL, refusing(("ForAllValues:StringEquals", TAGS, "a"))],
        [when("ForAnyValue:StringNotEquals", TAGS, "a")], NO, NO),
    "a Deny of all, or of any": (
        [ALL, refusing(("ForAllValues:StringEquals", TAGS, "a"))],
        [ALL, refusing(("ForAnyValue:StringEquals", TAGS, "a"))], YES, YES),
    "all like a pattern, then one text": (
        [when("ForAllValues:StringLike", TAGS, "a*")], [when("ForAllValues:StringEquals", TAGS, "a")], NO, YES),
    "any that is, and any like it": (
        [under(("ForAnyValue:StringEquals", TAGS, "a"), ("ForAnyValue:StringLike", TAGS, "a*"))],
        [when("ForAnyValue:StringEquals", TAGS, "a")], NO, NO),
    "two values that must be there": (
        [under(("ForAnyValue:StringEquals", TAGS, "a"), ("ForAnyValue:StringLike", TAGS, "b*"))],
        [when("ForAnyValue:StringEquals", TAGS, "a")], YES, NO),
    "all where it exists": (
        [when("ForAllValues:StringEqualsIfExists", TAGS, "a")], [when("ForAllValues:StringEquals", TAGS, "a")], NO, NO),
    "paths of an organisation": (
        [when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a/*")],
        [when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a/r-b/*")], NO, YES),
    # NotAction with Deny
    "a Deny of all but two services": (
        [on("*"), deny(None, NotAction=["iam:*", "sts:*"])], [on(["iam:*", "sts:*"])], NO, NO),
    "a Deny of all but some, then more": (
        [on("*"), deny(None, NotAction="iam:Get*")], [on(["iam:Get*", "iam:List*"])], YES, NO),
    "all but one service, of another alone": ([but("iam:*"), deny(None, NotAction="s3:*")], [on("s3:*")], NO, NO),
    "a Deny of all but fewer beyond a region": (
        [on("*"), deny(None, NotAction="s3:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "x"}})],
        [on("*"), deny(None, NotAction=["s3:*", "iam:*"], Condition={"StringNotEquals": {"aws:RequestedRegion": "x"}})],
        YES, NO),
    "a Deny of all but what is allowed has no effect": (
        [on("s3:*")], [on("s3:*"), deny(None, NotAction=["s3:*", "ec2:*"])], NO, NO),
    # who asks
    "a path of roles": (
        [when("ArnLike", "aws:PrincipalArn", f"{ROLE}/*")], [when("ArnLike", "aws:PrincipalArn", f"{ROLE}/a/*")],
        NO, YES),
    "Equals of ARNs takes stars": (
        [when("ArnEquals", "aws:PrincipalArn", f"{ROLE}/*")], [when("ArnLike", "aws:PrincipalArn", f"{ROLE}/*")],
        NO, NO),
    "Equals of texts takes none": (
        [when("StringEquals", "aws:PrincipalArn", f"{ROLE}/*")], [when("ArnLike", "aws:PrincipalArn", f"{ROLE}/*")],
        YES, NO),
    "a Deny of all roles but fewer": (
        [ALL, refusing(("ArnNotLike", "aws:PrincipalArn", [f"{ROLE}/a", f"{ROLE}/b"]))],
        [ALL, refusing(("ArnNotLike", "aws:PrincipalArn", f"{ROLE}/a"))], NO, YES),
    "a role, then one session of it": ([trusting(AWS=f"{ROLE}/r")], [trusting(AWS=SESSION)], NO, YES),
    "a session, then another": ([trusting(AWS=SESSION)], [trusting(AWS=f"{SESSION}2")], YES, YES),
    "a session, then its account": ([trusting(AWS=SESSION)], [trusting(AWS=ACCOUNT)], YES, NO),
    "a Deny of a role denies its sessions": (
        [trusting(AWS=SESSION)],
        [trusting(AWS=SESSION), {**trusting(AWS=f"{ROLE}/r"), "Effect": "Deny"}], NO, YES),
    "a Deny of a session leaves the role": (
        [trusting(AWS=f"{ROLE}/r"), {**trusting(AWS=f"{ROLE}/r"), "Effect": "Deny"}],
        [trusting(AWS=f"{ROLE}/r"), {**trusting(AWS=SESSION), "Effect": "Deny"}], YES, NO),
    "a federated user is no role": (
        [trusting(AWS=f"{ROLE}/r")], [trusting(AWS=f"arn:aws:sts::{ACCOUNT}:federated-user/r")], YES, YES),
    "a Deny of all but an account, then an Allow of it": (
        [on("s3:GetObject", Principal="*"), deny("s3:GetObject", NotPrincipal={"AWS": ACCOUNT})],
        [on("s3:GetObject", Principal={"AWS": ACCOUNT})], UNKNOWN, NO),
    "a Deny of all but an account and a role, then the account": (
        [on("s3:GetObject", Principal="*"), deny("s3:GetObject", NotPrincipal={"AWS": [ACCOUNT, f"{ROLE}/r"]})],
        [on("s3:GetObject", Principal="*"), deny("s3:GetObject", NotPrincipal={"AWS": ACCOUNT})], NO, UNKNOWN),
    "services, then one": (
        [trusting(Service=["ec2.amazonaws.com", "ecs.amazonaws.com"])], [trusting(Service="ec2.amazonaws.com")],
        NO, YES),
    "a subject of a token": (
        [{**trusting(Federated="p"), "Condition": {"StringLike": {"t.example.com:sub": "repo:o/r:*"}}}],
        [{**trusting(Federated="p"), "Condition": {"StringEquals": {"t.example.com:sub": "repo:o/r:ref:main"}}}],
        NO, YES),
    "a subject with another case": (
        [{**trusting(Federated="p"), "Condition": {"StringEquals": {"t.example.com:sub": "repo:O/r"}}}],
        [{**trusting(Federated="p"), "Condition": {"StringEqualsIgnoreCase": {"t.example.com:sub": "repo:o/R"}}}],
        YES, NO),
    # texts and ARNs
    "a star at the end of an ARN": (
        [when("ArnLike", "aws:SourceArn", "arn:aws:s3:::b*")], [when("StringLike", "aws:SourceArn", "arn:aws:s3:::b*")],
        NO, NO),
    "a star within a text crosses colons": (
        [when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b")],
        [when("StringLike", "aws:SourceArn", "arn:aws:s3:*:*:b")], YES, NO),
    "a text without wildcards, like or equal": (
        [when("StringEquals", "sts:ExternalId", "x")], [when("StringLike", "sts:ExternalId", "x")], NO, NO),
    "two letters in both cases": (
        [when("StringEqualsIgnoreCase", "k:a", "ab")], [when("StringEquals", "k:a", "ab", "AB")], NO, YES),
    "one letter in both cases": (
        [when("StringEqualsIgnoreCase", "aws:userid", "A")], [when("StringEquals", "aws:userid", "a", "A")], NO, NO),
    "like nothing but what is absent": (
        [when("StringNotLike", "aws:userid", "*")], [when("Null", "aws:userid", "true")], NO, NO),
    "unlike one of two": ([when("StringNotEquals", "k:a", "a", "b")], [when("StringNotEquals", "k:a", "a")], YES, NO),
    "unlike one, or unlike another": (
        [when("StringNotEquals", "aws:userid", "a"), when("StringNotEquals", "aws:userid", "b")], [ALL], NO, NO),
    "patterns that cross": ([when("StringLike", "k:a", "a?c*")], [when("StringLike", "k:a", "a*c")], YES, YES),
    "an empty text is a value": (
        [when("StringEquals", "s3:prefix", "")], [when("Null", "s3:prefix", "true")], YES, YES),
    "one letter at least": ([when("StringLike", "aws:userid", "?*")], [when("Null", "aws:userid", "false")], YES, NO),
    # IfExists and Null
    "IfExists is two statements": (
        [when("StringEqualsIfExists", "k:a", "x")], [when("StringEquals", "k:a", "x"), when("Null", "k:a", "true")],
        NO, NO),
    "a negated test takes in the absent key": (
        [ALL, refusing(("StringNotEqualsIfExists", "aws:SourceVpce", "v"))],
        [ALL, refusing(("StringNotEquals", "aws:SourceVpce", "v"))], NO, NO),
    "a Deny where it exists takes in the absent key": (
        [ALL, refusing(("StringEqualsIfExists", "k:a", "x"))], [ALL, refusing(("StringEquals", "k:a", "x"))], YES, NO),
    "a second factor that must be known": (
        [when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")],
        [when("Bool", "aws:MultiFactorAuthPresent", "true")], NO, YES),
    "two Denies for one": (
        [ALL, refusing(("Null", "aws:MultiFactorAuthPresent", "true")),
         refusing(("Bool", "aws:MultiFactorAuthPresent", "false"))],
        [ALL, refusing(("BoolIfExists", "aws:MultiFactorAuthPresent", "false"))], NO, NO),
    "an age that must be known": (
        [when("NumericLessThanIfExists", "aws:MultiFactorAuthAge", "3600")],
        [when("NumericLessThan", "aws:MultiFactorAuthAge", "3600")], NO, YES),
    "Null of both is none": ([when("Null", "k:a", "true", "false")], [ALL], NO, NO),
    "Null as a boolean": ([under(("Null", "k:a", True))], [when("Null", "k:a", "true")], NO, NO),
    "a key that must be there goes": (
        [under(("Null", "k:a", "false"), ("StringNotEquals", "k:a", "x"))], [when("StringNotEquals", "k:a", "x")],
        YES, NO),
    "a Deny of the absent key": (
        [ALL, refusing(("Null", "aws:RequestTag/t", "true"))], [when("Null", "aws:RequestTag/t", "false")], NO, NO),
    "an operator that does not exist": ([ALL], [when("NullIfExists", "k:a", "true")], NO, UNKNOWN),
    # numbers, dates
    "a number with an exponent": ([when("NumericEquals", "k:n", "10")], [when("NumericEquals", "k:n", "1e1")],
        UNKNOWN, UNKNOWN),
    "a number with a plus": ([when("NumericLessThan", "k:n", "10")], [when("NumericLessThan", "k:n", "+10")],
        UNKNOWN, UNKNOWN),
    "a number with a blank": ([when("NumericLessThan", "k:n", "10")], [when("NumericLessThan", "k:n", " 10")],
        UNKNOWN, UNKNOWN),
    "a number with a line below": ([when("NumericEquals", "k:n", "10")], [when("NumericEquals", "k:n", "1_0")],
        UNKNOWN, UNKNOWN),
    "digits of another script": (
        [when("NumericEquals", "k:n", "10")], [when("NumericEquals", "k:n", "\u0661\u0660")], UNKNOWN, UNKNOWN),
    "a time with a blank": (
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01 00:00:00Z")], UNKNOWN, UNKNOWN),
    "a part of a second that Python does not see": (
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00.0000001Z")], UNKNOWN, UNKNOWN),
    "a number with a point": ([when("NumericEquals", "k:n", "10")], [when("NumericEquals", "k:n", "10.0")], NO, NO),
    "up to ten, and ten": (
        [when("NumericLessThan", "k:n", "10")], [when("NumericLessThanEquals", "k:n", "10")], YES, NO),
    "numbers between whole ones": (
        [when("NumericLessThanEquals", "k:n", "9")], [when("NumericLessThan", "k:n", "10")], YES, NO),
    "not five is more, less, or absent": (
        [when("NumericNotEquals", "aws:MultiFactorAuthAge", "5")],
        [when("NumericGreaterThan", "aws:MultiFactorAuthAge", "5"),
         when("NumericLessThan", "aws:MultiFactorAuthAge", "5")],
        NO, YES),
    "the largest bound counts": (
        [when("NumericLessThan", "k:n", "5", "10")], [when("NumericLessThan", "k:n", "10")], NO, NO),
    "more and less at once": (
        [], [under(("NumericGreaterThan", "aws:MultiFactorAuthAge", "10"),
                   ("NumericLessThan", "aws:MultiFactorAuthAge", "5"))], NO, NO),
    "a day is its midnight": (
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01")], NO, NO),
    "seconds since 1970": (
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "aws:CurrentTime", "1704067200")], NO, NO),
    "a day that does not exist": ([], [when("DateGreaterThan", "aws:CurrentTime", "2024-02-30")], UNKNOWN, NO),
    "one instant in two zones": (
        [when("DateEquals", "aws:CurrentTime", "2024-01-01T00:00:00+09:00")],
        [when("DateEquals", "aws:CurrentTime", "2023-12-31T15:00:00Z")], NO, NO),
    "the instant itself": (
        [when("DateLessThanEquals", "aws:CurrentTime", "2024-01-01T00:00:00Z")],
        [when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z")], NO, YES),
    # addresses
    "halves of a network of IPv6": (
        [when("IpAddress", "aws:SourceIp", "2001:db8::/32")],
        [when("IpAddress", "aws:SourceIp", "2001:DB8:0::/33", "2001:db8:8000::/33")], NO, NO),
    "not of IPv6 is of IPv4, or absent": (
        [when("NotIpAddress", "aws:SourceIp", "::/0")], [when("IpAddress", "aws:SourceIp", "0.0.0.0/0")], NO, YES),
    "one address": (
        [when("IpAddress", "aws:SourceIp", "10.0.0.1")], [when("IpAddress", "aws:SourceIp", "10.0.0.1/32")], NO, NO),
    "a Deny of all other networks": (
        [ALL, refusing(("NotIpAddress", "aws:SourceIp", "10.0.0.0/24"))],
        [when("IpAddress", "aws:SourceIp", "10.0.0.0/24")], NO, NO),
    "a Deny of two networks, each alone": (
        [ALL, refusing(("NotIpAddress", "aws:SourceIp", ["10.0.0.0/24", "10.0.1.0/24"]))],
        [ALL, refusing(("NotIpAddress", "aws:SourceIp", "10.0.0.0/24")),
         refusing(("NotIpAddress", "aws:SourceIp", "10.0.1.0/24"))], NO, YES),
    "a mask of four numbers": (
        [when("IpAddress", "aws:SourceIp", "10.0.0.0/8")], [when("IpAddress", "aws:SourceIp", "10.0.0.0/255.0.0.0")],
        UNKNOWN, UNKNOWN),
    "an address with a zone": (
        [when("IpAddress", "aws:SourceIp", "fe80::1")], [when("IpAddress", "aws:SourceIp", "fe80::1%eth0")],
        UNKNOWN, UNKNOWN),
    # booleans
    "Null of neither": ([], [when("Null", "k:a", "yes")], UNKNOWN, NO),
    "true in any letters": (
        [when("Bool", "aws:SecureTransport", "TRUE")], [under(("Bool", "aws:SecureTransport", True))], NO, NO),
    "true or false is there": (
        [when("Bool", "aws:SecureTransport", "true", "false")], [when("Null", "aws:SecureTransport", "false")], NO, NO),
    "no word for true": ([], [when("Bool", "aws:SecureTransport", "yes")], UNKNOWN, NO),
    "a Deny of what is not secure leaves the absent key": (
        [ALL, refusing(("Bool", "aws:SecureTransport", "false"))], [when("Bool", "aws:SecureTransport", "true")],
        NO, YES),
    # names of keys and operators
    "a tag in other letters": (
        [when("StringEquals", "aws:resourcetag/Team", "x")], [when("StringEquals", "aws:ResourceTag/team", "x")],
        NO, NO),
    "an operator in other letters": (
        [when("stringlikeifexists", "k:a", "x*")], [when("StringLikeIfExists", "k:a", "x*")], NO, NO),
    # resources
    "all but one's own, then all but all": (  # without a name the first may allow nothing
        [at(None, NotResource=HOME + "/${aws:username}/*")], [at(None, NotResource=HOME + "/*")], UNKNOWN, YES),
    "all but one's own with a default, then all but all": (
        [at(None, NotResource=HOME + "/${aws:username, 'x'}/*")], [at(None, NotResource=HOME + "/*")], NO, YES),
    "all but one, or all but another": (
        [at(None, NotResource=HOME + "/a"), at(None, NotResource=HOME + "/b")], [ALL], NO, NO),
    "all but two, then all but each": (
        [at(None, NotResource=[HOME + "/a", HOME + "/b"])],
        [at(None, NotResource=HOME + "/a"), at(None, NotResource=HOME + "/b")], YES, NO),
    "an ARN that ends early": (
        [at("arn:aws:sqs:us-east-1")], [at("arn:aws:sqs:us-east-1:*:*")], NO, NO),
    "a bucket, and what begins like it": ([at(HOME)], [at(f"{HOME}*")], YES, NO),
    "a Deny of all but one's own, then an Allow of it": (
        [on("s3:*"), deny("s3:*", None, NotResource=HOME + "/${aws:username, 'x'}/*")],
        [on("s3:*", HOME + "/${aws:username, 'x'}/*")], NO, NO),
    "one resource twice": ([at([HOME, HOME])], [at(HOME)], NO, NO),
    "a wildcard beside what it takes in": ([at(f"{HOME}/*")], [at([f"{HOME}/*", f"{HOME}/x*"])], NO, NO),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "gains", "loses"), PAIRS.values(), ids=PAIRS)
def test_the_answer_is_that_of_the_manual(
    before: list[dict[str, Any]], after: list[dict[str, Any]], gains: Answer, loses: Answer
) -> None:
    effect = effect_of(before, after)
    assert (effect.gains, effect.loses) == (gains, loses), effect


def test_letters_beyond_ascii_are_not_taken_for_equal() -> None:
    before, after = when("StringEqualsIgnoreCase", "k:a", "k"), when("StringEquals", "k:a", "k", "K", "\u212a")
    assert net_effect(parse_document(document(before)), parse_document(document(after))).gains is not NO
