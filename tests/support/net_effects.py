"""Statements in one line each, and the net effect of a change of them, its witnesses evaluated a second time."""

from typing import Any

from enumerated_requests import among_others
from evaluator import allows

from tracker.access import NetEffect, net_effect
from tracker.policy.documents import parse_document

ACCOUNT = "111122223333"


def on(action: Any, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    """Return an Allow statement; `Effect`, `NotAction` and so on replace elements, None removes them."""
    made = {"Effect": "Allow", "Action": action, "Resource": resource} | elements
    return {name: value for name, value in made.items() if value is not None}


def but(action: Any, **elements: Any) -> dict[str, Any]:
    return on(None, NotAction=action, **elements)


def deny(action: Any, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return on(action, resource, Effect="Deny", **elements)


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return on("s3:GetObject", Condition={operator: {key: list(values)}})


def trusting(**principal: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def effect_of(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> NetEffect:
    """Return the net effect, its witnesses held against an evaluator of the tests' own, both ways round."""
    old, new = document(*before), document(*after)
    effect = net_effect(parse_document(old), parse_document(new))
    assert net_effect(parse_document(new), parse_document(old)).gains is effect.loses
    old, new = among_others(old, new)
    for witness, more, less in ((effect.gained, new, old), (effect.lost, old, new)):
        if witness is not None and not witness.request.assumed:
            assert allows(more, witness.request), witness
            assert not allows(less, witness.request), witness
    return effect
