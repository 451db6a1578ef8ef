"""One comment on a pull request, written once and brought up to date in place.

Speaks to GitHub's API: https://docs.github.com/rest/issues/comments. A comment is known by a hidden mark on its first
line and by its author: a comment of somebody else with the same mark is left alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tracker.errors import SourceError, UsageError

__all__ = ["PullRequestHost", "publish_comment"]

_PAGE = 100
MAX_PAGES = 100
_SECONDS = 30
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of one answer: a page of a hundred comments of GitHub's greatest length has seven million."""
_FORBIDDEN = (401, 403, 404)
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
_MARK = re.compile(r"[a-z0-9-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class PullRequestHost:
    """Where and as whom."""

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


def publish_comment(forge: PullRequestHost, number: int, text: str, mark: str = "review") -> str:
    """Write a comment, or bring ours up to date; return `created`, `updated`, `unchanged` or `forbidden`.

    Forbidden is no error: the token of a pull request from a fork may only read.

    Raises:
        UsageError: the mark is no kebab-case word.
        SourceError: the API could not be reached, or refused for another reason.
    """
    if not _MARK.match(mark):
        raise UsageError("expected lower-case letters, digits and hyphens", where="--mark")
    hidden = f"<!-- policy-tracker:{mark} -->"
    body = f"{hidden}\n{text}"
    comments = f"/repos/{forge.repository}/issues/{number}/comments"
    try:
        for comment in _comments(forge, comments):
            if _is_own_comment(comment, forge.author, hidden):
                if comment["body"].replace("\r\n", "\n") == body:
                    return "unchanged"
                _request(forge, "PATCH", f"/repos/{forge.repository}/issues/comments/{int(comment['id'])}", body)
                return "updated"
        _request(forge, "POST", comments, body)
    except HTTPError as error:
        if error.code in _FORBIDDEN:
            return "forbidden"
        raise SourceError(f"answered {error.code} {error.reason}", where=forge.api) from error
    except (URLError, HTTPException, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"could not be reached: {getattr(error, 'reason', error)}", where=forge.api) from error
    return "created"


def _comments(forge: PullRequestHost, path: str) -> Iterator[Any]:
    for page in range(1, MAX_PAGES + 1):
        found = _request(forge, "GET", f"{path}?per_page={_PAGE}&page={page}")
        if not isinstance(found, list):
            raise ValueError("expected a list of comments")  # noqa: TRY004 - an answer, not an argument
        yield from found
        if len(found) < _PAGE:
            return


def _is_own_comment(comment: Any, author: str, hidden: str) -> bool:
    """Tell whether a comment is the one of this program; one that is odd is somebody else's."""
    user = comment.get("user") if isinstance(comment, dict) else None
    login = user.get("login") if isinstance(user, dict) else None
    return login == author and str(comment.get("body")).startswith(hidden)


def _request(forge: PullRequestHost, method: str, path: str, body: str | None = None) -> Any:
    data = None if body is None else json.dumps({"body": body}).encode()
    request = Request(  # noqa: S310 - Forge takes web addresses only
        f"{forge.api.rstrip('/')}{path}",
        data=data,
        method=method,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {forge.token}",
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
