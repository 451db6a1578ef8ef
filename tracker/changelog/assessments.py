"""The assessments of a changelog: effect and findings of each entry that changed permissions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, takewhile
from typing import Any

from tracker.access import Comparison, EffectiveChange
from tracker.base.parallel import alternating, shared_out
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.contract import finding_to_json
from tracker.changelog.model import Changelog, Entry, Event
from tracker.errors import DocumentError
from tracker.policy.history import PolicyHistory
from tracker.policy.model import PolicyDocument
from tracker.risk import Assessment, assess_change, effective_changes_of, facts_of
from tracker.risk.rules import Level

__all__ = [
    "EffectiveChangesOf",
    "assess_entries",
    "assessment_members",
    "effective_changes_by_entry",
    "effective_changes_finder",
    "entries_to_assess",
    "entry_assessor",
    "is_assessed",
    "named_actions",
]

LEAST_SHARED = 50
"""Entries from which on a second process takes half of them: it starts in the time of ten."""
_ASSESSED = frozenset((Event.POLICY_ADDED, Event.POLICY_UPDATED, Event.DEFAULT_ROLLED_BACK))
_UPDATED = _ASSESSED - {Event.POLICY_ADDED}
_NOTHING = PolicyDocument(())


def assess_entries(
    changelog: Changelog,
    histories: Iterable[PolicyHistory],
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
    *,
    is_whole_archive: bool,
) -> dict[str, Assessment]:
    """Return the assessments of entries, by id, the oldest first.

    Args:
        changelog: the entries.
        histories: the histories that it is about.
        catalogue: what is known of actions.
        levels: rule id → level where it is not the rule's own; None for off.
        is_whole_archive: whether the changelog has a whole archive, so that the first use of an action can be known.
    """
    entries = entries_to_assess(changelog)
    documents = _Documents(histories)

    def assessed(share: Sequence[Entry]) -> dict[str, Assessment]:
        wanted = frozenset(entry.id for entry in share)
        return _assessments(changelog, wanted, documents, catalogue, levels, is_whole_archive=is_whole_archive)

    found: dict[str, Assessment] = {}
    for some in shared_out(assessed, _shares(entries)):
        found |= some
    return {entry.id: found[entry.id] for entry in entries if entry.id in found}


def _shares(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Share entries between two processes, every other policy each: the steps of one have much in common."""
    if len(entries) < LEAST_SHARED:
        return [entries]
    by_policy: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        by_policy[entry.owner, entry.folder].append(entry)
    return [list(chain.from_iterable(share)) for share in alternating(list(by_policy.values()))]


def _assessments(
    changelog: Changelog,
    wanted: Iterable[str],
    documents: "_Documents",
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
    *,
    is_whole_archive: bool,
) -> dict[str, Assessment]:
    """Return the assessments of some entries; all others are looked at for what they name first."""
    left, found = set(wanted), dict[str, Assessment]()
    seen: set[str] | None = set() if is_whole_archive else None
    for entry in takewhile(lambda _: left, reversed(changelog.entries)):
        if entry.id in left:
            left.remove(entry.id)
            assessment = _assessed(entry, documents, catalogue, levels, seen)
            if assessment is not None:
                found[entry.id] = assessment
        after = documents.of(entry, entry.version)
        if seen is not None and after:
            seen |= named_actions(after)
    return found


def entry_assessor(
    histories: Iterable[PolicyHistory], catalogue: Catalogue, levels: Mapping[str, Level | None]
) -> Callable[[Entry], Assessment | None]:
    """Return a function that assesses one entry alone, of which it is not known what it names first.

    Args:
        histories: the histories that the entries are from.
        catalogue: what is known of actions.
        levels: rule id → level where it is not the rule's own; None for off.
    """
    documents = _Documents(histories)
    return lambda entry: _assessed(entry, documents, catalogue, levels, None) if is_assessed(entry) else None


