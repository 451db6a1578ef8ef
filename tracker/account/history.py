"""What AWS's managed policies gave each principal of an account, and what AWS changed for it since.

The attachments are those of one dump, held over AWS's history: AWS's part only. Boundaries, SCPs, an account's own
policies and its own past are not in it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tracker.access import Facts, NetEffect, Universe, net_effect
from tracker.account.timeline import InForce, in_force_at
from tracker.changelog.model import Entry
from tracker.errors import DocumentError
from tracker.inputs.model import Attachment
from tracker.policy.model import PolicyDocument, Statement
from tracker.policy.symbols import printable

__all__ = ["AttachedPolicy", "Attachments", "PrincipalHistory", "attachments_of", "principal_history"]

_AWS_POLICY = re.compile(r"arn:aws:iam::aws:policy/(?:.+/)?(?P<name>[^/]+)\Z")
_OWN_POLICY = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:policy/|group/.+/GroupPolicyList/)")


class Attachments(Struct, frozen=True):
    """What a dump says is attached to one principal."""

    principal: str
    """Its ARN."""
    policies: tuple[str, ...]
    """Names of AWS managed policies, sorted; those of a user's groups among them."""
    others: int
    """Attached policies that are not AWS's."""
    boundaries: tuple[str, ...]
    """Permissions boundaries: they allow nothing, and what they keep out is not looked at."""
    unknown: tuple[str, ...]
    """Why something that is attached is not known."""


class AttachedPolicy(Struct, frozen=True):
    """One AWS managed policy over the time that is asked for."""

    name: str
    before: InForce | None
    """What was in force at the beginning; None where it was not there yet, or no beginning was asked for."""
    after: InForce | None
    """What was in force at the end; None where it was not there yet."""
    entries: tuple[Entry, ...]
    """What happened in between, newest first."""


class PrincipalHistory(Struct, frozen=True):
    """What AWS gave one principal, and changed."""

    attachments: Attachments
    """What the dump says."""
    policies: tuple[AttachedPolicy, ...]
    """The AWS managed policies, by name."""
    missing: tuple[str, ...]
    """AWS managed policies that the archive does not have."""
    effect: NetEffect | None
    """What the union at the end gives and takes, against that at the beginning; None where no beginning was asked for,
    or something that is attached is not known."""


def attachments_of(attached: Iterable[Attachment]) -> list[Attachments]:
    """Return what is attached to each principal, by ARN."""
    by_principal: defaultdict[str, list[Attachment]] = defaultdict(list)
    for one in attached:
        by_principal[one.principal].append(one)
    return [_attachments(principal, found) for principal, found in sorted(by_principal.items())]


def _attachments(principal: str, found: Sequence[Attachment]) -> Attachments:
    policies = {one.policy for one in found if not one.unknown and not one.boundary}
    names = {match["name"] for policy in policies if (match := _AWS_POLICY.match(policy))}
    own = {policy for policy in policies if _OWN_POLICY.match(policy)}
    others = (policy for policy in policies - own if not _AWS_POLICY.match(policy))
    unknown = {one.unknown.reason for one in found if one.unknown and not one.boundary}
    unknown |= {f"{printable(policy)} is no ARN of a policy of AWS or of an account" for policy in others}
    boundaries = {one.policy for one in found if one.boundary}
    return Attachments(principal, tuple(sorted(names)), len(own), tuple(sorted(boundaries)), tuple(sorted(unknown)))


def principal_history(
    attachments: Attachments,
    timelines: Mapping[str, Sequence[InForce]],
    since: datetime | None,
    at: datetime | None,
    universe: Universe,
    facts: Facts,
) -> PrincipalHistory:
    """Return what AWS gave a principal at a moment, and changed for it since another.

    Args:
        attachments: what is attached to it.
        timelines: the histories of AWS managed policies by name.
        since: the beginning; None for what was given at the end alone.
        at: the end; None for the newest that is known.
        universe: the known actions.
        facts: what is known of keys.

    Raises:
        DocumentError: there are too many NotAction patterns to compare.
    """
    policies = tuple(
        AttachedPolicy(
            name,
            in_force_at(timelines[name], since) if since else None,
            in_force_at(timelines[name], at),
            _entries(timelines[name], since, at),
        )
        for name in attachments.policies
        if name in timelines
    )
    missing = tuple(name for name in attachments.policies if name not in timelines)
    sides = [_union(getattr(policy, side) for policy in policies) for side in ("before", "after")]
    effect = None
    if since and not missing and not attachments.unknown and sides[0] is not None and sides[1] is not None:
        effect = net_effect(sides[0], sides[1], universe, facts)
    return PrincipalHistory(attachments, policies, missing, effect)


def _entries(timeline: Sequence[InForce], since: datetime | None, at: datetime | None) -> tuple[Entry, ...]:
    if since is None:
        return ()
    within = (one for one in reversed(timeline) if one.at > since and (at is None or one.at <= at))
    return tuple(one.entry for one in within if one.entry)


def _union(states: Iterable[InForce | None]) -> PolicyDocument | None:
    """Return the statements of all that was in force; None where the document of one is not known."""
    statements: list[Statement] = []
    for state in states:
        if state is None or state.version_id is None:
            continue
        try:
            statements += state.version.parsed.statements if state.version else _unknown()
        except DocumentError:
            return None
    return PolicyDocument(tuple(dict.fromkeys(statements)))


def _unknown() -> Sequence[Statement]:
    raise DocumentError("no source has the document")
