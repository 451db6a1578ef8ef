"""What kind of change a row documents: of 885 rows 70 % are updates, 20 % new policies, 9 % the start of tracking."""

import re
from collections.abc import Sequence
from enum import StrEnum

from tracker.documentation.languages import with_other_languages

__all__ = ["RowKind", "SpokenOf", "kind_of", "says_tracking_started", "spoken_of"]


class RowKind(StrEnum):
    """What kind of change a row documents."""

    UPDATE = "update"
    NEW_POLICY = "new-policy"
    TRACKING_STARTED = "tracking-started"
    DEPRECATED = "deprecated"
    RENAMED = "renamed"
    LISTED = "listed"


def _phrase(english: str, field: str) -> re.Pattern[str]:
    return re.compile(with_other_languages(english, field), re.IGNORECASE)


_TRACKING = _phrase(r"\b(?:start(?:s|ed)?|began|begins) (?:to track|tracking)\b|\bchange ?log published\b", "tracking")
_MANAGED = r"(?: (?:of|the|this|these|an?|existing|old|aws|amazon|iam|managed|service|service-linked|role))*"
# What is deprecated must be a policy: a row may speak of the deprecation of images.
_DEPRECATED = _phrase(
    r"^\W*(?:is |was |has been |now )?(?:deprecat(?:ed|es|ion|ing)|retired|retirement)\W*$"
    r"|^\W*(?:deprecated|retired)(?! *(?:the )?(?:permissions?|actions?|apis?|images?))"
    rf"|\b(?:deprecat(?:ed|es|ion|ing)|retire[ds]|retirement){_MANAGED} polic"
    # The whole title: "Removed policy statements" is an update.
    r"|^\W*(?:removed|removal of) (?:an? |the )?(?:aws )?managed polic(?:y|ies)\W*$"
    r"|\bpolic(?:y|ies) (?:(?:is|was|are|were|has been|have been|will be|now) )*(?:deprecat(?:ed|ion)|retire[ds])\b",
    "deprecated",
)
_RENAMED = _phrase(r"\brenam", "renamed")
_LISTED = re.compile(r"\b(?:listed|now documented|added to (?:the|this) (?:page|list|documentation))\b", re.IGNORECASE)
_NEW = _phrase(
    r"\b(?:new|added|introduc\w+)(?: an?)?(?: new)?(?: aws)?"
    r"(?:[ -](?:managed|service-linked|service|role|iam))* polic(?:y|ies)\b"
    r"|^(?:add|added|adds|introduce|introduces|introduced|introducing|create|created|new)(?: a)?(?: new)?[.:]?$"
    r"|\bpolic(?:y|ies) (?:was |were )?(?:added|created|introduced)\b",
    "new_policy",
)
# "Introduced AmazonShoePolicy and AmazonSockPolicy.": the names stand as "policy" here.
_NEW_BY_NAME = re.compile(
    r"\W*(?:\w+ ){0,3}?(?:new|added|adds|introduc(?:ed|es|ing)|created)\W+policy(?:\W+(?:and\W+)?policy)*\W*$",
    re.IGNORECASE,
)
# A title may speak of a new policy and of an update to another one.
_NOT_NEW = re.compile(
    r"\b(?:permissions?|actions?|statements?|conditions?|support|resources?)\b|\bupdate[sd]? (?:to|of) ", re.IGNORECASE
)


MAX_TITLE = 4000
"""Characters of a title, and of a description, that decide what kind of row it is."""
# What a title has in it that says what happened; others only say what the policy is for.
_TELLS_KIND = re.compile(
    r"\b(?:updat|chang|modif|add|new\b|remov|restrict|scop|permission|action|statement|condition|support|polic(?:y|ies)\b)"
    r"|[^\x00-\x7f]",
    re.IGNORECASE,
)


def says_tracking_started(text: str) -> bool:
    """Return whether a title or sentence says that the service began to track changes: the last row of most tables."""
    return _TRACKING.search(text) is not None


def kind_of(title: str, description: str, policies: Sequence[str]) -> RowKind:
    """Evaluate a row by its title, and by its description where the title says nothing."""
    title, first = title[:MAX_TITLE], description[:MAX_TITLE].split("\n", 1)[0]
    bare = title
    for policy in policies:
        bare = bare.replace(policy, " ")
    bare = " ".join(bare.split())
    named = title
    for policy in policies:
        named, first = named.replace(policy, "policy"), first.replace(policy, "policy")
    if says_tracking_started(bare) or (not (policies and bare) and says_tracking_started(first)):
        return RowKind.TRACKING_STARTED
    if _DEPRECATED.search(bare) or _DEPRECATED.search(named) or (not bare and _DEPRECATED.search(first)):
        return RowKind.DEPRECATED
    for kind, pattern in ((RowKind.RENAMED, _RENAMED), (RowKind.LISTED, _LISTED)):
        if pattern.search(bare) or (not bare and pattern.search(first)):
            return kind
    if _NEW_BY_NAME.match(named) and not _NOT_NEW.search(bare):
        return RowKind.NEW_POLICY
    if _NEW.search(bare) and not _NOT_NEW.search(bare):
        return RowKind.NEW_POLICY
    if not _TELLS_KIND.search(bare) and _NEW.search(first) and not _NOT_NEW.search(first.split(".")[0]):
        return RowKind.NEW_POLICY
    return RowKind.UPDATE


class SpokenOf(StrEnum):
    """What kind of change a row speaks of."""

    CONDITION = "condition"
    LABELS = "labels"
    SCOPE = "scope"


_SPOKEN_OF = (
    (SpokenOf.LABELS, re.compile(r"\b(?:sids?|statement ids?|statement identifiers?)\b", re.IGNORECASE)),
    (SpokenOf.CONDITION, _phrase(r"\bcondition(?:s|al)?\b|\bcontext keys?\b", "condition")),
    (SpokenOf.SCOPE, _phrase(r"\b(?:scoped?|restrict\w*|narrow\w*|resources? (?:arns?|elements?)|arns?)\b", "scope")),
)


def spoken_of(text: str, condition_keys: Sequence[str]) -> SpokenOf | None:
    """Return what kind of change a row speaks of; None where it does not say.

    Args:
        text: its title and description.
        condition_keys: the condition keys it names.
    """
    found = next((kind for kind, pattern in _SPOKEN_OF if pattern.search(text)), None)
    return SpokenOf.CONDITION if found is None and condition_keys else found
