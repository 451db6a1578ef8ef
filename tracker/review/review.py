"""Pairs of documents to a review: what each change allows, how risky that is, and whether it passes a gate."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.access import Answer, Comparison, NetEffect, Verdict
from tracker.catalogue.catalogue import Catalogue
from tracker.diff.changes import changes_between
from tracker.errors import DocumentError
from tracker.inputs.pairs import DocumentPair, LoadedDocument
from tracker.policy.documents import parse_document
from tracker.policy.model import Change, PolicyDocument, Skipped
from tracker.risk import (
    AccessGain,
    Finding,
    access_gains_of,
    findings,
    highest_level,
    load_knowledge,
    universe_of,
    unreadable_finding,
)
from tracker.risk.rules import Level

__all__ = ["GATES", "PolicyReview", "Review", "ReviewState", "fails", "review"]

GATES = ("any", "broadens", *(str(level) for level in Level))
"""What `--fail-on` may name."""


class ReviewState(StrEnum):
    """What happened to a policy."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class PolicyReview:
    """One policy that differs."""

    name: str
    """As in the pair."""
    path: str
    """As in the pair."""
    state: ReviewState
    """What happened; unreadable where either side could not be judged."""
    effect: NetEffect | None
    """What the change gives and takes; None where the new document could not be judged."""
    changes: tuple[Change, ...]
    """The differences."""
    access_gains: tuple[AccessGain, ...]
    """What became possible."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first."""
    approved: tuple[Finding, ...]
    """Findings that were approved by their fingerprint."""
    lines: Mapping[str, int]
    """Action, as published → line of the new file at which it stands."""
    fault: str
    """What could not be read, and why; empty for nothing."""

    @property
    def verdict(self) -> Verdict:
        """What the change does, in one word."""
        return self.effect.verdict if self.effect else Verdict.UNDECIDED

    @property
    def level(self) -> Level | None:
        """The level of the gravest finding; None where there is none."""
        return highest_level(self.findings)


@dataclass(frozen=True, slots=True)
class Review:
    """All policies that differ, the gravest first."""

    policies: tuple[PolicyReview, ...]
    """By level, then by name."""
    identical: int
    """Policies found on both sides without any difference."""
    skipped: tuple[Skipped, ...]
    """What was not read, and why."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that were not approved, the gravest first."""
        found = [one for policy in self.policies for one in policy.findings]
        return tuple(sorted(found, key=lambda one: -one.level.rank))

    @property
    def level(self) -> Level | None:
        """The level of the gravest finding; None where there is none."""
        return highest_level(self.findings)


def review(
    pairs: Iterable[DocumentPair],
    catalogue: Catalogue,
    *,
    levels: Mapping[str, Level | None],
    approved: Collection[str] = (),
    skipped: Sequence[Skipped] = (),
) -> Review:
    """Return the review of some pairs.

    Args:
        pairs: the policies of both sides.
        catalogue: what is known of actions.
        levels: rule id → level where it is not the rule's own; None for off.
        approved: fingerprints of findings that were accepted.
        skipped: what was not read.
    """
    found, identical = [], 0
    for pair in pairs:
        one = _review_pair(pair, catalogue, levels, approved)
        if one is None:
            identical += 1
        else:
            found.append(one)
    found.sort(key=lambda one: (-_rank(one), one.name))
    return Review(tuple(found), identical, tuple(skipped))


def fails(reviewed: Review, gate: str) -> bool:
    """Tell whether a review has what a gate of GATES names. What could not be decided does not pass `broadens`."""
    if gate == "any":
        return any(one.changes or one.fault for one in reviewed.policies)
    if gate == "broadens":
        return any(one.effect is None or one.effect.gains is not Answer.NO for one in reviewed.policies)
    return reviewed.level is not None and reviewed.level.rank >= Level(gate).rank


def _rank(one: PolicyReview) -> int:
    order = (Verdict.SAME, Verdict.NARROWS, Verdict.UNDECIDED, Verdict.BOTH, Verdict.BROADENS)
    return 10 * (one.level.rank + 1 if one.level else 0) + order.index(one.verdict)


_NOTHING = PolicyDocument(())


def _review_pair(
    pair: DocumentPair, catalogue: Catalogue, levels: Mapping[str, Level | None], approved: Collection[str]
) -> PolicyReview | None:
    if pair.before and pair.after and not pair.after.fault and pair.before.published == pair.after.published:
        return None
    before, fault_before = _parse_document(pair.before)
    after, fault_after = _parse_document(pair.after)
    fault = "; ".join(f"{side}: {text}" for side, text in (("before", fault_before), ("after", fault_after)) if text)
    state = ReviewState.CHANGED if pair.before else ReviewState.ADDED
    state = ReviewState.UNREADABLE if fault else state if pair.after else ReviewState.REMOVED
    changes: tuple[Change, ...] = ()
    opened: tuple[AccessGain, ...] = ()
    found = unreadable_finding(pair.name, levels) if fault else ()
    effect = None
    if not fault_after:
        try:
            changes = changes_between(before, after)
            comparison, knowledge = Comparison(before, after), load_knowledge()
            effect = comparison.net_effect(universe_of(catalogue))
            opened = access_gains_of(comparison, changes, effect, catalogue, knowledge)
            found += findings(pair.name, after, opened, effect, catalogue, knowledge, levels=levels)
        except DocumentError as error:
            # Too many NotAction patterns to compare: what can't be judged is told, never passed over.
            state, fault, found, effect = (
                ReviewState.UNREADABLE,
                str(error),
                unreadable_finding(pair.name, levels),
                None,
            )
    return PolicyReview(
        pair.name,
        pair.path,
        state,
        effect,
        changes,
        opened,
        tuple(one for one in found if one.fingerprint not in approved),
        tuple(one for one in found if one.fingerprint in approved),
        _lines(pair.after.text if pair.after else "", [one.action for one in found]),
        fault,
    )


def _parse_document(source: LoadedDocument | None) -> tuple[PolicyDocument, str]:
    """Return a document and what is wrong with it; what is not there or can't be judged allows nothing."""
    if source is None:
        return _NOTHING, ""
    if source.published is None:
        return _NOTHING, source.fault or "not a policy document"
    try:
        return parse_document(source.published), ""
    except DocumentError as error:
        return _NOTHING, str(error)


def _lines(text: str, actions: Iterable[str]) -> dict[str, int]:
    """Return the first line at which each action stands; those that stand nowhere as such are left out."""
    wanted = {json.dumps(action, ensure_ascii=False)[1:-1]: action for action in actions if action}
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for quoted in [quoted for quoted in wanted if _stands(quoted, line)]:
            found[wanted.pop(quoted)] = number
        if not wanted:
            break
    return found


def _stands(action: str, line: str) -> bool:
    start = line.find(action)
    if start < 0:
        return False
    around = (line[start - 1 : start], line[start + len(action) : start + len(action) + 1])
    return not any(char and (char.isalnum() or char in "*?:-") for char in around)
