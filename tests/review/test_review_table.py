"""The table of a review: a line for each thing that a change does, grouped by effect."""

from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT
from reviewing import allow, compared, deny, document, reviewed_text

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader
from tracker.text.words import plain

CASES = CHECKOUT / "tests" / "cases" / "reviews"
MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


def lines(before: Any, after: Any, folder: Path) -> list[tuple[str, str, str]]:
    """Return sign, effect and where with condition of each line of the table."""
    found = reviewed_text(before, after, folder).report().lines
    return [(line.sign, plain(line.what), plain(f"{line.where}, {line.when}".strip(", "))) for line in found]


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize(
    ("name", "form", "language"),
    [("review.md", "markdown", "en"), ("review.txt", "text", "en"), ("ko.md", "markdown", "ko")],
)
def test_golden_review(folder: Path, name: str, form: str, language: str, update_golden: bool, tmp_path: Path) -> None:
    reader = InputReader(tmp_path, tmp_path, lambda: b"")
    settings = ReviewSettings(language=language)
    text = run_review(reader, str(folder / "before"), str(folder / "after"), settings).printed(form)
    if update_golden:
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    assert (folder / name).read_text(encoding="utf-8") == text


def test_a_wildcard_in_place_of_some_of_its_actions_is_what_came_and_nothing_that_went(tmp_path: Path) -> None:
    assert lines(document(allow("sns:Publish")), document(allow("sns:P*")), tmp_path) == [
        (
            "+",
            "Now possible: sns:PutDataProtectionPolicy (and whatever AWS adds under sns:P*)",
            "all resources, always",
        )
    ]


def test_what_moves_from_one_action_to_another_is_a_line_each(tmp_path: Path) -> None:
    assert lines(document(allow("sns:Publish")), document(allow("sqs:SendMessage")), tmp_path) == [
        ("+", "Now possible: sqs:SendMessage", "all resources, always"),
        ("-", "No longer possible: sns:Publish", "all resources, always"),
    ]


def test_actions_with_the_same_effect_by_different_causes_are_one_line(tmp_path: Path) -> None:
    before = document(allow("s3:Get*"), deny("s3:GetObject"), allow("s3:PutObject", **MFA))
    after = document(allow("s3:Get*"), allow("s3:PutObject"))
    found = lines(before, after, tmp_path)
    assert [(sign, what) for sign, what, _ in found] == [
        ("+", "No longer denied: s3:GetObject"),
        ("+", "Allowed more widely: s3:PutObject"),
    ]


def test_a_deny_that_went_and_gives_nothing_by_itself_is_a_line_beside_other_policies(tmp_path: Path) -> None:
    found = reviewed_text(document(allow("sns:Publish"), deny("s3:*")), document(allow("sns:Publish")), tmp_path)
    (line,) = found.report().lines
    assert plain(line.what) == "No longer denied beside other policies: s3:*"
    assert line.level is not None


def test_a_deny_that_came_is_a_line_that_takes(tmp_path: Path) -> None:
    found = lines(document(allow("s3:*")), document(allow("s3:*"), deny("s3:PutObject", **MFA)), tmp_path)
    assert found == [("-", "Now denied: s3:PutObject", "all resources, if aws:MultiFactorAuthPresent is true")]


def test_what_rests_on_a_value_is_perhaps_and_what_goes_is_not_said_to_be_gone(tmp_path: Path) -> None:
    before = {"p.json": document(allow("sns:Publish"), allow("s3:GetObject"))}
    found = compared(tmp_path, before, {"p.json": document(allow("${action}"), allow("s3:GetObject"))})
    assert [line.sign for line in found.report().lines] == ["?"]


def test_of_a_policy_that_means_the_same_the_line_says_so_and_stands_last(tmp_path: Path) -> None:
    before = {"a.json": document(allow("s3:GetObject", "s3:PutObject")), "b.json": document(allow("s3:GetObject"))}
    after = {"a.json": document(allow("s3:GetObject"), allow("s3:PutObject"))}
    found = compared(tmp_path, before, after).report().lines
    assert [(line.sign, plain(line.verdict)) for line in found] == [
        ("-", "policy removed, less access"),
        ("=", "same access"),
    ]
