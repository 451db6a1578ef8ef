"""Escalation paths: actions that together lead to more permissions than they grant."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from tracker.access import Comparison, Gain, Possibility
from tracker.diff.model import Change
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import PolicyDocument, Scope
from tracker.risk.access_gains import AccessGain
from tracker.risk.knowledge import Escalation, Knowledge

__all__ = ["CompletedEscalation", "completed_escalations"]


class CompletedEscalation(NamedTuple):
    """A path that is complete now and was not before."""

    escalation: Escalation
    """Which one."""
    cause: AccessGain
    """What completed it."""
    start: Possibility
    """The action of the cause that did."""


def completed_escalations(
    after: PolicyDocument, opened: Sequence[AccessGain], knowledge: Knowledge
) -> Iterator[CompletedEscalation]:
    """Yield the paths that are complete now and were not before: at least one of their actions is new.

    So is one that is possible on all resources without a condition and was not: `iam:PassRole` on one role, or for
    one service, leads nowhere as a rule, on all roles it leads to all of them.
    A path that needs more than another complete one adds nothing to it and is left out.
    """
    gained = {fold_action(one.action): (opening, one) for opening in opened for one in opening.possible}
    new = {
        action for action, (opening, one) in gained.items() if one.gain is not Gain.WIDER or _is_unbound(opening.change)
    }
    touched = [path for path in knowledge.escalations if not new.isdisjoint(path.folded)]
    if not touched:
        return
    possible = gained.keys() | _possible(after, {action for path in touched for action in path.folded})
    complete = [path for path in touched if path.folded <= possible]
    for path in complete:
        if not any(other.folded < path.folded for other in complete):
            cause, start = next(gained[action] for action in map(fold_action, path.actions) if action in new)
            yield CompletedEscalation(path, cause, start)


def _possible(document: PolicyDocument, wanted: Collection[str]) -> set[str]:
    """Return those of some actions (folded) of which a document allows at least one request, or may."""
    return set(Comparison(PolicyDocument(()), document).newly_possible(dict(zip(wanted, wanted, strict=True))))


def _is_unbound(change: Change) -> bool:
    """Tell whether a change leaves an action without any limit that it had before."""
    return _has_no_limit(change.after) and not _has_no_limit(change.before)


def _has_no_limit(scopes: Iterable[Scope]) -> bool:
    return any(scope.resources == (EVERYTHING,) and not scope.conditions for scope in scopes)
