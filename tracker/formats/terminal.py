"""Rows on a terminal: wrapped to its width, in colours unless they are not wanted."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from tracker.policy.history import Skipped
from tracker.text.rows import ListItem, Row
from tracker.text.words import plain

__all__ = ["print_rows"]


def print_rows(rows: Iterable[Row], skipped: Sequence[Skipped], *, color: bool) -> None:
    """Print rows, in their order, and what could not be read."""
    console = Console(no_color=not color, highlight=False, soft_wrap=False)
    for row in rows:
        _print_row(console, row)
    for item in skipped:
        console.print(Text(f"skipped {item.where}: {item.reason}", style="yellow"))


def _print_row(console: Console, row: Row) -> None:
    console.print(Text.assemble((row.day, "bold cyan"), "  ", (plain(row.headline), "bold")))
    for block in row.blocks:
        console.print(_indented(plain(block.lead), 4))
        for item in block.items:
            console.print(_item(item, "•"))
        for item in block.details:
            console.print(_item(item, "-"))
    if row.note:
        console.print(_indented(plain(row.note), 4, "dim"))
    console.print()


def _item(item: ListItem, bullet: str) -> Text:
    text = _indented(f"{bullet} {plain(item.text)}", 6)
    return text.append(f" ({plain(item.note)})", style="green") if item.note else text


def _indented(text: str, by: int, style: str = "") -> Text:
    return Text(" " * by + text, style=style)
