"""Documentation pages: written, and held against the archive."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext, write
from tracker.cli.options import (
    DAY,
    as_day,
    language_option,
    output_option,
    reading_for_service,
    templates_option,
)

__all__ = ["announcements", "audit", "page"]


@click.command()
@click.option("--service", "slug", metavar="SLUG", required=True, help="The configured service it is about.")
@click.option("--owner", default="aws", show_default=True, help="Whose policies these are.")
@click.option("--feed-url", help="Where the feed of its changes is; else what `build` publishes.")
@language_option
@click.option("-f", "--format", "format_name", type=click.Choice(("markdown", "html")), default="markdown")
@templates_option
@output_option
@click.pass_obj
def page(
    settings: CommandContext,
    slug: str,
    owner: str,
    feed_url: str | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Write the documentation page of a service: its policies in words and in full, and the table of updates."""
    from tracker.archive.packed import open_archive
    from tracker.catalogue.catalogue import load_catalogue
    from tracker.changelog.builder import Selection, build_archive_changelog
    from tracker.documentation.announcement_feeds import attach_announcements, read_feeds
    from tracker.formats.renderer import Renderer
    from tracker.formats.service_page import FORMATS as TEMPLATES
    from tracker.formats.service_page import service_page
    from tracker.policy.history import PolicyHistory
    from tracker.text.rows import RowBuilder
    from tracker.text.words import load_words, template_folders

    configuration, archive = settings.configuration(), open_archive(settings.readable)
    service = configuration.service(slug)
    selection = Selection(owner, service)
    items = archive.histories(owner, selection.wants)
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    catalogue = load_catalogue()
    told = attach_announcements(
        build_archive_changelog(archive, configuration, selection), read_feeds([service]), catalogue
    )
    folders = template_folders(templates)
    words = load_words(language or configuration.languages[0], folders)
    row_builder = RowBuilder(words, catalogue, configuration.time_zone, service)
    feed = feed_url or (f"{configuration.base_url}services/{slug}/feed.xml" if configuration.base_url else "feed.xml")
    written = service_page(service, histories, told, row_builder, feed)
    write(Renderer(folders, words).render(TEMPLATES[format_name], page=written), output)


@click.command()
@click.argument("page", type=click.File("rb"))
@reading_for_service
@click.option("--as-of", type=DAY, callback=as_day, help="The day the page is from; else that of its newest row.")
@click.option(
    "--fail-on",
    type=click.Choice(("not-found", "partly", "other-spelling", "dated-differently", "untold", "any")),
    multiple=True,
    help="Exit with 1 if there is one; may be repeated. `any` leaves dates aside.",
)
@language_option
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "markdown", "html", "json")), default="text")
@templates_option
@output_option
@click.pass_context
def audit(
    context: click.Context,
    page: Any,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str,
    as_of: Any,
    fail_on: tuple[str, ...],
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Hold a documentation page's table of updates (a file, or - for stdin) against the archive."""
    import json

    from tracker.catalogue.catalogue import load_catalogue
    from tracker.changelog.builder import HistoryOrigin, Selection, build_changelog
    from tracker.documentation.audit import audit_page, audit_to_json
    from tracker.documentation.layout import MAX_PAGE_BYTES
    from tracker.documentation.matching import ROW_ZONE
    from tracker.documentation.pages import read_page
    from tracker.settings.configuration import service_has_policy

    settings: CommandContext = context.obj
    configuration, catalogue = settings.configuration(), load_catalogue()
    service = configuration.service(slug)
    read = read_page(page.read(MAX_PAGE_BYTES + 1), name=_name(page))
    selection = Selection(owner, service, names=frozenset(read.policies))
    told = build_changelog(HistoryOrigin(settings.readable, repository, under, revision), configuration, selection)
    audited = audit_page(
        read,
        told.entries,
        lambda action: bool(catalogue.expand(action)),
        tracking_since=service.tracking_since,
        archive_until=told.until.astimezone(ROW_ZONE).date() if told.until else None,
        as_of=as_of,
        is_of_service=lambda policy: service_has_policy(service, policy),
    )
    if format_name == "json":
        write(f"{json.dumps(audit_to_json(audited), ensure_ascii=False, indent=1)}\n", output)
    else:
        from tracker.formats.audit_report import FORMATS as TEMPLATES
        from tracker.formats.audit_report import report_of
        from tracker.formats.renderer import Renderer
        from tracker.text.rows import RowBuilder
        from tracker.text.words import load_words, template_folders

        folders = template_folders(templates)
        words = load_words(language or configuration.languages[0], folders)
        report = report_of(audited, RowBuilder(words, catalogue, configuration.time_zone, service), _name(page))
        write(Renderer(folders, words).render(TEMPLATES[format_name], report=report), output)
    if any(audited.has(what) for what in fail_on):
        context.exit(1)


def _name(file: Any) -> str:
    """Return what a file is called in messages; stdin may have no name."""
    return str(getattr(file, "name", "-"))


@click.command()
@click.argument("feed", type=click.File("rb"))
@reading_for_service
@language_option
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "json")), default="text")
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
    language: str | None,
    format_name: str,
    output: Path | None,
) -> None:
    """Put the announcements of a documentation's feed (a file, or - for stdin) beside what they announce."""
    import json

    from tracker.catalogue.catalogue import load_catalogue
    from tracker.changelog.builder import HistoryOrigin, Selection, build_changelog
    from tracker.documentation.announcement_matches import match_announcements
    from tracker.documentation.announcements import read_announcements
    from tracker.documentation.layout import MAX_PAGE_BYTES
    from tracker.formats.announcements import announced_to_json, announced_to_text
    from tracker.text.words import load_words, template_folders

    configuration, catalogue = settings.configuration(), load_catalogue()
    items = read_announcements(feed.read(MAX_PAGE_BYTES + 1), name=_name(feed))
    names = frozenset(policy for item in items for policy in item.policies)
    selection = Selection(owner, configuration.service(slug), names=names)
    told = build_changelog(HistoryOrigin(settings.readable, repository, under, revision), configuration, selection)
    found = match_announcements(items, told.entries, lambda action: bool(catalogue.expand(action)))
    if format_name == "json":
        text = json.dumps(announced_to_json(found), ensure_ascii=False, indent=1)
    else:
        text = announced_to_text(found, load_words(language or configuration.languages[0], template_folders()))
    write(f"{text}\n", output)
