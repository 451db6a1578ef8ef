"""Changes that no page documents, on a page and in a feed; only where pages have been recorded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from tracker.changelog.model import Changelog
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.matching import USUAL_MAX_DAYS
from tracker.documentation.auditing.roles import role_index
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.documentation.recorded import RecordedPage, page_of_record
from tracker.documentation.undocumented import PageTime, Undocumented, UndocumentedState, undocumented_changes
from tracker.formats.audit_report import undocumented_report
from tracker.formats.views import View, page_of
from tracker.policy.history import PolicyHistory
from tracker.risk.rules import Level
from tracker.site.feeds import FEED_FILES
from tracker.site.localized import LocalizedSite
from tracker.site.memo import digest_of
from tracker.site.parts import Part
from tracker.site.subscriptions import view_feeds

__all__ = ["undocumented_in", "undocumented_parts"]

FOLDER = "undocumented/"


def undocumented_in(
    records: Iterable[RecordedPage],
    changelog: Changelog,
    histories: Iterable[PolicyHistory],
    exists: Callable[[str], bool],
    levels: Mapping[str, Level],
) -> tuple[Undocumented, ...]:
    """Return the changes that no recorded page documents.

    Args:
        records: the pages.
        changelog: all that happened.
        histories: of all policies; their documents are not needed.
        exists: says whether some service has an action of that name.
        levels: entry id → the gravest that can come of it.
    """
    pages = [(record, *page_of_record(record)) for record in records]
    if not pages:
        return ()
    facts = [history.facts for history in histories]
    names, roles = PolicyNames(one.name for one in facts), role_index(facts)
    written = {policy for _, page, _ in pages for policy in page.policies}
    wanted = {name for one in written for name in (one, roles.policy_of(one)[0], names.nearest(one))}
    entries = [entry for entry in changelog.entries if entry.policy in wanted]
    times = [
        PageTime(
            record.address,
            audit_page(page, entries, exists, names=names, roles=roles),
            page.since,
            record.last_day,
            absent,
        )
        for record, page, absent in pages
    ]
    return undocumented_changes(times, entries, lambda entry: levels.get(entry.id))


def undocumented_parts(site: LocalizedSite) -> Iterator[Part]:
    """Yield the page and the feed; nothing where no page has been recorded."""
    found = site.site_data.undocumented
    if found is not None:
        key = site.key("undocumented", digest_of(repr([_values_of(item) for item in found])))
        yield site.part("undocumented", key, partial(_files, site, found))


def _values_of(item: Undocumented) -> tuple[object, ...]:
    """Return all values that a page shows of a change beside its entry, which never changes."""
    days = str(item.looked_at_until), str(item.nearest_row)
    return item.id, item.pages, days, item.documented_for, str(item.level), str(item.state)


def _files(site: LocalizedSite, found: Sequence[Undocumented]) -> Iterator[tuple[str, str]]:
    words = site.words
    title = words("audit.undocumented")
    states: Mapping[str, UndocumentedState] = {item.id: item.state for item in found}
    entries = tuple(sorted((item.entry for item in found), key=lambda entry: entry.at, reverse=True))
    page = page_of(View(FOLDER, Changelog("", entries)), site.row_builder, site.configuration, site.url(FOLDER), None)
    rows = [
        replace(row, headline=words("audit.undocumented.resolved.title", title=row.headline))
        if states.get(row.id) is UndocumentedState.RESOLVED
        else row
        for row in page.rows
    ]
    open_ones = sum(state is UndocumentedState.OPEN for state in states.values())
    lead = words("audit.undocumented.lead", count=open_ones, days=USUAL_MAX_DAYS)
    page = replace(page, title=title, lead=lead, rows=rows)
    yield from view_feeds(site, FOLDER, page, thorough=False, files={"rss": FEED_FILES["rss"]}, own_ids=True)
    yield site.html(
        f"{FOLDER}index.html",
        "services",
        "undocumented",
        feeds=[(title, "", False)],
        title=title,
        lead=lead,
        items=[undocumented_report(item, site.row_builder) for item in found],
    )
