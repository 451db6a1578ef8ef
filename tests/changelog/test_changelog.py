"""Histories to entries: which events, in which order, under which ids."""

import re
from collections.abc import Sequence
from datetime import datetime

import pytest
from builders import day, history, raw_document, reported, statement, version
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Entry, Event
from tracker.policy.history import PolicyFacts, PolicyHistory, Skipped
from tracker.policy.versions import version_number

BROKEN = {"Statement": 7}
V1, V2, V3, V4 = (version(number, f"a:{letter}") for number, letter in enumerate("BCDE", 1))


def _entries(item: PolicyHistory, since: datetime | None = None) -> list[Entry]:
    return [entry for entry in entries_of(item, since) if isinstance(entry, Entry)]


def _events(item: PolicyHistory, since: datetime | None = None) -> list[tuple[str, str | None, str | None]]:
    return [(entry.event, entry.previous_version, entry.version) for entry in _entries(item, since)]


def _skipped(item: PolicyHistory) -> list[Skipped]:
    return [entry for entry in entries_of(item) if isinstance(entry, Skipped)]


def test_a_policy_is_added_with_all_its_grants() -> None:
    (entry,) = _entries(history(V1))
    assert (entry.id, entry.owner, entry.policy, entry.event) == ("aws/Sample/v1", "aws", "Sample", Event.POLICY_ADDED)
    assert (entry.version, entry.previous_version, entry.published, entry.observed) == ("v1", None, day(1), day(1))
    assert reported(entry.changes) == ["action-added a:B"]


def test_tracking_starts_with_a_policy_that_was_there() -> None:
    (first, second) = _entries(history(V1, V2), since=day(2))
    assert (first.event, first.changes, first.not_observed) == (Event.TRACKING_STARTED, (), 0)
    assert second.event is Event.POLICY_UPDATED


def test_a_policy_of_the_first_day_of_tracking_is_added() -> None:
    assert _events(history(V1), since=day(1)) == [("policy-added", None, "v1")]


def test_an_update_names_what_changed_since_the_version_before() -> None:
    (_, entry) = _entries(history(V1, V2))
    assert (entry.id, entry.event, entry.previous_version) == ("aws/Sample/v2", Event.POLICY_UPDATED, "v1")
    assert reported(entry.changes) == ["action-added a:C", "action-removed a:B"]


def test_rule_3_a_version_with_the_same_meaning_is_reissued() -> None:
    again = version(2, raw=raw_document(statement(["A:b"], Sid="New")))
    (_, entry) = _entries(history(V1, again))
    assert (entry.event, entry.changes) == (Event.POLICY_REISSUED, ())


def test_rule_3_a_version_with_the_same_document_is_reissued() -> None:
    (_, entry) = _entries(history(V1, replace(V1, version_id="v2", created_at=day(2))))
    assert (entry.event, entry.changes, entry.published) == (Event.POLICY_REISSUED, (), day(2))


def test_rule_4_a_default_that_goes_back_is_rolled_back() -> None:
    (_, _, entry) = _entries(history(V1, V2, seen=[(1, "v1"), (2, "v2"), (5, "v1")]))
    assert (entry.id, entry.event) == ("aws/Sample/v1/default-rolled-back", Event.DEFAULT_ROLLED_BACK)
    assert (entry.previous_version, entry.version, entry.published, entry.observed) == ("v2", "v1", None, day(5))
    assert reported(entry.changes) == ["action-added a:B", "action-removed a:C"]
    assert entry.at == day(5)


def test_rule_4_back_and_forth_have_ids_and_days_of_their_own() -> None:
    seen = [(1, "v1"), (2, "v2"), (5, "v1"), (6, "v2"), (7, "v1"), (8, "v2"), (9, "v3")]
    entries = _entries(history(V1, V2, version(3, "a:D", at=9), seen=seen))
    assert [(entry.id.removeprefix("aws/Sample/"), entry.at) for entry in entries] == [
        ("v1", day(1)),
        ("v2", day(2)),
        ("v1/default-rolled-back", day(5)),
        ("v2/policy-updated", day(6)),  # not the day on which it was published
        ("v1/default-rolled-back/2", day(7)),
        ("v2/policy-updated/2", day(8)),
        ("v3", day(9)),
    ]


def test_rule_4_after_a_roll_back_the_next_version_is_compared_with_what_is_in_force() -> None:
    entries = _entries(history(V1, V2, V3, seen=[(1, "v1"), (2, "v2"), (2, "v1"), (3, "v3")]))
    assert (entries[-1].previous_version, entries[-1].version) == ("v1", "v3")
    assert reported(entries[-1].changes) == ["action-added a:D", "action-removed a:B"]
    assert entries[-1].not_observed == 0


