"""What AWS gave each principal of an account, and changed for it: the dump's attachments over AWS's history."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import history, version
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from tracker.policy.history import UnknownVersion

ROLE = "arn:aws:iam::123456789012:role/deploy"
AMY = "arn:aws:iam::123456789012:user/amy"


def managed(*names: str) -> list[dict[str, str]]:
    return [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"} for name in names]


def dump(*names: str, role: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a dump with one role that has these policies of AWS."""
    one = {"RoleName": "deploy", "Arn": ROLE, "RolePolicyList": [], "AttachedManagedPolicies": managed(*names)}
    return {"RoleDetailList": [{**one, **(role or {})}], "IsTruncated": False, **more}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """`Wider` gets s3:PutObject on day 3, `Narrower` loses s3:PutObject on day 3."""
    return record(
        tmp_path / "snapshots",
        history(version(1, "s3:GetObject"), version(2, "s3:GetObject", "s3:PutObject", at=3), name="Wider"),
        history(version(1, "s3:GetObject", "s3:PutObject"), version(2, "s3:GetObject", at=3), name="Narrower"),
    )


def reported(archive: Path, content: Any, *options: str) -> subprocess.CompletedProcess[bytes]:
    (archive.parent / "dump.json").write_text(json.dumps(content), encoding="utf-8")
    return call("--snapshots", archive, "account", "history", "dump.json", *options, folder=archive.parent)


