"""Policy variables: which keys a scope relies on, and what it says once they have values.

A variable is replaced by the value of its key, by its default where the key is absent; without a default a pattern
that has it matches nothing. Names are compared without regard to case.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from tracker.access.languages import variables_in
from tracker.policy.model import Condition, Scope
from tracker.policy.operators import operator_of

__all__ = [
    "PRESENT",
    "Choice",
    "choices_of",
    "keys_whose_absence_matters",
    "keys_with_default",
    "present_or_absent",
    "relies_on",
    "with_lower_names",
    "with_values",
]

_VARIABLE = re.compile(r"\$\{(?![*?$]\})([^{}]*)\}")
PRESENT = "\0"
"""In place of a value: the key is there, whatever its value."""
MAX_NAMED = 4
"""Values of a variable that tests name."""
_ESCAPED = {"*": "${*}", "?": "${?}", "$": "${$}"}


def relies_on(scopes: Iterable[Scope]) -> set[str]:
    """Return the keys that stand as variables in some scopes, in lower case."""
    return {_key(name) for scope in scopes for name in _variables(scope)}


def keys_with_default(scopes: Iterable[Scope]) -> set[str]:
    """Return those of them that have a default somewhere."""
    return {_key(name) for scope in scopes for name in _variables(scope) if "," in name}


def keys_whose_absence_matters(scopes: Iterable[Scope]) -> set[str]:
    """Return those of them that stand without a default in a negated test or in a NotResource."""
    texts = (text for scope in scopes for text in _negated_texts(scope))
    return {_key(name) for text in texts for name in variables_in(text) if "," not in name}


@lru_cache(2048)
def with_lower_names(scope: Scope) -> Scope:
    """Return a scope in which the names of variables are in lower case, without blanks around them."""
    if not any(_variables(scope)):
        return scope

    def lower(found: re.Match[str]) -> str:
        name, comma, default = found[1].partition(",")
        return f"${{{name.strip().lower()}{comma}{default.strip()}}}"

    return _mapped(scope, lambda text: _VARIABLE.sub(lower, text))


def with_values(scope: Scope, values: Mapping[str, str | None], *, null_differs: bool) -> Scope | None:
    """Return what a scope says where some keys have these values (None: absent); None where it cannot hold.

    Args:
        scope: as `with_lower_names` gives it.
        values: key in lower case → its value; PRESENT for any.
        null_differs: whether a negated test passes against a variable without a value; else its statement is void.
    """
    if not values or not any(_key(name) in values for name in _variables(scope)):
        return scope
    missing = {text for text in _negated_texts(scope) if _replaced(text, values) is None}
    if missing and not null_differs:
        return None
    resources = _present(scope.resources, values)
    if scope.resources and not resources:
        return None
    return replace(
        scope,
        resources=resources,
        not_resources=_present(scope.not_resources, values),
        conditions=tuple(replace(test, values=_present(test.values, values)) for test in scope.conditions),
    )


def _present(texts: tuple[str, ...], values: Mapping[str, str | None]) -> tuple[str, ...]:
    found = (_replaced(text, values) for text in texts)
    return tuple(sorted({text for text in found if text is not None}))


def _replaced(text: str, values: Mapping[str, str | None]) -> str | None:
    """Return a text with variables replaced; None where one has no value."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, comma, default = found[1].partition(",")
        if name not in values:
            return found[0]
        known = values[name]
        if known == PRESENT:
            return f"${{{name}}}"
        if known is None and comma:
            known = default.strip().strip("'")
        missing = missing or known is None
        return "".join(_ESCAPED.get(letter, letter) for letter in known or "")

    made = _VARIABLE.sub(value, text) if "${" in text else text
    return None if missing else made


def _key(variable: str) -> str:
    return variable.partition(",")[0].strip().lower()


def _variables(scope: Scope) -> Iterator[str]:
    for text in (*scope.resources, *scope.not_resources):
        yield from variables_in(text)
    for test in scope.conditions:
        for value in test.values:
            yield from variables_in(value)


def _negated_texts(scope: Scope) -> Iterator[str]:
    yield from scope.not_resources
    for test in scope.conditions:
        operator = operator_of(test.operator)
        if operator is None or operator.negated:
            yield from test.values


def _mapped(scope: Scope, change) -> Scope:  # type: ignore[no-untyped-def]  # noqa: ANN001
    def test(each: Condition) -> Condition:
        return replace(each, values=tuple(sorted({change(value) for value in each.values})))

    return replace(
        scope,
        resources=tuple(sorted({change(text) for text in scope.resources})),
        not_resources=tuple(sorted({change(text) for text in scope.not_resources})),
        conditions=tuple(map(test, scope.conditions)),
    )


class Choice(NamedTuple):
    """The value of one variable, and the tests that fix it."""

    key: str
    value: str | None
    tests: tuple[Condition, ...] = ()


def present_or_absent(key: str) -> list[Choice]:
    """Return the two cases that a key is there and that it is absent."""
    return [
        Choice(key, PRESENT, (Condition("Null", key, ("false",)),)),
        Choice(key, None, (Condition("Null", key, ("true",)),)),
    ]


def choices_of(key: str, scopes: Iterable[Scope]) -> list[Choice]:
    """Return the cases that a key is absent, has a value that tests name, or any other."""
    tests = [test for scope in scopes for test in scope.conditions if test.folded_key == key]
    named = sorted({value for test in tests for value in _named_by(test)})[:MAX_NAMED]
    present, absent = present_or_absent(key)
    unlike = (Condition("StringNotEquals", key, tuple(named)),) if named else ()
    exact = [Choice(key, value, (Condition("StringEquals", key, (value,)),)) for value in named]
    return [present._replace(tests=(*present.tests, *unlike)), *exact, absent]


def _named_by(test: Condition) -> tuple[str, ...]:
    """Return the texts that a test names for its key, none with a wildcard or a variable."""
    operator = operator_of(test.operator)
    if operator is None or operator.comparison not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike"):
        return ()
    return tuple(value for value in test.values if not (variables_in(value) or "*" in value or "?" in value))
