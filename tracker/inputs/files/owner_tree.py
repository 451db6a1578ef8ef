"""All policies of one owner in the archive as one side of a review: `archive:aws-cn`.

Two partitions of AWS name the same thing differently (`arn:aws-cn:s3:::x`, `ec2.amazonaws.com.cn`), so both sides are
read as if they were of the partition `aws`: what differs then is what one partition's policies allow and the other's
do not. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

import re
from collections.abc import Iterator, Sequence

from tracker.archive.store import Archive
from tracker.errors import UsageError
from tracker.inputs.files.file_trees import Entry, EntryKind, FileTree
from tracker.policy.history import PolicyHistory, Skipped
from tracker.policy.json_text import canonical

__all__ = ["owner_tree", "without_partition"]

_PARTITION = re.compile(r'(?<=[":])arn:aws(?:-[a-z]+)+:')
_CHINESE_SERVICE = re.compile(r'(?<=[a-z0-9])\.amazonaws\.com\.cn(?=")')


def owner_tree(archive: Archive, owner: str) -> FileTree:
    """Return the policies in force of an owner, each as a file of its name, read as if of the partition `aws`.

    A policy that is in force and whose document is not known is there and can't be read, so that the review says so.

    Raises:
        UsageError: the archive has no policies of this owner.
        ArchiveError: it can't be read.
    """
    texts: dict[str, bytes | None] = {}
    for item in archive.read(archive.policy_keys(owner)):
        if isinstance(item, Skipped):
            texts[item.where] = None
        elif item.in_force:
            texts[f"{item.facts.name}.json"] = without_partition(canonical(item.in_force.document)).encode()
        elif _is_unknown(item):
            texts[f"{item.facts.name}.json"] = None
    if not texts:
        raise UsageError(f"no policies of the owner {owner!r} in the archive")

    def read(paths: Sequence[str]) -> Iterator[bytes | None]:
        return (texts[path] for path in paths)

    return FileTree({path: Entry(EntryKind.FILE, "", len(text or b"")) for path, text in texts.items()}, read)


def _is_unknown(history: PolicyHistory) -> bool:
    """Return whether a policy is there and no source has its document."""
    last = history.observations[-1] if history.observations else None
    return not history.versions and not (last and last.default_version is None)


def without_partition(document: str) -> str:
    """Return a document's text with the names of the partition `aws` in place of those of its own."""
    return _CHINESE_SERVICE.sub(".amazonaws.com", _PARTITION.sub("arn:aws:", document))
