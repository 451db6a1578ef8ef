"""The static site: every file of it, from what the archive tells.

    index.html                          newest changes, counts, chart, filter
    changes/<year>.html                 all changes of a year
    policies/<owner>/<name>/            one policy: timeline, comparison, document, feeds
    services/<slug>/                    one configured service: update table, feeds, report, data
    actions/<prefix>.html               one service of the catalogue: its changes, and who grants what of it
    data/…                              what the script loads: documents, search index, changes
    ko/…                                the same in another language, but for what would double the site for little:
                                        pages of actions, feeds of single policies, archive pages of feeds, JSON

All links are relative and name files, so that the folder can be opened from a disk. What was read once is told
once a language and reused on every page.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from tracker.archive import canonical
from tracker.assessments import members
from tracker.catalogue import Catalogue
from tracker.contract import changelog_to_json
from tracker.grants import EVERYTHING
from tracker.model import Change, ChangeKind, Changelog, Effect, Entry, Event, PolicyHistory, Scope, fold_action
from tracker.render import Page, Renderer, joined
from tracker.risk import Assessment
from tracker.rows import Block, Row, Teller, title_of
from tracker.rules import Level
from tracker.site.cards import SIGNS, Card, card_of
from tracker.site.charts import BarChart, Line, bar_chart, line_chart
from tracker.site.feeds import FEED_FILES, feed_files
from tracker.site.granted import (
    Expansions,
    Granted,
    ServiceGrants,
    grants_by_prefix,
    in_force,
    last_version,
    service_grants,
)
from tracker.site.views import View, level_name, page_of, views_of

if TYPE_CHECKING:
    from markupsafe import Markup

    from tracker.configuration import Configuration

__all__ = ["Told", "site_files"]

CARDS_ON_THE_FRONT_PAGE = 30
ASSETS = ("site.css", "site.js", "feed.css", "icon.svg")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
LEVELS = tuple(sorted(Level, key=lambda level: level.rank))
"""The levels of risk, the mildest first."""
_CAME = {ChangeKind.ACTION_ADDED: "gained", ChangeKind.ACTION_REMOVED: "lost"}
_BARS = ("updated", "added", "removed")
"""What the chart of changes stacks: re-issues and the start of tracking are left out."""
_BAR_OF = {
    Event.POLICY_UPDATED: "updated",
    Event.DEFAULT_ROLLED_BACK: "updated",
    Event.POLICY_ADDED: "added",
    Event.POLICY_RETURNED: "added",
    Event.POLICY_REMOVED: "removed",
}


@dataclass(frozen=True)
class Told:
    """What the archive tells, in no language: read and compared once, used for every page."""

    histories: tuple[PolicyHistory, ...]
    """All policies, by owner and folder."""
    changelog: Changelog
    """All entries, newest first."""
    catalogue: Catalogue
    """What actions are."""
    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    """What entries make possible, by id; empty where nothing was assessed."""

    @cached_property
    def levels(self) -> dict[str, str]:
        """The gravest level among an entry's findings, by its id."""
        return {
            entry_id: max((finding.level for finding in assessment.findings), key=lambda level: level.rank)
            for entry_id, assessment in self.assessments.items()
            if assessment.findings
        }

    @cached_property
    def entries(self) -> dict[tuple[str, str], list[Entry]]:
        """The entries of each policy by owner and folder, newest first."""
        found: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self.changelog.entries:
            found[_place(entry)].append(entry)
        return dict(found)

    @cached_property
    def grants(self) -> dict[str, list[Granted]]:
        """What is granted now, by service prefix."""
        oldest_first = {place: entries[::-1] for place, entries in self.entries.items()}
        return grants_by_prefix(self.histories, oldest_first)

    @cached_property
    def expansions(self) -> Expansions:
        """What wildcards stand for."""
        return Expansions(self.catalogue)

    @cached_property
    def services(self) -> dict[str, ServiceGrants]:
        """Who grants the actions of each service that has a page, by prefix."""
        return {
            prefix: service_grants(prefix, self.grants.get(prefix, ()), self.catalogue, self.expansions)
            for prefix in self.prefixes
        }

    @cached_property
    def counts(self) -> dict[tuple[str, str], list[int | None]]:
        """How many actions each version of a policy allows, in the order of versions."""
        return {
            (history.owner, history.folder): self.expansions.counts(version.document for version in history.versions)
            for history in self.histories
        }

    @cached_property
    def documents(self) -> dict[tuple[str, str], str]:
        """The document of each policy that is in force, or was last, as the archive writes it."""
        return {
            (history.owner, history.folder): canonical(version.document)
            for history in self.histories
            if (version := last_version(history))
        }

    @cached_property
    def changes(self) -> dict[str, list[tuple[Entry, list[Change]]]]:
        """The changes of each service prefix, newest first."""
        found: defaultdict[str, list[tuple[Entry, list[Change]]]] = defaultdict(list)
        for entry in self.changelog.entries:
            parts: defaultdict[str, list[Change]] = defaultdict(list)
            for change in entry.changes:
                parts[fold_action(change.action.partition(":")[0])].append(change)
            for prefix, changes in parts.items():
                found[prefix].append((entry, changes))
        return dict(found)

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """Every service prefix that has a page: those of the catalogue, and those that policies name."""
        named = {prefix for prefix in (*self.grants, *self.changes) if _PREFIX.match(prefix)}
        return tuple(sorted(named | {prefix for prefix in self.catalogue.prefixes() if _PREFIX.match(prefix)}))


