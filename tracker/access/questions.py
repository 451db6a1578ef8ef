"""One question of a comparison: is there a request that some statements match and none of others does?

The statements become sets of texts, principals and values of keys (`problem`), the search answers (`find_request`).
Variables are decided by cases: absent, each value that a test names, and any other, in which they may be any text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, product
from math import prod
from typing import TYPE_CHECKING, Any

from tracker.access.budget import Budget, SpentError
from tracker.access.callers import MAX_CALLERS, callers, can_exist, concerns_callers, with_caller
from tracker.access.conditions import KeyTest
from tracker.access.dependent_keys import OF_DEVICES, Alternative, Known, alternatives
from tracker.access.languages import (
    Language,
    arn_tokens,
    find_text,
    language_of,
    wildcard_tokens,
)
from tracker.access.patterns import Actions
from tracker.access.principals import is_meant
from tracker.access.problems import (
    PRINCIPAL,
    RESOURCE,
    Given,
    Settings,
    literals_of,
    problem_of,
    resource_set,
)
from tracker.access.readings import Reading, readings_of
from tracker.access.search import Literal, find_request
from tracker.access.values import TextSet
from tracker.access.variables import (
    PRESENT,
    Choice,
    choices_of,
    keys_whose_absence_matters,
    keys_with_default,
    present_or_absent,
    relies_on,
    with_lower_names,
    with_values,
)
from tracker.policy.model import Condition, Scope, Statement
from tracker.policy.patterns import intersection

if TYPE_CHECKING:
    from tracker.access.search import Found

__all__ = ["Answered", "Question"]

MAX_CASES = 128
"""Combinations of values of variables that are looked at one by one."""
MAX_LIKELY = 200
"""Positions that are walked to find a likelier resource."""
MAX_ALTERNATIVES = 6
"""How often a case is cut in parts until its keys agree."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was found, or that could not be excluded."""

    case: "_Case"
    certain: bool
    """Whether it is surely a request of the kind that was looked for."""
    doubtful: tuple[str, ...] = ()
    """The dimensions in which it is not certain."""
    others: tuple["_Case", ...] = ()
    """The same question under other readings, each of which admits the request."""

    def likely(self, formats: tuple[str, ...]) -> "Answered":
        """Return a request with a likelier resource, where one is found.

        Args:
            formats: those of the resources that the action is known for, with variables; empty where none is known.
        """
        found = (each for each in self.case.likely(formats) if all(other.admits(each) for other in self.others))
        return replace(self, case=next(found, self.case))

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
        """Return the narrowest principal that some scopes name; None where they name none."""
        principal, found = self.values.get(PRINCIPAL), None
        for scope in scopes:
            listed = scope.principals or (scope.not_principals and ("*",))
            name = next((name for name in listed if is_meant(name, str(principal))), None)
            found = name if found in (None, "*") else found
        return found


@dataclass(frozen=True)
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
        doubt = None
        for reading in readings:
            found = self._answered_as(reading)
            doubt = doubt or found
            if found and found.can_exist:
                others = tuple(_Case(self, other, found.given) for other in readings if other != reading)
                if all(other.admits(found) for other in others):
                    return Answered(found, certain=True, others=others)
        return Answered(doubt, certain=False, doubtful=doubt.doubtful()) if doubt else None

    def _answered_as(self, reading: Reading) -> "_Case | None":
        """Answer under one reading, for each combination of values of the variables."""
        doubt = None
        for given in self._cases(reading):
            found = self._request(reading, given)
            if found and self.concerns_callers and not found.can_exist:
                found = self._by_caller(found, given)
            if found and found.can_exist:
                return found
            doubt = doubt or found
        return doubt

    def _request(self, reading: Reading, given: Given, depth: int = 0) -> "_Case | None":
        """Return a request of one case, one that can exist if it is found; None if there surely is none."""
        case = _Case(self, reading, given)
        if case.found is None:
            return None
        found = next((attempt for attempt in chain((case,), case.concrete()) if attempt.can_exist), None)
        return found or self._by_alternatives(case, depth)

    def _by_alternatives(self, case: "_Case", depth: int) -> "_Case | None":
        """Return the same where keys whose values depend on each other do not agree."""
        instead = case.found and self.alternatives(case.found)
        if not instead or depth >= MAX_ALTERNATIVES:
            return case
        doubt = None
        for tests, exists in instead:
            given = case.given._replace(tests=tuple(dict.fromkeys((*case.given.tests, *tests))))
            if len(given.tests) == len(case.given.tests):
                return case
            found = self._request(case.reading, given, depth + 1) if exists else _Case(self, case.reading, given)
            if exists and found and found.can_exist:
                return found
            doubt = doubt or (found if found and found.found else None)
        return doubt and case

    def alternatives(self, found: "Found") -> list[Alternative] | None:
        """Return what may be instead of a request whose keys do not agree; None where they do."""
        return alternatives(found.values, self._known)

    @cached_property
    def _known(self) -> Known:
        """What is known of the requests beside their keys."""
        names_principals = any(scope.principals or scope.not_principals for scope in self.scopes)
        actions = (action for statement in self.matched for action in statement.folded)
        of_devices = all(action.partition(":")[0] in OF_DEVICES for action in actions)
        return Known(self.settings.fill, self.settings.tags_alone, not (names_principals or of_devices))

    def _by_caller(self, case: "_Case", given: Given) -> "_Case | None":
        """Return the same as `_request`, caller by caller."""
        listed = callers(self.scopes, self.settings.fill)
        if len(listed) > MAX_CALLERS:
            return case
        doubt = None
        for caller in listed:
            perhaps = self._request(case.reading, with_caller(given, caller.principal, caller.perhaps))
            if perhaps is None:
                continue
            if perhaps.can_exist:
                return perhaps
            supposed = (with_caller(given, caller.principal, tests, supposed=True) for tests in caller.surely)
            found = [self._request(case.reading, each) for each in supposed]
            if found and all(each and each.can_exist for each in found):
                return found[0]
            doubt = doubt or perhaps
        return doubt

    @cached_property
    def scopes(self) -> list[Scope]:
        """The scopes of all statements, with names of variables in lower case."""
        return [with_lower_names(statement.scope) for statement in (*self.matched, *self.escaped)]

    @cached_property
    def concerns_callers(self) -> bool:
        """Whether who asks must agree with the keys that say so."""
        return concerns_callers(self.scopes)

    def _cases(self, reading: Reading) -> list["Given"]:
        """Return what the variables may stand for.

        That a key is absent is a case of its own only where it makes a difference beyond "nothing matches".

        Raises:
            SpentError: there are too many cases in which absent keys make a difference.
        """
        scopes = self.scopes
        variables = sorted(relies_on(scopes))
        absence_matters = set() if reading.null_differs else keys_whose_absence_matters(scopes)
        several = {test.folded_key for scope in scopes for test in scope.conditions} | keys_with_default(scopes)
        choices = [
            choices_of(key, scopes) if key in several or key in absence_matters else [Choice(key, PRESENT)]
            for key in variables
        ]
        if prod(map(len, choices)) > MAX_CASES:
            choices = [present_or_absent(key) for key in variables if key in absence_matters]
            if prod(map(len, choices)) > MAX_CASES:
                raise SpentError
        return [
            Given({one.key: one.value for one in each}, tuple(test for one in each for test in one.tests))
            for each in product(*choices)
        ]


