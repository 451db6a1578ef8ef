"""Since when a policy grants what it grants now, as the pages of actions say it."""

from builders import day, history, version

from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.diff.changes import added_grants
from tracker.policy.history import PolicyHistory
from tracker.site.grants import policy_grants


def since(item: PolicyHistory) -> dict[str, tuple[str, int]]:
    """Return, by action, the version that brought it and its day."""
    current = item.in_force
    held = added_grants(current.parsed) if current else ()
    entries = [entry for entry in entries_of(item) if isinstance(entry, Entry)]
    found = policy_grants(item, held, entries).get("s3", [])
    return {grant.action: (grant.version, (grant.since - day(0)).days) for grant in found}


def test_an_action_that_was_taken_back_and_came_again_is_granted_since_it_came_again() -> None:
    item = history(version(1, "s3:A"), version(2, "s3:B"), version(3, "s3:A", "s3:B"))
    assert since(item) == {"s3:A": ("v3", 3), "s3:B": ("v2", 2)}


def test_a_policy_that_was_removed_and_returned_grants_since_its_return() -> None:
    item = history(version(1, "s3:A"), seen=[(1, "v1"), (4, None), (6, "v1")])
    assert since(item) == {"s3:A": ("v1", 6)}


def test_a_policy_that_was_removed_grants_nothing() -> None:
    assert since(history(version(1, "s3:A"), seen=[(1, "v1"), (4, None)])) == {}
