"""Pairs of documents to a review: what each change allows, how risky that is, and what is not known of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from msgspec import structs

from tracker.access import Answer, EffectiveChange, NetEffect, Verdict
from tracker.catalogue.catalogue import Catalogue
from tracker.errors import DocumentError
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import FileLocation, LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.policy.actions import fold_action
from tracker.policy.symbols import as_variables
from tracker.review.approvals import Approvals
from tracker.review.effort import MAX_EFFORT, Effort, not_evaluated
from tracker.review.evaluation import Evaluation, evaluate
from tracker.review.model import PolicyReview, Review, ReviewState
from tracker.review.partial import NOTHING, PartialDocument, partial_document
from tracker.review.redefined import with_old_values_marked
from tracker.risk import (
    AccessGain,
    Finding,
    effective_changes_of,
    facts_of,
    gains_and_findings,
    source_finding,
    universe_of,
    unknown_finding,
)
from tracker.risk.rules import Level

__all__ = ["review"]

_UNDECIDED = NetEffect(Answer.UNKNOWN, Answer.UNKNOWN)
_Levels = Mapping[str, Level | None]


def review(
    pairs: Iterable[DocumentPair],
    catalogue: Catalogue,
    *,
    levels: _Levels,
    approvals: Approvals | None = None,
    excluded: int = 0,
    counted: Mapping[str, int] | None = None,
    most: int | None = MAX_EFFORT,
) -> Review:
    """Return the review of some pairs.

    Args:
        pairs: the policies of both sides.
        catalogue: what is known of actions.
        levels: rule id -> level where it is not the rule's own; None for off.
        approvals: findings that were accepted.
        excluded: files that changed and were not to be looked at.
        counted: what surely holds no policy: reason -> how many.
        most: what the evaluations may take together, as `effort` counts it; None for any amount.
    """
    listed = list(pairs)
    different = [pair for pair in listed if not _is_identical(pair)]
    identical = len(listed) - len(different)
    effort = Effort(catalogue, most, len(different))
    evaluated: list[DocumentPair] = []
    rest: list[DocumentPair] = []
    for pair in different:
        (evaluated if effort.take(pair) else rest).append(pair)
    if rest:
        evaluated.append(not_evaluated(rest))
    found = [_Reviewer(pair, catalogue, levels, approvals or Approvals()).policy_review() for pair in evaluated]
    found.sort(key=lambda one: (-_rank(one), one.name))
    return Review(tuple(found), identical, excluded, counted)


def _rank(one: PolicyReview) -> int:
    order = (Verdict.SAME, Verdict.NARROWS, Verdict.UNDECIDED, Verdict.BOTH, Verdict.BROADENS)
    return 10 * (one.level.rank + 1 if one.level else 0) + order.index(one.verdict)


def _is_identical(pair: DocumentPair) -> bool:
    before, after = pair.before, pair.after
    if before is None or after is None or pair.moved_from or pair.is_new_place or before.document != after.document:
        return False
    old, new = ({one.digest for one in side.unknowns} for side in (before, after))
    return old == new and "" not in old


class _Reviewer:
    """Evaluates one pair."""

    def __init__(self, pair: DocumentPair, catalogue: Catalogue, levels: _Levels, approvals: Approvals) -> None:
        self.pair, self.catalogue, self.levels, self.approvals = pair, catalogue, levels, approvals
        self.content = _content(pair.after)
        self.after = partial_document(pair.after)
        old, self.redefined = with_old_values_marked(pair.before, pair.after)
        self.before = NOTHING if pair.is_new_place else partial_document(old)

    def policy_review(self) -> PolicyReview:
        """Return the review of the pair."""
        if self.pair.in_source:
            return self._made(None, (), self._source_finding())
        try:
            evaluation = evaluate(self.before, self.after, universe_of(self.catalogue), facts_of(self.catalogue))
        except DocumentError as error:
            # Too many NotAction patterns to compare: what can't be evaluated is reported, never passed over.
            unknown = Unknown(UnknownKind.UNREADABLE, str(error), "", self.content)
            self.after = _with_unknown(self.after, unknown)
            return self._made(None, (), self._unknown_findings(None))
        gains, found = gains_and_findings(
            self.pair.name,
            self.after.known,
            evaluation.changes,
            evaluation.comparison,
            evaluation.net,
            self.catalogue,
            guardrail=evaluation.guardrail,
            levels=self.levels,
            content=digest_of(f"{_content(self.pair.before)} {self.content}"),
        )
        unresolved = self._unknown_findings(evaluation)
        if unresolved:  # which says better what could not be decided, and why
            found = tuple(one for one in found if one.rule != "undecided")
        return self._made(self._with_old_place(evaluation), gains, (*unresolved, *found))

    def _source_finding(self) -> tuple[Finding, ...]:
        """Return the finding on what is reported and not compared."""
        reasons = [one.reason for one in self._unknowns()] if self.pair.rule != "policy-in-source" else []
        return source_finding(self.pair.name, self.content, self.levels, self.pair.rule, "; ".join(reasons))

    def _with_old_place(self, evaluation: Evaluation) -> Evaluation:
        """Return an evaluation with what the Denies of a policy that moved elsewhere no longer keep out there."""
        if not self.pair.is_new_place:
            return evaluation
        left = evaluate(
            partial_document(self.pair.before), NOTHING, universe_of(self.catalogue), facts_of(self.catalogue)
        )
        broadens = left.guardrail is not None and left.guardrail.may_broaden()
        return replace(evaluation, guardrail=left.guardrail) if broadens else evaluation

    def _unknown_findings(self, evaluation: Evaluation | None) -> tuple[Finding, ...]:
        """Return a finding for each kind of what is not known, and one where a value decides."""
        name = self.pair.name
        gone = [one for one in self._unknowns() if one.only_allows and one not in self.after.unknowns]
        unknowns = [one for one in self._unknowns() if one not in gone]
        if evaluation and not gone and not unknowns and _rests_on_value(evaluation):
            reason = "what it allows rests on a value that is not known"
            unknowns.append(Unknown(UnknownKind.UNRESOLVED, reason, "", self.content))
        found = [unknown_finding(name, str(one.kind), one.reason, one.digest, self.levels) for one in unknowns]
        return tuple({one.fingerprint: one for one in found if one}.values())

    def _unknowns(self) -> Iterable[Unknown]:
        """Return what is not known of either side, but for what is the same on both; what is of the old one says so."""
        after = self.after.unknowns
        same = {one.digest for one in self.before.unknowns} & {one.digest for one in after} - {""}
        old = (structs.replace(one, reason=f"before: {one.reason}") for one in self.before.unknowns if one not in after)
        return tuple(one for one in dict.fromkeys((*after, *old)) if one.digest not in same)

    def _made(
        self, evaluation: Evaluation | None, gains: tuple[AccessGain, ...], found: tuple[Finding, ...]
    ) -> PolicyReview:
        where = self._location()
        ordered = sorted(found, key=Finding.order)
        approved = [one for one in ordered if self.approvals.has(one, where.path)]
        mark = _fingerprint(self.pair.name, self.content)
        return PolicyReview(
            self.pair.name,
            where,
            self._state(),
            self.pair.moved_from,
            evaluation.net if evaluation else _UNDECIDED,
            evaluation.guardrail if evaluation else None,
            evaluation.changes if evaluation and not self._is_lost() else (),
            gains,
            tuple(one for one in ordered if one not in approved),
            tuple(approved),
            () if self.pair.in_source else tuple(self._unknowns()),
            self.pair.notes,
            {one.fingerprint: line for one in ordered if (line := self._line(one)) is not None},
            mark,
            mark in self.approvals.fingerprints or self._is_settled(evaluation, ordered, approved),
            self._effective(evaluation),
            () if self.pair.is_new_place else self.redefined,
        )

    def _effective(self, evaluation: Evaluation | None) -> tuple[EffectiveChange, ...] | None:
        """Return what becomes of each action, where all of both sides is known."""
        sides = (self.before, self.after)
        if evaluation is None or any(side.unknowns or side.open for side in sides):
            return None
        return effective_changes_of(evaluation.comparison, evaluation.changes, self.catalogue)

    def _is_settled(self, evaluation: Evaluation | None, found: Sequence[Finding], approved: Sequence[Finding]) -> bool:
        """Return whether all that is not known was approved, and nothing else is new."""
        unknowns = [one for one in found if one.rule in set(UnknownKind)]
        is_quiet = evaluation is not None and evaluation.known_gains is Answer.NO
        return bool(unknowns) and is_quiet and all(one in approved for one in unknowns)

    def _state(self) -> ReviewState:
        pair = self.pair
        if pair.in_source:
            return ReviewState.IN_SOURCE
        if any(side and side.document is None for side in (pair.before, pair.after)) or self._is_broken():
            return ReviewState.UNREADABLE
        if pair.after is None:
            return ReviewState.REMOVED
        if pair.before is None:
            return ReviewState.ADDED
        return ReviewState.MOVED if pair.moved_from else ReviewState.CHANGED

    def _is_broken(self) -> bool:
        return any(one.kind is UnknownKind.UNREADABLE for one in (*self.after.unknowns, *self.before.unknowns))

    def _is_lost(self) -> bool:
        """Return whether the policy is there and nothing of it is known: what it allowed is not removed."""
        return self.pair.after is not None and self.pair.after.document is None

    def _location(self) -> FileLocation:
        there = self.pair.after or self.pair.before
        return there.location if there else FileLocation(self.pair.path)

    def _line(self, finding: Finding) -> int | None:
        """Return the line of the statement that a finding is about; that of the document where it is about none."""
        found = self.pair.after
        if found is None:
            return self._location().line
        index = _statement_of(finding, self.after)
        lines = found.statement_lines
        return lines[index] if index is not None and index < len(lines) else found.location.line


def _statement_of(finding: Finding, after: PartialDocument) -> int | None:
    """Return the index of the statement that a finding is about, the one with its scope first."""
    action = fold_action(finding.action) if finding.action else ""
    near = [
        (index, statement)
        for index, statement in zip(after.indexes, after.published.statements, strict=True)
        if action in statement.folded
    ]
    for index, statement in near:
        resources = tuple(sorted(map(as_variables, statement.scope.resources)))
        if any(set(resources) <= set(scope.resources) for scope in finding.scopes):
            return index
    return near[0][0] if near else None


def _rests_on_value(evaluation: Evaluation) -> bool:
    reasons = evaluation.net.gain_reasons + evaluation.net.loss_reasons
    return any(str(one.kind) == UnknownKind.UNRESOLVED for one in reasons)


def _with_unknown(document: PartialDocument, unknown: Unknown) -> PartialDocument:
    return structs.replace(document, unknowns=(*document.unknowns, unknown))


def _content(document: LoadedDocument | None) -> str:
    """Return the hash of all that is known, and of all that is not, of a document."""
    if document is None:
        return "none"
    unknown = sorted((str(one.kind), one.digest) for one in document.unknowns)
    return digest_of(json.dumps([document.document, unknown], sort_keys=True, ensure_ascii=True))


def _fingerprint(name: str, content: str) -> str:
    return sha256(json.dumps(["policy", name, content]).encode()).hexdigest()[:16]
