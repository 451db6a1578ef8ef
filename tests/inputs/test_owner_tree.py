"""`diff archive:aws archive:aws-cn`: which policies and actions one partition has and another lacks."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import call, record
from builders import history, version
from msgspec.structs import replace

from tracker.inputs.files.owner_tree import without_partition
from tracker.policy.history import PolicyHistory, UnknownVersion

BUCKET = "arn:{}:s3:::config-bucket-*/*"


def of(owner: str, name: str, *actions: str, **elements: Any) -> PolicyHistory:
    return replace(history(version(1, *actions, **elements), name=name), owner=owner)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return record(
        tmp_path / "snapshots",
        of("aws", "Same", "s3:PutObject", Resource=BUCKET.format("aws")),
        of("aws-cn", "Same", "s3:PutObject", Resource=BUCKET.format("aws-cn")),
        of("aws", "Wider", "s3:GetObject", "s3:PutObject"),
        of("aws-cn", "Wider", "s3:GetObject"),
        of("aws", "OnlyThere", "s3:GetObject"),
    )


def compared(archive: Path, before: str, after: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    return call("--snapshots", archive, "diff", before, after, "-f", "json", *options, folder=archive.parent)


def verdicts(done: subprocess.CompletedProcess[bytes]) -> dict[str, tuple[str, str]]:
    return {one["policy"]: (one["state"], one["verdict"]) for one in json.loads(done.stdout)["policies"]}


def test_what_one_partition_lacks_is_reported_and_its_spelling_of_arns_is_not(archive: Path) -> None:
    found = compared(archive, "archive:aws", "archive:aws-cn")
    assert verdicts(found) == {"OnlyThere.json": ("removed", "narrows"), "Wider.json": ("changed", "narrows")}
    assert compared(archive, "archive:aws-cn", "archive:aws", "--fail-on", "broadens").returncode == 1


def test_a_policy_whose_document_is_not_known_is_unknown(archive: Path) -> None:
    item = of("aws-cn", "Hidden", "s3:GetObject")
    hidden = replace(item, versions=(), unknown=(UnknownVersion("v1", item.versions[0].created_at, "iam-facts"),))
    record(archive, hidden)
    found = compared(archive, "archive:aws", "archive:aws-cn", "--fail-on", "broadens")
    assert verdicts(found)["Hidden.json"] == ("unreadable", "undecided")
    assert found.returncode == 1


def test_a_removed_policy_is_not_there(archive: Path) -> None:
    gone = history(version(1, "s3:GetObject"), seen=[(1, "v1"), (2, None)], name="Gone")
    record(archive, replace(gone, owner="aws-cn"))
    assert "Gone.json" not in verdicts(compared(archive, "archive:aws", "archive:aws-cn"))


def test_an_owner_that_is_not_there_is_a_usage_error(archive: Path) -> None:
    done = compared(archive, "archive:aws", "archive:aws-us-gov")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no policies of 'aws-us-gov' in the archive (owners in it: aws, aws-cn)" in done.stderr


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"arn:aws-cn:s3:::x"', '"arn:aws:s3:::x"'),
        ('"arn:aws-us-gov:iam::*:role/x"', '"arn:aws:iam::*:role/x"'),
        ('"arn:aws-iso-b:s3:::x"', '"arn:aws:s3:::x"'),
        ('"arn:aws-eusc:s3:::x"', '"arn:aws:s3:::x"'),
        ('"ec2.amazonaws.com.cn"', '"ec2.amazonaws.com"'),
        ('"arn:aws:s3:::arn-aws-cn"', '"arn:aws:s3:::arn-aws-cn"'),
        ('"arn:*:s3:::x"', '"arn:*:s3:::x"'),
    ],
)
def test_names_of_a_partition_are_read_as_those_of_aws(written: str, read: str) -> None:
    assert without_partition(written) == read
