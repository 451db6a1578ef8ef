"""A server on this machine that speaks IAM's protocol and answers as a test says: malformed, endless, or nothing."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import escape

ACCOUNT = "123456789012"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
CREATED = "2024-01-01T00:00:00Z"


@dataclass(frozen=True)
class Policy:
    """One policy as the server lists it: any text stands for any member; None leaves it out."""

    name: str | None = "Odd"
    arn: str | None = f"arn:aws:iam::{ACCOUNT}:policy/Odd"
    policy_id: str | None = "ANPAODD"
    path: str | None = "/"
    default: str | None = "v1"
    created: str | None = CREATED

    def xml(self) -> str:
        """Return the item of the list."""
        members = {
            "PolicyName": self.name,
            "PolicyId": self.policy_id,
            "Arn": self.arn,
            "Path": self.path,
            "DefaultVersionId": self.default,
            "CreateDate": self.created,
        }
        return f"<member>{_members(members)}</member>"


def _members(members: dict[str, str | None]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items() if text is not None)


def called(name: str) -> Policy:
    """Return an ordinary policy of a name."""
    return replace(Policy(), name=name, arn=f"arn:aws:iam::{ACCOUNT}:policy/{name}", policy_id=f"ANPA{name.upper()}")


@dataclass
class MalformedIam:
    """What the server answers, and how often it was asked what."""

    policies: tuple[Policy, ...] = (Policy(),)
    document: str | bytes = DOCUMENT
    version: dict[str, str | None] = field(default_factory=dict)
    """Members of a version that are not what they should be."""
    rest_of_list: str = "<IsTruncated>false</IsTruncated>"
    silent: str = ""
    """The action that is never answered."""
    trickling: str = ""
    """The action whose answer never ends: a byte now and then."""
    failing: int = 0
    """Every how many calls one fails: throttled, broken or cut in turn; 0 for none."""
    address: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, action: str, given: dict[str, str]) -> str:
        """Return the body of an answer."""
        if action == "ListPolicies":
            items = "".join(policy.xml() for policy in self.policies)
            return f"<Policies>{items}</Policies>{self.rest_of_list}"
        version: dict[str, str | None] = {
            "VersionId": given["VersionId"],
            "IsDefaultVersion": "true",
            "CreateDate": CREATED,
            "Document": self.document.replace("%", "%25") if isinstance(self.document, str) else quote(self.document),
        }
        return f"<PolicyVersion>{_members(version | self.version)}</PolicyVersion>"


@contextmanager
def malformed_iam() -> Iterator[MalformedIam]:
    """Run the server."""
    state = MalformedIam()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            action = given["Action"]
            state.calls[action] += 1
            if action == state.silent:
                state.over.wait()
                return
            if state.failing and state.calls.total() % state.failing == 0:
                self._fail(state.calls.total() // state.failing % 3)
                return
            inside = state.answer(action, given)
            text = f"<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            for index in range(len(text)) if action == state.trickling else ():
                self.wfile.write(text[index : index + 1])
                if state.over.wait(1):
                    return
            self.wfile.write(text)

        def _fail(self, kind: int) -> None:
            self.close_connection = True
            if kind:
                status, code = (400, "Throttling") if kind == 1 else (500, "ServiceFailure")
                text = (
                    f"<ErrorResponse><Error><Code>{code}</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
