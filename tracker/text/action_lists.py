"""Actions with the same effect as the lines of a list: by wildcard, by service, or each by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracker.access import EffectiveChange
from tracker.catalogue.catalogue import Catalogue
from tracker.policy.actions import fold_action
from tracker.text.access_levels import AccessLevelNames
from tracker.text.rows import ListItem
from tracker.text.titles import service_names
from tracker.text.words import Words, code

__all__ = ["ActionLists"]

FEW_EXCEPTED = 3
"""A wildcard says what it is where it takes in more than so many actions for each exception."""
MAX_LISTED = 8
"""Actions of a service that have a line each before a line counts them."""
MAX_NAMED = 200
"""Actions that are named behind a count; the JSON has all."""
MAX_SERVICES = 12
"""Services that have lines of their own before one line counts all."""
MAX_EXCEPTED = 6
"""Actions that a wildcard's line names as exceptions."""
MANY = 24
"""Lines from which on each service has but one."""


class ActionLists:
    """Actions in the words of one language."""

    def __init__(self, words: Words, catalogue: Catalogue, levels: AccessLevelNames, *, with_levels: bool) -> None:
        """Take the words, names of services, and whether actions are shown with their access level."""
        self._words, self._catalogue, self._levels, self._with_levels = words, catalogue, levels, with_levels

    def items(self, group: Sequence[EffectiveChange], *, with_names: bool = True) -> Iterator[ListItem]:
        """Yield lines for all actions of some changes: wildcards that say just what they are, then services.

        Args:
            group: the changes.
            with_names: whether a line that counts actions names them.
        """
        wildcards, actions, rest = self._split(group)
        yield from wildcards
        for item, is_count in self._by_service(actions):
            yield item if with_names or not is_count else ListItem(item.text)
        if rest:
            yield ListItem(self._words("effect.future", patterns=self._words.all_of([code(each) for each in rest])))

    def phrase(self, group: Sequence[EffectiveChange]) -> str:
        """Return all actions of some changes in one phrase that names a few: wildcards first."""
        wildcards, actions, rest = self._split(group)
        shown = [item.text if item.is_folded else item.line for item in wildcards]
        named = [*shown, *map(code, actions)]
        if not named or not rest:
            return self._words.few(named or [code(each) for each in rest])
        future = self._words("effect.future", patterns=self._words.few([code(each) for each in rest]))
        return f"{self._words.few(named)} ({future})"

    def _split(self, group: Sequence[EffectiveChange]) -> tuple[list[ListItem], list[str], list[str]]:
        """Return wildcards that say just what they are, actions that none of them takes in, and other wildcards."""
        actions = {fold_action(action): action for one in group for action in one.actions}
        wildcards: list[ListItem] = []
        rest: list[str] = []
        for pattern in dict.fromkeys(pattern for one in group for pattern in one.patterns):
            known = self._catalogue.known(pattern).keys()
            excepted, covered = self._excepted(known - actions.keys()), known & actions.keys()
            if not excepted or len(covered) > FEW_EXCEPTED * len(excepted):
                wildcards.append(self._wildcard(pattern, excepted, len(covered)))
                for folded in covered:
                    del actions[folded]
            else:
                rest.append(pattern)
        return wildcards, [actions[folded] for folded in sorted(actions)], rest

    def _excepted(self, missing: Iterable[str]) -> list[str]:
        """Return the actions that a wildcard matches beyond those of the change; whole services as one wildcard."""
        by_service: dict[str, set[str]] = {}
        for action in missing:
            by_service.setdefault(action.partition(":")[0], set()).add(action)
        found: list[str] = []
        for prefix, actions in sorted(by_service.items()):
            whole = self._catalogue.known(f"{prefix}:*")
            found += [f"{prefix}:*"] if len(actions) == len(whole) else [whole[each].name for each in sorted(actions)]
        return found

    def _wildcard(self, pattern: str, excepted: Sequence[str], count: int) -> ListItem:
        note = self._words("effect.today", count=count)
        if not excepted:
            return ListItem(code(pattern), note)
        names = self._words.all_of([code(action) for action in excepted])
        if len(excepted) > MAX_EXCEPTED:
            text = self._words("effect.wildcard.but", count=len(excepted), pattern=code(pattern), today=note)
            return ListItem(text, names, is_folded=True)
        return ListItem(self._words("effect.wildcard.except", pattern=code(pattern), actions=names), note)

    def _by_service(self, actions: Sequence[str]) -> Iterator[tuple[ListItem, bool]]:
        """Yield lines, and whether each counts its actions."""
        by_service: dict[str, list[str]] = {}
        for action in actions:
            by_service.setdefault(service_names([action], self._words, self._catalogue), []).append(action)
        if len(by_service) > MAX_SERVICES and len(actions) > MAX_NAMED:
            yield self._counted_by_service(by_service), True
            return
        for service, listed in by_service.items():
            if len(listed) <= MAX_LISTED and len(actions) > MANY:
                names = self._words.all_of([code(action) for action in listed])
                yield ListItem(self._words("grant.service.some", service=service, actions=names)), False
            elif len(listed) <= MAX_LISTED:
                yield from ((ListItem(code(action), self._level([action])), False) for action in listed)
            else:
                yield self._counted(listed, service), True

    def _level(self, actions: Iterable[str]) -> str:
        return self._levels.of_patterns(actions) if self._with_levels else ""

    def _count(self, actions: Sequence[str], service: str) -> str:
        text = self._words("effect.actions", count=len(actions), service=service)
        levels = self._level(actions)
        return self._words("effect.actions.levels", actions=text, levels=levels) if levels else text

    def _counted_by_service(self, by_service: Mapping[str, Sequence[str]]) -> ListItem:
        """Return a line that counts actions of many services, with how many each has: their names would say less."""
        actions = [action for listed in by_service.values() for action in listed]
        text = self._count(actions, self._words("effect.services", count=len(by_service)))
        numbers = [f"{service} ({self._words.number(len(listed))})" for service, listed in by_service.items()]
        return ListItem(text, self._words.all_of(numbers), is_folded=True)

    def _counted(self, actions: Sequence[str], service: str) -> ListItem:
        """Return a line that counts actions, with their levels; their names behind it."""
        text = self._count(actions, service)
        names = [code(action) for action in actions[:MAX_NAMED]]
        if len(actions) > MAX_NAMED:
            names.append(self._words("cell.more", count=len(actions) - MAX_NAMED))
        return ListItem(text, self._words.all_of(names), is_folded=True)
