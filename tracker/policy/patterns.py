"""Patterns of IAM: `*` is any run of characters, `?` is exactly one, everything else is itself.

There are no character classes: `[` is a letter. A policy variable such as `${aws:username}` stands for one
unknown text: nothing but a star takes it in, or the same variable. `${*}`, `${?}` and `${$}` are the characters
themselves (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).

A pattern is run as an automaton whose states are the bits of one integer, so a match costs one step per
character, whatever the pattern. Letter case is the caller's: fold actions, never resources.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

__all__ = ["covers", "has_wildcard", "intersection", "matches", "overlaps", "sample_text", "substitute_variables"]

_TOKEN = re.compile(
    r"\$\{(?P<escape>[*?$])\}|\$\{(?P<variable>[^{}]*)\}|(?P<star>[*])|(?P<one>\?)|(?P<char>.)", re.DOTALL
)
_STAR, _ONE = "star", "one"
CACHED_PATTERNS = 4096
MAX_INTERSECTION_LENGTH = 300
"""Tokens of two patterns together up to which their meeting is looked for."""
MAX_OUTCOMES = 32
"""Outcomes that `covers` follows at a time: a bound against hostile patterns, real ones have one or two."""


class _Automaton(NamedTuple):
    """A pattern ready to run: bit i is "the first i tokens are consumed"."""

    tokens: tuple[tuple[str, str], ...]
    stars: int
    wild: int
    masks: dict[tuple[str, str], int]
    accept: int

    def start(self) -> int:
        return self.closed(1)

    def closed(self, states: int) -> int:
        """Add what a star reaches by matching nothing (stars never stand side by side)."""
        return states | ((states & self.stars) << 1)

    def step(self, states: int, token: tuple[str, str]) -> int:
        """Consume one token that only itself and the wildcards match."""
        may_pass = self.masks.get(token, 0) | (self.wild if token[0] != "variable" else 0)
        return self.closed(((states & may_pass) << 1) | (states & self.stars))

    def other(self, states: int) -> int:
        """Consume one character that no token of the pattern names."""
        return self.closed(((states & self.wild) << 1) | (states & self.stars))


def _tokens(pattern: str, *, loose: bool) -> list[tuple[str, str]]:
    """Split a pattern into (kind, text); a run of wildcards becomes its `?`s, then one star.

    `loose` takes a variable for a star.
    """
    found: list[tuple[str, str]] = []
    ones = stars = 0
    for match in _TOKEN.finditer(pattern):
        kind = match.lastgroup or "char"
        if kind == _STAR or (loose and kind == "variable"):
            stars = 1
        elif kind == _ONE:
            ones += 1
        else:
            found += [(_ONE, "")] * ones + [(_STAR, "")] * stars
            ones = stars = 0
            text = _lower_name(match[kind]) if kind == "variable" else match[kind]
            found.append(("char" if kind == "escape" else kind, text))
    return found + [(_ONE, "")] * ones + [(_STAR, "")] * stars


def _lower_name(variable: str) -> str:
    """Return a variable with its key in lower case: names are compared without regard to case, defaults are not."""
    key, comma, default = variable.partition(",")
    return f"{key.strip().lower()}{comma}{default.strip()}"


@lru_cache(CACHED_PATTERNS)
def _automaton(pattern: str, *, loose: bool = False) -> _Automaton:
    tokens = tuple(_tokens(pattern, loose=loose))
    stars = wild = 0
    masks: dict[tuple[str, str], int] = {}
    for index, token in enumerate(tokens):
        if token[0] == _STAR:
            stars |= 1 << index
        elif token[0] == _ONE:
            wild |= 1 << index
        else:
            masks[token] = masks.get(token, 0) | 1 << index
    return _Automaton(tokens, stars, wild, masks, 1 << len(tokens))


@lru_cache(CACHED_PATTERNS)
def _literals(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Return what every text of the pattern begins with, and the pieces that every text holds.

    What is covered must have them letter by letter: no wildcard of its own always stands for just these letters.
    """
    if "$" in pattern:
        return re.split(r"[*?$]", pattern, maxsplit=1)[0], ()
    head, *pieces = re.split(r"[*?]", pattern)
    return head, tuple(piece for piece in pieces if piece)


