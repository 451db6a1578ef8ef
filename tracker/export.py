"""A changelog as data: its JSON with titles in one language and, where they are known, verdicts and findings."""

from functools import partial
from typing import TYPE_CHECKING

from tracker.catalogue import Catalogue
from tracker.contract import changelog_to_json
from tracker.model import Changelog
from tracker.titles import title_of
from tracker.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.risk import Assessment

__all__ = ["exported"]


def exported(
    changelog: Changelog, words: Words, catalogue: Catalogue, assessments: "Mapping[str, Assessment] | None"
) -> bytes:
    """Return a changelog in the JSON of the contract.

    Args:
        changelog: with its title.
        words: the language of the entries' titles.
        catalogue: services' names.
        assessments: what the changes mean, by entry; None where nobody asked.
    """
    more = None
    if assessments is not None:
        from tracker.assessments import members

        more = partial(members, assessments=assessments, catalogue=catalogue)
    return b"".join(changelog_to_json(changelog, lambda entry: title_of(entry, words, catalogue), more))
