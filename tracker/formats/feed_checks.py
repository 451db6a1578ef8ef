"""A feed read back before it is published: it is well-formed, and has each item once."""

import json
from collections.abc import Sequence
from xml.parsers import expat

from tracker.errors import RenderError
from tracker.formats.renderer import MAX_ITEMS
from tracker.text.filters import urn
from tracker.text.rows import Row

__all__ = ["check_feed", "check_items"]


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
