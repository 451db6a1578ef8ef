"""How fresh the archive is, and the one issue that says what is wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import history, version
from github_api import served
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from tracker.archive.status import Check, note_check, read_checks, status_of
from tracker.archive.store import archive_on_disk
from tracker.base.dates import format_time
from tracker.errors import FOUND, ArchiveError, SourceError, UsageError

TOKEN, BOT = "secret", "github-actions[bot]"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an archive in which the last change was seen on January 10, 2024."""
    record(
        tmp_path / "snapshots",
        history(version(1, "s3:GetObject"), version(4, "s3:PutObject"), name="Reader"),
        history(version(2, "ec2:RunInstances"), seen=((2, "v2"), (9, None)), name="Writer"),
    )
    return tmp_path


def status(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = call("status", "--format", "json", *arguments, folder=folder)
    assert done.stderr == b""
    return done.returncode, json.loads(done.stdout)


def test_the_status_counts_what_is_there_and_what_is_not(project: Path) -> None:
    code, found = status(project)
    assert code == 0
    (owner,) = found["owners"]
    assert (owner["owner"], owner["policies"], owner["present"], owner["versions"]) == ("aws", 2, 1, 3)
    assert (owner["newest_version"]["policy"], owner["newest_version"]["version"]) == ("Reader", "v4")
    assert owner["missing"] == {"without_document": 0, "never_seen": 3}  # Reader v2 and v3, Writer v1
    assert (owner["last_check"], found["last_check"], found["problems"]) == (None, None, [])


def test_the_json_is_of_its_schema(project: Path) -> None:
    schema = json.loads((CHECKOUT / "tracker" / "schema" / "status-1.json").read_bytes())
    (project / "snapshots" / "aws" / "Reader" / "v4.json").write_text("{")
    code, found = status(project, "--max-age", "1h")
    Draft202012Validator(schema).validate(found)
    assert code == FOUND
    assert [item["where"] for item in found["unreadable"]] == ["aws/Reader/v4.json"]
    assert len(found["problems"]) == 2


def test_age_is_measured_from_the_last_check_and_silence_from_the_last_change(project: Path) -> None:
    assert status(project, "--max-age", "6h")[0] == FOUND
    now = datetime.now(UTC)
    note_check(project / "snapshots", Check("aws", now - timedelta(hours=5)))
    assert status(project, "--max-age", "6h")[0] == 0
    assert status(project, "--max-age", "4h")[0] == FOUND
    assert status(project, "--max-silence", "5d")[0] == FOUND
    assert status(project, "--max-silence", "99999d")[0] == 0


def test_the_oldest_check_counts_and_an_owner_without_one_makes_it_unknown(project: Path) -> None:
    record(project / "snapshots", replace(history(version(1, "s3:GetObject"), name="Other"), owner="123456789012"))
    now = datetime.now(UTC).replace(microsecond=0)
    snapshots = project / "snapshots"
    note_check(snapshots, Check("aws", now))
    assert status_of(archive_on_disk(snapshots), read_checks(snapshots)).last_check is None
    note_check(snapshots, Check("123456789012", now - timedelta(days=1)))
    found = status_of(archive_on_disk(snapshots), read_checks(snapshots))
    assert found.last_check == now - timedelta(days=1)
    assert [owner.last_check for owner in found.owners] == [now - timedelta(days=1), now]


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"owner": "aws"}]', '[{"owner": "aws", "at": "x"}]'])
def test_a_broken_note_counts_for_nothing(project: Path, text: str) -> None:
    (project / "snapshots" / ".checks").write_text(text)
    assert status(project)[1]["last_check"] is None


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_text_names_what_the_json_holds(project: Path, language: str) -> None:
    (project / "snapshots" / "aws" / "Writer" / "v9.json").write_text("{")
    shown = call("status", "--lang", language, "--max-silence", "5d", folder=project).stdout.decode()
    for part in ("aws", "Reader v4", "aws/Writer/v9.json", "120"):
        assert part in shown


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["--max-age", "soon"], UsageError, "6h"),
        (["--max-silence", "5"], UsageError, "5d"),
        (["--snapshots", "gone"], ArchiveError, "policy-tracker fetch"),
        (["--snapshots", "empty"], ArchiveError, "policy-tracker fetch"),
        (["--issue"], UsageError, "GITHUB_REPOSITORY"),
        (["--issue", "--repository", "o/r"], UsageError, "GITHUB_TOKEN"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_not_be_meant_is_one_line(
    project: Path, arguments: list[str], error: type[UsageError | ArchiveError], hint: str
) -> None:
    (project / "empty").mkdir()
    nothing = {"GITHUB_TOKEN": "", "GITHUB_REPOSITORY": ""}
    done = call("status", *arguments, folder=project, environment=nothing)
    assert (done.returncode, done.stdout) == (error.exit_code, b"")
    assert hint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


# --- the issue -------------------------------------------------------------------------------------------------------


class GitHub(BaseHTTPRequestHandler):
    """As much of GitHub's API as issues and runs of a workflow need."""

    issues: list[dict[str, Any]]
    comments: list[str]
    run: dict[str, Any]
    state = "active"
    refusal = 0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, value: Any) -> None:
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        self.send_response(self.refusal or 200)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/repos/o/r/issues":
            assert "state=open" in query
            self.answer([issue for issue in self.issues if issue["state"] == "open"])
        elif path == "/repos/o/r/actions/workflows/track.yml/runs":
            self.answer({"workflow_runs": [self.run]})
        else:
            assert path == "/repos/o/r/actions/workflows/track.yml"
            self.answer({"state": self.state})

    def do_POST(self) -> None:
        if self.path.endswith("/comments"):
            self.comments.append(self.body()["body"])
        else:
            number = len(self.issues) + 1
            self.issues.append({"number": number, "state": "open", "user": {"login": BOT}, **self.body()})
        self.answer({})

    def do_PATCH(self) -> None:
        self.issues[int(self.path.rpartition("/")[2]) - 1].update(self.body())
        self.answer({})


