"""One file per policy as the iam-dataset has them: `name`, `arn`, `version`, `createdate`, `updatedate`, `document`.

The rest of such a file is an assessment of the document, and changes without it.
https://github.com/iann0036/iam-dataset/tree/main/aws/managedpolicies
"""

from typing import Any

from tracker.archive.layouts.model import FoundPolicy, FoundVersion, facts_of, read_time
from tracker.errors import one_line
from tracker.policy.versions import is_version_id

__all__ = ["read", "recognizes"]


def recognizes(path: str, value: Any) -> bool:  # noqa: ARG001 - the signature of a layout
    """Return whether a file is of this layout."""
    return isinstance(value, dict) and isinstance(value.get("document"), dict) and isinstance(value.get("version"), str)


def read(path: str, value: Any) -> tuple[FoundPolicy, ...]:
    """Read a file of this layout; `updatedate` is GetPolicy's UpdateDate, when the newest version was created.

    Raises:
        DocumentError: a date is none.
    """
    name = one_line(path.removesuffix(".json"))
    members = {"PolicyName": value.get("name"), "Arn": value.get("arn")}
    facts = facts_of(members, name, value.get("createdate"))
    document, label = value["document"], value["version"]
    created = value.get("updatedate") or value.get("createdate")
    is_dated = is_version_id(label) and isinstance(created, str)
    version = FoundVersion(document, label, read_time(created)) if is_dated else FoundVersion(document)
    return (FoundPolicy(name, facts, (version,)),)
