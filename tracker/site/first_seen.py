"""What a managed policy granted for the first time: services and actions that no policy had named before.

A new action in a policy of AWS's is often the first that is heard of a feature. The rules `first-service` and
`first-action` find them along the history of the archive.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from tracker.changelog.model import Entry
from tracker.formats.views import View, page_of
from tracker.risk import Finding
from tracker.site.feeds import FEED_FILES
from tracker.site.localized import LocalizedSite
from tracker.site.paging import page_files, page_links, split
from tracker.site.parts import Part
from tracker.site.subscriptions import view_feeds
from tracker.text.words import printable

__all__ = ["FOLDER", "FirstSeen", "first_seen_parts"]

FOLDER = "first-seen/"
ITEMS_ON_A_PAGE = 60
_RULES = ("first-service", "first-action")


class FirstSeen(NamedTuple):
    """What one change named for the first time."""

    entry: Entry
    """The change."""
    services: tuple[str, ...]
    """Prefixes of services, sorted."""
    actions: tuple[str, ...]
    """Actions, sorted; those of the services, too."""


def first_seen_parts(site: LocalizedSite) -> Iterator[Part]:
    """Yield the pages and the feed; nothing where nothing was assessed."""
    if site.risk_index.assessments:
        found = [item for entry in site.site_data.changelog.entries if (item := _first_seen(site, entry))]
        key = site.key("first-seen", site.digest(item.entry for item in found))
        yield site.part("first-seen", key, partial(_files, site, found))


def _first_seen(site: LocalizedSite, entry: Entry) -> FirstSeen | None:
    """Return what a change named for the first time; None for nothing."""
    assessment = site.risk_index.assessments.get(entry.id)
    findings = [finding for finding in assessment.findings if finding.rule in _RULES] if assessment else []
    services = {name.partition(":")[0] for name in _names(findings, "first-service")}
    actions = {*_names(findings, "first-service"), *_names(findings, "first-action")}
    return FirstSeen(entry, tuple(sorted(services)), tuple(sorted(actions))) if actions else None


def _names(findings: Iterable[Finding], rule: str) -> Iterator[str]:
    for finding in findings:
        if finding.rule == rule:
            yield from map(printable, finding.actions or (finding.action,))


def _files(site: LocalizedSite, found: list[FirstSeen]) -> Iterator[tuple[str, str]]:
    words = site.words
    title, lead = words("first-seen.title"), words("first-seen.lead")
    changelog = replace(site.site_data.changelog, entries=tuple(item.entry for item in found), skipped=())
    page = page_of(View(FOLDER, changelog), site.row_builder, site.configuration, site.url(FOLDER), None)
    by_id = {item.entry.id: item for item in found}
    rows = [replace(row, headline=_headline(site, by_id[row.entries[0].id])) for row in page.rows if row.policy]
    page = replace(page, title=title, lead=lead, rows=rows)
    yield from view_feeds(site, FOLDER, page, thorough=False, files={"rss": FEED_FILES["rss"]}, own_ids=True)
    parts = split([1] * len(found), first=ITEMS_ON_A_PAGE, most=ITEMS_ON_A_PAGE)
    names = page_files(len(parts))
    for index, (name, part) in enumerate(zip(names, parts, strict=True)):
        yield site.html(
            f"{FOLDER}{name}",
            "changes",
            "first_seen",
            feeds=[(title, "", False)] if not index else (),
            title=title,
            description=lead,
            items=[(item, site.card(item.entry), [*map(site.service_name, item.services)]) for item in found[part]],
            numbered=page_links(names, index),
        )


def _headline(site: LocalizedSite, item: FirstSeen) -> str:
    """Return the title of a change in the feed: what it named for the first time, and in which policy."""
    policy = " ".join(filter(None, (item.entry.policy, item.entry.version)))
    if item.services:
        services = site.words.few([*map(site.service_name, item.services)])
        return site.words("first-seen.services", policy=policy, services=services)
    return site.words("first-seen.actions", policy=policy, actions=site.words.few(list(item.actions)))
