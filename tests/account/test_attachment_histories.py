"""What is attached in histories of templates and of Terraform's sources: followed as in account dumps. Real git."""

import json
from pathlib import Path

import pytest
from archives import new_repository
from builders import allowing

from tracker.changelog.builder import Selection, build_git_changelog

TRUST = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
ADMIN, READ = (f"arn:aws:iam::aws:policy/{name}" for name in ("AdministratorAccess", "ReadOnlyAccess"))
SHARED = {"Fn::ImportValue": "Shared"}
IN_PARTITION = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}


def template(*attached: object) -> dict[str, bytes]:
    """Return a template with a role and what is attached to it."""
    inline = {"PolicyName": "in", "PolicyDocument": allowing("s3:GetObject")}
    role = {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": list(attached), "Policies": [inline]}
    resources = {"R": {"Type": "AWS::IAM::Role", "Properties": role}}
    return {"app.template.json": json.dumps({"Resources": resources}).encode()}


def terraform(*attached: str) -> dict[str, bytes]:
    """Return Terraform's sources with a role and what is attached to it, each as an expression."""
    parts = [
        f'resource "aws_iam_role" "r" {{\n  name = "r"\n  assume_role_policy = jsonencode({json.dumps(TRUST)})\n}}\n'
    ]
    parts += [
        f'resource "aws_iam_role_policy_attachment" "a{number}" {{\n'
        f"  role = aws_iam_role.r.name\n  policy_arn = {one}\n}}\n"
        for number, one in enumerate(attached)
    ]
    return {"main.tf": "".join(parts).encode()}


def events(folder: Path, *states: dict[str, bytes]) -> tuple[list[list[str]], list[str]]:
    """Return what happened to attachments, by day, and what was skipped."""
    changelog = build_git_changelog(new_repository(folder, *states), None, "", Selection())
    days: dict[str, list[str]] = {}
    for entry in reversed(changelog.entries):
        if " attached policy " in entry.policy:
            name = entry.policy.rpartition("/")[2]
            days.setdefault(f"{entry.observed:%Y-%m-%d}", []).append(f"{name} {entry.event}")
    return [sorted(found) for found in days.values()], [item.reason for item in changelog.skipped]


@pytest.mark.parametrize("as_source", [False, True], ids=["template", "Terraform"])
def test_what_is_attached_and_detached_is_reported(tmp_path: Path, as_source: bool) -> None:
    def state(*names: str) -> dict[str, bytes]:
        return terraform(*(f'"{name}"' for name in names)) if as_source else template(*names)

    assert events(tmp_path, state(), state(READ), state(ADMIN), state()) == (
        [
            ["ReadOnlyAccess policy-added"],
            ["AdministratorAccess policy-added", "ReadOnlyAccess policy-removed"],
            ["AdministratorAccess policy-removed"],
        ],
        [],
    )


@pytest.mark.parametrize("as_source", [False, True], ids=["template", "Terraform"])
def test_what_an_unresolved_attachment_may_be_is_not_reported_as_removed(tmp_path: Path, as_source: bool) -> None:
    if as_source:
        states = [terraform(f'"{READ}"'), terraform("var.shared"), terraform("var.shared"), terraform()]
    else:
        states = [template(READ), template(SHARED), template(SHARED), template()]
    found, skipped = events(tmp_path, *states[:3])
    assert found == [["ReadOnlyAccess policy-added"]]
    assert any("is not known from here on" in reason for reason in skipped)
    assert events(tmp_path / "to the end", *states)[0][1:] == [["ReadOnlyAccess policy-removed"]]


def test_the_partition_of_a_policy_of_aws_need_not_be_known(tmp_path: Path) -> None:
    assert events(tmp_path, template(READ), template(IN_PARTITION)) == ([["ReadOnlyAccess policy-added"]], [])
