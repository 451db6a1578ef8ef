"""One question of a comparison: is there a request that some statements match and none of others does?

The statements become sets of texts, principals and values of keys (`problem`), the search answers (`find_request`).
Variables are decided by cases: absent, each value that a test names, and any other, in which they may be any text.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.access.budget import Budget, SpentError
from tracker.access.conditions import KeyTest, KeyType, is_reflexive, key_test
from tracker.access.dimensions import KeyDimension, PrincipalDimension, TextDimension
from tracker.access.languages import (
    Language,
    arn_tokens,
    find_text,
    language_of,
    resource_tokens,
    variables_in,
    wildcard_tokens,
)
from tracker.access.patterns import Actions
from tracker.access.principals import Listed, is_meant, representatives
from tracker.access.readings import Reading, readings_of
from tracker.access.search import Dimension, Literal, Problem, find_request
from tracker.access.values import TextSet
from tracker.access.variables import keys_with_default, relies_on, with_lower_names, with_values
from tracker.policy.model import Condition, Scope, Statement
from tracker.policy.operators import operator_of
from tracker.policy.patterns import intersection

if TYPE_CHECKING:
    from tracker.access.search import Found

__all__ = ["ACTION", "PRINCIPAL", "RESOURCE", "Answered", "KnownDimensions", "Question", "Settings"]

MAX_CASES = 24
"""Combinations of values of variables that are looked at one by one."""
MAX_LIKELY = 500
"""Positions that are walked to find a likelier resource."""
MAX_NAMED = 4
"""Values of a variable that tests name."""
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
    """Is told of each step; may raise."""
    dimensions: KnownDimensions
    """Those that were made before, with what they found out."""
    formats: tuple[str, ...] = ()
    """The formats of the resources that the action is known for, with variables; empty where none is known."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was found, or that could not be excluded."""

    case: "_Case"
    certain: bool
    """Whether it is surely a request of the kind that was looked for."""
    doubtful: tuple[str, ...] = ()
    """The dimensions in which it is not certain."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Dimension → value."""
        assert self.case.found is not None  # noqa: S101 - it is about what was found
        return self.case.found.values

    def assumed(self) -> list[Condition]:
        """Return the tests that the request is taken to pass, since the manual does not know their operators."""
        matched = self.case.problem.matched if self.case.problem else ()
        return [each.item.condition for each in matched if isinstance(each.item, KeyTest) and not each.item.known]

    def failed(self, statements: Iterable[Statement]) -> Iterator[Condition]:
        """Yield the tests that the request fails, of those statements that are about its resource and principal."""
        for statement in statements:
            literals = self.case.literals(statement) or []
            tests = [each for each in literals if isinstance(each.item, KeyTest)]
            if not any(self.case.lies(each) is (not each.inside) for each in literals if each not in tests):
                for published, literal in zip(statement.scope.conditions, tests, strict=False):
                    if self.case.lies(literal) is False:
                        yield published

    def resource_pattern(self, scopes: Iterable[Scope]) -> str | None:
        """Return a pattern within those by which some scopes name the resource; None where none names any."""
        return _common(self._naming(scope) for scope in scopes)

    def _naming(self, scope: Scope) -> str | None:
        if not scope.resources:
            return "*" if scope.not_resources else None
        resource = self.values.get(RESOURCE, "")
        for published, pattern in zip(scope.resources, with_lower_names(scope).resources, strict=False):
            if self.case.resources((pattern,)).certain.has(resource):
                return published
        return scope.resources[0]

    def principal_name(self, scopes: Iterable[Scope]) -> str | None:
        """Return the narrowest name by which some scopes mean the principal; None where none names any."""
        principal, found = self.values.get(PRINCIPAL), None
        for scope in scopes:
            listed = scope.principals or (scope.not_principals and ("*",))
            name = next((name for name in listed if is_meant(name, str(principal))), None)
            found = name if found in (None, "*") else found
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """Statements that a request matches, and those that it does not."""

    matched: tuple[Statement, ...]
    escaped: tuple[Statement, ...]
    actions: Actions | None
    """The actions that are meant; None where one action was chosen already, which all statements are about."""
    settings: Settings

    def answered(self) -> Answered | None:
        """Return a request, a certain one if it is found; None if there surely is none, however IAM is read."""
        scopes = [statement.scope for statement in (*self.matched, *self.escaped)]
        readings = readings_of(scopes)
        found = [case for reading in readings if (case := self._answered_as(reading))]
        for each in found:
            if each.is_certain and self._is_one_in_all(each, readings):
                for likely in each.likely():
                    if self._is_one_in_all(likely, readings):
                        return Answered(likely, certain=True)
                return Answered(each, certain=True)
        return Answered(found[0], certain=False, doubtful=found[0].doubtful()) if found else None

    def _answered_as(self, reading: Reading) -> "_Case | None":
        """Answer under one reading, case by case of what variables stand for."""
        doubt = None
        for given in self._cases():
            case = _Case(self, reading, given)
            if case.found is None:
                continue
            for attempt in chain((case,), case.concrete()):
                if attempt.is_certain:
                    return attempt
            doubt = doubt or case
        return doubt

    def _is_one_in_all(self, case: "_Case", readings: Sequence[Reading]) -> bool:
        """Tell whether the request of a case is what is looked for in other readings, too."""
        return all(reading == case.reading or _Case(self, reading, case.given).admits(case) for reading in readings)

    def _cases(self) -> list["_Given"]:
        """Return what the variables may stand for: all possibilities, some of them as one where they are many."""
        scopes = [with_lower_names(statement.scope) for statement in (*self.matched, *self.escaped)]
        variables = sorted(relies_on(scopes))
        if not variables:
            return [_Given({}, ())]
        defaults = keys_with_default(scopes)
        choices = []
        for key in variables:
            tests = [test for scope in scopes for test in scope.conditions if test.folded_key == key]
            named = sorted({value for test in tests for value in _named_by(test)})[:MAX_NAMED]
            others = _Choice(
                None,
                (
                    Condition("Null", key, ("false",)),
                    *([Condition("StringNotEquals", key, tuple(named))] if named else ()),
                ),
                open_to_any=True,
            )
            absent = _Choice(None, (Condition("Null", key, ("true",)),))
            exact = [_Choice(value, (Condition("StringEquals", key, (value,)),)) for value in named]
            choices.append(
                [others, *exact, absent] if tests or key in defaults else [_Choice(None, (), open_to_any=True)]
            )
        if prod(map(len, choices)) > MAX_CASES:
            return [_Given({}, ())]
        return [
            _Given(
                {key: one.value for key, one in zip(variables, each, strict=True) if not one.open_to_any},
                tuple(test for one in each for test in one.tests),
            )
            for each in product(*choices)
        ]


