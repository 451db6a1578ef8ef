"""Which grants of an own policy AWS managed policies give as well: rules, state file, command."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import allowing, history, raw_document, statement, version
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from tracker.policy.history import UnknownVersion

READ = "s3:GetObject"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """`Auditor` gets s3:List* on day 1, s3:GetObject on day 3; `Lister` allows one action on one bucket."""
    auditor = history(version(1, "s3:List*"), version(3, "s3:List*", READ), name="Auditor")
    lister = history(version(2, "ec2:DescribeRegions", Resource="*"), name="Lister")
    return record(tmp_path / "snapshots", auditor, lister)


def overlap(
    archive: Path, own: Any, *options: str, by: tuple[str, ...] = ("Auditor",)
) -> subprocess.CompletedProcess[bytes]:
    (archive.parent / "own.json").write_text(json.dumps(own), encoding="utf-8")
    named = [argument for name in by for argument in ("--by", name)]
    return call("--snapshots", archive, "account", "overlap", "own.json", *named, *options, folder=archive.parent)


def grants(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return {one["action"]: one for one in json.loads(done.stdout)["grants"]}


def answers(archive: Path, own: Any, **more: Any) -> dict[str, str]:
    return {action: one["given"] for action, one in grants(overlap(archive, own, "-f", "json", **more)).items()}


ANSWERS: dict[str, tuple[Any, dict[str, str]]] = {
    "an-action-of-a-wildcard": (allowing("s3:ListBucket"), {"s3:ListBucket": "yes"}),
    "another-action": (allowing("s3:PutObject"), {"s3:PutObject": "no"}),
    "a-condition-of-its-own-is-less": (
        allowing(READ, Condition={"Bool": {"aws:SecureTransport": "true"}}),
        {READ: "yes"},
    ),
    "a-resource-of-its-own-is-less": (allowing(READ, Resource="arn:aws:s3:::a/*"), {READ: "yes"}),
    "what-the-own-policy-denies-is-not-granted": (
        raw_document(statement("s3:*"), statement(["s3:Put*", "s3:Delete*"], Effect="Deny")),
        {"s3:*": "no"},
    ),
    "a-wildcard-that-is-less": (allowing("s3:ListB*"), {"s3:ListB*": "yes"}),
}


@pytest.mark.parametrize(("own", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_a_grant_is_given_where_it_allows_nothing_beyond(archive: Path, own: Any, expected: dict[str, str]) -> None:
    assert answers(archive, own) == expected


def test_several_policies_give_together_what_none_gives_alone(archive: Path) -> None:
    own = raw_document({**statement(), "Action": ["s3:ListBucket", "ec2:DescribeRegions"]})
    found = grants(overlap(archive, own, "-f", "json", by=("Auditor", "Lister")))
    assert {action: one["by"] for action, one in found.items()} == {
        "s3:ListBucket": ["Auditor"],
        "ec2:DescribeRegions": ["Lister"],
    }


def test_it_says_since_which_version_and_day(archive: Path) -> None:
    found = grants(overlap(archive, allowing("s3:ListBucket", READ), "-f", "json"))
    assert found["s3:ListBucket"]["since"] == {
        "at": "2024-01-02T00:00:00Z",
        "version": "Auditor v1",
        "at_the_latest": False,
    }
    # v2 was never seen: it may have given that already
    assert found[READ]["since"] == {"at": "2024-01-04T00:00:00Z", "version": "Auditor v3", "at_the_latest": True}


def test_what_an_older_version_gave_of_the_known_actions_alone_is_not_given_since_then(tmp_path: Path) -> None:
    """No action of the service is known, so v1 gives all known actions that the own policy does, and not what comes."""
    but = [raw_document({"Effect": "Allow", "NotAction": name, "Resource": "*"}) for name in ("zz:*", "zz:b")]
    archive = record(tmp_path / "snapshots", history(version(1, raw=but[0]), version(3, raw=but[1]), name="Auditor"))
    given = grants(overlap(archive, but[1], "-f", "json"))["NotAction zz:b"]
    assert (given["given"], given["since"]["version"]) == ("yes", "Auditor v3")


def test_a_wildcard_that_is_not_given_whole_is_looked_at_action_by_action(archive: Path) -> None:
    found = grants(overlap(archive, allowing("s3:GetObject*"), "-f", "json"))["s3:GetObject*"]
    assert found["given"] == "no"
    each = {one["action"]: one["given"] for one in found["actions"]}
    assert each[READ] == "yes"
    assert each["s3:GetObjectAcl"] == "no"


def test_a_version_without_a_document_is_unknown(archive: Path) -> None:
    item = history(version(1, "s3:List*"), name="Hidden")
    unknown = UnknownVersion("v2", version(5).created_at, "iam-facts")
    record(archive, replace(item, unknown=(unknown,)))
    assert answers(archive, allowing("s3:ListBucket"), by=("Hidden",)) == {"s3:ListBucket": "unknown"}


def test_a_removed_policy_gives_nothing(archive: Path) -> None:
    record(archive, history(version(1, "s3:*"), seen=[(1, "v1"), (2, None)], name="Gone"))
    assert answers(archive, allowing(READ), by=("Gone",)) == {READ: "no"}


def test_the_state_notices_what_is_lost_until_it_is_accepted(archive: Path) -> None:
    own, state = allowing("s3:ListBucket", READ), ("--state", "state.json", "--fail-on", "lost")
    assert overlap(archive, own, *state).returncode == 0
    first = (archive.parent / "state.json").read_bytes()
    record(
        archive, history(version(1, "s3:List*"), version(3, "s3:List*", READ), version(4, "s3:List*"), name="Auditor")
    )
    for _ in range(2):
        done = overlap(archive, own, *state)
        assert done.returncode == 1
        assert b"no longer" in done.stdout
        assert (archive.parent / "state.json").read_bytes() == first
    assert overlap(archive, own, *state, "--accept").returncode == 0
    assert overlap(archive, own, *state).returncode == 0


def test_what_the_own_policy_no_longer_grants_is_not_lost(archive: Path) -> None:
    state = ("--state", "state.json", "--fail-on", "lost")
    overlap(archive, allowing("s3:ListBucket", READ), *state)
    assert overlap(archive, allowing("s3:ListBucket"), *state).returncode == 0


def test_text_says_it_in_a_line_for_each_grant(archive: Path) -> None:
    done = overlap(archive, allowing("s3:ListBucket", "s3:PutObject"))
    assert done.stdout.decode().splitlines() == [
        "1 of 2 grants are also given by Auditor v3.",
        "given      s3:ListBucket on all resources: by Auditor, since Auditor v1 (2024-01-01)",
        "not given  s3:PutObject on all resources",
    ]


def test_json_is_as_the_schema_has_it(archive: Path) -> None:
    schema = json.loads((CHECKOUT / "tracker/schema/overlap-1.json").read_text(encoding="utf-8"))
    done = overlap(archive, allowing("s3:Get*", "s3:ListBucket"), "-f", "json")
    Draft202012Validator(schema).validate(json.loads(done.stdout))


WRONG: dict[str, tuple[Any, tuple[str, ...], int]] = {
    "no-such-policy": (allowing(READ), ("--by", "auditor"), 2),
    "no-state-for-the-gate": (allowing(READ), ("--fail-on", "lost"), 2),
    "no-document": ({"Name": "x"}, (), 2),
    "a-broken-document": ({"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "s3:*"}]}, (), 4),
}


@pytest.mark.parametrize(("own", "options", "code"), WRONG.values(), ids=WRONG)
def test_bad_input_is_one_line_and_a_code_by_class(
    archive: Path, own: Any, options: tuple[str, ...], code: int
) -> None:
    done = overlap(archive, own, *options)
    assert (done.returncode > 1, done.stdout, done.stderr.count(b"\n")) == (True, b"", 1)
    assert code == 2 or done.returncode > 2


def test_a_broken_state_is_named_and_kept(archive: Path) -> None:
    (archive.parent / "state.json").write_text("{}", encoding="utf-8")
    done = overlap(archive, allowing(READ), "--state", "state.json")
    assert done.returncode > 2
    assert b"state.json" in done.stderr
    assert (archive.parent / "state.json").read_bytes() == b"{}"
