"""The feeds of a view: RSS, Atom and JSON Feed with the newest items, and archive pages in Atom with all others.

Archive page 1 has the oldest items and each page has as many as a feed, so that a full page never changes again
(RFC 5005, section 4, which is about Atom). Items that are found later, with an old date, are the exception. The other
formats have the newest items only: whoever reads JSON has all changes of a year in one file.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.feed_checks import check_feed, check_items
from tracker.formats.registry import CHANGELOG
from tracker.formats.renderer import MAX_ITEMS, Renderer
from tracker.text.rows import Row

__all__ = ["FEED_FILES", "archive_pages", "feed_files", "rows_of_part"]

FEED_FILES = {each.name: each.feed_file for each in CHANGELOG if each.feed_file}
"""Format of a feed → its file in the folder of its view."""
_INDENT = re.compile(r"\n +(?=<)")
"""What stands before the tags of a template: in thousands of feeds that is more than a megabyte."""


def feed_files(
    page: ChangelogPage,
    renderer: Renderer,
    *,
    thorough: bool,
    files: Mapping[str, str] = FEED_FILES,
    numbers: Iterable[int] | None = None,
    as_item: Callable[[Row], Row] = lambda row: row,
) -> Iterator[tuple[str, str]]:
    """Yield the files of a view's feeds: name within the view's folder, and text.

    Args:
        page: all its rows, newest first; with `url` where the view's folder will be, if that is known.
        renderer: prints.
        thorough: read the newest feed back with a feed reader, too.
        files: the formats that are wanted, each with its file.
        numbers: the archive pages that are wanted, 0 for the feed itself; None for all.
        as_item: returns a row as this feed has it; is called for the rows of wanted pages alone.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for kind, name in files.items():
        for number, part in _parts(page, name, numbers, as_item):
            file = _numbered(name, number)
            text = renderer.changelog(kind, part)
            text = _INDENT.sub("\n", text)
            check_items(text, part.rows, file)
            if thorough and number == 0 and name.endswith(".xml"):
                check_feed(text, part.rows, file)
            yield file, text


def _numbered(name: str, number: int) -> str:
    """Return the name of an archive page; number 0 is the feed itself."""
    stem, _, kind = name.rpartition(".")
    return f"archive/{stem}-{number}.{kind}" if number else name


def archive_pages(page: ChangelogPage) -> int:
    """Return how many archive pages the feeds of a page have."""
    return (len(page.rows) - 1) // MAX_ITEMS if page.rows else 0


def rows_of_part(page: ChangelogPage, number: int) -> slice:
    """Return which rows of a page an archive page of its feeds has; the newest for number 0, the feed itself."""
    if not number:
        return slice(0, MAX_ITEMS)
    end = len(page.rows) - (number - 1) * MAX_ITEMS
    return slice(max(0, end - MAX_ITEMS), end)


def _parts(
    page: ChangelogPage, name: str, numbers: Iterable[int] | None, as_item: Callable[[Row], Row]
) -> Iterator[tuple[int, ChangelogPage]]:
    """Yield the feed and its archive pages, each knowing the one before."""
    base, pages = page.url or "", archive_pages(page) if name == FEED_FILES["atom"] else 0
    for number in range(pages + 1) if numbers is None else [number for number in numbers if number <= pages]:
        before = number - 1 if number else pages
        rows = tuple(map(as_item, page.rows[rows_of_part(page, number)]))
        way = "../" if number and not page.url else ""
        yield (
            number,
            replace(
                page,
                rows=rows,
                root=f"../{page.root}" if number and page.root is not None else page.root,
                feed_url=f"{base}{_numbered(name, number)}" if page.url else None,
                previous=f"{base}{way}{_numbered(name, before)}" if before else None,
                current=f"{base}{way}{name}" if number else None,
            ),
        )
