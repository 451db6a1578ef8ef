"""Pages and feeds of the web, read politely: over https alone, bounded, one at a time, and only if they changed."""

import json
import time
from collections.abc import Mapping
from email.message import Message
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tracker import __version__
from tracker.base.files import write_text
from tracker.errors import OutputError, PageError, one_line

__all__ = ["WebPages", "is_https"]

MAX_SECONDS = 30
PAUSE_SECONDS = 1.0
"""Between two requests to one host."""
MAX_REDIRECTS = 5
_NOT_MODIFIED = 304
_USER_AGENT = f"policy-tracker/{__version__} (reads tables of updates to AWS managed policies)"


def is_https(text: str) -> bool:
    """Return whether a source is an address to be fetched."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


class _OnlyHttps(HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        if not is_https(newurl):
            raise URLError(f"redirected to what is no https address: {one_line(newurl)}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


class WebPages:
    """Fetches pages; keeps what it got, so that an unchanged page is not sent again."""

    def __init__(self, cache: Path | None, largest: int) -> None:
        """Take the folder of what was fetched before, None for none, and how many bytes are read of a page."""
        self._cache = cache
        self._largest = largest
        self._opener = build_opener(_OnlyHttps())
        self._asked: dict[str, float] = {}

    def read(self, address: str) -> bytes:
        """Return the content of a page.

        Raises:
            PageError: it is no https address, can't be fetched, or is too large.
        """
        if not is_https(address):
            raise PageError("not an https address", where=one_line(address))
        kept = self._kept(address)
        headers = {"User-Agent": _USER_AGENT, "Accept": "text/html, text/markdown, application/rss+xml, */*;q=0.1"}
        for name, header in (("etag", "If-None-Match"), ("modified", "If-Modified-Since")):
            if kept and kept.get(name):
                headers[header] = kept[name]
        self._wait(urlsplit(address).hostname or "")
        try:
            with self._opener.open(Request(address, headers=headers), timeout=MAX_SECONDS) as answer:  # noqa: S310 - https alone
                content: bytes = answer.read(self._largest + 1)
                found = {"etag": answer.headers.get("ETag"), "modified": answer.headers.get("Last-Modified")}
        except HTTPError as error:
            if error.code == _NOT_MODIFIED and kept:
                return self._file(address, ".page").read_bytes()
            raise PageError(f"the server answers {error.code}", where=one_line(address)) from error
        except (URLError, OSError, ValueError) as error:
            reason = one_line(str(getattr(error, "reason", error)))
            raise PageError(f"can't be fetched: {reason}", where=one_line(address), hint="try again later") from error
        if len(content) > self._largest:
            raise PageError(f"larger than {self._largest} bytes", where=one_line(address))
        self._keep(address, content, found)
        return content

    def _wait(self, host: str) -> None:
        due = self._asked.get(host, 0) + PAUSE_SECONDS
        time.sleep(max(0.0, due - time.monotonic())) if host in self._asked else None
        self._asked[host] = time.monotonic()

    def _file(self, address: str, suffix: str) -> Path:
        assert self._cache is not None  # noqa: S101 - the callers have looked
        return self._cache / f"{sha256(address.encode()).hexdigest()[:32]}{suffix}"

    def _kept(self, address: str) -> Mapping[str, str] | None:
        if self._cache is None or not self._file(address, ".page").is_file():
            return None
        try:
            value = json.loads(self._file(address, ".json").read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()) else None

    def _keep(self, address: str, content: bytes, headers: Mapping[str, str | None]) -> None:
        """Keep a page; a cache that can't be written costs time and nothing else."""
        validators = {name: value for name, value in headers.items() if value}
        if self._cache is None or not validators:
            return
        try:
            write_text(self._file(address, ".page"), [content])
            write_text(self._file(address, ".json"), json.dumps(validators))
        except OutputError:
            return
