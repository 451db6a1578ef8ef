"""The static site: every file of it, from what the archive tells.

    index.html                          newest changes, counts, chart, filter
    changes/<year>.html                 all changes of a year
    policies/<owner>/<name>/            one policy: timeline, comparison, document, feeds
    services/<slug>/                    one configured service: update table, feeds, report, data
    actions/<prefix>.html               one service of the catalogue: its changes, and who grants what of it
    data/…                              what the script loads: documents, search index, changes
    ko/…                                the same in another language, but for what would double the site for little:
                                        pages of actions, feeds of single policies, archive pages of feeds, JSON

All links are relative and name files, so that the folder can be opened from a disk. What was read once is told
once a language and reused on every page.
"""

from collections.abc import Iterator, Sequence

from tracker.configuration import Configuration
from tracker.render import Renderer
from tracker.site.about import about_page
from tracker.site.actions import action_files
from tracker.site.changes import front_files, level_page, report_files, year_files
from tracker.site.edition import Edition
from tracker.site.policies import policy_files
from tracker.site.scripts import script_files
from tracker.site.services import service_files, service_list
from tracker.site.subscriptions import feed_list, opml, view_feeds
from tracker.site.told import Told

__all__ = ["site_files"]

ASSETS = ("site.css", "site.js", "feed.css", "icon.svg")


def site_files(told: Told, renderers: Sequence[Renderer], configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the files of the site: path within it, with slashes, and text.

    Args:
        told: what the archive tells.
        renderers: one for each language, the main one first.
        configuration: titles, services, addresses.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for name in ASSETS:
        yield name, renderers[0].source(f"site/{name}")
    yield from script_files(told)
    languages = [renderer.words.language for renderer in renderers]
    for renderer in renderers:
        edition = Edition(told, renderer, languages, configuration)
        for path, text in _files(edition):
            yield f"{edition.folder}{path}", text


def _files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the files of one language."""
    yield from front_files(edition)
    yield from year_files(edition)
    for view in edition.views:
        yield from view_feeds(edition, view.folder, edition.pages[view.folder], thorough=True)
        if view.level:
            yield level_page(edition, view)
            continue
        yield from report_files(edition, view)
        if view.service:
            yield from service_files(edition, view)
    yield from policy_files(edition)
    yield service_list(edition)
    if edition.is_main:
        yield from action_files(edition)
    yield feed_list(edition)
    yield opml(edition)
    yield about_page(edition)
