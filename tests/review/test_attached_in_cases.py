"""Attached policies under conditions: what a principal has is compared case by case."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ONE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(arns: Any, *inline: Any, **more: Any) -> dict[str, Any]:
    policies = [{"PolicyName": f"p{index}", "PolicyDocument": one} for index, one in enumerate(inline)]
    made = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": arns, "Policies": policies}}
    return {"Resources": {"R": made, **more}}


def broadens(tmp_path: Path, before: Any, after: Any) -> bool:
    for name, value in (("before", before), ("after", after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.json").write_text(json.dumps(value))
    reader = InputReader(tmp_path, tmp_path / "no archive", lambda: b"")
    found = run_review(reader, str(tmp_path / "before"), str(tmp_path / "after"), ReviewSettings()).review
    return fails(found, "broadens")


IN_C = {"Fn::If": ["C", policy(ALL), policy(ONE)]}
MANAGED = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": IN_C}}
MANY = [{"Fn::If": [f"C{index}", READER, ADMIN]} for index in range(4)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (role([READER], IN_C), role([ADMIN], IN_C), True),
        (role([{"Fn::If": ["C", READER, ADMIN]}]), role([{"Fn::If": ["C", ADMIN, READER]}]), True),
        (role([{"Fn::If": ["C", ADMIN, READER]}]), role([{"Fn::If": ["C", ADMIN, {"Ref": "AWS::NoValue"}]}]), False),
        (role([], P=MANAGED), role([{"Ref": "P"}], P=MANAGED), True),
        (role([{"Ref": "P"}], policy(ONE), P=MANAGED), role([], policy(ONE), P=MANAGED), False),
        (role([READER, ADMIN]), role([ADMIN]), False),
        (role([*MANY, READER]), role([*reversed(MANY), READER]), False),
        (role([{"Fn::If": [f"C{index}", READER, ADMIN]} for index in range(9)]), role([ADMIN]), True),
    ],
)
def test_what_a_role_has_is_compared_in_each_case(tmp_path: Path, before: Any, after: Any, expected: bool) -> None:
    assert broadens(tmp_path, before, after) is expected


CONDITIONAL = {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy(ONE)}}}}


@pytest.mark.parametrize("form", ["folders", "files"])
def test_a_document_that_loses_its_condition_is_new_in_the_other_case(tmp_path: Path, form: str) -> None:
    before = json.loads(json.dumps(CONDITIONAL))
    before["Resources"]["P"]["Condition"] = "C"
    for name, value in (("before", before), ("after", CONDITIONAL)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.json").write_text(json.dumps(value))
    end = "" if form == "folders" else "t.json"
    reader = InputReader(tmp_path, tmp_path / "no archive", lambda: b"")
    found = run_review(reader, str(tmp_path / "before" / end), str(tmp_path / "after" / end), ReviewSettings()).review
    assert fails(found, "broadens")
