"""A changelog ready to be printed: what the templates of pages and feeds are given."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from tracker.policy.history import Skipped
from tracker.text.rows import DescriptionBlock, Row
from tracker.text.words import Words

__all__ = ["ChangelogPage", "row_link", "shorten_row"]


class ChangelogPage(Struct, frozen=True):
    """A changelog ready to be printed."""

    title: str
    """Its heading."""
    lead: str
    """What it is, in a sentence."""
    rows: Sequence[Row]
    """Its rows, newest first."""
    dated: str
    """The date of the data that services and levels were taken from, as a sentence."""
    skipped: tuple[Skipped, ...] = ()
    """What was left out."""
    url: str | None = None
    """Where the page will be; absolute, or None."""
    feed_url: str | None = None
    """Where its feed will be: absolute for feeds, relative for pages, or None."""
    documentation: str | None = None
    """The documentation's own page, or None."""
    alternates: dict[str, str] = {}  # each page has its own
    """The same page in other languages: code → address."""
    home: str | None = None
    """Where the root of the language will be; absolute, or None: then a feed's items link to `url`, if anywhere."""
    root: str | None = None
    """The way from a feed to the root of its language, for its style sheet; None for a feed that stands alone."""
    previous: str | None = None
    """Of a feed: where the archive page with older items is, or None (RFC 5005)."""
    current: str | None = None
    """Of an archive page of a feed: where the feed itself is; None for the feed itself."""

    name: str = ""
    """What the page is called for ever, in no language: the id of its feed; empty to go by the title."""
    scope: str = ""
    """How much was left out, as a sentence, which is part of the lead, too; empty for nothing."""
    attached: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of a page that shows only what is attached: policies, and who has them; empty where that is not to be said."""

    @property
    def updated(self) -> datetime:
        """The time of the newest row; without rows a fixed one, since Atom wants one and no clock is asked."""
        return self.newest or datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def newest(self) -> datetime | None:
        """The time of the newest row, None without rows."""
        return max((row.at for row in self.rows), default=None)


def row_link(page: ChangelogPage, row: Row) -> str | None:
    """Return where the site shows a row; None where that is not known."""
    if page.home:
        return f"{page.home}{quote(row.address, safe='/#+=,@~:')}"
    return f"{page.url}#{quote(row.id)}" if page.url else None


def shorten_row(row: Row, most: int, words: Words) -> Row:
    """Return a row with at most so many lines of lists; the last block says how many are left out."""
    lines = [len(block.items) + len(block.details) for block in row.blocks]
    if sum(lines) <= most:
        return row
    blocks, left = list[DescriptionBlock](), most
    for block in row.blocks:
        if left > 0:
            items = block.items[:left]
            details = block.details[: left - len(items)]
            blocks.append(replace(block, items=items, details=details))
            left -= len(items) + len(details)
    rest = DescriptionBlock(words("feed.more", count=sum(lines) - most), is_literal=blocks[-1].is_literal)
    return replace(row, blocks=(*blocks, rest))
