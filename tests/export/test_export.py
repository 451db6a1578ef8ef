"""The export: each value of the archive is in its table, in SQLite as in JSON Lines, and the documentation is right."""

import json
import re
import sqlite3
import subprocess
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import history, raw_document, statement, version

from tracker.export.tables import TABLES, ColumnType

DOCUMENT = (CHECKOUT / "docs" / "export.md").read_text(encoding="utf-8")
QUERY = re.compile(r"```sql\n(SELECT.*?)\n```\n\n```text\n(.*?)```", re.DOTALL)
QUERIES = QUERY.findall(DOCUMENT)
PARQUET = re.search(r"```sql\n(COPY.*?)\n```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL) or [""] * 3


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two policies: one that gets `iam:PassRole`, and one that is removed."""
    conditional = statement("s3:Get*", "s3:get*", Sid="Read", Condition={"Bool": {"aws:SecureTransport": True}})
    changed = history(version(1, "s3:GetObject"), version(2, "s3:GetObject", "iam:PassRole"), name="Changed")
    removed = history(
        version(1, raw=raw_document(conditional)),
        seen=[(1, "v1"), (5, None)],
        name="Removed",
        arn="arn:aws:iam::aws:policy/R",
    )
    kept = history(version(1, raw=raw_document(conditional)), name="Kept")
    return record(tmp_path / "snapshots", changed, removed, kept)


def exported(archive: Path, target: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return call("--snapshots", archive, "export", "--to", target, *options, folder=archive.parent)


def database(archive: Path, target: Path, *options: str) -> sqlite3.Connection:
    done = exported(archive, target, *options)
    assert done.returncode == 0, done.stderr
    return sqlite3.connect(target)


def lines(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in folder.iterdir()
    }


def test_the_database_has_every_table_with_its_columns(archive: Path, tmp_path: Path) -> None:
    found = database(archive, tmp_path / "out.sqlite")
    names = {
        name: [row[1] for row in found.execute(f"PRAGMA table_info({name})")]
        for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    assert names == {table.name: [column.name for column in table.columns] for table in TABLES}


def test_policies_versions_and_grants_are_those_of_the_archive(archive: Path, tmp_path: Path) -> None:
    found = database(archive, tmp_path / "out.sqlite")
    assert found.execute("SELECT policy, default_version, removed FROM policies ORDER BY policy").fetchall() == [
        ("Changed", "v2", None),
        ("Kept", "v1", None),
        ("Removed", None, "2024-01-06T00:00:00Z"),
    ]
    assert found.execute("SELECT folder, version, in_force FROM versions ORDER BY 1, 2").fetchall() == [
        ("Changed", "v1", 0),
        ("Changed", "v2", 1),
        ("Kept", "v1", 1),
        ("Removed", "v1", 0),
    ]
    grants = found.execute("SELECT folder, action, service, sid, conditions FROM grants ORDER BY 1, 2").fetchall()
    conditions = '[{"operator":"Bool","key":"aws:SecureTransport","values":["true"]}]'
    assert grants == [
        ("Changed", "iam:PassRole", "iam", None, "[]"),
        ("Changed", "s3:GetObject", "s3", None, "[]"),
        ("Kept", "s3:Get*", "s3", "Read", conditions),
    ]


def test_an_entry_has_its_changes_and_its_findings(archive: Path, tmp_path: Path) -> None:
    found = database(archive, tmp_path / "out.sqlite")
    assert found.execute(
        "SELECT e.version, e.verdict, c.kind, c.action, c.may_give_access"
        " FROM entries e JOIN changes c ON c.entry = e.id WHERE e.event = 'policy-updated'"
    ).fetchall() == [("v2", "broadens", "action-added", "iam:PassRole", 1)]
    assert found.execute("SELECT count(*) FROM findings WHERE action = 'iam:PassRole'").fetchone() > (0,)


def test_without_risk_there_is_no_empty_table_of_findings(archive: Path, tmp_path: Path) -> None:
    found = database(archive, tmp_path / "out.db", "--no-risk")
    assert found.execute("SELECT name FROM sqlite_master WHERE name = 'findings'").fetchall() == []
    assert found.execute("SELECT DISTINCT verdict FROM entries").fetchall() == [(None,)]


def test_json_lines_hold_what_the_database_holds(archive: Path, tmp_path: Path) -> None:
    found = database(archive, tmp_path / "out.sqlite")
    assert exported(archive, tmp_path / "out.jsonl").returncode == 0
    written = lines(tmp_path / "out.jsonl")
    assert sorted(written) == sorted(table.name for table in TABLES)
    for table in TABLES:
        stored = [
            dict(zip((column.name for column in table.columns), row, strict=True))
            for row in found.execute(f"SELECT * FROM {table.name}")  # noqa: S608 - a name of ours
        ]
        for row in stored:
            for column in table.columns:
                if column.type is ColumnType.JSON and row[column.name] is not None:
                    row[column.name] = json.loads(row[column.name])
        assert sorted(stored, key=str) == sorted(written[table.name], key=str), table.name


def test_what_could_not_be_read_is_in_the_table_of_what_was_skipped(archive: Path, tmp_path: Path) -> None:
    broken = archive / "aws" / "Changed" / "v2.json"
    raw = json.loads(broken.read_text(encoding="utf-8"))
    raw["Document"]["Statement"] = "none"
    broken.write_text(json.dumps(raw), encoding="utf-8")
    found = database(archive, tmp_path / "out.sqlite")
    assert found.execute('SELECT "where" FROM skipped').fetchall() != []


def test_an_earlier_export_is_replaced_and_other_files_are_not(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out.jsonl"
    assert exported(archive, folder).returncode == exported(archive, folder, "--no-risk").returncode == 0
    assert not (folder / "findings.jsonl").exists()
    other = tmp_path / "mine.jsonl"
    other.mkdir()
    (other / "notes.jsonl").write_text("{}", encoding="utf-8")
    done = exported(archive, other)
    assert done.returncode not in (0, 1)
    assert b"other files" in done.stderr
    assert (other / "notes.jsonl").exists()


@pytest.mark.parametrize("target", ["out.csv", "out"])
def test_another_ending_is_a_usage_error(archive: Path, tmp_path: Path, target: str) -> None:
    done = exported(archive, tmp_path / target)
    assert done.returncode == 2
    assert b"FOLDER.jsonl" in done.stderr


def test_a_path_that_can_not_be_written_is_an_error_and_nothing_is_left(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = exported(archive, tmp_path / "file" / "out.sqlite")
    assert done.returncode not in (0, 1, 2)
    assert done.stderr.count(b"\n") == 1
    (tmp_path / "folder.sqlite").mkdir()
    assert exported(archive, tmp_path / "folder.sqlite").returncode > 2
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_the_documentation_names_every_column() -> None:
    for table in TABLES:
        assert f"### `{table.name}`\n\n{table.about}\n" in DOCUMENT
        for column in table.columns:
            key = " (key)" if column.key else ""
            assert f"| `{column.name}`{key} | {column.type} | {column.about} |" in DOCUMENT, (table.name, column.name)


@pytest.mark.parametrize("query", [query for query, _ in QUERIES])
def test_each_documented_question_is_sql_over_the_tables(archive: Path, tmp_path: Path, query: str) -> None:
    answer_to(database(archive, tmp_path / "out.sqlite"), query)


@pytest.mark.slow
def test_the_documented_questions_have_the_answers_of_this_archive(tmp_path: Path, update_golden: bool) -> None:
    """`--update-golden` writes the answers into the documentation."""
    found = database(CHECKOUT / "snapshots", tmp_path / "out.sqlite")
    answers = [answer_to(found, query) for query, _ in QUERIES]
    assert len(answers) == 10
    if update_golden:
        left = iter(answers)
        text = QUERY.sub(lambda match: f"```sql\n{match[1]}\n```\n\n```text\n{next(left)}```", DOCUMENT)
        (CHECKOUT / "docs" / "export.md").write_text(text, encoding="utf-8")
        return
    assert answers == [answer for _, answer in QUERIES]


@pytest.mark.slow
def test_duckdb_gives_the_same_answers_and_writes_the_documented_parquet(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    assert exported(CHECKOUT / "snapshots", tmp_path / "policies.jsonl").returncode == 0
    types = {ColumnType.INTEGER: "BIGINT", ColumnType.BOOLEAN: "BOOLEAN", ColumnType.JSON: "JSON"}
    with chdir(tmp_path), duckdb.connect() as found:
        for table in TABLES:
            columns = ", ".join(f"\"{column.name}\": '{types.get(column.type, 'VARCHAR')}'" for column in table.columns)
            source = f"read_json('policies.jsonl/{table.name}.jsonl', columns = {{{columns}}})"
            found.execute(f"CREATE VIEW {table.name} AS SELECT * FROM {source}")  # noqa: S608 - names of ours
        assert [answer_to(found, query) for query, _ in QUERIES] == [answer for _, answer in QUERIES]
        write, ask = PARQUET[1].split(";\n")
        found.execute(write)
        assert answer_to(found, ask) == PARQUET[2]


def answer_to(found: Any, query: str) -> str:
    """Return the answer as a table of text."""
    cursor = found.execute(query)
    rows = [[column[0] for column in cursor.description], *([*map(str, row)] for row in cursor.fetchall())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)
