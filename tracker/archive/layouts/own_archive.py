"""`policy.json` of this program's own archive: facts, and which version was seen as the default.

Its version files are read as one file per version.
"""

from typing import Any

from tracker.archive.layouts.model import FoundPolicy, facts_of
from tracker.errors import DocumentError, one_line
from tracker.policy.versions import is_version_id

__all__ = ["read", "recognizes"]


def recognizes(path: str, value: Any) -> bool:
    """Return whether a file is a `policy.json` of an archive."""
    is_facts = isinstance(value, dict) and isinstance(value.get("Observed"), list) and "PolicyName" in value
    return is_facts and path.endswith("/policy.json")


def read(path: str, value: Any) -> tuple[FoundPolicy, ...]:
    """Read a `policy.json`.

    Raises:
        DocumentError: its observations are none.
    """
    folder = one_line(path.removesuffix("/policy.json"))
    name = folder.rpartition("/")[2].partition("~")[0]
    facts = facts_of(value, name, value.get("CreateDate"))
    observed = value["Observed"]
    if not observed:
        return (FoundPolicy(folder, facts),)
    last = observed[-1].get("DefaultVersionId", "") if isinstance(observed[-1], dict) else ""
    if last is not None and not (isinstance(last, str) and is_version_id(last)):
        raise DocumentError("expected a version or null", where="Observed")
    return (FoundPolicy(folder, facts, default=last, is_gone=last is None),)
