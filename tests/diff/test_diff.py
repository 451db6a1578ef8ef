"""The diff, rule by rule; the rules stand in CONTRIBUTING under "What is a change"."""

import json
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest
from builders import changes, condition, document, raw_document, reported, statement

from tracker.diff.changes import added_grants, changes_between
from tracker.diff.details import Detail, document_details, scope_details
from tracker.diff.model import Change, ChangeKind
from tracker.errors import DocumentError
from tracker.policy.documents import parse_document
from tracker.policy.model import Effect, Scope

Statements = Sequence[Mapping[str, Any]]
TAGGED = {"StringEquals": {"aws:ResourceTag/Team": "a"}}


def _only(found: tuple[Change, ...]) -> Change:
    (change,) = found
    return change


# --- rules 1 and 2: what is no change --------------------------------------------------------------------------------

SAME: list[tuple[str, Statements, Statements]] = [
    ("order of statements", [statement("a:B"), statement("a:C", "r")], [statement("a:C", "r"), statement("a:B")]),
    ("order of actions", [statement(["a:B", "a:C"])], [statement(["a:C", "a:B"])]),
    ("order of resources", [statement(resource=["r", "q"])], [statement(resource=["q", "r"])]),
    (
        "order of values",
        [statement(condition={"StringEquals": {"k": ["x", "y"]}})],
        [statement(condition={"StringEquals": {"k": ["y", "x"]}})],
    ),
    ("a duplicate action", [statement("a:B")], [statement(["a:B", "a:B"])]),
    ("a duplicate statement", [statement("a:B")], [statement("a:B"), statement("a:B")]),
    ("a Sid", [statement()], [statement(Sid="Read")]),
    ("one action or a list", [statement("a:B")], [statement(["a:B"])]),
    ("letter case of an action", [statement("s3:GetObject")], [statement("S3:getobject")]),
    ("blanks around an action", [statement("amplifybackend:*")], [statement(" amplifybackend:*\t")]),
    ("one statement in two", [statement(["a:B", "a:C"])], [statement("a:B"), statement("a:C")]),
    (
        "two resources in two statements",
        [statement(resource=["r", "q"])],
        [statement(resource="r"), statement(resource="q")],
    ),
    (
        "two principals in two statements",
        [statement(resource=None, Principal={"AWS": ["1", "2"]})],
        [statement(resource=None, Principal={"AWS": "1"}), statement(resource=None, Principal={"AWS": "2"})],
    ),
    (
        "an action moved between statements of equal scope",
        [statement(["a:B", "a:C"]), statement("a:D")],
        [statement("a:B"), statement(["a:C", "a:D"])],
    ),
    ("a resource that a pattern takes in", [statement(resource="r*")], [statement(resource=["r*", "r1"])]),
    ("an empty condition block", [statement()], [statement(condition={})]),
    ("true as text", [statement(condition={"Bool": {"k": True}})], [statement(condition={"Bool": {"k": "true"}})]),
    (
        "letter case of a key",
        [statement(condition={"Bool": {"AWS:K": True}})],
        [statement(condition={"bool": {"aws:k": True}})],
    ),
    (
        "a condition that another implies",
        [statement(condition={"StringEquals": {"k": "x"}})],
        [
            statement(condition={"StringEquals": {"k": "x"}, "StringLike": {"k": "x*"}}),
        ],
    ),
    ("exceptions in any order", [statement(NotAction=["a:B", "a:C"])], [statement(NotAction=["A:c", "a:B", "a:B"])]),
    (
        "all but some, on two resources in two statements",
        [statement(resource=["r", "q"], NotAction="a:B")],
        [statement(resource="r", NotAction="a:B"), statement(resource="q", NotAction="a:B")],
    ),
    (
        "what two lists of exceptions on one scope share",
        [statement(NotAction=["a:B", "a:C"]), statement(NotAction=["a:C", "a:D"])],
        [statement(NotAction="a:C")],
    ),
    ("all but nothing is all", [statement("*")], [statement(NotAction="a:B"), statement(NotAction="c:D")]),
    ("a statement without an action", [statement("a:B")], [statement("a:B"), statement([])]),
]


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_rule_2_no_change(before: Statements, after: Statements) -> None:
    assert changes(before, after) == ()
    assert changes(after, before) == ()


