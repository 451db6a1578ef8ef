"""Commands about the documentation: `page` writes one, `audit` and `announcements` compare one with the archive."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import (
    DAY,
    as_day,
    format_option,
    output_option,
    reading,
    reading_for_service,
    templates_option,
)
from tracker.errors import UsageError
from tracker.formats.registry import ANNOUNCEMENTS, AUDIT, PAGE

__all__ = ["announcements", "audit", "page"]

_NAME_PAGES = "name a file, a folder or an address, or give a service its `documentation`"


@subcommand()
@click.option("--service", "slug", metavar="SLUG", required=True, help="The configured service it is about.")
@click.option("--owner", default="aws", show_default=True, help="Whose policies these are.")
@click.option("--feed-url", help="Where the feed of its changes is; else what `build` publishes.")
@format_option(PAGE, "markdown", show_default=False)
@templates_option
@output_option
@click.pass_obj
def page(
    settings: CommandContext,
    slug: str,
    owner: str,
    feed_url: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Write the documentation page of a service.

    It has its policies in words and in full, and the table of updates.
    """
    from tracker.archive.packed import open_archive
    from tracker.commands.output import OutputOptions
    from tracker.commands.page import page as page_of_service

    options = OutputOptions(format_name, settings.language, templates)
    archive = open_archive(settings.readable)
    settings.show(page_of_service(archive, settings.configuration(), slug, owner, feed_url, options), output)


@subcommand()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@reading
@click.option("--service", "slug", metavar="SLUG", help="The configured service that all of it is about.")
@click.option("--as-of", type=DAY, callback=as_day, help="The day the files are from; else that of the newest row.")
@click.option("--record", is_flag=True, help="Record the facts of what was read in the archive's folder.")
@click.option("--commit", is_flag=True, help="Record, and commit what has changed.")
@click.option("--push", is_flag=True, help="Record, commit and push.")
@click.option("--no-cache", is_flag=True, help="Fetch pages though they have not changed, and keep none.")
@click.option(
    "--fail-on",
    type=click.Choice(
        (
            *("not-found", "partly", "other-spelling", "dated-differently"),
            *("untold", "undocumented", "unread", "any"),
        )
    ),
    multiple=True,
    help="Exit with 1 if there is one; may be repeated. `any` leaves dates aside.",
)
@format_option(AUDIT, "text", show_default=False)
@templates_option
@output_option
@click.pass_context
def audit(
    context: click.Context,
    sources: tuple[str, ...],
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str | None,
    as_of: Any,
    record: bool,
    commit: bool,
    push: bool,
    no_cache: bool,
    fail_on: tuple[str, ...],
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Compare documentation pages and feeds with the archive.

    It lists the changes that no page documents, too. A SOURCE is a file, a folder of them, an https address, or - for
    stdin. Which policies they are about is read from the pages and the archive; nothing has to be configured. Without
    any SOURCE it is the pages that the configuration names; where it names none, recording has nothing to do.
    """
    from datetime import UTC, datetime

    from tracker.changelog.builder import HistoryOrigin
    from tracker.commands.audit import AuditRequest, audit_text, commit_audit, configured_pages
    from tracker.commands.audit import audit as audit_sources
    from tracker.commands.documentation_sources import default_cache
    from tracker.commands.output import OutputOptions

    settings: CommandContext = context.obj
    configuration = settings.configuration()
    chosen = sources or configured_pages(configuration)
    if not chosen:
        if (record or commit or push) and not fail_on:
            settings.say(f"nothing to audit: {_NAME_PAGES}")
            return
        raise UsageError("nothing to audit", hint=_NAME_PAGES)
    request = AuditRequest(
        chosen,
        datetime.now(UTC).date(),
        slug,
        owner,
        as_of,
        None if no_cache else default_cache(),
        settings.snapshots if record or commit or push else None,
    )
    origin = HistoryOrigin(settings.readable, repository, under, revision)
    audited = audit_sources(request, origin, configuration)
    options = OutputOptions(format_name, settings.language, templates)
    settings.show(audit_text(audited, configuration, slug, options), output)
    for item in audited.unread:
        settings.say(f"not read: {item.name}: {item.reason.removeprefix(f'{item.name}: ')}")
    if commit or push:
        commit_audit(settings.snapshots, configuration, pushed=push)
    if any(audited.has(what) for what in fail_on):
        context.exit(1)


def _name(file: Any) -> str:
    """Return what a file is called in messages; stdin may have no name."""
    return str(getattr(file, "name", "-"))


@subcommand(hidden=True)
@click.argument("feed", type=click.File("rb"))
@reading_for_service
@format_option(ANNOUNCEMENTS, "text", show_default=False)
@output_option
@click.pass_obj
def announcements(
    settings: CommandContext,
    feed: Any,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str,
    format_name: str,
    output: Path | None,
) -> None:
    """Match a documentation feed with what it announces.

    FEED is a file, or - for stdin.
    """
    from tracker.changelog.builder import HistoryOrigin
    from tracker.commands.announcements import announcements as match_feed
    from tracker.commands.output import OutputOptions
    from tracker.documentation.reading.layout import MAX_PAGE_BYTES

    origin = HistoryOrigin(settings.readable, repository, under, revision)
    content, options = feed.read(MAX_PAGE_BYTES + 1), OutputOptions(format_name, settings.language)
    settings.show(
        match_feed(content, _name(feed), origin, settings.configuration(), slug, options, owner=owner), output
    )
