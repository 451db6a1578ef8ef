"""Entries to rows: what a reader sees of a changelog, in the words of one language.

Everything is decided here; templates print. Many re-issues of one day are one row, and so are the starts of
tracking. Texts keep their marks of code (words.py) until they are rendered.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from tracker.catalogue.catalogue import AccessLevel, Catalogue
from tracker.changelog.model import Changelog, Entry, EntryAnnouncement, Event
from tracker.diff.details import Detail, scope_details
from tracker.diff.model import Change
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Condition, Effect, Scope
from tracker.risk.rules import Level
from tracker.settings.services import Service
from tracker.text.titles import service_names, title_of
from tracker.text.words import Words, code, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.risk import Assessment, Finding

__all__ = ["AnnouncementNote", "DescriptionBlock", "ListItem", "Row", "RowBuilder"]

_IN_LINKS = ":/?#@!$&*+,;=%~"
"""What stays as it is in an address; brackets, quotes and bars would end it in Markdown."""
_PRESENCE = {("false",): "present", ("true",): "absent"}
"""What `Null` tests, by its value: whether a request has no such key."""
MAX_ACTIONS = 6
"""Actions of a service that a line names before it counts them."""
MANY_COVERED = 3
"""Actions that one wildcard covers from which on they stand apart, and that is said once."""
MAX_RESOURCES = 3
"""Resources that a sentence names before they get a list of their own."""


class ListItem(Struct, frozen=True):
    """One line of a list."""

    text: str
    """An action, a resource, a policy; marked as code where it is."""
    note: str = ""
    """What is to be said of it; empty for nothing."""


class DescriptionBlock(Struct, frozen=True):
    """One sentence and the lists that belong to it."""

    lead: str
    """The sentence; ends with a colon where a list follows."""
    items: tuple[ListItem, ...] = ()
    """What it is about: actions or policies."""
    details: tuple[ListItem, ...] = ()
    """Where and when: resources and conditions that came and went."""


@dataclass(frozen=True, slots=True)
class AnnouncementNote:
    """That something was announced, and where."""

    text: str
    """When, in words, and under which title."""
    link: str | None
    """The address; None for none."""


class Row(Struct, frozen=True):
    """One row of the table Change | Description | Date, and one item of a feed."""

    id: str
    """The entry's id, or that of the fold: never changes."""
    event: Event
    """What happened."""
    policy: str | None
    """The policy's name; None for a row about several."""
    title: str
    """What happened, without the policy's name."""
    heading: str
    """The first cell of the table: the policy's name, marked as code, and the title."""
    headline: str
    """Policy, version and title in one line, for feeds and commits."""
    blocks: tuple[DescriptionBlock, ...]
    """The description."""
    note: str
    """Version, and versions not observed; empty where there is nothing to say."""
    at: datetime
    """When."""
    day: str
    """The day as it is written."""
    entries: tuple[Entry, ...]
    """What the row tells."""
    verdict: str = ""
    """What the change does on the whole, by its id (`broadens`); empty where it was not assessed, and in folds."""
    findings: "tuple[Finding, ...]" = ()
    """What somebody should look at, the gravest first."""
    risk: str = ""
    """Verdict and findings in one line; empty where there is nothing to say."""
    announced: tuple[AnnouncementNote, ...] = ()
    """What a documentation's history feed says of it; empty in folds."""

    @property
    def address(self) -> str:
        """Where the site tells it, from the root of a language: on its policy's page, a fold on its year's."""
        entry = self.entries[0]
        if self.policy is None or not entry.anchor:
            return f"changes/{self.at.astimezone(UTC).year}.html#{self.id}"
        return f"policies/{entry.owner}/{entry.folder}/index.html#{entry.anchor}"


