"""What a change makes possible that somebody should look at: rules, and the findings they give.

Findings rest on net effect: an action that could be done before on the same scope is never reported, however the
document words it now. What could not be decided is reported and marked so. That an action is there is no proof that
it can be abused: a finding says where to look.
"""

from tracker.risk.access_gains import AccessGain, access_gains_of
from tracker.risk.assessment import Assessment, assess, assess_change, gains_and_findings
from tracker.risk.effective_changes import effective_changes_of, has_same_scopes
from tracker.risk.findings import Finding, findings, fingerprint_of, highest_level, source_finding, unknown_finding
from tracker.risk.knowledge import Escalation, Knowledge, facts_of, load_knowledge, universe_of
from tracker.risk.limits import Limit

__all__ = [
    "AccessGain",
    "Assessment",
    "Escalation",
    "Finding",
    "Knowledge",
    "Limit",
    "access_gains_of",
    "assess",
    "assess_change",
    "effective_changes_of",
    "facts_of",
    "findings",
    "fingerprint_of",
    "gains_and_findings",
    "has_same_scopes",
    "highest_level",
    "load_knowledge",
    "source_finding",
    "universe_of",
    "unknown_finding",
]
