"""Requests that show a difference: one document allows them, the other does not."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tracker.access.answers import ReasonKind, Request, Witness
from tracker.access.budget import Budget
from tracker.access.cells import Cell, Side, among
from tracker.access.conditions import KeyType
from tracker.access.dependent_keys import in_order
from tracker.access.facts import Facts, type_of
from tracker.access.languages import variables_in
from tracker.access.patterns import Actions
from tracker.access.problems import ACTION, PRINCIPAL, RESOURCE, Settings
from tracker.access.questions import Answered, Question
from tracker.policy.model import Condition

if TYPE_CHECKING:
    from tracker.access.problems import KnownDimensions

__all__ = ["Counterexample", "Counterexamples", "Doubt"]


class Counterexample(NamedTuple):
    """A request that shows a difference, and where it was found."""

    cell: Cell
    action: str
    """The action of the request, folded."""
    against: tuple[int, ...]
    """Statements that are about its action."""
    answered: Answered


class Doubt(NamedTuple):
    """A cell of which neither a request was found nor proven that there is none."""

    kind: ReasonKind


class Counterexamples:
    """Searches requests that only one document allows, and caches the result by the statements that take part."""

    def __init__(self, side: Side, budget: Budget, facts: Facts) -> None:
        """Look on this side."""
        self.side, self.budget, self.statements, self.facts = side, budget, side.statements, facts
        self.known: dict[tuple[object, ...], Answered | None] = {}
        self.void: dict[tuple[int, int | None], bool] = {}
        self.key_types: dict[str, KeyType] = {}
        self.dimensions: KnownDimensions = {}

    def found(self, cell: Cell) -> Counterexample | Doubt | None:
        """Return a request of a cell that none of the statements in its way is about; None if there surely is none."""
        literal = cell.actions.literal()
        stopping = self.side.stopping(cell)
        if literal is None:
            acting = tuple(index for index in stopping if self.statements.meet(index, cell.actions, self.budget))
            answered = self._answered(cell, acting, cell.actions)
        else:
            acting = among(stopping, self.statements.mask(literal, self.budget))
            tags_alone = self.tests_tags and self.facts.tags_alone(literal)
            key = (cell.allow, cell.deny, acting, tags_alone)
            if key not in self.known:
                self.known[key] = self._answered(cell, acting, None, tags_alone=tags_alone)
            answered = self.known[key]
        if answered is None:
            return None
        if not answered.certain:
            return Doubt(_reason(answered))
        return Counterexample(cell, str(literal or answered.values[ACTION]), acting, answered)

    def never_holds(self, cell: Cell) -> bool:
        """Return whether no request can match all statements of a cell; False where none of them has conditions."""
        key = cell.allow, cell.deny
        if key not in self.void:
            tests = self.statements[cell.allow].scope.conditions
            values = chain.from_iterable(test.values for test in tests)
            plain = len({test.folded_key for test in tests}) == len(tests) and not any(map(variables_in, values))
            doubtful = cell.deny is not None or not plain
            self.void[key] = doubtful and self._answered(cell, (), None, tags_alone=self.tests_tags) is None
        return self.void[key]

    def _answered(
        self,
        cell: Cell,
        acting: Sequence[int],
        actions: Actions | None,
        *,
        tags_alone: bool = False,
    ) -> Answered | None:
        self.budget.spend(1 + len(acting))
        return Question(
            tuple(self.statements[index] for index in cell.indexes),
            tuple(self.statements[index] for index in acting),
            actions,
            Settings(self.statements.fill, self._key_type, self.budget.spend, self.dimensions, tags_alone),
        ).answered()

    @cached_property
    def tests_tags(self) -> bool:
        """Whether any statement tests the keys of a request's tags."""
        scopes = {statement.scope for statement in self.statements.every}
        return any(test.folded_key == "aws:tagkeys" for scope in scopes for test in scope.conditions)

    def _key_type(self, key: str) -> KeyType:
        """Return what is known of a key."""
        if key not in self.key_types:
            self.key_types[key] = type_of(key, self.facts)
        return self.key_types[key]

    def witness(self, found: Counterexample) -> Witness:
        """Return what a request shows."""
        cell, literal = found.cell, found.cell.actions.literal()
        answered = found.answered.likely(() if literal is None else self.facts.arn_formats(literal))
        indexes = [self.statements[index] for index in cell.indexes]
        resource, principal = answered.values.get(RESOURCE), answered.values.get(PRINCIPAL)
        context = {key: values for key, values in answered.values.items() if key not in (ACTION, RESOURCE, PRINCIPAL)}
        named = [statement.scope for statement in indexes]
        return Witness(
            action=self.side.spelled(cell.actions.narrowest()),
            resource=answered.resource_pattern(named),
            principal=answered.principal_name(named),
            conditions=_in_order(chain.from_iterable(scope.conditions for scope in named)),
            avoided=_in_order(answered.failed([self.statements[index] for index in found.against])),
            statement=cell.allow - self.side.here.start,
            denied_by=None if cell.deny is None else cell.deny - self.side.there.start,
            request=Request(
                found.action,
                resource,
                principal,
                tuple(sorted(in_order(context).items())),
                tuple(answered.assumed()),
            ),
        )


def _reason(answered: Answered) -> ReasonKind:
    """Return what kind of doubt it is, by where it arose."""
    kinds = {ACTION: ReasonKind.ACTIONS, RESOURCE: ReasonKind.RESOURCES, PRINCIPAL: ReasonKind.PRINCIPALS}
    found = [kinds.get(name, ReasonKind.CONDITIONS) for name in answered.doubtful]
    return found[0] if found else ReasonKind.CONDITIONS


def _in_order(tests: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return tests by operator, key and values, each once."""
    return tuple(sorted(set(tests), key=lambda test: test.sort_key))
