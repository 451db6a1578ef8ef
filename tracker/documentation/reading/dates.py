"""Days as documentation pages write them, slips included.

Nine in ten are "November 17, 2023"; the rest are ISO and American numbers, short months, ordinals ("May 11th, 2021"),
padded days ("June 06"), stray commas ("March, 30 2023"), misspelt months ("Februrary"), and dates of other languages
("4. März 2025", "2021 年 3 月 1 日"). `reading.date_spans` reads what names more than one day.
"""

import re
from datetime import date
from difflib import get_close_matches

from tracker.documentation.languages import LANGUAGES, words_of

__all__ = ["MAX_DAY_LENGTH", "MONTHS", "day_at_end", "is_undecided", "month_number", "read_day"]

MONTHS = LANGUAGES[0].months
"""The English names, in lower case."""
_NUMBER_OF = {name: number for language in LANGUAGES for number, name in enumerate(language.months, 1)}
_SHORT = {name[:3]: number for number, name in enumerate(MONTHS, 1)} | {"sept": 9}
MAX_DAY_LENGTH = 40
"""Characters of the longest day."""
CLOSE_ENOUGH = 0.8
MAX_MONTH_LENGTH = 12

_YEAR = re.compile(r"\d{4}")
_YEAR_FIRST = re.compile(r"(\d{4})(?: ?[년年] ?|[-/.])(\d{1,2})(?: ?[월月] ?|[-/.])(\d{1,2})(?: ?[일日])?\.?")
_YEAR_LAST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[.,]? (?=\S)", re.IGNORECASE)
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_NO_PART = re.compile(r"[\s,.°]*")
# What stands in a day besides its parts: "May 11th", "1er mars", "15 de julho de 2025", "1º de março".
_FILLERS = frozenset({"st", "nd", "rd", "th", "of", "er", "de", "del", "º"})
_UNDECIDED = frozenset(words_of("undecided"))
LAST_MONTH = 12
MAX_DAY_WORDS = 6
"""Words of the longest day: `2021 年 3 月 1 日`."""
# A day behind these words belongs to the sentence.
_OF_SENTENCE = frozenset({"on", "since", "until", "before", "after", "from", "of", "by", "in", "to", "through", "and"})


def is_undecided(text: str) -> bool:
    """Return whether a Date cell says that the day is not known yet (`TBD`)."""
    return " ".join(text.split()).rstrip(".").lower() in _UNDECIDED


def read_day(text: str) -> date | None:
    """Read a day that stands alone, or return None where the text is no day.

    >>> read_day("Februrary 22nd 2022"), read_day("2023년 11월 17일"), read_day("soon")
    (datetime.date(2022, 2, 22), datetime.date(2023, 11, 17), None)
    """
    if not _YEAR.search(text, 0, MAX_DAY_LENGTH):
        return None
    text = _WEEKDAY.sub("", " ".join(text[: MAX_DAY_LENGTH + 1].split()))
    if len(text) > MAX_DAY_LENGTH or not text.isprintable():
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(text):
        # American order, unless the first number can be no month.
        month, day = (found[1], found[2]) if int(found[1]) <= LAST_MONTH else (found[2], found[1])
        return _day(found[3], month, day)
    return _day_in_words(text)


def day_at_end(text: str) -> tuple[str, str] | None:
    """Cut a line into what it says and the day that it ends with; None where it ends with none.

    Some crawlers leave the last cell of a row in the line of the cell before it.

    >>> day_at_end("Added s3:GetObject. March 4, 2025"), day_at_end("used since March 4, 2025")
    (('Added s3:GetObject.', 'March 4, 2025'), None)
    """
    if not _YEAR.search(text, max(0, len(text) - MAX_DAY_LENGTH)):
        return None
    words = text.rsplit(maxsplit=MAX_DAY_WORDS)
    for start in range(1, len(words)):
        day = " ".join(words[start:])
        if read_day(day):
            before = text.rstrip().removesuffix(day).rstrip()
            is_of_sentence = before.rpartition(" ")[2].lower() in _OF_SENTENCE
            return None if is_of_sentence or not text.rstrip().endswith(day) else (before, day)
    return None


def _day_in_words(text: str) -> date | None:
    """Read one month, one year of four digits and one day, in any order, with any commas."""
    if _NO_PART.fullmatch(_PARTS.sub("", text)) is None:
        return None
    parts = [part.lower() for part in _PARTS.findall(text)]
    numbers = [part for part in parts if part.isdecimal()]
    words = [part for part in parts if not part.isdecimal() and part not in _FILLERS]
    years = [number for number in numbers if len(number) == len("2023")]
    days = [number for number in numbers if len(number) <= len("31")]
    if not (len(words) == len(years) == len(days) == 1 and len(numbers) == len(words) + 1):
        return None
    month = month_number(words[0])
    return _day(years[0], str(month), days[0]) if month else None


def month_number(word: str) -> int | None:
    """Return the number of a month by its name in lower case, cut short or misspelt; None for another word."""
    if number := _NUMBER_OF.get(word) or _SHORT.get(word):
        return number
    close = get_close_matches(word, MONTHS, n=1, cutoff=CLOSE_ENOUGH) if len(word) <= MAX_MONTH_LENGTH else []
    return _NUMBER_OF[close[0]] if close else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
