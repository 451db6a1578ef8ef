"""Histories to entries: what happened to a policy, in order, each event with its changes.

A history's versions are steps by creation time; its observations say which of them was the default, and when.
Titles are the business of titles.py, sentences and folding that of rows.py.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from tracker.changelog.model import Entry, Event, VersionWithoutDocument
from tracker.diff.changes import added_grants, changes_between
from tracker.diff.model import Change
from tracker.diff.wording import wording_difference
from tracker.errors import DocumentError
from tracker.policy.history import Observation, PolicyHistory, PolicyVersion, Skipped
from tracker.policy.versions import version_number, version_sort_key

if TYPE_CHECKING:
    from tracker.policy.model import PolicyDocument

__all__ = ["EntrySortKey", "TrackingStart", "entries_of", "entry_sort_key", "newest_first", "sort_newest_first"]

Item = TypeVar("Item")


EntrySortKey = tuple[bool, float, str, str]
"""What orders entries newest first, but for those of one policy and moment."""


def entry_sort_key(entry: Entry) -> EntrySortKey:
    """Return a sort key for an entry: by time, the newest first, then by policy; a policy's beginning comes last."""
    is_beginning = entry.event is Event.TRACKING_STARTED and entry.published is not None
    return is_beginning, -entry.at.timestamp(), entry.owner, entry.policy


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries as a changelog lists them: by `entry_sort_key`, and those with the same key in reverse order."""
    return sort_newest_first((entry_sort_key(entry), entry) for entry in entries)


def sort_newest_first(items: Iterable[tuple[EntrySortKey, Item]]) -> list[Item]:
    """Return items, each given with the key of its entry, in the order of `newest_first`."""
    ordered = list(items)
    ordered.reverse()
    return [item for _, item in sorted(ordered, key=itemgetter(0))]


TrackingStart = Callable[[PolicyHistory], tuple[datetime | None, datetime | None]]
"""Returns since when a history's source has been watched, and its changes recorded, as `entries_of` takes it."""


def entries_of(
    history: PolicyHistory, tracking_since: datetime | None = None, documented_since: datetime | None = None
) -> Iterator[Entry | Skipped]:
    """Yield the entries of one policy, oldest first, and the versions whose documents are not known.

    Args:
        history: the policy.
        tracking_since: a policy that is older, or whose first known version is, was there before:
            `tracking-started`. None means that everything was watched from its creation on.
        documented_since: when the documentation of its service started to list changes: an entry of its own,
            after those that are older. None where no documentation says so.
    """
    walker = _HistoryWalker(history, tracking_since, documented_since)
    for observation, was_seen in _in_force(history):
        yield from walker.observe(observation, was_seen=was_seen)
    yield from walker.end()


def _in_force(history: PolicyHistory) -> list[tuple[Observation, bool]]:
    """Return which version was the default when, by time, and whether that was seen.

    A version of a collection, which nobody watched come into force, was the default from its creation until the next.
    """
    published = [
        (Observation(version.created_at, version.version_id), False)
        for version in history.versions
        if version.is_collected
    ]
    seen = [(item, True) for item in history.observations]
    if not seen and not published:  # what is there was published
        seen = [(Observation(version.created_at, version.version_id), True) for version in history.versions[-1:]]
    return sorted(published + seen, key=lambda item: item[0].at) if published else seen


