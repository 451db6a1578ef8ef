"""Policies that came, and policies that are gone: a page for each of the two."""

from collections.abc import Iterator
from functools import partial

from tracker.changelog.model import Event
from tracker.site.localized import LocalizedSite
from tracker.site.paging import page_files, page_links, split
from tracker.site.parts import Part

__all__ = ["arrival_parts"]

ITEMS_ON_A_PAGE = 100
_PAGES = {
    "new": (Event.POLICY_ADDED, Event.POLICY_RETURNED),
    "removed": (Event.POLICY_REMOVED,),
}


def arrival_parts(site: LocalizedSite) -> Iterator[Part]:
    """Yield the two pages, each as a part."""
    for name, events in _PAGES.items():
        entries = [entry for entry in site.site_data.changelog.entries if entry.event in events]
        successors = [f"{policy}{after.label}" for policy, after in site.site_data.successors.items()]
        key = site.key(name, site.digest(entries), *successors)
        yield site.part(name, key, partial(_files, site, name))


def _files(site: LocalizedSite, name: str) -> Iterator[tuple[str, str]]:
    cards = [
        (site.card(entry), site.site_data.successors.get((entry.owner, entry.folder)))
        for entry in site.site_data.changelog.entries
        if entry.event in _PAGES[name]
    ]
    parts = split([1] * len(cards), first=ITEMS_ON_A_PAGE, most=ITEMS_ON_A_PAGE)
    files = page_files(len(parts))
    for index, (file, part) in enumerate(zip(files, parts, strict=True)):
        yield site.html(
            f"{name}/{file}",
            "policies",
            "arrivals",
            title=site.words(f"more.{name}"),
            description=site.words(f"arrivals.{name}", count=len(cards)),
            cards=cards[part],
            is_removed=name == "removed",
            numbered=page_links(files, index),
        )
