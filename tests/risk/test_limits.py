"""What keeps an action that makes permissions grow within bounds: real policies, each key, and what is no limit."""

import json
from typing import Any

import pytest
from archives import CHECKOUT

from tracker.catalogue.catalogue import load_catalogue
from tracker.policy.documents import parse_document
from tracker.policy.model import PolicyDocument
from tracker.risk import Finding, assess
from tracker.risk.limits import load_limits
from tracker.risk.rules import Level
from tracker.text.findings import finding_sentence, findings_line
from tracker.text.words import load_words, plain, template_folders

DATA = CHECKOUT / "tracker" / "data" / "limits.json"
NOTHING = PolicyDocument(())
ONE_POLICY = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSDenyAll"}}
WORDS = {language: load_words(language, template_folders()) for language in ("en", "ko")}


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def attach(**more: Any) -> dict[str, Any]:
    return allow("iam:AttachRolePolicy", **more)


def document(*statements: dict[str, Any]) -> PolicyDocument:
    return parse_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def real(policy: str, version: str) -> PolicyDocument:
    file = CHECKOUT / "snapshots" / "aws" / policy / f"{version}.json"
    return parse_document(json.loads(file.read_bytes())["Document"])


def of_rule(rule: str, before: PolicyDocument, after: PolicyDocument) -> list[Finding]:
    return [one for one in assess(before, after).findings if one.rule == rule]


def levels(before: PolicyDocument, after: PolicyDocument, rule: str = "escalation-path") -> dict[str, str]:
    """Return the level of each escalation path, or of each action of another rule."""
    return {name: one.level for one in of_rule(rule, before, after) for name in one.paths or one.actions}


@pytest.mark.parametrize(
    ("policy", "path", "level", "key"),
    [
        # It attaches AWSDenyAll, and nothing else.
        ("AWSIQPermissionServiceRolePolicy", "AttachRolePolicy", "warning", "iam:PolicyARN"),
        # It attaches AdministratorAccess, and nothing else: no limit at all.
        ("CloudFormationStackSetsOrgMemberServiceRolePolicy", "AttachRolePolicy", "critical", ""),
        ("AWSQuickSetupManagedInstanceProfileExecutionPolicy", "AttachRolePolicy", "warning", "iam:PolicyARN"),
        # One statement asks for a boundary, the other for a policy.
        ("AWSSDMPServiceRolePolicy", "AttachRolePolicy", "warning", "iam:PermissionsBoundary"),
    ],
)
def test_a_real_policy_that_attaches_policies_is_as_grave_as_what_it_attaches(
    policy: str, path: str, level: str, key: str
) -> None:
    (found,) = [one for one in of_rule("escalation-path", NOTHING, real(policy, "v1")) if path in one.paths]
    assert found.level == level
    assert {limit.key for limit in found.limits} >= ({key} if key else set())
    assert bool(found.limits) == bool(key)


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        (attach(), "critical"),
        (attach(Condition=ONE_POLICY), "warning"),
        (attach(Condition={"ArnEqualsIfExists": ONE_POLICY["ArnEquals"]}), "critical"),
        (attach(Condition={"ArnNotEquals": ONE_POLICY["ArnEquals"]}), "critical"),
        (attach(Condition={"ForAllValues:ArnEquals": ONE_POLICY["ArnEquals"]}), "critical"),
        (
            allow("iam:AttachRolePolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/*"}}),
            "critical",
        ),
        (
            allow("iam:AttachRolePolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/a-*"}}),
            "warning",
        ),
        (
            allow("iam:AttachRolePolicy", Condition={"StringEquals": {"iam:PolicyARN": "${aws:PrincipalTag/p}"}}),
            "critical",
        ),
        (attach(Resource="arn:aws:iam::*:role/reader"), "warning"),
        (attach(Resource="arn:aws:iam::*:role/reader-*"), "critical"),
        (attach(Condition={"Bool": {"aws:SecureTransport": "true"}}), "critical"),
    ],
)
def test_a_condition_or_a_resource_limits_only_if_it_surely_does(statement: dict[str, Any], level: str) -> None:
    assert levels(NOTHING, document(statement))["AttachRolePolicy"] == level


def test_a_second_statement_without_the_limit_takes_it_away() -> None:
    limited = allow("iam:AttachRolePolicy", Condition=ONE_POLICY)
    assert levels(NOTHING, document(limited, allow("iam:Attach*"))) == {
        "AttachGroupPolicy": "critical",
        "AttachRolePolicy": "critical",
        "AttachUserPolicy": "critical",
    }


def test_a_path_whose_limit_goes_is_complete_from_then_on() -> None:
    """A finding was there before, one level lower: its approval does not hold for the path without its limit."""
    limited, free = (document(allow("iam:AttachRolePolicy", Condition=test)) for test in (ONE_POLICY, {}))
    assert levels(limited, free) == {"AttachRolePolicy": "critical"}
    assert levels(limited, limited) == {}
    (first,), (second,) = (of_rule("escalation-path", NOTHING, one) for one in (limited, free))
    assert first.fingerprint != second.fingerprint


def passing_to(*services: str) -> dict[str, Any]:
    return allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": list(services)}})


