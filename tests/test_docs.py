"""The documents keep up with the program."""

import re
from collections.abc import Iterator

import click
import pytest
from archives import CHECKOUT

from tracker.cli import command
from tracker.errors import EXIT_CODES, FOUND, INTERRUPTED, TOO_LARGE, TrackerError

CONTEXT = click.Context(command)
COMMANDS = {name: command.get_command(CONTEXT, name) or command for name in command.list_commands(CONTEXT)}
TEXT = "\n".join(
    (CHECKOUT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md", "docs/review.md")
)


def options() -> Iterator[tuple[str, str]]:
    """Yield (command, option) for the longest spelling of each option; the program's own have no command."""
    for name, each in [("", command), *COMMANDS.items()]:
        for parameter in each.params:
            if isinstance(parameter, click.Option) and parameter.name not in ("help", "version"):
                yield name, max(parameter.opts, key=len)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert f"policy-tracker {name}" in TEXT
    assert COMMANDS[name].help


@pytest.mark.parametrize(("name", "option"), sorted(options()))
def test_every_option_is_documented(name: str, option: str) -> None:
    assert re.search(rf"{re.escape(option)}\b", TEXT), f"policy-tracker {name} {option}"


@pytest.mark.parametrize(("name", "each"), COMMANDS.items())
def test_every_option_has_help(name: str, each: click.Command) -> None:
    for parameter in each.params:
        if isinstance(parameter, click.Option) and not isinstance(parameter.type, click.Choice):
            assert parameter.help, f"{name} {parameter.name}"


def test_the_readme_has_the_exit_codes_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(int(code), meaning) for code, meaning in rows] == list(EXIT_CODES.items())


def test_each_class_of_errors_has_an_exit_code_of_its_own_in_the_table() -> None:
    codes = [error.exit_code for error in TrackerError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert {0, FOUND, TOO_LARGE, INTERRUPTED, *codes} == set(EXIT_CODES)
