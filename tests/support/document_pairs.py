"""Random pairs of documents as neighbouring versions are, over the actions and resources of `enumerated_requests`."""

import random
from copy import deepcopy
from typing import Any

from enumerated_requests import KNOWN_ACTIONS
from evaluator import like

PATTERNS = (
    "s3:GetObject",
    "s3:getacl",
    "S3:PutObject",
    "ec2:Run",
    "ec2:Stop",
    "s3:Get*",
    "s3:*",
    "*",
    "ec2:*",
    "s3:?et*",
)
RESOURCE_LISTS = (
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/y",
    "arn:aws:s3:::b/x",
    "arn:*",
    "arn:aws:s3",
    "arn:aws:s3:::a/?",
    "*/x",
)
WHO = (
    "*",
    {"AWS": "*"},
    {"AWS": "111111111111"},
    {"AWS": "arn:aws:iam::111111111111:user/a"},
    {"AWS": ["arn:aws:iam::111111111111:user/a", "arn:aws:iam::222222222222:user/b"]},
    {"AWS": "arn:aws:iam::111111111111:role/p/r"},
    {"AWS": "arn:aws:sts::111111111111:assumed-role/r/s"},
    {"Service": "ec2.amazonaws.com"},
    {"Service": "ec2.amazonaws.com", "AWS": "222222222222"},
)
WHERE = {
    "identity": ("Resource", "NotResource"),
    "resource": ("Resource", "NotResource"),
    "trust": ("Principal", "NotPrincipal"),
}
TEXT_TESTS = ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase")
TEXT_VALUES = ("a", "b", "ab", "a*", "*", "A", "?")
OTHER_TESTS = {
    "Bool": ("true", "false"),
    "NumericLessThan": ("1", "5", "7"),
    "NumericLessThanEquals": ("1", "5"),
    "NumericGreaterThan": ("1", "5"),
    "NumericEquals": ("1", "5"),
    "NumericNotEquals": ("1", "5"),
    "IpAddress": ("10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24"),
    "NotIpAddress": ("10.0.0.0/8", "10.0.1.0/24"),
}


def some(rng: random.Random, values: tuple[str, ...], most: int = 3) -> list[str]:
    return rng.sample(values, rng.randint(1, min(most, len(values))))


def condition(rng: random.Random) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
        kind = rng.random()
        if kind < 0.6:
            prefix = rng.choice(("", "", "", "ForAnyValue:", "ForAllValues:"))
            operator, key = prefix + rng.choice(TEXT_TESTS) + rng.choice(("", "", "IfExists")), "k:text"
            values: list[str] = some(rng, TEXT_VALUES)
        elif kind < 0.85:
            base = rng.choice(sorted(OTHER_TESTS))
            operator, key, values = base + rng.choice(("", "", "IfExists")), "K:Other", some(rng, OTHER_TESTS[base], 2)
        else:
            operator, key, values = "Null", rng.choice(("k:text", "k:other")), some(rng, ("true", "false"), 1)
        found.setdefault(operator, {})[key] = values
    return found


def statement(rng: random.Random, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Deny" if rng.random() < 0.25 else "Allow"}
    made["NotAction" if rng.random() < 0.15 else "Action"] = some(rng, PATTERNS)
    if kind != "trust":
        made["NotResource" if rng.random() < 0.15 else "Resource"] = some(rng, RESOURCE_LISTS)
    if kind != "identity":
        made["NotPrincipal" if rng.random() < 0.1 else "Principal"] = rng.choice(WHO)
    if made.get("NotPrincipal") in ("*", {"AWS": "*"}):
        made["Principal"] = made.pop("NotPrincipal")
    tests = condition(rng)
    return made | ({"Condition": tests} if tests else {})


def edited(rng: random.Random, document: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return a document with some small edits, as people and AWS make them."""
    statements = deepcopy(document["Statement"])
    for _ in range(rng.randint(1, 3)):
        index, other = rng.randrange(len(statements)), statement(rng, kind)
        match rng.randrange(6):
            case 0:
                statements.insert(index, other)
            case 1 if len(statements) > 1:
                del statements[index]
            case 2:
                statements += split(statements[index])
            case 3:
                rng.shuffle(statements)
            case _:
                names = rng.choice((("Condition",), ("Action", "NotAction"), WHERE[kind]))
                kept = {name: value for name, value in statements[index].items() if name not in names}
                statements[index] = kept | {name: value for name, value in other.items() if name in names}
    return {"Version": "2012-10-17", "Statement": statements}


def split(parted: dict[str, Any]) -> list[dict[str, Any]]:
    """Take one item out of each list of a statement, and return statements of those."""
    made = []
    for name in ("Action", "Resource"):
        if len(parted.get(name, ())) > 1:
            copy = deepcopy(parted)
            copy[name] = [parted[name].pop()]
            made.append(copy)
    for operator, tests in parted.get("Condition", {}).items():
        for key, values in tests.items():
            if len(values) > 1 and operator in TEXT_TESTS[:2]:
                copy = deepcopy(parted)
                copy["Condition"][operator][key] = [values.pop()]
                made.append(copy)
    return made


def pair(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    kind = rng.choice(("identity", "identity", "trust", "resource"))
    before = {"Version": "2012-10-17", "Statement": [statement(rng, kind) for _ in range(rng.randint(1, 4))]}
    return before, edited(rng, before, kind)


def known(pattern: str) -> list[str]:
    return [action.lower() for action in KNOWN_ACTIONS if like(pattern, action, blind=True)]
