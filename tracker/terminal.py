"""What a person reads on a terminal: the history of one policy."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from tracker.archive import archive_on_disk
from tracker.catalogue import load_catalogue
from tracker.configuration import Configuration
from tracker.pipeline import Selection, tell_archive
from tracker.rows import Item, Row, Teller
from tracker.words import load_words, plain, template_folders

__all__ = ["show_log"]


def show_log(snapshots: Path, configuration: Configuration, policy: str, language: str | None, color: bool) -> None:
    """Print what happened to a policy, newest first, wrapped to the terminal's width.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy, or there is no such language.
    """
    words = load_words(language or configuration.languages[0], template_folders())
    teller = Teller(words, load_catalogue(), configuration.time_zone)
    told = tell_archive(archive_on_disk(snapshots), configuration, Selection(policy=policy))
    console = Console(no_color=not color, highlight=False, soft_wrap=False)
    for entry in told.entries:
        _print_row(console, teller.row(entry))
    for item in told.skipped:
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


def _item(item: Item, bullet: str) -> Text:
    text = _indented(f"{bullet} {plain(item.text)}", 6)
    return text.append(f" ({plain(item.note)})", style="green") if item.note else text


def _indented(text: str, by: int, style: str = "") -> Text:
    return Text(" " * by + text, style=style)
