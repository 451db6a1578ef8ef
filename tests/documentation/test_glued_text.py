"""Tables whose cells stick together, as crawlers leave them."""

import pytest

from tracker.documentation import read_page
from tracker.documentation.reading.pages import Vocabulary
from tracker.documentation.reading.policy_names import PolicyNames

NAMES = Vocabulary(PolicyNames(["AmazonShoeFullAccess", "AmazonShoeReadOnlyAccess", "ShoeUnlockPolicy"]))
GLUED = """# AWS managed policies for Amazon Shoe

ChangeDescriptionDate

[ShoeUnlockPolicy](#shoe-ShoeUnlockPolicy) –
New policy

Unlocks shoes.October 15, 2025[AmazonShoeFullAccess](#full) – Updated
policyTo lace since March 1, 2021, added `shoe:PutLace`.July 31, 2025[AmazonShoeReadOnlyAccess](#read) – Added
permissionsAdded `shoe:GetLace`.March 03, 2025Shoe started tracking changesShoe startedMay 1, 2021

[Document Conventions](https://example.org/)

IAM roles
"""
LINES = """ChangeDescriptionDate

Amazon Shoe added permissions to `AmazonShoeFullAccess` and
`AmazonShoeReadOnlyAccess`

Both have more.

September 27, 2021

Amazon Shoe started tracking changes

Started.

August 18, 2021
"""


def test_days_end_rows_and_a_day_in_prose_does_not() -> None:
    page = read_page(GLUED, name="page", vocabulary=NAMES)
    assert page.title == "AWS managed policies for Amazon Shoe"
    assert [(row.kind, row.policies, str(row.date), [item.name for item in row.actions]) for row in page.rows] == [
        ("new-policy", ("ShoeUnlockPolicy",), "2025-10-15", []),
        ("update", ("AmazonShoeFullAccess",), "2025-07-31", ["shoe:PutLace"]),
        ("update", ("AmazonShoeReadOnlyAccess",), "2025-03-03", ["shoe:GetLace"]),
        ("tracking-started", (), "2021-05-01", []),
    ]


def test_a_first_cell_that_goes_on_in_the_next_line_is_one_cell() -> None:
    page = read_page(LINES, name="page", vocabulary=NAMES)
    assert [row.policies for row in page.rows] == [("AmazonShoeFullAccess", "AmazonShoeReadOnlyAccess"), ()]


@pytest.mark.parametrize("header", ["Change Description Date", "Change\tDescription\tDate", "ChangeDescriptionDate"])
def test_a_header_is_known_however_its_words_are_set_apart(header: str) -> None:
    page = read_page(
        f"{header}\n\nAmazonShoeFullAccess – Update\n\nWords.\n\nMay 1, 2021\n", name="page", vocabulary=NAMES
    )
    assert [row.policies for row in page.rows] == [("AmazonShoeFullAccess",)]


def test_a_line_that_was_wrapped_within_a_sentence_goes_on_in_the_next() -> None:
    page = read_page(
        "ChangeDescriptionDate\n\n[AmazonShoeFullAccess](#full) – Update to an existing\npolicy\n\n"
        "Amazon Shoe added `shoe:PutLace`. To tie, your role\nmust have `shoe:GetLace` and the permission\n"
        "`kms:Decrypt`.\n\n"
        "May 1, 2021Amazon Shoe started tracking changesStarted.May 1, 2020\n",
        name="page",
        vocabulary=NAMES,
    )
    assert [(item.name, item.required) for item in page.rows[0].actions] == [
        ("shoe:PutLace", False),
        ("shoe:GetLace", True),
        ("kms:Decrypt", True),
    ]
