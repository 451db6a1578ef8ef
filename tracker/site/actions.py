"""Pages of actions: one for each service prefix, and one for what is granted of everything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.catalogue.actions import AccessLevel, ActionState
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Scope
from tracker.site.cards import MAX_MARKS, Card, marks_of, versions_of
from tracker.site.grants import GrantedAction, PolicyGrant
from tracker.site.localized import LocalizedSite
from tracker.site.parts import Part
from tracker.text.filters import joined

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["action_parts"]

_UNKNOWN = (None, ActionState.UNDOCUMENTED, None)
"""What is known of an action that was never documented: its level, its state, when it was last listed."""


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What one step of a policy changed for one service."""

    card: Card
    """The step in a few words."""
    version: str
    """Its versions: `v3 → v4`."""
    marks: tuple[tuple[str, tuple[str, ...]], ...]
    """What came and went of that service, the first few: each sign with its actions."""
    more: int
    """Actions beyond those."""


def action_parts(localized_site: LocalizedSite) -> Iterator[Part]:
    """Yield the pages of actions, each as a part."""
    formatter, site_data = _GrantFormatter(localized_site), localized_site.site_data
    key = localized_site.key("everything", site_data.grant_keys.get(EVERYTHING, ""))
    yield localized_site.part("actions", key, partial(_everything_files, localized_site, formatter))
    for prefix in site_data.prefixes:
        entries = [entry for entry, _ in site_data.changes.get(prefix, ())]
        key = localized_site.key(prefix, site_data.grant_keys[prefix], localized_site.digest(entries))
        yield localized_site.part(f"actions/{prefix}", key, partial(_prefix_files, localized_site, formatter, prefix))


def _everything_files(localized_site: LocalizedSite, formatter: "_GrantFormatter") -> Iterator[tuple[str, str]]:
    """Yield the page of what is granted of everything."""
    everywhere = sorted(localized_site.site_data.grants.get(EVERYTHING, ()), key=lambda item: item.policy.lower())
    title = localized_site.words("everything.title")
    yield localized_site.html(
        "actions/index.html", "services", "everything", title=title, grants=everywhere, formatter=formatter
    )


def _prefix_files(
    localized_site: LocalizedSite, formatter: "_GrantFormatter", prefix: str
) -> Iterator[tuple[str, str]]:
    """Yield the page of a service prefix."""
    grants = localized_site.site_data.service(prefix)
    yield localized_site.html(
        f"actions/{prefix}.html",
        "services",
        "actions",
        title=localized_site.service_heading(prefix),
        grants=grants,
        actions=map(formatter.line, grants.actions),
        changes=_changes(localized_site, prefix),
        formatter=formatter,
    )


def _changes(localized_site: LocalizedSite, prefix: str) -> list[ServiceChange]:
    found = []
    for entry, changes in localized_site.site_data.changes.get(prefix, ()):
        marks = marks_of(changes, localized_site.risk_index.gravities.get(entry.id, {}))
        by_sign: defaultdict[str, list[str]] = defaultdict(list)
        for sign, action in marks[:MAX_MARKS]:
            by_sign[sign].append(action)
        shown = tuple((sign, tuple(actions)) for sign, actions in sorted(by_sign.items()))
        more = max(0, len(marks) - MAX_MARKS)
        found.append(ServiceChange(localized_site.card(entry), versions_of(entry), shown, more))
    return found


class ActionLine(NamedTuple):
    """One action of a service, as its page shows it."""

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


class _GrantFormatter:
    """Writes grants; there are tens of thousands, so that each piece of their lines is made once."""

    def __init__(self, localized_site: LocalizedSite) -> None:
        self.localized_site = localized_site
        self.words = localized_site.words
        self._badges = cache(self._badges_html)
        self._patterns = cache(self._patterns_html)
        self.granted_by = cache(self._granting_policies_phrase)
        self._on = cache(self._scope_phrase)
        self._holder = cache(self._policy_html)

    def _html(self, name: str, **values: Any) -> "Markup":
        return self.localized_site.renderer.markup(f"site/{name}.html.j2", **values)

    def line(self, action: GrantedAction) -> ActionLine:
        """Return an action as its page shows it."""
        facts = action.facts
        return ActionLine(
            action.name,
            self._badges(facts.access_level, facts.state, facts.last_listed) if facts else self._badges(*_UNKNOWN),
            self.granted_by(len(action.grants), action.wild),
            facts.description if facts else "",
            self.grouped(action.grants) if action.grants else [],
            self._patterns(action.patterns),
        )

    def grouped(self, grants: Iterable[PolicyGrant]) -> list[tuple[str, "Markup"]]:
        """Return grants by what they are on, that which most policies share first: its words, and the policies."""
        found: defaultdict[tuple[Scope, ...], list[Markup]] = defaultdict(list)
        for item in grants:
            holder = (item.owner, item.folder, item.since, item.version, item.is_latest)
            found[item.scopes].append(self._holder(*holder))
        groups = sorted(found.items(), key=lambda group: -len(group[1]))
        return [(self._on(scopes), joined(holders)) for scopes, holders in groups]

    def _badges_html(self, level: AccessLevel | None, state: ActionState, last_listed: str | None) -> "Markup":
        month = last_listed or self.localized_site.site_data.catalogue.listed_since
        return self._html("badges", level=level and level.name.lower(), state=state, month=month)

    def _patterns_html(self, patterns: Sequence[str]) -> "Markup | str":
        """Return the wildcards that grant an action; nothing where there are none."""
        return self._html("patterns", patterns=patterns) if patterns else ""

    def _scope_phrase(self, scopes: tuple[Scope, ...]) -> str:
        return self.words.all_of(
            [self.localized_site.row_builder.scope(scope) or self.words("scope.none") for scope in scopes]
        )

    def _policy_html(self, owner: str, folder: str, since: datetime, version: str, is_latest: bool) -> "Markup":
        day = since.astimezone(self.localized_site.configuration.time_zone).date().isoformat()
        since_when = self.words(f"granted.{'start' if is_latest else 'since'}", date=day, version=version)
        return self._html("holder", owner=owner, folder=folder, since=since_when)

    def _granting_policies_phrase(self, named: int, wild: int) -> str:
        """Return in words how many policies grant an action by its name, and how many by a wildcard."""
        if not named and not wild:
            return self.words("granted.nobody")
        site_data = [self.words("granted.named", count=named)] if named else []
        return self.words.all_of([*site_data, self.words("granted.wild", count=wild)] if wild else site_data)
