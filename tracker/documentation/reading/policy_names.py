"""The names of all policies that ever were, found in the text of a page.

Names are not guessed: the archive knows them. A name is found whole, in any letter case, with another hyphen or
underscore, and broken by blanks, line breaks or markup as long as the pieces read like one. The longest match wins:
`AdministratorAccess-AWSElasticBeanstalk` is not `AdministratorAccess`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from tracker.documentation.reading.layout import CODE, CODE_END, LINK, LINK_END
from tracker.documentation.reading.names import MAX_NAME_LENGTH, is_broken_name, letters_of

__all__ = ["NO_NAMES", "PolicyNames"]

MAX_PARTS = 4
"""Pieces of which a broken name is put together."""
MIN_SIMILARITY = 0.85
MAX_NEAREST = 1000
"""Unknown names for which the nearest one is looked for: each takes some milliseconds, and no pages have so many."""
_TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*+")
_MARKS = f"{CODE}{CODE_END}{LINK}{LINK_END}"
_GAP = re.compile(rf"[\s{_MARKS}]*")
# Names that stand in prose as words: Billing, SecurityAudit, DataScientist, ReadOnlyAccess.
_WORD = re.compile(r"(?!AWS|Amazon)(?:[A-Z][a-z]+){1,2}|(?:ReadOnly|ViewOnly|PowerUser)Access")
_OWNER_BEFORE = re.compile(r"\b(?:AWS|Amazon)\s{1,4}$")
MAX_OWNER_LENGTH = 12
"""How far before a name its owner is looked for: a search from the beginning would be quadratic in the cell."""
_OWNER_INSIDE = re.compile(r"(?<=[a-z0-9])(?:AWS|Amazon)")
MIN_GLUED_LENGTH = 20
"""Characters of the shortest two names that stick together."""
_PRODUCT_AFTER = re.compile(r"\s+(?:and Cost Management|Conductor|console)\b", re.IGNORECASE)


class PolicyNames:
    """Names of policies by what a page may print in their place."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Take the names, each as AWS writes it."""
        self._names = frozenset(names)
        ordered = sorted(self._names)
        self._lower = _unique_by(str.lower, ordered)
        self._letters = _unique_by(letters_of, ordered)
        self._squashed = _unique_by(_squashed, ordered)
        self._looked_for = 0
        self.nearest = lru_cache(MAX_NEAREST)(self._nearest)
        """Return the known name that an unknown one is most like, or None where none is like it.

        None, too, for all names beyond the first `MAX_NEAREST`: a hostile page has tens of thousands.
        """

    def __bool__(self) -> bool:
        """Return whether any name is known."""
        return bool(self._names)

    def __contains__(self, name: object) -> bool:
        """Return whether a policy is called exactly so."""
        return name in self._names

    def find(self, marked: str, *, first_cell: bool = False) -> tuple[str, ...]:
        """Return the policies a text names, each once, in order.

        Args:
            marked: a text with the marks of code and links.
            first_cell: True for the cell that says what a row is about: there a word such as `Billing` counts, too.
        """
        if not self._names:
            return ()
        return tuple(dict.fromkeys(self._found(marked, first_cell=first_cell)))

    def _found(self, marked: str, *, first_cell: bool) -> Iterator[str]:
        tokens = list(_TOKEN.finditer(marked))
        at = 0
        while at < len(tokens):
            if glued := self._glued(tokens[at][0]):
                yield from glued
                at += 1
                continue
            longest = min(MAX_PARTS, len(tokens) - at) if _may_begin_broken(marked, tokens, at) else 1
            for size in range(longest, 0, -1):
                window = tokens[at : at + size]
                name = self._joined(marked, window) if size > 1 else self._single(window[0][0])
                if name and self._counts(name, marked, window, first_cell=first_cell):
                    yield name
                    at += size - 1
                    break
            at += 1

    def _single(self, token: str) -> str | None:
        """Return the name that a word is, or begins with before a hyphen: `AmazonShoePolicy-updated`."""
        word = token.strip("-_")
        while word and len(word) <= MAX_NAME_LENGTH:
            if word in self._names:
                return word
            name = self._lower.get(word.lower()) or self._squashed.get(_squashed(word))
            if name and not _WORD.fullmatch(name):
                return name
            word = word.rpartition("-")[0].rstrip("-_")
        return None

    def _glued(self, token: str) -> tuple[str, str] | None:
        """Return the two names that a word consists of, where a page lost what stood between them."""
        if not MIN_GLUED_LENGTH <= len(token) <= 2 * MAX_NAME_LENGTH or token in self._names:
            return None
        for found in _OWNER_INSIDE.finditer(token):
            first, second = token[: found.start()], token[found.start() :]
            if first in self._names and second in self._names:
                return first, second
        return None

    def _joined(self, marked: str, window: Sequence[re.Match[str]]) -> str | None:
        """Return the name whose pieces some words are."""
        parts = [match[0] for match in window]
        joined = "".join(parts)
        gaps = (marked[one.end() : two.start()] for one, two in pairwise(window))
        if len(joined) > MAX_NAME_LENGTH or not all(_GAP.fullmatch(gap) for gap in gaps):
            return None
        if not (is_broken_name(parts) or _is_one_span(marked, window)):
            return None
        if joined in self._names:
            return joined
        return self._letters.get(letters_of(joined)) or self._squashed.get(_squashed(joined))

    def _counts(self, name: str, marked: str, window: Sequence[re.Match[str]], *, first_cell: bool) -> bool:
        """Return whether a name that is a word stands where it is the policy."""
        if not _WORD.fullmatch(name):
            return True
        start, end = window[0].start(), window[-1].end()
        if start > 0 and marked[start - 1] in _MARKS:
            return True
        return (
            first_cell
            and not _OWNER_BEFORE.search(marked[max(0, start - MAX_OWNER_LENGTH) : start])
            and not _PRODUCT_AFTER.match(marked, end)
        )

    def _nearest(self, name: str) -> str | None:
        folded = name.lower()
        self._looked_for += 1
        if len(folded) > MAX_NAME_LENGTH or self._looked_for > MAX_NEAREST:
            return None
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(folded)
        best: tuple[float, str] | None = None
        for known in self._names:
            other = known.lower()
            is_part = min(len(folded), len(other)) > len("AmazonS3") and (
                other.startswith(folded) or folded.startswith(other)
            )
            matcher.set_seq1(other)
            if not is_part and (matcher.real_quick_ratio() < MIN_SIMILARITY or matcher.quick_ratio() < MIN_SIMILARITY):
                continue
            ratio = matcher.ratio()
            if (is_part or ratio >= MIN_SIMILARITY) and (best is None or (ratio, known) > best):
                best = ratio, known
        return best[1] if best else None


def _unique_by(key: Callable[[str], str], names: Iterable[str]) -> dict[str, str]:
    """Return names by a key; those that share theirs are left out."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        found[key(name)].append(name)
    return {form: same[0] for form, same in found.items() if len(same) == 1}


def _squashed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _may_begin_broken(marked: str, tokens: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a word may be the first piece of a broken name; of most words of prose it is plain that not."""
    start = tokens[at].start()
    return (
        (start > 0 and marked[start - 1] in (CODE, LINK))
        or is_broken_name([tokens[at][0]])
        or any("_" in token[0] for token in tokens[at : at + MAX_PARTS])
    )


def _is_one_span(marked: str, window: Sequence[re.Match[str]]) -> bool:
    """Return whether some words stand together in code font or in a link, alone."""
    start, end = window[0].start(), window[-1].end()
    inside = marked[start:end]
    return (
        start > 0
        and end < len(marked)
        and marked[start - 1] in (CODE, LINK)
        and marked[end] in (CODE_END, LINK_END)
        and not any(mark in inside for mark in _MARKS)
    )


NO_NAMES = PolicyNames()
"""No name is known: a page's names are then found by their form."""
