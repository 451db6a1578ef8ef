"""Patterns of Resource and NotResource elements: what they say beyond other patterns.

An incomplete ARN is completed with wildcards. A star that ends a segment (what stands between two colons) may reach
beyond the colon; of a star within a segment and of `?` the manual does not say whether they do, so nothing is concluded
from either:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from functools import lru_cache

from tracker.policy.patterns import covers, overlaps

__all__ = ["ARN_FIELDS", "completed", "has_open_wildcard", "resource_covers", "resources_overlap", "segments"]

ARN_FIELDS = 6
"""`arn:partition:service:region:account:resource`; the last field may hold colons of its own."""
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_OPEN_WILDCARD = re.compile(r"\?|\*(?![*:]|\Z)")


def segments(pattern: str, most: int = -1) -> list[str]:
    """Split a pattern at its first colons, at `most` of them, those in variables left alone.

    >>> segments("arn:aws:iam::1:user/${aws:username}")
    ['arn', 'aws', 'iam', '', '1', 'user/${aws:username}']
    """
    if "${" not in pattern:
        return pattern.split(":", most)
    hidden = _VARIABLE.sub(lambda found: found[0].replace(":", "\0"), pattern)
    return [segment.replace("\0", ":") for segment in hidden.split(":", most)]


@lru_cache(4096)
def completed(pattern: str) -> str:
    """Return a resource pattern with its missing fields as wildcards, if it is an incomplete ARN.

    >>> completed("arn:aws:sqs"), completed("*")
    ('arn:aws:sqs:*:*:*', '*')
    """
    if not pattern.startswith("arn:"):
        return pattern
    return pattern + ":*" * (ARN_FIELDS - len(segments(pattern, ARN_FIELDS - 1)))


def has_open_wildcard(pattern: str) -> bool:
    """Return whether a pattern of ARNs has a wildcard of which it is not known whether it matches a colon.

    >>> has_open_wildcard("arn:aws:s3:::a*b"), has_open_wildcard("arn:aws:s3:::a*")
    (True, False)
    """
    return pattern.startswith("arn:") and _OPEN_WILDCARD.search(_VARIABLE.sub("", pattern)) is not None


def resource_covers(wide: str, narrow: str) -> bool:
    """Return whether every resource of a pattern surely is one of another.

    >>> resource_covers("arn:aws:s3", "arn:aws:s3:::b/*"), resource_covers("arn:aws:s3:::a*b", "arn:aws:s3:::a:b")
    (True, False)
    """
    if wide in ("*", narrow):
        return True
    wide, narrow = completed(wide), completed(narrow)
    if not has_open_wildcard(wide):
        return covers(wide, narrow)
    mine, yours = segments(wide), segments(narrow)
    return len(mine) == len(yours) and all(map(covers, mine, yours))


def resources_overlap(one: str, other: str) -> bool:
    """Return whether some resource may be one of both patterns."""
    return overlaps(completed(one), completed(other))
