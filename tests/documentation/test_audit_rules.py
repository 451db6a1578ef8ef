"""The rules by which rows are read and matched, one by one: headers, names, what was granted, and kinds of change."""

from typing import Any

import pytest
from builders import day, history, raw_document, statement, version

from tracker.documentation import DocumentedAction
from tracker.documentation.auditing.action_status import GrantHistory
from tracker.documentation.auditing.by_date import distance_of_kind
from tracker.documentation.auditing.matching import DatedEntry
from tracker.documentation.reading.columns import columns_of
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.layout import CODE, CODE_END
from tracker.documentation.reading.names import split_change
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.documentation.reading.row_kinds import SpokenOf


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (("Change", "Description", "Date"), "en"),
        (("변경 사항", "설명", "날짜"), "ko"),
        (("Description", "Date"), None),  # of what?
        (("Change", "Date"), None),
        (("Change", "Description"), None),
    ],
)
def test_a_header_has_a_subject_a_description_and_a_date(header: tuple[str, ...], language: str | None) -> None:
    found = columns_of(header)
    assert (found and found.language) == language


@pytest.mark.parametrize(
    ("text", "first_cell", "found"),
    [
        ("Billing was updated", False, ()),
        (f"Billing was updated {CODE}s3:GetObject{CODE_END}", False, ()),
        (f"{CODE}Billing{CODE_END} was updated", False, ("Billing",)),
        (f"The policy {CODE}Billing{CODE_END} was updated", False, ("Billing",)),
        ("Billing was updated", True, ("Billing",)),
    ],
)
def test_a_name_that_is_a_word_counts_in_code_and_in_the_first_cell(
    text: str, first_cell: bool, found: tuple[str, ...]
) -> None:
    assert PolicyNames({"Billing"}).find(text, first_cell=first_cell) == found


@pytest.mark.parametrize("heading", ["API \N{EN DASH} changed", "AWS \N{EN DASH} changed", "IAM \N{EN DASH} changed"])
def test_an_abbreviation_at_the_head_of_a_cell_is_no_policy(heading: str) -> None:
    assert split_change(heading, {})[0] == ()


GRANTED = history(
    version(1, "s3:GetObject", "ec2:RunInstances"),
    version(2, "s3:GetObject", "ec2:RunInstances", "kms:Decrypt"),
    version(3, "s3:Get*", "ec2:RunInstances"),
    version(5, raw=raw_document(statement("s3:PutObject", effect="Deny"))),
)


@pytest.mark.parametrize(
    ("action", "on", "matched", "expected"),
    [
        ("s3:GetObject", 1, None, ("granted-before", "v1", None)),
        ("s3:GetObject", 2, "v2", ("granted-before", "v1", None)),
        ("s3:G*", 1, None, ("granted-before", "v2", None)),
        ("s3:GetObject", 3, "v3", ("covered", "v3", "s3:Get*")),
        ("s3:GetObject", 1, "v3", ("covered", "v3", "s3:Get*")),
        ("s3:PutObject", 4, None, ("denied", "v5", None)),
    ],
)
def test_what_was_granted_before_a_row_is_found_at_its_version(
    action: str, on: int, matched: str | None, expected: tuple[str, str, str | None]
) -> None:
    """Midnight in UTC is the evening before where AWS dates its rows."""
    days = DaySpan(day(on).date(), day(on).date())
    found = GrantHistory(GRANTED).standing(DocumentedAction(action, ""), days, matched, is_known=True)
    assert (found.standing.value, found.version, found.covered_by) == expected


def entry(before: dict[str, Any], after: dict[str, Any]) -> DatedEntry:
    """Return a version of the changes from one statement to another."""
    from tracker.changelog.entries import entries_of
    from tracker.changelog.model import Entry

    both = history(version(1, raw=raw_document(before)), version(2, raw=raw_document(after)))
    newest = [item for item in entries_of(both) if isinstance(item, Entry)][-1]
    return DatedEntry(newest, None)


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("after", "wanted", "distance"),
    [
        ({"Condition": MFA}, SpokenOf.CONDITION, 0),
        ({"Condition": MFA, "Resource": "arn:aws:s3:::a/*"}, SpokenOf.CONDITION, 1),
        ({"Resource": "arn:aws:s3:::a/*"}, SpokenOf.CONDITION, 2),
        ({"Resource": "arn:aws:s3:::a/*"}, SpokenOf.SCOPE, 0),
        ({"Resource": "arn:aws:s3:::a/*", "Action": ["s3:GetObject", "s3:PutObject"]}, SpokenOf.SCOPE, 1),
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, SpokenOf.SCOPE, 2),
        ({"Sid": "Other"}, SpokenOf.LABELS, 2),
    ],
)
def test_a_version_is_as_far_from_a_row_as_its_changes_are_from_what_the_row_speaks_of(
    after: dict[str, Any], wanted: SpokenOf, distance: int
) -> None:
    before = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
    assert distance_of_kind(entry(before, {**before, **after}), wanted, lambda _: False) == distance
