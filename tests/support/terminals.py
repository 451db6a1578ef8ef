"""The program at a real pseudo-terminal, as a person meets it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from archives import CHECKOUT, git_environment

__all__ = ["Seen", "at_terminal"]

_PATIENCE = 60
"""Seconds until a program that shows nothing more is given up."""


class Seen(NamedTuple):
    """What came out at a terminal, and how the program ended."""

    text: str
    returncode: int


def at_terminal(
    *arguments: str,
    folder: Path,
    columns: int = 80,
    environment: Mapping[str, str] | None = None,
    command: tuple[str, ...] = (sys.executable, "-m", "tracker"),
) -> Seen:
    """Run the program with stdin, stdout and stderr at a terminal of so many columns and 24 lines."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = {**git_environment(), "PYTHONPATH": str(CHECKOUT), "TERM": "xterm-256color", **(environment or {})}
    for name in {"COLUMNS", "LINES", "NO_COLOR", "PAGER", "GIT_PAGER", "LESS"} - set(environment or {}):
        environ.pop(name, None)
    done = subprocess.Popen(
        [*command, *arguments], cwd=folder, env=environ, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown, end = b"", monotonic() + _PATIENCE
    while monotonic() < end:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            part = os.read(master, 65536)
        except OSError:  # on Linux, the end of a terminal whose other side is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    return Seen(shown.decode().replace("\r\n", "\n"), done.wait(timeout=_PATIENCE))
