"""Who acts as a role whose policies rest on conditions: what it allows is compared case by case."""

from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document

from tracker.review.model import fails

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
CONDITIONS = {name: {"Fn::Equals": [{"Ref": "Stage"}, name]} for name in ("C", "D")}
GET, LIST, ALL = (document(allow(action)) for action in ("s3:GetObject", "s3:ListBucket", "*"))
NOTHING = {"Ref": "AWS::NoValue"}


def either(first: Any, second: Any, test: str = "C") -> dict[str, Any]:
    return {"Fn::If": [test, first, second]}


def role(inline: Any = GET, managed: Any = None) -> dict[str, Any]:
    arns = {} if managed is None else {"ManagedPolicyArns": [managed]}
    policies = [{"PolicyName": "p", "PolicyDocument": inline}]
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies, **arns}}


def template(old: Any, new: Any, holder: Any) -> dict[str, Any]:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Role": holder}}
    parameters = {"Stage": {"Type": "String"}}
    return {"Parameters": parameters, "Conditions": CONDITIONS, "Resources": {"Old": old, "New": new, "F": function}}


OLD, NEW = ({"Fn::GetAtt": [name, "Arn"]} for name in ("Old", "New"))
SWAPS: dict[str, tuple[Any, Any, bool]] = {
    "the same expression": (role(either(GET, LIST)), role(either(GET, LIST)), False),
    "the arms changed places": (role(either(GET, LIST)), role(either(LIST, GET)), True),
    "one arm allows more": (role(either(GET, LIST)), role(either(ALL, LIST)), True),
    "each arm allows less": (role(either(ALL, ALL)), role(either(GET, LIST)), False),
    "another condition": (role(either(ALL, GET)), role(either(ALL, GET, "D")), True),
    "a managed policy in the same case": (
        role(managed=either(ADMIN, NOTHING)),
        role(managed=either(ADMIN, NOTHING)),
        False,
    ),
    "a managed policy in the other case": (
        role(managed=either(ADMIN, NOTHING)),
        role(managed=either(NOTHING, ADMIN)),
        True,
    ),
}


@pytest.mark.parametrize(("old", "new", "broadens"), SWAPS.values(), ids=SWAPS.keys())
def test_a_function_that_gets_a_role_that_rests_on_a_condition(
    old: Any, new: Any, broadens: bool, tmp_path: Path
) -> None:
    found = compared(tmp_path, *({"t.json": template(old, new, holder)} for holder in (OLD, NEW)))
    assert fails(found.review, "broadens") is broadens
    assert not any("undecided" in str(one.verdict) for one in found.review.policies)


def test_a_role_in_one_case_is_compared_in_that_case_alone(tmp_path: Path) -> None:
    roles = (role(ALL), role(GET))
    narrower = compared(tmp_path / "1", *({"t.json": template(*roles, one)} for one in (OLD, either(NEW, OLD))))
    assert not fails(narrower.review, "broadens")
    wider = compared(tmp_path / "2", *({"t.json": template(*roles, one)} for one in (NEW, either(OLD, NEW))))
    assert fails(wider.review, "broadens")


SOURCE = """
variable "on" { default = true }
resource "aws_lambda_function" "f" { role = aws_iam_role.HELD.arn }
resource "aws_iam_role" "a" { name = "a" }
resource "aws_iam_role" "b" { name = "b" }
resource "aws_iam_role_policy" "a" {
  role   = "a"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_iam_role_policy" "b" {
  count  = var.on ? 1 : 0
  role   = "b"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "ACTION", Resource = "*" }] })
}
"""


@pytest.mark.parametrize(("action", "broadens"), [("s3:Get*", False), ("sqs:*", True)])
def test_a_function_of_terraform_whose_role_rests_on_a_count(action: str, broadens: bool, tmp_path: Path) -> None:
    text = SOURCE.replace("ACTION", action)
    found = compared(tmp_path, *({"main.tf": text.replace("HELD", one)} for one in ("a", "b")))
    assert fails(found.review, "broadens") is broadens
    assert not any("undecided" in str(one.verdict) for one in found.review.policies)
