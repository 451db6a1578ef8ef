"""A small set of requests to try documents on: all those of a few actions, resources, principals, contexts.

What a document says to a request is the evaluator's. All contexts of one action, resource and principal are tried at
once, as bits of an integer.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from evaluator import Values, is_about, listed, passes

Texts = tuple[str, ...] | tuple[None]

ACTIONS = ("s3:getobject", "s3:getacl", "s3:putobject", "s3:getzz", "ec2:run", "ec2:zz", "zz:zz")
KNOWN_ACTIONS = ("s3:GetObject", "s3:GetAcl", "s3:PutObject", "ec2:Run", "ec2:Stop")
RESOURCES = (
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/y",
    "arn:aws:s3:::a/X",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::a/",
    "arn:aws:s3:::a/:",
    "arn:aws:sqs:zz:zz:zz",
    "zz",
)
PRINCIPALS = (
    "AWS:arn:aws:iam::111111111111:user/a",
    "AWS:arn:aws:iam::111111111111:user/zz",
    "AWS:arn:aws:iam::111111111111:role/p/r",
    "AWS:arn:aws:sts::111111111111:assumed-role/r/s",
    "AWS:arn:aws:sts::111111111111:assumed-role/r/zz",
    "AWS:arn:aws:iam::222222222222:user/b",
    "AWS:arn:aws:iam::333333333333:user/zz",
    "Service:ec2.amazonaws.com",
    "Service:zz.amazonaws.com",
)
TEXTS: tuple[Values, ...] = (None, ("a",), ("b",), ("ab",), ("A",), ("zz",), ("a", "b"), ("a", "zz"))
OTHERS: tuple[Values, ...] = (
    None,
    ("true",),
    ("false",),
    ("1",),
    ("5",),
    ("9",),
    ("zz",),
    ("10.0.0.1",),
    ("10.0.1.1",),
)
CONTEXTS = tuple({"k:text": text, "k:other": other} for text, other in product(TEXTS, OTHERS))
EVERY = (1 << len(CONTEXTS)) - 1


@cache
def _mask(operator: str, key: str, wanted: tuple[str, ...]) -> int:
    return sum(
        1 << combination
        for combination, context in enumerate(CONTEXTS)
        if passes(operator, wanted, context[key.lower()])
    )


def mask_of(condition: Mapping[str, Mapping[str, Any]]) -> int:
    found = EVERY
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            found &= _mask(operator, key, tuple(listed(wanted)))
    return found


def allowed(
    document: Mapping[str, Any], actions: Texts, resources: Texts, principals: Texts
) -> dict[tuple[str | None, str | None, str | None], int]:
    """Return for each action, resource and principal the contexts in which a document allows it, as bits."""
    allow: dict[tuple[str | None, str | None, str | None], int] = {}
    deny: dict[tuple[str | None, str | None, str | None], int] = {}
    for statement in document["Statement"]:
        found = allow if statement["Effect"] == "Allow" else deny
        mask = mask_of(statement.get("Condition", {}))
        for combination in product(
            [text for text in actions if is_about(statement, "Action", text)],
            [text for text in resources if is_about(statement, "Resource", text)],
            [text for text in principals if is_about(statement, "Principal", text)],
        ):
            found[combination] = found.get(combination, 0) | mask
    return {combination: mask & ~deny.get(combination, 0) for combination, mask in allow.items()}


def gained(before: Mapping[str, Any], after: Mapping[str, Any], actions: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the requests of the small set that `after` allows and `before` does not."""
    statements = after["Statement"]
    resources = RESOURCES if any("Resource" in each or "NotResource" in each for each in statements) else (None,)
    principals = PRINCIPALS if any("Principal" in each or "NotPrincipal" in each for each in statements) else (None,)
    chosen = tuple(actions), resources, principals
    old = allowed(before, *chosen)
    for combination, mask in allowed(after, *chosen).items():
        new = mask & ~old.get(combination, 0)
        if new:
            yield *combination, CONTEXTS[new.bit_length() - 1]


def among_others(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where neither document allows anything, let another policy allow everything."""
    statements = [*before["Statement"], *after["Statement"]]
    if any(each["Effect"] == "Allow" for each in statements):
        return before, after
    allow = {"Effect": "Allow", "Action": "*"}
    for element in ("Resource", "Principal"):
        if any(element in each or f"Not{element}" in each for each in statements):
            allow[element] = "*"
    return {"Statement": [*before["Statement"], allow]}, {"Statement": [*after["Statement"], allow]}
