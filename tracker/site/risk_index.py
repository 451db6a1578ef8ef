"""An index of the assessments of a changelog: levels by entry and action."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tracker.access import EffectiveChange
from tracker.changelog.model import Entry
from tracker.risk import Assessment, Finding
from tracker.risk.rules import Level

__all__ = ["LEVELS", "RiskIndex"]

LEVELS = tuple(sorted(Level, key=lambda level: level.rank))
"""The levels of risk, the mildest first."""


@dataclass(frozen=True)
class RiskIndex:
    """What entries make possible."""

    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    """The assessments of entries, by id; empty where nothing was assessed."""

    standing: Mapping[tuple[str, str], tuple[Finding, ...]] = field(default_factory=dict)
    """The findings on what each policy allows now, by owner and folder; empty where nothing was assessed."""

    def standing_level(self, policy: tuple[str, str]) -> str:
        """Return how risky is what a policy allows now; empty where that is not known."""
        found = self.standing.get(policy)
        return found[0].level if found else ""

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The gravest level among an entry's findings, by its id."""
        return {
            entry_id: max((finding.level for finding in assessment.findings), key=lambda level: level.rank)
            for entry_id, assessment in self.assessments.items()
            if assessment.findings
        }

    @cached_property
    def gravities(self) -> dict[str, Mapping[str, int]]:
        """The gravest level of each action among an entry's findings, as a rank, by its id and in lower case.

        The mildest level counts for nothing.
        """
        return {entry_id: _gravity(assessment.findings) for entry_id, assessment in self.assessments.items()}

    def effective_of(self, entry: Entry) -> tuple[EffectiveChange, ...] | None:
        """Return what becomes of actions by an entry; None where its changes say it, or it was not assessed."""
        assessment = self.assessments.get(entry.id)
        return assessment.effective if assessment else None


def _gravity(findings: Iterable[Finding]) -> dict[str, int]:
    gravity: dict[str, int] = {}
    for finding in findings:
        rank = finding.level.rank
        if rank:
            for action in map(str.lower, (finding.action, *finding.actions)):
                gravity[action] = max(gravity.get(action, 0), rank)
    return gravity
