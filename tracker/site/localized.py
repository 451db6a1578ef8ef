"""The site in one language: its words, its rows, its addresses, and how a page of it is made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import urlsplit

from tracker.changelog.model import Changelog, Entry, Event
from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.renderer import Renderer
from tracker.formats.views import level_name, page_of, views_of
from tracker.settings.configuration import Configuration
from tracker.site.cards import Card, card_of
from tracker.site.data import DocumentationPage, SiteData, documented_services
from tracker.site.feeds import FEED_FILES
from tracker.site.memo import digest_of
from tracker.site.parts import Part
from tracker.site.risk_index import RiskIndex
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.titles import service_name

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["MISSING_PAGE", "LazyRows", "LocalizedSite", "PageLocation", "year_of"]

_ENTRIES = {
    "changes": "index.html",
    "policies": "policies/index.html",
    "services": "services/index.html",
    "feeds": "feeds.html",
    "about": "about.html",
}
"""The sections of the site, each with its first page."""
_MORE = {
    "critical": "risk/critical/index.html",
    "warning": "risk/warning/index.html",
    "first-seen": "first-seen/index.html",
    "new": "new/index.html",
    "removed": "removed/index.html",
    "undocumented": "undocumented/index.html",
    "feeds": "feeds.html",
    "api": "api.html",
}
"""What the foot of each page links to, as far as it is there."""


MISSING_PAGE = "404.html"
"""What a server shows where there is no page."""


@dataclass(frozen=True, slots=True)
class PageLocation:
    """The index of a page: how it reaches the rest of the site."""

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
    site_url: str | None
    """The address of the site, with a final slash, if it is known."""
    section: str
    """Which entry of the navigation it belongs to."""
    feeds: tuple[tuple[str, str, bool], ...]
    """The feeds to be discovered: title, the way to the folder that has them, and whether that has all formats."""
    entries: "Markup"
    """The entries of the navigation."""
    more: tuple[tuple[str, str], ...]
    """What the foot of the page links to: its name, and the way from the root of the language."""


class LocalizedSite:
    """The site in one language; each row of it is built once, however many pages show it."""

    def __init__(
        self,
        site_data: SiteData,
        risk_index: RiskIndex,
        renderer: Renderer,
        languages: Sequence[str],
        configuration: Configuration,
        digests: Mapping[str, str],
    ) -> None:
        """Take the data and its assessments, what renders them, all languages (the main one first), the settings.

        The digests stand for all that is shown of each entry, by its id.
        """
        self.site_data = site_data
        self.risk_index = risk_index
        self.renderer = renderer
        self.words = renderer.words
        self.configuration = configuration
        self.languages = languages
        self._digests = digests
        self.make_cards: Callable[[], Mapping[str, Card]] = dict
        """Returns the cards that the pages of policies are kept with, by the id of their only entry."""
        self._known_entries: dict[tuple[str, str, str], Markup] = {}
        self.folder = self.folder_of(self.words.language)
        """The folder of the language, with a final slash; empty for the main one."""
        self.row_builder = RowBuilder(
            self.words, site_data.catalogue, configuration.time_zone, assessments=risk_index.assessments or None
        )
        self.views = views_of(site_data.changelog, configuration, risk_index.levels)
        """All changes, those of each service, and those of each level of risk."""
        self.pages = {
            view.folder: page_of(
                view,
                self.row_builder.for_service(view.service),
                configuration,
                self.url(view.folder),
                None,
                rows=LazyRows(self.row_builder.for_service(view.service), view.changelog),
            )
            for view in self.views
        }
        """Their pages, by folder."""

    @property
    def is_main(self) -> bool:
        """Return whether this is the main language, which lies at the root of the site."""
        return not self.folder

    @property
    def all_changes(self) -> ChangelogPage:
        """Return the page of all changes."""
        return self.pages[""]

    @property
    def rows(self) -> "LazyRows":
        """Return all changes, newest first."""
        return self.rows_of("")

    def rows_of(self, folder: str) -> "LazyRows":
        """Return the changes of a view."""
        rows = self.pages[folder].rows
        assert isinstance(rows, LazyRows)  # noqa: S101 - made above
        return rows

    def key(self, *parts: str | bytes) -> str:
        """Return the key of a part of this language that is made from these and nothing else of the archive."""
        return digest_of(self.site_data.base, self.words.language, self._on_every_page, *parts)

    @cached_property
    def _on_every_page(self) -> str:
        """What each page shows of the archive: the title, and links to what there is."""
        page = self.all_changes
        return digest_of(page.title, page.lead, str(self.more), *(view.folder for view in self.views))

    def digest(self, entries: Iterable[Entry]) -> str:
        """Return digests of all that is shown of entries."""
        return digest_of("".join([self._digests[entry.id] for entry in entries]))  # all are of one length

    @cached_property
    def documented(self) -> list[DocumentationPage]:
        """The documentation pages there are."""
        return documented_services(self.site_data, self.configuration.services, self.words("services.several"))

    @cached_property
    def known_cards(self) -> Mapping[str, Card]:
        """The cards that need not be made, by the id of their only entry."""
        return self.make_cards()

    def card(self, entry: Entry) -> Card:
        """Return one entry in a few words."""
        return self.known_cards.get(entry.id) or card_of(self.row_builder.row(entry), self.risk_index)

    def part(self, name: str, key: str, files: Callable[[], Iterable[tuple[str, str]]]) -> Part:
        """Return a part of this language, whose files have their paths from the root of the language."""
        return Part(f"{self.folder}{name}", key, lambda: ((f"{self.folder}{path}", text) for path, text in files()))

    @cached_property
    def cards(self) -> list[Card]:
        """All changes in a few words each."""
        return self.cards_of(self.rows)

    def cards_of(self, rows: "LazyRows") -> list[Card]:
        """Return rows in a few words each."""
        return [
            known
            if len(fold) == 1 and (known := self.known_cards.get(fold[0].id))
            else card_of(rows[index], self.risk_index)
            for index, fold in enumerate(rows.folds)
        ]

    @cached_property
    def by_year(self) -> dict[str, list[int]]:
        """The years that have changes, the latest first, each with the indexes of its rows among all."""
        found: dict[str, list[int]] = {}
        for index, entries in enumerate(self.rows.folds):
            is_alone = len(entries) == 1 and entries[0].event not in (Event.TRACKING_STARTED, Event.POLICY_REISSUED)
            year = str(entries[0].at.year) if is_alone else year_of(self.rows[index])
            found.setdefault(year, []).append(index)
        return dict(sorted(found.items(), reverse=True))

    @property
    def years(self) -> list[str]:
        """Return the years that have changes, the latest first."""
        return list(self.by_year)

    def folder_of(self, language: str) -> str:
        """Return the folder of a language, with a final slash; empty for the main one."""
        return "" if language == self.languages[0] else f"{language}/"

    def url(self, path: str) -> str | None:
        """Return the address of a page of this language; None where it is not known where the site will be."""
        base = self.configuration.base_url
        return f"{base}{self.folder}{path}" if base else None

    def service_name(self, prefix: str) -> str:
        """Return the name of a service; of one that is not known its prefix, and that it is one."""
        return service_name(prefix, self.words, self.site_data.catalogue)

    def service_heading(self, prefix: str) -> str:
        """Return the name of a service with its prefix."""
        name = self.service_name(prefix)
        if self.site_data.catalogue.service_name(prefix) is None:
            return name
        return self.words("service.title", service=name, prefix=prefix)

    def level_name(self, level: str) -> str:
        """Return what a level of risk is called."""
        return level_name(self.words, level)

    @cached_property
    def more(self) -> tuple[tuple[str, str], ...]:
        """What the foot of each page links to: a name, and the way from the root of the language."""
        lacking = set[str]()
        if not self.risk_index.assessments:
            lacking |= {"critical", "warning", "first-seen"}
        if self.site_data.undocumented is None:
            lacking.add("undocumented")
        return tuple((name, way) for name, way in _MORE.items() if name not in lacking)

    def _entries(self, home: str, section: str, path: str) -> "Markup":
        """Return the entries of the navigation; many pages have the same."""
        key = (home, section, path)
        if key not in self._known_entries:
            entries = {
                "entries": _ENTRIES.items(),
                "home": home,
                "section": section,
                "path": path,
                "root": home if self.is_main else f"../{home}",
            }
            self._known_entries[key] = self.renderer.markup("site/entries.html.j2", **entries)
        return self._known_entries[key]

    def html(
        self, path: str, section: str, template: str = "", feeds: Iterable[tuple[str, str, bool]] = (), **values: Any
    ) -> tuple[str, str]:
        """Return a page: its path from the root of the language, and its text.

        Args:
            path: where it will be.
            section: the entry of the navigation that it belongs to.
            template: its template's name, where that is not the section's.
            feeds: feeds to be discovered beside that of all changes, as in `PageLocation`.
            values: what the template prints.

        Raises:
            RenderError: the template failed.
        """
        name = f"site/{template or section}.html.j2"
        return path, self.renderer.render(name, **self.common(path, section, feeds), **values)

    def common(self, path: str, section: str, feeds: Iterable[tuple[str, str, bool]] = ()) -> dict[str, Any]:
        """Return what every template is given."""
        home = "../" * path.count("/")
        root = home + ("../" if self.folder else "")
        base = self.configuration.base_url
        if path == MISSING_PAGE and base:  # a server shows it in place of a page at any depth, and under any host
            root = urlsplit(base).path
            home = f"{root}{self.folder}"
        others = [
            (other, f"{root}{self.folder_of(other)}{path}") for other in self.languages if other != self.words.language
        ]
        found = ((self.all_changes.title, home, True), *feeds)
        return {
            "here": PageLocation(
                path=path,
                root=root,
                home=home,
                language=self.words.language,
                others=tuple(others),
                url=self.url(path),
                site_url=self.configuration.base_url,
                section=section,
                feeds=found,
                entries=self._entries(home, section, path if path in _ENTRIES.values() else ""),
                more=self.more,
            ),
            "site": self.all_changes,
            "views": self.views,
            "pages": self.pages,
            "files": FEED_FILES,
            "level_name": self.level_name,
        }


class LazyRows(Sequence[Row]):
    """The rows of a changelog; each is made when it is asked for."""

    def __init__(self, row_builder: RowBuilder, changelog: Changelog) -> None:
        """Take what builds rows, and their entries."""
        self._row_builder = row_builder
        folds = row_builder.folds(changelog)
        self._ids = tuple(folds)
        self.folds = tuple(folds.values())
        """The entries of each row."""

    def __len__(self) -> int:
        return len(self.folds)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(index, slice):
            return tuple(map(self._row_builder.folded_row, self._ids[index], self.folds[index]))
        return self._row_builder.folded_row(self._ids[index], self.folds[index])


def year_of(row: Row) -> str:
    """Return the year on whose page a row stands."""
    return row.address.partition("/")[2][:4] if row.policy is None else str(row.at.year)
