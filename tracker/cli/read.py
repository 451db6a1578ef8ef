"""Commands that read: the changelog, one policy's history, a document, what a pattern stands for."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.context import CommandContext, write
from tracker.cli.options import (
    announcements_option,
    format_option,
    language_option,
    output_option,
    selecting,
    templates_option,
)
from tracker.formats.registry import BLAME, CHANGELOG, EXPANSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.policy.history import Skipped

__all__ = ["changelog", "expand", "log", "render", "show"]


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
@format_option(CHANGELOG, "markdown")
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
    from tracker.commands.changelog import changelog as write_changelog
    from tracker.commands.output import OutputOptions

    configuration = settings.configuration()
    service = configuration.service(slug) if slug else None
    selection = Selection(owner, service, policy=policy, since=since, until=until)
    text, skipped = write_changelog(
        HistoryOrigin(settings.readable, repository, under, revision),
        configuration,
        selection,
        OutputOptions(format_name, language, templates),
        risk=risk,
        announcements=announcements,
    )
    write(text, output)
    _say_skipped(settings, skipped)


@click.command(name="render")
@click.option("--from", "source", type=click.File("rb"), required=True, help="A changelog in JSON; - for stdin.")
@click.option("--service", "slug", metavar="SLUG", help="The configured service that it is about.")
@language_option
@format_option(CHANGELOG, "markdown")
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
    from tracker.commands.changelog import render_changelog
    from tracker.commands.output import OutputOptions

    configuration = settings.configuration()
    found, assessments = changelog_from_json(source.read())
    service = configuration.service(slug) if slug else None
    write(
        render_changelog(found, configuration, service, OutputOptions(format_name, language, templates), assessments),
        output,
    )
    _say_skipped(settings, found.skipped)


def _say_skipped(settings: CommandContext, skipped: "Sequence[Skipped]") -> None:
    if skipped:
        settings.say(f"{len(skipped)} items could not be read and were left out; the output names them")


@click.command()
@click.argument("policy", required=False)
@click.option("--action", metavar="PATTERN", help="Say since when, by what and on what this action is allowed.")
@format_option(BLAME, "text")
@language_option
@click.pass_obj
def log(
    settings: CommandContext, policy: str | None, action: str | None, format_name: str, language: str | None
) -> None:
    """Show what happened to one policy, or since when policies allow an action."""
    from tracker.archive.packed import open_archive
    from tracker.commands.output import OutputOptions
    from tracker.errors import UsageError

    archive, output = open_archive(settings.readable), OutputOptions(format_name, language)
    if action is not None:
        from tracker.commands.blame import blame_action

        text, left_out = blame_action(archive, settings.configuration(), policy, action, output)
        write(text, None)
        _say_skipped(settings, left_out)
        return
    if policy is None or format_name != "text":
        hint = "policy-tracker log POLICY, or log --action PATTERN; `changelog --policy POLICY -f json` for data"
        raise UsageError("no policy and no action named" if policy is None else "only --action has JSON", hint=hint)
    from tracker.commands.log import log as history_of
    from tracker.formats.terminal import print_rows

    rows, skipped = history_of(archive, settings.configuration(), policy, output)
    print_rows(rows, skipped, color=settings.color)


@click.command()
@click.argument("policy", metavar="POLICY[@VERSION]")
@click.pass_obj
def show(settings: CommandContext, policy: str) -> None:
    """Print a policy's document: the default version, or the one named."""
    from tracker.archive.packed import open_archive
    from tracker.commands.show import show as document_of

    write(document_of(open_archive(settings.readable), policy), None)


@click.command()
@click.argument("pattern")
@format_option(EXPANSION, "text")
@language_option
@click.pass_obj
def expand(settings: CommandContext, pattern: str, format_name: str, language: str | None) -> None:
    """List the actions that a pattern such as 'iam:Get*' stands for, with access levels."""
    from tracker.commands.expand import expand as actions_of
    from tracker.commands.output import OutputOptions

    write(actions_of(pattern, settings.configuration(), OutputOptions(format_name, language)), None)
