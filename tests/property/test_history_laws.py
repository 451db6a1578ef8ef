"""Laws of git histories, on real repositories: what was in force is reported as it happened, and stays so."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archives import stored
from builders import day
from histories import Step, made_repository, steps
from hypothesis import Phase, given, settings
from msgspec.structs import replace
from strategies import examples

from tracker.changelog.builder import Selection, build_git_changelog
from tracker.changelog.model import Entry
from tracker.commands.import_git import import_git
from tracker.commands.replay_progress import Replayed

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example starts git many times: to make it smaller takes minutes."""


def reported(repository: Path, revision: str) -> dict[str, list[Entry]]:
    """Return the entries of each policy, oldest first; one that took the name of another is a policy of its own.

    How two of one name stand to each other is a matter of display: a start of tracking that gets an older version
    before it moves up from the end of the list.
    """
    found: dict[str, list[Entry]] = {}
    for entry in reversed(build_git_changelog(repository, revision, "policies", Selection()).entries):
        found.setdefault(entry.folder, []).append(entry)
    return found


def states(line: Sequence[Step]) -> list[tuple[int, dict[str, Any] | None]]:
    """Return, by plain simulation, when the policy A had which document: (time, document or None), changes alone."""
    files: dict[str, bytes] = {}
    shown: dict[str, Any] = {}
    found: list[tuple[int, dict[str, Any] | None]] = []
    times = accumulate(accumulate((step.days for step in line), initial=10), max)
    for at, step in zip(list(times)[1:], line, strict=True):
        changed = {path: content for path, content in step.all_edits.items() if path.startswith("policies/A")}
        changed = {path: content for path, content in sorted(changed.items()) if files.get(path) != content}
        for path, content in changed.items():
            if content is None:
                del files[path]
                shown.pop(path, None)
                continue
            files[path] = content
            if content.endswith(b'": '):  # broken: what it showed before counts
                continue
            shown.pop(path, None)
            shown[path] = json.loads(content)
        if not changed:
            continue
        now = list(shown.values())[-1] if shown else None
        unreadable = any(content.endswith(b'": ') for content in files.values())
        if (now is None and unreadable) or (not found and now is None):
            continue
        if not found or found[-1][1] != now:
            found.append((at, now))
    return found


@settings(max_examples=examples(30), phases=WITHOUT_SHRINKING)
@given(steps())
def test_a_policy_without_versions_is_reported_commit_by_commit(line: list[Step]) -> None:
    """No event without a commit of the main line, and none left out."""
    with TemporaryDirectory() as folder:
        tip = made_repository(Path(folder) / "repository", line)[-1]
        entries = reported(Path(folder) / "repository", tip).get("A", [])
    numbers: list[Any] = []
    expected = []
    before = None
    for at, document in states(line):
        if document is None:
            event = "policy-removed"
        else:
            known = document in numbers
            numbers += [] if known else [document]
            event = "policy-returned" if before == "gone" else "policy-updated"
            if before is None:
                event = "policy-added"
            elif before != "gone" and known and numbers.index(document) < numbers.index(before):
                event = "default-rolled-back"
        number = None if document is None else f"v{numbers.index(document) + 1}"
        expected.append((event, number, day(at)))
        before = "gone" if document is None else document
    assert [(entry.event.value, entry.version, entry.observed) for entry in entries] == expected


def settled(entry: Entry) -> Entry:
    """Return an entry without what a later commit may still say of it."""
    return replace(entry, not_observed=0, name_taken=False, observed=None)


def are_bounded(now: Mapping[str, Sequence[Entry]]) -> bool:
    """Return whether each removal stands no later than the creation of the policy that took the name.

    The first look at one that took a name itself keeps its day, and so its removal can't stand before that.
    """
    for entries in now.values():
        dates = [entry.published for entry in entries if entry.published]
        others = [entry for other in now.values() for entry in other if entry.policy == entries[0].policy]
        later = [entry.published for entry in others if entry.published and entry.published > max(dates)]
        looks = [entry.observed for entry in entries if entry.observed and "~" in entry.folder]
        for removal in entries:
            if removal.name_taken and not (later and removal.at <= max([min(later), *looks[:1]])):
                return False
    return True


@settings(max_examples=examples(30), phases=WITHOUT_SHRINKING)
@given(steps())
def test_later_commits_change_nothing_that_was_reported(line: list[Step]) -> None:
    """A version that comes late by a merge and has a date of its own inserts its entry; no other id changes."""
    with TemporaryDirectory() as folder:
        repository = Path(folder) / "repository"
        before: dict[str, list[Entry]] = {}
        for commit in made_repository(repository, line):
            now = reported(repository, commit)
            for policy, entries in before.items():
                ids = [entry.id for entry in now[policy]]
                kept = [entry.id for entry in entries]
                assert len(set(ids)) == len(ids)
                assert [entry for entry in ids if entry in kept] == kept
                if not policy.startswith("B"):
                    assert now[policy][: len(kept)] == entries
                elif ids[: len(kept)] == kept:
                    # A number that came late, with a later date, no longer counts as one that was never seen; the
                    # creation of a policy that took the name bounds the removal before it.
                    pairs = list(zip(now[policy], entries, strict=False))
                    assert all(after.not_observed <= before.not_observed for after, before in pairs)
                    assert all(after.at <= before.at for after, before in pairs)
                    taken = any(entry.name_taken for entry in now[policy])
                    assert all(taken or after.observed == before.observed for after, before in pairs)
                    assert [settled(after) for after, _ in pairs] == [settled(before) for _, before in pairs]
            assert are_bounded(now)
            before = now


@settings(max_examples=examples(30), phases=WITHOUT_SHRINKING)
@given(steps())
def test_an_import_in_steps_is_an_import_at_once(line: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        repository = Path(folder) / "repository"
        commits = made_repository(repository, line)
        for commit in commits:
            import_git(repository, commit, "policies", Path(folder) / "steps", "aws")
        import_git(repository, commits[-1], "policies", Path(folder) / "once", "aws")
        assert stored(Path(folder) / "steps") == stored(Path(folder) / "once")


@settings(max_examples=examples(30), phases=WITHOUT_SHRINKING)
@given(steps())
def test_to_replay_what_new_commits_change_is_to_replay_all(line: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        repository = Path(folder) / "repository"
        before = None
        for commit in (commits := made_repository(repository, line)):
            imported = import_git(repository, commit, "policies", Path(folder) / "steps", "aws", before=before)
            before = Replayed(commit, imported.labels)
        once = import_git(repository, commits[-1], "policies", Path(folder) / "once", "aws")
        assert stored(Path(folder) / "steps") == stored(Path(folder) / "once")
        assert imported.labels == once.labels
