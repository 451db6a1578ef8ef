"""Files that say which managed policies are attached to whom: account dumps, templates, plans, state."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from tracker.errors import UsageError
from tracker.inputs.file_trees import read_bounded
from tracker.inputs.loading import load_file
from tracker.inputs.model import Attachment, ReadOptions

__all__ = ["AttachmentFile", "read_attachments"]


class AttachmentFile(Struct, frozen=True):
    """What one or more files say."""

    attachments: tuple[Attachment, ...]
    """Who has what; those that are not known among them."""
    unknown: tuple[str, ...]
    """What may say more and could not be read: file and reason."""


def read_attachments(paths: Iterable[Path]) -> AttachmentFile:
    """Return the attachments that some files name.

    Raises:
        UsageError: a file can't be read, or names no attachment and nothing unknown.
    """
    attachments: list[Attachment] = []
    unknown: list[str] = []
    for path in paths:
        found = load_file(str(path), read_bounded(path), ReadOptions()).contents
        if not found.attachments and not found.unknowns:
            hint = "such as the answer of `aws iam get-account-authorization-details`"
            raise UsageError("names no attached policy", where=str(path), hint=hint)
        attachments += found.attachments
        unknown += [f"{path}{location.pointer}: {each.reason}" for location, each in found.unknowns]
    return AttachmentFile(tuple(attachments), tuple(dict.fromkeys(unknown)))
