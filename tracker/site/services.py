"""The list of services: those configured, and all that the catalogue or a policy names."""

from tracker.site.localized import Edition

__all__ = ["service_list"]


def service_list(edition: Edition) -> tuple[str, str]:
    """Return the list of services, each with the way to its documentation page and to that of its actions."""
    pages = {page.prefix: len(page.histories) for page in edition.documented if page.prefix}
    lines = [
        (edition.service_name(prefix), prefix, len(grants.actions), grants.policies, pages.get(prefix, 0))
        for prefix, grants in edition.told.services.items()
    ]
    lines.sort(key=lambda line: line[0].lower())
    return edition.html(
        "services/index.html",
        "services",
        title=edition.words("services.title"),
        lines=lines,
        documented=edition.documented,
    )
