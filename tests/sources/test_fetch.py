"""`fetch` against moto's server: a process of its own on a loopback port, with a proxy before it that breaks things."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archives import CHECKOUT
from iam_server import ACCOUNT, Account, Fault, Proxy, client, proxied

from tracker.__main__ import _run
from tracker.archive.store import archive_on_disk
from tracker.base.locking import archive_lock
from tracker.changelog.builder import Selection, build_archive_changelog
from tracker.changelog.model import Entry
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DASH = "\N{EN DASH}"
NIGHT = "2030-01-{:02}T00:00:00Z"
"""Times of observation: the server dates versions with its own clock, which lies before."""


@pytest.fixture(scope="module")
def iam(moto: str) -> "IAMClient":
    return client(moto)


@pytest.fixture
def proxy(moto: str) -> Iterator[Proxy]:
    with proxied(moto) as running:
        yield running


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "GIT_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    values = {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@dataclass
class Tracker:
    """A checkout with an archive, in which `fetch` is run night after night."""

    top: Path
    proxy: Proxy
    account: Account
    say: Callable[[], str]
    night: int = 0
    options: tuple[str, ...] = ("--scope", "local")

    @property
    def snapshots(self) -> Path:
        return self.top / "snapshots"

    def fetch(self, *options: str, code: int = 0) -> str:
        """Run `fetch` in the next night; return what it said."""
        self.night += 1
        self.proxy.calls.clear()
        when = () if "--observed-at" in options else ("--observed-at", NIGHT.format(self.night))
        path = ("--path-prefix", self.account.path) if "local" in self.options else ()
        arguments = ("--endpoint-url", self.proxy.address, *self.options, *path, *when, *options)
        got = _run(["--snapshots", str(self.snapshots), "fetch", *arguments])
        said = self.say()
        assert got == code, said
        return said

    def history(self, name: str) -> PolicyHistory:
        return self.histories()[name]

    def histories(self) -> dict[str, PolicyHistory]:
        """Return the histories by folder; all must be readable, and each default must be archived."""
        found = {}
        for item in archive_on_disk(self.snapshots).histories():
            assert isinstance(item, PolicyHistory), item
            known = {version.version_id for version in item.versions} | {None}
            assert {seen.default_version for seen in item.observations} <= known
            found[item.folder] = item
        return found

    def seen(self, name: str) -> list[str | None]:
        return [item.default_version for item in self.history(name).observations]

    def versions(self, name: str) -> list[str]:
        return [version.version_id for version in self.history(name).versions]

    def rows(self, name: str) -> list[Entry]:
        """Return a policy's entries, newest first."""
        reported = build_archive_changelog(archive_on_disk(self.snapshots), Configuration(), Selection(policy=name))
        return list(reported.entries)

    def subjects(self) -> list[str]:
        return git(self.top, "log", "--format=%s").splitlines()

    def require_clean(self) -> None:
        """Require that the archive is whole and that the next run finds nothing to do."""
        self.histories()
        before = contents(self.snapshots)
        self.night += 1
        self.fetch("--commit")
        assert set(self.proxy.calls) == {"ListPolicies"}
        assert contents(self.snapshots) == before
        assert git(self.top, "status", "--porcelain") == ""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


_paths = iter(range(1000))


@pytest.fixture
def tracker(tmp_path: Path, iam: "IAMClient", proxy: Proxy, capsys: pytest.CaptureFixture[str]) -> Tracker:
    top = tmp_path / "checkout"
    top.mkdir()
    git(top, "init", "--quiet", "--initial-branch=main")
    account = Account(iam, f"/test{next(_paths)}/")
    return Tracker(top, proxy, account, lambda: capsys.readouterr().err)


def fail_once(fault: Fault, action: str) -> Callable[[str, dict[str, str]], Fault | None]:
    """Return a fault that meets the first call of an action."""
    left = [fault]
    return lambda called, _given: left.pop() if called == action and left else None


# --- what is recorded ------------------------------------------------------------------------------------------------


def test_a_first_run_records_every_policy_in_one_commit(tracker: Tracker) -> None:
    for name in "abc":
        tracker.account.create(f"First-{name}", "s3:GetObject")
    said = tracker.fetch("--commit")
    assert said == "3 policies, 3 changed, 3 versions added, 1 commit\n"
    assert tracker.subjects() == ["Started tracking 3 policies"]
    history = tracker.history("First-a")
    assert (history.owner, history.facts.path, history.facts.arn) == (
        ACCOUNT,
        tracker.account.path,
        tracker.account.arn("First-a"),
    )
    assert history.versions[0].origin == "iam"
    assert tracker.proxy.calls == {"ListPolicies": 1, "GetPolicyVersion": 3}
    tracker.require_clean()


