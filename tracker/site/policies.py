"""Pages of policies: one for each, with its feeds, and the list of all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from msgspec import Struct, msgpack
from msgspec.structs import replace

from tracker.changelog.model import Changelog, Event
from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.views import View, page_of
from tracker.policy.history import PolicyHistory
from tracker.risk.rules import Level
from tracker.settings.services import Service
from tracker.site.cards import Card, card_of
from tracker.site.charts import LineChart, line_chart
from tracker.site.data import COUNTED_EVENTS
from tracker.site.feeds import FEED_FILES
from tracker.site.localized import LocalizedSite
from tracker.site.memo import digest_of
from tracker.site.parts import Part
from tracker.site.records import PolicyRecord
from tracker.site.scripts import script
from tracker.site.subscriptions import ITEMS_OF_A_POLICY, view_feeds
from tracker.site.timelines import Timeline, step_of
from tracker.text.findings import findings_line
from tracker.text.rows import DescriptionBlock, Row

__all__ = ["ListedPolicy", "PolicyPages"]

POLICIES_ON_A_PAGE = 200
LINES_OF_OLDER_STEPS = 30
"""Older steps that a policy's page names in a line each before it folds the rest."""


@dataclass(frozen=True, slots=True)
class ListedPolicy:
    """One line of the list of policies."""

    owner: str
    name: str
    folder: str
    is_listed: bool
    version: str
    versions: int
    allowed: int | None
    iso: str
    day: str
    address: str
    level: str = ""
    """How risky is what it allows now; empty where not known."""


class PolicySummary(Struct, frozen=True):
    """What the pages of others show of a policy."""

    listed: ListedPolicy
    """Its line in the list of all."""
    cards: dict[str, Card]
    """What happened in a few words, by the id of the entry."""


_SUMMARY = msgpack.Decoder(PolicySummary)


class PolicyPages:
    """The pages of policies in one language."""

    def __init__(self, localized_site: LocalizedSite) -> None:
        """Take the language."""
        self.site = localized_site
        localized_site.make_cards = self._cards
        self._keys: dict[tuple[str, str], str] = {}
        self._standing: defaultdict[tuple[str, str], list[Service]] = defaultdict(list)
        for page in localized_site.documented:
            for history in page.histories:
                self._standing[history.owner, history.label].append(page.service)

    def parts(self) -> Iterator[Part]:
        """Yield a part for each policy: its page and its feed."""
        for record in self.site.site_data.records:
            name = f"policies/{record.history.owner}/{record.history.label}"
            yield self.site.part(name, self._key(record), partial(self._files, record))

    def _key(self, record: PolicyRecord) -> str:
        """Return what names all that a policy's page shows."""
        if record.policy not in self._keys:
            self._keys[record.policy] = self._made_key(record)
        return self._keys[record.policy]

    def _made_key(self, record: PolicyRecord) -> str:
        policy = record.policy
        standing = [f"{service.slug}\0{service.name}" for service in self._standing[policy]]
        named = self.site.site_data.prefixes_granted(record)
        entries = self.site.site_data.entries.get(policy, ())
        successor = self.site.site_data.successors.get(policy)
        return self.site.key(
            record.key,
            self.site.digest(entries),
            "\0".join(standing),
            "\0".join(named),
            successor.label if successor else "",
            self.site.risk_index.standing_level(policy),
        )

    def summary(self, record: PolicyRecord) -> PolicySummary:
        """Return what the pages of others show of a policy."""
        return self.site.site_data.memo.get(self._summary_key(record), _SUMMARY.decode, lambda: self._summary(record))

    def _summary_key(self, record: PolicyRecord) -> str:
        return digest_of("summary", self._key(record))

    def unknown(self) -> int:
        """Return how many policies there are of which no earlier build kept a summary."""
        site_data = self.site.site_data
        return sum(self._summary_key(record) not in site_data.memo for record in site_data.records)

    def _summary(self, record: PolicyRecord) -> PolicySummary:
        entries = self.site.site_data.entries.get(record.policy, ())
        rows = {entry.id: self.site.row_builder.row(entry) for entry in entries}
        cards = {name: card_of(row, self.site.risk_index) for name, row in rows.items() if row.policy}
        return PolicySummary(_listed(self.site, record, list(rows.values())), cards)

    def _files(self, record: PolicyRecord) -> Iterator[tuple[str, str]]:
        listed = self.summary(record).listed
        named, standing = self.site.site_data.prefixes_granted(record), self._standing[record.policy]
        yield from _policy(self.site, record, listed, named, standing)

    def list_parts(self) -> Iterator[Part]:
        """Yield the list of all policies, each page as a part, and the same as data for the script."""
        site, listed = self.site, self.listed
        starts = range(0, max(1, len(listed)), POLICIES_ON_A_PAGE)
        names = ["index.html", *(f"page-{number}.html" for number in range(2, len(starts) + 1))]
        in_force = sum(one.is_listed for one in listed)
        for index, (start, name) in enumerate(zip(starts, names, strict=True)):
            shown = listed[start : start + POLICIES_ON_A_PAGE]
            numbered = [(str(number + 1), other, number == index) for number, other in enumerate(names)]
            key = site.key("policies", str(len(listed)), str(in_force), repr(numbered), msgpack.encode(shown))
            yield site.part(f"policies/{name}", key, partial(self._list_page, name, shown, in_force, numbered))
        if site.is_main:
            key = site.key("policies", msgpack.encode(listed))
            yield site.part("data/policies", key, self._list_data)

    def _list_page(
        self, name: str, shown: Sequence[ListedPolicy], in_force: int, numbered: Sequence[tuple[str, str, bool]]
    ) -> Iterator[tuple[str, str]]:
        """Yield one page of the list."""
        count = len(self.listed)
        yield self.site.html(
            f"policies/{name}",
            "policies",
            title=self.site.words("policies.title"),
            description=self.site.words("policies.lead", count=count),
            policies=shown,
            count=count,
            in_force=in_force,
            numbered=numbered,
        )

    def _list_data(self) -> Iterator[tuple[str, str]]:
        """Yield the list as data for the script."""
        rows = [
            (
                f"{one.owner}/{one.folder}",
                one.folder,
                one.is_listed,
                one.version,
                one.versions,
                one.allowed,
                one.iso,
                one.level,
            )
            for one in self.listed
        ]
        yield "data/policies.js", script("policies", rows)

    @cached_property
    def listed(self) -> list[ListedPolicy]:
        """The lines of the list of all policies."""
        records = self.site.site_data.records
        return sorted((self.summary(record).listed for record in records), key=lambda one: one.folder.lower())

    def _cards(self) -> dict[str, Card]:
        """Return the cards of all policies, by the id of their only entry."""
        summaries = map(self.summary, self.site.site_data.records)
        return {name: card for summary in summaries for name, card in summary.cards.items()}


