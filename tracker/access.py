"""The net effect of a change: what a request may do after it that it could not do before, and the reverse.

An answer "no" rests on a proof that what one document allows is covered by the other (`scopes.covers`), an answer
"yes" on a concrete request that the one allows and the other does not; whatever has neither is `unknown`.
A request is allowed when some Allow statement matches it and no Deny statement does:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

from msgspec.structs import replace as struct_replace

from tracker.model import Condition, Effect, PolicyDocument, Scope, Statement, fold_action
from tracker.requests import Request, context_for, passes
from tracker.scopes import MOST_PARTS, contradict
from tracker.scopes import covers as scopes_cover
from tracker.wildcards import covers, has_wildcard, matches, meeting, overlaps, resolved, sample

__all__ = [
    "Answer",
    "Gain",
    "NetEffect",
    "Possibility",
    "Reason",
    "ReasonKind",
    "Universe",
    "Verdict",
    "Witness",
    "guardrail_effect",
    "net_effect",
    "newly_possible",
]

Universe = Callable[[str], Collection[str]]
"""Action pattern → the names of the known actions it stands for; empty where none is known."""

MOST_STEPS = 300_000
"""Comparisons for each direction, beyond which the answer is `unknown`; the largest real step takes a quarter."""
MOST_STEPS_FOR_ALL = 50 * MOST_STEPS
"""Comparisons for all actions one by one; beyond, the rest is `unclear`."""
MOST_SAMPLES = 8
"""Texts that are tried for one pattern."""
MOST_REASONS = 20


class Verdict(StrEnum):
    """What a change does to what requests may do."""

    SAME = "same"
    BROADENS = "broadens"
    NARROWS = "narrows"
    BOTH = "both"
    UNDECIDED = "undecided"


class Answer(StrEnum):
    """Whether there is a request that one document allows and the other does not."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ReasonKind(StrEnum):
    """Why a direction could not be decided."""

    ACTIONS = "actions-overlap-in-part"
    BUDGET = "budget"
    CONDITIONS = "condition-not-comparable"
    ELEMENTS = "elements-differ"
    PRINCIPALS = "principal-not-comparable"
    RESOURCES = "resources-overlap-in-part"


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of permission for which neither a proof nor a request was found."""

    kind: ReasonKind
    """What stood in the way."""
    statement: int | None
    """Index of the allowing statement, in `after` for a gain, in `before` for a loss; None where it is none of them."""
    action: str | None
    """The action pattern, as published."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Something that one document allows and the other does not, with one request that shows it."""

    action: str
    """The action pattern as published, a known action of it, or the folded part of it that differs."""
    resource: str | None
    """The resource pattern; `*` but for what the other document names, under NotResource. None: none is named."""
    principal: str | None
    """The principal as in `Scope.principals`; None where none is named."""
    conditions: tuple[Condition, ...]
    """Tests that the request has to pass, those of the allowing statement."""
    avoided: tuple[Condition, ...]
    """Tests that it does not pass: where the other document asks for them, they are not needed any more; where
    this document's Deny does, the request is not meant by it."""
    statement: int | None
    """Index of the statement that allows it, in the document that does; None where other policies do."""
    denied_by: int | None
    """Index of the Deny statement in the other document that stands against it, where that is why it differs."""
    request: Request
    """A request that the one allows and the other does not."""


@dataclass(frozen=True, slots=True)
class NetEffect:
    """What a change gives and takes. Each direction stands on its own."""

    gains: Answer
    """Whether something is allowed after that was not before."""
    loses: Answer
    """Whether something was allowed before that is not after."""
    gained: Witness | None = None
    """Shown exactly when `gains` is yes."""
    lost: Witness | None = None
    """Shown exactly when `loses` is yes."""
    gain_reasons: tuple[Reason, ...] = ()
    """Why `gains` is unknown; empty when it is not."""
    loss_reasons: tuple[Reason, ...] = ()
    """Why `loses` is unknown; empty when it is not."""
    rests_on_universe: bool = False
    """True when a "no" holds for the known actions only, not for any action that might come."""
    beside_others: bool = False
    """True when it is about what other policies allow and these documents do not deny."""

    @property
    def verdict(self) -> Verdict:
        """Both directions in one word; undecided as soon as one of them is unknown."""
        return _VERDICTS.get((self.gains, self.loses), Verdict.UNDECIDED)


_VERDICTS = {
    (Answer.NO, Answer.NO): Verdict.SAME,
    (Answer.YES, Answer.NO): Verdict.BROADENS,
    (Answer.NO, Answer.YES): Verdict.NARROWS,
    (Answer.YES, Answer.YES): Verdict.BOTH,
}


