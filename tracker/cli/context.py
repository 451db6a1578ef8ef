"""What all commands share: where the archive is, what is said to a person, and how output is written."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from tracker.base.progress import Progress
    from tracker.settings.configuration import Configuration

__all__ = ["USUAL_FOLDER", "CommandContext", "write"]

USUAL_FOLDER = Path("snapshots")
"""The archive's folder, unless another is named."""
_BETWEEN_DRAWINGS = 0.1
"""Seconds between two pictures of a progress bar."""


class CommandContext(NamedTuple):
    """What all commands share."""

    snapshots: Path
    config: Path | None
    quiet: bool
    color: bool

    @property
    def readable(self) -> Path:
        """Where the archive is read: its folder, or the installed package where the usual folder is not there."""
        from tracker.archive.packed import installed_archive

        if self.snapshots != USUAL_FOLDER or self.snapshots.exists():
            return self.snapshots
        return installed_archive() or self.snapshots

    def configuration(self) -> "Configuration":
        """Read the configuration: the file named, or the one in this folder."""
        from tracker.settings.configuration import read_configuration

        return read_configuration(self.config, Path.cwd())

    def say(self, text: str) -> None:
        """Write a message for a person to stderr."""
        if not self.quiet:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, what: str) -> Iterator["Progress"]:
        """Show progress on a terminal, and none in a pipe."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        from rich.console import Console
        from rich.progress import Progress as Bar

        # It draws when it is updated, not from a thread of its own: a process with threads must not fork.
        bar = Bar(console=Console(stderr=True, no_color=not self.color), transient=True, auto_refresh=False)
        with bar:
            task, drawn = bar.add_task(what, total=None), 0.0

            def show(done: int, of: int) -> None:
                nonlocal drawn
                bar.update(task, completed=done, total=of or None)
                if monotonic() - drawn >= _BETWEEN_DRAWINGS:
                    drawn = monotonic()
                    bar.refresh()

            yield show


def write(text: str | Iterable[bytes], output: Path | None) -> None:
    """Write a text, or the parts of it in UTF-8, to a file, whole or not at all, or to stdout."""
    if output is not None:
        from tracker.base.files import write_text

        write_text(output, text)
        return
    stream = sys.stdout.buffer
    stream.writelines([text.encode()] if isinstance(text, str) else text)
    stream.flush()
