"""The documents keep up with the program."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from archives import CHECKOUT, call
from jsonschema import Draft202012Validator
from layers import LAYERS
from scripts import script

from tracker.changelog.builder import HistoryOrigin, Selection
from tracker.changelog.contract import changelog_schema
from tracker.cli import command
from tracker.commands.changelog import changelog
from tracker.commands.output import OutputOptions
from tracker.errors import EXIT_CODES, FOUND, INTERRUPTED, TOO_LARGE, TrackerError
from tracker.formats.registry import FORMATS_BY_COMMAND, OutputFormat
from tracker.settings import configuration

CONTEXT = click.Context(command, **command.context_settings)
COMMANDS = {name: command.get_command(CONTEXT, name) or command for name in command.list_commands(CONTEXT)}
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def test_the_list_of_commands_is_what_the_program_has() -> None:
    """Else run `python .github/scripts/command_reference.py`."""
    assert text_of("docs/commands.md") == script("command_reference").reference()


@pytest.mark.parametrize(("name", "each"), COMMANDS.items())
def test_every_option_has_help(name: str, each: click.Command) -> None:
    assert each.help
    for parameter in each.params:
        if isinstance(parameter, click.Option) and not isinstance(parameter.type, click.Choice):
            assert parameter.help, f"{name} {parameter.name}"


def command_named(name: str) -> click.Command:
    """Return a command, or one of a group: `account history`."""
    group, _, inner = name.partition(" ")
    found = COMMANDS[group]
    return found.commands[inner] if isinstance(found, click.Group) and inner else found


@pytest.mark.parametrize("name", FORMATS_BY_COMMAND)
def test_a_command_offers_the_formats_of_the_registry(name: str) -> None:
    (option,) = (each for each in command_named(name).params if each.name == "format_name")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == [each.name for each in FORMATS_BY_COMMAND[name]]


@pytest.mark.parametrize(
    "each", sorted({each for formats in FORMATS_BY_COMMAND.values() for each in formats}, key=str), ids=str
)
def test_each_format_has_its_template_or_function(each: OutputFormat) -> None:
    if each.template:
        assert (CHECKOUT / "templates" / each.template).is_file()
    if each.writer:
        assert callable(each.function())
    if each.reader:
        assert callable(each.reading_function())


def settings() -> Iterator[str]:
    yield from configuration._KEYS  # noqa: SLF001 - what the reader of the configuration takes
    yield from configuration._SERVICE_KEYS  # noqa: SLF001 - same
    yield from configuration.ReviewScope.__struct_fields__
    yield from configuration.OwnerHeading.__struct_fields__


@pytest.mark.parametrize("name", sorted(set(settings())))
def test_every_setting_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| .+ \| .+ \|$", text_of("docs/configuration.md"), re.MULTILINE)


def test_the_example_of_a_configuration_can_be_read() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", text_of("docs/configuration.md"), re.DOTALL)
    read = configuration.parse_configuration(example.encode(), "policy-tracker.toml")
    assert read.base_url == "https://example.org/policies/"
    assert read.service("connect").announcements
    assert read.review.exclude


def test_the_example_of_a_changelog_is_what_the_program_writes() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", text_of("docs/json.md"), re.DOTALL)[0])
    day = date(2023, 11, 15)
    selection = Selection(policy="AmazonConnectServiceLinkedRolePolicy", since=day, until=day)
    origin = HistoryOrigin(CHECKOUT / "snapshots")
    parts, _ = changelog(origin, configuration.Configuration(), selection, OutputOptions("json"))
    assert json.loads(b"".join(parts)) == example
    Draft202012Validator(changelog_schema()).validate(example)


@pytest.mark.parametrize(
    "name", sorted(file.name.removesuffix("-1.json") for file in (CHECKOUT / "tracker/schema").glob("*-1.json"))
)
def test_each_schema_is_a_schema_and_named_in_the_documents(name: str) -> None:
    file = f"tracker/schema/{name}-1.json"
    Draft202012Validator.check_schema(json.loads(text_of(file)))
    assert f"](../{file})" in text_of("docs/json.md")
    assert f"policy-tracker/{name}/1" in text_of(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        found = page.parent / unquote(file) if file else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_command_that_is_shown_is_there(page: Path) -> None:
    for name in re.findall(
        r"(?:^|`|/)policy-tracker(?: --?[\w-]+ \S+)? ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert name in COMMANDS


def test_the_map_names_each_package() -> None:
    (table,) = re.findall(r"^## Packages$(.*?)^## ", text_of("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    named = [
        name.removesuffix("/").removesuffix(".py") for name in re.findall(r"^\| `([\w./]+)` \|", table, re.MULTILINE)
    ]
    assert named == [name for name in LAYERS if name != "__main__"]


def test_each_file_that_the_instructions_name_is_there() -> None:
    for name in re.findall(r"`((?:tracker|templates|tests|\.github|\.ci)/[\w./-]*[\w/])`", text_of("CONTRIBUTING.md")):
        assert (CHECKOUT / name).exists(), name
    for name, file in re.findall(r"`(\w+)` (?:of|in) `(tracker/[\w./]+\.py)`", text_of("CONTRIBUTING.md")):
        assert re.search(rf"\b{name}\b", text_of(file)), f"{name} in {file}"


README_OUTPUTS = re.findall(r"```sh\npolicy-tracker ([^\n]*)\n```\n\n```text\n([^`]*)```", text_of("README.md"))


@pytest.mark.parametrize(("arguments", "output"), README_OUTPUTS, ids=[line.split()[0] for line, _ in README_OUTPUTS])
def test_the_readme_shows_what_the_program_prints(arguments: str, output: str) -> None:
    assert call(*arguments.split(), folder=CHECKOUT).stdout.decode().startswith(output)
    assert len(README_OUTPUTS) == 2


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "broadens"


def test_the_picture_of_the_readme_is_small() -> None:
    assert (CHECKOUT / "docs" / "site.png").stat().st_size < 150_000


def test_the_readme_has_the_exit_codes_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text_of("README.md"), re.MULTILINE)
    assert [(int(code), meaning) for code, meaning in rows] == list(EXIT_CODES.items())


def test_each_class_of_errors_has_an_exit_code_of_its_own_in_the_table() -> None:
    codes = [error.exit_code for error in TrackerError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert {0, FOUND, TOO_LARGE, INTERRUPTED, *codes} == set(EXIT_CODES)
