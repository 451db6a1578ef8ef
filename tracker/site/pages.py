"""The static site: every file of it, from what the archive says.

    index.html                          newest changes, counts, chart, filter
    changes/<year>.html                 all changes of a year, each in a line; of a long year the latest months, and
    changes/<year>-<month>.html         each earlier month on a page of its own
    policies/<owner>/<name>/            one policy: timeline, comparison, document, feeds
    services/<slug>/                    one configured service: update table, feeds, report, data
    actions/<prefix>.html               one service of the catalogue: its changes, and who grants what of it
    undocumented/                       changes that no recorded page documents, and their feed
    risk/<level>/                       what is at least as risky as that: feeds and cards
    data/…                              what the script loads: documents, search index, changes
    ko/…                                the same in another language, but for what is in none: the changelog as JSON,
                                        documents, the index of the search

All links are relative and name files, so that the folder can be opened from a disk. The site is made in parts, each
with the key of all that it is made from: where an earlier build made a part under the same key, it need not be made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import msgpack

from tracker.formats.renderer import Renderer
from tracker.formats.views import View
from tracker.settings.configuration import Configuration
from tracker.site.about import about_page, missing_page
from tracker.site.actions import action_parts
from tracker.site.api import api_page, api_parts
from tracker.site.arrivals import arrival_parts
from tracker.site.changes import chart_of, front_files, level_pages, report_files
from tracker.site.data import SiteData
from tracker.site.documentation import documentation_parts
from tracker.site.feeds import archive_pages, rows_of_part
from tracker.site.first_seen import first_seen_parts
from tracker.site.localized import LocalizedSite
from tracker.site.memo import digest_of
from tracker.site.parts import Part
from tracker.site.policies import PolicyPages
from tracker.site.preview import preview_image
from tracker.site.risk_index import RiskIndex
from tracker.site.scripts import behaviour, script_parts
from tracker.site.services import service_list
from tracker.site.sitemap import sitemap_files
from tracker.site.subscriptions import feed_list, feed_style, opml, view_feeds
from tracker.site.undocumented import undocumented_parts
from tracker.site.years import year_data, year_files

__all__ = ["SiteParts", "site_files"]

ASSETS = ("site.css", "icon.svg", "scheme.js")


def site_files(
    site_data: SiteData, risk_index: RiskIndex, renderers: Sequence[Renderer], configuration: Configuration
) -> Iterator[tuple[str, str | bytes]]:
    """Yield the files of the site: path within it, with slashes, and content.

    Args:
        site_data: what was read and compared.
        risk_index: what that means.
        renderers: one for each language, the main one first.
        configuration: titles, services, addresses.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for part in SiteParts(site_data, risk_index, renderers, configuration).all():
        yield from part.files()


