"""The layouts, in the order in which they are asked; and which files can be about one policy together."""

import re
from types import ModuleType

from tracker.archive.layouts import envelopes, iam_dataset, npm_package, own_archive, version_folders
from tracker.archive.layouts.model import FoundPolicy
from tracker.errors import DocumentError
from tracker.policy.json_text import load_json

__all__ = ["group_of", "read_state"]

LAYOUTS: tuple[ModuleType, ...] = (version_folders, own_archive, npm_package, iam_dataset, envelopes)
"""Modules with `recognizes(path, value)` and `read(path, value)`; the last takes any file."""
_FACTS_OF_FOLDER = re.compile(r"(?P<folder>.+)/policy\.json\Z")


def group_of(path: str) -> str:
    """Return the group of a file: files of different groups are never about one policy.

    >>> group_of("Reader.json"), group_of("json/Reader/v3/policy.json"), group_of("json/Reader/policy.json")
    ('Reader', 'json/Reader', 'json/Reader')
    """
    found = version_folders.PATH.match(path) or _FACTS_OF_FOLDER.match(path)
    return found["folder"] if found else path.removesuffix(".json")


def read_state(path: str, content: bytes) -> tuple[FoundPolicy, ...]:
    """Return the policies that a state of a file shows.

    Args:
        path: the file, from the folder of the policies.
        content: what is in it.

    Raises:
        DocumentError: the content is no policy in any layout.
    """
    if not content.strip():
        raise DocumentError("the file is empty")
    largest = {"largest": npm_package.MAX_BYTES} if npm_package.is_likely(content) else {}
    value = load_json(content, **largest)
    layout = next(module for module in LAYOUTS if module.recognizes(path, value))
    found: tuple[FoundPolicy, ...] = layout.read(path, value)
    return found
