"""Snapshots to histories: what a source showed at one moment, written into the archive.

What is not in a snapshot, and would be if it were there, has left its source. A policy that was deleted and created
again keeps its old folder under another name. Killed at any moment, a run leaves what the next one completes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.archive.merge import add_observation, is_recreated, merge_facts, record_absence
from tracker.archive.recreated import folder_aside, put_aside
from tracker.archive.store import EMPTY, Archive, ArchivedPolicy, archive_on_disk, write_history
from tracker.base.dates import format_time
from tracker.errors import ArchiveError, SourceError
from tracker.policy.history import PolicyFacts, PolicyHistory, PolicyState, Skipped, Snapshot

__all__ = ["HistoryUpdate", "read_archive", "record_snapshot"]


@dataclass(frozen=True, slots=True)
class HistoryUpdate:
    """What a run did to one policy's history."""

    before: PolicyHistory | None
    """The history before; None for a policy that the archive did not know."""
    after: PolicyHistory
    """The history now."""


def read_archive(snapshots: Path) -> Archive:
    """Open the archive on disk; one that is not there yet is empty."""
    return archive_on_disk(snapshots) if snapshots.is_dir() else EMPTY


def record_snapshot(
    snapshots: Path, archive: Archive, snapshot: Snapshot, covers: Callable[[PolicyFacts], bool] = lambda _: True
) -> list[HistoryUpdate]:
    """Write what a snapshot has and the archive does not; return what was done, by policy.

    Args:
        snapshots: the archive's folder; made if it is not there.
        archive: what it holds.
        snapshot: what was seen.
        covers: whether a policy would be in the snapshot if it were there; others are left alone.

    Raises:
        ArchiveError: the archive is broken, or a version is archived with another document.
        SourceError: the snapshot is older than what the archive has observed.
        OutputError: a file can't be written.
    """
    held = archive.archived_policies(snapshot.owner)
    news = [state for state in snapshot.policies if _has_new_facts(held.get(state.facts.name), state)]
    listed = {state.facts.name for state in snapshot.policies}
    gone = [name for name, item in held.items() if name not in listed and item.default_version and covers(item.facts)]
    _require_later(snapshot, held)
    taken_over = _names_in_other_case(listed, held)
    befores = dict(_histories(archive, snapshot.owner, {*gone, *taken_over, *(state.facts.name for state in news)}))
    # All is computed, and so refused if it must be, before anything is written.
    steps = [_step(befores.get(state.facts.name), state, snapshot) for state in news]
    left = [HistoryUpdate(befores[name], record_absence(befores[name], snapshot.observed_at)) for name in gone]
    for step in left:
        write_history(snapshots, step.before, step.after)
    for name in taken_over:
        _close_recreated_policy(snapshots, befores[name], snapshot)
    for state, step in zip(news, steps, strict=True):
        before = befores.get(state.facts.name)
        if before is not None and step.before is None:
            _close_recreated_policy(snapshots, before, snapshot)
        write_history(snapshots, step.before, step.after)
    return sorted([*steps, *left], key=lambda step: step.after.facts.name)


def _names_in_other_case(listed: set[str], held: dict[str, ArchivedPolicy]) -> list[str]:
    """Return the policies of the archive that are not listed, and whose name one that is has in other letter case.

    IAM takes such a name only once the older policy is deleted; a file system may take the two folders for one.
    """
    folded = {name.casefold() for name in listed}
    return [name for name in held if name not in listed and name.casefold() in folded]


def _has_new_facts(held: ArchivedPolicy | None, state: PolicyState) -> bool:
    """Return whether a state has anything that the archive has not."""
    return (
        held is None
        or held.default_version != state.default_version
        or bool(state.versions)
        or not held.unavailable.issuperset(state.unavailable)
        or is_recreated(held.facts, state.facts)
        or merge_facts(held.facts, state.facts) != held.facts
    )


def _require_later(snapshot: Snapshot, held: dict[str, ArchivedPolicy]) -> None:
    last = max((item.observations[-1].at for item in held.values() if item.observations), default=None)
    if last is not None and snapshot.observed_at < last:
        raise SourceError(
            f"observed at {format_time(snapshot.observed_at)}, but the archive has observed until {format_time(last)}",
            hint="check the clock, or --observed-at",
        )


def _histories(archive: Archive, owner: str, names: set[str]) -> Iterator[tuple[str, PolicyHistory]]:
    """Yield the histories in force of some policies; a broken version must be mended before more is recorded."""
    if not names:
        return
    for item in archive.histories(owner, names.__contains__):
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git: `git checkout -- FILE`")
        if "~" not in item.folder:
            yield item.facts.name, item


def _step(before: PolicyHistory | None, state: PolicyState, snapshot: Snapshot) -> HistoryUpdate:
    """Return what a state makes of a policy's history; of one that was created again, another history begins."""
    if before is not None and is_recreated(before.facts, state.facts):
        before = None
    return HistoryUpdate(before, add_observation(before, state, snapshot))


def _close_recreated_policy(snapshots: Path, before: PolicyHistory, snapshot: Snapshot) -> None:
    """Close the history of a policy that was deleted, and rename its folder.

    The end is written first: whoever finds the folder renamed finds it ended, too.
    """
    write_history(snapshots, before, record_absence(before, snapshot.observed_at))
    after = folder_aside(before.facts, snapshot.observed_at)
    put_aside(snapshots, before.owner, before.folder, after)
