"""The records of documentation pages in an archive's folder: `documentation/`, a file per page."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tracker.base.files import write_text
from tracker.base.git import Repository
from tracker.base.git_commits import Commit, commit_paths
from tracker.base.git_remotes import push
from tracker.documentation.recorded import RecordedPage, parse_record, record_to_json
from tracker.errors import ArchiveError, GitError

__all__ = ["FOLDER", "commit_records", "read_records", "record_file", "write_record"]

FOLDER = "documentation"
MAX_STEM = 60


def read_records(snapshots: Path) -> Iterator[RecordedPage]:
    """Yield the records of an archive in a folder, by file name; none where the archive is a single file.

    Raises:
        ArchiveError: a record can't be read.
    """
    folder = snapshots / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArchiveError(f"can't be read: {error.strerror}", where=str(path)) from error
        yield parse_record(data, f"{FOLDER}/{path.name}")


def write_record(snapshots: Path, record: RecordedPage) -> Path:
    """Write a record, whole or not at all, and return its file.

    Raises:
        OutputError: it can't be written.
    """
    path = snapshots / FOLDER / record_file(record.address)
    write_text(path, record_to_json(record))
    return path


def record_file(address: str) -> str:
    """Return the name of a page's record: readable, and another one for each address."""
    stem = re.sub(r"[^a-z0-9]+", "-", address.lower().removeprefix("https://docs.aws.amazon.com/")).strip("-")
    return f"{stem[-MAX_STEM:].strip('-')}-{sha256(address.encode()).hexdigest()[:8]}.json"


def commit_records(snapshots: Path, subject: str, *, pushed: bool) -> bool:
    """Commit the records of an archive in one commit, and push it; return False where nothing has changed.

    Args:
        snapshots: the archive's folder, in a work tree.
        subject: the first line of the commit.
        pushed: whether it is pushed, too.

    Raises:
        GitError: git refused, or others pushed first.
    """
    repository = Repository(snapshots)
    repository = Repository(repository.top())
    under = (snapshots.resolve() / FOLDER).relative_to(repository.folder.resolve()).as_posix()
    if not repository.run("status", "--porcelain", "--untracked-files=all", "--", under).strip():
        return False
    commit_paths(repository, [under], Commit(subject))
    if pushed and not push(repository):
        raise GitError("others pushed first", where=str(snapshots), hint="what was read is committed here; run again")
    return True
