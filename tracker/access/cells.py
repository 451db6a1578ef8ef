"""What one document allows, cut into cells: some actions, where an Allow (and, it may be, a Deny) holds.

A cell of an Allow is what a new line allows; a cell of an Allow and a Deny is what the other document denied and this
one does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import product
from typing import NamedTuple

from tracker.access.budget import Budget
from tracker.access.patterns import Actions, narrower
from tracker.access.statements import StatementMask, Statements
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import has_wildcard, overlaps

__all__ = ["Cell", "Side", "among"]


class Cell(NamedTuple):
    """Some actions together with the statements that must all hold for a request to be allowed."""

    actions: Actions
    allow: int
    deny: int | None = None
    """A Deny of the other document, when the cell is what that one denied."""
    equivalent_actions: tuple[str, ...] = ()
    """Other actions, each of which makes a cell of its own: the same statements are about them."""

    @property
    def indexes(self) -> tuple[int, ...]:
        """Where its statements stand."""
        return (self.allow,) if self.deny is None else (self.allow, self.deny)


class Side:
    """What one of two documents has that the other has not. `here` is the one, `there` the other."""

    def __init__(self, statements: Statements, here: range, there: range, budget: Budget) -> None:
        """Sort the statements of both."""
        self.statements, self.here, self.there, self.budget = statements, here, there, budget
        self.allows, self.denies = statements.those(here, Effect.ALLOW), statements.those(here, Effect.DENY)
        self.allowed, self.denied = statements.those(there, Effect.ALLOW), statements.those(there, Effect.DENY)

    @cached_property
    def new_allows(self) -> list[int]:
        """The Allow statements that the other document does not have."""
        return self._not_among(self.allows, self.allowed)

    @cached_property
    def lost_denies(self) -> list[int]:
        """The other document's Deny statements that this one does not have."""
        return self._not_among(self.denied, self.denies)

    def _not_among(self, those: Iterable[int], others: Iterable[int]) -> list[int]:
        known = {self.statements[index] for index in others}
        return [index for index in those if self.statements[index] not in known]

    def stopping(self, cell: Cell) -> list[int]:
        """Return the statements for which a request of a cell may not be new."""
        return self.denies if cell.deny is not None else [*self.allowed, *self.denies]

    def is_free(self, cell: Cell) -> bool:
        """Return whether one action is surely new: nothing else is about it, and its Allow holds for somebody.

        Only the plainest Allow is looked at, as most are: without conditions, and with no list of what it leaves out.
        """
        mask = self.statements.mask(cell.actions.within[0], self.budget)
        scope = self.statements[cell.allow].scope
        return (
            cell.deny is None
            and not among(self.stopping(cell), mask)
            and not (scope.conditions or scope.not_resources or scope.not_principals)
        )

    def covering(self, cell: Cell) -> tuple[int, ...]:
        """Return those of them that are surely about all of its actions."""
        stopping = self.stopping(cell)
        literal = cell.actions.literal()
        if literal is not None:
            return among(stopping, self.statements.mask(literal, self.budget))
        return tuple(index for index in stopping if self.statements.cover(index, cell.actions, self.budget))

    def spelled(self, action: str) -> str:
        """Return an action pattern as published, as far as it stands in the documents."""
        return self.statements.spelled(action, (*self.there, *self.here))

    @cached_property
    def comparable(self) -> bool:
        """Whether all statements name resources or none does, and principals likewise."""
        return self._comparable([*self.allowed, *self.denied], [*self.allows, *self.denies])

    def comparable_for(self, mask: StatementMask) -> bool:
        """Return the same as `comparable`, for the statements that are about an action."""
        return self.comparable or self._comparable(
            among([*self.allowed, *self.denied], mask), among([*self.allows, *self.denies], mask)
        )

    def _comparable(self, left: Sequence[int], right: Sequence[int]) -> bool:
        scopes = self.statements.scopes((*left, *right))
        same_elements = (
            len({bool(scope.resources or scope.not_resources) for scope in scopes}) <= 1
            and len({bool(scope.principals or scope.not_principals) for scope in scopes}) <= 1
        )
        return same_elements or {self.statements[index] for index in left} == {
            self.statements[index] for index in right
        }

    def cells(self) -> Iterator[Cell]:
        """Yield what is allowed and was not by an equal line, then what is allowed and was denied."""
        lists = self._lists(self.allowed)
        for index in self.new_allows:
            statement = self.statements[index]
            if statement.inverted:
                yield Cell(Actions(("*",), statement.folded), index)
            else:
                rest = statement.folded.difference(*lists.get(statement.scope, ()))
                yield from self._each(rest, Cell(Actions(()), index))
        lists = self._lists(self.denies)
        for denied, allowed in product(self.lost_denies, self.allows):
            yield from self._denied_cells(denied, allowed, lists)

    def cells_of(self, action: str) -> Iterator[Cell]:
        """Yield the cells of one action."""
        mask = self.statements.mask(action, self.budget)
        denied = among(self.lost_denies, mask)
        for index in among(self.allows, mask):
            if index in self.new_allows:
                yield Cell(Actions((action,)), index)
            yield from (Cell(Actions((action,)), index, deny) for deny in denied)

    def _lists(self, indexes: Iterable[int]) -> dict[Scope, list[frozenset[str]]]:
        lists: dict[Scope, list[frozenset[str]]] = {}
        for statement in (self.statements[index] for index in indexes):
            if not statement.inverted:
                lists.setdefault(statement.scope, []).append(statement.folded)
        return lists

    def _each(self, patterns: AbstractSet[str], cell: Cell) -> Iterator[Cell]:
        """Yield a cell for each group of actions that the same statements are about, and for each wildcard."""
        wild = {pattern for pattern in patterns if has_wildcard(pattern)}
        yield from self.equivalent_cells(cell, patterns - wild)
        yield from (cell._replace(actions=Actions((pattern,), cell.actions.without)) for pattern in sorted(wild))

    def equivalent_cells(self, cell: Cell, names: Iterable[str], actions: Actions | None = None) -> Iterator[Cell]:
        """Yield a cell for each group of actions that the same statements are about: all, or those among some."""
        for first, *others in self.statements.by_statements(actions.among(names) if actions else names, self.budget):
            yield cell._replace(actions=Actions((first,), cell.actions.without), equivalent_actions=tuple(others))

    def _denied_cells(self, denied: int, allowed: int, lists: dict[Scope, list[frozenset[str]]]) -> Iterator[Cell]:
        deny, allow = self.statements[denied], self.statements[allowed]
        cell = Cell(Actions(()), allowed, denied)
        if deny.inverted and allow.inverted:
            yield cell._replace(actions=Actions(("*",), deny.folded | allow.folded))
            return
        if deny.inverted:
            yield from self._each(allow.folded, cell._replace(actions=Actions((), deny.folded)))
            return
        rest = deny.folded.difference(*lists.get(deny.scope, ()))
        if allow.inverted:
            yield from self._each(rest, cell._replace(actions=Actions((), allow.folded)))
            return
        plain = [action for action in rest if not has_wildcard(action)]
        yield from (each for each in self.equivalent_cells(cell, plain) if self._allows(allowed, each))
        for wild in sorted(rest.difference(plain)):
            yield from self._common_cells(wild, allow.folded, cell)

    def _allows(self, allowed: int, cell: Cell) -> bool:
        return bool(among([allowed], self.statements.mask(cell.actions.within[0], self.budget)))

    def _common_cells(self, wild: str, patterns: frozenset[str], cell: Cell) -> Iterator[Cell]:
        """Yield a cell for what a wildcard has in common with some patterns."""
        self.budget.spend(len(patterns))
        if wild in patterns:
            yield cell._replace(actions=Actions((wild,)))
            return
        common = {narrower(wild, other) for other in patterns if overlaps(wild, other)}
        yield from self._each({both[0] for both in common if len(both) == 1}, cell)
        yield from (cell._replace(actions=Actions(both)) for both in sorted(common) if len(both) > 1)


def among(indexes: Iterable[int], mask: StatementMask) -> tuple[int, ...]:
    """Return those of some indexes of statements whose bits are set."""
    return tuple(index for index in indexes if mask >> index & 1)
