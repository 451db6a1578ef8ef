"""Roles, keys and settings in data that no template holds: answers about an account, manifests, tasks, workflows."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document, rules_of, states_of

from tracker.review.model import fails

ROLE = "arn:aws:iam::111122223333:role/reader"
OTHER = "arn:aws:iam::111122223333:role/other"


def manifest(kind: str, group: str, spec: Any, **metadata: Any) -> str:
    return json.dumps({"apiVersion": group, "kind": kind, "metadata": {"name": "x", **metadata}, "spec": spec})


def workflow(*roles: str) -> str:
    steps = "".join(f"    - uses: a/b@v1\n      with:\n        role-to-assume: {role}\n" for role in roles)
    return f"jobs:\n  deploy:\n    steps:\n{steps}"


def users(groups: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
            "data": {"mapRoles": f"- rolearn: {ROLE}\n  groups: [{groups}]\n"},
        }
    )


ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LAMBDA, S3, IAM = (f"{name}.services.k8s.aws/v1alpha1" for name in ("lambda", "s3", "iam"))
UPBOUND = "iam.aws.upbound.io/v1beta1"
GAINS: dict[str, tuple[Any, Any]] = {
    "a task": ({"taskRoleArn": ROLE}, {"taskRoleArn": OTHER}),
    "a function": ({"FunctionName": "f", "Role": ROLE}, {"FunctionName": "f", "Role": OTHER}),
    "a stage of Chalice": ({"dev": {"iam_role_arn": ROLE}}, {"dev": {"iam_role_arn": OTHER}}),
    "a workflow": (workflow(ROLE), workflow(OTHER)),
    "a workflow whose steps change roles": (workflow(ROLE, OTHER), workflow(ROLE, f"{OTHER}-2")),
    "a pod": (
        manifest("Pod", "v1", {}, annotations={"iam.amazonaws.com/role": "reader"}),
        manifest("Pod", "v1", {}, annotations={"iam.amazonaws.com/role": "other"}),
    ),
    "a function of ACK": (manifest("Function", LAMBDA, {"role": ROLE}), manifest("Function", LAMBDA, {"role": OTHER})),
    "a function with a reference": (
        manifest("Function", LAMBDA, {"roleRef": {"from": {"name": "reader"}}}),
        manifest("Function", LAMBDA, {"roleRef": {"from": {"name": "other"}}}),
    ),
    "a bucket of ACK": (
        manifest("Bucket", S3, {"publicAccessBlock": {"blockPublicAcls": True}}),
        manifest("Bucket", S3, {"publicAccessBlock": {"blockPublicAcls": False}}),
    ),
    "a bucket of ACK without its block": (
        manifest("Bucket", S3, {"publicAccessBlock": {"blockPublicAcls": True}}),
        manifest("Bucket", S3, {}),
    ),
    "a key": ({}, manifest("AccessKey", UPBOUND, {"forProvider": {"userRef": {"name": "u"}}})),
    "a membership": ({}, manifest("UserGroupMembership", UPBOUND, {"forProvider": {"groups": ["g"]}})),
    "an identity provider": ({}, manifest("OpenIDConnectProvider", IAM, {"url": "https://example.com"})),
    "users of a cluster": (users("view"), users("'system:masters'")),
    "a key in an answer": (
        {"AccessKeyMetadata": []},
        {"AccessKeyMetadata": [{"UserName": "u", "AccessKeyId": "AKIDEXAMPLE", "Status": "Active"}]},
    ),
    "a block of public access in an answer": (
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
    ),
    "everybody in an access control list": (
        {"Grants": []},
        {"Grants": [{"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}]},
    ),
}
QUIET: dict[str, tuple[Any, Any]] = {
    "a step more with the same role": (workflow(ROLE, OTHER), workflow(ROLE, ROLE, OTHER)),
    "a new workflow": ({}, workflow(OTHER)),
    "steps in another order": (workflow(ROLE, OTHER), workflow(OTHER, ROLE)),
    "a setting of a function": (
        manifest("Function", LAMBDA, {"role": ROLE, "timeout": 1}),
        manifest("Function", LAMBDA, {"role": ROLE, "timeout": 2}),
    ),
    "the owner of an inline policy": (
        manifest("RolePolicy", UPBOUND, {"forProvider": {"roleRef": {"name": "a"}}}),
        manifest("RolePolicy", UPBOUND, {"forProvider": {"roleRef": {"name": "a"}}}, labels={"a": "b"}),
    ),
    "a label of a key": (
        manifest("AccessKey", UPBOUND, {"forProvider": {"userRef": {"name": "u"}}}),
        manifest("AccessKey", UPBOUND, {"forProvider": {"userRef": {"name": "u"}}}, labels={"a": "b"}),
    ),
    "a key that is not active": (
        {"AccessKeyMetadata": []},
        {"AccessKeyMetadata": [{"UserName": "u", "AccessKeyId": "AKIDEXAMPLE", "Status": "Inactive"}]},
    ),
}


@pytest.mark.parametrize(("before", "after"), GAINS.values(), ids=GAINS.keys())
def test_who_gains_access_by_data_never_passes(before: Any, after: Any, tmp_path: Path) -> None:
    found = compared(tmp_path, {"file.yaml": before}, {"file.yaml": after})
    assert "not-looked-at" in rules_of(found)
    assert fails(found.review, "broadens")


@pytest.mark.parametrize(("before", "after"), QUIET.values(), ids=QUIET.keys())
def test_who_gains_nothing_by_data_is_left_alone(before: Any, after: Any, tmp_path: Path) -> None:
    assert not rules_of(compared(tmp_path, {"file.yaml": before}, {"file.yaml": after}))


def test_a_role_that_a_program_is_given_the_name_of_is_a_notice(tmp_path: Path) -> None:
    found = compared(tmp_path, {"file.yaml": {"ROLE_ARN": ROLE}}, {"file.yaml": {"ROLE_ARN": OTHER}})
    assert rules_of(found) == {"policy-in-source"}
    assert not fails(found.review, "broadens")


def test_an_instance_profile_of_an_account_with_another_role_is_compared(tmp_path: Path) -> None:
    def answer(holder: str) -> dict[str, Any]:
        roles = []
        for name, action in (("reader", "s3:GetObject"), ("admin", "*")):
            profile = {"InstanceProfileName": "p", "Arn": "arn:aws:iam::111122223333:instance-profile/p"}
            roles.append(
                {
                    "RoleName": name,
                    "Arn": f"arn:aws:iam::111122223333:role/{name}",
                    "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document(allow(action))}],
                    "InstanceProfileList": [profile] if name == holder else [],
                }
            )
        return {"account.json": {"RoleDetailList": roles}}

    found = compared(tmp_path, answer("reader"), answer("admin"))
    assert list(states_of(found).values()) == ["changed broadens"]
    assert not fails(compared(tmp_path / "2", answer("admin"), answer("reader")).review, "broadens")
