"""What all commands share: where the archive is, messages to a person, and how output is written."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import click

from tracker.cli.streams import is_terminal, page, screen_of_stdout, write

if TYPE_CHECKING:
    from tracker.archive.store import Archive
    from tracker.base.progress import Progress
    from tracker.formats.terminal import Screen
    from tracker.settings.configuration import Configuration

__all__ = ["USUAL_FOLDER", "CommandContext"]

USUAL_FOLDER = Path("snapshots")
"""The archive's folder, unless another is named."""
_BETWEEN_DRAWINGS = 0.1
"""Seconds between two pictures of a progress bar."""


class CommandContext(NamedTuple):
    """What all commands share: the values of the options that each of them takes."""

    snapshots: Path = USUAL_FOLDER
    config: Path | None = None
    language: str | None = None
    quiet: bool = False
    no_color: bool = False
    no_pager: bool = False

    @property
    def readable(self) -> Path:
        """Where the archive is read: its folder, or the installed package where the usual folder is not there."""
        from tracker.archive.packed import installed_archive

        if self.snapshots != USUAL_FOLDER or self.snapshots.exists():
            return self.snapshots
        return installed_archive() or self.snapshots

    def open_archive(self) -> "Archive":
        """Open the archive that is read, and say so where it is not the usual folder but the installed package."""
        from tracker.archive.packed import open_archive

        place = self.readable
        archive = open_archive(place)
        if place != self.snapshots:
            last = archive.last_observed(None)
            day = f", of {last:%Y-%m-%d}" if last else ""
            self.say(f"no folder {self.snapshots} here: the package policy-tracker-archive is read{day}")
        return archive

    def configuration(self) -> "Configuration":
        """Read the configuration: the file named, or the one in this folder, or the one beside the archive."""
        from tracker.settings.configuration import read_configuration

        return read_configuration(self.config, Path.cwd(), self.snapshots.parent)

    def say(self, text: str) -> None:
        """Write a message for a person to stderr; a reader of stderr that leaves early is no fault."""
        if not self.quiet:
            with suppress(BrokenPipeError):
                click.echo(text, err=True)

    def screen(self) -> "Screen":
        """Return what stdout can show: a terminal's width and colours, or lines of any length in a pipe."""
        return screen_of_stdout(color=not self.no_color)

    def show(self, text: str | Iterable[bytes], output: Path | None = None) -> None:
        """Write a text for a person: as `write` does, but on a terminal through a pager."""
        if output is None and not self.no_pager and is_terminal(sys.stdout):
            page(text if isinstance(text, str) else b"".join(text).decode())
        else:
            write(text, output)

    @contextmanager
    def progress(self, what: str) -> Iterator["Progress"]:
        """Show progress on a terminal, and none in a pipe."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        from rich.console import Console
        from rich.progress import Progress as Bar

        # It draws when it is updated, not from a thread of its own: a process with threads must not fork.
        bar = Bar(console=Console(stderr=True, no_color=self.no_color or None), transient=True, auto_refresh=False)
        with bar:
            task, drawn = bar.add_task(what, total=None), 0.0

            def show(done: int, of: int) -> None:
                nonlocal drawn
                bar.update(task, completed=done, total=of or None)
                if monotonic() - drawn >= _BETWEEN_DRAWINGS:
                    drawn = monotonic()
                    bar.refresh()

            yield show
