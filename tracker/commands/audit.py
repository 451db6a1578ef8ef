"""`audit`: pages and feeds of the documentation, and the archive → what they say right, wrong or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.changelog.assessments import entry_assessor
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.changelog.model import Changelog, Entry
from tracker.commands.documentation_records import commit_records, read_records, write_record
from tracker.commands.documentation_sources import SourceContent, read_sources
from tracker.commands.output import OutputOptions
from tracker.commands.policy_knowledge import PolicyKnowledge, read_knowledge
from tracker.documentation.announcements.feeds import Announcement, read_announcements
from tracker.documentation.announcements.matches import match_announcements
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.matching import ROW_ZONE
from tracker.documentation.auditing.roles import RoleIndex, role_index
from tracker.documentation.documentation_audit import (
    AuditedFeed,
    AuditedPage,
    DocumentationAudit,
    RowChange,
    UnreadSource,
)
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedPage, read_page
from tracker.documentation.recorded import RecordedPage, page_of_record, recorded, row_changes
from tracker.documentation.undocumented import PageTime, undocumented_changes
from tracker.errors import PageError, TrackerError
from tracker.formats.audit_report import documentation_report
from tracker.formats.registry import AUDIT, find_format
from tracker.policy.history import PolicyHistory
from tracker.risk.rules import Level
from tracker.settings.configuration import Configuration, service_has_policy
from tracker.settings.services import Service
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, template_folders

__all__ = ["AuditRequest", "audit", "audit_text", "commit_audit", "configured_pages"]

_OTHER_TABLE = (
    "a table was not read, its header is in no known language: {} (name its columns Change, Description, Date)"
)
_TITLE_STARTS = ("AWS managed policies for ", "Managed policies for ")


class AuditRequest(Struct, frozen=True):
    """What is to be audited."""

    sources: tuple[str, ...]
    """Files, folders, https addresses, `-` for stdin."""
    today: date
    """The day on which what is fetched is read."""
    slug: str | None = None
    """The configured service that all of it is about; None to find out."""
    owner: str | None = None
    """Whose policies; None for all."""
    as_of: date | None = None
    """The day the files are from; None for that of each page's newest row."""
    cache: Path | None = None
    """The folder of pages that were fetched before; None for none."""
    record: Path | None = None
    """The archive's folder, to record in it what was read; None to record nothing."""


class _ReadPage(Struct, frozen=True):
    """A page that could be read."""

    source: SourceContent
    page: DocumentedPage
    service: Service | None

    @property
    def title(self) -> str:
        """What its service is called."""
        return self.service.name if self.service else _service_in(self.page.title) or self.source.name


class _Read(Struct, frozen=True):
    """All that was read."""

    pages: tuple[_ReadPage, ...]
    feeds: tuple[tuple[str, tuple[Announcement, ...]], ...]
    unread: tuple[UnreadSource, ...]


def audit(request: AuditRequest, origin: HistoryOrigin, configuration: Configuration) -> DocumentationAudit:
    """Return what the archive says of pages and feeds.

    Args:
        request: what is to be audited.
        origin: the archive, or another repository.
        configuration: services.

    Raises:
        PageError: the only source can't be read.
        UsageError: no such service.
        ArchiveError, GitError: the archive or repository can't be read.
        OutputError: what was read can't be recorded.
    """
    catalogue = load_catalogue()
    knowledge = read_knowledge(origin, catalogue)
    known = {record.address: record for record in read_records(request.record or origin.snapshots)}
    read = _read(request, configuration, knowledge, known)
    names = {policy for item in read.pages for policy in item.page.policies}
    names |= {policy for _, items in read.feeds for item in items for policy in item.policies}
    services = [item.service for item in read.pages if item.service]
    changelog, histories = _changelog(origin, configuration, request.owner, names, services, knowledge)
    auditor = _Auditor(knowledge, catalogue, changelog, histories, role_index(knowledge.facts, histories), request)
    pages = [auditor.page(item) for item in read.pages]
    times = [
        auditor.time(item, page, known.get(item.source.name)) for item, page in zip(read.pages, pages, strict=True)
    ]
    level_of = _levels(histories, catalogue, configuration)
    return DocumentationAudit(
        tuple(pages),
        tuple(auditor.feed(name, items) for name, items in read.feeds),
        read.unread,
        undocumented_changes(times, changelog.entries, level_of),
        _record(request, read.pages, known),
    )


