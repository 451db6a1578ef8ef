"""The risk rules: one table of ids and levels."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

__all__ = ["DEFAULT_LEVELS", "LINKS", "RULES", "Level", "Rule"]


class Level(StrEnum):
    """How much a finding matters, from the mildest. Compare by `rank`."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Place in the order info, notice, warning, critical, from 0."""
        return _RANKS[self]

    @property
    def milder(self) -> "Level":
        """The next milder level; the mildest has none below it."""
        return tuple(Level)[max(0, self.rank - 1)]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Rule(Struct, frozen=True):
    """Something that is looked for. Its sentences are the messages `rule.<id>` and `rule.<id>.about`."""

    id: str
    """Kebab-case; never renamed."""
    level: Level
    """Its level, unless the configuration says otherwise."""
    needs_archive: bool = False
    """True when it can only be evaluated along the history of an archive."""


_AWS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
LINKS = {
    "all-actions-on-all-resources": f"{_AWS}best-practices.html#grant-least-privilege",
    "conditions-weakened": f"{_AWS}reference_policies_elements_condition.html",
    "denial-weakened": f"{_AWS}reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html",
    "open-identity-provider": f"{_AWS}id_roles_create_for-idp_oidc.html",
    "permissions-management": f"{_AWS}access_policies_understand-policy-summary-access-level-summaries.html",
    "public-principal": f"{_AWS}reference_policies_elements_principal.html",
    "role-passing": f"{_AWS}id_roles_use_passrole.html",
}
RULES = (
    Rule("all-actions-on-all-resources", Level.CRITICAL),
    Rule("code-execution", Level.WARNING),
    Rule("conditions-weakened", Level.WARNING),
    Rule("credentials-exposed", Level.WARNING),
    Rule("data-access", Level.NOTICE),
    Rule("denial-weakened", Level.WARNING),
    Rule("dependency-changed", Level.NOTICE),
    Rule("document-unreadable", Level.CRITICAL),
    Rule("escalation-path", Level.CRITICAL),
    Rule("first-action", Level.INFO, needs_archive=True),
    Rule("first-service", Level.INFO, needs_archive=True),
    Rule("identity-changed", Level.WARNING),
    Rule("known-after-apply", Level.WARNING),
    Rule("monitoring-weakened", Level.WARNING),
    Rule("not-looked-at", Level.CRITICAL),
    Rule("open-identity-provider", Level.CRITICAL),
    Rule("permissions-management", Level.WARNING),
    Rule("policy-in-source", Level.NOTICE),
    Rule("principals-widened", Level.WARNING),
    Rule("public-principal", Level.CRITICAL),
    Rule("resource-exposure", Level.WARNING),
    Rule("resources-widened", Level.NOTICE),
    Rule("role-passing", Level.WARNING),
    Rule("service-wildcard-on-all-resources", Level.WARNING),
    Rule("undecided", Level.WARNING),
    Rule("value-unresolved", Level.WARNING),
    Rule("wildcard-on-all-resources", Level.NOTICE),
)
"""Every rule, by id."""
DEFAULT_LEVELS: Mapping[str, Level | None] = {rule.id: rule.level for rule in RULES}
"""Rule id → level."""