class _Choice(NamedTuple):
    value: str | None
    tests: tuple[Condition, ...]
    open_to_any: bool = False


class _Given(NamedTuple):
    """What some variables stand for, and the tests that say so."""

    values: Values
    tests: tuple[Condition, ...]


class _Case:
    """A question under one reading, with some variables replaced."""

    def __init__(self, question: Question, reading: Reading, given: _Given) -> None:
        self.question, self.reading, self.given = question, reading, given
        self.problem = _problem(question, reading, given)
        self.found: Found | None = find_request(self.problem, question.settings.spend) if self.problem else None

    @property
    def is_certain(self) -> bool:
        """Whether a request was found that surely is one."""
        return self.found is not None and self.found.certain

    def concrete(self) -> Iterator["_Case"]:
        """Yield cases in which each variable left has one value."""
        scopes = [with_lower_names(each.scope) for each in (*self.question.matched, *self.question.escaped)]
        keys = sorted(relies_on(scopes) - self.given.values.keys())
        if not keys or self.found is None:
            return
        fill = self.question.settings.fill
        own = {key: f"{fill}{key.replace(':', '-')}{fill}" for key in keys}
        seen = {key: self.found.values.get(key) for key in keys}
        fitting = {
            key: value[0] if isinstance(value, tuple) and len(value) == 1 else own[key] for key, value in seen.items()
        }
        attempts = (own, fitting, dict.fromkeys(keys, fill))
        for values in {tuple(sorted(attempt.items())): attempt for attempt in attempts}.values():
            tests = tuple(Condition("StringEquals", key, (value,)) for key, value in values.items())
            kept = tuple(test for test in self.given.tests if test.folded_key not in values)
            yield _Case(self.question, self.reading, _Given({**self.given.values, **values}, (*kept, *tests)))

    def likely(self) -> Iterator["_Case"]:
        """Yield cases with another resource that lies in the same sets: one that the action is known for, or an ARN."""
        found, problem, settings = self.found, self.problem, self.question.settings
        resource = found.values.get(RESOURCE) if found else None
        if found is None or problem is None or not isinstance(resource, str):
            return
        every = [*problem.matched, *(each for literals in problem.escaped for each in literals)]
        sets = {each.item for each in every if each.dimension == RESOURCE and isinstance(each.item, TextSet)}
        inside = [each.certain for each in sets if each.certain.has(resource)]
        outside = {one for each in sets if not each.certain.has(resource) for one in each.certain.patterns}
        unwanted = language_of(tuple(sorted(outside)))
        for language in _likely_resources(settings.formats):
            if language.has(resource):
                return
            with suppress(SpentError):
                budget = Budget(1)
                budget.allow(MAX_LIKELY)
                text = find_text((language, *inside), unwanted, settings.fill, budget.spend)
                if text is not None:
                    other = copy(self)
                    other.found = found._replace(values={**found.values, RESOURCE: text})
                    yield other

    def admits(self, other: "_Case") -> bool:
        """Tell whether the request of another case is one of this case, too."""
        if self.problem is None or other.found is None:
            return False
        matched = all(other.lies(each) is each.inside or _is_assumed(each) for each in self.problem.matched)
        return matched and all(
            any(other.lies(each) is (not each.inside) for each in statement) for statement in self.problem.escaped
        )

    def lies(self, literal: Literal) -> bool | None:
        """Tell whether the request that was found lies in a set; None where that is not known."""
        if self.problem is None or self.found is None or literal.dimension not in self.found.values:
            return None
        dimension = self.problem.dimensions[literal.dimension]
        return dimension.lies_in(literal.item, self.found.values[literal.dimension])

    def literals(self, statement: Statement) -> list[Literal] | None:
        """Return the sets of a statement, as they are in this case; None where it cannot hold."""
        return _literals(statement, self.reading, self.given.values, None)

    def resources(self, patterns: tuple[str, ...]) -> TextSet:
        """Return resource patterns as a set, as they are in this case."""
        scope = with_values(Scope(resources=patterns), self.given.values, null_differs=True)
        return _resource_set(scope.resources if scope else (), self.reading.stars_cross_colons)

    def doubtful(self) -> tuple[str, ...]:
        """Return the dimensions in which the request is not certain; all that have variables if none is."""
        assert self.problem is not None  # noqa: S101 - there is a request
        demands: dict[str, set[tuple[object, bool]]] = {}
        for literal in self.problem.matched:
            demands.setdefault(literal.dimension, set()).add((literal.item, literal.inside))
        return tuple(
            name
            for name, dimension in self.problem.dimensions.items()
            if (solution := dimension.solve(frozenset(demands.get(name, ())))) and not solution.certain
        )


