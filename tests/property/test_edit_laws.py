"""Net effect of edits as people make them: trusts, resource policies and customer policies, against brute force.

Each pair is a document and an edit of it. What is said to be no gain is held against the requests enumerated for
its kind; each witness is held against the evaluator. The shares that are left undecided are counted.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from evaluator import Request, Values, allows
from strategies import examples

from tracker.access import Answer, Verdict, Witness, net_effect
from tracker.policy.documents import parse_document

A, B = "111111111111", "222222222222"
ROLES = tuple(f"arn:aws:iam::{account}:role/{name}" for account in (A, B) for name in ("app", "path/admin", "ci"))
AWS = (A, B, *ROLES, f"arn:aws:iam::{A}:user/ann", f"arn:aws:sts::{A}:assumed-role/app/me", f"arn:aws:iam::{B}:root")
SERVICES = ("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com")
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/{GITHUB}"
SUBJECTS = ("repo:org/app:ref:refs/heads/main", "repo:org/app:*", "repo:org/*", "repo:org/web:environment:prod")
BUCKETS = ("arn:aws:s3:::data", "arn:aws:s3:::data/*", "arn:aws:s3:::data/in/*", "arn:aws:s3:::logs/*", "*")

Pool = Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Condition key → operators with the values they are used with."""

STRINGS = ("StringEquals", "StringNotEquals", "StringEqualsIfExists")
TRUST_TESTS: Pool = {
    "sts:ExternalId": (("StringEquals", ("x1", "x2")),),
    "aws:PrincipalOrgID": (("StringEquals", ("o-1", "o-2")), ("StringNotEquals", ("o-1",))),
    "aws:PrincipalArn": (("ArnLike", (ROLES[0], f"arn:aws:iam::{A}:role/*")), ("StringEquals", (ROLES[0],))),
    f"{GITHUB}:sub": (("StringLike", SUBJECTS), ("StringEquals", SUBJECTS[:1])),
    f"{GITHUB}:aud": (("StringEquals", ("sts.amazonaws.com",)),),
    "aws:SourceAccount": (("StringEquals", (A, B)),),
    "aws:MultiFactorAuthPresent": (("Bool", ("true",)), ("BoolIfExists", ("true",))),
}
RESOURCE_TESTS: Pool = {
    "aws:SecureTransport": (("Bool", ("true", "false")),),
    "aws:SourceVpce": (("StringEquals", ("vpce-1", "vpce-2")), ("StringNotEquals", ("vpce-1",))),
    "aws:PrincipalOrgID": (("StringEquals", ("o-1",)), ("StringNotEqualsIfExists", ("o-1",))),
    "aws:SourceIp": (("IpAddress", ("10.0.0.0/8", "10.1.0.0/16")), ("NotIpAddress", ("10.0.0.0/8",))),
    "aws:SourceArn": (("ArnLike", ("arn:aws:sns:*:1:*", "arn:aws:sns:us-east-1:1:topic")),),
    "s3:x-amz-acl": (("StringEquals", ("private", "bucket-owner-full-control")),),
}
CUSTOMER_TESTS: Pool = {
    "aws:ResourceTag/team": tuple((name, ("red", "blue")) for name in STRINGS),
    "aws:RequestTag/team": (("StringEquals", ("red", "blue")), ("Null", ("true", "false"))),
    "aws:PrincipalTag/team": (("StringEquals", ("red",)), ("StringLike", ("r*", "red*"))),
    "aws:TagKeys": (("ForAllValues:StringEquals", ("team", "env")), ("ForAnyValue:StringEquals", ("team",))),
    "aws:RequestedRegion": (("StringEquals", ("eu-west-1", "us-east-1")), ("StringNotEquals", ("eu-west-1",))),
    "aws:MultiFactorAuthPresent": (("Bool", ("true",)), ("BoolIfExists", ("true", "false"))),
    "aws:MultiFactorAuthAge": (("NumericLessThan", ("3600", "900")), ("NumericGreaterThanEquals", ("900",))),
    "aws:SourceIp": (("IpAddress", ("10.0.0.0/8", "10.1.0.0/16")), ("NotIpAddress", ("10.1.0.0/16",))),
    "aws:CurrentTime": (("DateLessThan", ("2026-06-30", "2027-01-01T00:00:00Z")), ("DateGreaterThan", ("2026-01-01",))),
    "aws:SourceVpc": (("StringEquals", ("vpc-1", "vpc-2")),),
    "aws:PrincipalOrgID": (("StringEquals", ("o-1", "o-2")),),
}
VALUES: Mapping[str, tuple[Values, ...]] = {
    "sts:externalid": (("x1",), ("x2",), ("zz",)),
    "aws:principalorgid": (("o-1",), ("o-2",), ("zz",)),
    "aws:principalarn": ((ROLES[0],), (f"arn:aws:iam::{A}:role/zz",), (ROLES[3],)),
    f"{GITHUB}:sub": (
        ("repo:org/app:ref:refs/heads/main",),
        ("repo:org/app:zz",),
        ("repo:org/web:environment:prod",),
        ("zz",),
    ),
    f"{GITHUB}:aud": (("sts.amazonaws.com",), ("zz",)),
    "aws:sourceaccount": ((A,), (B,), ("333333333333",)),
    "aws:multifactorauthpresent": (("true",), ("false",)),
    "aws:securetransport": (("true",), ("false",)),
    "aws:sourcevpce": (("vpce-1",), ("vpce-2",), ("zz",)),
    "aws:sourceip": (("10.1.0.1",), ("10.2.0.1",), ("192.0.2.1",)),
    "aws:sourcearn": (("arn:aws:sns:us-east-1:1:topic",), ("arn:aws:sns:zz:1:zz",), ("arn:aws:sqs:zz:1:zz",)),
    "s3:x-amz-acl": (("private",), ("bucket-owner-full-control",), ("zz",)),
    "aws:resourcetag/team": (("red",), ("blue",), ("zz",)),
    "aws:requesttag/team": (("red",), ("blue",), ("zz",)),
    "aws:principaltag/team": (("red",), ("redder",), ("rzz",), ("zz",)),
    "aws:tagkeys": (("team",), ("env",), ("team", "env"), ("team", "zz"), ("zz",)),
    "aws:requestedregion": (("eu-west-1",), ("us-east-1",), ("zz",)),
    "aws:multifactorauthage": (("100",), ("900",), ("3000",), ("9999",)),
    "aws:currenttime": (
        ("2025-12-31T00:00:00Z",),
        ("2026-03-01T00:00:00Z",),
        ("2026-09-01T00:00:00Z",),
        ("2028-01-01T00:00:00Z",),
    ),
    "aws:sourcevpc": (("vpc-1",), ("vpc-2",), ("zz",)),
}
PRINCIPALS = (
    *(f"AWS:{role}" for role in ROLES),
    f"AWS:arn:aws:iam::{A}:role/zz",
    f"AWS:arn:aws:iam::{A}:user/ann",
    f"AWS:arn:aws:sts::{A}:assumed-role/app/me",
    f"AWS:arn:aws:sts::{A}:assumed-role/app/zz",
    "AWS:arn:aws:iam::333333333333:role/zz",
    *(f"Service:{name}" for name in (*SERVICES, "zz.amazonaws.com")),
    f"Federated:{PROVIDER}",
)
RESOURCES = (
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/zz",
    "arn:aws:s3:::data/in/zz",
    "arn:aws:s3:::logs/zz",
    "arn:aws:s3:::zz",
)
"""Requests of these are tried at random."""