def test_rule_2_one_statement_may_be_an_object() -> None:
    bare = parse_document({"Version": "2012-10-17", "Statement": statement()})
    assert changes_between(bare, document(statement())) == ()


def test_rule_2_white_space_of_the_file_is_no_change() -> None:
    raw = raw_document(statement())
    assert changes_between(parse_document(json.dumps(raw)), parse_document(json.dumps(raw, indent=8))) == ()


def test_rule_3_another_version_element_alone_is_no_change() -> None:
    assert changes_between(document(statement(), version="2008-10-17"), document(statement())) == ()


def test_rule_3_a_variable_that_becomes_one_is_a_change() -> None:
    made = statement(resource="home/${aws:username}")
    assert reported(changes_between(document(made, version="2008-10-17"), document(made))) == [
        "scope-changed s3:GetObject"
    ]


# --- actions that came and went --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([statement("a:B")], [statement(["a:B", "a:C"])], ["action-added a:C"], id="added"),
        pytest.param([statement(["a:B", "a:C"])], [statement("a:B")], ["action-removed a:C"], id="removed"),
        pytest.param(
            [statement("a:B")], [statement("a:C")], ["action-added a:C", "action-removed a:B"], id="one for another"
        ),
        pytest.param([], [statement("a:B")], ["action-added a:B"], id="from nothing"),
        pytest.param(
            [],
            [statement(["z:Z", "a:B"]), statement("m:M", effect="Deny")],
            ["action-added a:B", "action-added z:Z", "action-added Deny m:M"],
            id="by effect and action",
        ),
        pytest.param(
            [statement("a:B")],
            [statement("a:B", effect="Deny")],
            ["action-added Deny a:B", "action-removed a:B"],
            id="allowed before, denied after",
        ),
        pytest.param(
            [statement(NotAction="a:B")],
            [statement(NotAction=["a:B", "a:C"])],
            ["action-added but a:C"],
            id="one exception more",
        ),
        pytest.param(
            [statement(NotAction=["a:B", "a:C"], effect="Deny")],
            [statement(NotAction="a:B", effect="Deny")],
            ["action-removed Deny but a:C"],
            id="one exception less",
        ),
        pytest.param(
            [statement("a:B")],
            [statement(NotAction="a:B")],
            ["action-added but *", "action-added but a:B", "action-removed a:B"],
            id="an action becomes the only exception",
        ),
        pytest.param(
            [statement(NotAction=["a:B", "a:C"]), statement(NotAction=["a:C", "a:D"])],
            [statement(NotAction=["a:B", "a:C", "a:D"])],
            ["action-added but a:B", "action-added but a:D"],
            id="two lists of exceptions become one",
        ),
        pytest.param(
            [statement(resource="r", NotAction="a:B"), statement(resource=["r", "q"], NotAction="a:C")],
            [statement(resource="r", NotAction=["a:B", "a:C"]), statement(resource="q", NotAction="a:C")],
            ["scope-changed but *"],
            id="an exception moves to where another holds",
        ),
        pytest.param(
            [statement(NotAction=["a:B", "a:C"])],
            [statement(NotAction=["a:B", "a:C"]), statement(resource="r", NotAction="a:B")],
            ["scope-changed but *"],
            id="an exception holds no more on some resources",
        ),
    ],
)
def test_actions_come_and_go(before: Statements, after: Statements, expected: list[str]) -> None:
    assert reported(changes(before, after)) == expected


