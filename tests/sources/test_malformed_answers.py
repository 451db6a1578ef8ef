"""`fetch` against a server whose answers are malformed: refused whole, in one line, with nothing written."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archives import call, run, stored
from malformed_iam import ACCOUNT, DOCUMENT, MalformedIam, Policy, called, malformed_iam

from tracker.sources import iam_client

if TYPE_CHECKING:
    import subprocess


pytestmark = pytest.mark.usefixtures("botocore_models")


@pytest.fixture
def iam() -> Iterator[MalformedIam]:
    with malformed_iam() as running:
        yield running


SETTINGS = {
    **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull),
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def fetch(iam: MalformedIam, folder: Path, *options: str) -> "subprocess.CompletedProcess[bytes]":
    return call("fetch", "--endpoint-url", iam.address, "--scope", "local", *options, folder=folder)


def require_refused(ended: "subprocess.CompletedProcess[bytes]", folder: Path, reason: str) -> None:
    said = ended.stderr.decode()
    assert (ended.returncode, said.count("\n")) == (6, 1), said
    assert reason in said
    assert len(said) < 1500
    assert written(folder) == {}


def written(folder: Path) -> dict[str, bytes]:
    """Return what stands below a folder, without what lies hidden beside the archive, such as the lock."""
    return {name: content for name, content in stored(folder).items() if not Path(name).name.startswith(".")}


def policy(**changed: Any) -> tuple[Policy, ...]:
    return (called("Good"), replace(Policy(), **changed))


MALFORMED_LISTS = {
    "no name": (policy(name=None), "missing required field `PolicyName`"),
    "no date": (policy(created=None), "missing required field `CreateDate`"),
    "no id": (policy(policy_id=None), "missing required field `PolicyId`"),
    "no default version": (policy(default=None), "missing required field `DefaultVersionId`"),
    "a name that leaves the folder": (policy(name="../../up"), "an impossible PolicyName: '../../up'"),
    "a name of dots": (policy(name=".."), "an impossible PolicyName: '..'"),
    "an id that leaves the folder": (policy(policy_id="../../UP"), "an impossible PolicyId"),
    "a path that leaves the folder": (policy(path="/../../"), "an impossible Path"),
    "a path that is none": (policy(path="up"), "an impossible Path"),
    "an ARN that is none": (policy(arn="Odd"), "an impossible Arn"),
    "an ARN of a malformed owner": (policy(arn="arn:aws:iam::../up:policy/Odd"), "an impossible Arn"),
    "an ARN of another policy": (policy(arn=f"arn:aws:iam::{ACCOUNT}:policy/Other"), "an impossible Arn"),
    "a version that leaves the folder": (policy(default="v1/../../up"), "an impossible DefaultVersionId"),
    "a month that is none": (policy(created="2024-13-45T00:00:00Z"), "the answer is not IAM's"),
    "no date at all": (policy(created="yesterday"), "the answer is not IAM's"),
    "the first of all dates": (policy(created="0001-01-01T00:00:00Z"), "an impossible CreateDate"),
    "the last of all dates": (policy(created="9999-12-31T23:59:59-12:00"), "an impossible CreateDate"),
    "a date to come": (policy(created="2999-01-01T00:00:00Z"), "an impossible CreateDate"),
    "two names but for their letter case": ((called("Reader"), called("reader")), "two policies of one name"),
    "two policies of one name": (
        (called("Odd"), replace(called("Odd"), path="/a/", arn=f"arn:aws:iam::{ACCOUNT}:policy/a/Odd")),
        "two policies of one name",
    ),
    "two owners": (
        (called("Good"), replace(Policy(), arn="arn:aws:iam::999999999999:policy/Odd")),
        "IAM listed policies of 123456789012 and 999999999999",
    ),
}


@pytest.mark.parametrize(("policies", "reason"), MALFORMED_LISTS.values(), ids=MALFORMED_LISTS)
def test_a_malformed_item_of_the_list_is_refused(
    iam: MalformedIam, tmp_path: Path, policies: tuple[Policy, ...], reason: str
) -> None:
    iam.policies = policies
    require_refused(fetch(iam, tmp_path), tmp_path, reason)
    assert set(iam.calls) == {"ListPolicies"}


def document(**changed: Any) -> str:
    return json.dumps({**json.loads(DOCUMENT), **changed})


MALFORMED_DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    "no statement": (json.dumps({"Version": "2012-10-17"}), "Statement"),
    "a key that stands twice": (DOCUMENT[:-1] + ', "Version": "2008-10-17"}', "key 'Version' stands twice"),
    "half a character": (document(Id="\ud800"), "half a character"),
    "bytes that are no text": (b'{"Id": "\xff"}', "can't decode byte 0xff"),
    "30 million bytes": (document(Id="x" * 30_000_000), "too large: 30000"),
    "nested too deep": ('{"Statement": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
    "a list": ("[]", "expected"),
    "no JSON": ("<html>", "not JSON"),
    "nothing": ("", "not JSON"),
    "NaN": ('{"Statement": NaN}', "NaN"),
    "an effect that is none": (document(Statement=[{"Effect": "Maybe", "Action": "*", "Resource": "*"}]), "Effect"),
}


@pytest.mark.parametrize(("content", "reason"), MALFORMED_DOCUMENTS.values(), ids=MALFORMED_DOCUMENTS)
def test_a_malformed_document_is_refused(iam: MalformedIam, tmp_path: Path, content: str | bytes, reason: str) -> None:
    iam.document = content
    iam.policies = (called("Good"), Policy())
    require_refused(fetch(iam, tmp_path), tmp_path, reason)


MALFORMED_VERSIONS: dict[str, tuple[dict[str, str | None], str]] = {
    "another version": ({"VersionId": "v2"}, "IAM answered with version 'v2'"),
    "no document": ({"Document": None}, "missing required field `Document`"),
    "no date": ({"CreateDate": None}, "missing required field `CreateDate`"),
    "an impossible date": ({"CreateDate": "0000-00-00T00:00:00Z"}, "the answer is not IAM's"),
    "no word on the default": ({"IsDefaultVersion": None}, "missing required field `IsDefaultVersion`"),
}


@pytest.mark.parametrize(("members", "reason"), MALFORMED_VERSIONS.values(), ids=MALFORMED_VERSIONS)
def test_a_malformed_version_is_refused(
    iam: MalformedIam, tmp_path: Path, members: dict[str, str | None], reason: str
) -> None:
    iam.version = members
    require_refused(fetch(iam, tmp_path), tmp_path, reason)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("<IsTruncated>true</IsTruncated>", "breaks off in the middle"),
        ("<IsTruncated>true</IsTruncated><Marker>again</Marker>", "IAM could not be read"),
    ],
)
def test_a_list_that_does_not_end_is_refused(iam: MalformedIam, tmp_path: Path, rest: str, reason: str) -> None:
    iam.rest_of_list = rest
    require_refused(fetch(iam, tmp_path), tmp_path, reason)


def test_a_process_ends_as_the_command_does(iam: MalformedIam, tmp_path: Path) -> None:
    iam.document = MALFORMED_DOCUMENTS["30 million bytes"][0]
    ended = run("fetch", "--endpoint-url", iam.address, "--scope", "local", folder=tmp_path)
    require_refused(ended, tmp_path, "too large")


def test_a_malformed_answer_leaves_an_archive_as_it_is(iam: MalformedIam, tmp_path: Path) -> None:
    iam.policies = (called("Bad"), called("Good"))
    assert fetch(iam, tmp_path).returncode == 0
    before = written(tmp_path)
    assert len(before) == 4
    iam.policies = tuple(replace(item, default="v2") for item in iam.policies)
    iam.document = "{}"
    assert fetch(iam, tmp_path).returncode == 6
    assert written(tmp_path) == before


def test_a_version_that_changed_at_its_source_stops_the_run_before_anything_is_written(
    iam: MalformedIam, tmp_path: Path
) -> None:
    iam.policies = (called("A"), called("Z"))
    assert fetch(iam, tmp_path).returncode == 0
    iam.policies = (replace(called("A"), default="v2"), replace(called("Z"), default="v2"))
    iam.document = document(Id="second")
    (tmp_path / f"snapshots/{ACCOUNT}/Z/v1.json").rename(tmp_path / f"snapshots/{ACCOUNT}/Z/v2.json")
    broken = written(tmp_path)
    ended = fetch(iam, tmp_path)
    assert ended.returncode == 4
    assert written(tmp_path) == broken


def test_a_run_without_news_asks_for_the_list_alone(iam: MalformedIam, tmp_path: Path) -> None:
    fetch(iam, tmp_path)
    iam.calls.clear()
    assert fetch(iam, tmp_path).returncode == 0
    assert iam.calls == {"ListPolicies": 1}


@pytest.mark.slow
@pytest.mark.parametrize("action", ["ListPolicies", "GetPolicyVersion"])
@pytest.mark.parametrize("how", ["silent", "trickling"])
def test_a_server_that_never_answers_ends_in_an_error_within_a_minute(
    iam: MalformedIam, tmp_path: Path, action: str, how: str
) -> None:
    setattr(iam, how, action)
    began = time.monotonic()
    ended = run("fetch", "--endpoint-url", iam.address, "--scope", "local", folder=tmp_path)
    assert time.monotonic() - began < 60
    reason = "Read timeout" if how == "silent" else f"no answer for {iam_client.PATIENCE} seconds"
    require_refused(ended, tmp_path, reason)


@pytest.mark.slow
def test_a_server_of_which_a_third_fails_is_read_or_ends_in_an_error_within_a_minute(
    iam: MalformedIam, tmp_path: Path
) -> None:
    iam.policies = tuple(called(f"Policy{number}") for number in range(1600))
    iam.failing = 3
    began = time.monotonic()
    ended = run("fetch", "--endpoint-url", iam.address, "--scope", "local", folder=tmp_path)
    assert time.monotonic() - began < 60
    if ended.returncode:
        require_refused(ended, tmp_path, "nothing was recorded; run again later")


@pytest.mark.slow
def test_a_few_policies_are_read_though_a_third_of_the_answers_fails(iam: MalformedIam, tmp_path: Path) -> None:
    iam.failing = 3
    assert fetch(iam, tmp_path).returncode == 0