def _by_cover(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes that are told in one sentence: those that one wildcard makes void apart, where they are many."""
    counts = Counter(change.covered_by for change in changes if change.covered_by)
    many = [pattern for pattern, count in counts.items() if count >= MANY_COVERED]
    rest = [change for change in changes if change.covered_by not in many]
    if rest:
        yield rest
    for pattern in many:
        yield [change for change in changes if change.covered_by == pattern]


def _label(entry: Entry) -> str:
    return printable(f"{entry.policy} {entry.version}" if entry.version else entry.policy)


def _manner(change: Change) -> str:
    """Return the part of a message's name that says what a statement does with its actions."""
    manner = "allow" if change.effect is Effect.ALLOW else "deny"
    if change.inverted:
        manner += ".all-but" if change.action == EVERYTHING else ".except"
    return manner


class _Levels:
    """The access levels of actions, in the words of one language; each is looked up once."""

    def __init__(self, words: Words, catalogue: Catalogue) -> None:
        self._words, self._catalogue = words, catalogue
        self._names: dict[str, str] = {}
        self._known: dict[str, frozenset[AccessLevel | None]] = {}
        self._phrases: dict[frozenset[AccessLevel | None], str] = {}

    def of(self, action: str) -> str:
        """Return the level of an action; empty where none is known, and for a wildcard."""
        if action not in self._names:
            facts = self._catalogue.action(action)
            self._names[action] = self._name(facts.access_level) if facts and facts.access_level else ""
        return self._names[action]

    def of_all(self, actions: Iterable[str]) -> str:
        """Return the levels of all that some patterns stand for, in one phrase; empty where none is known."""
        found = frozenset[AccessLevel | None]().union(*map(self._of_pattern, actions))
        if found not in self._phrases:
            self._phrases[found] = self._words.all_of([self._name(level) for level in AccessLevel if level in found])
        return self._phrases[found]

    def _of_pattern(self, pattern: str) -> frozenset[AccessLevel | None]:
        if pattern not in self._known:
            self._known[pattern] = frozenset(facts.access_level for facts in self._catalogue.expand(pattern))
        return self._known[pattern]

    def _name(self, level: AccessLevel) -> str:
        return self._words(f"level.{level.name.lower()}")


class RowBuilder:
    """Tells entries in one language."""

    def __init__(
        self,
        words: Words,
        catalogue: Catalogue,
        zone: tzinfo = UTC,
        service: Service | None = None,
        assessments: "Mapping[str, Assessment] | None" = None,
    ) -> None:
        """Take the words, the names of services, the zone in which days are told, and whose changelog it is.

        With assessments, by entry, rows also say what a change means, and actions their access level.
        """
        self.words = words
        self.catalogue = catalogue
        self.zone = zone
        self.service = service
        self.assessments = assessments
        self.levels = assessments is not None
        self._told: dict[tuple[int, ...], Row] = {}
        self._names: dict[str, str] = {}
        self._scopes_told: dict[tuple[Scope, str], str] = {}
        self._levels = _Levels(words, catalogue)

    def for_service(self, service: Service | None) -> "RowBuilder":
        """Return a teller of a service's changelog, who tells in the same words and knows what has been told."""
        other = copy(self)
        other.service = service
        return other

    def rows(self, changelog: Changelog) -> list[Row]:
        """Return the rows of a changelog, in its order; a fold stands where its newest entry does."""
        folds: dict[str, list[Entry]] = {}
        for entry in changelog.entries:
            folds.setdefault(self._row_id(entry), []).append(entry)
        return [self._row(row_id, entries) for row_id, entries in folds.items()]

    def _row_id(self, entry: Entry) -> str:
        """Return the id of the row that tells an entry; it does not depend on what else is told."""
        if entry.event is Event.POLICY_REISSUED:
            return printable(f"{entry.owner}/{entry.event}/{entry.at.astimezone(UTC).date()}")
        if entry.event is Event.TRACKING_STARTED:
            return printable(f"{entry.owner}/{entry.event}")
        return printable(entry.id)

    def row(self, entry: Entry) -> Row:
        """Return one entry as a row of its own."""
        return self._row(self._row_id(entry), [entry])

    def _row(self, row_id: str, entries: Sequence[Entry]) -> Row:
        """Return entries as a row; each is told once, on however many pages it stands."""
        if entries[0].event is Event.TRACKING_STARTED:
            return self._start_of_tracking(row_id, entries)
        key = tuple(map(id, entries))  # a row keeps its entries, so that no other entry can get their place
        if key not in self._told:
            self._told[key] = self._build_row(row_id, entries)
        return self._told[key]

    def _build_row(self, row_id: str, entries: Sequence[Entry]) -> Row:
        first = entries[0]
        if first.event is Event.POLICY_REISSUED and len(entries) > 1:
            return self._reissues(row_id, entries)
        title = title_of(first, self.words, self.catalogue)
        headline = self.words("row.headline", policy=_label(first), title=title)
        return self._make_row(
            row_id, entries, first.policy, title, headline, self._description(first), self._note(first)
        )

    def _make_row(
        self,
        row_id: str,
        entries: Sequence[Entry],
        policy: str | None,
        title: str,
        headline: str,
        blocks: Iterable[DescriptionBlock],
        note: str = "",
        at: datetime | None = None,
    ) -> Row:
        moment = at or entries[0].at
        day = self.words.date(moment.astimezone(self.zone))
        heading = self.words("row.title", policy=code(policy), title=title) if policy else title
        event, told = entries[0].event, tuple(entries)
        row = Row(row_id, event, policy, title, heading, headline, tuple(blocks), note, moment, day, told)
        if len(entries) == 1 and entries[0].notices:
            row = replace(row, announced=tuple(map(self._announcement_note, entries[0].notices)))
        assessment = (self.assessments or {}).get(entries[0].id) if len(entries) == 1 else None
        return self._with_assessment(row, assessment) if assessment else row

    def _announcement_note(self, notice: EntryAnnouncement) -> AnnouncementNote:
        title = printable(notice.title)
        if notice.days:
            when = "announced.after" if notice.days > 0 else "announced.before"
            text = self.words(when, count=abs(notice.days), title=title)
        else:
            text = self.words("announced.same-day", title=title)
        link = quote(notice.link, safe=_IN_LINKS) if notice.link else None
        return AnnouncementNote(text, link)

    def _with_assessment(self, row: Row, assessment: "Assessment") -> Row:
        """Return a row with what its change means; the headline of a critical one says so."""
        verdict = self.words(f"verdict.{assessment.verdict}")
        found: dict[Level, dict[str, None]] = {}
        for finding in assessment.findings:
            found.setdefault(finding.level, {})[self.words(f"rule.{finding.rule}")] = None
        told = [
            self.words("row.level", level=self.words(f"risk.{level}"), rules=self.words.all_of(list(rules)))
            for level, rules in found.items()
        ]
        name = "row.risk" if told else "row.risk.plain"
        critical = any(finding.level is Level.CRITICAL for finding in assessment.findings)
        return replace(
            row,
            headline=self.words("row.headline.critical", headline=row.headline) if critical else row.headline,
            verdict=str(assessment.verdict),
            findings=assessment.findings,
            risk=self.words(name, verdict=verdict, findings=" ".join(told)),
        )

    def _start_of_tracking(self, row_id: str, entries: Sequence[Entry]) -> Row:
        """Return the last row: when tracking started, and with how many policies."""
        at = min(entry.observed or entry.at for entry in entries)
        if self.service and self.service.tracking_since:
            at = datetime.combine(self.service.tracking_since, time(), UTC if self.zone is UTC else self.zone)
        if self.service:
            title = self.words("title.tracking-started.service", service=self.service.name)
            lead = self.words("lead.tracking-started.service", service=self.service.name)
        else:
            name = "tracking-started" if entries[0].published else "tracking-started.documented"
            title, lead = self.words(f"title.{name}"), self.words(f"lead.{name}", count=len(entries))
        headline = self.words("row.headline", policy=_label(entries[0]), title=title) if len(entries) == 1 else title
        return self._make_row(row_id, entries, None, title, headline, (DescriptionBlock(lead),), at=at)

    def _reissues(self, row_id: str, entries: Sequence[Entry]) -> Row:
        """Return the re-issues of a day as one row: of one policy under its name, of several with a line for each."""
        by_policy: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            key = (entry.owner, entry.folder)  # one created again is another policy
            by_policy.setdefault(key, []).append(entry)
        lead = self.words("lead.policy-reissued.many")
        if len(by_policy) == 1:
            title = self.words("title.policy-reissued.times", count=len(entries))
            headline = self.words("row.headline", policy=_label(entries[0]), title=title)
            steps = tuple(ListItem(self._note(entry)) for entry in entries)
            return self._make_row(row_id, entries, entries[0].policy, title, headline, (DescriptionBlock(lead, steps),))
        title = self.words("title.policy-reissued.many", count=len(by_policy))
        policies = sorted(by_policy.values(), key=lambda steps: steps[0].policy.lower())
        items = tuple(ListItem(code(steps[0].policy), " ".join(map(self._note, reversed(steps)))) for steps in policies)
        return self._make_row(row_id, entries, None, title, title, (DescriptionBlock(lead, items),))

    def _note(self, entry: Entry) -> str:
        unseen = entry.not_observed or entry.policy_created
        if not entry.version or (entry.event is Event.POLICY_ADDED and not unseen):
            return ""
        step = [printable(version) for version in (entry.previous_version, entry.version) if version]
        note = self.words(f"note.version.{len(step)}", before=step[0], after=step[-1])
        if entry.not_observed:
            name = "note.not-observed" if entry.previous_version else "note.not-observed.earlier"
            note = self.words(name, count=entry.not_observed, note=note)
        if entry.policy_created:
            day = self.words.date(entry.policy_created.astimezone(self.zone))
            note = self.words("note.policy-created", note=note, day=day)
        if entry.published_before:
            days = [self.words.date(moment.astimezone(self.zone)) for moment in (entry.at, entry.published_before)]
            note = self.words("note.published-between", note=note, earliest=days[0], latest=days[1])
        return note

    def _description(self, entry: Entry) -> Iterable[DescriptionBlock]:
        if entry.event is Event.POLICY_ADDED:
            yield DescriptionBlock(self.grants(entry.changes))
            return
        name = f"lead.{entry.event}"
        if self.words.has(name):
            yield DescriptionBlock(
                self.words(name, before=code(entry.previous_version or ""), after=code(entry.version or ""))
            )
        yield from self.blocks(entry.changes)

    def grants(self, changes: Sequence[Change]) -> str:
        """Return in one sentence what a policy grants: services and access levels."""
        allowed = [change.action for change in changes if change.effect is Effect.ALLOW and not change.inverted]
        if any(change.inverted and change.effect is Effect.ALLOW for change in changes):
            return self.words("lead.policy-added.all-but")
        if not allowed:
            denied = [change.action for change in changes if not change.is_exception]
            if not denied:
                return self.words("lead.policy-added.nothing")
            services = service_names(denied, self.words, self.catalogue)
            return self.words("lead.policy-added.denies", services=services)
        services = service_names(allowed, self.words, self.catalogue)
        levels = self._levels.of_all(allowed)
        if not levels:
            return self.words("lead.policy-added.some", services=services)
        return self.words("lead.policy-added", levels=levels, services=services)

    def grant_blocks(self, grants: Iterable[Change]) -> Iterable[DescriptionBlock]:
        """Yield what a policy grants, told as what came with it: one block for each scope, a line for each service."""
        grouped: dict[tuple[Effect, bool, bool, Scope], list[Change]] = {}
        for grant in grants:
            everything = grant.inverted and grant.action == EVERYTHING
            for where in grant.after:
                grouped.setdefault((grant.effect, grant.inverted, everything, where), []).append(grant)
        for (_, _, _, where), same_scope in grouped.items():
            scope, details = self._scopes([where])
            lead = " ".join(self.words(f"grant.{_manner(same_scope[0])}", scope=scope).split()).replace(" :", ":")
            yield DescriptionBlock(lead, tuple(self._services(same_scope)), details)

    def _services(self, grants: Iterable[Change]) -> Iterable[ListItem]:
        by_service: dict[str, list[str]] = {}
        for grant in grants:
            if not (grant.inverted and grant.action == EVERYTHING):
                name = self._service_name(grant.action)
                by_service.setdefault(name, []).append(grant.action)
        for name, actions in sorted(by_service.items(), key=lambda item: item[0].lower()):
            yield ListItem(self._of_service(name, actions))

    def _service_name(self, action: str) -> str:
        prefix = action.partition(":")[0]
        if prefix not in self._names:
            self._names[prefix] = service_names([action], self.words, self.catalogue)
        return self._names[prefix]

    def _of_service(self, name: str, actions: Sequence[str]) -> str:
        """Return what a policy grants of one service: the access levels, and the actions where they are few."""
        few = len(actions) <= MAX_ACTIONS
        shown = (
            self.words.all_of([code(action) for action in actions])
            if few
            else self.words("grant.actions", count=len(actions))
        )
        levels = self._levels.of_all(actions)
        if not levels:
            return self.words("grant.service.some", service=name, actions=shown)
        return self.words("grant.service", service=name, levels=levels, actions=shown)

    def blocks(self, changes: Sequence[Change]) -> Iterable[DescriptionBlock]:
        """Yield one block for each kind of change and scope, actions in order."""
        grouped: dict[tuple[object, ...], list[Change]] = {}
        for change in changes:
            everything = change.inverted and change.action == EVERYTHING
            key = (change.kind, change.effect, change.inverted, everything, change.before, change.after)
            grouped.setdefault(key, []).append(change)
        for same_scope in grouped.values():
            yield from map(self._block, _by_cover(same_scope))

    def _block(self, same_scope: Sequence[Change]) -> DescriptionBlock:
        first = same_scope[0]
        manner = _manner(first)
        covered = len(same_scope) >= MANY_COVERED and len({change.covered_by for change in same_scope}) == 1
        cover = self._coverage(first) if covered else ""
        items = tuple(ListItem(code(change.action), self._remark(change, covered=bool(cover))) for change in same_scope)
        details: tuple[ListItem, ...]
        kind = str(first.kind)
        if first.kind.is_of_action:
            scope, details = self._scopes(first.after or first.before)
        elif first.before and first.after and not first.inverted and set(first.before) < set(first.after):
            kind = "scope-added"
            scope, details = self._scopes([scope for scope in first.after if scope not in first.before])
        else:
            scope, details = "", tuple(self._differences(first.before, first.after))
        lead = " ".join(self.words(f"lead.{kind}.{manner}", count=len(items), scope=scope).split()).replace(" :", ":")
        if first.inverted and first.action == EVERYTHING:
            items = ()  # the sentence says it; its exceptions have one of their own
            lead = lead if details else f"{lead.removesuffix(':').removesuffix('.')}."
        if cover:
            lead = self.words("lead.covered", lead=lead.removesuffix(":"), note=cover)
        return DescriptionBlock(lead, items, details)

    def _remark(self, change: Change, *, covered: bool) -> str:
        """Return what is to be said of an action: its level where that is asked for; its cover, unless all have it."""
        level = self._levels.of(change.action) if self.levels else ""
        cover = "" if covered else self._coverage(change)
        return f"{level}; {cover}" if level and cover else level or cover

    def _coverage(self, change: Change) -> str:
        if change.covered_by is None:
            return ""
        manner = "allow" if change.effect is Effect.ALLOW else "deny"
        return self.words(
            f"note.covered.{'before' if change.kind.widens else 'after'}.{manner}", pattern=code(change.covered_by)
        )

    def _scopes(self, scopes: Sequence[Scope]) -> tuple[str, tuple[ListItem, ...]]:
        """Return scopes in one phrase, and the resources that are too many for it."""
        phrases = [self.scope(scope) for scope in scopes]
        listed = tuple(
            ListItem(code(resource))
            for scope in scopes
            for resources in (scope.resources, scope.not_resources)
            if len(resources) > MAX_RESOURCES
            for resource in resources
        )
        return self.words.all_of(phrases), listed

    def scope(self, scope: Scope, many: str = "many") -> str:
        """Return a scope in one phrase: resources, principals, conditions; made once, as many statements share it.

        Args:
            scope: what is told.
            many: how more resources than a sentence names are told: `many` where they are listed below, or `count`.
        """
        if (scope, many) not in self._scopes_told:
            self._scopes_told[scope, many] = self._build_scope_phrase(scope, many)
        return self._scopes_told[scope, many]

    def _build_scope_phrase(self, scope: Scope, many: str) -> str:
        parts = (self._resources(scope, many), self._principals(scope), self._conditions(scope.conditions))
        if not any(parts):
            return ""
        text = self.words("scope", resources=parts[0], principals=parts[1], conditions=parts[2])
        return " ".join(text.split())

    def _resources(self, scope: Scope, many: str) -> str:
        if scope.resources == (EVERYTHING,):
            return self.words("resources.all")
        if scope.resources:
            return self._few("resources", scope.resources, many)
        return self._few("resources.but", scope.not_resources, many) if scope.not_resources else ""

    def _few(self, name: str, texts: Sequence[str], many: str) -> str:
        if len(texts) > MAX_RESOURCES:
            return self.words(f"{name}.{many}", count=len(texts))
        return self.words(f"{name}.some", count=len(texts), resources=self.words.all_of([code(text) for text in texts]))

    def _principals(self, scope: Scope) -> str:
        if scope.principals == (EVERYTHING,):
            return self.words("principals.all")
        if scope.principals:
            return self.words("principals.some", principals=self._codes(scope.principals, self.words.any_of))
        if scope.not_principals:
            return self.words("principals.but", principals=self._codes(scope.not_principals, self.words.all_of))
        return ""

    def _codes(self, texts: Sequence[str], joined: Callable[[Sequence[str]], str]) -> str:
        """Return texts in one phrase; the empty one is shown as quotes, or nobody would see it."""
        return joined([code(text or '""') for text in texts])

    def _conditions(self, conditions: Sequence[Condition]) -> str:
        tags = [self._tag("condition", test) for test in conditions]
        if all(tags):
            return self.words.all_of(tags) if tags else ""
        # Whether a key is there comes last: in Korean that modifies the word for "condition" behind it.
        ordered = sorted(conditions, key=lambda test: test.operator == "Null")
        return self.words("conditions", tests=self.words.all_of([self._test(test) for test in ordered]))

    def _tag(self, name: str, test: Condition) -> str:
        """Return a test of one tag as the documentation words it; empty for any other test."""
        tag = test.key.partition("/")[2]
        kind = test.folded_key.partition("/")[0].partition(":")[2]
        if test.operator == "StringEquals" and tag and kind in ("resourcetag", "requesttag") and len(test.values) == 1:
            return self.words(f"{name}.{kind}", tag=code(f"'{tag}':'{test.values[0]}'"))
        return ""

    def _test(self, test: Condition) -> str:
        if test.operator == "Null" and test.values in _PRESENCE:
            return self.words(f"test.{_PRESENCE[test.values]}", key=code(test.key))
        joined = self.words.all_of if "Not" in test.operator else self.words.any_of
        values = self._codes(test.values, joined) if test.values else code("[]")
        tagged = self._tag("test", test)
        return tagged or self.words("test", key=code(test.key), operator=code(test.operator), values=values)

    def _differences(self, before: Sequence[Scope], after: Sequence[Scope]) -> Iterable[ListItem]:
        """Yield what differs between scopes, then those that stay."""
        same = [scope for scope in before if scope in after]
        was, now = ([scope for scope in scopes if scope not in same] for scopes in (before, after))
        if not (was and now):
            was, now, same = list(before), list(after), []
        yield from self._replaced(was, now)
        yield from self._in_full("same", same)

    def _in_full(self, name: str, scopes: Iterable[Scope]) -> Iterable[ListItem]:
        for scope in scopes:
            phrase, listed = self._scopes((scope,))
            yield ListItem(self.words(f"scope.{name}", scope=phrase or self.words("scope.none")))
            yield from listed

    def _replaced(self, before: Sequence[Scope], after: Sequence[Scope]) -> Iterable[ListItem]:
        """Yield what differs between scopes; where they can't be laid side by side, both in full."""
        details = scope_details(before, after)
        if details is None or len(details) > 2 * MAX_RESOURCES:
            yield from self._in_full("before", before)
            yield from self._in_full("after", after)
            return
        (was,), (now,) = before, after
        keys = {test.folded_key: test.key for test in (*was.conditions, *now.conditions)}
        stay = _tests(was) & _tests(now)
        for detail in details:
            yield from self._difference(detail, keys, "value" if detail.path[1:] in stay else "condition")
        yield ListItem(self.words("scope.after", scope=self.scope(now, "count") or self.words("scope.none")))

    def _difference(self, detail: Detail, keys: dict[str, str], what: str) -> Iterable[ListItem]:
        for manner, texts in (("removed", detail.before), ("added", detail.after)):
            if texts:
                values = self._codes(texts, self.words.all_of)
                if detail.path[0] == "conditions":
                    operator, key = detail.path[1], keys[detail.path[2]]
                    text = self.words(f"detail.{what}.{manner}", key=code(key), operator=code(operator), values=values)
                else:
                    text = self.words(f"detail.{detail.path[0]}.{manner}", values=values)
                yield ListItem(text)


def _tests(scope: Scope) -> set[tuple[str, ...]]:
    """Return the operator and key of each test of a scope."""
    return {(test.operator, test.folded_key) for test in scope.conditions}
