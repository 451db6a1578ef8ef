"""An audit in the words of one language: what its templates print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from msgspec.structs import replace

from tracker.changelog.model import Entry
from tracker.documentation.auditing.matching import ABSOLUTE_MAX_DAYS, ROW_ZONE, USUAL_LAG, USUAL_MAX_DAYS
from tracker.documentation.auditing.model import ActionStanding, Audit, AuditedRow, RowFinding, RowVerdict
from tracker.documentation.documentation_audit import AuditedPage, DocumentationAudit, RowChange, UnreadSource
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedRow
from tracker.documentation.undocumented import Undocumented, UndocumentedState
from tracker.formats.announcements import announcement_lines
from tracker.policy.versions import version_number
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.words import Words, code, printable

__all__ = [
    "AuditReport",
    "PageSummary",
    "ReportedRow",
    "UndocumentedReport",
    "documentation_report",
    "report_of",
    "undocumented_report",
]

MAX_NAMES = 30
"""Actions that a line names before it counts the rest."""


_SAID = frozenset(
    {
        ActionStanding.GRANTED_BEFORE,
        ActionStanding.COVERED,
        ActionStanding.DENIED,
        ActionStanding.OTHER_TIME,
        ActionStanding.STILL_GRANTED,
        ActionStanding.NEVER,
        ActionStanding.UNKNOWN,
    }
)
"""What is said of actions beside the version that adds or removes them."""


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """One row of the page with what the archive says of it."""

    place: int
    """Its number on the page."""
    day: str
    """Its day; as the page has it where nobody can read that."""
    change: str
    """Its Change cell."""
    verdict: RowVerdict
    """How it stands."""
    standing: str
    """The same in words."""
    lines: tuple[str, ...]
    """What is to be said of it, marked."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """An audit ready to be printed."""

    title: str
    """Its heading."""
    summary: str
    """The counts, in a sentence."""
    lead: str
    """By which days it goes."""
    to_correct: tuple[ReportedRow, ...]
    """The rows in which something is to be corrected, in the page's order."""
    others: tuple[ReportedRow, ...]
    """All other rows, in the page's order: those confirmed, and those that can't be checked."""
    untold: tuple[Row, ...]
    """The versions that no row of the page is about, as rows that could stand there."""
    not_observed: tuple[str, ...]
    """Versions that the archive does not know, a sentence each."""


@dataclass(frozen=True, slots=True)
class PageSummary:
    """One page of several, in figures."""

    name: str
    """What its service is called."""
    source: str
    """File or address."""
    rows: int
    figures: str
    """How many of them stand how, and how many changes of its policies no page documents."""


@dataclass(frozen=True, slots=True)
class UndocumentedReport:
    """A change that no page documents."""

    anchor: str
    """Its id, as an address may have it."""
    version: str
    """The policy and its version, marked."""
    level: str
    """The gravest that can come of it, in words; empty where nothing was found."""
    lines: tuple[str, ...]
    """What is to be said of it, marked."""
    row: Row
    """The row that could stand on the page."""
    is_resolved: bool
    """Whether a later row documents it."""


def documentation_report(audited: DocumentationAudit, row_builder: RowBuilder) -> dict[str, Any]:
    """Return an audit of many sources in words, as its templates take it.

    A single page is reported as it always was; the summary over several comes first where there are more.
    """
    words = row_builder.words
    several = len(audited.pages) != 1 or bool(audited.feeds or audited.unread)
    return {
        "overview": _overview(audited, words) if several else None,
        "lead": _lead(words),
        "pages": [_summary(page, audited, words) for page in audited.pages] if several else [],
        "undocumented": [undocumented_report(item, row_builder) for item in audited.undocumented],
        "looked_at": _looked_at(audited, words),
        "unread": [_unread(item, words) for item in audited.unread],
        "row_changes": [_row_change(item, row_builder) for item in audited.row_changes],
        "feeds": [
            (feed.name, [line for match in feed.matches for line in announcement_lines(match, words)])
            for feed in audited.feeds
        ],
        "reports": [report_of(page.audit, row_builder, page.title) for page in audited.pages],
    }


