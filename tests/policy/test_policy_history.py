"""Which version of a policy is in force; numbers that stand for accounts; symbols whose value changed."""

from typing import Any

import pytest
from builders import document, history, version
from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.policy.documents import parse_document
from tracker.policy.grants import exceptions_of
from tracker.policy.history import PolicyHistory, is_collection
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import intersection
from tracker.policy.resources import completed, segments
from tracker.policy.scopes import covers
from tracker.policy.symbols import marked_as_old, symbol

V1, V2, V3 = (version(number, "s3:GetObject") for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("policy", "last", "in_force"),
    [
        (history(V1, V2), "v2", "v2"),
        (history(V1, V2, V3, seen=((3, "v3"), (4, "v1"))), "v1", "v1"),
        (history(V1, V2, seen=((2, "v2"), (5, None))), "v2", None),
        (history(V1, V2, seen=((5, None),)), "v2", None),
        (history(V1, V2, seen=()), "v2", "v2"),
        (history(V1, V2, seen=((3, "v9"),)), "v2", "v2"),
        (history(), None, None),
        (replace(history(V1, V2), folder="Sample~ANPA1"), "v2", None),
    ],
    ids=[
        "newest",
        "rolled back",
        "removed",
        "only removed",
        "never seen",
        "unknown default",
        "no version",
        "re-created",
    ],
)
def test_the_version_in_force_is_the_last_default(
    policy: PolicyHistory, last: str | None, in_force: str | None
) -> None:
    assert (policy.last_version and policy.last_version.version_id) == last
    assert (policy.in_force and policy.in_force.version_id) == in_force


def test_a_version_is_found_by_its_id_alone() -> None:
    assert history(V1, V2).version("v2") is V2
    assert history(V1, V2).version("v3") is None


@pytest.mark.parametrize(
    ("number", "principal"),
    [(123456789012, "AWS:123456789012"), (0, "AWS:000000000000"), (999999999999, "AWS:999999999999")],
)
def test_a_number_is_an_account(number: int, principal: str) -> None:
    allowed = {"Effect": "Allow", "Principal": {"AWS": number}, "Action": "sts:AssumeRole"}
    assert parse_document({"Statement": allowed}).statements[0].scope.principals == (principal,)


@pytest.mark.parametrize("number", [-1, 10**12, None])
def test_a_number_that_no_account_has_is_refused(number: Any) -> None:
    allowed = {"Effect": "Allow", "Principal": {"AWS": number}, "Action": "sts:AssumeRole"}
    with pytest.raises(DocumentError):
        parse_document({"Statement": allowed})


@pytest.mark.parametrize(("length", "is_cut"), [(38, False), (39, True)])
def test_a_long_value_in_a_message_is_cut_at_forty_characters(length: int, is_cut: bool) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document({"Statement": {"Effect": "a" * length, "Action": "s3:*", "Resource": "*"}})
    assert "a" * 38 in str(caught.value)
    assert ("…" in str(caught.value)) is is_cut


def test_a_pattern_is_split_at_as_many_colons_as_asked_for_with_and_without_variables() -> None:
    assert segments("a:b:c:d", 2) == ["a", "b", "c:d"]
    assert segments("a:${v:w}:c:d", 2) == ["a", "${v:w}", "c:d"]
    assert completed("arn:aws:s3:::a:b") == "arn:aws:s3:::a:b"
    assert completed("arn:aws:s3:::${aws:username}") == "arn:aws:s3:::${aws:username}"


def test_one_of_a_list_of_resources_alone_is_covered_by_what_takes_in_that_one() -> None:
    narrow = Scope(("arn:aws:s3:::a", "arn:aws:s3:::b"))
    assert covers([Scope(("arn:aws:s3:::a",)), Scope(("arn:aws:s3:::b",))], [narrow])
    assert not covers([Scope(("arn:aws:s3:::a",)), Scope(("arn:aws:s3:::c",))], [narrow])
    assert not covers([Scope(("arn:aws:s3:::a",))], [narrow])


def test_principals_that_are_excepted_cover_those_that_except_as_many_or_more() -> None:
    one, both = (Scope(not_principals=names) for names in (("AWS:1",), ("AWS:1", "AWS:2")))
    assert covers([one], [both])
    assert not covers([both], [one])
    assert not covers([one], [Scope(principals=("AWS:1",))])


def test_only_a_symbol_whose_name_has_another_value_is_marked_as_old() -> None:
    old, new, other = symbol("Bucket", "1"), symbol("Bucket", "2"), symbol("Queue", "1")
    assert list(marked_as_old(frozenset((old, other)), frozenset((new,)))) == [old]
    assert marked_as_old(frozenset((old,)), frozenset((old, new))) == {}


def test_statements_of_one_document_in_another_order_are_the_same() -> None:
    first, second = ({"Effect": "Allow", "Action": f"s3:Get{n}", "Resource": "*"} for n in "AB")
    assert set(document(first, second).statements) == set(document(second, first).statements)
    assert document(first).statements[0] != document(second).statements[0]


def test_versions_are_equal_by_label_and_document_together() -> None:
    same, other = version(1, "s3:GetObject"), version(1, "s3:PutObject")
    assert version(1, "s3:GetObject") == same
    assert same != other
    assert same != version(1, "s3:GetObject", at=2)


def test_wildcards_are_grouped_by_the_service_that_they_name() -> None:
    allowed = document({"Effect": "Allow", "Action": ["s3:Get*", "s?:Put*", "*", "s3:GetObject"], "Resource": "*"})
    found = allowed.statements[0].wild_by_service
    assert {service: sorted(actions) for service, actions in found.items()} == {
        "s3": ["s3:get*"],
        "*": ["*", "s?:put*"],
    }


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a${*}*", "a*b", "a${*}*b"),
        ("${aws:username}*", "*b", "${aws:username}*b"),
        ("${aws:username}", "?", None),
        ("a?", "*b", "ab"),
        ("a", "ab", None),
    ],
)
def test_what_two_patterns_have_in_common_keeps_variables_and_escapes(one: str, other: str, both: str | None) -> None:
    assert intersection(one, other) == both
    assert intersection(other, one) == both


def test_an_incomplete_arn_has_all_fields() -> None:
    assert completed("arn:aws:sqs") == "arn:aws:sqs:*:*:*"
    assert completed("sqs") == "sqs"


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [("npm:iam-policies 1.0.0", True), ("documentation", True), ("iam", False), ("git:archive", False)],
)
def test_origins_that_give_versions_by_their_own_dates(origin: str, is_one: bool) -> None:
    assert is_collection(origin) is is_one


def test_three_lists_of_exceptions_have_in_common_what_all_of_them_except() -> None:
    """`s3:Get*` and `s3:*Object` meet, `s3:*Object` and `s3:Put*` meet, and no action is in all three."""
    lists = (["s3:Get*"], ["s3:*Object"], ["s3:Put*"])
    statements = [{"Effect": "Allow", "NotAction": names, "Resource": "*"} for names in lists]
    assert exceptions_of(document(*statements).statements, Effect.ALLOW) == {(frozenset(), Scope(("*",)))}
    assert exceptions_of(document(*statements[:2]).statements, Effect.ALLOW) == {
        (frozenset(("s3:*object & s3:get*",)), Scope(("*",)))
    }
