"""The documents of AWS managed policies that are attached: the archive's, else those that come with the program."""

import json
from functools import cache
from pathlib import Path

from tracker.archive.in_force import DocumentInForce, documents_in_force
from tracker.archive.packed import open_archive
from tracker.inputs.comparing.attached import AttachedPolicies, KnownPolicy
from tracker.policy.history import PolicyHistory

__all__ = ["known_policies"]


def known_policies(snapshots: Path | None) -> AttachedPolicies:
    """Return what finds the document of an AWS managed policy by its name.

    Args:
        snapshots: the archive; what it lacks, and everything where it is None, is the program's own data.

    What is returned raises ArchiveError where the archive is broken.
    """

    @cache
    def find(name: str) -> KnownPolicy | None:
        return (_in_archive(snapshots, name) if snapshots else None) or _in_program(name)

    return find


def _in_program(name: str) -> KnownPolicy | None:
    found = _names().get(name)
    if found is None:
        return None
    label = f"{name} {found.version_id} ({documents_in_force().as_of.date().isoformat()})"
    return KnownPolicy(dict(json.loads(found.text)), label)


@cache
def _names() -> dict[str, DocumentInForce]:
    return {document.name: document for document in documents_in_force().by_arn.values()}


def _in_archive(snapshots: Path, name: str) -> KnownPolicy | None:
    if not snapshots.exists():
        return None
    found = open_archive(snapshots).histories(wanted=lambda policy: policy == name)
    histories = (item for item in found if isinstance(item, PolicyHistory) and item.owner == "aws")
    version = next((item.in_force for item in histories if item.in_force), None)
    return KnownPolicy(version.document, f"{name} {version.version_id}") if version else None
