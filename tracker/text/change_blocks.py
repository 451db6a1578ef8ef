"""Changes as the description of a row: one sentence for each kind of change and scope, and its actions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tracker.diff.model import Change
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect, Scope
from tracker.text.access_levels import AccessLevelNames
from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.scope_differences import ScopeDifferences
from tracker.text.scope_phrases import ScopePhrases
from tracker.text.words import Words, code

__all__ = ["ChangeBlocks", "statement_manner"]

MANY_COVERED = 3
"""Actions that one wildcard covers from which on they stand apart, and that is said once."""


def statement_manner(change: Change) -> str:
    """Return the part of a message's name that says what a statement does with its actions."""
    manner = "allow" if change.effect is Effect.ALLOW else "deny"
    if change.inverted:
        manner += ".all-but" if change.action == EVERYTHING else ".except"
    return manner


def _by_cover(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes of each sentence: many that one wildcard covers have a sentence of their own."""
    counts = Counter(change.covered_by for change in changes if change.covered_by)
    many = [pattern for pattern, count in counts.items() if count >= MANY_COVERED]
    rest = [change for change in changes if change.covered_by not in many]
    if rest:
        yield rest
    for pattern in many:
        yield [change for change in changes if change.covered_by == pattern]


def _added_scopes(change: Change) -> tuple[Scope, ...]:
    """Return the scopes that came where all others stayed; none where that is not all that differs."""
    if change.kind.is_of_action or change.inverted or not change.before or not set(change.before) < set(change.after):
        return ()
    return tuple(scope for scope in change.after if scope not in change.before)


class ChangeBlocks:
    """Changes in the words of one language."""

    def __init__(self, words: Words, phrases: ScopePhrases, levels: AccessLevelNames, *, with_levels: bool) -> None:
        """Take the words, phrases of scopes, and whether actions are shown with their access level."""
        self._words, self._phrases, self._levels = words, phrases, levels
        self._with_levels = with_levels
        self._differences = ScopeDifferences(words, phrases)

    def blocks(self, changes: Sequence[Change]) -> Iterable[DescriptionBlock]:
        """Yield one block for each kind of change and scope, actions in order."""
        grouped: dict[tuple[object, ...], list[Change]] = {}
        for change in changes:
            everything = change.inverted and change.action == EVERYTHING
            scopes = _added_scopes(change) or (change.before, change.after)
            key = (change.kind, change.effect, change.inverted, everything, scopes)
            grouped.setdefault(key, []).append(change)
        for same_scope in grouped.values():
            yield from map(self._block, _by_cover(same_scope))

    def _block(self, same_scope: Sequence[Change]) -> DescriptionBlock:
        first = same_scope[0]
        manner = statement_manner(first)
        covered = len(same_scope) >= MANY_COVERED and len({change.covered_by for change in same_scope}) == 1
        cover = self._coverage(first) if covered else ""
        items = tuple(ListItem(code(change.action), self._remark(change, covered=bool(cover))) for change in same_scope)
        details: tuple[ListItem, ...]
        kind = str(first.kind)
        if first.kind.is_of_action:
            scope, details = self._phrases.phrase_and_resources(first.after or first.before)
        elif added := _added_scopes(first):
            kind = "scope-added"
            scope, details = self._phrases.phrase_and_resources(added)
        else:
            scope, details = "", tuple(self._differences.items(first.before, first.after))
        lead = " ".join(self._words(f"lead.{kind}.{manner}", count=len(items), scope=scope).split()).replace(" :", ":")
        if first.inverted and first.action == EVERYTHING:
            items = ()  # the sentence says it; its exceptions have one of their own
            lead = lead if details else f"{lead.removesuffix(':').removesuffix('.')}."
        if cover:
            lead = self._words("lead.covered", lead=lead.removesuffix(":").removesuffix("."), note=cover)
        return DescriptionBlock(lead, items, details)

    def _remark(self, change: Change, *, covered: bool) -> str:
        """Return the note on an action: its level if asked for, and what covers it unless that is said of all."""
        level = self._levels.of_action(change.action) if self._with_levels else ""
        cover = "" if covered else self._coverage(change)
        return f"{level}; {cover}" if level and cover else level or cover

    def _coverage(self, change: Change) -> str:
        if change.covered_by is None:
            return ""
        manner = "allow" if change.effect is Effect.ALLOW else "deny"
        return self._words(
            f"note.covered.{'before' if change.kind.widens else 'after'}.{manner}", pattern=code(change.covered_by)
        )
