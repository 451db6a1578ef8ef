"""The order of the steps of what is printed."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.changelog.model import Changelog
from tracker.formats.changelog_json import changelog_json_parts, read_changelog_json_parts
from tracker.policy.history import Skipped
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.text.titles import changelog_title
from tracker.text.words import Words, load_words, template_folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.policy.history import PolicyHistory
    from tracker.risk import Assessment

__all__ = ["OutputFormat", "changelog", "render_changelog"]


class OutputFormat(Struct, frozen=True):
    """How a changelog is written."""

    name: str
    """`json`, or one of `FORMATS` of `render.py`."""
    language: str | None = None
    """None for the first of the configuration."""
    templates: Path | None = None
    """A folder of templates and catalogues that come first."""

    def words(self, configuration: Configuration) -> Words:
        """Return the language's words.

        Raises:
            UsageError: there is no such language or folder.
        """
        return load_words(self.language or configuration.languages[0], template_folders(self.templates))


def changelog(
    origin: HistoryOrigin,
    configuration: Configuration,
    selection: Selection,
    output_format: OutputFormat,
    *,
    risk: bool = False,
    announcements: "Sequence[Path]" = (),
) -> "tuple[list[bytes], Sequence[Skipped]]":
    """Return the parts of the changelog of an origin in a format, in UTF-8, and what was left out of it.

    Its entries know what attach_announcements them, by the configured services' feeds and by those of the files named.

    Args:
        origin: the archive, or someone's repository.
        configuration: services, base URL, zone, titles.
        selection: what is asked for.
        output_format: how it is written.
        risk: whether to say what the changes mean.
        announcements: further files of announcements.

    Raises:
        PageError: a feed can't be read.
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for; there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    services = [selection.service] if selection.service else configuration.services
    has_feeds = bool(announcements) or any(service.announcements for service in services)
    with open_history_source(origin, configuration, selection) as source:
        if output_format.name == "json" and not risk and not has_feeds:
            words = output_format.words(configuration)
            title = changelog_title(words, selection.service, configuration.title)
            return read_changelog_json_parts(source, selection, title, words, load_catalogue())
        histories = list(source.histories()) if risk else ()
        told = source.changelog(histories or source.histories(), selection)
    if has_feeds:
        from tracker.documentation.announcement_feeds import attach_announcements, read_feeds

        feeds = read_feeds(services, announcements, selection.service)
        told = attach_announcements(told, feeds, load_catalogue())
    assessments = _assess_changes(told, histories, configuration, selection) if risk else None
    return render_changelog(told, configuration, selection.service, output_format, assessments), told.skipped


def _assess_changes(
    changelog: Changelog,
    histories: "Sequence[PolicyHistory | Skipped]",
    configuration: Configuration,
    selection: Selection,
) -> "Mapping[str, Assessment]":
    from tracker.changelog.assessments import assess_entries

    read = [item for item in histories if not isinstance(item, Skipped)]
    whole = selection == Selection()
    return assess_entries(changelog, read, load_catalogue(), configuration.rules, is_whole_archive=whole)


def render_changelog(
    told: Changelog,
    configuration: Configuration,
    service: Service | None,
    output_format: OutputFormat,
    assessments: "Mapping[str, Assessment] | None" = None,
) -> list[bytes]:
    """Return the parts of a changelog in a format, in UTF-8.

    Args:
        told: the changelog.
        configuration: base URL, zone, titles.
        service: the service that it is about; None for all.
        output_format: how it is written.
        assessments: what the changes mean, by entry; None where nobody asked.

    Raises:
        UsageError: there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    words, catalogue = output_format.words(configuration), load_catalogue()
    if output_format.name == "json":
        titled = replace(told, title=changelog_title(words, service, configuration.title))
        return changelog_json_parts(titled, words, catalogue, assessments)
    from tracker.formats.renderer import Renderer
    from tracker.formats.views import View, page_of
    from tracker.text.rows import RowBuilder

    row_builder = RowBuilder(words, catalogue, configuration.time_zone, service, assessments)
    page = page_of(View("", told, service), row_builder, configuration, configuration.base_url, None)
    return [Renderer(template_folders(output_format.templates), words).changelog(output_format.name, page).encode()]
