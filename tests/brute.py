"""A tiny evaluator of IAM over raw policy JSON, and a small world of requests to try it on.

It knows nothing of the program: globs are regular expressions, tests are written out here, and a document is
evaluated request by request (all contexts of one action, resource and principal at once, as bits of an integer).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

Values = tuple[str, ...] | None
Texts = tuple[str, ...] | tuple[None]

ACTIONS = ("s3:getobject", "s3:getacl", "s3:putobject", "s3:getzz", "ec2:run", "ec2:zz", "zz:zz")
KNOWN_ACTIONS = ("s3:GetObject", "s3:GetAcl", "s3:PutObject", "ec2:Run", "ec2:Stop")
RESOURCES = ("arn:a/x", "arn:a/y", "arn:a/X", "arn:b/x", "arn:a/", "zz", "arn:zz")
PRINCIPALS = (
    "AWS:arn:aws:iam::111111111111:user/a",
    "AWS:arn:aws:iam::111111111111:user/zz",
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


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@lru_cache(None)
def _compiled(pattern: str, blind: bool) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(text, re.IGNORECASE | re.DOTALL if blind else re.DOTALL)


def glob(pattern: str, text: str, *, blind: bool = False) -> bool:
    return _compiled(pattern, blind).fullmatch(text) is not None


def _compare(base: str, wanted: str, value: str) -> bool:
    if base == "StringEquals":
        return wanted == value
    if base == "StringEqualsIgnoreCase":
        return wanted.lower() == value.lower()
    if base == "StringLike":
        return glob(wanted, value)
    if base == "Bool":
        return wanted.lower() == value and value in ("true", "false")
    if base == "IpAddress":
        network, _, size = wanted.partition("/")
        bits = [f"{int(part):08b}" for part in network.split(".")], [f"{int(part):08b}" for part in value.split(".")]
        return "".join(bits[0])[: int(size)] == "".join(bits[1])[: int(size)]
    if base.startswith("Date"):
        return _ordered(base.removeprefix("Date"), value, wanted)
    return _ordered(base.removeprefix("Numeric"), float(value), float(wanted))


def _ordered(name: str, number: Any, bound: Any) -> bool:
    """Compare numbers, or times as they are written here: all alike, so that text order is theirs."""
    found: bool = {
        "Equals": number == bound,
        "LessThan": number < bound,
        "LessThanEquals": number <= bound,
        "GreaterThan": number > bound,
        "GreaterThanEquals": number >= bound,
    }[name]
    return found


def passes(operator: str, wanted: Iterable[str], values: Values) -> bool:
    """Of several values and no set operator, any one suffices (and none may match where it is negated)."""
    prefix, _, name = operator.rpartition(":")
    if name == "Null":
        return any((text == "true") == (values is None) for text in wanted)
    base = name.removesuffix("IfExists")
    negated, base = "Not" in base, base.replace("Not", "")
    if values is None:
        return name.endswith("IfExists") or prefix == "ForAllValues" or (negated and prefix == "")
    found = []
    for value in values:
        try:
            found.append(any(_compare(base, each, value) for each in wanted))
        except ValueError:
            found.append(False)
    if prefix == "":
        return any(found) != negated
    return (all if prefix == "ForAllValues" else any)(hit != negated for hit in found)


def holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, Values]) -> bool:
    return all(
        passes(operator, listed(wanted), context.get(key.lower()))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


@lru_cache(None)
def _mask(operator: str, key: str, wanted: tuple[str, ...]) -> int:
    return sum(1 << place for place, context in enumerate(CONTEXTS) if passes(operator, wanted, context[key.lower()]))


def mask_of(condition: Mapping[str, Mapping[str, Any]]) -> int:
    found = EVERY
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            found &= _mask(operator, key, tuple(listed(wanted)))
    return found


def is_meant(principal: Any, name: str) -> bool:
    """An account means all who are in it."""
    if principal == "*":
        return True
    for kind, names in principal.items():
        for each in listed(names):
            if f"{kind}:{each}" == name or (kind == "AWS" and each == "*"):
                return True
            if (
                kind == "AWS"
                and re.fullmatch(r"\d{12}", each)
                and re.fullmatch(rf"AWS:({each}|arn:.*::{each}:.*)", name)
            ):
                return True
    return False


def is_about(statement: Mapping[str, Any], element: str, text: str | None) -> bool:
    """Tell whether one element of a statement (or its opposite) takes in an action, a resource or a principal."""
    if element in statement:
        return _is_named(statement[element], element, text)
    inverse = f"Not{element}"
    return inverse not in statement or (text is not None and not _is_named(statement[inverse], element, text))


def _is_named(value: Any, element: str, text: str | None) -> bool:
    if text is None:
        return False
    if element == "Principal":
        return is_meant(value, text)
    return any(glob(pattern, text, blind=element == "Action") for pattern in listed(value))


def allows(document: Mapping[str, Any], request: Any) -> bool:
    """Tell whether a document allows one request of the program's kind."""
    context = dict(request.context)
    hits = {
        statement["Effect"]
        for statement in document["Statement"]
        if is_about(statement, "Action", request.action)
        and is_about(statement, "Resource", request.resource)
        and is_about(statement, "Principal", request.principal)
        and holds(statement.get("Condition", {}), context)
    }
    return hits == {"Allow"}


def allowed(
    document: Mapping[str, Any], actions: Texts, resources: Texts, principals: Texts
) -> dict[tuple[str | None, str | None, str | None], int]:
    """Return for each action, resource and principal the contexts in which a document allows it, as bits."""
    allow: dict[tuple[str | None, str | None, str | None], int] = {}
    deny: dict[tuple[str | None, str | None, str | None], int] = {}
    for statement in document["Statement"]:
        found = allow if statement["Effect"] == "Allow" else deny
        mask = mask_of(statement.get("Condition", {}))
        for place in product(
            [text for text in actions if is_about(statement, "Action", text)],
            [text for text in resources if is_about(statement, "Resource", text)],
            [text for text in principals if is_about(statement, "Principal", text)],
        ):
            found[place] = found.get(place, 0) | mask
    return {place: mask & ~deny.get(place, 0) for place, mask in allow.items()}


def gained(before: Mapping[str, Any], after: Mapping[str, Any], actions: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the requests of the small world that `after` allows and `before` does not."""
    statements = after["Statement"]
    resources = RESOURCES if any("Resource" in each or "NotResource" in each for each in statements) else (None,)
    principals = PRINCIPALS if any("Principal" in each or "NotPrincipal" in each for each in statements) else (None,)
    world = tuple(actions), resources, principals
    old = allowed(before, *world)
    for place, mask in allowed(after, *world).items():
        new = mask & ~old.get(place, 0)
        if new:
            yield *place, CONTEXTS[new.bit_length() - 1]


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
