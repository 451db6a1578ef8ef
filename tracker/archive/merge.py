"""What is new: a policy's history after one more observation, or completed by another source's."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from tracker.diff.changes import changes_between
from tracker.errors import ArchiveError
from tracker.policy.history import (
    Observation,
    PolicyFacts,
    PolicyHistory,
    PolicyState,
    PolicyVersion,
    Snapshot,
    UnknownVersion,
)
from tracker.policy.versions import version_number, version_sort_key

__all__ = ["add_observation", "is_recreated", "merge_facts", "merge_histories", "record_absence"]


def add_observation(before: PolicyHistory | None, state: PolicyState, snapshot: Snapshot) -> PolicyHistory:
    """Return a policy's history after it was seen in a snapshot; equal to `before` when nothing is new.

    Raises:
        ArchiveError: a version has another document than the one that is archived.
    """
    added = PolicyHistory(
        snapshot.owner,
        state.facts,
        tuple(sorted(state.versions, key=version_sort_key)),
        (Observation(snapshot.observed_at, state.default_version),),
        state.unavailable,
        state.facts.name,
    )
    if before is None:
        return added
    last = before.observations[-1].default_version if before.observations else None
    observations = before.observations if last == state.default_version else before.observations + added.observations
    return replace(
        before,
        facts=merge_facts(before.facts, state.facts),
        versions=_with_versions(before, added.versions),
        observations=observations,
        unavailable=_still_missing(before, added),
        unknown=_still_unknown(before, added),
    )


def record_absence(before: PolicyHistory, at: datetime) -> PolicyHistory:
    """Return a policy's history after a snapshot without it."""
    if before.observations and before.observations[-1].default_version is None:
        return before
    return replace(before, observations=(*before.observations, Observation(at, None)))


def is_recreated(before: PolicyFacts, after: PolicyFacts) -> bool:
    """Return whether a policy was deleted and created again under its name: another PolicyId and another CreateDate.

    The PolicyId alone does not decide it: stand-ins of IAM invent a new one each time they start.
    """
    if None in (before.policy_id, after.policy_id, before.created_at, after.created_at):
        return False
    return before.policy_id != after.policy_id and before.created_at != after.created_at


def merge_histories(before: PolicyHistory | None, added: PolicyHistory) -> PolicyHistory:
    """Return a history completed by another source's; equal to `before` when that has nothing new.

    Where both watched, what the archive observed stands: the other source may have lagged behind, and its
    observations count only where they fit into the order of versions.

    Raises:
        ArchiveError: a version has another document than the one that is archived.
    """
    if before is None:
        return replace(added, folder=added.folder or added.facts.name, published_name="")
    versions = _with_versions(before, added.versions)
    return replace(
        before,
        facts=merge_facts(before.facts, added.facts),
        versions=versions,
        observations=_merged_observations(before, added, {version.version_id: version for version in versions}),
        unavailable=_still_missing(before, added),
        unknown=_still_unknown(before, added),
    )


def merge_facts(before: PolicyFacts, after: PolicyFacts) -> PolicyFacts:
    """Return facts completed and brought up to date; an id once known stays, and what the other lacks is kept."""
    return PolicyFacts(
        name=before.name,
        arn=after.arn or before.arn,
        policy_id=before.policy_id or after.policy_id,
        path=after.path or before.path,
        description=after.description if after.description is not None else before.description,
        created_at=before.created_at or after.created_at,
    )


def _with_versions(before: PolicyHistory, added: Iterable[PolicyVersion]) -> tuple[PolicyVersion, ...]:
    known = {version.version_id: version for version in before.versions}
    for version in added:
        present = known.setdefault(version.version_id, version)
        if not present.origin:
            known[version.version_id] = replace(present, origin=version.origin)
        if not present.has_document_of(version) and changes_between(present.parsed, version.parsed):
            where = f"{before.owner}/{before.folder or before.facts.name}/{version.version_id}"
            was, now = present.origin or "the archive", version.origin or "the new source"
            hint = "versions never change: one of the two sources is wrong"
            raise ArchiveError(f"{now} has another document than {was}", where=where, hint=hint)
    return tuple(sorted(known.values(), key=version_sort_key))


def _still_missing(before: PolicyHistory, added: PolicyHistory) -> tuple[str, ...]:
    held = {version.version_id for version in (*before.versions, *added.versions)}
    missing = {*before.unavailable, *added.unavailable} - held
    return tuple(sorted(missing, key=lambda version_id: (version_number(version_id) or 0, version_id)))


def _still_unknown(before: PolicyHistory, added: PolicyHistory) -> tuple[UnknownVersion, ...]:
    held = {version.version_id for version in (*before.versions, *added.versions)}
    found = {item.version_id: item for item in (*added.unknown, *before.unknown) if item.version_id not in held}
    return tuple(sorted(found.values(), key=lambda item: (item.created_at, item.version_id)))


def _merged_observations(
    before: PolicyHistory, added: PolicyHistory, versions: Mapping[str, PolicyVersion]
) -> tuple[Observation, ...]:
    kept = list(before.observations)
    if _is_same_source(before, added):  # it has gone on
        return added.observations
    seen = {item.default_version for item in kept}
    previous: str | None = None
    for item in added.observations:
        came_back = item.default_version is None or _is_rollback(previous, item.default_version, versions)
        previous = item.default_version
        if item in kept or (item.default_version in seen and not came_back):
            continue
        earlier = [other for other in kept if other.at <= item.at]
        if came_back or not earlier or not _is_rollback(earlier[-1].default_version, item.default_version, versions):
            kept = sorted([*kept, item], key=lambda other: other.at)
    return tuple(item for index, item in enumerate(kept) if index == 0 or _differs(kept[index - 1], item))


def _is_same_source(before: PolicyHistory, added: PolicyHistory) -> bool:
    """Return whether a history goes on from another one; the creation of a policy that took the name bounds its days.

    Such a policy is called by the day on which it was seen first, which stays.
    """
    pairs = list(zip(before.observations, added.observations, strict=False))
    if added.observations[: len(pairs)] == before.observations:
        return True
    return (
        added.is_name_taken
        and len(pairs) == len(before.observations)
        and all(one.default_version == other.default_version and other.at <= one.at for one, other in pairs)
    )


def _differs(before: Observation, after: Observation) -> bool:
    return before.default_version != after.default_version


def _is_rollback(before: str | None, after: str | None, versions: Mapping[str, PolicyVersion]) -> bool:
    """Return whether the default changed from none, or from a newer version to an older one."""
    if before is None or after is None or before not in versions or after not in versions:
        return False
    return version_sort_key(versions[after]) < version_sort_key(versions[before])
