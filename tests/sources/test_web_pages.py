"""Pages of the web: fetched over https from a real server, bounded, conditional, and nothing else."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest
from https_server import serving_https

from tracker.errors import PageError
from tracker.sources import web_pages
from tracker.sources.web_pages import WebPages


class Handler(BaseHTTPRequestHandler):
    """Serves a page with a validator, a redirect away from https, and one that is not there."""

    answers: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        if self.path == "/away":
            self.reply(302, b"", Location="http://example.org/")
        elif self.path != "/page":
            self.reply(404, b"")
        elif self.headers.get("If-None-Match") == '"one"':
            self.reply(304, b"")
        else:
            self.reply(200, b"content", ETag='"one"')

    def reply(self, code: int, content: bytes, **headers: str) -> None:
        self.answers.append(code)
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("https")
    with serving_https(folder, Handler) as (address, certificate), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        patch.setattr(web_pages, "PAUSE_SECONDS", 0.0)
        yield address


def test_a_page_that_has_not_changed_is_not_sent_again(server: str, tmp_path: Path) -> None:
    Handler.answers.clear()
    assert WebPages(tmp_path, 100).read(f"{server}/page") == b"content"
    assert WebPages(tmp_path, 100).read(f"{server}/page") == b"content"
    assert WebPages(None, 100).read(f"{server}/page") == b"content"
    assert Handler.answers == [200, 304, 200]


@pytest.mark.parametrize(
    ("path", "reason"), [("/none", "answers 404"), ("/away", "no https address"), ("/page", "larger than 3 bytes")]
)
def test_what_can_not_be_had_is_reported_in_one_line(server: str, path: str, reason: str) -> None:
    with pytest.raises(PageError, match=reason):
        WebPages(None, 3).read(f"{server}{path}")


@pytest.mark.parametrize("address", ["http://example.org/", "file:///etc/passwd", "ftp://example.org/", "https://"])
def test_only_https_is_fetched(address: str) -> None:
    with pytest.raises(PageError, match="not an https address"):
        WebPages(None, 100).read(address)
