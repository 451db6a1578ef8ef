"""One direction of a change: what the one document allows and the other does not, decided cell by cell."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from tracker.access.answers import Answer, Reason, ReasonKind, Witness
from tracker.access.budget import MAX_STEPS, Budget, SpentError
from tracker.access.cells import Cell, Side
from tracker.access.counterexamples import Counterexample, Counterexamples, Doubt
from tracker.access.facts import Facts
from tracker.access.patterns import Actions, has_white_space
from tracker.access.statements import Statements
from tracker.access.variables import keys_whose_absence_matters
from tracker.policy.model import Scope
from tracker.policy.patterns import matches
from tracker.policy.scopes import covers

__all__ = ["Decision", "Direction", "Universe"]

Universe = Callable[[str], Collection[str]]
"""Action pattern → the known actions it stands for, folded; empty where none is known."""
MAX_REASONS = 20
MAX_COMPARED = 64
"""Patterns and values of scopes that are compared before anything is searched."""


class Decision(NamedTuple):
    """An answer, with what it rests on."""

    answer: Answer
    witness: Witness | None = None
    reasons: tuple[Reason, ...] = ()
    later: Answer = Answer.NO
    """The answer for actions that are not known today, where `answer` is no."""
    later_witness: Witness | None = None


class Direction:
    """Looks for what the statements `here` allow and those `there` do not."""

    def __init__(self, statements: Statements, here: range, there: range, facts: Facts) -> None:
        """Take both documents."""
        self.statements = statements
        self.budget = Budget(statements.weight)
        self.side = Side(statements, here, there, self.budget)
        self.counterexamples = Counterexamples(self.side, self.budget, facts)
        self.covered: dict[tuple[int, tuple[int, ...]], bool] = {}
        self.universe: Universe | None = None
        self.rests_on_universe = False

    def decided(self, universe: Universe | None, *, in_full: bool = True) -> Decision:
        """Return the answer for all actions; with a universe, a wildcard is the known actions that it matches.

        Where it is not wanted `in_full`, it has no witness, and nothing of actions that are not known today.
        """
        if not self.side.allows:
            return Decision(Answer.NO)
        if not self.side.comparable:
            return Decision(Answer.UNKNOWN, reasons=(Reason(ReasonKind.ELEMENTS, None, None),))
        found = self._decided(universe, in_full=in_full)
        if in_full and found.answer is Answer.NO and self.rests_on_universe:
            later = self._decided(None, in_full=True)
            return found._replace(later=later.answer, later_witness=later.witness)
        return found

    def _decided(self, universe: Universe | None, *, in_full: bool) -> Decision:
        self.budget.allow(MAX_STEPS)
        self.universe, self.rests_on_universe = universe, False
        reasons: dict[Reason, None] = {}
        try:
            for cell in self.side.cells():
                found = self._evaluated(cell)
                if isinstance(found, Counterexample):
                    return Decision(Answer.YES, self.counterexamples.witness(found) if in_full else None)
                reasons |= dict.fromkeys(found)
        except SpentError:
            reasons = {Reason(ReasonKind.BUDGET, None, None): None, **reasons}
        if reasons:
            return Decision(Answer.UNKNOWN, reasons=tuple(reasons)[:MAX_REASONS])
        return Decision(Answer.NO)

    def answer_for(self, action: str) -> Answer:
        """Return the answer for one action (folded); actions with the same mask of statements have the same answer."""
        answer = Answer.NO
        try:
            if not self.side.comparable_for(self.statements.mask(action, self.budget)):
                return Answer.UNKNOWN
            is_plain = not has_white_space(action)
            for cell in self.side.cells_of(action):
                if is_plain and self.side.is_free(cell):
                    return Answer.YES
                found = self._evaluated(cell)
                if isinstance(found, Counterexample):
                    return Answer.YES
                answer = Answer.UNKNOWN if found else answer
        except SpentError:
            return Answer.UNKNOWN
        return answer

    def _evaluated(self, cell: Cell) -> Counterexample | Sequence[Reason]:
        """Return a request that is not covered, else why it is not known whether there is one; nothing: all is."""
        if self._is_settled(cell):
            return ()
        parts = self._known_parts(cell) if cell.actions.are_wild() else None
        if parts is None:
            return self._searched(cell)
        first: Sequence[Reason] = ()
        for part in parts:
            found = () if self._is_settled(part) else self._searched(part)
            if isinstance(found, Counterexample):
                return found
            first = first or found[:1]
        return first

    def _searched(self, cell: Cell) -> Counterexample | Sequence[Reason]:
        """Search a cell. Of white space within an action it is not known whether IAM ignores it.

        If it does, the action is the one without; if it does not, no request has such an action.
        """
        plain = tuple("".join(part.split()) for part in cell.actions.within)
        blank = plain != cell.actions.within
        found = self.counterexamples.found(cell._replace(actions=cell.actions._replace(within=plain)))
        if blank and found is not None:
            found = Doubt(ReasonKind.ACTIONS)
        if isinstance(found, Doubt):
            allow = cell.allow - self.side.here.start
            names = (cell.actions.narrowest(), *cell.equivalent_actions)
            return [Reason(found.kind, allow, self.side.spelled(name)) for name in names]
        return found or ()

    def _is_settled(self, cell: Cell) -> bool:
        """Return whether a cell is surely empty or covered as a whole, as far as that is seen without a search."""
        if cell.actions.are_none() or self.counterexamples.never_holds(cell):
            return True
        if cell.deny is not None:
            return False
        covering = self.side.covering(cell)
        if not covering:
            return False
        key = (cell.allow, covering)
        if key not in self.covered:
            wide, narrow = self.statements.scopes(covering), self.statements[cell.allow].scope
            self.budget.spend(len(covering))
            short = [each for each in wide if _is_short(each) and not keys_whose_absence_matters((each,))]
            self.covered[key] = narrow in wide or covers(short, [narrow])
        return self.covered[key]

    def _known_parts(self, cell: Cell) -> Iterator[Cell] | None:
        """Cut a cell into the actions that are known of it; None where nothing is known of its wildcard.

        The first one stands alone: as a rule it shows the difference already, and ten thousand others need not be
        looked at. Of a wildcard that has known actions there may be none in the cell: what is left of it, others have.
        """
        names = self._known(cell.actions.narrowest())
        if not names:
            return None
        self.rests_on_universe = True
        first = next(filter(cell.actions.has, names), None)
        if first is None:
            return iter(())
        part = cell._replace(actions=Actions((first,)))
        return chain((part,), self.side.equivalent_cells(part, names, cell.actions))

    def _known(self, pattern: str) -> list[str]:
        """Return the known actions of a pattern and those that the documents name; none where none is known."""
        known = self.universe(pattern) if self.universe else ()
        self.budget.note(len(known))
        if not known:
            return []
        named = self.statements.named
        self.budget.spend(len(named))
        more = {action for action in named if matches(pattern, action)}.difference(known)
        return sorted([*known, *more])  # what is sorted already is sorted quickly


def _is_short(scope: Scope) -> bool:
    """Return whether a scope is compared quickly."""
    lists = (scope.resources, scope.not_resources, scope.principals, scope.not_principals)
    return sum(map(len, lists)) + sum(len(test.values) for test in scope.conditions) <= MAX_COMPARED
