"""What became possible by a change of a document, each action under the difference that causes it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracker.access import Answer, Comparison, Gain, NetEffect, Possibility
from tracker.access.patterns import service_of
from tracker.catalogue.catalogue import Catalogue
from tracker.diff.model import Change
from tracker.policy.actions import fold_action
from tracker.policy.grants import spellings
from tracker.policy.model import Effect, Statement
from tracker.policy.patterns import has_wildcard, matches
from tracker.risk.knowledge import Knowledge, watched_names

__all__ = ["AccessGain", "access_gains_of"]


@dataclass(frozen=True, slots=True)
class AccessGain:
    """One change that makes something possible, and what."""

    change: Change
    """The cause."""
    possible: tuple[Possibility, ...]
    """The known actions it gives more of, by name; its own pattern where nothing is known of that."""


def access_gains_of(
    comparison: Comparison,
    changes: Sequence[Change],
    effect: NetEffect,
    catalogue: Catalogue,
    knowledge: Knowledge,
) -> tuple[AccessGain, ...]:
    """Return what became possible, each action under the change that causes it, in the order of the changes.

    Empty where net effect is sure that nothing did. Of documents that only deny, what they let through of what other
    policies allow is returned. Of a wildcard with very many actions only the watched ones are.
    """
    if effect.gains is Answer.NO:
        return ()
    if effect.beside_others:
        comparison = comparison.beside_others
    causes = _Causes(changes)
    names = _concerned(causes.patterns(), comparison.statements.every, catalogue, knowledge)
    found: defaultdict[int, list[Possibility]] = defaultdict(list)
    for action, possibility in comparison.newly_possible(names).items():
        index = causes.of(action)
        if index is not None:
            found[index].append(possibility)
    for index, change in enumerate(changes):
        if index not in found and _may_give_unknown(change, catalogue):
            found[index].append(Possibility(change.action, Gain.UNCLEAR))
    return tuple(AccessGain(changes[index], tuple(found[index])) for index in sorted(found))


def _may_give_unknown(change: Change, catalogue: Catalogue) -> bool:
    """Return whether a wildcard was added that matches no known action, so that its effect is not known."""
    came = change.effect is Effect.ALLOW and change.may_give_access and not change.inverted and not change.covered_by
    return came and has_wildcard(change.action) and not catalogue.expand(change.action)


def _concerned(
    patterns: Collection[str], statements: Iterable[Statement], catalogue: Catalogue, knowledge: Knowledge
) -> Mapping[str, str]:
    """Return the actions that some patterns are about: those known, and those that the documents name.

    They come as folded → name: the catalogue's for what it knows of a wildcard, else as first published.
    """
    wild = [pattern for pattern in patterns if has_wildcard(pattern)]
    found: dict[str, str] = {}
    for pattern in wild:
        found |= watched_names(pattern, catalogue, knowledge.watched)
    plain = frozenset(patterns).difference(wild)
    heads = tuple(re.split(r"[*?$]", pattern, maxsplit=1)[0] for pattern in wild)
    for statement in statements:
        near = [action for action in statement.folded - statement.wild if action.startswith(heads)] if wild else ()
        hits = [action for action in near if any(matches(pattern, action) for pattern in wild)]
        for folded, name in spellings((statement,), (statement.folded & plain).union(hits)).items():
            found.setdefault(folded, name)
    return found


_Order = tuple[bool, bool, int]
"""Denials last, before them exceptions of a NotAction, longer patterns first."""


class _Causes:
    """Finds the change that makes an action possible: the most specific one, additions before removals."""

    def __init__(self, changes: Sequence[Change]) -> None:
        """Sort the changes that may give something."""
        self.wild: defaultdict[str, list[tuple[_Order, int, list[str]]]] = defaultdict(list)
        self.plain: dict[str, tuple[_Order, int]] = {}
        self.named: set[str] = set()
        for index, change in enumerate(changes):
            if change.may_give_access:
                self._add(index, change)

    def _add(self, index: int, change: Change) -> None:
        """Add a change; of several on one action an Allow comes first, then the first one."""
        patterns = [fold_action(part) for part in change.action.split(" & ")]
        narrowest = max(patterns, key=len)
        self.named.add(narrowest)
        order = (change.effect is Effect.DENY, change.inverted, -len(narrowest))
        if any(map(has_wildcard, patterns)):
            self.wild[service_of(narrowest)].append((order, index, patterns))
        else:
            self.plain[patterns[0]] = min((order, index), self.plain.get(patterns[0], (order, index)))

    def patterns(self) -> set[str]:
        """Return a pattern of each change that may give something, folded: all that it gives matches it."""
        return self.named

    def of(self, action: str) -> int | None:
        """Return the index of the change; None where no single change accounts for it."""
        plain = self.plain.get(action)
        if plain and not plain[0][0]:
            return plain[1]
        near = (*self.wild.get(action.partition(":")[0], ()), *self.wild.get("*", ()))
        found = [(order, index) for order, index, patterns in near if all(matches(each, action) for each in patterns)]
        if plain:
            found.append(plain)
        return min(found)[1] if found else None
