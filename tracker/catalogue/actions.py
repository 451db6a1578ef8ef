"""What is known of one action."""

from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

__all__ = ["AccessLevel", "ActionFacts", "ActionState", "access_level_of"]


class AccessLevel(StrEnum):
    """What an action does, in the reference's words, from the mildest to the most specific.

    Compare by `rank`: as texts they would be ordered by letter.
    """

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS_MANAGEMENT = "Permissions management"

    @property
    def rank(self) -> int:
        """Place in the order List, Read, Write, Tagging, Permissions management, from 0."""
        return tuple(AccessLevel).index(self)


@lru_cache(64)
def access_level_of(words: str) -> AccessLevel | None:
    """Return the most specific of the reference's words for an action's level; None if it has no known word.

    Since July 2026 the reference joins words where it had one before.

    >>> access_level_of("Tagging, Write").name, access_level_of("Unknown")
    ('TAGGING', None)
    """
    known = [level for level in AccessLevel if level in words.split(", ")]
    return known[-1] if known else None


class ActionState(StrEnum):
    """Whether the catalogue has an action, or any action that a pattern matches."""

    DOCUMENTED = "documented"
    RETIRED = "retired"
    UNDOCUMENTED = "undocumented"
    MATCHES_NOTHING = "wildcard-matching-nothing"


class ActionFacts(Struct, frozen=True, gc=False):
    """One action as the reference has it, or had it once."""

    name: str
    """In the reference's spelling: `iam:PassRole`."""
    service: str
    """Name of its service: `AWS Identity and Access Management (IAM)`."""
    description: str = ""
    """One sentence of the reference; not always "Grants permission to …"."""
    access_level: AccessLevel | None = None
    """The most specific level; None when the source has no known word for it."""
    resource_types: tuple[str, ...] = ()
    """Types of resources it can be limited to, sorted; empty when only `*` is possible."""
    condition_keys: tuple[str, ...] = ()
    """Keys it can be conditioned on, for itself or for one of its resource types, sorted."""
    dependents: tuple[str, ...] = ()
    """Actions it needs beside itself, known as of `Catalogue.dependents_as_of`, sorted; empty when none is known."""
    permission_only: bool = False
    """True when it was known as of then to be no API operation."""
    state: ActionState = ActionState.DOCUMENTED
    """Documented or retired."""
    first_listed: str | None = None
    """Of a retired action: the first month at whose end it was listed (`listed_since`: or before); None: see below."""
    last_listed: str | None = None
    """Of a retired action: the last month at whose end it was listed; None when it had left before all dated data."""

    @property
    def prefix(self) -> str:
        """Return the service's prefix: `iam`."""
        return self.name.partition(":")[0]