def _assessed(
    entry: Entry,
    documents: "_Documents",
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
    seen: Collection[str] | None,
) -> Assessment | None:
    """Return what an entry's changes mean; None where a document is not known or can't be compared."""
    before = documents.of(entry, entry.previous_version) if entry.previous_version else _NOTHING
    after = documents.of(entry, entry.version)
    if not before or not after:
        return None
    with suppress(DocumentError):  # too many NotAction patterns: the entry stands without an assessment
        return assess_change(entry.policy, before, after, entry.changes, catalogue, levels=levels, seen=seen)
    return None


EffectiveChangesOf = Callable[[Entry], tuple[EffectiveChange, ...] | None]
"""Gives what becomes of actions by an entry; None where the changes of its text say it, or nothing is known of it."""


def effective_changes_finder(histories: Iterable[PolicyHistory], catalogue: Catalogue) -> EffectiveChangesOf:
    """Return a function that finds what becomes of actions by an entry, each once, and only of those asked for.

    Args:
        histories: the histories that the entries are from.
        catalogue: what is known of actions.
    """
    documents, found = _Documents(histories), dict[str, tuple[EffectiveChange, ...] | None]()

    def find(entry: Entry) -> tuple[EffectiveChange, ...] | None:
        if entry.event not in _UPDATED or not entry.changes:
            return None
        if entry.id not in found:
            before, after = documents.of(entry, entry.previous_version), documents.of(entry, entry.version)
            found[entry.id] = None
            if before and after:
                comparison = Comparison(before, after, facts_of(catalogue))
                found[entry.id] = effective_changes_of(comparison, entry.changes, catalogue)
        return found[entry.id]

    return find


def effective_changes_by_entry(
    entries: Sequence[Entry], histories: Iterable[PolicyHistory], catalogue: Catalogue
) -> EffectiveChangesOf:
    """Return what `effective_changes_finder` does, with what becomes of actions by each of some entries found already.

    Args:
        entries: those that it is wanted for.
        histories: as those of `effective_changes_finder`.
        catalogue: as that of `effective_changes_finder`.
    """
    find = effective_changes_finder(histories, catalogue)

    def find_all(share: Sequence[Entry]) -> dict[str, tuple[EffectiveChange, ...] | None]:
        return {entry.id: find(entry) for entry in share}

    found: dict[str, tuple[EffectiveChange, ...] | None] = {}
    for some in shared_out(find_all, _shares(entries)):
        found |= some
    return lambda entry: found[entry.id] if entry.id in found else find(entry)


def entries_to_assess(changelog: Changelog) -> list[Entry]:
    """Return the entries that changed permissions, the oldest first."""
    return [entry for entry in reversed(changelog.entries) if is_assessed(entry)]


def is_assessed(entry: Entry) -> bool:
    """Return whether an entry changed permissions."""
    return entry.event in _ASSESSED


def assessment_members(entry: Entry, assessments: Mapping[str, Assessment], catalogue: Catalogue) -> dict[str, Any]:
    """Return the optional members of an entry in JSON: verdict, findings, effect, access levels."""
    assessment = assessments.get(entry.id)
    if assessment is None:
        return {}
    known = ((change.action, catalogue.action(change.action)) for change in entry.changes)
    return {
        "verdict": assessment.verdict,
        "findings": [finding_to_json(finding) for finding in assessment.findings],
        **({} if assessment.effective is None else {"effective": assessment.effective}),
        "access_levels": {action: facts.access_level for action, facts in known if facts and facts.access_level},
    }


class _Documents:
    """The documents of histories, by the entries that are about them."""

    def __init__(self, histories: Iterable[PolicyHistory]) -> None:
        self.histories = {(one.owner, one.label): one for one in histories}

    def of(self, entry: Entry, version_id: str | None) -> PolicyDocument | None:
        """Return the document of a version; None where it is not known or not well-formed."""
        history = self.histories.get((entry.owner, entry.folder))
        version = history.version(version_id) if history and version_id else None
        try:
            return version.parsed if version else None
        except DocumentError:
            return None


def named_actions(document: PolicyDocument) -> set[str]:
    """Return the action patterns and the services that a document names, folded; without those that it excepts."""
    named = {action for one in document.statements if not one.inverted for action in one.folded}
    return named | {action.partition(":")[0] for action in named}
