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

    @property
    def widens(self) -> bool:
        """Whether the pattern matches more requests afterwards, and surely no fewer."""
        return self in _WIDENING

    @property
    def narrows(self) -> bool:
        """Whether the pattern matches fewer requests afterwards, and surely no more."""
        return self in _NARROWING

    @property
    def is_of_action(self) -> bool:
        """Whether the pattern itself came or went, not only its scope."""
        return self in (ChangeKind.ACTION_ADDED, ChangeKind.ACTION_REMOVED)

    @property
    def opposite(self) -> "ChangeKind":
        """The kind of the same change backwards."""
        return _OPPOSITE.get(self, self)


_WIDENING = (ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED)
_NARROWING = (ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED)
_OPPOSITE = dict(zip((*_WIDENING, *_NARROWING), (*_NARROWING, *_WIDENING), strict=True))
EVERYTHING = "*"


class Change(Struct, frozen=True, gc=False):
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

    @property
    def is_exception(self) -> bool:
        """Whether it is about what a `NotAction` excepts."""
        return self.inverted and self.action != EVERYTHING

    @property
    def may_give_access(self) -> bool:
        """Whether requests may be allowed that were not: a grant that came, or a denial or an exception that went."""
        return not (self.kind.widens if self._takes_when_wider else self.kind.narrows)

    @property
    def may_take_access(self) -> bool:
        """Whether requests may be refused that were allowed: a grant that went, a denial or an exception that came."""
        return not (self.kind.narrows if self._takes_when_wider else self.kind.widens)

    @property
    def _takes_when_wider(self) -> bool:
        return (self.effect is Effect.DENY) != self.is_exception
