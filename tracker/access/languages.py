"""Sets of texts that wildcard patterns describe, and a search for a text in some of them and in none of others.

A pattern is a tuple of tokens, a language the union of some patterns, run as one automaton whose states are the bits
of an integer. `find_text` walks the positions of all patterns at once, shortest texts first. It is exact: at each
position only the letters that a wanted pattern names next, one letter that no pattern names, and the colon can make
a difference.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import combinations, product, takewhile
from typing import NamedTuple

from tracker.policy.resources import ARN_FIELDS, completed, has_open_wildcard, segments

__all__ = [
    "ANY_TEXT",
    "NOTHING",
    "Language",
    "Token",
    "Tokens",
    "arn_tokens",
    "find_text",
    "language_of",
    "resource_tokens",
    "sample_of",
    "variables_in",
    "wildcard_tokens",
]

CACHED_LANGUAGES = 2048
MAX_REMEMBERED = 2000
"""Steps of one language that are remembered."""
_PARTS = re.compile(
    r"\$\{(?P<escape>[*?$])\}|\$\{(?P<variable>[^{}]*)\}|(?P<star>[*])|(?P<one>\?)|(?P<letters>[^*?$]+|.)", re.DOTALL
)
_VARIABLE = re.compile(r"\$\{(?![*?$]\})([^{}]*)\}")


class Token(NamedTuple):
    """One step of a pattern: a letter, any one letter, or any number of letters."""

    letters: str
    """The letters it stands for; empty for any."""
    repeated: bool = False
    """Whether it stands for any number of letters."""
    colon: bool = True
    """Whether a wildcard may stand for a colon."""


_STAR, _ONE = Token("", repeated=True), Token("")
_STAR_IN_FIELD, _ONE_IN_FIELD = Token("", repeated=True, colon=False), Token("", colon=False)

Tokens = tuple[Token, ...]


class Language(NamedTuple):
    """A union of patterns, ready to run: bit i is "the tokens before i have been passed"."""

    patterns: tuple[Tokens, ...]
    start: int
    accepting: int
    stars: int
    """Tokens that stand for any number of letters."""
    stars_in_field: int
    """Those that stand for no colon."""
    ones: int
    ones_in_field: int
    by_letter: dict[str, int]
    """Letter → the tokens that name it."""
    steps: dict[tuple[int, str], int]
    """Steps that were taken before."""
    letters: dict[int, tuple[str, ...]]
    """States → the letters that are named next; the same."""

    def closed(self, states: int) -> int:
        """Add what a star reaches by standing for nothing."""
        return states | ((states & (self.stars | self.stars_in_field)) << 1)

    def step(self, states: int, letter: str) -> int:
        """Return the states after one more letter."""
        found = self.steps.get((states, letter))
        if found is None:
            ones, stars = self.ones, self.stars
            if letter != ":":
                ones, stars = ones | self.ones_in_field, stars | self.stars_in_field
            found = self.closed((states & (self.by_letter.get(letter, 0) | ones)) << 1 | (states & stars))
            if len(self.steps) < MAX_REMEMBERED:
                self.steps[states, letter] = found
        return found

    def next_letters(self, states: int) -> tuple[str, ...]:
        """Return the letters that a pattern names next."""
        found = self.letters.get(states)
        if found is None:
            found = tuple(letter for letter, mask in self.by_letter.items() if mask & states)
            if len(self.letters) < MAX_REMEMBERED:
                self.letters[states] = found
        return found

    def has(self, text: str) -> bool:
        """Return whether a text is in it."""
        states, steps = self.start, self.steps
        for letter in text:
            known = steps.get((states, letter))
            states = self.step(states, letter) if known is None else known
            if not states:
                return False
        return bool(states & self.accepting)

    @property
    def minds_colons(self) -> bool:
        """Whether it has a wildcard that matches no colon."""
        return bool(self.stars_in_field | self.ones_in_field)


@lru_cache(CACHED_LANGUAGES)
def language_of(patterns: tuple[Tokens, ...]) -> Language:
    """Return the union of some patterns."""
    start = accepting = stars = stars_in_field = ones = ones_in_field = 0
    by_letter: dict[str, int] = {}
    index = 0
    for pattern in patterns:
        start |= 1 << index
        for token in pattern:
            bit = 1 << index
            for letter in token.letters:
                by_letter[letter] = by_letter.get(letter, 0) | bit
            if not token.letters and token.repeated:
                stars, stars_in_field = (stars | bit, stars_in_field) if token.colon else (stars, stars_in_field | bit)
            elif not token.letters:
                ones, ones_in_field = (ones | bit, ones_in_field) if token.colon else (ones, ones_in_field | bit)
            index += 1
        accepting |= 1 << index
        index += 1
    found = Language(patterns, 0, accepting, stars, stars_in_field, ones, ones_in_field, by_letter, {}, {})
    return found._replace(start=found.closed(start))


# --- patterns --------------------------------------------------------------------------------------------------------


def variables_in(text: str) -> list[str]:
    """Return what stands between the braces of each policy variable of a text: the key, and its default if any."""
    return _VARIABLE.findall(text) if "${" in text else []


@lru_cache(2 * CACHED_LANGUAGES)
def wildcard_tokens(pattern: str, *, colons: bool = True, ignore_case: bool = False, literal: bool = False) -> Tokens:
    """Return a pattern with `*` and `?`; a variable may be any text, `${*}`, `${?}` and `${$}` are letters.

    A run of wildcards becomes its `?`s, then one star.

    Args:
        pattern: the pattern.
        colons: whether wildcards may stand for colons.
        ignore_case: whether letters stand for both cases.
        literal: whether `*` and `?` are letters, too.
    """
    star, one = (_STAR, _ONE) if colons else (_STAR_IN_FIELD, _ONE_IN_FIELD)
    found: list[Token] = []
    run: list[Token] = []
    for match in _PARTS.finditer(pattern):
        kind = match.lastgroup
        if kind == "variable":
            run.append(_STAR)
        elif kind in ("star", "one") and not literal:
            run.append(star if kind == "star" else one)
        else:
            found += _ordered(run)
            run = []
            found += [_letter_token(letter, ignore_case=ignore_case) for letter in match[kind or 0]]
    return (*found, *_ordered(run))


def arn_tokens(pattern: str) -> Tokens | None:
    """Return a pattern of an Arn test, compared field by field; None for one with fewer than six fields.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    fields = segments(pattern, ARN_FIELDS - 1)
    if len(fields) < ARN_FIELDS:
        return None
    found: list[Token] = []
    for field in fields[:-1]:
        found += (*wildcard_tokens(field, colons=False), Token(":"))
    return (*found, *wildcard_tokens(fields[-1]))


