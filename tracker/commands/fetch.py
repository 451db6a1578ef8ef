"""The order of the steps of `fetch`: lock, read, record, commit, push; on top of others' work if they were faster.

Most runs find nothing new: what words, rows and pages need is imported only if there is something to report.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tracker.archive.record import HistoryUpdate, read_archive, record_snapshot
from tracker.base.git import Repository
from tracker.base.git_commits import commit_all
from tracker.base.git_remotes import push, reset_to_upstream, upstream
from tracker.base.locking import archive_lock
from tracker.base.progress import Progress
from tracker.changelog.builder import start_of_tracking
from tracker.changelog.entries import TrackingStart, newest_first
from tracker.changelog.model import Changelog
from tracker.commands.commits import Signature, commits_of, find_uncommitted, new_entries
from tracker.errors import ArchiveError, GitError
from tracker.policy.history import Skipped
from tracker.settings.configuration import Configuration
from tracker.sources import Source

if TYPE_CHECKING:
    from tracker.text.row_builder import RowBuilder

__all__ = ["FetchOptions", "FetchResult", "Recorded", "Recorder", "fetch", "recorder_of", "summary"]

CONFIGURED_SIGNATURE = Signature()
MAX_PUSHES = 4
"""One push, and three more on top of what others have pushed in between."""


class Recorded(NamedTuple):
    """What a source has, and what was written of it."""

    owner: str
    """Whose policies these are."""
    policies: int
    """Policies that the source has."""
    steps: list[HistoryUpdate]
    """What happened to those that changed."""
    skipped: tuple[Skipped, ...] = ()
    """What the source has and could not be read."""


Recorder = Callable[[Path, datetime, Progress], Recorded]
"""Reads a source and writes what is new into the archive; takes the archive's folder and the time of the run."""


def recorder_of(source: Source) -> Recorder:
    """Return what records the snapshots of a source."""

    def record(snapshots: Path, at: datetime, progress: Progress) -> Recorded:
        archive = read_archive(snapshots)
        snapshot = source.snapshot(archive.archived_policies, at, progress)
        steps = record_snapshot(snapshots, archive, snapshot, source.covers)
        return Recorded(snapshot.owner, len(snapshot.policies), steps)

    return record


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """What is to happen with what was read."""

    configuration: Configuration
    """Language of the commits, services, zone."""
    commit: bool = False
    """Commit what was recorded."""
    push: bool = False
    """Push it, too."""
    repeat: bool = False
    """Read again until nothing is new: a source that gives its past in portions."""
    signature: Signature = CONFIGURED_SIGNATURE
    """Who commits."""
    wait: float = 60
    """Seconds to wait for another run."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What a run brought."""

    policies: int
    """Policies that the source has."""
    steps: tuple[HistoryUpdate, ...]
    """What happened to those that changed."""
    changelog: Changelog
    """The new entries, newest first."""
    commits: int
    """Commits made."""
    skipped: tuple[Skipped, ...] = ()
    """What the source has and could not be read."""
    owner: str = ""
    """Whose policies these are."""

    def message(self) -> str:
        """Return in a line what the run brought."""
        before = sum(len(step.before.versions) for step in self.steps if step.before)
        versions = sum(len(step.after.versions) for step in self.steps) - before
        changed = len({step.after.facts.name for step in self.steps})
        listed, added = _count(self.policies, "policy", "policies"), _count(versions, "version", "versions")
        return f"{listed}, {changed} changed, {added} added, {_count(self.commits, 'commit', 'commits')}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def fetch(
    record: Recorder, snapshots: Path, clock: Callable[[], datetime], plan: FetchOptions, progress: Progress
) -> FetchResult:
    """Bring a source's state into the archive.

    Raises:
        SourceError: the source could not be read whole; nothing was recorded.
        ArchiveError: the archive is broken, or a version is archived with another document.
        GitError: git refused, or others kept pushing first.
        OutputError: a file can't be written, or another run is at work.
    """
    if snapshots.exists() and not snapshots.is_dir():
        raise ArchiveError("is no folder", where=str(snapshots), hint="name the archive with --snapshots")
    repository = _repository(snapshots) if plan.commit or plan.push else None
    if plan.push and repository is not None:
        upstream(repository)  # Nothing is read that could not be pushed then.
    with archive_lock(snapshots, plan.wait):
        fetched = _record_and_push(record, snapshots, clock, plan, progress, repository)
        if not plan.push or repository is None:
            return fetched
        for _ in range(MAX_PUSHES - 1):
            if push(repository):
                return fetched
            reset_to_upstream(repository, _under(repository, snapshots))
            fetched = _record_and_push(record, snapshots, clock, plan, progress, repository)
        if push(repository):
            return fetched
    hint = "what was read is committed here; run again"
    raise GitError(f"others pushed first, {MAX_PUSHES} times", where=str(snapshots), hint=hint)


