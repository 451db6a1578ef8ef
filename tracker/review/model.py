"""What a review says: policies that differ, and whether they pass a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.access import EffectiveChange, NetEffect, Verdict
from tracker.diff.model import Change
from tracker.inputs.model import FileLocation, Unknown
from tracker.risk import AccessGain, Finding, highest_level
from tracker.risk.rules import Level

__all__ = ["GATES", "PolicyReview", "Review", "ReviewState", "fails"]

GATES = ("any", "broadens", *(str(level) for level in Level))
"""What `--fail-on` may name."""


class ReviewState(StrEnum):
    """What happened to a policy."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    UNREADABLE = "unreadable"
    IN_SOURCE = "in-source"


@dataclass(frozen=True, slots=True)
class PolicyReview:
    """One policy that differs."""

    name: str
    """As in the pair."""
    location: FileLocation
    """Where it stands on the new side; on the old one, where it is gone."""
    state: ReviewState
    """What happened; unreadable where nothing is known of the new side, or of the old one."""
    moved_from: str
    """Its old name; empty where it did not move."""
    effect: NetEffect
    """What the change gives and takes, the document alone."""
    guardrail: NetEffect | None
    """What its Denies let through, or keep out, beside other policies; None where neither side denies anything."""
    changes: tuple[Change, ...]
    """The differences."""
    access_gains: tuple[AccessGain, ...]
    """What became possible."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first."""
    approved: tuple[Finding, ...]
    """Findings that were approved."""
    unknowns: tuple[Unknown, ...]
    """What is not known of either side."""
    notes: tuple[str, ...]
    """What the documents were taken from."""
    lines: Mapping[str, int]
    """Fingerprint of a finding -> line of the file at which its statement stands."""
    fingerprint: str
    """Name and content: an approval of the policy as it is now."""
    is_approved: bool
    """True where the policy is approved as it is now, or all that is not known of it and the rest is nothing new."""
    effective: tuple[EffectiveChange, ...] | None = None
    """What becomes of each action; None where that is what the changes say, or something of it is not known."""
    redefined: tuple[tuple[str, str], ...] = ()
    """Values of one name that are defined otherwise now: what the old one is called here, and the new one."""

    @property
    def path(self) -> str:
        """The file's path; empty for what is in no file."""
        return self.location.path

    @property
    def verdict(self) -> Verdict:
        """What the change does, in one word."""
        return self.effect.verdict

    @property
    def level(self) -> Level | None:
        """The level of the gravest finding; None where there is none."""
        return highest_level(self.findings)

    @property
    def fault(self) -> str:
        """What could not be read or resolved, and why; empty for nothing."""
        return "; ".join(dict.fromkeys(_said(one) for one in self.unknowns))

    @property
    def broadens(self) -> bool:
        """True where something may be possible that was not, by the document alone or because a Deny went.

        What a wildcard will grant counts, too: in place of a list of all its actions it also grants what comes.
        """
        return self.may_broaden()

    def may_broaden(self, *, as_of_today: bool = False) -> bool:
        """Return the same as `broadens`; with `as_of_today` only the actions count that are known today."""
        if self.state is ReviewState.IN_SOURCE:
            return False
        effects = (self.effect, self.guardrail) if self.guardrail else (self.effect,)
        return any(effect.may_broaden(as_of_today=as_of_today) for effect in effects)

    @property
    def differs(self) -> bool:
        """True where anything changed that a reader should know of."""
        moved = self.state is ReviewState.MOVED
        return bool(self.changes or self.unknowns or moved) and self.state is not ReviewState.IN_SOURCE


def _said(unknown: Unknown) -> str:
    return f"{unknown.pointer.removeprefix('/')}: {unknown.reason}" if unknown.pointer else unknown.reason


@dataclass(frozen=True, slots=True)
class Review:
    """All policies that differ, the gravest first."""

    policies: tuple[PolicyReview, ...]
    """By level, then by name."""
    identical: int
    """Policies found on both sides without any difference."""
    excluded: int = 0
    """Files that changed and were not to be looked at."""
    counted: Mapping[str, int] | None = None
    """What was passed over because it surely holds no policy: reason -> how many."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that were not approved, the gravest first."""
        found = [one for policy in self.policies for one in policy.findings]
        return tuple(sorted(found, key=lambda one: -one.level.rank))

    @property
    def level(self) -> Level | None:
        """The level of the gravest finding; None where there is none."""
        return highest_level(self.findings)


def fails(review: Review, gate: str, *, as_of_today: bool = False) -> bool:
    """Return whether a review has what a gate names. What could not be decided does not pass `broadens`.

    Args:
        review: the review.
        gate: one of GATES.
        as_of_today: whether `broadens` counts the actions known today only, and none that wildcards will take in.
    """
    open_policies = [one for one in review.policies if not one.is_approved]
    if gate == "any":
        return any(one.differs for one in open_policies)
    if gate == "broadens":
        return any(one.may_broaden(as_of_today=as_of_today) for one in open_policies)
    return review.level is not None and review.level.rank >= Level(gate).rank