class Gain(StrEnum):
    """How one action is newly possible."""

    NEW = "new"
    WIDER = "wider"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Possibility:
    """One known action of which a request is allowed after that was not allowed before."""

    action: str
    """The action's name, as the universe spells it."""
    gain: Gain
    """`new`: surely no request for it was allowed before. `wider`: some were, or that is not known. `unclear`: it
    could not be decided whether there is any new request for it at all."""


def net_effect(before: PolicyDocument, after: PolicyDocument, universe: Universe | None = None) -> NetEffect:
    """Return what a change gives and takes.

    Without `universe` any text may be an action, so `s3:*` is always more than a list of actions. With it, an
    action wildcard is what it stands for among the known actions and those that the documents name; a wildcard
    that stands for none of them stays open.

    Documents that only deny mean nothing alone (AWSCompromisedKeyQuarantineV2, service control policies); of them
    `guardrail_effect` is told.
    """
    if not any(statement.effect is Effect.ALLOW for statement in before.statements + after.statements):
        return guardrail_effect(before, after, universe)
    return _effect(before, after, universe)


def guardrail_effect(before: PolicyDocument, after: PolicyDocument, universe: Universe | None = None) -> NetEffect:
    """Return what a change of the Deny statements gives and takes where other policies allow everything.

    A Deny that goes may open what another policy allows, even if its own document allows nothing of the kind.
    """
    scopes = [statement.scope for statement in before.statements + after.statements]
    everywhere = Scope(
        resources=("*",) if any(scope.resources or scope.not_resources for scope in scopes) else (),
        principals=("*",) if any(scope.principals or scope.not_principals for scope in scopes) else (),
    )
    others = Statement(Effect.ALLOW, False, everywhere, ("*",))
    found = _effect(_denying(before, others), _denying(after, others), universe)
    return replace(
        found,
        gained=found.gained and replace(found.gained, statement=None),
        lost=found.lost and replace(found.lost, statement=None),
        gain_reasons=tuple(replace(reason, statement=None) for reason in found.gain_reasons),
        loss_reasons=tuple(replace(reason, statement=None) for reason in found.loss_reasons),
        beside_others=True,
    )


def _denying(document: PolicyDocument, others: Statement) -> PolicyDocument:
    """Return the document with its Deny statements in their places and the one Allow of others at its end."""
    kept = (
        statement if statement.effect is Effect.DENY else replace(statement, actions=(), inverted=False)
        for statement in document.statements
    )
    return PolicyDocument((*kept, others), document.published)


def _effect(before: PolicyDocument, after: PolicyDocument, universe: Universe | None) -> NetEffect:
    gain = _Direction(before, after, universe).decided()
    loss = _Direction(after, before, universe).decided()
    return NetEffect(
        gain.answer,
        loss.answer,
        gain.witness,
        loss.witness,
        gain.reasons,
        loss.reasons,
        gain.rests_on_universe or loss.rests_on_universe,
    )


def newly_possible(before: PolicyDocument, after: PolicyDocument, universe: Universe) -> tuple[Possibility, ...] | None:
    """Return the known actions of which more is allowed after than before, by name; None for too many to look at.

    Known are the actions of `universe` and those that the differing statements name. An action of which surely no
    new request is allowed is left out.
    """
    direction = _Direction(before, after, universe, MOST_STEPS_FOR_ALL)
    was = _Direction(_NOTHING, before, universe, MOST_STEPS_FOR_ALL)
    found = []
    try:
        names = direction.names()
    except _SpentError:
        return None
    for name in names:
        answer = direction.answer_for(fold_action(name))
        if answer is Answer.NO:
            continue
        gain = Gain.UNCLEAR
        if answer is Answer.YES:
            gain = _GAINS[was.answer_for(fold_action(name))]
        found.append(Possibility(name, gain))
    return tuple(found)


_NOTHING = PolicyDocument((), {})
_GAINS = {Answer.NO: Gain.NEW, Answer.YES: Gain.WIDER, Answer.UNKNOWN: Gain.WIDER}


class _Decision(NamedTuple):
    answer: Answer
    witness: Witness | None = None
    reasons: tuple[Reason, ...] = ()
    rests_on_universe: bool = False


class _SpentError(Exception):
    """The budget of a direction is used up."""


class _Actions(NamedTuple):
    """The actions that all patterns of `within` match and none of `without`."""

    within: tuple[str, ...]
    without: frozenset[str] = frozenset()

    def are_none(self) -> bool:
        return any(covers(pattern, part) for pattern in self.without for part in self.within)

    def has(self, action: str) -> bool:
        return all(matches(part, action) for part in self.within) and not any(
            matches(pattern, action) for pattern in self.without
        )