def test_a_policy_is_removed() -> None:
    (_, entry) = _entries(history(V1, seen=[(1, "v1"), (4, None), (5, None)]))
    assert (entry.id, entry.event) == ("aws/Sample/v1/policy-removed", Event.POLICY_REMOVED)
    assert (entry.previous_version, entry.version, entry.published, entry.observed) == ("v1", None, None, day(4))
    assert entry.changes == ()


def test_a_policy_returns_as_it_was() -> None:
    (_, _, entry) = _entries(history(V1, seen=[(1, "v1"), (4, None), (5, "v1")]))
    assert (entry.event, entry.version, entry.changes, entry.at) == (Event.POLICY_RETURNED, "v1", (), day(5))


def test_a_policy_that_returns_twice_has_ids_of_its_own() -> None:
    seen = [(1, "v1"), (2, None), (3, "v1"), (4, None), (5, "v1")]
    ids = [entry.id.removeprefix("aws/Sample/v1") for entry in _entries(history(V1, seen=seen))]
    assert ids == ["", "/policy-removed", "/policy-returned", "/policy-removed/2", "/policy-returned/2"]


@pytest.mark.parametrize("back", ["v1", "v3"])
def test_a_policy_returns_with_an_older_or_a_newer_version(back: str) -> None:
    seen = [(1, "v1"), (2, "v2"), (3, None), (4, back)]
    assert _events(history(V1, V2, V3, seen=seen))[2:] == [
        ("policy-removed", "v2", None),
        ("policy-returned", "v2", back),
    ]


def test_what_was_passed_while_a_policy_was_gone_is_reported_when_it_returns() -> None:
    item = history(V1, V2, V3, V4, seen=[(1, "v1"), (1, None), (3, "v3"), (4, "v4")])
    assert _events(item) == [
        ("policy-added", None, "v1"),
        ("policy-removed", "v1", None),
        ("policy-returned", "v1", "v2"),
        ("policy-updated", "v2", "v3"),
        ("policy-updated", "v3", "v4"),
    ]


def test_numbers_that_were_never_seen_are_counted_when_a_policy_returns() -> None:
    *_, returned = _entries(history(V1, V4, seen=[(1, "v1"), (2, None), (4, "v4")]))
    assert (returned.event, returned.not_observed) == (Event.POLICY_RETURNED, 2)


def test_a_policy_that_is_older_than_its_first_known_version_was_there_before() -> None:
    """AmazonConnectReadOnlyAccess is of 2018; the first version that was seen, v4, of 2024."""
    item = replace(history(V4), facts=PolicyFacts("Sample", created_at=day(0)))
    assert [entry.event for entry in _entries(item, day(2))] == [Event.TRACKING_STARTED]
    (added,) = _entries(item)
    assert (added.event, added.published, added.policy_created) == (Event.POLICY_ADDED, day(4), day(0))


def test_nothing_that_was_never_there_is_removed() -> None:
    assert _events(history(V1, seen=[(0, None), (1, "v1")])) == [("policy-added", None, "v1")]
    assert _events(history(seen=[(0, None)])) == []


def test_rule_5_versions_are_ordered_by_creation_not_by_number() -> None:
    item = history(version(9, "a:B", at=1), version(3, "a:C", at=2), seen=[(1, "v9"), (2, "v3")])
    assert _events(item) == [("policy-added", None, "v9"), ("policy-updated", "v9", "v3")]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1, 2], [0, 0]),
        ([1, 5], [0, 3]),
        ([42, 53], [41, 10]),
        ([2, 3, 7], [1, 0, 3]),
    ],
)
def test_rule_5_a_step_counts_the_numbers_it_skips(numbers: list[int], expected: list[int]) -> None:
    item = history(*(version(number, f"a:A{number}") for number in numbers))
    assert [entry.not_observed for entry in _entries(item)] == expected


def test_rule_5_versions_stored_but_not_seen_as_default_are_steps_too() -> None:
    item = history(V1, V2, V3, seen=[(1, "v1"), (8, "v3")])
    assert _events(item)[1:] == [("policy-updated", "v1", "v2"), ("policy-updated", "v2", "v3")]
    assert [entry.observed for entry in _entries(item)] == [day(1), day(8), day(8)]


def test_rule_6_a_broken_version_is_skipped_and_does_not_advance() -> None:
    item = history(V1, version(2, raw=BROKEN), V3)
    (skipped,) = _skipped(item)
    expected = "Statement: expected an object or a list of objects, got 7"
    assert (skipped.where, skipped.reason) == ("aws/Sample/v2", expected)
    assert _events(item) == [("policy-added", None, "v1"), ("policy-updated", "v1", "v3")]
    assert reported(_entries(item)[1].changes) == ["action-added a:D", "action-removed a:B"]
    assert _entries(item)[1].not_observed == 0


def test_rule_6_going_back_from_a_broken_version_is_no_event() -> None:
    item = history(V1, version(2, raw=BROKEN), seen=[(1, "v1"), (2, "v2"), (3, "v1")])
    assert _events(item) == [("policy-added", None, "v1")]


