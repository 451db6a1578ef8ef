"""Action patterns, and which of many actions they match. All are folded."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import NamedTuple

from tracker.policy.patterns import covers, has_wildcard, intersection, matches

__all__ = [
    "Actions",
    "Names",
    "PatternIndex",
    "Patterns",
    "common_of",
    "has_white_space",
    "narrower",
    "service_of",
]

_ANY = "*"
_COLON_AND_NEXT = ":;"
"""The colon, and the character that comes next in order: between them lies all that begins with a prefix and colon."""
_NONE: frozenset[str] = frozenset()


def has_white_space(action: str) -> bool:
    """Return whether there is white space within an action: of that it is not known whether IAM ignores it."""
    return len(action.split()) > 1


def service_of(pattern: str) -> str:
    """Return the prefix of a pattern, `*` where that is a wildcard itself."""
    prefix = pattern.partition(":")[0]
    return _ANY if has_wildcard(prefix) else prefix


def narrower(one: str, other: str) -> tuple[str, ...]:
    """Return the narrower of two patterns, or both where neither covers the other."""
    if covers(one, other):
        return (other,)
    return (one,) if covers(other, one) else (one, other)


def common_of(patterns: Iterable[str]) -> str | None:
    """Return a pattern within all of some patterns; None where none was found."""
    first, *others = patterns
    found: str | None = first
    for pattern in others:
        found = None if found is None else intersection(found, pattern)
    return found


class Names:
    """Actions without wildcards, sorted: so those of a service are neighbours."""

    def __init__(self, names: Iterable[str]) -> None:
        """Sort them; that is quick where they are sorted already."""
        self.sorted = list(dict.fromkeys(sorted(names)))
        self.all = frozenset(self.sorted)

    def of_service(self, prefix: str) -> Sequence[str]:
        """Return those of a service, sorted; all for `*`."""
        if prefix == _ANY:
            return self.sorted
        first, end = (bisect_left(self.sorted, f"{prefix}{mark}") for mark in _COLON_AND_NEXT)
        return self.sorted[first:end]


class PatternIndex:
    """The wildcards of several lists, by service: each is matched once, however many lists have it.

    A list is known by its number, and some lists are an integer: bit i for list i.
    """

    def __init__(self, lists: Iterable[AbstractSet[str]]) -> None:
        """Sort all wildcards by service."""
        self.has_all = 0
        """The lists that have `*`."""
        self._by_service: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for number, patterns in enumerate(lists):
            for pattern in patterns:
                if pattern == _ANY:
                    self.has_all |= 1 << number
                else:
                    near = self._by_service[service_of(pattern)]
                    near[pattern] = near.get(pattern, 0) | 1 << number

    def near(self, names: Names) -> Iterator[tuple[str, int, Sequence[str]]]:
        """Yield each wildcard that may match some actions, with its lists and the actions of its service."""
        for service, patterns in self._by_service.items():
            group = names.of_service(service)
            if group:
                for pattern, lists in patterns.items():
                    yield pattern, lists, group


class Patterns:
    """The actions of one element of a statement."""

    def __init__(self, every: frozenset[str], wild: frozenset[str]) -> None:
        """Take all patterns, and those of them that are wildcards."""
        self.every, self.wild = every, wild

    @cached_property
    def by_service(self) -> dict[str, frozenset[str]]:
        """The wildcards by service, `*` where that is a wildcard itself."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for pattern in self.wild:
            found[service_of(pattern)].add(pattern)
        return {service: frozenset(patterns) for service, patterns in found.items()}

    def near(self, action: str) -> frozenset[str]:
        """Return the wildcards that may have to do with an action pattern: those of its service."""
        service = service_of(action)
        if len(self.wild) < 2 or service == _ANY:  # noqa: PLR2004 - one needs no sorting
            return self.wild
        return self.by_service.get(service, _NONE) | self.by_service.get(_ANY, _NONE)


class Actions(NamedTuple):
    """The actions that all patterns of `within` match and none of `without`."""

    within: tuple[str, ...]
    without: frozenset[str] = frozenset()

    def narrowest(self) -> str:
        """Return the longest pattern of `within`, which matches the fewest actions as a rule."""
        return max(self.within, key=len)

    def literal(self) -> str | None:
        """Return the action, where there is but one."""
        return None if len(self.within) > 1 or has_wildcard(self.within[0]) else self.within[0]

    def are_none(self) -> bool:
        """Return whether surely none is left."""
        return any(covers(pattern, part) for pattern in self.without for part in self.within)

    def are_wild(self) -> bool:
        """Return whether no pattern names a single action."""
        return all(map(has_wildcard, self.within))

    def has(self, action: str) -> bool:
        """Return whether one action is among them."""
        return all(matches(part, action) for part in self.within) and not any(
            matches(pattern, action) for pattern in self.without
        )

    def among(self, names: Iterable[str]) -> Iterable[str]:
        """Return those of some actions, all of which match the narrowest pattern, that are among these."""
        others = [part for part in self.within if part != self.narrowest()]
        if others:
            names = [name for name in names if all(matches(part, name) for part in others)]
        return _without(Names(names), self.without) if self.without else names


def _without(names: Names, patterns: frozenset[str]) -> list[str]:
    """Return those of some actions, sorted, that none of some patterns matches."""
    index = PatternIndex((frozenset(filter(has_wildcard, patterns)),))
    gone = set(patterns)
    for pattern, _, group in index.near(names):
        gone.update(name for name in group if matches(pattern, name))
    return [] if index.has_all else [name for name in names.sorted if name not in gone]
