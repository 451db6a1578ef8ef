"""Keys whose values depend on each other: a witness has values that one request can have, and no other is overlooked.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from collections.abc import Mapping
from typing import Any

import pytest
from net_effects import document, effect_of, on

from tracker.access import Answer, Facts, net_effect
from tracker.access.dependent_keys import Known, alternatives, in_order
from tracker.policy.documents import parse_document

YES, NO, UNKNOWN = Answer
VIA, FIRST, LAST = "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"
TAGS, TEAM = "aws:TagKeys", "aws:RequestTag/Team"
ACCOUNT = "aws:PrincipalAccount"
ARN, TYPE, ID, NAME = "aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username"
ROLE, USER = "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:user/u"
HOME, OWN = "111122223333", "arn:aws:s3:::b/${aws:PrincipalAccount}/*"
SESSION = "arn:aws:sts::111122223333:assumed-role/r/s"
ATHENA, GLUE = "athena.amazonaws.com", "glue.amazonaws.com"
ANY, ALL, EQUAL, LIKE, NULL = (
    "ForAnyValue:StringEquals",
    "ForAllValues:StringEquals",
    "StringEquals",
    "StringLike",
    "Null",
)
Tests = list[tuple[str, str, Any]]


def under(*tests: tuple[str, str, Any], **elements: Any) -> dict[str, Any]:
    condition: dict[str, dict[str, Any]] = {}
    for operator, key, value in tests:
        condition.setdefault(operator, {})[key] = value
    return on("s3:GetObject", Condition=condition, **elements)


NEW: Mapping[str, tuple[Tests, Answer]] = {
    # a chain of services
    "the first service is in the list": ([(EQUAL, FIRST, ATHENA), (ANY, VIA, ATHENA)], YES),
    "the first service and another": ([(EQUAL, FIRST, ATHENA), (ANY, VIA, GLUE)], YES),
    "the first service is not in the list": ([(EQUAL, FIRST, ATHENA), (ALL, VIA, GLUE)], NO),
    "the last service is not in the list": ([(EQUAL, LAST, ATHENA), (ALL, VIA, GLUE)], NO),
    "two that may be first, neither in the list": (
        [(EQUAL, FIRST, [ATHENA, GLUE]), (ALL, VIA, "s3.amazonaws.com")], NO),
    "a first service without a list": ([(EQUAL, FIRST, ATHENA), (NULL, VIA, "true")], NO),
    "a list without a first service": ([(ANY, VIA, ATHENA), (NULL, FIRST, "true")], NO),
    "a last service without a first": ([(EQUAL, LAST, ATHENA), (NULL, FIRST, "true")], NO),
    "no chain at all": ([(NULL, FIRST, "true"), (NULL, LAST, "true"), (NULL, VIA, "true")], YES),
    "two ends of a list": ([(EQUAL, FIRST, ATHENA), (EQUAL, LAST, GLUE), (NULL, VIA, "false")], YES),
    "two ends of a list of one service": ([(EQUAL, FIRST, ATHENA), (EQUAL, LAST, GLUE), (ALL, VIA, ATHENA)], NO),
    "another first service than those of the list": (
        [("StringNotEquals", FIRST, ATHENA), (ALL, VIA, ATHENA), (NULL, VIA, "false")], NO),
    "another first service than one of the list": (
        [("StringNotEquals", FIRST, ATHENA), (ALL, VIA, [ATHENA, GLUE])], YES),
    "another first service than those of the list, by a pattern": (
        [("StringNotLike", FIRST, "athena*"), (ALL, VIA, ATHENA), (NULL, VIA, "false")], NO),
    "a star as a first service": ([(EQUAL, FIRST, "*")], NO),
    "a star as a first service, or a service": ([(EQUAL, FIRST, ["*", ATHENA]), (NULL, VIA, "false")], YES),
    "a star within a list": ([(ANY, VIA, "a?hena.amazonaws.com")], NO),
    "another first service than those of the list, or none": (
        [("StringNotEquals", FIRST, ATHENA), (ALL, VIA, ATHENA)], YES),
    "a first service by a pattern": ([(LIKE, FIRST, "a*"), ("ForAnyValue:StringLike", VIA, "g*")], YES),
    "any first service of a list": ([(LIKE, FIRST, "*"), (ALL, VIA, ATHENA)], YES),
    # tags of a request
    "a tag that is listed": ([(EQUAL, TEAM, "red"), (ANY, TAGS, "Team")], YES),
    "a tag that is listed in other letters": ([(EQUAL, TEAM, "red"), (ALL, TAGS, "team"), (NULL, TAGS, "false")], YES),
    "a tag that is not listed": ([(EQUAL, TEAM, "red"), (ALL, TAGS, "env"), (NULL, TAGS, "false")], NO),
    "a tag without a list": ([(EQUAL, TEAM, "red"), (NULL, TAGS, "true")], NO),
    "a list without the tag": ([(NULL, TEAM, "true"), (ANY, TAGS, "team")], UNKNOWN),
    "a list without the tag, beside others": ([(NULL, TEAM, "true"), (ANY, TAGS, "env")], YES),
    "tags, all of them listed": (
        [(EQUAL, TEAM, "red"), (EQUAL, "aws:RequestTag/env", "x"), (ALL, TAGS, ["Team", "env"])], YES),
    "two tags, one of them listed": (
        [(EQUAL, TEAM, "red"), (EQUAL, "aws:RequestTag/env", "x"), (ALL, TAGS, "Team"), (NULL, TAGS, "false")], NO),
    "no tag, no list": ([(NULL, TEAM, "true"), (NULL, TAGS, "true")], YES),
    # who asks
    "a role by its ARN and its type": ([(EQUAL, ARN, ROLE), (EQUAL, TYPE, "AssumedRole")], YES),
    "a role by its ARN, a user by its type": ([(EQUAL, ARN, ROLE), (EQUAL, TYPE, "User")], NO),
    "a user by its ARN, a role by its type": ([(EQUAL, ARN, USER), (EQUAL, TYPE, "AssumedRole")], NO),
    "a role by its ARN, a session by its id": ([(EQUAL, ARN, ROLE), (LIKE, ID, "AROA111:*")], YES),
    "a role by its ARN, a user by its id": ([(EQUAL, ARN, ROLE), (EQUAL, ID, "AIDA111")], NO),
    "a user by its ARN, a session by its id": ([(EQUAL, ARN, USER), (LIKE, ID, "AROA111:*")], NO),
    "a role has no user name": ([(EQUAL, ARN, ROLE), (NULL, NAME, "false")], NO),
    "a user has a name": ([(EQUAL, ARN, USER), (NULL, NAME, "true")], NO),
    "a user by its ARN and its name": ([(EQUAL, ARN, USER), (EQUAL, NAME, "u")], YES),
    "a user by a pattern, and the name by another": (
        [(LIKE, ARN, "arn:aws:iam::*:user/*"), (LIKE, NAME, "a*")], YES),
    "a user by its ARN, another by its name": ([(EQUAL, ARN, USER), (EQUAL, NAME, "v")], NO),
    "the root user": ([(LIKE, ARN, "arn:aws:iam::*:root"), (EQUAL, TYPE, "Account")], YES),
    "the root user has no user name": ([(EQUAL, ARN, "arn:aws:iam::111122223333:root"), (LIKE, NAME, "*")], NO),
    "a federated user": ([(LIKE, ARN, "arn:aws:sts::*:federated-user/*"), (LIKE, ID, "*:bob")], YES),
    "the ARN of a session": ([(EQUAL, ARN, SESSION)], UNKNOWN),
    "the ARN of a session, and its type": ([(EQUAL, ARN, SESSION), (EQUAL, TYPE, "AssumedRole")], UNKNOWN),
    "the ARN of a session, or of its role": ([(EQUAL, ARN, [SESSION, ROLE])], YES),
    "the ARN of a session, and a user's name": ([(EQUAL, ARN, SESSION), (EQUAL, NAME, "u")], NO),
    "nobody that the table knows": ([(EQUAL, TYPE, "Service"), (LIKE, ID, "*")], NO),
    "a role has no user name, whoever it is": ([("StringNotEquals", TYPE, "User"), (NULL, NAME, "false")], NO),
    "a user with another name than that of the ARN": ([(EQUAL, ARN, USER), ("StringNotEquals", NAME, "u")], NO),
    "a user with another name than that of two ARNs": (
        [(EQUAL, ARN, [USER, USER.replace("r/u", "r/v")]), ("StringNotEquals", NAME, "u")], YES),
    "all but users, by type and id": ([("StringNotEquals", TYPE, "User"), (LIKE, ID, "*:x")], YES),
    "neither the account nor the ARN of who asks": ([(NULL, ACCOUNT, "true"), (NULL, ARN, "true")], YES),
    "the account and not the ARN of who asks": ([(NULL, ACCOUNT, "false"), (NULL, ARN, "true")], YES),
    # addresses of IPv4 written as ones of IPv6
    "a mapped address": ([("IpAddress", "aws:SourceIp", "::ffff:192.0.2.1")], UNKNOWN),
    "a network of mapped addresses": ([("IpAddress", "aws:SourceIp", "::ffff:c000:200/120")], UNKNOWN),
    "a mapped address, or another": ([("IpAddress", "aws:SourceIp", ["::ffff:192.0.2.1", "192.0.2.1"])], YES),
    "a network with all mapped addresses, and others": ([("IpAddress", "aws:SourceIp", "::/16")], YES),
}  # fmt: skip
"""Tests → whether a request can pass them all."""


@pytest.mark.parametrize(("tests", "answer"), NEW.values(), ids=NEW)
def test_something_new_is_allowed_only_if_a_request_can_pass_the_tests(tests: Tests, answer: Answer) -> None:
    effect = effect_of([], [under(*tests)])
    assert effect.gains is answer
    assert effect.gained is None or alternatives(dict(effect.gained.request.context), Known("~")) is None, effect


STEPS: Mapping[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Answer, Answer]] = {
    "the list says what the first service says": (
        [under((EQUAL, FIRST, ATHENA))], [under((EQUAL, FIRST, ATHENA), (ANY, VIA, ATHENA))], NO, NO),
    "the list says less than the first service": (
        [under((EQUAL, FIRST, ATHENA))], [under((ANY, VIA, ATHENA))], YES, NO),
    "that there is a chain, by either key": ([under((NULL, VIA, "false"))], [under((NULL, LAST, "false"))], NO, NO),
    "a Deny of other tag keys than the tag": (
        [under((EQUAL, TEAM, "red"))],
        [under((EQUAL, TEAM, "red")), under((ANY, TAGS, "env"), Effect="Deny")], NO, YES),
    "the list of tags has the tag": (
        [under((EQUAL, TEAM, "red"), (NULL, TAGS, "false"))],
        [under((EQUAL, TEAM, "red"), (f"{ANY}IgnoreCase", TAGS, "team"))], NO, NO),
    "the list of tags has the tag in these letters": (
        [under((EQUAL, TEAM, "red"), (NULL, TAGS, "false"))], [under((EQUAL, TEAM, "red"), (ANY, TAGS, "team"))],
        NO, YES),
    "a tag must be listed": (
        [under((EQUAL, TEAM, "red"))], [under((EQUAL, TEAM, "red"), (f"{ANY}IgnoreCase", TAGS, "team"))],
        NO, NO),
    "a role is no user": ([under((EQUAL, ARN, ROLE))], [under((EQUAL, ARN, ROLE), (NULL, NAME, "true"))], NO, NO),
    "roles of one account, in an object named for the account": (
        [{**under((EQUAL, ACCOUNT, HOME), ("ArnLike", ARN, "arn:aws:iam::*:role/r")), "Resource": OWN}],
        [
            {**under((EQUAL, ARN, [ROLE, ROLE.replace(HOME, "222222222222")])), "Resource": f"arn:aws:s3:::b/{HOME}/*"},
            {**under(("ArnLike", ARN, f"arn:aws:iam::{HOME}:role/*")), "Resource": OWN},
        ],
        YES, NO),
    "a Deny of all but the roles of one account": (
        [under((LIKE, ACCOUNT, "1*")), under(("ArnNotLike", ARN, f"arn:aws:iam::{HOME}:role/*"), Effect="Deny")],
        [{**under(("ArnLike", ARN, f"arn:aws:iam::{HOME}:role/*")), "Resource": "arn:aws:s3:::b/*"}], NO, YES),
    "a mapped address for an address": (
        [under(("IpAddress", "aws:SourceIp", "192.0.2.1"))],
        [under(("IpAddress", "aws:SourceIp", "::ffff:192.0.2.1"))], UNKNOWN, UNKNOWN),
    "mapped addresses beside addresses": (
        [under(("IpAddress", "aws:SourceIp", "192.0.2.0/24"))],
        [under(("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "::ffff:192.0.2.1"]))], UNKNOWN, NO),
    "a Deny of all but mapped addresses": (
        [under()], [under(), under(("NotIpAddress", "aws:SourceIp", "::ffff:0:0/96"), Effect="Deny")], NO, YES),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "gains", "loses"), STEPS.values(), ids=STEPS)
def test_a_step_is_decided_by_requests_that_can_exist(
    before: list[dict[str, Any]], after: list[dict[str, Any]], gains: Answer, loses: Answer
) -> None:
    effect = effect_of(before, after)
    assert (effect.gains, effect.loses) == (gains, loses), effect


WHO: Mapping[str, tuple[dict[str, Any], Tests, Answer]] = {
    "a role that is a role": ({"AWS": ROLE}, [(EQUAL, TYPE, "AssumedRole")], YES),
    "a role that is a user": ({"AWS": ROLE}, [(EQUAL, TYPE, "User")], NO),
    "a session by its id": ({"AWS": SESSION}, [(LIKE, ID, "AROA111:*")], YES),
    "a session of a user": ({"AWS": SESSION}, [(LIKE, NAME, "*")], NO),
    "a user with a name": ({"AWS": USER}, [(LIKE, NAME, "*")], YES),
    "anybody of an account": ({"AWS": "111122223333"}, [(EQUAL, TYPE, "User")], YES),
    "a service with a type": ({"Service": "s3.amazonaws.com"}, [(EQUAL, TYPE, "AssumedRole")], UNKNOWN),
}


@pytest.mark.parametrize(("principal", "tests", "answer"), WHO.values(), ids=WHO)
def test_the_kind_of_a_principal_agrees_with_the_keys_that_describe_it(
    principal: dict[str, Any], tests: Tests, answer: Answer
) -> None:
    effect = effect_of([], [under(*tests, Principal=principal)])
    assert effect.gains is answer, effect


@pytest.mark.parametrize(("action", "answer"), [("s3:GetObject", NO), ("iot:Connect", UNKNOWN)])
def test_a_policy_without_a_principal_may_be_one_of_a_device(action: str, answer: Answer) -> None:
    """A device is no user, and what its keys are the manual does not say."""
    assert (
        effect_of([], [under(("StringNotEquals", TYPE, "User"), (NULL, NAME, "false")) | {"Action": action}]).gains
        is answer
    )


def test_the_services_of_a_chain_stand_in_their_order() -> None:
    values = {"aws:calledvia": ("a", "b", "c"), "aws:calledviafirst": ("c",), "aws:calledvialast": ("a",)}
    assert in_order(values)["aws:calledvia"] == ("c", "b", "a")
    assert in_order({"aws:calledvia": ("a",), "aws:calledvialast": ("a",)})["aws:calledvia"] == ("a",)
    assert in_order({"aws:calledvia": None}) == {"aws:calledvia": None}


@pytest.mark.parametrize(("action", "answer"), [("s3:GetObject", NO), ("backup:CopyIntoBackupVault", UNKNOWN)])
def test_an_action_may_have_tags_without_their_keys_where_the_reference_says_so(action: str, answer: Answer) -> None:
    after = under((EQUAL, TEAM, "red"), (NULL, TAGS, "true")) | {"Action": action}
    facts = Facts(tags_alone=lambda name: name == "backup:copyintobackupvault")
    assert net_effect(parse_document(document()), parse_document(document(after)), None, facts).gains is answer
