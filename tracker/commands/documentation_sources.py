"""What `audit` is given, as contents: files, folders, https addresses, or stdin."""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from msgspec import Struct

from tracker.documentation.documentation_audit import UnreadSource
from tracker.documentation.reading.layout import MAX_PAGE_BYTES
from tracker.errors import PageError, TrackerError
from tracker.sources.web_pages import WebPages, is_https

__all__ = ["SourceContent", "default_cache", "read_sources"]

MAX_FILES = 5000
"""Files of a folder that are looked at."""
_ENDINGS = frozenset({".md", ".markdown", ".html", ".htm", ".adoc", ".asciidoc", ".txt", ".xml", ".rss", ".atom"})


class SourceContent(Struct, frozen=True):
    """One page or feed as it was found."""

    name: str
    """File or address, for messages."""
    data: bytes
    """Its content, cut one byte after the most that is read."""
    address: str | None = None
    """Where it was fetched; None for a file."""
    read_on: date | None = None
    """The day on which it was fetched; None for a file, whose day nobody knows."""
    is_of_folder: bool = False
    """Whether it was found in a folder: it need not be a page."""


def default_cache() -> Path:
    """Return the folder of pages that were fetched before: below XDG_CACHE_HOME, else below the user's .cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "policy-tracker" / "pages"


def read_sources(sources: Iterable[str], today: date, cache: Path | None) -> Iterator[SourceContent | UnreadSource]:
    """Yield the contents of sources in order, folders file by file, and what could not be read.

    Args:
        sources: files, folders, https addresses, or `-` for stdin.
        today: the day that what is fetched was read on.
        cache: the folder of pages that were fetched before; None to keep nothing.
    """
    pages = WebPages(cache, MAX_PAGE_BYTES)
    for source in sources:
        try:
            if is_https(source):
                yield SourceContent(source, pages.read(source), source, today)
            elif source == "-":
                yield SourceContent(source, sys.stdin.buffer.read(MAX_PAGE_BYTES + 1))
            elif Path(source).is_dir():
                yield from _files(Path(source))
            else:
                yield SourceContent(source, _read(Path(source)))
        except TrackerError as error:
            yield UnreadSource(source, str(error))


def _files(folder: Path) -> Iterator[SourceContent | UnreadSource]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    for path in found[:MAX_FILES]:
        try:
            yield SourceContent(str(path), _read(path), is_of_folder=True)
        except PageError as error:
            yield UnreadSource(str(path), str(error))
    if len(found) > MAX_FILES:
        yield UnreadSource(str(folder), f"more than {MAX_FILES} files")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise PageError(f"can't be read: {error.strerror}", where=str(path)) from error
