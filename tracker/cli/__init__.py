"""Arguments in, exit code out.

Each command is a few lines around one call of the library; it is imported when it is asked for, and so is what is
heavy in it.
Output for machines goes to stdout, everything else to stderr.
Never orders the steps of a command: that is for `commands`.
"""

from importlib import import_module
from keyword import iskeyword
from pathlib import Path

import click

from tracker import __version__
from tracker.cli.context import USUAL_FOLDER, CommandContext

__all__ = ["command"]

_COMMAND_MODULES = {
    "announcements": "documentation",
    "audit": "documentation",
    "build": "publishing",
    "changelog": "changelogs",
    "comment": "reviews",
    "diff": "reviews",
    "expand": "reviews",
    "fetch": "archives",
    "import": "archives",
    "log": "archives",
    "page": "documentation",
    "render": "changelogs",
    "rules": "reviews",
    "serve": "publishing",
    "show": "archives",
}
"""The module of each command; its function is called like it, with a `_` behind a word of Python's."""


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted(_COMMAND_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - same
        if cmd_name not in _COMMAND_MODULES:
            return None
        room = import_module(f"tracker.cli.{_COMMAND_MODULES[cmd_name]}")
        found: click.Command = getattr(room, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="policy-tracker")
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    default=USUAL_FOLDER,
    show_default=True,
    help="The archive's folder; the installed package policy-tracker-archive where there is none.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration; else policy-tracker.toml or pyproject.toml."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--no-color", is_flag=True, help="No colours on a terminal.")
@click.pass_context
def command(context: click.Context, snapshots: Path, config: Path | None, quiet: bool, no_color: bool) -> None:
    """Keep every version of IAM policies in git, compare them action by action, say what changed."""
    context.obj = CommandContext(snapshots, config, quiet, not no_color)
