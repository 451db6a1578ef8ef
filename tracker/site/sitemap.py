"""What programs that visit every page ask for first: which pages there are, and that they may be read."""

from collections.abc import Iterable, Iterator

from tracker.site.localized import LocalizedSite

__all__ = ["sitemap_files"]

_FIRST = ("index.html", "policies/index.html", "services/index.html", "actions/index.html", "about.html")


def sitemap_files(sites: Iterable[LocalizedSite]) -> Iterator[tuple[str, str]]:
    """Yield `robots.txt` and, where it is known where the site will be, `sitemap.xml`.

    Args:
        sites: each language, the main one first.
    """
    pages = [url for site in sites for path in _pages(site) if (url := site.url(path))]
    main = next(iter(sites))
    where = f"Sitemap: {main.configuration.base_url}sitemap.xml\n" if pages else ""
    yield "robots.txt", f"User-agent: *\nAllow: /\n{where}"
    if pages:
        yield "sitemap.xml", main.renderer.render("site/sitemap.xml.j2", pages=pages)


def _pages(site: LocalizedSite) -> Iterator[str]:
    """Yield the first page of everything, from the root of the language."""
    yield from _FIRST
    yield from (way for _, way in site.more)
    yield from (f"changes/{year}.html" for year in site.years)
    for history in site.site_data.histories:
        yield f"policies/{history.owner}/{history.label}/index.html"
    yield from (f"services/{page.service.slug}/index.html" for page in site.documented)
    yield from (f"actions/{prefix}.html" for prefix in site.site_data.prefixes)