def _lead(words: Words) -> str:
    early, late = -USUAL_LAG[0], USUAL_LAG[-1]
    return words("audit.lead", early=early, late=late, days=USUAL_MAX_DAYS, whole=ABSOLUTE_MAX_DAYS)


def _overview(audited: DocumentationAudit, words: Words) -> str:
    counts = {"pages": len(audited.pages), "feeds": len(audited.feeds)}
    sources = [words(f"audit.overview.{name}", count=count) for name, count in counts.items() if count]
    return words("audit.overview", sources=words.all_of(sources)) if sources else words("audit.overview.nothing")


def _summary(page: AuditedPage, audited: DocumentationAudit, words: Words) -> PageSummary:
    """Return a page in figures that add up to its rows; those that are 0 are left out."""
    counts = page.audit.counts
    missing = counts[RowVerdict.NOT_FOUND] + counts[RowVerdict.PARTLY]
    undocumented = sum(page.name in item.pages for item in audited.undocumented if item.state == "open")
    figures = {
        "confirmed": counts[RowVerdict.CONFIRMED],
        "misspelt": counts[RowVerdict.OTHER_SPELLING],
        "granted-before": counts[RowVerdict.GRANTED_BEFORE],
        "missing": missing,
        "not-checked": counts[RowVerdict.NOT_CHECKED],
    }
    shown = [words(f"audit.figure.{name}", number=number) for name, number in figures.items() if number]
    if misdated := counts[RowVerdict.DATED_DIFFERENTLY]:
        shown.append(words("audit.figure.misdated", count=misdated, days=_most_days(page)))
    in_words = ", ".join(shown)
    if undocumented:
        in_words += f"; {words('audit.figure.undocumented', count=undocumented)}"
    return PageSummary(printable(page.title), printable(page.name), len(page.audit.rows), in_words)


def _most_days(page: AuditedPage) -> int:
    """Return by how many days the row is off that is dated most differently."""
    findings = (finding for row in page.audit.rows for finding in row.findings)
    return max((abs(each.days) for each in findings if each.days and each.days not in USUAL_LAG), default=0)


def _as_aws_writes(row: Row) -> Row:
    """Return a row as AWS writes it: what was added and removed, without version numbers and without what it means."""
    return replace(row, blocks=row.literal_blocks[1:] or row.blocks, note="")


def undocumented_report(item: Undocumented, row_builder: RowBuilder) -> UndocumentedReport:
    """Return a change that no page documents, in words, with the row that could stand there."""
    words, entry = row_builder.words, item.entry
    what = f"{entry.policy} {entry.version}" if entry.version else entry.policy
    day = words.date(entry.at.astimezone(ROW_ZONE))
    lines = [words("audit.version", version=code(what), date=day)]
    if item.nearest_row:
        lines.append(words("audit.undocumented.near", date=_days(item.nearest_row, row_builder)))
    if item.documented_for:
        lines.append(words("audit.undocumented.other-policy", policy=code(item.documented_for)))
    if item.state is UndocumentedState.RESOLVED:
        lines.append(words("audit.undocumented.resolved"))
    else:
        until = _day(item.looked_at_until, row_builder)
        lines.append(words("audit.undocumented.pages", pages=", ".join(map(printable, item.pages)), date=until))
    level = words(f"risk.{item.level}") if item.level else ""
    resolved = item.state is UndocumentedState.RESOLVED
    anchor = item.id.replace("/", "-")
    return UndocumentedReport(anchor, code(what), level, tuple(lines), _as_aws_writes(row_builder.row(entry)), resolved)


def _looked_at(audited: DocumentationAudit, words: Words) -> str:
    count = audited.counts["undocumented"]
    return words("audit.undocumented.lead", count=count, days=USUAL_MAX_DAYS)