class _Cell(NamedTuple):
    """A part of what the document allows: some actions, where all of these statements hold."""

    actions: _Actions
    allow: int
    deny: int | None = None
    """A Deny of the other document, when the cell is what that one denied."""


class _Listed(NamedTuple):
    """Some of the resources (or principals) of a statement: these, or all but these; nothing if it names none."""

    patterns: tuple[str, ...]
    inverted: bool = False


class _Place(NamedTuple):
    """A part of where a cell holds: the resources and principals of each of its statements."""

    resources: tuple[_Listed, ...]
    principals: tuple[_Listed, ...]


class _Direction:
    """Looks for what `after` allows and `before` does not. A statement goes by its place in both together."""

    def __init__(
        self, before: PolicyDocument, after: PolicyDocument, universe: Universe | None, most: int = MOST_STEPS
    ) -> None:
        self.statements = before.statements + after.statements
        self.offset = len(before.statements)
        self.universe = universe
        here, there = range(self.offset, len(self.statements)), range(self.offset)
        self.allows, self.denies = self._those(here, Effect.ALLOW), self._those(here, Effect.DENY)
        self.allowed, self.denied = self._those(there, Effect.ALLOW), self._those(there, Effect.DENY)
        self.left = most
        self.rests_on_universe = False
        self.proofs: dict[tuple[int, int | None, tuple[int, ...]], bool] = {}
        self.by_service: dict[int, dict[str, frozenset[str]]] = {}
        self.in_vain: set[tuple[int, int | None, tuple[int, ...]]] = set()

    def _those(self, indices: Iterable[int], effect: Effect) -> list[int]:
        of_effect = [i for i in indices if self.statements[i].effect == effect and self.statements[i].folded]
        return [i for i in of_effect if not _is_nowhere(self.statements[i].scope)]

    def spend(self, steps: int) -> None:
        """Count comparisons; those of long patterns take longer."""
        self.left -= steps * self.weight
        if self.left < 0:
            raise _SpentError

    def decided(self) -> _Decision:
        """Return the answer for this direction."""
        if not self.comparable:
            return _Decision(Answer.UNKNOWN, reasons=(Reason(ReasonKind.ELEMENTS, None, None),))
        reasons: dict[Reason, None] = {}
        try:
            for cell in self._cells():
                found = self._judged(cell)
                if isinstance(found, Witness):
                    return _Decision(Answer.YES, found)
                if found is not None:
                    reasons[found] = None
        except _SpentError:
            reasons = {Reason(ReasonKind.BUDGET, None, None): None, **reasons}
        if reasons:
            return _Decision(Answer.UNKNOWN, reasons=tuple(reasons)[:MOST_REASONS])
        return _Decision(Answer.NO, rests_on_universe=self.rests_on_universe)

    def answer_for(self, action: str) -> Answer:
        """Return the answer for one action (folded) alone."""
        if not self.comparable:
            return Answer.UNKNOWN
        answer = Answer.NO
        try:
            for cell in self._cells_of(action):
                found = self._judged(cell)
                if isinstance(found, Witness):
                    return Answer.YES
                if found is not None:
                    answer = Answer.UNKNOWN
        except _SpentError:
            return Answer.UNKNOWN
        return answer

    def names(self) -> list[str]:
        """Return the known actions that may differ, sorted."""
        cells = [cell for cell in self._cells() if not self._is_settled(cell)]
        names: dict[str, str] = {}
        for cell in cells:
            narrowest = max(cell.actions.within, key=len)
            if has_wildcard(narrowest):
                known = {fold_action(name): name for name in self._expanded(narrowest)}
                names |= {folded: name for folded, name in known.items() if cell.actions.has(folded)}
            else:
                names.setdefault(narrowest, self._spelled(cell))
        return sorted(names.values(), key=str.lower)

    def _expanded(self, pattern: str) -> Collection[str]:
        """Return the known actions of a pattern; none where no universe is given."""
        found = self.universe(pattern) if self.universe else ()
        self.left -= len(found)
        return found

    @cached_property
    def comparable(self) -> bool:
        """Tell whether all statements name resources or none does, and principals likewise."""
        left = {self.statements[index] for index in (*self.allowed, *self.denied)}
        right = {self.statements[index] for index in (*self.allows, *self.denies)}
        if left == right:
            return True
        scopes = [statement.scope for statement in left | right]
        return (
            len({bool(scope.resources or scope.not_resources) for scope in scopes}) <= 1
            and len({bool(scope.principals or scope.not_principals) for scope in scopes}) <= 1
        )

    @cached_property
    def new_allows(self) -> list[int]:
        """Return the Allow statements that the other document does not have."""
        return self._not_among(self.allows, self.allowed)

    @cached_property
    def lost_denies(self) -> list[int]:
        """Return the other document's Deny statements that this one does not have."""
        return self._not_among(self.denied, self.denies)

    def _not_among(self, those: Iterable[int], others: Iterable[int]) -> list[int]:
        known = {self.statements[index] for index in others}
        return [index for index in those if self.statements[index] not in known]

    def _cells(self) -> Iterator[_Cell]:
        """Yield what is allowed and was not by an equal line, then what is allowed and was denied."""
        lists = self._lists(self.allowed)
        for index in self.new_allows:
            statement = self.statements[index]
            if statement.inverted:
                yield _Cell(_Actions(("*",), statement.folded), index)
            else:
                rest = statement.folded.difference(*lists.get(statement.scope, ()))
                for action in sorted(rest, key=_plain_first):
                    yield _Cell(_Actions((action,)), index)
        lists = self._lists(self.denies)
        for denied, allowed in product(self.lost_denies, self.allows):
            for actions in self._common_actions(denied, allowed, lists):
                yield _Cell(actions, allowed, denied)

    def _lists(self, indices: Iterable[int]) -> dict[Scope, list[frozenset[str]]]:
        lists: dict[Scope, list[frozenset[str]]] = {}
        for statement in (self.statements[index] for index in indices):
            if not statement.inverted:
                lists.setdefault(statement.scope, []).append(statement.folded)
        return lists

    def _common_actions(
        self, denied: int, allowed: int, lists: dict[Scope, list[frozenset[str]]]
    ) -> Iterator[_Actions]:
        deny, allow = self.statements[denied], self.statements[allowed]
        if deny.inverted and allow.inverted:
            yield _Actions(("*",), deny.folded | allow.folded)
            return
        if deny.inverted:
            yield from (_Actions((action,), deny.folded) for action in sorted(allow.folded, key=_plain_first))
            return
        rest = sorted(deny.folded.difference(*lists.get(deny.scope, ())), key=_plain_first)
        if allow.inverted:
            yield from (_Actions((action,), allow.folded) for action in rest)
            return
        for action in rest:
            self.spend(len(allow.folded) if has_wildcard(action) else len(allow.wild) + 1)
            if action in allow.folded:
                yield _Actions((action,))
            else:
                for other in sorted(allow.folded if has_wildcard(action) else allow.wild):
                    if overlaps(action, other):
                        yield _Actions(_narrower(action, other))

    def _cells_of(self, action: str) -> Iterator[_Cell]:
        denied = [index for index in self.lost_denies if self._touches(index, action)]
        for index in self.allows:
            if self._touches(index, action):
                if index in self.new_allows:
                    yield _Cell(_Actions((action,)), index)
                yield from (_Cell(_Actions((action,)), index, deny) for deny in denied)

    def _touches(self, index: int, action: str) -> bool:
        """Tell whether a statement is about one action."""
        statement = self.statements[index]
        named = action in statement.folded or any(matches(pattern, action) for pattern in self._wild(index, action))
        return named != statement.inverted

    def _wild(self, index: int, action: str) -> frozenset[str]:
        """Return the wildcards of a statement that may have to do with an action pattern: those of its service."""
        wild = self.statements[index].wild
        if len(wild) > 1:
            by_service = self.by_service.get(index)
            if by_service is None:
                by_service = self.by_service[index] = _by_service(wild)
            service = action.partition(":")[0]
            if not has_wildcard(service):
                wild = by_service.get(service, _NONE) | by_service.get("*", _NONE)
        self.spend(1 + len(wild))
        return wild

    def _judged(self, cell: _Cell, depth: int = 0) -> Witness | Reason | None:
        """Return None when all of the cell is covered, else a request that is not, else why that is not known."""
        if self._is_settled(cell):
            return None
        stopping = self._stopping(cell)
        parts = self._parts(cell, stopping, depth)
        if parts is None:
            return self._witness(cell, stopping) or self._reason(cell, stopping)
        first: Reason | None = None
        for part in parts:
            found = self._judged(part, depth + 1)
            if isinstance(found, Witness):
                return found
            first = first or found
        return first

    def _is_settled(self, cell: _Cell) -> bool:
        """Tell whether a cell is surely empty or covered as a whole."""
        if cell.actions.are_none() or self._is_nowhere(cell):
            return True
        return self._proven(cell, self._covering(cell))

    def _stopping(self, cell: _Cell) -> list[int]:
        """Return the statements for which a request of this cell may not be new."""
        return self.denies if cell.deny is not None else [*self.allowed, *self.denies]

    def _covering(self, cell: _Cell) -> tuple[int, ...]:
        """Return those of them that are surely about all of its actions."""
        return tuple(index for index in self._stopping(cell) if self._covers_actions(index, cell.actions))

    def _is_nowhere(self, cell: _Cell) -> bool:
        """Tell whether the scopes of an Allow and a Deny surely have nothing in common."""
        scopes = self._scopes(cell)
        return len(scopes) > 1 and (
            contradict(_all_conditions(scopes)) or next(self._places(scopes, whole=False), None) is None
        )

    def _parts(self, cell: _Cell, stopping: Sequence[int], depth: int) -> list[_Cell] | None:
        """Cut a cell that is not covered as a whole: along a NotAction, or into known actions. None: it can't be."""
        wild = all(map(has_wildcard, cell.actions.within))
        if not wild:
            return None
        for index in stopping if depth <= MOST_SAMPLES else ():
            statement = self.statements[index]
            if not statement.inverted or self._covers_actions(index, cell.actions):
                continue
            open_ends = self._open_ends(statement, cell.actions)
            rest = cell.actions.without | statement.folded
            if len(open_ends) <= MOST_SAMPLES * MOST_SAMPLES and not rest <= cell.actions.without:
                ends = [_Actions((*cell.actions.within, *end), cell.actions.without) for end in open_ends]
                return [cell._replace(actions=actions) for actions in (*ends, _Actions(cell.actions.within, rest))]
        if self.universe is not None:
            names = sorted(name for name in self._known(cell.actions.within) if cell.actions.has(name))
            if names:
                self.rests_on_universe = True
                return [cell._replace(actions=_Actions((name,))) for name in names]
        return None

    def _open_ends(self, statement: Statement, actions: _Actions) -> list[tuple[str, ...]]:
        """Return the exceptions of a NotAction that reach into these actions."""
        self.spend(len(statement.folded) * (1 + len(actions.without)))
        return [
            (pattern,)
            for pattern in sorted(statement.folded)
            if all(overlaps(pattern, part) for part in actions.within)
            and not any(covers(left_out, pattern) for left_out in actions.without)
        ]

    def _known(self, within: tuple[str, ...]) -> set[str]:
        """Return the known actions of a pattern and those that the documents name; none where none is known."""
        narrowest = max(within, key=len)
        known = {fold_action(name) for name in self._expanded(narrowest)}
        named = {action for statement in self.statements for action in statement.folded - statement.wild}
        self.spend(len(named))
        return known | {action for action in named if matches(narrowest, action)} if known else known

    def _covers_actions(self, index: int, actions: _Actions) -> bool:
        """Tell whether a statement is surely about all of these actions."""
        statement = self.statements[index]
        if not statement.inverted:
            if not statement.folded.isdisjoint(actions.within):
                return True
            return any(covers(pattern, part) for part in actions.within for pattern in self._wild(index, part))
        literal = next((part for part in actions.within if not has_wildcard(part)), None)
        exceptions = statement.folded
        if literal is not None:
            exceptions = self._wild(index, literal) | statement.folded.intersection((literal,))
        self.spend(1 + len(exceptions))
        return all(
            not all(overlaps(pattern, part) for part in actions.within)
            or any(covers(left_out, pattern) for left_out in actions.without)
            for pattern in exceptions
        )

    def _proven(self, cell: _Cell, covering: tuple[int, ...]) -> bool:
        """Tell whether the covering statements surely hold wherever the cell does."""
        if not covering:
            return False
        key = (cell.allow, cell.deny, covering)
        if key not in self.proofs:
            wide = [self.statements[index].scope for index in covering]
            self.proofs[key] = self._all_covered(wide, self._scopes(cell))
        return self.proofs[key]

    def _scopes(self, cell: _Cell) -> list[Scope]:
        return [self.statements[index].scope for index in (cell.allow, cell.deny) if index is not None]

    def _all_covered(self, wide: Sequence[Scope], narrow: Sequence[Scope]) -> bool:
        """Tell whether the wide scopes together surely hold where all of the narrow ones do."""
        return any(
            all(self._is_covered(wide, narrow, place) for place in self._places(narrow, whole=whole))
            for whole in (True, False)
        )

    def _is_covered(self, wide: Sequence[Scope], narrow: Sequence[Scope], place: _Place) -> bool:
        conditions = _all_conditions(narrow)
        for resources, principals in product(set(place.resources), set(place.principals)):
            scope = _scope(resources, principals, conditions)
            self.spend(_size(scope) + sum(_size(each) + _size(scope) * _wildness(each) for each in wide))
            parts = prod(len(test.values) or 1 for test in conditions)
            self.spend(len(wide) * parts if parts <= MOST_PARTS else 0)
            if scopes_cover(wide, (scope,)):
                return True
        return False

    def _places(self, scopes: Sequence[Scope], *, whole: bool) -> Iterator[_Place]:
        """Cut where all of these scopes hold by principal and by resource pattern, unless it is left `whole`."""
        resources = [_cut(scope.resources, scope.not_resources, whole=whole) for scope in scopes]
        principals = [_cut(scope.principals, scope.not_principals, whole=whole) for scope in scopes]
        for who in product(*principals):
            self.spend(1)
            if not whole and len(who) > 1 and not _principals_may_meet(*who):
                continue
            for where in product(*resources):
                self.spend(1)
                if whole or len(where) == 1 or _resources_may_meet(*where):
                    yield _Place(where, who)

    def _reason(self, cell: _Cell, stopping: Sequence[int]) -> Reason:
        covering = self._covering(cell)
        spelled = self._spelled(cell)
        index = cell.allow - self.offset
        if not covering:
            kind = ReasonKind.ACTIONS if any(self._meets(i, cell.actions) for i in stopping) else ReasonKind.CONDITIONS
            return Reason(kind, index, spelled)
        wide = [struct_replace(self.statements[i].scope, conditions=()) for i in covering]
        narrow = [struct_replace(scope, conditions=()) for scope in self._scopes(cell)]
        if self._all_covered(wide, narrow):
            return Reason(ReasonKind.CONDITIONS, index, spelled)
        wide, narrow = _without_principals(wide), _without_principals(narrow)
        kind = ReasonKind.PRINCIPALS if self._all_covered(wide, narrow) else ReasonKind.RESOURCES
        return Reason(kind, index, spelled)

    def _meets(self, index: int, actions: _Actions) -> bool:
        statement = self.statements[index]
        self.spend(len(statement.folded))
        return statement.inverted or any(
            all(overlaps(pattern, part) for part in actions.within) for pattern in statement.folded
        )

    def _spelled(self, cell: _Cell) -> str:
        """Return the cell's actions as published, as far as they are a pattern of the documents."""
        narrowest = max(cell.actions.within, key=len)
        published = (name for statement in self.statements for _, name in statement.names({narrowest}))
        return next(published, narrowest)

    def _witness(self, cell: _Cell, stopping: Sequence[int]) -> Witness | None:
        """Return a request of this cell that none of the statements in its way is about, if one is found."""
        for action in self._action_samples(cell.actions):
            acting = tuple(index for index in stopping if self._touches(index, action))
            key = (cell.allow, cell.deny, acting)
            if key in self.in_vain:
                continue
            for place in self._places(self._scopes(cell), whole=False):
                found = self._witness_at(cell, place, acting, action)
                if found:
                    return found
            self.in_vain.add(key)
        return None

    def _action_samples(self, actions: _Actions) -> Iterator[str]:
        pattern = _common(actions.within)
        if pattern is not None:
            samples = dict.fromkeys(sample(pattern, self.fill, times) for times in _FILLS)
            yield from (action for action in samples if actions.has(action))

    def _witness_at(self, cell: _Cell, place: _Place, acting: Sequence[int], action: str) -> Witness | None:
        must = [index for index in (cell.allow, cell.deny) if index is not None]
        tests = _all_conditions([self.concrete[index].scope for index in must])
        for resource, principal in product(
            self._resource_samples(place, must, acting), self._principal_samples(place, must, acting)
        ):
            self.spend(len(must) + len(acting))
            if not all(self._is_at(index, resource, principal) for index in must):
                continue
            against = [index for index in acting if self._is_at(index, resource, principal) is not False]
            groups = [self.concrete[index].scope.conditions for index in against]
            if not all(groups):
                continue
            pinned = self._pinned((*must, *against))
            found = context_for((*pinned, *tests), groups, self.fill, self.spend)
            if found:
                context, assumed = found
                request = Request(action, resource, principal, tuple(sorted(context.items())), assumed)
                return self._told(cell, place, against, request)
        return None

    def _told(self, cell: _Cell, place: _Place, against: Sequence[int], request: Request) -> Witness:
        context = dict(request.context)
        avoided = {
            published
            for index in against
            for published, test in zip(
                self.statements[index].scope.conditions, self.concrete[index].scope.conditions, strict=True
            )
            if passes(test, context[test.folded_key]) is False
        }
        return Witness(
            action=self._spelled(cell),
            resource=_common_of(place.resources),
            principal=_common_of(place.principals),
            conditions=_all_conditions(self._scopes(cell)),
            avoided=_sorted(avoided),
            statement=cell.allow - self.offset,
            denied_by=cell.deny,
            request=request,
        )

    def _is_at(self, index: int, resource: str | None, principal: str | None) -> bool | None:
        """Tell whether a statement is about this resource and this principal; None is "not known"."""
        scope = self.concrete[index].scope
        if scope.resources or scope.not_resources:
            listed = scope.resources or scope.not_resources
            self.spend(len(listed))
            if resource is None or any(matches(each, resource) for each in listed) == bool(scope.not_resources):
                return False
        if not scope.principals and not scope.not_principals:
            return True
        if principal is None:
            return False
        outcomes = {_is_meant(each, principal) for each in scope.principals or scope.not_principals}
        among = True if True in outcomes else None if None in outcomes else False
        return among if scope.principals or among is None else not among

    def _resource_samples(self, place: _Place, must: Iterable[int], acting: Iterable[int]) -> list[str | None]:
        """Return texts of the common resource pattern: anything of it, and what a NotResource leaves out."""
        pattern = _common_of(place.resources)
        if pattern is None:
            return [None] if not any(listed.patterns for listed in place.resources) else []
        pattern = resolved(pattern, self.value_of)
        found: dict[str | None, None] = dict.fromkeys(sample(pattern, self.fill, times) for times in _FILLS)
        for index in (*acting, *must):
            for left_out in self.concrete[index].scope.not_resources[:MOST_SAMPLES]:
                met = meeting(pattern, left_out)
                if met is not None:
                    found[sample(met, self.fill)] = None
        return list(found)

    def _principal_samples(self, place: _Place, must: Iterable[int], acting: Iterable[int]) -> list[str | None]:
        pattern = _common_of(place.principals)
        if pattern != "*":
            return [pattern] if pattern or not any(listed.patterns for listed in place.principals) else []
        named = [name for index in (*acting, *must) for name in self.statements[index].scope.not_principals]
        return [self.stranger, *sorted(set(named))[:MOST_SAMPLES]]

    @cached_property
    def weight(self) -> int:
        """Return what one comparison costs; with long patterns the time grows faster than their length."""
        texts = (text for each in self.statements for text in (*each.folded, *_texts_of(each.scope)))
        longest = max(map(len, texts), default=0)
        return 1 + longest // 64 + (longest // 128) ** 2

    @cached_property
    def fill(self) -> str:
        """Return a character that stands in none of the patterns and values: "anything else"."""
        texts = "".join(
            text for statement in self.statements for text in (*statement.folded, *_texts_of(statement.scope))
        )
        return next(char for char in map(chr, _UNUSUAL) if char not in texts)

    @cached_property
    def stranger(self) -> str:
        """Return an account that stands nowhere in the documents."""
        texts = "".join(text for statement in self.statements for text in _texts_of(statement.scope))
        return next(f"AWS:{number}" for number in range(999999999999, 0, -1) if str(number) not in texts)

    @cached_property
    def concrete(self) -> tuple[Statement, ...]:
        """Return the statements with each policy variable replaced by one text."""
        return tuple(
            replace(statement, scope=self._with_values(statement.scope))
            if any("${" in text for text in _texts_of(statement.scope))
            else statement
            for statement in self.statements
        )

    def value_of(self, key: str) -> str:
        """Return the text that stands for a policy variable: some text of its own."""
        return f"{self.fill}{key.lower().replace(':', '-')}{self.fill}"

    def _with_values(self, scope: Scope) -> Scope:
        return struct_replace(
            scope,
            resources=tuple(resolved(text, self.value_of) for text in scope.resources),
            not_resources=tuple(resolved(text, self.value_of) for text in scope.not_resources),
            conditions=tuple(
                struct_replace(test, values=tuple(resolved(value, self.value_of) for value in test.values))
                for test in scope.conditions
            ),
        )

    def _pinned(self, indices: Iterable[int]) -> list[Condition]:
        """Return tests that give the variables of these statements the values that stand for them."""
        keys: set[str] = set()

        def note(key: str) -> str:
            keys.add(key)
            return ""

        for index in indices:
            for text in _texts_of(self.statements[index].scope):
                if "${" in text:
                    resolved(text, note)
        return [Condition("StringEquals", key, (self.value_of(key),)) for key in sorted(keys)]