def _is_assumed(literal: Literal) -> bool:
    return isinstance(literal.item, KeyTest) and not literal.item.known


def _named_by(test: Condition) -> tuple[str, ...]:
    """Return the texts that a test names for its key, none with a wildcard or a variable."""
    operator = operator_of(test.operator)
    if operator is None or operator.comparison not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike"):
        return ()
    return tuple(value for value in test.values if not (variables_in(value) or "*" in value or "?" in value))


def _problem(question: Question, reading: Reading, given: _Given) -> Problem | None:
    """Return what is looked for; None where a statement to be matched cannot hold."""
    settings = question.settings
    matched: list[Literal] = []
    escaped: list[list[Literal]] = []
    for statement in question.matched:
        literals = _literals(statement, reading, given.values, None)
        if literals is None:
            return None
        matched += literals
    if question.actions:
        matched += _action_literals(question.actions)
    matched += [Literal(test.folded_key, key_test(test, reading)) for test in given.tests]
    for statement in question.escaped:
        literals = _literals(statement, reading, given.values, question.actions)
        if literals is not None:
            escaped.append(literals)
    every = [*matched, *(literal for literals in escaped for literal in literals)]
    listed = [literal.item for literal in every if isinstance(literal.item, Listed)]
    variables = relies_on(with_lower_names(each.scope) for each in (*question.matched, *question.escaped))
    dimensions: dict[str, Dimension] = {}
    for name in dict.fromkeys(literal.dimension for literal in every):
        principals = tuple(representatives(listed, settings.fill)) if name == PRINCIPAL else ()
        key = name, name in variables, principals
        if key not in settings.dimensions:
            settings.dimensions[key] = _dimension(name, name in variables, principals, settings)
        dimensions[name] = settings.dimensions[key]
    return Problem(dimensions, matched, escaped)


