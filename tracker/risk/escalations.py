"""Escalation paths: actions that together lead to more permissions than they grant."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tracker.access import Comparison, Gain, Possibility
from tracker.diff.model import Change
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import PolicyDocument, Scope
from tracker.risk.access_gains import AccessGain
from tracker.risk.knowledge import Escalation, Knowledge
from tracker.risk.limits import Limit, LimitTable, limits_of

__all__ = ["CompletedEscalation", "completed_escalations"]


class CompletedEscalation(NamedTuple):
    """A path that is complete now and was not before."""

    escalation: Escalation
    """Which one."""
    cause: AccessGain
    """What completed it."""
    start: Possibility
    """The action of the cause that did."""
    limits: tuple[Limit, ...]
    """What limits it; empty where nothing does."""


def completed_escalations(
    before: PolicyDocument, after: PolicyDocument, opened: Sequence[AccessGain], knowledge: Knowledge
) -> Iterator[CompletedEscalation]:
    """Yield the paths that are complete now and were not before: at least one of their actions is new.

    So is one that is possible on all resources without a condition and was not, and one whose limits went:
    `iam:PassRole` on one role, or for one service, leads nowhere as a rule, on all roles it leads to all of them.
    A path that needs more than another complete one adds nothing to it and is left out, unless that one is limited and
    it is not.
    """
    gained = {fold_action(one.action): (opening, one) for opening in opened for one in opening.possible}
    touched = [path for path in knowledge.escalations if not gained.keys().isdisjoint(path.folded)]
    if not touched:
        return
    wanted = {action for path in touched for action in path.folded}
    possible = gained.keys() | _possible(after, wanted - gained.keys())
    complete = []
    for path in touched:
        if path.folded <= possible:
            limits = _limits(after, path, knowledge.limits)
            started = _start(path, gained, before, limits, knowledge.limits)
            if started:
                complete.append(CompletedEscalation(path, *started, limits))
    for one in complete:
        if not any(other.escalation.folded < one.escalation.folded and _outdoes(other, one) for other in complete):
            yield one


def _start(
    path: Escalation,
    gained: Mapping[str, tuple[AccessGain, Possibility]],
    before: PolicyDocument,
    limits: Sequence[Limit],
    table: LimitTable,
) -> tuple[AccessGain, Possibility] | None:
    """Return what completes a path, and its action; None where the path was complete before."""
    here = [gained[action] for action in map(fold_action, path.actions) if action in gained]
    new = [one for one in here if one[1].gain is not Gain.WIDER or _is_unbound(one[0].change)]
    if not new and not limits and _limits(before, path, table):
        new = here
    return next(iter(new), None)


def _limits(document: PolicyDocument, path: Escalation, table: LimitTable) -> tuple[Limit, ...]:
    """Return what limits a path: what limits one of its actions limits the whole."""
    return tuple(limit for action in sorted(path.folded) for limit in limits_of(document, action, path.folded, table))


def _outdoes(shorter: CompletedEscalation, longer: CompletedEscalation) -> bool:
    return not shorter.limits or bool(longer.limits)


def _possible(document: PolicyDocument, wanted: Collection[str]) -> set[str]:
    """Return those of some actions (folded) of which a document allows at least one request, or may."""
    if not wanted:
        return set()
    return set(Comparison(PolicyDocument(()), document).newly_possible(dict(zip(wanted, wanted, strict=True))))


def _is_unbound(change: Change) -> bool:
    """Return whether a change leaves an action without any limit that it had before."""
    return _has_no_limit(change.after) and not _has_no_limit(change.before)


def _has_no_limit(scopes: Iterable[Scope]) -> bool:
    return any(scope.resources == (EVERYTHING,) and not scope.conditions for scope in scopes)
