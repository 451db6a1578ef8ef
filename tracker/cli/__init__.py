"""Arguments in, exit code out.

Each command is a few lines around one call of the library; it is imported when it is asked for, and so is what is
heavy in it.
Output for machines goes to stdout, everything else to stderr.
Never orders the steps of a command: that is for `commands`.
"""

from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from tracker import __version__
from tracker.cli.context import CommandContext
from tracker.cli.global_options import CommandGroup, subcommand

__all__ = ["COMMAND_GROUPS", "command"]

COMMAND_GROUPS = (
    ("Follow AWS", ("init", "fetch", "import", "build", "serve", "status", "notify")),
    ("Read", ("changelog", "log", "show", "expand", "export")),
    ("Review", ("diff", "comment", "rules")),
    ("Documentation", ("audit", "page", "announcements")),
    ("Account", ("account",)),
)
"""The groups that `--help` shows: title and commands."""
_MODULES = {
    "follow": ("init", "fetch", "import", "build", "serve"),
    "read": ("changelog", "log", "show", "expand", "render"),
    "data": ("export",),
    "review": ("diff", "comment", "rules"),
    "status": ("status",),
    "documentation": ("audit", "page", "announcements"),
    "account": ("account",),
    "notify": ("notify",),
}
"""Module → its commands, each a function of that name, with a `_` behind a keyword of Python."""
_COMMAND_MODULES = {name: module for module, names in _MODULES.items() for name in names}
_SHOWN = frozenset(name for _, names in COMMAND_GROUPS for name in names)
"""The others are old names, which still work for one release."""
_PROGRAM = "policy-tracker"
_SHELLS = ("bash", "zsh", "fish")


class _Commands(CommandGroup):
    """The commands, each imported when it is asked for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of `--help`, group by group."""
        width = formatter.width - 6 - max(map(len, _SHOWN))
        for title, names in COMMAND_GROUPS:
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, each.get_short_help_str(width)) for name, each in found if each and not each.hidden]
                )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return [*sorted(_SHOWN), "help"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - same
        if cmd_name == "help":
            return help_
        if cmd_name not in _COMMAND_MODULES:
            return None
        module = import_module(f"tracker.cli.{_COMMAND_MODULES[cmd_name]}")
        found: click.Command = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        return found


def _print_completion(context: click.Context, _option: click.Parameter, shell: str | None) -> Any:
    """Print the script that completes commands and options in a shell, and leave."""
    if not shell or context.resilient_parsing:
        return
    from click.shell_completion import get_completion_class

    written_for = get_completion_class(shell)
    assert written_for is not None, shell  # noqa: S101 - it is one of the choices
    click.echo(written_for(command, {}, _PROGRAM, "_POLICY_TRACKER_COMPLETE").source())
    context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--completion",
    type=click.Choice(_SHELLS),
    metavar="SHELL",
    is_eager=True,
    expose_value=False,
    callback=_print_completion,
    help="Print what completes commands in bash, zsh or fish, for the file that the shell reads at its start.",
)
@click.version_option(__version__, "-V", "--version", prog_name=_PROGRAM)
@click.pass_context
def command(context: click.Context) -> None:
    """Keep every version of IAM policies in git, compare them action by action, say what changed."""
    context.ensure_object(CommandContext)


@subcommand("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]")
@click.pass_context
def help_(context: click.Context, names: tuple[str, ...]) -> None:
    """Show what a command does and its options."""
    shown: click.Command = command
    above = context.find_root()
    for name in names:
        if not isinstance(shown, click.Group):
            raise click.UsageError(f"{shown.name} has no commands of its own", context)
        _, found, _ = shown.resolve_command(above, [name])
        assert found is not None, name  # noqa: S101 - else it was refused
        above = click.Context(found, above, name)
        shown = found
    click.echo(shown.get_help(above))
