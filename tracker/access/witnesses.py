"""Requests that show a difference: one document allows them, the other does not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from tracker.access.answers import Witness
from tracker.access.budget import Budget
from tracker.access.cells import Cell, Side, among
from tracker.access.instances import Instances
from tracker.access.patterns import Actions, common_of
from tracker.access.regions import Region, all_conditions, in_order, is_meant, pattern_of, regions
from tracker.access.requests import Request, context_for, passes
from tracker.policy.patterns import has_wildcard, intersection, matches, sample_text, substitute_variables

__all__ = ["MOST_SAMPLES", "Sighting", "Witnesses"]

MOST_SAMPLES = 8
"""Texts that are tried for one pattern."""
_FILLS = (1, 0, 3)


class Sighting(NamedTuple):
    """A request that shows a difference, and where it was found."""

    cell: Cell
    region: Region
    against: tuple[int, ...]
    """Statements that are about the request but for their conditions."""
    request: Request


class Witnesses:
    """Looks for requests on one side, and remembers what came of it where the same statements are concerned."""

    def __init__(self, side: Side, budget: Budget, instances: Instances) -> None:
        """Look on this side."""
        self.side, self.budget, self.statements, self.instances = side, budget, side.statements, instances
        self.known: dict[tuple[int, int | None, tuple[int, ...]], Sighting | None] = {}

    def sighted(self, cell: Cell) -> Sighting | None:
        """Return a request of a cell that none of the statements in its way is about, if one is found."""
        for action in self._actions(cell.actions):
            acting = among(self.side.stopping(cell), self.statements.situation(action, self.budget))
            key = (cell.allow, cell.deny, acting)
            if key not in self.known:
                self.known[key] = self._sighted(cell, acting, action)
            found = self.known[key]
            if found:
                return found._replace(cell=cell, request=replace(found.request, action=action))
        return None

    def _sighted(self, cell: Cell, acting: Sequence[int], action: str) -> Sighting | None:
        parts = regions(self.statements.scopes(cell.places), self.budget, whole=False)
        found = (self._sighted_at(cell, region, acting, action) for region in parts)
        return next(filter(None, found), None)

    def told(self, found: Sighting) -> Witness:
        """Return what a request shows."""
        cell, region, request, context = found.cell, found.region, found.request, dict(found.request.context)
        avoided = {
            published
            for place in found.against
            for published, test in zip(
                self.statements[place].scope.conditions, self.instances[place].conditions, strict=True
            )
            if passes(test, context[test.folded_key]) is False
        }
        return Witness(
            action=self.side.spelled(cell.actions.narrowest()),
            resource=pattern_of(region.resources),
            principal=pattern_of(region.principals),
            conditions=all_conditions(self.statements.scopes(cell.places)),
            avoided=in_order(avoided),
            statement=cell.allow - self.side.here.start,
            denied_by=None if cell.deny is None else cell.deny - self.side.there.start,
            request=request,
        )

    def _actions(self, actions: Actions) -> Iterator[str]:
        pattern = common_of(actions.within)
        yield from filter(actions.has, self._samples(pattern) if pattern is not None else ())

    def _samples(self, pattern: str) -> Iterator[str]:
        """Yield texts of a pattern without variables."""
        if not has_wildcard(pattern):
            yield pattern
            return
        yield from dict.fromkeys(sample_text(pattern, self.instances.fill, times) for times in _FILLS)

    def _sighted_at(self, cell: Cell, region: Region, acting: Sequence[int], action: str) -> Sighting | None:
        must = cell.places
        tests = all_conditions([self.instances[place] for place in must])
        for resource, principal in self._spots(region, must, acting):
            self.budget.spend(len(must) + len(acting))
            if not all(self._is_at(place, resource, principal) for place in must):
                continue
            against = tuple(place for place in acting if self._is_at(place, resource, principal) is not False)
            groups = [self.instances[place].conditions for place in against]
            if not all(groups):
                continue
            pinned = self.instances.pinned((*must, *against))
            found = context_for((*pinned, *tests), groups, self.instances.fill, self.budget.spend)
            if found:
                context, assumed = found
                request = Request(action, resource, principal, tuple(sorted(context.items())), assumed)
                return Sighting(cell, region, against, request)
        return None

    def _spots(
        self, region: Region, must: Sequence[int], acting: Sequence[int]
    ) -> Iterator[tuple[str | None, str | None]]:
        """Yield resources and principals of a region."""
        principals = self._principals(region, must, acting)
        for resource in self._resources(region, must, acting):
            yield from ((resource, principal) for principal in principals)

    def _is_at(self, place: int, resource: str | None, principal: str | None) -> bool | None:
        """Tell whether a statement is about this resource and this principal; None is "not known"."""
        scope = self.instances[place]
        if scope.resources or scope.not_resources:
            listed = scope.resources or scope.not_resources
            self.budget.spend(len(listed))
            if resource is None or any(matches(each, resource) for each in listed) == bool(scope.not_resources):
                return False
        if not scope.principals and not scope.not_principals:
            return True
        if principal is None:
            return False
        outcomes = {is_meant(each, principal) for each in scope.principals or scope.not_principals}
        meant = True if True in outcomes else None if None in outcomes else False
        return meant if scope.principals or meant is None else not meant

    def _resources(self, region: Region, must: Iterable[int], acting: Iterable[int]) -> Iterator[str | None]:
        """Yield texts of the common resource pattern: anything of it, and what a NotResource leaves out."""
        pattern = pattern_of(region.resources)
        if pattern is None:
            yield from () if any(listed.patterns for listed in region.resources) else (None,)
            return
        pattern = substitute_variables(pattern, self.instances.value_of)
        yield from self._samples(pattern)
        for place in (*acting, *must):
            for left_out in self.instances[place].not_resources[:MOST_SAMPLES]:
                met = intersection(pattern, left_out)
                if met is not None:
                    yield sample_text(met, self.instances.fill)

    def _principals(self, region: Region, must: Iterable[int], acting: Iterable[int]) -> list[str | None]:
        pattern = pattern_of(region.principals)
        if pattern != "*":
            return [pattern] if pattern or not any(listed.patterns for listed in region.principals) else []
        named = [name for place in (*acting, *must) for name in self.statements[place].scope.not_principals]
        return [self.instances.stranger, *sorted(set(named))[:MOST_SAMPLES]]
