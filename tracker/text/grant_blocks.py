"""What a policy grants: in one sentence, and scope by scope."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tracker.catalogue.catalogue import Catalogue
from tracker.diff.model import Change
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect
from tracker.text.titles import service_names
from tracker.text.words import Words, code

if TYPE_CHECKING:
    from tracker.policy.model import Scope
from tracker.text.access_levels import AccessLevelNames
from tracker.text.change_blocks import statement_manner
from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.scope_phrases import ScopePhrases

__all__ = ["GrantBlocks"]

MAX_ACTIONS = 6
"""Actions of a service that a line names before it counts them."""


class GrantBlocks:
    """Grants in the words of one language."""

    def __init__(self, words: Words, catalogue: Catalogue, phrases: ScopePhrases, levels: AccessLevelNames) -> None:
        self._words, self._catalogue, self._phrases, self._levels = words, catalogue, phrases, levels
        self._names: dict[str, str] = {}

    def summary(self, changes: Sequence[Change]) -> str:
        """Return in one sentence what a policy grants: services and access levels."""
        allowed = [change.action for change in changes if change.effect is Effect.ALLOW and not change.inverted]
        if any(change.inverted and change.effect is Effect.ALLOW for change in changes):
            return self._words("lead.policy-added.all-but")
        if not allowed:
            denied = [change.action for change in changes if not change.is_exception]
            if not denied:
                return self._words("lead.policy-added.nothing")
            services = service_names(denied, self._words, self._catalogue)
            return self._words("lead.policy-added.denies", services=services)
        services = service_names(allowed, self._words, self._catalogue)
        levels = self._levels.of_patterns(allowed)
        if not levels:
            return self._words("lead.policy-added.some", services=services)
        return self._words("lead.policy-added", levels=levels, services=services)

    def blocks(self, grants: Iterable[Change]) -> Iterable[DescriptionBlock]:
        """Yield what a policy grants: one block for each scope, a line for each service."""
        grouped: dict[tuple[Effect, bool, bool, Scope], list[Change]] = {}
        for grant in grants:
            everything = grant.inverted and grant.action == EVERYTHING
            for where in grant.after:
                grouped.setdefault((grant.effect, grant.inverted, everything, where), []).append(grant)
        for (_, _, _, where), same_scope in grouped.items():
            scope, details = self._phrases.phrase_and_resources([where])
            lead = " ".join(self._words(f"grant.{statement_manner(same_scope[0])}", scope=scope).split()).replace(
                " :", ":"
            )
            yield DescriptionBlock(lead, tuple(self._services(same_scope)), details)

    def _services(self, grants: Iterable[Change]) -> Iterable[ListItem]:
        by_service: dict[str, list[str]] = {}
        for grant in grants:
            if not (grant.inverted and grant.action == EVERYTHING):
                name = self._service_name(grant.action)
                by_service.setdefault(name, []).append(grant.action)
        for name, actions in sorted(by_service.items(), key=lambda item: item[0].lower()):
            yield ListItem(self._of_service(name, actions))

    def _service_name(self, action: str) -> str:
        prefix = action.partition(":")[0]
        if prefix not in self._names:
            self._names[prefix] = service_names([action], self._words, self._catalogue)
        return self._names[prefix]

    def _of_service(self, name: str, actions: Sequence[str]) -> str:
        """Return what a policy grants of one service: the access levels, and the actions where they are few."""
        few = len(actions) <= MAX_ACTIONS
        shown = (
            self._words.all_of([code(action) for action in actions])
            if few
            else self._words("grant.actions", count=len(actions))
        )
        levels = self._levels.of_patterns(actions)
        if not levels:
            return self._words("grant.service.some", service=name, actions=shown)
        return self._words("grant.service", service=name, levels=levels, actions=shown)
