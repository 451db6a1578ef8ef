"""What there is to subscribe to: the feeds of each view and policy, the page that lists them, and the same as OPML."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from tracker.formats.renderer import Page
from tracker.site.feeds import FEED_FILES, feed_files
from tracker.site.localized import Edition

__all__ = ["feed_list", "opml", "view_feeds"]


def view_feeds(
    edition: Edition, folder: str, page: Page, *, thorough: bool, files: Mapping[str, str] = FEED_FILES
) -> Iterator[tuple[str, str]]:
    """Yield the feeds of a page: path from the root of the language, and text.

    Args:
        edition: the language.
        folder: the page's folder.
        page: what is told.
        thorough: read the newest feed back with a feed reader, too.
        files: the formats that are wanted, each with its file.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    depth = folder.count("/") + (0 if edition.is_main else 1)
    whole = replace(page, home=edition.url(""), root="../" * depth, url=edition.url(folder))
    for name, text in feed_files(whole, edition.renderer, thorough=thorough, files=files):
        yield f"{folder}{name}", text


def feed_list(edition: Edition) -> tuple[str, str]:
    """Return the page that lists the feeds."""
    return edition.html("feeds.html", "feeds", title=edition.words("site.feeds"))


def opml(edition: Edition) -> tuple[str, str]:
    """Return the list of all feeds as OPML; of each it names the one in RSS, which every reader takes."""
    common = edition.common("feeds.opml", "feeds")
    base = edition.configuration.base_url or common["here"].root
    return "feeds.opml", edition.renderer.render(
        "site/feeds.opml.xml.j2", **common, histories=edition.told.histories, base=base
    )
