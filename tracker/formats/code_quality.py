"""Reviews as GitLab's Code Quality report, which a merge request shows beside its changes.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json

from tracker.formats.review_findings import findings_of
from tracker.review.model import Review
from tracker.risk.rules import Level
from tracker.text.words import Words, printable

__all__ = ["review_to_code_quality"]

_SEVERITIES = {Level.INFO: "info", Level.NOTICE: "minor", Level.WARNING: "major", Level.CRITICAL: "blocker"}


def review_to_code_quality(review: Review, words: Words) -> str:
    """Return the findings that were not approved, one item each; those in no file name their policy instead."""
    found = [
        {
            "description": placed.text,
            "check_name": placed.finding.rule,
            "fingerprint": placed.finding.fingerprint,
            "severity": _SEVERITIES[placed.finding.level],
            "location": {
                "path": printable((placed.policy.path or placed.policy.name).removeprefix("./")),
                "lines": {"begin": placed.line},
            },
        }
        for placed in findings_of(review, words)
        if not placed.is_approved
    ]
    return f"{json.dumps(found, ensure_ascii=False, indent=2)}\n"
