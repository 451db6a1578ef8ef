"""Times as IAM and the archive write them: `2023-11-28T17:05:00Z`, always UTC, always aware."""

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime

__all__ = ["format_time", "parse_day", "parse_time"]


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time; `Z`, `+00:00` and other offsets all become UTC.

    Raises:
        ValueError: the text is no such time, names no offset, or lies where calendars end.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset: {text!r}")
    if not MINYEAR < moment.year < MAXYEAR:
        raise ValueError(f"year out of range: {text!r}")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Write an aware time in UTC, to the second.

    >>> format_time(parse_time("2023-11-28T18:05:00+01:00"))
    '2023-11-28T17:05:00Z'
    """
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{in_utc.isoformat()[:19]}Z"


def parse_day(text: str) -> date:
    """Read a day, `2021-06-15`.

    Raises:
        ValueError: the text is no day.
    """
    return date.fromisoformat(text)
