"""What a condition, a scope and a whole policy document say to one request: brute force for the laws.

Written from IAM's manual and from raw JSON, and shares no code with the program:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any


@dataclass(frozen=True)
class Request:
    """Someone asks to do something to something, under some circumstances."""

    action: str = "s:a"
    resource: str = "r"
    principal: str = "P"
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lower-case key → its values; a key that is not there is missing."""


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def like(pattern: str, text: str) -> bool:
    """Tell whether a text is one of a pattern without variables."""
    return _pattern(pattern).fullmatch(text) is not None


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
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda wanted, value: wanted == value,
    "BinaryEquals": lambda wanted, value: wanted == value,
    "IpAddress": lambda wanted, value: ip_address(value) in ip_network(wanted),
    **{f"Numeric{name}": _ordered(test, float) for name, test in _ORDER.items()},
    **{f"Date{name}": _ordered(test, _instant) for name, test in _ORDER.items()},
}


def passes(operator: str, wanted: Sequence[str], values: tuple[str, ...] | None) -> bool:
    """Tell whether a test is passed by the values of its key; None where the request has no such key."""
    prefix, _, test = operator.rpartition(":")
    if_exists = test.endswith("IfExists")
    test = test.removesuffix("IfExists")
    if test == "Null":
        return ("true" if values is None else "false") in wanted
    negated = "Not" in test
    positive = _POSITIVE[test.replace("Not", "")]
    if values is None:
        return if_exists or prefix == "ForAllValues" or (negated and not prefix)
    outcomes = [any(positive(item, value) for item in wanted) is not negated for value in values]
    return any(outcomes) if prefix == "ForAnyValue" else all(outcomes)


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in items]


def _among(value: Any, test: Callable[[str], bool]) -> bool:
    return any(test(item) for item in _listed(value))


def _is_principal(value: Any, name: str) -> bool:
    return value == "*" or any(item in ("*", name) for names in value.values() for item in _listed(names))


def applies(statement: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement, as raw JSON, is about a request."""
    about: dict[str, Callable[[Any], bool]] = {
        "Action": lambda value: _among(value, lambda item: like(item.strip().lower(), request.action.lower())),
        "Resource": lambda value: _among(value, lambda item: like(item, request.resource)),
        "Principal": lambda value: _is_principal(value, request.principal),
    }
    tests = [test(statement[name]) for name, test in about.items() if name in statement]
    tests += [not test(statement[f"Not{name}"]) for name, test in about.items() if f"Not{name}" in statement]
    for operator, keys in statement.get("Condition", {}).items():
        tests += [passes(operator, _listed(wanted), request.context.get(key.lower())) for key, wanted in keys.items()]
    return all(tests)


def verdict(document: Mapping[str, Any], request: Request) -> tuple[bool, bool]:
    """Tell whether a document, as raw JSON, allows a request, and whether it denies it."""
    statements = document["Statement"]
    found = {
        statement["Effect"]
        for statement in (statements if isinstance(statements, list) else [statements])
        if applies(statement, request)
    }
    return "Allow" in found, "Deny" in found
