"""Pages of changes: the front page with the newest, one for each year and each level of risk; and reports."""

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from tracker.formats.changelog_json import exported
from tracker.formats.views import View
from tracker.policy.model import Event
from tracker.risk.rules import Level
from tracker.site.about import counts
from tracker.site.cards import SIGNS, Card
from tracker.site.charts import BarChart, bar_chart
from tracker.site.data import MOVES
from tracker.site.localized import Edition, year_of
from tracker.site.risk_index import LEVELS
from tracker.site.scripts import script

__all__ = ["front_files", "level_page", "report_files", "year_files"]

CARDS_ON_THE_FRONT_PAGE = 30
_BARS = ("updated", "added", "removed")
"""What the chart of changes stacks."""


def front_files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the front page, and the data from which it shows more than it holds."""
    prefixes = sorted({prefix for card in edition.cards for prefix in card.prefixes})
    services = sorted(((edition.service_name(prefix), prefix) for prefix in prefixes), key=lambda it: it[0].lower())
    blank = Card("", "", "", "", "", "", Event.POLICY_UPDATED, "", "", "", (), "", (), 0)
    yield edition.html(
        "index.html",
        "changes",
        "index",
        title=edition.whole.title,
        cards=edition.cards[:CARDS_ON_THE_FRONT_PAGE],
        blank=blank,
        chart=_chart(edition),
        services=services,
        events=[event for event in Event if any(card.event is event for card in edition.cards)],
        levels=_levels(edition),
        years=edition.years,
        **counts(edition),
    )
    yield "data/changes.js", script("changes", _changes_index(edition, prefixes))


def _levels(edition: Edition) -> list[Level]:
    """Return the levels that the filter offers, the gravest first; the mildest is left out, for it keeps everything."""
    found = [level.rank for level in edition.judged.levels.values()]
    return [level for level in LEVELS[:0:-1] if level.rank <= max(found, default=0)]


def _chart(edition: Edition) -> BarChart | None:
    entries = edition.told.changelog.entries
    return bar_chart([(entry.at, MOVES[entry.event]) for entry in entries if entry.event in MOVES], _BARS)


def _changes_index(edition: Edition, prefixes: list[str]) -> dict[str, Any]:
    number = {prefix: place for place, prefix in enumerate(prefixes)}
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
        for card in edition.cards
    ]
    return {
        "prefixes": prefixes,
        "events": {event: edition.words(f"event.{event}") for event in Event},
        "signs": {sign: edition.words(f"mark.{sign}") for sign in SIGNS},
        "levels": {level: edition.level_name(level) for level in LEVELS},
        "risks": list(risks),
        "rows": rows,
    }


def year_files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the page of each year that has changes."""
    for year in edition.years:
        told = [(card, row) for card, row in zip(edition.cards, edition.rows, strict=True) if year_of(row) == year]
        yield edition.html(
            f"changes/{year}.html",
            "changes",
            "year",
            title=edition.words("year.title", year=year),
            page=None,
            told=told,
            years=edition.years,
            year=year,
        )


def level_page(edition: Edition, view: View) -> tuple[str, str]:
    """Return the page of a level of risk."""
    page = edition.pages[view.folder]
    return edition.html(
        f"{view.folder}index.html",
        "changes",
        "year",
        feeds=[(page.title, "")],
        title=page.title,
        page=page,
        told=list(zip(edition.cards_of(page.rows), page.rows, strict=True)),
        years=edition.years,
        year="",
    )


def report_files(edition: Edition, view: View) -> Iterator[tuple[str, str]]:
    """Yield a view as Markdown and, in the main language, as JSON: but for the titles that is in no language."""
    page, told = edition.pages[view.folder], edition.told
    markdown = edition.renderer.changelog("markdown", structs.replace(page, feed_url="feed.xml"))
    yield f"{view.folder}changelog.md", markdown
    if edition.is_main:
        titled = structs.replace(view.changelog, title=page.title)
        data = b"".join(exported(titled, edition.words, told.catalogue, edition.judged.assessments or None))
        yield f"{view.folder}changelog.json", data.decode()
