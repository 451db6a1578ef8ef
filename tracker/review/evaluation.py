"""The effect of a change: the net effect of the document, and that of its Denies beside any other policy.

Both are always computed. `Allow a` with `Deny a unless X` allows alone what `Allow a if X` allows; beside another
policy that allows `a`, the Deny counts and the condition does not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tracker.access import Answer, Comparison, Facts, NetEffect, Reason, ReasonKind, Universe, Witness, passes
from tracker.diff.changes import changes_between
from tracker.diff.model import Change
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement
from tracker.policy.patterns import overlaps
from tracker.policy.symbols import BEGIN, as_variables
from tracker.review.partial import PartialDocument

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one change does."""

    net: NetEffect
    """What the document alone allows after that it did not allow before, and the reverse."""
    guardrail: NetEffect | None
    """The same of what it denies beside any other policy; None where neither side denies anything."""
    known_gains: Answer
    """Whether something is new by either, as far as the documents are known."""
    changes: tuple[Change, ...]
    """The differences."""
    comparison: Comparison
    """The closed statements of both sides."""


def evaluate(before: PartialDocument, after: PartialDocument, universe: Universe, facts: Facts) -> Evaluation:
    """Return what a change does.

    Raises:
        DocumentError: there are too many NotAction patterns to compare.
    """
    changes = _changes(before, after)
    comparison = Comparison(before.known, after.known, facts)
    net = comparison.net_effect(universe)
    guardrail = net if net.beside_others else None
    if guardrail is None and any(statement.effect is Effect.DENY for statement in comparison.statements.every):
        guardrail = comparison.guardrail_effect(universe)
    known = Answer.UNKNOWN if any(one.may_broaden() for one in (net, guardrail) if one) else Answer.NO
    net = _for_every_value(net, before, after)
    opened = _Opened(before, after)
    net = opened.net(net, guardrail)
    guardrail = opened.guardrail(guardrail)
    return Evaluation(net, guardrail, known, changes, comparison)


def _changes(before: PartialDocument, after: PartialDocument) -> tuple[Change, ...]:
    """Return the differences of what can be read; symbols are variables, as in the comparison."""
    return changes_between(*(PolicyDocument(tuple(map(_shown, one.published.statements))) for one in (before, after)))


def _shown(statement: Statement) -> Statement:
    from msgspec.structs import replace as replaced

    scope = statement.scope
    lists = (scope.resources, scope.not_resources, scope.principals, scope.not_principals)
    tests = tuple(
        replaced(test, values=tuple(sorted(map(as_variables, test.values)))) if _marked(test.values) else test
        for test in scope.conditions
    )
    if not _marked(text for texts in lists for text in texts) and tests == scope.conditions:
        return statement
    return replaced(
        statement,
        scope=Scope(
            tuple(sorted(map(as_variables, scope.resources))),
            tuple(sorted(map(as_variables, scope.not_resources))),
            scope.principals,
            scope.not_principals,
            tests,
        ),
    )


def _marked(texts: Iterable[str]) -> bool:
    return any(BEGIN in text for text in texts)


# --- what is open ----------------------------------------------------------------------------------------------------


class _Opened:
    """The open statements of both sides, and what they leave undecided."""

    def __init__(self, before: PartialDocument, after: PartialDocument) -> None:
        common = before.open.keys() & after.open.keys()
        self.common = [before.open[key] for key in common]
        self.gone = [effect for key, effect in before.open.items() if key not in common]
        self.come = [effect for key, effect in after.open.items() if key not in common]

    def net(self, net: NetEffect, guardrail: NetEffect | None) -> NetEffect:
        """Return the net effect with what the open statements leave undecided."""
        kept = any(effect is not Effect.DENY for effect in self.common)
        gains = _may(self.come, Effect.ALLOW) or _may(self.gone, Effect.DENY)
        loses = _may(self.gone, Effect.ALLOW) or _may(self.come, Effect.DENY)
        if guardrail and kept:
            gains |= guardrail.gains is not Answer.NO
            loses |= guardrail.loses is not Answer.NO
        return _undecided(net, gains, loses)

    def guardrail(self, guardrail: NetEffect | None) -> NetEffect | None:
        """Return the guardrail effect the same way; None where nothing is known to deny."""
        if guardrail is None:
            return None
        return _undecided(guardrail, _may(self.gone, Effect.DENY), _may(self.come, Effect.DENY))


