"""`changelog --attached`: only what concerns an account, who has it, and what is not known."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import call, record
from builders import history, version
from jsonschema import Draft202012Validator

from tracker.changelog.contract import changelog_schema
from tracker.inputs.attachment_files import attached_policies, read_attachments

ROLE = "arn:aws:iam::123456789012:role/deploy"
ARN = "arn:aws:iam::aws:policy/{}"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    names = ("Mine", "Other", "Bound")
    return record(
        tmp_path / "snapshots", *(history(version(1, "s3:A"), version(2, "s3:A", "s3:B"), name=name) for name in names)
    )


def dump(*names: str) -> dict[str, Any]:
    attached = [{"PolicyName": name, "PolicyArn": ARN.format(name)} for name in names]
    boundary = {"PermissionsBoundaryArn": ARN.format("Bound")}
    return {"RoleDetailList": [{"Arn": ROLE, "AttachedManagedPolicies": attached, "PermissionsBoundary": boundary}]}


def changelog(archive: Path, content: Any, *options: str) -> subprocess.CompletedProcess[bytes]:
    text = content if isinstance(content, str) else json.dumps(content)
    (archive.parent / "who").write_text(text, encoding="utf-8")
    return call("--snapshots", archive, "changelog", "--attached", "who", *options, folder=archive.parent)


def policies(archive: Path, content: Any) -> tuple[set[str], list[str]]:
    done = changelog(archive, content, "-f", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    Draft202012Validator(changelog_schema()).validate(value)
    return {entry["policy"] for entry in value["entries"]}, [item["where"] for item in value["skipped"]]


def listed(**counts: int) -> dict[str, Any]:
    return {
        "Policies": [
            {"Arn": ARN.format(name), "AttachmentCount": count, "DefaultVersionId": "v1"}
            for name, count in counts.items()
        ]
    }


SOURCES: dict[str, Any] = {
    "account-dump": dump("Mine"),
    "list-policies": listed(Mine=2, Other=0),
    "list-attached-role-policies": {"AttachedPolicies": [{"PolicyName": "Mine", "PolicyArn": ARN.format("Mine")}]},
    "template": {
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [ARN.format("Mine")]}}}
    },
    "csv": f"role,policy\ndeploy,{ARN.format('Mine')}\n",
    "text": f"deploy has {ARN.format('Mine')}, and that is all.\n",
    "path-in-the-arn": "arn:aws:iam::aws:policy/service-role/Mine",
}


@pytest.mark.parametrize("content", SOURCES.values(), ids=SOURCES)
def test_only_what_is_attached_is_shown(archive: Path, content: Any) -> None:
    assert policies(archive, content) == ({"Mine"}, [])


UNKNOWN: dict[str, tuple[Any, str]] = {
    "not-in-the-archive": (dump("Mine", "Nowhere"), "aws/Nowhere"),
    "a-policy-of-the-account": (f"{ARN.format('Mine')} arn:aws:iam::123456789012:policy/own", "123456789012/own"),
    "an-interpolated-arn": (f"{ARN.format('Mine')}\narn:${{partition}}:iam::aws:policy/Other", "who:2"),
    "a-truncated-answer": ({**dump("Mine"), "IsTruncated": True}, "who"),
    "a-truncated-list": ({**listed(Mine=1), "IsTruncated": True}, "who"),
}


@pytest.mark.parametrize(("content", "where"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_attached_and_not_known_is_said(archive: Path, content: Any, where: str) -> None:
    assert policies(archive, content) == ({"Mine"}, [where])


def test_it_says_how_much_was_left_out(archive: Path) -> None:
    done = changelog(archive, dump("Mine"))
    assert b"Only what is attached: 1 policy; 2 others are left out." in done.stdout


@pytest.mark.parametrize("name", ["text", "markdown", "html", "json"])
def test_principals_are_named_only_where_that_was_asked_for(archive: Path, name: str) -> None:
    assert ROLE.encode() not in changelog(archive, dump("Mine"), "-f", name).stdout
    assert ROLE.encode() in changelog(archive, dump("Mine"), "-f", name, "--with-principals").stdout


def test_a_boundary_is_no_attachment(archive: Path) -> None:
    (archive.parent / "who").write_text(json.dumps(dump("Mine")), encoding="utf-8")
    found = attached_policies(read_attachments([archive.parent / "who"]))
    assert dict(found.principals) == {("aws", "Mine"): (ROLE,)}


def test_files_are_taken_together(archive: Path) -> None:
    (archive.parent / "more").write_text(ARN.format("Other"), encoding="utf-8")
    done = changelog(archive, dump("Mine"), "--attached", "more", "-f", "json")
    assert {entry["policy"] for entry in json.loads(done.stdout)["entries"]} == {"Mine", "Other"}


@pytest.mark.parametrize("content", ["nothing here", json.dumps({"Policies": []}), ""])
def test_a_file_without_an_attachment_is_a_usage_error(archive: Path, content: str) -> None:
    done = changelog(archive, content)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_a_policy_of_the_same_name_of_another_owner_is_not_meant(archive: Path) -> None:
    done = changelog(archive, "arn:aws:iam::123456789012:policy/Mine", "-f", "json")
    assert done.returncode == 2 or not json.loads(done.stdout)["entries"]
