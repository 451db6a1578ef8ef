"""Documentation pages: for each configured service, and for each service of the catalogue that has policies.

Such a page is what AWS writes under "AWS managed policies for <Service>": an introduction, a section for each policy,
and the table of updates. A configured service's page has the policy documents in full; those of all others, which
would make the site a third larger, are one link away, on the pages of the policies.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.changelog.model import Changelog
from tracker.formats.service_page import PolicySection, build_section, service_page
from tracker.formats.views import View, page_of
from tracker.policy.history import PolicyHistory
from tracker.site.data import DocumentationPage, SiteData
from tracker.site.feeds import FEED_FILES
from tracker.site.localized import LazyRows, LocalizedSite
from tracker.site.paging import MAX_ELEMENTS, MAX_SCROLLED, elements_in, page_links, split, weight_of
from tracker.site.parts import Part
from tracker.site.subscriptions import ITEMS_OF_A_SERVICE, view_feeds

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["documentation_parts"]

MIN_UPDATES, MOST_UPDATES = 300, 600
"""Elements that the table of updates may have beside the sections of policies, however many or few those are: on a
phone 600 are ten screens. All others are on pages of their own."""
SECTIONS_UNFOLDED, MOST_OF_SECTIONS = 12, 500
"""Policies that a page has in full one after the other, however long that is; and what those of more policies weigh at
most, to stand there in full."""
LINES_UNFOLDED = 30
"""Lines of a document that are shown at once."""


def documentation_parts(localized_site: LocalizedSite) -> Iterator[Part]:
    """Yield the documentation page of each service, with its feed where it has no other; each is a part.

    The page of a service that the configuration names is what AWS writes by hand, in full. Others are short: the
    pages of policies have the full text.
    """
    sections, site_data = _Sections(localized_site), localized_site.site_data
    for item in localized_site.documented:
        changelog = _changelog(site_data, item)
        records = [site_data.record_by_policy[history.owner, history.label].key for history in item.histories]
        facts = (item.service.slug, item.service.name, item.prefix, str(item.is_configured))
        key = localized_site.key("documentation", *facts, *records, localized_site.digest(changelog.entries))
        files = partial(_service_files, localized_site, sections, item, changelog)
        yield localized_site.part(f"services/{item.service.slug}", key, files)


def _service_files(
    localized_site: LocalizedSite, sections: "_Sections", item: DocumentationPage, changelog: Changelog
) -> Iterator[tuple[str, str]]:
    service = item.service
    folder = f"services/{service.slug}/"
    view = View(folder, changelog, service)
    row_builder = localized_site.row_builder.for_service(service)
    rows = LazyRows(row_builder, changelog)
    if not item.is_configured:
        own = page_of(view, row_builder, localized_site.configuration, localized_site.url(folder), None, rows=rows)
        files = {"rss": FEED_FILES["rss"]}
        yield from view_feeds(localized_site, folder, own, thorough=False, files=files, most=ITEMS_OF_A_SERVICE)
    shown = changelog if item.is_configured else replace(changelog, entries=())
    section_of = partial(sections.of, in_full=item.is_configured)
    page = service_page(service, item.histories, shown, row_builder, FEED_FILES["rss"], section_of)
    render = partial(localized_site.renderer.markup, "site/service_update.html.j2", home="../../")
    if item.is_configured:
        updates = [render(row=row, card=None) for row in page.rows]
    else:
        updates = [render(row=None, card=card) for card in localized_site.cards_of(rows)]
    policies = [sections.shown(section, in_full=item.is_configured) for section in page.sections]
    free = MAX_ELEMENTS - sum(elements_in(section) for section in policies)
    most = max(min(free, MOST_UPDATES), MIN_UPDATES)
    weights = [weight_of(update) - update.count("<wbr>") for update in updates]  # each is beside a name of its own
    first, *older = split(weights, first=most, most=MAX_SCROLLED)
    names = ["index.html#updates", *(f"updates-{number}.html" for number in range(len(older), 0, -1))]
    yield localized_site.html(
        f"{folder}index.html",
        "services",
        "service",
        feeds=[(page.updates, "", item.is_configured)],
        title=page.title,
        description=page.lead,
        page=page,
        updates=updates[first],
        documented=item,
        sections=list(zip(page.sections, policies, strict=True)),
        folds_sections=len(policies) > SECTIONS_UNFOLDED and sum(map(weight_of, policies)) > MOST_OF_SECTIONS,
        numbered=page_links(names, 0),
    )
    for number, part in enumerate(older, 1):
        yield localized_site.html(
            f"{folder}{names[number]}",
            "services",
            "updates",
            title=page.updates,
            description=page.lead,
            heading=page.title,
            updates=updates[part],
            numbered=page_links(names, number),
        )


def _changelog(site_data: SiteData, documented: DocumentationPage) -> Changelog:
    """Return what happened to a page's policies."""
    places = {(history.owner, history.label) for history in documented.histories}
    entries = [entry for place in places for entry in site_data.entries.get(place, ())]
    return replace(
        site_data.changelog, entries=tuple(sorted(entries, key=lambda it: site_data.entry_positions[it.id])), skipped=()
    )


class _Sections:
    """The sections of policies in one language; each is made once, on however many pages it stands."""

    def __init__(self, localized_site: LocalizedSite) -> None:
        self._edition = localized_site
        self._made: dict[tuple[tuple[str, str], bool], PolicySection | None] = {}
        self._places: dict[int, tuple[str, str]] = {}
        self._shown: dict[tuple[int, bool], Markup] = {}

    def of(self, history: PolicyHistory, *, in_full: bool) -> PolicySection | None:
        """Return a policy's section, in full or in short; None for one that is not in force."""
        place = (history.owner, history.label)
        if (place, in_full) not in self._made:
            grants, row_builder = self._edition.site_data.granted_changes[place], self._edition.row_builder
            section = build_section(history, row_builder, grants, in_full=False, with_grants=in_full)
            self._made[place, in_full] = section
            self._places[id(section)] = place
        return self._made[place, in_full]

    def shown(self, section: PolicySection, *, in_full: bool) -> "Markup":
        """Return a section without its heading, as it stands in the folder of a service."""
        key = id(section), in_full
        if key not in self._shown:
            owner, folder = self._places[id(section)]
            record = self._edition.site_data.record_by_policy[owner, folder]
            document = self._edition.site_data.document(record.history) if in_full else ""
            self._shown[key] = self._edition.renderer.markup(
                "site/section.html.j2",
                section=section,
                address=f"../../policies/{owner}/{folder}/index.html",
                in_full=in_full,
                document=document,
                is_folded=document.count("\n") > LINES_UNFOLDED,
            )
        return self._shown[key]
