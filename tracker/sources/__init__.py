"""Where policies come from: one protocol, one module per origin.

A source gives a whole snapshot or raises: a policy that was only not read must never look removed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from tracker.archive.store import ArchivedPolicy
from tracker.base.progress import Progress
from tracker.policy.history import PolicyFacts, Snapshot

__all__ = ["ArchivedPolicies", "Source"]

ArchivedPolicies = Callable[[str], Mapping[str, ArchivedPolicy]]
"""Owner → what the archive holds of that owner's policies, by name."""


class Source(Protocol):
    """An origin of policies."""

    def snapshot(self, known: ArchivedPolicies, at: datetime, progress: Progress) -> Snapshot:
        """Read the source as a whole.

        Args:
            known: what need not be read again.
            at: the time of the observation.
            progress: called after each policy that was read.

        Raises:
            SourceError: it could not be read whole, or what it answered is not plausible.
        """

    def covers(self, facts: PolicyFacts) -> bool:
        """Return whether a policy with these facts would be in the snapshot if it were there.

        A source may be asked for some policies only; what it was not asked for is not absent.
        """
