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
from tracker.site.data import SiteData
from tracker.site.documentation import documentation_files
from tracker.site.localized import LocalizedSite
from tracker.site.policies import policy_files
from tracker.site.risk_index import RiskIndex
from tracker.site.scripts import behaviour, script_files
from tracker.site.services import service_list
from tracker.site.subscriptions import feed_list, opml, view_feeds

__all__ = ["Part", "site_files", "site_parts"]

Part = Callable[[], Iterator[tuple[str, str]]]
"""Makes some files of the site: yields the path and the text of each."""

ASSETS = ("site.css", "feed.css", "icon.svg")


def site_files(
    site_data: SiteData, risk_index: RiskIndex, renderers: Sequence[Renderer], configuration: Configuration
) -> Iterator[tuple[str, str]]:
    """Yield the files of the site: path within it, with slashes, and text.

    Args:
        site_data: what the archive tells.
        risk_index: what that means.
        renderers: one for each language, the main one first.
        configuration: titles, services, addresses.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for part in site_parts(site_data, risk_index, renderers, configuration):
        yield from part()


def site_parts(
    site_data: SiteData, risk_index: RiskIndex, renderers: Sequence[Renderer], configuration: Configuration
) -> list[Part]:
    """Return the site in parts that can be made apart from each other, in the order of `site_files`.

    Neighbours have most in common: each language in three parts, the main one first, then what is in no language.
    """
    languages = [renderer.words.language for renderer in renderers]
    localized_site = cache(
        lambda place: LocalizedSite(site_data, risk_index, renderers[place], languages, configuration)
    )

    def part(place: int, files: Callable[[LocalizedSite], Iterator[tuple[str, str]]]) -> Part:
        return lambda: _within_language(localized_site(place), files)

    by_language = (
        part(place, files) for place in range(len(renderers)) for files in (_files, action_files, documentation_files)
    )
    return [*by_language, lambda: _shared_files(site_data, renderers[0])]


def _shared_files(site_data: SiteData, renderer: Renderer) -> Iterator[tuple[str, str]]:
    """Yield what is in no language."""
    for name in ASSETS:
        yield name, renderer.source(f"site/{name}")
    yield from script_files(site_data)


def _within_language(
    localized_site: LocalizedSite, files: Callable[[LocalizedSite], Iterator[tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    for path, text in files(localized_site):
        yield f"{localized_site.folder}{path}", text


def _files(localized_site: LocalizedSite) -> Iterator[tuple[str, str]]:
    """Yield the files of one language, but for the pages of actions."""
    yield behaviour(localized_site)
    yield from front_files(localized_site)
    yield from year_files(localized_site)
    for view in localized_site.views:
        yield from view_feeds(localized_site, view.folder, localized_site.pages[view.folder], thorough=True)
        if view.level:
            yield level_page(localized_site, view)
            continue
        yield from report_files(localized_site, view)
    yield from policy_files(localized_site)
    yield service_list(localized_site)
    yield feed_list(localized_site)
    yield opml(localized_site)
    yield about_page(localized_site)
