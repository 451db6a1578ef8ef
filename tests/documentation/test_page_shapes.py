"""Shapes that tables of updates have: cells that span rows or columns, names and headers that stick together."""

from datetime import date

import pytest

from tracker.documentation.reading.pages import DocumentedPage, Vocabulary, read_page
from tracker.documentation.reading.policy_names import MAX_NEAREST, PolicyNames

NAMES = PolicyNames(["AmazonShoePolicy", "AWSBootPolicy", "AmazonShoeFullAccess", "Billing"])
HEADER = "| Change | Description | Date |\n|---|---|---|\n"


def read(page: str) -> DocumentedPage:
    return read_page(page, name="page", vocabulary=Vocabulary(NAMES))


def brief(page: DocumentedPage) -> list[tuple[str, str, date | None]]:
    """Return the rows as (policies, actions, day)."""
    return [(" ".join(row.policies), " ".join(one.name for one in row.actions), row.date) for row in page.rows]


BOTH = [
    ("AmazonShoePolicy", "shoe:GetLace", date(2021, 5, 2)),
    ("AmazonShoePolicy", "shoe:PutLace", date(2021, 5, 1)),
    ("AWSBootPolicy", "boot:Get", date(2021, 4, 1)),
    ("AWSBootPolicy", "boot:Put", date(2021, 4, 1)),
]


def test_a_cell_of_html_that_spans_rows_or_columns_stands_in_each_of_them() -> None:
    page = read(
        "<table><tr><th>Change<th>Description<th>Date"
        "<tr><td rowspan=2><code>AmazonShoePolicy</code> – Update<td><code>shoe:GetLace</code><td>May 2, 2021"
        "<tr><td><code>shoe:PutLace</code><td>May 1, 2021"
        "<tr><td colspan=2><code>AWSBootPolicy</code> – Added <code>boot:Get</code><td rowspan='2'>April 1, 2021"
        "<tr><td><code>AWSBootPolicy</code> – Update<td><code>boot:Put</code></table>"
    )
    assert brief(page) == BOTH


def test_a_cell_of_asciidoc_that_spans_rows_or_columns_stands_in_each_of_them() -> None:
    page = read(
        '[%header,cols="2*a,1"]\n|===\n|Change |Description |Date\n\n'
        ".2+|`AmazonShoePolicy` – Update |`shoe:GetLace` |May 2, 2021\n|`shoe:PutLace`\n|May 1, 2021\n"
        "// |`AWSBootPolicy` |`boot:Hide` |May 1, 2021\n"
        "2+|`AWSBootPolicy` – Added `boot:Get` .2+|April 1, 2021\n|`AWSBootPolicy` – Update |`boot:Put`\n|===\n"
    )
    assert brief(page) == BOTH


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999999999999999", "70000", "\uff12"])
def test_a_span_that_no_table_has_is_one_or_as_much_as_a_table_can_have(span: str) -> None:
    page = read(
        f"<table><tr><th>Change<th>Description<th colspan='{span}'>Date<tr><td><code>AWSBootPolicy</code>"
        f"<td rowspan='{span}'><code>boot:Get</code><td>May 2, 2021</table>"
    )
    assert brief(page) == [("AWSBootPolicy", "boot:Get", date(2021, 5, 2))]


@pytest.mark.parametrize(
    ("cell", "policies"),
    [
        ("AmazonShoePolicyAWSBootPolicy – Updates", ("AmazonShoePolicy", "AWSBootPolicy")),
        ("`AWSBootPolicyAmazonShoeFullAccess`", ("AWSBootPolicy", "AmazonShoeFullAccess")),
        ("`AmazonShoeFullAcess` and AWSBootPolicy", ("AWSBootPolicy", "AmazonShoeFullAcess")),
        ("`AmazonShoe` – `AWSBootPolicy` updated", ("AWSBootPolicy",)),
        ("<code>Amazon<wbr>Shoe&shy;Policy</code> – Update", ("AmazonShoePolicy",)),
        ("AWS\u200bBoot\u00adPolicy – Update", ("AWSBootPolicy",)),
    ],
)
def test_names_that_stick_together_or_have_a_slip_are_names(cell: str, policies: tuple[str, ...]) -> None:
    (row,) = read(f"{HEADER}| {cell} | Added `boot:Get`. | May 1, 2021 |\n").rows
    assert row.policies == policies


def test_the_nearest_name_is_looked_for_a_thousand_times() -> None:
    names = PolicyNames(["AmazonShoePolicy"])
    found = [names.nearest(f"AmazonShoePolicy{number}") for number in range(MAX_NEAREST + 2)]
    assert found[MAX_NEAREST - 1 :] == ["AmazonShoePolicy", None, None]


@pytest.mark.parametrize(
    "start",
    [
        "Change Description Date AmazonShoePolicy – Update to an existing policy Added boot:Get. May 1, 2021\n",
        "Shoes ChangeDescriptionDateAmazonShoePolicy – Update to an existing policyShoe added boot:Get.May 1, 2021",
    ],
)
def test_a_header_that_sticks_to_its_first_row_is_one(start: str) -> None:
    page = read(f"{start}AWSBootPolicy – Update to an existing policy Added boot:Put. April 1, 2021\n")
    assert brief(page) == [
        ("AmazonShoePolicy", "boot:Get", date(2021, 5, 1)),
        ("AWSBootPolicy", "boot:Put", date(2021, 4, 1)),
    ]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("変更内容 | 説明 | 日付", "ja"),
        ("変更点 | 変更の説明 | 日付", "ja"),
        ("变更 | 描述 | 日期", "zh"),
        ("變更 | 說明 | 日期", "zh"),
    ],
)
def test_headers_of_japanese_and_chinese_pages_are_known(header: str, language: str) -> None:
    page = read(f"| {header} |\n|---|---|---|\n| `AWSBootPolicy` | `boot:Get` | 2021 年 5 月 1 日 |\n")
    assert (page.language, brief(page)) == (language, [("AWSBootPolicy", "boot:Get", date(2021, 5, 1))])


@pytest.mark.parametrize("before", ["", "  ", "    ", "\t", "> ", "> > ", ">"])
def test_a_table_of_markdown_in_a_quote_or_a_list_is_one(before: str) -> None:
    rows = ["| Change | Description | Date |", "|---|---|---|", "| `AWSBootPolicy` | `boot:Get` | May 1, 2021 |"]
    lines = "".join(f"{before}{row}\n" for row in rows)
    other = f"{HEADER}| `AmazonShoePolicy` | `shoe:GetLace` | May 2, 2021 |\n"
    assert brief(read(f"- A list\n\n{lines}\nand\n\n{other}")) == [
        ("AWSBootPolicy", "boot:Get", date(2021, 5, 1)),
        ("AmazonShoePolicy", "shoe:GetLace", date(2021, 5, 2)),
    ]
