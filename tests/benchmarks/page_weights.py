"""What a reader's browser loads before the first click: compressed bytes and elements of each page of a site.

    python tests/benchmarks/page_weights.py PUBLISHED_FOLDER [COUNT]

Prints the front page, then the heaviest pages. A page loads itself, its style, its script and its icon; all else waits
for the reader. Bytes are those of gzip, as every host sends them.
"""

import gzip
import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

LOADED = re.compile(r'(?:<link rel="(?:stylesheet|icon)"[^>]*?href|<script src)="([^"]+)"')
MOST_BYTES = {"index.html": 40_000}
OF_ANY_OTHER, MOST_ELEMENTS = 80_000, 3_000


class Weight(NamedTuple):
    """What a page weighs."""

    size: int
    elements: int
    path: str


class _Elements(HTMLParser):
    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the name is that of HTMLParser
        """Count an element."""
        self.count += 1


@cache
def compressed(file: Path) -> int:
    """Return how many bytes a host sends of a file."""
    return len(gzip.compress(file.read_bytes(), 6))


def weight(top: Path, file: Path) -> Weight:
    """Return what a page weighs with all that it loads by itself."""
    text = file.read_text(encoding="utf-8")
    # The page for an unknown address has whole ones: what it loads lies at the top.
    loaded = [(top / Path(path).name if path[0] == "/" else file.parent / path) for path in LOADED.findall(text)]
    loaded = [path.resolve() for path in loaded]
    elements = _Elements()
    elements.feed(text)
    size = len(gzip.compress(text.encode(), 6)) + sum(map(compressed, loaded))
    return Weight(size, elements.count, str(file.relative_to(top)))


def main(folder: str, count: str = "5") -> None:
    """Measure and print."""
    top = Path(folder)
    found = sorted((weight(top, file) for file in top.rglob("*.html")), reverse=True)
    heavy = [page for page in found if page.size > MOST_BYTES.get(page.path, OF_ANY_OTHER)]
    large = [page for page in found if page.elements > MOST_ELEMENTS]
    shown = [page for page in found if page.path == "index.html"] + found[: int(count)]
    most = sorted(found, key=lambda page: -page.elements)[: int(count)]
    for title, pages in (("heaviest", shown), ("most elements", most)):
        sys.stdout.write(f"{title}:\n")
        for page in pages:
            sys.stdout.write(f"  {page.size / 1000:8.1f} kB {page.elements:7,} elements  {page.path}\n")
    sys.stdout.write(
        f"{len(found)} pages: {len(heavy)} too heavy, {len(large)} with more than {MOST_ELEMENTS} elements\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
