"""Results kept from one build to the next, each under a key that names all that it was made from.

They lie in one file beside the manifest, which is never published. It is no more than a shortcut: a file that is
damaged, or that belongs to another manifest, is as good as none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeVar

from msgspec import MsgspecError, Struct, msgpack

from tracker.base.files import write_text

__all__ = [
    "CACHE",
    "BuildCache",
    "Content",
    "FileState",
    "FolderDigest",
    "KeptPart",
    "Memo",
    "digest_of",
    "read_cache",
    "write_cache",
]

Value = TypeVar("Value")
Content = bytes | memoryview
"""A result in MessagePack: as it was made, or a part of the cache on the disk."""

FileState = tuple[int, int]
"""The size of a file, and when it was last changed, in nanoseconds."""
CACHE = ".policy-tracker.cache"
_DIGEST, _SIZE = 64, 8
"""Bytes of the digest at the beginning, and of the header's size behind it."""


def digest_of(*parts: str | bytes) -> str:
    """Return half of a SHA-256 over some texts: enough to distinguish all that a site is made from."""
    contents = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]
    return sha256(b"".join([b"%d:%b" % (len(content), content) for content in contents])).hexdigest()[:32]


class Memo:
    """Results by key; what is not asked for in a build is not kept for the next."""

    def __init__(self, kept: Mapping[str, Content] | None = None) -> None:
        """Take what an earlier build kept."""
        self._kept = kept or {}
        self.used: dict[str, Content] = {}
        """What this build asked for, by key."""

    def __contains__(self, key: str) -> bool:
        return key in self.used or key in self._kept

    def get(
        self,
        key: str,
        decode: Callable[[Content], Value],
        make: Callable[[], Value],
        encode: Callable[[Value], bytes] = msgpack.encode,
    ) -> Value:
        """Return a result: what is kept under its key, or what is made now, and kept.

        Args:
            key: names all that the result is made from.
            decode: reads the result; raises MsgspecError for one that is damaged.
            make: makes it.
            encode: writes it.
        """
        content = self.used.get(key) or self._kept.get(key)
        if content is not None:
            try:
                value = decode(content)
            except MsgspecError:
                content = None
            else:
                self.used[key] = content
                return value
        value = make()
        self.used[key] = encode(value)
        return value

    def join(self, used: Mapping[str, Content]) -> None:
        """Take over what another process made."""
        self.used.update(used)


class KeptPart(Struct, frozen=True, array_like=True):
    """What an earlier build made of one part of the site."""

    key: str
    """Names all that it was made from."""
    files: dict[str, FileState]
    """Its files, as they were left on the disk."""


class FolderDigest(Struct, frozen=True, array_like=True):
    """A digest of the files that lie directly in a folder."""

    state: str
    """Names, sizes, and when each last changed in any way, as a digest; empty where one has just changed."""
    content: str
    """Names and contents, as a digest."""


@dataclass(frozen=True, slots=True)
class BuildCache:
    """What an earlier build left for the next one."""

    manifest: str = ""
    """Digest of the manifest that it belongs to."""
    results: Mapping[str, Content] = field(default_factory=dict)
    """See `Memo`."""
    parts: Mapping[str, KeptPart] = field(default_factory=dict)
    """The parts of the site, by name."""
    folders: Mapping[str, FolderDigest] = field(default_factory=dict)
    """The folders of the archive."""


_Header = tuple[list[str], list[int], str, dict[str, KeptPart], dict[str, FolderDigest]]
"""Keys of results, in order, the size of each, the digest of the manifest, the parts, and the folders."""


def read_cache(folder: Path, manifest: bytes | None) -> BuildCache:
    """Return what an earlier build left in a folder; an empty cache where that is damaged or another manifest's.

    Args:
        folder: the published folder.
        manifest: the content of its manifest; None where there is none.
    """
    try:
        content = memoryview((folder / CACHE).read_bytes())
        if sha256(content[_DIGEST:]).hexdigest().encode() != content[:_DIGEST]:
            return BuildCache()
        keys, sizes, known_for, parts, folders = msgpack.decode(_block(content, _DIGEST), type=_Header)
    except (OSError, MsgspecError):
        return BuildCache()
    if manifest is None or known_for != digest_of(manifest):
        return BuildCache()
    ends = accumulate(sizes, initial=len(content) - sum(sizes))
    results = {key: content[start:end] for key, (start, end) in zip(keys, pairwise(ends), strict=True)}
    return BuildCache(known_for, results, parts, folders)


def write_cache(folder: Path, cache: BuildCache) -> None:
    """Leave a cache in a folder for the next build.

    Its results are neither copied to be written nor when they are read: they may be half of all that is in memory.

    Raises:
        OutputError: it can't be written.
    """
    results = cache.results
    header = msgpack.encode(
        (list(results), [len(content) for content in results.values()], cache.manifest, cache.parts, cache.folders)
    )
    pieces: list[Content] = [len(header).to_bytes(_SIZE), header, *results.values()]
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    write_text(folder / CACHE, [digest.hexdigest().encode(), *pieces])


def _block(content: memoryview, start: int) -> memoryview:
    """Return what stands behind its own size."""
    first = start + _SIZE
    return content[first : first + int.from_bytes(content[start:first])]
