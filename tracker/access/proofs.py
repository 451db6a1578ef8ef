"""Proofs that what a cell allows was allowed before, or is denied still: its region lies within others."""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod

from msgspec.structs import replace

from tracker.access.answers import Reason, ReasonKind
from tracker.access.budget import Budget
from tracker.access.cells import Cell, Side
from tracker.access.regions import Region, all_conditions, regions, scope_of
from tracker.access.statements import texts_of
from tracker.policy.model import Condition, Scope
from tracker.policy.patterns import has_wildcard
from tracker.policy.scopes import MAX_PARTS, contradict, covers

__all__ = ["Proofs"]


class Proofs:
    """Looks for proofs on one side, and remembers what it found about the same statements."""

    def __init__(self, side: Side, budget: Budget) -> None:
        """Look on this side."""
        self.side, self.budget, self.statements = side, budget, side.statements
        self.known: dict[tuple[int, int | None, tuple[int, ...]], bool] = {}

    def settle(self, cell: Cell) -> bool:
        """Tell whether a cell is surely empty or covered as a whole."""
        if cell.actions.are_none() or self._is_nowhere(cell):
            return True
        covering = self.side.covering(cell)
        if not covering:
            return False
        key = (cell.allow, cell.deny, covering)
        if key not in self.known:
            wide, narrow = self.statements.scopes(covering), self.statements.scopes(cell.places)
            self.known[key] = self._all_covered(wide, narrow)
        return self.known[key]

    def failure(self, cell: Cell) -> ReasonKind:
        """Tell what stands in the way of a proof."""
        covering = self.side.covering(cell)
        if not covering:
            meeting = (self.statements.meet(place, cell.actions, self.budget) for place in self.side.stopping(cell))
            return ReasonKind.ACTIONS if any(meeting) else ReasonKind.CONDITIONS
        wide = [replace(scope, conditions=()) for scope in self.statements.scopes(covering)]
        narrow = [replace(scope, conditions=()) for scope in self.statements.scopes(cell.places)]
        if self._all_covered(wide, narrow):
            return ReasonKind.CONDITIONS
        wide, narrow = _without_principals(wide), _without_principals(narrow)
        return ReasonKind.PRINCIPALS if self._all_covered(wide, narrow) else ReasonKind.RESOURCES

    def reasons(self, cell: Cell) -> list[Reason]:
        """Return why nothing is proven of a cell's actions, each as published as far as it stands in the documents."""
        kind, allow = self.failure(cell), cell.allow - self.side.here.start
        names = (cell.actions.narrowest(), *cell.alike)
        return [Reason(kind, allow, self.side.spelled(name)) for name in names]

    def _is_nowhere(self, cell: Cell) -> bool:
        """Tell whether the scopes of an Allow and a Deny surely have nothing in common."""
        if cell.deny is None:
            return False
        scopes = self.statements.scopes(cell.places)
        return contradict(all_conditions(scopes)) or not any(True for _ in regions(scopes, self.budget, whole=False))

    def _all_covered(self, wide: Sequence[Scope], narrow: Sequence[Scope]) -> bool:
        """Tell whether the wide scopes together surely hold where all of the narrow ones do."""
        conditions = all_conditions(narrow)
        return any(
            all(self._is_covered(wide, region, conditions) for region in regions(narrow, self.budget, whole=whole))
            for whole in (True, False)
        )

    def _is_covered(self, wide: Sequence[Scope], region: Region, conditions: tuple[Condition, ...]) -> bool:
        for resources, principals in product(set(region.resources), set(region.principals)):
            scope = scope_of(resources, principals, conditions)
            self.budget.spend(_size(scope) + sum(_size(each) + _size(scope) * _wildness(each) for each in wide))
            parts = prod(len(test.values) or 1 for test in conditions)
            self.budget.spend(len(wide) * parts if parts <= MAX_PARTS else 0)
            if covers(wide, (scope,)):
                return True
        return False


def _size(scope: Scope) -> int:
    lists = (scope.resources, scope.not_resources, scope.principals, scope.not_principals)
    return 1 + sum(map(len, lists)) + sum(1 + len(test.values) for test in scope.conditions)


def _wildness(scope: Scope) -> int:
    return sum(map(has_wildcard, texts_of(scope)))


def _without_principals(scopes: Iterable[Scope]) -> list[Scope]:
    return [replace(scope, principals=(), not_principals=()) for scope in scopes]
