"""One difference between two documents, as a frozen value."""

from enum import StrEnum

from msgspec import Struct

from tracker.policy.model import Effect, Scope

__all__ = ["Change", "ChangeKind"]


class ChangeKind(StrEnum):
    """How one action pattern differs between two documents. Under Deny the meaning for access is the reverse."""

    ACTION_ADDED = "action-added"
    ACTION_REMOVED = "action-removed"
    SCOPE_WIDENED = "scope-widened"
    SCOPE_NARROWED = "scope-narrowed"
    SCOPE_CHANGED = "scope-changed"


class Change(Struct, frozen=True):
    """One difference between two documents, for one action pattern."""

    kind: ChangeKind
    """How it differs."""
    effect: Effect
    """Whether the pattern is allowed or denied."""
    action: str
    """The action pattern, as published after the change (before it, if it was removed)."""
    inverted: bool
    """True when the pattern stands in `NotAction`: added means excepted, so that access is lost."""
    before: tuple[Scope, ...]
    """The scopes before; empty for an added action."""
    after: tuple[Scope, ...]
    """The scopes after; empty for a removed action."""
    covered_by: str | None = None
    """A wildcard of the other side that grants the same: before for what came, after for what went."""
