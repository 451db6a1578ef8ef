"""Repositories of strangers: nothing that they name is run, nothing is fetched, nothing outside is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.base.git import Repository
from tracker.base.git_environment import git_environment
from tracker.base.git_trees import bounded_blobs, refuse_outside_objects, tree_entries
from tracker.commands.diff import ReviewOutput, ReviewSettings, run_review
from tracker.errors import GitError, UsageError
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

TOP = Path(__file__).parents[2]
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}


def git(folder: Path, *arguments: str, **more: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *named, *arguments],
        cwd=folder,
        env={**os.environ, **QUIET, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, **files: object) -> str:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=change")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, a_json=READ)
    return folder


def looked_at(folder: Path, before: str, after: str | None = None) -> ReviewOutput:
    return run_review(InputReader(folder, folder, lambda: b""), before, after, ReviewSettings(language="en"))


def rules(found: ReviewOutput) -> set[str]:
    return {finding.rule for finding in found.review.findings}


def partial_clone(work: Path, to: Path) -> Path:
    git(work, "config", "uploadpack.allowFilter", "true")
    git(work.parent, "clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{work}", str(to))
    return to


PROGRAMS = {
    "uploadpack": "remote.origin.uploadpack",
    "ssh": "core.sshCommand",
    "proxy": "core.gitProxy",
    "monitor": "core.fsmonitor",
    "askpass": "core.askPass",
    "pager": "core.pager",
    "alternates": "core.alternateRefsCommand",
}


def test_a_partial_clone_fetches_nothing_and_runs_nothing(work: Path, tmp_path: Path) -> None:
    commit(work, a_json=ALL, b_json=ALL)
    clone = partial_clone(work, tmp_path / "clone")
    marker = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    for setting in PROGRAMS.values():
        git(clone, "config", setting, str(script))
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (clone / ".git" / "hooks" / hook).symlink_to(script)
    for address in (f"file://{work}", "ssh://example.org/x", f"ext::{script}", "git://example.org/x"):
        git(clone, "config", "remote.origin.url", address)
        found = looked_at(clone, "HEAD^..HEAD")
        assert not marker.exists(), address
        assert rules(found) == {"not-looked-at"}
        assert {one.name for one in found.review.policies} == {"a.json", "b.json"}
        assert fails(found.review, "broadens")


@pytest.mark.parametrize("known", ["GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"])
def test_each_of_two_bolts_holds_by_itself(known: str, work: Path, tmp_path: Path) -> None:
    clone = partial_clone(work, tmp_path / "clone")
    blob = git(clone, "ls-tree", "HEAD").split()[2]
    other = {"GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"} - {known}
    environment = {key: value for key, value in git_environment().items() if key not in other}
    done = subprocess.run(["git", "cat-file", "-e", blob], cwd=clone, env=environment, capture_output=True, check=False)
    assert done.returncode != 0
    assert subprocess.run(["git", "cat-file", "-e", blob], cwd=clone, capture_output=True, check=False).returncode == 0


def test_replaced_objects_are_not_taken(work: Path) -> None:
    before = git(work, "rev-parse", "HEAD").strip()
    commit(work, a_json=ALL)
    old, new = (git(work, "rev-parse", f"{rev}:a.json").strip() for rev in (before, "HEAD"))
    git(work, "replace", new, old)
    assert fails(looked_at(work, f"{before}..HEAD").review, "critical")


def test_text_conversion_and_attributes_do_nothing(work: Path, tmp_path: Path) -> None:
    commit(work, a_json=ALL, _gitattributes="*.json diff=x filter=x\n")
    (work / ".gitattributes").write_text("*.json diff=x filter=x\n")
    for name in ("diff.x.textconv", "diff.x.command", "filter.x.smudge", "filter.x.process"):
        git(work, "config", name, f"touch {tmp_path}/ran")
    assert fails(looked_at(work, "HEAD^..HEAD").review, "critical")
    assert not (tmp_path / "ran").exists()


def test_objects_of_another_repository_are_refused(work: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--shared", str(work), "shared")
    with pytest.raises(GitError, match="another repository"):
        refuse_outside_objects(Repository(tmp_path / "shared"))
    with pytest.raises(GitError, match="another repository"):
        looked_at(tmp_path / "shared", "HEAD^..HEAD")
    git(work, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    refuse_outside_objects(Repository(tmp_path / "tree"))


def test_sizes_are_asked_before_contents_are_read(work: Path) -> None:
    commit(work, big_json="x" * 5000)
    repository = Repository(work)
    blobs = {path: blob for path, _, blob in tree_entries(repository, repository.resolve("HEAD"))}
    found = list(bounded_blobs(repository, [blobs["a.json"], blobs["big.json"], "0" * 40, blobs["a.json"]], 1000))
    assert found == [json.dumps(READ).encode(), None, None, json.dumps(READ).encode()]


def test_links_submodules_and_pointers_are_unknown_if_they_change(work: Path) -> None:
    before = git(work, "rev-parse", "HEAD").strip()
    (work / "link.json").symlink_to("/etc/passwd")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
    (work / "large.json").write_text(pointer)
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{before},module")
    git(work, "add", "link.json", "large.json")
    git(work, "commit", "--quiet", "--message=more")
    found = looked_at(work, f"{before}..HEAD")
    assert {one.name: one.fault.split(":")[0] for one in found.review.policies} == {
        "link.json": "a symbolic link",
        "large.json": "a pointer of Git LFS",
        "module": "a submodule",
    }
    assert fails(found.review, "broadens")
    (work / "b.json").write_text(json.dumps(READ))
    git(work, "add", "b.json")
    git(work, "commit", "--quiet", "--message=another")
    assert {one.name for one in looked_at(work, "HEAD^..HEAD").review.policies} == {"b.json"}


def test_names_of_any_bytes_are_safe_in_every_format(work: Path) -> None:
    names = (b"a#b%20.json", b"\xff\xfe.json", b"new\nline.json", b"tab\t\x1b[31m.json", "\u202egnp.json".encode())
    for name in names:
        Path(os.fsdecode(os.fsencode(work) + b"/" + name)).write_text(json.dumps(ALL))
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=names")
    found = looked_at(work, "HEAD^..HEAD")
    assert len(found.review.policies) == len(names)
    for form in ("text", "markdown", "html", "json", "sarif", "github", "gitlab", "junit"):
        text = found.printed(form)
        assert not {"\x1b", "\u202e"} & set(text), form
        text.encode()
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in json.loads(found.printed("sarif"))["runs"][0]["results"]
    }
    assert {"a%23b%2520.json", "%FF%FE.json", "new%0Aline.json"} <= uris
    assert all(line.startswith("::") for line in found.printed("github").splitlines())


def test_what_is_staged_is_compared(work: Path) -> None:
    (work / "a.json").write_text(json.dumps(ALL))
    assert looked_at(work, "HEAD", ":").review.policies == ()
    git(work, "add", "a.json")
    assert fails(looked_at(work, "HEAD", ":").review, "critical")


def test_a_branch_that_only_the_remote_has_is_named(work: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(work), "clone")
    clone = tmp_path / "clone"
    git(clone, "switch", "--quiet", "--detach")
    git(clone, "branch", "--quiet", "-D", "main")
    with pytest.raises(GitError, match="only origin/main is here"):
        looked_at(clone, "main..HEAD")


def test_a_shallow_clone_is_named_as_such(work: Path, tmp_path: Path) -> None:
    first = git(work, "rev-parse", "HEAD").strip()
    commit(work, b_json=READ)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{work}", "clone")
    with pytest.raises(GitError, match="shallow"):
        looked_at(tmp_path / "clone", f"{first}..HEAD")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "p.json").write_text(json.dumps(READ))
    for name in (str(tmp_path / "pipe"), "/dev/zero"):
        with pytest.raises(UsageError, match="not a plain file"):
            looked_at(tmp_path, str(tmp_path / "p.json"), name)
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    os.mkfifo(tmp_path / "new" / "pipe.json")
    assert rules(looked_at(tmp_path, str(tmp_path / "old"), str(tmp_path / "new"))) == {"not-looked-at"}


def test_a_checkout_of_somebody_else_says_what_to_do(work: Path) -> None:
    if os.geteuid():
        pytest.skip("the owner of a folder is changed by root alone")
    for path in (work, work / ".git"):
        os.chown(path, 12345, 12345)
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "diff", "HEAD..HEAD"],
        cwd=work,
        env={**os.environ, **QUIET, "PYTHONPATH": str(TOP), "SUDO_UID": "0", "HOME": str(work)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert "safe.directory" in done.stderr
