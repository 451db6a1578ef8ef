"""The export as a folder of JSON Lines, one file a table, which Spark, Athena and DuckDB read."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.json import Encoder

from tracker.base.files import write_text
from tracker.errors import OutputError
from tracker.export.rows import ExportData, exported_tables, rows_of
from tracker.export.tables import Table

__all__ = ["write_json_lines"]

_FIRST = "about.jsonl"
"""The file by which an earlier export is known."""


def write_json_lines(folder: Path, data: ExportData) -> None:
    """Write a folder with a file `TABLE.jsonl` for each table; each file is there whole or not at all.

    Files of an earlier export are replaced; a folder that holds anything else is refused.

    Raises:
        OutputError: it can't be written.
    """
    tables = exported_tables(data)
    _refuse_other_files(folder)
    for stale in folder.glob("*.jsonl"):
        stale.unlink()
    for table in tables:
        write_text(folder / f"{table.name}.jsonl", _lines(table, data))


def _refuse_other_files(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _FIRST).is_file():
        raise OutputError("is a folder with other files; name a new one", where=str(folder))
    if folder.exists() and not folder.is_dir():
        raise OutputError("is no folder", where=str(folder))


def _lines(table: Table, data: ExportData) -> Iterator[bytes]:
    names, encoder = [column.name for column in table.columns], Encoder()
    for row in rows_of(table, data):
        yield encoder.encode(dict(zip(names, row, strict=True))) + b"\n"
