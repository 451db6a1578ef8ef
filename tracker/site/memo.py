"""Results kept from one build to the next, each under a key that names all that it was made from.

They lie in one file beside the manifest, which is never published. It is no more than a shortcut: a file that is
damaged, or that belongs to another manifest, is as good as none.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from msgspec import MsgspecError, Struct, field, msgpack

from tracker.base.files import write_text

__all__ = ["CACHE", "BuildCache", "KeptPart", "Memo", "digest_of", "read_cache", "write_cache"]

Value = TypeVar("Value")

CACHE = ".policy-tracker.cache"
_DIGEST = 64


def digest_of(*parts: str | bytes) -> str:
    """Return half of a SHA-256 over some texts: enough to distinguish all that a site is made from."""
    found = sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(b"%d:" % len(content))
        found.update(content)
    return found.hexdigest()[:32]


class Memo:
    """Results by key; what is not asked for in a build is not kept for the next."""

    def __init__(self, kept: Mapping[str, bytes] | None = None) -> None:
        """Take what an earlier build kept."""
        self._kept = kept or {}
        self.used: dict[str, bytes] = {}
        """What this build asked for, by key."""

    def __contains__(self, key: str) -> bool:
        return key in self.used or key in self._kept

    def get(self, key: str, kind: "msgpack.Decoder[Value]", make: Callable[[], Value]) -> Value:
        """Return a result: what is kept under its key, or what is made now, and kept.

        Args:
            key: names all that the result is made from.
            kind: reads the result.
            make: makes it.
        """
        content = self.used.get(key) or self._kept.get(key)
        if content is not None:
            try:
                value = kind.decode(content)
            except MsgspecError:
                content = None
            else:
                self.used[key] = content
                return value
        value = make()
        self.used[key] = msgpack.encode(value)
        return value

    def join(self, used: Mapping[str, bytes]) -> None:
        """Take over what another process made."""
        self.used.update(used)


class KeptPart(Struct, frozen=True, array_like=True):
    """What an earlier build made of one part of the site."""

    key: str
    """Names all that it was made from."""
    files: dict[str, tuple[int, int]]
    """Its files: size and time of the last change, in nanoseconds, as they were left on the disk."""


class BuildCache(Struct, frozen=True):
    """What an earlier build left for the next one."""

    manifest: str = ""
    """Digest of the manifest that it belongs to."""
    results: dict[str, bytes] = field(default_factory=dict)
    """See `Memo`."""
    parts: dict[str, KeptPart] = field(default_factory=dict)
    """The parts of the site, by name."""


def read_cache(folder: Path, manifest: bytes | None) -> BuildCache:
    """Return what an earlier build left in a folder; an empty cache where that is damaged or another manifest's.

    Args:
        folder: the published folder.
        manifest: the content of its manifest; None where there is none.
    """
    try:
        content = (folder / CACHE).read_bytes()
        known = content[:_DIGEST] == sha256(content[_DIGEST:]).hexdigest().encode()
        cache = msgpack.decode(content[_DIGEST:], type=BuildCache) if known else BuildCache()
    except (OSError, MsgspecError):
        return BuildCache()
    return cache if manifest is not None and cache.manifest == digest_of(manifest) else BuildCache()


def write_cache(folder: Path, cache: BuildCache) -> None:
    """Leave a cache in a folder for the next build.

    Raises:
        OutputError: it can't be written.
    """
    content = msgpack.encode(cache)
    write_text(folder / CACHE, [sha256(content).hexdigest().encode(), content])
