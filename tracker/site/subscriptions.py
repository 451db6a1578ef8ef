"""What there is to subscribe to: the feeds of each view and policy, the page that lists them, and the same as OPML."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tracker.changelog.model import Event
from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.renderer import MAX_ITEMS
from tracker.site.feeds import FEED_FILES, feed_files
from tracker.site.localized import LocalizedSite
from tracker.text.rows import Row

__all__ = ["ITEMS_OF_A_POLICY", "ITEMS_OF_A_SERVICE", "feed_list", "feed_style", "opml", "view_feeds"]

_FOLDED = frozenset({Event.POLICY_REISSUED, Event.TRACKING_STARTED})
"""Events of which one row has all of a day, or all there are: those that its feed is about."""
ITEMS_OF_A_SERVICE, ITEMS_OF_A_POLICY = 20, 10
"""Items in the feed of one service or policy: AWS seldom publishes as many in a year, and the page has all."""


def view_feeds(
    localized_site: LocalizedSite,
    folder: str,
    page: ChangelogPage,
    *,
    thorough: bool,
    files: Mapping[str, str] = FEED_FILES,
    numbers: Iterable[int] | None = None,
    most: int = MAX_ITEMS,
    own_ids: bool = False,
) -> Iterator[tuple[str, str]]:
    """Yield the feeds of a page: path from the root of the language, and text.

    Readers show items of one id once, in whichever feed they come first. So an item that says the same in every feed
    has one id in all of them, and one whose text depends on the feed has an id that ends with the feed's folder.

    Args:
        localized_site: the language.
        folder: the page's folder.
        page: what the feed holds.
        thorough: read the newest feed back with a feed reader, too.
        files: the formats that are wanted, each with its file.
        numbers: the archive pages that are wanted, as `feed_files` takes them.
        most: how many of the newest items the feed has, at most.
        own_ids: True if this feed says something else of each entry than the feed of all changes.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    root = "../" * folder.count("/")
    rows = page.rows if most >= MAX_ITEMS else page.rows[:most]
    whole = replace(page, rows=rows, home=localized_site.url(""), root=root, url=localized_site.url(folder))

    def as_item(row: Row) -> Row:
        return _with_own_id(row, folder) if own_ids or row.event in _FOLDED else row

    written = feed_files(
        whole, localized_site.renderer, thorough=thorough, files=files, numbers=numbers, as_item=as_item
    )
    for name, text in written:
        yield f"{folder}{name}", text


def _with_own_id(row: Row, folder: str) -> Row:
    return replace(row, id=f"{row.id}/{folder.rstrip('/')}") if folder else row


def feed_list(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the page that lists the feeds."""
    title = localized_site.words("site.feeds")
    return localized_site.html("feeds.html", "feeds", title=title, **_feeds_beside_views(localized_site))


def _feeds_beside_views(localized_site: LocalizedSite) -> dict[str, Any]:
    """Return the feeds that are neither a view's nor a policy's: each with its name and its folder."""
    more = dict(localized_site.more)
    further = [(name, f"{name}/") for name in ("first-seen", "undocumented") if name in more]
    services = [page.service for page in localized_site.documented if not page.is_configured]
    return {
        "further": [(localized_site.words(f"more.{name}"), way) for name, way in further],
        "services": sorted(
            ((service.name, f"services/{service.slug}/") for service in services), key=lambda one: one[0].lower()
        ),
    }


def opml(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the list of all feeds as OPML; of each it names the one in RSS, which every reader takes."""
    common = localized_site.common("feeds.opml", "feeds")
    base = localized_site.configuration.base_url or common["here"].root
    return "feeds.opml", localized_site.renderer.render(
        "site/feeds.opml.xml.j2",
        **common,
        **_feeds_beside_views(localized_site),
        histories=localized_site.site_data.histories,
        base=base,
        folder=localized_site.folder,
    )


def feed_style(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the style sheet of feeds, which says what they are to whoever opens one in a browser."""
    about = "".join(char for char in localized_site.words("feed.about") if char not in '"\\\n')
    return "feed.css", localized_site.renderer.source("site/feed.css").replace("@about@", about)
