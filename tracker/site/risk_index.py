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

    def ranks(self, entry_id: str) -> Mapping[str, int]:
        """Return the highest level of each action among an entry's findings, as a rank, by the action in lower case.

        The lowest level counts for nothing.
        """
        if entry_id not in self._known_ranks:
            assessment = self.assessments.get(entry_id)
            self._known_ranks[entry_id] = _ranks(assessment.findings) if assessment else {}
        return self._known_ranks[entry_id]

    @cached_property
    def _known_ranks(self) -> dict[str, Mapping[str, int]]:
        return {}

    def effective_of(self, entry: Entry) -> tuple[EffectiveChange, ...] | None:
        """Return what becomes of actions by an entry; None where its changes say it, or it was not assessed."""
        assessment = self.assessments.get(entry.id)
        return assessment.effective if assessment else None


def _ranks(findings: Iterable[Finding]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for finding in findings:
        rank = finding.level.rank
        if rank:
            for action in map(str.lower, (finding.action, *finding.actions)):
                ranks[action] = max(ranks.get(action, 0), rank)
    return ranks
