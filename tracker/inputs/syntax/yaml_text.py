"""YAML as texts, lists and mappings, built from the events of PyYAML's parser.

Nothing is made of a tag, and what aliases stand for is counted: 300 KB with 100,000 aliases of one statement would
take four gigabytes when they are followed one by one.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.policy.symbols import BEGIN, END

__all__ = ["MAX_YAML_BYTES", "MAX_YAML_DEPTH", "MAX_YAML_VALUES", "Tagged", "escape_pointer", "yaml_documents"]

MAX_YAML_BYTES = 4 * 1024 * 1024
"""Characters of YAML that are read of one file: it takes a hundred times as long as JSON."""
MAX_YAML_VALUES = 200_000
"""Values that one file may stand for, aliases counted as often as they are used."""
MAX_YAML_DEPTH = 100
"""How deep lists and mappings may be nested."""
_KNOWN_TAGS = tuple(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
)
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class Tagged(Struct, frozen=True):
    """A value with a tag of its own, such as CloudFormation's short form `!Ref Bucket`."""

    tag: str
    """The tag without its exclamation mark: `Ref`."""
    value: Any
    """What it stands before: a text, a list or a mapping."""


def escape_pointer(key: str) -> str:
    """Return a key as a part of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def yaml_documents(text: str) -> list[tuple[Any, dict[str, int]]]:
    """Return each document of a text with its lines: JSON Pointer -> line, from 1. Empty documents are left out.

    Raises:
        DocumentError: the text is no YAML, or more than is read.
    """
    return [found for found in _YamlReader(text).documents() if found[0] is not None]


class _YamlReader:
    """Builds values from the events of PyYAML's parser, counting what aliases stand for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.events: Iterator[Any] = iter(())
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.lines: dict[str, int] = {}
        self.size = 0

    def documents(self) -> Iterator[tuple[Any, dict[str, int]]]:
        """Yield each document of the text with its lines: JSON Pointer → line.

        Raises:
            DocumentError: the text is no YAML, or more than is read.
        """
        import yaml

        if len(self.text) > MAX_YAML_BYTES:
            raise DocumentError(f"too large: {len(self.text)} characters of YAML, at most {MAX_YAML_BYTES} are read")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            self.events = iter(yaml.parse(self.text, Loader=loader))
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self.anchors, self.lines = {}, {}
                    value = self._value(next(self.events), "", 0)[0]
                    yield value, self.lines
        except yaml.YAMLError as error:
            mark: Any = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1} column {mark.column + 1}" if mark else ""
            raise DocumentError(f"not YAML: {getattr(error, 'problem', None) or 'unreadable'}", where=where) from error
        except (RecursionError, ValueError) as error:
            raise DocumentError("not YAML: unreadable") from error

    def _value(self, event: Any, pointer: str, depth: int) -> tuple[Any, int]:
        """Return the value that begins with an event, and for how many values it stands."""
        import yaml

        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self.lines.setdefault(pointer, event.start_mark.line + 1)
        if depth > MAX_YAML_DEPTH:
            raise DocumentError("nested too deep", where=f"line {event.start_mark.line + 1}")
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value, size = _scalar(event), 1
        elif isinstance(event, yaml.SequenceStartEvent):
            value, size = self._sequence(pointer, depth)
        else:
            value, size = self._mapping(pointer, depth)
        self._count(1)
        if event.tag and event.tag != "!" and not event.tag.startswith(_KNOWN_TAGS):
            value = Tagged(event.tag.removeprefix("!"), value)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, size)
        return value, size

    def _alias(self, event: Any) -> tuple[Any, int]:
        where = f"line {event.start_mark.line + 1}"
        if event.anchor not in self.anchors:
            raise DocumentError(f"not YAML: no anchor {event.anchor!r} before its alias", where=where)
        value, size = self.anchors[event.anchor]
        self._count(size)
        return value, size

    def _count(self, values: int) -> None:
        self.size += values
        if self.size > MAX_YAML_VALUES:
            raise DocumentError(f"its aliases stand for more than {MAX_YAML_VALUES} values")

    def _sequence(self, pointer: str, depth: int) -> tuple[list[Any], int]:
        import yaml

        items: list[Any] = []
        size = 1
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            value, more = self._value(event, f"{pointer}/{len(items)}", depth + 1)
            items.append(value)
            size += more
        return items, size

    def _mapping(self, pointer: str, depth: int) -> tuple[dict[str, Any], int]:
        import yaml

        found: dict[str, Any] = {}
        merged: list[Any] = []
        size = 1
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise DocumentError("a key is no text", where=f"line {line}")
            key = str(event.value)
            inner = f"{pointer}/{escape_pointer(key)}"
            self.lines.setdefault(inner, line)
            value, more = self._value(next(self.events), inner, depth + 1)
            size += more
            if key == "<<" and not event.style:
                merged.append((value, line))
            elif key in found:
                raise DocumentError(f"key {key!r} stands twice in one mapping", where=f"line {line}")
            else:
                found[key] = value
        for value, line in merged:
            found = {**_merged(value, line), **found}
        return found, size


def _merged(value: Any, line: int) -> dict[str, Any]:
    """Return what a merge key brings: a mapping, or several of which the first one counts."""
    found: dict[str, Any] = {}
    for each in reversed(value) if isinstance(value, list) else (value,):
        if not isinstance(each, dict):
            raise DocumentError("a merge key takes mappings", where=f"line {line}")
        found |= each
    return found


def _scalar(event: Any) -> str | None:
    text = str(event.value)
    if BEGIN in text or END in text:
        raise DocumentError("holds a private-use character (U+E000 or U+E001)")
    is_plain = not event.style and event.tag in (None, "tag:yaml.org,2002:null")
    return None if is_plain and text in _NULLS else text
