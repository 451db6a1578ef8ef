"""Bytes of a file to one value, with the line of each part of it.

JSON and YAML are recognised by content, never by the file's name. YAML becomes texts, lists and mappings: plain
scalars stay as they are written (`012345670123` is an account, no octal number; `2012-10-17` is no date), only `null`
is None. Its tags are kept as `Tagged`, never followed. Anchors and merge keys (`<<`) are.
"""

import codecs
import json
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.syntax.json_lines import json_lines
from tracker.inputs.syntax.yaml_text import Tagged, escape_pointer, yaml_documents
from tracker.policy.json_text import load_json
from tracker.policy.symbols import BEGIN, END

__all__ = [
    "MAX_FILE_BYTES",
    "ParsedFile",
    "Tagged",
    "decode_text",
    "escape_pointer",
    "load_inner_json",
    "parse_file",
    "parse_text",
    "pointer_parts",
    "unquoted",
]

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Bytes of JSON that are read of one file: plans and account dumps are large."""
MAX_LINED_BYTES = 8 * 1024 * 1024
"""Bytes of a file whose findings get line numbers; larger ones are written by programs, mostly in one line."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the one of UTF-32 begins with that of UTF-16."""


_ZEROS = {
    (True, True, True, False): "utf-32-be",
    (False, True, True, True): "utf-32-le",
    (True, False): "utf-16-be",
    (False, True): "utf-16-le",
}


class ParsedFile(Struct, frozen=True, dict=True):
    """A file's value, and where its parts stand."""

    path: str
    """The file's path."""
    value: Any
    """What it holds. Several YAML documents in one file are a list of them."""
    text: str
    """The file's text."""
    is_stream: bool = False
    """True where the file has several YAML documents."""
    is_yaml: bool = False
    """True where it was read as YAML (JSON with comments is)."""
    yaml_lines: Mapping[str, int] = {}
    """JSON Pointer -> line, for what was read as YAML."""

    def line_of(self, pointer: str) -> int | None:
        """Return the line (from 1) at which the value at a JSON Pointer begins, or the nearest one around it.

        None where that is not known: the file is too large, or the text is not the file's own.
        """
        place = pointer
        while place not in self._lines:
            if not place:
                return None
            place = place.rpartition("/")[0]
        return self._lines[place]

    @property
    def has_lines(self) -> bool:
        """Whether lines are known: not of a file that is too large for that."""
        return bool(self._lines)

    @cached_property
    def _lines(self) -> dict[str, int]:
        if self.is_yaml:
            return dict(self.yaml_lines)
        if len(self.text) > MAX_LINED_BYTES:
            return {}
        try:
            return json_lines(self.text)
        except (DocumentError, ValueError):
            return {}


def pointer_parts(pointer: str) -> list[str]:
    """Return the keys of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def decode_text(data: bytes) -> str:
    """Return a file's text: UTF-8, or what its byte order mark names.

    Raises:
        DocumentError: it is no text, or holds the characters that symbols are made with.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _encoding_of(data[:4])
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(f"not {encoding.removesuffix('-sig').upper()} (byte {error.start})") from error
    if BEGIN in text or END in text:
        raise DocumentError("holds a private-use character (U+E000 or U+E001)")
    return text


def _encoding_of(start: bytes) -> str:
    """Return the encoding of a JSON text without a byte order mark by where its zero bytes stand (RFC 4627)."""
    zeros = tuple(byte == 0 for byte in start)
    return _ZEROS.get(zeros) or _ZEROS.get(zeros[:2], "utf-8")


@lru_cache(maxsize=1)
def parse_file(path: str, data: bytes) -> ParsedFile:
    """Read a file as JSON or YAML. The last one is kept: a plan is asked what it is before it is read.

    Raises:
        DocumentError: it is neither, it is too large or nested too deep, a key stands twice, or its aliases stand for
            too much.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DocumentError(f"too large: {len(data)} bytes, at most {MAX_FILE_BYTES} are read")
    return parse_text(path, decode_text(data))


def parse_text(path: str, text: str) -> ParsedFile:
    """Do what `parse_file` does with a text: JSON, JSON with comments, or YAML."""
    start = text.lstrip()
    if start.startswith(("//", "/*")):
        return _parsed_yaml(path, _without_comments(text))
    if not start.startswith(("{", "[")):
        return _parsed_yaml(path, text)
    try:
        value = load_json(text, largest=MAX_FILE_BYTES)
        _refuse_symbols(text, value)
        return ParsedFile(path, value, text)
    except DocumentError as error:
        if error.what == "nested too deep" or "stands twice" in error.what or "half a character" in error.what:
            raise
        try:
            return _parsed_yaml(path, _without_comments(text))
        except DocumentError:
            raise error from None


def load_inner_json(text: str) -> Any:
    """Read JSON that stands in a text of a file. Symbols may stand in it; one that is written as an escape is refused.

    Raises:
        DocumentError: it is no JSON.
    """
    value = load_json(text, largest=MAX_FILE_BYTES)
    if _ESCAPED_SYMBOL.search(text):
        raise DocumentError("holds a private-use character (U+E000 or U+E001)")
    return value


def unquoted(text: str) -> str:
    """Return a text without its URL encoding; one that brings a symbol is refused.

    Raises:
        DocumentError: it does.
    """
    plain = unquote(text)
    if plain.count(BEGIN) != text.count(BEGIN) or plain.count(END) != text.count(END):
        raise DocumentError("holds a private-use character (U+E000 or U+E001)")
    return plain


_ESCAPED_SYMBOL = re.compile(r"\\u[eE]00[01]")


def _refuse_symbols(text: str, value: Any) -> None:
    """Refuse a symbol that is written as an escape."""
    if _ESCAPED_SYMBOL.search(text) and re.search(f"[{BEGIN}{END}]", json.dumps(value, ensure_ascii=False)):
        raise DocumentError("holds a private-use character (U+E000 or U+E001)")


_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|(?P<comment>//[^\n]*|/\*.*?\*/)', re.DOTALL)


def _without_comments(text: str) -> str:
    """Return JSONC and JSON5 without their comments, each line where it was."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]) if found["comment"] else found[0], text)


def _parsed_yaml(path: str, text: str) -> ParsedFile:
    read = yaml_documents(text)
    several = len(read) > 1
    lines: dict[str, int] = {}
    for number, (_, found) in enumerate(read):
        prefix = f"/{number}" if several else ""
        lines |= {f"{prefix}{pointer}": line for pointer, line in found.items()} if several else found
    value = [value for value, _ in read] if several else read[0][0] if read else None
    return ParsedFile(path, value, text, is_stream=several, is_yaml=True, yaml_lines=lines)
