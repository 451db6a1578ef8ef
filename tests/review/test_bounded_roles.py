"""What acts as another role under the same boundary is compared; under another one it is not known."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document

from tracker.review.model import fails

TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


def template(role: str, *, boundaries: tuple[str, str] = ("B", "B"), bound: str = "s3:*") -> dict[str, Any]:
    """Return a function that acts as a role, beside two roles under boundaries, of which Big allows more."""

    def of(action: str, boundary: str) -> Any:
        policy = {"PolicyName": "p", "PolicyDocument": document(allow(action))}
        properties = {"AssumeRolePolicyDocument": TRUST, "Policies": [policy], "PermissionsBoundary": {"Ref": boundary}}
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(allow(bound))}}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": [role, "Arn"]}}}
    roles = {"Big": of("s3:*", boundaries[0]), "Small": of("s3:GetObject", boundaries[1])}
    return {"Resources": {"F": function, "B": managed, "C": managed, **roles}}


@pytest.mark.parametrize(("before", "after", "trips"), [("Big", "Small", False), ("Small", "Big", True)])
def test_a_swap_of_roles_under_one_boundary_is_decided(before: str, after: str, trips: bool, tmp_path: Path) -> None:
    sides = ({"t.json": json.dumps(template(role))} for role in (before, after))
    assert fails(compared(tmp_path, *sides).review, "broadens") is trips


@pytest.mark.parametrize("after", [template("Small", boundaries=("B", "C")), template("Small", bound="*")])
def test_a_swap_under_another_boundary_is_not_known(after: Any, tmp_path: Path) -> None:
    before = template("Big", boundaries=("B", "C") if "C" in str(after["Resources"]["Small"]) else ("B", "B"))
    found = compared(tmp_path, {"t.json": before}, {"t.json": after})
    assert fails(found.review, "broadens")
