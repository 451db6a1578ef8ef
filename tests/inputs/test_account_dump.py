"""Answers about an account: who has what, by ARN and name; which version is in force; what an answer lacks."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions, UnknownKind
from tracker.inputs.syntax.parsing import parse_text

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
IAM = "arn:aws:iam::111122223333"


def answer(value: Any) -> Contents:
    return read_file(parse_text("answer.json", json.dumps(value)), ReadOptions())


def policies(contents: Contents) -> dict[str, Any]:
    return {one.identity: one.document for one in contents.documents}


def kinds(contents: Contents) -> list[UnknownKind]:
    own = [unknown for _, unknown in contents.unknowns]
    return [unknown.kind for unknown in [*own, *(one for held in contents.documents for one in held.unknowns)]]


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"UserName": name, "Arn": f"{IAM}:user/{name}", **more}


def inline(document: Any, name: str = "inline") -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": document}]


@pytest.mark.parametrize("document", [READ, json.dumps(READ), quote(json.dumps(READ))])
def test_an_inline_policy_is_named_by_its_owner(document: Any) -> None:
    found = answer({"UserDetailList": [user("bob", UserPolicyList=inline(document))]})
    assert policies(found) == {f"{IAM}:user/bob/UserPolicyList/inline": READ}
    assert found.documents[0].principal == f"{IAM}:user/bob"


def test_a_role_has_its_trust_policy_beside_its_inline_ones() -> None:
    role = {"RoleName": "r", "Arn": f"{IAM}:role/r", "AssumeRolePolicyDocument": READ, "RolePolicyList": inline(WRITE)}
    found = answer({"RoleDetailList": [role]})
    assert policies(found) == {
        f"{IAM}:role/r/AssumeRolePolicyDocument": READ,
        f"{IAM}:role/r/RolePolicyList/inline": WRITE,
    }


def versions(default: str) -> dict[str, Any]:
    held = [
        {"VersionId": "v1", "IsDefaultVersion": default == "v1", "Document": READ},
        {"VersionId": "v2", "IsDefaultVersion": default == "v2", "Document": WRITE},
    ]
    return {"Policies": [{"Arn": f"{IAM}:policy/P", "DefaultVersionId": default, "PolicyVersionList": held}]}


@pytest.mark.parametrize(("default", "document"), [("v1", READ), ("v2", WRITE)])
def test_only_the_default_version_is_in_force(default: str, document: Any) -> None:
    found = answer(versions(default))
    assert policies(found) == {f"{IAM}:policy/P": document}
    assert found.counted == {"versions that are not in force": 1}


@pytest.mark.parametrize("default", ["v1", "v3"])
def test_a_default_version_without_its_document_is_unknown(default: str) -> None:
    listed = {"Policies": [{"Arn": f"{IAM}:policy/P", "DefaultVersionId": default}], "IsTruncated": False}
    assert kinds(answer(listed)) == [UnknownKind.NOT_LOOKED_AT]
    broken = versions(default)
    broken["Policies"][0]["PolicyVersionList"] = [{"VersionId": "v2", "Document": READ}]
    assert kinds(answer(broken)) == [UnknownKind.NOT_LOOKED_AT]


def test_a_switched_default_of_a_list_without_documents_is_another_unknown() -> None:
    digests = {
        answer({"Policies": [{"Arn": f"{IAM}:policy/P", "DefaultVersionId": default}]}).documents[0].unknowns[0].digest
        for default in ("v1", "v2")
    }
    assert len(digests) == 2


def attached(contents: Contents) -> set[tuple[str, str, bool]]:
    return {(one.principal, one.policy, one.boundary) for one in contents.attachments}


def test_members_have_what_their_groups_have() -> None:
    group = {
        "GroupName": "dev",
        "Arn": f"{IAM}:group/dev",
        "GroupPolicyList": inline(READ),
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}],
    }
    found = answer({"UserDetailList": [user("bob", GroupList=["dev"])], "GroupDetailList": [group]})
    assert attached(found) == {
        (f"{IAM}:group/dev", ADMIN, False),
        (f"{IAM}:user/bob", ADMIN, False),
        (f"{IAM}:user/bob", f"{IAM}:group/dev/GroupPolicyList/inline", False),
    }
    assert f"{IAM}:group/dev/GroupPolicyList/inline" in policies(found)


def test_a_group_that_is_not_in_the_file_is_unknown() -> None:
    (attachment,) = answer({"UserDetailList": [user("bob", GroupList=["dev"])]}).attachments
    assert attachment.unknown is not None


def test_boundaries_are_kept_apart_from_what_is_attached() -> None:
    bound = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    assert attached(answer({"UserDetailList": [user("bob", PermissionsBoundary=bound)]})) == {
        (f"{IAM}:user/bob", ADMIN, True)
    }


def test_an_answer_that_is_cut_off_is_unknown() -> None:
    found = answer({"UserDetailList": [], "IsTruncated": True, "Marker": "abc"})
    assert kinds(found) == [UnknownKind.NOT_LOOKED_AT]


def test_pages_are_one_answer() -> None:
    pages = [
        {"UserDetailList": [user("bob", GroupList=["dev"])], "IsTruncated": True, "Marker": "abc"},
        {"GroupDetailList": [{"GroupName": "dev", "Arn": f"{IAM}:group/dev", "GroupPolicyList": inline(READ)}]},
    ]
    found = answer(pages)
    assert not kinds(found)
    assert attached(found) == {(f"{IAM}:user/bob", f"{IAM}:group/dev/GroupPolicyList/inline", False)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": True, "Document": READ}}, {"PolicyVersion": READ}),
        ({"RoleName": "r", "PolicyName": "p", "PolicyDocument": READ}, {"role/r/p": READ}),
        ({"UserName": "u", "PolicyName": "p", "PolicyDocument": quote(json.dumps(READ))}, {"user/u/p": READ}),
        (
            {"Role": {"RoleName": "r", "Arn": f"{IAM}:role/r", "AssumeRolePolicyDocument": READ}},
            {f"{IAM}:role/r/AssumeRolePolicyDocument": READ},
        ),
        (
            {
                "Policy": {
                    "PolicySummary": {"Arn": "arn:o", "Type": "SERVICE_CONTROL_POLICY"},
                    "Content": json.dumps(READ),
                }
            },
            {"arn:o": READ},
        ),
        ({"Policy": {"PolicySummary": {"Arn": "arn:o", "Type": "TAG_POLICY"}, "Content": '{"tags": {}}'}}, {}),
        ({"InlinePolicy": json.dumps(READ)}, {"InlinePolicy": READ}),
        ({"InlinePolicy": ""}, {}),
    ],
)
def test_single_answers_are_read(value: Any, expected: Any) -> None:
    found = answer(value)
    assert policies(found) == expected
    assert not kinds(found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"AttachedPolicies": [{"PolicyName": "A", "PolicyArn": ADMIN}]}, {("", ADMIN, False)}),
        ({"AttachedManagedPolicies": [{"Name": "A", "Arn": ADMIN}]}, {("", ADMIN, False)}),
        ({"CustomerManagedPolicyReferences": [{"Name": "n", "Path": "/a/"}]}, {("", "/a/n", False)}),
    ],
)
def test_lists_of_what_is_attached_are_read(value: Any, expected: Any) -> None:
    assert attached(answer(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"UserDetailList": ["bob"]},
        {"UserDetailList": [user("bob", UserPolicyList=["x"])]},
        {"UserDetailList": [user("bob", UserPolicyList=inline("{"))]},
        {"UserDetailList": [user("bob", AttachedManagedPolicies=[{"PolicyName": "A"}])]},
        {"UserDetailList": [user("bob", PermissionsBoundary={})]},
        {"Policies": [{"Arn": f"{IAM}:policy/P", "DefaultVersionId": "v1", "PolicyVersionList": [1]}]},
        {
            "UserDetailList": [
                user("bob", UserPolicyList=inline(quote('{"Statement": "\ue000x#0123456789abcdef\ue001"}')))
            ]
        },
    ],
)
def test_what_can_not_be_read_is_unknown(value: Any) -> None:
    assert kinds(answer(value))


def test_a_policy_in_a_member_that_no_answer_is_known_to_have_is_read() -> None:
    assert READ in policies(answer({"UserDetailList": [user("bob", NewPolicies={"x": READ})]})).values()
    assert READ in policies(answer({"UserDetailList": [], "NewList": [{"Name": "n", "Document": READ}]})).values()
