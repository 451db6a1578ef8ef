"""What a change makes possible that somebody should look at: rules, and the findings they give.

Findings rest on net effect: an action that could be done before on the same scope is never reported, however the
document words it now. What could not be decided is reported and marked so. That an action is there is no proof that
it can be abused: a finding says where to look.
"""

from tracker.risk.access_gains import Opening, openings
from tracker.risk.assessment import Assessment, assessed
from tracker.risk.findings import Finding, findings, fingerprint_of, highest, unreadable
from tracker.risk.knowledge import Escalation, Knowledge, load_knowledge, universe_of

__all__ = [
    "Assessment",
    "Escalation",
    "Finding",
    "Knowledge",
    "Opening",
    "assessed",
    "findings",
    "fingerprint_of",
    "highest",
    "load_knowledge",
    "openings",
    "universe_of",
    "unreadable",
]
