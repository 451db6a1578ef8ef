"""The version that a row without actions documents.

What decides is the row's day, the kind of change that it speaks of, and what other rows leave over.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from tracker.changelog.model import Event
from tracker.diff.model import Change
from tracker.documentation.auditing.matching import USUAL_LAG, USUAL_MAX_DAYS, DatedEntry
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.row_kinds import SpokenOf
from tracker.policy.model import Scope

__all__ = ["distance_of_kind", "version_by_date"]


def version_by_date(
    versions: Iterable[DatedEntry],
    days: DaySpan,
    wanted: SpokenOf | None,
    has_labels_only: Callable[[DatedEntry], bool],
    coverage: Callable[[DatedEntry], int],
) -> DatedEntry | None:
    """Return the version that a row without actions documents; None where none is near.

    Rather one whose change is of the kind that the row speaks of, then one within the usual days, then the one of which
    other rows document least, then the nearest. A version without changes counts where no other does, if the row is
    dated as rows usually are, or speaks of statement ids.

    Args:
        versions: of the policy.
        days: the row's day, or the days that it can be.
        wanted: what the row speaks of.
        has_labels_only: says whether a version's document differs from the one before in nothing but labels.
        coverage: says how far other rows document a version, from 0.
    """
    there = [version for version in versions if abs(version.distance(days)) <= USUAL_MAX_DAYS]
    near = [version for version in there if version.entry.changes or version.entry.event is Event.POLICY_UPDATED]
    if wanted is SpokenOf.LABELS:
        near += [version for version in there if has_labels_only(version)]
    if not near:
        near = [
            version
            for version in there
            if version.entry.event is Event.POLICY_REISSUED and version.distance(days) in USUAL_LAG
        ]

    def order(version: DatedEntry) -> tuple[int, bool, int, int]:
        distance = version.distance(days)
        distance_in_kind = 0 if wanted is None else distance_of_kind(version, wanted, has_labels_only)
        return distance_in_kind, distance not in USUAL_LAG, coverage(version), abs(distance)

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
