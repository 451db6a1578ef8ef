"""The ids of a changelog's entries, each with what it is about: lines for the file of what is acknowledged."""

from collections.abc import Mapping

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.acknowledged import acknowledged_line
from tracker.changelog.model import Changelog
from tracker.risk import Assessment
from tracker.text.titles import title_of
from tracker.text.words import Words, plain

__all__ = ["changelog_ids"]


def changelog_ids(
    changelog: Changelog,
    words: Words,
    catalogue: Catalogue,
    assessments: Mapping[str, Assessment] | None = None,  # noqa: ARG001 - what functions of data are given
) -> list[bytes]:
    """Return a line for each entry, newest first: its id, its day (UTC) and title behind it as a comment."""
    return [
        f"{acknowledged_line(entry.id, f'{entry.at:%Y-%m-%d} {plain(title_of(entry, words, catalogue))}')}\n".encode()
        for entry in changelog.entries
    ]
