"""Pages of actions: one for each service prefix, and one for what is granted of everything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.catalogue.catalogue import AccessLevel, ActionState
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Scope
from tracker.site.cards import MOST_MARKS, marks_of, versions_of
from tracker.site.grants import Granted, GrantedAction
from tracker.site.localized import Edition
from tracker.text.filters import joined
from tracker.text.rows import Row

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["action_files"]

_UNKNOWN = (None, ActionState.UNDOCUMENTED, None)
"""What is known of an action that was never documented: its level, its state, when it was last listed."""


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What one step of a policy changed for one service."""

    row: Row
    """The step."""
    version: str
    """Its versions: `v3 → v4`."""
    marks: tuple[tuple[str, tuple[str, ...]], ...]
    """What came and went of that service, the first few: each sign with its actions."""
    more: int
    """Actions beyond those."""


def action_files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the pages of actions."""
    telling = _Telling(edition)
    everywhere = sorted(edition.told.grants.get(EVERYTHING, ()), key=lambda item: item.policy.lower())
    title = edition.words("everything.title")
    yield edition.html("actions/index.html", "services", "everything", title=title, grants=everywhere, told=telling)
    for prefix, grants in edition.told.services.items():
        yield edition.html(
            f"actions/{prefix}.html",
            "services",
            "actions",
            title=edition.words("service.title", service=edition.service_name(prefix), prefix=prefix),
            grants=grants,
            actions=map(telling.line, grants.actions),
            changes=_changes(edition, prefix),
            told=telling,
        )


def _changes(edition: Edition, prefix: str) -> list[ServiceChange]:
    told = []
    for entry, changes in edition.told.changes.get(prefix, ()):
        marks = marks_of(changes, edition.judged.gravities.get(entry.id, {}))
        by_sign: defaultdict[str, list[str]] = defaultdict(list)
        for sign, action in marks[:MOST_MARKS]:
            by_sign[sign].append(action)
        shown = tuple((sign, tuple(actions)) for sign, actions in sorted(by_sign.items()))
        more = max(0, len(marks) - MOST_MARKS)
        told.append(ServiceChange(edition.teller.row(entry), versions_of(entry), shown, more))
    return told


class ActionLine(NamedTuple):
    """One action of a service, as its page tells it."""

    name: str
    """The action."""
    badges: "Markup"
    """What it is: its access level, and whether it is documented."""
    granted_by: str
    """How many policies grant it by its name, and how many by a wildcard."""
    description: str
    """A sentence of the reference; empty where there is none."""
    groups: list[tuple[str, "Markup"]]
    """Who grants it by its name: on what, and the policies."""
    patterns: "Markup | str"
    """The wildcards that grant it; empty where there are none."""


class _Telling:
    """Tells grants; there are tens of thousands, so that each piece of their lines is made once."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.words = edition.words
        self._badges = cache(self._told_badges)
        self._patterns = cache(self._told_patterns)
        self.granted_by = cache(self._told_granted_by)
        self._on = cache(self._told_on)
        self._holder = cache(self._told_holder)

    def _html(self, name: str, **values: Any) -> "Markup":
        return self.edition.renderer.markup(f"site/{name}.html.j2", **values)

    def line(self, action: GrantedAction) -> ActionLine:
        """Return an action as its page tells it."""
        facts = action.facts
        return ActionLine(
            action.name,
            self._badges(facts.access_level, facts.state, facts.last_listed) if facts else self._badges(*_UNKNOWN),
            self.granted_by(len(action.grants), action.wild),
            facts.description if facts else "",
            self.grouped(action.grants) if action.grants else [],
            self._patterns(action.patterns),
        )

    def grouped(self, grants: Iterable[Granted]) -> list[tuple[str, "Markup"]]:
        """Return grants by what they are on, that which most policies share first: its words, and the policies."""
        found: defaultdict[tuple[Scope, ...], list[Markup]] = defaultdict(list)
        for item in grants:
            holder = (item.owner, item.folder, item.since, item.version, item.is_from_the_start)
            found[item.scopes].append(self._holder(*holder))
        groups = sorted(found.items(), key=lambda group: -len(group[1]))
        return [(self._on(scopes), joined(holders)) for scopes, holders in groups]

    def _told_badges(self, level: AccessLevel | None, state: ActionState, last_listed: str | None) -> "Markup":
        month = last_listed or self.edition.told.catalogue.listed_since
        return self._html("badges", level=level and level.name.lower(), state=state, month=month)

    def _told_patterns(self, patterns: Sequence[str]) -> "Markup | str":
        """Return the wildcards that grant an action; nothing where there are none."""
        return self._html("patterns", patterns=patterns) if patterns else ""

    def _told_on(self, scopes: tuple[Scope, ...]) -> str:
        return self.words.all_of([self.edition.teller.scope(scope) or self.words("scope.none") for scope in scopes])

    def _told_holder(self, owner: str, folder: str, since: datetime, version: str, is_from_the_start: bool) -> "Markup":
        day = since.astimezone(self.edition.configuration.time_zone).date().isoformat()
        since_when = self.words(f"granted.{'start' if is_from_the_start else 'since'}", date=day, version=version)
        return self._html("holder", owner=owner, folder=folder, since=since_when)

    def _told_granted_by(self, named: int, wild: int) -> str:
        """Return in words how many policies grant an action by its name, and how many by a wildcard."""
        if not named and not wild:
            return self.words("granted.nobody")
        told = [self.words("granted.named", count=named)] if named else []
        return self.words.all_of([*told, self.words("granted.wild", count=wild)] if wild else told)