def test_rule_6_a_policy_that_returns_broken_returns_with_the_next_version() -> None:
    item = history(V1, version(2, raw=BROKEN), V3, seen=[(1, "v1"), (1, None), (2, "v2"), (3, "v3")])
    assert _events(item)[1:] == [("policy-removed", "v1", None), ("policy-returned", "v1", "v3")]
    assert len(_skipped(item)) == 1


def test_rule_6_a_comparison_that_is_refused_leaves_what_was_in_force() -> None:
    lists = [[f"{letter}{number}*" for number in range(60)] for letter in "abcd"]
    hostile = raw_document(*(statement(NotAction=items) for items in lists))
    item = history(V1, version(2, raw=hostile), V3)
    assert _events(item) == [("policy-added", None, "v1"), ("policy-updated", "v1", "v3")]
    assert reported(_entries(item)[1].changes) == ["action-added a:D", "action-removed a:B"]
    assert len(_skipped(item)) == 1


def test_rule_7_a_version_that_is_not_yet_the_default_makes_no_event() -> None:
    assert _events(history(V1, V2, seen=[(1, "v1")])) == [("policy-added", None, "v1")]


def test_rule_7_an_observed_default_that_was_not_read_makes_no_event() -> None:
    assert _events(history(V1, seen=[(1, "v1"), (2, "v9"), (3, "v1")])) == [("policy-added", None, "v1")]


def test_without_observations_each_version_is_a_step() -> None:
    item = replace(history(V1, V2), observations=())
    assert _events(item) == [("policy-added", None, "v1"), ("policy-updated", "v1", "v2")]


def test_an_older_policy_of_the_same_name_keeps_ids_of_its_own() -> None:
    (entry,) = _entries(replace(history(V1), folder="Sample~ANPA1"))
    assert (entry.id, entry.policy) == ("aws/Sample~ANPA1/v1", "Sample")


def test_entries_stand_newest_first_and_starts_last() -> None:
    old = _entries(history(V1, V2, seen=[(1, "v1"), (2, "v2"), (9, "v1")], name="B"), since=day(2))
    new = _entries(history(version(1, "a:B", at=2), name="A"))
    ordered = newest_first([*old, *new])
    assert [(entry.policy, entry.event) for entry in ordered] == [
        ("B", "default-rolled-back"),
        ("A", "policy-added"),
        ("B", "policy-updated"),
        ("B", "tracking-started"),
    ]


def test_entries_of_one_moment_stand_in_reverse_within_their_policy() -> None:
    item = history(V1, V2, V3, seen=[(3, "v3"), (9, None), (9, "v1"), (9, "v2")])
    ordered = newest_first(_entries(item))
    assert [entry.event for entry in ordered[:3]] == ["policy-updated", "policy-returned", "policy-removed"]


@pytest.mark.parametrize(("label", "number"), [("v12", 12), ("v0", 0), ("12", None), ("v", None), ("latest", None)])
def test_a_number_is_read_from_a_version_id(label: str, number: int | None) -> None:
    assert version_number(label) == number


DEFAULTS = st.lists(st.sampled_from(["v1", "v2", "v3", "v4", "v9", None]), max_size=8)
ID = re.compile(r"aws/Sample/v\d+(/(default-rolled-back|policy-(removed|returned|updated|reissued)))?(/\d+)?")


def _seen(defaults: Sequence[str | None]) -> PolicyHistory:
    same = replace(V2, version_id="v3", created_at=day(3))
    broken = version(4, raw=BROKEN)
    return history(V1, V2, same, broken, seen=[(10 + index, item) for index, item in enumerate(defaults)])


@given(DEFAULTS)
def test_ids_are_distinct_and_hold_no_sentence(defaults: list[str | None]) -> None:
    ids = [entry.id for entry in _entries(_seen(defaults))]
    assert len(set(ids)) == len(ids)
    assert all(ID.fullmatch(item) for item in ids)


@given(DEFAULTS)
def test_each_entry_starts_where_the_one_before_ended(defaults: list[str | None]) -> None:
    in_force, gone = None, False
    for entry in _entries(_seen(defaults)):
        assert entry.previous_version == in_force
        assert (entry.event is Event.POLICY_RETURNED) is gone
        gone = entry.event is Event.POLICY_REMOVED
        in_force = in_force if gone else entry.version
        assert entry.at in (entry.published, entry.observed)


@given(DEFAULTS.filter(bool), DEFAULTS)
def test_later_observations_change_no_earlier_entry(first: list[str | None], more: list[str | None]) -> None:
    """Else a feed would send the same item twice, or take one back."""
    entries = _entries(_seen(first))
    assert _entries(_seen([*first, *more]))[: len(entries)] == entries
