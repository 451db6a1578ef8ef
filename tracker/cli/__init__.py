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

__all__ = ["COMMAND_GROUPS", "command"]

COMMAND_GROUPS = (
    ("Follow AWS", "follow", ("init", "fetch", "import", "build", "serve")),
    ("Read", "read", ("changelog", "render", "log", "show", "expand")),
    ("Data", "data", ("export",)),
    ("Review", "review", ("diff", "comment", "rules")),
    ("Documentation", "documentation", ("audit", "page", "announcements")),
)
"""The groups that `--help` shows: title, module, and its commands, each a function of that name, with a `_` behind a
keyword of Python."""
_COMMAND_MODULES = {name: module for _, module, names in COMMAND_GROUPS for name in names}


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of `--help`, group by group."""
        width = formatter.width - 6 - max(map(len, _COMMAND_MODULES))
        for title, _, names in COMMAND_GROUPS:
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, each.get_short_help_str(width)) for name, each in found if each])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted(_COMMAND_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - same
        if cmd_name not in _COMMAND_MODULES:
            return None
        module = import_module(f"tracker.cli.{_COMMAND_MODULES[cmd_name]}")
        found: click.Command = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
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
