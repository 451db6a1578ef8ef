"""IAM's own API as a source.

Little is asked: ListPolicies to its end, and documents only of versions that the archive lacks, by few workers on one
client.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import structs

from tracker.archive.merge import is_recreated
from tracker.archive.store import ArchivedPolicy
from tracker.base.progress import Progress
from tracker.errors import SourceError
from tracker.policy.history import PolicyFacts, PolicyState, Snapshot
from tracker.policy.versions import version_number
from tracker.sources import ArchivedPolicies
from tracker.sources.iam_answers import owner_of, require_distinct
from tracker.sources.iam_client import Connection, IamReader, create_client

__all__ = ["PORTION", "IamSelection", "IamSource", "PolicyScope"]


PORTION = 50
"""Policies that a backfill completes before it records them."""
MAX_DEFAULT_MOVES = 5
"""How often a default may move while it is read before the reading is given up."""
MAX_REMOVED = 5
"""How many policies may be gone at once before a list is not believed, unless so many are only a small share."""
MAX_REMOVED_SHARE = 0.05
"""That share of the policies."""
MAX_VERSION_GAP = 1000
"""Version numbers that are looked for between two defaults; ReadOnlyAccess needed ten years for its first 190."""


class PolicyScope(StrEnum):
    """Whose policies are read."""

    AWS = "aws"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class IamSelection:
    """What is asked of IAM, and how it is to be recorded."""

    scope: PolicyScope = PolicyScope.AWS
    """AWS managed policies, or the account's own."""
    path_prefix: str | None = None
    """Only policies below this path."""
    policy: str | None = None
    """A glob of policy names."""
    owner: str | None = None
    """Whose policies these are; None to take partition or account from the ARNs."""
    origin: str | None = None
    """What the versions' origin is called, for replays; None for IAM itself.

    A stand-in invents PolicyIds, knows no descriptions, and serves the version of its day alone: ids are not kept,
    descriptions not asked for, and what it lacks is not taken for gone, so that IAM can be asked later.
    """
    backfill: int = 0
    """How many policies are completed by their earlier versions and their description in this run."""
    allow_removals: int | None = None
    """How many policies may be gone; None for MAX_REMOVED, or MAX_REMOVED_SHARE of many."""


class IamSource:
    """IAM, or what speaks like it."""

    def __init__(self, wanted: IamSelection, connection: Connection) -> None:
        """Prepare the client; nothing is asked yet.

        Raises:
            SourceError: boto3 is not installed, or the AWS configuration can't be used.
        """
        self._wanted = wanted
        self._reader = IamReader(create_client(connection), wanted.origin or "iam")

    def covers(self, facts: PolicyFacts) -> bool:
        """Return whether a policy with these facts is asked for; one whose path is not known is not, with a prefix."""
        wanted = self._wanted
        below = wanted.path_prefix is None or (facts.path or "").startswith(wanted.path_prefix)
        return below and (wanted.policy is None or fnmatchcase(facts.name, wanted.policy))

    def snapshot(self, known: ArchivedPolicies, at: datetime, progress: Progress) -> Snapshot:
        """Read IAM as a whole: the list, and the versions that the archive lacks.

        Raises:
            SourceError: IAM could not be read whole, or its list is not plausible.
        """
        listed = self._join_list()
        if not listed and not self._wanted.owner:
            hint = (
                "nothing was recorded; check endpoint, path and glob; if that is true, say whose policies with --owner"
            )
            raise SourceError("IAM listed no policy", hint=hint)
        owner = self._wanted.owner or owner_of(listed.values())
        held = known(owner)
        self._require_plausible(listed, held)
        states = self._states(listed, held, progress)
        return Snapshot(owner, at, tuple(sorted(states, key=lambda state: state.facts.name)))

    def _join_list(self) -> dict[str, PolicyState]:
        """Return the policies that IAM lists and that are asked for, by name, still without versions."""
        arguments = {"Scope": "AWS" if self._wanted.scope is PolicyScope.AWS else "Local"}
        if self._wanted.path_prefix is not None:
            arguments["PathPrefix"] = self._wanted.path_prefix
        found = next(self._reader.answers_of([lambda: self._reader.policies(arguments)]))
        require_distinct(found)
        states = map(self._without_invented_id, found)
        return {state.facts.name: state for state in states if self.covers(state.facts)}

    def _without_invented_id(self, state: PolicyState) -> PolicyState:
        if self._wanted.origin is None:
            return state
        return structs.replace(state, facts=structs.replace(state.facts, policy_id=None))

    def _require_plausible(self, listed: Mapping[str, PolicyState], held: Mapping[str, ArchivedPolicy]) -> None:
        there = [name for name, policy in held.items() if policy.default_version and self.covers(policy.facts)]
        gone = sorted(set(there) - listed.keys())
        allowed = self._wanted.allow_removals
        if len(gone) > (max(MAX_REMOVED, len(there) * MAX_REMOVED_SHARE) if allowed is None else allowed):
            some = ", ".join(gone[:3]) + (", …" if gone[3:] else "")
            raise SourceError(
                f"{len(gone)} of {len(there)} policies are gone from IAM's list ({some}); nothing was recorded",
                hint=f"if that is true, run again with --allow-removals {len(gone)}",
            )

    def _states(
        self, listed: Mapping[str, PolicyState], held: Mapping[str, ArchivedPolicy], progress: Progress
    ) -> Iterator[PolicyState]:
        """Yield the state of each policy with what the archive lacks of it, the unchanged ones at once."""
        since = min((item.observed_since for item in held.values() if item.observed_since), default=None)
        portion = iter(range(self._wanted.backfill))
        tasks = []
        for state in listed.values():
            known = _same_policy(held.get(state.facts.name), state.facts)
            task = _PolicyTask(self._reader, state, known, since, self._wanted.origin is not None)
            if self._wanted.backfill and not task.is_replay and task.has_gaps() and next(portion, None) is not None:
                tasks.append(task.backfill)
            elif task.is_unchanged():
                yield state
            else:
                tasks.append(task.read)
        for done, read in enumerate(self._reader.answers_of(tasks), 1):
            if read is not None:
                yield read
            progress(done, len(tasks))


