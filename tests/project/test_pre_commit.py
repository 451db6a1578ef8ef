"""The hook for pre-commit, as pre-commit installs and runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from archives import CHECKOUT
from five_edits import BEFORE, after_edits, git, write

PRE_COMMIT = "pre-commit==4.7.0"


def _ran(hooks: Path, work: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Try the hook on what is staged."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    uv = Path(sys.executable).parent / "uv"
    return subprocess.run(
        [str(uv), "tool", "run", PRE_COMMIT, "try-repo", str(hooks), "policy-review"],
        cwd=work,
        env={**kept, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_hook_stops_what_is_grave_and_lets_pass_what_is_not(tmp_path: Path) -> None:
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{CHECKOUT}", str(hooks))
    work.mkdir()
    git(work, "init", "--quiet")
    write(work / "policies", BEFORE)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=before")

    write(work / "policies", after_edits())
    git(work, "add", ".")
    stopped = _ran(hooks, work, tmp_path / "home")
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "policies/deployer.json" in stopped.stdout
    assert "iam:PassRole" in stopped.stdout

    # What is not staged is not looked at: the grave policy still lies in the work tree.
    git(work, "restore", "--staged", "policies/deployer.json", "policies/break-glass.json", "policies/reports.json")
    passed = _ran(hooks, work, tmp_path / "home")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout
