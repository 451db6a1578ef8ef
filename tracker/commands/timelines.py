"""The histories of AWS managed policies, as the commands about an account ask for them."""

from collections.abc import Collection, Mapping
from pathlib import Path

from tracker.account.timeline import InForce, timeline_of
from tracker.archive.packed import open_archive
from tracker.errors import ArchiveError
from tracker.policy.history import PolicyHistory

__all__ = ["read_histories", "timelines_of"]

_OWNER = "aws"


def read_histories(snapshots: Path, names: Collection[str] | None = None) -> dict[str, PolicyHistory]:
    """Return the histories of AWS managed policies by name: of one created again under its old name, the last.

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
        if "~" not in item.folder:
            found[item.facts.name] = item
    return found


def timelines_of(histories: Mapping[str, PolicyHistory]) -> dict[str, tuple[InForce, ...]]:
    """Return what was in force when, by policy; a policy that nothing is known of is left out."""
    timelines = {name: timeline_of(history) for name, history in histories.items()}
    return {name: timeline for name, timeline in timelines.items() if timeline}
