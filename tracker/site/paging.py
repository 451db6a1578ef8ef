"""What is too much for one page is shared out over several, by how many elements a browser has to draw.

The first page has the newest; all else lies on numbered pages. Page 1 has the oldest, so that a full page never
changes again.
"""

import re
from collections.abc import Sequence

__all__ = ["MAX_ELEMENTS", "MAX_SCROLLED", "elements_in", "in_order", "page_files", "page_links", "split", "weight_of"]

MAX_ELEMENTS = 2200
"""Elements that lists may have on one page; with all else of a page that is below 3,000."""

MAX_SCROLLED = 1000
"""Weight of what stands open on one page: on a phone that is about twenty screens."""
_CHARACTERS = 35
"""Characters of HTML that take as much of a screen as an element does: text without lists is long, too."""
_FOLDED = re.compile(r"(?<=</summary>).*?(?=</details>)", re.DOTALL)


def elements_in(html: str) -> int:
    """Return how many elements a piece of HTML has."""
    return html.count("<") - html.count("</")


def weight_of(html: str) -> int:
    """Return how much of a screen a piece of HTML takes, in elements of usual length; what is folded has no length."""
    shown = _FOLDED.sub("", html) if "<details" in html else html
    return max(elements_in(html), len(shown) // _CHARACTERS)


def page_files(count: int) -> list[str]:
    """Return the files of so many pages, the newest first: `index.html`, then the numbered ones down to page 1."""
    return ["index.html", *(f"page-{number}.html" for number in range(count - 1, 0, -1))]


def page_links(names: Sequence[str], here: int) -> list[tuple[str, str, bool]]:
    """Return the links between the pages of one list, as templates take them: label, file, whether it is this page.

    The page with the newest has no number, and no label here: it is the one that its template calls so.

    Args:
        names: the files, the newest first.
        here: the index of this page.
    """
    labels = ["", *(str(number) for number in range(len(names) - 1, 0, -1))]
    return [(label, name, index == here) for index, (label, name) in enumerate(zip(labels, names, strict=True))]


def split(weights: Sequence[int], first: int = MAX_ELEMENTS, most: int = MAX_ELEMENTS) -> list[slice]:
    """Return which items stand on which page: the first page, then numbered pages, the one with the oldest last.

    An item that is heavier than a page has one of its own.

    Args:
        weights: the elements of each item, newest first.
        first: how many the first page takes.
        most: how many each other page takes.
    """
    end = _reach(weights, first)
    pages, stop = [], len(weights)
    while stop > end:
        start = stop - _reach(weights[end:stop][::-1], most)
        pages.append(slice(start, stop))
        stop = start
    return [slice(0, end), *reversed(pages)]


def _reach(weights: Sequence[int], most: int) -> int:
    """Return how many items from the first on fit; one at least, where there is any."""
    total = 0
    for count, weight in enumerate(weights):
        total += weight
        if total > most and count:
            return count
    return len(weights)


def in_order(weights: Sequence[int], most: int = MAX_ELEMENTS) -> list[slice]:
    """Return which items stand on which page, in the order that they have; an item that is too heavy has its own."""
    pages, start = [], 0
    while start < len(weights):
        stop = start + _reach(weights[start:], most)
        pages.append(slice(start, stop))
        start = stop
    return pages
