"""The histories of AWS managed policies, as the commands about an account ask for them."""

from collections.abc import Collection
from pathlib import Path

from tracker.account.timeline import InForce, timeline_of
from tracker.archive.packed import open_archive
from tracker.errors import ArchiveError
from tracker.policy.history import PolicyHistory

__all__ = ["read_timelines"]

_OWNER = "aws"


def read_timelines(snapshots: Path, names: Collection[str] | None = None) -> dict[str, tuple[InForce, ...]]:
    """Return what was in force when, by policy; a policy that nothing is known of is left out.

    Args:
        snapshots: the archive.
        names: the policies asked for; None for all.

    Raises:
        ArchiveError: the archive, or a version of one of these policies, can't be read: what was in force would be
            guessed otherwise.
    """
    found = {}
    for item in open_archive(snapshots).histories(_OWNER, lambda name: names is None or name in names):
        if not isinstance(item, PolicyHistory):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git")
        timeline = timeline_of(item)
        if timeline and "~" not in item.folder:
            found[item.facts.name] = timeline
    return found
