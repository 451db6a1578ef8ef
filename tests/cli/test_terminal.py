"""What a person sees at a terminal, and what a program reads from a pipe."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from archives import CHECKOUT, call, git, git_environment, record, run
from builders import history, version
from terminals import at_terminal

from tracker.errors import FOUND

ACTIONS = [f"s3:GetObject{number:03}" for number in range(40)]
ARN = "arn:aws:s3:::a-bucket-with-a-name-that-is-as-long-as-names-of-buckets-can-be-00000/and/a/long/prefix/*"
ESCAPE = "\x1b["


@pytest.fixture
def project(tmp_path: Path) -> Path:
    reader = history(version(1, "s3:GetObject"), version(2, "s3:GetObject", *ACTIONS), name="Reader")
    record(tmp_path / "snapshots", reader)
    for name, resource in (("before", "arn:aws:s3:::other"), ("after", ARN)):
        text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "%s"}}'
        (tmp_path / f"{name}.json").write_text(text % resource)
    return tmp_path


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_terminal_gets_text_and_a_pipe_markdown(project: Path) -> None:
    shown = at_terminal("changelog", "--no-pager", folder=project).text
    assert "Reader" in shown
    assert "| Change |" not in shown
    assert "<ul>" not in shown
    assert b"| Change |" in call("changelog", folder=project).stdout


@pytest.mark.parametrize(
    "arguments", [["changelog"], ["log", "Reader"], ["diff", "before.json", "after.json"]], ids=lambda each: each[0]
)
def test_lines_end_at_a_word_within_the_width_of_the_terminal(project: Path, arguments: list[str]) -> None:
    shown = without_styles(at_terminal(*arguments, "--no-pager", folder=project, columns=40).text)
    for line in shown.splitlines():
        assert len(line) <= 40 or " " not in line.strip().removeprefix("• "), line


def test_an_arn_is_whole_however_narrow_the_terminal_is(project: Path) -> None:
    shown = at_terminal("diff", "before.json", "after.json", "--no-pager", folder=project, columns=20).text
    assert ARN in without_styles(shown)


def test_a_wrapped_line_keeps_its_indent(project: Path) -> None:
    lines = without_styles(at_terminal("log", "Reader", "--no-pager", folder=project, columns=40).text).splitlines()
    first, *others = (number for number, line in enumerate(lines) if line.startswith("    Added the following"))
    assert lines[first + 1] == "    resources:"
    assert not others


def test_a_pipe_is_wrapped_at_no_width(project: Path) -> None:
    for arguments in (["log", "Reader"], ["diff", "before.json", "after.json"], ["changelog", "-f", "text"]):
        wide = call(*arguments, folder=project, environment={"COLUMNS": "300"})
        narrow = call(*arguments, folder=project, environment={"COLUMNS": "30"})
        assert wide.stdout == narrow.stdout
    assert ARN in call("diff", "before.json", "after.json", folder=project).stdout.decode()


@pytest.mark.parametrize("columns", ["0", "wide"])
def test_a_width_of_nothing_is_the_terminals_own(project: Path, columns: str) -> None:
    plain = at_terminal("log", "Reader", "--no-pager", folder=project)
    assert at_terminal("log", "Reader", "--no-pager", folder=project, environment={"COLUMNS": columns}) == plain


def test_colours_are_for_terminals_that_want_them(project: Path) -> None:
    arguments = ("log", "Reader", "--no-pager")
    assert ESCAPE in at_terminal(*arguments, folder=project).text
    assert ESCAPE not in at_terminal(*arguments, "--no-color", folder=project).text
    assert ESCAPE not in at_terminal(*arguments, folder=project, environment={"NO_COLOR": "1"}).text
    assert ESCAPE not in at_terminal(*arguments, folder=project, environment={"TERM": "dumb"}).text
    assert ESCAPE in at_terminal(*arguments, folder=project, environment={"NO_COLOR": ""}).text
    assert ESCAPE.encode() not in call("log", "Reader", folder=project).stdout


# --- the pager -------------------------------------------------------------------------------------------------------


def pager(project: Path, name: str = "pager") -> str:
    """Return the command of a pager that numbers what it is given, and leaves with a code of its own."""
    script = project / name
    script.write_text('#!/bin/sh\necho "LESS=$LESS"\nsed "s/^/paged: /"\nexit 3\n')
    script.chmod(0o755)
    return shlex.quote(str(script))


def test_long_output_goes_through_the_pager_that_git_would_take(project: Path) -> None:
    mine = pager(project)
    for environment in ({"PAGER": mine}, {"GIT_PAGER": mine, "PAGER": "false"}):
        seen = at_terminal("log", "Reader", folder=project, environment=environment)
        assert "paged: " in seen.text
        assert "LESS=FRX" in seen.text
        assert seen.returncode == 0


@pytest.mark.slow
def test_there_is_no_pager_in_a_pipe_or_where_it_is_not_wanted(project: Path) -> None:
    mine = pager(project)
    assert b"paged" not in run("log", "Reader", folder=project, environment={"PAGER": mine}).stdout
    assert "paged" not in at_terminal("log", "Reader", "--no-pager", folder=project, environment={"PAGER": mine}).text
    for nothing in ("", "cat", "/nowhere/pager", "'"):
        assert "Reader v2" in at_terminal("log", "Reader", folder=project, environment={"PAGER": nothing}).text
    seen = at_terminal("changelog", "-o", "out.md", folder=project, environment={"PAGER": mine})
    assert "paged" not in seen.text


@pytest.mark.slow
def test_the_gate_holds_behind_a_pager_and_behind_one_that_leaves_early(project: Path) -> None:
    arguments = ("diff", "before.json", "after.json", "--fail-on", "broadens")
    for reader in (pager(project), "true", "head -1"):
        assert at_terminal(*arguments, folder=project, environment={"PAGER": reader}).returncode == FOUND


# --- readers that leave ----------------------------------------------------------------------------------------------


def piped(project: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell whose exit code is that of the program, not of the reader."""
    program = f"{sys.executable} -m tracker"
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    line = f"{command.replace('policy-tracker', program)}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", line], cwd=project, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("reader", ["true", "head -1"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_review_whose_reader_leaves_ends_as_the_gate_says(project: Path, reader: str, form: str) -> None:
    done = piped(project, f"policy-tracker diff before.json after.json -f {form} | {reader}")
    assert (done.returncode, done.stderr) == (0, b"")
    done = piped(project, f"policy-tracker diff before.json after.json -f {form} --fail-on broadens -q | {reader}")
    assert (done.returncode, done.stderr) == (FOUND, b"")


def test_the_driver_of_git_diff_lets_its_reader_leave(project: Path) -> None:
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / ".gitattributes").write_text("*.json diff=policy\n")
    (project / "policy.json").write_bytes((project / "before.json").read_bytes())
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=one")
    git(project, "config", "diff.policy.command", f"{sys.executable} -m tracker diff --git-driver")
    (project / "policy.json").write_bytes((project / "after.json").read_bytes())
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    whole = subprocess.run(["git", "diff"], cwd=project, env=environment, capture_output=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, b"")
    assert ARN.encode() in whole.stdout
    for reader in ("true", "head -1"):
        left = subprocess.run(
            ["bash", "-c", f"git diff | {reader}"], cwd=project, env=environment, capture_output=True, check=False
        )
        assert left.stderr == b""
    seen = at_terminal("diff", folder=project, command=("git",), environment={"GIT_PAGER": "cat", "NO_COLOR": "1"})
    assert ARN in seen.text
