"""Rows to text through Jinja: Markdown, HTML, RSS, Atom, plain text; and a feed's check by reading it back.

Templates lie in `templates/` and hold no sentences; a folder of the user's own comes first. Every text that came
from a policy is escaped: by autoescape in HTML and XML, by the filter `md` in Markdown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker.dates import format_time
from tracker.errors import RenderError
from tracker.model import Skipped
from tracker.rows import Row
from tracker.words import CODE_END, CODE_START, Words, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["FORMATS", "MOST_ITEMS", "Page", "Renderer", "check_feed"]

FORMATS = {
    "markdown": "changelog.md.j2",
    "html": "changelog.html.j2",
    "rss": "feed.rss.xml.j2",
    "text": "changelog.txt.j2",
}
"""Output format → template."""
MOST_ITEMS = 100
"""Items in a feed: the newest ones; the pages have all."""
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKED = re.compile(f"{CODE_START}([^{CODE_END}]*){CODE_END}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~-])")


@dataclass(frozen=True, slots=True)
class Page:
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
    alternates: dict[str, str] = field(default_factory=dict)
    """The same page in other languages: code → address."""

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

    def render(self, template: str, **values: Any) -> str:
        """Return a template filled.

        Raises:
            RenderError: the template is missing or at fault; says where.
        """
        from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

        try:
            return self._environment.get_template(template).render(**values)
        except TemplateNotFound as error:
            raise RenderError("no such template", where=str(error)) from error
        except TemplateSyntaxError as error:
            raise RenderError(f"{error.message}", where=f"{error.filename or template}:{error.lineno}") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise RenderError(str(error), where=_place(error, template)) from error

    def changelog(self, format_name: str, page: Page) -> str:
        """Return a changelog in one of FORMATS; a feed has its newest MOST_ITEMS rows."""
        rows = page.rows[:MOST_ITEMS] if format_name == "rss" else page.rows
        return self.render(FORMATS[format_name], page=page, rows=rows)


def _place(error: BaseException, template: str) -> str:
    """Return the template and line where an error arose, as far as its traceback tells."""
    place, trace = template, error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _environment(folders: Sequence[Path], words: Words) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is not None and name.endswith((".html.j2", ".xml.j2")),  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "rfc822": _rfc822,
        "iso": format_time,
        "marked": _marked,
        "md": _markdown,
        "plain": plain,
        "xmlsafe": _xml_safe,
    }
    environment.filters |= filters
    environment.globals |= {"words": words, "language": words.language}
    return environment


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _xml_safe(text: str) -> str:
    """Replace what XML 1.0 does not allow, escaped or not: https://www.w3.org/TR/xml/#charsets."""
    return _ILLEGAL_IN_XML.sub("\ufffd", text)


def _marked(text: str) -> "Markup":
    """Return a text as HTML, its marks as `<code>`."""
    from markupsafe import Markup, escape

    pieces = _MARKED.split(_xml_safe(text))
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def _markdown(text: str) -> str:
    """Return a text for a Markdown table's cell, its marks as code spans; one line, whatever it holds."""
    pieces = _MARKED.split(" ".join(_xml_safe(text).split()))
    return "".join(_code_span(piece) if place % 2 else _escaped(piece) for place, piece in enumerate(pieces))


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(_entity, text)


def _entity(match: "re.Match[str]") -> str:
    """Leave what is harmless inside a sentence; give the rest as an entity, which no table takes for its own."""
    return match[0] if match[0] in "-(){}!_" else f"&#{ord(match[0])};"


def _code_span(text: str) -> str:
    """Return a code span; one with a character that would end it, or the cell, as HTML."""
    if text and not set(text) & set("`|\\\n"):
        return f"`{text}`"
    entities = "".join(char if char.isalnum() or char in ":/.- " else f"&#{ord(char)};" for char in text)
    return f"<code>{entities}</code>"


def check_feed(text: str, rows: Sequence[Row], name: str) -> None:
    """Read a feed back as its subscribers will.

    Raises:
        RenderError: it is not well-formed, lost an item, or has an id twice; it must not be published.
    """
    import feedparser

    parsed = feedparser.parse(text.encode())
    if parsed.bozo:
        raise RenderError(f"not well-formed: {parsed.bozo_exception}", where=name)
    ids = [str(item.get("id", "")) for item in parsed.entries]
    lost = [row.id for row in rows[:MOST_ITEMS] if row.id not in ids]
    if lost or len(ids) != len(rows[:MOST_ITEMS]):
        raise RenderError(f"{len(rows[:MOST_ITEMS])} items went in, {len(ids)} came out", where=name)
    if len(set(ids)) != len(ids):
        raise RenderError("two items have the same id", where=name)
