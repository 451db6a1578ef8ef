"""What a change does to each action, where that is more than its text says."""

from collections.abc import Mapping, Sequence

from tracker.access import Comparison, EffectiveChange, EffectKind, effective_changes, says_it_all
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

    Of a new policy it is what its grants say.

    Args:
        comparison: the two documents.
        changes: the differences of their texts.
        catalogue: what is known of actions.
    """
    if not comparison.before.statements or says_it_all(changes, comparison.statements.every):
        return None

    def known(pattern: str) -> Mapping[str, str]:
        return {folded: facts.name for folded, facts in catalogue.known(pattern).items()}

    found = effective_changes(comparison, changes, known)
    kinds = {(fold_action(action), _KINDS.get(one.kind)) for one in found for action in one.actions}
    said = {(fold_action(change.action), change.kind) for change in changes}
    return None if kinds == said and has_same_scopes(found, changes) else found


def has_same_scopes(effective: Sequence[EffectiveChange], changes: Sequence[Change]) -> bool:
    """Return whether changes name the same actions on the same scopes, so that nobody needs to read both."""
    found = {(fold_action(action), *_scopes(one)) for one in effective for action in (*one.actions, *one.patterns)}
    return found == {(fold_action(change.action), change.effect, change.before, change.after) for change in changes}


def _scopes(change: EffectiveChange) -> tuple[Effect | None, tuple[Scope, ...], tuple[Scope, ...]]:
    """Return the scopes that differ, of Allow or of Deny; where both differ, the change's text does not say which."""
    before, after = change.before, change.after
    if before.allowed == after.allowed:
        return Effect.DENY, before.denied, after.denied
    return Effect.ALLOW if not (before.denied or after.denied) else None, before.allowed, after.allowed
