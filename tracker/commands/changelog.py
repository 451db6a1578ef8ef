"""The order of the steps of what is printed."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import Origin, Selection, opened_source, tell
from tracker.formats.changelog_json import exported, exported_from
from tracker.policy.model import Changelog, Service
from tracker.settings.configuration import Configuration
from tracker.text.titles import changelog_title
from tracker.text.words import Words, load_words, template_folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.policy.model import PolicyHistory, Skipped
    from tracker.risk import Assessment

__all__ = ["Format", "changelog", "printed"]


class Format(Struct, frozen=True):
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
    origin: Origin,
    configuration: Configuration,
    selection: Selection,
    written: Format,
    *,
    risk: bool = False,
    announcements: "Sequence[Path]" = (),
) -> "tuple[list[bytes], Sequence[Skipped]]":
    """Return the parts of the changelog of an origin in a format, in UTF-8, and what was left out of it.

    Its entries know what announced them, by the configured services' feeds and by those of the files named.

    Args:
        origin: the archive, or someone's repository.
        configuration: services, base URL, zone, titles.
        selection: what is asked for.
        written: how it is written.
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
    if written.name == "json" and not risk and not has_feeds:
        words = written.words(configuration)
        title = changelog_title(words, selection.service, configuration.title)
        with opened_source(origin, configuration, selection) as source:
            return exported_from(source, selection, title, words, load_catalogue())
    histories: list[PolicyHistory] | None = [] if risk else None
    if has_feeds:
        from tracker.documentation.announcement_feeds import announced, feeds_of

        feeds = feeds_of(services, announcements, selection.service)
        told = announced(tell(origin, configuration, selection, histories), feeds, load_catalogue())
    else:
        told = tell(origin, configuration, selection, histories)
    assessments = None
    if histories is not None:
        from tracker.changelog.assessments import assess

        whole = selection == Selection()
        assessments = assess(told, histories, load_catalogue(), configuration.rules, firsts=whole)
    return printed(told, configuration, selection.service, written, assessments), told.skipped


def printed(
    told: Changelog,
    configuration: Configuration,
    service: Service | None,
    written: Format,
    assessments: "Mapping[str, Assessment] | None" = None,
) -> list[bytes]:
    """Return the parts of a changelog in a format, in UTF-8.

    Args:
        told: the changelog.
        configuration: base URL, zone, titles.
        service: the service that it is about; None for all.
        written: how it is written.
        assessments: what the changes mean, by entry; None where nobody asked.

    Raises:
        UsageError: there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    words, catalogue = written.words(configuration), load_catalogue()
    if written.name == "json":
        titled = replace(told, title=changelog_title(words, service, configuration.title))
        return exported(titled, words, catalogue, assessments)
    from tracker.formats.renderer import Renderer
    from tracker.formats.views import View, page_of
    from tracker.text.rows import Teller

    teller = Teller(words, catalogue, configuration.time_zone, service, assessments)
    page = page_of(View("", told, service), teller, configuration, configuration.base_url, None)
    return [Renderer(template_folders(written.templates), words).changelog(written.name, page).encode()]