class _Case:
    """A question under one reading, with some variables replaced."""

    def __init__(self, question: Question, reading: Reading, given: Given) -> None:
        self.question, self.reading, self.given = question, reading, given
        self.problem = problem_of(
            question.matched, question.escaped, question.actions, question.settings, reading, given
        )

    @cached_property
    def found(self) -> "Found | None":
        """A request, a certain one if there is one; None if there surely is none."""
        return find_request(self.problem, self.question.settings.spend) if self.problem else None

    @property
    def can_exist(self) -> bool:
        """Whether a request was found that surely is one, and its keys agree with each other and with who asks."""
        if self.found is None or not self.found.certain:
            return False
        if self.question.alternatives(self.found) is not None:
            return False
        return not self.question.concerns_callers or can_exist(
            self.found.values, self.question.scopes, supposed=self.given.supposed
        )

    def concrete(self) -> Iterator["_Case"]:
        """Yield cases in which each variable left has one value."""
        keys = [
            key for key in sorted(relies_on(self.question.scopes)) if self.given.values.get(key, PRESENT) == PRESENT
        ]
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
            yield _Case(
                self.question,
                self.reading,
                Given({**self.given.values, **values}, (*kept, *tests), *self.given[2:]),
            )

    def likely(self, formats: tuple[str, ...]) -> Iterator["_Case"]:
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
        for language in _likely_resources(formats):
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
        """Return whether the request of another case is one of this case, too."""
        if self.problem is None or other.found is None:
            return False
        matched = all(other.lies(each) is each.inside or _is_assumed(each) for each in self.problem.matched)
        return matched and all(
            any(other.lies(each) is (not each.inside) for each in statement) for statement in self.problem.escaped
        )

    def lies(self, literal: Literal) -> bool | None:
        """Return whether the request that was found lies in a set; None where that is not known."""
        if self.problem is None or self.found is None or literal.dimension not in self.found.values:
            return None
        dimension = self.problem.dimensions[literal.dimension]
        return dimension.lies_in(literal.item, self.found.values[literal.dimension])

    def literals(self, statement: Statement) -> list[Literal] | None:
        """Return the sets of a statement, as they are in this case; None where it cannot hold."""
        return literals_of(statement, self.reading, self.given.values, None)

    def resources(self, patterns: tuple[str, ...]) -> TextSet:
        """Return resource patterns as a set, as they are in this case."""
        scope = with_values(Scope(resources=patterns), self.given.values, null_differs=True)
        return resource_set(scope.resources if scope else (), self.reading.stars_cross_colons)

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


@lru_cache(2048)
def _likely_resources(formats: tuple[str, ...]) -> tuple[Language, ...]:
    """Return resources that may exist: of some formats, or any ARN; those of the `aws` partition first.

    What stands for a variable of a format is taken to hold no colon, as names and ids do.
    """
    generic = [_VARIABLE.sub("*", each) for each in formats]
    known = [*(each.replace("arn:*:", "arn:aws:", 1) for each in generic), *generic]
    any_arn = [tokens for each in ("arn:aws:*:*:*:*", "arn:*:*:*:*:*") if (tokens := arn_tokens(each))]
    lists = [[wildcard_tokens(each, colons=False) for each in known], any_arn]
    return tuple(language_of(tuple(each)) for each in lists if each)


_VARIABLE = re.compile(r"\$\{[^{}]*\}")


def _common(patterns: Iterable[str | None]) -> str | None:
    """Return a pattern within all that are given; one of them where none is found, None where none is given."""
    found: str | None = None
    for pattern in patterns:
        found = pattern if found is None or pattern is None else intersection(found, pattern) or pattern
    return found
