"""`fetch --attached`: which policies an account has attached, by IAM, into a file that `--attached` of others reads."""

from pathlib import Path

from tracker.base.files import write_text
from tracker.errors import UsageError
from tracker.policy.json_text import canonical
from tracker.sources.iam_client import Connection, IamReader, create_client

__all__ = ["fetch_attached"]


def fetch_attached(connection: Connection, target: Path, snapshots: Path) -> int:
    """Write which policies are attached to anything, as `aws iam list-policies` does; return how many.

    The file names policies and counts; who has them IAM does not say here. Nothing is recorded in the archive.

    Args:
        connection: how IAM is reached.
        target: the file; it is replaced whole or not at all.
        snapshots: the archive, which is published: the file must not lie in it.

    Raises:
        UsageError: the file would lie in the archive.
        SourceError: IAM could not be read whole; nothing was written.
        OutputError: the file can't be written.
    """
    if target.resolve().is_relative_to(snapshots.resolve()):
        raise UsageError("lies in the archive, which others may read", where=str(target), hint="name a file elsewhere")
    reader = IamReader(create_client(connection), "iam")
    counts = next(reader.answers_of([reader.attachment_counts]))
    listed = [
        {"PolicyName": arn.rpartition("/")[2], "Arn": arn, "AttachmentCount": count}
        for arn, count in sorted(counts.items())
    ]
    write_text(target, canonical({"Policies": listed, "IsTruncated": False}))
    return len(listed)
