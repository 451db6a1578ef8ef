"""A review as text for a person: on a terminal in colours, in a pipe with lines of any length."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracker.formats.review_report import FindingGroup, ReviewReport, ReviewSection
from tracker.text.words import Words, plain

if TYPE_CHECKING:
    from rich.text import Text

    from tracker.formats.terminal import Screen

__all__ = ["report_on_screen", "report_text"]

_STYLES = {"critical": "bold red", "warning": "yellow", "notice": "cyan", "info": "dim"}


def report_on_screen(report: ReviewReport, words: Words, screen: "Screen") -> str:
    """Return a review as a screen shows it."""
    from tracker.formats.terminal import text_on_screen

    return text_on_screen(_lines(report, words), screen)


def report_text(report: ReviewReport, words: Words) -> str:
    """Return a review as plain text."""
    from tracker.formats.terminal import PIPE

    return report_on_screen(report, words, PIPE)


def _lines(report: ReviewReport, words: Words) -> Iterator["Text"]:
    from rich.text import Text

    yield Text(report.summary, "bold")
    for section in report.sections:
        yield Text()
        yield Text.assemble((plain(section.policy), "bold cyan"), ": ", section.verdict)
        yield from _section(section, words)
    yield Text()
    for note in report.notes:
        yield Text(plain(note), "dim")


def _section(section: ReviewSection, words: Words) -> Iterator["Text"]:
    if section.fault:
        yield _indented(section.fault, 2, "red")
    for remark in section.remarks:
        yield _indented(remark, 2)
    for group in section.findings:
        yield _indented(f"{words(f'risk.{group.level}')}: {_group(group, words)}", 2, _STYLES[group.level])
    for group in section.approved:
        yield _indented(f"{words('report.approved.title')}: {_group(group, words)}", 2, "dim")
    for block in section.blocks:
        style = "dim" if block.is_literal else ""
        yield _indented(block.lead, 2, style)
        for item in (*block.short_items, *block.details):
            yield _indented(f"• {item.line}", 4, style)


def _group(group: FindingGroup, words: Words) -> str:
    causes = "; ".join(f"{cause.text} [{cause.fingerprint}]" for cause in group.causes)
    return words("finding", rule=group.lead, action=causes) if group.lead else causes


def _indented(text: str, by: int, style: str = "") -> "Text":
    from rich.text import Text

    return Text(" " * by + plain(text), style)