def _dimension(name: str, variable: bool, principals: Sequence[str | None], settings: Settings) -> Dimension:
    """Return the search for one property of a request; a key that stands as a variable has one value."""
    if name in (ACTION, RESOURCE):
        return TextDimension(settings.fill, settings.spend)
    if name == PRINCIPAL:
        return PrincipalDimension(principals)
    kind = settings.key_type(name)
    return KeyDimension(kind._replace(single=True) if variable else kind, settings.fill, settings.spend)


def _literals(statement: Statement, reading: Reading, values: Values, actions: Actions | None) -> list[Literal] | None:
    """Return the sets of a statement; None where it cannot hold."""
    whole = with_lower_names(statement.scope)
    scope = with_values(whole, values, null_differs=reading.null_differs)
    if scope is None:
        return None
    found = []
    if actions:
        found.append(Literal(ACTION, _action_set(tuple(sorted(statement.folded))), not statement.inverted))
    if whole.resources and whole.resources != ("*",):
        found.append(Literal(RESOURCE, _resource_set(scope.resources, reading.stars_cross_colons)))
    elif whole.not_resources or whole.resources:
        found.append(Literal(RESOURCE, _resource_set(scope.not_resources, reading.stars_cross_colons), False))
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
def _resource_set(patterns: tuple[str, ...], stars_cross_colons: bool) -> TextSet:
    tokens = {pattern: resource_tokens(pattern, stars_cross_colons=stars_cross_colons) for pattern in patterns}
    plain = [each for pattern, each in tokens.items() if not variables_in(pattern)]
    return TextSet(language_of(tuple(tokens.values())), language_of(tuple(plain)), patterns, len(plain) < len(tokens))


@lru_cache(2048)
def _likely_resources(formats: tuple[str, ...]) -> tuple[Language, ...]:
    """Return resources that may exist: of some formats, or any ARN; those of the `aws` partition first."""
    generic = [_VARIABLE.sub("*", each) for each in formats]
    lists = [[*(each.replace("arn:*:", "arn:aws:", 1) for each in generic), *generic]] if generic else []
    lists.append(["arn:aws:*:*:*:*", "arn:*:*:*:*:*"])
    return tuple(language_of(tuple(tokens for each in one if (tokens := arn_tokens(each)))) for one in lists)


_VARIABLE = re.compile(r"\$\{[^{}]*\}")


def _common(patterns: Iterable[str | None]) -> str | None:
    """Return a pattern within all that are given; one of them where none is found, None where none is given."""
    found: str | None = None
    for pattern in patterns:
        found = pattern if found is None or pattern is None else intersection(found, pattern) or pattern
    return found
