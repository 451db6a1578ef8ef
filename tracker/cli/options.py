"""Options that several commands have, with one spelling and one help each."""

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tracker.errors import UsageError
from tracker.formats.registry import OutputFormat, format_names

if TYPE_CHECKING:
    from tracker.commands.attached import AttachedFilter
    from tracker.settings.configuration import Configuration

__all__ = [
    "DAY",
    "announcements_option",
    "as_day",
    "attached_filter",
    "attached_options",
    "format_option",
    "github_options",
    "github_token",
    "output_option",
    "owner_option",
    "reading",
    "reading_for_service",
    "refuse_beside",
    "require_order",
    "required_repository",
    "selecting",
    "templates_option",
]


class _Day(click.DateTime):
    """A day, as people and ISO 8601 write it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day, as a time at its beginning."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no day; write one such as 2024-01-31", param, ctx)

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """Return what the help calls it."""
        return "DAY"


DAY = _Day(["%Y-%m-%d"])
output_option = click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of to stdout.")
owner_option = click.option("--owner", metavar="OWNER", help="Only policies of this owner: aws, aws-cn, an account id.")
announcements_option = click.option(
    "--announcements",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A history feed (RSS) of the documentation: what it announces is shown with the changes; may be repeated.",
)
templates_option = click.option(
    "--templates", type=click.Path(path_type=Path), help="A folder of templates that come first."
)


def format_option(
    formats: Sequence[OutputFormat], default: str | None, show_default: bool | str = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option `--format` of a command that can write these formats.

    Args:
        formats: what the command can write.
        default: the format that is written where none is named; None where that depends.
        show_default: what the help says of the default, if anything.
    """
    choices = click.Choice(format_names(formats))
    return click.option("-f", "--format", "format_name", type=choices, default=default, show_default=show_default)


def as_day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> Any:
    """Return the day of an option of the type DAY; None where it was not given."""
    return value.date() if value else None


def github_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a repository on GitHub."""
    for option in (
        click.option(
            "--author", default="github-actions[bot]", show_default=True, help="Login under which the token writes."
        ),
        click.option(
            "--api",
            envvar="GITHUB_API_URL",
            default="https://api.github.com",
            show_default=True,
            show_envvar=True,
            help="The address of GitHub's API.",
        ),
        click.option(
            "--repository",
            envvar="GITHUB_REPOSITORY",
            metavar="OWNER/NAME",
            show_envvar=True,
            help="The repository on GitHub.",
        ),
    ):
        function = option(function)
    return function


def required_repository(repository: str | None) -> str:
    """Return the repository on GitHub that was named.

    Raises:
        UsageError: none was.
    """
    if not repository:
        raise UsageError("no repository named", where="--repository", hint="OWNER/NAME, or set GITHUB_REPOSITORY")
    return repository


def github_token() -> str:
    """Return the token for GitHub's API.

    Raises:
        UsageError: there is none in the environment.
    """
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise UsageError("not set", where="GITHUB_TOKEN", hint="in a workflow, give it github.token")
    return token


def require_order(since: date | None, until: date | None) -> None:
    """Refuse a first day that comes after the last.

    Raises:
        UsageError: it does.
    """
    if since and until and since > until:
        raise UsageError(f"{since} is after --until {until}", where="--since")


def refuse_beside(context: click.Context, option: str, others: Sequence[str]) -> None:
    """Refuse options, by the names of their parameters, that were given beside one that they can't stand beside.

    Raises:
        UsageError: one was given.
    """
    for parameter in context.command.params:
        if parameter.name in others and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"can't stand beside {option}", where=parameter.opts[0], hint="leave one of them out")


def attached_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that leave out what is not attached; see `attached_filter`."""
    for option in (
        click.option("--with-principals", is_flag=True, help="With --attached: also name roles, users and accounts."),
        click.option("--all", "everything", is_flag=True, help="Ignore the files of `attached` in the configuration."),
        click.option(
            "--attached",
            type=click.Path(path_type=Path),
            multiple=True,
            metavar="FILE",
            help="Only policies that FILE says are attached: an account dump, `list-policies`, a template, a plan, "
            "CSV; may be repeated.",
        ),
    ):
        function = option(function)
    return function


def attached_filter(
    configuration: "Configuration", named: Sequence[Path], *, everything: bool, with_principals: bool
) -> "AttachedFilter | None":
    """Return what the files named, else those of the configuration, say is attached; None to show everything.

    Raises:
        UsageError: files are named and everything is asked for, or a file names nothing that is attached.
    """
    if everything and named:
        raise UsageError("can't stand beside --attached", where="--all", hint="leave one of them out")
    if with_principals and (everything or not (named or configuration.attached)):
        raise UsageError("needs --attached", where="--with-principals")
    files = () if everything else tuple(named) or tuple(map(Path, configuration.attached))
    if not files:
        return None
    from tracker.commands.attached import read_attached

    return read_attached(files, with_principals=with_principals)


def selecting(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that select policies and days."""
    for option in (
        click.option("--until", type=DAY, callback=as_day, help="Last day."),
        click.option("--since", type=DAY, callback=as_day, help="First day, such as 2024-01-31."),
        click.option("--policy", metavar="GLOB", help="Only policies of these names."),
        click.option("--service", "slug", metavar="SERVICE", help="Only a service, by its slug, prefix or name."),
        owner_option,
    ):
        function = option(function)
    return function


_reading = (
    click.option("--git", "repository", type=click.Path(path_type=Path), help="Someone's repository or a bundle."),
    click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it."),
    click.option("--at", "revision", metavar="REV", help="As it was at a git revision."),
    owner_option,
)
_of_service = click.option(
    "--service", "slug", metavar="SLUG", required=True, help="The configured service it is about."
)


def reading(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where changes are read."""
    for option in reversed(_reading):
        function = option(function)
    return function


def reading_for_service(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where a service's changes are read."""
    return reading(_of_service(function))
