"""Data that gives access in words of its own: actions in lists of any name, patches, pieces, members of tools.

None of that is read, and none of it passes. The before of each has `s3:GetObject`, the after `s3:*`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document, rules_of

from tracker.inputs.syntax.action_names import names_known_actions, text_names_actions
from tracker.review.model import fails

LISTED = {
    "a list of TOML": ("p.toml", '[iam]\nallow = [\n  # what it needs\n  "ACT",\n]\n'),
    "a list of an INI file": ("iam.ini", "[role]\nallow = ACT, sqs:SendMessage\n"),
    "a line of properties": ("iam.properties", "role.permits=ACT\n"),
    "indexed properties": ("a.properties", "s[0].effect=Allow\ns[0].action[0]=ACT\ns[0].resource=*\n"),
    "a column of a table": ("roles.csv", "role,permission\ndev,ACT\n"),
    "a table with an effect": ("p.tsv", "sid\teffect\taction\na\tAllow\tACT\n"),
    "an attribute of XML": ("p.xml", '<Statement Effect="Allow"><Action name="ACT"/></Statement>'),
    "a property list": ("p.plist", "<dict><key>Action</key><string>ACT</string></dict>"),
    "EDN": ("p.edn", '{:Effect "Allow" :Action ["ACT"] :Resource "*"}'),
    "S-expressions": ("p.dat", '((Effect . "Allow") (Action . "ACT"))'),
    "a list of HCL": ("iam-policies/a.hcl", 'dev {\n  allow = ["ACT"]\n  on    = ["*"]\n}\n'),
    "a manifest of Architect": ("app.arc", "@app\nx\n@aws\npolicies\n  ACT\n"),
    "grants": ("p.yaml", "roles:\n  dev:\n    grants: [ACT]\n"),
    "permits": ("p.yaml", "policies:\n- permit: [ACT]\n"),
    "a list alone": ("p.yaml", "dev:\n- ACT\n"),
    "keys": ("p.yaml", "dev:\n  ACT: ['*']\n"),
    "data of Open Policy Agent": ("data.json", '{"roles": {"dev": ["ACT"]}}'),
    "a variable of a workflow": (".github/workflows/a.yml", "env:\n  TF_VAR_actions: '[\"ACT\"]'\n"),
    "a text of several": ("p.yaml", "dev: ACT, sqs:SendMessage\n"),
    "a parameter of a rule": ("r.json", '{"rule": {"blockedActionsPatterns": "ACT"}}'),
    "values of Terraform without a module": ("envs/prod.tfvars", 'actions = ["ACT"]\n'),
    "values of Terraform in JSON without a module": ("envs/prod.tfvars.json", '{"actions": ["ACT"]}'),
    "a patch of an action": (
        "cfn.patches.yml",
        "- op: replace\n  path: /Resources/R/Properties/Policies/0/PolicyDocument/Statement/0/Action\n  value: ACT\n",
    ),
    "a patch of a statement": (
        "cfn.patches.json",
        '[{"op": "add", "path": "/Resources/R/Properties/Policies/-", "value": {"Ref": "ACT"}}]',
    ),
    "lines of a policy": (
        "p.yaml",
        "".join(f"- '{line}'\n" for line in json.dumps(document(allow("ACT")), indent=1).split("\n")),
    ),
    "pieces of a policy": ("p.json", json.dumps({"p": ['{"Effect": "Al', 'low", "Act', 'ion": "ACT"}']})),
}


@pytest.mark.parametrize(("name", "text"), LISTED.values(), ids=LISTED.keys())
def test_actions_that_are_listed_under_any_name_never_pass(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {name: text.replace("ACT", "s3:GetObject")}, {name: text.replace("ACT", "s3:*")})
    assert fails(found.review, "broadens")
    assert rules_of(found) <= {"not-looked-at", "document-unreadable"}


GIVEN = {
    "who may assume a role": ("iam-config.yaml", "roles:\n- assumedBy: [{type: account, principal: '11111111111X'}]\n"),
    "another boundary": ("iam-config.yaml", "roleSets:\n- roles:\n  - {name: R, boundaryPolicy: BX}\n"),
    "who has a permission set": ("iam-config.yaml", "assignments:\n- {permissionSetName: P, target: OUX}\n"),
    "access to a storage": ("cli-inputs.json", '{"authAccess": ["READ", "WRITEX"]}'),
    "access to a cluster": (
        "cluster.yaml",
        (
            "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c}\n"
            "iamIdentityMappings:\n- {arn: 'arn:aws:iam::123456789012:role/a', groups: [gX]}\n"
        ),
    ),
    "an entry of a cluster": (
        "cluster.yaml",
        (
            "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c}\n"
            "accessConfig:\n  accessEntries:\n  - {principalARN: 'arn:aws:iam::123456789012:role/rX'}\n"
        ),
    ),
    "the role of a task of Step Functions": (
        "x.asl.json",
        '{"States": {"a": {"Type": "Task", "Credentials": {"RoleArn": "arn:aws:iam::123456789012:role/rX"}}}}',
    ),
    "the role of a process": ("env.yaml", "env:\n  AWS_ROLE_ARN: arn:aws:iam::123456789012:role/rX\n"),
    "a patch of a service account": (
        "kustomization.yaml",
        (
            "patches:\n- patch: |-\n    - op: add\n      path: /metadata/annotations\n"
            "      value: {eks.amazonaws.com/role-arn: 'arn:aws:iam::123456789012:role/rX'}\n"
        ),
    ),
}


@pytest.mark.parametrize(("name", "text"), GIVEN.values(), ids=GIVEN.keys())
def test_members_by_which_tools_give_access_never_pass(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {name: text.replace("X", "1")}, {name: text.replace("X", "2")})
    assert fails(found.review, "broadens")
    assert not compared(tmp_path / "2", {name: text}, {name: f"{text}\n"}).review.policies


QUIET = {
    "permissions of an application": ("roles.yaml", "dev: ['order:Read', 'account:Read', 'profile:Write1']\n"),
    "an event": ("events.yaml", "events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*', name1]\n"),
    "a message": ("messages.properties", "denied=You may not perform s3:GetObject on bucket 1\n"),
    "a name": ("p.yaml", "name: s3:GetObject\nx: 1\n"),
    "an image": ("p.yaml", "image: nginx:Latest1\n"),
    "a patch of a number": ("p.yaml", "- {op: replace, path: /spec/replicas, value: 1}\n"),
    "keys that are conditions": ("p.json", '{"keys": ["s3:prefix", "aws:SourceVpc1"]}'),
    "a rule of Rego": ("p.rego", 'denied := ["iam:PassRole"] # 1\n'),
    "entities of a page": ("p.xml", "<p>&quot;effect&quot; &#38; action 1</p>"),
}


@pytest.mark.parametrize(("name", "text"), QUIET.values(), ids=QUIET.keys())
def test_other_names_with_a_colon_are_left_alone(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {name: text}, {name: text.replace("1", "2")})
    assert not fails(found.review, "any")
    assert not rules_of(found)


def test_the_order_of_lists_and_the_members_around_them_are_nothing(tmp_path: Path) -> None:
    before, after = "a: [1]\ndev:\n- s3:GetObject\n", "# who may what\ndev: ['s3:GetObject']\na: [1, 2]\n"
    assert not compared(tmp_path, {"p.yaml": before}, {"p.yaml": after}).review.policies


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("s3:GetObject", True),
        ("s3:Get*", True),
        ("s3:*", True),
        ("S3:GetObject", False),
        ("s3:GetNothingLikeThis", False),
        ("s3:Nothing*", False),
        ("nothing:*", False),
        ("s3:GetObject and more", False),
        ("s3:GetObject|sqs:SendMessage", True),
        (["x", "s3:PutObject"], True),
        ({"s3:PutObject": 1}, True),
        ({"a": "s3:PutObject"}, False),
        (7, False),
    ],
)
def test_actions_are_known_by_the_catalogue(value: Any, names: bool) -> None:
    assert names_known_actions(value) is names


def test_an_action_in_a_sentence_is_no_value() -> None:
    assert not text_names_actions("It is not authorized to perform: s3:GetObject on it, see s3:PutObject.")
    assert text_names_actions("x = s3:GetObject\n")
