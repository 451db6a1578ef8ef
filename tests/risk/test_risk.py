"""Rules and findings: what a change makes possible, and that nothing that was possible before is reported as new."""

import json
from typing import Any

import pytest

from tracker.access import Comparison, Gain, KeyType
from tracker.catalogue.catalogue import load_catalogue
from tracker.commands.diff import ReviewSettings, run_review
from tracker.diff.changes import changes_between
from tracker.errors import ConfigurationError
from tracker.inputs.reader import InputReader
from tracker.policy.documents import parse_document
from tracker.policy.model import PolicyDocument, Scope
from tracker.policy.operators import Family
from tracker.risk import Finding, access_gains_of, facts_of, findings, load_knowledge, universe_of
from tracker.risk.findings import fingerprint_of
from tracker.risk.knowledge import Escalation, Knowledge
from tracker.risk.rules import LINKS, RULES, Level
from tracker.settings.configuration import parse_configuration
from tracker.text.words import load_words, template_folders

CATALOGUE, KNOWLEDGE = load_catalogue(), load_knowledge()
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
BUCKET = "arn:aws:s3:::reports/*"
OIDC = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {**allow(*actions, **more), "Effect": "Deny"}


def all_but(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": list(actions), "Resource": "*"}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


def document(*statements: dict[str, Any]) -> PolicyDocument:
    return parse_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def found(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    policy: str = "p",
    knowledge: Knowledge = KNOWLEDGE,
    **options: Any,
) -> tuple[Finding, ...]:
    old, new = document(*before), document(*after)
    comparison, changes = Comparison(old, new), changes_between(old, new)
    effect = comparison.net_effect(universe_of(CATALOGUE))
    opened = access_gains_of(comparison, changes, effect, CATALOGUE, knowledge)
    return findings(policy, new, opened, effect, CATALOGUE, knowledge, **options)


def reported(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one.rule, one.action) for one in found(before, after)}


EXPANDED = [facts.name for facts in CATALOGUE.expand("cloudtrail:Get*")]