def principals(archive: Path, content: Any, *options: str) -> dict[str, Any]:
    done = reported(archive, content, "-f", "json", *options)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    schema = json.loads((CHECKOUT / "tracker/schema/account-history-1.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(value)
    return {one["principal"]: one for one in value["principals"]}


def versions(one: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(policy["policy"], policy["before"], policy["after"]) for policy in one["policies"]]


def test_a_role_has_what_changed_since_a_day(archive: Path) -> None:
    one = principals(archive, dump("Wider"), "--since", "2024-01-02")[ROLE]
    assert versions(one) == [("Wider", "v1", "v2")]
    assert one["effect"] == {"verdict": "broadens", "gained": {"action": "s3:PutObject", "resource": "*"}, "lost": None}
    assert [entry["version"] for entry in one["policies"][0]["entries"]] == ["v2"]


def test_what_another_policy_gives_still_is_not_lost(archive: Path) -> None:
    one = principals(archive, dump("Wider", "Narrower"), "--since", "2024-01-02")[ROLE]
    assert one["effect"]["verdict"] == "same"


def test_the_end_may_lie_before_a_change(archive: Path) -> None:
    one = principals(archive, dump("Wider"), "--since", "2024-01-02", "--at", "2024-01-03")[ROLE]
    assert versions(one) == [("Wider", "v1", "v1")]
    assert one["effect"]["verdict"] == "same"


def test_without_a_beginning_it_says_what_was_given(archive: Path) -> None:
    one = principals(archive, dump("Wider"), "--at", "2024-01-03")[ROLE]
    assert (versions(one), one["effect"]) == ([("Wider", None, "v1")], None)
    assert versions(principals(archive, dump("Wider"), "--at", "2023-12-01")[ROLE]) == [("Wider", None, None)]


def test_a_user_has_what_its_groups_have(archive: Path) -> None:
    user = {"UserName": "amy", "Arn": AMY, "GroupList": ["all"], "AttachedManagedPolicies": []}
    group = {
        "GroupName": "all",
        "Arn": "arn:aws:iam::123456789012:group/all",
        "AttachedManagedPolicies": managed("Wider"),
    }
    found = principals(archive, {"UserDetailList": [user], "GroupDetailList": [group]}, "--since", "2024-01-02")
    assert versions(found[AMY]) == [("Wider", "v1", "v2")]


def test_a_boundary_is_no_attachment(archive: Path) -> None:
    boundary = {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Narrower"}
    one = principals(archive, dump("Wider", role={"PermissionsBoundary": boundary}), "--since", "2024-01-02")[ROLE]
    assert versions(one) == [("Wider", "v1", "v2")]
    assert one["boundaries"] == ["arn:aws:iam::aws:policy/Narrower"]


def test_an_own_policy_of_the_same_name_is_not_the_one_of_aws(archive: Path) -> None:
    own = [{"PolicyName": "Wider", "PolicyArn": "arn:aws:iam::123456789012:policy/Wider"}]
    one = principals(archive, dump(role={"AttachedManagedPolicies": own}), "--since", "2024-01-02")[ROLE]
    assert (one["policies"], one["other_policies"]) == ([], 1)


UNKNOWN = {
    "no-arn": dump(role={"AttachedManagedPolicies": [*managed("Wider"), {"PolicyName": "X", "PolicyArn": "X"}]}),
    "another-partition": dump(
        role={"AttachedManagedPolicies": [{"PolicyName": "Wider", "PolicyArn": "arn:aws-cn:iam::aws:policy/Wider"}]}
    ),
    "not-in-the-archive": dump("Wider", "Nowhere"),
    "a-group-that-is-not-in-the-file": {
        "UserDetailList": [
            {"UserName": "amy", "Arn": ROLE, "GroupList": ["x"], "AttachedManagedPolicies": managed("Wider")}
        ]
    },
}


@pytest.mark.parametrize("content", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_leaves_the_effect_open(archive: Path, content: Any) -> None:
    done = reported(archive, content, "--since", "2024-01-02")
    assert b"allow more or less than before is not known" in done.stdout


def test_a_version_that_can_not_be_read_leaves_the_effect_open(archive: Path) -> None:
    broken = version(2, raw={"Version": "2012-10-17", "Statement": "none"}, at=3)
    record(archive, history(version(1, "s3:GetObject"), broken, name="Broken"))
    one = principals(archive, dump("Broken"), "--since", "2024-01-02")[ROLE]
    assert (versions(one), one["effect"]) == ([("Broken", "v1", "v2")], None)


def test_a_file_of_the_archive_that_can_not_be_read_is_an_error(archive: Path) -> None:
    (archive / "aws" / "Wider" / "v2.json").write_text("{", encoding="utf-8")
    done = reported(archive, dump("Wider"), "--since", "2024-01-02")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (4, b"", 1)
    assert b"Wider/v2" in done.stderr


def test_a_version_without_a_document_leaves_the_effect_open(archive: Path) -> None:
    item = history(version(1, "s3:GetObject"), name="Hidden")
    record(archive, replace(item, unknown=(UnknownVersion("v2", version(3).created_at, "iam-facts"),)))
    one = principals(archive, dump("Hidden"), "--since", "2024-01-02")[ROLE]
    assert (versions(one), one["effect"]) == ([("Hidden", "v1", "v2")], None)


def test_an_answer_that_is_cut_off_is_said(archive: Path) -> None:
    done = reported(archive, {**dump("Wider"), "IsTruncated": True, "Marker": "x"})
    assert b"Not read: dump.json" in done.stdout


def test_text_shows_only_whom_it_concerns(archive: Path) -> None:
    content = dump("Wider")
    content["RoleDetailList"].append({"RoleName": "idle", "Arn": f"{ROLE}2", "AttachedManagedPolicies": []})
    lines = reported(archive, content, "--since", "2024-01-02").stdout.decode().splitlines()
    assert lines[:4] == [
        ROLE,
        "  It allows more than before. New, for example: s3:PutObject on *.",
        "  Wider  v1 → v2",
        "      2024-01-03  Added actions for Amazon S3 (v2)",
    ]
    assert not any(f"{ROLE}2" in line for line in lines)


WRONG: dict[str, tuple[Any, tuple[str, ...]]] = {
    "no-attachment": ({"Version": "2012-10-17", "Statement": []}, ()),
    "days-in-the-wrong-order": (dump("Wider"), ("--since", "2024-02-01", "--at", "2024-01-01")),
}


@pytest.mark.parametrize(("content", "options"), WRONG.values(), ids=WRONG)
def test_bad_input_is_a_usage_error_in_one_line(archive: Path, content: Any, options: tuple[str, ...]) -> None:
    done = reported(archive, content, *options)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_a_file_that_is_not_there_is_a_usage_error(archive: Path) -> None:
    done = call("--snapshots", archive, "account", "history", "none.json", folder=archive.parent)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
