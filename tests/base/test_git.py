"""Git as it is met: unusual repositories, names and configurations. Real git, in temporary folders."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import CHECKOUT, git, git_environment, new_repository
from builders import day

from tracker.base.git import Repository, open_enclosing_repository, open_repository
from tracker.base.git_commits import Commit, commit_paths
from tracker.base.git_log import FileChange
from tracker.errors import GitError

AUTHOR = ("Someone", "someone@example.org")


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git see no configuration of this machine and no repository around the test."""
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)


def changes(checkout: Path, revision: str | None = None, under: str = "policies") -> list[FileChange]:
    with open_repository(checkout, revision) as (repository, tip):
        return repository.file_changes(tip, under)


def story(checkout: Path, revision: str | None = None, under: str = "policies") -> list[str]:
    """Return the changes as `path content`, oldest first; `-` for a deletion, `merged` for one of a branch."""
    with open_repository(checkout, revision) as (repository, tip):
        found = repository.file_changes(tip, under)
        contents = repository.blobs([change.after for change in found if not change.deleted])
        return [
            f"{'merged ' * change.merged}{change.path} {'-' if change.deleted else (next(contents) or b'?').decode()}"
            for change in found
        ]


# --- folders that are no repository, or unusual ones ------------------------------------------------------------------


@pytest.mark.parametrize("make", ["nothing", "folder", "file", "empty", "broken bundle"])
def test_what_is_no_repository_is_one_line(tmp_path: Path, make: str) -> None:
    checkout = tmp_path / "checkout"
    contents = {"file": b"hello", "empty": b"", "broken bundle": b"# v2 git bundle\nhello\n"}
    if make == "folder":
        checkout.mkdir()
    elif make in contents:
        checkout.write_bytes(contents[make])
    with pytest.raises(GitError) as caught:
        story(checkout)
    assert "\n" not in str(caught.value)
    assert str(checkout) in str(caught.value) or make == "broken bundle"


