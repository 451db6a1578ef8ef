"""Standard output: written whole, or shown on a terminal through the pager that git would take."""

import os
import shlex
import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from shutil import get_terminal_size, which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

    from tracker.formats.terminal import Screen

__all__ = ["discard_output", "is_terminal", "page", "screen_of_git_driver", "screen_of_stdout", "write"]

_LESS = "FRX"
"""Options of `less` where the user has none, as git gives it: leave if one screen is enough, show colours, keep the
screen."""


def is_terminal(stream: object) -> bool:
    """Return whether a stream is a terminal; one that is closed is none."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def write(text: str | Iterable[bytes], output: Path | None) -> None:
    """Write a text, or the parts of it in UTF-8, to a file, whole or not at all, or to stdout.

    A reader of stdout that leaves early, as `head` does, is no fault: what is left goes nowhere, and the command goes
    on to its exit code. Parts that are made while they are written are made to the end: the exit code may need all.
    """
    if output is not None:
        from tracker.base.files import write_text

        write_text(output, text)
        return
    parts = iter([text.encode("utf-8", "backslashreplace")] if isinstance(text, str) else text)
    stream = sys.stdout.buffer
    try:
        stream.writelines(parts)
        stream.flush()
    except BrokenPipeError:
        discard_output()
        deque(parts, maxlen=0)


def discard_output() -> None:
    """Have what is still unwritten on stdout go nowhere: it would fail again when Python closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def screen_of_stdout(*, color: bool) -> "Screen":
    """Return what stdout can show.

    Args:
        color: False where colours are not wanted; the environment may refuse them, too: https://no-color.org.
    """
    from tracker.formats.terminal import PIPE, Screen

    if not is_terminal(sys.stdout):
        return PIPE
    return Screen(get_terminal_size().columns, color and _environment_takes_color())


def screen_of_git_driver(*, color: bool) -> "Screen":
    """Return what is at the end of git's output: git sets a variable for a diff driver when that is a pager."""
    from tracker.formats.terminal import Screen

    if os.environ.get("GIT_PAGER_IN_USE") == "true":
        return Screen(None, color and _environment_takes_color())
    return screen_of_stdout(color=color)


def _environment_takes_color() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def page(text: str) -> None:
    """Write a text to the terminal through a pager; without one where there is none, or it can't be started."""
    from subprocess import PIPE, Popen

    command = _pager()
    if not command:
        write(text, None)
        return
    environment = {"LESS": _LESS, "LV": "-c", **os.environ}
    sys.stdout.flush()
    try:
        pager = Popen(command, stdin=PIPE, env=environment)  # noqa: S603 - the user's own
    except OSError:
        write(text, None)
        return
    assert pager.stdin is not None  # noqa: S101 - it was asked for
    # A reader who leaves before the end has seen enough.
    with suppress(BrokenPipeError):
        pager.stdin.write(text.encode("utf-8", "backslashreplace"))
    with suppress(BrokenPipeError):
        pager.stdin.close()
    _wait(pager)


def _wait(pager: "Popen[bytes]") -> None:
    """Wait for the reader; Ctrl+C is for the pager, which decides itself what it does with it."""
    while True:
        with suppress(KeyboardInterrupt):
            pager.wait()
            return


def _pager() -> list[str]:
    """Return the command of the pager; empty for none: `GIT_PAGER`, else `PAGER`, else `less` where it is."""
    chosen = os.environ.get("GIT_PAGER", os.environ.get("PAGER"))
    if chosen is None:
        return ["less"] if which("less") else []
    try:
        command = shlex.split(chosen)
    except ValueError:
        return []
    return [] if command == ["cat"] else command
