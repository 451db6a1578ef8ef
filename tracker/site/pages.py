"""The static site: every file of it, from what the archive tells.

    index.html                          newest changes, counts, chart, filter
    changes/<year>.html                 all changes of a year
    policies/<owner>/<name>/            one policy: timeline, comparison, document, feeds
    services/<slug>/                    one configured service: update table, feeds, report, data
    actions/<prefix>.html               one service of the catalogue: its changes, and who grants what of it
    risk/<level>/                       what is at least as risky as that: feeds and cards
    data/…                              what the script loads: documents, search index, changes
    ko/…                                the same in another language, but for what is in none: the changelog as JSON,
                                        documents, the index of the search

All links are relative and name files, so that the folder can be opened from a disk. What was read once is told
once a language and reused on every page.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from tracker.formats.renderer import Renderer
from tracker.settings.configuration import Configuration
from tracker.site.about import about_page
from tracker.site.actions import action_files
from tracker.site.changes import front_files, level_page, report_files, year_files
from tracker.site.data import Told
from tracker.site.documentation import documentation_files
from tracker.site.localized import Edition
from tracker.site.policies import policy_files
from tracker.site.risk_index import Judged
from tracker.site.scripts import behaviour, script_files
from tracker.site.services import service_list
from tracker.site.subscriptions import feed_list, opml, view_feeds

__all__ = ["Part", "site_files", "site_parts"]

Part = Callable[[], Iterator[tuple[str, str]]]
"""Makes some files of the site: yields the path and the text of each."""

ASSETS = ("site.css", "feed.css", "icon.svg")


def site_files(
    told: Told, judged: Judged, renderers: Sequence[Renderer], configuration: Configuration
) -> Iterator[tuple[str, str]]:
    """Yield the files of the site: path within it, with slashes, and text.

    Args:
        told: what the archive tells.
        judged: what that means.
        renderers: one for each language, the main one first.
        configuration: titles, services, addresses.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for part in site_parts(told, judged, renderers, configuration):
        yield from part()


def site_parts(told: Told, judged: Judged, renderers: Sequence[Renderer], configuration: Configuration) -> list[Part]:
    """Return the site in parts that can be made apart from each other, in the order of `site_files`.

    Neighbours have most in common: each language in three parts, the main one first, then what is in no language.
    """
    languages = [renderer.words.language for renderer in renderers]
    edition = cache(lambda place: Edition(told, judged, renderers[place], languages, configuration))

    def part(place: int, files: Callable[[Edition], Iterator[tuple[str, str]]]) -> Part:
        return lambda: _within_language(edition(place), files)

    by_language = (
        part(place, files) for place in range(len(renderers)) for files in (_files, action_files, documentation_files)
    )
    return [*by_language, lambda: _shared_files(told, renderers[0])]


def _shared_files(told: Told, renderer: Renderer) -> Iterator[tuple[str, str]]:
    """Yield what is in no language."""
    for name in ASSETS:
        yield name, renderer.source(f"site/{name}")
    yield from script_files(told)


def _within_language(
    edition: Edition, files: Callable[[Edition], Iterator[tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    for path, text in files(edition):
        yield f"{edition.folder}{path}", text


def _files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the files of one language, but for the pages of actions."""
    yield behaviour(edition)
    yield from front_files(edition)
    yield from year_files(edition)
    for view in edition.views:
        yield from view_feeds(edition, view.folder, edition.pages[view.folder], thorough=True)
        if view.level:
            yield level_page(edition, view)
            continue
        yield from report_files(edition, view)
    yield from policy_files(edition)
    yield service_list(edition)
    yield feed_list(edition)
    yield opml(edition)
    yield about_page(edition)
