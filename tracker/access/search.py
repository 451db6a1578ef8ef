"""A search for a request that some statements match and none of others does: a difference of products of sets.

A statement is a product: a request matches it when its action, its resource, its principal and each condition key lie
in the statement's sets. So a request escapes a statement by one of these alone, and the search tries which: each
choice is a demand on one dimension, and a dimension decides exactly whether its demands can be met together.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["Demands", "Dimension", "Found", "Literal", "Problem", "Solution", "find_request"]


MAX_COMPARED = 16
"""Statements of which the one with the fewest ways out is chosen."""


class Literal(NamedTuple):
    """One set of a statement, in one dimension."""

    dimension: str
    """`action`, `resource`, `principal`, or a condition key."""
    item: Hashable
    """The set."""
    inside: bool = True
    """Whether the statement holds inside of the set, or outside."""


class Solution(NamedTuple):
    """A value of one dimension."""

    value: Any
    """The value: a text, a principal, or the values of a key."""
    certain: bool = True
    """Whether it surely meets its demands."""


Demands = frozenset[tuple[Any, bool]]
"""Sets, and whether the value is to lie in them."""


class Dimension(Protocol):
    """One property of a request."""

    def solve(self, demands: Demands) -> Solution | None:
        """Return a value that meets some demands, certain if there is one; None if there surely is none."""

    def lies_in(self, item: Any, value: Any) -> bool | None:
        """Return whether a value lies in a set; None where that is not known."""


class Problem(NamedTuple):
    """What is looked for."""

    dimensions: Mapping[str, Dimension]
    """All properties of a request that matter."""
    matched: Sequence[Literal]
    """Sets that the request lies in."""
    escaped: Sequence[Sequence[Literal]]
    """For each statement that it does not match: the sets of that statement."""


class Found(NamedTuple):
    """A request."""

    values: Mapping[str, Any]
    """Dimension → its value."""
    certain: bool
    """Whether it surely is one; if not, it only could not be excluded."""


class _State(NamedTuple):
    demands: dict[str, Demands]
    solutions: dict[str, Solution]


def find_request(problem: Problem, spend: Callable[[int], None]) -> Found | None:
    """Return a request, a certain one if there is one; None if there surely is none.

    Args:
        problem: what is looked for.
        spend: is called for each step; may raise.
    """
    state = _State(dict.fromkeys(problem.dimensions, frozenset()), {})
    for literal in problem.matched:
        demands = state.demands[literal.dimension] | {(literal.item, literal.inside)}
        state.demands[literal.dimension] = demands
    for name, dimension in problem.dimensions.items():
        solution = dimension.solve(state.demands[name])
        if solution is None:
            return None
        state.solutions[name] = solution
    search = _Search(problem, spend)
    settled = search.simplified(state, problem.escaped)
    if settled is None:
        return None
    state, statements = settled
    certain = search.extended(state, statements, certain=True)
    if certain or not search.met_doubt:
        return certain
    return search.extended(state, statements, certain=False)


class _Search:
    """Depth first: find a statement that the request does not escape yet, let it escape by one set, look again."""

    def __init__(self, problem: Problem, spend: Callable[[int], None]) -> None:
        self.problem, self.spend = problem, spend
        self.met_doubt = False

    def simplified(
        self, state: _State, statements: Sequence[Sequence[Literal]]
    ) -> tuple[_State, list[tuple[Literal, ...]]] | None:
        """Return the demands that follow at once, and the statements that are left; None if the request matches one.

        Left out are statements that the demands exclude, and sets that the request lies in anyway. A statement that
        can be escaped in one way alone must be: that is a demand of its own, and may settle others.
        """
        while True:
            left = self._open_sets(state, statements)
            if left is None:
                return None
            forced = [each[0] for each in left if len(each) == 1]
            if not forced:
                return state, sorted(left, key=len)
            for literal in forced:
                demands = state.demands[literal.dimension] | {(literal.item, not literal.inside)}
                state = state._replace(demands=state.demands | {literal.dimension: demands})
            for name in {literal.dimension for literal in forced}:
                solution = self.problem.dimensions[name].solve(state.demands[name])
                if solution is None:
                    return None
                state = state._replace(solutions=state.solutions | {name: solution})
            statements = [each for each in left if len(each) > 1]

    def _open_sets(self, state: _State, statements: Sequence[Sequence[Literal]]) -> list[tuple[Literal, ...]] | None:
        """Return for each statement the sets that a request may lie out of; None if it surely matches one."""
        open_to: dict[Literal, bool] = {}
        kept: dict[tuple[Literal, ...], None] = {}
        for statement in statements:
            if any(self._solved(state, literal, holds=True) is None for literal in statement):
                continue
            for literal in statement:
                if literal not in open_to:
                    open_to[literal] = self._solved(state, literal, holds=False) is not None
            left = tuple(dict.fromkeys(literal for literal in statement if open_to[literal]))
            if not left:
                return None
            kept[left] = None
        return list(kept)

    def extended(self, state: _State, statements: Sequence[tuple[Literal, ...]], *, certain: bool) -> Found | None:
        """Return a request that escapes all statements, in addition to the demands of a state."""
        if certain and any(not solution.certain for solution in state.solutions.values()):
            self.met_doubt = True
            return None
        waiting = [each for each in statements if not self._escapes(state, each)]
        self.spend(1 + len(statements) // 8)
        if not waiting:
            values = {name: solution.value for name, solution in state.solutions.items()}
            return Found(values, all(solution.certain for solution in state.solutions.values()))
        choice = self._fewest_ways(state, waiting)
        for literal in choice:
            solution = self._solved(state, literal, holds=False)
            if solution:
                below = self._with(state, literal, solution, holds=False)
                found = self.extended(below, statements, certain=certain)
                if found:
                    return found
            held = self._solved(state, literal, holds=True)
            if held is None:
                return None
            state = self._with(state, literal, held, holds=True)
        return None

    def _escapes(self, state: _State, statement: Sequence[Literal]) -> bool:
        """Return whether a request escapes a statement, by its value or since that was demanded."""
        return any(
            self.problem.dimensions[name].lies_in(item, state.solutions[name].value) is (not inside)
            or (item, not inside) in state.demands[name]
            for name, item, inside in statement
        )

    def _fewest_ways(self, state: _State, waiting: Sequence[tuple[Literal, ...]]) -> list[Literal]:
        """Return the sets by which a request may escape a statement, of the statement that has the fewest."""
        best: list[Literal] | None = None
        for statement in waiting[:MAX_COMPARED]:
            ways = [literal for literal in statement if self._solved(state, literal, holds=False)]
            if best is None or len(ways) < len(best):
                best = ways
            if len(best) <= 1:
                break
        return best or []

    def _solved(self, state: _State, literal: Literal, *, holds: bool) -> Solution | None:
        demands = state.demands[literal.dimension] | {(literal.item, literal.inside is holds)}
        return self.problem.dimensions[literal.dimension].solve(demands)

    def _with(self, state: _State, literal: Literal, solution: Solution, *, holds: bool) -> _State:
        name = literal.dimension
        demands = state.demands[name] | {(literal.item, literal.inside is holds)}
        return _State(state.demands | {name: demands}, state.solutions | {name: solution})
