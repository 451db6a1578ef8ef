"""One entry in one line, where a report lists what happened to a policy."""

from tracker.changelog.model import Entry
from tracker.text.row_builder import RowBuilder
from tracker.text.words import plain

__all__ = ["entry_line", "entry_title"]


def entry_line(entry: Entry, row_builder: RowBuilder) -> str:
    """Return the day, the title and the version of an entry."""
    day = entry.at.astimezone(row_builder.zone).date().isoformat()
    version = f" ({entry.version})" if entry.version else ""
    return f"{day}  {entry_title(entry, row_builder)}{version}"


def entry_title(entry: Entry, row_builder: RowBuilder) -> str:
    """Return the title of an entry as plain text."""
    return plain(row_builder.title(entry))