def _unread(item: UnreadSource, words: Words) -> str:
    text = printable(item.reason if item.name in item.reason else f"{item.name}: {item.reason}")
    if not item.policies:
        return text
    return f"{text} {words('audit.unread.policies', policies=', '.join(map(code, item.policies)))}"


def _row_change(item: RowChange, row_builder: RowBuilder) -> str:
    words = row_builder.words
    policies = ", ".join(map(code, item.policies)) or "–"
    day, now = (_days(DaySpan.parse(text), row_builder) if text else "–" for text in (item.date, item.date_now))
    if not item.is_edited:
        return words("audit.row.deleted", page=printable(item.page), policies=policies, date=day)
    said = [words("audit.row.edited", page=printable(item.page), policies=policies, date=day)]
    if now != day:
        said.append(words("audit.row.date-now", date=now))
    for name, actions in (("named-now", item.named_now), ("not-named-now", item.not_named_now)):
        if actions:
            said.append(words(f"audit.row.{name}", actions=", ".join(map(code, actions))))
    return "; ".join(said)


def report_of(audit: Audit, row_builder: RowBuilder, page: str) -> AuditReport:
    """Return an audit in the words of the row builder.

    Args:
        audit: the audit.
        row_builder: words, names of services, zone.
        page: what was audited: a file's name.
    """
    words = row_builder.words
    name = row_builder.service.name if row_builder.service else page
    counted = [
        words("audit.counted", count=audit.counts[verdict], what=words(f"audit.verdict.{verdict}"))
        for verdict in RowVerdict
        if audit.counts[verdict]
    ]
    untold = words("audit.untold.count", count=len(audit.untold)) if audit.untold else ""
    rows = [(row, _row(row, row_builder)) for row in audit.rows]
    return AuditReport(
        title=words("audit.title", service=name),
        summary=words("audit.summary", count=len(audit.rows), verdicts=", ".join(counted), untold=untold).strip(),
        lead=_lead(words),
        to_correct=tuple(reported for row, reported in rows if _is_to_correct(row)),
        others=tuple(reported for row, reported in rows if not _is_to_correct(row)),
        untold=tuple(row_builder.row(entry) for entry in audit.untold),
        not_observed=tuple(_not_observed(entry, row_builder) for entry in audit.not_observed),
    )


def _not_observed(entry: Entry, row_builder: RowBuilder) -> str:
    """Name the versions where their numbers are plain, else say between which they lie."""
    words, policy = row_builder.words, code(entry.policy)
    first, last = version_number(entry.previous_version or "v0"), version_number(entry.version or "")
    if first is not None and last is not None and last - first - 1 == entry.not_observed <= MAX_NAMES:
        versions = words.all_of([f"v{number}" for number in range(first + 1, last)])
        return words("audit.not-observed.named", policy=policy, versions=versions)
    between = {"before": entry.previous_version or "", "after": entry.version or ""}
    return words("audit.not-observed", count=entry.not_observed, policy=policy, **between)


def _row(audited: AuditedRow, row_builder: RowBuilder) -> ReportedRow:
    words, row = row_builder.words, audited.row
    lines = tuple(line for finding in audited.findings for line in _lines(finding, row, row_builder))
    day = _day(row.date, row_builder) if row.date and not row.last_date else printable(row.date_text)
    if row.days and row.last_date:
        lines = (_any_of(day, row.days, row_builder), *lines)
    change = printable(row.change)
    return ReportedRow(row.number, day, change, audited.verdict, words(f"audit.verdict.{audited.verdict}"), lines)


def _is_to_correct(row: AuditedRow) -> bool:
    """Return whether the writer of the page has something to do."""
    as_they_should = (RowVerdict.CONFIRMED, RowVerdict.NOT_CHECKED)
    return row.verdict not in as_they_should or any(finding.has_broken_name for finding in row.findings)


def _day(day: date, row_builder: RowBuilder) -> str:
    return row_builder.words.date(datetime.combine(day, time(), ROW_ZONE))


