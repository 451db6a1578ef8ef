"""moto's server, which answers as IAM does, in its own process, and a proxy before it that counts, waits and breaks."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

Fault = Literal["throttle", "denied", "expired", "broken", "cut", "half"]
"""What the proxy answers instead of the server: an error of IAM's, or a connection that ends."""

ACCOUNT = "123456789012"
"""The account that moto acts as."""

_ERRORS = {
    "throttle": (400, "Throttling", "Rate exceeded"),
    "denied": (403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized to perform: iam:ListPolicies"),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
    "broken": (500, "ServiceFailure", "internal failure"),
}


@contextmanager
def iam_server(*, aws: bool = True) -> Iterator[str]:
    """Start moto on a free loopback port and give its address; with all AWS managed policies, or none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Path(sys.executable).with_name("moto_server")
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": str(aws).lower()}
    arguments = [str(server), "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(300):
        assert process.poll() is None, "moto_server did not start"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("moto_server does not answer")


def client(address: str) -> "IAMClient":
    """Return a client that speaks to an address."""
    import boto3

    session = boto3.Session("none", "none", region_name="us-east-1")
    return session.client("iam", endpoint_url=address)


@dataclass
class Proxy:
    """A proxy before IAM. Each call is counted; `fault` and `before` see its action and parameters first."""

    target: str
    address: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    fault: Callable[[str, dict[str, str]], Fault | None] = lambda _action, _given: None
    before: Callable[[str, dict[str, str]], None] = lambda _action, _given: None
    hidden: set[str] = field(default_factory=set)
    """Policies that are left out of lists, as deprecated ones are."""

    only: str = "*"
    """A glob of the policies that lists have."""

    def shown(self, content: bytes) -> bytes:
        """Return an answer without the hidden policies."""

        def kept(member: re.Match[bytes]) -> bytes:
            name = member[1].decode()
            return member[0] if name not in self.hidden and fnmatchcase(name, self.only) else b""

        return re.sub(
            rb"<member>(?:(?!</member>).)*<PolicyName>([^<]+)</PolicyName>.*?</member>", kept, content, flags=re.DOTALL
        )


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """Run a proxy before an address."""
    proxy = Proxy(target)
    counting = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            with counting:
                proxy.calls[given["Action"]] += 1
                fault = proxy.fault(given["Action"], given)
                proxy.before(given["Action"], given)
            if fault == "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif fault in _ERRORS:
                self._answer(*_error(fault))
            else:
                status, content = _forwarded(proxy.target, body, dict(self.headers))
                self._answer(status, proxy.shown(content), half=fault == "half")

        def _answer(self, status: int, content: bytes, *, half: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if half else content)
            self.close_connection = half

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _error(name: str) -> tuple[int, bytes]:
    status, code, message = _ERRORS[name]
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return status, text.encode()


def _forwarded(target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
    request = urllib.request.Request(target, data=body, headers=kept)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def document(*actions: str) -> dict[str, Any]:
    """Return a document that allows some actions."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


@dataclass(frozen=True)
class Account:
    """Customer managed policies below a path of their own: what happens to them is up to the test."""

    iam: "IAMClient"
    path: str

    def arn(self, name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:policy{self.path}{name}"

    def create(self, name: str, *actions: str, description: str = "") -> None:
        text = json.dumps(document(*actions))
        self.iam.create_policy(PolicyName=name, Path=self.path, PolicyDocument=text, Description=description)

    def update(self, name: str, *actions: str) -> None:
        text = json.dumps(document(*actions))
        self.iam.create_policy_version(PolicyArn=self.arn(name), PolicyDocument=text, SetAsDefault=True)

    def forget(self, name: str, *versions: str) -> None:
        for version in versions:
            self.iam.delete_policy_version(PolicyArn=self.arn(name), VersionId=version)

    def roll_back(self, name: str, version: str) -> None:
        self.iam.set_default_policy_version(PolicyArn=self.arn(name), VersionId=version)

    def delete(self, name: str) -> None:
        self.iam.delete_policy(PolicyArn=self.arn(name))
