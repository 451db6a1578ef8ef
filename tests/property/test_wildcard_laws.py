"""Patterns against brute force: every pattern over a small alphabet, every text over a slightly larger one."""

import re
from functools import cache
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.policy.patterns import covers, intersection, matches, overlaps

TEXTS = ["".join(letters) for length in range(7) for letters in product("ab[", repeat=length)]
"""`[` stands for all letters that no pattern names, and for itself: a class would show."""
PATTERNS = ["".join(tokens) for length in range(4) for tokens in product("ab*?", repeat=length)]

LONG = st.text("ab*?[", max_size=12)
VARIABLES = st.lists(
    st.sampled_from(["a", "b", "*", "?", "${v}", "${w}", "${*}", "${?}", "${$}", "{", "$"]), max_size=6
)
VALUES = ("", "a", "b", "ab", "[", "*", "a?[b")


@cache
def _language(pattern: str) -> frozenset[str]:
    test = re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern))
    return frozenset(text for text in TEXTS if test.fullmatch(text))


LANGUAGES = {pattern: _language(pattern) for pattern in PATTERNS}


def test_matches_agrees_with_brute_force() -> None:
    for pattern, language in LANGUAGES.items():
        assert {text for text in TEXTS if matches(pattern, text)} == language, pattern


@pytest.mark.parametrize("wide", PATTERNS)
def test_covers_and_overlaps_agree_with_brute_force(wide: str) -> None:
    for narrow, language in LANGUAGES.items():
        assert covers(wide, narrow) is (language <= LANGUAGES[wide]), (wide, narrow)
        assert overlaps(wide, narrow) is bool(language & LANGUAGES[wide]), (wide, narrow)


@pytest.mark.parametrize("one", PATTERNS)
def test_what_two_patterns_meet_in_belongs_to_both(one: str) -> None:
    for other, language in LANGUAGES.items():
        met = intersection(one, other)
        assert (met is not None) is overlaps(one, other), (one, other)
        assert met is None or _language(met) <= language & LANGUAGES[one], (one, other, met)


@given(LONG)
def test_covers_is_reflexive(pattern: str) -> None:
    assert covers(pattern, pattern)


@given(LONG, LONG, LONG)
def test_covers_is_transitive(wide: str, middle: str, narrow: str) -> None:
    if covers(wide, middle) and covers(middle, narrow):
        assert covers(wide, narrow)


def _instances(pattern: str) -> st.SearchStrategy[str]:
    parts = [
        {"*": st.text("ab[c", max_size=3), "?": st.sampled_from("ab[c")}.get(char, st.just(char)) for char in pattern
    ]
    return st.tuples(*parts).map("".join)


@given(LONG, LONG, st.data())
def test_a_covered_pattern_has_no_text_of_its_own(wide: str, narrow: str, data: st.DataObject) -> None:
    text = data.draw(_instances(narrow))
    assert matches(narrow, text)
    if covers(wide, narrow):
        assert matches(wide, text)
    if matches(wide, text):
        assert overlaps(wide, narrow)


@given(LONG, st.data())
def test_a_more_general_pattern_covers(narrow: str, data: st.DataObject) -> None:
    """Putting a star for any stretch, or `?` for any letter, loses no text."""
    start = data.draw(st.integers(0, len(narrow)))
    end = data.draw(st.integers(start, len(narrow)))
    assert covers(f"{narrow[:start]}*{narrow[end:]}", narrow)
    if start < len(narrow) and narrow[start] != "*":
        assert covers(f"{narrow[:start]}?{narrow[start + 1 :]}", narrow)


def _regular(tokens: list[str], values: dict[str, str]) -> re.Pattern[str]:
    """Return the tokens as a regular expression for one request, whose variables have these values."""
    meaning = {"*": ".*", "?": "."}
    escaped = {token: re.escape(token[2]) for token in ("${*}", "${?}", "${$}")}
    known = {**meaning, **escaped, **{name: re.escape(value) for name, value in values.items()}}
    return re.compile("".join(known.get(token, re.escape(token)) for token in tokens))


@settings(max_examples=examples(150))
@given(VARIABLES, VARIABLES)
def test_coverage_and_distance_hold_for_every_value_of_the_variables(wide: list[str], narrow: list[str]) -> None:
    """`$` and `{` beside each other would spell another variable: those are left to the tables."""
    one, other = "".join(wide), "".join(narrow)
    if any(left == "$" and right.startswith("{") for left, right in [*pairwise(wide), *pairwise(narrow)]):
        return
    covered, apart = covers(one, other), not overlaps(one, other)
    if not covered and not apart:
        return
    texts = [*TEXTS[:200], "*", "?", "$", "{", "${v}", "a*", "*b", "${", "a?[b"]
    for v, w in product(VALUES, repeat=2):
        values = {"${v}": v, "${w}": w}
        left, right = _regular(wide, values), _regular(narrow, values)
        for text in [*texts, v, w, v + w, w + v, v + v]:
            if right.fullmatch(text):
                assert not covered or left.fullmatch(text), (one, other, values, text)
                assert not apart or not left.fullmatch(text), (one, other, values, text)
