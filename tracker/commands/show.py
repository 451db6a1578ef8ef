"""`show`: the document of one version of a policy."""

from tracker.archive.lookup import find_version
from tracker.archive.store import Archive
from tracker.policy.json_text import canonical

__all__ = ["show"]


def show(archive: Archive, policy: str) -> str:
    """Return a document in canonical JSON.

    Args:
        archive: where it is read.
        policy: `NAME` for the version in force, or `NAME@VERSION`.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy or version.
    """
    name, _, version_id = policy.partition("@")
    return canonical(find_version(archive, name, version_id or None).document)
