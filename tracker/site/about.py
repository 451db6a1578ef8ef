"""The page about the data: how it is made, its dates, gaps and origins; and the counts that the front page shows."""

from collections import Counter
from typing import Any

from tracker.changelog.model import Event
from tracker.site.data import COUNTED_EVENTS, SiteData
from tracker.site.localized import MISSING_PAGE, LocalizedSite

__all__ = ["about_page", "counts", "missing_page"]


def about_page(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the page about the data."""
    return localized_site.html(
        "about.html", "about", title=localized_site.words("site.about"), **counts(localized_site)
    )


def missing_page(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the page that a server shows where there is none."""
    return localized_site.html(MISSING_PAGE, "", "404", title=localized_site.words("missing.title"))


def counts(localized_site: LocalizedSite) -> dict[str, Any]:
    """Return how much there is of everything, how old, how new, and from where."""
    site_data, cards = localized_site.site_data, localized_site.cards
    entries, histories = site_data.changelog.entries, site_data.histories
    return {
        "policies": sum(history.in_force is not None for history in histories),
        "gone": sum(history.in_force is None for history in histories),
        "versions": sum(len(history.versions) for history in histories),
        "updates": sum(entry.event in COUNTED_EVENTS for entry in entries),
        "reissued": sum(entry.event is Event.POLICY_REISSUED for entry in entries),
        "not_observed": sum(entry.not_observed for entry in entries),
        "unavailable": sum(len(history.unavailable) for history in histories),
        "newest": cards[0].day if cards else "",
        "oldest": cards[-1].day if cards else "",
        "origins": _origins(site_data),
        "skipped": site_data.changelog.skipped,
        "catalogue": site_data.catalogue,
    }


def _origins(site_data: SiteData) -> list[tuple[str, int]]:
    """Return where versions came from, with how many each; most first."""
    return Counter(version.origin for history in site_data.histories for version in history.versions).most_common()
