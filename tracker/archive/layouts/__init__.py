"""The layouts in which public archives and teams keep policies in git: one module each.

For the layers above: `read_state`, one state of one file to the policies that it shows. A layout is recognized by a
file's path and content alone, so that what is committed later changes nothing of what was read before.
Never touches git or a disk.
"""

from tracker.archive.layouts.model import FoundPolicy, FoundVersion, NoPolicyError, StateReader
from tracker.archive.layouts.registry import group_of, read_state

__all__ = ["FoundPolicy", "FoundVersion", "NoPolicyError", "StateReader", "group_of", "read_state"]