def test_an_action_is_reported_as_published() -> None:
    change = _only(changes([statement("a:B")], [statement(["a:B", "S3:getObject"])]))
    assert change == Change(
        ChangeKind.ACTION_ADDED, Effect.ALLOW, "S3:getObject", False, (), (Scope(resources=("*",)),)
    )


def test_an_action_is_reported_as_published_after_the_change() -> None:
    """Or before it, if it was removed."""
    assert _only(changes([statement("S3:getobject", "a")], [statement("s3:GetObject", "b")])).action == "s3:GetObject"
    assert _only(changes([statement("s3:GetObject", "b")], [statement("S3:getobject", "a")])).action == "S3:getobject"
    moved = changes([statement("iam:ListRoles")], [statement("IAM:LISTROLES", effect="Deny")])
    assert {(str(change.effect), change.action) for change in moved} == {
        ("Allow", "iam:ListRoles"),
        ("Deny", "IAM:LISTROLES"),
    }
    kept = statement(["S3:GETOBJECT", "s3:PutObject"], "a")
    assert _only(changes([kept, statement("s3:GetObject", "b")], [kept])).action == "S3:GETOBJECT"


def test_an_action_is_reported_as_its_own_document_publishes_it() -> None:
    """However others that were read before published it."""
    empty = document()
    names = ("s3:GetObject", "S3:getobject", " s3:GETOBJECT")
    others = [document(statement(name)) for name in names]
    for name, other in zip(names, others, strict=True):
        assert [change.action for change in changes_between(empty, other)] == [name.strip()]
        assert [change.action for change in changes_between(other, empty)] == [name.strip()]
        assert [change.action for change in added_grants(other)] == [name.strip()]


@pytest.mark.parametrize("names", list(permutations(["s3:getobject", "S3:GetObject", " S3:getobject"])))
@pytest.mark.parametrize("together", [True, False])
def test_of_several_spellings_the_first_in_ascii_order_is_reported(names: tuple[str, ...], together: bool) -> None:
    new = document(statement(list(names))) if together else document(*map(statement, names))
    assert [change.action for change in added_grants(new)] == ["S3:GetObject"]


def test_a_condition_key_is_reported_as_its_own_document_publishes_it() -> None:
    """Two scopes are equal whose keys differ in case; that does not make one of the other."""
    for key in ("aws:ResourceTag/a", "aws:resourcetag/a", "aws:ResourceTag/a"):
        (made,) = document(statement(condition={"StringEquals": {key: "v"}})).statements
        assert made.scope.conditions[0].key == key


def test_the_same_exceptions_on_resources_that_mean_the_same_are_no_change() -> None:
    assert (
        changes([statement(NotAction="iam:*", resource=["a*", "ab"])], [statement(NotAction="iam:*", resource="a*")])
        == ()
    )


def test_grants_of_both_kinds_are_added() -> None:
    new = document(statement("b:B"), statement(NotAction="iam:*"))
    assert reported(added_grants(new)) == ["action-added b:B", "action-added but *", "action-added but iam:*"]


def test_all_grants_of_a_new_document_are_added() -> None:
    new = document(statement(["b:B", "a:A"]), statement(NotAction="iam:*", effect="Deny"))
    expected = ["action-added a:A", "action-added b:B", "action-added Deny but *", "action-added Deny but iam:*"]
    assert reported(added_grants(new)) == expected
    assert added_grants(new) == changes_between(document(), new)


def test_an_action_of_a_new_document_is_reported_as_its_own_effect_publishes_it() -> None:
    new = document(statement("s3:GetObject"), statement("S3:GETOBJECT", "r", effect="Deny"))
    assert reported(added_grants(new)) == ["action-added s3:GetObject", "action-added Deny S3:GETOBJECT"]


def test_wildcards_are_known_in_any_spelling() -> None:
    (made,) = document(statement(["s3:Get*", "S3:GET*", "s3:PutObject", "ec2:?un", "*", "s3:get**"])).statements
    assert made.wild == {"s3:get*", "ec2:?un", "*"}


