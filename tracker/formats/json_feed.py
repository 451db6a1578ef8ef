"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""

import json
from collections.abc import Sequence
from typing import Any

from tracker.base.dates import format_time
from tracker.formats.changelog_page import ChangelogPage, row_link
from tracker.formats.renderer import Renderer
from tracker.text.filters import xml_safe
from tracker.text.rows import Row
from tracker.text.words import plain

__all__ = ["json_feed"]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_feed(page: ChangelogPage, rows: Sequence[Row], renderer: Renderer) -> str:
    """Return a feed.

    Args:
        page: title, addresses.
        rows: its items, newest first.
        renderer: words, and the items' descriptions in HTML.
    """
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": xml_safe(page.title),
        "description": xml_safe(page.lead),
        "home_page_url": page.url or page.documentation,
        "feed_url": page.feed_url,
        "next_url": page.previous,
        "language": renderer.words.language,
        "authors": [{"name": renderer.words("site.name")}],
    }
    items = [
        {
            "id": xml_safe(row.id),
            **({"url": link} if (link := row_link(page, row)) else {}),
            "title": xml_safe(plain(row.headline)),
            "content_html": str(renderer.description_html(row)),
            "date_published": format_time(row.at),
            "tags": [row.event, *([xml_safe(row.policy)] if row.policy else [])],
        }
        for row in rows
    ]
    members = {name: value for name, value in feed.items() if value is not None}
    lines = ",\n".join(_encode(item) for item in items)
    return f'{_encode(members)[:-1]}, "items": [\n{lines}\n]}}\n'
