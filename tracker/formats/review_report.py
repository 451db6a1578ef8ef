"""Reviews to what a reader sees, in the words of one language: a table to be read in ten seconds, and the details.

Every text of a stranger (names, paths, actions, resources, faults) is marked as code, so that in no output it can be
taken for markup, for a mention or for a sentence of ours.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tracker.access import Answer, Verdict
from tracker.formats.review_table import ReviewTableRow, table_rows
from tracker.review.model import PolicyReview, Review
from tracker.risk import Finding
from tracker.risk.rules import Level
from tracker.text.findings import finding_cause, finding_sentence
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.words import Words, code

__all__ = ["MARKS", "FindingCause", "FindingGroup", "ReviewReport", "ReviewSection", "report_of"]

MARKS = {
    Level.CRITICAL: "\U0001f534",
    Level.WARNING: "\U0001f7e0",
    Level.NOTICE: "\U0001f7e1",
    Level.INFO: "\U0001f535",
}
"""A sign for each level, to be recognised at a glance; the word stands beside it."""


@dataclass(frozen=True, slots=True)
class FindingCause:
    """One finding of a group."""

    text: str
    """What it is about."""
    fingerprint: str
    """What an approval names."""
    link: str
    """Where its rule or path is explained; empty for nowhere, and where the group says it."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one rule and level, as one line."""

    level: Level
    """How grave they are."""
    rule: str
    """The id of the rule."""
    lead: str
    """The rule in words, where there are several; else empty, and the one finding is a whole sentence."""
    link: str
    """Where the rule is explained; empty for nowhere, and where each finding has its own."""
    causes: tuple[FindingCause, ...]
    """The findings."""


@dataclass(frozen=True, slots=True)
class ReviewSection:
    """One policy in full."""

    policy: str
    """The policy's name, marked as code."""
    verdict: str
    """What the change does on the whole, in a sentence."""
    level: Level | None
    """Level of the gravest finding."""
    fault: str
    """What could not be read; empty for nothing, and where the findings say it all."""
    remarks: tuple[str, ...]
    """Where it moved from, what its Denies do beside other policies, what its documents were taken from."""
    findings: tuple[FindingGroup, ...]
    """Findings, by rule, the gravest first."""
    approved: tuple[FindingGroup, ...]
    """Approved findings, the same way."""
    blocks: tuple[DescriptionBlock, ...]
    """The changes."""


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """A review ready to be printed."""

    title: str
    """Its heading."""
    summary: str
    """Its outcome in a sentence or two."""
    lines: tuple[ReviewTableRow, ...]
    """The table: a line for each effect on a policy, the gravest first."""
    hidden: int
    """Lines that were left out for length."""
    sections: tuple[ReviewSection, ...]
    """The policies in full; fewer than the table has where length forbids."""
    notes: tuple[str, ...]
    """What else is to be known: what was not read, the day of the data."""


def report_of(
    review: Review,
    row_builder: RowBuilder,
    *,
    most_lines: int | None = None,
    most_sections: int | None = None,
    most_items: int | None = None,
) -> ReviewReport:
    """Return a review as a report, at most so long; None for all of it. What is cut is counted."""
    words = row_builder.words
    lines = [line for one in review.policies for line in table_rows(one, row_builder)]
    lines.sort(key=ReviewTableRow.order)
    shown = lines if most_lines is None else lines[:most_lines]
    sections = [_section(one, row_builder, most_items) for one in review.policies[:most_sections]]
    return ReviewReport(
        words("report.title"),
        _summary(review, words),
        tuple(shown),
        len(lines) - len(shown),
        tuple(sections),
        tuple(_notes(review, row_builder, len(review.policies) - len(sections))),
    )


def _summary(review: Review, words: Words) -> str:
    if not review.policies:
        return words("report.nothing")
    more = sum(1 for one in review.policies if one.broadens)
    said = [words("report.summary", count=len(review.policies), more=more)]
    counts = Counter(one.level for one in review.findings)
    parts = [words(f"report.count.{level}", count=counts[level]) for level in reversed(Level) if counts[level]]
    said.append(words("report.findings", findings=words.all_of(parts)) if parts else words("report.findings.none"))
    return " ".join(said)


