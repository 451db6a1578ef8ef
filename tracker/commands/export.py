"""`export`: the archive → tables of a database, or of JSON Lines."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tracker import __version__
from tracker.archive.packed import open_archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import assess_entries
from tracker.changelog.builder import Selection, archive_source
from tracker.errors import UsageError
from tracker.export.json_lines import write_json_lines
from tracker.export.rows import ExportData
from tracker.export.sqlite import write_sqlite
from tracker.policy.history import Skipped
from tracker.settings.configuration import Configuration
from tracker.text.titles import assessed_title
from tracker.text.words import Words

__all__ = ["export"]

_WRITERS: dict[str, Callable[[Path, ExportData], None]] = {
    ".sqlite": write_sqlite,
    ".sqlite3": write_sqlite,
    ".db": write_sqlite,
    ".jsonl": write_json_lines,
}
"""The ending of what is written → what writes it."""


def export(
    snapshots: Path, target: Path, configuration: Configuration, selection: Selection, words: Words, *, risk: bool
) -> ExportData:
    """Write the tables of an archive; return what was written.

    Args:
        snapshots: the archive.
        target: a database (`.sqlite`, `.sqlite3`, `.db`), or a folder of JSON Lines (`.jsonl`).
        configuration: services, rules.
        selection: which policies and days are asked for; a version stands in the export whatever its day.
        words: the language of titles.
        risk: whether to evaluate each entry: verdicts and findings.

    Raises:
        UsageError: the target has none of these endings; no policy is asked for.
        ArchiveError: the archive can't be read.
        OutputError: the target can't be written.
    """
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        hint = "FILE.sqlite for a database, FOLDER.jsonl for JSON Lines"
        raise UsageError("the format of an export is known by the file's ending", where=str(target), hint=hint)
    catalogue = load_catalogue()
    source = archive_source(open_archive(snapshots), configuration, selection)
    items = list(source.histories())
    histories = [item for item in items if not isinstance(item, Skipped)]
    changelog, assessments = source.changelog(items, selection), None
    if risk:
        whole = selection == Selection()
        assessments = assess_entries(changelog, histories, catalogue, configuration.rules, is_whole_archive=whole)
    title = partial(assessed_title, words=words, catalogue=catalogue, assessments=assessments)
    data = ExportData(histories, changelog, title, __version__, assessments)
    write(target, data)
    return data
