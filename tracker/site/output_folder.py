"""The published folder on disk: only what changed is written, and what is no longer made is removed.

A manifest in it remembers what an earlier build made, and from what. Files that no build made are left alone.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import time

from tracker.base.files import write_text
from tracker.errors import OutputError
from tracker.site.memo import FileState

__all__ = [
    "MANIFEST",
    "FolderDraft",
    "Manifest",
    "PublishResult",
    "file_state",
    "manifest_on_disk",
    "open_draft",
    "publish",
    "read_manifest",
    "require_own_folder",
    "written_by",
]

MANIFEST = ".policy-tracker.json"
_DRAFT_PREFIX = ".policy-tracker-"
"""What the names of folders begin with in which files wait for their publication."""
_MAX_BUILD_SECONDS = 3600
"""Seconds after which a run is taken for dead."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build made."""

    made_from: str = ""
    """The fingerprint of all that it was made from."""
    files: Mapping[str, str] | None = None
    """Path → a digest of its content; None where nothing was ever built."""
    is_attached: bool = False
    """Whether the site is of attached policies only."""


@dataclass(frozen=True, slots=True)
class PublishResult:
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
        return Manifest(str(value["made_from"]), files, value.get("attached") is True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Manifest()


def _is_inside(path: str) -> bool:
    """Return whether a path stays in the folder: a manifest may have been tampered with, and its files get removed."""
    steps = path.split("/")
    return path.strip("./") != "" and steps[0] != "" and ".." not in steps and "\0" not in path and "\\" not in path


def manifest_on_disk(folder: Path) -> bytes | None:
    """Return the text of a folder's manifest; None where there is none."""
    return _content_on_disk(f"{folder}/{MANIFEST}")


def file_state(folder: Path, path: str) -> FileState | None:
    """Return the state of a file; None where it is not there."""
    try:
        found = os.stat(f"{folder}/{path}", follow_symlinks=False)  # noqa: PTH116 - see _content_on_disk
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def written_by(folder: Path, manifest: Manifest) -> bool:
    """Return whether each file of a manifest is there with the content that it had."""
    return manifest.files is not None and all(
        (content := _content_on_disk(f"{folder}/{path}")) is not None and _digest(content) == digest
        for path, digest in manifest.files.items()
    )


def _content_on_disk(file: str) -> bytes | None:
    """Return what a file holds; None where it can't be read."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - to make thousands of paths takes as long as to read the files
            return stream.read()
    except OSError:
        return None


def _digest(content: bytes) -> str:
    """Return half of a SHA-256: enough to distinguish contents."""
    return sha256(content).hexdigest()[:32]


class FolderDraft:
    """The next state of a published folder: files are written aside as they come, and take their places together.

    Nothing of the folder changes until `publish`. Several processes may add files to one draft.
    """

    def __init__(self, folder: Path, aside: Path, *, is_attached: bool = False) -> None:
        """Take the folder to be published, an empty one on the same file system, and of what the site is."""
        self.folder = folder
        self._is_attached = is_attached
        self.aside = aside
        self.files: dict[str, str] = {}
        """Path → a digest of its content, as in a manifest."""
        self.new: set[str] = set()
        """Those that the folder lacks, or has with another content: they lie aside, as they will in the folder."""
        self._parents: set[str] = set()

    def add(self, path: str, text: str | bytes) -> FileState | None:
        """Add a file, a text or the content as it is; return its state, which it keeps when the draft is published.

        Raises:
            OutputError: it can't be written.
        """
        content = text.encode("utf-8") if isinstance(text, str) else text
        self.files[path] = _digest(content)
        if content != _content_on_disk(f"{self.folder}/{path}"):
            self.new.add(path)
            with _writing(self.folder, path):
                self._write_aside(path, content)
        return file_state(self.aside if path in self.new else self.folder, path)

    def _write_aside(self, path: str, content: bytes) -> None:
        parent = path.rpartition("/")[0]
        if parent not in self._parents:
            (self.aside / parent).mkdir(parents=True, exist_ok=True)
            self._parents.add(parent)
        with open(f"{self.aside}/{path}", "wb") as file:  # noqa: PTH123 - see _content_on_disk
            file.write(content)

    def keep(self, files: Mapping[str, str]) -> None:
        """Keep files of the folder as they are: path → a digest of the content, as in a manifest."""
        self.files.update(files)

    def join(self, files: Mapping[str, str], new: Iterable[str]) -> None:
        """Take over what another process added: its `files` and `new`."""
        self.files.update(files)
        self.new.update(new)

    def publish(self, made_from: str) -> PublishResult:
        """Make the folder hold these files and no other that an earlier build made.

        The manifest names old and new files while they change places, so that no file is forgotten whenever the
        run is killed.

        Raises:
            OutputError: a file can't be written or removed.
        """
        before = read_manifest(self.folder).files or {}
        old = sorted(before.keys() - self.files.keys(), reverse=True)
        if self.new or old:
            self._record("", {**before, **self.files})
        _move_into(self.aside, self.folder)
        for path in old:
            _remove(self.folder, self.folder / path)
        self._record(made_from, self.files)
        return PublishResult(len(self.files), len(self.new), len(old))

    def _record(self, made_from: str, files: Mapping[str, str]) -> None:
        scope = {"attached": True} if self._is_attached else {}
        listed = {"made_from": made_from, **scope, "files": dict(sorted(files.items()))}
        text = f"{json.dumps(listed, indent=0)}\n"
        if _content_on_disk(f"{self.folder}/{MANIFEST}") != text.encode("utf-8"):
            write_text(self.folder / MANIFEST, text)


def require_own_folder(folder: Path, *, is_attached: bool = False) -> None:
    """Refuse a folder that holds other files and no manifest of an earlier build: a site has thousands of files.

    A site of attached policies never takes the place of one of all policies, which may be public, nor the reverse.

    Names that begin with a dot don't count: `.git` of a branch that is published, and what a killed build left.

    Raises:
        OutputError: it is such a folder, or no folder, or can't be read.
    """
    with _writing(folder):
        names = [item.name for item in folder.iterdir()] if os.path.lexists(folder) else []
    if MANIFEST not in names and not all(name.startswith(".") for name in names):
        hint = "name an empty folder, a new one, or that of an earlier build"
        raise OutputError("is not empty and holds no site", where=str(folder), hint=hint)
    before = read_manifest(folder)
    if before.files and before.is_attached != is_attached:
        holds = "attached policies only" if before.is_attached else "all policies"
        raise OutputError(f"holds a site of {holds}", where=str(folder), hint="name another folder with --output")


@contextmanager
def open_draft(folder: Path, *, is_attached: bool = False) -> Iterator[FolderDraft]:
    """Open a draft of a published folder, which is made if it is not there; what was not published is dropped.

    Raises:
        OutputError: the folder can't be written.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale_drafts(folder)
        aside = Path(mkdtemp(prefix=_DRAFT_PREFIX, dir=folder))
    try:
        yield FolderDraft(folder, aside, is_attached=is_attached)
    finally:
        rmtree(aside, ignore_errors=True)


def _remove_stale_drafts(folder: Path) -> None:
    """Remove what runs that were killed left aside; younger ones may still be at work."""
    for left in folder.glob(f"{_DRAFT_PREFIX}*"):
        if time() - left.stat().st_mtime > _MAX_BUILD_SECONDS:
            rmtree(left, ignore_errors=True)


@contextmanager
def _writing(folder: Path, path: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"can't be written: {error.strerror}", where=str(folder / path)) from error


def _move_into(source: Path, target: Path) -> None:
    """Move what is in a folder into another one; a folder that is not there yet moves as a whole.

    Raises:
        OutputError: something can't be written.
    """
    with os.scandir(source) as found:
        for item in sorted(found, key=lambda item: item.name):
            place = target / item.name
            if item.is_dir() and place.is_dir():
                _move_into(source / item.name, place)
            else:
                with _writing(place):
                    (source / item.name).replace(place)


def publish(folder: Path, files: Mapping[str, str], made_from: str) -> PublishResult:
    """Make a folder hold these files.

    Args:
        folder: made if it is not there.
        files: path within it → text.
        made_from: a fingerprint of all they were made from.

    Raises:
        OutputError: a file can't be written or removed.
    """
    with open_draft(folder) as draft:
        for path, text in files.items():
            draft.add(path, text)
        return draft.publish(made_from)


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
