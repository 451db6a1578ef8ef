"""Commands that hand data to other tools."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import selecting

__all__ = ["export"]


@subcommand()
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.sqlite|FOLDER.jsonl",
    help="A database, or a folder of JSON Lines.",
)
@selecting
@click.option("--risk/--no-risk", default=True, show_default=True, help="Evaluate each change: verdicts and findings.")
@click.pass_obj
def export(
    settings: CommandContext,
    target: Path,
    owner: str | None,
    slug: str | None,
    policy: str | None,
    since: Any,
    until: Any,
    risk: bool,
) -> None:
    """Write the archive as tables, for SQL and data tools.

    They hold versions, entries, changes, grants and findings.
    """
    from tracker.changelog.builder import HistoryOrigin, Selection
    from tracker.commands.export import export as write_export
    from tracker.commands.output import OutputOptions

    configuration = settings.configuration()
    service = None
    if slug is not None:
        from tracker.commands.service_selection import selected_service

        service = selected_service(slug, configuration, HistoryOrigin(settings.readable))
    selection = Selection(owner, service, policy=policy, since=since, until=until)
    words = OutputOptions("", settings.language).words(configuration)
    written = write_export(settings.readable, target, configuration, selection, words, risk=risk)
    changelog = written.changelog
    left_out = f"; could not be read: {len(changelog.skipped):,}, see the table `skipped`" if changelog.skipped else ""
    settings.say(f"{target}: policies {len(written.histories):,}, entries {len(changelog.entries):,}{left_out}")
