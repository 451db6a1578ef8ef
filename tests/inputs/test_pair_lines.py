"""`diff --jsonl`: one line out for each line in, and what can't be read fails the gate."""

import json
import subprocess
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from archives import call, run
from builders import allowing

from tracker.inputs.comparing import pair_lines
from tracker.inputs.comparing.pair_lines import bounded_lines

READ, WRITE = allowing("s3:GetObject"), allowing("s3:GetObject", "s3:PutObject")


def pair(before: Any, after: Any, name: Any = None) -> dict[str, Any]:
    return {"id": name, "before": before, "after": after}


def compared(folder: Path, *lines: Any, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return call("diff", "--jsonl", "-", *options, folder=folder, stdin=text)


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_pair_has_a_line_with_its_id_in_the_same_order(tmp_path: Path) -> None:
    done = compared(
        tmp_path, pair(READ, WRITE, "wider"), pair(WRITE, READ, 7), pair(READ, READ), pair(None, READ), pair(READ, None)
    )
    found = [(one["id"], one["line"], one["state"], one["verdict"]) for one in answers(done)]
    assert found == [
        ("wider", 1, "changed", "broadens"),
        (7, 2, "changed", "narrows"),
        (None, 3, "identical", "same"),
        (None, 4, "added", "broadens"),
        (None, 5, "removed", "narrows"),
    ]
    assert done.returncode == 0


def test_a_line_has_the_members_of_a_review(tmp_path: Path) -> None:
    (one,) = answers(compared(tmp_path, pair(READ, WRITE)))
    assert one["gained"]["action"] == "s3:PutObject"
    assert [(change["kind"], change["action"]) for change in one["changes"]] == [("action-added", "s3:PutObject")]


UNREADABLE: Mapping[str, Any] = {
    "no-json": b"{",
    "no-object": [READ, WRITE],
    "no-before": {"after": READ},
    "no-after": {"before": READ},
    "a-number": pair(READ, 5),
    "no-statement": pair(READ, {"Version": "2012-10-17"}),
    "a-key-twice": b'{"before": null, "after": {"Statement": [], "Statement": []}}',
    "not-utf-8": b'{"before": null, "after": {"Statement": [], "Id": "\xff"}}',
    "nested-too-deep": b'{"before": null, "after": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_is_undecided_and_fails_the_gate(tmp_path: Path, line: Any) -> None:
    done = compared(tmp_path, line, pair(READ, READ), options=("--fail-on", "broadens"))
    first, second = answers(done)
    assert (first["state"], first["verdict"], second["state"]) == ("unreadable", "undecided", "identical")
    assert first["unknown"][0]["reason"]
    assert done.returncode == 1


def test_the_gate_holds_over_all_lines(tmp_path: Path) -> None:
    assert compared(tmp_path, pair(WRITE, READ), options=("--fail-on", "broadens")).returncode == 0
    assert compared(tmp_path, pair(READ, WRITE), pair(WRITE, READ), options=("--fail-on", "broadens")).returncode == 1


def test_a_line_that_is_too_long_is_passed_over_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_lines, "MAX_LINE_BYTES", 10)
    stream = BytesIO(b"x" * 35 + b"\n\nshort\n" + b"y" * 10 + b"\nz")
    assert list(bounded_lines(stream)) == [(1, None), (3, b"short\n"), (4, None), (5, b"z")]


def test_a_file_is_read_as_a_process(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(json.dumps(pair(READ, WRITE, "a")) + "\n", encoding="utf-8")
    done = run("diff", "--jsonl", "pairs.jsonl", "-o", "compared.jsonl", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((tmp_path / "compared.jsonl").read_bytes())["verdict"] == "broadens"


@pytest.mark.parametrize("sides", [("a", "b"), ("nothing-here.jsonl",)])
def test_other_arguments_are_a_usage_error(tmp_path: Path, sides: tuple[str, ...]) -> None:
    assert call("diff", "--jsonl", *sides, folder=tmp_path).returncode == 2