def test_too_many_exceptions_are_refused() -> None:
    """Each of them may overlap each of the other lists."""
    lists = [[f"{letter}{number}*" for number in range(60)] for letter in "abcd"]
    with pytest.raises(DocumentError, match="too many NotAction patterns"):
        changes([statement()], [statement(NotAction=items) for items in lists])


# --- rule 8: the same action, another scope --------------------------------------------------------------------------

SCOPES: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("more resources", {"Resource": "r"}, {"Resource": ["r", "q"]}, "widened"),
    ("all resources", {"Resource": "arn:aws:s3:::a/*"}, {"Resource": "*"}, "widened"),
    ("other resources", {"Resource": "r"}, {"Resource": "q"}, "changed"),
    ("another exception", {"NotResource": "r"}, {"NotResource": ["r", "q"]}, "narrowed"),
    ("all but some, then all", {"NotResource": "r"}, {"Resource": "*"}, "widened"),
    ("everyone", {"Principal": {"AWS": "1"}}, {"Principal": "*"}, "widened"),
    ("another principal", {"Principal": {"AWS": "1"}}, {"Principal": {"Service": "x"}}, "changed"),
    ("one excepted principal more", {"NotPrincipal": {"AWS": "1"}}, {"NotPrincipal": {"AWS": ["1", "2"]}}, "narrowed"),
    ("a new condition", {}, {"Condition": TAGGED}, "narrowed"),
    ("another condition", {"Condition": TAGGED}, {"Condition": {"StringEquals": {"k": "x"}}}, "changed"),
    (
        "one value more",
        {"Condition": {"StringEquals": {"k": ["x"]}}},
        {"Condition": {"StringEquals": {"k": ["x", "y"]}}},
        "widened",
    ),
    (
        "one forbidden value more",
        {"Condition": {"StringNotEquals": {"k": ["x"]}}},
        {"Condition": {"StringNotEquals": {"k": ["x", "y"]}}},
        "narrowed",
    ),
    (
        "a pattern instead of values",
        {"Condition": {"StringEquals": {"k": ["xa", "xb"]}}},
        {"Condition": {"StringLike": {"k": "x*"}}},
        "widened",
    ),
    (
        "the key may be missing",
        {"Condition": {"StringEquals": {"k": "x"}}},
        {"Condition": {"StringEqualsIfExists": {"k": "x"}}},
        "widened",
    ),
    (
        "more resources and a condition",
        {"Resource": "r"},
        {"Resource": "*", "Condition": TAGGED},
        "changed",
    ),
    (
        "another operator that nobody knows",
        {"Condition": {"Resembles": {"k": "x"}}},
        {"Condition": {"Resembles": {"k": ["x", "y"]}}},
        "changed",
    ),
]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(("before", "after", "kind"), [row[1:] for row in SCOPES], ids=[row[0] for row in SCOPES])
def test_rule_8_a_scope_changes(before: dict[str, Any], after: dict[str, Any], kind: str, effect: str) -> None:
    opposite = {"widened": "narrowed", "narrowed": "widened"}.get(kind, kind)
    forth = _only(changes([statement(effect=effect, **before)], [statement(effect=effect, **after)]))
    back = _only(changes([statement(effect=effect, **after)], [statement(effect=effect, **before)]))
    assert (forth.kind, back.kind) == (f"scope-{kind}", f"scope-{opposite}")
    assert (forth.before, forth.after) == (back.after, back.before)
    assert forth.effect == effect


def test_rule_8_all_scopes_of_an_action_are_reported() -> None:
    change = _only(changes([statement()], [statement(condition=TAGGED), statement(resource="r")]))
    assert change.kind is ChangeKind.SCOPE_NARROWED
    assert change.before == (Scope(resources=("*",)),)
    tagged = (condition("StringEquals", "aws:ResourceTag/Team", "a"),)
    assert change.after == (Scope(resources=("*",), conditions=tagged), Scope(resources=("r",)))


