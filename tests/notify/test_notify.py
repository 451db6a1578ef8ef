"""`notify` against real servers: each entry reaches each destination, and what is sent again has the same key."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from archives import CHECKOUT, call, git_environment, record, run
from builders import history, version

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # those that the import of Apprise brings
KEY = "Idempotency-Key"
Runner = Callable[..., subprocess.CompletedProcess[bytes]]


class Webhook:
    """A server that keeps what it is sent; it refuses while `status` is no 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.status == 200:
                    outer.received.append((self.headers[KEY], body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"json://127.0.0.1:{self.server.server_port}/"


@contextmanager
def serving() -> Iterator[Webhook]:
    hook = Webhook()
    Thread(target=hook.server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        hook.server.shutdown()
        hook.server.server_close()


class Mailbox:
    """A mail server that keeps what it is sent."""

    def __init__(self, port: int) -> None:
        self.received: list[bytes] = []
        self.address = f"mailto://127.0.0.1:{port}?to=team@example.org&from=tracker@example.org&format=html"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        self.received.append(envelope.content)
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    port = free_port()
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with serving() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_changelog(tmp_path, 1)
    return tmp_path


def write_changelog(folder: Path, versions: int, *, at: int | None = None, names: tuple[str, ...] = ("P",)) -> None:
    """Write the changelog of policies that get an action with each version."""
    items = []
    for name in names:
        made = [
            version(
                number, *(f"s3:Get{letter}" for letter in "ABCDEFGHIJKL"[:number]), at=at if at and number > 1 else None
            )
            for number in range(1, versions + 1)
        ]
        items.append(history(*made, name=name))
    record(folder / "snapshots", *items)
    done = call("changelog", "-f", "json", "--risk", "-o", "changelog.json", folder=folder)
    assert done.returncode == 0, done.stderr


def notify(
    folder: Path, *addresses: str, options: tuple[str, ...] = (), start: Runner = call
) -> subprocess.CompletedProcess[bytes]:
    environment = {"POLICY_TRACKER_NOTIFY": " ".join(addresses)}
    return start("notify", "--from", "changelog.json", *options, folder=folder, environment=environment)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def titles(hook: Webhook) -> list[str]:
    return [body["title"] for _, body in hook.received]


def test_the_first_run_sends_nothing_and_the_next_what_is_new(folder: Path, hook: Webhook) -> None:
    assert notify(folder, hook.address, start=run).returncode == 0
    assert hook.received == []
    write_changelog(folder, 3)
    assert notify(folder, hook.address).returncode == 0
    assert titles(hook) == ["P – Added actions for Amazon S3"] * 2
    first = hook.received[0][1]["message"]
    assert "s3:GetB" in first
    assert "since the last message" in first
    assert "since their tracking started" not in first
    assert "s3:GetC" in hook.received[1][1]["message"]
    assert notify(folder, hook.address).returncode == 0
    assert len(hook.received) == 2


def test_a_refused_message_is_sent_again_under_the_same_key(folder: Path, hook: Webhook) -> None:
    notify(folder, hook.address)
    write_changelog(folder, 2)
    hook.status = 503
    done = notify(folder, hook.address)
    assert done.returncode == 6
    assert b"not delivered" in done.stderr
    hook.status = 200
    notify(folder, hook.address)
    receipts = folder / "receipts.json"
    value = json.loads(receipts.read_bytes())
    value["told"] = {name: [one for one in ids if not one.endswith("v2")] for name, ids in value["told"].items()}
    receipts.write_text(json.dumps(value), encoding="utf-8")  # as if it had been killed before it noted the delivery
    notify(folder, hook.address)
    first, second = hook.received
    assert first == second


def test_another_destination_is_sent_it_though_one_refuses(folder: Path, hook: Webhook) -> None:
    with serving() as other:
        notify(folder, hook.address, other.address)
        write_changelog(folder, 2)
        hook.status = 500
        assert notify(folder, hook.address, other.address).returncode == 6
        assert len(other.received) == 1
        hook.status = 200
        assert notify(folder, hook.address, other.address).returncode == 0
        assert (len(hook.received), len(other.received)) == (1, 1)


def test_many_changes_of_a_day_are_one_message(folder: Path, hook: Webhook) -> None:
    names = tuple(f"P{number}" for number in range(7))
    write_changelog(folder, 1, names=names)
    notify(folder, hook.address)
    write_changelog(folder, 2, at=20, names=names)
    notify(folder, hook.address)
    assert titles(hook) == ["7 changes of AWS managed policies on January 21, 2024"]
    assert all(name in hook.received[0][1]["message"] for name in names)


def test_what_is_not_asked_for_is_never_sent_later(folder: Path, hook: Webhook) -> None:
    notify(folder, hook.address)
    write_changelog(folder, 2)
    notify(folder, hook.address, options=("--level", "critical"))
    notify(folder, hook.address)
    assert hook.received == []


def test_a_level_needs_a_changelog_that_says_how_risky_changes_are(folder: Path, hook: Webhook) -> None:
    notify(folder, hook.address)
    write_changelog(folder, 2)
    before = (folder / "receipts.json").read_bytes()
    assert call("changelog", "-f", "json", "-o", "changelog.json", folder=folder).returncode == 0
    done = notify(folder, hook.address, options=("--level", "critical"))
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert (folder / "receipts.json").read_bytes() == before


def test_a_change_that_could_not_be_assessed_is_of_any_level(folder: Path, hook: Webhook) -> None:
    notify(folder, hook.address)
    write_changelog(folder, 2)
    value = json.loads((folder / "changelog.json").read_bytes())
    del next(entry for entry in value["entries"] if entry["version"] == "v2")["verdict"]
    (folder / "changelog.json").write_text(json.dumps(value), encoding="utf-8")
    assert notify(folder, hook.address, options=("--level", "critical")).returncode == 0
    assert len(hook.received) == 1


def test_e_mail_has_the_text_and_the_key(folder: Path) -> None:
    with mailbox() as box:
        notify(folder, box.address)
        write_changelog(folder, 2)
        done = notify(folder, box.address)
        assert done.returncode == 0, done.stderr
    (content,) = box.received
    mail = message_from_bytes(content, policy=default)
    assert mail["Subject"] == "P – Added actions for Amazon S3"
    assert mail[KEY]
    html = mail.get_body(("html",))
    assert html is not None
    assert "s3:GetB" in html.get_content()


def test_a_dry_run_prints_and_writes_nothing(folder: Path, hook: Webhook) -> None:
    notify(folder, hook.address)
    before = (folder / "receipts.json").read_bytes()
    write_changelog(folder, 2)
    done = notify(folder, hook.address, options=("--dry-run",))
    assert b"s3:GetB" in done.stdout
    assert hook.received == []
    assert (folder / "receipts.json").read_bytes() == before


def test_the_receipts_hold_no_secret(folder: Path) -> None:
    secret = "jsons://user:very-secret@127.0.0.1:9/hook"  # noqa: S105 - what must not be found
    done = notify(folder, secret)
    assert b"very-secret" not in (folder / "receipts.json").read_bytes() + done.stderr + done.stdout
    write_changelog(folder, 2)
    assert b"very-secret" not in notify(folder, secret).stderr


@pytest.mark.parametrize("addresses", [(), ("nowhere://x",)], ids=["none", "unknown"])
def test_a_wrong_address_is_a_usage_error_in_one_line(folder: Path, addresses: tuple[str, ...]) -> None:
    done = notify(folder, *addresses)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_broken_receipts_are_not_taken_for_none(folder: Path, hook: Webhook) -> None:
    (folder / "receipts.json").write_text("[]", encoding="utf-8")
    assert notify(folder, hook.address).returncode == 3
    assert (folder / "receipts.json").read_text(encoding="utf-8") == "[]"


@contextmanager
def notifier(folder: Path, *addresses: str) -> Iterator[Callable[[float], tuple[int, float]]]:
    """Give what runs `notify` and kills it after some seconds; returns its exit code and how long it ran."""
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT), "POLICY_TRACKER_NOTIFY": " ".join(addresses)}
    command = [sys.executable, str(CHECKOUT / "tests" / "support" / "kill_notify.py")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=environment, text=True, bufsize=1, **pipes) as process:
        assert process.stdin
        assert process.stdout

        def run(seconds: float) -> tuple[int, float]:
            print(seconds, file=process.stdin)
            code, took = process.stdout.readline().split() if process.stdout else ("", "")
            return int(code), float(took)

        yield run
        process.stdin.close()


@pytest.mark.slow
def test_killed_at_any_moment_every_entry_arrives_and_once_by_its_key(folder: Path, hook: Webhook) -> None:
    """NOTIFY_KILLS runs are killed at random moments; before each one a policy with four versions is new."""
    chance = random.Random(1)  # noqa: S311 - no secret
    kills, killed, rounds = int(os.environ.get("NOTIFY_KILLS", "10")), 0, 1
    for number in range(2 * kills + 2):
        made = [
            version(each, *(f"s3:Get{letter}" for letter in "ABCD"[:each]), at=2 * number + each)
            for each in range(1, 5)
        ]
        record(folder / "snapshots", history(*made, name=f"Q{number}"))
    assert call("changelog", "-f", "json", "--risk", "-o", "all.json", folder=folder).returncode == 0
    everything = json.loads((folder / "all.json").read_bytes())

    def write_first(number: int) -> None:
        names = {"P", *(f"Q{each}" for each in range(number))}
        some = [entry for entry in everything["entries"] if entry["policy"] in names]
        (folder / "changelog.json").write_text(json.dumps({**everything, "entries": some}), encoding="utf-8")

    with mailbox() as box:
        addresses = (hook.address, box.address)
        assert notify(folder, *addresses).returncode == 0
        with notifier(folder, *addresses) as run:
            write_first(rounds)
            code, usual = run(60)
            assert code == 0
            while killed < kills and rounds < 2 * kills + 2:
                rounds += 1
                write_first(rounds)
                code, took = run(chance.uniform(0, 2 * usual))
                killed += code == -signal.SIGKILL
                usual = took if code == 0 else usual
            assert run(600)[0] == 0
    assert killed == kills, f"only {killed} of {rounds} runs were killed"
    mails = [message_from_bytes(content, policy=default) for content in box.received]
    hooked, mailed = ((key, body["title"]) for key, body in hook.received), ((m[KEY], m["Subject"]) for m in mails)
    expected = sorted(f"Q{number}" for number in range(rounds) for _ in range(4))
    for received in (dict(hooked), dict(mailed)):
        assert sorted(title.partition(" ")[0] for title in received.values()) == expected
    again = [len(received) - len(expected) for received in (hook.received, mails)]
    print(f"{killed} of {rounds - 1} runs killed; {len(expected)} entries to each of two servers; sent again {again}")  # noqa: T201
