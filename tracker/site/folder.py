"""The published folder on disk: only what changed is written, and what is no longer made is removed.

A manifest in it remembers what an earlier build made, and from what. Files that no build made are left alone.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from tracker.archive import write_text
from tracker.errors import OutputError

__all__ = ["MANIFEST", "Manifest", "Published", "publish", "read_manifest", "written_by"]

MANIFEST = ".policy-tracker.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build made."""

    made_from: str = ""
    """The fingerprint of all that it was made from."""
    files: Mapping[str, str] | None = None
    """Path → SHA-256 of its content; None where nothing was ever built."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a build did."""

    files: int
    """Files of the site."""
    written: int
    """Those that were written, since they were missing or other."""
    removed: int
    """Files of an earlier build that are no longer made."""


def read_manifest(folder: Path) -> Manifest:
    """Return what an earlier build left; an empty manifest where there was none, or where it can't be read."""
    try:
        value = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {str(path): str(digest) for path, digest in value["files"].items() if _is_inside(str(path))}
        return Manifest(str(value["made_from"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Manifest()


def _is_inside(path: str) -> bool:
    """Tell whether a path stays in the folder: a manifest may have been tampered with, and its files get removed."""
    steps = PurePosixPath(path).parts
    return bool(steps) and not path.startswith("/") and ".." not in steps and "\0" not in path and "\\" not in path


def written_by(folder: Path, manifest: Manifest) -> bool:
    """Tell whether each file of a manifest is there with the content that it had."""
    return manifest.files is not None and all(
        _digest_on_disk(folder / path) == digest for path, digest in manifest.files.items()
    )


def _digest_on_disk(file: Path) -> str | None:
    try:
        return _digest(file.read_bytes())
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def publish(folder: Path, files: Mapping[str, str], made_from: str, progress: Callable[[int, int], None]) -> Published:
    """Bring a folder to hold these files.

    Args:
        folder: made if it is not there.
        files: path within it → text.
        made_from: a fingerprint of all they were made from.
        progress: told after each file.

    Raises:
        OutputError: a file can't be written or removed.
    """
    before = read_manifest(folder).files or {}
    digests: dict[str, str] = {}
    written = 0
    for done, (path, text) in enumerate(files.items(), 1):
        digests[path] = _digest(text.encode("utf-8"))
        if digests[path] != _digest_on_disk(folder / path):
            write_text(folder / path, text)
            written += 1
        progress(done, len(files))
    old = sorted(before.keys() - files.keys(), reverse=True)
    for path in old:
        _remove(folder, folder / path)
    listed = {"made_from": made_from, "files": dict(sorted(digests.items()))}
    text = f"{json.dumps(listed, indent=0)}\n"
    if _digest_on_disk(folder / MANIFEST) != _digest(text.encode("utf-8")):
        write_text(folder / MANIFEST, text)
    return Published(len(files), written, len(old))


def _remove(folder: Path, file: Path) -> None:
    """Remove a file, and the folders that it leaves empty."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"can't be removed: {error.strerror}", where=str(file)) from error
    for parent in file.parents:
        if parent == folder:
            return
        try:
            parent.rmdir()
        except OSError:
            return
