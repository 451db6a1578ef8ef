"""The review Action as GitHub's runner runs it: its steps, their variables, their shell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from five_edits import git
from github_api import TOKEN
from ruamel.yaml import YAML

__all__ = ["Runner", "action", "steps"]

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "review"
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
BASH = shutil.which("bash") or "bash"
"""The runner looks for its shell from where it is itself, not from the checkout."""


def action() -> dict[str, Any]:
    """Return the Action's definition."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((ACTION / "action.yml").read_text(encoding="utf-8"))
    return found


def steps() -> dict[str, dict[str, Any]]:
    """Return its steps by name."""
    return {step["name"]: step for step in action()["runs"]["steps"]}


class Runner:
    """What GitHub's runner does for a composite action, as far as this one asks for it."""

    def __init__(self, folder: Path, work: Path, api: str) -> None:
        """Make one.

        Args:
            folder: what the runner has for itself.
            work: the checkout.
            api: address of GitHub's API.
        """
        self.folder, self.work = folder, work
        self.values = {f"inputs.{name}": str(spec["default"]) for name, spec in action()["inputs"].items()}
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
            "GITHUB_WORKSPACE": str(work),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
        }

    def resolved(self, value: str) -> str:
        """Return a text with the values of its expressions."""
        return EXPRESSION.sub(lambda found: self.values[found[1]], value)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a step."""
        step = steps()[name]
        return subprocess.run(
            [BASH, "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.work,
            env=self.environment | {key: self.resolved(value) for key, value in step.get("env", {}).items()},
            capture_output=True,
            text=True,
            check=False,
        )

    def ended(self, *names: str) -> list[int]:
        """Run steps; return what each leaves with."""
        return [self.run(name).returncode for name in names]
