"""What the archive says of one row, for each of its policies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from tracker.changelog.model import Entry, Event
from tracker.diff.model import ChangeKind
from tracker.documentation.auditing.by_date import distance_of_kind, version_by_date
from tracker.documentation.auditing.matching import USUAL_LAG, USUAL_MAX_DAYS, DatedEntry, RowMatch, match_row
from tracker.documentation.auditing.model import (
    COMPLAINTS,
    EXPLAINED,
    ActionFinding,
    ActionStanding,
    RowFinding,
    RowReason,
    RowVerdict,
    SpellingCorrection,
)
from tracker.documentation.auditing.row_context import ROLE_NAME, RowContext, actions_for
from tracker.documentation.reading.actions import DocumentedAction
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.reading.pages import DocumentedRow
from tracker.documentation.reading.row_kinds import RowKind
from tracker.policy.actions import fold_action
from tracker.policy.patterns import has_wildcard

__all__ = ["findings_of", "match_actions"]

_STANDING = {ChangeKind.ACTION_ADDED: ActionStanding.ADDED, ChangeKind.ACTION_REMOVED: ActionStanding.REMOVED}
_EVENTS: dict[RowKind, tuple[Event, ...]] = {
    RowKind.NEW_POLICY: (Event.POLICY_ADDED, Event.POLICY_RETURNED, Event.TRACKING_STARTED),
    RowKind.DEPRECATED: (Event.POLICY_REMOVED,),
}


def match_actions(context: RowContext, rows: Iterable[DocumentedRow]) -> None:
    """Find the versions that the actions of rows document, before any row is matched by its day alone."""
    for row in rows:
        for written in row.policies:
            policy, actions = context.policy_of(written)[0], actions_for(row, written)
            if policy in context.versions and row.days and actions and row.kind is not RowKind.LISTED:
                context.match(row, policy, actions)


def findings_of(context: RowContext, row: DocumentedRow) -> list[RowFinding]:
    """Return what the archive says of a row: a finding for each policy it is about, one at least."""
    if row.kind is RowKind.TRACKING_STARTED:
        return [_start_of_tracking(context, row)]
    if not row.policies:
        return [_of_any_policy(context, row)]
    findings = [_finding(context, row, policy) for policy in row.policies]
    assigned = _assigned(row, findings)
    if assigned is not row:
        findings = [_finding(context, assigned, policy) for policy in row.policies]
    return [_with_others(context, row, written, item) for written, item in zip(row.policies, findings, strict=True)]


def _assigned(row: DocumentedRow, findings: Sequence[RowFinding]) -> DocumentedRow:
    """Return a row about several policies with each action assigned to its policy, where they share them out.

    "A got `x:Get`, B got `y:Get`" is right though neither has both. They share them out where each policy has some of
    the actions and none has another's.
    """
    if len(findings) == 1 or not any(finding.missing for finding in findings):
        return row
    named = [{item.name for item in finding.actions if item.standing in EXPLAINED} for finding in findings]
    if not all(named) or sum(map(len, named)) > len(set().union(*named)):
        return row
    owner = {name: policy for policy, names in zip(row.policies, named, strict=True) for name in names}
    actions, removed = (
        tuple(replace(action, policies=(owner[action.name],)) if action.name in owner else action for action in some)
        for some in (row.actions, row.removed_actions)
    )
    return replace(row, actions=actions, removed_actions=removed)


def _with_others(context: RowContext, row: DocumentedRow, written: str, finding: RowFinding) -> RowFinding:
    """Return a finding about a row that was not found with the versions of other policies that it fits.

    Those are the versions that got its actions; for a row without actions, those of that time of the policies that its
    description names.
    """
    if finding.verdict is not RowVerdict.NOT_FOUND or row.days is None:
        return finding
    if actions := [action for action in actions_for(row, written) if not action.required]:
        return replace(finding, elsewhere=context.of_others(row.days, actions, finding.policy))
    return replace(finding, elsewhere=tuple(_of_description(context, row, row.days, finding.policy)))


def _of_description(context: RowContext, row: DocumentedRow, days: DaySpan, but: str | None) -> Iterator[Entry]:
    """Yield the versions, dated as rows usually are, of the policies that a description names."""
    for policy in context.about.names.find(row.description):
        if policy != but and policy in context.versions:
            version = version_by_date(
                context.versions[policy], days, row.speaks_of, context.about.has_labels_only, context.coverage
            )
            if version and version.distance(days) in USUAL_LAG:
                yield version.entry


def _start_of_tracking(context: RowContext, row: DocumentedRow) -> RowFinding:
    if row.days is None or context.tracking_since is None:
        return RowFinding(None, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
    days = row.days.days_after(context.tracking_since)
    return RowFinding(None, RowVerdict.DATED_DIFFERENTLY if days else RowVerdict.CONFIRMED, days=days)


def _of_any_policy(context: RowContext, row: DocumentedRow) -> RowFinding:
    """Find the policy that a row does not name by the actions it does."""
    actions = (*row.actions, *row.removed_actions)
    if row.days is None or not actions:
        return RowFinding(None, RowVerdict.NOT_CHECKED, reason=RowReason.NO_DATE if actions else RowReason.NO_POLICY)
    found = match_row(actions, row.days, context.every, context.exists)
    if not found:
        return RowFinding(None, RowVerdict.NOT_CHECKED, reason=RowReason.NO_POLICY)
    return _finding(context, row, found[0].version.entry.policy)


def _finding(context: RowContext, row: DocumentedRow, written: str) -> RowFinding:
    policy, candidates = context.policy_of(written)
    if policy is None:
        return _of_unknown(context, row, written, candidates)
    found = _of_policy(context, row, policy, actions_for(row, written))
    is_role = written.startswith(ROLE_NAME) and policy.lower() != written.lower()
    return replace(found, written=written) if is_role else found


def _of_unknown(context: RowContext, row: DocumentedRow, written: str, candidates: tuple[str, ...]) -> RowFinding:
    """Say what a name may stand for that no policy has; if the row fits the nearest one, it is a slip for that."""
    if context.until and row.days and row.days.last > context.until:
        return RowFinding(written, RowVerdict.NOT_CHECKED, reason=RowReason.AFTER_ARCHIVE)
    if written.startswith(ROLE_NAME):
        if found := _of_candidates(context, row, written, candidates):
            return found
        reason = RowReason.UNKNOWN_ROLE
        return RowFinding(written, RowVerdict.NOT_CHECKED, reason=reason, candidates=candidates)
    if written in context.about.names:
        return RowFinding(written, RowVerdict.NOT_CHECKED, reason=RowReason.NO_DOCUMENT)
    nearest = context.about.names.nearest(written)
    unknown = RowFinding(written, RowVerdict.NOT_FOUND, reason=RowReason.UNKNOWN_POLICY, nearest=nearest)
    if nearest not in context.versions:
        return unknown
    found = _of_policy(context, row, nearest, actions_for(row, written))
    if not found.entries or (row.kind in _EVENTS and abs(found.days or 0) > USUAL_MAX_DAYS):
        return unknown
    verdict = max(found.verdict, RowVerdict.OTHER_SPELLING, key=list(RowVerdict).index)
    return replace(found, verdict=verdict, written=written, nearest=nearest)


def _of_candidates(
    context: RowContext, row: DocumentedRow, written: str, candidates: Iterable[str]
) -> RowFinding | None:
    """Return what is said of the one policy a role may have that got all actions of its row at that time."""
    found = [
        finding
        for policy in candidates
        if policy in context.versions
        and (actions := actions_for(row, written))
        and (finding := _of_policy(context, row, policy, actions)).entries
        and not finding.missing
        and finding.days is not None
        and abs(finding.days) <= USUAL_MAX_DAYS
    ]
    return replace(found[0], written=written) if len(found) == 1 else None


def _of_policy(context: RowContext, row: DocumentedRow, policy: str, actions: Sequence[DocumentedAction]) -> RowFinding:
    if row.days is None:
        return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.NO_DATE)
    if row.kind is RowKind.LISTED:
        return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
    finding = _by_actions(context, row, row.days, policy, actions) if actions else None
    if row.kind in _EVENTS and not (finding and finding.entries):
        finding = _with_event(finding, _by_event(context, row.kind, row.days, policy))
    elif not actions or (finding is None and all(action.required for action in actions)):
        finding = _by_date(context, row, row.days, policy)
    return finding or _nothing(context, policy, row)


def _with_event(by_actions: RowFinding | None, by_event: RowFinding | None) -> RowFinding | None:
    """Return what is said of a row by the coming or going of its policy, with what is true of the actions it names."""
    if by_actions is None or by_event is None:
        return by_event or by_actions
    verdict = RowVerdict.PARTLY if by_actions.missing else by_event.verdict
    return replace(by_event, verdict=verdict, missing=by_actions.missing, actions=by_actions.actions)


def _by_event(context: RowContext, kind: RowKind, days: DaySpan, policy: str) -> RowFinding | None:
    """Evaluate a row about a policy that came or went; a policy comes once, however late the page says so.

    A deprecated policy may leave the list long after the page says that it is deprecated.
    """
    came = kind is RowKind.NEW_POLICY
    versions = [
        version
        for version in context.versions[policy]
        if version.entry.event in _EVENTS[kind]
        and (version.entry.event is not Event.TRACKING_STARTED or version.entry.version == "v1")
    ]
    nearest = min(versions, key=lambda version: abs(version.distance(days)), default=None)
    if not came and (nearest is None or nearest.distance(days) < USUAL_LAG.start):
        return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.STATEMENT_OF_PAGE)
    return _finding_by_day(context, nearest, days) if nearest else None


def _by_date(context: RowContext, row: DocumentedRow, days: DaySpan, policy: str) -> RowFinding | None:
    """Evaluate a row that names no action."""
    version = version_by_date(
        context.versions[policy], days, row.speaks_of, context.about.has_labels_only, context.coverage
    )
    return _finding_by_day(context, version, days) if version else None


def _finding_by_day(context: RowContext, version: DatedEntry, days: DaySpan) -> RowFinding:
    context.matched_by_date.add(version.entry.id)
    distance = version.distance(days)
    labels_only = context.about.has_labels_only(version)
    return RowFinding(version.entry.policy, _by_days(distance), (version.entry,), distance, labels_only=labels_only)


def _by_actions(
    context: RowContext, row: DocumentedRow, days: DaySpan, policy: str, actions: Sequence[DocumentedAction]
) -> RowFinding | None:
    found = context.match(row, policy, actions)
    keys = frozenset[str]().union(*(match.version.condition_keys for match in found))
    named = [
        finding
        for action in actions
        if (finding := _action_finding(context, action, days, policy, found)) is not None
        and not (finding.standing in COMPLAINTS and fold_action(action.name) in keys)
        and (finding.standing in EXPLAINED or not action.required)
    ]
    missing = tuple(dict.fromkeys(item.name for item in named if item.standing in COMPLAINTS))
    if not found:
        return _without_version(context, row, days, policy, tuple(named), missing)
    respelled = tuple(SpellingCorrection(*item) for item in dict.fromkeys(_corrections(actions, named)))
    entries = tuple(match.version.entry for match in found)
    verdict = RowVerdict.PARTLY if missing else RowVerdict.OTHER_SPELLING if respelled else _by_days(found[0].days)
    return RowFinding(policy, verdict, entries, found[0].days, respelled, missing, tuple(named))


def _without_version(
    context: RowContext,
    row: DocumentedRow,
    days: DaySpan,
    policy: str,
    named: tuple[ActionFinding, ...],
    missing: tuple[str, ...],
) -> RowFinding | None:
    """Evaluate a row whose actions no version near it explains: the policy may have granted them before.

    The row is then about a version that no other row documents, of the kind it speaks of, or one that adds no action.
    """
    if not named or any(item.standing is ActionStanding.UNKNOWN for item in named):
        return None
    respelled = tuple(SpellingCorrection(item.name, item.meant) for item in named if item.meant)
    wanted, is_same = row.speaks_of, context.about.has_labels_only
    left = (one for one in context.versions[policy] if not context.coverage(one) and not _adds_actions(one))
    near = [
        one
        for one in left
        if one.distance(days) in USUAL_LAG or (wanted and distance_of_kind(one, wanted, is_same) == 0)
    ]
    version = version_by_date(near, days, wanted, is_same, context.coverage)
    if len(missing) == len(named):
        nothing = _nothing(context, policy, row)
        missing = missing if nothing.verdict is RowVerdict.NOT_FOUND else ()
        return replace(nothing, actions=named, missing=missing, respelled=respelled)
    verdict = RowVerdict.PARTLY if missing else RowVerdict.OTHER_SPELLING if respelled else None
    if version is None:
        verdict = verdict or RowVerdict.GRANTED_BEFORE
        return RowFinding(policy, verdict, respelled=respelled, missing=missing, actions=named)
    by_day = _finding_by_day(context, version, days)
    return replace(by_day, verdict=verdict or by_day.verdict, respelled=respelled, missing=missing, actions=named)


def _action_finding(
    context: RowContext, action: DocumentedAction, days: DaySpan, policy: str, found: Sequence[RowMatch]
) -> ActionFinding | None:
    for match in found:
        version = match.version.entry.version
        if changes := match.changes.get(action.name):
            first = changes[0]
            is_same = fold_action(first.action) == fold_action(action.name)
            by = first.action if has_wildcard(first.action) and not is_same else first.covered_by
            standing = _STANDING.get(first.kind, ActionStanding.OTHER_SCOPE)
            return ActionFinding(action.name, standing, version, by, match.days, removed=action.removed)
        if changes := match.respelled.get(action.name):
            meant = tuple(sorted({change.action for change in changes}))
            respelled = ActionStanding.RESPELLED
            return ActionFinding(action.name, respelled, version, None, match.days, meant, action.removed)
    granted = context.granted(policy)
    if granted is None:
        return ActionFinding(action.name, ActionStanding.UNKNOWN, removed=action.removed)
    matched = found[0].version.entry.version if found else None
    return granted.standing(action, days, matched, is_known=context.exists(action.name))


def _nothing(context: RowContext, policy: str, row: DocumentedRow) -> RowFinding:
    """Say why no version was found: outside of what the archive knows, nothing can be said."""
    versions = context.versions[policy]
    assert row.days is not None  # noqa: S101 - _finding has looked
    begins = versions[0].entry.event is Event.TRACKING_STARTED or versions[0].entry.not_observed
    if begins and row.days.first <= versions[0].day + timedelta(USUAL_MAX_DAYS):
        return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.BEFORE_ARCHIVE)
    if context.until and row.days.last >= context.until:
        return RowFinding(policy, RowVerdict.NOT_CHECKED, reason=RowReason.AFTER_ARCHIVE)
    return RowFinding(policy, RowVerdict.NOT_FOUND, reason=RowReason.NO_VERSION)


def _adds_actions(version: DatedEntry) -> bool:
    return any(change.kind is ChangeKind.ACTION_ADDED for change in version.entry.changes)


def _corrections(
    actions: Sequence[DocumentedAction], named: Sequence[ActionFinding]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what the page writes otherwise than the policy, with what was meant; a doubled colon is spelling, too."""
    printed = {action.name: action.written for action in actions if action.written}
    for item in named:
        if item.meant or item.name in printed:
            yield printed.get(item.name, item.name), item.meant or (item.name,)


def _by_days(days: int) -> RowVerdict:
    return RowVerdict.CONFIRMED if days in USUAL_LAG else RowVerdict.DATED_DIFFERENTLY
