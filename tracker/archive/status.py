"""How fresh and how complete an archive is, and when its source was last asked.

A run of `fetch` that finds nothing leaves the archive as it is. That it ran is noted beside the lock, outside of what
git keeps: a clone does not know it.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec import MsgspecError, Struct
from msgspec.json import decode, encode

from tracker.archive.store import Archive
from tracker.base.dates import format_time, parse_time
from tracker.base.files import write_text
from tracker.base.locking import beside_lock
from tracker.policy.history import PolicyHistory, Skipped

__all__ = ["ArchiveStatus", "Check", "NewestVersion", "OwnerStatus", "note_check", "read_checks", "status_of"]

_NUMBER = re.compile(r"v([1-9]\d*)\Z")
_CHECKS = "policy-tracker.checks"


class Check(Struct, frozen=True):
    """A run of `fetch` that came to its end."""

    owner: str
    """Whose policies were asked for."""
    at: datetime
    """When."""


class NewestVersion(Struct, frozen=True):
    """The version of an owner's policies that was created last."""

    policy: str
    """PolicyName."""
    version: str
    """VersionId."""
    created_at: datetime
    """CreateDate."""


class OwnerStatus(Struct, frozen=True):
    """What the archive has of one owner's policies."""

    owner: str
    """`aws`, `aws-cn`, an account id."""
    policies: int
    """Policies of which anything is known."""
    present: int
    """Those that were there when they were last seen."""
    versions: int
    """Versions with a document."""
    newest_version: NewestVersion | None
    """None where there is no version."""
    last_change: datetime | None
    """When a change was last seen; None where nothing was observed."""
    last_check: datetime | None
    """When its source was last asked on this machine; None where that is not known."""
    without_document: int
    """Versions that are known to have existed and whose document no source has."""
    never_seen: int
    """Numbers below a policy's newest version that nobody knows anything of."""


class ArchiveStatus(Struct, frozen=True):
    """How fresh and how complete an archive is."""

    owners: tuple[OwnerStatus, ...]
    """By owner."""
    unreadable: tuple[Skipped, ...]
    """Files that could not be read."""

    @property
    def last_change(self) -> datetime | None:
        """When a change of any owner's policies was last seen, or the last version was created, where that is later."""
        created = (each.newest_version.created_at for each in self.owners if each.newest_version)
        seen = (each.last_change for each in self.owners if each.last_change)
        return max((*created, *seen), default=None)

    @property
    def last_check(self) -> datetime | None:
        """When the source was last asked, of the owner that was asked longest ago; None where one is not known."""
        checks = [each.last_check for each in self.owners if each.last_check]
        return min(checks) if checks and len(checks) == len(self.owners) else None


def status_of(archive: Archive, checks: Iterable[Check] = ()) -> ArchiveStatus:
    """Return how fresh and how complete an archive is.

    Args:
        archive: all of its documents are read.
        checks: when its sources were asked, as `read_checks` gives them.

    Raises:
        ArchiveError: a `policy.json` is broken, or a file can't be read.
    """
    histories: dict[str, list[PolicyHistory]] = {owner: [] for owner, _ in archive.policy_keys()}
    unreadable = []
    for item in archive.histories():
        if isinstance(item, Skipped):
            unreadable.append(item)
        else:
            histories[item.owner].append(item)
    last_checks = {check.owner: check.at for check in sorted(checks, key=lambda check: check.at)}
    owners = tuple(_owner_status(owner, found, last_checks.get(owner)) for owner, found in sorted(histories.items()))
    return ArchiveStatus(owners, tuple(unreadable))


def _owner_status(owner: str, histories: list[PolicyHistory], last_check: datetime | None) -> OwnerStatus:
    versions = [
        NewestVersion(history.facts.name, version.version_id, version.created_at)
        for history in histories
        for version in history.versions
    ]
    return OwnerStatus(
        owner=owner,
        policies=len(histories),
        present=sum(_is_present(history) for history in histories),
        versions=len(versions),
        newest_version=max(versions, key=lambda version: (version.created_at, version.policy), default=None),
        last_change=max((history.observations[-1].at for history in histories if history.observations), default=None),
        last_check=last_check,
        without_document=sum(len({*history.unavailable, *_ids_of_unknown(history)}) for history in histories),
        never_seen=sum(map(_never_seen, histories)),
    )


def _is_present(history: PolicyHistory) -> bool:
    return not history.observations or history.observations[-1].default_version is not None


def _ids_of_unknown(history: PolicyHistory) -> set[str]:
    return {item.version_id for item in history.unknown}


def _never_seen(history: PolicyHistory) -> int:
    """Return how many numbers below the newest version nobody knows anything of."""
    known = {version.version_id for version in history.versions} | {*history.unavailable, *_ids_of_unknown(history)}
    numbers = {int(match[1]) for match in map(_NUMBER.match, known) if match}
    return max(numbers) - len(numbers) if numbers else 0


def note_check(snapshots: Path, check: Check) -> None:
    """Note that a source was asked, for `status` on this machine.

    Raises:
        OutputError: it can't be written.
    """
    others = [each for each in read_checks(snapshots) if each.owner != check.owner]
    each_owner = sorted((*others, check), key=lambda item: item.owner)
    noted = [{"owner": each.owner, "at": format_time(each.at)} for each in each_owner]
    write_text(beside_lock(snapshots, _CHECKS), f"{encode(noted).decode()}\n")


def read_checks(snapshots: Path) -> list[Check]:
    """Return when the sources of an archive were asked on this machine; what can't be read counts for nothing."""
    try:
        noted = decode(beside_lock(snapshots, _CHECKS).read_bytes(), type=list[dict[str, str]])
        return [Check(each["owner"], parse_time(each["at"])) for each in noted]
    except (OSError, MsgspecError, KeyError, ValueError):
        return []