@contextmanager
def github() -> Iterator[tuple[str, type[GitHub]]]:
    ended = {"conclusion": "success", "html_url": "https://example.org/1", "updated_at": "2026-01-01T00:00:00Z"}
    handler = type("Handler", (GitHub,), {"issues": [], "comments": [], "run": ended})
    with served(handler) as address:
        yield address, handler


def watch(folder: Path, address: str) -> tuple[int, str]:
    """Run what the workflow `watch` runs; return the exit code, and what was said of the issue."""
    environment = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": address}
    done = call(
        *("status", "--workflow", "track.yml", "--max-silence", "5d", "--issue"),
        folder=folder,
        environment=environment,
    )
    return done.returncode, done.stderr.decode().strip()


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with an archive in which something changed now."""
    record(tmp_path / "snapshots", history(version(1, "s3:GetObject"), name="Reader"))
    facts = tmp_path / "snapshots" / "aws" / "Reader" / "policy.json"
    known = json.loads(facts.read_bytes())
    known["Observed"][-1]["At"] = format_time(datetime.now(UTC))
    facts.write_text(json.dumps(known))
    return tmp_path


def test_one_issue_is_opened_brought_up_to_date_and_closed(fresh: Path) -> None:
    with github() as (address, hub):
        hub.issues.append(
            {"number": 1, "state": "open", "user": {"login": "eve"}, "body": "<!-- policy-tracker:status -->\n"}
        )
        assert watch(fresh, address) == (0, "issue: none")
        hub.run["conclusion"] = "failure"
        assert watch(fresh, address) == (0, "issue: opened")
        assert watch(fresh, address) == (0, "issue: unchanged")
        hub.run["html_url"] = "https://example.org/2"
        assert watch(fresh, address) == (0, "issue: updated")
        assert "https://example.org/2" in hub.issues[1]["body"]
        hub.run["conclusion"] = "success"
        assert watch(fresh, address) == (0, "issue: closed")
        assert [issue["state"] for issue in hub.issues] == ["open", "closed"]
        assert len(hub.comments) == 1
        assert watch(fresh, address) == (0, "issue: none")


def test_silence_and_a_workflow_that_is_switched_off_are_problems(project: Path) -> None:
    with github() as (address, hub):
        hub.state = "disabled_inactivity"
        assert watch(project, address) == (0, "issue: opened")
        body = hub.issues[0]["body"]
        assert "60 days" in body
        assert "2024-01-10" in body
        assert body.count("\n- ") == 2


@pytest.mark.parametrize(("refusal", "hint"), [(403, "may not see it"), (500, "500")])
def test_an_api_that_refuses_is_an_error_of_one_line(fresh: Path, refusal: int, hint: str) -> None:
    with github() as (address, hub):
        hub.refusal = refusal
        code, said = watch(fresh, address)
    assert code == SourceError.exit_code
    assert hint in said
    assert "\n" not in said
