"""Rows to cards: what a row is in a few words, for the front page, the years and the filter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracker.access import EffectiveChange, EffectKind
from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect
from tracker.policy.patterns import has_wildcard
from tracker.risk.rules import Level
from tracker.site.risk_index import RiskIndex
from tracker.text.rows import Row
from tracker.text.words import plain, printable

__all__ = ["MAX_MARKS", "SIGNS", "Card", "card_of", "level_of", "marks_of", "prefixes_of", "versions_of"]

MAX_MARKS = 6
"""Actions that a card names before it counts the rest."""
SIGNS = ("gained", "widened", "undenied", "narrowed", "denied", "changed", "lost")
"""What a change does to access, in the order in which a card shows it: what became possible comes first."""
_SIGNS_OF_EFFECT = {
    EffectKind.POSSIBLE: "gained",
    EffectKind.UNDENIED: "undenied",
    EffectKind.MORE: "widened",
    EffectKind.OTHER: "changed",
    EffectKind.UNCLEAR: "changed",
    EffectKind.LESS: "narrowed",
    EffectKind.IMPOSSIBLE: "lost",
    EffectKind.DENIED: "denied",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One row in a few words."""

    address: str
    """The path of its full text, from the root of the language."""
    id: str
    """The row's id."""
    policy: str
    """The policy's name; empty for a row about several."""
    version: str
    """The versions: `v3 → v4`; empty where there is none to name."""
    title: str
    """What happened."""
    lead: str
    """A sentence, where no actions are listed."""
    event: Event
    """What happened, in one word."""
    level: str
    """How risky it was found; empty where that is not known."""
    iso: str
    """Its day as `2024-01-31`, in the zone of its date."""
    day: str
    """Its day as it is written."""
    prefixes: tuple[str, ...]
    """The services concerned."""
    risk: str
    """Its net effect and findings in one line; empty where it was not evaluated."""
    marks: tuple[tuple[str, str], ...]
    """What came and went: sign and action."""
    more: int
    """Changes beyond those."""

    @property
    def shown_level(self) -> str:
        """Return how risky it was found where that deserves a look; empty for the mildest level, which most have."""
        return self.level if self.level != Level.INFO else ""


def card_of(row: Row, risk_index: RiskIndex) -> Card:
    """Return a row as a card.

    Args:
        row: the row.
        risk_index: how risky entries were found.
    """
    first = row.entries[0]
    changes = first.changes if len(row.entries) == 1 and row.event is not Event.POLICY_ADDED else ()
    ranks, effective = risk_index.ranks(first.id), risk_index.effective_of(first)
    marks = marks_of(changes, ranks) if effective is None or not changes else marks_of_effect(effective, ranks)
    return Card(
        address=row.address,
        id=row.id,
        policy=row.policy or "",
        version=versions_of(*row.entries) if row.policy else "",
        title=plain(row.title),
        lead="" if marks or not row.blocks else plain(row.blocks[0].lead).removesuffix(":"),
        event=row.event,
        level=level_of(row, risk_index.levels),
        iso=row.at.date().isoformat(),
        day=row.day,
        prefixes=prefixes_of(change for entry in row.entries for change in entry.changes),
        risk=plain(row.risk),
        marks=tuple(marks[:MAX_MARKS]),
        more=max(0, len(marks) - MAX_MARKS),
    )


def versions_of(*entries: Entry) -> str:
    """Return from which version to which entries of one policy lead: `v3 → v4`; empty where there is none to name.

    Args:
        entries: at least one, the newest first.
    """
    ends = (entries[-1].previous_version, entries[0].version)
    return " → ".join(dict.fromkeys(version for version in ends if version))


def marks_of(changes: Iterable[Change], ranks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return signs and actions; where they are too many for a card, those that were found risky lead their sign.

    Args:
        changes: what came and went.
        ranks: the level of each action that was found risky, in lower case.
    """
    found = [
        (_sign_of(change), printable(change.action))
        for change in changes
        if not change.inverted and change.covered_by is None
    ]
    return _ordered(found, ranks)


def marks_of_effect(effective: Iterable[EffectiveChange], ranks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return the same where the effect on each action is known."""
    found = [
        (_SIGNS_OF_EFFECT[change.kind], printable(action))
        for change in effective
        for action in change.actions or change.patterns
    ]
    return _ordered(found, ranks)


def _ordered(found: Sequence[tuple[str, str]], ranks: Mapping[str, int]) -> list[tuple[str, str]]:
    grave = ranks if len(found) > MAX_MARKS else {}
    return sorted(found, key=lambda mark: (SIGNS.index(mark[0]), -grave.get(mark[1].lower(), 0), mark[1].lower()))


def _sign_of(change: Change) -> str:
    is_allowed = change.effect is Effect.ALLOW
    if change.kind.is_of_action:
        came, went = ("gained", "lost") if is_allowed else ("undenied", "denied")
        return came if change.may_give_access else went
    if not change.may_take_access:
        return "widened"
    return "changed" if change.may_give_access else "narrowed"


def prefixes_of(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the service prefixes of some changes, folded, sorted; without those that name no single service."""
    found = {fold_action(change.action.partition(":")[0]) for change in changes}
    return tuple(sorted(prefix for prefix in found if prefix != EVERYTHING and not has_wildcard(prefix)))


def level_of(row: Row, levels: Mapping[str, Level]) -> str:
    """Return the gravest level among a row's entries; empty where none is known."""
    found = {levels[entry.id] for entry in row.entries if entry.id in levels}
    return max(found, key=lambda level: level.rank, default="")
