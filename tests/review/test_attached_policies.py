"""Managed policies that are attached are grants: their documents count, and what is not at hand is unknown."""

from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document, rules_of, states_of, tree

from tracker.review.model import fails

TRUST = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
LOGS = allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def role(*attached: Any, inline: Any = None, **more: Any) -> dict[str, Any]:
    policies = [{"PolicyName": "inline", "PolicyDocument": document(inline)}] if inline else []
    properties = {
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": list(attached),
        **({"Policies": policies} if policies else {}),
        **more,
    }
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


CASES: dict[str, tuple[Any, Any, bool]] = {
    "attached": (role(), role(ADMIN), True),
    "swapped for more": (role(READ_ONLY), role(ADMIN), True),
    "swapped for less": (role(ADMIN), role(READ_ONLY), False),
    "detached": (role(ADMIN), role(), False),
    "one more that others cover": (role(ADMIN), role(ADMIN, READ_ONLY), False),
    "inline instead of attached": (role(BASIC), role(inline=LOGS), True),
    "attached instead of inline": (role(inline=LOGS), role(BASIC), False),
    "another order": (role(ADMIN, READ_ONLY), role(READ_ONLY, ADMIN), False),
    "a partition that is a parameter": (
        role(),
        role({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"]]}),
        True,
    ),
}


@pytest.mark.parametrize(("before", "after", "broadens"), CASES.values(), ids=CASES.keys())
def test_what_is_attached_counts(before: Any, after: Any, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": before}, {"t.json": after})
    attached = [one for one in found.review.policies if "attached policies" in one.name]
    assert any(one.broadens for one in attached) is (broadens and "inline" not in str(after))


def test_the_version_is_named(tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": role()}, {"t.json": role(ADMIN)})
    assert "Attached: AdministratorAccess v1 (20" in found.printed("text")
    assert fails(found.review, "critical")


def test_an_archive_that_is_named_comes_first(tmp_path: Path) -> None:
    folder = "aws/AdministratorAccess"
    observed = [{"At": "2024-01-01T00:00:00Z", "DefaultVersionId": "v7"}]
    facts: dict[str, Any] = {
        "Arn": ADMIN,
        "PolicyName": "AdministratorAccess",
        "PolicyId": "ANPAIWMBCKSKIEE64ZLYK",
        "Path": "/",
        "Description": None,
        "CreateDate": "2015-02-06T18:39:46Z",
        "Observed": observed,
        "Origins": {},
        "Unavailable": [],
    }
    version = {"VersionId": "v7", "CreateDate": "2024-01-01T00:00:00Z", "Document": document(allow("sns:Publish"))}
    archive = tree(tmp_path / "archive", {f"{folder}/policy.json": facts, f"{folder}/v7.json": version})
    found = compared(tmp_path, {"t.json": role()}, {"t.json": role(ADMIN)}, attached=archive)
    assert not fails(found.review, "critical")
    assert "AdministratorAccess v7" in found.printed("text")


@pytest.mark.parametrize(
    "policy",
    [
        "arn:aws:iam::aws:policy/NoSuchPolicyOfAws",
        "arn:aws:iam::111122223333:policy/own",
        {"Ref": "PolicyArn"},
        {"Fn::ImportValue": "policy"},
    ],
)
def test_a_policy_without_a_document_is_unknown(policy: Any, tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": role()}, {"t.json": role(policy)})
    assert rules_of(found) & {"not-looked-at", "value-unresolved"}
    assert fails(found.review, "broadens")
    same = compared(tmp_path / "same", {"t.json": role(policy)}, {"t.json": role(policy, BASIC)})
    assert not rules_of(same) & {"not-looked-at", "value-unresolved"}


def test_a_policy_beside_the_role_is_taken_from_there(tmp_path: Path) -> None:
    def template(*statements: Any) -> dict[str, Any]:
        made = role({"Ref": "Own"})
        properties = {"PolicyDocument": document(*statements)}
        made["Resources"]["Own"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        return made

    bare = template(allow("sns:Publish"))
    bare["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = []
    found = compared(tmp_path, {"t.json": bare}, {"t.json": template(allow("sns:Publish"))})
    assert states_of(found) == {"t.json#Role attached policies": "changed broadens"}
    assert rules_of(found) == set()


def test_a_boundary_that_goes_is_reported(tmp_path: Path) -> None:
    bounded = role(READ_ONLY, PermissionsBoundary=READ_ONLY)
    gone = compared(tmp_path / "1", {"t.json": bounded}, {"t.json": role(READ_ONLY)})
    assert fails(gone.review, "broadens")
    assert any("permissions boundary" in one.name for one in gone.review.policies)
    come = compared(tmp_path / "2", {"t.json": role(READ_ONLY)}, {"t.json": bounded})
    assert not fails(come.review, "broadens")
    assert fails(come.review, "any")
