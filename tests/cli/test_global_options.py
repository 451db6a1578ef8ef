"""Options that each command takes, and how the program helps."""

import json
import subprocess
from pathlib import Path

import click
import pytest
from archives import call, record, run
from builders import history, version

from tracker.cli import command
from tracker.cli.global_options import GLOBAL_OPTIONS, Command

CONTEXT = click.Context(command, **command.context_settings)
SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    reader = history(version(1, "s3:GetObject"), name="Reader")
    record(tmp_path / "elsewhere", reader)
    (tmp_path / "own.toml").write_text(
        'languages = ["ko"]\n[[services]]\nname = "S"\nslug = "own"\npolicies = ["Read*"]\n'
    )
    return tmp_path


def every_command(group: click.Group = command) -> list[click.Command]:
    found = [group.get_command(CONTEXT, name) for name in group.list_commands(CONTEXT)]
    below = [each for item in found if isinstance(item, click.Group) for each in every_command(item)]
    return [each for each in found if each is not None] + below


@pytest.mark.parametrize("each", every_command(), ids=lambda each: str(each.name))
def test_every_command_takes_the_options_of_all(each: click.Command) -> None:
    """Else make it with `subcommand()` instead of `click.command()`."""
    names = {name for parameter in each.get_params(CONTEXT) for name in parameter.opts}
    assert {name for option in GLOBAL_OPTIONS for name in option.opts} <= names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["--snapshots", "elsewhere"], ["-f", "json"]),
        ([], ["--snapshots", "elsewhere", "-f", "json"]),
        (["--snapshots", "gone"], ["-f", "json", "--snapshots", "elsewhere"]),
        (["--snapshots", "elsewhere", "--config", "own.toml"], ["-f", "json", "--service", "own", "--lang", "en"]),
        (["--lang", "en"], ["-f", "json", "--service", "own", "--snapshots", "elsewhere", "--config", "own.toml"]),
    ],
    ids=" ".join,
)
def test_an_option_of_all_commands_stands_before_or_after(project: Path, before: list[str], after: list[str]) -> None:
    done = call(*before, "changelog", *after, folder=project)
    assert (done.returncode, done.stderr) == (0, b"")
    (entry,) = json.loads(done.stdout)["entries"]
    assert (entry["policy"], "managed polic" in json.loads(done.stdout)["title"]) == ("Reader", True)


def test_quiet_after_the_command_says_nothing(project: Path) -> None:
    (project / "elsewhere" / "aws" / "Reader" / "v2.json").write_text("{")
    assert b"could not be read" in call("changelog", "--snapshots", "elsewhere", folder=project).stderr
    assert call("changelog", "--snapshots", "elsewhere", "-q", folder=project).stderr == b""


def test_help_of_a_command_is_that_of_its_option(project: Path) -> None:
    assert call("help", "log", folder=project).stdout == call("log", "--help", folder=project).stdout
    assert call("help", folder=project).stdout == call("--help", folder=project).stdout
    assert call("-V", folder=project).stdout == call("--version", folder=project).stdout


def test_help_names_languages_in_their_own_words(project: Path) -> None:
    done = call("log", "-h", folder=project)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = " ".join(done.stdout.decode().split())
    assert "en (English), ko (한국어)" in shown


def test_no_line_of_the_list_of_commands_is_cut(project: Path) -> None:
    assert "..." not in call("--help", folder=project).stdout.decode().partition("Follow AWS")[2]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_given_what_completes_commands(project: Path, shell: str) -> None:
    done = call("--completion", shell, folder=project)
    assert done.returncode == 0
    assert b"_POLICY_TRACKER_COMPLETE" in done.stdout


def test_bash_completes_commands_and_options(project: Path) -> None:
    def completions(words: str, position: int) -> list[str]:
        asked = {"_POLICY_TRACKER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
        return [line.partition(",")[2] for line in run(folder=project, environment=asked).stdout.decode().split()]

    assert completions("policy-tracker cha", 1) == ["changelog"]
    assert completions("policy-tracker render", 1) == []
    assert completions("policy-tracker changelog --snap", 2) == ["--snapshots"]


def test_the_script_for_bash_is_one_that_bash_takes(project: Path) -> None:
    script = call("--completion", "bash", folder=project).stdout
    assert subprocess.run(["bash", "-n"], input=script, check=False).returncode == 0


def test_the_command_that_is_made_by_subcommand_is_of_the_class_with_the_options() -> None:
    assert all(isinstance(each, Command) for each in every_command() if not isinstance(each, click.Group))
