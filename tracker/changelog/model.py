"""The changelog as frozen values: what happened to policies, in no language.

Times are aware and in UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tracker.diff.model import Change
from tracker.diff.wording import WordingDifference
from tracker.policy.history import Skipped

__all__ = [
    "AttachedScope",
    "Changelog",
    "Entry",
    "EntryAnnouncement",
    "Event",
    "VersionWithoutDocument",
]


class Event(StrEnum):
    """What happened to a policy."""

    TRACKING_STARTED = "tracking-started"
    POLICY_ADDED = "policy-added"
    POLICY_UPDATED = "policy-updated"
    POLICY_REISSUED = "policy-reissued"
    DEFAULT_ROLLED_BACK = "default-rolled-back"
    POLICY_REMOVED = "policy-removed"
    POLICY_RETURNED = "policy-returned"


class EntryAnnouncement(Struct, frozen=True):
    """An item of a documentation's history feed that announces an entry."""

    title: str
    """Its title as plain text, in one line."""
    link: str | None
    """Where it points, http or https; None where it points nowhere."""
    published: datetime
    """When, in UTC; midnight where the feed gives only the day."""
    days: int
    """How many days after the entry, by the day on which AWS dates it; negative for before."""


class VersionWithoutDocument(Struct, frozen=True):
    """A version that existed and whose document no source has."""

    version: str
    """VersionId."""
    published: datetime
    """CreateDate."""


class Entry(Struct, frozen=True, gc=False):
    """One event of a policy's history with its changes: one row of the changelog, in no language."""

    id: str
    """What feeds and pages know it by; never renamed, and never taken apart."""
    owner: str
    """Whose policy it is."""
    policy: str
    """PolicyName."""
    event: Event
    """What happened."""
    version: str | None
    """The version in force afterwards; None when the policy was removed."""
    previous_version: str | None
    """The version in force before; None at the beginning."""
    not_observed: int
    """How many version numbers between the two were never seen."""
    published: datetime | None
    """CreateDate of the version; None for an event that has none (removal, roll-back)."""
    observed: datetime | None
    """When the tracker saw it; None for a version added later from another source."""
    changes: tuple[Change, ...] = ()
    """The differences, sorted by kind and action."""
    policy_created: datetime | None = None
    """CreateDate of a new policy, where its first versions were never seen; None where `published` gives it."""
    published_before: datetime | None = None
    """The version was published after `published` and before this; None where `published` is exact."""
    without_document: tuple[VersionWithoutDocument, ...] = ()
    """Versions between the two, or after the last one of a policy that was removed, that only their dates are known of;
    oldest first. Of the versions that `not_observed` counts they are those that are sure to have existed."""
    notices: tuple[EntryAnnouncement, ...] = ()
    """What announced it, the nearest first; empty where no feed was read, or none says anything of it."""
    name_taken: bool = False
    """A removal after which another policy took the name: it came on its day at the latest; False for all others."""
    differs_in: WordingDifference | None = None
    """All that differs in the document of a re-issued version; None where no phrase says it, and for other events."""
    folder: str = ""
    """The folder of its policy's pages: the name; another one for a policy that took an older one's name."""
    anchor: str = ""
    """Its anchor on its policy's page: the version, and the event where that is not unique; empty for none."""

    @property
    def at(self) -> datetime:
        """The time that the row says: when it was published where that is known, else when it was seen."""
        moment = self.published or self.observed
        assert moment is not None, self.id  # noqa: S101 - changelog.py gives each entry one of the two
        return moment


class AttachedScope(Struct, frozen=True):
    """That a changelog shows only policies that are attached."""

    policies: int
    """How many are attached and in the source."""
    left_out: int
    """How many of the source are not attached."""
    principals: Mapping[str, tuple[str, ...]] = {}
    """Policy → who has it; empty where they are not to be named."""


class Changelog(Struct, frozen=True):
    """Entries that belong together, newest first."""

    title: str
    """`Amazon Connect updates to AWS managed policies`."""
    entries: tuple[Entry, ...]
    """Newest first, the starts of tracking last."""
    skipped: tuple[Skipped, ...] = ()
    """What was read and left out."""
    until: datetime | None = None
    """When the source was last seen to change, whether or not an entry shows it; None for not known."""
    attached: AttachedScope | None = None
    """Where only what is attached was asked for."""
    acknowledged: int = 0
    """How many entries were left out because somebody acknowledged them."""