_UNUSUAL = (*b"~^`", *range(0x2460, 0x110000))
_FILLS = (1, 0, 3)
_NONE: frozenset[str] = frozenset()
_AWS_ACCOUNT = re.compile(r"AWS:(?:arn:[^:]*:[^:]*::)?(\d{12})(?::|\Z)")


def _by_service(wild: Iterable[str]) -> dict[str, frozenset[str]]:
    """Sort wildcards by their service, `*` where that is a wildcard itself."""
    found: dict[str, set[str]] = {}
    for pattern in wild:
        service = pattern.partition(":")[0]
        found.setdefault("*" if has_wildcard(service) else service, set()).add(pattern)
    return {service: frozenset(patterns) for service, patterns in found.items()}


def _plain_first(action: str) -> tuple[bool, str]:
    return has_wildcard(action), action


def _narrower(one: str, other: str) -> tuple[str, ...]:
    if covers(one, other):
        return (other,)
    return (one,) if covers(other, one) else (one, other)


def _common(patterns: Sequence[str]) -> str | None:
    """Return a pattern within all of one or two patterns."""
    return patterns[0] if len(patterns) == 1 else _common_of_more(patterns)


def _common_of_more(patterns: Sequence[str]) -> str | None:
    found: str | None = patterns[0]
    for pattern in patterns[1:]:
        found = None if found is None else meeting(found, pattern)
    return found


