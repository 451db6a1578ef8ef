"""What templates do with a text: the filters of Jinja by which it enters HTML, XML or Markdown."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from zlib import crc32

from markupsafe import Markup, escape

from tracker.base.dates import format_time
from tracker.text.words import CODE_END, CODE_START, plain

if TYPE_CHECKING:
    from tracker.text.rows import Row

__all__ = ["FILTERS", "joined", "urn", "xml_safe"]

_IDS = UUID("5b3c8d0e-6a0f-5c56-9d3b-2f9f0f6a7e11")
"""The name space of Atom's ids; never changed."""
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKED = re.compile(f"{CODE_START}([^{CODE_END}]*){CODE_END}")
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[:/_])(?=[^:/_])")
_SPACES = re.compile(r"(\s+)")
_DAY = re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b")
_CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
_IN_A_LINE, _WHOLE, _SHORT = 32, 6, 3
"""Names no longer than that stay in a line of a phone; a piece shorter than the second does not end, and one no longer
than the third does not begin, at a break: `AmazonS3|ReadOnly|Access`."""
_MARKDOWN = re.compile(r"[\\`*\[\]#+|~]")
"""What is harmless inside a sentence, as `-(){}!_`, is left alone."""


def urn(text: str) -> str:
    """Return a permanent id for Atom, which wants an absolute IRI: it must not change with the base URL."""
    return uuid5(_IDS, text).urn


def xml_safe(text: str) -> str:
    """Replace what XML 1.0 does not allow, escaped or not: https://www.w3.org/TR/xml/#charsets."""
    return _ILLEGAL_IN_XML.sub("\ufffd", text)


def joined(pieces: Iterable[Markup]) -> Markup:
    """Return pieces of HTML in a row, with commas."""
    return Markup(", ".join(pieces))  # noqa: S704 - each is HTML already


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


@lru_cache(4096)
def _marked(text: str) -> Markup:
    """Return a text as the content of an element, its marks as `<code>`; many lines of lists are the same."""
    return Markup(_MARKED.sub(_code, _escaped(text)))  # noqa: S704 - it has been escaped


def _code(match: re.Match[str]) -> str:
    return f"<code>{match[1]}</code>"


def _content(text: str) -> Markup:
    """Return a text for the content of an element, where quotes need no escape: documents are full of them."""
    return Markup(_escaped(text))  # noqa: S704 - escaped


def _escaped(text: str) -> str:
    return xml_safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache(256)
def _as_text(markup: Markup) -> Markup:
    """Return HTML as the text of an XML element: as it is, in a CDATA section, which is a sixth shorter than escapes.

    The feeds of a policy have the same texts, one after the other.
    """
    text = xml_safe(str(markup)).replace("]]>", "]]]]><![CDATA[>")
    return Markup(f"<![CDATA[{text}]]>")  # noqa: S704 - the section ends where it is said to


def _updated(row: "Row") -> str:
    """Return when an item of Atom was updated: its time, with a fraction of a second that is made of its id.

    AWS publishes many versions in one second, and a feed must not have two items with one time.
    """
    fraction = crc32(row.id.encode()) % 1_000_000
    return f"{format_time(row.at.replace(microsecond=0)).removesuffix('Z')}.{fraction:06}Z"


@lru_cache(4096)
def _breakable(text: str, longest: int = _IN_A_LINE) -> Markup:
    """Return a text as HTML in which long names may break between their words: `AmazonEC2|Container|Registry…`.

    An ARN breaks at colons. What is copied is the text as it was.

    Args:
        text: a name, or words of which some are names.
        longest: names no longer than that never break.
    """
    if len(text) <= longest:
        return escape(xml_safe(text))
    words = _SPACES.split(xml_safe(text))
    found = (_pieces(word) if len(word) > longest else escape(word) for word in words)
    return Markup("".join(found))  # noqa: S704 - each is escaped


def _pieces(name: str) -> str:
    """Return a name as HTML, with `<wbr>` where it may break."""
    pieces = [""]
    for piece in _BETWEEN_WORDS.split(name):
        if len(pieces[-1]) < _WHOLE or len(piece) <= _SHORT:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return "<wbr>".join(map(escape, pieces))


def _dated(text: str) -> Markup:
    """Return a text as HTML, its days and months (`2026-10-27`, `2025-11`) as `<time>`, which never wraps."""
    return Markup(_DAY.sub(r"<time>\g<0></time>", _escaped(text)))  # noqa: S704 - it has been escaped


def _breakable_code(html: Markup) -> Markup:
    """Return HTML in which the long names that are code may break between their words."""
    return Markup(_CODE.sub(_broken_code, html))  # noqa: S704 - HTML before and after


def _broken_code(match: re.Match[str]) -> str:
    return _breakable(unescape(match[0])) if len(match[0]) > _IN_A_LINE else match[0]


@lru_cache(4096)
def _markdown(text: str) -> str:
    """Return a text for a Markdown table's cell, its marks as code spans; one line, whatever it holds."""
    pieces = _MARKED.split(" ".join(xml_safe(text).split()))
    return "".join(_code_span(piece) if index % 2 else _plain_span(piece) for index, piece in enumerate(pieces))


def _plain_span(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    """Return a character as an HTML entity, so that Markdown does not read it as part of a table."""
    return f"&#{ord(match[0])};"


def _code_span(text: str) -> str:
    """Return a code span; one with a character that would end it, or the cell, as HTML."""
    if text and not set(text) & set("`|\\\n"):
        return f"`{text}`"
    entities = "".join(char if char.isalnum() or char in ":/.- " else f"&#{ord(char)};" for char in text)
    return f"<code>{entities}</code>"


FILTERS: dict[str, Callable[..., Any]] = {
    "as_text": _as_text,
    "breakable": _breakable,
    "breakable_code": _breakable_code,
    "content": _content,
    "dated": _dated,
    "iso": format_time,
    "marked": _marked,
    "md": _markdown,
    "plain": plain,
    "rfc822": _rfc822,
    "updated": _updated,
    "urn": urn,
    "xmlsafe": xml_safe,
}
"""The filters, by the names that templates have for them."""
