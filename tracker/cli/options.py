"""Options that several commands have, with one spelling and one help each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tracker.formats.registry import OutputFormat, format_names

__all__ = [
    "DAY",
    "announcements_option",
    "as_day",
    "format_option",
    "language_option",
    "output_option",
    "reading_for_service",
    "selecting",
    "templates_option",
]

DAY = click.DateTime(["%Y-%m-%d"])
output_option = click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of to stdout.")
language_option = click.option(
    "--lang", "language", default=None, help="Language: en, ko, or another that has a catalogue."
)
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
    formats: Sequence[OutputFormat], default: str, *, show_default: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option `--format` of a command that can write these formats."""
    choices = click.Choice(format_names(formats))
    return click.option("-f", "--format", "format_name", type=choices, default=default, show_default=show_default)


def as_day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> Any:
    """Return the day of an option of the type DAY; None where it was not given."""
    return value.date() if value else None


def selecting(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that select policies and days."""
    for option in (
        click.option("--until", type=DAY, callback=as_day, help="Last day."),
        click.option("--since", type=DAY, callback=as_day, help="First day, such as 2024-01-31."),
        click.option("--policy", metavar="GLOB", help="Only policies of these names."),
        click.option("--service", "slug", metavar="SLUG", help="Only a configured service."),
        click.option("--owner", help="Only policies of this owner: aws, aws-cn, an account id."),
    ):
        function = option(function)
    return function


_reading = (
    click.option("--git", "repository", type=click.Path(path_type=Path), help="Someone's repository or a bundle."),
    click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it."),
    click.option("--at", "revision", metavar="REV", help="As it was at a git revision."),
    click.option("--owner", help="Only policies of this owner: aws, aws-cn, an account id."),
    click.option("--service", "slug", metavar="SLUG", required=True, help="The configured service it is about."),
)


def reading_for_service(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where a service's changes are read."""
    for option in reversed(_reading):
        function = option(function)
    return function
