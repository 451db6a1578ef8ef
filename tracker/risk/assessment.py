"""The assessment of one change, for a changelog and for a review: what it made possible, and the findings on that."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from tracker.access import Answer, Comparison, EffectiveChange, NetEffect, Verdict
from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.diff.changes import changes_between
from tracker.diff.model import Change
from tracker.policy.model import Effect, PolicyDocument
from tracker.risk.access_gains import AccessGain, access_gains_of
from tracker.risk.effective_changes import effective_changes_of
from tracker.risk.findings import Finding, findings
from tracker.risk.knowledge import facts_of, load_knowledge, universe_of
from tracker.risk.rules import DEFAULT_LEVELS, Level

__all__ = ["Assessment", "assess", "assess_change", "gains_and_findings"]


class Assessment(Struct, frozen=True, gc=False):
    """What one change means."""

    verdict: Verdict
    """What it does on the whole."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first."""
    effective: tuple[EffectiveChange, ...] | None = None
    """What becomes of each action; None where that is what the changes of the text say."""


def assess(before: PolicyDocument, after: PolicyDocument, policy: str = "") -> Assessment:
    """Return effect and findings of the change from one document to another, at the rules' default levels.

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
    comparison = Comparison(before, after, facts_of(catalogue))
    net = comparison.net_effect(universe_of(catalogue), in_full=False)
    _, found = gains_and_findings(policy, after, changes, comparison, net, catalogue, levels=levels, seen=seen)
    return Assessment(net.verdict, found, effective_changes_of(comparison, changes, catalogue))


def gains_and_findings(
    policy: str,
    after: PolicyDocument,
    changes: Sequence[Change],
    comparison: Comparison,
    net: NetEffect,
    catalogue: Catalogue,
    *,
    guardrail: NetEffect | None = None,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    seen: Collection[str] | None = None,
    content: str = "",
) -> tuple[tuple[AccessGain, ...], tuple[Finding, ...]]:
    """Return what a change made possible, in the order of the changes, and the findings on it, the gravest first.

    A Deny that went gives nothing by a document that allows nothing more: of it there is no finding but that it went.

    Args:
        policy: as that of `findings`.
        after: as that of `findings`.
        changes: the differences.
        comparison: the two documents.
        net: what the document allows alone.
        catalogue: what is known of actions.
        guardrail: what its Denies let through beside any other policy; None not to ask.
        levels: as those of `findings`.
        seen: as those of `findings`.
        content: as that of `findings`.
    """
    knowledge = load_knowledge()
    gains = access_gains_of(comparison, changes, net, catalogue, knowledge)
    if guardrail and not net.beside_others:
        beside = access_gains_of(comparison, changes, guardrail, catalogue, knowledge)
        known = {id(one.change) for one in gains}
        gains += tuple(one for one in beside if one.change.effect is Effect.DENY and id(one.change) not in known)
    parts = [(gains, net)]
    if guardrail and net.gains is Answer.NO:
        allowed = tuple(one for one in gains if one.change.effect is Effect.ALLOW)
        denied = tuple(one for one in gains if one.change.effect is Effect.DENY)
        parts = [(allowed, net), (denied, guardrail)]
    found = [
        finding
        for part, effect in parts
        for finding in findings(
            policy,
            after,
            part,
            effect,
            catalogue,
            knowledge,
            before=comparison.before,
            levels=levels,
            seen=seen,
            content=content,
        )
    ]
    return gains, tuple(sorted(found, key=Finding.order))
