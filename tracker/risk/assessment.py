"""Verdict and findings of one change together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tracker.access import Comparison, Verdict
from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.diff.changes import changes_between
from tracker.diff.model import Change
from tracker.policy.model import PolicyDocument
from tracker.risk.access_gains import access_gains_of
from tracker.risk.findings import Finding, findings
from tracker.risk.knowledge import facts_of, load_knowledge, universe_of
from tracker.risk.rules import DEFAULT_LEVELS, Level

__all__ = ["Assessment", "assess", "assess_change"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one change means."""

    verdict: Verdict
    """What it does on the whole."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first."""


def assess(before: PolicyDocument, after: PolicyDocument, policy: str = "") -> Assessment:
    """Return what the change from one document to another means, by the rules' own levels.

    Args:
        before: the document as it was; one without statements for a new policy.
        after: the document as it is.
        policy: what the policy is called; part of the findings' fingerprints.

    Raises:
        DocumentError: a document has too many NotAction patterns to be compared.
    """
    return assess_change(policy, before, after, changes_between(before, after), load_catalogue())


def assess_change(
    policy: str,
    before: PolicyDocument,
    after: PolicyDocument,
    changes: Sequence[Change],
    catalogue: Catalogue,
    *,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    seen: Collection[str] | None = None,
) -> Assessment:
    """Return what a change means: its net effect, and the findings; arguments as those of `findings`."""
    comparison, knowledge = Comparison(before, after, facts_of(catalogue)), load_knowledge()
    effect = comparison.net_effect(universe_of(catalogue))
    opened = access_gains_of(comparison, changes, effect, catalogue, knowledge)
    found = findings(policy, after, opened, effect, catalogue, knowledge, levels=levels, seen=seen)
    return Assessment(effect.verdict, found)
