"""Rows to text through Jinja: Markdown, HTML, RSS, Atom, JSON Feed, plain text; and a feed's check by reading it back.

Templates lie in `templates/` and hold no sentences; a folder of the user's own comes first. Every text that came
from a policy is escaped: by autoescape in HTML and XML, by the filter `md` in Markdown.
"""

import json
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from tracker.base.dates import format_time
from tracker.errors import RenderError
from tracker.policy.history import Skipped
from tracker.text.filters import FILTERS, urn, xml_safe
from tracker.text.rows import DescriptionBlock, Row
from tracker.text.words import Words, plain

__all__ = ["FEEDS", "FORMATS", "MAX_ITEMS", "ChangelogPage", "Renderer", "check_feed", "check_items"]

FORMATS = {
    "markdown": "changelog.md.j2",
    "html": "changelog.html.j2",
    "rss": "feed.rss.xml.j2",
    "atom": "feed.atom.xml.j2",
    "jsonfeed": "",
    "text": "changelog.txt.j2",
}
"""Output format → template; a JSON Feed has none."""
FEEDS = ("rss", "atom", "jsonfeed")
"""Those formats that are feeds: they have the newest MOST_ITEMS rows."""
MAX_ITEMS = 100
"""Items in a feed: the newest ones; the pages have all."""
MAX_LINES = 30
"""Lines of lists in an item of a feed; the page that it links to has all."""


class ChangelogPage(Struct, frozen=True):
    """A changelog ready to be printed."""

    title: str
    """Its heading."""
    lead: str
    """What it is, in a sentence."""
    rows: tuple[Row, ...]
    """What it tells, newest first."""
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
    """The way from a feed to the root of the site, for its style sheet; None for a feed that stands alone."""
    previous: str | None = None
    """Of a feed: where the archive page with older items is, or None (RFC 5005)."""
    current: str | None = None
    """Of an archive page of a feed: where the feed itself is; None for the feed itself."""

    name: str = ""
    """What the page is called for ever, in no language: the id of its feed; empty to go by the title."""

    @property
    def updated(self) -> datetime:
        """The time of the newest row; without rows a fixed one, since Atom wants one and no clock is asked."""
        return self.newest or datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def newest(self) -> datetime | None:
        """The time of the newest row, None without rows."""
        return max((row.at for row in self.rows), default=None)


class Renderer:
    """Prints pages in one language."""

    def __init__(self, folders: Sequence[Path], words: Words) -> None:
        """Take the template folders, the user's first, and the words."""
        self.words = words
        self._environment = _environment(folders, words)
        self._environment.globals["description_html"] = self.description_html
        self._described: dict[int, tuple[Row, Markup]] = {}
        self._items: dict[int, tuple[Row, Row]] = {}

    def description_html(self, row: Row) -> Markup:
        """Return a row's description in HTML, made once however many pages and feeds show it.

        Raises:
            RenderError: the template is missing or at fault.
        """
        if id(row) not in self._described:
            self._described[id(row)] = row, self.markup("description.html.j2", row=row)
        return self._described[id(row)][1]

    def _item(self, row: Row) -> Row:
        """Return a row as an item of a feed tells it; made once however many feeds have it."""
        if id(row) not in self._items:
            self._items[id(row)] = row, shorten_row(row, MAX_LINES, self.words)
        return self._items[id(row)][1]

    def markup(self, template: str, **values: Any) -> Markup:
        """Return a template of HTML filled, for use in another one.

        Raises:
            RenderError: the template is missing or at fault.
        """
        return Markup(self.render(template, **values).strip())  # noqa: S704 - such a template escapes by itself

    def source(self, name: str) -> str:
        """Return a file beside the templates as it is.

        Raises:
            RenderError: it is missing.
        """
        assert self._environment.loader  # noqa: S101 - given above
        try:
            return self._environment.loader.get_source(self._environment, name)[0]
        except TemplateNotFound as error:
            raise RenderError("no such template", where=str(error)) from error

    def render(self, template: str, **values: Any) -> str:
        """Return a template filled.

        Raises:
            RenderError: the template is missing or at fault; says where.
        """
        try:
            return self._environment.get_template(template).render(**values)
        except TemplateNotFound as error:
            raise RenderError("no such template", where=str(error)) from error
        except TemplateSyntaxError as error:
            raise RenderError(f"{error.message}", where=f"{error.filename or template}:{error.lineno}") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise RenderError(str(error), where=_error_location(error, template)) from error

    def changelog(self, format_name: str, page: ChangelogPage) -> str:
        """Return a changelog in one of FORMATS; a feed has its newest MOST_ITEMS rows."""
        rows = [self._item(row) for row in page.rows[:MAX_ITEMS]] if format_name in FEEDS else page.rows
        if format_name == "jsonfeed":
            return self._json_feed(page, rows)
        return self.render(FORMATS[format_name], page=page, rows=rows)

    def _json_feed(self, page: ChangelogPage, rows: Sequence[Row]) -> str:
        """Return a JSON Feed: https://www.jsonfeed.org/version/1.1/."""
        feed: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": xml_safe(page.title),
            "description": xml_safe(page.lead),
            "home_page_url": page.url or page.documentation,
            "feed_url": page.feed_url,
            "next_url": page.previous,
            "language": self.words.language,
            "authors": [{"name": self.words("site.name")}],
        }
        items = [
            {
                "id": xml_safe(row.id),
                **({"url": link} if (link := _link(page, row)) else {}),
                "title": xml_safe(plain(row.headline)),
                "content_html": str(self.description_html(row)),
                "date_published": format_time(row.at),
                "tags": [row.event, *([xml_safe(row.policy)] if row.policy else [])],
            }
            for row in rows
        ]
        told = {name: value for name, value in feed.items() if value is not None}
        lines = ",\n".join(_encode(item) for item in items)
        return f'{_encode(told)[:-1]}, "items": [\n{lines}\n]}}\n'


