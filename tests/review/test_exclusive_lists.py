"""Lists of all policies that somebody may have: what they leave out is taken away, and may have been a Deny."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, deny, document

from tracker.review.model import fails

READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
KINDS = ("role", "user", "group")


def exclusive(who: str, *arns: str) -> str:
    return f"""
resource "aws_iam_{who}_policy_attachments_exclusive" "all" {{
  {who}_name  = "x"
  policy_arns = {json.dumps(arns)}
}}
"""


def attachment(who: str, arn: str) -> str:
    return f'resource "aws_iam_{who}_policy_attachment" "one" {{\n {who} = "x"\n policy_arn = "{arn}"\n}}\n'


def names(who: str, *policies: str) -> str:
    return f"""
resource "aws_iam_{who}_policies_exclusive" "all" {{
  {who}_name   = "x"
  policy_names = {json.dumps(policies)}
}}
"""


def inline(who: str, name: str, statement: Any) -> str:
    text = f"jsonencode({json.dumps(document(statement))})"
    return f'resource "aws_iam_{who}_policy" "{name}" {{\n {who} = "x"\n name = "{name}"\n policy = {text}\n}}\n'


@pytest.mark.parametrize("who", KINDS)
@pytest.mark.parametrize(
    ("before", "after", "trips"),
    [
        ((READ,), (READ, FULL), True),
        ((READ,), (FULL,), True),
        ((READ, FULL), (READ,), False),
        ((FULL, DENY_ALL), (FULL,), True),
        ((READ, FULL), (FULL, READ), False),
        ((), (FULL,), True),
    ],
)
def test_a_list_of_all_attached_policies_attaches_and_detaches(
    who: str, before: tuple[str, ...], after: tuple[str, ...], trips: bool, tmp_path: Path
) -> None:
    found = compared(tmp_path, {"m.tf": exclusive(who, *before)}, {"m.tf": exclusive(who, *after)})
    assert fails(found.review, "broadens") is trips
    assert (len(found.review.policies) == 0) is (set(before) == set(after))


def test_what_another_resource_attaches_and_the_list_leaves_out_is_unknown(tmp_path: Path) -> None:
    kept = attachment("role", DENY_ALL)
    before, after = (exclusive("role", *arns) + kept for arns in ((FULL, DENY_ALL), (FULL,)))
    found = compared(tmp_path / "1", {"m.tf": before}, {"m.tf": after})
    assert fails(found.review, "broadens")
    assert "left out by the list of all that may be there" in found.printed("text")
    other = after + 'resource "aws_sns_topic" "t" {\n name = "t"\n}\n'
    assert not compared(tmp_path / "2", {"m.tf": after}, {"m.tf": other}).review.policies


def test_an_attachment_that_is_said_by_a_list_instead_is_the_same(tmp_path: Path) -> None:
    found = compared(tmp_path, {"m.tf": attachment("role", FULL)}, {"m.tf": exclusive("role", FULL)})
    assert not found.review.policies


@pytest.mark.parametrize("who", KINDS)
def test_an_inline_policy_that_comes_with_its_name_is_compared_as_it_is(who: str, tmp_path: Path) -> None:
    before = inline(who, "a", allow("s3:GetObject")) + names(who, "a")
    for number, (statement, trips) in enumerate([(allow("s3:PutObject"), True), (deny("s3:PutObject"), False)]):
        after = inline(who, "a", allow("s3:GetObject")) + inline(who, "b", statement) + names(who, "a", "b")
        found = compared(tmp_path / str(number), {"m.tf": before}, {"m.tf": after})
        assert fails(found.review, "broadens") is trips
        assert not any(one.unknowns for one in found.review.policies)


def test_an_inline_policy_that_no_file_has_is_unknown_where_its_name_goes(tmp_path: Path) -> None:
    found = compared(tmp_path / "1", {"m.tf": names("role", "a", "guard")}, {"m.tf": names("role", "a")})
    assert fails(found.review, "broadens")
    assert "inline policy role/x/guard" in found.printed("text")
    moved = compared(tmp_path / "2", {"m.tf": names("role", "a", "b")}, {"m.tf": names("role", "b", "a")})
    assert not moved.review.policies


def test_an_inline_policy_that_the_list_no_longer_names_is_taken_away(tmp_path: Path) -> None:
    kept = inline("role", "a", allow("s3:*")) + inline("role", "guard", deny("s3:PutObject"))
    found = compared(tmp_path, {"m.tf": kept + names("role", "a", "guard")}, {"m.tf": kept + names("role", "a")})
    assert fails(found.review, "broadens")
