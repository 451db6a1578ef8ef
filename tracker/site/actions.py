"""Pages of actions: one for each service prefix, and one for what is granted of everything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.catalogue.actions import AccessLevel, ActionState
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Scope
from tracker.site.cards import Card, marks_of, versions_of
from tracker.site.grants import GrantedAction, GrantedPattern, PolicyGrant, ServiceGrants
from tracker.site.localized import LocalizedSite
from tracker.site.paging import MAX_ELEMENTS, MAX_SCROLLED, elements_in, in_order, split, weight_of
from tracker.site.parts import Part
from tracker.text.filters import joined

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["action_parts"]

_UNKNOWN = (None, ActionState.UNDOCUMENTED, None)
"""What is known of an action that was never documented: its level, its state, when it was last listed."""


MARKS_OF_A_SERVICE = 3
"""Actions that a line of a service's changes names before it counts the rest: there are many thousand lines."""
CHANGES_BESIDE_ACTIONS = 300
"""Weight that the changes have on the page of a service whose actions have pages of their own."""


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
    documented = {page.prefix: f"services/{page.service.slug}/index.html" for page in localized_site.documented}
    for prefix in site_data.prefixes:
        entries = [entry for entry, _ in site_data.changes.get(prefix, ())]
        page = documented.get(prefix, "")
        key = localized_site.key(prefix, page, site_data.grant_keys[prefix], localized_site.digest(entries))
        files = partial(_prefix_files, localized_site, formatter, prefix, page)
        yield localized_site.part(f"actions/{prefix}", key, files)


def _everything_files(localized_site: LocalizedSite, formatter: "_GrantFormatter") -> Iterator[tuple[str, str]]:
    """Yield the page of what is granted of everything."""
    everywhere = sorted(localized_site.site_data.grants(EVERYTHING), key=lambda item: item.policy.lower())
    title = localized_site.words("everything.title")
    yield localized_site.html(
        "actions/index.html", "services", "everything", title=title, grants=everywhere, formatter=formatter
    )


