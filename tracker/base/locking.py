"""One run at a time: a lock that the operating system releases when a run dies; and where such files lie."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.errors import OutputError

__all__ = ["archive_lock", "beside_lock"]


@contextmanager
def archive_lock(snapshots: Path, wait: float) -> Iterator[None]:
    """Hold the archive's lock while it is written.

    The lock is the kernel's, on a file: the file of a run that was killed is no lock any more. It lies among
    git's own files where the archive is in a work tree, so that it is never taken for a part of the archive.

    Args:
        snapshots: the archive; made if it is not there.
        wait: seconds to wait for another run.

    Raises:
        OutputError: another run is still at work, or the lock can't be written.
    """
    from filelock import FileLock, Timeout

    place = beside_lock(snapshots, "policy-tracker.lock")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place)
        with lock.acquire(timeout=wait):
            yield
    except Timeout as error:
        hint = "wait for it, longer with --wait; a run that died holds no lock"
        raise OutputError("another run is writing the archive", where=str(place), hint=hint) from error


def beside_lock(snapshots: Path, name: str) -> Path:
    """Return where a file about an archive is that git does not keep: git's own folder, else hidden in the archive.

    Args:
        snapshots: the archive's folder.
        name: `policy-tracker` and an ending.
    """
    files = next((folder / ".git" for folder in snapshots.absolute().parents if (folder / ".git").exists()), None)
    if files is not None and files.is_file():
        # A work tree beside others, or a submodule: the file says where git keeps what is its own.
        named = files.read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()
        files = files.parent / named
    return files / name if files and files.is_dir() else snapshots / name.replace("policy-tracker", "")
