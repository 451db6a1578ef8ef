"""Files that are there whole or not at all."""

import os
from collections.abc import Iterable
from pathlib import Path

from tracker.errors import OutputError

__all__ = ["write_text"]

_WRITTEN_AT_ONCE = 1024 * 1024
"""Bytes; a changelog has thousands of lines of a few of them."""


def write_text(path: Path, text: str | Iterable[bytes | memoryview]) -> None:
    """Write a file so that it is there whole or not at all; a device or pipe is written to, not replaced.

    Args:
        path: the file; its folder is made if it is not there.
        text: its text, or the parts of it in UTF-8.

    Raises:
        OutputError: the place can't be written; nothing is left behind.
    """
    if not path.name:
        raise OutputError("can't be written: is a folder", where=str(path))
    parts = [text.encode()] if isinstance(text, str) else text
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb", _WRITTEN_AT_ONCE) as device:
                device.writelines(parts)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb", _WRITTEN_AT_ONCE) as file:
            file.writelines(parts)
            file.flush()
        temporary.replace(path)
    except OSError as error:
        _unlink_quietly(temporary)
        raise OutputError(f"can't be written: {error.strerror}", where=str(path)) from error
    except BaseException:
        _unlink_quietly(temporary)
        raise


def _unlink_quietly(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
