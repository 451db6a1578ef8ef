"""Entries to rows: titles, folds, notes and days, in English."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import changes, day, statement
from msgspec import structs
from msgspec.structs import replace

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.model import Changelog, Entry, Event
from tracker.diff.model import Change, ChangeKind
from tracker.policy.model import Condition, Effect, Scope
from tracker.settings.services import Service
from tracker.text.consequences import consequence_of
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import DescriptionBlock, ListItem, Row
from tracker.text.titles import title_of
from tracker.text.words import code, load_words, plain, template_folders

WORDS, CATALOGUE = load_words("en", template_folders()), load_catalogue()
ALL = (Scope(("*",)),)
ONE = (Scope(("arn:aws:s3:::a",)),)
ADDED, REMOVED, SCOPE = ChangeKind.ACTION_ADDED, ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED


def change(kind: ChangeKind, action: str, effect: Effect = Effect.ALLOW, *, inverted: bool = False) -> Change:
    before = () if kind is ADDED else ALL
    after = () if kind is REMOVED else ONE if kind is not ADDED else ALL
    return Change(kind, effect, action, inverted, before, after)


def entry(event: Event, *changes: Change, policy: str = "Reader", at: int = 2) -> Entry:
    return Entry(
        f"aws/{policy}/v2", "aws", policy, event, "v2", "v1", 0, day(at), day(at), changes, folder=policy, anchor="v2"
    )


def rows(*entries: Entry, row_builder: RowBuilder | None = None) -> list[Row]:
    return (row_builder or RowBuilder(WORDS, CATALOGUE)).rows(Changelog("", entries))


TITLES: list[tuple[list[Change], str]] = [
    ([change(ADDED, "s3:GetObject")], "Added actions for Amazon S3"),
    ([change(ADDED, "s3:GetObject"), change(ADDED, "ec2:RunInstances")], "Added actions for Amazon EC2 and Amazon S3"),
    ([change(REMOVED, "s3:GetObject")], "Removed actions for Amazon S3"),
    # "Updated" only where actions of the same service came and went.
    ([change(ADDED, "s3:GetObject"), change(REMOVED, "s3:PutObject")], "Updated actions for Amazon S3"),
    (
        [change(ADDED, "s3:GetObject"), change(REMOVED, "ec2:Run*")],
        "Added actions for Amazon S3; removed actions for Amazon EC2",
    ),
    (
        [change(ADDED, "s3:GetObject"), change(ADDED, "sns:Publish"), change(REMOVED, "sns:Subscribe")],
        "Added actions for Amazon S3; updated actions for Amazon SNS",
    ),
    ([change(SCOPE, "s3:GetObject")], "Changed the scope of actions for Amazon S3"),
    (
        [change(ADDED, "s3:GetObject"), change(SCOPE, "ec2:Run*")],
        "Added actions for Amazon S3; changed the scope for Amazon EC2",
    ),
    (
        [change(REMOVED, "s3:GetObject"), change(SCOPE, "s3:Put*")],
        "Removed actions and changed the scope of others for Amazon S3",
    ),
    (
        [change(ADDED, "s3:GetObject"), change(SCOPE, "s3:Put*"), change(SCOPE, "ec2:Run*")],
        "Added actions for Amazon S3; changed the scope for Amazon EC2 and Amazon S3",
    ),
    ([change(ADDED, "s3:GetObject", Effect.DENY)], "Added denied actions for Amazon S3"),
    (
        [change(ADDED, "s3:GetObject"), change(ADDED, "ec2:Run*", Effect.DENY)],
        "Added actions for Amazon S3; added denied actions for Amazon EC2",
    ),
    # What a wildcard grants on the other side moved nothing; where nothing else changed, it is what there is to say.
    (
        [change(ADDED, "s3:Get*"), replace(change(REMOVED, "s3:GetObject"), covered_by="s3:Get*")],
        "Added actions for Amazon S3",
    ),
    ([replace(change(REMOVED, "s3:GetObject"), covered_by="s3:Get*")], "Removed actions for Amazon S3"),
    # One exception more takes actions away, unless it came with the NotAction that it belongs to.
    ([change(ADDED, "s3:*", inverted=True)], "Removed actions for Amazon S3"),
    ([change(REMOVED, "s3:*", Effect.DENY, inverted=True)], "Added denied actions for Amazon S3"),
    (
        [change(ADDED, "account:List*"), change(ADDED, "account:*", inverted=True)],
        "Updated actions for AWS Account Management",
    ),
    ([change(ADDED, "*", inverted=True), change(ADDED, "s3:*", inverted=True)], "Added actions for all services"),
    ([change(ADDED, "nosuch:Thing")], "Added actions for nosuch (service prefix)"),
    ([change(ADDED, "*")], "Added actions for all services"),
    # Everything has all services in it.
    (
        [change(ADDED, "*"), *(change(ADDED, f"{prefix}:*") for prefix in ("s3", "ec2", "iam"))],
        "Added actions for all services",
    ),
]


@pytest.mark.parametrize(("changes", "title"), TITLES, ids=[title for _, title in TITLES])
def test_title(changes: list[Change], title: str) -> None:
    assert title_of(entry(Event.POLICY_UPDATED, *changes), WORDS, CATALOGUE) == title


def test_many_services_are_counted() -> None:
    changes = [change(ADDED, f"{prefix}:Get*") for prefix in ("s3", "ec2", "athena", "sqs", "sns")]
    title = title_of(entry(Event.POLICY_UPDATED, *changes), WORDS, CATALOGUE)
    assert title == "Added actions for Amazon Athena, Amazon EC2, Amazon S3, and 2 more services"


def test_a_title_with_two_phrases_names_fewer_services_in_each_and_never_counts_one_alone() -> None:
    prefixes = ("s3", "ec2", "athena", "sqs")
    changes = [change(ADDED, f"{prefix}:Put*") for prefix in prefixes[:3]]
    changes += [change(SCOPE, f"{prefix}:Get*") for prefix in prefixes]
    title = title_of(entry(Event.POLICY_UPDATED, *changes), WORDS, CATALOGUE)
    added = "Added actions for Amazon Athena, Amazon EC2, and Amazon S3"
    assert title == f"{added}; changed the scope for Amazon Athena, Amazon EC2, and 2 more services"


def test_the_service_with_most_actions_stands_first() -> None:
    changes = [change(ADDED, "ec2:Run*"), change(ADDED, "s3:Get*"), change(ADDED, "s3:Put*")]
    title = title_of(entry(Event.POLICY_UPDATED, *changes), WORDS, CATALOGUE)
    assert title == "Added actions for Amazon S3 and Amazon EC2"


# --- folds -----------------------------------------------------------------------------------------------------------


def test_reissues_of_one_day_are_one_row_and_those_of_another_are_not() -> None:
    reported = rows(
        entry(Event.POLICY_REISSUED, policy="B", at=3),
        entry(Event.POLICY_REISSUED, policy="a", at=2),
        entry(Event.POLICY_REISSUED, policy="C", at=2),
    )
    assert [(row.policy, len(row.entries)) for row in reported] == [("B", 1), (None, 2)]
    assert [plain(item.text) for item in reported[1].blocks[0].items] == ["a", "C"]
    assert reported[1].title.startswith("2 policies")


def test_a_folds_id_does_not_depend_on_what_else_is_reported() -> None:
    alone = rows(entry(Event.POLICY_REISSUED))[0]
    together = rows(entry(Event.POLICY_REISSUED), entry(Event.POLICY_REISSUED, policy="Other"))[0]
    assert alone.id == together.id == "aws/policy-reissued/2024-01-03"


def test_the_starts_of_tracking_are_one_row() -> None:
    service = Service("Example", "example", ("*",), None, date(2021, 6, 15))
    starts = [entry(Event.TRACKING_STARTED, policy=name) for name in "AB"]
    (row,) = rows(*starts, row_builder=RowBuilder(WORDS, CATALOGUE, service=service))
    assert (row.title, row.day) == ("Example started tracking changes", "June 15, 2021")
    (row,) = rows(*starts)
    assert row.policy is None
    assert "2" in row.blocks[0].lead


def test_ids_are_distinct_and_those_of_the_entries() -> None:
    reported = rows(
        entry(Event.POLICY_UPDATED, change(ADDED, "s3:*")),
        replace(entry(Event.POLICY_REMOVED), id="aws/Reader/v2/policy-removed"),
    )
    assert [row.id for row in reported] == ["aws/Reader/v2", "aws/Reader/v2/policy-removed"]


# --- notes and days --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "note"), [(0, "v1 → v2"), (1, "1 version"), (7, "7 versions")])
def test_a_note_names_the_step_and_what_was_not_observed(missing: int, note: str) -> None:
    changed = replace(entry(Event.POLICY_UPDATED, change(ADDED, "s3:*")), not_observed=missing)
    assert note in rows(changed)[0].note


def test_a_day_is_shown_in_the_zone_that_was_asked_for() -> None:
    late = replace(entry(Event.POLICY_UPDATED, change(ADDED, "s3:*")), published=datetime(2023, 11, 17, 23, tzinfo=UTC))
    assert rows(late)[0].day == "November 17, 2023"
    assert rows(late, row_builder=RowBuilder(WORDS, CATALOGUE, ZoneInfo("Asia/Seoul")))[0].day == "November 18, 2023"


def test_coverage_is_noted_beside_its_action() -> None:
    covered = structs.replace(change(ADDED, "s3:GetObject"), covered_by="s3:Get*")
    (item,) = rows(entry(Event.POLICY_UPDATED, covered))[0].blocks[0].items
    assert plain(item.note) == "already allowed by s3:Get*"


@pytest.mark.parametrize("event", Event)
def test_each_event_makes_a_row_with_a_description(event: Event) -> None:
    (row,) = rows(entry(event, change(ADDED, "s3:GetObject")))
    assert row.title
    assert row.blocks
    assert all(block.lead for block in row.blocks)


def test_a_policy_that_only_denies_is_described_so() -> None:
    """AWSDenyAll, and those that quarantine compromised keys."""
    (row,) = rows(entry(Event.POLICY_ADDED, change(ADDED, "*", Effect.DENY)))
    assert plain(row.blocks[0].lead) == "The policy allows nothing, and denies actions of all services."
    (row,) = rows(entry(Event.POLICY_ADDED))
    assert plain(row.blocks[0].lead) == "The policy allows nothing."


def _reported(before: dict[str, Any] | list[dict[str, Any]], after: dict[str, Any] | list[dict[str, Any]]) -> list[str]:
    """Return what the row of one action on other scopes says below the action."""
    sides = [[statement(**item) for item in (side if isinstance(side, list) else [side])] for side in (before, after)]
    (row,) = rows(entry(Event.POLICY_UPDATED, *changes(*sides)))
    return [plain(text) for block in row.blocks for text in (block.lead, *(item.text for item in block.details))]


def test_a_value_of_a_condition_that_stays_is_no_condition() -> None:
    assert _reported(
        {"Condition": {"StringEquals": {"k": ["a"]}}},
        {"Condition": {"StringEquals": {"k": ["a", "b"]}}},
    ) == [
        "Widened the scope of the following action:",
        "Values added for k: b",
        "Now: on all resources if k is a or b",
    ]


def test_an_empty_value_is_seen() -> None:
    """SageMakerStudioProjectUserRolePermissionsBoundary v3 wants tags that are not empty."""
    assert _reported({}, {"Condition": {"StringNotEquals": {"k": ""}}})[1:] == [
        'Condition added: k is not ""',
        'Now: on all resources if k is not ""',
    ]


def test_what_is_below_is_there() -> None:
    """More resources than a sentence names are counted, once it is said which of them came."""
    assert _reported({"Resource": ["a", "b", "c"]}, {"Resource": ["a", "b", "c", "d"]}) == [
        "Widened the scope of the following action:",
        "Resources added: d",
        "Now: on 4 resources",
    ]
    assert _reported([{}, {"Resource": [*"abcd"], "Condition": {"Bool": {"k": True}}}], {"Resource": "e"})[-1] == (
        "Now: on the resource e"
    )


def test_what_stays_allowed_is_not_said_to_be_allowed_no_longer() -> None:
    """AmazonRedshiftServiceLinkedRolePolicy v10: the statement that went and the one that stayed overlap."""
    stays: dict[str, Any] = {"Resource": "vpc/*"}
    goes: dict[str, Any] = {"Resource": ["vpc/*", "subnet/*"], "Condition": {"Bool": {"k": True}}}
    assert _reported([goes, stays], stays) == [
        "Narrowed the scope of the following action:",
        "Before also: on the resources subnet/* and vpc/* if k is true",
        "As before: on the resource vpc/*",
    ]


def test_everyone_is_named_so() -> None:
    mine: dict[str, Any] = {"resource": None, "Principal": {"AWS": "111122223333"}}
    assert _reported(mine, mine | {"Principal": {"AWS": "*"}})[-1] == "Now: for all principals"


def test_versions_before_the_first_that_was_seen_are_no_versions_in_between() -> None:
    first = replace(entry(Event.POLICY_ADDED, change(ADDED, "s3:*")), previous_version=None, not_observed=2)
    (row,) = rows(first)
    assert plain(row.note) == "Version v2. 2 earlier versions were not observed."


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("en", "false", "if aws:TokenIssueTime is present"),
        ("en", "true", "if aws:TokenIssueTime is absent"),
        ("ko", "false", "aws:TokenIssueTime 키가 있는 경우"),
        ("ko", "true", "aws:TokenIssueTime 키가 없는 경우"),
    ],
)
def test_a_test_for_presence_says_so_rather_than_null_false(language: str, value: str, words: str) -> None:
    scope = Scope(("*",), conditions=(Condition("Null", "aws:TokenIssueTime", (value,)),))
    reported = RowBuilder(load_words(language, template_folders()), CATALOGUE).scope(scope)
    assert words in plain(reported)


def test_of_several_scopes_only_what_differs_is_laid_side_by_side() -> None:
    """AmazonEKSNetworkingPolicy v3: one of two statements of the action got more values in its condition."""
    other = {"Resource": "arn:aws:ec2:*:*:subnet/*"}
    assert _reported(
        [{"Condition": {"StringEquals": {"k": ["a"]}}}, other],
        [{"Condition": {"StringEquals": {"k": ["a", "b"]}}}, other],
    ) == [
        "Widened the scope of the following action:",
        "Values added for k: b",
        "Now: on all resources if k is a or b",
        "As before: on the resource arn:aws:ec2:*:*:subnet/*",
    ]


def test_scopes_that_stay_are_named_up_to_three_and_then_counted() -> None:
    """AmazonRedshiftServiceLinkedRolePolicy and others have ten scopes for an action of which one changes."""
    stay = [{"Resource": f"r{each}/*", "Condition": {"Bool": {f"k{each}": True}}} for each in range(4)]
    less, more = ({"Condition": {"StringEquals": {"k": values}}} for values in (["a"], ["a", "b"]))
    assert _reported([less, *stay[:3]], [more, *stay[:3]])[3:] == [
        "As before: on the resource r0/* if k0 is true",
        "As before: on the resource r1/* if k1 is true",
        "As before: on the resource r2/* if k2 is true",
    ]
    assert _reported([less, *stay], [more, *stay])[3:] == ["As before: in 4 more cases"]


def test_operators_are_named_where_words_say_the_same_of_both() -> None:
    """SecurityLakeResourceManagementServiceRolePolicy v2: `StringLike` became `ArnLike`."""
    less, more = ({"Condition": {operator: {"k": "arn:*:a*"}}} for operator in ("StringLike", "ArnLike"))
    assert _reported(less, more)[1:3] == [
        "Condition added: k ArnLike arn:*:a*",
        "Condition removed: k StringLike arn:*:a*",
    ]


def test_many_resources_in_place_of_all_are_listed() -> None:
    """AWSWAFReadOnlyAccess v9: 26 resources in place of `*`; where they are named as added they are counted."""
    names = [f"arn:aws:waf:::{letter}/*" for letter in "abcd"]
    assert _reported({"Resource": "*"}, {"Resource": names})[1:] == [
        "Before: on all resources",
        "Now: on the 4 resources below",
        *(f"Resource {name}" for name in names),
    ]
    assert _reported({"Resource": names[:3]}, {"Resource": names})[1:] == [
        f"Resources added: {names[3]}",
        "Now: on 4 resources",
    ]


def test_a_condition_that_comes_with_resources_in_place_of_all_stands_in_the_scope_alone() -> None:
    found = _reported({"Resource": "*"}, {"Resource": "arn:aws:s3:::a", "Condition": {"Bool": {"k": True}}})
    assert found[1:] == ["Before: on all resources", "Now: on the resource arn:aws:s3:::a if k is true"]


def test_values_that_come_with_all_resources_are_named() -> None:
    one, two = ({"Condition": {"StringEquals": {"k": values}}} for values in (["a"], ["a", "b"]))
    found = _reported({"Resource": "arn:aws:s3:::a", **one}, {"Resource": "*", **two})
    assert found[1:] == [
        "Values added for k: b",
        "Before: on the resource arn:aws:s3:::a if k is a",
        "Now: on all resources if k is a or b",
    ]


def test_many_actions_stand_service_by_service_where_nothing_is_folded() -> None:
    """SecurityAudit v94 has 209 of them."""
    actions = [
        ListItem(code(f"{service}:Get{letter}"), "Read") for service in ("s3", "sns") for letter in "abcdefghijklm"
    ]
    block = DescriptionBlock("Added:", (*actions, ListItem(code("sns:List*"), "3 today"), ListItem("and what comes")))
    assert [plain(item.line) for item in block.short_items] == [
        f"Read: {', '.join(f's3:Get{letter}' for letter in 'abcdefghijklm')}",
        f"Read: {', '.join(f'sns:Get{letter}' for letter in 'abcdefghijklm')}",
        "sns:List* (3 today)",
        "and what comes",
    ]
    few = replace(block, items=block.items[:4])
    assert few.short_items == few.items
    assert [plain(item.line) for item in replace(few, is_literal=True).short_items] == [
        "Read: s3:Geta, s3:Getb, s3:Getc, s3:Getd"
    ]
    folded = tuple(replace(item, is_folded=True) for item in actions)
    assert replace(block, items=folded).short_items == folded


def test_a_list_of_resources_stands_once_in_a_block() -> None:
    """SageMakerStudioProjectRoleMachineLearningPolicy v17: the same four resources under three sets of conditions."""
    names = [f"arn:aws:ec2:::{letter}/*" for letter in "abcd"]
    one, other = ({"Resource": names, "Condition": {"Bool": {key: True}}} for key in "kl")
    found = _reported([one, other], {"Resource": names})
    assert found[1] == "Before: on the 4 resources below if k is true"
    assert found[6:] == ["Before: on the 4 resources above if l is true", "Now: on the 4 resources above"]


def test_half_a_surrogate_pair_in_a_scope_is_shown_like_any_text() -> None:
    assert _reported({"Resource": "arn:aws:s3:::\ud800"}, {"Resource": ["arn:aws:s3:::\ud800", "arn:aws:s3:::\udfff"]})[
        0
    ]
    half, other = ({"Condition": {"StringEquals": {"k": value}}} for value in ("\ud800", "\udfff"))
    assert len(_reported(half, other)) > 1


def test_many_actions_that_one_wildcard_covers_stand_apart_and_it_is_said_once() -> None:
    covered = [Change(REMOVED, Effect.ALLOW, f"s3:Get{name}", False, ALL, (), "s3:Get*") for name in "ABC"]
    entry_of_all = entry(Event.POLICY_UPDATED, *covered, change(REMOVED, "s3:PutObject"))
    lost, kept = rows(entry_of_all)[0].blocks
    assert [plain(item.text) for item in lost.items] == ["s3:PutObject"]
    assert plain(kept.lead).endswith("(all still allowed by s3:Get*):")
    assert [(plain(item.text), item.note) for item in kept.items] == [(f"s3:Get{name}", "") for name in "ABC"]


CONSEQUENCES = {
    "en": [
        "Whoever has Reader can now use 1 more action: s3:GetObject.",
        "They can no longer use 1 action: sns:Publish.",
        "They can now use 2 actions less widely: ec2:RunInstances and ec2:StopInstances.",
    ],
    "ko": [
        "Reader 정책이 연결된 대상은 이제 작업 1개를 더 사용할 수 있습니다: s3:GetObject.",
        "더 이상 작업 1개를 사용할 수 없습니다: sns:Publish.",
        "이제 작업 2개를 더 좁게만 사용할 수 있습니다: ec2:RunInstances 및 ec2:StopInstances.",
    ],
}


@pytest.mark.parametrize("language", CONSEQUENCES)
def test_a_consequence_names_the_policy_once(language: str) -> None:
    kinds = (
        (ADDED, "s3:GetObject"),
        (REMOVED, "sns:Publish"),
        (SCOPE, "ec2:StopInstances"),
        (SCOPE, "ec2:RunInstances"),
    )
    found = [change(kind, action) for kind, action in kinds]
    words = load_words(language, template_folders())
    said = consequence_of(entry(Event.POLICY_UPDATED, *found), None, words)
    assert plain(said) == " ".join(CONSEQUENCES[language])
