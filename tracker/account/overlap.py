"""Which grants of an own policy AWS managed policies give as well, and since when.

A grant is one action pattern of an Allow statement on its scope, less what the same policy denies. It is given as well
if the named policies together, less what they deny, allow every request that it allows: the net effect of "theirs,
then ours" gains nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.access import Answer, Facts, NetEffect, net_effect
from tracker.account.timeline import InForce
from tracker.catalogue.catalogue import Catalogue
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement
from tracker.policy.patterns import has_wildcard
from tracker.risk import universe_of

__all__ = ["GrantOverlap", "NamedPolicy", "OverlapCalculator", "Since"]

MAX_EXPANDED = 500
"""Actions of one pattern that are looked at one by one."""


class NamedPolicy(Struct, frozen=True):
    """An AWS managed policy and what was in force of it when."""

    name: str
    timeline: tuple[InForce, ...]
    """Oldest first, not empty."""


class Since(Struct, frozen=True):
    """Since when something has been given without a gap."""

    at: datetime
    version: str
    """The policy and its version that gave it then: `SecurityAudit v53`."""
    is_latest: bool
    """Whether it may have been given before: what was in force then is not known, or was not seen."""


class GrantOverlap(Struct, frozen=True):
    """One grant of the own policy, or one action of it, and whether it is given as well."""

    statement: int
    """The statement's index in the document, from 1."""
    action: str
    """The action pattern, as published."""
    scope: Scope
    """Where it holds."""
    given: Answer
    """Yes: all of it is given as well. No: a request shows that not. Unknown: neither could be decided."""
    by: tuple[str, ...] = ()
    """The policies that give all of it alone, sorted; empty where only several together do, or none does."""
    since: Since | None = None
    """Since when; None where it is not given."""
    effect: NetEffect | None = None
    """What the own grant allows beyond the others: with a witness, or the reasons why that is not decided."""
    rests_on_known_actions: bool = False
    """Whether the pattern may come to stand for more than the others give: it is given as of the actions of today."""
    actions: tuple["GrantOverlap", ...] = ()
    """Of a wildcard that is not given whole: the known actions of it, one by one."""

    @property
    def key(self) -> str:
        """What a state file knows the grant by: the action and its scope, wherever they stand in the document."""
        return f"{fold_action(self.action)} {self.scope!r}"


class OverlapCalculator:
    """Computes which grants of an own policy the named policies give as well."""

    def __init__(self, own: PolicyDocument, named: Sequence[NamedPolicy], catalogue: Catalogue, facts: Facts) -> None:
        """Take the own policy, the others with their histories, and the catalogue."""
        self._own, self._named, self._catalogue, self._facts = own, named, catalogue, facts
        self._denials = tuple(each for each in own.statements if each.effect is Effect.DENY)
        self._universe = universe_of(catalogue)
        self._states = list(_states(named))

    def grants(self) -> Iterator[GrantOverlap]:
        """Yield the grants of the own policy in their order.

        Raises:
            DocumentError: there are too many NotAction patterns to compare.
        """
        for index, statement in enumerate(self._own.statements, 1):
            if statement.effect is not Effect.ALLOW:
                continue
            if statement.inverted:
                yield self._overlap(index, statement, f"NotAction {', '.join(statement.actions)}")
                continue
            for action in sorted(statement.spellings.values(), key=str.lower):
                yield self._grant(index, replace(statement, actions=(action,)), action)

    def _grant(self, index: int, statement: Statement, action: str) -> GrantOverlap:
        whole = self._overlap(index, statement, action)
        if whole.given is Answer.YES or not has_wildcard(action):
            return whole
        names = sorted(facts.name for facts in self._catalogue.known(action).values())
        if not 1 < len(names) <= MAX_EXPANDED:
            return whole
        each = (self._overlap(index, replace(statement, actions=(name,)), name) for name in names)
        return replace(whole, actions=tuple(each))

    def _overlap(self, index: int, statement: Statement, action: str) -> GrantOverlap:
        effect = self._beyond([one.timeline[-1] for one in self._named], statement)
        found = GrantOverlap(index, action, statement.scope, _given(effect), effect=effect)
        if found.given is not Answer.YES:
            return found
        rests = _rests_on_known_actions(effect)
        alone = (one.name for one in self._named if self._gives([one.timeline[-1]], statement, rests) is Answer.YES)
        return replace(
            found, by=tuple(sorted(alone)), since=self._since(statement, rests), rests_on_known_actions=rests
        )

    def _gives(self, in_force: Sequence[InForce], statement: Statement, rests: bool) -> Answer:
        """Return whether some versions give all of a grant, where `rests` as far as today's actions go."""
        beyond = self._beyond(in_force, statement)
        given = _given(beyond)
        return Answer.NO if given is Answer.YES and _rests_on_known_actions(beyond) and not rests else given

    def _beyond(self, in_force: Sequence[InForce], statement: Statement) -> NetEffect | None:
        """Return what a grant allows beyond some versions; None where the document of one is not known."""
        documents = list(map(_document, in_force))
        theirs = [each for document in documents if document for each in document.statements]
        ours = PolicyDocument((statement, *self._denials))
        found = net_effect(PolicyDocument(tuple(theirs)), ours, self._universe, self._facts)
        is_decided = all(document is not None for document in documents)
        return found if is_decided else None

    def _since(self, statement: Statement, rests: bool) -> Since:
        """Return since when a grant that is given now has been given without a gap, in the same way as now."""
        index, before = len(self._states) - 1, Answer.NO
        while index > 0:
            before = self._gives(self._states[index - 1].in_force, statement, rests)
            if before is not Answer.YES:
                break
            index -= 1
        state = self._states[index]
        is_latest = bool(state.change.not_observed) or (index > 0 and before is Answer.UNKNOWN)
        return Since(state.change.at, f"{state.name} {state.change.version_id or '(removed)'}", is_latest)


class _State(Struct, frozen=True):
    """What was in force of all named policies from one change on."""

    name: str
    """Which of them changed."""
    change: InForce
    """To what."""
    in_force: tuple[InForce, ...]
    """What was in force of each that was there."""


def _states(named: Sequence[NamedPolicy]) -> Iterator[_State]:
    current: dict[str, InForce] = {}
    changes = ((change, one.name) for one in named for change in one.timeline)
    for change, name in sorted(changes, key=lambda item: item[0].at):
        current[name] = change
        yield _State(name, change, tuple(current.values()))


def _document(state: InForce) -> PolicyDocument | None:
    """Return the document in force: one without statements once the policy was removed; None where it is not known."""
    if state.version_id is None:
        return PolicyDocument(())
    try:
        return state.version.parsed if state.version else None
    except DocumentError:
        return None


def _given(beyond: NetEffect | None) -> Answer:
    """Return whether all is given, by what is allowed beyond it."""
    if beyond is None:
        return Answer.UNKNOWN
    return {Answer.NO: Answer.YES, Answer.YES: Answer.NO}.get(beyond.gains, Answer.UNKNOWN)


def _rests_on_known_actions(beyond: NetEffect | None) -> bool:
    """Return whether actions that come may be allowed beyond what is given."""
    return beyond is not None and beyond.gains_later is not Answer.NO
