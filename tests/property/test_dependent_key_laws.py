"""Keys whose values depend on each other: net effect against requests that can exist, made without the program."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from evaluator import Request, Values, allows
from strategies import examples

from tracker.access import Answer, Witness, net_effect
from tracker.policy.documents import parse_document

SERVICES = ("athena.amazonaws.com", "glue.amazonaws.com")
HOME = "arn:aws:iam::111122223333"
Context = Mapping[str, Values]
WHO: tuple[tuple[str, str, str, Values], ...] = (
    (f"{HOME}:role/r", "AssumedRole", "AROA1:s", None),
    (f"{HOME}:role/path/q", "AssumedRole", "AROA2:t", None),
    (f"{HOME}:user/u", "User", "AIDA1", ("u",)),
    (f"{HOME}:user/path/v", "User", "AIDA2", ("v",)),
    (f"{HOME}:root", "Account", "111122223333", None),
    ("arn:aws:sts::111122223333:federated-user/f", "FederatedUser", "111122223333:f", None),
)
"""The ARN, type, id and name of principals, as the table of principal key values has them."""
TEXTS, SETS = (
    ("StringEquals", "StringNotEquals", "StringLike"),
    ("ForAnyValue:StringEquals", "ForAllValues:StringEquals"),
)
TESTS: tuple[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]], ...] = (
    {
        "aws:CalledVia": ((*SETS, "Null"), SERVICES),
        "aws:CalledViaFirst": ((*TEXTS, "Null"), (*SERVICES, "a*")),
        "aws:CalledViaLast": ((*TEXTS, "Null"), (*SERVICES, "*")),
    },
    {
        "aws:TagKeys": ((*SETS, "ForAnyValue:StringNotEquals", "Null"), ("team", "env", "other")),
        "aws:RequestTag/team": ((*TEXTS, "Null"), ("red", "blue", "*")),
        "aws:RequestTag/Env": (("StringEquals", "StringEqualsIfExists", "Null"), ("red", "blue")),
    },
    {
        "aws:PrincipalArn": (("ArnLike", "ArnNotLike"), (WHO[0][0], WHO[2][0], f"{HOME}:user/*", f"{HOME}:root")),
        "aws:PrincipalType": (TEXTS[:2], ("AssumedRole", "User", "Account")),
        "aws:userid": (("StringLike", "StringNotLike"), ("AROA1:*", "AIDA1", "*:*")),
        "aws:username": (("StringEquals", "StringNotEquals", "Null"), ("u", "v")),
    },
)
"""For each group of keys: their operators and values."""


def condition(rng: random.Random, group: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key in rng.sample(sorted(group), rng.randint(1, 2)):
        operators, values = group[key]
        operator = rng.choice(operators)
        chosen = rng.sample(values, rng.randint(1, 2)) if operator != "Null" else [rng.choice(("true", "false"))]
        made.setdefault(operator, {})[key] = chosen
    return made


def document(rng: random.Random, group: Mapping[str, Any]) -> dict[str, Any]:
    statements = [
        {
            "Effect": "Deny" if rng.random() < 0.25 else "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": condition(rng, group),
        }
        for _ in range(rng.randint(1, 2))
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def contexts() -> list[Context]:
    """Return what a request may have of the keys of each group; somebody asks in each."""
    services = (*SERVICES, "zz")
    chains = [(), *((one,) for one in services), *((one, other) for one in services for other in services)]
    somebody, *others = map(described, WHO)
    made: list[Context] = [somebody, *others]
    for chain in chains:
        first, last = chain[:1] or None, chain[-1:] or None
        made.append(
            {**somebody, "aws:calledvia": chain or None, "aws:calledviafirst": first, "aws:calledvialast": last}
        )
    for team in (None, "red", "blue", "zz"):
        for env in (None, "red", "zz"):
            for other in ((), ("other",), ("zz", "yy")):
                listed = (*(("team",) if team else ()), *(("env",) if env else ()), *other)
                tags = {"aws:requesttag/team": team, "aws:requesttag/env": env}
                requested = {key: (tag,) if tag else None for key, tag in tags.items()}
                made.append({**somebody, **requested, "aws:tagkeys": listed or None})
    return made


def described(who: tuple[str, str, str, Values]) -> Context:
    """Return the keys that describe a principal."""
    arn, kind, identity, name = who
    values = {"aws:principalarn": (arn,), "aws:principaltype": (kind,), "aws:userid": (identity,)}
    return {**values, "aws:username": name}


CONTEXTS = contexts()


def agrees(witness: Witness) -> bool:
    """Return whether the request of a witness can exist."""
    context = dict(witness.request.context)
    chain = context.get("aws:calledvia", ...)
    ends = [context[key] for key in ("aws:calledviafirst", "aws:calledvialast") if key in context]
    if chain is not ... and ends:
        return all((end is None) == (chain is None) and set(end or ()) <= set(chain or ()) for end in ends)
    if context.get("aws:tagkeys", ...) is not ...:
        listed = {key.lower() for key in context["aws:tagkeys"] or ()}
        tags = {key.partition("/")[2]: value for key, value in context.items() if "/" in key}
        return all((value is not None) == (tag in listed) for tag, value in tags.items())
    kind, name = context.get("aws:principaltype", ...), context.get("aws:username", ...)
    return ... in (kind, name) or (kind == ("User",)) == (name is not None)


def run(pairs: int, seed: int) -> Counter[Answer]:
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    count: Counter[Answer] = Counter()
    for _ in range(pairs):
        group = rng.choice(TESTS)
        before, after = document(rng, group), document(rng, group)
        if "Allow" not in str(before) + str(after):
            continue
        effect = net_effect(parse_document(before), parse_document(after))
        for answer, witness, old, new in (
            (effect.gains, effect.gained, before, after),
            (effect.loses, effect.lost, after, before),
        ):
            count[answer] += 1
            requests = (Request("s3:getobject", "*", None, context) for context in CONTEXTS)
            shown = next((each for each in requests if allows(new, each) and not allows(old, each)), None)
            assert answer is not Answer.NO or shown is None, (old, new, shown)
            if witness is not None:
                assert allows(new, witness.request), (old, new, witness)
                assert not allows(old, witness.request), (old, new, witness)
                assert agrees(witness), (old, new, witness)
    return count


def test_a_witness_is_a_request_that_can_exist_and_none_that_can_is_overlooked() -> None:
    count = run(examples(100), seed=21)
    assert min(count[Answer.YES], count[Answer.NO]) > count[Answer.UNKNOWN], count


MAX_UNDECIDED = 0.01
"""The share of directions that may be left undecided: a tag without a value, since an action may take tags away."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(400, 404))
def test_so_it_is_of_many_pairs(seed: int) -> None:
    count = run(2000, seed=seed)
    assert count[Answer.UNKNOWN] <= MAX_UNDECIDED * sum(count.values()), count
