"""What is true of an action that a row names and that no version near the row explains.

Most such names are right all the same: the policy granted the action before, under its name or by a wildcard. Only a
name that the policy never granted, or granted at another time, is a complaint.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tracker.documentation.auditing.matching import ROW_ZONE
from tracker.documentation.auditing.model import ActionFinding, ActionStanding
from tracker.documentation.auditing.spelling import similarity
from tracker.documentation.reading.actions import DocumentedAction
from tracker.documentation.reading.date_spans import DaySpan
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.model import Effect
from tracker.policy.patterns import covers, has_wildcard

__all__ = ["GrantHistory"]

MAX_LOOKED_AT = 20_000
"""Names of one version that an unknown name is compared with."""


@dataclass(frozen=True)
class _Granted:
    """What one version grants."""

    version_id: str
    day: date
    allowed: frozenset[str]
    """Folded patterns of its Allow statements."""
    denied: frozenset[str]
    all_but: tuple[frozenset[str], ...]
    """The exceptions of each `NotAction` under Allow."""
    written: Mapping[str, str]
    """Each pattern of `allowed` as the policy writes it."""

    @cached_property
    def wildcards(self) -> tuple[str, ...]:
        return tuple(sorted(filter(has_wildcard, self.allowed)))

    def has(self, name: str) -> bool:
        """Return whether an action, or a bare name, is granted by its own name."""
        return name in self.allowed if ":" in name else name in self._bare

    @cached_property
    def _bare(self) -> frozenset[str]:
        return frozenset(pattern.partition(":")[2] for pattern in self.allowed)

    def covering(self, name: str) -> str | None:
        """Return what grants an action under another name: a wildcard, or `NotAction`; None for nothing."""
        found = next((pattern for pattern in self.wildcards if pattern != name and covers(pattern, name)), None)
        if found is None and any(not any(covers(left_out, name) for left_out in but) for but in self.all_but):
            return "NotAction"
        return found


class GrantHistory:
    """What a policy granted, version by version."""

    def __init__(self, history: PolicyHistory) -> None:
        """Take a history; versions that can't be read are left out."""
        self._versions = [granted for version in history.versions if (granted := _granted(version))]
        self._days = [version.day for version in self._versions]

    def standing(
        self, action: DocumentedAction, days: DaySpan, matched: str | None, *, is_known: bool
    ) -> ActionFinding:
        """Return what is true of an action that no version near its row explains.

        Args:
            action: as the row names it.
            days: the row's day, or the days that it can be.
            matched: the version that explains the rest of the row; None for none.
            is_known: whether some service has an action of that name.
        """
        name, at = fold_action(action.name), self._place(days.last, matched)
        if at is None:
            return ActionFinding(action.name, ActionStanding.NEVER, removed=action.removed)
        found = self._not_removed(name, at) if action.removed else self._granted_before(name, at)
        found = found or self._at_another_time(name, days, removed=action.removed)
        if found is None and not is_known:
            found = self._other_spelling(action.name, at) or self._other_spelling_and_time(action, days)
        standing, version, by, distance, meant = found or (ActionStanding.NEVER, None, None, None, ())
        return ActionFinding(action.name, standing, version, by, distance, meant, action.removed)

    def _place(self, day: date, matched: str | None) -> int | None:
        """Return which version a row is about: the matched one, or that in force on its day, or the first."""
        if matched is not None:
            for index, version in enumerate(self._versions):
                if version.version_id == matched:
                    return index
        return max(0, bisect_right(self._days, day) - 1) if self._versions else None

    def _granted_before(self, name: str, at: int) -> "_Found | None":
        version = self._versions[at]
        if version.has(name):
            while at and self._versions[at - 1].has(name):
                at -= 1
            return ActionStanding.GRANTED_BEFORE, self._versions[at].version_id, None, None, ()
        if ":" in name and (by := version.covering(name)):
            while at and self._versions[at - 1].covering(name) == by:
                at -= 1
            return ActionStanding.COVERED, self._versions[at].version_id, version.written.get(by, by), None, ()
        if name in version.denied:
            return ActionStanding.DENIED, version.version_id, None, None, ()
        if has_wildcard(name) and any(covers(name, pattern) for pattern in version.allowed):
            return ActionStanding.GRANTED_BEFORE, version.version_id, None, None, ()
        return None

    def _not_removed(self, name: str, at: int) -> "_Found | None":
        version = self._versions[at]
        by = None if version.has(name) else version.covering(name) if ":" in name else None
        if by is None and not version.has(name):
            return None
        return ActionStanding.STILL_GRANTED, version.version_id, version.written.get(by or "", by), None, ()

    def _at_another_time(self, name: str, days: DaySpan, *, removed: bool) -> "_Found | None":
        """Find the version nearest to the row's day that added the action, or removed it."""
        found = list(self._steps(name, removed=removed))
        nearest = min(found, key=lambda version: abs(days.days_after(version.day)), default=None)
        if nearest is None:
            return None
        return ActionStanding.OTHER_TIME, nearest.version_id, None, days.days_after(nearest.day), ()

    def _steps(self, name: str, *, removed: bool) -> Iterator[_Granted]:
        before = False
        for version in self._versions:
            after = version.has(name)
            if after != before and before == removed:
                yield version
            before = after

    def _other_spelling_and_time(self, action: DocumentedAction, days: DaySpan) -> "_Found | None":
        """Find what is meant by a name that no service has, among what versions of another time added or removed."""
        for version in sorted(self._versions, key=lambda version: abs(days.days_after(version.day))):
            near = self._other_spelling(action.name, self._versions.index(version))
            if near and (found := self._at_another_time(fold_action(near[4][0]), days, removed=action.removed)):
                return (*found[:4], near[4])
        return None

    def _other_spelling(self, written: str, at: int) -> "_Found | None":
        """Find what is meant by a name that no service has, among what the policy grants."""
        service, _, name = written.rpartition(":")
        version = self._versions[at]
        allowed = sorted(version.written.values())[:MAX_LOOKED_AT]
        elsewhere = tuple(pattern for pattern in allowed if fold_action(pattern).partition(":")[2] == name.lower())
        near = elsewhere or _nearest(fold_action(service), name, allowed)
        return (ActionStanding.RESPELLED, version.version_id, None, None, near) if near else None


_Found = tuple[ActionStanding, str | None, str | None, int | None, tuple[str, ...]]
"""Standing, version, wildcard, days, and what was meant."""


def _nearest(service: str, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    likely = {
        pattern: similarity(name, pattern.partition(":")[2])
        for pattern in allowed
        if service in ("", fold_action(pattern.partition(":")[0])) and not has_wildcard(pattern)
    }
    best = max(likely, key=lambda pattern: (likely[pattern], pattern), default=None)
    return (best,) if best and likely[best] else ()


def _granted(version: PolicyVersion) -> _Granted | None:
    try:
        statements = version.parsed.statements
    except DocumentError:
        return None

    def patterns(effect: Effect, *, inverted: bool) -> Iterable[frozenset[str]]:
        return (
            frozenset(statement.folded)
            for statement in statements
            if statement.effect is effect and statement.inverted is inverted
        )

    return _Granted(
        version.version_id,
        version.created_at.astimezone(ROW_ZONE).date(),
        frozenset().union(*patterns(Effect.ALLOW, inverted=False)),
        frozenset().union(*patterns(Effect.DENY, inverted=False)),
        tuple(patterns(Effect.ALLOW, inverted=True)),
        {
            fold_action(action): action
            for statement in statements
            if statement.effect is Effect.ALLOW and not statement.inverted
            for action in statement.actions
        },
    )