def test_aws_managed_policies_are_owned_by_their_partition(tracker: Tracker) -> None:
    tracker.proxy.only = "AmazonConnect*"
    tracker.options = ("--policy", "AmazonConnect*")
    tracker.fetch("--commit")
    assert {history.owner for history in tracker.histories().values()} == {"aws"}
    assert len(tracker.history("AmazonConnectServiceLinkedRolePolicy").versions) == 1
    tracker.require_clean()
    tracker.options = ("--policy", "AmazonConnect*", "--region", "cn-north-1")
    tracker.fetch("--commit")
    assert {history.owner for history in tracker.histories().values()} == {"aws-cn"}


def test_a_new_version_is_one_commit_that_names_its_actions(tracker: Tracker) -> None:
    tracker.account.create("New-version", "s3:GetObject")
    tracker.fetch("--commit")
    tracker.account.update("New-version", "s3:GetObject", "s3:PutObject")
    tracker.fetch("--commit")
    assert tracker.subjects()[0] == f"New-version v2 {DASH} Added actions for Amazon S3"
    assert "- s3:PutObject" in git(tracker.top, "log", "-1", "--format=%b")
    dates = git(tracker.top, "log", "-1", "--format=%aI %cI").split()
    assert [date.replace("+00:00", "Z") for date in dates] == [NIGHT.format(2)] * 2
    assert tracker.seen("New-version") == ["v1", "v2"]
    tracker.require_clean()


def test_versions_that_were_passed_over_are_read(tracker: Tracker) -> None:
    tracker.account.create("Jump", "s3:GetObject")
    tracker.fetch("--commit")
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:ListBucket"):
        tracker.account.update("Jump", action)
    tracker.fetch("--commit")
    assert tracker.versions("Jump") == ["v1", "v2", "v3", "v4"]
    assert [entry.version for entry in tracker.rows("Jump")] == ["v4", "v3", "v2", "v1"]
    assert tracker.proxy.calls == {"ListPolicies": 1, "ListPolicyVersions": 1, "GetPolicyVersion": 3}
    assert len(tracker.subjects()) == 2
    tracker.require_clean()


def test_versions_that_are_no_longer_served_are_recorded_as_asked_for(tracker: Tracker) -> None:
    tracker.account.create("Holes", "s3:GetObject")
    tracker.fetch("--commit")
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:ListBucket"):
        tracker.account.update("Holes", action)
    tracker.account.forget("Holes", "v2", "v3")
    tracker.fetch("--commit")
    assert tracker.versions("Holes") == ["v1", "v4"]
    assert tracker.history("Holes").unavailable == ("v2", "v3")
    assert tracker.rows("Holes")[0].not_observed == 2
    tracker.require_clean()


def test_a_default_that_goes_back_is_an_observation_and_no_reading(tracker: Tracker) -> None:
    tracker.account.create("Back", "s3:GetObject")
    tracker.account.update("Back", "s3:GetObject", "s3:PutObject")
    tracker.fetch("--commit")
    tracker.account.roll_back("Back", "v1")
    tracker.fetch("--commit")
    assert tracker.seen("Back") == ["v2", "v1"]
    assert tracker.rows("Back")[0].event == "default-rolled-back"
    tracker.account.roll_back("Back", "v2")
    tracker.fetch("--commit")
    assert tracker.proxy.calls == {"ListPolicies": 1}
    assert tracker.seen("Back") == ["v2", "v1", "v2"]
    tracker.require_clean()


def test_removal_and_return_are_observations(tracker: Tracker) -> None:
    for name in ("Stays", "Leaves"):
        tracker.account.create(name, "s3:GetObject")
    tracker.fetch("--commit")
    tracker.proxy.hidden = {"Leaves"}
    tracker.fetch("--commit", "--allow-removals", "1")
    assert tracker.subjects()[0] == f"Leaves {DASH} Removed policy"
    tracker.fetch("--commit")
    assert tracker.proxy.calls == {"ListPolicies": 1}
    tracker.account.update("Leaves", "s3:PutObject")
    tracker.account.update("Leaves", "s3:PutObject", "s3:ListBucket")
    tracker.proxy.hidden = set()
    tracker.fetch("--commit")
    assert tracker.seen("Leaves") == ["v1", None, "v3"]
    assert tracker.versions("Leaves") == ["v1", "v2", "v3"]
    assert tracker.rows("Leaves")[0].event == "policy-returned"
    tracker.require_clean()