def _place(entry: Entry) -> tuple[str, str]:
    owner, _, rest = entry.id.partition("/")
    return owner, rest.partition("/")[0]


def site_files(told: Told, renderers: Sequence[Renderer], configuration: "Configuration") -> Iterator[tuple[str, str]]:
    """Yield the files of the site: path within it, with slashes, and text.

    Args:
        told: what the archive tells.
        renderers: one for each language, the main one first.
        configuration: titles, services, addresses.

    Raises:
        RenderError: a template failed, or a feed did not pass its check.
    """
    for name in ASSETS:
        yield name, renderers[0].source(f"site/{name}")
    yield "data/search.js", _script("search", _search_index(told))
    for history in told.histories:
        yield f"data/{history.owner}/{history.folder}.js", _script("versions", _documents(history))
    languages = [renderer.words.language for renderer in renderers]
    for renderer in renderers:
        yield from _Edition(told, renderer, languages, configuration).files()


def _script(name: str, value: Any) -> str:
    """Return a file that hands data to the script: a page opened from a disk may load scripts, but fetch nothing."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f'policyTracker.take("{name}",{text});\n'


def _search_index(told: Told) -> dict[str, Any]:
    names = {prefix: [_bare(item.name) for item in grants.actions] for prefix, grants in told.services.items()}
    return {
        "policies": [f"{history.owner}/{history.folder}" for history in told.histories],
        "services": {prefix: told.catalogue.service_name(prefix) or "" for prefix in told.prefixes},
        "actions": {prefix: actions for prefix, actions in names.items() if actions},
    }


def _bare(action: str) -> str:
    return action.partition(":")[2]


def _documents(history: PolicyHistory) -> list[Any]:
    return [
        [version.version_id, version.created_at.date().isoformat(), version.document] for version in history.versions
    ]


# --- what templates are given ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Here:
    """The place of a page: how it reaches the rest of the site."""

    path: str
    """The page, from the root of the language."""
    root: str
    """The way to the root of the site: empty, or `../` some times."""
    home: str
    """The way to the root of the language."""
    language: str
    """Its language."""
    others: tuple[tuple[str, str], ...]
    """Other languages, each with the way to the same page."""
    url: str | None
    """Its address, if it is known."""
    section: str
    """Which entry of the navigation it belongs to."""
    feeds: tuple[tuple[str, str], ...]
    """The feeds to be discovered: title, and the way to the folder that has them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a policy's timeline."""

    anchor: str
    """Where it is on the page."""
    row: Row
    """What it tells."""
    gained: int
    """Actions that came to be allowed."""
    lost: int
    """Actions that are no longer."""
    allowed: int | None
    """How many actions are allowed after it; None where not known."""
    level: str
    """How risky it was found; empty where not known."""
    grants: Row | None
    """All grants of a new policy; None for other events."""


