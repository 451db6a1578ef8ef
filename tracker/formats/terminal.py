"""Text for a person: wrapped to a terminal's width and in colours, or lines of any length in a pipe.

A word is never broken, so that an ARN can be found and copied. A line that is continued keeps its indent.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from msgspec import Struct
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tracker.policy.history import Skipped
from tracker.text.rows import ListItem, Row
from tracker.text.words import plain

__all__ = ["PIPE", "Screen", "rows_to_text", "text_on_screen", "wrapped"]

_BULLETS = ("• ", "* ", "- ", "+ ")
_WORD = re.compile(r"\S+\s*|\s+")
_SHORTEST = 20
"""Characters that stay for the text of a line, however narrow the terminal is."""


class Screen(Struct, frozen=True):
    """What the reader's end of the output can show."""

    width: int | None = None
    """Characters of a line; None for lines of any length."""
    color: bool = False
    """Whether it shows colours."""


PIPE = Screen()
"""A pipe or a file: no colours, and no line is wrapped."""


def text_on_screen(lines: Iterable[Text], screen: Screen) -> str:
    """Return lines as a screen shows them; a leading indent and bullet are kept for the parts of a wrapped line."""
    written = StringIO()
    console = Console(
        file=written,
        force_terminal=screen.color,
        color_system="standard" if screen.color else None,
        no_color=not screen.color,
        highlight=False,
        emoji=False,
        width=screen.width or 80,
        legacy_windows=False,
    )
    for line in lines:
        for part in _parts(line, screen.width):
            console.print(part, soft_wrap=True)
    return written.getvalue()


def wrapped(text: str, screen: Screen) -> str:
    """Return a plain text with its lines wrapped to the width of a screen."""
    return text if screen.width is None else text_on_screen(map(Text, text.splitlines()), screen)


def _parts(line: Text, width: int | None) -> Iterator[Text]:
    """Yield the parts of a line, each with the line's indent."""
    if width is None or line.cell_len <= width:
        yield line
        return
    shown = line.plain
    indent = len(shown) - len(shown.lstrip(" "))
    hanging = indent + (2 if shown[indent:].startswith(_BULLETS) else 0)
    first, rest = line[:hanging], line[hanging:]
    space = max(width - hanging, _SHORTEST)
    for number, part in enumerate(rest.divide(_line_ends(rest.plain, space))):
        part.rstrip()
        yield (Text(" " * hanging) if number else first) + part


def _line_ends(text: str, width: int) -> list[int]:
    """Return where a text is divided into lines of at most a width, each of whole words and of one at least."""
    ends, used = [], 0
    for word in _WORD.finditer(text):
        if used and used + cell_len(word[0].rstrip()) > width:
            ends.append(word.start())
            used = 0
        used += cell_len(word[0])
    return ends


def rows_to_text(rows: Iterable[Row], skipped: Sequence[Skipped], screen: Screen, notes: Sequence[str] = ()) -> str:
    """Return rows, in their order, what could not be read, and notes about the whole, as a screen shows them."""
    lines = [line for row in rows for line in _row_lines(row)]
    lines += [Text(f"skipped {item.where}: {item.reason}", "yellow") for item in skipped]
    lines += map(Text, notes)
    return text_on_screen(lines, screen)


def _row_lines(row: Row) -> Iterator[Text]:
    yield Text.assemble((row.day, "bold cyan"), "  ", (plain(row.headline), "bold"))
    for block in row.blocks:
        yield Text(f"    {plain(block.lead)}")
        for item in block.short_items:
            yield _item(item, "•")
        for item in block.details:
            yield _item(item, "-")
    if row.note:
        yield Text(f"    {plain(row.note)}", "dim")
    yield Text()


def _item(item: ListItem, bullet: str) -> Text:
    text = Text(f"      {bullet} {plain(item.text)}")
    return text.append(plain(item.line.removeprefix(item.text)), style="green")
