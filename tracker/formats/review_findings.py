"""What the formats for machines have in common: each finding with its sentence and its place."""

from collections.abc import Iterator

from msgspec import Struct

from tracker.review.model import PolicyReview, Review
from tracker.risk import Finding
from tracker.text.findings import finding_sentence
from tracker.text.words import Words, plain, printable

__all__ = ["PlacedFinding", "findings_of", "uri_of"]


class PlacedFinding(Struct, frozen=True):
    """One finding, ready to be written."""

    finding: Finding
    """The finding."""
    policy: PolicyReview
    """The policy it is about."""
    text: str
    """Policy and sentence in one printable line."""
    line: int
    """The line of the file; 1 where none is known."""
    is_approved: bool
    """True for one that somebody accepted."""


def findings_of(review: Review, words: Words) -> Iterator[PlacedFinding]:
    """Yield all findings of a review, policy by policy; the approved ones of each after the others."""
    for policy in review.policies:
        for is_approved, found in ((False, policy.findings), (True, policy.approved)):
            for finding in found:
                text = f"{printable(policy.name)}: {plain(finding_sentence(finding, words))}"
                line = policy.lines.get(finding.fingerprint) or 1
                yield PlacedFinding(finding, policy, text, line, is_approved)


def uri_of(path: str) -> str:
    """Return a path as a relative URI: each byte that is none of a URI's is escaped, whatever the name's encoding.

    >>> uri_of("a b#1%.json")
    'a%20b%231%25.json'
    """
    from urllib.parse import quote

    return quote(path.removeprefix("./").encode("utf-8", "surrogateescape"))
