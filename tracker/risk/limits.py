"""What keeps an action that makes permissions grow within bounds: conditions on certain keys, and named resources.

`iam:AttachRolePolicy` where `iam:PolicyARN` is one policy attaches that policy and no other; `iam:PassRole` on one role
passes that role. Which keys limit which action is data: `tracker/data/limits.json`, each with the page that says so.
What is not surely a limit is none: a test that a request without the key passes, a value that matches
AdministratorAccess or any name at all, a resource with a wildcard in its name.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from tracker.policy.actions import fold_action
from tracker.policy.model import Condition, Effect, PolicyDocument, Scope, Statement
from tracker.policy.operators import operator_of
from tracker.policy.patterns import has_wildcard, matches, overlaps
from tracker.policy.symbols import BEGIN

__all__ = ["ActionLimits", "Limit", "LimitTable", "limits_of", "load_limits"]

_TESTS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
_PASS_ROLE = "iam:passrole"  # noqa: S105 - an action
_PASSED_TO = "iam:passedtoservice"
COLONS = 5
"""Colons of an ARN before its last part."""
_OWN_NAME = "${aws:username}"
_SERVICE_LINKED = ":role/aws-service-role/"
"""Only the linked service changes and uses such a role:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"""


class Limit(Struct, frozen=True, gc=False):
    """A test or a resource pattern that limits an action."""

    action: str
    """The action, as the table writes it."""
    key: str
    """The condition key; empty where the resources are the limit."""
    values: tuple[str, ...]
    """The values of the key, or the resources, sorted."""
    statement: int = 0
    """Which of the statements that allow the action has it, from 0: all limits of one hold, and one is enough."""


class ActionLimits(Struct, frozen=True):
    """What can limit one action."""

    action: str
    """The action."""
    keys: frozenset[str]
    """Condition keys in lower case."""
    resource: bool
    """Whether a resource that is named limits what it leads to."""


class LimitTable(Struct, frozen=True):
    """What can limit which action."""

    actions: Mapping[str, ActionLimits]
    """By action, folded."""
    open_values: Mapping[str, tuple[str, ...]]
    """Condition key in lower case → texts in lower case; a value that matches one of them limits nothing."""
    services: Mapping[str, tuple[str, ...]]
    """Prefix → the service principals, without `.amazonaws.com`, that get the role which its actions pass."""


@lru_cache(1)
def load_limits() -> LimitTable:
    """Return the table that comes with the program."""
    table = json.loads((Path(__file__).parents[1] / "data" / "limits.json").read_bytes())
    actions = {
        fold_action(name): ActionLimits(name, frozenset(map(str.lower, row["keys"])), row["resource"])
        for name, row in table["actions"].items()
    }
    open_values = {key.lower(): tuple(map(str.lower, row["open"])) for key, row in table["keys"].items()}
    return LimitTable(actions, open_values, {prefix: tuple(names) for prefix, names in table["services"].items()})


def limits_of(document: PolicyDocument, action: str, path: Collection[str], table: LimitTable) -> tuple[Limit, ...]:
    """Return what limits an action in a document; empty where one of its statements allows it without a limit.

    Args:
        document: the document; what its Denies keep out is not looked at.
        action: the action, folded.
        path: the actions, folded, with which it makes permissions grow: a role that is passed to the very service
            they use is not limited by that service. Empty for the action alone.
        table: what can limit which action.
    """
    known = table.actions.get(action)
    if known is None:
        return ()
    found: dict[Limit, None] = {}
    for index, scope in enumerate(_scopes(document.statements, action)):
        limits = tuple(_limits_of_scope(scope, known, path, table, index))
        if not limits:
            return ()
        found.update(dict.fromkeys(limits))
    return tuple(found)


def _scopes(statements: Iterable[Statement], action: str) -> Iterator[Scope]:
    """Yield the scopes of the statements that allow an action."""
    for statement in statements:
        listed = action in statement.folded or any(matches(pattern, action) for pattern in statement.wild)
        if statement.effect is Effect.ALLOW and listed != statement.inverted:
            yield statement.scope


def _limits_of_scope(
    scope: Scope, known: ActionLimits, path: Collection[str], table: LimitTable, index: int
) -> Iterator[Limit]:
    for test in scope.conditions:
        if test.folded_key in known.keys and _is_limit(test, table.open_values[test.folded_key]):
            passed = test.folded_key == _PASSED_TO and fold_action(known.action) == _PASS_ROLE
            if not (passed and path and _reaches(test.values, path, table.services)):
                yield Limit(known.action, test.key, tuple(sorted(test.values)), index)
    if known.resource and scope.resources and all(map(_is_named, scope.resources)):
        yield Limit(known.action, "", tuple(sorted(scope.resources)), index)


def _is_limit(test: Condition, open_values: Sequence[str]) -> bool:
    """Return whether a test asks for values, none of which leaves the key open."""
    operator = operator_of(test.operator)
    if operator is None or operator.test not in _TESTS or operator.matches_missing_key is not False:
        return False
    return bool(test.values) and not any(_is_open(value.lower(), open_values) for value in test.values)


def _is_open(value: str, open_values: Sequence[str]) -> bool:
    """Return whether a value lets nearly anything through; of an ARN its last part is looked at."""
    if "${" in value or BEGIN in value:
        return True
    is_arn = any("/" in text for text in open_values)
    if is_arn and value.count(":") < COLONS:
        return True
    name = value.split(":", COLONS)[-1] if is_arn else value
    return any(matches(name, text) for text in open_values)


def _reaches(values: Iterable[str], path: Collection[str], services: Mapping[str, Sequence[str]]) -> bool:
    """Return whether one of some service principals gets the role that the actions of a path pass."""
    prefixes = {action.partition(":")[0] for action in path if action != _PASS_ROLE}
    names = {name for prefix in prefixes for name in services.get(prefix, (prefix,))}
    targets = [f"{name}.amazonaws.com{end}" for name in names for end in ("", ".cn")]
    return any(overlaps(value.lower(), target) for value in values for target in targets)


def _is_named(resource: str) -> bool:
    """Return whether an ARN names one thing, wherever it lies: its last part has no wildcard and no variable."""
    name = resource.split(":", COLONS)[-1].replace(_OWN_NAME, "own")
    if _SERVICE_LINKED in resource:
        return True
    return resource.count(":") >= COLONS and not has_wildcard(name) and "${" not in name and BEGIN not in name
