"""Dates that name more than one day: a row with one is about some day in that time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.documentation.reading.date_spans import DaySpan, read_span
from tracker.documentation.reading.pages import read_page
from tracker.documentation.recorded import page_of_record, parse_record, record_to_json, recorded, row_changes


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("July 4, 2026", "2026-07-04"),
        ("July 2026", "2026-07-01/2026-07-31"),
        ("Jul. 2026", "2026-07-01/2026-07-31"),
        ("Februrary, 2024", "2024-02-01/2024-02-29"),
        ("2026-07", "2026-07-01/2026-07-31"),
        ("07/2026", "2026-07-01/2026-07-31"),
        ("mid-July 2026", "2026-07-01/2026-07-31"),
        ("2023년 11월", "2023-11-01/2023-11-30"),
        ("2026 年 7 月", "2026-07-01/2026-07-31"),
        ("März 2025", "2025-03-01/2025-03-31"),
        ("marzo de 2025", "2025-03-01/2025-03-31"),
        ("Q1 2024", "2024-01-01/2024-03-31"),
        ("2024 Q4", "2024-10-01/2024-12-31"),
        ("third quarter of 2024", "2024-07-01/2024-09-30"),
        ("2026年第 3 四半期", "2026-07-01/2026-09-30"),
        ("2023년 3분기", "2023-07-01/2023-09-30"),
        ("H2 2024", "2024-07-01/2024-12-31"),
        ("2024", "2024-01-01/2024-12-31"),
        ("week of July 6, 2026", "2026-07-06/2026-07-12"),
        ("March 4-6, 2023", "2023-03-04/2023-03-06"),
        ("March 4 – April 2, 2023", "2023-03-04/2023-04-02"),
        ("March 30, 2022 - April 2, 2023", "2022-03-30/2023-04-02"),
        ("December 2022 to January 2023", "2022-12-01/2023-01-31"),
        ("2023-03-04 to 2023-03-06", "2023-03-04/2023-03-06"),
    ],
)
def test_what_names_more_than_a_day_is_read_as_all_of_it(text: str, days: str) -> None:
    found = read_span(text)
    assert str(found) == days
    assert found == DaySpan.parse(days)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "soon",
            "TBD",
            "Summer 2026",
            "H3 2024",
            "13/2024",
            "2024-13",
            "2024-25",
            "v2023",
            "0000",
            "May",
            "4 July",
        ),
        *("June 31, 2023", "Since 2023", "FY 2024", "April 2 – March 4, 2023", "9" * 4000, "1 - " * 4000),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_span(text) is None


@given(st.dates(), st.integers(0, 400), st.dates())
def test_a_day_is_as_far_off_as_the_nearest_day_of_the_time(first: date, length: int, day: date) -> None:
    last = min(date.max - timedelta(1), first) + timedelta(min(length, (date.max - first).days))
    nearest = min(max(day, first), max(first, last))
    assert DaySpan(first, max(first, last)).days_after(day) == (nearest - day).days


def test_a_page_with_months_is_read_and_its_time_claims_no_day_more_than_it_has() -> None:
    page = read_page(
        "| Change | Description | Date |\n|---|---|---|\n"
        "| `AWSShoePolicy` – Update | Added `s3:GetObject`. | July 2026 |\n"
        "| `AWSShoePolicy` – Update | Added `s3:PutObject`. | Summer 2024 |\n"
        "| Shoes started tracking changes | Shoes did. | 2021 |\n",
        name="page",
    )
    assert [(one.date, one.last_date) for one in page.rows] == [
        (date(2026, 7, 1), date(2026, 7, 31)),
        (None, None),
        (date(2021, 1, 1), date(2021, 12, 31)),
    ]
    assert (page.since, page.until) == (date(2021, 12, 31), date(2026, 7, 1))


def test_a_pasted_page_may_date_a_row_by_its_month() -> None:
    page = "Change\tDescription\tDate\nAWSShoePolicy – Update\tAdded s3:GetObject.\tJuly 2026\n"
    (only,) = read_page(page, name="page").rows
    assert (only.policies, only.last_date) == (("AWSShoePolicy",), date(2026, 7, 31))
    assert [action.name for action in only.actions] == ["s3:GetObject"]


def test_a_record_keeps_the_time_of_a_row() -> None:
    page = read_page(
        "| Change | Description | Date |\n|---|---|---|\n| `AWSShoePolicy` | `shoe:Get` | July 2026 |\n", name="page"
    )
    record = recorded(page, "page", None, date(2026, 8, 1), None)
    read, _ = page_of_record(parse_record(record_to_json(record).encode(), "record"))
    assert [row.days for row in read.rows] == [row.days for row in page.rows]
    assert row_changes(record, recorded(page, "page", None, date(2026, 8, 2), record)) == ()
