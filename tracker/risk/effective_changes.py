"""What a change does to each action, where that is more than its text says."""

from collections.abc import Mapping, Sequence

from tracker.access import Comparison, EffectiveChange, EffectKind, Permission, effective_changes, says_it_all
from tracker.catalogue.catalogue import Catalogue
from tracker.diff.model import Change, ChangeKind
from tracker.policy.actions import fold_action
from tracker.policy.model import Effect, Scope

__all__ = ["effective_changes_of", "has_same_scopes"]

_KINDS = {
    EffectKind.POSSIBLE: ChangeKind.ACTION_ADDED,
    EffectKind.MORE: ChangeKind.SCOPE_WIDENED,
    EffectKind.OTHER: ChangeKind.SCOPE_CHANGED,
    EffectKind.LESS: ChangeKind.SCOPE_NARROWED,
    EffectKind.IMPOSSIBLE: ChangeKind.ACTION_REMOVED,
}


def effective_changes_of(
    comparison: Comparison, changes: Sequence[Change], catalogue: Catalogue
) -> tuple[EffectiveChange, ...] | None:
    """Return what a change does to each action; None where that is what the changes say, word for word.

    Args:
        comparison: the two documents.
        changes: the differences of their texts.
        catalogue: what is known of actions.
    """
    if says_it_all(changes, comparison.statements.every):
        return None

    def known(pattern: str) -> Mapping[str, str]:
        return {folded: facts.name for folded, facts in catalogue.known(pattern).items()}

    found = effective_changes(comparison, changes, known)
    kinds = {(fold_action(action), _KINDS.get(one.kind)) for one in found for action in one.actions}
    said = {(fold_action(change.action), change.kind) for change in changes}
    return None if kinds == said and has_same_scopes(found, changes) else found


def has_same_scopes(effective: Sequence[EffectiveChange], changes: Sequence[Change]) -> bool:
    """Tell whether changes name the same actions on the same scopes, so that nobody needs to read both."""
    found = {
        (fold_action(action), one.before, one.after) for one in effective for action in (*one.actions, *one.patterns)
    }
    return found == {_written(change) for change in changes if change.effect is Effect.ALLOW and not change.inverted}


def _written(change: Change) -> tuple[str, Permission, Permission]:
    return fold_action(change.action), _permission(change.before), _permission(change.after)


def _permission(scopes: tuple[Scope, ...]) -> Permission:
    return Permission(allowed=scopes)
