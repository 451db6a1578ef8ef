"""Files that name others: nested templates, values from other files, and who must be read again when one changes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from reviewing import compared, rules_of

from templates import shown
from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions, UnknownKind
from tracker.inputs.parameter_files import parameters_in
from tracker.inputs.references import local_path, parameter_uses, unchanged_users
from tracker.inputs.syntax.parsing import parse_file

CHILD = """
Parameters: {Arn: {Type: String, Default: "arn:aws:s3:::b"}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:*", Resource: !Ref Arn}]}}
  R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P, arn:x]}}
"""
PARENT = """
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./child.yaml, Parameters: {Arn: "*"}}
"""


def read(files: Mapping[str, str], path: str) -> Contents:
    data = {name: text.encode() for name, text in files.items()}
    return read_file(parse_file(path, data[path]), ReadOptions(files=data))


def resources(found: Contents) -> list[Any]:
    return [shown((one.document or {})["Statement"][0]["Resource"]) for one in found.documents]


def test_a_nested_template_is_read_with_the_parameters_that_it_is_given() -> None:
    found = read({"a/parent.yaml": PARENT, "a/child.yaml": CHILD}, "a/parent.yaml")
    assert [one.identity for one in found.documents] == ["Child/P/Properties/PolicyDocument"]
    assert resources(found) == ["*"]
    assert [(one.principal, one.policy) for one in found.attachments] == [
        ("Child/R", "Child/P/Properties/PolicyDocument"),
        ("Child/R", "arn:x"),
    ]
    assert found.documents[0].location.path == "a/parent.yaml"
    assert found.documents[0].location.line == 3


def test_a_nested_template_of_cdk_is_found_by_its_asset() -> None:
    stack = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://x"}, "Parameters": {"Arn": {"Ref": "Free"}}},
        "Metadata": {"aws:asset:path": "child.yaml"},
    }
    files = {"p.json": json.dumps({"Resources": {"Child": stack}}), "child.yaml": CHILD}
    assert resources(read(files, "p.json")) == ["⟨Free⟩"]


def test_a_nested_template_exists_in_the_case_of_its_stack() -> None:
    parent = PARENT.replace("Properties", "Condition: C\n    Properties", 1)
    found = read({"p.yaml": parent, "child.yaml": CHILD}, "p.yaml")
    assert {one.condition for one in found.documents} == {(("C", True),)}


@pytest.mark.parametrize(
    "reference", ["https://s3.amazonaws.com/b/t.yaml", "./missing.yaml", "../../out.yaml", "!Ref X"]
)
def test_a_nested_template_that_is_not_at_hand_is_reported(reference: str) -> None:
    one, other = (
        read({"p.yaml": PARENT.replace("./child.yaml", reference).replace('"*"', value)}, "p.yaml").unknowns
        for value in ("a", "b")
    )
    assert [unknown.kind for _, unknown in one] == [UnknownKind.NOT_LOOKED_AT]
    assert one[0][1].digest != other[0][1].digest


def test_templates_that_take_in_each_other_come_to_an_end() -> None:
    names = [f"t{number}.yaml" for number in range(12)]
    text = "Resources:\n" + "".join(
        f"  S{index}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}}}}}\n"
        for index, name in enumerate(names)
    )
    found = read(dict.fromkeys(names, text), names[0])
    assert any("more than 200" in unknown.reason for _, unknown in found.unknowns)


SERVICE = """
provider:
  name: aws
  iamRoleStatements:
    - {Effect: Allow, Action: "s3:*", Resource: "${file(../config.yml):bucket}"}
    - ${file(more.json)}
    - {Effect: Allow, Action: "s3:*", Resource: "${file(secret.js):arn}"}
"""
MORE = '{"Effect": "Allow", "Action": "sqs:*", "Resource": "q"}'


def test_variables_take_values_from_other_files() -> None:
    files = {"a/serverless.yml": SERVICE, "config.yml": "bucket: arn:b", "a/more.json": MORE, "a/secret.js": "1"}
    found = read(files, "a/serverless.yml")
    statements = (found.documents[0].document or {})["Statement"]
    assert shown([one["Resource"] for one in statements]) == ["arn:b", "q", "⟨file(secret.js):arn⟩"]


def test_a_value_from_a_program_is_defined_by_its_text() -> None:
    one, other = (
        read({"serverless.yml": SERVICE.replace("../", ""), "secret.js": text}, "serverless.yml").documents[0].document
        for text in ("1", "2")
    )
    assert one != other


@pytest.mark.parametrize(
    ("base", "reference", "path"),
    [
        ("a/b.yaml", "./c.yaml", "a/c.yaml"),
        ("a/b.yaml", "../c.yaml", "c.yaml"),
        ("b.yaml", "c.yaml", "c.yaml"),
        ("b.yaml", "../c.yaml", None),
        ("b.yaml", "/etc/passwd", None),
        ("b.yaml", "https://x/y", None),
        ("b.yaml", "${x}.yaml", None),
    ],
)
def test_a_reference_stays_in_the_tree(base: str, reference: str, path: str | None) -> None:
    assert local_path(base, reference) == path


def test_files_that_name_a_changed_one_are_read_again() -> None:
    files = {
        "a/serverless.yml": SERVICE.encode(),
        "a/parent.yaml": PARENT.encode(),
        "b/parent.yaml": PARENT.encode(),
        "a/child.yaml": CHILD.encode(),
    }
    assert list(unchanged_users(files.items(), {"config.yml"})) == ["a/serverless.yml"]
    assert list(unchanged_users(files.items(), {"a/child.yaml"})) == ["a/parent.yaml"]
    assert not list(unchanged_users(files.items(), {"a/other.yaml"}))


@pytest.mark.parametrize(
    "text",
    [
        '[{"ParameterKey": "Arn", "ParameterValue": "*"}]',
        '{"Parameters": {"Arn": "*"}}',
        "Parameters:\n  Arn: '*'\n",
    ],
)
def test_files_of_parameters_and_their_templates_are_found(text: str) -> None:
    assert parameters_in("p.json", text.encode()) == {"Arn": "*"}
    files = {"t.yaml": CHILD.encode(), "p.json": text.encode()}
    assert [path for path, _ in parameter_uses(files.items(), [frozenset(["Arn"])])] == ["t.yaml"]


@pytest.mark.parametrize(
    "text", [CHILD, "{}", "[]", "Parameters", '{"Parameters": {"A": {}}}', '[{"ParameterKey": 1}]']
)
def test_other_files_give_no_parameters(text: str) -> None:
    assert parameters_in("p.json", text.encode()) == {}


def test_the_outputs_of_a_nested_template_are_defined_by_its_content() -> None:
    user = "  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {PolicyDocument: {Statement: {Effect: Allow, "
    user += "Action: a, Resource: !GetAtt Child.Outputs.Arn}}}\n"
    one, other = (
        read({"p.yaml": PARENT + user, "child.yaml": CHILD + more}, "p.yaml").documents[0].document
        for more in ("", "Outputs: {Arn: {Value: '*'}}\n")
    )
    assert one != other


def test_what_is_beyond_the_search_for_users_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a tree of very many files, one that takes values from a changed file may lie beyond those searched."""
    monkeypatch.setattr("tracker.inputs.comparing.comparison.MAX_FILES", 1)
    files = [{"a.json": "[]", "values.json": {"bucket": value}, "z.json": "[]"} for value in "ab"]
    found = compared(tmp_path, *files)
    assert rules_of(found) == {"not-looked-at"}
    assert "2 more data files" in found.review.findings[0].reason
