"""Pages of services: one for each that is configured, and the list of all."""

from collections.abc import Iterator

from tracker.site.edition import Edition
from tracker.site.told import place_of
from tracker.site.views import View

__all__ = ["service_files", "service_list"]


def service_files(edition: Edition, view: View) -> Iterator[tuple[str, str]]:
    """Yield the page of a configured service: its table of updates, its policies, its feeds."""
    page, service = edition.pages[view.folder], view.service
    yield edition.html(
        f"{view.folder}index.html",
        "services",
        "service",
        feeds=[(page.title, "")],
        title=page.title,
        page=page,
        service=service,
        rows=page.rows,
        policies=sorted({(entry.policy, *place_of(entry)) for entry in view.changelog.entries}),
    )


def service_list(edition: Edition) -> tuple[str, str]:
    """Return the list of services: those configured, and all that the catalogue or a policy names."""
    lines = [
        (edition.service_name(prefix), prefix, len(grants.actions), grants.policies)
        for prefix, grants in edition.told.services.items()
    ]
    lines.sort(key=lambda line: line[0].lower())
    return edition.html("services/index.html", "services", title=edition.words("services.title"), lines=lines)
