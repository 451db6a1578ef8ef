"""`audit --push`: what was read is committed and pushed to a real repository, as the daily workflow does."""

import os
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from archives import CHECKOUT
from click.testing import CliRunner
from https_server import serving_https
from ruamel.yaml import YAML

from tracker.cli import command
from tracker.errors import GitError, UsageError

PAGE = """# Amazon Connect

| Change | Description | Date |
| --- | --- | --- |
| AmazonConnect_FullAccess – Update | Laces. | {day} |
| Amazon Connect started tracking changes | It began. | June 15, 2021 |
"""
SERVICE = """
[[services]]
name = "{slug}"
slug = "{slug}"
policies = ["Amazon*"]
documentation = "{address}"
"""


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@localhost")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    """Return a tracker of its own with one policy, whose remote is a bare repository beside it."""
    made, bare = tmp_path / "tracker", tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    assert CliRunner().invoke(command, ["init", str(made)]).exit_code == 0
    git(made, "init", "--quiet", "--initial-branch=main")
    for name in ("user.name=Someone", "user.email=someone@localhost"):
        git(made, "config", *name.split("="))
    policy = "AmazonConnect_FullAccess"
    shutil.copytree(CHECKOUT / "snapshots" / "aws" / policy, made / "snapshots" / "aws" / policy)
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message=Begin")
    git(made, "remote", "add", "origin", str(bare))
    git(made, "push", "--quiet", "--set-upstream", "origin", "main")
    return made


def audit(tracker: Path, *arguments: str) -> str:
    """Run `audit`; return what it says beside its report."""
    options = ["--config", str(tracker / "policy-tracker.toml"), "--snapshots", str(tracker / "snapshots")]
    return CliRunner(catch_exceptions=False).invoke(command, [*options, "audit", *arguments]).stderr


def pushed(tracker: Path) -> list[str]:
    return git(tracker.parent / "remote.git", "log", "--format=%s", "main").splitlines()


def test_what_was_read_is_pushed_and_an_unchanged_page_makes_no_commit(tracker: Path) -> None:
    page = tracker.parent / "page.md"
    for day, commits in (("May 1, 2022", 1), ("May 1, 2022", 1), ("May 2, 2022", 2)):
        page.write_text(PAGE.format(day=day), encoding="utf-8")
        assert not audit(tracker, str(page), "--as-of", "2024-05-01", "--push")
        assert pushed(tracker) == ["Record documentation pages"] * commits + ["Begin"]
    changed = git(tracker.parent / "remote.git", "show", "--format=", "--name-only", "main").split()
    assert [name.rpartition("/")[0] for name in changed] == ["snapshots/documentation"]


def test_what_others_pushed_first_is_not_overwritten(tracker: Path) -> None:
    other, page = tracker.parent / "other", tracker.parent / "page.md"
    git(tracker.parent, "clone", "--quiet", str(tracker.parent / "remote.git"), str(other))
    (other / "note").write_text("theirs", encoding="utf-8")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message=Theirs")
    git(other, "push", "--quiet")
    page.write_text(PAGE.format(day="May 1, 2022"), encoding="utf-8")
    with pytest.raises(GitError, match="others pushed first"):
        audit(tracker, str(page), "--push")
    assert pushed(tracker) == ["Theirs", "Begin"]


def test_a_tracker_that_names_no_page_has_nothing_to_record(tracker: Path) -> None:
    assert "nothing to audit" in audit(tracker, "--push")
    for arguments in ((), ("--push", "--fail-on", "any")):
        with pytest.raises(UsageError, match="nothing to audit"):
            audit(tracker, *arguments)
    assert pushed(tracker) == ["Begin"]


@pytest.mark.slow
def test_the_step_of_the_workflow_pushes_what_can_be_read_and_names_what_can_not(tracker: Path) -> None:
    """Run as the workflow does, against pages of an https server; one of them is not there."""
    folder = tracker.parent / "pages"
    folder.mkdir()
    (folder / "one.md").write_text(PAGE.format(day="May 1, 2022"), encoding="utf-8")
    workflow = YAML(typ="safe", pure=True).load((tracker / ".github/workflows/audit.yml").read_text(encoding="utf-8"))
    (step,) = [each["run"] for each in workflow["jobs"]["audit"]["steps"] if each["name"] == "Audit"]
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with serving_https(tracker.parent, handler) as (address, certificate):
        with (tracker / "policy-tracker.toml").open("a", encoding="utf-8") as stream:
            stream.writelines(SERVICE.format(slug=name, address=f"{address}/{name}.md") for name in ("one", "none"))
        environment = {
            **os.environ,
            "GITHUB_STEP_SUMMARY": str(tracker.parent / "summary.md"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "SSL_CERT_FILE": str(certificate),
            "XDG_CACHE_HOME": str(tracker.parent / "cache"),
        }
        run = ["bash", "-e", "-o", "pipefail", "-c", step]
        ended = subprocess.run(run, cwd=tracker, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert f"not read: {address}/none.md: the server answers 404" in ended.stderr
    assert pushed(tracker) == ["Record documentation pages", "Begin"]
    summary = (tracker.parent / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("# 1 page against the archive")
    assert "none.md: the server answers 404" in summary