def _read(
    request: AuditRequest, configuration: Configuration, knowledge: PolicyKnowledge, known: dict[str, RecordedPage]
) -> _Read:
    """Read every source as what it is; one that can't be read is listed, unless it is the only one."""
    pages: list[_ReadPage] = []
    feeds: list[tuple[str, tuple[Announcement, ...]]] = []
    unread: list[UnreadSource] = []
    for source in read_sources(request.sources, request.today, request.cache):
        try:
            if isinstance(source, UnreadSource):
                unread.append(_unread(source.name, source.reason, known))
            elif _is_feed(source.data):
                items = read_announcements(source.data, name=source.name, names=knowledge.vocabulary.policies)
                feeds.append((source.name, items))
            else:
                page = read_page(source.data, name=source.name, vocabulary=knowledge.vocabulary)
                pages.append(_ReadPage(source, page, _service_of(request, configuration, source)))
                unread += [UnreadSource(source.name, _OTHER_TABLE.format(header)) for header in page.unread_headers]
        except PageError as error:
            unread.append(_unread(source.name, str(error), known))
    if len(unread) == 1 and not pages and not feeds:
        name = unread[0].name
        raise PageError(unread[0].reason.removeprefix(f"{name}: "), where=name)
    return _Read(tuple(pages), tuple(feeds), tuple(unread))


def _is_feed(data: bytes) -> bool:
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return any(mark in head for mark in (b"<rss", b"<feed", b"<rdf:rdf"))


def _service_of(request: AuditRequest, configuration: Configuration, source: SourceContent) -> Service | None:
    if request.slug is not None:
        return configuration.service(request.slug)
    return next((one for one in configuration.services if source.address and one.documentation == source.address), None)


def _service_in(title: str) -> str:
    return next((title.removeprefix(start) for start in _TITLE_STARTS if title.startswith(start)), title)


def _unread(name: str, reason: str, known: Mapping[str, RecordedPage]) -> UnreadSource:
    """Return a source that can't be read, with the policies that it named when it was recorded."""
    record = known.get(name)
    return UnreadSource(name, reason, page_of_record(record)[0].policies if record else ())


def _changelog(
    origin: HistoryOrigin,
    configuration: Configuration,
    owner: str | None,
    names: Iterable[str],
    services: Sequence[Service],
    knowledge: PolicyKnowledge,
) -> tuple[Changelog, list[PolicyHistory]]:
    """Return what happened to the policies that pages name, or that services have."""
    written = set(names)
    wanted = {name for name in written if name in knowledge.vocabulary.policies}
    wanted |= {name for one in written - wanted if (name := knowledge.vocabulary.policies.nearest(one))}
    wanted |= {one.name for one in knowledge.facts if any(service_has_policy(each, one.name) for each in services)}
    roles = role_index(knowledge.facts)
    found = [roles.policy_of(one) for one in written]
    wanted |= {name for policy, candidates in found for name in (policy, *candidates) if name}
    everything = Service("", "audit", ())
    if not wanted:
        return Changelog("", ()), []
    chosen = services[0] if len(set(services)) == 1 else everything
    selection = Selection(owner, chosen, names=frozenset(wanted))
    with open_history_source(origin, configuration, selection) as source:
        items = list(source.histories())
        return source.changelog(items, selection), [item for item in items if isinstance(item, PolicyHistory)]


