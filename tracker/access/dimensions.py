"""The properties of a request, each searched by itself: a text, a principal, the values of a condition key."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from tracker.access.conditions import KeyTest, KeyType, outcome, solve_key
from tracker.access.principals import Listed, UnnamedRole, is_among
from tracker.access.search import Demands, Solution
from tracker.access.values import TextSet, find_value

__all__ = ["KeyDimension", "PrincipalDimension", "TextDimension"]

Spend = Callable[[int], None]


class _Remembered(ABC):
    """Answers each question once."""

    def __init__(self) -> None:
        self.known: dict[Demands, Solution | None] = {}

    def solve(self, demands: Demands) -> Solution | None:
        """Return a value that meets some demands, certain if there is one; None if there surely is none."""
        if demands not in self.known:
            self.known[demands] = self._solve(demands)
        return self.known[demands]

    @abstractmethod
    def _solve(self, demands: Demands) -> Solution | None:
        """Find the answer that `solve` remembers."""


class TextDimension(_Remembered):
    """The action or the resource of a request; its sets are `TextSet`s."""

    def __init__(self, fill: str, spend: Spend) -> None:
        """Take a letter that stands in no pattern, and what to call for each step."""
        super().__init__()
        self.fill, self.spend = fill, spend

    def _solve(self, demands: Demands) -> Solution | None:
        inside = [item for item, within in demands if within]
        outside = [item for item, within in demands if not within]
        inside.sort(key=lambda item: len(item.language.patterns))
        found = find_value(inside, outside, None, self.fill, self.spend)
        if found is None:
            return None
        return Solution(found[0], not any(item.has_variables for item, _ in demands))

    def lies_in(self, item: TextSet, value: str) -> bool | None:
        """Return whether a text lies in a set; None where that depends on a variable."""
        if item.certain.has(value):
            return True
        return None if item.has_variables and item.language.has(value) else False


class PrincipalDimension(_Remembered):
    """Who asks; its sets are `Principal` elements."""

    def __init__(self, principals: Sequence[str | None]) -> None:
        """Take one principal for each group that the statements treat the same."""
        super().__init__()
        self.principals = principals

    def _solve(self, demands: Demands) -> Solution | None:
        uncertain = None
        for principal in self.principals:
            outcomes = [(is_among(item, principal), within) for item, within in demands]
            doubtful = isinstance(principal, UnnamedRole) and any(item.inverted for item, _ in demands)
            if not doubtful and all(outcome is within for outcome, within in outcomes):
                return Solution(principal)
            if uncertain is None and all(outcome in (within, None) for outcome, within in outcomes):
                uncertain = Solution(principal, certain=False)
        return uncertain

    def lies_in(self, item: Listed, value: str | None) -> bool | None:
        """Return whether an element means a principal; None is "not known"."""
        return is_among(item, value)


class KeyDimension(_Remembered):
    """The values of one condition key; its sets are tests."""

    def __init__(self, kind: KeyType, fill: str, spend: Spend) -> None:
        """Take what is known of the key, a letter that stands in no pattern, and what to call for each step."""
        super().__init__()
        self.kind, self.fill, self.spend = kind, fill, spend

    def _solve(self, demands: Demands) -> Solution | None:
        found = solve_key(demands, self.kind, self.fill, self.spend)
        return found and Solution(found.values, found.certain)

    def lies_in(self, item: KeyTest, value: tuple[str, ...] | None) -> bool | None:
        """Return whether the values of the key pass a test; None is "not known"."""
        return outcome(item, value)
