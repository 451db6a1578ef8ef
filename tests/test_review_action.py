"""The review Action holds no logic of its own: its steps are run here, in their order, against a real server."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from five_edits import BEFORE, after_edits, git, made_repository, write
from forge import TOKEN, Api, forge
from ruamel.yaml import YAML

TOP = Path(__file__).parents[1]
ACTION = TOP / ".github" / "actions" / "review"
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
HOSTILE = "</details>|<img src=x onerror=alert(1)>`$(touch pwned)`\n::error::mine\n## Approved"


def told() -> dict[str, Any]:
    action: dict[str, Any] = YAML(typ="safe", pure=True).load((ACTION / "action.yml").read_text(encoding="utf-8"))
    return action


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in told()["runs"]["steps"]}


def test_no_expression_stands_in_a_command() -> None:
    assert [name for name, step in steps().items() if "${{" in step["run"]] == []


class Runner:
    """What GitHub's runner does for a composite action, as far as this one asks for it."""

    def __init__(self, folder: Path, work: Path, api: str) -> None:
        self.folder, self.work = folder, work
        self.values = {f"inputs.{name}": str(spec["default"]) for name, spec in told()["inputs"].items()}
        self.values["inputs.token"] = TOKEN
        self.values["github.event.pull_request.number"] = "7"
        self.values["github.event.pull_request.base.sha"] = git(work, "rev-parse", "before").strip()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PIP_", "GITHUB_"))}
        self.environment = {
            **kept,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_API_URL": api,
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "RUNNER_TEMP": str(folder),
            # The package is installed anew; what it depends on is what these tests run with.
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONPATH": sysconfig.get_path("purelib"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
        }

    def resolved(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: self.values[found[1]], value)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        step = steps()[name]
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.work,
            env=self.environment | {key: self.resolved(value) for key, value in step.get("env", {}).items()},
            capture_output=True,
            text=True,
            check=False,
        )

    def ended(self, *names: str) -> list[int]:
        return [self.run(name).returncode for name in names]


@pytest.fixture
def served() -> Iterator[tuple[str, type[Api]]]:
    with forge() as one:
        yield one


@pytest.mark.slow
def test_each_command_of_the_action_runs_and_leaves_one_comment_and_a_closed_gate(
    tmp_path: Path, served: tuple[str, type[Api]]
) -> None:
    address, api = served
    work = made_repository(tmp_path / "work")
    runner = Runner(tmp_path, work, address)
    for name in ("Install", "Review", "Comment"):
        done = runner.run(name)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    (comment,) = api.comments
    assert "| 🔴 Critical: privilege escalation path" in comment["body"]
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") in comment["body"]
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text(encoding="utf-8").splitlines())
    assert json.loads(Path(outputs["sarif"]).read_bytes())["version"] == "2.1.0"
    assert json.loads(Path(outputs["json"]).read_bytes())["policies"]

    gate = runner.run("Gate")
    assert gate.returncode == 1
    assert gate.stdout.startswith("::error title=privilege escalation path,file=policies/deployer.json,line=14::")

    # A push mends the policy: the same comment says so, and the gate opens.
    write(work / "policies", after_edits() | {"deployer": BEFORE["deployer"]})
    git(work, "commit", "--quiet", "--all", "--message=mended")
    assert runner.ended("Review", "Comment", "Gate") == [0, 0, 0]
    (comment,) = api.comments
    assert "Critical" not in comment["body"]

    # A document that is made to break out: it fails the gate, and the comment is still one table.
    (work / "policies" / "deployer.json").write_text(
        json.dumps({"Statement": {"Effect": "Allow", "Action": [HOSTILE, "iam:*"], "Resource": HOSTILE}})
    )
    (work / "policies" / "auditor.json").write_text("{")
    git(work, "commit", "--quiet", "--all", "--message=hostile")
    gate = runner.run("Gate")
    assert (runner.ended("Review", "Comment"), gate.returncode) == ([0, 0], 1)
    assert not any(line.startswith("::error::mine") for line in gate.stdout.splitlines())
    (comment,) = api.comments
    assert comment["body"].count("🔴 Critical") == 2
    assert not re.search(r"^## Approved|<img", comment["body"], re.MULTILINE)
    assert not list(work.rglob("pwned"))

    # A token that may only read, as that of a fork, is no failure: the summary has it all.
    api.refusal = 403
    assert runner.ended("Comment") == [0]
