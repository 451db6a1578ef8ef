"""The line at which each value of a JSON text begins."""

import json
import re

from tracker.inputs.syntax.yaml_text import escape_pointer

__all__ = ["json_lines"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\n')


def json_lines(text: str) -> dict[str, int]:
    """Return JSON Pointer -> line (from 1) for each value of a JSON text; a member's line is that of its key.

    The text must have been read as JSON: of any other the answer means nothing.
    """
    index = _Index()
    for found in _TOKEN.finditer(text):
        index.take(found[0])
    return index.lines


class _Index:
    """Where the reading of a text stands."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.line = 1
        self.open: list[tuple[str, bool]] = []
        """Pointer of each value that is not closed yet, and whether it is an object."""
        self.counts: list[int] = []
        """How many members of each are behind."""
        self.key: str | None = None
        """The key whose value comes next."""

    def take(self, mark: str) -> None:
        """Read one mark."""
        if mark == "\n":
            self.line += 1
        elif mark in "}]" and self.open:
            self.open.pop()
            self.counts.pop()
        elif mark == "," and self.open:
            self.counts[-1] += 1
            self.key = None
        elif self._wants_key() and mark[0] == '"':
            self.key = str(json.loads(mark, strict=False))
            self.lines.setdefault(self._pointer(), self.line)
        elif mark != ":":
            self._begin(mark)

    def _wants_key(self) -> bool:
        return bool(self.open) and self.open[-1][1] and self.key is None

    def _begin(self, mark: str) -> None:
        pointer = self._pointer()
        self.lines.setdefault(pointer, self.line)
        if mark in "{[":
            self.open.append((pointer, mark == "{"))
            self.counts.append(0)
            self.key = None

    def _pointer(self) -> str:
        if not self.open:
            return ""
        place, is_object = self.open[-1]
        return f"{place}/{escape_pointer(self.key or '') if is_object else self.counts[-1]}"
