"""`show`: the document of one version of a policy."""

from tracker.archive.lookup import find_version, parse_reference
from tracker.archive.store import Archive
from tracker.policy.json_text import canonical

__all__ = ["show"]


def show(archive: Archive, policy: str, owner: str | None = None) -> str:
    """Return a document in canonical JSON.

    Args:
        archive: where it is read.
        policy: a name, `OWNER/NAME` or ARN for the version in force; with `@VERSION` for another.
        owner: whose policy; None where only one owner has one of this name.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy or version.
    """
    wanted = parse_reference(policy, owner)
    return canonical(find_version(archive, wanted.name, wanted.version, wanted.owner).document)
