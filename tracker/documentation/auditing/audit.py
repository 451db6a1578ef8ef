"""A documentation page's table of updates held against what the archive knows.

Each row is checked for each policy it is about, and each version in the page's time that no row documents is named.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from tracker.changelog.model import Entry, Event
from tracker.documentation.auditing.matching import ROW_ZONE
from tracker.documentation.auditing.model import Audit, AuditedRow, RowFinding, RowVerdict
from tracker.documentation.auditing.roles import NO_ROLES, RoleIndex
from tracker.documentation.auditing.row_context import KnownPolicies, RowContext
from tracker.documentation.auditing.row_findings import findings_of, match_actions
from tracker.documentation.reading.pages import DocumentedPage, DocumentedRow
from tracker.documentation.reading.policy_names import NO_NAMES, PolicyNames
from tracker.policy.history import PolicyHistory

__all__ = ["audit_page"]


def audit_page(
    page: DocumentedPage,
    entries: Iterable[Entry],
    exists: Callable[[str], bool],
    *,
    tracking_since: date | None = None,
    archive_until: date | None = None,
    as_of: date | None = None,
    is_of_service: Callable[[str], bool] = lambda _: True,
    histories: Iterable[PolicyHistory] = (),
    names: PolicyNames = NO_NAMES,
    roles: RoleIndex = NO_ROLES,
) -> Audit:
    """Hold a page against the entries of its service.

    Args:
        page: the page.
        entries: all entries of the policies of the service and of others the page names, newest first.
        exists: says whether some service has an action of that name.
        tracking_since: the day from which the service is known to track changes; None for not known.
        archive_until: the last day the archive knows of; None for the day of the newest entry.
        as_of: the day the page is from; None for that of its newest row.
        is_of_service: says of a policy's name whether the page must document its versions.
        histories: the policies' documents, which say what was granted before; without them that stays unknown.
        names: all policies there are, among which a wrong name is looked for.
        roles: the policies of service-linked roles.

    Raises:
        PageError: the page names more wildcards than can be looked up.
    """
    known = KnownPolicies({history.facts.name: history for history in histories}, names, roles)
    context = RowContext(page, entries, exists, tracking_since, archive_until, known)
    match_actions(context, page.rows)
    findings = {row.number: findings_of(context, row) for row in sorted(page.rows, key=_names_no_actions)}
    main_rows = _main_rows(context)
    rows = tuple(
        AuditedRow(row, tuple(_completed(context, main_rows, row, finding) for finding in findings[row.number]))
        for row in page.rows
    )
    since, until = page.since, as_of or page.until
    of_page = [entry for entry in context.entries if is_of_service(entry.policy)]
    in_time = [entry for entry in of_page if since and until and since <= _day(entry) <= until]
    untold = tuple(entry for entry in in_time if _has_no_row(context, entry))
    not_observed = tuple(entry for entry in in_time if entry.not_observed)
    counts = Counter(str(row.verdict) for row in rows)
    counted = {str(verdict): counts[verdict] for verdict in RowVerdict} | {"untold": len(untold)}
    return Audit(rows, untold, not_observed, since, until, counted)


def _has_no_row(context: RowContext, entry: Entry) -> bool:
    quiet = entry.event in (Event.POLICY_REISSUED, Event.TRACKING_STARTED)
    return not quiet and entry.id not in context.matched_rows and entry.id not in context.matched_by_date


def _completed(
    context: RowContext, main_rows: Mapping[str, int], row: DocumentedRow, finding: RowFinding
) -> RowFinding:
    """Return a finding with what its row leaves out of the versions whose main row it is."""
    finding = replace(finding, has_broken_name=_is_broken(finding.policy, row.change))
    documented_here = [entry for entry in finding.entries if main_rows.get(entry.id) == row.number]
    left_out = tuple(change for entry in documented_here for change in context.left_out(entry))
    whole = not any(change.kind.is_of_action for change in left_out)
    return replace(finding, silent=left_out, verdict=finding.verdict if whole else RowVerdict.PARTLY)


def _main_rows(context: RowContext) -> Mapping[str, int]:
    """Return which row documents most of an entry, by entry id; none for an entry that was matched by date alone."""
    return {
        entry_id: max(rows, key=lambda row: (len(row[1].names), -row[0]))[0]
        for entry_id, rows in context.matched_rows.items()
        if entry_id not in context.matched_by_date
    }


def _is_broken(policy: str | None, change: str) -> bool:
    return policy is not None and policy not in change and policy in change.replace(" ", "")


def _names_no_actions(row: DocumentedRow) -> bool:
    return not (row.actions or row.removed_actions)


def _day(entry: Entry) -> date:
    return entry.at.astimezone(ROW_ZONE).date()
