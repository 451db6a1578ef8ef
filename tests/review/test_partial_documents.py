"""Values that are not known: nothing is taken for new that is not, nothing passes that may be."""

from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, deny, document, reviewed_text, rules_of

from tracker.review.model import fails

X, Y = "${x}", "${y}"
"""Placeholders, which the reader makes symbols of."""
BUCKET = f"arn:aws:s3:::{X}"
CASES: dict[str, tuple[list[Any], list[Any], str]] = {
    "the same value": ([allow("s3:Get*", resource=X)], [allow("s3:Get*", resource=X)], "same"),
    "another order": (
        [allow("a:B", resource=X), allow("c:D", resource=Y)],
        [allow("c:D", resource=Y), allow("a:B", resource=X)],
        "same",
    ),
    "an action more on a value": (
        [allow("s3:GetObject", resource=X)],
        [allow("s3:GetObject", "s3:PutObject", resource=X)],
        "yes",
    ),
    "an action more on a part of an ARN": (
        [allow("a:B", resource=f"{BUCKET}/*")],
        [allow("a:B", "a:C", resource=f"{BUCKET}/*")],
        "yes",
    ),
    "an action less on a value": ([allow("a:B", "a:C", resource=X)], [allow("a:B", resource=X)], "no"),
    "another value": ([allow("a:B", resource=X)], [allow("a:B", resource=Y)], "unknown"),
    "a value for everything": ([allow("a:B", resource="*")], [allow("a:B", resource=X)], "no"),
    "everything for a value": ([allow("a:B", resource=X)], [allow("a:B", resource="*")], "trips"),
    "a value within a pattern": ([allow("a:B", resource="arn:aws:s3:::*")], [allow("a:B", resource=BUCKET)], "no"),
    "a pattern around a value": ([allow("a:B", resource=BUCKET)], [allow("a:B", resource="arn:aws:s3:::*")], "trips"),
    "a value that a question mark may not be": (
        [allow("a:B", resource="arn:aws:s3:::?")],
        [allow("a:B", resource=BUCKET)],
        "unknown",
    ),
    "below a value": ([allow("a:B", resource=f"{BUCKET}*")], [allow("a:B", resource=f"{BUCKET}/a")], "no"),
    "a value and a literal": ([allow("a:B", resource="arn:aws:s3:::b")], [allow("a:B", resource=BUCKET)], "unknown"),
    "a Deny of a value that goes": (
        [allow("a:B", resource="arn:aws:s3:::b"), deny("a:B", resource=X)],
        [allow("a:B", resource="arn:aws:s3:::b")],
        "trips",
    ),
    "a Deny of another value": (
        [allow("a:B", resource="*"), deny("a:B", resource=X)],
        [allow("a:B", resource="*"), deny("a:B", resource=Y)],
        "trips",
    ),
    "a Deny of a value that comes": (
        [allow("a:B", resource="*")],
        [allow("a:B", resource="*"), deny("a:B", resource=X)],
        "no",
    ),
    "all but a value": (
        [{"Effect": "Allow", "Action": "a:B", "NotResource": X}],
        [{"Effect": "Allow", "Action": "a:B", "NotResource": X}, allow("a:B", resource="arn:aws:s3:::b")],
        "trips",
    ),
    "all but another value": (
        [{"Effect": "Allow", "Action": "a:B", "NotResource": X}],
        [{"Effect": "Allow", "Action": "a:B", "NotResource": Y}],
        "trips",
    ),
    "an action that is a value": ([allow("a:B")], [allow("a:B"), allow(X)], "unknown"),
    "an action that is the same value": ([allow(X), allow("a:B", "a:C")], [allow(X), allow("a:B")], "no"),
    "the same value as action while a Deny goes": (
        [allow(X), deny("a:B")],
        [allow(X)],
        "trips",
    ),
    "a Deny's action that is a value goes": ([allow("a:B"), deny(X)], [allow("a:B")], "trips"),
    "an effect that is a value": ([allow("a:B")], [allow("a:B"), {**allow("a:C"), "Effect": X}], "unknown"),
    "a statement that is a value": ([allow("a:B")], [allow("a:B"), X], "unknown"),
    "a number that is a value": (
        [allow("a:B")],
        [allow("a:B"), allow("a:C", Condition={"NumericLessThan": {"s3:max-keys": X}})],
        "unknown",
    ),
    "a text that is a value": (
        [allow("a:B", Condition={"StringEquals": {"aws:PrincipalOrgID": X}})],
        [allow("a:B", Condition={"StringEquals": {"aws:PrincipalOrgID": X}}), allow("a:C", resource="b")],
        "yes",
    ),
    "another text": (
        [allow("a:B", Condition={"StringEquals": {"aws:PrincipalOrgID": X}})],
        [allow("a:B", Condition={"StringEquals": {"aws:PrincipalOrgID": Y}})],
        "trips",
    ),
    "a test on a value that goes": (
        [allow("a:B", Condition={"StringEquals": {"aws:PrincipalOrgID": X}})],
        [allow("a:B")],
        "trips",
    ),
    "a pattern that becomes a text": (
        [allow("a:B", Condition={"StringEquals": {"aws:username": X}})],
        [allow("a:B", Condition={"StringLike": {"aws:username": X}})],
        "trips",
    ),
    "a principal that is a value": (
        [allow("a:B", Principal={"AWS": X})],
        [allow("a:B", "a:C", Principal={"AWS": X})],
        "yes",
    ),
    "another principal": ([allow("a:B", Principal={"AWS": X})], [allow("a:B", Principal={"AWS": Y})], "trips"),
    "a Deny of a principal that goes": (
        [allow("a:B", Principal="*"), deny("a:B", Principal={"AWS": X})],
        [allow("a:B", Principal="*")],
        "trips",
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES.keys())
def test_a_value_that_is_not_known_is_decided_soundly(
    before: list[Any], after: list[Any], expected: str, tmp_path: Path
) -> None:
    found = reviewed_text(document(*before), document(*after), tmp_path).review
    trips = fails(found, "broadens")
    assert trips is (expected not in ("same", "no"))
    if expected == "same":
        assert not any(policy.findings for policy in found.policies)
    elif expected == "yes":
        assert str(found.policies[0].effect.gains) == "yes"
    elif expected == "unknown":
        assert str(found.policies[0].effect.gains) == "unknown"


def test_a_name_is_shown_and_no_mark(tmp_path: Path) -> None:
    found = reviewed_text(document(allow("a:B", resource=X)), document(allow("a:B", "a:C", resource=X)), tmp_path)
    for form in ("text", "markdown", "html", "json", "sarif", "github", "gitlab", "junit"):
        text = found.printed(form)
        assert not any("\ue000" <= char <= "\uf8ff" for char in text), form
        if form not in ("sarif", "github", "gitlab", "junit"):
            assert "⟨${x}⟩" in text, form


def test_the_reason_is_reported(tmp_path: Path) -> None:
    found = reviewed_text(document(allow("a:B", resource="b")), document(allow("a:B", resource=X)), tmp_path)
    assert rules_of(found) >= {"value-unresolved"}
    assert "rests on a value that is not known" in " ".join(found.printed("text").split())


def test_two_values_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    def stack(bucket: str) -> Any:
        statement = allow("s3:GetObject", resource={"Fn::GetAtt": ["Bucket", "Arn"]})
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(statement)}}
        made = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Bucket": made, "P": policy}}

    found = compared(tmp_path, {"t.json": stack("one")}, {"t.json": stack("two")})
    (policy,) = found.review.policies
    assert policy.verdict == "undecided"
    for form, mark in (("text", ""), ("markdown", "`"), ("html", "")):
        reported = found.printed(form).replace("<code>", "").replace("</code>", "")
        assert f"{mark}⟨Bucket.Arn†⟩{mark} is what {mark}⟨Bucket.Arn⟩{mark} was before" in reported
        assert "defined differently" in reported
        before = "Resources removed: " if form == "text" else f"before: {mark}"
        assert f"{before}⟨Bucket.Arn†⟩" in reported
    same = compared(tmp_path / "same", {"t.json": stack("one")}, {"t.json": {**stack("one"), "Description": "x"}})
    assert "defined otherwise" not in same.printed("text")
