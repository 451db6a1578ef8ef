"""Texts that may hold a policy, in any syntax, and texts that surely hold none."""

import pytest

from tracker.inputs.syntax.policy_text import is_source_or_prose, may_concern_policies, may_hold_policy


@pytest.mark.parametrize(
    "text",
    [
        '{"Effect": "Allow", "Action": "*"}',
        '{"Effect":"Deny","NotAction":["iam:*"]',
        "Effect: Allow\nAction: '*'",
        'statement {\n  effect = "Allow"\n  actions = ["*"]\n}',
        "new PolicyStatement({effect: iam.Effect.ALLOW, actions: ['*']})",
        "iam.PolicyStatement(effect=iam.Effect.DENY, not_actions=['*'])",
        '"{\\"Effect\\": \\"Allow\\", \\"Action\\": \\"*\\"}"',
        r'{"\u0045ffect": "\u0041llow", "\u0041ction": "*"}',
        "<Effect>Allow</Effect><Action>*</Action>",
        "'Effect' => 'Allow', 'Action' => '*'",
        "{Effect: 'Allow', // all\n Action: `*`}",
    ],
)
def test_a_policy_is_noticed_in_this_syntax(text: str) -> None:
    assert may_hold_policy(text)
    assert may_concern_policies(text)


@pytest.mark.parametrize(
    "text",
    [
        "The side effect: allow users to take action: now",
        "taints:\n- effect: NoSchedule\n  key: action",
        "on:\n  pull_request:\nactions: []\n",
        '{"Effect": "Allow"}',
        '{"Action": "*"}',
        "",
    ],
)
def test_no_policy_is_seen_where_none_is(text: str) -> None:
    assert not may_hold_policy(text)


@pytest.mark.parametrize(
    ("path", "is_source"),
    [
        ("a/b.py", True),
        ("README.MD", True),
        ("Admin", False),
        ("p.json", False),
        ("p.txt", False),
        ("p.policy", False),
        ("main.tf", False),
        ("p.json.j2", False),
        (".py", False),
    ],
)
def test_programs_and_prose_are_known_by_their_names(path: str, is_source: bool) -> None:
    assert is_source_or_prose(path) == is_source