def _prefix_files(
    localized_site: LocalizedSite, formatter: "_GrantFormatter", prefix: str, documentation: str
) -> Iterator[tuple[str, str]]:
    """Yield the pages of a service prefix: one, or one with a list of its actions and others with all about them."""
    grants, heading = localized_site.site_data.service(prefix), localized_site.service_heading(prefix)
    render = localized_site.renderer.markup
    changes = [render("site/service_change.html.j2", change=change) for change in _changes(localized_site, prefix)]
    for page in _pages(formatter, prefix, grants, changes):
        title = localized_site.words(f"actions.page.{page.part}", service=heading) if page.part else heading
        yield localized_site.html(
            f"actions/{page.name}",
            "services",
            "actions",
            title=title,
            description=localized_site.words("actions.about", service=heading),
            heading=heading,
            service=localized_site.service_name(prefix),
            documentation=documentation,
            prefix=prefix,
            grants=grants,
            page=page,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage:
    """One page about the actions of a service."""

    name: str
    """Its file."""
    part: str = ""
    """What of the service it has: `actions`, `wildcards`, `changes`; empty for the page of the service."""
    jumps: tuple[tuple[str, str], ...] = ()
    """The other parts, each with the way there."""
    pages: Sequence[tuple[str, str, bool]] = ()
    """The pages of the same part: their names, the ways to them, and which is this."""
    levels: Sequence[tuple[str, Sequence[tuple[str, str, str]]]] = ()
    """Access levels, the one to look at first before the others: what it is called, and its actions in a line each:
    name, the way to all about it, who grants it."""
    actions: "Sequence[Markup]" = ()
    """All about actions."""
    patterns: "Sequence[Markup]" = ()
    """Wildcards."""
    changes: "Sequence[Markup]" = ()
    """What changed."""
    more_changes: str = ""
    """The way to more of that; empty where that is all."""


def _pages(
    formatter: "_GrantFormatter", prefix: str, grants: ServiceGrants, changes: "Sequence[Markup]"
) -> Iterator[ServicePage]:
    """Yield the pages of a service: one where a browser can draw that at once."""
    patterns = [formatter.pattern_html(pattern) for pattern in grants.patterns]
    here = {pattern.folded: f"#~{pattern.folded}" for pattern in grants.patterns}
    actions = [formatter.action_html(action, here) for action in grants.actions]
    parts = {"title": "#actions", "patterns": "#patterns" if patterns else "", "changes": "#updates" if changes else ""}
    jumps = tuple((name, way) for name, way in parts.items() if way)
    if sum(map(elements_in, (*patterns, *actions, *changes))) <= MAX_ELEMENTS:
        name = f"{prefix}.html"
        yield ServicePage(name=name, jumps=jumps, actions=actions, patterns=patterns, changes=changes)
        return
    yield from _several_pages(formatter, prefix, grants, patterns, changes)


def _several_pages(
    formatter: "_GrantFormatter",
    prefix: str,
    grants: ServiceGrants,
    patterns: "Sequence[Markup]",
    changes: "Sequence[Markup]",
) -> Iterator[ServicePage]:
    """Yield the list of a service's actions, and the pages that have all about them, its wildcards and its changes."""
    wildcards = _numbered(prefix, "wildcards", in_order(list(map(elements_in, patterns))))
    ways = {
        pattern.folded: f"{name}#~{pattern.folded}" for name, part in wildcards for pattern in grants.patterns[part]
    }
    actions = [formatter.action_html(action, ways) for action in grants.actions]
    detailed = _numbered(prefix, "actions", in_order(list(map(elements_in, actions))))
    first, *_ = recent = split(list(map(weight_of, changes)), first=CHANGES_BESIDE_ACTIONS)
    older = _numbered(prefix, "changes", [slice(0, len(changes))] if len(recent) == 1 else split_all(changes))
    jumps = [("title", "#actions")]
    jumps += [("patterns", wildcards[0][0])] if wildcards else []
    jumps += [("changes", "#updates")] if changes else []
    ways_to = {action.name: f"{name}#{action.name}" for name, part in detailed for action in grants.actions[part]}
    more = older[0][0] if len(recent) > 1 else ""
    name = f"{prefix}.html"
    yield ServicePage(
        name=name,
        jumps=tuple(jumps),
        levels=formatter.levels(grants.actions, ways_to),
        changes=changes[first],
        more_changes=more,
    )
    for name, part in detailed:
        yield ServicePage(name=name, part="actions", pages=_pager(detailed, name), actions=actions[part])
    for name, part in wildcards:
        yield ServicePage(name=name, part="wildcards", pages=_pager(wildcards, name), patterns=patterns[part])
    for name, part in older if more else ():
        yield ServicePage(name=name, part="changes", pages=_pager(older, name), changes=changes[part])


def split_all(pieces: "Sequence[Markup]") -> list[slice]:
    """Return which pieces stand on which page, the newest first; pages are filled from the oldest on."""
    return [part for part in split(list(map(weight_of, pieces)), first=0, most=MAX_SCROLLED) if part.stop > part.start]


def _numbered(prefix: str, part: str, pages: Sequence[slice]) -> list[tuple[str, slice]]:
    """Return the files of a part's pages, each with what it has."""
    return [(f"{prefix}.{part}-{number}.html", index) for number, index in enumerate(pages, 1)]


def _pager(pages: Sequence[tuple[str, slice]], here: str) -> list[tuple[str, str, bool]]:
    return [(str(number), name, name == here) for number, (name, _) in enumerate(pages, 1)]


def _changes(localized_site: LocalizedSite, prefix: str) -> list[ServiceChange]:
    found = []
    for entry, changes in localized_site.site_data.changes.get(prefix, ()):
        marks = marks_of(changes, localized_site.risk_index.ranks(entry.id))
        by_sign: defaultdict[str, list[str]] = defaultdict(list)
        for sign, action in marks[:MARKS_OF_A_SERVICE]:
            by_sign[sign].append(action)
        shown = tuple((sign, tuple(actions)) for sign, actions in sorted(by_sign.items()))
        more = max(0, len(marks) - MARKS_OF_A_SERVICE)
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

    def levels(
        self, actions: Sequence[GrantedAction], ways: Mapping[str, str]
    ) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Return actions by their access level, as `ServicePage.levels`; `ways` leads to all about one."""
        found: defaultdict[int, list[tuple[str, str, str]]] = defaultdict(list)
        names = dict[int, str]()
        for action in actions:
            level = action.facts.access_level if action.facts else None
            rank = level.rank if level else -1
            names[rank] = self.words(f"level.{level.name.lower()}" if level else "state.undocumented")
            found[rank].append((action.name, ways[action.name], self.granted_by(len(action.grants), action.wild)))
        return [(names[rank], found[rank]) for rank in sorted(found, reverse=True)]

    def action_html(self, action: GrantedAction, ways: Mapping[str, str]) -> "Markup":
        """Return all about an action, to be opened; `ways` leads to wildcards."""
        return self._html("action", line=self._line(action, ways))

    def pattern_html(self, pattern: GrantedPattern) -> "Markup":
        """Return a wildcard, to be opened."""
        return self._html(
            "pattern",
            pattern=pattern,
            granted_by=self.granted_by(len(pattern.grants), 0),
            groups=self.grouped(pattern.grants),
        )

    def _line(self, action: GrantedAction, ways: Mapping[str, str]) -> ActionLine:
        """Return an action as its page shows it."""
        facts = action.facts
        return ActionLine(
            action.name,
            self._badges(facts.access_level, facts.state, facts.last_listed) if facts else self._badges(*_UNKNOWN),
            self.granted_by(len(action.grants), action.wild),
            facts.description if facts else "",
            self.grouped(action.grants) if action.grants else [],
            self._patterns(tuple((pattern, ways[pattern]) for pattern in action.patterns)),
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

    def _patterns_html(self, patterns: Sequence[tuple[str, str]]) -> "Markup | str":
        """Return the wildcards that grant an action, each with the way to it; nothing where there are none."""
        return self._html("patterns", patterns=patterns) if patterns else ""

    def _scope_phrase(self, scopes: tuple[Scope, ...]) -> str:
        return self.words.all_of(
            [self.localized_site.row_builder.scope(scope, "count") or self.words("scope.none") for scope in scopes]
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