def _common_of(listed: Iterable[_Listed]) -> str | None:
    """Return a pattern within all lists of one pattern, `*` where all are "all but"; None where nothing is named."""
    named = [each for each in listed if each.patterns]
    if not named:
        return None
    return _common([each.patterns[0] for each in named if not each.inverted] or ["*"])


def _is_nowhere(scope: Scope) -> bool:
    """Tell whether a scope surely holds for no request."""
    return "*" in scope.not_resources or "*" in scope.not_principals or contradict(scope.conditions)


def _all_conditions(scopes: Iterable[Scope]) -> tuple[Condition, ...]:
    return _sorted({test for scope in scopes for test in scope.conditions})


def _sorted(tests: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(sorted(tests, key=lambda test: (test.operator, test.folded_key, test.values)))


def _cut(names: tuple[str, ...], but: tuple[str, ...], *, whole: bool) -> list[_Listed]:
    if but:
        return [_Listed(but, inverted=True)]
    return [_Listed(names)] if whole or len(names) < 2 else [_Listed((name,)) for name in names]  # noqa: PLR2004


def _scope(resources: _Listed, principals: _Listed, conditions: tuple[Condition, ...]) -> Scope:
    where, but_where = ((), resources.patterns) if resources.inverted else (resources.patterns, ())
    who, but_who = ((), principals.patterns) if principals.inverted else (principals.patterns, ())
    return Scope(where, but_where, who, but_who, conditions)


def _size(scope: Scope) -> int:
    lists = (scope.resources, scope.not_resources, scope.principals, scope.not_principals)
    return 1 + sum(map(len, lists)) + sum(1 + len(test.values) for test in scope.conditions)


def _wildness(scope: Scope) -> int:
    return sum(map(has_wildcard, _texts_of(scope)))


def _without_principals(scopes: Iterable[Scope]) -> list[Scope]:
    return [struct_replace(scope, principals=(), not_principals=()) for scope in scopes]


def _resources_may_meet(one: _Listed, other: _Listed) -> bool:
    """Tell whether two resource patterns may have something in common."""
    if one.inverted and other.inverted:
        return True
    if one.inverted or other.inverted:
        left_out, named = (one, other) if one.inverted else (other, one)
        return not any(covers(pattern, name) for pattern in left_out.patterns for name in named.patterns)
    if not one.patterns or not other.patterns:
        return True
    return overlaps(one.patterns[0], other.patterns[0])


def _principals_may_meet(one: _Listed, other: _Listed) -> bool:
    if one.inverted or other.inverted or not one.patterns or not other.patterns:
        return True
    mine, yours = one.patterns[0], other.patterns[0]
    return "*" in (mine, yours) or _is_meant(mine, yours) is not False or _is_meant(yours, mine) is not False


def _is_meant(listed: str, principal: str) -> bool | None:
    """Tell whether a principal of a request is meant by one in a list; None is "not known".

    An account as the principal of a request is someone in it whom no ARN of the documents names.
    """
    if listed in ("*", principal):
        return True
    kinds = {listed.partition(":")[0], principal.partition(":")[0]}
    if kinds == {"AWS"}:
        mine, yours = _AWS_ACCOUNT.match(listed), _AWS_ACCOUNT.match(principal)
        someone_else = yours and principal == f"AWS:{yours[1]}"
        return False if someone_else or (mine and yours and mine[1] != yours[1]) else None
    return None if "CanonicalUser" in kinds else False


def _texts_of(scope: Scope) -> Iterator[str]:
    yield from scope.resources
    yield from scope.not_resources
    yield from scope.principals
    yield from scope.not_principals
    for test in scope.conditions:
        yield from test.values
