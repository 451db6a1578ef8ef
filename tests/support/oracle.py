"""What policy documents say, from their raw JSON alone, to compare with what the program says of them.

Shares no code with the program. A *line* is one action pattern of one effect, its *scopes* are where
it stands. Requests are tried out, as many as it takes to distinguish two lists of scopes:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from random import Random
from typing import Any, NamedTuple

from evaluator import like, passes

Line = tuple[str, bool, str]
"""Effect, whether it stands in `NotAction`, and the action in lower case without blanks around it."""
Test = tuple[str, str, frozenset[str]]
"""Operator, key in lower case, values."""


class RawScope(NamedTuple):
    """Where and when a line holds; an empty set where the statement has no such element."""

    resources: frozenset[str]
    not_resources: frozenset[str]
    principals: frozenset[str]
    not_principals: frozenset[str]
    tests: frozenset[Test]


RawScopes = frozenset[RawScope]


class Request(NamedTuple):
    """Someone asks for something, under some circumstances."""

    resource: str
    principal: str
    context: Mapping[str, tuple[str, ...] | None]


def listed(value: Any) -> list[Any]:
    """Return a list, or a scalar as a list of one."""
    return value if isinstance(value, list) else [value]


def folded(action: str) -> str:
    """Return an action as IAM compares it."""
    return action.strip().lower()


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a document."""
    return listed(document["Statement"])


def _set(values: Iterable[str]) -> frozenset[str]:
    found = frozenset(values)
    return frozenset("*") if "*" in found else found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _principals(value: Any) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset((value,))
    return frozenset(
        "*" if (kind, name) == ("AWS", "*") else f"{kind}:{name}"
        for kind, names in (value or {}).items()
        for name in listed(names)
    )