@dataclass(frozen=True, slots=True)
class ListedPolicy:
    """One line of the list of policies."""

    owner: str
    name: str
    folder: str
    is_listed: bool
    version: str
    versions: int
    allowed: int | None
    iso: str
    day: str
    address: str


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What one step of a policy changed for one service."""

    row: Row
    """The step."""
    card: Card
    """Its part for that service."""


# --- one language ----------------------------------------------------------------------------------------------------


class _Edition:
    """The site in one language."""

    def __init__(
        self, told: Told, renderer: Renderer, languages: Sequence[str], configuration: "Configuration"
    ) -> None:
        self.told = told
        self.renderer = renderer
        self.words = renderer.words
        self.languages = languages
        self.configuration = configuration
        self.folder = self._folder(self.words.language)
        self.teller = Teller(self.words, told.catalogue, configuration.time_zone, assessments=told.assessments or None)
        self.views = views_of(told.changelog, configuration, told.levels)
        self.pages = {
            view.folder: page_of(view, self.teller.about(view.service), configuration, self._url(view.folder), None)
            for view in self.views
        }
        self.rows = self.pages[""].rows
        self.cards = [card_of(row, told.levels, LEVELS) for row in self.rows]

    def _folder(self, language: str) -> str:
        return "" if language == self.languages[0] else f"{language}/"

    def _url(self, path: str) -> str | None:
        base = self.configuration.base_url
        return f"{base}{self.folder}{path}" if base else None

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the files of this language."""
        for path, text in self._files():
            yield f"{self.folder}{path}", text

    def _files(self) -> Iterator[tuple[str, str]]:
        yield self._front_page()
        yield "data/changes.js", _script("changes", self._changes_index())
        yield from self._years()
        for view in self.views:
            yield from self._feeds(view.folder, self.pages[view.folder], thorough=True)
            if view.level:
                yield self._level(view)
                continue
            yield from self._report(view)
            if view.service:
                yield self._service(view)
        yield from self._policies()
        yield self._service_list()
        if not self.folder:
            yield from self._actions()
        yield self._html("feeds.html", "feeds", title=self.words("site.feeds"))
        yield "feeds.opml", self._opml()
        yield self._html("about.html", "about", title=self.words("site.about"), **self._counts())

    def _common(self, path: str, section: str, feeds: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
        home = "../" * path.count("/")
        root = home + ("../" if self.folder else "")
        twin = "services/index.html" if path.startswith("actions/") else path
        others = [
            (other, f"{root}{self._folder(other)}{twin}") for other in self.languages if other != self.words.language
        ]
        found = ((self.pages[""].title, home), *feeds)
        here = Here(path, root, home, self.words.language, tuple(others), self._url(path), section, found)
        return {
            "here": here,
            "site": self.pages[""],
            "views": self.views,
            "pages": self.pages,
            "files": FEED_FILES,
            "level_name": self._level_name,
        }

    @cached_property
    def _linked(self) -> frozenset[str]:
        return frozenset(self.told.prefixes)

    def _level_name(self, level: str) -> str:
        return level_name(self.words, level)

    def _html(
        self, path: str, section: str, template: str = "", feeds: Iterable[tuple[str, str]] = (), **values: Any
    ) -> tuple[str, str]:
        name = f"site/{template or section}.html.j2"
        return path, self.renderer.render(name, **self._common(path, section, feeds), **values)

    # --- all changes

    def _counts(self) -> dict[str, Any]:
        entries = self.told.changelog.entries
        return {
            "policies": sum(in_force(history) is not None for history in self.told.histories),
            "gone": sum(in_force(history) is None for history in self.told.histories),
            "versions": sum(len(history.versions) for history in self.told.histories),
            "updates": sum(entry.event in _BAR_OF for entry in entries),
            "reissued": sum(entry.event is Event.POLICY_REISSUED for entry in entries),
            "not_observed": sum(entry.not_observed for entry in entries),
            "unavailable": sum(len(history.unavailable) for history in self.told.histories),
            "newest": self.rows[0] if self.rows else None,
            "oldest": self.rows[-1] if self.rows else None,
            "origins": self._origins(),
            "skipped": self.told.changelog.skipped,
            "catalogue": self.told.catalogue,
        }

    def _origins(self) -> list[tuple[str, int]]:
        found: defaultdict[str, int] = defaultdict(int)
        for history in self.told.histories:
            for version in history.versions:
                found[version.origin] += 1
        return sorted(found.items(), key=lambda item: -item[1])

    def _chart(self) -> BarChart | None:
        moments = [(entry.at, _BAR_OF[entry.event]) for entry in self.told.changelog.entries if entry.event in _BAR_OF]
        return bar_chart(moments, _BARS)

    def _front_page(self) -> tuple[str, str]:
        prefixes = sorted({prefix for card in self.cards for prefix in card.prefixes})
        services = sorted(((self._service_name(prefix), prefix) for prefix in prefixes), key=lambda it: it[0].lower())
        blank = Card("", "", "", "", "", "", Event.POLICY_UPDATED, "", "", "", (), (), 0)
        return self._html(
            "index.html",
            "changes",
            "index",
            title=self.pages[""].title,
            cards=self.cards[:CARDS_ON_THE_FRONT_PAGE],
            blank=blank,
            chart=self._chart(),
            services=services,
            events=[event for event in Event if any(card.event is event for card in self.cards)],
            levels=[level for level in LEVELS if level in set(self.told.levels.values())],
            years=self._year_list,
            **self._counts(),
        )

    def _service_name(self, prefix: str) -> str:
        return self.told.catalogue.service_name(prefix) or prefix

    @cached_property
    def _year_list(self) -> list[str]:
        return sorted({_year(row) for row in self.rows}, reverse=True)

    def _changes_index(self) -> dict[str, Any]:
        prefixes = sorted({prefix for card in self.cards for prefix in card.prefixes})
        number = {prefix: place for place, prefix in enumerate(prefixes)}
        rows = [
            [
                card.address,
                card.policy,
                card.version,
                card.title,
                card.lead,
                card.event,
                card.level,
                card.iso,
                card.day,
                [number[prefix] for prefix in card.prefixes],
                card.marks,
                card.more,
            ]
            for card in self.cards
        ]
        return {
            "prefixes": prefixes,
            "events": {event: self.words(f"event.{event}") for event in Event},
            "signs": {sign: self.words(f"mark.{sign}") for sign in SIGNS},
            "rows": rows,
        }

    def _years(self) -> Iterator[tuple[str, str]]:
        for year in self._year_list:
            told = [(card, row) for card, row in zip(self.cards, self.rows, strict=True) if _year(row) == year]
            title = self.words("year.title", year=year)
            yield self._html(
                f"changes/{year}.html", "changes", "year", title=title, told=told, years=self._year_list, year=year
            )

    def _feeds(self, folder: str, page: Page, *, thorough: bool) -> Iterator[tuple[str, str]]:
        depth = folder.count("/") + (1 if self.folder else 0)
        whole = replace(page, home=self._url(""), root="../" * depth, url=self._url(folder))
        for name, text in feed_files(whole, self.renderer, thorough=thorough, archived=not self.folder):
            yield f"{folder}{name}", text

    def _report(self, view: View) -> Iterator[tuple[str, str]]:
        page = self.pages[view.folder]
        yield f"{view.folder}changelog.md", self.renderer.changelog("markdown", replace(page, feed_url="feed.xml"))
        if self.folder:
            return  # the data are the same in all languages but for the titles
        lines = changelog_to_json(
            replace(view.changelog, title=page.title),
            lambda entry: title_of(entry, self.words, self.told.catalogue),
            (lambda entry: members(entry, self.told.assessments, self.told.catalogue))
            if self.told.assessments
            else None,
        )
        yield f"{view.folder}changelog.json", "".join(f"{line}\n" for line in lines)

    def _opml(self) -> str:
        """Return the list of all feeds; of each it names the one in RSS, which every reader takes."""
        common = self._common("feeds.opml", "feeds")
        return self.renderer.render(
            "site/feeds.opml.xml.j2",
            **common,
            histories=self.told.histories,
            base=self.configuration.base_url or common["here"].root,
        )

    # --- services

    def _service(self, view: View) -> tuple[str, str]:
        page, service = self.pages[view.folder], view.service
        names = sorted({(entry.policy, *_place(entry)) for entry in view.changelog.entries})
        return self._html(
            f"{view.folder}index.html",
            "services",
            "service",
            feeds=[(page.title, "")],
            title=page.title,
            page=page,
            service=service,
            rows=page.rows,
            policies=names,
        )

    def _level(self, view: View) -> tuple[str, str]:
        page = self.pages[view.folder]
        cards = [card_of(row, self.told.levels, LEVELS) for row in page.rows]
        told = list(zip(cards, page.rows, strict=True))
        return self._html(
            f"{view.folder}index.html",
            "changes",
            "year",
            feeds=[(page.title, "")],
            title=page.title,
            told=told,
            years=self._year_list,
            year="",
        )

    # --- policies

    def _policies(self) -> Iterator[tuple[str, str]]:
        listed = []
        for history in self.told.histories:
            entries = self.told.entries.get((history.owner, history.folder), [])
            listed.append(self._listed(history, entries))
            yield from self._policy(history, entries, listed[-1])
        title = self.words("policies.title")
        yield self._html("policies/index.html", "policies", title=title, policies=listed)

    def _listed(self, history: PolicyHistory, entries: Sequence[Entry]) -> ListedPolicy:
        version, counts = last_version(history), self.told.counts[history.owner, history.folder]
        place = history.versions.index(version) if version else -1
        row = self.teller.row(entries[0]) if entries else None
        return ListedPolicy(
            history.owner,
            history.facts.name,
            history.folder,
            in_force(history) is not None,
            version.version_id if version else "",
            len(history.versions),
            counts[place] if version else None,
            row.at.date().isoformat() if row else "",
            row.day if row else "",
            f"policies/{history.owner}/{history.folder}/index.html",
        )

    def _policy(
        self, history: PolicyHistory, entries: Sequence[Entry], listed: ListedPolicy
    ) -> Iterator[tuple[str, str]]:
        folder = f"policies/{history.owner}/{history.folder}/"
        view = View(folder, Changelog("", tuple(entries)), policy=history.facts.name)
        rows = tuple(self._policy_row(entry) for entry in entries)
        page = replace(
            page_of(
                replace(view, changelog=Changelog("", ())), self.teller, self.configuration, self._url(folder), None
            ),
            rows=rows,
        )
        if not self.folder:
            yield from self._feeds(folder, page, thorough=False)
        way = "../" * folder.count("/") + f"../{folder}" if self.folder else ""
        counts = self.told.counts[history.owner, history.folder]
        allowed = {version.version_id: count for version, count in zip(history.versions, counts, strict=True)}
        yield self._html(
            f"{folder}index.html",
            "policies",
            "policy",
            feeds=[(page.title, way)],
            way=way,
            title=history.facts.name,
            history=history,
            listed=listed,
            page=page,
            steps=[self._step(entry, row, allowed) for entry, row in zip(entries, rows, strict=True)],
            line=self._line(history, counts),
            document=self.told.documents.get((history.owner, history.folder), ""),
            service=self.configuration.service_of(history.facts.name),
            prefixes_named=self._named(history),
        )

    def _policy_row(self, entry: Entry) -> Row:
        row = self.teller.row(entry)
        if entry.event is Event.TRACKING_STARTED:
            return replace(row, blocks=(Block(self.words("lead.tracking-started.policy")),))
        return row

    def _named(self, history: PolicyHistory) -> list[str]:
        """Return the services that the policy grants anything of now."""
        return sorted(self._prefixes_by_policy.get((history.owner, history.folder), ()))

    @cached_property
    def _prefixes_by_policy(self) -> dict[tuple[str, str], set[str]]:
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for prefix, items in self.told.grants.items():
            for item in items:
                if prefix in self._linked:
                    found[item.owner, item.folder].add(prefix)
        return dict(found)

    @staticmethod
    def _line(history: PolicyHistory, counts: Sequence[int | None]) -> Line | None:
        moments = [(version.created_at, count) for version, count in zip(history.versions, counts, strict=True)]
        return line_chart(moments)

    def _step(self, entry: Entry, row: Row, allowed: Mapping[str, int | None]) -> Step:
        came = {"gained": 0, "lost": 0}
        for change in entry.changes:
            if change.effect is Effect.ALLOW and not change.inverted and change.kind in _CAME:
                came[_CAME[change.kind]] += 1
        grants = None
        if entry.event is Event.POLICY_ADDED and entry.changes:
            grants = replace(row, blocks=tuple(self.teller.blocks(entry.changes)), note="")
        return Step(
            entry.id.split("/", 2)[2],
            row,
            came["gained"],
            came["lost"],
            allowed.get(entry.version or ""),
            self.told.levels.get(entry.id, ""),
            grants,
        )

    # --- actions

    def _service_list(self) -> tuple[str, str]:
        lines = [
            (self._service_name(prefix), prefix, len(grants.actions), grants.policies)
            for prefix, grants in self.told.services.items()
        ]
        lines.sort(key=lambda line: line[0].lower())
        return self._html("services/index.html", "services", title=self.words("services.title"), lines=lines)

    def _actions(self) -> Iterator[tuple[str, str]]:
        """Yield the pages of actions; in the main language only: they are mostly names, and as large as all else."""
        everywhere = sorted(self.told.grants.get(EVERYTHING, ()), key=lambda item: item.policy.lower())
        yield self._html(
            "actions/index.html",
            "services",
            "everything",
            title=self.words("everything.title"),
            grants=everywhere,
            **self._telling,
        )
        for prefix, grants in self.told.services.items():
            yield self._html(
                f"actions/{prefix}.html",
                "services",
                "actions",
                title=self.words("service.title", service=self._service_name(prefix), prefix=prefix),
                grants=grants,
                changes=self._service_changes(prefix),
                **self._telling,
            )

    @cached_property
    def _telling(self) -> dict[str, Any]:
        """Give templates what tells grants; there are tens of thousands, so that each piece is made once."""
        return {
            "grouped": self._grouped,
            "granted_by": cache(self._granted_by),
            "catalogue": self.told.catalogue,
        }

    def _grouped(self, grants: Iterable[Granted]) -> list[tuple["Markup", "Markup"]]:
        """Return grants by what they are on, that which most policies share first: its words, and the policies."""
        found: defaultdict[tuple[Scope, ...], list[Markup]] = defaultdict(list)
        for item in grants:
            holder = (item.owner, item.folder, item.since, item.version, item.is_from_the_start)
            found[item.scopes].append(self._holder(*holder))
        groups = sorted(found.items(), key=lambda group: -len(group[1]))
        return [(self._on(scopes), joined(holders)) for scopes, holders in groups]

    @cached_property
    def _on(self) -> Callable[[tuple[Scope, ...]], "Markup"]:
        @cache
        def told(scopes: tuple[Scope, ...]) -> "Markup":
            phrases = [self.teller.scope(scope) or self.words("scope.none") for scope in scopes]
            return self.renderer.markup("site/on.html.j2", scope=self.words.all_of(phrases))

        return told

    @cached_property
    def _holder(self) -> Callable[[str, str, datetime, str, bool], "Markup"]:
        @cache
        def told(owner: str, folder: str, since: datetime, version: str, is_from_the_start: bool) -> "Markup":
            day = since.astimezone(self.configuration.time_zone).date().isoformat()
            since_when = self.words(f"granted.{'start' if is_from_the_start else 'since'}", date=day, version=version)
            return self.renderer.markup("site/holder.html.j2", owner=owner, folder=folder, since=since_when)

        return told

    def _granted_by(self, named: int, wild: int) -> str:
        if not named and not wild:
            return self.words("granted.nobody")
        told = [self.words("granted.named", count=named)] if named else []
        return self.words.all_of([*told, self.words("granted.wild", count=wild)] if wild else told)

    def _service_changes(self, prefix: str) -> list[ServiceChange]:
        told = []
        for entry, changes in self.told.changes.get(prefix, ()):
            row = self.teller.row(entry)
            part = replace(
                row,
                entries=(replace(entry, event=Event.POLICY_UPDATED, changes=tuple(changes)),),
                event=Event.POLICY_UPDATED,
            )
            told.append(ServiceChange(row, card_of(part, {})))
        return told


def _year(row: Row) -> str:
    return row.address.partition("/")[2][:4] if row.policy is None else str(row.at.year)