@pytest.mark.parametrize(
    ("services", "level"),
    [
        (("ec2.amazonaws.com",), "critical"),
        (("ec2.amazonaws.com.cn",), "critical"),
        (("eks.amazonaws.com",), "warning"),
    ],
)
def test_a_role_that_is_passed_to_the_service_of_the_path_is_not_limited(services: tuple[str, ...], level: str) -> None:
    after = document(allow("ec2:RunInstances"), passing_to(*services))
    assert levels(NOTHING, after)["CreateEC2WithExistingIP"] == level
    assert levels(NOTHING, after, "role-passing") == {"iam:PassRole": "notice"}


def test_a_role_that_may_be_passed_to_one_more_service_completes_that_services_path() -> None:
    before = document(allow("ec2:RunInstances"), passing_to("eks.amazonaws.com"))
    after = document(allow("ec2:RunInstances"), passing_to("eks.amazonaws.com", "ec2.amazonaws.com"))
    assert levels(before, after)["CreateEC2WithExistingIP"] == "critical"


def test_the_cause_of_a_path_is_its_new_action_not_one_that_was_allowed_under_a_limit() -> None:
    before = document(passing_to("eks.amazonaws.com"))
    after = document(allow("ec2:RunInstances"), passing_to("eks.amazonaws.com", "ec2.amazonaws.com"))
    found = {name: one.action for one in of_rule("escalation-path", before, after) for name in one.paths}
    assert found["CreateEC2WithExistingIP"] == "ec2:RunInstances"


def test_other_rules_on_the_action_are_milder_where_it_is_limited() -> None:
    rule = "permissions-management"
    limited, free = (document(allow("iam:AttachRolePolicy", Condition=test)) for test in (ONE_POLICY, {}))
    assert levels(NOTHING, limited, rule) == {"iam:AttachRolePolicy": "notice"}
    assert levels(NOTHING, free, rule) == {"iam:AttachRolePolicy": "warning"}


def test_a_finding_says_what_limits_it_in_both_languages() -> None:
    (finding,) = of_rule("escalation-path", NOTHING, real("AWSIQPermissionServiceRolePolicy", "v1"))
    english = plain(finding_sentence(finding, WORDS["en"]))
    assert "iam:AttachRolePolicy only with iam:PolicyARN arn:aws:iam::aws:policy/AWSDenyAll" in english
    assert "arn:aws:iam::aws:policy/AWSDenyAll" in plain(finding_sentence(finding, WORDS["ko"]))


def test_limits_of_one_statement_hold_together_and_one_of_several_statements_is_enough() -> None:
    """AWSQuickSetupManagedInstanceProfileExecutionPolicy v8 passes one role to two services, or others to one."""
    one, other = passing_to("ec2.amazonaws.com", "ssm.amazonaws.com"), passing_to("ssm.amazonaws.com")
    both = document({**one, "Resource": "arn:aws:iam::*:role/r"}, {**other, "Resource": "arn:aws:iam::*:role/q-*"})
    (finding,) = of_rule("role-passing", NOTHING, both)
    said = {name: plain(finding_sentence(finding, words)) for name, words in WORDS.items()}
    assert said["en"].endswith(
        "limited: iam:PassRole only with iam:PassedToService ec2.amazonaws.com or ssm.amazonaws.com"
        " and on arn:aws:iam::*:role/r; or only with iam:PassedToService ssm.amazonaws.com"
    )
    assert said["ko"].endswith(
        "제한됨: iam:PassRole 작업은 iam:PassedToService 값이 ec2.amazonaws.com 또는 ssm.amazonaws.com이고"
        " 리소스가 arn:aws:iam::*:role/r인 경우 또는 iam:PassedToService 값이 ssm.amazonaws.com인 경우에만"
    )


def test_limits_that_a_line_has_named_are_not_repeated() -> None:
    found = assess(NOTHING, document(allow("iam:AttachRolePolicy", Condition=ONE_POLICY))).findings
    line = plain(findings_line(found, WORDS["en"]))
    assert line.count("only with iam:PolicyARN") == 1
    assert "permissions management (iam:AttachRolePolicy), limited likewise" in line


def test_the_line_of_a_change_names_each_action_and_its_cause() -> None:
    findings = assess(NOTHING, document(allow("iam:AttachRolePolicy", "sts:*"))).findings
    line = plain(findings_line(findings, WORDS["en"]))
    assert (
        "privilege escalation path (iam:AttachRolePolicy completes AttachRolePolicy; and sts:* completes AssumeRootOf"
        in line
    )
    assert " by sts:*" in line


def test_all_actions_are_named_by_their_wildcard_alone() -> None:
    line = plain(findings_line(assess(NOTHING, document(allow("*"))).findings, WORDS["en"]))
    assert "all actions on all resources (*)" in line


def test_the_keys_of_the_table_are_those_of_the_actions_and_each_has_its_page() -> None:
    data, catalogue = json.loads(DATA.read_bytes()), load_catalogue()
    for name, row in data["actions"].items():
        facts = catalogue.action(name)
        assert facts, name
        assert set(row["keys"]) <= {*facts.condition_keys, "iam:PermissionsBoundary", "cloudformation:RoleArn"}, name
        assert row["keys"] or row["resource"], name
    assert all(row["source"].startswith("https://docs.aws.amazon.com/") for row in data["keys"].values())
    assert {key for row in data["actions"].values() for key in row["keys"]} == data["keys"].keys()
    assert load_limits().open_values.keys() == {key.lower() for key in data["keys"]}


def test_the_mildest_level_has_none_below_it() -> None:
    assert [level.milder for level in Level] == ["info", "info", "notice", "warning"]