class Kind(NamedTuple):
    """One kind of policy documents."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: bool
    tests: Pool
    tried: tuple[str, ...]
    """Actions of requests."""


KINDS = {
    "trust": Kind(
        actions=("sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"),
        resources=(),
        principals=True,
        tests=TRUST_TESTS,
        tried=("sts:assumerole", "sts:tagsession", "sts:assumerolewithwebidentity"),
    ),
    "resource": Kind(
        actions=("s3:GetObject", "s3:PutObject", "s3:*", "s3:Get*"),
        resources=BUCKETS,
        principals=True,
        tests=RESOURCE_TESTS,
        tried=("s3:getobject", "s3:putobject", "s3:zz"),
    ),
    "customer": Kind(
        actions=("ec2:RunInstances", "ec2:Describe*", "ec2:*", "s3:GetObject", "s3:*"),
        resources=BUCKETS,
        principals=False,
        tests=CUSTOMER_TESTS,
        tried=("ec2:runinstances", "ec2:describezz", "s3:getobject", "s3:zz"),
    ),
}


def sample(rng: random.Random, items: tuple[str, ...], most: int = 2) -> list[str]:
    return rng.sample(items, rng.randint(1, min(most, len(items))))


def principal(rng: random.Random) -> Any:
    return rng.choice(
        (
            "*",
            {"AWS": sample(rng, AWS, 3)},
            {"AWS": sample(rng, AWS)},
            {"Service": sample(rng, SERVICES)},
            {"Federated": PROVIDER},
            {"AWS": sample(rng, AWS), "Service": sample(rng, SERVICES, 1)},
        )
    )


def condition_block(rng: random.Random, kind: Kind) -> dict[str, dict[str, list[str]]]:
    made: dict[str, dict[str, list[str]]] = {}
    for key in rng.sample(sorted(kind.tests), rng.choice((0, 0, 1, 1, 2, 3))):
        operator, values = rng.choice(kind.tests[key])
        made.setdefault(operator, {})[key] = sample(rng, values)
    return made


def statement(rng: random.Random, kind: Kind) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Deny" if rng.random() < 0.2 else "Allow", "Action": sample(rng, kind.actions)}
    if kind.resources:
        made["Resource"] = sample(rng, kind.resources)
    if kind.principals:
        made["Principal"] = principal(rng)
    found = condition_block(rng, kind)
    return made | ({"Condition": found} if found else {})


def edit(rng: random.Random, document: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Return a document with one or two edits: another list, tests that come or go, a statement that comes or goes."""
    statements = deepcopy(document["Statement"])
    for _ in range(rng.randint(1, 2)):
        index = rng.randrange(len(statements))
        other, one = statement(rng, kind), statements[index]
        elements = [name for name in ("Action", "Resource", "Principal") if name in one]
        match rng.randrange(7):
            case 0:
                statements.insert(index, other)
            case 1 if len(statements) > 1:
                del statements[index]
            case 2 | 3:
                name = rng.choice(elements)
                one[name] = other[name]
            case 4:
                one.pop("Condition", None)
            case _:
                merged = deepcopy(one.get("Condition", {}))
                for operator, keys in other.get("Condition", {}).items():
                    merged.setdefault(operator, {}).update(keys)
                one["Condition"] = merged
    return {"Version": "2012-10-17", "Statement": statements}


