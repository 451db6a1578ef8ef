"""What a condition, a scope and a whole policy document say to one request: brute force for the laws.

Written from IAM's manual and from raw JSON; it shares no code with the program:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Values = tuple[str, ...] | None
"""The values of a key in a request; None where it is not there."""
_ARN_PARTS = 6


@dataclass(frozen=True)
class Request:
    """Someone asks to do something to something, under some circumstances."""

    action: str = "s:a"
    resource: str | None = "r"
    principal: str | None = "P"
    context: Mapping[str, Values] = field(default_factory=dict)
    """Lower-case key → its values; a key that is not there is missing."""


@cache
def _pattern(pattern: str, blind: bool) -> re.Pattern[str]:
    parts = re.finditer(r"\$\{([*?$])\}|.", pattern, re.DOTALL)
    text = "".join(
        re.escape(part[1]) if part[1] else {"*": ".*", "?": "."}.get(part[0], re.escape(part[0])) for part in parts
    )
    return re.compile(text, re.IGNORECASE | re.ASCII | re.DOTALL if blind else re.DOTALL)


def like(pattern: str, text: str, *, blind: bool = False) -> bool:
    """Return whether a text is one of a pattern without variables; `blind` to letter case."""
    return _pattern(pattern, blind).fullmatch(text) is not None


def arn_like(pattern: str, text: str) -> bool:
    """Answer the same for ARNs, part by part: a star does not reach over the first five colons."""
    wanted, given = pattern.split(":", _ARN_PARTS - 1), text.split(":", _ARN_PARTS - 1)
    return len(wanted) == len(given) == _ARN_PARTS and all(map(like, wanted, given))


def resource_like(pattern: str, text: str) -> bool:
    """Return whether a resource is one of a pattern; what an incomplete ARN lacks is any."""
    fields = pattern.split(":")
    return like(":".join([*fields, *"*" * (_ARN_PARTS - len(fields))]) if fields[0] == "arn" else pattern, text)


@cache
def _instant(text: str) -> float:
    return float(text) if text.isdigit() else datetime.fromisoformat(text).astimezone(UTC).timestamp()


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda one, other: one == other,
    "LessThan": lambda one, other: one < other,
    "LessThanEquals": lambda one, other: one <= other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEquals": lambda one, other: one >= other,
}


def _ordered(test: Callable[[float, float], bool], read: Callable[[str], float]) -> Callable[[str, str], bool]:
    return lambda wanted, value: test(read(value), read(wanted))


_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, value: wanted.lower() == value and value in ("true", "false"),
    "BinaryEquals": lambda wanted, value: wanted == value,
    "IpAddress": lambda wanted, value: ip_address(value) in ip_network(wanted),
    **{f"Numeric{name}": _ordered(test, float) for name, test in _ORDER.items()},
    **{f"Date{name}": _ordered(test, _instant) for name, test in _ORDER.items()},
}


def passes(operator: str, wanted: Iterable[str], values: Values) -> bool:
    """Return whether a test is passed by the values of its key; None where the request has no such key.

    Of several values and no set operator, any one suffices (and none may match where it is negated). A value that
    is none of its kind matches nothing.
    """
    prefix, _, name = operator.rpartition(":")
    if name == "Null":
        return ("true" if values is None else "false") in wanted
    test = name.removesuffix("IfExists")
    negated, positive = "Not" in test, _POSITIVE[test.replace("Not", "")]
    if values is None:
        return prefix == "ForAllValues" or (not prefix and (negated or name.endswith("IfExists")))
    hits = [any(_holds(positive, item, value) for item in wanted) for value in values]
    if not prefix:
        return any(hits) is not negated
    return (all if prefix == "ForAllValues" else any)(hit is not negated for hit in hits)


def _holds(positive: Callable[[str, str], bool], wanted: str, value: str) -> bool:
    try:
        return positive(wanted, value)
    except ValueError:
        return False


def listed(value: Any) -> list[str]:
    """Return one or many items as a list of texts."""
    items = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in items]


_VARIABLE = re.compile(r"\$\{(?![*?$]\})([^{}]*)\}")


def with_values(text: str, context: Mapping[str, Values]) -> str | None:
    """Return a pattern with its policy variables replaced.

    None where a key is missing and there is no default: such a pattern matches nothing.
    """
    found = text
    for variable in _VARIABLE.findall(text):
        name, comma, default = variable.partition(",")
        values = context.get(name.strip().lower())
        value = values[0] if values else default.strip().strip("'") if comma else None
        if value is None:
            return None
        found = found.replace(f"${{{variable}}}", value)
    return found


def all_with_values(texts: Iterable[str], context: Mapping[str, Values]) -> list[str]:
    """Return those of some patterns whose variables have values."""
    return [found for text in texts if (found := with_values(text, context)) is not None]


def holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, Values]) -> bool:
    """Return whether a request passes all tests of a condition block."""
    return all(
        passes(operator, all_with_values(listed(wanted), context), context.get(key.lower()))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def is_meant(principal: Any, name: str) -> bool:
    """Return whether a Principal element means a principal. An account means all in it, a role its sessions."""
    if principal == "*":
        return True
    return any(_is_one(kind, each, name) for kind, names in principal.items() for each in listed(names))


def _is_one(kind: str, each: str, name: str) -> bool:
    each = re.sub(r"arn:[^:]*:iam::(\d{12}):root\Z", r"\1", each)
    if each in ("*", name) or f"{kind}:{each}" == name:
        return each != "*" or kind == "AWS"
    if kind != "AWS":
        return False
    if re.fullmatch(r"\d{12}", each):
        return re.fullmatch(rf"AWS:({each}|arn:.*::{each}:.*)", name) is not None
    role = re.fullmatch(r"arn:(.*):iam::(\d{12}):role/(?:.*/)?([^/]+)", each)
    return bool(role and re.fullmatch(rf"AWS:arn:{role[1]}:sts::{role[2]}:assumed-role/{re.escape(role[3])}/.*", name))


def is_about(
    statement: Mapping[str, Any], element: str, text: str | None, context: Mapping[str, Values] | None = None
) -> bool:
    """Return whether one element of a statement (or its opposite) takes in an action, a resource or a principal."""
    if element in statement:
        return _is_named(statement[element], element, text, context or {})
    inverse = f"Not{element}"
    return inverse not in statement or (
        text is not None and not _is_named(statement[inverse], element, text, context or {})
    )


def _is_named(value: Any, element: str, text: str | None, context: Mapping[str, Values]) -> bool:
    if text is None:
        return False
    if element == "Principal":
        return is_meant(value, text)
    if element == "Resource":
        return any(resource_like(pattern, text) for pattern in all_with_values(listed(value), context))
    return any(like(pattern.strip(), text, blind=True) for pattern in listed(value))


def applies(statement: Mapping[str, Any], request: Any) -> bool:
    """Return whether a statement is about a request: anything with an action, a resource, a principal and a context."""
    return (
        is_about(statement, "Action", request.action)
        and is_about(statement, "Resource", request.resource, dict(request.context))
        and is_about(statement, "Principal", request.principal)
        and holds(statement.get("Condition", {}), dict(request.context))
    )


def verdict(document: Mapping[str, Any], request: Any) -> tuple[bool, bool]:
    """Return whether a document allows a request, and whether it denies it."""
    statements = document["Statement"]
    every = statements if isinstance(statements, list) else [statements]
    found = {statement["Effect"] for statement in every if applies(statement, request)}
    return "Allow" in found, "Deny" in found


def allows(document: Mapping[str, Any], request: Any) -> bool:
    """Return whether a document alone lets a request pass."""
    return verdict(document, request) == (True, False)
