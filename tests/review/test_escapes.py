"""Ways in which more is allowed though no statement of a policy changes, or where nobody looks: each trips the gate."""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from reviewing import allow, compared, deny, document

from tracker.inputs.comparing import comparison
from tracker.review.model import fails

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ROLE = "arn:aws:iam::111122223333:role/r"
ALL = document(allow("*"))
ENCODED = b64encode(json.dumps(ALL).encode()).decode()


def _template(resource: Any, **sections: Any) -> Any:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"P": resource}, **sections}


def _on_bucket(name: str) -> Any:
    public = allow("s3:GetObject", Principal="*")
    return _template(
        {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": name, "PolicyDocument": document(public)}}
    )


def _of_role(name: str) -> Any:
    return _template({"Type": "AWS::IAM::RolePolicy", "Properties": {"RoleName": name, "PolicyDocument": ALL}})


def _source(kind: str, **values: Any) -> str:
    lines = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in values.items())
    return f'resource "{kind}" "p" {{\n{lines}}}\n'


def _reading(expression: str) -> str:
    statement = f'{{ Effect = "Allow", Action = {expression}, Resource = "*" }}'
    return f'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({{ Statement = [{statement}] }})\n}}\n'


def _exporting(value: str) -> Any:
    output = {"O": {"Value": value, "Export": {"Name": "N"}}}
    return _template({"Type": "AWS::S3::Bucket"}, Outputs=output)


def _storing(value: str) -> Any:
    return _template({"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/n", "Value": value}})


