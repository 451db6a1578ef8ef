"""The options that each command takes, before its name or after it, and the classes of commands that take them."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from tracker.cli.context import USUAL_FOLDER, CommandContext
from tracker.errors import UsageError

__all__ = ["GLOBAL_OPTIONS", "Command", "CommandGroup", "subcommand"]


def _keep(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Keep the value of an option for the command and what is below it; the last one that is given holds."""
    settings = context.obj if context.obj is not None else CommandContext()
    if value == "":
        raise UsageError("is empty", where=option.opts[0])
    if value is not None and value is not False:
        settings = settings._replace(**{str(option.name): value})
    context.obj = settings
    return value


class _LanguageOption(click.Option):
    """`--lang`, whose help names the languages in their own words: they are looked up when the help is written."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help with the languages that have a catalogue."""
        from tracker.text.words import language_names, languages, template_folders

        names = [f"{code} ({name})" for code, name in language_names(languages(template_folders())).items()]
        self.help = f"Language: {', '.join(names)}, or another that --templates has a catalogue of."
        return super().get_help_record(ctx)


def _option(*declared: str, kind: type[click.Option] = click.Option, **settings: Any) -> click.Option:
    return kind(declared, expose_value=False, callback=_keep, **settings)


GLOBAL_OPTIONS: Sequence[click.Option] = (
    _option(
        "--snapshots",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help=f"The archive: a folder, or the file of the package policy-tracker-archive. Default: {USUAL_FOLDER}, else "
        "that package where it is installed.",
    ),
    _option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Configuration; default: policy-tracker.toml, else pyproject.toml, here or beside the archive.",
    ),
    _option("--lang", "language", metavar="CODE", kind=_LanguageOption, help="Language."),
    _option("-q", "--quiet", is_flag=True, help="Say nothing but errors on stderr."),
    _option("--no-color", is_flag=True, help="No colours on a terminal; as with NO_COLOR=1."),
    _option("--no-pager", is_flag=True, help="No pager on a terminal; else GIT_PAGER, PAGER or less."),
)


class _TakesGlobalOptions(click.Command):
    """A command with the options that each command takes, listed by themselves."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and the options of all commands."""
        own = super().get_params(ctx)
        return [*own[:-1], *GLOBAL_OPTIONS, *own[-1:]]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those of all commands."""
        shared = set(map(id, GLOBAL_OPTIONS))
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        records = [(option, option.get_help_record(ctx)) for option in options]
        for title, wanted in (("Options", False), ("Options of all commands", True)):
            with formatter.section(title):
                formatter.write_dl([record for item, record in records if record and (id(item) in shared) == wanted])


class Command(_TakesGlobalOptions):
    """A command."""


class CommandGroup(_TakesGlobalOptions, click.Group):
    """A group of commands, which names the nearest one where a name is none of them."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options that stand before the command.

        Raises:
            UsageError: one of them is an option of a command, which belongs after it.
        """
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            commands = filter(None, (self.get_command(ctx, name) for name in self.list_commands(ctx)))
            if any(error.option_name in option.opts for command in commands for option in command.params):
                hint = "write it after the command"
                raise UsageError(f"{error.option_name} is not an option of all commands", hint=hint) from error
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named.

        Raises:
            UsageError: there is none; names the nearest.
        """
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.list_commands(ctx), n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"see `{ctx.command_path} --help`"
            raise UsageError(f"no command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)


def subcommand(name: str | None = None, *, hidden: bool = False) -> Callable[[Callable[..., None]], Command]:
    """Return the decorator that makes a function a command with the options of all commands."""
    return click.command(name, cls=Command, hidden=hidden)
