"""What a row says first: what a change does to actions, in English, and when the text's own list follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from builders import day, document, statement

from tracker.access import Comparison, Verdict
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.model import Entry, Event
from tracker.diff.changes import changes_between
from tracker.risk import Assessment, effective_changes_of, facts_of
from tracker.text.row_builder import RowBuilder
from tracker.text.titles import assessed_title, title_of
from tracker.text.words import load_words, plain, template_folders

CATALOGUE = load_catalogue()
ROWS = RowBuilder(load_words("en", template_folders()), CATALOGUE)
Statements = Sequence[Mapping[str, Any]]
LIST_ACTIONS = sorted(facts.name for facts in CATALOGUE.expand("sns:List*"))
GET_ACTIONS = sorted(facts.name for facts in CATALOGUE.expand("sns:Get*"))
A, B = "arn:aws:sns:*:*:a", "arn:aws:sns:*:*:b"
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "x"}}


def blocks(before: Statements, after: Statements) -> tuple[list[str], bool]:
    """Return the lines that are read first, and whether what is written differently follows."""
    comparison = Comparison(document(*before), document(*after), facts_of(CATALOGUE))
    changes = changes_between(comparison.before, comparison.after)
    found = list(ROWS.blocks(changes, effective_changes_of(comparison, changes, CATALOGUE)))
    first = [block for block in found if not block.is_literal]
    lines = [text for block in first for text in (block.lead, *(each.line for each in (*block.items, *block.details)))]
    return list(map(plain, lines)), len(first) < len(found)


def deny(action: str | Sequence[str], **elements: Any) -> dict[str, Any]:
    return statement(action, effect="Deny", **elements)


CASES: dict[str, tuple[Statements, Statements, list[str], bool]] = {
    "a list of all that a wildcard stands for, replaced by it, gives what comes": (
        [statement(LIST_ACTIONS)],
        [statement("sns:List*")],
        ["Now possible on all resources:", "and whatever AWS adds under sns:List*"],
        True,
    ),
    "two lists of all that two wildcards stand for, replaced by these": (
        [statement([*LIST_ACTIONS, *GET_ACTIONS])],
        [statement(["sns:List*", "sns:Get*"])],
        ["Now possible on all resources:", "and whatever AWS adds under sns:Get* and sns:List*"],
        True,
    ),
    "an action that no reference knows, and that one of two wildcards takes in": (
        [statement("sns:GetNothing", A)],
        [statement("sns:GetNothing", A), statement(["sns:List*", "sns:Get*"])],
        [
            "Now possible on all resources:",
            f"sns:Get* ({len(GET_ACTIONS)} actions today)",
            f"sns:List* ({len(LIST_ACTIONS)} actions today)",
            "Now allowed on more resources:",
            "sns:GetNothing",
        ],
        True,
    ),
    "an action that a wildcard allowed already is not new": (
        [statement("sns:*")],
        [statement("sns:*"), statement("sns:Publish")],
        ["The policy allows just what it allowed before; it is only written differently."],
        True,
    ),
    "a wildcard with a denial of one of its actions gives the others": (
        [statement("sqs:SendMessage")],
        [statement(["sqs:SendMessage", "sns:List*"]), deny("sns:ListTopics")],
        [
            "Now possible on all resources:",
            f"sns:List* except sns:ListTopics ({len(LIST_ACTIONS) - 1} actions today)",
            "Also denied now; nothing that was allowed is lost by it:",
            "sns:ListTopics",
        ],
        True,
    ),
    "the scope of actions is said once, and which of them a Deny limits": (
        [statement("sqs:SendMessage")],
        [
            statement(["sqs:SendMessage", "sns:Publish", "sns:Subscribe", "sns:Unsubscribe"]),
            deny("sns:*be", resource=A),
        ],
        [
            "Now possible on all resources:",
            "sns:Publish",
            "sns:Subscribe",
            "sns:Unsubscribe",
            "Except where it is denied: on the resource arn:aws:sns:*:*:a: sns:Subscribe and sns:Unsubscribe",
        ],
        True,
    ),
    "an ARN for which everything came is not called removed": (
        [statement("sns:Publish", A), statement("sns:*", B)],
        [statement("sns:Publish"), statement("sns:*", B)],
        [
            "Now allowed on more resources:",
            "sns:Publish",
            "Before: on the resources arn:aws:sns:*:*:a and arn:aws:sns:*:*:b",
            "Now: on all resources",
        ],
        True,
    ),
    "what is allowed on all resources is not said to be allowed on some of them, too": (
        [statement("sns:Publish", A), statement("sns:*", B, Condition=TAGGED)],
        [statement("sns:Publish"), statement("sns:*", B, Condition=TAGGED)],
        [
            "Now allowed more widely:",
            "sns:Publish",
            "Before: on the resource arn:aws:sns:*:*:a",
            "Before: on the resource arn:aws:sns:*:*:b with the resource tag 'team':'x'",
            "Now: on all resources",
        ],
        True,
    ),
    "a denial that meets what is allowed is the news, said once": (
        [statement("sns:Publish")],
        [statement("sns:Publish"), deny("sns:Publish", resource=A)],
        ["Now denied on the resource arn:aws:sns:*:*:a:", "sns:Publish"],
        False,
    ),
    "a denial that went lets through": (
        [statement("sns:Publish"), deny("sns:Publish", resource=A)],
        [statement("sns:Publish")],
        ["No longer denied on the resource arn:aws:sns:*:*:a:", "sns:Publish"],
        False,
    ),
    "a denial of what nobody allows changes nothing": (
        [statement("sns:Publish")],
        [statement("sns:Publish"), deny("sqs:SendMessage")],
        ["Also denied now; nothing that was allowed is lost by it:", "sqs:SendMessage"],
        True,
    ),
    "a wildcard under a condition in place of an action": (
        [statement("sns:Publish", A)],
        [statement("sns:Publish*", [A, B], condition=TAGGED)],
        [
            "Now possible on the resources arn:aws:sns:*:*:a and arn:aws:sns:*:*:b with the resource tag 'team':'x':",
            "and whatever AWS adds under sns:Publish*",
            "Now allowed only under stricter conditions, though on more resources:",
            "sns:Publish",
        ],
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_row_says_first_what_a_change_does(name: str) -> None:
    before, after, lines, has_more = CASES[name]
    said, follows = blocks(before, after)
    assert said[: len(lines)] == lines
    assert follows is has_more


def test_where_the_text_says_it_all_it_is_said_in_the_words_of_the_documentation() -> None:
    said, follows = blocks([statement("sns:Publish")], [statement(["sns:Publish", "sqs:SendMessage"])])
    assert said == ["Added the following action on all resources:", "sqs:SendMessage"]
    assert not follows


def test_a_scope_that_is_surely_smaller_is_not_called_another() -> None:
    every = {"ForAllValues:StringLike": {"organizations:ServicePrincipal": "ds.amazonaws.com"}}
    one = {"StringEquals": {"organizations:ServicePrincipal": "ds.amazonaws.com"}}
    action = "organizations:EnableAWSServiceAccess"
    said, follows = blocks([statement(action, condition=every)], [statement(action, condition=one)])
    assert said[:2] == ["Now allowed only under stricter conditions:", action]
    assert not follows


def title(before: Statements, after: Statements) -> str:
    """Return the title of an update, by what it does."""
    comparison = Comparison(document(*before), document(*after), facts_of(CATALOGUE))
    changes = changes_between(comparison.before, comparison.after)
    update = Entry("aws/P/v2", "aws", "P", Event.POLICY_UPDATED, "v2", "v1", 0, day(2), None, changes=changes)
    effective = effective_changes_of(comparison, changes, CATALOGUE)
    found = title_of(update, ROWS.words, CATALOGUE, effective)
    assessed = {update.id: Assessment(Verdict.BOTH, (), effective)}
    assert assessed_title(update, ROWS.words, CATALOGUE, assessed) == found
    assert RowBuilder(ROWS.words, CATALOGUE, effective=lambda _: effective).title(update) == found
    return found


IN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
TITLES: dict[str, tuple[Statements, Statements, str]] = {
    "a service whose only change is redundant is not named": (
        [statement("sns:*")],
        [statement("sns:*"), statement("sns:Publish", A), statement("sqs:SendMessage")],
        "Added actions for Amazon SQS",
    ),
    "a list replaced by its wildcard under a condition lost nothing: it has another scope": (
        [statement(LIST_ACTIONS, A)],
        [statement("sns:List*", condition=IN_ACCOUNT)],
        "Added actions and changed the scope of others for Amazon SNS",
    ),
    "an update that does nothing says so": (
        [statement("sns:*")],
        [statement("sns:*"), statement("sns:Publish", A)],
        "Rewritten without effect on permissions",
    ),
    "a denial that takes nothing from its own document is named": (
        [statement("sns:Publish")],
        [statement("sns:Publish"), deny("sqs:SendMessage")],
        "Added denied actions for Amazon SQS",
    ),
    "a denial of what is allowed is named once": (
        [statement("sns:*")],
        [statement("sns:*"), deny("sns:Publish", resource=A)],
        "Added denied actions for Amazon SNS",
    ),
    "what is allowed on everything counts as all services alone": (
        [statement("sns:Publish")],
        [statement("*", A)],
        "Added actions for all services; changed the scope for Amazon SNS",
    ),
}


def test_actions_that_were_allowed_on_different_resources_are_named_once_where_it_says_on_which() -> None:
    """AmazonConnectServiceLinkedRolePolicy v55: 63 actions of Customer Profiles, on nine lists of resources before."""
    said, _ = blocks([statement(LIST_ACTIONS[:1], A), statement(LIST_ACTIONS[1:], B)], [statement("sns:*")])
    names = f"{', '.join(LIST_ACTIONS[1:-1])}, and {LIST_ACTIONS[-1]}"
    assert said[-5:] == [
        "Now allowed on more resources:",
        f"{len(LIST_ACTIONS)} actions of Amazon SNS",
        "Now: on all resources",
        f"Before: on the resource arn:aws:sns:*:*:a ({LIST_ACTIONS[0]})",
        f"Before: on the resource arn:aws:sns:*:*:b: {names}",
    ]


@pytest.mark.parametrize("name", TITLES)
def test_a_title_names_each_service_whose_permissions_moved(name: str) -> None:
    before, after, expected = TITLES[name]
    assert title(before, after) == expected


def test_actions_of_many_services_are_counted_by_service() -> None:
    """SageMakerStudioProjectUserRolePermissionsBoundary v2: a Deny of `*` for some bites on 589 of 34 services."""
    services = ("acm", "athena", "batch", "ecr", "ecs", "eks", "fsx", "glue", "kms", "rds", "s3", "sns", "sqs")
    listed = sorted(facts.name for service in services for facts in CATALOGUE.expand(f"{service}:*"))
    said, _ = blocks([statement(listed, A)], [statement(listed), statement("xray:*")])
    counted = next(line for line in said if "services" in line)
    assert counted.startswith(f"{len(listed):,} actions of 13 services: AWS Certificate Manager (")
    assert counted.endswith(")")
