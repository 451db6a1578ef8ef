"""The command that sends people what is new."""

import os
from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import format_option, selecting, templates_option
from tracker.formats.registry import NOTIFICATION
from tracker.risk.rules import Level

__all__ = ["notify"]

_ADDRESSES = "POLICY_TRACKER_NOTIFY"


@subcommand()
@click.option(
    "--from", "source", type=click.File("rb"), required=True, metavar="FILE", help="The changelog in JSON; - is stdin."
)
@click.option(
    "--receipts",
    type=click.Path(path_type=Path),
    default=Path("receipts.json"),
    show_default=True,
    metavar="FILE",
    help="What was sent to whom; keep it between runs.",
)
@click.option(
    "--level", type=click.Choice([str(level) for level in Level]), help="Only changes of this level or higher."
)
@selecting
@click.option("--dry-run", is_flag=True, help="Send nothing: print the messages.")
@format_option(NOTIFICATION, "text")
@templates_option
@click.pass_obj
def notify(
    settings: CommandContext,
    source: Any,
    receipts: Path,
    level: str | None,
    owner: str | None,
    slug: str | None,
    policy: str | None,
    since: Any,
    until: Any,
    dry_run: bool,
    format_name: str,
    templates: Path | None,
) -> None:
    """Send what is new to e-mail, chat and webhooks.

    The addresses, of Apprise, stand in the environment variable POLICY_TRACKER_NOTIFY, with blanks between them. A
    destination's first run sends nothing: what is there then counts as sent.
    """
    from tracker.changelog.builder import Selection
    from tracker.changelog.contract import MAX_CHANGELOG_BYTES
    from tracker.commands.notify import notify as send
    from tracker.commands.output import OutputOptions
    from tracker.errors import SourceError

    addresses = os.environ.get(_ADDRESSES, "").split()
    if not addresses:
        raise click.UsageError(f"{_ADDRESSES} is not set: name addresses such as mailto://… or jsons://…")
    configuration = settings.configuration()
    selection = Selection(owner, configuration.service(slug) if slug else None, policy=policy, since=since, until=until)
    done = send(
        source.read(MAX_CHANGELOG_BYTES + 1),
        addresses,
        receipts,
        configuration,
        selection,
        OutputOptions(format_name, settings.language, templates),
        level=Level(level) if level else None,
        dry_run=dry_run,
    )
    if done.texts:
        settings.show("\n".join(done.texts))
    if done.started:
        settings.say(f"new destinations: {done.started}; what is there now counts as sent")
    settings.say(f"messages {'to send' if dry_run else 'sent'}: {done.sent}")
    if done.failures:
        for failure in done.failures[1:]:
            settings.say(str(failure))
        raise SourceError(done.failures[0].what, where=done.failures[0].where, hint="the next run tries again")
