"""The net effect of a change: what a request may do after it that it could not do before, and the reverse.

An answer "no" rests on a proof that what one document allows is covered by the other (`scopes.covers`), an answer
"yes" on a concrete request that the one allows and the other does not; whatever has neither is `unknown`.
A request is allowed when some Allow statement matches it and no Deny statement does:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Never answers "no" without a proof, and never reads or prints anything.
"""

from tracker.access.answers import (
    Answer,
    Gain,
    NetEffect,
    Possibility,
    Reason,
    ReasonKind,
    Verdict,
    Witness,
)
from tracker.access.direction import Universe
from tracker.access.effects import Comparison, guardrail_effect, net_effect

__all__ = [
    "Answer",
    "Comparison",
    "Gain",
    "NetEffect",
    "Possibility",
    "Reason",
    "ReasonKind",
    "Universe",
    "Verdict",
    "Witness",
    "guardrail_effect",
    "net_effect",
]
