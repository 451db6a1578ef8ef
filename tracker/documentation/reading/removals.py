"""Whether a sentence says that the policy lost what it names, or got it.

"Removed" counts only where its object is a permission: "removes stale clusters" and "when a canary is deleted" say
what a feature does, not what happened to the policy.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from tracker.documentation.languages import with_other_languages
from tracker.documentation.reading.layout import CODE, plain
from tracker.documentation.reading.sentences import SENTENCE_END

__all__ = ["NamePosition", "removal_of_list", "removal_of_names", "title_removes"]

NamePosition = tuple[str, int, int]
"""A name, and where it begins and ends in its marked text."""

MAX_OBJECT_LENGTH = 300
_PERMISSION = (
    r"permissions?|actions?|access|statements?|sids?|apis?|operations?|wildcards?|privileges?|grants?|rights?|support"
)
_ACTIVE = re.compile(
    r"\b(?:(?P<removed>removed|removes|removing|revoked|revokes|deleted|deletes|deleting)"
    r"|(?P<lost>no longer (?:includes?|grants?|allows?|contains?|has|have|provides?|permits?))"
    r"|(?P<added>added|adds|adding|granted|grants|included|includes|introduced|introduces)"
    r"|(?P<replaced>replaced|replaces|replacing)|(?P<by>with|by))\b|(?P<order>^\W*(?:remove|revoke|delete)\b)"
    # "Updated the policy to remove `x:*` and add specific actions": a purpose elsewhere, here what was done.
    r"|\b(?:updated|changed|modified|edited|revised)\b[^.;]{0,80}?\bto (?P<change>remove|revoke|delete)\b"
    r"|\band (?P<addition>add)\b",
    re.IGNORECASE,
)
_PASSIVE = re.compile(
    r"\b(?:was|were|is|are|been|being|be)\s+(?:also\s+|now\s+)?"
    r"(?:(?P<removed>removed|revoked|deleted|no longer (?:included|granted|allowed))"
    r"|added|granted|included|introduced|allowed)\b",
    re.IGNORECASE,
)
# What a removal may have between its verb and the name or the word "permission" that is its object.
_OBJECT_END = re.compile(
    r"\b(?:from|when|while|until|if|using|with|by|via|that|which|to|for|so|because|after|before|during)\b|[.;:]",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"when|while|if|because|after|before|during|until", re.IGNORECASE)
_OBJECT = re.compile(rf"\b(?:{_PERMISSION}|following|these|them)\b|[A-Za-z0-9-]+:[A-Z*a-z]", re.IGNORECASE)
_BARE_OBJECT = re.compile(rf"^\s*(?:the |unused |its )*{CODE}?[A-Z][a-z]+[A-Z]")
_BE = re.compile(r"\b(?:was|were|is|are|been|being|be|gets?|got)\s+(?:also\s+|now\s+)?$", re.IGNORECASE)
_SUBJECT_FILLER = re.compile(
    rf"(?:[\s,.()/&-]|\b(?:and|or|the|this|these|both|all|also|have|has|had|which|that|{_PERMISSION})\b)*",
    re.IGNORECASE,
)
_PERMISSION_LAST = re.compile(rf"\b(?:{_PERMISSION})\s*(?:ha(?:s|ve|d)\s*)?$", re.IGNORECASE)
_FOLLOWING = re.compile(r"\bfollow", re.IGNORECASE)
_REMOVED_ELSEWHERE, _ADDED_ELSEWHERE = (
    re.compile(with_other_languages("", field), re.IGNORECASE) for field in ("removed", "added")
)
_TITLE = re.compile(
    with_other_languages(r"(?:\b(?:removed|removes|removal of)|^\W*remove)\b|제거|删除|移除|削除", "removed"),
    re.IGNORECASE,
)
_TITLE_ADDS = re.compile(with_other_languages(r"\b(?:add|adds|added|new)\b|추가|添加|追加|新", "added"), re.IGNORECASE)


def title_removes(title: str) -> bool:
    """Return whether a title says of all a row names that the policy lost it."""
    return _TITLE.search(title) is not None and _TITLE_ADDS.search(title) is None


def removal_of_list(lead: str, *, fallback: bool) -> bool:
    """Return whether a list under this lead is one of removed actions; `fallback` where it does not say."""
    sentences = [sentence for sentence in SENTENCE_END.split(lead) if sentence.strip()]
    leading = [sentence for sentence in sentences if _FOLLOWING.search(sentence)] or sentences
    for sentence in reversed(leading):
        removes = _last(_changes(sentence), sentence)
        if removes is not None:
            return removes
    return fallback


def removal_of_names(
    marked: str, found: Sequence[NamePosition], *, fallback: bool
) -> Iterator[tuple[NamePosition, bool]]:
    """Yield each name of a paragraph with whether its sentence says that it was removed.

    Args:
        marked: the paragraph.
        found: its names, in order.
        fallback: the answer where nothing says.
    """
    ends = SENTENCE_END.finditer(marked)
    start = end = passed = stop = 0
    changes: list[tuple[int, bool]] = []
    passives: list[tuple[int, bool]] = []
    removes: bool | None = None
    unsaid = fallback
    for index, name in enumerate(found):
        if name[1] >= end:
            while name[1] >= end:
                start, end = end, next((match.end() for match in ends), len(marked) + 1)
            sentence = marked[start:end]
            changes, passed, removes = _changes(sentence), 0, None
            elsewhere = _last((), sentence)
            unsaid = fallback if elsewhere is None else elsewhere
            stop = max(stop, index)
            while stop < len(found) and found[stop][1] < end:
                stop += 1
            passives = list(_passives(sentence, [other[2] - start for other in found[index:stop]]))
        while passed < len(changes) and changes[passed][0] < name[1] - start:
            removes = changes[passed][1]
            passed += 1
        if removes is None:
            after = bisect_left(passives, (name[2] - start, False))
            yield name, passives[after][1] if after < len(passives) else unsaid
        else:
            yield name, removes


def _changes(sentence: str) -> list[tuple[int, bool]]:
    """Return where a sentence says that what comes next was removed (True) or added (False)."""
    changes = []
    replacing = False
    for match in _ACTIVE.finditer(sentence):
        kind = match.lastgroup
        if kind in ("removed", "order", "change") and not _has_object(sentence, match.end()):
            continue
        # "jobs can be deleted (`x:DeleteJob`)": what was deleted stands before the verb.
        if kind == "removed" and _BE.search(sentence[max(0, match.start() - 20) : match.start()]):
            subject = plain(sentence[max(0, match.start() - MAX_OBJECT_LENGTH) : match.start()])
            if not _OBJECT.search(subject):
                continue
        if kind != "by":
            changes.append((match.start(), kind not in ("added", "addition")))
        elif replacing:
            changes.append((match.start(), False))
        replacing = kind == "replaced" or (replacing and kind == "by")
    return changes


def _has_object(sentence: str, at: int) -> bool:
    """Return whether what a verb removes is a permission."""
    rest = sentence[at : at + MAX_OBJECT_LENGTH]
    # The colon of an action ends no object.
    words = plain(rest)
    colon = re.search(r"[A-Za-z0-9-]:[A-Z*a-z]", words)
    stop = _OBJECT_END.search(words if colon is None else words[: colon.start() + 1])
    phrase = words[: stop.start()] if stop else words
    if not phrase.strip():
        # "when a canary is deleted if" says what happens to canaries.
        return stop is None or _CLAUSE.fullmatch(stop[0]) is None
    return _OBJECT.search(phrase) is not None or _BARE_OBJECT.match(rest) is not None


def _passives(sentence: str, ends: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Yield where a sentence says of what stands before that it was added or removed; names end at some positions."""
    for match in _PASSIVE.finditer(sentence):
        if not match["removed"]:
            yield match.start(), False
            continue
        before = bisect_right(ends, match.start())
        last = max(ends[before - 1] if before else 0, match.start() - MAX_OBJECT_LENGTH)
        between = plain(sentence[last : match.start()])
        if _SUBJECT_FILLER.fullmatch(between) or _PERMISSION_LAST.search(between):
            yield match.start(), True


def _last(changes: Sequence[tuple[int, bool]], sentence: str) -> bool | None:
    """Decide by the last verb of adding or removing; Korean and Chinese have their own. None where there is none."""
    if changes:
        return changes[-1][1]
    passive = list(_passives(sentence, ()))
    if passive:
        return passive[-1][1]
    if _ADDED_ELSEWHERE.search(sentence):
        return False
    return True if _REMOVED_ELSEWHERE.search(sentence) else None
