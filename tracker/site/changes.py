"""Pages of changes: the front page with the newest, one for each level of risk; and reports."""

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from tracker.changelog.contract import changelog_to_json
from tracker.changelog.model import Changelog, Entry, Event
from tracker.formats.changelog_json import line_writer
from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.views import View
from tracker.risk.rules import Level
from tracker.site.about import counts
from tracker.site.cards import SIGNS, Card
from tracker.site.charts import BarChart, bar_chart
from tracker.site.data import COUNTED_EVENTS
from tracker.site.localized import LocalizedSite
from tracker.site.paging import page_files, page_links, split
from tracker.site.risk_index import LEVELS
from tracker.site.scripts import script
from tracker.text.findings import findings_line
from tracker.text.words import plain

__all__ = ["changelog_json", "chart_of", "front_files", "level_pages", "report_files"]

CARDS_ON_THE_FRONT_PAGE = 20
CARDS_ON_A_PAGE = 50
GRAVE_CARDS = 4
"""Changes that the front page shows before all others, for they are grave."""
_BARS = ("updated", "added", "removed")
"""What the chart of changes stacks."""


def front_files(localized_site: LocalizedSite) -> Iterator[tuple[str, str]]:
    """Yield the front page, and the data from which it shows more than it holds."""
    prefixes = sorted({prefix for card in localized_site.cards for prefix in card.prefixes})
    services = sorted(
        ((localized_site.service_name(prefix), prefix) for prefix in prefixes), key=lambda it: it[0].lower()
    )
    blank = Card("", "", "", "", "", "", Event.POLICY_UPDATED, "", "", "", (), "", (), 0)
    yield localized_site.html(
        "index.html",
        "changes",
        "index",
        title=localized_site.all_changes.title,
        description=_description(localized_site),
        grave=_grave(localized_site),
        cards=localized_site.cards[:CARDS_ON_THE_FRONT_PAGE],
        blank=blank,
        chart=chart_of(localized_site),
        services=services,
        events=[event for event in Event if any(card.event is event for card in localized_site.cards)],
        levels=_levels(localized_site),
        years=localized_site.years,
        **counts(localized_site),
    )
    yield "data/changes.js", script("changes", _changes_index(localized_site, prefixes))


def _description(localized_site: LocalizedSite) -> str:
    """Return what the site is, in two sentences."""
    years = localized_site.years
    return localized_site.words("front.what", since=years[-1]) if years else localized_site.all_changes.lead


def _grave(localized_site: LocalizedSite) -> list[tuple[Card, str]]:
    """Return the newest changes that deserve a look before all others, each with its gravest findings in a line."""
    site, found = localized_site, list[tuple[Card, str]]()
    for card, entries in zip(site.cards, site.rows.folds, strict=True):
        if card.level in (Level.CRITICAL, Level.WARNING) and len(found) < GRAVE_CARDS:
            assessment = site.risk_index.assessments[entries[0].id]
            findings = (finding for finding in assessment.findings if finding.level == card.level)
            found.append((card, plain(findings_line(findings, site.words))))
    return found


def _levels(localized_site: LocalizedSite) -> list[Level]:
    """Return the levels that the filter offers, the gravest first; the mildest is left out, for it keeps everything."""
    found = [level.rank for level in localized_site.risk_index.levels.values()]
    return [level for level in LEVELS[:0:-1] if level.rank <= max(found, default=0)]


def chart_of(localized_site: LocalizedSite) -> BarChart | None:
    """Return how many changes each month had; None where there are none."""
    entries = localized_site.site_data.changelog.entries
    return bar_chart(
        [(entry.at, COUNTED_EVENTS[entry.event]) for entry in entries if entry.event in COUNTED_EVENTS], _BARS
    )


def _changes_index(localized_site: LocalizedSite, prefixes: list[str]) -> dict[str, Any]:
    number = {prefix: index for index, prefix in enumerate(prefixes)}
    risks: dict[str, int] = {}
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
            risks.setdefault(card.risk, len(risks)),
            card.marks,
            card.more,
        ]
        for card in localized_site.cards
    ]
    return {
        "prefixes": prefixes,
        "events": {event: localized_site.words(f"event.{event}") for event in Event},
        "signs": {sign: localized_site.words(f"mark.{sign}") for sign in SIGNS},
        "levels": {level: localized_site.level_name(level) for level in LEVELS},
        "risks": list(risks),
        "rows": rows,
    }


def level_pages(localized_site: LocalizedSite, view: View) -> Iterator[tuple[str, str]]:
    """Yield the pages of a level of risk: the newest changes, and numbered pages with all others."""
    page = localized_site.pages[view.folder]
    cards = localized_site.cards_of(localized_site.rows_of(view.folder))
    parts = split([1] * len(cards), first=CARDS_ON_A_PAGE, most=CARDS_ON_A_PAGE)
    names = page_files(len(parts))
    for index, (name, part) in enumerate(zip(names, parts, strict=True)):
        yield localized_site.html(
            f"{view.folder}{name}",
            "changes",
            "level",
            feeds=[(page.title, "", True)],
            title=page.title,
            description=page.lead,
            cards=cards[part],
            numbered=page_links(names, index),
        )


def report_files(localized_site: LocalizedSite, view: View) -> Iterator[tuple[str, str]]:
    """Yield a view as Markdown and, in the main language, as JSON: but for the titles that is in no language."""
    page = structs.replace(localized_site.pages[view.folder], feed_url="feed.xml")
    yield f"{view.folder}changelog.md", localized_site.renderer.changelog("markdown", page)
    if localized_site.is_main:
        yield f"{view.folder}changelog.json", changelog_json(localized_site, page, view.changelog)


def changelog_json(
    localized_site: LocalizedSite, page: ChangelogPage, changelog: Changelog, *, keeps_lines: bool = False
) -> str:
    """Return a changelog as JSON, headed as its page is.

    Args:
        localized_site: the language of titles.
        page: the page.
        changelog: its entries.
        keeps_lines: whether the next build finds the lines of entries: where it will make most of them again.
    """
    site, titled = localized_site, structs.replace(changelog, title=page.title)
    line_of = line_writer(site.words, site.site_data.catalogue, site.risk_index.assessments or None)

    def kept_line(entry: Entry) -> bytes:
        key = site.key("line", site.digest((entry,)))
        return site.site_data.memo.get(key, bytes, lambda: line_of(entry), bytes)

    return b"".join(changelog_to_json(titled, kept_line if keeps_lines else line_of)).decode()