def _any_of(written: str, days: DaySpan, row_builder: RowBuilder) -> str:
    first, last = (_day(day, row_builder) for day in (days.first, days.last))
    return row_builder.words("audit.days.any", written=written, first=first, last=last)


def _days(days: DaySpan, row_builder: RowBuilder) -> str:
    """Return a day, or the first and the last one that it can be."""
    first, last = _day(days.first, row_builder), _day(days.last, row_builder)
    return first if first == last else row_builder.words("audit.days.between", first=first, last=last)


def _lines(finding: RowFinding, row: DocumentedRow, row_builder: RowBuilder) -> Iterator[str]:
    words = row_builder.words
    policy = code(finding.policy or "")
    for entry in finding.entries:
        what = f"{entry.policy} {entry.version}" if entry.version else entry.policy
        yield words("audit.version", version=code(what), date=words.date(entry.at.astimezone(ROW_ZONE)))
    if finding.days is not None and finding.days not in USUAL_LAG:
        yield words(f"audit.days.{'after' if finding.days > 0 else 'before'}", count=abs(finding.days))
    yield from _name_lines(finding, words)
    if finding.labels_only:
        yield words("audit.labels-only")
    for item in finding.respelled:
        meant = words.any_of([code(name) for name in item.meant])
        yield words("audit.spelling", written=code(item.written), meant=meant)
    yield from _action_lines(finding, row_builder)
    for block in row_builder.blocks(finding.silent):
        actions = _few([item.text for item in block.items], row_builder)
        yield words("audit.silent", actions=f"{block.lead.rstrip(':.')}: {actions}")
    if finding.reason:
        yield words(f"audit.reason.{finding.reason}", policy=policy)
    for entry in finding.elsewhere:
        version = code(f"{entry.policy} {entry.version}")
        why = "audit.elsewhere" if row.actions or row.removed_actions else "audit.elsewhere.named"
        yield words(why, version=version, date=words.date(entry.at.astimezone(ROW_ZONE)))


def _name_lines(finding: RowFinding, words: Words) -> Iterator[str]:
    """Say what is to be said of the policy's name."""
    if finding.has_broken_name:
        yield words("audit.name", policy=code(finding.policy or ""))
    if finding.written:
        what = "role" if finding.written.startswith("AWSServiceRoleFor") else "written"
        yield words(f"audit.{what}", written=code(finding.written), policy=code(finding.policy or ""))
    elif finding.nearest:
        yield words("audit.nearest", policy=code(finding.nearest))
    if finding.candidates:
        yield words("audit.candidates", policies=words.any_of([code(name) for name in finding.candidates]))


def _action_lines(finding: RowFinding, row_builder: RowBuilder) -> Iterator[str]:
    """Say of the actions of a row what its version does not: a line for those of which the same is true."""
    grouped: dict[tuple[ActionStanding, str | None, str | None, int | None], list[str]] = {}
    for action in finding.actions:
        if action.standing in _SAID:
            days = action.days if action.standing is ActionStanding.OTHER_TIME else None
            key = action.standing, action.version, action.covered_by, days
            grouped.setdefault(key, []).append(code(action.name))
    for (standing, version, covered_by, days), names in grouped.items():
        what = str(standing)
        if standing is ActionStanding.OTHER_TIME:
            what += ".after" if (days or 0) > 0 else ".before"
        elif standing is ActionStanding.STILL_GRANTED and covered_by:
            what += ".covered"
        yield row_builder.words(
            f"audit.action.{what}",
            actions=_few(names, row_builder),
            version=version or "",
            pattern=code(covered_by or ""),
            count=None if days is None else abs(days),
        )


def _few(texts: Sequence[str], row_builder: RowBuilder) -> str:
    shown = texts[:MAX_NAMES]
    rest = len(texts) - len(shown)
    return row_builder.words.all_of([*shown, row_builder.words("audit.more", count=rest)] if rest else shown)
