"""What the changes of a changelog were found to mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tracker.risk import Assessment
from tracker.rules import Level

__all__ = ["LEVELS", "Judged"]

LEVELS = tuple(sorted(Level, key=lambda level: level.rank))
"""The levels of risk, the mildest first."""


@dataclass(frozen=True)
class Judged:
    """What entries make possible."""

    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    """The assessments of entries, by id; empty where nothing was assessed."""

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The gravest level among an entry's findings, by its id."""
        return {
            entry_id: max((finding.level for finding in assessment.findings), key=lambda level: level.rank)
            for entry_id, assessment in self.assessments.items()
            if assessment.findings
        }
