"""Pages of years: each change in a line, which leads to all about it, month by month.

A year of very many changes has its latest months on its page; each earlier month has a page of its own. An address
of a line that the page of the year once had leads on to the page that has it now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from msgspec import structs

from tracker.site.changes import changelog_json
from tracker.site.data import COUNTED_EVENTS
from tracker.site.localized import LocalizedSite
from tracker.site.paging import MAX_ELEMENTS, elements_in, in_order
from tracker.text.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

__all__ = ["year_data", "year_files"]


@dataclass(frozen=True, slots=True)
class Month:
    """The changes of a month."""

    month: str
    """`2026-03`."""
    name: str
    """As people call it: `March 2026`."""
    lines: "Sequence[Markup]"
    """Its changes, newest first, each a list item."""
    folds: "Sequence[Row | None]"
    """For each line the row that it holds in full; None where it leads to the page of a policy."""

    @property
    def pages(self) -> list[tuple[str, slice]]:
        """Return the files of the month's own pages, each with the lines that it has: one, but of a vast month."""
        parts = in_order(list(map(elements_in, self.lines)))
        return [(f"{self.month}{f'-{number}' if number > 1 else ''}.html", at) for number, at in enumerate(parts, 1)]

    @property
    def elsewhere(self) -> list[tuple[Row, str]]:
        """Return the rows in full, each with the way to it on the month's own pages."""
        return [(row, f"{name}#{row.id}") for name, part in self.pages for row in self.folds[part] if row]


def year_files(localized_site: LocalizedSite, year: str) -> Iterator[tuple[str, str]]:
    """Yield the page of a year, and pages of its earlier months if a browser does not draw all lines at once."""
    site = localized_site
    months = list(_months(site, year))
    shown = sum(total <= MAX_ELEMENTS for total in accumulate(sum(map(elements_in, month.lines)) for month in months))
    entries = (entry for index in site.by_year[year] for entry in site.rows.folds[index])
    title = site.words("year.title", year=year)
    yield site.html(
        f"changes/{year}.html",
        "changes",
        "year",
        title=title,
        description=site.words("year.about", year=year),
        updates=sum(entry.event in COUNTED_EVENTS for entry in entries),
        months=months[:shown],
        earlier=months[shown:],
        numbered=[(other, f"{other}.html", other == year) for other in site.years],
        year=year,
    )
    for month in months[shown:]:
        for name, part in month.pages:
            yield site.html(
                f"changes/{name}",
                "changes",
                "month",
                title=month.name,
                description=site.words("year.about", year=month.name),
                heading=title,
                year=year,
                lines=month.lines[part],
                numbered=[(str(number), other, other == name) for number, (other, _) in enumerate(month.pages, 1)],
            )


def _months(site: LocalizedSite, year: str) -> Iterator[Month]:
    """Yield the months of a year, newest first.

    The year is counted in UTC, a line's day in the site's time zone: what falls into another year by that belongs to
    the first month, or the last.
    """
    indexes = site.by_year[year]
    lines = [(index, site.cards[index]) for index in indexes]
    for month, found in groupby(lines, key=lambda line: min(max(line[1].iso[:7], f"{year}-01"), f"{year}-12")):
        pairs = [(card, None if card.policy else site.rows[index]) for index, card in found]
        values = {"level_name": site.level_name, "home": "../"}
        pieces = [site.renderer.markup("site/line.html.j2", card=card, row=row, **values) for card, row in pairs]
        name = site.words.month(datetime.fromisoformat(f"{month}-01"))
        yield Month(month, name, pieces, [row for _, row in pairs])


def year_data(localized_site: LocalizedSite, year: str) -> Iterator[tuple[str, str]]:
    """Yield all changes of a year as JSON: a file of all years would be made anew for each change.

    Of the latest year its lines are kept: most changes are in it when the next one comes.
    """
    folds = localized_site.rows.folds
    entries = tuple(entry for index in localized_site.by_year[year] for entry in folds[index])
    changelog = structs.replace(localized_site.site_data.changelog, entries=entries, skipped=())
    is_latest = year == localized_site.years[0]
    text = changelog_json(localized_site, localized_site.all_changes, changelog, keeps_lines=is_latest)
    yield f"api/v1/changes/{year}.json", text
