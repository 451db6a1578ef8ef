"""The timeline of a policy: its steps, the newest in full on the policy's page, the others on pages of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.access import EffectKind
from tracker.changelog.model import Entry, Event
from tracker.policy.actions import fold_action
from tracker.policy.model import Effect
from tracker.policy.patterns import has_wildcard
from tracker.site.localized import LocalizedSite
from tracker.site.paging import MAX_SCROLLED, split, weight_of
from tracker.text.rows import Row

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Timeline", "TimelineStep", "step_of"]

STEPS_ON_THE_FIRST_PAGE = 500
"""What the steps in full may weigh on a policy's own page, which has more than them: on a phone that is a dozen
screens."""
MOST_IN_A_LIST = 40
"""Lines of a list that are an element each."""
HEAVY_STEP = 700
"""Weight from which on a step has its lists folded, and as lines of text."""


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of a policy's timeline."""

    anchor: str
    """Where it is on the page."""
    row: Row
    """What it shows."""
    gained: int
    """Actions that came to be allowed."""
    lost: int
    """Actions that are no longer."""
    allowed: int | None
    """How many actions are allowed after it; None where not known."""
    level: str
    """How risky it was found; empty where not known."""
    grants: Row | None
    """All grants of a new policy; None for other events."""


class Timeline:
    """The steps of a policy in HTML: the newest in full on its page, the others on pages of their own."""

    def __init__(self, localized_site: LocalizedSite, steps: Sequence[TimelineStep]) -> None:
        """Put the steps, newest first, on pages."""
        self._pieces = [_step_html(localized_site, step) for step in steps]
        weights = [weight_of(piece) for piece in self._pieces]
        first, *older = split(weights, first=STEPS_ON_THE_FIRST_PAGE, most=MAX_SCROLLED)
        self._older = older
        self.newest = self._pieces[first]
        """The newest steps in full, newest first."""
        self.older = [(step, len(older) - index) for index, part in enumerate(older) for step in steps[part]]
        """The others, each with the number of the page that has it in full."""

    @property
    def older_pages(self) -> Iterator[tuple[int, Sequence["Markup"]]]:
        """Yield the number of each further page, and its steps in full."""
        for index, part in enumerate(self._older):
            yield len(self._older) - index, self._pieces[part]

    def pages(self, number: int) -> list[tuple[str, str, bool]]:
        """Return all pages, the newest first: their names, the ways to them, and which one is the given one."""
        numbers = range(len(self._older), 0, -1)
        return [("", "index.html", False), *((str(one), f"history-{one}.html", one == number) for one in numbers)]


def _step_html(localized_site: LocalizedSite, step: TimelineStep) -> "Markup":
    """Return a step in HTML; one with very many lists has them folded, as lines of text."""
    render = localized_site.renderer.markup
    piece = render("site/step.html.j2", step=step, most=MOST_IN_A_LIST, level_name=localized_site.level_name)
    if weight_of(piece) > HEAVY_STEP:
        piece = render("site/step.html.j2", step=step, most=0, level_name=localized_site.level_name)
    return piece


def step_of(localized_site: LocalizedSite, row: Row, allowed: Mapping[str, int | None]) -> TimelineStep:
    """Return the step that a row of one entry is.

    Args:
        localized_site: the language.
        row: the row.
        allowed: how many actions each version allows; None where that is not known.
    """
    (entry,), grants = row.entries, None
    gained, lost = _counts_of(localized_site, entry, allowed)
    if entry.event is Event.POLICY_ADDED and entry.changes:
        grants = replace(row, blocks=tuple(localized_site.row_builder.blocks(entry.changes)), note="")
    return TimelineStep(
        entry.anchor,
        row,
        gained,
        lost,
        allowed.get(entry.version or ""),
        localized_site.risk_index.levels.get(entry.id, ""),
        grants,
    )


def _counts_of(localized_site: LocalizedSite, entry: Entry, allowed: Mapping[str, int | None]) -> tuple[int, int]:
    """Return how many known actions an entry allows anew, and how many it takes away; a wildcard counts as its actions.

    A new policy allows what its first version does, so that the number is the one of the facts above the timeline.
    """
    if entry.event is Event.POLICY_ADDED:
        return allowed.get(entry.version or "") or 0, 0
    effective = localized_site.risk_index.effective_of(entry)
    if effective is not None:
        gave = sum(len(one.actions) for one in effective if one.kind is EffectKind.POSSIBLE)
        return gave, sum(len(one.actions) for one in effective if one.kind is EffectKind.IMPOSSIBLE)
    expansions = localized_site.site_data.expansions
    gained: set[str] = set()
    lost: set[str] = set()
    for change in entry.changes:
        if change.effect is Effect.ALLOW and not change.inverted and change.kind.is_of_action:
            folded = fold_action(change.action)
            actions = expansions[folded] if has_wildcard(folded) else {folded}
            (gained if change.may_give_access else lost).update(actions)
    return len(gained), len(lost)
