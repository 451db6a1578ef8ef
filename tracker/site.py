"""The published folder: for each language and view its page, report, feed and data.

    index.html changelog.md feed.xml changelog.json      all policies, in the main language
    services/<slug>/…                                    the policies of one configured service
    ko/…                                                 the same in another language

Everything is made anew from the archive; the same archive gives the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracker.assessments import members
from tracker.catalogue import Catalogue
from tracker.configuration import Configuration, has_policy
from tracker.contract import changelog_to_json
from tracker.model import Changelog, Service, Skipped
from tracker.render import Page, Renderer, check_feed
from tracker.risk import Assessment
from tracker.rows import Teller, title_of
from tracker.words import Words, printable

__all__ = ["View", "changelog_title", "page_of", "site_files", "views_of"]


@dataclass(frozen=True, slots=True)
class View:
    """A part of the changelog that has a folder of its own."""

    folder: str
    """Its folder below the language's, with a final slash; empty for the top."""
    changelog: Changelog
    """What it tells; its title is made per language."""
    service: Service | None
    """The service it is about, None for all policies."""


def changelog_title(words: Words, service: Service | None, configured: str | None = None) -> str:
    """Return the heading of a changelog."""
    if service is not None:
        return words("changelog.title.service", service=service.name)
    return configured or words("changelog.title")


def page_of(view: View, teller: Teller, configuration: Configuration, url: str | None, feed_url: str | None) -> Page:
    """Return a view as a page in the teller's language.

    Args:
        view: what is told.
        teller: its words, names and zone.
        configuration: the title of the whole.
        url: where the page will be, if it is known.
        feed_url: where its feed will be, if it is known.
    """
    words = teller.words
    lead = words("changelog.lead.service", service=view.service.name) if view.service else words("changelog.lead")
    return Page(
        title=changelog_title(words, view.service, configuration.title),
        lead=lead,
        rows=tuple(teller.rows(view.changelog)),
        dated=words("changelog.dated", date=teller.catalogue.dated.isoformat()),
        skipped=tuple(Skipped(printable(item.where), printable(item.reason)) for item in view.changelog.skipped),
        url=url,
        feed_url=feed_url,
        documentation=view.service.documentation if view.service else None,
    )


def views_of(changelog: Changelog, configuration: Configuration) -> list[View]:
    """Return the whole and each configured service that has entries."""
    views = [View("", changelog, None)]
    for service in configuration.services:
        entries = tuple(entry for entry in changelog.entries if has_policy(service, entry.policy))
        if entries:
            views.append(View(f"services/{service.slug}/", replace(changelog, entries=entries, skipped=()), service))
    return views


def site_files(
    views: Sequence[View],
    renderers: Sequence[Renderer],
    catalogue: Catalogue,
    configuration: Configuration,
    assessments: Mapping[str, Assessment],
) -> Iterator[tuple[Path, str]]:
    """Yield the files of the site: path within it, and text.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for renderer in renderers:
        main = renderer is renderers[0]
        for view in views:
            folder = view.folder if main else f"{renderer.words.language}/{view.folder}"
            yield from _view_files(view, folder, renderer, catalogue, configuration, assessments)


def _view_files(
    view: View,
    folder: str,
    renderer: Renderer,
    catalogue: Catalogue,
    configuration: Configuration,
    assessments: Mapping[str, Assessment],
) -> Iterator[tuple[Path, str]]:
    teller = Teller(renderer.words, catalogue, configuration.time_zone, view.service, assessments)
    url = f"{configuration.base_url}{folder}" if configuration.base_url else None
    page = page_of(view, teller, configuration, url, "feed.xml")
    feed = replace(page, feed_url=f"{url}feed.xml" if url else None)
    text = renderer.changelog("rss", feed)
    check_feed(text, page.rows, f"{folder}feed.xml")
    yield Path(folder, "index.html"), renderer.changelog("html", page)
    yield Path(folder, "changelog.md"), renderer.changelog("markdown", page)
    yield Path(folder, "feed.xml"), text
    told = replace(view.changelog, title=page.title)
    lines = changelog_to_json(
        told,
        lambda entry: title_of(entry, renderer.words, catalogue),
        lambda entry: members(entry, assessments, catalogue),
    )
    yield Path(folder, "changelog.json"), "".join(f"{line}\n" for line in lines)
