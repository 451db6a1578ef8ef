"""Patterns of actions sorted by service, and texts of languages: what the search of the net effect rests on."""

from tracker.access.languages import find_text, language_of, resource_tokens, wildcard_tokens
from tracker.access.patterns import Actions, Names, Patterns, common_of


def test_names_of_a_service_are_its_own_and_those_of_a_wildcard_all() -> None:
    names = Names(("s3:b", "ec2:a", "s3:a", "s3x:a"))
    assert list(names.of_service("s3")) == ["s3:a", "s3:b"]
    assert list(names.of_service("*")) == ["ec2:a", "s3:a", "s3:b", "s3x:a"]


def test_wildcards_near_an_action_are_those_of_its_service_and_of_any() -> None:
    every = frozenset(("s3:get*", "ec2:get*", "s*:put*"))
    patterns = Patterns(every, every)
    assert patterns.near("s3:getobject") == {"s3:get*", "s*:put*"}
    assert patterns.near("*:getobject") == every


def test_actions_are_wild_where_no_pattern_names_one() -> None:
    assert Actions(("s3:get*", "s3:*object")).are_wild()
    assert not Actions(("s3:get*", "s3:getobject")).are_wild()


def test_what_patterns_have_in_common_is_found_where_they_meet() -> None:
    assert common_of(("s3:get*", "s3:*object")) == "s3:get*object"
    assert common_of(("s3:get*", "ec2:*", "s3:*")) is None


def test_a_text_with_a_colon_is_found_where_a_star_may_stand_for_none() -> None:
    wide, narrow = (language_of((wildcard_tokens("a*b", colons=colons),)) for colons in (True, False))
    assert find_text((wide,), narrow, "~", lambda _: None) == "a:b"
    assert find_text((narrow,), wide, "~", lambda _: None) is None


def test_a_star_at_the_end_of_a_segment_may_stand_for_colons_and_one_within_it_not() -> None:
    language = language_of((resource_tokens("arn:aws:logs:*:1:a*b*", stars_cross_colons=False),))
    texts = {"arn:aws:logs:x:1:ab": True, "arn:aws:logs:x:1:axb:c": True, "arn:aws:logs:x:1:xb": False}
    assert {text: language.has(text) for text in texts} == texts
    assert not language.has("arn:aws:logs:x:1:a:b")
