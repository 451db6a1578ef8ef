"""How near a name that no service has is to one that does exist: pages misspell actions."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

__all__ = ["similarity"]

MIN_SIMILARITY = 0.9
MAX_WORD_LENGTH = 100
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def similarity(written: str, meant: str) -> float:
    """Return how near a name that does not exist is to one that does, up to 1; 0 where it can't be a slip for it.

    Either one's words are all in the other in their order, two at least and plurals aside (`KnowledgeBases`,
    `ListKnowledgeBases`; `GetObjectTypes`, `GetProfileObjectType`); or they begin with the same word and differ in
    a letter or two.
    """
    one, other = _words(written), _words(meant)
    few, many = sorted((one, other), key=len)
    is_within = len(few) > 1 and _is_within(few, many)
    if not is_within and (one[:1] != other[:1] or not _may_be_close(len(written), len(meant))):
        return 0.0
    near = SequenceMatcher(None, written.lower(), meant.lower(), autojunk=False)
    if not is_within and near.quick_ratio() <= MIN_SIMILARITY:
        return 0.0
    ratio = near.ratio()
    return ratio if is_within or ratio > MIN_SIMILARITY else 0.0


def _may_be_close(one: int, other: int) -> bool:
    """Return whether two lengths allow of a difference in a letter or two."""
    return 2 * min(one, other) > MIN_SIMILARITY * (one + other)


@lru_cache(maxsize=20_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower().removesuffix("s") for word in _WORD.findall(name[:MAX_WORD_LENGTH]))


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    rest = iter(many)
    return all(word in rest for word in few)
