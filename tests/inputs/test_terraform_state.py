"""State of Terraform: state files of versions 3 and 4, and `terraform show -json` of a state."""

import json
from typing import Any

import pytest

from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions, UnknownKind
from tracker.inputs.syntax.parsing import parse_text

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def state(value: dict[str, Any]) -> Contents:
    return read_file(parse_text("terraform.tfstate", json.dumps(value)), ReadOptions())


def version_4(*resources: dict[str, Any]) -> Contents:
    return state({"version": 4, "terraform_version": "1.9.0", "resources": list(resources)})


def resource(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "aws_iam_policy", "name": "this", "instances": list(instances), **more}


def instance(**more: Any) -> dict[str, Any]:
    return {"attributes": {"policy": json.dumps(READ)}, **more}


def identities(contents: Contents) -> list[str]:
    assert all(one.document == READ for one in contents.documents)
    return [one.identity for one in contents.documents]


def test_resources_are_kept_apart_by_module_and_index() -> None:
    found = version_4(
        resource(instance(), module='module.a["x"]'),
        resource(instance(index_key=0), instance(index_key="k"), module="module.b"),
        resource(instance()),
    )
    assert identities(found) == [
        'module.a["x"].aws_iam_policy.this/policy',
        "module.b.aws_iam_policy.this[0]/policy",
        'module.b.aws_iam_policy.this["k"]/policy',
        "aws_iam_policy.this/policy",
    ]


def test_data_sources_and_deposed_objects_are_not_in_force() -> None:
    assert not version_4(resource(instance(), mode="data"), resource(instance(deposed="01234567"))).documents


def test_a_state_of_version_3_is_read() -> None:
    attributes = {
        "policy": json.dumps(READ),
        "managed_policy_arns.#": "1",
        "managed_policy_arns.12": ADMIN,
        "name": "r",
    }
    primary = {"id": "r", "attributes": attributes}
    modules = [
        {"path": ["root", "app"], "resources": {"aws_iam_role.r.0": {"type": "aws_iam_role", "primary": primary}}}
    ]
    found = state({"version": 3, "modules": modules})
    assert identities(found) == ["module.app.aws_iam_role.r.0/policy"]
    assert [(one.principal, one.policy) for one in found.attachments] == [("role/r", ADMIN)]


def test_the_output_of_terraform_show_is_read() -> None:
    held = {
        "address": 'module.a.aws_iam_policy.p["k"]',
        "type": "aws_iam_policy",
        "values": {"policy": json.dumps(READ)},
    }
    child = {"address": "module.a", "resources": [held, {**held, "mode": "data"}]}
    found = state({"format_version": "1.0", "values": {"root_module": {"child_modules": [child]}}})
    assert identities(found) == ['module.a.aws_iam_policy.p["k"]/policy']


@pytest.mark.parametrize("broken", [{"mode": "managed", "instances": 1}, resource({"attributes": []}), resource(None)])  # type: ignore[arg-type]
def test_a_resource_that_can_not_be_read_is_unknown(broken: dict[str, Any]) -> None:
    found = version_4(broken)
    assert [unknown.kind for _, unknown in found.unknowns] == [UnknownKind.UNREADABLE]


def test_a_policy_in_an_output_is_read() -> None:
    found = state({"version": 4, "resources": [], "outputs": {"p": {"value": json.dumps(READ)}}})
    assert identities(found) == ["output.p/value"]


def test_lines_point_into_the_state() -> None:
    text = json.dumps({"version": 4, "resources": [resource(instance())]}, indent=1)
    (found,) = read_file(parse_text("terraform.tfstate", text), ReadOptions()).documents
    assert found.location.line == 1 + text[: text.index('"policy"')].count("\n")
