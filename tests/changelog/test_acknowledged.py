"""`changelog --acknowledged`: what somebody has dealt with is left out and counted, and what is open is shown."""

import json
import subprocess
from pathlib import Path

import pytest
from archives import call, record
from builders import history, version
from jsonschema import Draft202012Validator

from tracker.changelog.acknowledged import acknowledged_line, parse_acknowledged
from tracker.changelog.contract import changelog_schema
from tracker.errors import DocumentError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path / "snapshots", history(version(1, "s3:A"), version(2, "s3:A", "s3:B"), name="P"))
    return tmp_path


def changelog(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return call("changelog", *options, folder=folder)


def open_ids(folder: Path, *options: str) -> list[str]:
    done = changelog(folder, *options, "-f", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    Draft202012Validator(changelog_schema()).validate(value)
    return [entry["id"] for entry in value["entries"]]


def test_what_is_acknowledged_is_left_out_and_counted(folder: Path) -> None:
    (folder / "done.txt").write_text("# mine\n\naws/P/v2  # looked at\n", encoding="utf-8")
    assert open_ids(folder, "--acknowledged", "done.txt") == ["aws/P/v1"]
    done = changelog(folder, "--acknowledged", "done.txt")
    assert b"1 acknowledged entry is left out." in done.stdout
    assert b"s3:B" not in done.stdout


def test_the_lines_that_the_program_writes_acknowledge_all_that_is_open(folder: Path) -> None:
    (folder / "done.txt").touch()
    lines = changelog(folder, "--acknowledged", "done.txt", "-f", "ids").stdout
    assert lines.decode().splitlines()[0] == "aws/P/v2  # 2024-01-03 Added actions for Amazon S3"
    (folder / "done.txt").write_bytes(lines)
    assert open_ids(folder, "--acknowledged", "done.txt") == []
    assert changelog(folder, "--acknowledged", "done.txt", "-f", "ids").stdout == b""


def test_a_changelog_in_json_is_read_with_what_was_acknowledged_since(folder: Path) -> None:
    (folder / "all.json").write_bytes(changelog(folder, "-f", "json").stdout)
    (folder / "done.txt").write_text("aws/P/v1", encoding="utf-8")
    assert open_ids(folder, "--from", "all.json", "--acknowledged", "done.txt") == ["aws/P/v2"]


@pytest.mark.parametrize("text", ["aws/P/v2 looked at", "aws/P/v1\naws/P/v2, aws/P/v1 # two"])
def test_a_line_that_is_no_id_is_an_error_that_names_it(folder: Path, text: str) -> None:
    (folder / "done.txt").write_text(text, encoding="utf-8")
    done = changelog(folder, "--acknowledged", "done.txt")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (3, b"", 1)
    assert f"done.txt:{text.count(chr(10)) + 1}: no id of an entry".encode() in done.stderr


@pytest.mark.parametrize("text", [b"\xff", b"x" * (16 * 1024 * 1024 + 1)], ids=["not-utf-8", "too-large"])
def test_a_file_that_can_not_be_read_is_an_error(text: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_acknowledged(text, "done.txt")


def test_a_file_that_is_not_there_is_a_usage_error(folder: Path) -> None:
    assert changelog(folder, "--acknowledged", "none.txt").returncode == 2


def test_a_file_of_an_editor_of_windows_is_read() -> None:
    assert parse_acknowledged(b"\xef\xbb\xbfaws/P/v2\r\naws/P/v1 # x\r\n", "") == {"aws/P/v1", "aws/P/v2"}


@pytest.mark.parametrize("entry_id", ["git/a b/1", "#x", "git/a\nb/1"])
def test_an_id_that_no_line_can_hold_acknowledges_nothing(entry_id: str) -> None:
    assert parse_acknowledged(acknowledged_line(entry_id, "x").encode(), "") == frozenset()
