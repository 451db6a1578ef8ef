"""What a change means for whoever has the policy, in a sentence or two: the first line of a feed's item."""

from collections.abc import Iterable, Iterator, Sequence

from tracker.access import EffectiveChange, EffectKind
from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change
from tracker.policy.model import Effect
from tracker.text.words import Words, code, printable

__all__ = ["consequence_of"]

MAX_NAMES = 3
"""Actions that a sentence names before it counts the rest."""
_ORDER = ("gained", "widened", "lost", "narrowed")
_KINDS = {
    EffectKind.POSSIBLE: "gained",
    EffectKind.MORE: "widened",
    EffectKind.IMPOSSIBLE: "lost",
    EffectKind.LESS: "narrowed",
    EffectKind.UNDENIED: "widened",
    EffectKind.DENIED: "narrowed",
}


def consequence_of(entry: Entry, effective: Sequence[EffectiveChange] | None, words: Words) -> str:
    """Return what can be done now that could not, and what no longer; empty where the entry changed no policy.

    Args:
        entry: what happened.
        effective: what becomes of actions; None where the changes of the text say it.
        words: the language.
    """
    if entry.event not in (Event.POLICY_UPDATED, Event.DEFAULT_ROLLED_BACK):
        return ""
    found = list(_of_changes(entry.changes) if effective is None else _of_effect(effective))
    sentences: list[str] = []
    for kind in _ORDER:
        if actions := sorted({action for one, action in found if one == kind}, key=str.lower):
            names = words.few([code(action) for action in actions], MAX_NAMES)
            policy = code(printable(entry.policy))
            name = f"consequence.{kind}.next" if sentences else f"consequence.{kind}"
            sentences.append(words(name, count=len(actions), policy=policy, actions=names))
    return " ".join(sentences)


def _of_effect(effective: Iterable[EffectiveChange]) -> Iterator[tuple[str, str]]:
    for change in effective:
        if kind := _KINDS.get(change.kind):
            for action in change.actions or change.patterns:
                yield kind, printable(action)


def _of_changes(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    for change in changes:
        if change.effect is Effect.ALLOW and not change.inverted and change.covered_by is None:
            if change.kind.is_of_action:
                yield "gained" if change.may_give_access else "lost", printable(change.action)
            elif change.may_give_access != change.may_take_access:
                yield "widened" if change.may_give_access else "narrowed", printable(change.action)