def has_wildcard(pattern: str) -> bool:
    """Return whether a pattern matches more than one text.

    >>> has_wildcard("s3:Get*"), has_wildcard("s3:GetObject")
    (True, False)
    """
    return "*" in pattern or "?" in pattern or "${" in pattern


def matches(pattern: str, text: str) -> bool:
    """Return whether `text`, taken letter by letter, is one of the texts that the pattern matches.

    >>> matches("s3:Get?bject*", "s3:GetObjectAcl"), matches("[a]", "a")
    (True, False)
    """
    if not has_wildcard(pattern):
        return pattern == text
    if "?" not in pattern and "$" not in pattern:
        return _holds_in_order(pattern.split("*"), text)
    automaton = _automaton(pattern)
    states = automaton.start()
    for char in text:
        states = automaton.step(states, ("char", char))
        if not states:
            return False
    return bool(states & automaton.accept)


def _holds_in_order(pieces: list[str], text: str) -> bool:
    """Return whether a text begins with the first piece, ends with the last, and has the others between, in order.

    Each is taken where it comes first: whatever else fits leaves less of the text for the rest.
    """
    head, *middle, tail = pieces
    index, end = len(head), len(text) - len(tail)
    if index > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for piece in middle:
        index = text.find(piece, index, end)
        if index < 0:
            return False
        index += len(piece)
    return True


def covers(wide: str, narrow: str) -> bool:
    """Return whether every text of pattern `narrow` is also a text of pattern `wide`.

    Exact, but for patterns made to have more than MOST_OUTCOMES outcomes: of those it is not claimed.

    A text that neither pattern names is the hardest to match, so a `?` in `narrow` is tried with such a
    character alone, and a star with every number of them; only the hardest outcomes are followed.

    >>> covers("s3:*", "s3:?"), covers("s3:?", "s3:*"), covers("?*a", "*aa")
    (True, False, True)
    """
    if wide in ("*", narrow):
        return True
    if not has_wildcard(wide) and "${" not in narrow:
        return False
    if wide.endswith("*") and not has_wildcard(wide[:-1]) and not has_wildcard(narrow):
        return narrow.startswith(wide[:-1])
    head, pieces = _literals(wide)
    if not narrow.startswith(head) or not all(piece in narrow for piece in pieces):
        return False
    automaton = _automaton(wide)
    outcomes = {automaton.start()}
    for token in _automaton(narrow).tokens:
        if token[0] == _STAR:
            outcomes = _any_number_of_others(automaton, outcomes)
        elif token[0] == _ONE:
            outcomes = {automaton.other(states) for states in outcomes}
        else:
            outcomes = {automaton.step(states, token) for states in outcomes}
        outcomes = _hardest(outcomes)
        if 0 in outcomes or len(outcomes) > MAX_OUTCOMES:
            return False
    return all(states & automaton.accept for states in outcomes)


def _any_number_of_others(automaton: _Automaton, outcomes: set[int]) -> set[int]:
    reached = set(outcomes)
    for start in outcomes:
        states = automaton.other(start)
        while states not in reached:
            reached.add(states)
            states = automaton.other(states)
    return reached


def _hardest(outcomes: set[int]) -> set[int]:
    """Drop each outcome that contains another: what the smaller accepts, the larger does."""
    if len(outcomes) == 1:
        return outcomes
    kept: list[int] = []
    for states in sorted(outcomes, key=int.bit_count):
        if not any(smaller & states == smaller for smaller in kept):
            kept.append(states)
            if len(kept) > MAX_OUTCOMES:
                break
    return set(kept)


