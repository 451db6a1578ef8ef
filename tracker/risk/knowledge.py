"""Which actions matter: a small table of facts, made from `cloudsplaining` by a script.

`tracker/data/risks.json` comes with the program, so that the same archive gives the same findings whatever else is
installed.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from tracker.access import Facts, KeyType, Universe
from tracker.catalogue.actions import AccessLevel, ActionFacts
from tracker.catalogue.catalogue import Catalogue
from tracker.policy.actions import fold_action
from tracker.policy.operators import Family
from tracker.risk.limits import LimitTable, load_limits

__all__ = ["Escalation", "Knowledge", "facts_of", "load_knowledge", "universe_of", "watched_names"]

PASS_ROLE = "iam:passrole"  # noqa: S105 - an action
MAX_NAMES = 2_000
"""Actions that one wildcard is expanded into; of wider ones only those that a rule watches are looked at."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Actions that together lead to more permissions than they grant."""

    name: str
    """What is done with them: `PassExistingRoleToNewLambdaThenInvoke`."""
    actions: tuple[str, ...]
    """All of them are needed; sorted."""
    link: str | None
    """Where the path is described; None where no description is known."""
    folded: frozenset[str] = field(init=False, repr=False)
    """`actions`, folded."""

    def __post_init__(self) -> None:
        """Fold the actions once."""
        object.__setattr__(self, "folded", frozenset(map(fold_action, self.actions)))


@dataclass(frozen=True)
class Knowledge:
    """Which actions matter to a rule."""

    credentials: frozenset[str]
    """Actions that return credentials, folded, as all below."""
    data: frozenset[str]
    """Actions that hand out what is stored."""
    exposure: frozenset[str]
    """Actions that can open a resource to others."""
    escalations: tuple[Escalation, ...]
    """By name."""
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Rule → the actions that it is about, of `watched_actions.json`."""
    limits: LimitTable = field(default_factory=load_limits)
    """What keeps which action within bounds."""

    @cached_property
    def by_rule(self) -> Mapping[str, frozenset[str]]:
        """Rule → the actions that it is about."""
        return {
            "credentials-exposed": self.credentials,
            "data-access": self.data,
            "resource-exposure": self.exposure,
            "role-passing": frozenset((PASS_ROLE,)),
            **self.others,
        }

    @cached_property
    def watched(self) -> frozenset[str]:
        """All of them, and those of escalation paths."""
        paths = (path.folded for path in self.escalations)
        return frozenset().union(*self.by_rule.values(), *paths)


@lru_cache(1)
def load_knowledge() -> Knowledge:
    """Return the table of facts that comes with the program."""
    folder = Path(__file__).parents[1] / "data"
    table = json.loads((folder / "risks.json").read_bytes())
    watched = json.loads((folder / "watched_actions.json").read_bytes())["rules"]
    credentials, data, exposure = (
        frozenset(map(fold_action, table[name])) for name in ("credentials", "data", "exposure")
    )
    paths = (Escalation(item["name"], tuple(item["actions"]), item["link"]) for item in table["escalations"])
    others = {rule: frozenset(map(fold_action, row["actions"])) for rule, row in watched.items()}
    return Knowledge(credentials, data, exposure, tuple(paths), others)


def facts_of(catalogue: Catalogue) -> Facts:
    """Return what is known of condition keys and of resources as net effect asks for it."""
    return Facts(
        lambda key: _key_type(catalogue.key_type(key)),
        catalogue.arn_formats,
        lambda action: _has_tags_alone(catalogue.action(action)),
    )


def _has_tags_alone(action: ActionFacts | None) -> bool:
    keys = action.condition_keys if action else ()
    return any(key.startswith("aws:RequestTag/") for key in keys) and "aws:TagKeys" not in keys


def _key_type(name: str | None) -> KeyType | None:
    """Return a type of the reference, `ArrayOfString` or `Bool`, in the words of net effect."""
    if name is None:
        return None
    family = name.removeprefix("ArrayOf")
    return KeyType(family == name, _FAMILIES.get(family))


_FAMILIES = {
    "String": Family.STRING,
    "ARN": Family.ARN,
    "Bool": Family.BOOL,
    "Numeric": Family.NUMERIC,
    "Date": Family.DATE,
    "IPAddress": Family.IP_ADDRESS,
}


def universe_of(catalogue: Catalogue) -> Universe:
    """Return the known actions as net effect asks for them: pattern → actions, folded."""
    return lambda pattern: catalogue.known(pattern).keys()


def watched_names(pattern: str, catalogue: Catalogue, watched: Collection[str]) -> dict[str, str]:
    """Return the known actions of a pattern, folded → name; of very many only those that a rule is about."""
    known = catalogue.known(pattern)
    if len(known) <= MAX_NAMES:
        return {folded: facts.name for folded, facts in known.items()}
    level = AccessLevel.PERMISSIONS_MANAGEMENT
    return {folded: facts.name for folded, facts in known.items() if facts.access_level is level or folded in watched}
