"""VersionIds of IAM, and the order of versions."""

import re
from datetime import datetime
from functools import lru_cache

from tracker.policy.history import PolicyVersion

__all__ = ["is_version_id", "version_number", "version_sort_key"]

_NUMBER = re.compile(r"v(\d{1,9})\b")
_VERSION_ID = re.compile(r"v[1-9][0-9]{0,8}(\.[A-Za-z0-9-]{0,128})?\Z")


def is_version_id(text: str) -> bool:
    """Return whether IAM would give a version this id; such an id is also a safe name for a file.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
    """
    return _VERSION_ID.match(text) is not None


@lru_cache(4096)
def version_number(version_id: str) -> int | None:
    """Return the number in a VersionId such as `v12`, None where it has none."""
    found = _NUMBER.match(version_id)
    return int(found[1]) if found else None


def version_sort_key(version: PolicyVersion) -> tuple[datetime, int]:
    """Return the place of a version in its history: by creation time, then by number."""
    return version.created_at, version_number(version.version_id) or 0
