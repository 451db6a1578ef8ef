"""Patterns: `*`, `?`, variables and escapes, by tables; the laws are in property/test_wildcard_laws.py."""

import pytest

from tracker.policy.patterns import covers, has_wildcard, matches, overlaps, sample_text


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("?", "", False),
        ("?", "a", True),
        ("?", "ab", False),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get*", "s3:Get", True),
        ("s3:*Object", "s3:GetObjectAcl", False),
        ("s3:*Object*", "s3:GetObjectAcl", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:get*", "s3:GetObject", False),  # letter case is the caller's
        ("[a]", "a", False),  # fnmatch would make a class of it
        ("[a]", "[a]", True),
        ("[!a]*", "b", False),
        ("a.c", "abc", False),  # nor is it a regular expression
        ("a\\*", "a*", False),
        ("a\\*", "a\\x", True),
        ("*", "line\nbreak", True),
        ("?", "\N{ROCKET}", True),
        ("${*}", "*", True),
        ("${*}", "a", False),
        ("a${?}c", "a?c", True),
        ("a${?}c", "abc", False),
        ("${$}{x}", "${x}", True),
        ("home/${aws:username}/*", "home/alice/x", False),  # who that is, nobody knows here
        ("${", "${", True),
        ("${a", "${a", True),
        ("$*", "$x", True),
    ],
)
def test_a_pattern_matches_a_text(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "", True),
        ("*", "?", True),
        ("?", "*", False),
        ("s3:*", "s3:?", True),
        ("s3:?", "s3:*", False),
        ("?*", "*?", True),
        ("*?", "?*", True),
        ("**", "*", True),
        ("*?*?*", "??*", True),
        ("??*", "?*", False),
        ("?*a", "*aa", True),
        ("*a*", "*b*", False),
        ("*ab*", "*aab*", True),
        ("*a*b*", "*ab*", True),
        ("*ab*", "*a*b*", False),
        ("s3:Get*", "s3:GetObject*", True),
        ("s3:GetObject*", "s3:Get*", False),
        ("[ab]", "a", False),
        ("a", "a", True),
        ("a", "?", False),
        ("", "*", False),
        ("${v}", "${v}", True),
        ("${v}", "${w}", False),
        ("?", "${v}", False),
        ("*", "${v}", True),
        ("a*", "a${v}b", True),
        ("a${v}", "a*", False),
        ("${v}*", "${v}/x", True),
        ("*/x", "${v}/x", True),
        ("?", "${*}", True),
        ("${*}", "?", False),
        ("${*}", "*", False),
        ("*", "${*}", True),
        ("a$", "a${$}", True),  # both are the text `a$`
        ("${$}{v}", "${v}", False),  # the text `${v}` is no variable
        ("*${v}", "${v}${v}", True),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a*", "*b", True),
        ("a*", "b*", False),
        ("*a", "*b", False),
        ("a?", "?b", True),
        ("?", "??", False),
        ("?*", "", False),
        ("*", "", True),
        ("[a]", "a", False),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::*/b", True),
        ("${v}", "a", True),  # it may be `a`
        ("x/${v}", "y/*", False),
        ("${*}", "a", False),
        ("${*}", "?", True),
        ("${${a}}", "${$}{foo}", True),  # a variable in braces, not the escape `${*}`
    ],
)
def test_two_patterns_overlap(one: str, other: str, expected: bool) -> None:
    assert overlaps(one, other) is expected
    assert overlaps(other, one) is expected


@pytest.mark.parametrize(("pattern", "expected"), [("a*", True), ("a?", True), ("${v}", True), ("[a]$", False)])
def test_a_wildcard_is_distinguished_from_a_text(pattern: str, expected: bool) -> None:
    assert has_wildcard(pattern) is expected


def test_hostile_patterns_end() -> None:
    """A matcher that goes back and tries again would not live to see the end of any of these."""
    many = "*a" * 2000
    assert not matches(many + "b", "a" * 4000)
    assert matches(many, "a" * 4000)
    assert covers("*a" * 300, "a" * 600)
    assert not covers("*a" * 300 + "b", "a*" * 300)
    assert covers("*a" * 100 + "*", "*a" * 200)
    assert not covers("*a" + "?" * 60, "*a*b" * 30 + "?" * 59)
    assert not overlaps("*a" * 1000 + "b", "a*" * 1000 + "c")
    assert matches("${" * 20_000, "${" * 20_000)
    assert not covers("*?" * 300 + "x", "?*" * 300)


def test_what_would_take_too_many_outcomes_is_not_claimed() -> None:
    """One outcome for each way to place forty letters among forty others: about 2^40."""
    assert not covers("*a" + "?" * 40 + "*b", "*?a" * 40 + "b")
    assert not covers("*a" + "?" * 150 + "*b", "*?a" * 150 + "b")
    assert covers("*" + "?a*" * 150, "*a?" * 300)


def test_a_sample_has_one_letter_for_each_wildcard_unless_asked_for_more() -> None:
    assert (sample_text("s3:Get?*", "~"), sample_text("s3:Get?*", "~", 3)) == ("s3:Get~~", "s3:Get~~~~")
