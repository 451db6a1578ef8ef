"""The page about the data: how it is made, its dates, gaps and origins; and the counts that the front page shows."""

from collections import Counter
from typing import Any

from tracker.policy.model import Event
from tracker.site.data import MOVES, Told
from tracker.site.localized import Edition

__all__ = ["about_page", "counts"]


def about_page(edition: Edition) -> tuple[str, str]:
    """Return the page about the data."""
    return edition.html("about.html", "about", title=edition.words("site.about"), **counts(edition))


def counts(edition: Edition) -> dict[str, Any]:
    """Return how much there is of everything, how old, how new, and from where."""
    told, rows = edition.told, edition.rows
    entries, histories = told.changelog.entries, told.histories
    return {
        "policies": sum(history.in_force is not None for history in histories),
        "gone": sum(history.in_force is None for history in histories),
        "versions": sum(len(history.versions) for history in histories),
        "updates": sum(entry.event in MOVES for entry in entries),
        "reissued": sum(entry.event is Event.POLICY_REISSUED for entry in entries),
        "not_observed": sum(entry.not_observed for entry in entries),
        "unavailable": sum(len(history.unavailable) for history in histories),
        "newest": rows[0] if rows else None,
        "oldest": rows[-1] if rows else None,
        "origins": _origins(told),
        "skipped": told.changelog.skipped,
        "catalogue": told.catalogue,
    }


def _origins(told: Told) -> list[tuple[str, int]]:
    """Return where versions came from, with how many each; most first."""
    return Counter(version.origin for history in told.histories for version in history.versions).most_common()