def _taking(value: Any, **sections: Any) -> Any:
    made = document({"Effect": "Allow", "Action": "s3:*", "Resource": value})
    return _template({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": made}}, **sections)


def _commented(text: str) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "a")
        archive.comment = text.encode()
    return made.getvalue()


SERVERLESS = "service: s\nprovider: {name: aws}\nfunctions:\n  f: {handler: h.x, ACCESS}\n"
STORED = {"X": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/n"}}
IMPORTING = _taking({"Fn::ImportValue": "N"})
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a policy of a bucket is put on another one": ({"t.json": _on_bucket("a")}, {"t.json": _on_bucket("b")}),
    "an inline policy is given to another role": ({"t.json": _of_role("a")}, {"t.json": _of_role("b")}),
    "the same in Terraform": (
        {"main.tf": _source("aws_iam_role_policy", role="a", policy=json.dumps(ALL))},
        {"main.tf": _source("aws_iam_role_policy", role="b", policy=json.dumps(ALL))},
    ),
    "a policy is put on another queue in Terraform": (
        {"main.tf": _source("aws_sqs_queue_policy", queue_url="a", policy=json.dumps(ALL))},
        {"main.tf": _source("aws_sqs_queue_policy", queue_url="b", policy=json.dumps(ALL))},
    ),
    "a Deny moves to another folder": (
        {"a/p.json": document(deny("s3:PutObject"))},
        {"b/p.json": document(deny("s3:PutObject"))},
    ),
    "a file that a function reads which is not worked out": (
        {"main.tf": _reading('yamldecode(file("c.yaml")).a'), "c.yaml": "a: s3:GetObject\n"},
        {"main.tf": _reading('yamldecode(file("c.yaml")).a'), "c.yaml": "a: '*'\n"},
    ),
    "a file whose name is not known": (
        {"main.tf": _reading("yamldecode(file(var.f)).a"), "c.yaml": "a: s3:GetObject\n"},
        {"main.tf": _reading("yamldecode(file(var.f)).a"), "c.yaml": "a: '*'\n"},
    ),
    "an export that another template imports": (
        {"a.json": _exporting("arn:aws:s3:::a"), "b.json": IMPORTING},
        {"a.json": _exporting("*"), "b.json": IMPORTING},
    ),
    "an export that is imported in the same change": (
        {"a.json": _exporting("arn:aws:s3:::a"), "b.json": IMPORTING},
        {"a.json": _exporting("*"), "b.json": {**IMPORTING, "Description": "x"}},
    ),
    "a parameter that a dynamic reference names": (
        {"a.json": _storing("x"), "b.json": _taking("{{resolve:ssm:/n:1}}")},
        {"a.json": _storing("*"), "b.json": _taking("{{resolve:ssm:/n:1}}")},
    ),
    "a parameter that a parameter of a template names": (
        {"a.json": _storing("x"), "b.json": _taking({"Ref": "X"}, Parameters=STORED)},
        {"a.json": _storing("*"), "b.json": _taking({"Ref": "X"}, Parameters=STORED)},
    ),
    "a policy in Base64": ({}, {"x.json": {"Policy": ENCODED}}),
    "a policy in Base64 in a Secret": (
        {},
        {"s.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\ndata:\n  policy: {ENCODED}\n"},
    ),
    "a policy in Base64 in YAML": ({}, {"x.yaml": f"Policy: !!binary {ENCODED}\n"}),
    "a managed policy goes to another member of a list": (
        {"u.json": {"users": [{"user": "bob", "policies": [ADMIN]}]}},
        {"u.json": {"users": [{"user": "eve", "policies": [ADMIN]}]}},
    ),
    "managed policies change places between members of a list": (
        {"u.json": [{"of": ["bob"], "policies": [ADMIN]}, {"of": ["eve"], "policies": [READ_ONLY]}]},
        {"u.json": [{"of": ["bob"], "policies": [READ_ONLY]}, {"of": ["eve"], "policies": [ADMIN]}]},
    ),
    "a managed policy in any data": ({"c.yaml": "policies: []\n"}, {"c.yaml": f"policies: [{ADMIN}]\n"}),
    "a managed policy in a command of a workflow": (
        {},
        {"w.yml": f"jobs:\n  a:\n    run: aws iam attach-role-policy --role-name r --policy-arn {ADMIN}\n"},
    ),
    "a managed policy in a Makefile": ({}, {"Makefile": f"a:\n\taws iam attach-role-policy --policy-arn {ADMIN}\n"}),
    "a table of effects and actions": ({}, {"p.csv": "Effect,Action,Resource\nAllow,*,*\n"}),
    "a table with blanks": ({}, {"p.tsv": "effect\taction\nallow\ts3:*\t*\n"}),
    "a property list": (
        {},
        {"p.plist": "<dict><key>Effect</key><string>Allow</string><key>Action</key><string>*</string></dict>"},
    ),
    "a list of expressions": ({}, {"p.edn": '{:Statement [{:Effect "Allow" :Action "*" :Resource "*"}]}'}),
    "pairs of Lisp": ({}, {"p.lisp": '((Effect . "Allow") (Action . "*"))'}),
    "members in a list": ({}, {"p.yaml": "p: !!omap\n- Effect: Allow\n- Action: '*'\n- Resource: '*'\n"}),
    "members by name and value": (
        {},
        {"p.yaml": "p:\n- {name: Effect, value: Allow}\n- {name: Action, value: '*'}\n"},
    ),
    "a property in several lines": (
        {},
        {"a.properties": 'p={"Statement":[{"Eff\\\n  ect":"Allow","Act\\\n  ion":"*"}]}\n'},
    ),
    "the comment of an archive": ({}, {"a.zip": _commented(json.dumps(ALL))}),
    "an action of a plan": (
        {},
        {"p.json": {"resource_changes": [], "action_invocations": [{"address": "a", "config_values": {"p": ALL}}]}},
    ),
    "a function of Serverless that anybody may call": (
        {"serverless.yml": SERVERLESS.replace("ACCESS", "url: {authorizer: aws_iam}")},
        {"serverless.yml": SERVERLESS.replace("ACCESS", "url: true")},
    ),
    "an event of Serverless without its authorizer": (
        {
            "serverless.yml": SERVERLESS.replace(
                "ACCESS", "events: [{http: {path: a, method: get, authorizer: aws_iam}}]"
            )
        },
        {"serverless.yml": SERVERLESS.replace("ACCESS", "events: [{http: {path: a, method: get}}]")},
    ),
    "the block of public snapshots of an account": (
        {
            "t.json": _template(
                {"Type": "AWS::EC2::SnapshotBlockPublicAccess", "Properties": {"State": "block-all-sharing"}}
            )
        },
        {"t.json": {"Resources": {}}},
    ),
    "facts that make an archive of any folder": (
        {"x/v1.json": document(allow("s3:GetObject"))},
        {"x/v1.json": ALL, "x/policy.json": {"Observed": []}},
    ),
    "a version that is written again and no longer in force": (
        {"x/v1.json": document(allow("s3:GetObject")), "x/policy.json": {"Observed": [{"DefaultVersionId": "v1"}]}},
        {"x/v1.json": ALL, "x/policy.json": {"Observed": [{"DefaultVersionId": None}]}},
    ),
    "a version of an archive that is none by its content": (
        {},
        {"x/v1.json": ALL, "x/v2.json": {}, "x/policy.json": {"Observed": [{"DefaultVersionId": None}]}},
    ),
    "levels of access of Policy Sentry": (
        {"crud.yml": "mode: crud\nread: ['arn:aws:s3:::a']\n"},
        {"crud.yml": "mode: crud\nread: ['arn:aws:s3:::a']\npermissions-management: ['arn:aws:s3:::a']\n"},
    ),
    "another role of Amplify": (
        {"amplify/team-provider-info.json": {"dev": {"awscloudformation": {"AuthRoleArn": ROLE}}}},
        {"amplify/team-provider-info.json": {"dev": {"awscloudformation": {"AuthRoleArn": f"{ROLE}-admin"}}}},
    ),
    "a managed policy in Terragrunt": ({}, {"terragrunt.hcl": f'inputs = {{\n  arns = ["{ADMIN}"]\n}}\n'}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_allows_more_trips(name: str, tmp_path: Path) -> None:
    before, after = CASES[name]
    assert fails(compared(tmp_path, before, after).review, "broadens")


QUIET: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an export that did not change": (
        {"a.json": _exporting("x"), "b.json": IMPORTING},
        {"a.json": {**_exporting("x"), "Description": "y"}, "b.json": IMPORTING},
    ),
    "an export that moves to another template": (
        {"a.json": _exporting("x"), "b.json": IMPORTING},
        {"c.json": _exporting("x"), "b.json": IMPORTING},
    ),
    "a file that stands beside the one that is read": (
        {"main.tf": _reading('yamldecode(file("c.yaml")).a'), "c.yaml": "a: x:y\n", "d.yaml": "arn: 1\n"},
        {"main.tf": _reading('yamldecode(file("c.yaml")).a'), "c.yaml": "a: x:y\n", "d.yaml": "arn: 2\n"},
    ),
    "data that names the same managed policy": (
        {"c.yaml": f"a: 1\npolicies: [{ADMIN}]\n"},
        {"c.yaml": f"a: 2\npolicies: [{ADMIN}]\n"},
    ),
    "members of a list change places, each with its managed policies": (
        {"u.yaml": f"- {{1: bob, policies: [{ADMIN}]}}\n- {{1: eve, policies: [{READ_ONLY}], x: !Ref y}}\n"},
        {"u.yaml": f"- {{policies: [{READ_ONLY}], x: !Ref y, 1: eve}}\n- {{1: bob, policies: [{ADMIN}]}}\n"},
    ),
    "a token": (
        {},
        {"c.yaml": f"policy_token: {b64encode(json.dumps({'alg': 'none', 'x': 'y' * 40}).encode()).decode()}\n"},
    ),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_allows_no_more_passes(name: str, tmp_path: Path) -> None:
    before, after = QUIET[name]
    assert not fails(compared(tmp_path, before, after).review, "broadens")


NOTICES = {
    "a manifest of Copilot": ("copilot/a/manifest.yml", "type: Backend Service\npublish:\n  topics: [{name: a}]\n"),
    "a configuration of Chalice": (".chalice/config.json", '{"stages": {"dev": {"autogen_policy": true}}}'),
    "a job of Nomad": ("a.nomad", f'job "a" {{\n  meta {{ role_arn = "{ROLE}" }}\n}}\n'),
    "an image of Packer": ("a.pkr.hcl", 'source "amazon-ebs" "a" {\n  iam_instance_profile = "a"\n}\n'),
    "a profile of the command line": (".aws/config", f"[profile a]\nrole_arn = {ROLE}\n"),
    "a role in new data": ("c.yaml", f"role_arn: {ROLE}\n"),
}


@pytest.mark.parametrize("name", NOTICES)
def test_what_a_tool_makes_policies_of_is_a_notice(name: str, tmp_path: Path) -> None:
    path, text = NOTICES[name]
    found = compared(tmp_path, {}, {path: text})
    assert [(one.rule, str(one.level)) for one in found.review.findings] == [("policy-in-source", "notice")]


def test_what_is_beyond_the_bound_of_a_review_trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MAX_CHANGED_BYTES", 2 * comparison.EACH_FILE)
    files = {f"{number}.txt": "x" * 400 for number in range(4)}
    found = compared(tmp_path / "1", {}, files).review
    assert fails(found, "broadens")
    assert [one.name for one in found.policies] == ["2.txt and 1 more files"]
    other = compared(tmp_path / "2", {}, {**files, "3.txt": "y" * 400}).review
    assert other.policies[0].fingerprint != found.policies[0].fingerprint, "an approval holds for this content alone"


def test_reading_data_counts_more_than_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MAX_CHANGED_BYTES", 3 * comparison.EACH_FILE)
    policies = {f"{number}.json": document(allow("s3:GetObject")) for number in range(3)}
    found = compared(tmp_path, {}, policies).review
    assert [one.name for one in found.policies] == ["1.json and 1 more files", "0.json"]
