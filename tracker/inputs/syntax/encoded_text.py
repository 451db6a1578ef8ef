"""Policies in a text that is encoded within another text: Base64, hexadecimal digits, percent signs, entities.

What is decoded is looked at for that alone, and is bounded: of one text 16 MB are unpacked, two encodings deep.
"""

import bz2
import html
import lzma
import re
import zlib
from base64 import a85encode, b32decode, b64decode, b85encode
from binascii import Error as EncodingError
from binascii import a2b_uu
from collections.abc import Iterator
from contextlib import suppress
from quopri import decodestring
from urllib.parse import unquote_plus

from tracker.inputs.syntax.policy_text import may_hold_policy

__all__ = ["encoded_policy", "packed_text"]

MAX_UNPACKED = 16 * 1024 * 1024
"""Bytes that are unpacked of one text, all that is packed in it together."""
MAX_DEPTH = 2
"""Encodings within encodings."""
_SHORTEST = 40
"""Characters that any policy has in Base64."""
_MAY_BE_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{40}|%(?:25)*(?:7[Bb]|22)|&(?:#|quot|apos|amp;)|=(?:22|3D)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}(?:(?:\\[nr]|\\?\s)+[A-Za-z0-9+/_-]{4,})*={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{64,}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{80,}")
_EFFECT_IN_HEXADECIMAL = "6666656374"
_PERCENT = re.compile(r"%(?:25)*(?:7[Bb]|22)")
_ENTITY = re.compile(r"&(?:amp;)*(?:#\d|#[xX]|quot|apos|colon|lbrace)")
_QUOTED_PRINTABLE = re.compile(r"=(?:22|7B|3D)")
_MARKED = re.compile("ZmZlY3|ZmZWN0|mZmVjd|dGF0ZW1lbn|RhdGVtZW50|0YXRlbWVud")
"""Base64 of "ffect" and "tatement", wherever they begin."""
_BASE85 = re.compile(
    "|".join(
        re.escape(encode(word[start : start + 4].encode()).decode())
        for word in ("Resource", "Statement")
        for encode in (b85encode, a85encode)
        for start in range(4)
    )
)
"""Base85 and Ascii85 of four letters of a word that any policy has, wherever the word begins."""
_UUENCODED = re.compile(r"^begin [0-7]{3,4} [^\n]*\n((?:[ -`]{2,62}\r?\n)+)", re.MULTILINE)
_WORDS = (b"ffect", b"ction", b"llow", b"esource", b"tatement")
"""Parts of words of a policy, as bytes that may be written one by one."""
_BYTES = re.compile(
    "|".join(
        rf"(?P<{word.decode()}_{form}>{separator.join(f'{each:{form}}' for each in word)})"
        for word in _WORDS
        for form, separator in (("02x", r"\W{0,6}(?:0x)?"), ("d", r"\W{1,6}"))
    ),
    re.IGNORECASE,
)
_WORST = 10
"""Of so many characters one may be broken in a text that is none of another kind."""
_ZLIB = 0x78
"""The first byte of what zlib packs with its usual window."""


class _SpentError(Exception):
    """There is too much to unpack."""


class _Budget:
    """Counts what is unpacked of one text."""

    def __init__(self) -> None:
        self._left = MAX_UNPACKED

    def take(self, stream: "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor", data: bytes) -> bytes:
        """Return what a stream gives."""
        content = stream.decompress(data, self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise _SpentError
        return content


def encoded_policy(text: str) -> str:
    """Return why a text may hold a policy in another encoding, `holds a policy in Base64`; empty where it holds none.

    A text with more in it than is unpacked may hold one.
    """
    if len(text) < _SHORTEST:
        return ""
    if _BASE85.search(text):
        return "holds a policy in Base85"
    if len({found.lastgroup for found in _BYTES.finditer(text)}) > 1:
        return "holds a policy as a list of bytes"
    if not _MAY_BE_ENCODED.search(text) and not _UUENCODED.search(text):
        return ""
    try:
        found = (how for how, plain in _plain_texts(text, _Budget(), MAX_DEPTH) if may_hold_policy(plain))
        how = next(found, "")
    except _SpentError:
        return f"holds more than {MAX_UNPACKED >> 20} MB when it is unpacked"
    return how and f"holds a policy {how}"


def packed_text(data: bytes) -> str:
    """Return the text that bytes without a known beginning give when zlib unpacks them; empty for none.

    Of more than 16 MB it is the beginning.
    """
    stream = zlib.decompressobj(15 if _has_zlib_header(data) else -15)
    try:
        return _text(stream.decompress(data, MAX_UNPACKED))
    except zlib.error:
        return ""


def _plain_texts(text: str, budget: _Budget, depth: int) -> Iterator[tuple[str, str]]:
    """Yield how something in a text is encoded, and what it says; what is encoded in that, too."""
    for how, plain in _decoded(text, budget):
        yield how, plain
        if depth > 1:
            yield from ((how, inner) for _, inner in _plain_texts(plain, budget, depth - 1))


def _decoded(text: str, budget: _Budget) -> Iterator[tuple[str, str]]:
    for found in _UUENCODED.finditer(text):
        yield "in uuencode", _of_uuencode(found[1])
    if _PERCENT.search(text):
        yield "with percent signs", unquote_plus(text)
    if _ENTITY.search(text):
        yield "with entities of XML", html.unescape(text)
    if _QUOTED_PRINTABLE.search(text):
        yield "as quoted-printable", decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    for found in _HEXADECIMAL.finditer(text):
        yield from (("in hexadecimal digits", plain) for plain in _of_hexadecimal(found[0]))
    for found in _BASE32.finditer(text):
        yield "in Base32", _text(_of_base32(found[0]))
    for found in _BASE64.finditer(text):
        data = _of_base64(found[0])
        yield "in Base64", _text(_unpacked(data, budget), anyway=_MARKED.search(found[0]) is not None)


def _of_hexadecimal(digits: str) -> Iterator[str]:
    place = digits.find(_EFFECT_IN_HEXADECIMAL)
    if place >= 0:
        start = place % 2
        yield bytes.fromhex(digits[start : start + (len(digits) - start) // 2 * 2]).decode("utf-8", "replace")


def _of_uuencode(text: str) -> str:
    with suppress(EncodingError):
        return b"".join(map(a2b_uu, text.splitlines())).decode("utf-8", "replace")
    return ""


def _of_base32(text: str) -> bytes:
    with suppress(EncodingError):
        return b32decode(text[: len(text) // 8 * 8])
    return b""


def _of_base64(text: str) -> bytes:
    characters = re.sub(r"\\[nr]|[\\\s=]", "", text)
    with suppress(EncodingError):
        return b64decode(characters[: len(characters) // 4 * 4], altchars=b"-_" if "-" in text or "_" in text else None)
    return b""


def _unpacked(data: bytes, budget: _Budget) -> bytes:
    """Return what a packer packed; the data itself where none did."""
    with suppress(zlib.error, OSError, lzma.LZMAError, EOFError):
        if data.startswith(b"\x1f\x8b"):
            return budget.take(zlib.decompressobj(31), data)
        if data.startswith(b"BZh"):
            return budget.take(bz2.BZ2Decompressor(), data)
        if data.startswith(b"\xfd7zXZ"):
            return budget.take(lzma.LZMADecompressor(), data)
        return budget.take(zlib.decompressobj(15 if _has_zlib_header(data) else -15), data) or data
    return data


def _has_zlib_header(data: bytes) -> bool:
    """Return whether bytes begin as zlib's do (RFC 1950)."""
    return data[:1] == bytes([_ZLIB]) and int.from_bytes(data[:2], "big") % 31 == 0


def _text(data: bytes, *, anyway: bool = False) -> str:
    """Return bytes as a text; empty where they are none, unless it is wanted anyway."""
    if b"\0" in data[:_SHORTEST]:
        return data.decode("utf-16-be" if data.startswith((b"\0", b"\xfe\xff")) else "utf-16-le", "replace")
    plain = data.decode("utf-8", "replace")
    return plain if anyway or plain.count("\ufffd") * _WORST <= len(plain) else ""
