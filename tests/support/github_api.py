"""A server with as much of GitHub's API as comments need, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["BOT", "TOKEN", "Api", "github_api", "served"]

BOT = "github-actions[bot]"
"""Who writes with the token."""
TOKEN = "secret"  # noqa: S105 - a test's


class Api(BaseHTTPRequestHandler):
    """Comments of one pull request."""

    comments: list[dict[str, Any]]
    refusal = 0
    """A status that all answers have; 0 for none."""
    asked = 0
    """Requests so far, with a token or without."""

    def parse_request(self) -> bool:
        """Count a request."""
        type(self).asked += 1
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, value: Any, status: int = 200) -> None:
        """Answer whoever has the token."""
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        self.send_response(self.refusal or status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def body(self) -> str:
        """Return the comment that was sent."""
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def do_GET(self) -> None:
        page = int(self.path.rpartition("=")[2])
        self.answer(self.comments[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        self.comments.append({"id": len(self.comments), "user": {"login": BOT}, "body": self.body()})
        self.answer({}, 201)

    def do_PATCH(self) -> None:
        self.comments[int(self.path.rpartition("/")[2])]["body"] = self.body()
        self.answer({})


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer requests on this machine; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def github_api() -> Iterator[tuple[str, type[Api]]]:
    """Serve a pull request without comments; gives its address, and where to look at it."""
    handler = type("Handler", (Api,), {"comments": [], "refusal": 0, "asked": 0})
    with served(handler) as address:
        yield address, handler