class _Auditor(Struct, frozen=True):
    """Holds pages and feeds against what is known."""

    knowledge: PolicyKnowledge
    catalogue: Catalogue
    changelog: Changelog
    histories: list[PolicyHistory]
    roles: RoleIndex
    request: AuditRequest

    def exists(self, action: str) -> bool:
        """Return whether some service has an action of that name."""
        return bool(self.catalogue.expand(action))

    def page(self, item: _ReadPage) -> AuditedPage:
        """Return what the archive says of a page."""
        service, until = item.service, self.changelog.until
        audited = audit_page(
            item.page,
            self.changelog.entries,
            self.exists,
            tracking_since=service.tracking_since if service else None,
            archive_until=until.astimezone(ROW_ZONE).date() if until else None,
            as_of=item.source.read_on or self.request.as_of,
            is_of_service=self._is_of(item),
            histories=self.histories,
            names=self.knowledge.vocabulary.policies,
            roles=self.roles,
        )
        return AuditedPage(item.source.name, item.title, audited)

    def _is_of(self, item: _ReadPage) -> Callable[[str], bool]:
        """Return what says whether a page must document a policy's versions: a service's globs, else its own rows."""
        service = item.service
        if service is not None:
            return lambda policy: service_has_policy(service, policy)
        return frozenset(item.page.policies).__contains__

    def time(self, item: _ReadPage, page: AuditedPage, record: RecordedPage | None) -> PageTime:
        """Return a page with the days that count."""
        read_on = item.source.read_on or self.request.as_of or item.page.until
        absent = {row.number: day for row in item.page.rows if (day := _absent_until(record, row.policies, row.days))}
        return PageTime(item.source.name, page.audit, item.page.since, read_on, absent)

    def feed(self, name: str, items: Iterable[Announcement]) -> AuditedFeed:
        """Return what the items of a feed announce."""
        return AuditedFeed(name, match_announcements(items, self.changelog.entries, self.exists))


def _absent_until(record: RecordedPage | None, policies: tuple[str, ...], days: DaySpan | None) -> date | None:
    """Return the last day on which a page was read without a row; None for a row that was always there."""
    if record is None:
        return None
    same = [row for row in record.rows if row.policies == policies and row.date == (str(days) if days else None)]
    if not same:
        return date.fromisoformat(record.last_read)
    return date.fromisoformat(same[0].absent) if same[0].absent else None


def _levels(
    histories: Sequence[PolicyHistory], catalogue: Catalogue, configuration: Configuration
) -> Callable[[Entry], Level | None]:
    """Return what gives the gravest level of a change's findings; each is assessed when it is asked for."""
    assess = entry_assessor(histories, catalogue, configuration.rules)

    def level_of(entry: Entry) -> Level | None:
        try:
            found = assess(entry)
        except TrackerError:
            return None
        levels = [finding.level for finding in found.findings] if found else []
        return max(levels, key=lambda level: level.rank, default=None)

    return level_of


def _record(request: AuditRequest, pages: Iterable[_ReadPage], known: dict[str, RecordedPage]) -> tuple[RowChange, ...]:
    """Record what was read, where that is asked for, and return the rows that went since the last time."""
    changes: list[RowChange] = []
    for item in pages:
        before = known.get(item.source.name)
        on = item.source.read_on or request.as_of or request.today
        record = recorded(item.page, item.source.name, item.title, on, before)
        changes += row_changes(before, record)
        if request.record is not None:
            write_record(request.record, record)
    return tuple(changes)


def configured_pages(configuration: Configuration) -> tuple[str, ...]:
    """Return the addresses of the documentation pages that a configuration names; empty where it names none."""
    return tuple(service.documentation for service in configuration.services if service.documentation)


def commit_audit(snapshots: Path, configuration: Configuration, *, pushed: bool) -> bool:
    """Commit what an audit has recorded; return False where nothing has changed.

    Raises:
        GitError: git refused, or others pushed first.
    """
    words = load_words(configuration.languages[0], template_folders())
    return commit_records(snapshots, words("commit.documentation"), pushed=pushed)


def audit_text(
    audited: DocumentationAudit, configuration: Configuration, slug: str | None, output: OutputOptions
) -> str:
    """Return an audit in a format; arguments as those of `audit`.

    Raises:
        UsageError: there is no such service, language or folder.
        RenderError: a template failed.
    """
    chosen = find_format(AUDIT, output.format_name)
    if chosen.takes_data:
        return str(chosen.function()(audited))
    renderer = output.renderer(configuration)
    service = configuration.service(slug) if slug is not None else None
    row_builder = RowBuilder(renderer.words, load_catalogue(), configuration.time_zone, service)
    return renderer.render(chosen.template, **documentation_report(audited, row_builder))