def test_a_policy_that_was_not_asked_for_is_not_removed(tracker: Tracker) -> None:
    for name in ("Asked", "Other"):
        tracker.account.create(name, "s3:GetObject")
    tracker.fetch()
    tracker.account.delete("Other")
    assert tracker.fetch("--policy", "Ask*") == "1 policy, 0 changed, 0 versions added, 0 commits\n"
    assert tracker.seen("Other") == ["v1"]


def test_a_policy_created_again_keeps_its_old_folder(tracker: Tracker) -> None:
    tracker.account.create("Again", "s3:GetObject")
    tracker.fetch("--commit")
    old = tracker.history("Again").facts.policy_id
    tracker.account.delete("Again")
    time.sleep(1.1)  # another CreateDate, which has seconds
    tracker.account.create("Again", "s3:PutObject")
    tracker.fetch("--commit")
    assert set(tracker.histories()) == {"Again", f"Again~{old}"}
    assert tracker.seen("Again") == ["v1"]
    assert tracker.seen(f"Again~{old}") == ["v1", None]
    assert tracker.history("Again").facts.policy_id != old
    assert sorted(entry.event for entry in tracker.rows("Again")) == ["policy-removed", *["tracking-started"] * 2]
    tracker.require_clean()


def test_another_policy_id_alone_is_no_other_policy(tracker: Tracker) -> None:
    tracker.account.create("Same", "s3:GetObject")
    tracker.fetch()
    file = next(tracker.snapshots.glob("*/Same/policy.json"))
    file.write_text(re.sub(r'"PolicyId": "\w+"', '"PolicyId": "ANPAOTHER"', file.read_text()))
    assert "0 changed" in tracker.fetch()
    assert tracker.history("Same").facts.policy_id == "ANPAOTHER"


def test_a_replay_names_its_origin_and_keeps_nothing_that_was_invented(tracker: Tracker) -> None:
    tracker.account.create("Replayed", "s3:GetObject")
    tracker.fetch("--origin", "moto 5.2.5", "--observed-at", "2020-01-01T00:00:00Z")
    assert tracker.history("Replayed").facts.policy_id is None
    assert tracker.history("Replayed").versions[0].origin == "moto 5.2.5"
    for action in ("s3:PutObject", "s3:DeleteObject"):
        tracker.account.update("Replayed", action)
    tracker.account.forget("Replayed", "v2")
    tracker.fetch("--origin", "moto 5.2.6")
    assert tracker.proxy.calls == {"ListPolicies": 1, "GetPolicyVersion": 1}
    # What a server lacks is not gone from IAM: it can still be asked for.
    assert tracker.history("Replayed").unavailable == ()
    assert tracker.history("Replayed").facts.description is None
    assert tracker.rows("Replayed")[0].not_observed == 1


def test_re_issues_are_one_commit(tracker: Tracker) -> None:
    for name in "abc":
        tracker.account.create(f"Wave-{name}", "s3:GetObject", "s3:PutObject")
    tracker.fetch("--commit")
    for name in "abc":
        tracker.account.update(f"Wave-{name}", "s3:PutObject", "s3:GetObject")
    tracker.account.update("Wave-a", "s3:PutObject")
    tracker.fetch("--commit")
    assert tracker.subjects()[:2] == [
        f"Wave-a v3 {DASH} Removed actions for Amazon S3",
        "2 policies re-issued without changes",
    ]
    tracker.require_clean()


