"""Copies of AWS managed policies in own files: the same, similar, or of the same name; what changed since."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import allowing, history, raw_document, version
from jsonschema import Draft202012Validator

MANY = [f"s3:Get{name}" for name in ("Object", "ObjectAcl", "ObjectTagging", "BucketAcl", "BucketPolicy")]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """`Reader` reads S3 and gets ec2:DescribeRegions on day 3; `Gone` was removed."""
    reader = history(version(1, *MANY), version(2, *MANY, "ec2:DescribeRegions", at=3), name="Reader")
    gone = history(version(1, "sqs:SendMessage", "sqs:ReceiveMessage"), seen=[(1, "v1"), (4, None)], name="Gone")
    return record(tmp_path / "snapshots", reader, gone)


def found(archive: Path, *options: str, **files: Any) -> subprocess.CompletedProcess[bytes]:
    own = archive.parent / "own"
    own.mkdir(exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (own / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return call("--snapshots", archive, "account", "copies", "own", *options, folder=archive.parent)


def copies(archive: Path, **files: Any) -> list[tuple[str, str, str, str | None]]:
    done = found(archive, "-f", "json", **files)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    schema = json.loads((CHECKOUT / "tracker/schema/copies-1.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(value)
    return [(one["kind"], one["policy"], one["version"], one["verdict"]) for one in value["copies"]]


SPLIT = raw_document(*({"Effect": "Allow", "Action": some, "Resource": "*"} for some in (MANY[2:], MANY[:2])))
KINDS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str, str | None]]]] = {
    "an-old-version": ({"a__json": allowing(*MANY)}, [("same", "Reader", "v1", "broadens")]),
    "the-version-in-force": ({"a__json": allowing(*MANY, "ec2:DescribeRegions")}, [("same", "Reader", "v2", "same")]),
    "most-of-a-version": ({"a__json": allowing(*MANY[1:])}, [("alike", "Reader", "v1", "broadens")]),
    "split-into-statements": ({"a__json": SPLIT}, [("alike", "Reader", "v1", "broadens")]),
    "the-name-alone": ({"Reader__json": allowing(MANY[0])}, [("named", "Reader", "v1", "broadens")]),
    "nothing-in-common": ({"Reader__json": allowing("dynamodb:Query")}, []),
    "little-in-common": ({"a__json": allowing(MANY[0], "sqs:SendMessage")}, []),
    "two-actions-on-other-resources": (
        {"a__json": allowing("sqs:SendMessage", "sqs:ReceiveMessage", Resource="arn:aws:sqs:*:*:mine")},
        [],
    ),
    "many-actions-on-other-resources": (
        {"a__json": allowing(*MANY, Resource="arn:aws:s3:::mine/*")},
        [("alike", "Reader", "v1", "broadens")],
    ),
    "of-a-removed-policy": (
        {"a__json": allowing("sqs:SendMessage", "sqs:ReceiveMessage")},
        [("same", "Gone", "v1", "narrows")],
    ),
}


@pytest.mark.parametrize(("files", "expected"), KINDS.values(), ids=KINDS)
def test_a_copy_is_known_by_what_it_grants(archive: Path, files: dict[str, Any], expected: list[Any]) -> None:
    assert copies(archive, **files) == expected


def test_copies_are_found_in_templates_and_terraform(archive: Path) -> None:
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": allowing(*MANY)}}
    source = f'resource "aws_iam_policy" "a" {{\n  policy = jsonencode({json.dumps(allowing(*MANY))})\n}}\n'
    expected = ("same", "Reader", "v1", "broadens")
    assert copies(archive, stack__json={"Resources": {"P": policy}}, main__tf=source) == [expected, expected]


def test_text_says_what_changed_since(archive: Path) -> None:
    done = found(archive, a__json=allowing(*MANY), b__json=allowing("sqs:SendMessage", "sqs:ReceiveMessage"))
    assert done.stdout.decode().splitlines() == [
        "own/a.json:1",
        "  the same as Reader v1",
        "  Reader allows more now (v2). New, for example: ec2:DescribeRegions on *.",
        "      2024-01-03  Added actions for Amazon EC2 (v2)",
        "own/b.json:1",
        "  the same as Gone v1",
        "  AWS has removed Gone.",
        "      2024-01-04  Removed AWS managed policy",
        "2 copies of AWS managed policies among 2 documents.",
    ]


def test_what_can_not_be_read_is_said(archive: Path) -> None:
    done = found(archive, a__json='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"')
    assert b"Not read: own/a.json" in done.stdout


def test_a_file_that_is_not_there_is_a_usage_error(archive: Path) -> None:
    done = call("--snapshots", archive, "account", "copies", "none.json", folder=archive.parent)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
