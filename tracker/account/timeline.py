"""Which version of a policy was in force when."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.errors import DocumentError
from tracker.policy.history import PolicyHistory, PolicyVersion

__all__ = ["InForce", "in_force_at", "timeline_of"]


class InForce(Struct, frozen=True):
    """What was in force from a moment on."""

    at: datetime
    """From when on."""
    version_id: str | None
    """VersionId; None once the policy was removed."""
    version: PolicyVersion | None
    """The version; None where no source has its document, or it can't be read, and after a removal."""
    not_observed: int = 0
    """How many version numbers before it were never seen: one of them may have been in force until then."""
    entry: Entry | None = None
    """The entry that says so; None for a version without a document."""


def timeline_of(history: PolicyHistory) -> tuple[InForce, ...]:
    """Return what was in force, oldest first, by the dates that the changelog shows.

    A version of which only the date is known counts from that date until the next.
    """
    found = []
    for entry in entries_of(history):
        if isinstance(entry, Entry):
            version = history.version(entry.version) if entry.version else None
            found.append(InForce(entry.at, entry.version, version, entry.not_observed, entry))
    found += [InForce(item.created_at, item.version_id, None) for item in history.unknown]
    unread = (version for version in history.versions if not _can_be_read(version))
    found += [InForce(version.created_at, version.version_id, None) for version in unread]
    return tuple(sorted(found, key=lambda one: one.at))


def _can_be_read(version: PolicyVersion) -> bool:
    try:
        version.parsed  # noqa: B018 - reading it is the question
    except DocumentError:
        return False
    return True


def in_force_at(timeline: Sequence[InForce], moment: datetime | None) -> InForce | None:
    """Return what was in force at a moment, None for the last; None where the policy was not there yet."""
    return next((one for one in reversed(timeline) if moment is None or one.at <= moment), None)
