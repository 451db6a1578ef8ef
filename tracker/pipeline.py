"""The order of the steps of what is printed."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.announcing import announced, feeds_of
from tracker.catalogue import load_catalogue
from tracker.configuration import Configuration
from tracker.export import exported
from tracker.model import Changelog, Service
from tracker.telling import Origin, Selection, tell
from tracker.titles import changelog_title
from tracker.words import load_words, template_folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.model import PolicyHistory
    from tracker.risk import Assessment

__all__ = ["changelog", "printed"]


def changelog(
    origin: Origin,
    configuration: Configuration,
    selection: Selection,
    *,
    risk: bool,
    announcements: "Sequence[Path]" = (),
) -> tuple[Changelog, "dict[str, Assessment] | None"]:
    """Return the changelog of an origin, and the assessments of its entries where they are asked for.

    Its entries know what announced them, by the configured services' feeds and by those of the files named.

    Raises:
        PageError: a feed can't be read.
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for.
    """
    services = [selection.service] if selection.service else configuration.services
    feeds = feeds_of(services, announcements, selection.service)
    histories: list[PolicyHistory] | None = [] if risk else None
    told = tell(origin, configuration, selection, histories)
    if feeds:
        told = announced(told, feeds, load_catalogue())
    if histories is None:
        return told, None
    from tracker.assessments import assess

    whole = selection == Selection()
    return told, assess(told, histories, load_catalogue(), configuration.rules, firsts=whole)


def printed(
    told: Changelog,
    configuration: Configuration,
    service: Service | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    assessments: "Mapping[str, Assessment] | None" = None,
) -> bytes:
    """Return a changelog in a format, in UTF-8.

    Args:
        told: the changelog.
        configuration: base URL, zone, and the language where none is named.
        service: the service that it is about; None for all.
        language: None for the first of the configuration.
        format_name: `json`, or one of `FORMATS` of `render.py`.
        templates: a folder of templates that come first.
        assessments: what the changes mean, by entry; None where nobody asked.

    Raises:
        UsageError: there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    folders = template_folders(templates)
    words, catalogue = load_words(language or configuration.languages[0], folders), load_catalogue()
    if format_name == "json":
        titled = replace(told, title=changelog_title(words, service, configuration.title))
        return exported(titled, words, catalogue, assessments)
    from tracker.render import Renderer
    from tracker.rows import Teller
    from tracker.site import View, page_of

    teller = Teller(words, catalogue, configuration.time_zone, service, assessments)
    page = page_of(View("", told, service), teller, configuration, configuration.base_url, None)
    return Renderer(folders, words).changelog(format_name, page).encode()
