"""A changelog as data: its JSON with titles in one language and, where they are known, verdicts and findings."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tracker.base.parallel import shared_out
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.builder import HistorySource, Selection, selected_entries
from tracker.changelog.contract import changelog_json_document, changelog_to_json, entry_to_json
from tracker.changelog.entries import EntrySortKey, entry_sort_key, sort_newest_first
from tracker.changelog.model import Changelog, Entry
from tracker.policy.history import Skipped
from tracker.text.titles import assessed_title, title_of
from tracker.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.risk import Assessment

__all__ = ["changelog_json_parts", "line_writer", "read_changelog_json_parts"]


def changelog_json_parts(
    changelog: Changelog, words: Words, catalogue: Catalogue, assessments: "Mapping[str, Assessment] | None"
) -> list[bytes]:
    """Return the parts of a changelog in the JSON of the contract.

    Args:
        changelog: with its title.
        words: the language of the entries' titles.
        catalogue: services' names.
        assessments: what the changes mean, by entry; None where nobody asked.
    """
    return list(changelog_to_json(changelog, line_writer(words, catalogue, assessments)))


def line_writer(
    words: Words, catalogue: Catalogue, assessments: "Mapping[str, Assessment] | None"
) -> Callable[[Entry], bytes]:
    """Return what gives an entry in JSON, in one line; arguments as those of `changelog_json_parts`."""
    from tracker.changelog.assessments import assessment_members

    def line_of(entry: Entry) -> bytes:
        more = {} if assessments is None else assessment_members(entry, assessments, catalogue)
        return entry_to_json(entry, assessed_title(entry, words, catalogue, assessments), more)

    return line_of


def read_changelog_json_parts(
    source: HistorySource, selection: Selection, title: str, words: Words, catalogue: Catalogue
) -> tuple[list[bytes], tuple[Skipped, ...]]:
    """Return what `changelog_json_parts` makes of a source's changelog, and what was left out of it, in less time.

    Two processes read a share of the histories each, and keep nothing of them but lines.

    Args:
        source: the histories.
        selection: which of their entries are asked for.
        title: the changelog's.
        words: the language of the entries' titles.
        catalogue: services' names.

    Raises:
        ArchiveError: a file of the archive can't be read.
        GitError: the repository can't be read.
    """
    start = source.start()

    def lines_and_skipped(share: Sequence[Any]) -> tuple[list[tuple[EntrySortKey, bytes]], list[Skipped]]:
        lines, skipped = [], []
        for outcome in selected_entries(source.read(share), start, selection):
            if isinstance(outcome, Skipped):
                skipped.append(outcome)
            else:
                line = entry_to_json(outcome, title_of(outcome, words, catalogue), {})
                lines.append((entry_sort_key(outcome), line))
        return lines, skipped

    shares = shared_out(lines_and_skipped, source.shares)
    lines = sort_newest_first(line for lines, _ in shares for line in lines)
    skipped = tuple(item for _, left_out in shares for item in left_out)
    return list(changelog_json_document(title, lines, skipped)), skipped
