"""Policies that are re-issued without a change, any number of times on any number of days."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from archives import call, record
from builders import allowing, day
from hypothesis import given
from hypothesis import strategies as st

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry, Event
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.words import load_words, plain, template_folders

ROW_BUILDERS = {
    language: RowBuilder(load_words(language, template_folders()), load_catalogue(), assessments={})
    for language in ("en", "ko")
}
REISSUES = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=4)
"""For each policy and day: how often it is re-issued."""


def reissued(name: str, times: Sequence[int], folder: str = "") -> PolicyHistory:
    """Return a policy that is new on day 0 and re-issued some times on each following day, an hour apart."""
    created = [day(0)]
    for number, count in enumerate(times, 1):
        created += [day(number) + timedelta(hours=hour) for hour in range(count)]
    made = allowing("s3:GetObject")
    versions = tuple(PolicyVersion(f"v{number}", at, made) for number, at in enumerate(created, 1))
    seen = tuple(Observation(version.created_at, version.version_id) for version in versions)
    return PolicyHistory("aws", PolicyFacts(name), versions, seen, folder=folder or name)


def entries(histories: Sequence[PolicyHistory]) -> list[Entry]:
    return newest_first(item for history in histories for item in entries_of(history) if isinstance(item, Entry))


def reissues(reported: Sequence[Entry], language: str = "en") -> list[Row]:
    rows = ROW_BUILDERS[language].rows(Changelog("", tuple(reported)))
    assert len({row.id for row in rows}) == len(rows)
    return [row for row in rows if row.event is Event.POLICY_REISSUED]


@given(REISSUES)
def test_each_day_with_reissues_has_one_row_which_says_how_many_policies_or_how_many_times(
    times: list[list[int]],
) -> None:
    reported = entries([reissued(f"Policy{number}", counts) for number, counts in enumerate(times)])
    rows = reissues(reported)
    by_day = {
        f"aws/policy-reissued/{day(number).date()}": counts for number, counts in enumerate(zip(*times, strict=True), 1)
    }
    assert {row.id for row in rows} == {row_id for row_id, counts in by_day.items() if any(counts)}
    for row in rows:
        counts = [count for count in by_day[row.id] if count]
        assert len(row.entries) == sum(counts)
        if len(counts) > 1:
            assert (row.policy, row.title) == (None, f"{len(counts)} policies re-issued without changes")
            assert len(row.blocks[0].items) == len(counts)
        elif counts == [1]:
            assert row.title == "Re-issued without changes"
        else:
            assert row.title == f"Re-issued {counts[0]} times without changes"
            assert row.policy == row.entries[0].policy
            assert len(row.blocks[0].items) == counts[0]


@given(REISSUES, st.data())
def test_what_comes_later_changes_no_id_of_what_was_reported(times: list[list[int]], data: st.DataObject) -> None:
    reported = entries([reissued(f"Policy{number}", counts) for number, counts in enumerate(times)])
    earlier = reported[data.draw(st.integers(0, len(reported))) :]
    for some in (earlier, *([one for one in earlier if one.policy == entry.policy] for entry in earlier[:1])):
        assert {row.id for row in reissues(some)} <= {row.id for row in reissues(reported)}


def test_a_policy_created_again_counts_beside_the_one_of_the_same_name() -> None:
    old, new = reissued("Demo", [1], folder="Demo~ANPA1"), reissued("Demo", [2])
    (row,) = reissues(entries([old, new]))
    assert row.title == "2 policies re-issued without changes"
    assert [(plain(item.text), item.note) for item in row.blocks[0].items] == [
        ("Demo", "Version v1 → v2. Version v2 → v3."),
        ("Demo", "Version v1 → v2."),
    ]


def test_the_korean_row_counts_as_the_english_one_does() -> None:
    (row,) = reissues(entries([reissued("Demo", [3])]), "ko")
    assert row.title == "변경 없이 3번 재발행"


@pytest.mark.usefixtures("small_catalogue")
@pytest.mark.parametrize("times", [[[2]], [[3, 1], [0, 2], [1, 1]]], ids=str)
def test_a_site_is_built_whatever_was_reissued_on_one_day(tmp_path: Path, times: list[list[int]]) -> None:
    record(tmp_path / "snapshots", *(reissued(f"Policy{number}", some) for number, some in enumerate(times)))
    done = call("build", folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    feeds = [*tmp_path.rglob("feed.xml"), *tmp_path.rglob("atom.xml")]
    assert len(feeds) > 2 * len(times)
    for file in feeds:
        items = feedparser.parse(file.read_bytes()).entries
        assert max(Counter(item["id"] for item in items).values(), default=1) == 1, file
    for file in tmp_path.rglob("feed.json"):
        items = json.loads(file.read_bytes())["items"]
        assert len({item["id"] for item in items}) == len(items), file
    for file in tmp_path.rglob("*.html"):
        anchors = re.findall(r'\sid="([^"]+)"', file.read_text(encoding="utf-8"))
        assert len(set(anchors)) == len(anchors), file
    for number, counts in enumerate(times):
        page = (tmp_path / "public" / "policies" / "aws" / f"Policy{number}" / "index.html").read_text(encoding="utf-8")
        assert [f'id="v{step}"' in page for step in range(1, sum(counts) + 3)] == [*[True] * (sum(counts) + 1), False]


@pytest.mark.usefixtures("small_catalogue")
def test_a_card_of_several_reissues_names_the_first_and_the_last_version(tmp_path: Path) -> None:
    record(tmp_path / "snapshots", reissued("Demo", [3]))
    assert call("build", folder=tmp_path).returncode == 0
    assert "v1 → v4" in (tmp_path / "public" / "index.html").read_text(encoding="utf-8")
