"""What can be said of a change: verdicts, answers with their reasons, witnesses, and possibilities."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from tracker.policy.model import Condition

__all__ = ["Answer", "Gain", "NetEffect", "Possibility", "Reason", "ReasonKind", "Request", "Verdict", "Witness"]


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
    VALUES = "value-unresolved"


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
class Request:
    """One request as IAM sees it."""

    action: str
    """In lower case; a sign that stands in no policy (`~`) is "anything else here"."""
    resource: str | None
    """The resource's ARN; None where the documents name no resources (trust policies)."""
    principal: str | None
    """Who asks; None where the documents name no principals (identity policies)."""
    context: tuple[tuple[str, tuple[str, ...] | None], ...]
    """Condition keys that matter, in lower case and sorted, with their values; None for an absent key."""
    assumed: tuple[Condition, ...] = ()
    """Tests that can't be evaluated here and are taken to hold."""


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
    gains_later: Answer = Answer.NO
    """Whether something is allowed after of actions that are not known today, where nothing is of those that are: a
    wildcard in place of a list of all its actions grants what comes, too. Asked only where `gains` is no."""
    loses_later: Answer = Answer.NO
    """The same of what is not allowed any more."""
    gained_later: Witness | None = None
    """Shown exactly when `gains_later` is yes."""
    lost_later: Witness | None = None
    """Shown exactly when `loses_later` is yes."""
    beside_others: bool = False
    """True when it is about what other policies allow and these documents do not deny."""

    @property
    def verdict(self) -> Verdict:
        """Both directions in one word, for the actions known today; undecided as soon as one of them is unknown."""
        return _VERDICTS.get((self.gains, self.loses), Verdict.UNDECIDED)

    @property
    def rests_on_universe(self) -> bool:
        """Whether a "no" holds for the known actions only, not for any action that might come."""
        return self.gains_later is not Answer.NO or self.loses_later is not Answer.NO

    def may_broaden(self, *, as_of_today: bool = False) -> bool:
        """Return whether something may be allowed after that was not before.

        Args:
            as_of_today: whether only actions known today count, and none that may come.
        """
        return self.gains is not Answer.NO or (self.gains_later is not Answer.NO and not as_of_today)


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


class Possibility(Struct, frozen=True, gc=False):
    """One action of which a request is allowed after that was not allowed before."""

    action: str
    """The action's name, as it was asked for."""
    gain: Gain
    """`new`: surely no request for it was allowed before. `wider`: some were, or that is not known. `unclear`: it
    could not be decided whether there is any new request for it at all."""
