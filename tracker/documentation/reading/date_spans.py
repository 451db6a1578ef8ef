"""Dates that name more than one day: a month ("July 2026"), a quarter, half a year, a year, a range of days or months.

A row with such a date is about some day in that time, and nothing finer can be said of it.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import starmap

from tracker.base.dates import parse_day
from tracker.documentation.reading.dates import MAX_DAY_LENGTH, month_number, read_day

__all__ = ["DaySpan", "read_span"]


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Some day from a first to a last one."""

    first: date
    """The first day it can be."""
    last: date
    """The last day it can be; the first one where the day is known."""

    def __str__(self) -> str:
        """Return the day as ISO 8601 writes it, or the time: `2026-07-01/2026-07-31`."""
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"

    @classmethod
    def parse(cls, text: str) -> "DaySpan":
        """Read what `str` of one gives.

        Raises:
            ValueError: it is none.
        """
        first, _, last = text.partition("/")
        return cls(parse_day(first), parse_day(last or first))

    def days_after(self, day: date) -> int:
        """Return how many days it is after a day at least; negative for before, 0 where it can be that day."""
        return max(0, (self.first - day).days) + min(0, (self.last - day).days)


_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
# Words that leave it open which part of a month or a year is meant: the whole of it counts.
_VAGUE = re.compile(r"^(?:early|mid|late|(?:the )?(?:beginning|middle|end) of)[ -]", re.IGNORECASE)
_WEEK = re.compile(r"(?:the )?week (?:of|beginning) (.+)", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4}) ?[년年]?")
_YEAR_AND_MONTH = re.compile(r"(\d{4})(?: ?[년年] ?|[-/.])(\d{1,2}) ?[월月]?|(\d{4}) ([^\W\d_]+)\.?")
_MONTH_AND_YEAR = re.compile(r"([^\W\d_]+)\.?,?(?: of| de| del)? (\d{4})|(\d{1,2})/(\d{4})")
_PART_OF_YEAR = re.compile(
    r"(?P<kind>[qh]) ?(?P<number>[1-4])(?: of)?[ ,/-]*(?P<year>\d{4})"
    r"|(?P<number2>[1-4]) ?(?P<kind2>[qh])(?: of)?[ ,/-]*(?P<year2>\d{4})"
    r"|(?P<year3>\d{4})[ ,/-]*(?P<kind3>[qh]) ?(?P<number3>[1-4])"
    r"|(?:the )?(?P<number4>[1-4](?=st|nd|rd|th)|first|second|third|fourth)(?:st|nd|rd|th)? (?P<kind4>quarter|half)"
    r"(?: of)?,? (?P<year4>\d{4})"
    r"|(?P<year5>\d{4}) ?[년年] ?第? ?(?P<number5>[1-4]) ?(?P<kind5>四半期|季度|분기)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r" ?[–—~/] ?| - | to | through |(?<=\w)-(?=\w)")
_DAY_OF_MONTH = re.compile(r"([^\W\d_]+\.? \d{1,2})")
_HAS_YEAR = re.compile(r"\d{4}")
_LAST_YEAR = re.compile(r"\d{4}$")
_DAY_AND_YEAR = re.compile(r"\d{1,2}(?:st|nd|rd|th)?,? \d{4}")
MAX_RANGE_LENGTH = 60
"""Characters of the longest range of days, blanks counted once."""
DAYS_OF_WEEK = 7
MONTHS_OF = {"q": 3, "h": 6}
"""How many months a quarter and half a year have."""


def read_span(text: str) -> DaySpan | None:
    """Read a date: a day, or a time that contains it; None where the text is no date.

    >>> str(read_span("July 4, 2026")), str(read_span("July 2026")), str(read_span("Q1 2024")), read_span("Summer 2026")
    ('2026-07-04', '2026-07-01/2026-07-31', '2024-01-01/2024-03-31', None)
    """
    if len(text) > 2 * MAX_RANGE_LENGTH or not _HAS_YEAR.search(text):
        return None
    text = " ".join(text.split()).rstrip(".")
    if len(text) > MAX_RANGE_LENGTH or not text.isprintable():
        return None
    return _one(text) or _between(text)


def _one(text: str) -> DaySpan | None:
    if day := read_day(text):
        return DaySpan(day, day)
    if len(text) > MAX_DAY_LENGTH:
        return None
    if (week := _WEEK.fullmatch(text)) and (day := read_day(week[1])):
        return DaySpan(day, day + timedelta(DAYS_OF_WEEK - 1))
    text = _VAGUE.sub("", text)
    if found := _YEAR.fullmatch(text):
        return _months(int(found[1]), 1, 12)
    if found := _PART_OF_YEAR.fullmatch(text):
        return _part_of_year(found)
    if found := _YEAR_AND_MONTH.fullmatch(text):
        return _month(found[1] or found[3], found[2] or found[4])
    if found := _MONTH_AND_YEAR.fullmatch(text):
        return _month(found[2] or found[4], found[1] or found[3])
    return None


def _between(text: str) -> DaySpan | None:
    """Read two dates with `–` or `to` between them; the first may leave out the year, the second the month."""
    pairs = ((text[: found.start()].rstrip(","), text[found.end() :]) for found in _BETWEEN.finditer(text))
    return next(filter(None, starmap(_of_pair, pairs)), None)


def _of_pair(before: str, after: str) -> DaySpan | None:
    year = _LAST_YEAR.search(after)
    if _DAY_OF_MONTH.fullmatch(before) and _DAY_AND_YEAR.fullmatch(after):
        after = f"{before.rsplit(' ', 1)[0]} {after}"
    last = _one(after)
    first = _one(before) or (_one(f"{before}, {year[0]}") if year else None)
    return DaySpan(first.first, last.last) if first and last and first.first <= last.last else None


def _part_of_year(found: re.Match[str]) -> DaySpan | None:
    kind, number, year = (
        next(value for name, value in found.groupdict().items() if name.startswith(part) and value)
        for part in ("kind", "number", "year")
    )
    months = MONTHS_OF["h" if kind[0].lower() == "h" else "q"]
    place = _ORDINALS.get(number.lower()) or int(number)
    return _months(int(year), months * (place - 1) + 1, months)


def _month(year: str, month: str) -> DaySpan | None:
    number = int(month) if month.isdecimal() else month_number(month.lower())
    return _months(int(year), number, 1) if number else None


def _months(year: int, first: int, count: int) -> DaySpan | None:
    """Return some months of a year; None where there are none such."""
    last = first + count - 1
    try:
        return DaySpan(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
    except ValueError:
        return None
