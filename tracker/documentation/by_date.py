"""The version that a row without actions tells.

What decides is the row's day, the kind of change that it speaks of, and what other rows leave over.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from tracker.changelog.model import Event
from tracker.diff.model import Change
from tracker.documentation.matching import USUAL_LAG, USUAL_MAX_DAYS, DatedEntry
from tracker.documentation.pages import DocumentedRow
from tracker.policy.model import Scope

__all__ = ["SpokenOf", "distance_of_kind", "spoken_of", "version_by_date"]


class SpokenOf(StrEnum):
    """What kind of change a row speaks of."""

    CONDITION = "condition"
    LABELS = "labels"
    SCOPE = "scope"


_SPOKEN_OF = (
    (SpokenOf.LABELS, re.compile(r"\b(?:sids?|statement ids?|statement identifiers?)\b", re.IGNORECASE)),
    (SpokenOf.CONDITION, re.compile(r"\bcondition(?:s|al)?\b|\bcontext keys?\b|조건", re.IGNORECASE)),
    (
        SpokenOf.SCOPE,
        re.compile(r"\b(?:scoped?|restrict\w*|narrow\w*|resources? (?:arns?|elements?)|arns?)\b|범위", re.IGNORECASE),
    ),
)


def spoken_of(row: DocumentedRow) -> SpokenOf | None:
    """Return what kind of change a row speaks of; None where it does not say."""
    text = f"{row.title} {row.description}"
    found = next((kind for kind, pattern in _SPOKEN_OF if pattern.search(text)), None)
    return SpokenOf.CONDITION if found is None and row.condition_keys else found


def version_by_date(
    versions: Iterable[DatedEntry],
    day: date,
    wanted: SpokenOf | None,
    has_labels_only: Callable[[DatedEntry], bool],
    is_told: Callable[[DatedEntry], bool],
) -> DatedEntry | None:
    """Return the version that a row without actions tells; None where none is near.

    Rather one whose change is of the kind that the row speaks of, then one within the usual days, then one that no
    other row tells, then the nearest. A version without changes counts where no other does, if the row is dated as
    rows usually are, or speaks of statement ids.

    Args:
        versions: of the policy.
        day: the row's day.
        wanted: what the row speaks of.
        has_labels_only: tells whether a version's document differs from the one before in nothing but labels.
        is_told: tells whether another row tells a version.
    """
    there = [version for version in versions if abs(version.distance(day)) <= USUAL_MAX_DAYS]
    near = [version for version in there if version.entry.changes or version.entry.event is Event.POLICY_UPDATED]
    if wanted is SpokenOf.LABELS:
        near += [version for version in there if has_labels_only(version)]
    if not near:
        near = [
            version
            for version in there
            if version.entry.event is Event.POLICY_REISSUED and version.distance(day) in USUAL_LAG
        ]

    def order(version: DatedEntry) -> tuple[int, bool, bool, int]:
        days = version.distance(day)
        distance_in_kind = 0 if wanted is None else distance_of_kind(version, wanted, has_labels_only)
        return distance_in_kind, days not in USUAL_LAG, is_told(version), abs(days)

    return min(near, key=order, default=None)


def distance_of_kind(
    version: DatedEntry, wanted: SpokenOf, has_labels_only: Callable[[DatedEntry], bool]
) -> Literal[0, 1, 2]:
    """Return how far a version is from what a row speaks of: 0 where it is that alone, 1 in part, 2 not at all."""
    if wanted is SpokenOf.LABELS:
        return 0 if has_labels_only(version) else 2
    changes = version.entry.changes
    is_of_kind = _changes_scope if wanted is SpokenOf.SCOPE else _changes_conditions
    if not any(map(is_of_kind, changes)):
        return 2
    return 0 if all(map(_changes_scope if wanted is SpokenOf.SCOPE else _changes_only_conditions, changes)) else 1


def _changes_scope(change: Change) -> bool:
    return not change.kind.is_of_action


def _changes_conditions(change: Change) -> bool:
    return _changes_scope(change) and _parts(change.before, "conditions") != _parts(change.after, "conditions")


def _changes_only_conditions(change: Change) -> bool:
    return _changes_conditions(change) and all(
        _parts(change.before, name) == _parts(change.after, name)
        for name in ("resources", "not_resources", "principals")
    )


def _parts(scopes: Iterable[Scope], name: str) -> set[object]:
    return {getattr(scope, name) for scope in scopes}
