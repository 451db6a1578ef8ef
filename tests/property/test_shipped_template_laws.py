"""The law of the gate over templates that people use: the policy templates that AWS ships for SAM.

Each is put into the templates and manifests in which its functions mean something. With a statement more, which an
independent evaluator finds to allow something new, `broadens` trips; written again it never does.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from evaluator import Request, allows
from reviewing import compared

from tracker.review.model import fails

SHIPPED = json.loads((Path(__file__).parents[2] / "tracker" / "data" / "sam_policy_templates.json").read_text())
NEW = Request("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/admin")
ADDED: tuple[dict[str, Any], ...] = (
    {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"},
    {"Effect": "Allow", "Action": ["iam:Put*"], "Resource": "arn:aws:iam::*:role/*"},
    {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
)


def stack(name: str, statements: list[Any], where: str) -> dict[str, Any]:
    """Return a template with a policy, as SAM writes it where it takes in a policy template."""
    parameters = {one: {"Type": "String"} for one in SHIPPED[name]["Parameters"]}
    document = {"Version": "2012-10-17", "Statement": statements}
    policies = [{"PolicyName": name, "PolicyDocument": document}]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}, "Policies": policies}
    resource = {
        "role": {"Type": "AWS::IAM::Role", "Properties": role},
        "managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}},
        "function": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [document]}},
    }[where]
    return {"Transform": "AWS::Serverless-2016-10-31", "Parameters": parameters, "Resources": {"It": resource}}


def broadens(before: dict[str, Any], after: dict[str, Any], folder: Path) -> bool:
    return fails(compared(folder, {"template.json": before}, {"template.json": after}).review, "broadens")


def check(name: str, where: str, added: dict[str, Any], folder: Path) -> None:
    statements = SHIPPED[name]["Statement"]
    assert allows({"Statement": [added]}, NEW)
    assert not any(str(one).startswith("iam:Put") for each in statements for one in each.get("Action", ()))
    before, after = stack(name, statements, where), stack(name, [*statements, added], where)
    assert broadens(before, after, folder / "more"), (name, where, added)
    again = json.loads(json.dumps(before, sort_keys=True))
    assert not broadens(before, {**again, "Description": "again"}, folder / "again"), (name, where)
    assert not broadens(after, before, folder / "less"), (name, where, added)


SAMPLE = [
    (name, where) for name, where in zip(sorted(SHIPPED)[::13], ("role", "managed", "function") * 9, strict=False)
]


@pytest.mark.parametrize(("name", "where"), SAMPLE)
def test_a_statement_more_in_a_shipped_template_trips_and_the_same_does_not(
    name: str, where: str, tmp_path: Path
) -> None:
    check(name, where, ADDED[0], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_same_holds_of_each_shipped_template(name: str, tmp_path: Path) -> None:
    for where in ("role", "managed", "function"):
        for number, added in enumerate(ADDED):
            check(name, where, added, tmp_path / where / str(number))
