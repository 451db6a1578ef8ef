"""Who asks and the keys that say so agree: net effect against all requests of some callers, one by one."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from evaluator import Request, allows

from tracker.access import Answer, Witness, net_effect
from tracker.policy.documents import parse_document

A, B, C = "111111111111", "222222222222", "333333333333"
ROLE, USER, OTHER_ROLE = f"arn:aws:iam::{A}:role/r", f"arn:aws:iam::{A}:user/u", f"arn:aws:iam::{B}:role/r"
SESSION = f"arn:aws:sts::{A}:assumed-role/r/s"
ARNS = (
    *(ROLE, USER, OTHER_ROLE, f"arn:aws:iam::{A}:root"),
    *(f"arn:aws:iam::{account}:{kind}/{name}" for account in (A, B, C) for kind in ("role", "user") for name in "xy"),
)
CALLERS = (
    *((f"AWS:{arn}", re.split(":+", arn)[3], arn) for arn in ARNS),
    (f"AWS:{SESSION}", A, ROLE),
    (f"AWS:arn:aws:sts::{A}:assumed-role/r/t", A, ROLE),
)
"""Who asks, with the values of `aws:PrincipalAccount` and `aws:PrincipalArn`."""
ELEMENTS = ("*", {"AWS": A}, {"AWS": ROLE}, {"AWS": [ROLE, USER]}, {"AWS": SESSION}, {"AWS": [B, USER]})
TESTS = {
    "aws:PrincipalAccount": (
        *((name, (A, B)) for name in ("StringEquals", "StringNotEquals")),
        *((name, (A, "1*", "*")) for name in ("StringLike", "StringNotLike")),
    ),
    "aws:PrincipalArn": (
        *((name, (ROLE, USER, OTHER_ROLE)) for name in ("StringEquals", "StringNotEquals")),
        *((name, (ROLE, f"arn:aws:iam::{A}:role/*", "arn:aws:iam::*:role/r")) for name in ("ArnLike", "ArnNotLike")),
    ),
}
"""Key → operators with the values they are used with."""


def condition(rng: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, tests in TESTS.items():
        if rng.random() < 0.6:
            operator, values = rng.choice(tests)
            made.setdefault(operator, {})[key] = rng.sample(values, rng.randint(1, 2))
    return {"Condition": made} if made else {}


def document(rng: random.Random, *, with_principals: bool) -> dict[str, Any]:
    statements = []
    for _ in range(rng.randint(1, 2)):
        resource = rng.choice(("*", "*", "arn:aws:s3:::b/${aws:PrincipalAccount}/*", f"arn:aws:s3:::b/{A}/*"))
        made = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, **condition(rng)}
        if rng.random() < 0.2:
            made["Effect"] = "Deny"
        if with_principals:
            made["Principal"] = rng.choice(ELEMENTS)
        statements.append(made)
    return {"Version": "2012-10-17", "Statement": statements}


def requests(*, with_principals: bool) -> Iterator[Request]:
    for principal, account, arn in CALLERS:
        context = {"aws:principalaccount": (account,), "aws:principalarn": (arn,)}
        for resource in (f"arn:aws:s3:::b/{account}/k", f"arn:aws:s3:::b/{A}/k", "arn:aws:s3:::b/x"):
            yield Request("s3:getobject", resource, principal if with_principals else None, context)


def agrees(witness: Witness) -> bool:
    """Return whether the request of a witness can exist."""
    context = dict(witness.request.context)
    account, arn = (context.get(f"aws:principal{key}", ("",)) for key in ("account", "arn"))
    if account is None or arn is None:
        return False
    here = re.match(r"arn:aws:(?:iam|sts)::(\d{12}):", arn[0])
    own = re.match(r"AWS:(?:arn:aws:(?:iam|sts)::)?(\d{12})", witness.request.principal or f"AWS:{account[0]}")
    accounts = {found for found in (account[0], here and here[1], own and own[1]) if found}
    return len(accounts) <= 1 and bool(here or not arn[0])


def run(pairs: int, seed: int) -> Counter[Answer]:
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    count: Counter[Answer] = Counter()
    for _ in range(pairs):
        with_principals = rng.random() < 0.7
        before, after = (document(rng, with_principals=with_principals) for _ in "ab")
        if "Allow" not in str(before) + str(after):
            continue
        effect = net_effect(parse_document(before), parse_document(after))
        for answer, witness, old, new in (
            (effect.gains, effect.gained, before, after),
            (effect.loses, effect.lost, after, before),
        ):
            count[answer] += 1
            shown = [
                request
                for request in requests(with_principals=with_principals)
                if allows(new, request) and not allows(old, request)
            ]
            assert answer is not Answer.NO or not shown, (old, new, shown[0])
            if witness is not None:
                assert allows(new, witness.request), (old, new, witness)
                assert not allows(old, witness.request), (old, new, witness)
                assert not with_principals or agrees(witness), (old, new, witness)
    return count


def test_a_witness_is_a_request_that_can_exist_and_no_request_of_a_caller_is_overlooked() -> None:
    count = run(60, seed=11)
    assert min(count[Answer.YES], count[Answer.NO]) > 10, count


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300, 304))
def test_so_it_is_of_many_pairs(seed: int) -> None:
    run(2000, seed=seed)
