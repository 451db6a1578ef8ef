"""Conditions in words: each operator, with its qualifier and its suffix, in both languages."""

from itertools import product

import pytest

from tracker.policy.model import Condition
from tracker.policy.operators import operator_of
from tracker.text import condition_phrases
from tracker.text.condition_phrases import ConditionPhrases
from tracker.text.words import load_words, plain, template_folders

ENGLISH, KOREAN = (ConditionPhrases(load_words(language, template_folders())) for language in ("en", "ko"))
OWN = "${aws:PrincipalAccount}"


@pytest.mark.parametrize(
    ("operator", "key", "values", "english", "korean"),
    [
        ("StringEquals", "aws:ResourceAccount", (OWN,), "the resource's account is the principal's",
         "리소스의 계정이 보안 주체의 계정과 같은"),
        ("StringEqualsIfExists", "aws:ResourceAccount", (OWN,), f"aws:ResourceAccount is {OWN}, if present",
         f"aws:ResourceAccount 키가 없거나 그 값이 {OWN}인"),
        ("StringEquals", "aws:RequestedRegion", ("a", "b"), "aws:RequestedRegion is a or b",
         "aws:RequestedRegion의 값이 a 또는 b인"),
        ("StringNotEquals", "k", ("a",), "k is not a", "k의 값이 a 이외인"),
        ("StringNotEqualsIfExists", "k", ("a", "b"), "k is none of a and b", "k의 값이 a 및 b 이외인"),
        ("StringEqualsIgnoreCase", "k", ("a",), "k is a in any letter case", "k의 값이 대소문자 구분 없이 a인"),
        ("StringLike", "k", ("a*",), "k matches a*", "k의 값이 a* 패턴과 일치하는"),
        ("StringLike", "k", ("a",), "k is a", "k의 값이 a인"),
        ("StringLike", "k", ("*",), "k is present", "k 키가 있는"),
        ("StringNotLike", "k", ("*",), "k is absent", "k 키가 없는"),
        ("StringLikeIfExists", "k", ("*",), "k matches *, if present", "k 키가 없거나 그 값이 * 패턴과 일치하는"),
        ("ForAllValues:StringLike", "k", ("*",), "every value, if any, of k matches *",
         "k의 값이 있다면 모두 * 패턴과 일치하는"),
        ("StringEquals", "k", ("a*",), "k is a*", "k의 값이 a*인"),
        ("ArnNotLike", "k", ("a*",), "k does not match a*", "k의 값이 a* 패턴과 일치하지 않는"),
        ("IpAddress", "aws:SourceIp", ("10.0.0.0/8",), "aws:SourceIp is in 10.0.0.0/8",
         "aws:SourceIp의 값이 10.0.0.0/8 범위에 있는"),
        ("NotIpAddress", "k", ("1.1.1.1",), "k is not in 1.1.1.1", "k의 값이 1.1.1.1 범위에 없는"),
        ("NumericLessThanEquals", "k", ("5",), "k is at most 5", "k의 값이 5 이하인"),
        ("DateGreaterThan", "k", ("2026-01-01",), "k is after 2026-01-01", "k의 값이 2026-01-01 후인"),
        ("Bool", "aws:SecureTransport", ("true",), "aws:SecureTransport is true", "aws:SecureTransport의 값이 true인"),
        ("ForAnyValue:StringEquals", "aws:CalledVia", ("x",), "a value of aws:CalledVia is x",
         "aws:CalledVia의 값 중 하나가 x인"),
        ("ForAllValues:StringLike", "aws:TagKeys", ("a*",), "every value, if any, of aws:TagKeys matches a*",
         "aws:TagKeys의 값이 있다면 모두 a* 패턴과 일치하는"),
        ("Null", "k", ("true",), "k is absent", "k 키가 없는"),
        ("Null", "k", ("false", "true"), "k Null false or true", "k Null false 또는 true 조건을 충족하는"),
        ("StringEquals", "aws:ResourceTag/T", ("x",), "the resource tag is 'T':'x'", "리소스 태그가 'T':'x'인"),
        ("StringEqual", "k", ("a",), "k StringEqual a", "k StringEqual a 조건을 충족하는"),
        ("StringEquals", "k", (), "k StringEquals []", "k StringEquals [] 조건을 충족하는"),
        ("StringEquals", "k", ("",), 'k is ""', 'k의 값이 ""인'),
    ],
)  # fmt: skip
def test_a_test_is_said_in_words(operator: str, key: str, values: tuple[str, ...], english: str, korean: str) -> None:
    test = Condition(operator, key, values)
    assert (plain(ENGLISH.test(test)), plain(KOREAN.test(test))) == (english, korean)


def test_tests_that_ask_for_different_things_are_said_differently() -> None:
    """Words lose nothing: two tests with one phrase differ only where IAM takes them for the same.

    Those are exact and pattern comparisons of one value without a wildcard, ARN or not, negated tests with
    `IfExists`, and tests with a qualifier with it.
    """
    bases = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
             "StringNotLike", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
             "NumericGreaterThanEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
             "DateGreaterThanEquals", "IpAddress", "NotIpAddress")  # fmt: skip
    for phrases in (ENGLISH, KOREAN):
        seen: dict[str, tuple[object, ...]] = {}
        for qualifier, base, suffix in product(("", "ForAnyValue:", "ForAllValues:"), bases, ("", "IfExists")):
            name = f"{qualifier}{base}{suffix}"
            operator = operator_of(name)
            assert operator, name
            meaning = (qualifier, base, operator.matches_missing_key)
            assert seen.setdefault(phrases.test(Condition(name, "k", ("a*",))), meaning) == meaning, name


def test_several_tests_are_one_phrase() -> None:
    tests = [Condition("Bool", "k", ("true",)), Condition("Null", "m", ("false",))]
    assert plain(ENGLISH.all_of(tests)) == "if k is true, and m is present"
    assert plain(KOREAN.all_of(tests)) == "k의 값이 true이고, m 키가 있는 경우"
    own = Condition("StringEquals", "aws:ResourceAccount", (OWN,))
    like, unlike = Condition("StringLike", "k", ("a*",)), Condition("StringNotLike", "k", ("a*",))
    assert plain(KOREAN.all_of([own, like, unlike, *tests[1:]])) == (
        "리소스의 계정이 보안 주체의 계정과 같고, k의 값이 a* 패턴과 일치하고, k의 값이 a* 패턴과 일치하지 않고, "
        "m 키가 있는 경우"
    )
    assert ENGLISH.all_of([]) == ""


def test_two_tags_are_one_phrase() -> None:
    """AwsGlueSessionUserRestrictedServiceRole v3."""
    tags = [Condition("StringEquals", f"aws:{kind}/owner", ("x",)) for kind in ("RequestTag", "ResourceTag")]
    assert plain(ENGLISH.all_of(tags)) == "with the request tag 'owner':'x' and with the resource tag 'owner':'x'"
    assert plain(KOREAN.all_of(tags)) == "요청 태그가 'owner':'x'이고, 리소스 태그가 'owner':'x'인"


def test_a_comparison_without_words_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition_phrases, "_SAID", frozenset())
    assert plain(ENGLISH.test(Condition("StringLike", "k", ("a*",)))) == "k StringLike a*"
