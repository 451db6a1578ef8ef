"""Which column of a table is which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.documentation.languages import LANGUAGES, words_of

__all__ = ["MAX_HEADER_LENGTH", "Columns", "columns_of", "header_line", "may_begin_header"]

_SUBJECT, _CHANGE, _DESCRIPTION = words_of("policy"), words_of("change"), words_of("description")
_VERSION, _DATE = words_of("version"), words_of("date")
# The header as a browser copies it: one line, blanks, tabs or nothing between the columns.
_HEADER_LINE = re.compile(
    r"({}) ?(?:({}) ?)?(?:({}) ?)?({})".format(
        *("|".join(map(re.escape, words)) for words in ((*_SUBJECT, *_CHANGE), _VERSION, (*_DESCRIPTION, *_CHANGE))),
        "|".join(map(re.escape, _DATE)),
    )
)
MAX_HEADER_LENGTH = 60
_WORDS_OF = [frozenset({*one.policy, *one.change, *one.description, *one.version, *one.date}) for one in LANGUAGES]
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
    language: str
    """The language of the header: `en`."""


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
    return Columns(subject, described, day[0], next(iter(indexes(_VERSION)), None), bool(policy), _language(words))


def _language(words: Sequence[str]) -> str:
    """Return the language that has most words of a header; of several the first."""
    counts = [len(of_one.intersection(words)) for of_one in _WORDS_OF]
    return LANGUAGES[counts.index(max(counts))].code


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
