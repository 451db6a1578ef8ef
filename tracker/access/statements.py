"""The statements of two documents as one list, each named by its index, and which actions each is about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from tracker.access.budget import Budget
from tracker.access.patterns import Actions, Names, PatternIndex, Patterns
from tracker.policy.grants import spellings
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement
from tracker.policy.patterns import covers, has_wildcard, matches, overlaps

__all__ = ["StatementMask", "Statements", "texts_of"]

_UNUSUAL = (b"~^`", range(0x2460, 0x110000))
"""Characters that hardly stand in a policy, then all others that may be taken."""

StatementMask = int
"""The statements that are about an action, as bits: bit i for the one at index i."""


class Statements:
    """The statements of `before`, then those of `after`."""

    def __init__(self, before: PolicyDocument, after: PolicyDocument) -> None:
        """Lay them side by side."""
        self.every = before.statements + after.statements
        self.before = range(len(before.statements))
        self.after = range(len(before.statements), len(self.every))
        self.masks: dict[str, StatementMask] = {}

    def __getitem__(self, index: int) -> Statement:
        return self.every[index]

    def those(self, indexes: Iterable[int], effect: Effect) -> list[int]:
        """Return the indexes of statements of one effect, without those that surely match no request."""
        return [index for index in indexes if self.every[index].effect is effect and self.may_match[index]]

    @cached_property
    def may_match(self) -> list[bool]:
        """For each statement: whether it may be about any request."""
        return [bool(statement.folded) and not _is_nowhere(statement.scope) for statement in self.every]

    @cached_property
    def patterns(self) -> list[Patterns]:
        """The actions of each statement."""
        return [Patterns(statement.folded, statement.wild) for statement in self.every]

    @cached_property
    def _wild(self) -> PatternIndex:
        """The wildcards of all statements."""
        return PatternIndex(statement.wild for statement in self.every)

    @cached_property
    def _inverted(self) -> StatementMask:
        """The statements that are about all actions but those they name."""
        return sum(1 << index for index, statement in enumerate(self.every) if statement.inverted)

    def scopes(self, indexes: Iterable[int]) -> list[Scope]:
        """Return where each of some statements holds."""
        return [self.every[index].scope for index in indexes]

    def mask(self, action: str, budget: Budget) -> StatementMask:
        """Return which statements are about one action."""
        if action not in self.masks:
            self._look_at(Names((action,)), budget)
        return self.masks[action]

    def by_statements(self, actions: Iterable[str], budget: Budget) -> list[list[str]]:
        """Sort actions, then group those that the same statements are about: what is true of one, is of all.

        The groups are in the order of their first action.
        """
        ordered = sorted(actions)
        new = [name for name in ordered if name not in self.masks]
        if new:
            self._look_at(Names(new), budget)
        groups: defaultdict[StatementMask, list[str]] = defaultdict(list)
        for name in ordered:
            groups[self.masks[name]].append(name)
        return list(groups.values())

    def _look_at(self, names: Names, budget: Budget) -> None:
        """Find the masks of many actions at once, pattern by pattern."""
        found = dict.fromkeys(names.sorted, self._wild.has_all)
        budget.spend(len(self.every))
        for pattern, statements, group in self._wild.near(names):
            budget.spend(len(group))
            for name in group:
                if matches(pattern, name):
                    found[name] |= statements
        for index, statement in enumerate(self.every):
            for name in names.all & statement.folded:
                found[name] |= 1 << index
        if self._inverted:
            found = {name: mask ^ self._inverted for name, mask in found.items()}
        self.masks |= found

    def cover(self, index: int, actions: Actions, budget: Budget) -> bool:
        """Return whether a statement is surely about all of these actions."""
        statement = self.every[index]
        if statement.inverted:
            return self._excepts_none(index, actions, budget)
        if not statement.folded.isdisjoint(actions.within):
            return True
        near = [(part, self.patterns[index].near(part)) for part in actions.within]
        budget.spend(sum(1 + len(patterns) for _, patterns in near))
        return any(covers(pattern, part) for part, patterns in near for pattern in patterns)

    def _excepts_none(self, index: int, actions: Actions, budget: Budget) -> bool:
        """Return whether a NotAction surely excepts none of these actions."""
        literal = next((part for part in actions.within if not has_wildcard(part)), None)
        every = self.every[index].folded
        exceptions = every if literal is None else self.patterns[index].near(literal) | every.intersection((literal,))
        budget.spend(1 + len(exceptions))
        return all(
            not all(overlaps(pattern, part) for part in actions.within)
            or any(covers(left_out, pattern) for left_out in actions.without)
            for pattern in exceptions
        )

    def meet(self, index: int, actions: Actions, budget: Budget) -> bool:
        """Return whether a statement may be about some of these actions."""
        statement = self.every[index]
        budget.spend(len(statement.folded))
        return statement.inverted or any(
            all(overlaps(pattern, part) for part in actions.within) for pattern in statement.folded
        )

    def spelled(self, action: str, indexes: Iterable[int]) -> str:
        """Return an action pattern as published, from the first of some statements that has it."""
        for index in indexes:
            if action in self.every[index].folded:
                return spellings((self.every[index],), {action})[action]
        return action

    @cached_property
    def named(self) -> set[str]:
        """The actions that stand without wildcards."""
        return {action for statement in self.every for action in statement.folded - statement.wild}

    @cached_property
    def texts(self) -> list[str]:
        """All patterns and values that stand in the documents, some more than once."""
        lists = {statement.folded for statement in self.every}
        scopes = {statement.scope for statement in self.every}
        return list(chain(chain.from_iterable(lists), chain.from_iterable(map(texts_of, scopes))))

    @cached_property
    def fill(self) -> str:
        """A character that stands in none of the patterns and values: "anything else"."""
        texts = "".join(self.texts)
        return next(char for char in map(chr, chain(*_UNUSUAL)) if char not in texts)

    @cached_property
    def weight(self) -> int:
        """What one comparison costs; with long patterns the time grows faster than their length."""
        longest = max(map(len, self.texts), default=0)
        return 1 + longest // 64 + (longest // 128) ** 2


def texts_of(scope: Scope) -> Iterator[str]:
    """Return all patterns and values of a scope."""
    values = (test.values for test in scope.conditions)
    return chain(scope.resources, scope.not_resources, scope.principals, scope.not_principals, *values)


def _is_nowhere(scope: Scope) -> bool:
    """Return whether a scope surely holds for no request."""
    return "*" in scope.not_resources or "*" in scope.not_principals
