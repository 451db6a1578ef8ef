"""Archives and compressed files: whether something in them may hold a policy.

They are looked into for that alone: what a policy in them says is not evaluated. Nothing is unpacked to the disk, and
what is unpacked is bounded.
"""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.model import digest_of
from tracker.inputs.syntax.encoded_text import encoded_policy
from tracker.inputs.syntax.encodings import hides_policy
from tracker.inputs.syntax.policy_text import is_source_or_prose, may_hold_policy

__all__ = ["compressed_policies", "is_compressed"]

MAX_BYTES = 64 * 1024 * 1024
"""Bytes that are unpacked of one file, all in it together."""
MAX_MEMBERS = 20_000
MAX_DEPTH = 4
"""Archives within archives."""
_ZIP, _GZIP, _BZIP2, _XZ = b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_OTHERS = (
    *(b"7z\xbc\xaf\x27\x1c", b"(\xb5/\xfd", b"Rar!\x1a\x07", b"\x1f\x9d", b"\x04\x22M\x18", b"MSCF\0\0"),
    *(b"\xed\xab\xee\xdb", b"!<arch>\ndebian-binary", b"]\0\0"),
)
"""7-Zip, Zstandard, RAR, compress, LZ4, cabinets, packages of RPM and Debian, and LZMA of old: not read here."""
_TAR = slice(257, 262)
_UNREADABLE = (
    *(OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
    RuntimeError,  # zipfile: an unknown way to compress, or an encrypted member
)
_ZIP_END = 64 * 1024
"""Bytes at the end of a file in which a ZIP archive says that it is one, whatever stands before it."""


def is_compressed(data: bytes) -> bool:
    """Return whether a file is an archive or compressed, by its first bytes."""
    begins = data.startswith((_ZIP, _GZIP, _BZIP2, _XZ, *_OTHERS)) or data[_TAR] == b"ustar"
    return begins or (b"PK\x05\x06" in data[-_ZIP_END:] and zipfile.is_zipfile(io.BytesIO(data)))


def compressed_policies(data: bytes) -> tuple[dict[str, str], bool]:
    """Return what may hold a policy in an archive or a compressed file: name within it -> hash of its content.

    Beside it: whether a program or a text for people within it mentions a policy, which counts as little as one that
    is in no archive.

    Raises:
        DocumentError: it can't be read, or there is too much in it.
    """
    try:
        members = [(name, content) for name, content in _Unpacker().members("", data, 0) if _may_hold(content)]
        found = {name: digest_of(content) for name, content in members if not is_source_or_prose(f"x/{name}")}
        return found, len(found) < len(members)
    except _UNREADABLE as error:
        raise DocumentError(f"an archive that can't be read: {error}") from error


def _may_hold(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    return may_hold_policy(text) or bool(encoded_policy(text)) or hides_policy(content)


class _Unpacker:
    """Gives the members of one file, and counts what it unpacks."""

    def __init__(self) -> None:
        self._left = MAX_BYTES
        self._members = 0

    def members(self, name: str, data: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of all that is in a file and is no archive itself."""
        self._members += 1
        if depth > MAX_DEPTH or self._members > MAX_MEMBERS:
            raise DocumentError("an archive with too much in it")
        if data.startswith(_OTHERS):
            raise DocumentError("an archive of a kind that can't be read here")
        if data.startswith(_ZIP) or (name == "" and depth == 0 and zipfile.is_zipfile(io.BytesIO(data))):
            inner = self._zip(data)
        elif data[_TAR] == b"ustar":
            inner = self._tar(data)
        elif data.startswith((_GZIP, _BZIP2, _XZ)):
            inner = iter([("", self._stream(data))])
        else:
            yield name, data
            return
        for member, content in inner:
            yield from self.members("/".join(filter(None, (name, member))), content, depth + 1)

    def _zip(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            comments = b"\n".join([archive.comment, *(one.comment for one in archive.infolist())]).strip()
            if comments:
                yield "comments", self._bounded(comments)
            for one in archive.infolist():
                if one.flag_bits & 1:
                    raise DocumentError("an archive with a password")
                with archive.open(one) as file:
                    yield one.filename, self._bounded(file.read(self._left + 1))

    def _tar(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for one in archive:
                file = archive.extractfile(one) if one.isfile() else None
                if file is not None:
                    yield one.name, self._bounded(file.read(self._left + 1))

    def _stream(self, data: bytes) -> bytes:
        """Return what is packed, in one stream or in several that follow each other."""
        found: list[bytes] = []
        while data.startswith((_GZIP, _BZIP2, _XZ)):
            stream = _decompressor(data)
            found.append(self._bounded(stream.decompress(data, self._left + 1)))
            if not stream.eof:
                raise DocumentError("an archive that is cut off")
            data = stream.unused_data
        return b"".join(found)

    def _bounded(self, content: bytes) -> bytes:
        self._left -= len(content)
        if self._left < 0:
            raise DocumentError(f"an archive with more than {MAX_BYTES >> 20} MB in it")
        return content


def _decompressor(data: bytes) -> Any:
    if data.startswith(_GZIP):
        return zlib.decompressobj(31)
    return bz2.BZ2Decompressor() if data.startswith(_BZIP2) else lzma.LZMADecompressor()
