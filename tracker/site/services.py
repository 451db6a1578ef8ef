"""The list of services: those configured, and all that the catalogue or a policy names."""

from tracker.site.localized import LocalizedSite

__all__ = ["service_list"]


def service_list(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the list of services, each with the way to its documentation page and to that of its actions."""
    pages = {page.prefix: len(page.histories) for page in localized_site.documented if page.prefix}
    lines = [
        (localized_site.service_name(prefix), prefix, len(grants.actions), grants.policies, pages.get(prefix, 0))
        for prefix, grants in localized_site.site_data.services.items()
    ]
    lines.sort(key=lambda line: line[0].lower())
    return localized_site.html(
        "services/index.html",
        "services",
        title=localized_site.words("services.title"),
        lines=lines,
        documented=localized_site.documented,
        has_undocumented=localized_site.site_data.undocumented is not None,
    )
