"""What is reported of real steps, against the raw JSON of their two versions: every line, scope, kind and cover."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT
from oracle import difference, disagreements, reported_scopes

from tracker.archive.store import archive_on_disk
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.changelog.contract import change_to_json
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Changelog, Entry, Event
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration

SHIPPED = CHECKOUT / "snapshots"
NOTHING: Mapping[str, Any] = {"Statement": []}


def shipped(every: int) -> Iterator[PolicyHistory]:
    """Yield some of the histories that lie in the checkout."""
    names = sorted({folder.parent.name for folder in SHIPPED.glob("*/*/policy.json")})[::every]
    for history in archive_on_disk(SHIPPED).histories(wanted=set(names).__contains__):
        assert isinstance(history, PolicyHistory), history
        yield history


def laid_against(entries: Iterable[Entry], raw_of: Callable[[Entry, str | None], Mapping[str, Any]]) -> int:
    """Return how many entries agree with the raw documents; fail at the first that does not."""
    checked = 0
    for entry in entries:
        if entry.version is None or entry.event is Event.TRACKING_STARTED:
            assert entry.changes == ()
            continue  # nothing was before, or nothing is after
        before, after = raw_of(entry, entry.previous_version), raw_of(entry, entry.version)
        assert [*disagreements(before, after, map(change_to_json, entry.changes))] == [], entry.id
        checked += 1
    return checked


def raw_versions(history: PolicyHistory) -> dict[str | None, Mapping[str, Any]]:
    """Return a history's documents as they lie in their files."""
    folder = SHIPPED / history.owner / history.folder
    read = {item.version_id: json.loads((folder / f"{item.version_id}.json").read_bytes()) for item in history.versions}
    return {None: NOTHING, **{version_id: version["Document"] for version_id, version in read.items()}}


def checked_against_files(every: int) -> int:
    """Compare what is reported of some shipped histories with their files; return how many steps there were."""
    checked = 0
    for history in shipped(every):
        raw = raw_versions(history)
        reported = [entry for entry in entries_of(history) if isinstance(entry, Entry)]
        checked += laid_against(reported, lambda _, version_id, raw=raw: raw[version_id])  # type: ignore[misc]
    return checked


def test_some_of_the_shipped_archive_is_reported_as_its_files_have_it() -> None:
    assert checked_against_files(every=40) > 100


@pytest.mark.slow
def test_each_step_of_the_shipped_archive_is_reported_as_its_files_have_it() -> None:
    """Every version of every policy is a step, from nothing or from the version before."""
    assert checked_against_files(every=1) == 6349


@pytest.fixture(scope="module")
def archived(bundle: Path) -> tuple[Changelog, dict[tuple[str, str | None], Mapping[str, Any]]]:
    """What is reported of the public archive, and its documents by policy and version."""
    with open_history_source(HistoryOrigin(bundle, bundle), Configuration(), Selection()) as source:
        items = list(source.histories())
        changelog = source.changelog(items, Selection())
    raw: dict[tuple[str, str | None], Mapping[str, Any]] = {}
    for item in items:
        if isinstance(item, Skipped):
            continue
        raw[item.facts.name, None] = NOTHING
        for version in item.versions:
            raw[item.facts.name, version.version_id] = version.document
    return changelog, raw


@pytest.mark.corpus
def test_the_public_archive_is_reported_as_its_files_have_it(
    archived: tuple[Changelog, dict[tuple[str, str | None], Mapping[str, Any]]],
) -> None:
    changelog, raw = archived
    assert laid_against(changelog.entries, lambda entry, version_id: raw[entry.policy, version_id]) > 3000


@pytest.mark.corpus
def test_few_scopes_are_undecided(
    archived: tuple[Changelog, dict[tuple[str, str | None], Mapping[str, Any]]],
) -> None:
    """Widened and narrowed are reported where requests show it; what is reported and not shown is the rest."""
    shown = doubtful = 0
    for change in (change_to_json(change) for entry in archived[0].entries for change in entry.changes):
        if change["before"] and change["after"]:
            gained, lost = difference(reported_scopes(change["before"]), reported_scopes(change["after"]))
            kind = "changed" if gained and lost else "widened" if gained else "narrowed" if lost else ""
            shown += change["kind"] == f"scope-{kind}"
            doubtful += change["kind"] != f"scope-{kind}"
    assert shown > 1000
    assert doubtful < shown // 33