def _repository(snapshots: Path) -> Repository:
    """Open the repository around the archive, before anything is read that could not be committed then."""
    place = next(folder for folder in (snapshots, *snapshots.absolute().parents) if folder.is_dir())
    repository = Repository(place)
    return Repository(repository.top())


def _under(repository: Repository, snapshots: Path) -> str:
    return snapshots.resolve().relative_to(repository.top().resolve()).as_posix()


def _record_and_push(
    record: Recorder,
    snapshots: Path,
    clock: Callable[[], datetime],
    plan: FetchOptions,
    progress: Progress,
    repository: Repository | None,
) -> FetchResult:
    fetched = _record_once(record, snapshots, clock(), plan, progress, repository)
    latest = fetched
    while plan.repeat and latest.steps:
        latest = _record_once(record, snapshots, clock(), plan, progress, repository)
        entries = newest_first((*fetched.changelog.entries, *latest.changelog.entries))
        fetched = FetchResult(
            latest.policies,
            (*fetched.steps, *latest.steps),
            Changelog("", tuple(entries)),
            fetched.commits + latest.commits,
            latest.skipped,
            latest.owner,
        )
    return fetched


def _record_once(
    record: Recorder,
    snapshots: Path,
    at: datetime,
    plan: FetchOptions,
    progress: Progress,
    repository: Repository | None,
) -> FetchResult:
    at = at.replace(microsecond=0)
    owner, policies, steps, skipped = record(snapshots, at, progress)
    found = find_uncommitted(repository, snapshots, owner) if repository else None
    if found is not None:
        steps = [step for step, _ in found.steps]
    if not steps:
        return FetchResult(policies, (), Changelog("", ()), 0, skipped, owner)
    start = start_of_tracking(read_archive(snapshots), plan.configuration)
    commits = commits_of(found, _row_builder(plan.configuration, steps), start, at, plan.signature) if found else []
    if repository and commits:
        commit_all(repository, commits)
    return FetchResult(policies, tuple(steps), _new_changelog(steps, start), len(commits), skipped, owner)


def _new_changelog(steps: Iterable[HistoryUpdate], start: TrackingStart) -> Changelog:
    return Changelog("", tuple(newest_first(entry for step in steps for entry in new_entries(step, start))))


def _row_builder(configuration: Configuration, steps: Iterable[HistoryUpdate]) -> "RowBuilder":
    """Return what writes the entries of some steps, in the main language."""
    from tracker.catalogue.catalogue import load_catalogue
    from tracker.changelog.assessments import effective_changes_finder
    from tracker.text.row_builder import RowBuilder
    from tracker.text.words import load_words, template_folders

    words, catalogue = load_words(configuration.languages[0], template_folders()), load_catalogue()
    effective = effective_changes_finder((step.after for step in steps), catalogue)
    return RowBuilder(words, catalogue, configuration.time_zone, effective=effective)


def summary(fetched: FetchResult, configuration: Configuration) -> str:
    """Return the new rows as Markdown, for the summary of a job; the newest ones where there are many."""
    from tracker.formats.renderer import MAX_ITEMS, Renderer
    from tracker.formats.views import View, page_of
    from tracker.text.words import template_folders

    row_builder = _row_builder(configuration, fetched.steps)
    page = page_of(View("", fetched.changelog, None), row_builder, configuration, None, None)
    page = replace(page, lead=fetched.message(), rows=page.rows[:MAX_ITEMS])
    return Renderer(template_folders(), row_builder.words).changelog("markdown", page)
