"""The changelog, printed: from the archive, from git, from its own JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.context import CommandContext, write
from tracker.cli.options import (
    FORMATS,
    announcements_option,
    language_option,
    output_option,
    selecting,
    templates_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.policy.history import Skipped

__all__ = ["changelog", "render"]


@click.command()
@click.option(
    "--git",
    "repository",
    type=click.Path(path_type=Path),
    help="Read someone's repository of policies (or a bundle) instead of the archive.",
)
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="As it was at a git revision.")
@selecting
@click.option("--risk", is_flag=True, help="Also say what each change allows on the whole, and how risky that is.")
@announcements_option
@language_option
@click.option("-f", "--format", "format_name", type=click.Choice(FORMATS), default="markdown", show_default=True)
@templates_option
@output_option
@click.pass_obj
def changelog(
    settings: CommandContext,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str | None,
    policy: str | None,
    since: Any,
    until: Any,
    risk: bool,
    announcements: tuple[Path, ...],
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Print what changed, newest first."""
    from tracker.changelog.builder import HistoryOrigin, Selection
    from tracker.commands.changelog import OutputFormat
    from tracker.commands.changelog import changelog as tell

    configuration = settings.configuration()
    service = configuration.service(slug) if slug else None
    selection = Selection(owner, service, policy=policy, since=since, until=until)
    text, skipped = tell(
        HistoryOrigin(settings.readable, repository, under, revision),
        configuration,
        selection,
        OutputFormat(format_name, language, templates),
        risk=risk,
        announcements=announcements,
    )
    write(text, output)
    _say_skipped(settings, skipped)


@click.command(name="render")
@click.option("--from", "source", type=click.File("rb"), required=True, help="A changelog in JSON; - for stdin.")
@click.option("--service", "slug", metavar="SLUG", help="The configured service that it is about.")
@language_option
@click.option("-f", "--format", "format_name", type=click.Choice(FORMATS), default="markdown", show_default=True)
@templates_option
@output_option
@click.pass_obj
def render(
    settings: CommandContext,
    source: Any,
    slug: str | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Print a changelog from its JSON, without the archive."""
    from tracker.changelog.contract import changelog_from_json
    from tracker.commands.changelog import OutputFormat, render_changelog

    configuration = settings.configuration()
    told, assessments = changelog_from_json(source.read())
    service = configuration.service(slug) if slug else None
    write(
        render_changelog(told, configuration, service, OutputFormat(format_name, language, templates), assessments),
        output,
    )
    _say_skipped(settings, told.skipped)


def _say_skipped(settings: CommandContext, skipped: "Sequence[Skipped]") -> None:
    if skipped:
        settings.say(f"{len(skipped)} items could not be read and were left out; the output names them")
