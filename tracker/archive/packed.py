"""An archive in one compressed file, as the package `policy-tracker-archive` ships it: read, and written once.

The file is a zip archive. `archive.json` says where each of the archive's files stands; one member for each folder,
named `aws/AmazonConnect_FullAccess`, holds the folder's files one after another, to the byte as in `snapshots/`.
"""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from lzma import LZMAError
from pathlib import Path
from zipfile import ZIP_LZMA, BadZipFile, ZipFile, ZipInfo

from msgspec import MsgspecError, Struct
from msgspec.json import decode, encode

from tracker.archive.store import Archive, archive_on_disk
from tracker.errors import ArchiveError

__all__ = ["archive_in_file", "installed_archive", "open_archive", "packed_archive"]

PACKAGE = "policy_tracker_archive"
FILE = "archive.zip"
_INDEX = "archive.json"
_SCHEMA = "policy-tracker/archive/1"
MOST_BYTES = 256 * 1024 * 1024
"""The size of a folder's files, and of the index; a real one has a few megabytes at most."""
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)


class _Index(Struct):
    schema: str
    folders: Mapping[str, Mapping[str, tuple[int, int]]]


def installed_archive() -> Path | None:
    """Return the file of the installed package `policy-tracker-archive`; None where it is not installed."""
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found else None
    file = Path(places[0], FILE) if places else None
    return file if file is not None and file.is_file() else None


def open_archive(path: Path) -> Archive:
    """Open an archive to read: a folder, usually `snapshots/`, or the file of the package `policy-tracker-archive`.

    Raises:
        ArchiveError: there is no such archive, or it is broken.
    """
    return archive_in_file(path) if path.is_file() else archive_on_disk(path)


def archive_in_file(path: Path) -> Archive:
    """Open an archive in one file.

    Raises:
        ArchiveError: the file can't be read, or is none of ours.
    """
    packed = _Packed(path)
    return Archive(packed.keys, packed.files, packed.contents)


class _Packed:
    """A packed archive that is open; a file's key is its folder and name, as in `aws/ReadOnlyAccess/v3.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Held in memory: two processes that share a file would move its position under each other.
            self.zip = ZipFile(io.BytesIO(path.read_bytes()))
            index = decode(self._member(_INDEX), type=_Index)
        except (OSError, BadZipFile, MsgspecError, KeyError) as error:
            raise self._broken(error) from error
        if index.schema != _SCHEMA:
            raise ArchiveError(f"written for another release ({index.schema})", where=str(path), hint="upgrade both")
        self.folders = index.folders
        self.folder = lru_cache(1)(self._member)

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The archive's folders."""
        return [(owner, name) for owner, _, name in (folder.partition("/") for folder in self.folders)]

    def files(self, key: tuple[str, str]) -> Mapping[str, str]:
        """Return the files of a folder."""
        folder = "/".join(key)
        return {name: f"{folder}/{name}" for name in self.folders[folder]}

    def contents(self, files: Sequence[str]) -> Iterator[bytes]:
        """Yield the contents of files, in their order."""
        for file in files:
            folder, _, name = file.rpartition("/")
            start, length = self.folders[folder][name]
            try:
                content = self.folder(folder)[start : start + length]
            except (OSError, BadZipFile, LZMAError, EOFError, KeyError) as error:
                raise self._broken(error) from error
            yield content

    def _member(self, name: str) -> bytes:
        if self.zip.getinfo(name).file_size > MOST_BYTES:
            raise BadZipFile(f"{name} is too large")
        return self.zip.read(name)

    def _broken(self, error: Exception) -> ArchiveError:
        return ArchiveError(f"not an archive ({error})", where=str(self.path), hint="name a folder with --snapshots")


def packed_archive(snapshots: Path) -> bytes:
    """Return an archive on disk as one file; the same archive gives the same bytes.

    Raises:
        ArchiveError: there is no such folder, or a file can't be read.
    """
    folders: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_LZMA) as file:
        for owner, name in archive_on_disk(snapshots).policy_keys():
            folder, parts = f"{owner}/{name}", b""
            for part in sorted((snapshots / folder).glob("*.json")):
                content = part.read_bytes()
                folders[folder][part.name] = (len(parts), len(content))
                parts += content
            _add(file, folder, parts)
        _add(file, _INDEX, encode(_Index(_SCHEMA, folders)))
    return packed.getvalue()


def _add(file: ZipFile, name: str, content: bytes) -> None:
    member = ZipInfo(name, _FIRST_MOMENT)
    member.compress_type = ZIP_LZMA
    file.writestr(member, content)