class SiteParts:
    """The parts of the site."""

    def __init__(
        self,
        site_data: SiteData,
        risk_index: RiskIndex,
        renderers: Sequence[Renderer],
        configuration: Configuration,
    ) -> None:
        """Take what `site_files` takes."""
        self._site_data = site_data
        self._renderer = renderers[0]
        languages = [renderer.words.language for renderer in renderers]
        digests = _entry_digests(site_data, risk_index)
        self._languages = [
            PolicyPages(LocalizedSite(site_data, risk_index, renderer, languages, configuration, digests))
            for renderer in renderers
        ]
        self._everything = digest_of(
            *digests.values(),
            *(record.key for record in site_data.records),
            msgpack.encode(site_data.changelog.skipped),
        )

    def all(self) -> list[Part]:
        """Return all parts."""
        return [part for parts in self.lists() for part in parts()]

    def lists(self) -> list[Callable[[], list[Part]]]:
        """Return what lists the parts: those of the main language, those of each other, and what is in no language.

        A process that makes a whole list makes the rows of its language once: those of a policy are on its own page,
        on those of years and services, and in feeds. So the API, which has rows of the main language, is in that list.
        """
        main, *others = self._languages
        lists = [partial(self._of_main_language, main), *(partial(self._of_language, pages) for pages in others)]
        return [*lists, self._of_no_language]

    def unknown_policies(self) -> int:
        """Return how many policies there are, language by language, of which an earlier build did not keep a summary.

        To list the parts takes as long as to make a third of them where nothing is kept.
        """
        return sum(pages.unknown() for pages in self._languages)

    def _of_no_language(self) -> list[Part]:
        """Return what is in no language: which pages there are, the picture of the site, and what scripts load."""
        main, sites = self._languages[0].site, [pages.site for pages in self._languages]
        every = main.key(self._everything)
        return [
            self._assets(),
            Part("addresses", every, lambda: sitemap_files(sites)),
            Part("preview", every, lambda: iter([("preview.png", preview_image(chart_of(main)))])),
            *script_parts(self._site_data),
        ]

    def _assets(self) -> Part:
        """Return what is in no language and of no archive."""
        key = digest_of(self._site_data.base, "assets")
        return Part("assets", key, lambda: ((name, self._renderer.source(f"site/{name}")) for name in ASSETS))

    def _of_main_language(self, pages: PolicyPages) -> list[Part]:
        """Return what `_of_language` returns, and the API."""
        return [*self._of_language(pages), *api_parts(pages.site, lambda: pages.listed, self._everything)]

    def _of_language(self, pages: PolicyPages) -> list[Part]:
        """Return the parts of a language, its policies first."""
        return [*pages.parts(), *self._other_parts(pages)]

    def _other_parts(self, pages: PolicyPages) -> Iterator[Part]:
        """Yield all but the pages of policies."""
        site = pages.site
        every = site.key(self._everything)
        yield site.part("script", site.key("script"), lambda: [behaviour(site), feed_style(site)])
        yield site.part("front", every, partial(front_files, site))
        for year, places in site.by_year.items():
            entries = [entry for place in places for entry in site.rows.folds[place]]
            key = site.key(*site.years, site.digest(entries))
            yield site.part(f"changes/{year}", key, partial(year_files, site, year))
            if site.is_main:
                yield site.part(f"api/v1/changes/{year}", key, partial(year_data, site, year))
        for view in site.views:
            yield from _view_parts(site, view)
        yield from pages.list_parts()
        yield site.part("services", every, lambda: [service_list(site)])
        yield site.part("feeds", every, lambda: [feed_list(site), opml(site)])
        yield site.part("about", every, lambda: [about_page(site), api_page(site), missing_page(site)])
        yield from action_parts(site)
        yield from documentation_parts(site)
        yield from undocumented_parts(site)
        yield from first_seen_parts(site)
        yield from arrival_parts(site)


def _view_parts(site: LocalizedSite, view: View) -> Iterator[Part]:
    """Yield the feeds of a view, each archive page as a part, and its page or reports."""
    page, folds = site.pages[view.folder], site.rows_of(view.folder).folds
    pages = archive_pages(page)
    for number in range(pages + 1):
        entries = [entry for fold in folds[rows_of_part(page, number)] for entry in fold]
        key = site.key("feeds", str(0 if number else pages), site.digest(entries))
        files = partial(view_feeds, site, view.folder, page, thorough=not view.folder, numbers=(number,))
        yield site.part(f"{view.folder}feeds/{number}", key, files)
    key = site.key("view", *site.years, site.digest(view.changelog.entries))
    if view.level:
        yield site.part(view.folder, key, partial(level_pages, site, view))
    elif view.folder:
        yield site.part(f"{view.folder}reports", key, partial(report_files, site, view))


def _entry_digests(site_data: SiteData, risk_index: RiskIndex) -> Mapping[str, str]:
    """Return a digest of all that the site shows of each entry, by its id."""
    return {
        entry.id: digest_of(msgpack.encode(entry), msgpack.encode(risk_index.assessments.get(entry.id)))
        for entry in site_data.changelog.entries
    }
