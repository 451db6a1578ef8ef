"""The export as an SQLite database, which Datasette, DuckDB and every language read."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec.json import encode

from tracker.errors import OutputError
from tracker.export.rows import ExportData, exported_tables, rows_of
from tracker.export.tables import ColumnType, Table

__all__ = ["write_sqlite"]

_TYPES = {ColumnType.INTEGER: "INTEGER", ColumnType.BOOLEAN: "INTEGER"}
_PAGE_BYTES = 8192


def write_sqlite(path: Path, data: ExportData) -> None:
    """Write a database, whole or not at all; an earlier file of that name is replaced.

    Raises:
        OutputError: it can't be written; nothing is left behind.
    """
    if path.exists() and not path.is_file():
        raise OutputError("can't be written: is no file", where=str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        _fill(temporary, data)
        temporary.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"can't be written: {getattr(error, 'strerror', None) or error}", where=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _fill(path: Path, data: ExportData) -> None:
    """Fill a new database: no journal, since a file that is not finished is thrown away."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for setting in ("journal_mode=OFF", "synchronous=OFF", f"page_size={_PAGE_BYTES}"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        for table in exported_tables(data):
            _create(connection, table)
            values = ", ".join("?" * len(table.columns))
            connection.executemany(f"INSERT INTO {_quoted(table.name)} VALUES ({values})", _stored(table, data))  # noqa: S608
            for columns in table.indexes:
                name = _quoted("_".join((table.name, *columns)))
                listed = ", ".join(map(_quoted, columns))
                connection.execute(f"CREATE INDEX {name} ON {_quoted(table.name)} ({listed})")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _create(connection: sqlite3.Connection, table: Table) -> None:
    columns = [f"{_quoted(column.name)} {_TYPES.get(column.type, 'TEXT')}" for column in table.columns]
    key = ", ".join(map(_quoted, table.key))
    connection.execute(f"CREATE TABLE {_quoted(table.name)} ({', '.join(columns)}, PRIMARY KEY ({key})) WITHOUT ROWID")


def _quoted(name: str) -> str:
    """Return a name of `tables`, never one of a stranger, as SQL takes it: `where` and `before` are words of SQL."""
    return f'"{name}"'


def _stored(table: Table, data: ExportData) -> Iterator[Sequence[Any]]:
    json_places = [index for index, column in enumerate(table.columns) if column.type is ColumnType.JSON]
    encoded: dict[int, tuple[Any, str]] = {}  # rows that follow each other often share a value
    for row in rows_of(table, data):
        values = list(row)
        for index in json_places:
            value = values[index]
            if value is not None:
                if index not in encoded or encoded[index][0] is not value:
                    encoded[index] = value, encode(value).decode()
                values[index] = encoded[index][1]
        yield values
