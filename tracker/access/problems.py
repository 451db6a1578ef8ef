"""Statements as sets: what one question is to the search.

Policy variables are replaced by what they stand for in a case; those that are left may be any text.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from tracker.access.conditions import KeyType, is_reflexive, key_test
from tracker.access.dimensions import KeyDimension, PrincipalDimension, TextDimension
from tracker.access.languages import language_of, resource_tokens, variables_in, wildcard_tokens
from tracker.access.patterns import Actions
from tracker.access.principals import Listed, representatives
from tracker.access.readings import Reading
from tracker.access.search import Dimension, Literal, Problem
from tracker.access.values import TextSet
from tracker.access.variables import relies_on, with_lower_names, with_values
from tracker.policy.model import Condition, Statement

__all__ = [
    "ACTION",
    "PRINCIPAL",
    "RESOURCE",
    "Given",
    "KnownDimensions",
    "Settings",
    "literals_of",
    "problem_of",
    "resource_set",
]

ACTION, RESOURCE, PRINCIPAL = "action", "resource", "principal"

Values = Mapping[str, str | None]
KnownDimensions = dict[Hashable, Dimension]


class Settings(NamedTuple):
    """What holds for all questions of a comparison."""

    fill: str
    """A letter that stands in no document."""
    key_type: Callable[[str], KeyType]
    """Condition key in lower case → what is known of it."""
    spend: Callable[[int], None]
    """Is called for each step; may raise."""
    dimensions: KnownDimensions
    """Those that were made before, with what they found out."""
    tags_alone: bool = False
    """Whether a request of the action may have tags without the list of their keys."""


class Given(NamedTuple):
    """The values of some variables, and the tests that fix them."""

    values: Values
    tests: tuple[Condition, ...]
    principal: str | None = None
    """Who asks; None for anybody."""
    supposed: bool = False
    """Whether the tests of who asks are passed by no other."""


def problem_of(
    matched_statements: Sequence[Statement],
    escaped_statements: Sequence[Statement],
    actions: Actions | None,
    settings: Settings,
    reading: Reading,
    given: Given,
) -> Problem | None:
    """Return the search problem; None where a statement that must match cannot hold."""
    matched: list[Literal] = []
    escaped: list[list[Literal]] = []
    for statement in matched_statements:
        literals = literals_of(statement, reading, given.values, None)
        if literals is None:
            return None
        matched += literals
    if actions:
        matched += _action_literals(actions)
    matched += [Literal(test.folded_key, key_test(test, reading)) for test in given.tests]
    for statement in escaped_statements:
        literals = literals_of(statement, reading, given.values, actions)
        if literals is not None:
            escaped.append(literals)
    every = [*matched, *(literal for literals in escaped for literal in literals)]
    listed = [literal.item for literal in every if isinstance(literal.item, Listed)]
    variables = relies_on(with_lower_names(each.scope) for each in (*matched_statements, *escaped_statements))
    dimensions: dict[str, Dimension] = {}
    for name in dict.fromkeys(literal.dimension for literal in every):
        principals = _principals(listed, given, settings) if name == PRINCIPAL else ()
        key = name, name in variables, principals
        if key not in settings.dimensions:
            settings.dimensions[key] = _dimension(name, name in variables, principals, settings)
        dimensions[name] = settings.dimensions[key]
    return Problem(dimensions, matched, escaped)


def _principals(listed: Sequence[Listed], given: Given, settings: Settings) -> tuple[str | None, ...]:
    return (given.principal,) if given.principal else tuple(representatives(listed, settings.fill))


def _dimension(name: str, variable: bool, principals: Sequence[str | None], settings: Settings) -> Dimension:
    """Return the search for one property of a request; a key that stands as a variable has one value."""
    if name in (ACTION, RESOURCE):
        return TextDimension(settings.fill, settings.spend)
    if name == PRINCIPAL:
        return PrincipalDimension(principals)
    kind = settings.key_type(name)
    return KeyDimension(kind._replace(single=True) if variable else kind, settings.fill, settings.spend)


def literals_of(
    statement: Statement, reading: Reading, values: Values, actions: Actions | None
) -> list[Literal] | None:
    """Return the sets of a statement; None where it cannot hold."""
    whole = with_lower_names(statement.scope)
    scope = with_values(whole, values, null_differs=reading.null_differs)
    if scope is None:
        return None
    found = []
    if actions:
        found.append(Literal(ACTION, _action_set(tuple(sorted(statement.folded))), not statement.inverted))
    if whole.resources and whole.resources != ("*",):
        found.append(Literal(RESOURCE, resource_set(scope.resources, reading.stars_cross_colons)))
    elif whole.not_resources or whole.resources:
        found.append(Literal(RESOURCE, resource_set(scope.not_resources, reading.stars_cross_colons), False))
    if whole.principals or whole.not_principals:
        listed = Listed(whole.principals or whole.not_principals, bool(whole.not_principals))
        found.append(Literal(PRINCIPAL, listed))
    for written, test in zip(whole.conditions, scope.conditions, strict=True):
        found.append(Literal(test.folded_key, key_test(written if is_reflexive(written) else test, reading)))
    return found


def _action_literals(actions: Actions) -> list[Literal]:
    """Return what an action lies in; it has a colon."""
    found = [Literal(ACTION, _action_set((part,))) for part in (*actions.within, "*:*")]
    return [*found, *([Literal(ACTION, _action_set(tuple(sorted(actions.without))), False)] if actions.without else [])]


@lru_cache(2048)
def _action_set(patterns: tuple[str, ...]) -> TextSet:
    language = language_of(tuple(wildcard_tokens(pattern) for pattern in patterns))
    return TextSet(language, language, patterns)


@lru_cache(4096)
def resource_set(patterns: tuple[str, ...], stars_cross_colons: bool) -> TextSet:
    """Return the resources of some patterns, whose wildcards within segments may stand for colons or not."""
    tokens = {pattern: resource_tokens(pattern, stars_cross_colons=stars_cross_colons) for pattern in patterns}
    plain = [each for pattern, each in tokens.items() if not variables_in(pattern)]
    language = language_of(tuple(tokens.values()))
    if len(plain) == len(tokens):
        return TextSet(language, language, patterns)
    return TextSet(language, language_of(tuple(plain)), patterns, has_variables=True)
