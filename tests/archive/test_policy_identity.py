"""Which policy is meant, and what it is called: references, policies created again, facts, and dates of a package."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archives import record
from builders import allowing, day, history, version
from msgspec.structs import replace

from tracker.archive.git_history import name_of_plain
from tracker.archive.layouts.envelopes import version_in
from tracker.archive.layouts.model import facts_of
from tracker.archive.layouts.npm_package import dates_of
from tracker.archive.lookup import PolicyReference, find_policy, parse_reference
from tracker.archive.merge import is_recreated, merge_histories
from tracker.archive.packed import open_archive
from tracker.archive.recreated import folder_aside, label_after
from tracker.errors import ArchiveError, UsageError
from tracker.policy.history import PolicyFacts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reader", ("Reader", None, None)),
        ("Reader@v2", ("Reader", None, "v2")),
        ("Reader@", ("Reader", None, None)),
        ("own/Reader@v2", ("Reader", "own", "v2")),
        ("arn:aws:iam::aws:policy/service-role/Reader@v2", ("Reader", "aws", "v2")),
        ("arn:aws-cn:iam::aws:policy/Reader", ("Reader", "aws-cn", None)),
        ("arn:aws:iam::111122223333:policy/team/Reader", ("Reader", "111122223333", None)),
    ],
)
def test_a_reference_is_a_name_an_owner_and_a_version(text: str, expected: tuple[str, str | None, str | None]) -> None:
    assert parse_reference(text) == PolicyReference(*expected)


def test_owners_that_are_not_there_are_named_with_those_that_are(tmp_path: Path) -> None:
    archive = open_archive(record(tmp_path, history(version(1, "s3:GetObject"), name="Reader")))
    with pytest.raises(UsageError) as fault:
        find_policy(archive, PolicyReference("Reader", "nobody"))
    assert fault.value.hint == "owners in it: aws"


@pytest.mark.parametrize(
    ("policy_id", "created", "expected"),
    [
        ("ANPA2", 2, True),
        ("ANPA2", 1, False),  # a server that invents an id each time it starts
        ("ANPA1", 2, False),
        (None, 2, False),
        ("ANPA2", None, False),
    ],
)
def test_a_policy_is_created_again_with_another_id_and_another_date(
    policy_id: str | None, created: int | None, expected: bool
) -> None:
    before = PolicyFacts("Reader", policy_id="ANPA1", created_at=day(1))
    after = PolicyFacts("Reader", policy_id=policy_id, created_at=day(created) if created else None)
    assert is_recreated(before, after) is expected


def test_a_fault_of_a_policy_that_was_put_aside_names_its_folder() -> None:
    held = replace(history(version(1, "s3:GetObject"), name="Reader"), folder="Reader~20240131")
    with pytest.raises(ArchiveError) as fault:
        merge_histories(held, history(version(1, "s3:PutObject"), name="Reader"))
    assert fault.value.where == "aws/Reader~20240131/v1"


def test_policies_removed_on_one_day_get_folders_with_a_count() -> None:
    facts, at = PolicyFacts("Reader"), datetime(2024, 1, 31, tzinfo=UTC)
    taken: list[str] = []
    for _ in range(3):
        taken.append(folder_aside(facts, at, taken))
    assert taken == ["Reader~20240131", "Reader~20240131N2", "Reader~20240131N3"]


def test_a_policy_whose_predecessor_is_called_by_a_day_is_called_by_one_too() -> None:
    at, policy_id = datetime(2024, 2, 1, tzinfo=UTC), "ANPAEXAMPLEEXAMPLE01"
    assert label_after("Reader", "Reader~20240131", policy_id, at, ["Reader"]) == "Reader~20240201"
    assert label_after("Reader", f"Reader~{policy_id}", "ANPAEXAMPLEEXAMPLE02", at, ["Reader"]) == (
        "Reader~ANPAEXAMPLEEXAMPLE02"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Arn": "arn:aws:iam::aws:policy/Reader"}, "/"),
        ({"Arn": "arn:aws:iam::aws:policy/a/b/Reader"}, "/a/b/"),
        ({"Arn": "arn:aws:iam::aws:policy/a/Reader", "Path": "/c/"}, "/c/"),
        ({}, None),
    ],
)
def test_the_path_of_a_policy_is_taken_from_its_arn(value: dict[str, Any], expected: str | None) -> None:
    assert facts_of(value, "Reader").path == expected


def test_a_version_that_says_it_is_not_the_default_is_not() -> None:
    for said, expected in ((False, False), (True, True), (None, True)):
        value = {"VersionId": "v1", "IsDefaultVersion": said, "Document": allowing("s3:GetObject")}
        assert version_in(value).is_default is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("policies/Reader", "Reader"), ("policies/Reader.json", None), ("policies/a/Reader", None)],
)
def test_the_name_of_a_file_without_an_ending_is_that_of_its_policy(path: str, expected: str | None) -> None:
    assert name_of_plain(path, "policies") == expected


def test_a_date_that_a_package_repeats_is_bounded_by_its_neighbours() -> None:
    """A version after v1 with the date of its policy has none of its own."""
    dates = {1: "2020-01-01", 2: "2020-02-01", 3: "2020-01-01", 4: "2020-04-01", 5: "2020-05-01"}
    policy = {
        "createdDate": "2020-01-01T00:00:00Z",
        "lastUpdatedDate": "2020-05-01T00:00:00Z",
        "latestVersionId": "v5",
        "versions": {f"v{number}": {"createdDate": f"{date}T00:00:00Z"} for number, date in dates.items()},
    }

    def at(month: int) -> datetime:
        return datetime(2020, month, 1, tzinfo=UTC)

    assert dates_of(policy, {}) == {
        "v1": (at(1), None),
        "v2": (at(2), None),
        "v3": (at(2), at(4)),
        "v4": (at(4), None),
        "v5": (at(5), None),
    }
    assert dates_of(policy, {"v3": at(3)})["v3"] == (at(3), None)
