"""The net effect of a change: what a request may do after it that it could not do before, and the reverse.

Gives the layers above `net_effect`, `guardrail_effect` and `Comparison`. An answer "no" is a proof that there is no
such request, an answer "yes" shows one, whatever has neither is `unknown` with its reason. What a statement matches is
a product of sets (actions, resources, principals, values of each condition key); the question is whether what one
document allows, less what the other does, is empty (`search`). Where the manual can be read in two ways, an answer
holds in both. Never reads a file, and knows no more than what `Facts` and `Universe` say.

A request is allowed when some Allow statement matches it and no Deny statement does:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from tracker.access.answers import (
    Answer,
    Gain,
    NetEffect,
    Possibility,
    Reason,
    ReasonKind,
    Request,
    Verdict,
    Witness,
)
from tracker.access.conditions import KeyType, passes
from tracker.access.direction import Universe
from tracker.access.effective import EffectiveChange, EffectKind, Permission, effective_changes, says_it_all
from tracker.access.effects import Comparison, guardrail_effect, net_effect
from tracker.access.facts import Facts

__all__ = [
    "Answer",
    "Comparison",
    "EffectKind",
    "EffectiveChange",
    "Facts",
    "Gain",
    "KeyType",
    "NetEffect",
    "Permission",
    "Possibility",
    "Reason",
    "ReasonKind",
    "Request",
    "Universe",
    "Verdict",
    "Witness",
    "effective_changes",
    "guardrail_effect",
    "net_effect",
    "passes",
    "says_it_all",
]