def shorten_row(row: Row, most: int, words: Words) -> Row:
    """Return a row with at most so many lines of lists; the last block says how many are left out."""
    lines = [len(block.items) + len(block.details) for block in row.blocks]
    if sum(lines) <= most:
        return row
    blocks, room = list[DescriptionBlock](), most
    for block in row.blocks:
        if room > 0:
            items = block.items[:room]
            details = block.details[: room - len(items)]
            blocks.append(replace(block, items=items, details=details))
            room -= len(items) + len(details)
    rest = DescriptionBlock(words("feed.more", count=sum(lines) - most))
    return replace(row, blocks=(*blocks, rest))


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _link(page: ChangelogPage, row: Row) -> str | None:
    """Return where the site tells a row; None where that is not known."""
    if page.home:
        return f"{page.home}{quote(row.address, safe='/#+=,@~:')}"
    return f"{page.url}#{quote(row.id)}" if page.url else None


def _error_location(error: BaseException, template: str) -> str:
    """Return the template and line where an error arose, as far as its traceback tells."""
    place, trace = template, error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class _Environment(Environment):
    """Jinja, where all templates have the same globals, which need not be brought together for each page."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template."""
        return super().make_globals(d) if d else self.globals


def _environment(folders: Sequence[Path], words: Words) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is not None and name.endswith((".html.j2", ".xml.j2")),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The words of a message that takes no values are asked for once, when Jinja reads the template.
    environment.filters |= {**FILTERS, "link": _link, "words": words}
    environment.globals |= {"words": words, "language": words.language}
    return environment


def check_feed(text: str, rows: Sequence[Row], name: str) -> None:
    """Read a feed in RSS or Atom back as its subscribers will.

    Raises:
        RenderError: it is not well-formed, lost an item, or has an id twice; it must not be published.
    """
    import feedparser

    parsed = feedparser.parse(text.encode(), sanitize_html=False, resolve_relative_uris=False)
    if parsed.bozo:
        raise RenderError(f"not well-formed: {parsed.bozo_exception}", where=name)
    _check_ids([str(item.get("id", "")) for item in parsed.entries], rows, name)


def check_items(text: str, rows: Sequence[Row], name: str) -> None:
    """Check what can be checked of a feed in an instant: there are thousands of them.

    Raises:
        RenderError: it is not well-formed, lost an item, or has an id twice; it must not be published.
    """
    try:
        if name.endswith(".json"):
            count = len(json.loads(text)["items"])
        else:
            expat.ParserCreate().Parse(text.encode(), True)
            count = text.count("</item>") + text.count("</entry>")
    except (expat.ExpatError, ValueError, KeyError, TypeError) as error:
        raise RenderError(f"not well-formed: {error}", where=name) from error
    if count != len(rows):
        raise RenderError(f"{len(rows)} items went in, {count} came out", where=name)
    if len({row.id for row in rows}) != len(rows):
        raise RenderError("two items have the same id", where=name)


def _check_ids(ids: Sequence[str], rows: Sequence[Row], name: str) -> None:
    expected = [row.id for row in rows[:MAX_ITEMS]]
    if sorted(ids) not in (sorted(expected), sorted(map(urn, expected))):
        raise RenderError(f"{len(expected)} items went in, {len(ids)} came out, or not those", where=name)
    if len(set(ids)) != len(ids):
        raise RenderError("two items have the same id", where=name)