def test_rule_8_a_second_statement_without_a_condition_widens() -> None:
    assert reported(changes([statement(condition=TAGGED)], [statement(condition=TAGGED), statement()])) == [
        "scope-widened s3:GetObject"
    ]


def test_rule_8_only_the_action_on_another_scope_is_reported() -> None:
    assert reported(changes([statement(["a:B", "a:C"])], [statement("a:B"), statement("a:C", "r")])) == [
        "scope-narrowed a:C"
    ]


# --- rule 9: conditions ----------------------------------------------------------------------------------------------


def test_rule_9_a_dropped_condition_widens() -> None:
    assert reported(changes([statement(condition=TAGGED)], [statement()])) == ["scope-widened s3:GetObject"]


def test_rule_9_what_changed_in_a_condition_is_reported() -> None:
    change = _only(
        changes(
            [statement(condition={"StringEquals": {"aws:K": ["x", "y"]}, "Bool": {"b": True}})],
            [statement(condition={"StringEquals": {"aws:k": ["y", "z"]}}, resource="r")],
        )
    )
    assert scope_details(change.before, change.after) == (
        Detail(("conditions", "Bool", "b"), ("true",), ()),
        Detail(("conditions", "StringEquals", "aws:k"), ("x",), ("z",)),
        Detail(("resources",), ("*",), ("r",)),
    )


def test_rule_9_a_condition_that_another_replaced_is_reported() -> None:
    """AWSLakeFormationCrossAccountManager v2: nothing is left of the block of conditions."""
    change = _only(
        changes(
            [statement(condition={"ForAllValues:StringLike": {"ram:ResourceShareName": "LakeFormation*"}})],
            [statement(condition={"StringLike": {"ram:ResourceShareName": "LakeFormation"}})],
        )
    )
    assert scope_details(change.before, change.after) == (
        Detail(("conditions", "ForAllValues:StringLike", "ram:resourcesharename"), ("LakeFormation*",), ()),
        Detail(("conditions", "StringLike", "ram:resourcesharename"), (), ("LakeFormation",)),
    )


def test_a_condition_without_values_differs_from_none() -> None:
    before, after = (Scope(conditions=tests) for tests in ((condition("Bool", "b"),), ()))
    assert scope_details((before,), (after,)) == (Detail(("conditions", "Bool", "b"), (), ()),)


def test_several_scopes_are_shown_whole() -> None:
    assert scope_details((Scope(),), (Scope(), Scope(("r",)))) is None
    assert scope_details((), (Scope(),)) is None


def test_labels_that_changed_are_kept_apart_from_grants() -> None:
    before = raw_document(statement(Sid="Old"), statement(Sid="Same"), version="2008-10-17")
    after = raw_document(statement(Sid="Same"), statement(Sid="New")) | {"Id": "I"}
    assert document_details(before, after) == (
        Detail(("Id",), (), ("I",)),
        Detail(("Sid",), ("Old",), ("New",)),
        Detail(("Version",), ("2008-10-17",), ("2012-10-17",)),
    )
    assert document_details(before, before) == ()
    assert document_details({"Statement": statement()}, raw_document(statement(), version="")) == (
        Detail(("Version",), (), ("",)),
    )


# --- rule 10: wildcards ----------------------------------------------------------------------------------------------

