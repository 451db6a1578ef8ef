"""`page`: the archive → the documentation page of one service."""

from tracker.archive.store import Archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import effective_changes_finder
from tracker.changelog.builder import Selection, archive_source
from tracker.commands.output import OutputOptions
from tracker.documentation.announcements.changelogs import attach_announcements, read_feeds
from tracker.formats.registry import PAGE, find_format
from tracker.formats.service_page import service_page
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder

__all__ = ["page"]


def page(
    archive: Archive,
    configuration: Configuration,
    slug: str,
    owner: str,
    feed_url: str | None,
    output: OutputOptions,
) -> str:
    """Return the page of a configured service: its policies in words and in full, and the table of updates.

    Args:
        archive: where its policies are read, once.
        configuration: services, base URL, zone.
        slug: which service.
        owner: whose policies.
        feed_url: where the feed of the changes is; None for where `build` publishes it.
        output: format, language, templates.

    Raises:
        UsageError: no such service, language or folder; the archive has no policy of it.
        ArchiveError: the archive can't be read.
        PageError: a feed of announcements can't be read.
        RenderError: a template failed.
    """
    service = configuration.service(slug)
    selection = Selection(owner, service)
    source = archive_source(archive, configuration, selection)
    items = list(source.histories())
    catalogue = load_catalogue()
    changelog = attach_announcements(source.changelog(items, selection), read_feeds([service]), catalogue)
    renderer = output.renderer(configuration)
    feed = feed_url or (f"{configuration.base_url}services/{slug}/feed.xml" if configuration.base_url else "feed.xml")
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    effective = effective_changes_finder(histories, catalogue)
    row_builder = RowBuilder(renderer.words, catalogue, configuration.time_zone, service, effective=effective)
    written = service_page(service, histories, changelog, row_builder, feed)
    return renderer.render(find_format(PAGE, output.format_name).template, page=written)