def _listed(localized_site: LocalizedSite, record: PolicyRecord, rows: Sequence[Row]) -> ListedPolicy:
    history, counts = record.history, record.allowed
    version = history.last_version
    index = history.versions.index(version) if version else -1
    last = _last_change(localized_site, history, rows)
    return ListedPolicy(
        history.owner,
        history.facts.name,
        history.label,
        history.in_force is not None,
        version.version_id if version else "",
        len(history.versions),
        counts[index] if version else None,
        last.date().isoformat() if last else "",
        localized_site.words.date(last) if last else "",
        f"policies/{history.owner}/{history.label}/index.html",
        localized_site.risk_index.standing_level(record.policy),
    )


def _last_change(localized_site: LocalizedSite, history: PolicyHistory, rows: Sequence[Row]) -> datetime | None:
    """Return when a policy last changed, or came or went; where it never did, when its oldest version was published.

    That tracking started is no change, and no more is a version that says the same as the one before.
    """
    changed = [row.at for row in rows if row.event in COUNTED_EVENTS]
    published = [history.versions[0].created_at] if history.versions else []
    last = next(iter([*changed, *published]), None)
    return last.astimezone(localized_site.configuration.time_zone) if last else None


def _policy(
    localized_site: LocalizedSite,
    record: PolicyRecord,
    listed: ListedPolicy,
    prefixes: Sequence[str],
    services: Sequence[Service],
) -> Iterator[tuple[str, str]]:
    history, counts = record.history, record.allowed
    entries = localized_site.site_data.entries.get(record.policy, ())
    rows = [_single_file(localized_site, localized_site.row_builder.row(entry)) for entry in entries]
    folder = f"policies/{history.owner}/{history.label}/"
    page = _page(localized_site, history, folder)
    files = {"rss": FEED_FILES["rss"]}
    yield from view_feeds(localized_site, folder, page, thorough=False, files=files, most=ITEMS_OF_A_POLICY)
    allowed = {version.version_id: count for version, count in zip(history.versions, counts, strict=True)}
    timeline = Timeline(localized_site, [step_of(localized_site, row, allowed) for row in rows])
    found, gravest = localized_site.risk_index.standing.get(record.policy, ()), listed.level
    standing = [finding for finding in found if finding.level is not Level.INFO]
    yield localized_site.html(
        f"{folder}index.html",
        "policies",
        "policy",
        feeds=[(page.title, "", False)],
        title=history.facts.name,
        description=_description(localized_site, history, listed),
        history=history,
        listed=listed,
        page=page,
        timeline=timeline,
        lines_of_older_steps=LINES_OF_OLDER_STEPS,
        standing=findings_line((one for one in standing if one.level == gravest), localized_site.words),
        standing_more=findings_line((one for one in standing if one.level != gravest), localized_site.words),
        successor=localized_site.site_data.successors.get(record.policy),
        line=_line(history, counts),
        document=localized_site.site_data.document(history),
        services=services,
        prefixes_named=prefixes,
    )
    for number, steps in timeline.older_pages:
        yield localized_site.html(
            f"{folder}history-{number}.html",
            "policies",
            "history",
            title=localized_site.words("policy.history", policy=history.facts.name),
            history=history,
            listed=listed,
            steps=steps,
            numbered=timeline.pages(number),
        )


def _description(localized_site: LocalizedSite, history: PolicyHistory, listed: ListedPolicy) -> str:
    """Return what a policy's page has, in a sentence."""
    return localized_site.words("policy.about", count=len(history.versions), policy=history.facts.name, day=listed.day)


def _page(localized_site: LocalizedSite, history: PolicyHistory, folder: str) -> ChangelogPage:
    """Return what the policy's feeds hold: the same items as the other feeds, with the re-issues of a day in one."""
    entries = localized_site.site_data.entries.get((history.owner, history.label), ())
    view = View(folder, Changelog("", tuple(entries)), policy=history.facts.name)
    page = page_of(view, localized_site.row_builder, localized_site.configuration, localized_site.url(folder), None)
    return replace(page, rows=tuple(_single_file(localized_site, row) for row in page.rows))


def _single_file(localized_site: LocalizedSite, row: Row) -> Row:
    """Return a row as one policy's page and feeds have it: not with how many were there when tracking started."""
    if row.event is Event.TRACKING_STARTED and row.entries[0].published:
        return replace(row, blocks=(DescriptionBlock(localized_site.words("lead.tracking-started.policy")),))
    return row


def _line(history: PolicyHistory, counts: Sequence[int | None]) -> LineChart | None:
    moments = [(version.created_at, count) for version, count in zip(history.versions, counts, strict=True)]
    return line_chart(moments)
