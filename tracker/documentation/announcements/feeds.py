"""Announcements: the items of the history feeds that stand beside documentation pages.

AWS's feeds are RSS of one or two sentences of escaped HTML per item, newest first. Their ids are made of the title and
the day, so that two items of one day can share one, and an edited title makes a new one.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from tracker.documentation.reading.dates import read_day
from tracker.documentation.reading.layout import MAX_PAGE_BYTES, MAX_ROWS, decode
from tracker.documentation.reading.markup import read_html
from tracker.documentation.reading.names import policy_names
from tracker.documentation.reading.policy_names import NO_NAMES, PolicyNames
from tracker.errors import PageError

__all__ = ["Announcement", "read_announcements"]

MAX_LINK_LENGTH = 2000
_END_OF_FEED = re.compile(r"</(?:[A-Za-z]+:)?(?:rss|feed|RDF)\s*>\s*(?:<!--[^<]*-->\s*)*$")
_MANAGED_POLICY = re.compile(r"\bmanaged (?:iam )?polic(?:y|ies)\b|관리형 정책", re.IGNORECASE)
_DAY_IN_TIME = re.compile(r"\d{1,2} [^\W\d_]{3,9} \d{4}|\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Announcement:
    """One item of a feed."""

    id: str
    """Its identity: a digest of guid, date and title, since guids repeat."""
    guid: str
    """What the feed calls it; empty when it does not."""
    title: str
    """The title as plain text, in one line."""
    text: str
    """The description as plain text, a line per paragraph; nothing of it is markup any more."""
    link: str | None
    """Where it points, `http` or `https` only; None where it points nowhere or elsewhere."""
    published: datetime | None
    """When, in UTC; midnight where only the day can be read, None where nothing can."""
    policies: tuple[str, ...]
    """The policies its title and text name, each once, in order."""
    about_policies: bool
    """True where it names a policy or speaks of managed policies."""


def read_announcements(data: bytes, *, name: str, names: PolicyNames = NO_NAMES) -> tuple[Announcement, ...]:
    """Read an RSS or Atom feed; an item that stands there twice is returned once.

    Args:
        data: the feed, as bytes: nothing is fetched, no file is opened.
        name: where it came from, for messages.
        names: all policies that ever were; without any, names are guessed by their form.

    Returns:
        The items in the order of the feed, newest first as a rule.

    Raises:
        PageError: larger than five megabytes or 10,000 items, no feed, or cut in the middle.
    """
    import feedparser

    if len(data) > MAX_PAGE_BYTES:
        raise PageError(f"larger than {MAX_PAGE_BYTES} bytes", where=name)
    try:
        # A stream, since feedparser takes a string for an address and bytes for the name of a file.
        feed = feedparser.parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # feedparser promises no errors of its own: whatever it raises, it could not read this
        raise PageError("no RSS or Atom feed", where=name) from error
    if not feed.get("version"):
        raise PageError("no RSS or Atom feed", where=name)
    if not _END_OF_FEED.search(data[-1000:].decode("utf-8", "replace")):
        raise PageError("the feed ends in the middle", where=name)
    if len(feed.entries) > MAX_ROWS:
        raise PageError(f"more than {MAX_ROWS} items", where=name)
    items = (_announcement(entry, name, names) for entry in feed.entries)
    return tuple({item.id: item for item in items}.values())


def _announcement(entry: Mapping[str, Any], name: str, names: PolicyNames) -> Announcement:
    guid, title, date = _line(entry.get("id")), _prose(entry.get("title"), name), _line(entry.get(_field(entry)))
    text = _prose(entry.get("summary") or next((part.get("value") for part in entry.get("content", ())), ""), name)
    one_line = " ".join(title.split())
    whole = f"{one_line}\n{text}"
    policies = names.find(whole) if names else policy_names(whole)
    return Announcement(
        id=sha256(f"{guid}\0{date}\0{one_line}".encode()).hexdigest()[:32],
        guid=guid,
        title=one_line,
        text=text,
        link=_link(_line(entry.get("link"))),
        published=_published(entry, date),
        policies=policies,
        about_policies=bool(policies) or _MANAGED_POLICY.search(whole) is not None,
    )


def _line(value: object) -> str:
    return " ".join(decode(value, "").split()) if isinstance(value, str) else ""


def _prose(value: object, name: str) -> str:
    """Return what a reader sees of HTML or plain text, a line per paragraph."""
    if not isinstance(value, str):
        return ""
    text = decode(value, name)
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    return "\n".join(block.text for block in read_html(f"<body>{text}", name).blocks)


def _link(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        safe = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return text if safe and len(text) <= MAX_LINK_LENGTH and " " not in text else None


def _field(entry: Mapping[str, Any]) -> str:
    """Return which date an item has; asked for one it lacks, feedparser warns of giving the other."""
    return "updated" if "updated" in set(entry) and not entry.get("published") else "published"


def _published(entry: Mapping[str, Any], date: str) -> datetime | None:
    """Return when an item was published; feeds with broken times still give the day."""
    moment = entry.get(f"{_field(entry)}_parsed")
    if moment:
        try:
            return datetime.fromtimestamp(calendar.timegm(moment), tz=UTC)
        except (ValueError, OverflowError, OSError):
            return None
    found = _DAY_IN_TIME.search(date)
    day = read_day(found[0] if found else date)
    return datetime.combine(day, time(), UTC) if day else None
