"""The documentation page of one service: what managed policies are, a section for each, and the table of updates.

It is what AWS writes by hand under "AWS managed policies for <Service>".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tracker.changelog.model import Changelog
from tracker.diff.changes import added_grants
from tracker.diff.model import Change
from tracker.errors import DocumentError
from tracker.policy.history import PolicyFacts, PolicyHistory
from tracker.policy.json_text import canonical
from tracker.policy.model import Json
from tracker.settings.services import Service
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import DescriptionBlock, Row
from tracker.text.titles import message_form
from tracker.text.words import code, printable

__all__ = ["PolicySection", "ServicePage", "build_section", "grants_in_force", "service_page"]

_REFERENCE = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
_TYPES = {"aws-service-role": "service-linked", "service-role": "service", "job-function": "job"}
"""Path → type, as https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html has them."""
INTRODUCTION = ("page.introduction.1", "page.introduction.2", "page.introduction.3")


@dataclass(frozen=True, slots=True)
class PolicySection:
    """One policy, as it is in force."""

    policy: str
    """Its name, which is also the section's anchor."""
    heading: str
    """`AWS managed policy: <name>`, the name marked."""
    description: str
    """What IAM says it is for; empty where the archive does not know."""
    arn: str
    """Its ARN; empty where the archive does not know."""
    kind: str
    """Its type, as AWS's policy reference calls it."""
    reference: str
    """The address of its page in AWS's policy reference; empty for policies that are not AWS's."""
    version: str
    """The version in force, in words, with its day."""
    summary: str
    """What it grants, in one sentence; empty for a document that can't be read."""
    blocks: tuple[DescriptionBlock, ...]
    """What it grants: a block for each scope, a line for each service."""
    document: str
    """The policy document in full; empty where it is shown elsewhere."""


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A whole page, ready to be printed."""

    title: str
    """Its heading."""
    introduction: tuple[str, ...]
    """What managed policies are, a paragraph each."""
    sections: tuple[PolicySection, ...]
    """The policies in force, by name."""
    updates: str
    """The heading of the table."""
    lead: str
    """The sentence before the table."""
    rows: tuple[Row, ...]
    """The table, newest first."""
    dated: str
    """The date of the data that services and levels were taken from, as a sentence."""
    feed_url: str | None = None
    """Where the feed of the table is, or None."""
    documentation: str | None = None
    """AWS's own page, or None."""


def service_page(
    service: Service,
    histories: Iterable[PolicyHistory],
    changelog: Changelog,
    row_builder: RowBuilder,
    feed_url: str | None = None,
    section_of: Callable[[PolicyHistory], PolicySection | None] | None = None,
) -> ServicePage:
    """Return the page of a service in the language of the row builder.

    Args:
        service: the service, configured or of the catalogue.
        histories: its policies; those that have left the list get no section.
        changelog: what happened to them.
        row_builder: words, names of services, zone; its `service` decides how the start of tracking is worded.
        feed_url: where the feed of these changes is; None leaves the sentence about it out.
        section_of: gives the section of a policy, where it has been made already; None to make it.
    """
    words = row_builder.words
    make_section = section_of or (lambda history: build_section(history, row_builder, grants_in_force(history)))
    histories = list(histories)
    form = message_form({history.owner for history in histories})
    sections = [section for section in map(make_section, histories) if section]
    introduction = ("page.introduction.other",) if form else INTRODUCTION
    return ServicePage(
        title=words(f"page.title{form}", service=service.name),
        introduction=tuple(words(name, service=service.name) for name in introduction),
        sections=tuple(sorted(sections, key=lambda section: section.policy.lower())),
        updates=words(f"changelog.title.service{form}", service=service.name),
        lead=words(f"page.lead{form}", service=service.name),
        rows=tuple(row_builder.rows(changelog)),
        dated=words("changelog.dated", date=row_builder.catalogue.dated.isoformat()),
        feed_url=feed_url,
        documentation=service.documentation,
    )


def build_section(
    history: PolicyHistory,
    row_builder: RowBuilder,
    grants: Sequence[Change] | None,
    *,
    in_full: bool = True,
    with_grants: bool = True,
) -> PolicySection | None:
    """Return the section of a policy; None for one that is not in force.

    Args:
        history: the policy.
        row_builder: words, names of services, zone.
        grants: what it grants, as `grants_in_force` returns it.
        in_full: whether the section holds the policy document, too.
        with_grants: whether it lists what the policy grants, beside the sentence that sums that up.
    """
    version = history.in_force
    if version is None:
        return None
    words, facts, form = row_builder.words, history.facts, message_form([history.owner])
    date = words.date(version.created_at.astimezone(row_builder.zone))
    return PolicySection(
        policy=facts.name,
        heading=words(f"page.section{form}", policy=code(facts.name)),
        description=printable(facts.description or ""),
        arn=facts.arn or "",
        kind=words(f"page.type.{_TYPES.get(_path(facts), 'managed')}" if not form else "page.type.own"),
        reference=f"{_REFERENCE}{quote(facts.name)}.html" if history.owner == "aws" else "",
        version=words("page.version", version=version.version_id, date=date),
        summary=row_builder.grants(grants) if grants is not None else "",
        blocks=tuple(row_builder.grant_blocks(grants or ())) if with_grants else (),
        document="\n".join(_document_lines(version.document)) if in_full else "",
    )


def _path(facts: PolicyFacts) -> str:
    """Return a policy's path; its ARN has it, too."""
    found = facts.path or (facts.arn or "").partition(":policy")[2].removesuffix(facts.name)
    return found.strip("/")


def grants_in_force(history: PolicyHistory) -> tuple[Change, ...] | None:
    """Return all that a policy grants, as changes from nothing.

    None for one that is not in force, or whose document is none: the changelog names it among the skipped.
    """
    try:
        return added_grants(history.in_force.parsed) if history.in_force else None
    except DocumentError:
        return None


def _document_lines(document: Json) -> Iterator[str]:
    """Yield the lines of a document; what can't be seen in them stands escaped, as JSON allows."""
    yield from map(printable, canonical(document).rstrip("\n").split("\n"))
