"""Scopes made concrete: texts for "anything else", for a stranger, and for policy variables."""

from collections.abc import Iterable
from functools import cached_property
from itertools import chain

from msgspec.structs import replace

from tracker.access.statements import Statements, texts_of
from tracker.policy.model import Condition, Scope
from tracker.policy.patterns import substitute_variables

__all__ = ["Instances"]

_UNUSUAL = (b"~^`", range(0x2460, 0x110000))
"""Characters that hardly stand in a policy, then all others that may be taken."""


class Instances:
    """The scopes of both documents' statements with each policy variable replaced by one text."""

    def __init__(self, statements: Statements) -> None:
        """Take statements; what stands for their variables is made when it is asked for."""
        self.statements = statements
        self.made: dict[int, Scope] = {}

    def __getitem__(self, place: int) -> Scope:
        if place not in self.made:
            scope = self.statements[place].scope
            named = any("${" in text for text in texts_of(scope))
            self.made[place] = self._with_values(scope) if named else scope
        return self.made[place]

    @cached_property
    def fill(self) -> str:
        """A character that stands in none of the patterns and values: "anything else"."""
        texts = "".join(self.statements.texts())
        return next(char for char in map(chr, chain(*_UNUSUAL)) if char not in texts)

    @cached_property
    def stranger(self) -> str:
        """An account that stands nowhere in the documents."""
        texts = "\n".join(text for statement in self.statements.every for text in texts_of(statement.scope))
        return next(f"AWS:{number}" for number in range(999999999999, 0, -1) if str(number) not in texts)

    def value_of(self, key: str) -> str:
        """Return the text that stands for a policy variable: some text of its own."""
        return f"{self.fill}{key.lower().replace(':', '-')}{self.fill}"

    def pinned(self, places: Iterable[int]) -> list[Condition]:
        """Return tests that give the variables of some statements the values that stand for them."""
        keys: set[str] = set()

        def note(key: str) -> str:
            keys.add(key)
            return ""

        for place in places:
            for text in texts_of(self.statements[place].scope):
                if "${" in text:
                    substitute_variables(text, note)
        return [Condition("StringEquals", key, (self.value_of(key),)) for key in sorted(keys)]

    def _with_values(self, scope: Scope) -> Scope:
        return replace(
            scope,
            resources=tuple(substitute_variables(text, self.value_of) for text in scope.resources),
            not_resources=tuple(substitute_variables(text, self.value_of) for text in scope.not_resources),
            conditions=tuple(
                replace(test, values=tuple(substitute_variables(value, self.value_of) for value in test.values))
                for test in scope.conditions
            ),
        )