def test_a_git_in_the_repository_does_not_run_when_path_has_relative_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = new_repository(tmp_path / "checkout", {"policies/A.json": b"{}"})
    (checkout / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (checkout / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert story(checkout) == ["policies/A.json {}"]
    assert not (tmp_path / "ran").exists()


def test_an_unborn_branch_has_no_commit_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert Repository(tmp_path).is_unborn()
    with pytest.raises(GitError, match="no commit yet"):
        story(tmp_path)


@pytest.mark.parametrize("revision", ["nonsense", "--all", "-n1", "HEAD~99", "HEAD:policies/A", "", "a\nb", "a b"])
def test_a_revision_that_is_no_commit_is_an_error(tmp_path: Path, revision: str) -> None:
    repository = Repository(new_repository(tmp_path, {"policies/A": b"1"}))
    with pytest.raises(GitError, match="no commit"):
        repository.resolve(revision)


def test_a_tag_and_a_branch_of_odd_name_are_revisions(tmp_path: Path) -> None:
    new_repository(tmp_path, {"policies/A": b"1"}, {"policies/A": b"2"})
    git(tmp_path, "tag", "--annotate", "--message=x", "v1", "HEAD~1")
    git(tmp_path, "branch", "müll/ü", "HEAD~1")
    assert story(tmp_path, "v1") == story(tmp_path, "müll/ü") == ["policies/A 1"]


def test_a_detached_head_is_read(tmp_path: Path) -> None:
    new_repository(tmp_path, {"policies/A": b"1"}, {"policies/A": b"2"})
    git(tmp_path, "checkout", "--quiet", "HEAD~1")
    assert story(tmp_path) == ["policies/A 1"]


def test_a_shallow_clone_reports_what_it_has(tmp_path: Path) -> None:
    source = new_repository(tmp_path / "source", {"policies/A": b"1"}, {"policies/A": b"2"}, {"policies/A": b"3"})
    git(tmp_path, "clone", "--quiet", "--depth=2", source.as_uri(), "shallow")
    assert Repository(tmp_path / "shallow").is_shallow()
    assert not Repository(source).is_shallow()
    assert story(tmp_path / "shallow") == ["policies/A 2", "policies/A 3"]


def test_a_bare_repository_is_read(tmp_path: Path) -> None:
    new_repository(tmp_path / "source", {"policies/A": b"1"})
    git(tmp_path, "clone", "--quiet", "--bare", "source", "bare.git")
    assert Repository(tmp_path / "bare.git").is_bare()
    assert story(tmp_path / "bare.git") == ["policies/A 1"]


def test_a_bare_repository_that_does_not_say_so_is_read_inside_another(tmp_path: Path) -> None:
    """GitPython's `Repo` takes such a folder for a work tree and runs git in the repository above."""
    new_repository(tmp_path, {"policies/Other": b"x"})
    new_repository(tmp_path / "source", {"policies/A": b"1"})
    git(tmp_path, "clone", "--quiet", "--bare", "source", "mirror")
    git(tmp_path / "mirror", "config", "--unset", "core.bare")
    assert story(tmp_path / "mirror") == ["policies/A 1"]


def test_a_repository_with_longer_ids_is_read(tmp_path: Path) -> None:
    states: list[dict[str, bytes | None]] = [{"policies/A": b"1"}, {"policies/A": b"2"}, {"policies/A": None}]
    checkout = new_repository(tmp_path, *states, options=("--object-format=sha256",))
    assert story(checkout) == ["policies/A 1", "policies/A 2", "policies/A -"]


@pytest.mark.parametrize("what", [("main",), ("HEAD", "main"), ("HEAD",), ("--all",), ("v1",)], ids=" ".join)
def test_a_bundle_is_read(tmp_path: Path, what: tuple[str, ...]) -> None:
    new_repository(tmp_path / "source", {"policies/A": b"1"}, {"policies/A": b"2"})
    git(tmp_path / "source", "tag", "v1")
    git(tmp_path / "source", "bundle", "create", "--quiet", "../a.bundle", *what)
    assert story(tmp_path / "a.bundle") == ["policies/A 1", "policies/A 2"]


def test_a_bundle_of_a_detached_head_is_read(tmp_path: Path) -> None:
    new_repository(tmp_path / "source", {"policies/A": b"1"}, {"policies/A": b"2"})
    git(tmp_path / "source", "checkout", "--quiet", "--detach")
    git(tmp_path / "source", "bundle", "create", "--quiet", "../a.bundle", "HEAD")
    assert story(tmp_path / "a.bundle") == ["policies/A 1", "policies/A 2"]


def test_a_bundle_without_its_beginning_is_one_line(tmp_path: Path) -> None:
    new_repository(tmp_path / "source", {"policies/A": b"1"}, {"policies/A": b"2"})
    git(tmp_path / "source", "bundle", "create", "--quiet", "../a.bundle", "HEAD~1..main")
    with pytest.raises(GitError, match="prerequisite"):
        story(tmp_path / "a.bundle")


def test_another_repository_in_the_environment_is_not_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git sets GIT_DIR and GIT_INDEX_FILE for its hooks; a repository that was named is the one that is read."""
    other = new_repository(tmp_path / "other", {"policies/Other": b"x"})
    checkout = new_repository(tmp_path / "checkout", {"policies/A": b"1"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert story(checkout) == ["policies/A 1"]
    assert Repository(checkout).top() == checkout


def test_git_missing_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracker", "changelog", "--git", "."]
    environment = {**git_environment(PATH=str(tmp_path)), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == GitError.exit_code
    assert done.stderr == b"policy-tracker: error: git was not found (install git 2.30 or newer)\n"


# --- histories -------------------------------------------------------------------------------------------------------


def test_changes_are_listed_oldest_first_with_their_times(tmp_path: Path) -> None:
    checkout = new_repository(
        tmp_path, {"policies/A": b"1", "README": b"x"}, {}, {"policies/A": b"2", "policies/B": b"1"}
    )
    found = changes(checkout)
    assert [(change.path, change.at) for change in found] == [
        ("policies/A", day(0)),
        ("policies/A", day(2)),
        ("policies/B", day(2)),
    ]
    assert found[0].before.strip("0") == ""
    assert found[1].before == found[0].after


def test_side_branches_are_reported_as_the_main_line_saw_them(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1\n2\n3\n"})
    git(checkout, "checkout", "--quiet", "-b", "side")
    (checkout / "policies" / "A").write_text("one\n2\n3\n")
    git(checkout, "commit", "--quiet", "--all", "--message=side", at=1)
    git(checkout, "checkout", "--quiet", "main")
    (checkout / "policies" / "A").write_text("1\n2\nthree\n")
    git(checkout, "commit", "--quiet", "--all", "--message=main", at=2)
    git(checkout, "merge", "--quiet", "--message=merge", "side", at=3)
    assert story(checkout) == [
        "policies/A 1\n2\n3\n",
        "policies/A 1\n2\nthree\n",
        "merged policies/A one\n2\n3\n",
        "policies/A one\n2\nthree\n",
    ]


def test_deleted_and_renamed_files_are_two_changes(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1"}, {"policies/A": None, "policies/A.json": b"1"})
    assert sorted(story(checkout)) == ["policies/A -", "policies/A 1", "policies/A.json 1"]


MALFORMED_NAMES = [
    "a\nb",
    'quo"te',
    "tab\there",
    "-leading",
    "café",
    "caf\udce9",
    "a b",
    "*",
    ":(top)x",
    "\x01x",
    "\\x",
    " ",
]


@pytest.mark.parametrize("name", MALFORMED_NAMES)
def test_odd_file_names_are_read(tmp_path: Path, name: str) -> None:
    checkout = new_repository(tmp_path, {f"policies/{name}": b"1"}, {f"policies/{name}": b"2"})
    assert [change.path for change in changes(checkout)] == [f"policies/{name}"] * 2
    repository = Repository(checkout)
    assert [path for path, _ in repository.files(repository.resolve("HEAD"), "policies")] == [f"policies/{name}"]


@pytest.mark.parametrize("under", ["policies", "policies/", "/policies", "./policies", "policies/.", "", ".", "./"])
def test_a_folder_can_be_written_in_several_ways(tmp_path: Path, under: str) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1"})
    assert story(checkout, under=under) == ["policies/A 1"]
    repository = Repository(checkout)
    assert [path for path, _ in repository.files(repository.resolve("HEAD"), under)] == ["policies/A"]


def test_a_folder_whose_name_begins_with_the_same_letters_is_another(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1", "policies-old/A": b"2", "policies.txt": b"3"})
    assert story(checkout) == ["policies/A 1"]


CONFIGURATIONS = {
    "log.showSignature": "true",
    "diff.noprefix": "true",
    "color.ui": "always",
    "core.quotePath": "true",
    "log.showRoot": "false",
    "diff.relative": "true",
    "diff.renames": "copies",
    "diff.orderFile": "nowhere",
    "diff.external": "false",
    "diff.ignoreSubmodules": "all",
    "diff.statGraphWidth": "1",
    "log.follow": "true",
    "log.diffMerges": "combined",
    "log.decorate": "full",
    "log.mailmap": "false",
    "log.date": "relative",
    "format.pretty": "oneline",
    "format.notes": "*",
    "notes.displayRef": "*",
    "core.abbrev": "4",
    "core.pager": "false",
    "pager.log": "true",
    "i18n.logOutputEncoding": "UTF-16",
    "core.precomposeUnicode": "true",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_users_configuration_changes_nothing(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first: dict[str, bytes | None] = {"policies/é": b"1", "policies/B": b"1"}
    checkout = new_repository(tmp_path / "checkout", first, {"policies/é": None, "policies/C": b"1"})
    plain = story(checkout)
    configuration = tmp_path / "config"
    git(tmp_path, "config", "--file", str(configuration), name, CONFIGURATIONS[name])
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    assert story(checkout) == plain
    assert story(checkout / "policies") == plain
    assert len(plain) == 4


def test_a_commit_whose_time_is_no_time_is_read(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1"})
    tree = git(checkout, "rev-parse", "HEAD^{tree}")
    for seconds in ("99999999999999", "-99999999999999", "0"):
        text = f"tree {tree}\nauthor A <a@b> 0 +0000\ncommitter C <c@d> {seconds} +0000\n\nx\n"
        commit = git(checkout, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text.encode())
        git(checkout, "update-ref", "HEAD", commit)
        assert [change.path for change in changes(checkout)] == ["policies/A"]


def test_blobs_come_in_the_order_asked_and_none_for_what_is_missing(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1\n\n", "policies/B": b""})
    repository = Repository(checkout)
    ids = dict(repository.files(repository.resolve("HEAD")))
    asked = [ids["policies/B"], "1" * 40, ids["policies/A"], ids["policies/B"]]
    assert list(repository.blobs(asked)) == [b"", None, b"1\n\n", b""]
    assert list(repository.blobs([])) == []


def test_a_reader_who_leaves_early_ends_git(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"x" * 1_000_000})
    repository = Repository(checkout)
    blob = repository.files(repository.resolve("HEAD"))[0][1]
    reading = repository.blobs([blob] * 50)
    assert next(reading) == b"x" * 1_000_000
    del reading


# --- a folder in a repository ----------------------------------------------------------------------------------------


def under_of(folder: Path, revision: str = "HEAD") -> str:
    with open_enclosing_repository(folder, revision) as (_, _, under):
        return under


def test_a_folder_is_found_in_its_repository(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path / "checkout", {"a/snapshots/x": b"1"})
    assert under_of(checkout / "a" / "snapshots") == "a/snapshots"
    assert under_of(checkout / "a" / "gone") == "a/gone"
    assert under_of(checkout) == ""


def test_a_folder_is_found_through_a_link(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path / "checkout", {"snapshots/x": b"1"})
    (tmp_path / "link").symlink_to(checkout)
    assert under_of(tmp_path / "link" / "snapshots") == "snapshots"


def test_a_folder_is_found_in_a_bare_repository(tmp_path: Path) -> None:
    new_repository(tmp_path / "checkout", {"snapshots/x": b"1"})
    git(tmp_path, "clone", "--quiet", "--bare", "checkout", "bare.git")
    assert under_of(tmp_path / "bare.git" / "snapshots") == "snapshots"


# --- committing ------------------------------------------------------------------------------------------------------


def test_a_commit_takes_its_paths_and_leaves_what_else_is_staged(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"staged": b"1", "dirty": b"1", "ours": b"1", "gone": b"1"})
    for name in ("staged", "dirty", "ours"):
        (checkout / name).write_text("2")
    (checkout / "new").write_text("1")
    (checkout / "gone").unlink()
    git(checkout, "add", "staged")
    commit_paths(Repository(checkout), ["ours", "new", "gone"], Commit("subject", "body", day(9), AUTHOR))
    assert git(checkout, "show", "--no-renames", "--name-only", "--format=", "HEAD").split() == ["gone", "new", "ours"]
    assert git(checkout, "diff", "--cached", "--name-only") == "staged"
    reported = git(checkout, "log", "-1", "--format=%s/%b/%an/%ae/%at").split("/")
    assert reported == ["subject", "body\n", *AUTHOR, str(int(day(9).timestamp()))]


def test_a_first_commit_is_made_on_an_unborn_branch_without_a_name_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    monkeypatch.setenv("EMAIL", "")
    (tmp_path / "a").write_text("1")
    commit_paths(Repository(tmp_path), ["a"], Commit("subject"))
    assert git(tmp_path, "log", "--format=%s %an %cn") == "subject Policy Tracker Policy Tracker"


def test_a_configured_name_is_used(tmp_path: Path) -> None:
    new_repository(tmp_path, {"a": b"1"})
    git(tmp_path, "config", "user.name", "Configured")
    git(tmp_path, "config", "user.email", "c@example.org")
    (tmp_path / "a").write_text("2")
    commit_paths(Repository(tmp_path), ["a"], Commit("subject"))
    assert git(tmp_path, "log", "-1", "--format=%an %ce") == "Configured c@example.org"


@pytest.mark.parametrize("name", [name for name in MALFORMED_NAMES if name.strip() and "\x01" not in name])
def test_odd_file_names_are_committed(tmp_path: Path, name: str) -> None:
    checkout = new_repository(tmp_path, {"other": b"1"})
    (checkout / "other").write_text("2")
    (checkout / name).write_text("1")
    commit_paths(Repository(checkout), [name], Commit("subject", at=day(1)))
    assert [change.path for change in changes(checkout, under="")] == ["other", name]


def test_a_message_is_kept_as_it_is(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"a": b"1"})
    (checkout / "a").write_text("2")
    commit_paths(Repository(checkout), ["a"], Commit("# no comment", "#one\n\n- two"))
    assert git(checkout, "log", "-1", "--format=%B") == "# no comment\n\n#one\n\n- two"


def test_a_commit_from_a_folder_below_the_top_counts_paths_from_the_top(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"snapshots/a": b"1"})
    (checkout / "snapshots" / "a").write_text("2")
    commit_paths(Repository(checkout / "snapshots"), ["snapshots/a"], Commit("subject"))
    assert git(checkout, "status", "--porcelain") == ""


def test_a_commit_of_nothing_new_says_so(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"a": b"1"})
    with pytest.raises(GitError, match="nothing to commit"):
        commit_paths(Repository(checkout), ["a"], Commit("subject"))


def test_dirty_names_what_differs_below_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = new_repository(tmp_path / "checkout", {"snapshots/a": b"1", "snapshots/b": b"1", "other": b"1"})
    repository = Repository(checkout)
    assert repository.dirty(checkout / "snapshots") == []
    (checkout / "snapshots" / "a").write_text("2")
    (checkout / "snapshots" / "b").unlink()
    (checkout / "snapshots" / "c\nd").write_text("2")
    (checkout / "snapshots" / "new").mkdir()
    (checkout / "snapshots" / "new" / "e").write_text("2")
    (checkout / "other").write_text("2")
    configuration = tmp_path / "config"
    git(tmp_path, "config", "--file", str(configuration), "status.showUntrackedFiles", "no")
    for _ in range(2):
        assert sorted(repository.dirty(checkout / "snapshots")) == [
            "snapshots/a",
            "snapshots/b",
            "snapshots/c\nd",
            "snapshots/new/e",
        ]
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))


def test_a_refusal_is_gits_own_word_in_one_line(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"a": b"1"})
    (checkout / ".git" / "index.lock").write_text("")
    (checkout / "a").write_text("2")
    with pytest.raises(GitError, match=r"git add: .*index\.lock") as caught:
        commit_paths(Repository(checkout), ["a"], Commit("subject"))
    assert "\n" not in str(caught.value)


def test_times_are_in_utc(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path, {"policies/A": b"1"})
    assert changes(checkout)[0].at == datetime(2024, 1, 1, tzinfo=UTC)
    assert os.environ.get("GIT_DIR") is None


def test_where_head_names_no_branch_the_only_one_is_read(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path / "checkout", {"a": b"1"})
    git(checkout, "bundle", "create", "--quiet", "../only-main.bundle", "main")
    bare = tmp_path / "bare.git"
    git(tmp_path, "-c", "init.defaultBranch=other", "clone", "--quiet", "--bare", "only-main.bundle", "bare.git")
    git(bare, "symbolic-ref", "HEAD", "refs/heads/other")
    clone = tmp_path / "clone"
    git(tmp_path, "-c", "init.defaultBranch=other", "clone", "--quiet", "only-main.bundle", "clone")
    git(clone, "symbolic-ref", "HEAD", "refs/heads/other")
    git(clone, "update-ref", "-d", "refs/heads/main")
    tip = git(checkout, "rev-parse", "main")
    for folder in (bare, clone, tmp_path / "only-main.bundle"):
        with open_repository(folder) as (_, found):
            assert found.commit == tip
    git(bare, "branch", "second", "main")
    with (
        pytest.raises(GitError, match=r"HEAD names no branch that is there \(name one: main, second\)"),
        open_repository(bare),
    ):
        pass
    new = new_repository(tmp_path / "new")
    with pytest.raises(GitError, match="the repository has no commit yet"), open_repository(new):
        pass