def _notes(review: Review, row_builder: RowBuilder, cut: int) -> Iterable[str]:
    words = row_builder.words
    if cut:
        yield words("report.cut", count=cut)
    if review.identical:
        yield words("report.identical", count=review.identical)
    approved = sum(len(one.approved) for one in review.policies)
    if approved:
        yield words("report.approved", count=approved)
    if review.excluded:
        yield words("report.excluded", count=review.excluded)
    if any(map(_shows_guardrail, review.policies)):
        yield words("report.guardrails")
    if any(one.notes for one in review.policies):
        yield words("report.attached")
    yield words("report.dated", date=row_builder.catalogue.dated.isoformat())


def _section(one: PolicyReview, row_builder: RowBuilder, most: int | None) -> ReviewSection:
    words = row_builder.words
    return ReviewSection(
        code(one.name),
        words(f"verdict.{one.verdict}.about"),
        one.level,
        words("report.fault", fault=code(one.fault)) if one.fault and not _findings_say_all(one) else "",
        tuple(_remarks(one, words)),
        tuple(_groups(one.findings[:most], words)),
        tuple(_groups(one.approved[:most], words)),
        tuple(_shortened(block, words, most) for block in list(row_builder.blocks(one.changes, one.effective))[:most]),
    )


def _groups(findings: Sequence[Finding], words: Words) -> Iterable[FindingGroup]:
    """Yield the findings by level and rule, in their order."""
    by_rule: dict[tuple[Level, str], list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.level, finding.rule), []).append(finding)
    for (level, rule), found in by_rule.items():
        links = {finding.link or "" for finding in found}
        link = links.pop() if len(links) == 1 else ""
        if len(found) == 1:
            cause = FindingCause(finding_sentence(found[0], words), found[0].fingerprint, "")
            yield FindingGroup(level, rule, "", link, (cause,))
            continue
        causes = [
            FindingCause(finding_cause(one, words), one.fingerprint, "" if link else one.link or "") for one in found
        ]
        yield FindingGroup(level, rule, words(f"rule.{rule}"), link, tuple(causes))


def _shows_guardrail(one: PolicyReview) -> bool:
    """Return whether the report says what the Denies do: only where that differs from the net effect and is decided."""
    if one.guardrail is None or one.guardrail is one.effect or one.guardrail.verdict is Verdict.SAME:
        return False
    return not one.guardrail.verdict is one.verdict is Verdict.UNDECIDED


def _findings_say_all(one: PolicyReview) -> bool:
    """Return whether the findings name each unknown of a policy."""
    reasons = {finding.reason for finding in (*one.findings, *one.approved)}
    return all(not unknown.pointer and unknown.reason in reasons for unknown in one.unknowns)


def _remarks(one: PolicyReview, words: Words) -> Iterable[str]:
    if one.moved_from:
        yield words("report.moved", before=code(one.moved_from))
    if one.guardrail and _shows_guardrail(one):
        yield words(f"report.guardrail.{one.guardrail.verdict}")
    if one.effect.gains is Answer.NO and one.effect.gains_later is not Answer.NO:
        yield words("report.later")
    if one.notes:
        yield words("report.taken-from", policies=words.all_of([code(note) for note in one.notes]))
    for old, new in one.redefined:
        yield words("report.redefined", old=code(old), new=code(new))
    if one.is_approved:
        yield words("report.approved.policy")


def _shortened(block: DescriptionBlock, words: Words, most: int | None) -> DescriptionBlock:
    return replace(block, items=_cut(block.items, words, most), details=_cut(block.details, words, most))


def _cut(items: tuple[ListItem, ...], words: Words, most: int | None) -> tuple[ListItem, ...]:
    if most is None or len(items) <= most:
        return items
    return (*items[:most], ListItem(words("cell.more", count=len(items) - most)))