READS = [statement(["s3:Get*", "s3:GetObject"])]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([statement("s3:Get*")], READS, {"s3:GetObject": "s3:Get*"}, id="added, and granted before"),
        pytest.param(READS, [statement("s3:Get*")], {"s3:GetObject": "s3:Get*"}, id="removed, and granted still"),
        pytest.param(
            [statement("s3:Get*")],
            [statement("s3:GetObject"), statement("s3:GetObjectAcl")],
            {"s3:GetObject": "s3:Get*", "s3:GetObjectAcl": "s3:Get*", "s3:Get*": None},
            id="a wildcard spelt out",
        ),
        pytest.param(
            [statement("s3:GetObject")],
            [statement("S3:get*")],
            {"s3:GetObject": "S3:get*", "S3:get*": None},
            id="spelt as published",
        ),
        pytest.param([statement("*")], [statement(["*", "a:B"])], {"a:B": "*"}, id="everything"),
        pytest.param([statement("*:Get*")], [statement(["*:Get*", "a:Get?"])], {"a:Get?": "*:Get*"}, id="any service"),
        pytest.param(
            [statement("s3:Get*", "r")], [*READS, *READS], {"s3:Get*": None, "s3:GetObject": None}, id="wider"
        ),
        pytest.param(
            [statement("s3:Get*")],
            [statement("s3:Get*"), statement("s3:GetObject", "r", condition=TAGGED)],
            {"s3:GetObject": "s3:Get*"},
            id="on less",
        ),
        pytest.param(
            [statement("s3:*"), statement("s3:GetObject", "r")],
            [statement("s3:*"), statement("s3:GetObject")],
            {"s3:GetObject": "s3:*"},
            id="widened within what a wildcard granted",
        ),
        pytest.param(
            [statement("s3:Get*", effect="Deny")],
            [statement("s3:Get*", effect="Deny"), statement("s3:GetObject")],
            {"s3:GetObject": None},
            id="denied is not allowed",
        ),
        pytest.param(
            [statement("s3:Get[A-Z]*")], [statement(["s3:Get[A-Z]*", "s3:GetO"])], {"s3:GetO": None}, id="[ is a letter"
        ),
        pytest.param(
            [statement(NotAction="a:*")],
            [statement(NotAction=["a:*", "a:B"])],
            {"a:B": None},
            id="exceptions are not marked",
        ),
        pytest.param(
            # AIDevOpsAgentActionsPolicy v2: everything but some services came, and actions outside of those went
            [statement(["ec2:CreateTags", "iam:ListRoles"])],
            [statement(NotAction=["iam:*", "account:*"]), statement("iam:GetRole")],
            {
                "ec2:CreateTags": "NotAction",
                "iam:ListRoles": None,
                "iam:GetRole": None,
                "*": None,
                "iam:*": None,
                "account:*": None,
            },
            id="granted still by a statement of all other actions",
        ),
        pytest.param(
            [statement("s3:*"), statement("s3:Delete*", effect="Deny")],
            [statement("s3:*"), statement("s3:DeleteBucket")],
            {"s3:DeleteBucket": None, "s3:Delete*": None},
            id="what was denied was not granted",
        ),
        pytest.param(
            [statement("s3:*"), statement(NotAction="iam:*", effect="Deny")],
            [statement("s3:*"), statement("s3:DeleteBucket")],
            {"s3:DeleteBucket": None, "*": None, "iam:*": None},
            id="what was denied with all but some was not granted",
        ),
        pytest.param(
            [statement("s3:*"), statement(NotAction="s3:Delete*", effect="Deny")],
            [statement("s3:*"), statement("s3:DeleteBucket")],
            {"s3:DeleteBucket": "s3:*", "*": None, "s3:Delete*": None},
            id="what a denial excepts was granted",
        ),
        pytest.param(
            [statement("s3:*"), statement("s3:DeleteBucket")],
            [statement("s3:*"), statement("s3:Delete*", effect="Deny")],
            {"s3:DeleteBucket": None, "s3:Delete*": None},
            id="what is denied now is not granted still",
        ),
        pytest.param(
            [statement("s3:*"), statement(["ec2:*", "s3:Delete*"], effect="Deny")],
            [statement("s3:*"), statement("s3:DeleteBucket")],
            {"s3:DeleteBucket": None, "ec2:*": None, "s3:Delete*": None},
            id="one of the denied patterns suffices",
        ),
        pytest.param(
            [statement(NotAction="iam:*", resource="r")],
            [statement(NotAction="iam:*", resource="r"), statement("s3:GetObject")],
            {"s3:GetObject": None},
            id="all other actions on fewer resources",
        ),
        pytest.param(
            [statement(NotAction="s3:*"), statement(NotAction="*:Get*")],
            [statement(NotAction="s3:*"), statement(NotAction="*:Get*"), statement(["s3:PutObject", "s3:GetObject"])],
            {"s3:PutObject": "NotAction", "s3:GetObject": None},
            id="two statements of all other actions except what both do",
        ),
        pytest.param(
            [statement("s3:*", effect="Deny")],
            [statement("s3:*", effect="Deny"), statement("s3:DeleteBucket", effect="Deny")],
            {"s3:DeleteBucket": "s3:*"},
            id="a wildcard denied it already",
        ),
        pytest.param(
            [statement("s3:*", effect="Deny"), statement("s3:DeleteBucket", effect="Deny")],
            [statement("s3:*", effect="Deny")],
            {"s3:DeleteBucket": "s3:*"},
            id="a wildcard denies it still",
        ),
    ],
)
def test_rule_10_what_a_wildcard_grants_is_marked(
    before: Statements, after: Statements, expected: dict[str, str | None]
) -> None:
    assert {change.action: change.covered_by for change in changes(before, after)} == expected


