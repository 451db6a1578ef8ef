"""Scopes in phrases: resources, principals and conditions, in the words of one language."""

from collections.abc import Callable, Sequence

from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Scope
from tracker.text.condition_phrases import ConditionPhrases
from tracker.text.rows import ListItem
from tracker.text.words import Words, code

__all__ = ["MAX_RESOURCES", "ScopePhrases"]

MAX_RESOURCES = 3
"""Resources that a sentence names before they get a list of their own."""


class ScopePhrases:
    """Scopes in the words of one language; each phrase is made once, as many statements share a scope."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._conditions = ConditionPhrases(words)
        self._phrases: dict[tuple[Scope, str], str] = {}

    def phrase_and_resources(self, scopes: Sequence[Scope]) -> tuple[str, tuple[ListItem, ...]]:
        """Return scopes in one phrase, and the resources that are too many for it."""
        phrases = [self.phrase(scope) for scope in scopes]
        listed = tuple(
            ListItem(self._words(name, resource=code(resource)))
            for scope in scopes
            for name, resources in (("resource", scope.resources), ("resource.but", scope.not_resources))
            if len(resources) > MAX_RESOURCES
            for resource in resources
        )
        return self._words.scopes(phrases), listed

    def phrase(self, scope: Scope, many: str = "many") -> str:
        """Return a scope in one phrase: resources, principals, conditions; made once, as many statements share it.

        Args:
            scope: resources, principals and conditions.
            many: what stands for more resources than a sentence names: `many` where they are listed below, `above`
                where they were, or `count`.
        """
        if (scope, many) not in self._phrases:
            self._phrases[scope, many] = self._build_scope_phrase(scope, many)
        return self._phrases[scope, many]

    def _build_scope_phrase(self, scope: Scope, many: str) -> str:
        parts = (self._resources(scope, many), self._principals(scope), self._conditions.all_of(scope.conditions))
        if not any(parts):
            return ""
        text = self._words("scope", resources=parts[0], principals=parts[1], conditions=parts[2])
        return " ".join(text.split())

    def _resources(self, scope: Scope, many: str) -> str:
        if scope.resources == (EVERYTHING,):
            return self._words("resources.all")
        if scope.resources:
            return self._few("resources", scope.resources, many)
        return self._few("resources.but", scope.not_resources, many) if scope.not_resources else ""

    def _few(self, name: str, texts: Sequence[str], many: str) -> str:
        if len(texts) > MAX_RESOURCES:
            return self._words(f"{name}.{many}", count=len(texts))
        return self._words(
            f"{name}.some", count=len(texts), resources=self._words.all_of([code(text) for text in texts])
        )

    def _principals(self, scope: Scope) -> str:
        if scope.principals == (EVERYTHING,):
            return self._words("principals.all")
        if scope.principals:
            return self._words("principals.some", principals=self.codes(scope.principals, self._words.any_of))
        if scope.not_principals:
            return self._words("principals.but", principals=self.codes(scope.not_principals, self._words.all_of))
        return ""

    def codes(self, texts: Sequence[str], joined: Callable[[Sequence[str]], str]) -> str:
        """Return texts in one phrase; the empty one is shown as quotes, or nobody would see it."""
        return joined([code(text or '""') for text in texts])
