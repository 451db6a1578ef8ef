"""What differs between two documents of the same permissions, where one phrase says it."""

from typing import Any

import pytest
from builders import day

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry, Event
from tracker.diff.wording import wording_difference
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, plain, template_folders

A = {"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
B = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}
A_BACKWARDS = A | {"Action": ["s3:PutObject", "s3:GetObject"]}


def of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "the same JSON": (of(A, B), of(dict(reversed(A.items())), B), "nothing"),
    "statements in another order": (of(A, B), of(B, A), "order"),
    "actions in another order": (of(A), of(A_BACKWARDS), "order"),
    "another Sid": (of(A, B), of(A | {"Sid": "C"}, B), "sids"),
    "a Sid that came": (of(A, B), of(A, B | {"Sid": "B"}), "sids"),
    "a Sid that came to the one statement": (of() | {"Statement": B}, of() | {"Statement": B | {"Sid": "B"}}, "sids"),
    "Sids and order": (of(A, B), of(B | {"Sid": "B"}, A_BACKWARDS), "sids-and-order"),
    "a list of one for a text": (of(B), of(B | {"Action": ["sns:Publish"]}), None),
    "a duplicate": (of(B), of(B, B), None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_named_only_where_it_is_all(name: str) -> None:
    before, after, expected = CASES[name]
    assert wording_difference(before, after) == expected
    assert wording_difference(after, before) == expected


def reissues(*documents: dict[str, Any]) -> list[Entry]:
    versions = tuple(PolicyVersion(f"v{number}", day(number), each) for number, each in enumerate(documents, 1))
    seen = tuple(Observation(version.created_at, version.version_id) for version in versions)
    found = entries_of(PolicyHistory("aws", PolicyFacts("Demo"), versions, seen, folder="Demo"))
    return [item for item in found if isinstance(item, Entry) and item.event is Event.POLICY_REISSUED]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Only statement ids (Sid) differ."), ("ko", "문 ID(Sid)만 다릅니다.")]
)
def test_a_row_of_one_reissue_says_what_differs(language: str, said: str) -> None:
    rows = RowBuilder(load_words(language, template_folders()), load_catalogue())
    (entry,) = reissues(of(A), of(A | {"Sid": "C"}))
    assert [plain(block.lead) for block in rows.row(entry).blocks][1:] == [said]


def test_a_row_of_several_reissues_says_once_what_differs_in_all_and_else_of_each() -> None:
    rows = RowBuilder(load_words("en", template_folders()), load_catalogue())
    one, two, three = reissues(of(A, B), of(A | {"Sid": "C"}, B), of(A, B), of(B, A))
    (folded,) = rows.folded_row("x", [two, one]).blocks
    assert plain(folded.lead) == "New versions that differ only in statement ids (Sid):"
    assert [plain(item.text) for item in folded.items] == ["Version v2 → v3.", "Version v1 → v2."]
    (mixed,) = rows.folded_row("y", [three, one]).blocks
    assert plain(mixed.lead) == "New versions with the same permissions:"
    assert [plain(item.text) for item in mixed.items] == [
        "Version v3 → v4. (another order)",
        "Version v1 → v2. (other Sids)",
    ]
