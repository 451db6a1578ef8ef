"""What a person reads on a terminal: the history of one policy, the rules, what a wildcard stands for."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tracker.archive.packed import open_archive
from tracker.catalogue.catalogue import expansion_rows, load_catalogue
from tracker.changelog.builder import Selection, build_archive_changelog
from tracker.risk.rules import LINKS, RULES
from tracker.settings.configuration import Configuration
from tracker.text.rows import ListItem, Row, RowBuilder
from tracker.text.words import load_words, plain, printable, template_folders

__all__ = ["expansion_table", "rules_table", "show_log"]


def show_log(snapshots: Path, configuration: Configuration, policy: str, language: str | None, color: bool) -> None:
    """Print what happened to a policy, newest first, wrapped to the terminal's width.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy, or there is no such language.
    """
    words = load_words(language or configuration.languages[0], template_folders())
    row_builder = RowBuilder(words, load_catalogue(), configuration.time_zone)
    told = build_archive_changelog(open_archive(snapshots), configuration, Selection(policy=policy))
    console = Console(no_color=not color, highlight=False, soft_wrap=False)
    for entry in told.entries:
        _print_row(console, row_builder.row(entry))
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


def _item(item: ListItem, bullet: str) -> Text:
    text = _indented(f"{bullet} {plain(item.text)}", 6)
    return text.append(f" ({plain(item.note)})", style="green") if item.note else text


def _indented(text: str, by: int, style: str = "") -> Text:
    return Text(" " * by + text, style=style)


def rules_table(configuration: Configuration, language: str | None, format_name: str) -> str:
    """Return the rules with the levels that are in force, as text or JSON.

    Raises:
        UsageError: there is no such language.
    """
    words = load_words(language or configuration.languages[0], template_folders())
    levels = {rule.id: configuration.rules.get(rule.id, rule.level) for rule in RULES}
    if format_name == "json":
        told = [
            {
                "id": rule.id,
                "level": levels[rule.id] or "off",
                "about": words(f"rule.{rule.id}.about"),
                "link": LINKS.get(rule.id),
                "needs_archive": rule.needs_archive,
            }
            for rule in RULES
        ]
        return f"{json.dumps(told, ensure_ascii=False, indent=2)}\n"
    archive = words("rules.archive")
    return _table(
        [
            (rule.id, levels[rule.id] or "off", words(f"rule.{rule.id}.about"), archive if rule.needs_archive else "")
            for rule in RULES
        ]
    )


def expansion_table(configuration: Configuration, pattern: str, language: str | None, format_name: str) -> str:
    """Return the actions that a pattern stands for, as text or JSON, with the day of the data.

    Raises:
        UsageError: there is no such language.
    """
    words = load_words(language or configuration.languages[0], template_folders())
    catalogue = load_catalogue()
    rows = expansion_rows(catalogue, pattern)
    if format_name == "json":
        actions = [
            {
                "action": row.action,
                "state": row.state,
                "access_level": row.access_level,
                "description": row.description,
                "last_listed": row.last_listed,
            }
            for row in rows
        ]
        told = {"pattern": pattern, "as_of": catalogue.dated.isoformat(), "actions": actions}
        return f"{json.dumps(told, ensure_ascii=False, indent=2)}\n"
    table = _table(
        [
            (
                printable(row.action),
                words(f"level.{row.access_level.name.lower()}") if row.access_level else "-",
                words("expand.state.retired.last", month=row.last_listed)
                if row.last_listed
                else words(f"expand.state.{row.state}"),
                row.description,
            )
            for row in rows
        ]
    )
    known = len(catalogue.expand(pattern))
    return f"{table}{words('expand.dated', count=known, date=catalogue.dated.isoformat())}\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return columns in line; the last one that says something ends where it ends."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)