def _tests(block: Mapping[str, Mapping[str, Any]]) -> frozenset[Test]:
    return frozenset(
        (operator, key.lower(), frozenset(map(_text, listed(values))))
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def _raw_scope(statement: Mapping[str, Any]) -> RawScope:
    return RawScope(
        _set(listed(statement.get("Resource", []))),
        _set(listed(statement.get("NotResource", []))),
        _set(_principals(statement.get("Principal"))),
        _set(_principals(statement.get("NotPrincipal"))),
        _tests(statement.get("Condition", {})),
    )


def together(scopes: Iterable[RawScope]) -> RawScopes:
    """Return scopes with those made one that differ in their resources, or in their principals, alone."""
    found = frozenset(scopes)
    return found if len(found) < 2 else _together(found)


@lru_cache(10_000)
def _together(scopes: RawScopes) -> RawScopes:
    resources: defaultdict[RawScope, set[str]] = defaultdict(set)
    for scope in scopes:
        resources[scope._replace(resources=frozenset())].update(scope.resources or {""})
    principals: defaultdict[RawScope, set[str]] = defaultdict(set)
    for rest, values in resources.items():
        principals[rest._replace(principals=frozenset(), resources=_set(values - {""}))].update(rest.principals or {""})
    return frozenset(rest._replace(principals=_set(values - {""})) for rest, values in principals.items())


def lines_of(document: Mapping[str, Any]) -> dict[Line, RawScopes]:
    """Return the scopes of each line. `NotAction` is a line of its own for `*`, and one for each exception."""
    found: defaultdict[Line, set[RawScope]] = defaultdict(set)
    for statement in statements(document):
        scope = _raw_scope(statement)
        for action in listed(statement.get("Action", [])):
            found[statement["Effect"], False, folded(action)].add(scope)
        for action in [*listed(statement.get("NotAction", [])), *(["*"] if "NotAction" in statement else [])]:
            found[statement["Effect"], True, folded(action)].add(scope)
    return {line: together(scopes) for line, scopes in found.items()}


def reported_scopes(scopes: Sequence[Mapping[str, Any]]) -> RawScopes:
    """Return the scopes of a change, as the JSON contract has them."""
    return _reported_scopes(json.dumps(scopes))


@lru_cache(10_000)
def _reported_scopes(scopes: str) -> RawScopes:
    return together(
        RawScope(
            _set(scope["resources"]),
            _set(scope["not_resources"]),
            _set(scope["principals"]),
            _set(scope["not_principals"]),
            frozenset(
                (test["operator"], test["key"].lower(), frozenset(test["values"])) for test in scope["conditions"]
            ),
        )
        for scope in json.loads(scopes)
    )


# --- requests --------------------------------------------------------------------------------------------------------

MOST_REQUESTS = 500
"""Combinations that are tried one by one; of more, as many at random, and some aimed at each scope."""
AIMED = 60
"""Requests that are aimed at each scope."""
_PIECE = re.compile(r"\$\{[^{}]*\}|.", re.DOTALL)
_ESCAPED = {"${*}": "*", "${?}": "?", "${$}": "$"}


@cache
def texts_of(pattern: str) -> frozenset[str]:
    """Return a few texts that a pattern stands for."""
    pieces = _PIECE.findall(pattern)
    return frozenset(
        "".join({"*": many, "?": "q", **_ESCAPED}.get(piece, piece) for piece in pieces) for many in ("", "zq", "a/b:c")
    )


@cache
def completed(pattern: str) -> str:
    """Return a resource pattern as IAM reads it: an ARN with fewer than six fields has `*` for the others.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    missing = 6 - len(pattern.split(":")) if pattern.startswith("arn:") else 0
    return pattern + ":*" * max(0, missing)


def covered(pattern: str, other: str) -> bool:
    """Return whether an action pattern takes in another one: with letters that no action has, all its texts match."""
    return all(like(folded(pattern), other.replace("*", many).replace("?", "~")) for many in ("", "~", "~~~"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a resource pattern as a regular expression; a variable stands for its own name."""
    pieces = _PIECE.findall(pattern)
    return re.compile(
        "".join({"*": ".*", "?": "."}.get(piece) or re.escape(_ESCAPED.get(piece, piece)) for piece in pieces),
        re.DOTALL,
    )


@lru_cache(200_000)
def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


def holds(scope: RawScope, request: Request) -> bool:
    """Return whether a request is made where and when a scope says."""
    in_reach = (
        not scope.resources or any(_matches(completed(pattern), request.resource) for pattern in scope.resources),
        not any(_matches(completed(pattern), request.resource) for pattern in scope.not_resources),
        not scope.principals or bool(scope.principals & {"*", request.principal}),
        not scope.not_principals & {"*", request.principal},
    )
    return all(in_reach) and all(_passed(*test, request.context.get(test[1])) for test in scope.tests)


@lru_cache(200_000)
def _passed(operator: str, _key: str, wanted: frozenset[str], values: tuple[str, ...] | None) -> bool:
    return passes(operator, sorted(wanted), values)


def _values_for(tests: Sequence[Test]) -> list[tuple[str, ...] | None]:
    """Return values of a key, none at all among them; several at once only where each test asks for that."""
    single: set[str] = {"other"}
    for operator, _, wanted in tests:
        single |= {text for value in wanted for text in texts_of(value)}
        if "Numeric" in operator:
            single |= {str(float(value) + step) for value in wanted for step in (-1, 1)}
        if "Bool" in operator or "Null" in operator:
            single |= {"true", "false"}
        if "IgnoreCase" in operator:
            single |= {value.swapcase() for value in wanted}
    if any("Numeric" in operator for operator, _, _ in tests):
        single = {text for text in single if re.fullmatch(r"-?[0-9.]+", text)}
    found: list[tuple[str, ...] | None] = [None, *((text,) for text in sorted(single))]
    if all(operator.startswith("For") for operator, _, _ in tests):
        found += [(), *((text, "other") for text in sorted(single))]
    return found


def requests(scopes: RawScopes) -> Iterator[Request]:
    """Yield requests that distinguish scopes."""
    tests: defaultdict[str, list[Test]] = defaultdict(list)
    resources, principals = {"none", ""}, {"other"}
    for scope in scopes:
        named = map(completed, scope.resources | scope.not_resources)
        resources |= {text for pattern in named for text in texts_of(pattern)}
        principals |= (scope.principals | scope.not_principals) - {"*"}
        for test in scope.tests:
            tests[test[1]].append(test)
    keys = sorted(tests)
    axes: list[list[Any]] = [sorted(resources), sorted(principals), *(_values_for(tests[key]) for key in keys)]
    number = 1
    for axis in axes:
        number *= len(axis)
    if number <= MOST_REQUESTS:
        for resource, principal, *values in product(*axes):
            yield Request(resource, principal, dict(zip(keys, values, strict=True)))
        return
    chance = Random(number)  # noqa: S311 - the same requests in every run
    for _ in range(MOST_REQUESTS):
        resource, principal, *values = map(chance.choice, axes)
        yield Request(resource, principal, dict(zip(keys, values, strict=True)))
    for scope in sorted(scopes, key=repr):
        yield from _aimed(scope, keys, axes, chance)


def _aimed(scope: RawScope, keys: Sequence[str], axes: Sequence[Sequence[Any]], chance: Random) -> Iterator[Request]:
    """Yield requests that a scope is likely to hold for."""
    anyone, anything = scope._replace(principals=frozenset(), not_principals=frozenset()), frozenset[str]()
    where = anyone._replace(tests=frozenset())
    whose = scope._replace(resources=anything, not_resources=anything, tests=frozenset())
    fitting: list[list[Any]] = [
        [text for text in axes[0] if holds(where, Request(text, "", {}))],
        [name for name in axes[1] if holds(whose, Request("", name, {}))],
        *(
            [values for values in axis if all(_passed(*test, values) for test in scope.tests if test[1] == key)]
            for key, axis in zip(keys, axes[2:], strict=True)
        ),
    ]
    for _ in range(AIMED):
        resource, principal, *values = (chance.choice(few or axis) for few, axis in zip(fitting, axes, strict=True))
        yield Request(resource, principal, dict(zip(keys, values, strict=True)))


@lru_cache(50_000)
def difference(before: RawScopes, after: RawScopes) -> tuple[Request | None, Request | None]:
    """Return a request that only `after` holds for, and one that only `before` holds for; None where none was found."""
    gained = lost = None
    for request in requests(before ^ after | before & after):
        was, now = (any(holds(scope, request) for scope in side) for side in (before, after))
        if now and not was:
            gained = gained or request
        if was and not now:
            lost = lost or request
        if gained and lost:
            break
    return gained, lost


# --- what is reported ------------------------------------------------------------------------------------------------


def disagreements(
    before: Mapping[str, Any], after: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield in what the changes, as the JSON contract has them, are not what lies between two raw documents."""
    was, now = lines_of(before), lines_of(after)
    reported: dict[Line, Mapping[str, Any]] = {}
    for change in changes:
        line = (change["effect"], change["inverted"], folded(change["action"]))
        if line in reported:
            yield f"{line}: reported twice"
        reported[line] = change
        left, right = reported_scopes(change["before"]), reported_scopes(change["after"])
        if left != was.get(line, frozenset()) or right != now.get(line, frozenset()):
            yield f"{line}: not on the scopes on which it stands"
        yield from _wrong_kind(line, change["kind"], left, right)
        if change["covered_by"] is not None:
            coming = change["kind"] in ("action-added", "scope-widened")
            held = _held(before if coming else after, line, change["covered_by"])
            if not held or difference(right if coming else left, held)[1]:
                yield f"{line}: not covered by {change['covered_by']}"
    for line in (was.keys() | now.keys()) - reported.keys():
        left, right = was.get(line, frozenset()), now.get(line, frozenset())
        if left != right and (not left or not right or any(difference(left, right))):
            yield f"{line}: not reported"


def _wrong_kind(line: Line, kind: str, before: RawScopes, after: RawScopes) -> Iterator[str]:
    if not before or not after:
        if kind != ("action-added" if after else "action-removed") or before == after:
            yield f"{line}: {kind}"
        return
    gained, lost = difference(before, after)
    if (kind == "scope-widened" and lost) or (kind == "scope-narrowed" and gained) or kind.startswith("action"):
        yield f"{line}: {kind}, but {lost or gained}"


def _held(document: Mapping[str, Any], line: Line, cover: str) -> RawScopes:
    """Return where the actions of a line are held by a wildcard, or by a `NotAction` that excepts none of them."""
    if cover != "NotAction":
        return (
            lines_of(document).get((line[0], False, folded(cover)), frozenset())
            if covered(cover, line[2])
            else frozenset()
        )
    return together(
        _raw_scope(statement)
        for statement in statements(document)
        if statement["Effect"] == line[0]
        and "NotAction" in statement
        and not any(_meet(folded(exception), line[2]) for exception in listed(statement["NotAction"]))
    )


@cache
def _meet(one: str, other: str) -> bool:
    """Return whether some text is one of both patterns, letter by letter."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _meet(one[1:], other) or _meet(one, other[1:])
    if other[0] == "*":
        return _meet(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and _meet(one[1:], other[1:])