TABLE = {
    "a new iam:PassRole is reported": (
        [allow("s3:ListBucket")],
        [allow("s3:ListBucket", "iam:PassRole")],
        {("role-passing", "iam:PassRole")},
    ),
    "iam:PassRole on more roles is reported": (
        [allow("iam:PassRole", Resource="arn:aws:iam::1:role/a")],
        [allow("iam:PassRole", Resource="arn:aws:iam::1:role/*")],
        {("role-passing", "iam:PassRole"), ("resources-widened", "iam:PassRole")},
    ),
    "a path that a new action completes is reported under that action": (
        [allow("ec2:RunInstances")],
        [allow("ec2:RunInstances", "iam:PassRole")],
        {("role-passing", "iam:PassRole"), ("escalation-path", "iam:PassRole")},
    ),
    "a path that was complete is not reported": (
        [allow("ec2:RunInstances", "iam:PassRole")],
        [allow("ec2:RunInstances", "iam:PassRole", "ec2:StopInstances")],
        set(),
    ),
    "a path that is denied is not reported": (
        [allow("ec2:RunInstances"), deny("ec2:RunInstances")],
        [allow("ec2:RunInstances", "iam:PassRole"), deny("ec2:RunInstances")],
        {("role-passing", "iam:PassRole")},
    ),
    "a permissions management action is reported": (
        [],
        [allow("iam:TagRole", "ram:AcceptResourceShareInvitation", "iam:PutRolePermissionsBoundary")],
        {("permissions-management", "iam:PutRolePermissionsBoundary")},
    ),
    "credentials are reported": (
        [],
        [allow("ecr:GetAuthorizationToken")],
        {("credentials-exposed", "ecr:GetAuthorizationToken")},
    ),
    "an action in another letter case is reported": (
        [],
        [allow("SSM:getparameter")],
        {("data-access", "SSM:getparameter")},
    ),
    "resource exposure is reported": (
        [],
        [allow("ec2:ModifyImageAttribute")],
        {("resource-exposure", "ec2:ModifyImageAttribute")},
    ),
    "a wider resource is reported": (
        [allow("sqs:SendMessage", Resource="arn:aws:sqs:*:*:a")],
        [allow("sqs:SendMessage", Resource="arn:aws:sqs:*:*:*")],
        {("resources-widened", "sqs:SendMessage")},
    ),
    "a dropped condition is reported": (
        [allow("sqs:SendMessage", Condition=MFA)],
        [allow("sqs:SendMessage")],
        {("conditions-weakened", "sqs:SendMessage")},
    ),
    "an added condition is not reported": ([allow("s3:GetObject")], [allow("s3:GetObject", Condition=MFA)], set()),
    "a pure reordering is not reported": (
        [allow("s3:GetObject", "iam:PassRole"), deny("sqs:*")],
        [deny("sqs:*"), allow("iam:PassRole", "s3:GetObject")],
        set(),
    ),
    "a wildcard replaced by its expansion is not reported": ([allow("cloudtrail:Get*")], [allow(*EXPANDED)], set()),
    "an action that a wildcard allowed before is not reported": (
        [allow("iam:*")],
        [allow("iam:*", "iam:CreateAccessKey", "iam:PassRole")],
        set(),
    ),
    "an action that NotAction allowed before is not reported": (
        [all_but("ec2:*")],
        [all_but("ec2:*"), allow("iam:CreateAccessKey")],
        set(),
    ),
    "an action that is denied is not reported": ([deny("iam:*")], [deny("iam:*"), allow("iam:CreateAccessKey")], set()),
    "what a lost denial lets through is reported under the denial": (
        [allow("iam:PassRole"), deny("iam:P*")],
        [allow("iam:PassRole")],
        {("role-passing", "iam:P*"), ("denial-weakened", "iam:P*")},
    ),
    "a path that widening to all resources completes is reported": (
        [allow("ec2:RunInstances"), allow("iam:PassRole", Resource="arn:aws:iam::1:role/a")],
        [allow("ec2:RunInstances", "iam:PassRole")],
        {("role-passing", "iam:PassRole"), ("resources-widened", "iam:PassRole"), ("escalation-path", "iam:PassRole")},
    ),
    "a path that a dropped condition completes is reported": (
        [allow("ec2:RunInstances"), allow("iam:PassRole", Condition=TO_LAMBDA)],
        [allow("ec2:RunInstances", "iam:PassRole")],
        {
            ("role-passing", "iam:PassRole"),
            ("conditions-weakened", "iam:PassRole"),
            ("escalation-path", "iam:PassRole"),
        },
    ),
    "a denial that gets a condition is reported": (
        [allow("sqs:*"), deny("sqs:DeleteQueue")],
        [allow("sqs:*"), deny("sqs:DeleteQueue", Condition=MFA)],
        {("denial-weakened", "sqs:DeleteQueue")},
    ),
    "a denial that goes from a document that only denies is reported": (
        [deny("organizations:LeaveOrganization", "sqs:DeleteQueue")],
        [deny("sqs:DeleteQueue")],
        {("denial-weakened", "organizations:LeaveOrganization")},
    ),
    "a denial of all but some that excepts more is reported": (
        [{**all_but("s3:GetObject"), "Effect": "Deny"}],
        [{**all_but("s3:GetObject", "sqs:DeleteQueue"), "Effect": "Deny"}],
        {("denial-weakened", "sqs:DeleteQueue")},
    ),
    "a denial that comes is not reported": ([deny("sqs:*")], [deny("sqs:*", "iam:*")], set()),
    "a denial of what was never allowed is not reported": ([allow("s3:*"), deny("iam:*")], [allow("s3:*")], set()),
    "what a lost exception lets through is reported under the exception": (
        [all_but("iam:PassRole")],
        [all_but("s3:ListBucket")],
        {("role-passing", "iam:PassRole"), ("escalation-path", "iam:PassRole")},
    ),
    "of all but one to all, that one is reported": (
        [all_but("sts:GetSessionToken")],
        [allow("*")],
        {("credentials-exposed", "sts:GetSessionToken")},
    ),
    "a reading wildcard on all resources is not reported": ([], [allow("ec2:Describe*")], set()),
    "a writing wildcard on all resources is reported": (
        [],
        [allow("sqs:Send*")],
        {("wildcard-on-all-resources", "sqs:Send*")},
    ),
    "a wildcard of which nothing is known is reported as not clear": (
        [],
        [allow("nosuch:Do*")],
        {("wildcard-on-all-resources", "nosuch:Do*")},
    ),
    "a trust in everybody is reported": (
        [trust({"Service": "ec2.amazonaws.com"})],
        [trust("*")],
        {("public-principal", "sts:AssumeRole"), ("principals-widened", "sts:AssumeRole")},
    ),
    "a trust in everybody under a condition is not": (
        [],
        [trust("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})],
        set(),
    ),
    "a trust in everybody under a condition that everybody meets is reported": (
        [],
        [trust("*", Condition={"StringLike": {"aws:PrincipalArn": "*"}})],
        {("public-principal", "sts:AssumeRole")},
    ),
    "a trust in everybody under a condition on something else is reported": (
        [],
        [trust("*", Condition={"Bool": {"aws:SecureTransport": "true"}})],
        {("public-principal", "sts:AssumeRole")},
    ),
    "a trust in everybody who has no organization is reported": (
        [],
        [trust("*", Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})],
        {("public-principal", "sts:AssumeRole")},
    ),
    "a trust in all but one is reported": (
        [],
        [{"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "111122223333"}}],
        {("public-principal", "sts:AssumeRole")},
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_change_gives_these_findings(before: Any, after: Any, expected: set[tuple[str, str]]) -> None:
    assert reported(before, after) == expected


def test_nothing_is_found_in_a_document_that_stays() -> None:
    for before, after, _ in TABLE.values():
        for side in (before, after):
            assert found(side, side) == ()


def test_an_action_that_becomes_possible_on_more_says_so() -> None:
    one = found([allow("iam:PassRole", Resource="arn:aws:iam::1:role/a")], [allow("iam:PassRole")])[0]
    assert one.gain is Gain.WIDER
    assert found([], [allow("iam:PassRole")])[0].gain is Gain.NEW
    assert found([], [allow("nosuch:Do*")])[0].gain is Gain.UNCLEAR


def test_a_path_that_needs_more_than_another_is_left_out() -> None:
    short, long, other = (
        Escalation(name, actions, None)
        for name, actions in (
            ("Short", ("iam:PassRole", "lambda:CreateFunction")),
            ("Long", ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction")),
            ("Other", ("iam:PassRole", "lambda:InvokeFunction")),
        )
    )
    nothing = frozenset[str]()
    everything = [allow("iam:PassRole", "lambda:*")]
    for paths, reported_paths in (((short, long, other), ("Other", "Short")), ((long,), ("Long",))):
        critical = found([], everything, knowledge=Knowledge(nothing, nothing, nothing, paths))
        assert {name for one in critical for name in one.paths} == set(reported_paths)


def test_an_allow_is_the_cause_before_a_deny_that_went() -> None:
    before, after = [deny("iam:PassRole")], [allow("iam:*")]
    assert {one.action for one in found(before, after) if one.rule == "role-passing"} == {"iam:*"}


@pytest.mark.parametrize("changes", [("iam:*", "iam:Pass*", "iam:PassRole"), ("iam:PassRole", "iam:Pass*", "iam:*")])
def test_the_most_specific_change_is_the_cause(changes: tuple[str, ...]) -> None:
    resources = ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:iam::1:role/c")
    grants = [allow(action, Resource=resource) for action, resource in zip(changes, resources, strict=True)]
    assert [one.action for one in found([], grants) if one.rule == "role-passing"] == ["iam:PassRole"]
    without = [grant for grant in grants if grant["Action"] != ["iam:PassRole"]]
    assert [one.action for one in found([], without) if one.rule == "role-passing"] == ["iam:Pass*"]


def test_a_path_names_its_actions_and_its_description() -> None:
    critical = found([allow("lambda:CreateFunction", "lambda:InvokeFunction")], [allow("lambda:*", "iam:PassRole")])
    path = next(one for one in critical if one.rule == "escalation-path" and one.action == "iam:PassRole")
    assert "PassExistingRoleToNewLambdaThenInvoke" in path.paths
    assert {"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"} <= set(path.actions)
    assert path.link
    assert path.link.startswith("https://pathfinding.cloud/")


def test_fingerprints_rest_on_rule_policy_action_and_scope_alone() -> None:
    one = found([], [allow("iam:PassRole")])[0]
    same = found(
        [allow("s3:ListBucket")], [allow("IAM:passrole"), allow("s3:ListBucket")], levels={"role-passing": Level.INFO}
    )
    assert [other.fingerprint for other in same] == [one.fingerprint]
    others = (
        found([], [allow("iam:PassRole")], policy="q")[0],
        found([], [allow("iam:PassRole", Resource="arn:aws:iam::1:role/a")])[0],
        found([], [allow("iam:Pass*")])[0],
        found([deny("iam:PassRole"), allow("iam:PassRole")], [allow("iam:PassRole")])[0],
    )
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)


def test_all_and_all_but_some_have_different_fingerprints() -> None:
    marks = [
        next(one.fingerprint for one in found([], after) if one.rule == "all-actions-on-all-resources")
        for after in ([allow("*")], [all_but("s3:PutObject")])
    ]
    assert marks[0] != marks[1]


def test_a_rule_can_be_switched_off_and_given_another_level() -> None:
    levels = parse_configuration(
        b'rules = {role-passing = "off", data-access = "critical"}', "policy-tracker.toml"
    ).rules
    one = found([], [allow("iam:PassRole", "s3:GetObject")], levels=levels)
    assert [(finding.rule, finding.level) for finding in one] == [("data-access", Level.CRITICAL)]


@pytest.mark.parametrize("text", ['rules = {nosuch = "off"}', 'rules = {data-access = "high"}', "rules = 1"])
def test_a_rule_or_level_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="rules"):
        parse_configuration(text.encode(), "policy-tracker.toml")


def test_first_uses_are_reported_only_along_an_archive() -> None:
    before, after = [allow("sqs:SendMessage")], [allow("sqs:SendMessage", "sqs:GetQueueUrl", "sns:Publish")]
    assert not found(before, after)
    along = found(before, after, seen={"sqs", "sqs:sendmessage"})
    assert {(one.rule, one.action) for one in along} == {
        ("first-action", "sqs:GetQueueUrl"),
        ("first-service", "sns:Publish"),
    }


def test_a_wildcard_is_no_first_action_and_an_exception_and_a_denial_are_none() -> None:
    seen = {"sqs", "sqs:sendmessage"}
    assert not [one for one in found([], [allow("sqs:Get*")], seen=seen) if one.rule.startswith("first")]
    assert not [one for one in found([], [all_but("sqs:GetQueueUrl")], seen=seen) if one.rule.startswith("first")]
    gone = found([allow("*"), deny("sns:Publish")], [allow("*")], seen=seen)
    assert not [one for one in gone if one.rule.startswith("first")]


def test_the_reference_says_whether_a_key_has_several_values() -> None:
    key_type = facts_of(CATALOGUE).key_type
    assert key_type("s3:max-keys") == KeyType(True, Family.NUMERIC)
    assert key_type("dynamodb:attributes") == KeyType(False, Family.STRING)
    assert key_type("no:such") is None


def test_the_table_of_facts_names_known_actions_only() -> None:
    named = KNOWLEDGE.watched
    # The reference leaves this one out; it is what `aws configure sso` asks for a role's credentials with.
    assert {action for action in named if CATALOGUE.action(action) is None} == {"sso:getrolecredentials"}
    assert len(KNOWLEDGE.escalations) >= 50


def test_each_rule_has_words_in_each_language() -> None:
    assert [rule.id for rule in RULES] == sorted(rule.id for rule in RULES)
    assert set(LINKS) <= {rule.id for rule in RULES}
    for language in ("en", "ko"):
        words = load_words(language, template_folders())
        for rule in RULES:
            assert words(f"rule.{rule.id}")
            assert words(f"rule.{rule.id}.about")


def test_each_rule_can_be_met(tmp_path: Any) -> None:
    met = {rule for before, after, _ in TABLE.values() for rule, _ in reported(before, after)}
    met |= {one.rule for after in ("s3:*", "*") for one in found([], [allow(after)])}
    met |= {one.rule for one in found([], [allow("sns:Publish", "sqs:SendMessage")], seen={"sqs"})}
    (tmp_path / "old.json").write_text(json.dumps({"Statement": allow("s3:GetObject")}))
    plan = {
        "resource_changes": [
            {
                "address": "aws_iam_policy.p",
                "type": "aws_iam_policy",
                "change": {"after": {}, "after_unknown": {"policy": True}},
            }
        ]
    }
    after = {
        "bad.json": '{"Statement": 1}',
        "tree/link": "",
        "tree/Chart.yaml": "dependencies: [{name: x, version: 1.0.0}]",
        "tree/stack.ts": "new PolicyStatement({effect: Effect.ALLOW, actions: ['*']})",
        "tree/value.json": json.dumps({"Statement": allow("${action}")}),
        "tree/trust.json": json.dumps({"Statement": {**allow("sts:AssumeRole"), "Principal": {"Federated": OIDC}}}),
        "plan.json": json.dumps(plan),
    }
    (tmp_path / "tree").mkdir()
    (tmp_path / "empty").mkdir()
    for name, text in after.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "tree" / "link").unlink()
    (tmp_path / "tree" / "link").symlink_to("/nowhere")
    reader = InputReader(tmp_path, tmp_path, lambda: b"")
    for sides in (("old.json", "bad.json"), ("empty", "tree"), ("plan.json", None)):
        before, other = (side and f"{tmp_path}/{side}" for side in sides)
        seen = run_review(reader, before or "", other, ReviewSettings(language="en"))
        met |= {one.rule for one in seen.review.findings}
    assert met == {rule.id for rule in RULES} - {"undecided"}


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("ssm:SendCommand", "code-execution"),
        ("ssm:StartSession", "code-execution"),
        ("cloudformation:UpdateStack", "code-execution"),
        ("codebuild:StartBuildBatch", "code-execution"),
        ("apprunner:UpdateService", "code-execution"),
        ("lambda:UpdateFunctionConfiguration", "code-execution"),
        ("cloudtrail:StopLogging", "monitoring-weakened"),
        ("iam:CreateSAMLProvider", "identity-changed"),
        ("iam:UpdateSAMLProvider", "identity-changed"),
        ("iam:CreateOpenIDConnectProvider", "identity-changed"),
        ("iam:AddClientIDToOpenIDConnectProvider", "identity-changed"),
        ("iam:DeactivateMFADevice", "identity-changed"),
        ("sso:CreatePermissionSet", "identity-changed"),
        ("sso:AssociateProfile", "identity-changed"),
        ("cognito-identity:SetIdentityPoolRoles", "identity-changed"),
        ("sso:GetRoleCredentials", "credentials-exposed"),
        ("ec2:AuthorizeSecurityGroupIngress", "resource-exposure"),
        ("ec2:ModifySecurityGroupRules", "resource-exposure"),
        ("kafka:PutClusterPolicy", "resource-exposure"),
        ("ecs:RunTask", "code-execution"),
        ("elasticbeanstalk:UpdateEnvironment", "code-execution"),
        ("iam:CreateRole", "identity-changed"),
        ("ds:ResetUserPassword", "identity-changed"),
        ("securityhub:BatchDisableStandards", "monitoring-weakened"),
        ("sts:AssumeRoot", "escalation-path"),
        ("dsql:DbConnectAdmin", "data-access"),
    ],
)
def test_an_action_that_matters_has_a_finding_of_its_rule(action: str, rule: str) -> None:
    assert rule in {one.rule for one in found([allow("s3:ListAllMyBuckets")], [allow("s3:ListAllMyBuckets", action)])}


@pytest.mark.parametrize("actions", sorted({path.actions for path in KNOWLEDGE.escalations}))
def test_each_escalation_path_is_found_whichever_of_its_actions_comes_last(actions: tuple[str, ...]) -> None:
    for last in actions:
        before = [allow("s3:ListAllMyBuckets", *(action for action in actions if action != last))]
        rules = {one.rule for one in found(before, [allow("s3:ListAllMyBuckets", *actions)])}
        held = any(path.folded <= {one.lower() for one in actions if one != last} for path in KNOWLEDGE.escalations)
        assert "escalation-path" in rules or held


def test_a_fingerprint_stays_what_it_was() -> None:
    """Approvals in users' repositories name it. A name may hold half a character, too."""
    scopes = [Scope(("*",))]
    assert fingerprint_of("role-passing", "Träger", "iam:PassRole", scopes) == "0360ccfb37ffb59e"
    assert fingerprint_of("role-passing", "\ud800", "iam:PassRole", scopes)