def pair(rng: random.Random, kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"Version": "2012-10-17", "Statement": [statement(rng, kind) for _ in range(rng.randint(1, 3))]}
    return before, edit(rng, before, kind)


def requests(rng: random.Random, kind: Kind, documents: tuple[dict[str, Any], ...], number: int) -> list[Request]:
    keys = {
        key.lower()
        for document in documents
        for each in document["Statement"]
        for named in each.get("Condition", {}).values()
        for key in named
    }
    made = []
    for _ in range(number):
        resource = rng.choice(RESOURCES) if kind.resources else None
        principal = rng.choice(PRINCIPALS) if kind.principals else None
        context: dict[str, Values] = {key: rng.choice((None, *VALUES[key])) for key in sorted(keys)}
        if principal and "aws:principalarn" in keys:
            context["aws:principalarn"] = arn_of(principal)
        if context.get("aws:requesttag/team") and "aws:tagkeys" in keys:  # the keys of all tags of a request are listed
            context["aws:tagkeys"] = tuple(sorted({*(context["aws:tagkeys"] or ()), "team"}))
        made.append(Request(rng.choice(kind.tried), resource, principal, context))
    return made


def arn_of(principal: str) -> Values:
    """Return the values of `aws:PrincipalArn` for who asks: of a session the role, of a service none."""
    kind, _, arn = principal.partition(":")
    role = re.sub(r":sts::(\d+):assumed-role/([^/]+)/.*", r":iam::\1:role/\2", arn)
    return (role,) if kind == "AWS" else None


def held(before: Any, after: Any, answer: Answer, witness: Witness | None, tried: list[Request]) -> None:
    if not any(each["Effect"] == "Allow" for each in (*before["Statement"], *after["Statement"])):
        return
    if answer is Answer.NO:
        wrong = next((each for each in tried if allows(after, each) and not allows(before, each)), None)
        assert wrong is None, (before, after, wrong)
    if witness is not None:
        assert allows(after, witness.request), (before, after, witness)
        assert not allows(before, witness.request), (before, after, witness)


def run(name: str, pairs: int, seed: int, number: int = 60) -> Counter[str]:
    """Try that many pairs of one kind, each on some random requests; count the verdicts."""
    rng, kind = random.Random(seed), KINDS[name]  # noqa: S311 - no secrets here
    count: Counter[str] = Counter()
    for _ in range(pairs):
        before, after = pair(rng, kind)
        effect = net_effect(parse_document(before), parse_document(after))
        tried = requests(rng, kind, (before, after), number)
        held(before, after, effect.gains, effect.gained, tried)
        held(after, before, effect.loses, effect.lost, tried)
        count[effect.verdict] += 1
    return count


MAX_UNDECIDED: Mapping[str, float] = {"trust": 0.01, "resource": 0.01, "customer": 0.002}
"""The shares that may be left undecided."""


@pytest.mark.parametrize("name", KINDS)
def test_edits_are_decided_as_brute_force_does_and_hardly_any_is_left_undecided(name: str) -> None:
    pairs = examples(500)
    count = run(name, pairs, seed=7)
    assert count[Verdict.UNDECIDED] <= max(2, MAX_UNDECIDED[name] * pairs), count


PAIRS = int(os.environ.get("EDIT_LAW_PAIRS", "3000"))
"""Pairs that the long test tries; a tenth for each seed of each kind. 210,000 take about 20 minutes."""


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_many_edits_are_decided_as_brute_force_does(name: str) -> None:
    pairs = PAIRS // (10 * len(KINDS))
    count = sum((run(name, pairs, seed=1000 + seed) for seed in range(10)), Counter[str]())
    assert count[Verdict.UNDECIDED] <= MAX_UNDECIDED[name] * 10 * pairs, count
