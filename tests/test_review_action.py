"""The review Action holds no logic of its own: its steps are run here, in their order, against a real server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from five_edits import BEFORE, after_edits, git, made_repository, write
from forge import TOKEN, Api, forge
from ruamel.yaml import YAML

from tracker.risk.rules import RULES

TOP = Path(__file__).parents[1]
ACTION = TOP / ".github" / "actions" / "review"
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
BASH = shutil.which("bash") or "bash"
"""The runner looks for its shell from where it is itself, not from the checkout."""
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
            "GITHUB_WORKSPACE": str(work),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
        }

    def resolved(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: self.values[found[1]], value)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
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
    assert gate.stdout.startswith("::error title=privilege escalation path,file=policies/deployer.json,line=12::")

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


MODULES = ("venv", "sitecustomize", "usercustomize", "click", "secrets", "json", "msgspec", "hatchling")
PACKAGES = ("pip", "tracker", "ensurepip", "encodings")
PROGRAMS = ("policy-tracker", "python", "python3", "git", "bash", "bin/python", "bin/git", "bin/policy-tracker")
SILENT = "".join(f"{rule.id} = 'off'\n" for rule in RULES)
COMMANDS = "x ::set-output name=json::/x ##[set-output name=json;]/x ::error::mine " * 20


def planted(work: Path, ran: Path) -> dict[str, str]:
    """Commit to a checkout whatever could run or decide instead of ours; return the variables that lead there."""
    trap = f"open({str(ran)!r}, 'a').write(__file__ + chr(10))\n"
    for name in MODULES:
        (work / f"{name}.py").write_text(trap)
    for name in PACKAGES:
        (work / name).mkdir()
        (work / name / "__init__.py").write_text(trap)
        (work / name / "__main__.py").write_text(trap)
    (work / "bin").mkdir()
    for name in PROGRAMS:
        (work / name).write_text(f"#!/bin/sh\necho $0 >> {ran}\n")
        (work / name).chmod(0o755)
    (work / "setup.py").write_text(trap)
    (work / "evil.pth").write_text(f"import os; os.system('echo pth >> {ran}')\n")
    (work / ".python-version").write_text("nothing\n")
    (work / "pip.conf").write_text(f"[global]\nfind-links = {work}\nconstraint = {work}/constraints.txt\n")
    (work / "constraints.txt").write_text(f"click @ file://{work}\n")
    (work / "pyproject.toml").write_text(
        f"[project]\nname = 'click'\nversion = '9'\n[tool.policy-tracker.rules]\n{SILENT}"
    )
    (work / "policy-tracker.toml").write_text(f"[rules]\n{SILENT}")
    (work / "templates" / "locale").mkdir(parents=True)
    (work / "templates" / "review.md.j2").write_text("{{ range.__init__.__globals__ }}")
    (work / "templates" / "locale" / "en.po").write_text("")
    (work / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
    base = git(work, "rev-parse", "before").strip()
    # Taken as a plan of Terraform, this would be the whole review.
    (work / f"{base}...HEAD").write_text('{"format_version": "1.2", "resource_changes": []}')
    write(work / "policies", {"loud": {"Statement": {"Effect": "Allow", "Action": [COMMANDS], "Resource": COMMANDS}}})
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=hostile")
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "gpg.program", "core.editor"):
        git(work, "config", name, str(work / "git"))
    for name in ("diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "filter.evil.clean"):
        git(work, "config", name, str(work / "git"))
    git(work, "config", "log.showSignature", "true")
    (work / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\necho hook >> {ran}\n")
    (work / ".git" / "hooks" / "post-checkout").chmod(0o755)
    return {
        "PYTHONPATH": os.pathsep.join([str(work), ""]),
        "PYTHONHOME": "",
        "PYTHONSTARTUP": str(work / "sitecustomize.py"),
        "PYTHONUSERBASE": str(work),
        "PIP_CONSTRAINT": str(work / "constraints.txt"),
        "PIP_CONFIG_FILE": str(work / "pip.conf"),
        "PIP_FIND_LINKS": str(work),
        "PIP_TARGET": str(work / "target"),
    }


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_nothing_in_the_checkout_runs_or_decides(tmp_path: Path, served: tuple[str, type[Api]]) -> None:
    address, api = served
    work, ran = made_repository(tmp_path / "work"), tmp_path / "ran"
    runner = Runner(tmp_path, work, address)
    leading = planted(work, ran)
    # The traps are live: they close on whoever works in the checkout as the steps once did.
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "unsafe")], cwd=work, check=False, capture_output=True)
    subprocess.run(["git", "status"], cwd=work, check=False, capture_output=True)
    assert {Path(line).name for line in ran.read_text().splitlines()} >= {"venv.py", "git"}
    ran.unlink()

    before = content(work)
    # Relative folders among those where programs are searched, as `echo node_modules/.bin >> $GITHUB_PATH` leaves them.
    runner.environment |= leading | {"PATH": os.pathsep.join([".", "bin", "", runner.environment["PATH"]])}
    done = {name: runner.run(name) for name in ("Install", "Review", "Comment", "Gate")}
    assert {name: one.returncode for name, one in done.items()} == {"Install": 0, "Review": 0, "Comment": 0, "Gate": 1}
    assert not ran.exists(), ran.read_text()
    assert content(work) == before

    (comment,) = api.comments
    assert "| 🔴 Critical: privilege escalation path" in comment["body"]
    assert "::error title=privilege escalation path,file=policies/deployer.json,line=12::" in done["Gate"].stdout
    first, *printed, last = (line for line in done["Review"].stdout.splitlines() if line)
    token = first.removeprefix("::stop-commands::")
    assert (len(token), last) == (64, f"::{token}::")
    assert "::set-output" in "".join(printed)
    for line in done["Gate"].stdout.splitlines():
        assert line.startswith(("::error title=", "::warning title=", "::notice title="))
