"""The names that somebody may have meant who wrote another."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest_names", "suggestion"]

MOST_NAMES = 3


def nearest_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names nearest to one, the nearest first, at most three.

    Those come first that differ in letter case alone, then those that hold the name, then those spelt similarly.
    The wildcards of a glob count for nothing.

    >>> nearest_names("readonlyaccess", ["ReadOnlyAccess", "AdministratorAccess"])
    ['ReadOnlyAccess']
    """
    wanted = name.replace("*", "").replace("?", "").casefold()
    by_folded: dict[str, str] = {}
    for each in known:
        by_folded.setdefault(each.casefold(), each)
    if not wanted:
        return []
    exact = [wanted] if wanted in by_folded else []
    holding = sorted((each for each in by_folded if wanted in each), key=lambda each: (len(each), each))
    similar = get_close_matches(wanted, by_folded, n=MOST_NAMES) if len(holding) < MOST_NAMES else []
    return [by_folded[each] for each in dict.fromkeys((*exact, *holding, *similar))][:MOST_NAMES]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known names; empty where none is near."""
    near = nearest_names(name, known)
    return f"did you mean {' or '.join(near)}?" if near else ""
