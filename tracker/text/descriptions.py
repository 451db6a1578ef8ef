"""An entry in words, for programs that send messages: what happened, what it means, and where it can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tracker.access import Verdict
from tracker.base.zones import AWS_ZONE
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import assess_entries
from tracker.changelog.model import Changelog, Entry
from tracker.policy.history import PolicyHistory
from tracker.risk import Finding
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.words import Words, load_words, plain, template_folders

__all__ = ["EntryDescription", "describe"]

SAFE_IN_ADDRESSES = "/#+=,@~:"
"""What stays as it is in the address of an entry on the site."""


@dataclass(frozen=True, slots=True)
class EntryDescription:
    """One entry in the words of one language, as plain text."""

    title: str
    """Policy, version and what happened, in one line."""
    description: str
    """What changed, in lines; empty where there is nothing to say."""
    day: str
    """The day as the language writes it, in the zone that was asked for."""
    verdict: Verdict | None
    """What the change does on the whole; None where no history was given or permissions did not change."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first; empty without a verdict."""
    risk: str
    """Verdict and findings in one line; empty without a verdict."""
    address: str
    """Where the site that `build` writes shows the entry: an absolute address, or a path if no site was named."""


def describe(
    entry: Entry,
    history: PolicyHistory | None = None,
    *,
    language: str = "en",
    site: str = "",
    templates: Path | None = None,
    zone: tzinfo = AWS_ZONE,
) -> EntryDescription:
    """Return an entry in words.

    Args:
        entry: one of `entries_of`.
        history: the history that it is from; its documents decide verdict and findings.
        language: `en`, `ko`, or another that has a message catalogue.
        site: the address of the published site's folder for this language, such as `https://example.com/iam/`.
        templates: a folder with message catalogues that come before the program's own.
        zone: where days are counted: as on pages, that of AWS's documentation.

    Raises:
        UsageError: there is no such language or folder.
    """
    words, catalogue = _words(language, templates), load_catalogue()
    changelog = Changelog("", (entry,))
    assessments = assess_entries(changelog, [history] if history else [], catalogue, {}, is_whole_archive=False)
    row = RowBuilder(words, catalogue, zone, assessments=assessments).row(entry)
    assessment = assessments.get(entry.id)
    path = quote(row.address, safe=SAFE_IN_ADDRESSES)
    return EntryDescription(
        title=plain(row.headline),
        description="\n".join(_lines(row)),
        day=row.day,
        verdict=assessment.verdict if assessment else None,
        findings=assessment.findings if assessment else (),
        risk=plain(row.risk),
        address=f"{site.rstrip('/')}/{path}" if site else path,
    )


@cache
def _words(language: str, templates: Path | None) -> Words:
    return load_words(language, template_folders(templates))


def _lines(row: Row) -> Iterator[str]:
    for block in row.blocks:
        yield plain(block.lead)
        for item in (*block.items, *block.details):
            yield f"- {plain(item.line)}"
    if row.note:
        yield plain(row.note)
