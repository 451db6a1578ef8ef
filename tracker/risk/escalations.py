"""Escalation paths: actions that together lead to more permissions than they grant."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tracker.access import Comparison, Gain, Possibility
from tracker.model import PolicyDocument, fold_action
from tracker.risk.knowledge import Escalation, Knowledge
from tracker.risk.openings import Opening

__all__ = ["Path", "completed"]


class Path(NamedTuple):
    """A path that is complete now and was not before."""

    escalation: Escalation
    """Which one."""
    cause: Opening
    """What completed it."""
    start: Possibility
    """The action of the cause that did."""


def completed(after: PolicyDocument, opened: Sequence[Opening], knowledge: Knowledge) -> Iterator[Path]:
    """Yield the paths that are complete now and were not before: at least one of their actions is surely new.

    A path that needs more than another complete one adds nothing to it and is left out.
    """
    gained = {fold_action(one.action): (opening, one) for opening in opened for one in opening.possible}
    new = {action for action, (_, one) in gained.items() if one.gain is not Gain.WIDER}
    touched = [path for path in knowledge.escalations if not new.isdisjoint(path.folded)]
    if not touched:
        return
    possible = gained.keys() | _possible(after, {action for path in touched for action in path.folded})
    complete = [path for path in touched if path.folded <= possible]
    for path in complete:
        if not any(other.folded < path.folded for other in complete):
            cause, start = next(gained[action] for action in map(fold_action, path.actions) if action in new)
            yield Path(path, cause, start)


def _possible(document: PolicyDocument, wanted: Collection[str]) -> set[str]:
    """Return those of some actions (folded) of which a document allows at least one request, or may."""
    return set(Comparison(PolicyDocument((), {}), document).newly_possible(dict(zip(wanted, wanted, strict=True))))
