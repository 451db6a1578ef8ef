"""Cards: what a change does to access, as a sign."""

import pytest

from tracker.diff.model import Change, ChangeKind
from tracker.policy.model import Effect
from tracker.site.cards import SIGNS, marks_of

WANTED = {
    ChangeKind.ACTION_ADDED: ("gained", "denied"),
    ChangeKind.ACTION_REMOVED: ("lost", "undenied"),
    ChangeKind.SCOPE_WIDENED: ("widened", "narrowed"),
    ChangeKind.SCOPE_NARROWED: ("narrowed", "widened"),
    ChangeKind.SCOPE_CHANGED: ("changed", "changed"),
}
"""Kind of change -> the sign of an Allow, and that of a Deny."""


def change(kind: ChangeKind, effect: Effect, action: str = "s3:GetObject") -> Change:
    return Change(kind, effect, action, False, (), ())


@pytest.mark.parametrize("kind", ChangeKind)
def test_a_sign_says_what_becomes_of_access(kind: ChangeKind) -> None:
    signs = [marks_of([change(kind, effect)], {})[0][0] for effect in (Effect.ALLOW, Effect.DENY)]
    assert tuple(signs) == WANTED[kind]


def test_what_became_possible_comes_first() -> None:
    every = [change(kind, effect, f"s3:{kind}") for kind in ChangeKind for effect in (Effect.ALLOW, Effect.DENY)]
    assert list(dict.fromkeys(sign for sign, _ in marks_of(every, {}))) == list(SIGNS)
