"""Entries to rows: what a reader sees of a changelog, in the words of one language.

Everything is decided here and in the modules that this one calls; templates print. Many re-issues of one day are one
row, and so are the starts of tracking.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, time, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Changelog, Entry, EntryAnnouncement, Event
from tracker.diff.model import Change
from tracker.policy.model import Scope
from tracker.risk import has_same_scopes
from tracker.risk.rules import Level
from tracker.settings.services import Service
from tracker.text.access_levels import AccessLevelNames
from tracker.text.change_blocks import ChangeBlocks
from tracker.text.consequences import consequence_of
from tracker.text.effect_blocks import EffectBlocks, EffectSummary, groups_of
from tracker.text.findings import findings_line
from tracker.text.grant_blocks import GrantBlocks
from tracker.text.repeats import without_repeats
from tracker.text.rows import AnnouncementNote, DescriptionBlock, ListItem, Row
from tracker.text.scope_phrases import ScopePhrases
from tracker.text.titles import message_form, title_of
from tracker.text.words import Words, code, printable

if TYPE_CHECKING:
    from tracker.access import EffectiveChange
    from tracker.changelog.assessments import EffectiveChangesOf
    from tracker.risk import Assessment

__all__ = ["RowBuilder"]

_IN_LINKS = ":/?#@!$&*+,;=%~"
"""What stays as it is in an address; brackets, quotes and bars would end it in Markdown."""


def _label(entry: Entry) -> str:
    return printable(f"{entry.policy} {entry.version}" if entry.version else entry.policy)


class RowBuilder:
    """Makes rows of entries in one language: one class, since each part of a row needs the same words and catalogue."""

    def __init__(
        self,
        words: Words,
        catalogue: Catalogue,
        zone: tzinfo = UTC,
        service: Service | None = None,
        assessments: "Mapping[str, Assessment] | None" = None,
        effective: "EffectiveChangesOf | None" = None,
    ) -> None:
        """Take the words, the names of services, the zone in which days are counted, and whose changelog it is.

        With assessments, by entry, rows also say what a change means, and actions their access level. `effective`
        gives what becomes of actions by an entry; None to take it from assessments.
        """
        self.words = words
        self.catalogue = catalogue
        self.zone = zone
        self.service = service
        self.assessments = assessments
        self._effective = effective
        self._rows: dict[tuple[int, ...], Row] = {}
        levels = AccessLevelNames(words, catalogue)
        self._phrases = ScopePhrases(words)
        self._grants = GrantBlocks(words, catalogue, self._phrases, levels)
        with_levels = assessments is not None
        self._changes = ChangeBlocks(words, self._phrases, levels, with_levels=with_levels)
        self._effects = EffectBlocks(words, catalogue, self._phrases, levels, with_levels=with_levels)

    def for_service(self, service: Service | None) -> "RowBuilder":
        """Return a builder for a service's changelog, with the same words and the rows that are made already."""
        other = copy(self)
        other.service = service
        return other

    def rows(self, changelog: Changelog) -> list[Row]:
        """Return the rows of a changelog, in its order; a fold stands where its newest entry does."""
        return [self.folded_row(row_id, entries) for row_id, entries in self.folds(changelog).items()]

    def folds(self, changelog: Changelog) -> Mapping[str, Sequence[Entry]]:
        """Return the entries of each row of a changelog by the row's id, in the order of `rows`."""
        folds: dict[str, list[Entry]] = {}
        for entry in changelog.entries:
            folds.setdefault(self._row_id(entry), []).append(entry)
        return folds

    def _row_id(self, entry: Entry) -> str:
        """Return the id of the row of an entry; it does not depend on the other entries."""
        if entry.event is Event.POLICY_REISSUED:
            return printable(f"{entry.owner}/{entry.event}/{entry.at.astimezone(UTC).date()}")
        if entry.event is Event.TRACKING_STARTED:
            return printable(f"{entry.owner}/{entry.event}")
        return printable(entry.id)

    def row(self, entry: Entry) -> Row:
        """Return one entry as a row of its own."""
        return self.folded_row(self._row_id(entry), [entry])

    def folded_row(self, row_id: str, entries: Sequence[Entry]) -> Row:
        """Return entries as a row, both as of `folds`; each row is made once, on however many pages it stands."""
        if entries[0].event is Event.TRACKING_STARTED:
            return self._start_of_tracking(row_id, entries)
        key = tuple(map(id, entries))  # a row keeps its entries, so that no other entry can get their place
        if key not in self._rows:
            self._rows[key] = self._build_row(row_id, entries)
        return self._rows[key]

    def _build_row(self, row_id: str, entries: Sequence[Entry]) -> Row:
        first = entries[0]
        if first.event is Event.POLICY_REISSUED and len(entries) > 1:
            return self._reissues(row_id, entries)
        title = self.title(first)
        headline = self.words("row.headline", policy=_label(first), title=title)
        return self._make_row(
            row_id, entries, first.policy, title, headline, self._description(first), self._note(first)
        )

    def title(self, entry: Entry) -> str:
        """Return what happened in one line, without the policy's name: what a change does, where that is known."""
        return title_of(entry, self.words, self.catalogue, self._effective_of(entry))

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
        event, members = entries[0].event, tuple(entries)
        row = Row(row_id, event, policy, title, heading, headline, tuple(blocks), note, moment, day, members)
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
        findings = findings_line(assessment.findings, self.words)
        name = "row.risk" if findings else "row.risk.plain"
        critical = any(finding.level is Level.CRITICAL for finding in assessment.findings)
        return replace(
            row,
            headline=self.words("row.headline.critical", headline=row.headline) if critical else row.headline,
            verdict=str(assessment.verdict),
            findings=assessment.findings,
            risk=self.words(name, verdict=verdict, findings=findings),
            consequence=consequence_of(row.entries[0], assessment.effective, self.words),
        )

    def _start_of_tracking(self, row_id: str, entries: Sequence[Entry]) -> Row:
        """Return the last row: when tracking started, and with how many policies."""
        at = min(entry.observed or entry.at for entry in entries)
        if self.service and self.service.tracking_since:
            at = datetime.combine(self.service.tracking_since, time(), UTC if self.zone is UTC else self.zone)
        if self.service and not message_form({entry.owner for entry in entries}):
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
        common = entries[0].differs_in if len({entry.differs_in for entry in entries}) == 1 else None
        note = self._note if common else self._reissue
        lead = self.words(f"lead.policy-reissued.many.{common}" if common else "lead.policy-reissued.many")
        if len(by_policy) == 1:
            title = self.words("title.policy-reissued.times", count=len(entries))
            headline = self.words("row.headline", policy=_label(entries[0]), title=title)
            steps = tuple(ListItem(note(entry)) for entry in entries)
            return self._make_row(row_id, entries, entries[0].policy, title, headline, (DescriptionBlock(lead, steps),))
        title = self.words("title.policy-reissued.many", count=len(by_policy))
        policies = sorted(by_policy.values(), key=lambda steps: steps[0].policy.lower())
        items = tuple(ListItem(code(steps[0].policy), " ".join(map(note, reversed(steps)))) for steps in policies)
        return self._make_row(row_id, entries, None, title, title, (DescriptionBlock(lead, items),))

    def _reissue(self, entry: Entry) -> str:
        """Return which version a re-issued one followed, and what differs in its document."""
        note = self._note(entry)
        if not entry.differs_in:
            return note
        return self.words("note.differs-in", note=note, difference=self.words(f"differs-in.{entry.differs_in}"))

    def _note(self, entry: Entry) -> str:
        unseen = entry.not_observed or entry.policy_created
        if entry.event is Event.POLICY_REMOVED and entry.without_document:
            return self._known_by_date("note.known-by-date.later", entry)
        if not entry.version or (entry.event is Event.POLICY_ADDED and not unseen):
            return ""
        step = [printable(version) for version in (entry.previous_version, entry.version) if version]
        note = self.words(f"note.version.{len(step)}", before=step[0], after=step[-1])
        if entry.not_observed:
            name = "note.not-observed" if entry.previous_version else "note.not-observed.earlier"
            note = self.words(name, count=entry.not_observed, note=note)
        if entry.not_observed and entry.without_document:
            note = self._known_by_date("note.known-by-date", entry, note)
        if entry.policy_created:
            day = self.words.date(entry.policy_created.astimezone(self.zone))
            note = self.words("note.policy-created", note=note, day=day)
        if entry.published_before:
            days = [self.words.date(moment.astimezone(self.zone)) for moment in (entry.at, entry.published_before)]
            note = self.words("note.published-between", note=note, earliest=days[0], latest=days[1])
        return note

    def _known_by_date(self, message: str, entry: Entry, note: str = "") -> str:
        """Return a note with the versions that are known to have existed, and when each was created."""
        versions = [
            f"{printable(item.version)} ({self.words.date(item.published.astimezone(self.zone))})"
            for item in entry.without_document
        ]
        return self.words(message, count=len(versions), versions=self.words.few(versions), note=note)

    def _description(self, entry: Entry) -> Iterable[DescriptionBlock]:
        if entry.event is Event.POLICY_ADDED:
            yield DescriptionBlock(self.grants(entry.changes))
            return
        name = f"lead.{entry.event}"
        if entry.event is Event.POLICY_REMOVED and entry.without_document:
            name = "lead.policy-removed.later-unknown"
        elif entry.name_taken:
            name = "lead.policy-removed.name-taken"
        if self.words.has(name):
            yield DescriptionBlock(
                self.words(name, before=code(entry.previous_version or ""), after=code(entry.version or ""))
            )
        if entry.differs_in:
            yield DescriptionBlock(self.words(f"lead.differs-in.{entry.differs_in}"))
        yield from self.blocks(entry.changes, self._effective_of(entry))

    def _effective_of(self, entry: Entry) -> "Sequence[EffectiveChange] | None":
        if self._effective is not None:
            return self._effective(entry)
        assessment = (self.assessments or {}).get(entry.id)
        return assessment.effective if assessment else None

    def grants(self, changes: Sequence[Change]) -> str:
        """Return in one sentence what a policy grants: services and access levels."""
        return self._grants.summary(changes)

    def grant_blocks(self, grants: Iterable[Change]) -> Iterable[DescriptionBlock]:
        """Yield what a policy grants: one block for each scope, a line for each service."""
        return self._grants.blocks(grants)

    def blocks(
        self, changes: Sequence[Change], effective: "Sequence[EffectiveChange] | None" = None
    ) -> Iterable[DescriptionBlock]:
        """Yield what a change does, then what is written differently, where that is not the same.

        Args:
            changes: the differences of the text: a block for each kind of change and scope, actions in order.
            effective: what becomes of actions; None where the changes say it.
        """
        if effective is None:
            yield from without_repeats(self._changes.blocks(changes), self.words)
            return
        found = list(self._effects.blocks(effective, changes)) or [DescriptionBlock(self.words("effect.nothing"))]
        if not has_same_scopes(effective, changes):
            found.append(DescriptionBlock(self.words("effect.literal"), is_literal=True))
            found += (replace(block, is_literal=True) for block in self._changes.blocks(changes))
        yield from without_repeats(found, self.words)

    def summaries(self, effective: "Sequence[EffectiveChange]") -> list[EffectSummary]:
        """Return what a change does, a line of a table for each block of `blocks`."""
        return [self._effects.summary(group) for group in groups_of(effective)]

    def scope(self, scope: Scope, many: str = "many") -> str:
        """Return a scope in one phrase; arguments as those of `ScopePhrases.phrase`."""
        return self._phrases.phrase(scope, many)
