"""Assessments of a changelog: the same in two processes as in one."""

import os
from collections.abc import Callable

import pytest
from builders import history, version

from tracker.base import parallel
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog import assessments
from tracker.changelog.assessments import assess_entries, effective_changes_by_entry
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry

STEPS = (("s3:GetObject",), ("s3:GetObject", "s3:PutObject"), ("s3:GetObject", "s3:PutObject", "iam:PassRole"))
HISTORIES = [
    history(*(version(number, *step, at=2 * number + late) for number, step in enumerate(STEPS, 1)), name=name)
    for late, name in enumerate(("First", "Second"))
]
CHANGELOG = Changelog(
    "", tuple(newest_first(entry for each in HISTORIES for entry in entries_of(each) if isinstance(entry, Entry)))
)


def assessments_found() -> list[object]:
    return list(assess_entries(CHANGELOG, HISTORIES, load_catalogue(), {}, is_whole_archive=True).items())


def effects_found() -> list[object]:
    find = effective_changes_by_entry(CHANGELOG.entries, HISTORIES, load_catalogue())
    return [(entry.id, find(entry)) for entry in CHANGELOG.entries]


@pytest.mark.parametrize("found", [assessments_found, effects_found])
def test_two_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch, found: Callable[[], list[object]]) -> None:
    """Also what an action's first use is, which rests on all entries before, whichever process has them."""
    alone, forks, fork = found(), [0], os.fork

    def counted() -> int:
        forks[0] += 1
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(parallel, "_may_fork", lambda: True)
    monkeypatch.setattr(assessments, "LEAST_SHARED", 2)
    assert found() == alone
    assert forks == [1]
    assert len(alone) == len(CHANGELOG.entries) == 2 * len(STEPS)
