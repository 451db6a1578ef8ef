"""One direction of a change: what the one document allows and the other does not, decided cell by cell."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from tracker.access.answers import Answer, Reason, ReasonKind, Witness
from tracker.access.budget import MOST_STEPS, Budget, SpentError
from tracker.access.cells import Cell, Side
from tracker.access.instances import Instances
from tracker.access.patterns import Actions
from tracker.access.proofs import Proofs
from tracker.access.statements import Statements
from tracker.access.witnesses import MOST_SAMPLES, Sighting, Witnesses
from tracker.policy.model import Statement
from tracker.policy.patterns import covers, matches, overlaps

__all__ = ["Decision", "Direction", "Universe"]

Universe = Callable[[str], Collection[str]]
"""Action pattern → the known actions it stands for, folded; empty where none is known."""
MOST_REASONS = 20


class Decision(NamedTuple):
    """An answer, with what it rests on."""

    answer: Answer
    witness: Witness | None = None
    reasons: tuple[Reason, ...] = ()
    rests_on_universe: bool = False


class Direction:
    """Looks for what the statements `here` allow and those `there` do not."""

    def __init__(self, statements: Statements, here: range, there: range, instances: Instances) -> None:
        """Take both documents."""
        self.statements = statements
        self.budget = Budget(statements.weight)
        self.side = Side(statements, here, there, self.budget)
        self.proofs = Proofs(self.side, self.budget)
        self.witnesses = Witnesses(self.side, self.budget, instances)
        self.universe: Universe | None = None
        self.rests_on_universe = False

    def decided(self, universe: Universe | None) -> Decision:
        """Return the answer for all actions; wildcards are what they stand for in the universe, if there is one."""
        if not self.side.allows:
            return Decision(Answer.NO)
        if not self.side.comparable:
            return Decision(Answer.UNKNOWN, reasons=(Reason(ReasonKind.ELEMENTS, None, None),))
        self.budget.allow(MOST_STEPS)
        self.universe, self.rests_on_universe = universe, False
        reasons: dict[Reason, None] = {}
        try:
            for cell in self.side.cells():
                found = self._judged(cell)
                if isinstance(found, Sighting):
                    return Decision(Answer.YES, self.witnesses.told(found))
                reasons |= dict.fromkeys(found)
        except SpentError:
            reasons = {Reason(ReasonKind.BUDGET, None, None): None, **reasons}
        if reasons:
            return Decision(Answer.UNKNOWN, reasons=tuple(reasons)[:MOST_REASONS])
        return Decision(Answer.NO, rests_on_universe=self.rests_on_universe)

    def answer_for(self, action: str) -> Answer:
        """Return the answer for one action (folded) alone; the same for all that the same statements are about."""
        answer = Answer.NO
        try:
            if not self.side.comparable_for(self.statements.situation(action, self.budget)):
                return Answer.UNKNOWN
            for cell in self.side.cells_of(action):
                if self.side.is_free(cell):
                    return Answer.YES
                found = self._judged(cell)
                if isinstance(found, Sighting):
                    return Answer.YES
                answer = Answer.UNKNOWN if found else answer
        except SpentError:
            return Answer.UNKNOWN
        return answer

    def _judged(self, cell: Cell, depth: int = 0) -> Sighting | Sequence[Reason]:
        """Return a request that is not covered, else why it is not known whether there is one; nothing: all is."""
        if self.proofs.settle(cell):
            return ()
        parts = self._parts(cell, depth)
        if parts is None:
            return self.witnesses.sighted(cell) or self.proofs.reasons(cell)
        first: Sequence[Reason] = ()
        for part in parts:
            found = self._judged(part, depth + 1)
            if isinstance(found, Sighting):
                return found
            first = first or found[:1]
        return first

    def _parts(self, cell: Cell, depth: int) -> Iterable[Cell] | None:
        """Cut a cell that is not covered as a whole: along a NotAction, or into known actions. None: it can't be."""
        if not cell.actions.are_wild():
            return None
        for place in self.side.stopping(cell) if depth <= MOST_SAMPLES else ():
            statement = self.statements[place]
            if statement.inverted and not self.statements.cover(place, cell.actions, self.budget):
                ends = self._open_ends(statement, cell.actions)
                rest = cell.actions.without | statement.folded
                if len(ends) <= MOST_SAMPLES * MOST_SAMPLES and not rest <= cell.actions.without:
                    return [cell._replace(actions=part) for part in (*ends, Actions(cell.actions.within, rest))]
        return self._known_parts(cell)

    def _open_ends(self, statement: Statement, actions: Actions) -> list[Actions]:
        """Return the exceptions of a NotAction that reach into these actions."""
        self.budget.spend(len(statement.folded) * (1 + len(actions.without)))
        return [
            Actions((*actions.within, pattern), actions.without)
            for pattern in sorted(statement.folded)
            if all(overlaps(pattern, part) for part in actions.within)
            and not any(covers(left_out, pattern) for left_out in actions.without)
        ]

    def _known_parts(self, cell: Cell) -> Iterator[Cell] | None:
        """Cut a cell into the actions that are known of it; None where none is. The first one stands alone.

        As a rule it shows the difference already, and ten thousand others need not be looked at.
        """
        names = self._known(cell.actions.narrowest())
        first = next(filter(cell.actions.has, names), None)
        if first is None:
            return None
        self.rests_on_universe = True
        part = cell._replace(actions=Actions((first,)))
        return chain((part,), self.side.alike(part, names, cell.actions))

    def _known(self, pattern: str) -> list[str]:
        """Return the known actions of a pattern and those that the documents name; none where none is known."""
        known = self.universe(pattern) if self.universe else ()
        self.budget.note(len(known))
        if not known:
            return []
        named = self.statements.named
        self.budget.spend(len(named))
        return sorted({*known, *(action for action in named if matches(pattern, action))})