def _may(effects: Iterable[Effect | None], wanted: Effect) -> bool:
    return any(effect in (None, wanted) for effect in effects)


_NOT_KNOWN = (Reason(ReasonKind.VALUES, None, None),)


def _undecided(effect: NetEffect, gains: bool, loses: bool) -> NetEffect:
    if gains:
        effect = replace(effect, gains=Answer.UNKNOWN, gained=None, gain_reasons=_NOT_KNOWN)
    if loses:
        effect = replace(effect, loses=Answer.UNKNOWN, lost=None, loss_reasons=_NOT_KNOWN)
    return effect


# --- what rests on a value -------------------------------------------------------------------------------------------


def _for_every_value(net: NetEffect, before: PartialDocument, after: PartialDocument) -> NetEffect:
    """Return the effect with each witness taken back that shows a difference for some values only."""
    if not before.has_symbols and not after.has_symbols:
        return net
    gains = net.gained is not None and _rests_on_value(net.gained, before.published, after.published, after.known)
    loses = net.lost is not None and _rests_on_value(net.lost, after.published, before.published, before.known)
    return _undecided(net, gains, loses)


def _rests_on_value(witness: Witness, other: PolicyDocument, own: PolicyDocument, known: PolicyDocument) -> bool:
    """Return whether the answer on a request that one document allows may differ if a symbol has another value.

    So it is where the other document's Allow, or its own Deny, may be about it for some value; but for those whose
    tests without symbols the request fails in any case.
    """
    allowing = known.statements[witness.statement] if witness.statement is not None else None
    if witness.denied_by is not None:
        return _has_symbol(other) or (allowing is not None and _marked(_texts(allowing)))
    stopping = [one for one in other.statements if one.effect is Effect.ALLOW]
    stopping += [one for one in own.statements if one.effect is Effect.DENY]
    resources = allowing.scope.resources if allowing else ()
    return any(_may_stop(one, witness, resources) for one in stopping)


def _has_symbol(document: PolicyDocument) -> bool:
    return any(_marked(_texts(statement)) for statement in document.statements)


def _texts(statement: Statement) -> Iterator[str]:
    scope = statement.scope
    yield from (*statement.actions, *scope.resources, *scope.not_resources, *scope.principals, *scope.not_principals)
    for test in scope.conditions:
        yield from test.values


def _may_stop(statement: Statement, witness: Witness, resources: tuple[str, ...]) -> bool:
    involved = _marked(_texts(statement)) or _marked(resources)
    if not involved or not _is_about(statement, witness.request.action):
        return False
    listed = [as_variables(text) for text in statement.scope.resources]
    where = [as_variables(text) for text in resources or ((witness.resource,) if witness.resource else ())]
    if listed and where and not any(overlaps(one, two) for one in listed for two in where):
        return False
    return not _fails(statement, witness)


def _is_about(statement: Statement, action: str) -> bool:
    if _marked(statement.actions):
        return True
    named = any(overlaps(pattern, action) for pattern in statement.folded)
    return named != statement.inverted


def _fails(statement: Statement, witness: Witness) -> bool:
    """Return whether a test without a symbol surely keeps the request from a statement."""
    context = dict(witness.request.context)
    return any(
        test.folded_key in context and passes(test, context[test.folded_key]) is False
        for test in statement.scope.conditions
        if not _marked(test.values) and "${" not in "".join(test.values)
    )
