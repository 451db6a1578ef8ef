"""Every version of the AWS managed policies since 2015, and every step from one to the next.

    >>> from policy_tracker_archive import document, steps
    >>> document("AdministratorAccess", "v1")["Statement"]
    [{'Action': '*', 'Effect': 'Allow', 'Resource': '*'}]

No other package is needed. With `policy-tracker` beside it, `policy-tracker log`, `show`, `diff archive:NAME@VERSION`
and `changelog` work in any folder. Licences of the data: LICENSES.txt in this folder.
"""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

__all__ = ["ARCHIVE", "STEPS", "__version__", "document", "facts", "steps"]

__version__ = "0"
ARCHIVE = Path(__file__).with_name("archive.zip")
"""A zip archive: `archive.json` says where each file stands in the member of its policy."""
STEPS = Path(__file__).with_name("steps.jsonl.xz")
"""One JSON object for each step, in a line of its own; the oldest first."""


def facts(policy: str) -> dict[str, Any]:
    """Return what is known of a policy beside its versions: its `policy.json`.

    Raises:
        KeyError: there is no such policy.
    """
    return _file(policy, "policy.json")


def document(policy: str, version: str) -> dict[str, Any]:
    """Return the document of a version.

    Raises:
        KeyError: there is no such policy, or no source has the document of this version.
    """
    found: dict[str, Any] = _file(policy, f"{version}.json")["Document"]
    return found


def steps() -> Iterator[dict[str, Any]]:
    """Yield the steps, the oldest first."""
    with lzma.open(STEPS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _file(policy: str, name: str) -> dict[str, Any]:
    member = f"aws/{policy}"
    with ZipFile(ARCHIVE) as archive:
        start, length = json.loads(archive.read("archive.json"))["folders"][member][name]
        found: dict[str, Any] = json.loads(archive.read(member)[start : start + length])
    return found
