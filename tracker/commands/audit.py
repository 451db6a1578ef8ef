"""`audit`: a page of the documentation and the archive → what the page says right, wrong or not at all."""

from datetime import date

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.commands.output import OutputOptions
from tracker.commands.policy_knowledge import read_knowledge
from tracker.documentation.audit import audit_page
from tracker.documentation.audit_model import Audit
from tracker.documentation.matching import ROW_ZONE
from tracker.documentation.pages import read_page
from tracker.documentation.roles import role_index
from tracker.formats.audit_report import report_of
from tracker.formats.registry import AUDIT, find_format
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration, service_has_policy
from tracker.text.row_builder import RowBuilder

__all__ = ["audit", "audit_text"]


def audit(
    page: bytes,
    name: str,
    origin: HistoryOrigin,
    configuration: Configuration,
    slug: str,
    *,
    owner: str | None = None,
    as_of: date | None = None,
) -> Audit:
    """Return what the archive says of a page's table of updates.

    Args:
        page: the page's content: HTML, Markdown or text.
        name: what the page is called in messages.
        origin: the archive, or someone's repository.
        configuration: services.
        slug: the configured service that the page is about.
        owner: whose policies; None for all.
        as_of: the day the page is from; None for that of its newest row.

    Raises:
        PageError: the page can't be read.
        UsageError: no such service; no policy of it in the archive.
        ArchiveError, GitError: the archive or repository can't be read.
    """
    service, catalogue = configuration.service(slug), load_catalogue()
    knowledge = read_knowledge(origin, catalogue)
    read = read_page(page, name=name, vocabulary=knowledge.vocabulary)
    selection = Selection(owner, service, names=frozenset(read.policies))
    with open_history_source(origin, configuration, selection) as source:
        items = list(source.histories())
        changelog = source.changelog(items, selection)
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    return audit_page(
        read,
        changelog.entries,
        lambda action: bool(catalogue.expand(action)),
        tracking_since=service.tracking_since,
        archive_until=changelog.until.astimezone(ROW_ZONE).date() if changelog.until else None,
        as_of=as_of,
        is_of_service=lambda policy: service_has_policy(service, policy),
        histories=histories,
        names=knowledge.vocabulary.policies,
        roles=role_index(knowledge.facts, histories),
    )


def audit_text(audited: Audit, name: str, configuration: Configuration, slug: str, output: OutputOptions) -> str:
    """Return an audit in a format; arguments as those of `audit`.

    Raises:
        UsageError: there is no such service, language or folder.
        RenderError: a template failed.
    """
    chosen = find_format(AUDIT, output.format_name)
    if chosen.takes_data:
        return str(chosen.function()(audited))
    renderer, service = output.renderer(configuration), configuration.service(slug)
    row_builder = RowBuilder(renderer.words, load_catalogue(), configuration.time_zone, service)
    return renderer.render(chosen.template, report=report_of(audited, row_builder, name))
