"""Policy documents as frozen values, in the words of IAM's grammar.

Tuples that stand for sets are sorted and hold each item once. Nothing here reads, writes or prints.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any

from msgspec import Struct

from tracker.policy.actions import fold_actions

__all__ = ["Condition", "Effect", "Json", "PolicyDocument", "Scope", "Statement"]

Json = Mapping[str, Any]
"""A JSON object as it was read."""


class Effect(StrEnum):
    """What a statement does for the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class Condition(Struct, frozen=True, dict=True):
    """One test of a condition block: an operator on one key, with its values (any of them suffices).

    Two are equal that test the same: IAM compares keys without regard to case.
    """

    operator: str
    """Canonical spelling with its prefix and suffix: `ForAllValues:StringLikeIfExists`, `Bool`, `Null`."""
    key: str
    """The condition key as published: `aws:ResourceTag/AmazonConnectEnabled`."""
    values: tuple[str, ...]
    """The values as text, sorted: `true` and `"true"` are the same."""

    @cached_property
    def folded_key(self) -> str:
        """The key in lower case."""
        return self.key.lower()

    @cached_property
    def sort_key(self) -> tuple[str, str, tuple[str, ...]]:
        """What it is compared and ordered by."""
        return self.operator, self.folded_key, self.values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.sort_key == other.sort_key

    def __hash__(self) -> int:
        return hash(self.sort_key)


class Scope(Struct, frozen=True, cache_hash=True, gc=False):
    """Where and when a line of permission holds: resources (or all but some), principals, conditions."""

    resources: tuple[str, ...] = ()
    """Resource patterns; empty when `not_resources` is used, or when the document names no resource at all."""
    not_resources: tuple[str, ...] = ()
    """All resources but these."""
    principals: tuple[str, ...] = ()
    """`*`, or `AWS:arn…`, `Service:…`, `Federated:…`, `CanonicalUser:…`; empty in identity policies."""
    not_principals: tuple[str, ...] = ()
    """All principals but these."""
    conditions: tuple[Condition, ...] = ()
    """All of them must hold; sorted by operator and key."""


class Statement(Struct, frozen=True, dict=True):
    """One statement of a policy document. Two are equal that mean the same, whatever their order, Sid and spelling."""

    effect: Effect
    """Allow or Deny."""
    inverted: bool
    """True for `NotAction`: the statement is about all actions but `actions`."""
    scope: Scope
    """Where and when it holds."""
    actions: tuple[str, ...]
    """The action patterns as published, in their order."""
    sid: str | None = None
    """The statement's label, which means nothing for access."""

    @property
    def order(self) -> tuple[str, ...]:
        """`actions`, folded, in the same order."""
        return tuple(fold_actions(self.actions))

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Each action, folded → as published, without white space around it; the first in ASCII order of several."""
        if len(self.folded) == len(self.actions):
            return dict(zip(fold_actions(self.actions), map(str.strip, self.actions), strict=True))
        found: dict[str, str] = {}
        for folded, action in zip(self.order, map(str.strip, self.actions), strict=True):
            found[folded] = min(action, found.get(folded, action))
        return found

    @cached_property
    def folded(self) -> frozenset[str]:
        """`actions` in the form in which they are compared."""
        return frozenset(fold_actions(self.actions))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Statement):
            return NotImplemented
        return self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    @property
    def _meaning(self) -> tuple[Effect, bool, Scope, frozenset[str]]:
        return self.effect, self.inverted, self.scope, self.folded

    @cached_property
    def wild(self) -> frozenset[str]:
        """Those of `folded` that are wildcards."""
        return frozenset(action for action in self.folded if "*" in action or "?" in action)

    @cached_property
    def wild_by_service(self) -> Mapping[str, Sequence[str]]:
        """The same by service; `*` for those whose service is a wildcard itself."""
        found: dict[str, list[str]] = {}
        for action in self.wild:
            service = action.partition(":")[0]
            found.setdefault("*" if "*" in service or "?" in service else service, []).append(action)
        return found


class PolicyDocument(Struct, frozen=True):
    """A policy document that has been read and found well-formed."""

    statements: tuple[Statement, ...]
    """Its statements, in their order."""
