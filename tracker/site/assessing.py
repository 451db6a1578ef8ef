"""The assessments of an archive's changes, kept from build to build.

It is made from two documents, from the actions that no earlier entry of any policy had named, and from what is known of
actions. So a version that arrives late is assessed anew with what follows it, as far as it names anything first.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from msgspec import msgpack

from tracker.base.parallel import alternating, shared_out
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.assessments import is_assessed
from tracker.changelog.model import Changelog, Entry
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.history import PolicyHistory
from tracker.policy.model import PolicyDocument
from tracker.risk import Assessment, assess_change
from tracker.risk.rules import Level
from tracker.site.memo import Memo, digest_of
from tracker.site.records import PolicyRecord

if TYPE_CHECKING:
    from tracker.site.records import EntrySource

__all__ = ["assess_records"]

_ASSESSMENT = msgpack.Decoder(Assessment | None)
_NOTHING = PolicyDocument(())


class _Question(NamedTuple):
    """One entry that is to be assessed."""

    entry: Entry
    key: str
    """Names all that the assessment is made from."""
    seen: frozenset[str] | None
    """The actions and services of its changes that were named before; None where that can't be known."""


def assess_records(
    records: Sequence[PolicyRecord],
    changelog: Changelog,
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
    load: Callable[[PolicyHistory], PolicyHistory],
    memo: Memo,
    base: str,
    *,
    is_whole_archive: bool = True,
) -> dict[str, Assessment]:
    """Return the assessments of entries, by id, the oldest first; see `assess_entries`.

    Args:
        records: all policies.
        changelog: all their entries.
        catalogue: what is known of actions.
        levels: rule id → level where it is not the rule's own; None for off.
        load: returns a policy with its documents.
        memo: what an earlier build found out.
        base: names the program and its data, the catalogue and the configuration.
        is_whole_archive: whether these are all policies, so that the first use of an action can be known.
    """
    questions = _questions(records, changelog, base, is_whole_archive=is_whole_archive)
    left: defaultdict[tuple[str, str], list[_Question]] = defaultdict(list)
    for question in questions:
        if question.key not in memo:
            left[question.entry.owner, question.entry.folder].append(question)
    histories = {record.policy: record.history for record in records}

    def answer(places: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        return {
            question.key: msgpack.encode(_assessed(question, load(histories[place]), catalogue, levels))
            for place in places
            for question in left[place]
        }

    for found in shared_out(answer, alternating(sorted(left))) if left else ():
        memo.join(found)
    answers = {question.entry.id: memo.get(question.key, _ASSESSMENT.decode, lambda: None) for question in questions}
    return {entry_id: assessment for entry_id, assessment in answers.items() if assessment is not None}


def _questions(
    records: Sequence[PolicyRecord], changelog: Changelog, base: str, *, is_whole_archive: bool
) -> list[_Question]:
    """Return the entries that changed permissions, the oldest first."""
    sources: dict[str, EntrySource] = {
        entry.id: source for record in records for entry, source in zip(record.entries, record.sources, strict=True)
    }
    seen: set[str] = set()
    found = []
    for entry in reversed(changelog.entries):
        source = sources[entry.id]
        if is_assessed(entry):
            actions = {fold_action(change.action) for change in entry.changes}
            names = actions | {action.partition(":")[0] for action in actions}
            known = frozenset(names & seen) if is_whole_archive else None
            first = ["?"] if known is None else sorted(names - known)
            key = digest_of("assessment", base, entry.id, entry.policy, source.before, source.after, *first)
            found.append(_Question(entry, key, known))
        seen.update(source.named)
    return found


def _assessed(
    question: _Question, history: PolicyHistory, catalogue: Catalogue, levels: Mapping[str, Level | None]
) -> Assessment | None:
    """Return the assessment of an entry; None where a document is not known or can't be compared."""
    entry = question.entry
    before = _document(history, entry.previous_version) if entry.previous_version else _NOTHING
    after = _document(history, entry.version)
    if before is None or after is None:
        return None
    with suppress(DocumentError):  # too many NotAction patterns: the entry stands without an assessment
        return assess_change(entry.policy, before, after, entry.changes, catalogue, levels=levels, seen=question.seen)
    return None


def _document(history: PolicyHistory, version_id: str | None) -> PolicyDocument | None:
    version = history.version(version_id) if version_id else None
    try:
        return version.parsed if version else None
    except DocumentError:
        return None
