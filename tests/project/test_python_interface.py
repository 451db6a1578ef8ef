"""The Python interface: what docs/python.md shows runs, and type checkers see real types."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from archives import CHECKOUT
from msgspec.structs import replace

import tracker
from tracker import Entry, PolicyHistory, Verdict, archive_on_disk, describe, entries_of

PAGE = (CHECKOUT / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
POLICY = "AmazonConnectServiceLinkedRolePolicy"
SCRIPT = """
from pathlib import Path
from typing import assert_type

from tracker import (
    Archive, Assessment, Catalogue, Change, Entry, EntryDescription, Finding, NetEffect, PolicyDocument, PolicyHistory,
    Skipped, Verdict, archive_on_disk, assess, changes_between, describe, entries_of, load_catalogue, net_effect,
    parse_document,
)

document = parse_document("{}")
assert_type(document, PolicyDocument)
assert_type(changes_between(document, document), tuple[Change, ...])
assert_type(net_effect(document, document), NetEffect)
assert_type(assess(document, document), Assessment)
assert_type(assess(document, document).findings, tuple[Finding, ...])
assert_type(load_catalogue(), Catalogue)
archive = archive_on_disk(Path("snapshots"))
assert_type(archive, Archive)
for history in archive.histories():
    assert_type(history, PolicyHistory | Skipped)
    if isinstance(history, PolicyHistory):
        for entry in entries_of(history):
            assert_type(entry, Entry | Skipped)
            if isinstance(entry, Entry):
                said = describe(entry, history, site="https://example.com/")
                assert_type(said, EntryDescription)
                assert_type(said.verdict, Verdict | None)
                assert_type(said.title, str)
"""
WRONG = {
    "from tracker import nothing_such": "nothing_such",
    "from tracker import parse_document\nparse_document(1)": "parse_document",
    "from tracker import Entry\ndef f(entry: Entry) -> int:\n    return entry.policy": "return",
}


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server that takes messages as Slack does, and what it took."""
    taken: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", taken
        finally:
            server.shutdown()
            thread.join()


def run(*command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_example_prints_what_the_page_says(tmp_path: Path) -> None:
    script, output = BLOCKS[0][1], BLOCKS[1][1]
    assert run(sys.executable, "-c", script, folder=tmp_path).stdout == output


def test_the_notifier_of_the_page_sends_what_changed(tmp_path: Path) -> None:
    script = PAGE.split("<!-- slack notifier -->\n```python\n")[1].split("```")[0]
    shutil.copytree(CHECKOUT / "snapshots" / "aws" / POLICY, tmp_path / "snapshots" / "aws" / POLICY)
    with webhook() as (address, taken):
        done = run(sys.executable, "-c", script, "2026-05-01", address, "https://example.com/iam/", folder=tmp_path)
    assert done.stderr == ""
    first = f"*<https://example.com/iam/policies/aws/{POLICY}/index.html#v55|{POLICY} v55 – Added actions "
    (message,) = (text for text in taken if " v55 " in text)
    assert message.startswith(first)
    assert "Net effect: more and less access." in message
    assert "- kms:ListRetirableGrants (List)" in message


def test_an_entry_is_described_with_verdict_findings_and_address() -> None:
    (history,) = archive_on_disk(CHECKOUT / "snapshots").histories("aws", lambda name: name == POLICY)
    assert isinstance(history, PolicyHistory)
    (entry,) = (item for item in entries_of(history) if isinstance(item, Entry) and item.version == "v55")
    said = describe(entry, history, language="ko")
    assert said.verdict is Verdict.BOTH
    assert [finding.rule for finding in said.findings] == ["resources-widened"]
    assert said.address == f"policies/aws/{POLICY}/index.html#v55"
    assert describe(entry).verdict is None
    at_night = replace(entry, published=entry.at.replace(hour=3))
    assert (describe(at_night).day, describe(at_night, zone=UTC).day) == ("May 26, 2026", "May 27, 2026")
    assert said.title != describe(entry).title


def test_type_checkers_are_shown_the_names_that_can_be_had() -> None:
    text = (CHECKOUT / "tracker" / "__init__.py").read_text(encoding="utf-8")
    shown = re.findall(r"^    from (\S+) import (\w+) as (\w+)$", text, re.MULTILINE)
    assert {name for _, name, _ in shown} | {"__version__"} == set(tracker.__all__)
    for module, name, alias in shown:
        assert name == alias
        assert getattr(tracker, name) is getattr(import_module(module), name)


@pytest.mark.slow
def test_mypy_sees_real_types(tmp_path: Path) -> None:
    assert_checked([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", "cache"], tmp_path)


@pytest.mark.slow
def test_pyright_sees_real_types(tmp_path: Path) -> None:
    assert_checked([sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--level", "error"], tmp_path)


def assert_checked(checker: list[str], folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.pyright]\ntypeCheckingMode = "strict"\n', encoding="utf-8")
    (folder / "user.py").write_text(SCRIPT, encoding="utf-8")
    for index, script in enumerate(WRONG):
        (folder / f"wrong{index}.py").write_text(script, encoding="utf-8")
    right = run(*checker, "user.py", folder=folder)
    assert right.returncode == 0, right.stdout + right.stderr
    for index, name in enumerate(WRONG.values()):
        wrong = run(*checker, f"wrong{index}.py", folder=folder)
        assert wrong.returncode == 1, wrong.stdout + wrong.stderr
        assert name in wrong.stdout
