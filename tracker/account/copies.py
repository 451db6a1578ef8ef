"""Own documents that are copies of AWS managed policies, of whatever day.

A copy does not change when AWS changes the original. A document is a copy if it means the same as a version of AWS's
(the same statements, whatever their order and Sids), if most of what it grants is what a version grants, or if it is
called like a policy of AWS and grants something of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from tracker.access import Facts, NetEffect, Universe, net_effect
from tracker.account.timeline import InForce
from tracker.changelog.model import Entry
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.model import PolicyDocument

__all__ = ["Copy", "CopyFinder", "CopyKind", "Original"]

LEAST_SIMILARITY = 0.8
"""The share of the actions of two documents that both name, from which on one is a copy of the other."""
LEAST_ACTIONS = 3
"""Actions that both name, from which on that share says anything: many a policy allows `s3:PutObject` alone."""
_MOST_CANDIDATES = 20
_Grants = frozenset[tuple[str, bool, str]]


class CopyKind(StrEnum):
    """Why a document is taken for a copy."""

    SAME = "same"
    """It means the same as the version."""
    SIMILAR = "alike"
    """Most of its actions are those of the version, though maybe on other resources or conditions."""
    NAMED = "named"
    """It is called like the policy, and grants something of it."""


class Original(Struct, frozen=True):
    """An AWS managed policy with its history."""

    name: str
    timeline: tuple[InForce, ...]
    """Oldest first."""


class Copy(Struct, frozen=True):
    """One document and what it is a copy of."""

    name: str
    """Where it stands: the file, with what names it there."""
    line: int | None
    """The line at which it begins; None where that is not known."""
    kind: CopyKind
    policy: str
    """The AWS managed policy."""
    version: str
    """The version that it is nearest to; the newest of several."""
    similarity: float
    """The share of the actions of either that both name, from 0 to 1."""
    current: str | None
    """The version in force now; None where the policy was removed."""
    entries: tuple[Entry, ...]
    """What happened to the original since that version, newest first."""
    effect: NetEffect | None
    """What the original allows now against the own document; None where its document is not known."""


class CopyFinder:
    """Finds the originals of documents."""

    def __init__(self, originals: Sequence[Original], universe: Universe, facts: Facts) -> None:
        """Take all AWS managed policies, the known actions, and what is known of keys."""
        self._originals = {original.name: original for original in originals}
        self._by_name = {original.name.lower(): original.name for original in originals}
        self._universe, self._facts = universe, facts
        self._by_grant: defaultdict[tuple[str, bool, str], set[str]] = defaultdict(set)
        for original in originals:
            for state in original.timeline:
                for grant in _grants_of_state(state):
                    self._by_grant[grant].add(original.name)

    def find(self, name: str, called: Iterable[str], line: int | None, document: PolicyDocument) -> Copy | None:
        """Return what a document is a copy of; None where it is none.

        Args:
            name: where it stands.
            called: the names by which it may go there.
            line: the line at which it begins.
            document: the document.
        """
        grants = _grants(document)
        shared = Counter(policy for grant in grants for policy in self._by_grant.get(grant, ()))
        named = {self._by_name.get(each.lower()) for each in called}
        likely = [policy for policy, _ in shared.most_common(_MOST_CANDIDATES)]
        found = [one for policy in likely for one in self._likeness(policy, document, grants)]
        same = [one for one in found if one[0] is CopyKind.SAME]
        similar = [one for one in found if one[0] is CopyKind.SIMILAR]
        of_name = [one for one in found if one[2].name in named]
        for kind, candidates in ((CopyKind.SAME, same), (CopyKind.SIMILAR, similar), (CopyKind.NAMED, of_name)):
            if candidates:
                best = max(candidates, key=lambda one: (one[2].name in named, one[1], one[3].at))
                return self._copy(name, line, kind, document, best)
        return None

    def _likeness(
        self, policy: str, document: PolicyDocument, grants: _Grants
    ) -> Iterator[tuple[CopyKind, float, Original, InForce]]:
        original = self._originals[policy]
        own = frozenset(document.statements)
        for state in original.timeline:
            theirs = _document(state)
            if theirs is None:
                continue
            is_same = own == frozenset(theirs.statements)
            both, either = grants & _grants(theirs), grants | _grants(theirs)
            share = len(both) / len(either) if either else 0
            is_similar = share >= LEAST_SIMILARITY and len(both) >= LEAST_ACTIONS
            kind = CopyKind.SAME if is_same else CopyKind.SIMILAR if is_similar else CopyKind.NAMED
            yield kind, share, original, state

    def _copy(
        self,
        name: str,
        line: int | None,
        kind: CopyKind,
        document: PolicyDocument,
        best: tuple[CopyKind, float, Original, InForce],
    ) -> Copy:
        _, similarity, original, state = best
        last = original.timeline[-1]
        now = PolicyDocument(()) if last.version_id is None else _document(last)
        later = [one.entry for one in original.timeline if one.at > state.at and one.entry]
        effect = None if now is None else net_effect(document, now, self._universe, self._facts)
        version = state.version_id or ""
        return Copy(
            name, line, kind, original.name, version, similarity, last.version_id, tuple(reversed(later)), effect
        )


def _document(state: InForce) -> PolicyDocument | None:
    try:
        return state.version.parsed if state.version else None
    except DocumentError:
        return None


def _grants_of_state(state: InForce) -> _Grants:
    document = _document(state)
    return _grants(document) if document else frozenset()


def _grants(document: PolicyDocument) -> _Grants:
    return frozenset(
        (str(statement.effect), statement.inverted, fold_action(action))
        for statement in document.statements
        for action in statement.actions
    )