def test_very_many_wildcards_are_not_searched_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two documents of 5,000 wildcards each would be 50,000,000 comparisons."""
    before, after = [statement(["s3:Get*", "s3:G*"])], [*READS, statement(["s3:Get*", "s3:G*"])]
    assert [change.covered_by for change in changes(before, after)] == ["s3:G*"]
    monkeypatch.setattr("tracker.diff.changes.MAX_COMPARISONS", 0)
    assert [change.covered_by for change in changes(before, after)] == [None]


# --- direction -------------------------------------------------------------------------------------------------------

GRANTS_MORE = {ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED, ChangeKind.SCOPE_CHANGED}
GRANTS_LESS = {ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED, ChangeKind.SCOPE_CHANGED}


@pytest.mark.parametrize(
    ("effect", "inverted", "action", "giving"),
    [
        (Effect.ALLOW, False, "s3:GetObject", GRANTS_MORE),
        (Effect.DENY, False, "s3:GetObject", GRANTS_LESS),
        (Effect.ALLOW, True, "*", GRANTS_MORE),  # all actions but some
        (Effect.ALLOW, True, "iam:*", GRANTS_LESS),  # one of those that are excepted
        (Effect.DENY, True, "*", GRANTS_LESS),
        (Effect.DENY, True, "iam:*", GRANTS_MORE),
    ],
)
def test_what_may_give_access(effect: Effect, inverted: bool, action: str, giving: set[ChangeKind]) -> None:
    made = {kind: Change(kind, effect, action, inverted, (), ()) for kind in ChangeKind}
    assert {kind for kind, change in made.items() if change.may_give_access} == giving
    assert {kind.opposite for kind, change in made.items() if change.may_take_access} == giving
    assert {change.is_exception for change in made.values()} == {inverted and action != "*"}


def test_kinds_have_a_direction_and_an_opposite() -> None:
    assert {kind for kind in ChangeKind if kind.widens} == GRANTS_MORE - GRANTS_LESS
    assert {kind for kind in ChangeKind if kind.narrows} == GRANTS_LESS - GRANTS_MORE
    assert {kind for kind in ChangeKind if kind.is_of_action} == {ChangeKind.ACTION_ADDED, ChangeKind.ACTION_REMOVED}
    for kind in ChangeKind:
        assert kind.opposite.opposite is kind
        assert (kind.opposite.widens, kind.opposite.narrows) == (kind.narrows, kind.widens)
        assert kind.opposite.is_of_action == kind.is_of_action