def overlaps(one: str, other: str) -> bool:
    """Return whether some text belongs to both patterns; an unknown variable may be any text.

    >>> overlaps("s3:Get*", "s3:*Object"), overlaps("s3:Get*", "s3:Put*")
    (True, False)
    """
    if one == other or "*" in (one, other):
        return True
    if not has_wildcard(other):
        one, other = other, one
    automaton = _automaton(other, loose=True)
    states = automaton.start()
    for token in _automaton(one, loose=True).tokens:
        if token[0] == _STAR:
            states = (automaton.accept << 1) - (states & -states)
        elif token[0] == _ONE:
            states = automaton.closed(((states & ~automaton.accept) << 1) | (states & automaton.stars))
        else:
            states = automaton.step(states, token)
        if not states:
            return False
    return bool(states & automaton.accept)


def intersection(one: str, other: str) -> str | None:
    """Return a pattern all of whose texts belong to both patterns, as wide as is easily found.

    None means that none was found: they do not overlap, or are too long to look. Of two patterns that meet in
    several ways (`a*b` and `*ab`) the answer is one of them.

    >>> intersection("s3:Get*", "s3:*Object"), intersection("s3:Get*", "ec2:*")
    ('s3:Get*Object', None)
    """
    if covers(one, other):
        return other
    if covers(other, one):
        return one
    left, right = _automaton(one).tokens, _automaton(other).tokens
    if len(left) + len(right) > MAX_INTERSECTION_LENGTH:
        return None

    @lru_cache(None)
    def rest(i: int, j: int) -> str | None:
        if i == len(left) or j == len(right):
            remaining = left[i:] + right[j:]
            return "" if all(token[0] == _STAR for token in remaining) else None
        for text, more_i, more_j in _ways(left[i], right[j]):
            found = rest(i + more_i, j + more_j)
            if found is not None:
                return text + (found.removeprefix("*") if text == "*" else found)
        return None

    return rest(0, 0)


def _ways(mine: tuple[str, str], yours: tuple[str, str]) -> list[tuple[str, int, int]]:
    """Return what two tokens have in common, with how many of each are then done."""
    if mine[0] == yours[0] == _STAR:
        return [("*", 0, 1), ("*", 1, 0)]
    if mine[0] == _STAR:
        return [(_text_of(yours), 0, 1), ("", 1, 0)]
    if yours[0] == _STAR:
        return [(_text_of(mine), 1, 0), ("", 0, 1)]
    if mine == yours or (yours[0] == _ONE and mine[0] != "variable"):
        return [(_text_of(mine), 1, 1)]
    return [(_text_of(yours), 1, 1)] if mine[0] == _ONE and yours[0] != "variable" else []


def _text_of(token: tuple[str, str]) -> str:
    kind, text = token
    if kind == "char":
        return f"${{{text}}}" if text in "*?$" else text
    return {_STAR: "*", _ONE: "?"}.get(kind) or f"${{{text}}}"


def sample_text(pattern: str, fill: str, times: int = 1) -> str:
    """Return a text of a pattern without variables: `fill` for each `?`, `times` as many for each star.

    With a character that no other pattern names, and no `?` anywhere, this is the text that is hardest to match:
    a pattern that matches it covers the whole of `pattern`.

    >>> sample_text("s3:Get*", "~"), sample_text("a?${*}", "~")
    ('s3:Get~', 'a~*')
    """
    filled = {_STAR: fill * times, _ONE: fill}
    return "".join(filled.get(kind, text) for kind, text in _automaton(pattern).tokens)


def substitute_variables(pattern: str, value_of: Callable[[str], str]) -> str:
    """Return the pattern with each policy variable replaced; `value_of` is given the key, without a default.

    >>> substitute_variables("home/${aws:username, 'none'}/${*}", {"aws:username": "ann"}.__getitem__)
    'home/ann/${*}'
    """
    return _VARIABLE.sub(lambda found: value_of(found[0][2:-1].partition(",")[0].strip()), pattern)


_VARIABLE = re.compile(r"\$\{(?![*?$]\})[^{}]*\}")
