"""A review on a terminal: wrapped to its width, without colours and unwrapped in a pipe."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracker.formats.review_report import ReviewReport, ReviewSection
from tracker.text.words import Words, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

__all__ = ["print_report", "report_text"]

_STYLES = {"critical": "bold red", "warning": "yellow", "notice": "cyan", "info": "dim"}
_WIDTH = 120
"""Characters of a line in a pipe or a file."""


def print_report(report: ReviewReport, words: Words, *, color: bool) -> None:
    """Print a review on standard output."""
    from rich.console import Console

    console = Console(no_color=not color, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(no_color=True, highlight=False, width=_WIDTH)
    _print(report, words, console)


def report_text(report: ReviewReport, words: Words) -> str:
    """Return a review as plain text."""
    from io import StringIO

    from rich.console import Console

    written = StringIO()
    _print(report, words, Console(file=written, no_color=True, highlight=False, width=_WIDTH))
    return written.getvalue()


def _print(report: ReviewReport, words: Words, console: "Console") -> None:
    for line in _lines(report, words):
        console.print(line)


def _lines(report: ReviewReport, words: Words) -> Iterator["Text | Padding"]:
    from rich.text import Text

    yield Text(report.summary, "bold")
    for section in report.sections:
        yield Text()
        yield Text.assemble((plain(section.policy), "bold cyan"), ": ", section.verdict)
        yield from _section(section, report, words)
    yield Text()
    for note in report.notes:
        yield Text(plain(note), "dim")


def _section(section: ReviewSection, report: ReviewReport, words: Words) -> Iterator["Padding"]:
    if section.fault:
        yield _indented(section.fault, 2, "red")
    for remark in section.remarks:
        yield _indented(remark, 2)
    for line in (line for line in report.lines if line.policy == section.policy and line.where):
        yield _indented(f"+ {line.what}", 2, _STYLES.get(line.level or "", "green"))
        yield _indented(f"{words('column.where')}: {line.where}", 4)
        yield _indented(f"{words('column.when')}: {line.when}", 4)
    for finding, text in section.findings:
        level = words(f"risk.{finding.level}")
        yield _indented(f"{level}: {text} [{finding.fingerprint}]", 2, _STYLES[finding.level])
    for finding, text in section.approved:
        yield _indented(f"{words('report.approved.title')}: {text} [{finding.fingerprint}]", 2, "dim")
    for block in section.blocks:
        yield _indented(block.lead, 2)
        for item in (*block.items, *block.details):
            yield _indented(f"• {item.text}{f' ({item.note})' if item.note else ''}", 4)


def _indented(text: str, by: int, style: str = "") -> "Padding":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(plain(text), style), (0, 0, 0, by), expand=False)
