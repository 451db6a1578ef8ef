"""The command that watches over the archive: `status`."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import format_option, github_options, github_token, required_repository
from tracker.errors import FOUND, UsageError
from tracker.formats.registry import STATUS

if TYPE_CHECKING:
    from tracker.text.words import Words

__all__ = ["status"]

_DURATION = re.compile(r"(\d{1,6})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _duration(_context: click.Context, option: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    found = _DURATION.match(value)
    if found is None:
        raise UsageError(f"{value!r} is no duration", where=option.opts[0], hint="such as 90m, 6h, or 5d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@subcommand()
@click.option(
    "--max-age",
    metavar="TIME",
    callback=_duration,
    help="Exit with 1 if the source was last asked longer ago, such as 6h. A clone knows of no check: the last change "
    "counts there.",
)
@click.option(
    "--max-silence", metavar="TIME", callback=_duration, help="Exit with 1 if nothing changed for longer, such as 5d."
)
@click.option(
    "--workflow", metavar="FILE", help="Also look at the last run of this workflow on GitHub, such as track.yml."
)
@click.option("--issue", is_flag=True, help="Keep one issue on GitHub open while there is a problem; exit with 0.")
@github_options
@format_option(STATUS, "text")
@click.pass_obj
def status(
    settings: CommandContext,
    max_age: timedelta | None,
    max_silence: timedelta | None,
    workflow: str | None,
    issue: bool,
    repository: str | None,
    api: str,
    author: str,
    format_name: str,
) -> None:
    """Say how fresh and how complete the archive is.

    For a monitor: it exits with 1 where there is a problem. --workflow and --issue take the token from GITHUB_TOKEN.
    """
    from tracker.commands.github import GitHubRepository
    from tracker.commands.output import OutputOptions
    from tracker.commands.status import Limits, problems_of, problems_of_workflow, publish_problems, status_text
    from tracker.commands.status import status as status_of_archive

    configuration, output = settings.configuration(), OutputOptions(format_name, settings.language)
    words: Words = output.words(configuration)
    found = status_of_archive(settings.readable)
    problems = problems_of(found, Limits(max_age, max_silence), datetime.now(UTC), words)
    if workflow or issue:
        hub = GitHubRepository(api, required_repository(repository), github_token(), author)
        problems += problems_of_workflow(hub, workflow, words) if workflow else []
    settings.show(status_text(found, problems, configuration, output))
    if issue:
        settings.say(f"issue: {publish_problems(hub, problems, words)}")
    elif problems:
        raise click.exceptions.Exit(FOUND)
