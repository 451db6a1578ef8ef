"""How the package of published policies is recorded: dates, what is unknown, and what is replaced."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from archives import record, stored
from builders import allowing, day, history, version
from msgspec.structs import replace
from scripts import script

from tracker.archive.layouts.npm_package import dates_of
from tracker.base.dates import format_time
from tracker.policy.history import Observation

SCRIPT = script("record_published")
FIRST = SCRIPT.FIRST_LIST
CREATED = "2024-01-02T00:00:00.000Z"


def package(*numbers: int, own: dict[int, int] | None = None, updated: int = 30) -> dict[str, Any]:
    """Return a policy of the package; the date of a version is the policy's, but for those of `own`."""
    versions = {
        f"v{number}": {
            "createdDate": format_time(day((own or {}).get(number, 1))),
            "document": allowing(f"s3:Get{number}"),
        }
        for number in numbers
    }
    return {
        "arn": "arn:aws:iam::aws:policy/service-role/Reader",
        "latestVersionId": f"v{max(numbers)}",
        "versions": versions,
        "createdDate": CREATED,
        "lastUpdatedDate": format_time(day(updated)),
    }


def dates(policy: dict[str, Any], given: dict[str, int], archived: dict[str, int] | None = None) -> dict[str, Any]:
    known, held = ({key: day(value) for key, value in each.items()} for each in (given, archived or {}))
    return dates_of(policy, {**known, **held})


def test_a_date_that_is_the_policys_is_none_but_for_the_first_version() -> None:
    assert dates(package(1, 2, 3, own={2: 5}), {}) == {
        "v1": (day(1), None),
        "v2": (day(5), None),
        "v3": (day(30), None),
    }


def test_what_iam_gave_comes_before_the_package_and_the_archive_before_both() -> None:
    found = dates(package(1, 2, 3, own={2: 5}), {"v2": 6, "v3": 7}, {"v3": 8})
    assert found == {"v1": (day(1), None), "v2": (day(6), None), "v3": (day(8), None)}


def test_a_version_that_no_source_dates_is_bounded_by_those_that_some_source_dates() -> None:
    found = dates(package(1, 2, 3, 4), {"v1": 1, "v4": 9})
    assert found["v2"] == found["v3"] == (day(1), day(9))


def recorded(snapshots: Path, policies: dict[str, Any], given: list[tuple[str, str, int]]) -> list[Path]:
    with (snapshots / "version-dates.tsv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(("policy", "version", "created"))
        rows.writerows((name, version_id, format_time(day(at))) for name, version_id, at in given)
    return list(SCRIPT.recorded(snapshots, policies))


def facts(snapshots: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((snapshots / "aws" / name / "policy.json").read_bytes()))


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """An archive with a policy that was listed once."""
    watched = replace(history(version(2, "s3:Get2"), name="Reader"), observations=(Observation(FIRST, "v2"),))
    return record(tmp_path / "snapshots", watched)


def test_recording_again_changes_nothing(snapshots: Path) -> None:
    policies, given = {"Reader": package(1, 2, 3), "Gone": package(1)}, [("Reader", "v4", 40), ("Lost", "v1", 2)]
    assert len(recorded(snapshots, policies, given)) == 6
    first = stored(snapshots)
    assert recorded(snapshots, policies, given) == []
    assert stored(snapshots) == first


def test_a_policy_that_no_list_has_had_left_before_the_first(snapshots: Path) -> None:
    recorded(snapshots, {"Gone": package(1)}, [("Lost", "v1", 2)])
    for name in ("Gone", "Lost"):
        assert facts(snapshots, name)["Observed"] == [{"At": format_time(FIRST), "DefaultVersionId": None}]
    assert facts(snapshots, "Lost")["Unknown"] == [
        {"VersionId": "v1", "CreateDate": format_time(day(2)), "Origin": "iam-facts"}
    ]


def test_what_was_reconstructed_wrongly_gives_way_to_the_real_document(tmp_path: Path) -> None:
    name = next(iter(SCRIPT.RECONSTRUCTED))
    guess = version(3, "s3:Guessed", origin="documentation")
    right = version(12, "s3:Get12", origin="documentation")
    root = record(tmp_path / "snapshots", history(guess, right, name=name))
    record(root, replace(history(version(1), name="Other"), observations=(Observation(FIRST, "v1"),)))
    recorded(root, {name: package(1, 3, 12, own={3: 3, 12: 12})}, [])
    assert json.loads((root / "aws" / name / "v3.json").read_bytes())["Document"] == allowing("s3:Get3")
    assert facts(root, name)["Origins"] == {"v1": SCRIPT.ORIGIN, "v3": SCRIPT.ORIGIN, "v12": "documentation"}
    assert facts(root, name)["Observed"] == [{"At": format_time(FIRST), "DefaultVersionId": "v12"}]
