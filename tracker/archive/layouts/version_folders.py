"""One folder per policy and one file or folder per version: `Reader/v3/policy.json`, `Reader/v3.json`, `Reader/v3`.

Which version is in force no file says for certain: each says of itself that it was the default when it was written.
So the newest counts, without those that say that they are not. What says it for certain is an answer of GetPolicy
beside them, in `Reader/policy.json` or `Reader.json`.
"""

import re
from typing import Any

from msgspec.structs import replace

from tracker.archive.layouts.envelopes import version_in
from tracker.archive.layouts.model import FoundPolicy
from tracker.errors import DocumentError, one_line
from tracker.policy.history import PolicyFacts

__all__ = ["PATH", "read", "recognizes"]

PATH = re.compile(r"(?P<folder>(?:.*/)?(?P<name>[^/]+))/(?P<version>v[1-9]\d{0,8})(?:\.json|/[^/]+)?\Z")
"""The path of a version's file."""


def recognizes(path: str, value: Any) -> bool:  # noqa: ARG001 - the signature of a layout
    """Return whether a file is one version of a policy."""
    return PATH.match(path) is not None


def read(path: str, value: Any) -> tuple[FoundPolicy, ...]:
    """Read a version's file.

    Raises:
        DocumentError: no document is in it, or that of another version.
    """
    found = PATH.match(path)
    if found is None:
        raise DocumentError("not the path of a version's file")
    version = version_in(value)
    if version.version_id not in (None, found["version"]):
        raise DocumentError(f"the file is called {found['version']} and speaks of {version.version_id}")
    version = replace(version, version_id=found["version"])
    facts = PolicyFacts(one_line(found["name"]))
    return (FoundPolicy(one_line(found["folder"]), facts, (version,), is_one_of_many=True),)