def test_a_backfill_brings_what_is_served_and_says_what_is_not(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.sources.iam.PORTION", 2)
    for name in "abc":
        tracker.account.create(f"Past-{name}", "s3:GetObject", description=f"The {name}.")
        for action in ("s3:PutObject", "s3:ListBucket", "s3:DeleteObject"):
            tracker.account.update(f"Past-{name}", action)
        tracker.account.forget(f"Past-{name}", "v2")
    tracker.fetch("--commit")
    tracker.fetch("--commit", "--backfill")
    assert tracker.versions("Past-c") == ["v1", "v3", "v4"]
    assert tracker.history("Past-c").unavailable == ("v2",)
    assert tracker.history("Past-c").facts.description == "The c."
    assert tracker.subjects() == ["Completed 1 policy", "Completed 2 policies", "Started tracking 3 policies"]
    tracker.require_clean()


# --- what is believed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["throttle", "broken", "cut", "half"])
def test_a_call_that_fails_is_made_again(tracker: Tracker, fault: Fault) -> None:
    tracker.account.create(f"Fault-{fault}", "s3:GetObject")
    tracker.proxy.fault = fail_once(fault, "ListPolicies" if fault == "cut" else "GetPolicyVersion")
    tracker.fetch("--commit")
    assert tracker.versions(f"Fault-{fault}") == ["v1"]
    assert sum(tracker.proxy.calls.values()) == 3


def test_a_default_that_moves_between_list_and_get_is_read_again(tracker: Tracker) -> None:
    tracker.account.create("Moves", "s3:GetObject")
    moves = [lambda: tracker.account.update("Moves", "s3:PutObject")]
    tracker.proxy.before = lambda action, _given: moves.pop()() if action == "GetPolicyVersion" and moves else None
    tracker.fetch("--commit")
    assert tracker.seen("Moves") == ["v2"]
    assert tracker.versions("Moves") == ["v2"]
    tracker.require_clean()


def test_a_policy_deleted_between_list_and_get_is_not_there(tracker: Tracker) -> None:
    for name in ("Brief", "Lasting"):
        tracker.account.create(name, "s3:GetObject")
    ends = [lambda: tracker.account.delete("Brief")]
    tracker.proxy.before = lambda action, _given: ends.pop()() if action == "GetPolicyVersion" and ends else None
    tracker.fetch("--commit")
    assert set(tracker.histories()) == {"Lasting"}


def test_a_run_that_can_not_read_all_records_nothing(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("Read", "Unread"):
        tracker.account.create(name, "s3:GetObject")
    asked = tracker.account.arn("Unread")
    tracker.proxy.fault = lambda _action, given: "broken" if given.get("PolicyArn") == asked else None
    assert "ServiceFailure" in tracker.fetch("--commit", code=6)
    assert tracker.histories() == {} if tracker.snapshots.is_dir() else True


def test_a_list_without_many_policies_is_not_believed(tracker: Tracker) -> None:
    names = [f"Gone-{letter}" for letter in "abcdefgh"]
    for name in names:
        tracker.account.create(name, "s3:GetObject")
    tracker.fetch()
    before = contents(tracker.snapshots)
    tracker.proxy.hidden = set(names[:6])
    assert "--allow-removals 6" in tracker.fetch(code=6)
    assert "--allow-removals 6" in tracker.fetch("--allow-removals", "5", code=6)
    tracker.proxy.hidden = set(names)
    assert "listed no policy" in tracker.fetch(code=6)
    assert "--allow-removals 8" in tracker.fetch("--owner", ACCOUNT, code=6)
    assert contents(tracker.snapshots) == before
    tracker.proxy.hidden = set(names[:6])
    tracker.fetch("--allow-removals", "6")
    assert tracker.seen("Gone-a") == ["v1", None]


def test_one_of_two_policies_may_be_deleted_and_then_the_last(tracker: Tracker) -> None:
    for name in ("First", "Second"):
        tracker.account.create(name, "s3:GetObject")
    tracker.fetch("--commit")
    tracker.account.delete("First")
    tracker.fetch("--commit")
    assert tracker.seen("First") == ["v1", None]
    tracker.account.delete("Second")
    assert "say whose policies with --owner" in tracker.fetch("--commit", code=6)
    tracker.fetch("--commit", "--owner", ACCOUNT)
    assert tracker.seen("Second") == ["v1", None]


def test_how_many_policies_may_be_gone_can_be_configured(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tracker.top)
    for name in ("First", "Second"):
        tracker.account.create(name, "s3:GetObject")
    tracker.fetch()
    tracker.account.delete("First")
    settings = tracker.top / "policy-tracker.toml"
    settings.write_text("[fetch]\nallow-removals = 0\n")
    assert "--allow-removals 1" in tracker.fetch(code=6)
    settings.write_text("[fetch]\nallow-removals = true\n")
    assert "fetch.allow-removals: expected a number of policies" in tracker.fetch(code=10)
    settings.write_text("[fetch]\nallow-removals = 1\n")
    tracker.fetch()
    assert tracker.seen("First") == ["v1", None]


def test_a_name_that_comes_back_in_other_letter_case_is_another_policy(tracker: Tracker) -> None:
    tracker.account.create("Reader", "s3:GetObject")
    tracker.fetch("--commit")
    old = tracker.history("Reader").facts.policy_id
    tracker.account.delete("Reader")
    tracker.account.create("reader", "s3:PutObject")
    tracker.fetch("--commit")
    assert set(tracker.histories()) == {f"Reader~{old}", "reader"}  # one folder on a disk that ignores letter case
    assert tracker.seen(f"Reader~{old}") == ["v1", None]
    assert [entry.id.startswith("123456789012/Reader/") for entry in tracker.rows("Reader")] == [True, True]
    tracker.require_clean()


def test_an_observation_before_the_last_one_is_refused(tracker: Tracker) -> None:
    tracker.account.create("Time", "s3:GetObject")
    tracker.fetch()
    assert "check the clock" in tracker.fetch("--observed-at", "2029-12-31T00:00:00Z", code=6)


def test_a_committed_version_that_was_edited_is_not_committed(tracker: Tracker) -> None:
    tracker.account.create("Edited", "s3:GetObject")
    tracker.fetch("--commit")
    file = next(tracker.snapshots.glob("*/Edited/v1.json"))
    file.write_text(file.read_text().replace("GetObject", "PutObject"))
    assert "a version that was committed has changed" in tracker.fetch("--commit", code=4)


# --- what can go wrong with credentials and network ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("denied", "denied: User: arn:aws:iam::1:user/x is not authorized"),
        ("expired", "the credentials have expired"),
        ("throttle", "throttled, again and again: Rate exceeded (nothing was recorded; run again later)"),
        ("cut", "IAM can't be reached: Connection was closed"),
    ],
)
def test_a_fault_that_stays_is_one_line(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, fault: Fault, expected: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    tracker.proxy.fault = lambda _action, _given: fault
    said = tracker.fetch(code=6)
    assert expected in said
    assert said.count("\n") == 1
    assert ("iam:ListPolicies on *" in said) == (fault == "denied")


def test_missing_credentials_profile_and_endpoint_are_one_line_each(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    tracker.account.create("Never", "s3:GetObject")
    assert "no such profile" in tracker.fetch("--profile", "nobody", code=6)
    assert "IAM can't be reached" in tracker.fetch("--endpoint-url", "http://127.0.0.1:9", code=6)
    assert "nonsense" in tracker.fetch("--endpoint-url", "nonsense", code=6)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    said = tracker.fetch(code=6)
    assert "no credentials" in said
    assert "iam:GetPolicyVersion" in said


def test_the_endpoint_comes_from_the_environment_too(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tracker.account.create("Environment", "s3:GetObject")
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", tracker.proxy.address)
    arguments = [
        "--snapshots",
        str(tracker.snapshots),
        "fetch",
        "--scope",
        "local",
        "--path-prefix",
        tracker.account.path,
    ]
    assert _run(arguments) == 0, capsys.readouterr().err
    assert tracker.versions("Environment") == ["v1"]


def test_without_boto3_the_extra_is_named(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "pip install 'policy-tracker[aws]'" in tracker.fetch(code=6)


def test_an_argument_that_can_not_be_meant_is_met_before_anything_is_read(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "'../up' can be no owner" in tracker.fetch("--owner", "../up", code=2)
    assert "such as 2025-01-31T12:00:00Z" in tracker.fetch("--observed-at", "yesterday", code=2)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "many")
    assert "AWS_MAX_ATTEMPTS: invalid literal" in tracker.fetch(code=6)
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    tracker.snapshots.write_text("")
    assert "is no folder" in tracker.fetch(code=4)
    assert tracker.proxy.calls == {}


@pytest.mark.parametrize("linked", ["Linked", "."])
def test_nothing_is_written_through_a_link(tracker: Tracker, tmp_path: Path, linked: str) -> None:
    tracker.account.create("Linked", "s3:GetObject")
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tracker.snapshots / ACCOUNT / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    assert f"{link}: is a symbolic link" in tracker.fetch(code=4)
    assert list(outside.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(tracker: Tracker, tmp_path: Path) -> None:
    for number in range(8):
        tracker.account.create(f"Full-{number}", *(f"s3:Get{action}" for action in range(200)))
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        onto = Tracker(small, tracker.proxy, tracker.account, tracker.say)
        assert "can't be written: No space left on device" in onto.fetch(code=9)
        assert not list(small.rglob("*.tmp"))
        onto.histories()
        subprocess.run(["mount", "-o", "remount,size=1m", str(small)], check=True)
        assert "8 policies" in onto.fetch()
        assert len(onto.histories()) == 8
    finally:
        subprocess.run(["umount", str(small)], check=True)


# --- interrupted, twice at once, pushed ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_killed_at_any_file_is_completed_with_the_same_bytes(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.account.create("Kill-old", "s3:GetObject")
    tracker.account.create("Kill-again", "s3:GetObject")
    tracker.fetch("--commit")
    first = git(tracker.top, "rev-parse", "HEAD").strip()
    tracker.account.update("Kill-old", "s3:PutObject")
    tracker.account.delete("Kill-again")
    time.sleep(1.1)
    tracker.account.create("Kill-again", "s3:PutObject")
    when = ("--commit", "--observed-at", NIGHT.format(20))
    tracker.fetch(*when)
    expected = contents(tracker.snapshots), git(tracker.top, "log", "--format=%T %s %b")
    written = Path.replace
    for killed in range(5):
        git(tracker.top, "reset", "--quiet", "--hard", first)
        left = iter(range(killed))

        def replace(file: Path, target: Path, left: Iterator[int] = left) -> Path:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return written(file, target)

        monkeypatch.setattr(Path, "replace", replace)
        tracker.fetch(*when, code=130)
        monkeypatch.setattr(Path, "replace", written)
        tracker.fetch(*when)
        assert (contents(tracker.snapshots), git(tracker.top, "log", "--format=%T %s %b")) == expected


def process(tracker: Tracker, *options: str) -> "subprocess.Popen[str]":
    """Start `fetch` as a process of its own."""
    where = ("--endpoint-url", tracker.proxy.address, *tracker.options, "--path-prefix", tracker.account.path)
    arguments = [sys.executable, "-m", "tracker", "--snapshots", str(tracker.snapshots), "fetch", *where, *options]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    # A shell that runs the tests in the background has its children ignore Ctrl+C; this one must not.
    return subprocess.Popen(
        arguments,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads matter
    )


def test_an_interrupted_run_leaves_at_once_though_answers_are_awaited(tracker: Tracker) -> None:
    tracker.account.create("Awaited", "s3:GetObject")
    asked, over = threading.Event(), threading.Event()

    def wait(action: str, _given: dict[str, str]) -> None:
        if action == "GetPolicyVersion":
            asked.set()
            over.wait(60)

    tracker.proxy.before = wait
    with process(tracker) as run:
        try:
            assert asked.wait(60)
            run.send_signal(signal.SIGINT)
            assert run.communicate(timeout=20)[1].strip() == ""
        finally:
            over.set()
    assert run.returncode == 130
    assert not tracker.snapshots.is_dir() or tracker.histories() == {}
    tracker.proxy.before = lambda _action, _given: None
    tracker.fetch("--commit")
    tracker.require_clean()


def test_two_runs_at_once_record_once(tracker: Tracker) -> None:
    tracker.account.create("Twice", "s3:GetObject")
    runs = [process(tracker, "--commit") for _ in range(2)]
    said = sorted(run.communicate(timeout=100)[1] for run in runs)
    assert said == [
        "1 policy, 0 changed, 0 versions added, 0 commits\n",
        "1 policy, 1 changed, 1 version added, 1 commit\n",
    ]
    assert tracker.subjects() == ["Started tracking 1 policy"]


def test_what_a_killed_run_left_is_committed_by_the_next(tracker: Tracker) -> None:
    tracker.account.create("Left", "s3:GetObject")
    tracker.fetch()
    tracker.fetch("--commit")
    assert tracker.subjects() == ["Started tracking 1 policy"]


def test_a_second_run_waits_and_leaves_and_a_stale_lock_is_none(tracker: Tracker) -> None:
    tracker.account.create("Locked", "s3:GetObject")
    with archive_lock(tracker.snapshots, 0):
        assert "another run is writing the archive" in tracker.fetch("--wait", "0.1", code=9)
    assert (tracker.top / ".git" / "policy-tracker.lock").exists()
    tracker.fetch()


@dataclass
class Remote:
    """A bare repository that the tracker's checkout pushes to, and a colleague's clone."""

    bare: Path
    colleague: Path


@pytest.fixture
def remote(tracker: Tracker, tmp_path: Path) -> Remote:
    made = Remote(tmp_path / "remote.git", tmp_path / "colleague")
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(made.bare))
    git(tracker.top, "remote", "add", "origin", str(made.bare))
    tracker.account.create("Pushed", "s3:GetObject")
    tracker.fetch("--push")
    git(tmp_path, "clone", "--quiet", str(made.bare), str(made.colleague))
    return made


def colleague_pushes(remote: Remote, file: str) -> None:
    (remote.colleague / file).write_text("theirs\n")
    who = ("-c", "user.name=Colleague", "-c", "user.email=colleague@localhost")
    git(remote.colleague, "add", "--all")
    git(remote.colleague, *who, "commit", "--quiet", "--message", f"Add {file}")
    git(remote.colleague, "push", "--quiet")


def test_a_push_goes_on_top_of_what_others_pushed(tracker: Tracker, remote: Remote) -> None:
    colleague_pushes(remote, "README.md")
    tracker.account.update("Pushed", "s3:PutObject")
    tracker.fetch("--push")
    assert git(remote.bare, "log", "--format=%s", "main").splitlines() == [
        f"Pushed v2 {DASH} Updated actions for Amazon S3",
        "Add README.md",
        "Started tracking 1 policy",
    ]
    assert tracker.seen("Pushed") == ["v1", "v2"]
    tracker.require_clean()


def test_a_push_after_another_tracker_recorded_the_same_makes_no_second_commit(
    tracker: Tracker, remote: Remote
) -> None:
    tracker.account.update("Pushed", "s3:PutObject")
    other = Tracker(remote.colleague, tracker.proxy, tracker.account, tracker.say, 1)
    other.fetch("--push")
    tracker.fetch("--push")
    assert len(git(remote.bare, "log", "--format=%s", "main").splitlines()) == 2
    assert git(tracker.top, "status", "--porcelain", "--branch") in ("## main\n", "## main...origin/main\n")


def test_commits_of_others_are_never_thrown_away(tracker: Tracker, remote: Remote) -> None:
    (tracker.top / "work.txt").write_text("mine\n")
    git(tracker.top, "add", "work.txt")
    git(tracker.top, "-c", "user.name=I", "-c", "user.email=i@localhost", "commit", "--quiet", "--message=Mine")
    colleague_pushes(remote, "README.md")
    tracker.account.update("Pushed", "s3:PutObject")
    assert "commits that are not pushed change 'work.txt'" in tracker.fetch("--push", code=5)
    assert (tracker.top / "work.txt").exists()


def test_a_push_that_is_always_too_late_gives_up(tracker: Tracker, remote: Remote) -> None:
    names = iter("abcdefgh")
    tracker.proxy.before = lambda action, _given: (
        colleague_pushes(remote, next(names)) if action == "ListPolicies" else None
    )
    tracker.account.update("Pushed", "s3:PutObject")
    assert "others pushed first, 4 times" in tracker.fetch("--push", code=5)
    tracker.proxy.before = lambda _action, _given: None
    tracker.fetch("--push")
    assert tracker.subjects()[0] == f"Pushed v2 {DASH} Updated actions for Amazon S3"
    assert git(remote.bare, "log", "--format=%s", "-1", "main") == f"{tracker.subjects()[0]}\n"


def test_what_could_not_be_pushed_is_not_read(tracker: Tracker, tmp_path: Path) -> None:
    tracker.account.create("Unpushable", "s3:GetObject")
    assert "no remote 'origin' to push to (git remote add origin ADDRESS)" in tracker.fetch("--push", code=5)
    tracker.fetch("--commit")
    git(tracker.top, "remote", "add", "origin", str(tmp_path / "gone"))
    git(tracker.top, "checkout", "--quiet", "--detach")
    assert "no branch is checked out" in tracker.fetch("--push", code=5)
    assert tracker.proxy.calls == {}
    git(tmp_path, "clone", "--quiet", "--bare", str(tracker.top), "bare.git")
    inside = Tracker(tmp_path / "bare.git", tracker.proxy, tracker.account, tracker.say)
    assert "a bare repository has no files" in inside.fetch("--commit", code=5)
    assert tracker.proxy.calls == {}


def test_a_remote_that_refuses_says_why_and_gets_it_later(tracker: Tracker, remote: Remote) -> None:
    hook = remote.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'nobody pushes at night' >&2\nexit 1\n")
    hook.chmod(0o755)
    tracker.account.update("Pushed", "s3:PutObject")
    said = tracker.fetch("--push", code=5)
    assert "origin refuses the push: pre-receive hook declined (nobody pushes at night)" in said
    assert said.count("\n") == 1
    hook.unlink()
    tracker.fetch("--push")
    assert git(remote.bare, "log", "--format=%s", "-1", "main").startswith("Pushed v2")


def test_a_shallow_clone_pushes_on_top_of_what_others_pushed(tracker: Tracker, remote: Remote, tmp_path: Path) -> None:
    colleague_pushes(remote, "earlier.md")
    git(tmp_path, "clone", "--quiet", "--depth=1", remote.bare.as_uri(), "shallow")
    colleague_pushes(remote, "README.md")
    tracker.account.update("Pushed", "s3:PutObject")
    Tracker(tmp_path / "shallow", tracker.proxy, tracker.account, tracker.say, 1).fetch("--push")
    assert [line.partition(" ")[0] for line in git(remote.bare, "log", "--format=%s", "main").splitlines()] == [
        "Pushed",
        "Add",
        "Add",
        "Started",
    ]


def test_a_work_tree_beside_others_is_locked_among_gits_files(tracker: Tracker, tmp_path: Path) -> None:
    tracker.account.create("Beside", "s3:GetObject")
    tracker.fetch("--commit")
    git(tracker.top, "worktree", "add", "--quiet", str(tmp_path / "beside"))
    beside = Tracker(tmp_path / "beside", tracker.proxy, tracker.account, tracker.say, 1)
    tracker.account.update("Beside", "s3:PutObject")
    beside.fetch("--commit")
    assert git(beside.top, "status", "--porcelain") == ""
    assert {path.name for path in beside.snapshots.iterdir()} == {ACCOUNT}


def test_what_is_staged_for_another_commit_stays_staged(tracker: Tracker) -> None:
    tracker.account.create("Staged", "s3:GetObject")
    (tracker.top / "work.txt").write_text("mine")
    git(tracker.top, "add", "work.txt")
    (tracker.snapshots / "aws").mkdir(parents=True)
    (tracker.snapshots / "aws" / "notes.txt").write_text("mine")
    tracker.fetch("--commit")
    assert git(tracker.top, "status", "--porcelain").splitlines() == ["A  work.txt", "?? snapshots/aws/"]
    assert "work.txt" not in git(tracker.top, "show", "--stat", "--format=")


def test_author_and_committer_are_as_given(tracker: Tracker) -> None:
    tracker.account.create("Signed", "s3:GetObject")
    tracker.fetch("--commit", "--author", "Ann <ann@localhost>", "--committer", "Bot <bot@localhost>")
    assert git(tracker.top, "log", "--format=%an %ae %cn %ce") == "Ann ann@localhost Bot bot@localhost\n"
    assert "expected 'Name <address>'" in tracker.fetch("--commit", "--author", "Ann", code=2)


def test_a_job_summary_has_the_new_rows(tracker: Tracker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    tracker.account.create("Summed", "s3:GetObject")
    tracker.fetch()
    summary.unlink()
    tracker.account.update("Summed", "s3:GetObject", "s3:PutObject")
    tracker.fetch()
    assert f"| `Summed` {DASH} Added actions for Amazon S3 |" in summary.read_text(encoding="utf-8")


def test_a_policy_created_later_is_described_and_read_from_its_first_version(tracker: Tracker) -> None:
    tracker.account.create("Old", "s3:GetObject")
    tracker.fetch("--commit", "--observed-at", "2020-01-01T00:00:00Z")
    tracker.account.create("Young", "s3:GetObject", description="What it is for.")
    tracker.account.update("Young", "s3:GetObject", "s3:PutObject")
    tracker.fetch("--commit")
    assert tracker.versions("Young") == ["v1", "v2"]
    assert tracker.history("Young").facts.description == "What it is for."
    assert tracker.history("Old").facts.description is None
    assert tracker.proxy.calls["GetPolicy"] == 1
    assert tracker.subjects()[0].startswith("Young v2")
    tracker.require_clean()
