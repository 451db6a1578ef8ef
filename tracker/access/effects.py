"""Both directions of a change: its net effect, and which of some actions became possible by it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from msgspec import structs

from tracker.access.answers import Answer, Gain, NetEffect, Possibility
from tracker.access.budget import MAX_STEPS_FOR_ALL, SpentError
from tracker.access.direction import Direction, Universe
from tracker.access.facts import NO_FACTS, Facts
from tracker.access.statements import Statements
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement

__all__ = ["Comparison", "guardrail_effect", "net_effect"]


class Comparison:
    """Two documents, and what is found out about them on the way from one question to the next."""

    def __init__(self, before: PolicyDocument, after: PolicyDocument, facts: Facts = NO_FACTS) -> None:
        """Take them, and what is known of keys and resources; nothing is looked at until it is asked for."""
        self.before, self.after, self.facts = before, after, facts
        self.statements = Statements(before, after)

    @cached_property
    def gains(self) -> Direction:
        """What is allowed after and was not before."""
        return Direction(self.statements, self.statements.after, self.statements.before, self.facts)

    @cached_property
    def losses(self) -> Direction:
        """What was allowed before and is not after."""
        return Direction(self.statements, self.statements.before, self.statements.after, self.facts)

    @cached_property
    def past(self) -> Direction:
        """What was allowed before at all."""
        return Direction(self.statements, self.statements.before, range(0), self.facts)

    @cached_property
    def present(self) -> Direction:
        """What is allowed after at all."""
        return Direction(self.statements, self.statements.after, range(0), self.facts)

    @cached_property
    def beside_others(self) -> "Comparison":
        """The comparison of what both documents deny, where other policies allow everything."""
        scopes = self.statements.scopes((*self.statements.before, *self.statements.after))
        everywhere = Scope(
            resources=("*",) if any(scope.resources or scope.not_resources for scope in scopes) else (),
            principals=("*",) if any(scope.principals or scope.not_principals for scope in scopes) else (),
        )
        others = Statement(Effect.ALLOW, False, everywhere, ("*",))
        return Comparison(_denying(self.before, others), _denying(self.after, others), self.facts)

    def net_effect(self, universe: Universe | None = None, *, in_full: bool = True) -> NetEffect:
        """Return what the change gives and takes.

        For those who need only its answers and its verdict it is made without witnesses, and without what holds for
        actions that are not known today: `in_full` is False then.

        Without `universe` any text may be an action, so `s3:*` is always more than a list of actions. With it, an
        action wildcard is what it stands for among the known actions and those that the documents name; a wildcard
        that stands for none of them stays open.

        Documents that only deny mean nothing alone (AWSCompromisedKeyQuarantineV2, service control policies); of
        them the guardrail effect is returned.
        """
        if not any(statement.effect is Effect.ALLOW for statement in self.statements.every):
            return self.guardrail_effect(universe, in_full=in_full)
        return self._decided(universe, in_full=in_full)

    def guardrail_effect(self, universe: Universe | None = None, *, in_full: bool = True) -> NetEffect:
        """Return what the change of the Deny statements gives and takes where other policies allow everything.

        A Deny that goes may open what another policy allows, even if its own document allows nothing of the kind.
        The arguments are those of `net_effect`.
        """
        return _without_statements(self.beside_others.net_effect(universe, in_full=in_full))

    def newly_possible(self, names: Mapping[str, str]) -> dict[str, Possibility]:
        """Return those of some actions of which more is allowed after than before.

        An action of which surely no new request is allowed is left out; where there are too many to look at, all
        are unclear. What is true of an action is true of all that the same statements are about, so each group is
        decided once.

        Args:
            names: the actions, none a wildcard: folded → what to call them.

        Returns:
            folded action → what became possible, by name.
        """
        for direction in (self.gains, self.past):
            direction.budget.allow(MAX_STEPS_FOR_ALL)
        found: dict[str, Gain] = {}
        try:
            for group in self.statements.by_statements(names, self.gains.budget):
                gain = self._gain(group[0])
                if gain:
                    found |= dict.fromkeys(group, gain)
        except SpentError:
            found = dict.fromkeys(names, Gain.UNCLEAR)
        return {action: Possibility(names[action], found[action]) for action in sorted(found)}

    def _gain(self, action: str) -> Gain | None:
        """Return how an action is newly possible; None where it surely is not."""
        answer = self.gains.answer_for(action)
        if answer is Answer.NO:
            return None
        if answer is Answer.UNKNOWN:
            return Gain.UNCLEAR
        nothing_before = not self.before.statements
        return Gain.NEW if nothing_before or self.past.answer_for(action) is Answer.NO else Gain.WIDER

    def _decided(self, universe: Universe | None, *, in_full: bool) -> NetEffect:
        gain, loss = (side.decided(universe, in_full=in_full) for side in (self.gains, self.losses))
        return NetEffect(
            gain.answer,
            loss.answer,
            gain.witness,
            loss.witness,
            gain.reasons,
            loss.reasons,
            gain.later,
            loss.later,
            gain.later_witness,
            loss.later_witness,
        )


def net_effect(
    before: PolicyDocument, after: PolicyDocument, universe: Universe | None = None, facts: Facts = NO_FACTS
) -> NetEffect:
    """Return what a change gives and takes: `Comparison.net_effect`, for those who ask nothing else."""
    return Comparison(before, after, facts).net_effect(universe)


def guardrail_effect(
    before: PolicyDocument, after: PolicyDocument, universe: Universe | None = None, facts: Facts = NO_FACTS
) -> NetEffect:
    """Return what the Denies give and take: `Comparison.guardrail_effect`, for those who ask nothing else."""
    return Comparison(before, after, facts).guardrail_effect(universe)


def _without_statements(found: NetEffect) -> NetEffect:
    """Return an effect beside other policies without the statement that stands for those."""
    return replace(
        found,
        gained=found.gained and replace(found.gained, statement=None),
        lost=found.lost and replace(found.lost, statement=None),
        gained_later=found.gained_later and replace(found.gained_later, statement=None),
        lost_later=found.lost_later and replace(found.lost_later, statement=None),
        gain_reasons=tuple(replace(reason, statement=None) for reason in found.gain_reasons),
        loss_reasons=tuple(replace(reason, statement=None) for reason in found.loss_reasons),
        beside_others=True,
    )


def _denying(document: PolicyDocument, others: Statement) -> PolicyDocument:
    """Return the document with its Deny statements in their places and the one Allow of others at its end."""
    kept = (
        statement if statement.effect is Effect.DENY else structs.replace(statement, actions=(), inverted=False)
        for statement in document.statements
    )
    return PolicyDocument((*kept, others))
