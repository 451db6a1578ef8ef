"""Which column of a table is which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MAX_HEADER_LENGTH", "Columns", "columns_of", "header_line", "may_begin_header"]

# A language's words for each column, in English, Korean and Chinese; the longest of those that begin alike comes first.
_SUBJECT = ("policies", "policy name", "policy", "정책 이름", "정책", "策略名称", "策略")
_CHANGE = ("changes", "change", "변경 사항", "변경", "更改")
_DESCRIPTION = ("description of change", "description", "변경 사항 설명", "설명", "更改说明", "描述", "说明")
_VERSION = ("version", "버전", "版本")
_DATE = ("date", "날짜", "日期")
# The header as a browser copies it: one line, blanks, tabs or nothing between the columns.
_HEADER_LINE = re.compile(
    r"({}) ?(?:({}) ?)?(?:({}) ?)?({})".format(
        "|".join((*_SUBJECT, *_CHANGE)), "|".join(_VERSION), "|".join((*_DESCRIPTION, *_CHANGE)), "|".join(_DATE)
    )
)
MAX_HEADER_LENGTH = 60
_FIRST_LETTERS = frozenset(word[0] for name in (*_SUBJECT, *_CHANGE) for word in (name, name.upper()))


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table of updates has what."""

    subject: int
    """The Change or Policy column."""
    description: tuple[int, ...]
    """The columns that describe: Description, and Change where the first is Policy."""
    date: int
    """The Date column."""
    version: int | None
    """The Version column, where there is one."""
    of_policies: bool
    """True where the first column names policies and what they are for, not changes."""


def columns_of(header: Sequence[str]) -> Columns | None:
    """Read a header row; None where the table is no table of updates."""
    words = [" ".join(cell.split()).lower().strip(" :*") for cell in header]

    def indexes(names: Sequence[str]) -> list[int]:
        return [index for index, word in enumerate(words) if word in names]

    policy, change, day = indexes(_SUBJECT), indexes(_CHANGE), indexes(_DATE)
    subject = next(iter((*policy, *change)), None)
    described = tuple(sorted({*change, *indexes(_DESCRIPTION)} - {subject}))
    if subject is None or not day or not described:
        return None
    return Columns(subject, described, day[0], next(iter(indexes(_VERSION)), None), bool(policy))


def may_begin_header(text: str) -> bool:
    """Return whether a text begins as a header does; almost none does."""
    return text[:1] in _FIRST_LETTERS


def header_line(line: str) -> Sequence[str] | None:
    """Return the columns of a header that was copied as one line, or None where the line is no header.

    >>> header_line("변경 사항 설명 날짜")
    ('변경 사항', '설명', '날짜')
    """
    match = _HEADER_LINE.fullmatch(line.lower()) if len(line) <= MAX_HEADER_LENGTH else None
    return tuple(text for text in match.groups() if text) if match else None
