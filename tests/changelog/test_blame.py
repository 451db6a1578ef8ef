"""Since when a policy allows an action: by which pattern, on what, and when it was taken back."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import day, history, raw_document, statement, version
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from sites import CATALOGUE

from tracker.changelog.blame import Blame, blame
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.formats.blame import blame_to_text
from tracker.policy.history import PolicyHistory
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, template_folders


def blamed(item: PolicyHistory, pattern: str) -> Blame | None:
    return blame(item, [entry for entry in entries_of(item) if isinstance(entry, Entry)], pattern)


def periods(item: PolicyHistory, pattern: str) -> list[str]:
    found = blamed(item, pattern)
    return [
        f"{grant.action} {grant.since.version}-{'' if grant.until is None else grant.until.version or 'gone'}"
        for grant in (found.grants if found else ())
    ]


READER = history(
    version(1, "s3:ListBucket"),
    version(2, "s3:List*", "s3:GetObject"),
    version(5, "s3:GetObject"),
    version(6, "s3:GetObject", "s3:*"),
)
ASKED: dict[str, list[str]] = {
    "s3:ListBucket": ["s3:ListBucket v1-v2", "s3:List* v2-v5", "s3:* v6-"],
    "s3:listbucket": ["s3:ListBucket v1-v2", "s3:List* v2-v5", "s3:* v6-"],
    "s3:GetObject": ["s3:GetObject v2-", "s3:* v6-"],
    "s3:PutObject": ["s3:* v6-"],
    "s3:Get*": ["s3:GetObject v2-", "s3:* v6-"],
    "ec2:RunInstances": [],
}


@pytest.mark.parametrize(("pattern", "expected"), ASKED.items(), ids=ASKED)
def test_each_pattern_that_allows_it_is_distinguished_from_its_version_on(pattern: str, expected: list[str]) -> None:
    assert periods(READER, pattern) == expected


def test_versions_that_were_not_seen_make_it_the_latest_moment() -> None:
    found = blamed(history(version(1, "s3:A"), version(5, "s3:A", "s3:B")), "s3:B")
    assert found is not None
    since = found.grants[0].since
    assert (since.version, since.previous_version, since.not_observed, since.is_latest) == ("v5", "v1", 3, True)


def test_a_version_without_a_day_of_its_own_is_between_two_days() -> None:
    """Of many versions of a collection only the day of an earlier and of a later one is known."""
    second = replace(version(2, "s3:A", "s3:B"), created_at=day(1), created_before=day(9))
    item = history(version(1, "s3:A"), second)
    found = blamed(item, "s3:B")
    assert found is not None
    since = found.grants[0].since
    assert (since.after, since.at, since.is_latest) == (day(1), day(9), True)
    text = blame_to_text("s3:B", [found], (), RowBuilder(load_words("en", template_folders()), CATALOGUE), UTC)
    assert "s3:B  since v2 (between 2024-01-02 and 2024-01-10; no source has the day): on all" in text


def test_a_removal_takes_it_back_and_a_return_brings_it_again() -> None:
    item = history(version(1, "s3:A"), seen=[(1, "v1"), (2, None), (3, "v1")])
    assert periods(item, "s3:A") == ["s3:A v1-gone", "s3:A v1-"]


def test_a_roll_back_takes_back_what_came_and_brings_again_what_went() -> None:
    item = history(version(1, "s3:A"), version(2, "s3:B"), seen=[(1, "v1"), (2, "v2"), (3, "v1")])
    assert periods(item, "s3:A") == ["s3:A v1-v2", "s3:A v1-"]
    assert periods(item, "s3:B") == ["s3:B v2-v1"]


def test_a_change_of_scope_is_reported_with_its_version() -> None:
    item = history(version(1, "s3:A"), version(2, "s3:A", resource="arn:aws:s3:::x"))
    found = blamed(item, "s3:A")
    assert found is not None
    assert [(at.version, scopes[0].resources) for at, scopes in found.grants[0].scopes] == [
        ("v1", ("*",)),
        ("v2", ("arn:aws:s3:::x",)),
    ]


def all_but(*actions: str) -> dict[str, Any]:
    return raw_document(statement(NotAction=list(actions)))


def test_all_actions_but_some_allow_the_others() -> None:
    item = history(version(1, raw=all_but("iam:*")), version(2, raw=all_but("s3:*")), version(3, raw=all_but("iam:*")))
    assert periods(item, "iam:CreateRole") == ["* v2-v3"]
    assert periods(item, "s3:GetObject") == ["* v1-v2", "* v3-"]
    assert periods(item, "ec2:RunInstances") == ["* v1-"]


def test_what_was_there_before_tracking_began_is_reported_with_its_first_version() -> None:
    item = history(version(3, "s3:A"))
    found = blame(
        item, [entry for entry in entries_of(item, item.versions[0].created_at) if isinstance(entry, Entry)], "s3:A"
    )
    assert found is not None
    assert found.grants[0].since.is_latest


def test_a_deny_beside_it_is_named() -> None:
    item = history(version(1, raw=raw_document(statement("s3:*"), statement("s3:Put*", effect="Deny"))))
    found = blamed(item, "s3:PutObject")
    assert found is not None
    assert found.denied_by == ("s3:Put*",)
    other = blamed(item, "s3:GetObject")
    assert other is not None
    assert other.denied_by == ()


UNSEEN = "at the earliest after v2: 2 versions in between were not seen"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path / "snapshots", READER, history(version(1, "sqs:*"), name="Other"))
    return tmp_path


def test_log_says_it_in_words(folder: Path) -> None:
    done = call("log", "Sample", "--action", "s3:ListBucket", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [
        "Sample",
        "  s3:ListBucket  since v1 (2024-01-01): on all resources",
        "    taken back with v2 (2024-01-02)",
        "  s3:List*  since v2 (2024-01-02): on all resources",
        f"    taken back with v5 at the latest (2024-01-05), {UNSEEN}",
        "  s3:*  since v6 (2024-01-06): on all resources",
        "",
        "1 policy allows s3:ListBucket or a part of it now; 0 did and no longer do.",
    ]


def test_log_without_a_policy_asks_all_of_them(folder: Path) -> None:
    done = call("log", "--action", "s*:*", "--format", "json", folder=folder)
    reported = json.loads(done.stdout)
    Draft202012Validator(json.loads((CHECKOUT / "tracker/schema/blame-1.json").read_text())).validate(reported)
    assert reported["schema"] == "policy-tracker/blame/1"
    assert [item["policy"] for item in reported["policies"]] == ["Other", "Sample"]
    assert reported["policies"][0]["allowed"][0]["since"]["version"] == "v1"


@pytest.mark.parametrize("format_name", ["text", "json"])
def test_log_names_what_could_not_be_read(folder: Path, format_name: str) -> None:
    (folder / "snapshots/aws/Other/v1.json").write_text("", encoding="utf-8")
    done = call("log", "--action", "s3:ListBucket", "--format", format_name, folder=folder)
    assert done.returncode == 0, done.stderr
    if format_name == "json":
        assert [item["where"] for item in json.loads(done.stdout)["skipped"]] == ["aws/Other/v1.json"]
    else:
        assert (
            "1 item could not be read or is not known, and was left out:\n  aws/Other/v1.json: " in done.stdout.decode()
        )


def test_log_needs_a_policy_or_an_action(folder: Path) -> None:
    assert call("log", folder=folder).returncode == 2
    assert call("log", "Sample", "--format", "json", folder=folder).returncode == 2