def resource_tokens(pattern: str, *, stars_cross_colons: bool) -> Tokens:
    """Return a pattern of a Resource or NotResource element.

    An incomplete ARN is completed with wildcards. A star that ends a segment may reach beyond the colon. Whether one
    within a segment does, or a `?` stands for a colon, the manual does not say:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    whole = completed(pattern)
    if stars_cross_colons or not has_open_wildcard(whole):
        return wildcard_tokens(whole)
    found: list[Token] = []
    for number, segment in enumerate(segments(whole)):
        if number:
            found.append(Token(":"))
        tokens = wildcard_tokens(segment, colons=False)
        if tokens and tokens[-1] == _STAR_IN_FIELD:
            tokens = (*tokens[:-1], _STAR)
        found += tokens
    return tuple(found)


@lru_cache(CACHED_LANGUAGES)
def _letter_token(letter: str, *, ignore_case: bool) -> Token:
    """Return the token of one letter: the same object each time, for patterns have few letters, and are compared."""
    return Token("".join(dict.fromkeys((letter, letter.lower(), letter.upper()))) if ignore_case else letter)


def _ordered(run: list[Token]) -> list[Token]:
    """Return a run of wildcards as its single letters, then one star, the widest of its stars."""
    if len(run) < 2:  # noqa: PLR2004 - nothing to order
        return run
    stars = [token for token in run if token.repeated]
    widest = [max(stars, key=lambda token: token.colon)] if stars else []
    return [token for token in run if not token.repeated] + widest


ANY_TEXT = language_of(((_STAR,),))
NOTHING = language_of(())


# --- the search ------------------------------------------------------------------------------------------------------


def sample_of(pattern: Tokens, fill: str, times: int = 1) -> str:
    """Return a text of a pattern: `fill` for each letter that is open, `times` as many for each star."""
    return "".join(token.letters[0] if token.letters else fill * (times if token.repeated else 1) for token in pattern)


MAX_CHOICES = 256
"""Combinations of patterns, one of each wanted language, that are walked one by one."""


def find_text(
    wanted: Sequence[Language],
    unwanted: Language,
    fill: str,
    spend: Callable[[int], None],
) -> str | None:
    """Return a text that is in all of the wanted languages and not in the unwanted one; None if there is none.

    Args:
        wanted: what it is in.
        unwanted: what it is not in.
        fill: a letter that no pattern names.
        spend: is called for each step; may raise.
    """
    if not wanted and not unwanted.has(fill):
        return fill
    refused = frozenset(unwanted.patterns)
    left: list[tuple[tuple[Language, ...], list[Tokens]]] = []
    for chosen in _choices(wanted):
        alone = [language.patterns[0] for language in chosen if len(language.patterns) == 1]
        if refused.isdisjoint(alone) and _may_meet(alone):
            text = _sample(chosen, alone, unwanted, fill, (1,))
            if text is not None:
                return text
            left.append((chosen, alone))
    for chosen, alone in left:
        spend(1)
        if any(_is_within(pattern, unwanted, fill) for pattern in alone):
            continue
        text = _sample(chosen, alone, unwanted, fill, (0, 3))
        found = text if text is not None else _walk(chosen, unwanted, fill, spend)
        if found is not None:
            return found
    if all(language.start & language.accepting for language in wanted) and not unwanted.start & unwanted.accepting:
        return ""
    return None


def _is_within(pattern: Tokens, language: Language, fill: str) -> bool:
    """Return whether each text of a pattern is surely in a language, as far as one text shows it.

    That is the one in which each star is a letter that nobody names: where that passes a star, any text does, but
    for what has a colon and may not.
    """
    if language.ones or language.ones_in_field or not all(map(_is_plain, pattern)):
        return False
    if language.stars_in_field and any(token.repeated and token.colon for token in pattern):
        return False
    return language.has(sample_of(pattern, fill))


def _is_plain(token: Token) -> bool:
    """Return whether a step of a pattern is one letter, or a star."""
    return len(token.letters) == 1 or (token.repeated and not token.letters)


def _sample(
    chosen: Sequence[Language], patterns: Sequence[Tokens], unwanted: Language, fill: str, times: Sequence[int]
) -> str | None:
    """Return the simplest text that a pattern matches; None where that is not known."""
    for text in (sample_of(pattern, fill, number) for pattern in patterns for number in times):
        if text and all(language.has(text) for language in chosen) and not unwanted.has(text):
            return text
    return None


def _choices(wanted: Sequence[Language]) -> Iterable[tuple[Language, ...]]:
    """Yield languages of one pattern each, whose common texts are together those of all that are wanted.

    Of many languages of many patterns the largest are left whole.
    """
    ordered = sorted(wanted, key=lambda language: len(language.patterns))
    lists: list[Sequence[Language]] = []
    left = MAX_CHOICES
    for language in ordered:
        whole = len(language.patterns) == 1 or len(language.patterns) > left
        alone = [language] if whole else [language_of((one,)) for one in language.patterns]
        left //= max(1, len(alone))
        lists.append(alone)
    return product(*lists)


def _may_meet(patterns: Sequence[Tokens]) -> bool:
    """Return whether patterns may have a text in common, by how they begin and end."""
    if len(patterns) < 2:  # noqa: PLR2004 - one meets itself
        return True
    ends = [_ends(pattern) for pattern in patterns]
    return all(
        (one.startswith(other) or other.startswith(one)) and (last.endswith(end) or end.endswith(last))
        for (one, last), (other, end) in combinations(ends, 2)
    )


@lru_cache(4 * CACHED_LANGUAGES)
def _ends(pattern: Tokens) -> tuple[str, str]:
    """Return the letters that a pattern begins with, and those that it ends with."""
    plain = [token.letters if len(token.letters) == 1 else "" for token in pattern]
    head = "".join(takewhile(bool, plain))
    return head, "".join(takewhile(bool, reversed(plain)))[::-1]


def _walk(wanted: Sequence[Language], unwanted: Language, fill: str, spend: Callable[[int], None]) -> str | None:
    """Walk all automata at once, breadth first; of two ways to the same states the freer one is followed.

    The empty text is not an answer, so its states may be met again.
    """
    size = 1 + len(unwanted.patterns) // 64
    colon = ":" if unwanted.minds_colons else fill
    first = (tuple(language.start for language in wanted), unwanted.start)
    waiting: list[tuple[tuple[int, ...], int, str]] = [(*first, "")]
    seen: dict[tuple[int, ...], list[int]] = {}
    for states, avoided, text in waiting:  # grows as it is walked
        spend(size)
        here = list(zip(wanted, states, strict=True))
        if text and not avoided & unwanted.accepting and all(state & each.accepting for each, state in here):
            return text
        for letter in _next_letters(here, fill, colon):
            after = tuple([each.step(state, letter) for each, state in here])
            if 0 in after:
                continue
            next_avoided = unwanted.step(avoided, letter)
            known = seen.setdefault(after, [])
            if any(other & next_avoided == other for other in known):
                continue
            known.append(next_avoided)
            waiting.append((after, next_avoided, text + letter))
    return None


def _next_letters(here: Iterable[tuple[Language, int]], fill: str, colon: str) -> dict[str, None]:
    """Return the letters that can make a difference: one that nobody names first, as it is the hardest to match."""
    found = dict.fromkeys((fill, colon))
    for language, states in here:
        found |= dict.fromkeys(language.next_letters(states))
    return found
