"""The review Action holds no logic of its own: its steps are run here, in their order, against a real server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import Runner, steps
from five_edits import BEFORE, after_edits, git, made_repository, write
from github_api import TOKEN, Api, github_api

from tracker.risk.rules import RULES

HOSTILE = "</details>|<img src=x onerror=alert(1)>`$(touch pwned)`\n::error::mine\n## Approved"


def test_no_expression_stands_in_a_command() -> None:
    assert [name for name, step in steps().items() if "${{" in step["run"]] == []


@pytest.fixture
def served() -> Iterator[tuple[str, type[Api]]]:
    with github_api() as one:
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


MODULES = ("venv", "sitecustomize", "usercustomize", "click", "conftest", "secrets", "json", "msgspec", "hatchling")
PACKAGES = ("pip", "tracker", "ensurepip", "encodings")
PROGRAMS = ("policy-tracker", "python", "python3", "git", "bash", "bin/python", "bin/git", "bin/policy-tracker")
SILENT = "".join(f"{rule.id} = 'off'\n" for rule in RULES)
COMMANDS = "x ::set-output name=json::/x ##[set-output name=json;]/x ::error::mine " * 20


GIT_PROGRAMS = (
    *("core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.pager", "core.editor", "core.askPass"),
    *("core.alternateRefsCommand", "diff.external", "diff.evil.textconv", "diff.evil.command", "gpg.program"),
    *("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "merge.evil.driver", "credential.helper"),
    *("remote.origin.uploadpack", "remote.origin.vcs", "pack.packObjectsHook", "interactive.diffFilter"),
)
HOOKS = ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc", "fsmonitor-watchman")


def planted_in_git(work: Path, ran: Path) -> None:
    """Let git's own files name programs, servers and objects in place of others; one content is not there at all."""
    program = str(work / "git")
    for name in GIT_PROGRAMS:
        git(work, "config", name, program)
    for name, value in {
        "core.hooksPath": str(work / "hooks"),
        "core.attributesFile": str(work / ".gitattributes"),
        "log.showSignature": "true",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::{program} %S",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
    }.items():
        git(work, "config", name, value)
    (work / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil\n")
    for folder in (work / "hooks", work / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\necho hook >> {ran}\n")
            (folder / name).chmod(0o755)


def without_content(work: Path, *names: str) -> None:
    """Take the content of files at HEAD out of a repository, as a partial clone lacks it."""
    for name in names:
        blob = git(work, "rev-parse", f"HEAD:{name}").strip()
        (work / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


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
    write(
        work / "policies",
        {
            "loud": {"Statement": []},
            "named": {"Statement": {"Effect": "Allow", "Action": [COMMANDS], "Resource": COMMANDS}},
        },
    )
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=hostile")
    old, new = (git(work, "rev-parse", f"{side}:policies/deployer.json").strip() for side in ("before", "HEAD"))
    git(work, "replace", new, old)
    without_content(work, "policies/loud.json")
    planted_in_git(work, ran)
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
    fetching = subprocess.run(["git", "show", "HEAD:policies/loud.json"], cwd=work, check=False, capture_output=True)
    assert fetching.returncode != 0
    assert ran.read_text().splitlines().count(str(work / "git")) > 1
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
    assert "its content is not here" in comment["body"]
    assert "::error title=privilege escalation path,file=policies/deployer.json,line=12::" in done["Gate"].stdout
    first, *printed, last = (line for line in done["Review"].stdout.splitlines() if line)
    token = first.removeprefix("::stop-commands::")
    assert (len(token), last) == (64, f"::{token}::")
    assert "::set-output" in "".join(printed)
    for line in done["Gate"].stdout.splitlines():
        assert line.startswith(("::error title=", "::warning title=", "::notice title="))


@pytest.mark.slow
def test_the_token_is_seen_by_the_host_of_the_api_alone(tmp_path: Path, served: tuple[str, type[Api]]) -> None:
    address, api = served
    work = made_repository(tmp_path / "work")
    runner = Runner(tmp_path, work, address)
    (tmp_path / "policy-tracker").symlink_to(sys.prefix)
    with github_api() as (elsewhere, other):
        for name in ("http.proxy", "https.proxy", "remote.origin.url", "core.gitProxy"):
            git(work, "config", name, elsewhere)
        git(work, "config", f"url.{elsewhere}/.insteadOf", f"{address}/")
        (work / ".netrc").write_text("default login x password y\n")
        done = {name: runner.run(name) for name in ("Review", "Comment", "Gate")}
        assert [one.returncode for one in done.values()] == [0, 0, 1]
        assert (len(api.comments), api.asked > 0, other.asked) == (1, True, 0)
    assert [name for name, step in steps().items() if "inputs.token" in json.dumps(step)] == ["Comment"]
    shown = "".join(f"{one.stdout}{one.stderr}" for one in done.values())
    written = b"".join(content(tmp_path / "policy-review").values()) + (tmp_path / "summary.md").read_bytes()
    assert TOKEN not in shown
    assert TOKEN.encode() not in written


@pytest.mark.slow
def test_a_checkout_that_takes_objects_from_elsewhere_closes_the_gate(tmp_path: Path) -> None:
    work, ran = made_repository(tmp_path / "work"), tmp_path / "ran"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), "objects.git")
    planted_in_git(work, ran)
    (work / ".git" / "objects" / "info" / "alternates").write_text(f"{tmp_path}/objects.git/objects\n")
    runner = Runner(tmp_path, work, "http://127.0.0.1:9")
    (tmp_path / "policy-tracker").symlink_to(sys.prefix)
    done = [runner.run(name) for name in ("Review", "Gate")]
    assert [one.returncode for one in done] == [5, 5]
    assert all("another repository" in one.stderr for one in done)
    assert not ran.exists()
