"""What differs between the scopes of an action before and after a change, as lines of a list."""

from collections.abc import Collection, Iterable, Sequence

from tracker.diff.details import Detail, scope_details
from tracker.policy.model import Condition, Scope
from tracker.policy.patterns import covers
from tracker.text.condition_phrases import ConditionPhrases
from tracker.text.rows import ListItem
from tracker.text.scope_phrases import MAX_RESOURCES, ScopePhrases
from tracker.text.words import Words, code

__all__ = ["ScopeDifferences"]

Shown = set[tuple[tuple[str, ...], tuple[str, ...]]]
"""The resources, and excepted resources, that were listed."""
_EVERYWHERE = ("*",)
MAX_SAME = 3
"""Scopes that stay which are named before they are counted."""


class ScopeDifferences:
    """Differences of scopes in the words of one language."""

    def __init__(self, words: Words, phrases: ScopePhrases) -> None:
        self._words, self._phrases, self._conditions = words, phrases, ConditionPhrases(words)

    def items(self, before: Sequence[Scope], after: Sequence[Scope]) -> Iterable[ListItem]:
        """Yield what differs between scopes, then those that stay."""
        same = [scope for scope in before if scope in after]
        was, now = ([scope for scope in scopes if scope not in same] for scopes in (before, after))
        details = scope_details(was, now) if was and now else None
        shown: Shown = set()
        if details is None or len(details) > 2 * MAX_RESOURCES:
            alone = bool(same) and not (was and now)
            yield from self._in_full("removed" if alone else "before", was, shown)
            yield from self._in_full("added" if alone else "after", now, shown)
        else:
            yield from self._compared(was, now, details, shown)
        if len(same) > MAX_SAME:
            yield ListItem(self._words("scope.same.many", count=len(same)))
        else:
            yield from self._in_full("same", same, shown)

    def _in_full(self, name: str, scopes: Iterable[Scope], shown: Shown) -> Iterable[ListItem]:
        """Yield scopes, many resources of one in a list; those that are `shown` in one already are counted."""
        for scope in scopes:
            resources = scope.resources, scope.not_resources
            phrase, listed = self._phrases.phrase_and_resources((scope,))
            if listed and resources in shown:
                phrase, listed = self._phrases.phrase(scope, "above"), ()
            shown.add(resources)
            yield ListItem(self._words(f"scope.{name}", scope=phrase or self._words("scope.none")))
            yield from listed

    def _compared(
        self, before: Sequence[Scope], after: Sequence[Scope], details: Sequence[Detail], shown: Shown
    ) -> Iterable[ListItem]:
        """Yield the differences of two scopes, then the second one."""
        (was,), (now,) = before, after
        keys = {test.folded_key: test.key for test in (*was.conditions, *now.conditions)}
        stay = _tests(was) & _tests(now)
        came, went = ({self._conditions.test(test) for test in scope.conditions} for scope in (now, was))
        everywhere = was.resources != now.resources and _EVERYWHERE in (was.resources, now.resources)
        for detail in details:
            is_value = detail.path[1:] in stay
            if is_value or not everywhere:  # else both scopes follow in full
                yield from self._difference(detail, keys, "value" if is_value else "condition", came & went)
        if everywhere:
            yield from (*self._in_full("before", [was], shown), *self._in_full("after", [now], shown))
        elif any(detail.path[0] == "resources" and not _not_within(detail.after, detail.before) for detail in details):
            yield from self._in_full("after", [now], shown)  # no resource of it was named
        else:
            phrase = self._phrases.phrase(now, "count") or self._words("scope.none")
            yield ListItem(self._words("scope.after", scope=phrase))

    def _difference(
        self, detail: Detail, keys: dict[str, str], what: str, ambiguous: Collection[str]
    ) -> Iterable[ListItem]:
        """Yield what went and what came of one element or test.

        Args:
            detail: the difference.
            keys: folded keys of conditions, and how they are written.
            what: `condition` where a test came or went as a whole, else `value`.
            ambiguous: clauses that say both what went and what came, since only the operators differ.
        """
        was, now = detail.before, detail.after
        if detail.path[0] == "resources":
            was, now = _not_within(was, now), _not_within(now, was)
        for manner, texts in (("removed", was), ("added", now)):
            if texts:
                values = self._phrases.codes(texts, self._words.all_of)
                if detail.path[0] == "conditions":
                    operator, key = detail.path[1], keys[detail.path[2]]
                    test = self._conditions.test(Condition(operator, key, texts))
                    if test in ambiguous:
                        test = self._conditions.test(Condition(operator, key, texts), as_written=True)
                    text = self._words(f"detail.{what}.{manner}", key=code(key), test=test, values=values)
                else:
                    text = self._words(f"detail.{detail.path[0]}.{manner}", values=values)
                yield ListItem(text)


def _tests(scope: Scope) -> set[tuple[str, ...]]:
    """Return the operator and key of each test of a scope."""
    return {(test.operator, test.folded_key) for test in scope.conditions}


def _not_within(texts: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some resources that none of others takes in: `arn:…/a` is not gone where `*` came for it."""
    return tuple(text for text in texts if not any(covers(other, text) for other in others))
