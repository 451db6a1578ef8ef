"""A look at the published folder: files over HTTP on loopback, for one person and no other machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from tracker.errors import OutputError, UsageError

__all__ = ["serving"]

LOOPBACK = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Serves files as a publishing host would; hidden ones and lists of folders stay away."""

    server_version = "policy-tracker"
    sys_version = ""
    extensions_map: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "": "application/octet-stream",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json; charset=utf-8",
        ".md": "text/markdown; charset=utf-8",
        ".opml": "text/x-opml; charset=utf-8",
        ".svg": "image/svg+xml",
        ".xml": "application/xml; charset=utf-8",
    }

    def send_head(self) -> "object":  # type: ignore[override]
        """Refuse other hosts' names (a page elsewhere might have been pointed here) and hidden files."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in (LOOPBACK, "localhost"):
            self.send_error(403)
            return None
        if any(step.startswith(".") for step in self.path.split("/")):
            self.send_error(404)
            return None
        return super().send_head()

    def list_directory(self, path: object) -> None:
        """List nothing: a published folder has its own pages."""
        del path
        self.send_error(404)

    def end_headers(self) -> None:
        """Have the browser ask again each time: the folder may have been built anew."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: who looks can see."""


def serving(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a folder on loopback, ready to run; port 0 takes a free one.

    Raises:
        UsageError: there is no such folder, or it holds no site.
        OutputError: the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise UsageError("no site in it", where=str(folder), hint="make one with `policy-tracker build`")
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        raise OutputError(f"can't be listened on: {error.strerror}", where=f"port {port}") from error
