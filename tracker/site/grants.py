"""Which policies grant an action now, since when, and on what: read from the versions in force.

Only what statements allow is listed. A Deny, a condition or a permissions boundary may take it back; so may the rules
of the service. What is granted by a wildcard is kept once, under the wildcard.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from tracker.catalogue.actions import ActionFacts
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.blame import grants_of
from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import has_wildcard
from tracker.text.words import printable

__all__ = [
    "Expansions",
    "GrantedAction",
    "GrantedPattern",
    "PolicyGrant",
    "ServiceGrants",
    "policy_grants",
    "service_grants",
]


class PolicyGrant(Struct, frozen=True, gc=False):
    """One action pattern that a policy allows now."""

    owner: str
    """Whose policy it is."""
    folder: str
    """The policy's folder in the archive: its name, as a rule."""
    action: str
    """The pattern, as published."""
    inverted: bool
    """True where all actions but those named are allowed (`NotAction`)."""
    scopes: tuple[Scope, ...]
    """On what."""
    since: datetime
    """When the version was published that brought it, and that never lost it since."""
    version: str
    """That version."""
    is_latest: bool
    """True where it may have been granted before: by a version that was not seen."""

    @property
    def policy(self) -> str:
        """Return the policy's name."""
        return self.folder.partition("~")[0]


def policy_grants(
    history: PolicyHistory, held: Iterable[Change], entries: Iterable[Entry]
) -> dict[str, list[PolicyGrant]]:
    """Return what a policy allows now, by service prefix in lower case; under `*` what is no single service's.

    Args:
        history: the policy.
        held: what it grants, as additions to nothing.
        entries: what happened to it, oldest first.
    """
    found: defaultdict[str, list[PolicyGrant]] = defaultdict(list)
    place, oldest, arrivals = (history.owner, history.label), history.versions[0], grants_of(entries)
    for grant in held:
        if grant.effect is Effect.ALLOW and (not grant.inverted or grant.action == EVERYTHING):
            folded = fold_action(grant.action)
            prefix = EVERYTHING if has_wildcard(folded.partition(":")[0]) else folded.partition(":")[0]
            arrived = arrivals.get((grant.inverted, folded))
            at, brought = oldest.created_before or oldest.created_at, oldest.version_id
            is_latest = brought != "v1" or oldest.created_before is not None
            if arrived and arrived[-1].until is None:
                since = arrived[-1].since
                at, brought, is_latest = since.at, since.version or "", since.is_latest
            item = PolicyGrant(*place, grant.action, grant.inverted, grant.after, at, brought, is_latest)
            found[prefix].append(item)
    return dict(found)


class Expansions:
    """The known actions that wildcards match; each is looked up once for the whole site."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, frozenset[str]] = {}

    def __getitem__(self, pattern: str) -> frozenset[str]:
        """Return the actions of a folded pattern, folded."""
        if pattern not in self._known:
            expanded = self._catalogue.expand(pattern)
            self._known[pattern] = frozenset(fold_action(facts.name) for facts in expanded)
        return self._known[pattern]

    def counts(self, versions: Iterable[PolicyVersion]) -> list[int | None]:
        """Return how many actions each of a policy's versions allows, Deny and conditions left aside.

        None stands for a version whose document can't be read. An action that the catalogue does not know counts, too.
        """
        return [self._count(version) for version in versions]

    def _count(self, version: PolicyVersion) -> int | None:
        try:
            statements = version.parsed.statements
        except DocumentError:
            return None
        allowed: set[str] = set()
        for statement in statements:
            if statement.effect is Effect.ALLOW:
                named: set[str] = set(statement.folded - statement.wild)
                named.update(*(self[pattern] for pattern in statement.wild))
                allowed |= self[EVERYTHING] - named if statement.inverted else named
        return len(allowed)


@dataclass(frozen=True, slots=True)
class GrantedAction:
    """One action of a service, and who grants it."""

    name: str
    """In the reference's spelling, or as published."""
    facts: ActionFacts | None
    """What is known of it; None for what was never documented."""
    grants: tuple[PolicyGrant, ...]
    """Grants by name, by policy."""
    patterns: tuple[str, ...]
    """Wildcards of the service that grant it, folded."""
    wild: int
    """How many policies grant it by such a wildcard."""


@dataclass(frozen=True, slots=True)
class GrantedPattern:
    """One wildcard of a service, and who grants it."""

    name: str
    """As published."""
    folded: str
    """In the form in which it is compared."""
    stands_for: int
    """How many actions it is known to stand for."""
    grants: tuple[PolicyGrant, ...]
    """Who grants it, by policy."""


@dataclass(frozen=True, slots=True)
class ServiceGrants:
    """Who grants the actions of one service."""

    actions: tuple[GrantedAction, ...]
    """Every action that the catalogue or a policy names, by name."""
    patterns: tuple[GrantedPattern, ...]
    """Every wildcard that a policy uses."""
    policies: int
    """How many policies grant any of them."""


def service_grants(
    prefix: str, grants: Iterable[PolicyGrant], catalogue: Catalogue, known: Expansions
) -> ServiceGrants:
    """Return who grants what of one service.

    Args:
        prefix: the service.
        grants: what policies allow of it.
        catalogue: its actions.
        known: what wildcards stand for.
    """
    by_action: defaultdict[str, list[PolicyGrant]] = defaultdict(list)
    for item in sorted(grants, key=lambda item: (item.policy.lower(), item.owner)):
        by_action[fold_action(item.action)].append(item)
    wild = {folded: items for folded, items in by_action.items() if has_wildcard(folded)}
    standing: defaultdict[str, list[str]] = defaultdict(list)
    for folded in sorted(wild):
        for name in known[folded]:
            standing[name].append(folded)
    facts = {fold_action(item.name): item for item in catalogue.expand(f"{prefix}:*")}
    actions = []
    for folded in sorted(facts.keys() | by_action.keys() - wild.keys()):
        named, patterns = by_action.get(folded, []), standing.get(folded, [])
        name = facts[folded].name if folded in facts else printable(named[0].action)
        holders = {(item.owner, item.folder) for pattern in patterns for item in wild[pattern]}
        actions.append(GrantedAction(name, facts.get(folded), tuple(named), tuple(patterns), len(holders)))
    found = (
        GrantedPattern(printable(min(item.action for item in items)), folded, len(known[folded]), tuple(items))
        for folded, items in sorted(wild.items())
    )
    policies = {(item.owner, item.folder) for items in by_action.values() for item in items}
    return ServiceGrants(tuple(actions), tuple(found), len(policies))
