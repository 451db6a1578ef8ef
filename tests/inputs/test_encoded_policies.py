"""Policies in texts that are encoded in another text or packed: what is seen through, and what that may cost."""

import base64
import bz2
import gzip
import html
import json
import lzma
import quopri
import zlib
from binascii import b2a_uu
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from reviewing import allow, compared, document, rules_of

from tracker.inputs.syntax import encoded_text
from tracker.inputs.syntax.encoded_text import encoded_policy
from tracker.review.model import fails

OLD, NEW = (json.dumps(document(allow(action))) for action in ("s3:GetObject", "s3:*"))


def deflated(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


ENCODED: dict[str, Callable[[str], str]] = {
    "hexadecimal digits": lambda text: text.encode().hex(),
    "hexadecimal digits of each byte": lambda text: f"p: '{text.encode().hex(':')}'\n",
    "hexadecimal digits in two columns": lambda text: "".join(
        f"{start:08x}: {text.encode()[start : start + 16].hex(' ', 2)}  {text[start : start + 16]}\n"
        for start in range(0, len(text), 16)
    ),
    "a list of bytes": lambda text: json.dumps(list(text.encode())),
    "Base85": lambda text: json.dumps({"p": base64.b85encode(text.encode()).decode()}),
    "Ascii85": lambda text: f"<~{base64.a85encode(text.encode()).decode()}~>\n",
    "uuencode": lambda text: (
        "begin 644 p.json\n"
        + "".join(b2a_uu(text.encode()[at : at + 45]).decode() for at in range(0, len(text), 45))
        + "`\nend\n"
    ),
    "hexadecimal digits after another": lambda text: f'{{"p": "0x7{text.encode().hex().upper()}"}}',
    "percent signs in XML": lambda text: f"<R><AssumeRolePolicyDocument>{quote(text)}</AssumeRolePolicyDocument></R>",
    "percent signs in an address": lambda text: json.dumps({"url": f"https://x/?Policy={quote_plus(text)}"}),
    "percent signs twice": lambda text: json.dumps({"url": quote(quote(text))}),
    "percent signs in a line": lambda text: f"doc={quote(text)}\n",
    "entities with numbers": lambda text: f"<p>{text.replace(chr(34), '&#x22;').replace('{', '&#123;')}</p>",
    "entities alone": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "entities with names": lambda text: f"<p>{text.replace(chr(34), '&apos;')}</p>",
    "entities of entities": lambda text: html.escape(html.escape(text)),
    "quoted-printable": lambda text: quopri.encodestring(text.replace('"', "=22").encode()).decode(),
    "Base64 of zlib": lambda text: f"p: {b64(zlib.compress(text.encode()))}\n",
    "Base64 of deflate": lambda text: f"p: {b64(deflated(text.encode()))}\n",
    "Base64 of bzip2": lambda text: f"p: {b64(bz2.compress(text.encode()))}\n",
    "Base64 of xz": lambda text: f"p: {b64(lzma.compress(text.encode()))}\n",
    "Base64 of Base64": lambda text: f"p: {b64(b64(text.encode()).encode())}\n",
    "Base64 of UTF-16": lambda text: f"p: {b64(text.encode('utf-16-le'))}\n",
    "Base64 of gzip of Base64": lambda text: f"p: {b64(gzip.compress(b64(text.encode()).encode()))}\n",
    "Base32": lambda text: f"p: {base64.b32encode(text.encode()).decode()}\n",
}


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED.keys())
def test_a_policy_that_is_encoded_never_passes(encode: Callable[[str], str], tmp_path: Path) -> None:
    found = compared(tmp_path, {"file": encode(OLD)}, {"file": encode(NEW)})
    assert rules_of(found) <= {"not-looked-at", "document-unreadable"}
    assert fails(found.review, "broadens")
    assert not compared(tmp_path / "2", {"file": encode(NEW)}, {"file": encode(NEW)}).review.policies


@pytest.mark.parametrize("pack", [zlib.compress, deflated, lambda data: zlib.compress(data, 0)])
def test_a_file_that_zlib_packed_never_passes(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert fails(compared(tmp_path, {"f": pack(OLD.encode())}, {"f": pack(NEW.encode())}).review, "broadens")
    assert not compared(tmp_path / "2", {"f": pack(b"a" * 99)}, {"f": pack(b"b" * 99)}).review.policies


def test_a_program_is_not_looked_through_for_what_is_encoded(tmp_path: Path) -> None:
    assert not rules_of(compared(tmp_path, {}, {"a.js": f"x = '{NEW.encode().hex()}'"}))


@pytest.mark.parametrize(
    "text", ["integrity: sha512-" + b64(bytes(range(64))), "6666656374" * 20, "&quot;" * 20, "a=22"]
)
def test_what_is_encoded_and_no_policy_is_left_alone(text: str) -> None:
    assert encoded_policy(text) == ""


def test_more_than_is_unpacked_may_hold_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_text, "MAX_UNPACKED", 1 << 20)
    one = b64(gzip.compress(bytes(700_000)))
    assert encoded_policy(one) == ""
    assert encoded_policy(f"{one}\n\n{one}") == "holds more than 1 MB when it is unpacked"
