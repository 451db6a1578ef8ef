"""A page as blocks of text and tables, whatever its form was: what the readers make and the rows are made of.

A block is one paragraph, list item, heading or preformatted text. Its `marked` text keeps what is set in code font
between `CODE` and `CODE_END` and what is linked between `LINK` and `LINK_END`: control characters no page can hold,
since `decode` drops all of them.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from tracker.errors import PageError

__all__ = [
    "CODE",
    "CODE_END",
    "LINK",
    "LINK_END",
    "MAX_BLOCKS",
    "MAX_PAGE_BYTES",
    "MAX_ROWS",
    "MAX_SPAN",
    "BlockKind",
    "CellSpans",
    "Layout",
    "Table",
    "TextBlock",
    "decode",
    "plain",
    "without_controls",
]

MAX_PAGE_BYTES = 5 * 1024 * 1024
MAX_ROWS = 3_000
"""Rows of a page; that of AWS Backup, a long one, has some 150."""
CODE, CODE_END, LINK, LINK_END = "\x02", "\x03", "\x0e", "\x0f"
MAX_BLOCKS = 250_000
MAX_SPAN = 50
"""Columns that a cell may reach over, and that cells from the rows above count in."""
# Soft hyphens and characters without width break names and actions for those who read them, and nobody sees them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b-\u200d\u2060\ufeff]")


class BlockKind(StrEnum):
    """What a block of text is on its page."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    PREFORMATTED = "preformatted"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One paragraph, list item, heading or preformatted text."""

    kind: BlockKind
    """What it is."""
    marked: str
    """Its text with the marks of code and links; blanks are folded unless it is preformatted."""

    text: str = field(init=False, compare=False, repr=False)
    """The text without marks, made once: it is looked at many times."""

    def __post_init__(self) -> None:
        """Make the text."""
        object.__setattr__(self, "text", plain(self.marked))


@dataclass(slots=True)
class Table:
    """A table as it stands: rows of cells of blocks, the header row among them."""

    rows: list[list[list[TextBlock]]] = field(default_factory=list)
    """Rows, cells, blocks."""
    closed: bool = False
    """False while, or where, the page ends inside the table."""


@dataclass(slots=True)
class Layout:
    """A whole page: every block in order, and the tables."""

    title: str = ""
    """What the page calls itself."""
    language: str = ""
    """The language the page declares, without region (`ko`); empty when it declares none."""
    blocks: list[TextBlock] = field(default_factory=list)
    """All blocks in the order of the page, those of tables included."""
    tables: list[Table] = field(default_factory=list)
    """All tables in the order in which they begin."""


class CellSpans:
    """Cells that reach over several columns or into the rows below: each row they reach into has them, too."""

    def __init__(self) -> None:
        """Begin a table."""
        self._below: dict[int, tuple[int, list[TextBlock]]] = {}

    def complete(self, row: list[list[TextBlock]]) -> None:
        """Add to a row the cells from above that come next in it."""
        while below := self._below.pop(len(row), None):
            rows, cell = below
            if rows > 1:
                self._below[len(row)] = rows - 1, cell
            row.append(cell)

    def add(self, row: list[list[TextBlock]], cell: list[TextBlock], *, columns: int = 1, rows: int = 1) -> None:
        """Add a cell to a row, behind those from above.

        Args:
            row: it is added to.
            cell: it may be filled later.
            columns: over how many columns it reaches.
            rows: over how many rows.
        """
        self.complete(row)
        for _ in range(min(columns, MAX_SPAN)):
            if rows > 1 and len(row) < MAX_SPAN:
                self._below[len(row)] = rows - 1, cell
            row.append(cell)


def plain(marked: str) -> str:
    """Return a text without its marks."""
    return marked.replace(CODE, "").replace(CODE_END, "").replace(LINK, "").replace(LINK_END, "")


def decode(data: bytes | str, name: str) -> str:
    """Return a page or feed as text without control characters, its lines ended by line feeds alone.

    Raises:
        PageError: it is larger than five megabytes, or no UTF-8 (or marked UTF-16).
    """
    if len(data) > MAX_PAGE_BYTES:
        raise PageError(f"larger than {MAX_PAGE_BYTES} bytes", where=name)
    if isinstance(data, bytes):
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            data = data.decode(encoding)
        except UnicodeDecodeError as error:
            raise PageError(f"not {encoding}", where=f"{name}: byte {error.start}", hint="save it as UTF-8") from error
    text = data.encode("utf-8", "replace").decode()
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def without_controls(text: str) -> str:
    """Return a text without control characters and without those that have no width."""
    return _CONTROLS.sub("", text)
