"""Laws of recording, on real files: whatever a source shows next, what was recorded before stays as it was."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from builders import day, version
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.archive.record import record_snapshot
from tracker.archive.store import archive_on_disk
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.policy.history import PolicyFacts, PolicyHistory, PolicyState, Snapshot

GONE = -2
SEEN = st.lists(st.integers(-2, 3), min_size=1, max_size=8)
"""What a source shows of a policy, observation by observation: how many numbers its default went on since the newest
(more than one are passed over unseen), 0 for the newest, -1 for the first default again, -2 for no such policy."""


def _recorded(snapshots: Path, at: int, number: int | None) -> None:
    always = version(1, "s3:ListBucket", at=0)
    states = [PolicyState(PolicyFacts("Always"), "v1", (always,))]
    if number is not None:
        made = version(number, f"s3:Get{number // 2}", at=number)
        states.append(PolicyState(PolicyFacts("Sample"), made.version_id, (made,)))
    record_snapshot(snapshots, archive_on_disk(snapshots), Snapshot("aws", day(50 + at), tuple(states)))


def _reported(snapshots: Path) -> dict[str, list[Entry]]:
    histories = [item for item in archive_on_disk(snapshots).histories() if isinstance(item, PolicyHistory)]
    return {
        item.facts.name: [entry for entry in entries_of(item, day(3)) if isinstance(entry, Entry)] for item in histories
    }


def _numbers(seen: Sequence[int]) -> list[int | None]:
    """Return the number of the default at each observation."""
    newest, first, found = 0, None, list[int | None]()
    for step in seen:
        if step == GONE:
            found.append(None)
            continue
        if step > 0 or first is None:
            newest += max(step, 1)
            first = first or newest
        found.append(first if step == -1 else newest)
    return found


@settings(max_examples=examples(60))
@given(SEEN)
def test_what_is_observed_later_changes_nothing_that_was_reported(seen: list[int]) -> None:
    """Updates, numbers passed over, roll-backs, removals and returns only add to the end; ids are distinct."""
    with TemporaryDirectory() as folder:
        snapshots, before = Path(folder), dict[str, list[Entry]]()
        for at, number in enumerate(_numbers(seen)):
            _recorded(snapshots, at, number)
            reported = _reported(snapshots)
            for name, entries in before.items():
                assert reported[name][: len(entries)] == entries
            ids = [entry.id for entries in reported.values() for entry in entries]
            assert len(set(ids)) == len(ids)
            before = reported
