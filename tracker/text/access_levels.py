"""The access levels of actions, in the words of one language."""

from collections.abc import Iterable

from tracker.catalogue.actions import AccessLevel
from tracker.catalogue.catalogue import Catalogue
from tracker.text.words import Words

__all__ = ["AccessLevelNames"]


class AccessLevelNames:
    """The access levels of actions, in the words of one language; each is looked up once."""

    def __init__(self, words: Words, catalogue: Catalogue) -> None:
        self._words, self._catalogue = words, catalogue
        self._names: dict[str, str] = {}
        self._known: dict[str, frozenset[AccessLevel | None]] = {}
        self._phrases: dict[frozenset[AccessLevel | None], str] = {}

    def of_action(self, action: str) -> str:
        """Return the level of an action; empty where none is known, and for a wildcard."""
        if action not in self._names:
            facts = self._catalogue.action(action)
            self._names[action] = self._name(facts.access_level) if facts and facts.access_level else ""
        return self._names[action]

    def of_patterns(self, actions: Iterable[str]) -> str:
        """Return the levels of all actions that some patterns match, in one phrase; empty where none is known."""
        found = frozenset[AccessLevel | None]().union(*map(self._of_pattern, actions))
        if found not in self._phrases:
            self._phrases[found] = self._words.all_of([self._name(level) for level in AccessLevel if level in found])
        return self._phrases[found]

    def _of_pattern(self, pattern: str) -> frozenset[AccessLevel | None]:
        if pattern not in self._known:
            self._known[pattern] = frozenset(facts.access_level for facts in self._catalogue.expand(pattern))
        return self._known[pattern]

    def _name(self, level: AccessLevel) -> str:
        return self._words(f"level.{level.name.lower()}")
