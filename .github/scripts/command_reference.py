"""Write docs/commands.md: every command with its arguments, options and output formats, from the program itself.

python .github/scripts/command_reference.py
"""

from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path

import click

from tracker.cli import COMMAND_GROUPS, command
from tracker.cli.global_options import GLOBAL_OPTIONS
from tracker.errors import EXIT_CODES
from tracker.formats.registry import FORMATS_BY_COMMAND

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "commands.md"
_HEAD = """# Commands

<!-- Written by .github/scripts/command_reference.py from the program; do not edit. -->

`policy-tracker COMMAND --help` says the same on a terminal. Results go to stdout, everything else to stderr.
"""


def reference() -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    context = click.Context(command, info_name="policy-tracker", **command.context_settings)
    yield "## Options of all commands\n\nThey stand before the command or after it.\n"
    yield _table(("option", "meaning"), _records(GLOBAL_OPTIONS, context))
    yield "## Options without a command\n"
    yield _options(command, context)
    for title, names in COMMAND_GROUPS:
        yield f"## {title}\n"
        for name in names:
            found = command.get_command(context, name)
            assert found is not None, name
            if not found.hidden:
                yield from _section(name, found, click.Context(found, info_name=name, parent=context))
    yield "## Exit codes\n"
    yield _table(("code", "meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES.items()])


def _section(name: str, found: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(piece for piece in found.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f"### {name}\n"
    yield f"`policy-tracker {name} {pieces}".rstrip() + "`\n"
    yield f"{cleandoc(found.help or '')}\n"
    if any(isinstance(parameter, click.Option) for parameter in found.params):
        yield _options(found, context)
    if name in FORMATS_BY_COMMAND:
        yield _table(("format", "what it is"), [(f"`{each.name}`", each.about) for each in FORMATS_BY_COMMAND[name]])
    if isinstance(found, click.Group):
        for inner, each in found.commands.items():
            whole = f"{name} {inner}"
            yield from _section(whole, each, click.Context(each, info_name=whole, parent=context))


def _options(found: click.Command, context: click.Context) -> str:
    return _table(("option", "meaning"), _records(found.params, context))


def _records(parameters: Iterable[click.Parameter], context: click.Context) -> list[tuple[str, str]]:
    records = [each.get_help_record(context) for each in parameters if isinstance(each, click.Option)]
    return [(f"`{record[0]}`", record[1]) for record in records if record]


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
