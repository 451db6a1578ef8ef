"""Policies that were deleted and created again under their name: what their folders and entries are called."""

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from tracker.archive.names import is_policy_id
from tracker.errors import OutputError
from tracker.policy.history import PolicyFacts

__all__ = ["folder_aside", "label_after", "put_aside"]

_DATED = re.compile(r"[^~]+~\d{8}(N\d+)?\Z")


def _dated_name(name: str, at: datetime, taken: Collection[str] = ()) -> str:
    """Return a policy's name with a day, such as `Reader~20240131`, and a count where that name is taken.

    Args:
        name: PolicyName.
        at: for a folder, when the policy was seen to be removed; for its entries, when it was seen first.
        taken: names that are in use.
    """
    wanted = f"{name}~{at:%Y%m%d}"
    found, count = wanted, 1
    while found in taken:
        count += 1
        found = f"{wanted}N{count}"
    return found


def folder_aside(facts: PolicyFacts, removed_at: datetime, taken: Collection[str] = ()) -> str:
    """Return what the folder of a policy is called once another policy has its name.

    Args:
        facts: of the policy that was deleted.
        removed_at: when it was seen to be removed.
        taken: folders that are in use.
    """
    if facts.policy_id and is_policy_id(facts.policy_id) and f"{facts.name}~{facts.policy_id}" not in taken:
        return f"{facts.name}~{facts.policy_id}"
    return _dated_name(facts.name, removed_at, taken)


def label_after(
    name: str, folder_before: str, policy_id: str | None, first_seen: datetime | None, taken: Collection[str]
) -> str:
    """Return what the entries of a policy are called by that took the name of another one.

    Where the older one's folder is called by a day, so is this: a PolicyId may become known later, and entries keep
    their ids.

    Args:
        name: what the first policy's entries are called by.
        folder_before: the folder of the policy whose name it took.
        policy_id: its own PolicyId, where that is known.
        first_seen: when it was first seen.
        taken: what entries of the others of its name are called by.
    """
    by_date = _DATED.match(folder_before) is not None
    if policy_id and is_policy_id(policy_id) and not by_date:
        return f"{name}~{policy_id}"
    return _dated_name(name, first_seen, taken) if first_seen else name


def put_aside(snapshots: Path, owner: str, before: str, after: str) -> None:
    """Rename the folder of a policy whose name another one took; its end must have been written before.

    Raises:
        OutputError: it can't be renamed.
    """
    place = snapshots / owner / before
    try:
        place.rename(place.with_name(after))
    except OSError as error:
        raise OutputError(f"can't be renamed: {error.strerror}", where=str(place)) from error
