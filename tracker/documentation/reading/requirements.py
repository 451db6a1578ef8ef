"""What a row says that the reader's own role or policy needs, which the policy of the row need not have.

"To copy a backup, your role must have `kms:CreateGrant`" is advice. The policy may have the action all the same, so
such names are marked, not left out: they count where they are right, and are no error where they are not.
"""

import re
from collections.abc import Iterator

from tracker.documentation.reading.sentences import sentences

__all__ = ["Span", "begins_list_of_requirements", "requirements"]

Span = tuple[int, int]
"""Where a part of a text begins and ends."""

_WHOSE = (
    r"(?:your|their|(?:an? |any )?custom|customer(?:[- ](?:managed|created)|'s|s')?|user[- ](?:created|defined)"
    r"|self[- ]managed)"
)
_QUALIFIERS = (
    r"(?: (?:own|custom|customer|existing|current|iam|managed|execution|service|backup|restore|task|instance|inline"
    r"|identity-based|aws|default|other|calling))*"
)
_OWN = (
    rf"(?:{_WHOSE}{_QUALIFIERS}"
    r" (?:roles?|polic(?:y|ies)|users?|group|identit(?:y|ies)|principals?|credentials?|administrators?))"
)
_SUBJECT = (
    rf"(?:\byou\b|\b{_OWN}\b|\b(?:the |an? |each |every |any )?(?:callers?|iam (?:role|user|principal|identity)s?"
    r"|users?|principals?|administrators?|customers?|operators?|requesters?)\b"
    # "the role that you pass", "a role with which you restore"
    r"|\b(?:the|any|an?|each) (?:iam )?(?:role|user|principal|identity|policy)s?(?: \w+){0,3} you\b)"
)
_MUST = r"(?:must|needs?(?: to)?|ha(?:s|ve) to|should|shall|requires?|(?:is|are) required to)"
_HAVE = (
    r"(?:have|hold|include|contain|grant|allow|permit|be (?:granted|allowed|given)|add|attach|assign|possess|specify"
    r"|provide|update|extend|be able|also|both)"
)
# From here to the end of the sentence all names are required.
_FORWARD = re.compile(
    rf"{_SUBJECT}[^.;:]{{0,80}}?\b{_MUST}\b(?: (?:also|still|now|then|at least|explicitly|either))*"
    rf" ?(?:\b{_HAVE}\b|(?=\W*[\x02\w-]+:))"
    r"|\bverify\b[^.;]{0,80}\bpermission"
    r"|(?:^|(?<=[.!?])|[,;:–—])[\s\x02\x0e]*(?:please )?(?:then )?(?:make sure|ensure|check|verify|confirm)\b"
    rf"[^.;]{{0,80}}?(?:{_SUBJECT}|\byour\b)"
    rf"|\b{_OWN}\b[^.;:]{{0,40}}?\b{_MUST}\b",
    re.IGNORECASE,
)
# Up to such a word all names of the sentence are, unless it says before that the policy was changed.
_TO_OWN = re.compile(rf"\b(?:to|in|by|of|for|on|from) {_OWN}\b", re.IGNORECASE)
_NEED = re.compile(
    r"\b(?:add|attach|include|grant|put|need|needs|needed|required?|requires|necessary|must|should|present)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:added|adds|adding|updated|now (?:includes?|allows?|grants?|has)|removed|removes|introduced|grant(?:ed|s))\b",
    re.IGNORECASE,
)
# ", so the policy now has ...": what the row is about again.
_BACK_TO_POLICY = re.compile(
    r",? (?:so|and|but|therefore|hence|thus|which is why)\b[^.;]{0,80}?\b(?:added|adds|now|was|were)\b", re.IGNORECASE
)
# A sentence without any of these says nothing of the kind: most are looked at no further.
_MAY_REQUIRE = re.compile(
    r"\b(?:must|need|ha(?:s|ve) to|should|shall|require|verify|make sure|ensure|check|confirm|add|attach|include|grant"
    r"|put|necessary|present)",
    re.IGNORECASE,
)
_MAY_BE_OWN = re.compile(
    r"\b(?:you|their|custom|user|self|caller|iam|principal|admin|operator|requester|verify)", re.IGNORECASE
)
MAX_PARAGRAPH = 20_000
"""Characters of a paragraph in which requirements are looked for."""
MAX_DISTANCE = 200
"""Characters between the word for a need and the role that has it."""
_LIST_FOLLOWS = re.compile(r"\bfollowing\b[^.;:]*[.:]?\s*$|:\s*$", re.IGNORECASE)


def requirements(marked: str) -> tuple[Span, ...]:
    """Return the parts of a paragraph that say what the reader's own role needs, in order; none of a very long one."""
    if len(marked) > MAX_PARAGRAPH:
        return ()
    return tuple(span for start, end in sentences(marked) for span in _of_sentence(marked, start, end))


def _of_sentence(marked: str, start: int, end: int) -> Iterator[Span]:
    if not _MAY_BE_OWN.search(marked, start, end) or not _MAY_REQUIRE.search(marked, start, end):
        return
    at = start
    while at < end and (found := _FORWARD.search(marked, at, end)):
        back = _BACK_TO_POLICY.search(marked, found.end(), end)
        yield found.start(), back.start() if back else end
        at = back.end() if back else end
    if at > start:
        return
    own = _TO_OWN.search(marked, start, end)
    need = own and _NEED.search(marked, max(start, own.start() - MAX_DISTANCE), own.start())
    if own and need:
        yield (need.start() if _CHANGED.search(marked, start, need.start()) else start), own.end()


def begins_list_of_requirements(lead: str) -> bool:
    """Return whether a list under this paragraph is one of what the reader's own role needs."""
    if not _LIST_FOLLOWS.search(lead):
        return False
    last = sentences(lead)
    found = requirements(lead)
    return bool(last and found) and found[-1][0] >= last[-1][0] and found[-1][1] == last[-1][1]