def _same_policy(held: ArchivedPolicy | None, facts: PolicyFacts) -> ArchivedPolicy | None:
    """Return what is held if it is of the same policy, not of one that was deleted and created again."""
    return None if held is not None and is_recreated(held.facts, facts) else held


@dataclass(frozen=True, slots=True)
class _PolicyTask:
    """What is to be read of one policy."""

    reader: "IamReader"
    listed: PolicyState
    held: ArchivedPolicy | None
    """None for a policy that the archive does not know."""
    since: datetime | None
    """When IAM was first watched; None for a first run."""
    is_replay: bool
    """Whether a stand-in is read, which serves the default version alone."""

    def is_unchanged(self) -> bool:
        """Return whether the archive has all that the list names."""
        return self.held is not None and self.held.default_version == self.listed.default_version

    def has_gaps(self) -> bool:
        """Return whether there may be earlier versions, or a description, that nobody has asked for yet."""
        if self.held is None or self.held.facts.description is None:
            return True
        return bool(self.missing(0))

    def read(self) -> PolicyState | None:
        """Read the default version, those that were passed over on the way to it, and a new policy's description.

        Returns None if the policy was deleted after it had been listed.
        """
        state = self._with_default()
        if state is None or self.is_replay:
            return state
        task = replace(self, listed=state)
        if self.held is None and self._is_new():
            return task.with_versions(task.missing(0)).described()
        before = version_number(self.held.last_version or "") if self.held else None
        return (task.with_versions(task.missing(before)) if before is not None else task).listed

    def backfill(self) -> PolicyState | None:
        """Read all versions that IAM serves and the archive lacks, and the description."""
        state = self._with_default()
        if state is None:
            return None
        task = replace(self, listed=state)
        return task.with_versions(task.missing(0)).described()

    def _is_new(self) -> bool:
        """Return whether the policy was created since IAM has been watched: then its whole life is to be had."""
        created = self.listed.facts.created_at
        return self.since is not None and created is not None and created >= self.since

    def missing(self, before: int | None) -> list[str]:
        """Return the versions between a number and the default that are neither held nor known to be gone."""
        after = version_number(self.listed.default_version)
        if before is None or after is None:
            return []
        known = {version.version_id for version in self.listed.versions}
        if self.held is not None:
            known |= self.held.versions | self.held.unavailable
        numbers = range(max(before + 1, after - MAX_VERSION_GAP), after)
        return [version for version in (f"v{number}" for number in numbers) if version not in known]

    def _with_default(self) -> PolicyState | None:
        """Return the state with its default version, read again when the default moved; None if it is gone."""
        state = self.listed
        for _ in range(MAX_DEFAULT_MOVES):
            if self.held is not None and state.default_version in self.held.versions:
                return state
            version, is_default = self.reader.version(state, state.default_version)
            if version is not None and is_default:
                return structs.replace(state, versions=(version,))
            moved = self.reader.policy(state)
            if moved is None:
                return None
            state = moved
        raise SourceError("the default version moves faster than it can be read", where=state.facts.name)

    def with_versions(self, missing: Sequence[str]) -> "_PolicyTask":
        """Return the task with those of the versions that IAM serves, and the others as unavailable."""
        if not missing:
            return self
        served = self.reader.version_ids(self.listed)
        read = [self.reader.version(self.listed, version)[0] for version in missing if version in served]
        versions = tuple(version for version in read if version is not None)
        had = {version.version_id for version in versions}
        gone = tuple(version for version in missing if version not in had)
        return replace(
            self, listed=structs.replace(self.listed, versions=(*self.listed.versions, *versions), unavailable=gone)
        )

    def described(self) -> PolicyState:
        """Return the state with the policy's description, which is empty if IAM has none."""
        if self.held is not None and self.held.facts.description is not None:
            return self.listed
        policy = self.reader.policy(self.listed)
        return structs.replace(self.listed, facts=policy.facts) if policy else self.listed
