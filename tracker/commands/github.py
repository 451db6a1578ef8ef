"""GitHub's API, for one repository and one token: https://docs.github.com/rest."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tracker.errors import SourceError, UsageError

__all__ = ["GitHubRepository", "Refused", "hidden_mark"]

_PAGE = 100
MAX_PAGES = 100
_SECONDS = 30
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of one answer: a page of a hundred comments of GitHub's greatest length has seven million."""
_FORBIDDEN = (401, 403, 404)
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
_MARK = re.compile(r"[a-z0-9-]{1,64}\Z")


class Refused(Exception):  # noqa: N818 - no fault where the caller expects it
    """The token may not do what was asked."""


@dataclass(frozen=True, slots=True)
class GitHubRepository:
    """A repository, and as whom it is asked."""

    api: str
    """Address of the API: `https://api.github.com`."""
    repository: str
    """`owner/name`."""
    token: str = field(repr=False)
    """What lets us in; never shown."""
    author: str
    """Login under which that token writes."""

    def __post_init__(self) -> None:
        """Refuse what would lead the token elsewhere.

        Raises:
            UsageError: the API is no web address, or the repository no name.
        """
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", self.api):
            raise UsageError("expected an address that begins with https://", where="--api")
        if not _REPOSITORY.match(self.repository):
            raise UsageError("expected OWNER/NAME", where="--repository")

    def request(self, method: str, path: str, value: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return what was answered, read from JSON.

        Args:
            method: `GET`, `POST`, `PATCH`.
            path: below the repository: `/issues/7/comments`.
            value: what is sent as JSON; None for nothing.

        Raises:
            Refused: the token may not do this.
            SourceError: the API could not be reached, refused for another reason, or answered what is no JSON.
        """
        with self._translated_errors():
            return self._answer(method, path, value)

    def pages(self, path: str) -> Iterator[Any]:
        """Yield the items of a list, page by page; errors as those of `request`."""
        for page in range(1, MAX_PAGES + 1):
            with self._translated_errors():
                found = self._answer("GET", f"{path}{'&' if '?' in path else '?'}per_page={_PAGE}&page={page}", None)
                if not isinstance(found, list):
                    raise ValueError("expected a list")  # noqa: TRY004 - an answer, not an argument
            yield from found
            if len(found) < _PAGE:
                return

    def wrote(self, item: Any, mark: str) -> bool:
        """Return whether a comment or issue is one of this program with a mark; one that is odd is somebody else's."""
        user = item.get("user") if isinstance(item, dict) else None
        login = user.get("login") if isinstance(user, dict) else None
        return login == self.author and str(item.get("body")).startswith(mark)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except HTTPError as error:
            if error.code in _FORBIDDEN:
                raise Refused from error
            raise SourceError(f"answered {error.code} {error.reason}", where=self.api) from error
        except (URLError, HTTPException, OSError, ValueError, RecursionError) as error:
            raise SourceError(f"could not be reached: {getattr(error, 'reason', error)}", where=self.api) from error

    def _answer(self, method: str, path: str, value: Mapping[str, Any] | None) -> Any:
        request = Request(  # noqa: S310 - only web addresses are taken, see above
            f"{self.api.rstrip('/')}/repos/{self.repository}{path}",
            data=None if value is None else json.dumps(value).encode(),
            method=method,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "policy-tracker",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with build_opener(_SameHost).open(request, timeout=_SECONDS) as answer:
            text = answer.read(MAX_ANSWER_BYTES + 1)
        if len(text) > MAX_ANSWER_BYTES:
            raise ValueError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
        return json.loads(text)


def hidden_mark(name: str) -> str:
    """Return the first line, which no reader sees, by which the program knows a text of its own again.

    Raises:
        UsageError: the name is no kebab-case word.
    """
    if not _MARK.match(name):
        raise UsageError("expected lower-case letters, digits and hyphens", where="--mark")
    return f"<!-- policy-tracker:{name} -->\n"


class _SameHost(HTTPRedirectHandler):
    """Follows a redirect only where the token may go: to the same host by the same protocol."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """Return the request that follows, without the token where it goes elsewhere: that is, none at all.

        Raises:
            URLError: the other place is another host or protocol.
        """
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise URLError("it redirects to another host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