class _HistoryWalker:
    """Walks a history; holds what was in force, which entries there are, and their anchors."""

    def __init__(
        self, history: PolicyHistory, tracking_since: datetime | None, documented_since: datetime | None
    ) -> None:
        self.history = history
        self.tracking_since = tracking_since
        self.documented_since = documented_since
        self.known = {version.version_id: version for version in history.versions}
        self.numbers = sorted(filter(None, map(version_number, self.known)))
        self.ages = list(map(version_sort_key, history.versions))
        self.next_version_index = 0
        self.was_seen = True
        self.current: PolicyVersion | None = None
        self.document: PolicyDocument | None = None
        self.is_removed = False
        self.published_ids: set[str] = set()
        self.anchors: dict[str, int] = {}

    def observe(self, observation: Observation, *, was_seen: bool) -> Iterator[Entry | Skipped]:
        """Yield what led from the last observation to this one."""
        self.was_seen = was_seen
        if observation.default_version is None:
            if self.current is not None and not self.is_removed:
                yield self._entry(Event.POLICY_REMOVED, None, observation.at, ())
                self.is_removed = True
            return
        target = self.known.get(observation.default_version)
        if target is not None and (target is not self.current or self.is_removed):
            yield from self._steps_to(target, observation.at)

    def end(self) -> Iterator[Entry | Skipped]:
        """Yield the entries of a policy that belong to none of the steps from version to version."""
        yield from self._documentation_started(None)
        for item in self.history.unknown:
            where = f"{self.history.owner}/{self.history.facts.name}/{item.version_id}"
            reason = f"created on {item.created_at:%Y-%m-%d}; no source has its document"
            yield Skipped(where, reason, item.created_at)

    def _documentation_started(self, before: datetime | None) -> Iterator[Entry]:
        """Yield, once, that the documentation started to list changes, if it did before a moment."""
        at, current = self.documented_since, self.current
        if at is None or current is None or current.created_at >= at or (before is not None and before < at):
            return
        self.documented_since = None
        if not self.is_removed:
            yield replace(self._entry(Event.TRACKING_STARTED, current, at, ()), previous_version=None)

    def _steps_to(self, target: PolicyVersion, at: datetime) -> Iterator[Entry | Skipped]:
        until = version_sort_key(target)
        passed = self.history.versions[self.next_version_index : bisect_right(self.ages, until)]
        self.next_version_index += len(passed)
        if self.current is not None and until < version_sort_key(self.current):
            yield from self._step(target, at, Event.POLICY_RETURNED if self.is_removed else Event.DEFAULT_ROLLED_BACK)
            return
        for version in passed if target in passed else (*passed, target):
            yield from self._step(version, at, Event.POLICY_RETURNED if self.is_removed else Event.POLICY_UPDATED)

    def _step(self, version: PolicyVersion, at: datetime, event: Event) -> Iterator[Entry | Skipped]:
        """Yield the entry of one step, or what kept the version from being read; then nothing has changed."""
        try:
            event, changes, document = self._changes(version, event)
        except DocumentError as error:
            where = f"{self.history.owner}/{self.history.facts.name}/{version.version_id}"
            yield Skipped(where, str(error))
            return
        entry = self._entry(event, version, at, changes)
        if event is Event.POLICY_REISSUED and self.current is not None:
            entry = replace(entry, differs_in=wording_difference(self.current.document, version.document))
        if self.documented_since is not None:
            yield from self._documentation_started(entry.at)
        yield entry
        self.current, self.document, self.is_removed = version, document, False
        self.published_ids.add(version.version_id)

    def _changes(self, version: PolicyVersion, event: Event) -> tuple[Event, Sequence[Change], "PolicyDocument"]:
        """Return the changes from what is in force to a version, what kind of event that makes, and its document."""
        changes: tuple[Change, ...] = ()
        if self.current is not None and self.document is not None and self.current.document == version.document:
            document = self.document
        else:
            document = version.parsed
            if self.document is None:
                began = self.history.facts.created_at or version.created_at
                if self.tracking_since is not None and began < self.tracking_since:
                    return Event.TRACKING_STARTED, (), document
                return Event.POLICY_ADDED, added_grants(document), document
            changes = changes_between(self.document, document)
        if event is Event.POLICY_UPDATED and not changes:
            event = Event.POLICY_REISSUED
        return event, changes, document

    def _entry(self, event: Event, version: PolicyVersion | None, at: datetime, changes: Sequence[Change]) -> Entry:
        previous = self.current.version_id if self.current else None
        is_first = event is Event.POLICY_ADDED
        goes_on = is_first or event in (Event.POLICY_UPDATED, Event.POLICY_REISSUED, Event.POLICY_RETURNED)
        is_on_the_way = goes_on or event is Event.POLICY_REMOVED
        began = self.history.facts.created_at
        is_new = version is not None and event not in _SEEN_ONLY and version.version_id not in self.published_ids
        anchor = self._anchor(event, version.version_id if version else previous)
        return Entry(
            id=f"{self.history.owner}/{self.history.label}/{anchor}",
            owner=self.history.owner,
            policy=self.history.facts.name,
            event=event,
            version=version.version_id if version else None,
            previous_version=previous,
            not_observed=self._unseen_version_count(previous, version.version_id) if version and goes_on else 0,
            published=version.created_at if version and is_new else None,
            published_before=version.created_before if version and is_new else None,
            observed=at if self.was_seen or not is_new else None,
            changes=tuple(changes),
            without_document=self._without_document(version.created_at if version else at) if is_on_the_way else (),
            policy_created=began if is_first and version and began and began < version.created_at else None,
            name_taken=event is Event.POLICY_REMOVED and self.history.is_name_taken,
            folder=self.history.label,
            anchor=anchor,
        )

    def _anchor(self, event: Event, version_id: str | None) -> str:
        """Return the version; with the event, and a count, where that is taken by nature."""
        plain = str(version_id)
        wanted = f"{plain}/{event}" if event in _SEEN_ONLY or plain in self.anchors else plain
        self.anchors[wanted] = self.anchors.get(wanted, 0) + 1
        return wanted if self.anchors[wanted] == 1 else f"{wanted}/{self.anchors[wanted]}"

    def _without_document(self, until: datetime) -> tuple[VersionWithoutDocument, ...]:
        """Return the versions without a document that were created after what is in force and before a moment."""
        since = self.current.created_at if self.current else None
        return tuple(
            VersionWithoutDocument(item.version_id, item.created_at)
            for item in self.history.unknown
            if item.created_at < until and (since is None or item.created_at > since)
        )

    def _unseen_version_count(self, previous: str | None, version_id: str) -> int:
        """Count the numbers between two versions of which no version was ever seen."""
        low, high = version_number(previous) if previous else 0, version_number(version_id)
        if low is None or high is None or high <= low:
            return 0
        seen = bisect_left(self.numbers, high) - bisect_right(self.numbers, low)
        return high - low - 1 - seen


_SEEN_ONLY = frozenset((Event.DEFAULT_ROLLED_BACK, Event.POLICY_REMOVED, Event.POLICY_RETURNED))
"""Events that have no date but that of their observation, as has a version that comes into force again."""
