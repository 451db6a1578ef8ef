"""Policies over time, as frozen values: versions, which of them was the default when, and what a source shows.

Times are aware and in UTC. Nothing here reads, writes or prints.
"""

from datetime import datetime
from functools import cached_property

from msgspec import Struct

from tracker.policy.documents import parse_document
from tracker.policy.model import Json, PolicyDocument

__all__ = [
    "Observation",
    "PolicyFacts",
    "PolicyHistory",
    "PolicyState",
    "PolicyVersion",
    "Skipped",
    "Snapshot",
    "UnknownVersion",
    "is_collection",
]


class PolicyFacts(Struct, frozen=True):
    """What IAM says about a policy apart from its versions. None is "not known", never "empty"."""

    name: str
    """PolicyName: letters, digits and `+=,.@_-`."""
    arn: str | None = None
    """Arn, with its path: `arn:aws:iam::aws:policy/service-role/AWSConfigRole`."""
    policy_id: str | None = None
    """PolicyId: another one means another policy, even under the same name."""
    path: str | None = None
    """Path: `/`, `/service-role/`, `/aws-service-role/`, `/job-function/`."""
    description: str | None = None
    """Description; ListPolicies does not give it."""
    created_at: datetime | None = None
    """CreateDate of the policy, which is older than that of its default version."""


class PolicyVersion(Struct, frozen=True, dict=True):
    """One immutable version of a policy. Two are equal that hold the same JSON, in whatever order."""

    version_id: str
    """VersionId: a label such as `v14`; neither contiguous nor an order."""
    created_at: datetime
    """CreateDate of the version: the order of versions."""
    document: Json
    """The policy document as it was read from JSON; whether it is well-formed is for `parsed` to say."""
    origin: str = ""
    """Where the document is from: `iam`, `git:<name>`, `npm:<package> <release>`, `documentation`; empty: not known."""
    created_before: datetime | None = None
    """No source has the date: it was created after `created_at` and before this. None where `created_at` is exact."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PolicyVersion):
            return NotImplemented
        return self._label == other._label and self.has_document_of(other)

    def __hash__(self) -> int:
        return hash(self._label)

    @property
    def _label(self) -> tuple[str, datetime, str]:
        return self.version_id, self.created_at, self.origin

    @property
    def is_collected(self) -> bool:
        """Whether only its own date is known: a collection has the document, and nobody watched it come into force."""
        return is_collection(self.origin)

    @cached_property
    def parsed(self) -> PolicyDocument:
        """The document's statements; read once.

        Raises:
            DocumentError: it is not well-formed.
        """
        return parse_document(self.document)

    def has_document_of(self, other: "PolicyVersion") -> bool:
        """Return whether another version holds the same JSON; that it means the same is for the diff to say."""
        return self.document == other.document


def is_collection(origin: str) -> bool:
    """Return whether an origin gives versions by their own dates and has not seen which of them was the default."""
    return origin.startswith("npm:") or origin == "documentation"


class UnknownVersion(Struct, frozen=True):
    """A version that existed and whose document no source has."""

    version_id: str
    """VersionId."""
    created_at: datetime
    """CreateDate."""
    origin: str
    """What says so: `iam-facts`."""


class Observation(Struct, frozen=True):
    """A moment at which the default version was seen to have changed."""

    at: datetime
    """When it was seen."""
    default_version: str | None
    """The VersionId that was the default from then on; None when the policy had left the list."""


class PolicyHistory(Struct, frozen=True):
    """All that is known of one policy, oldest first."""

    owner: str
    """`aws`, `aws-cn`, `aws-us-gov`, an account id, or a name for another repository."""
    facts: PolicyFacts
    """The policy's own facts."""
    versions: tuple[PolicyVersion, ...]
    """By creation time, then by number."""
    observations: tuple[Observation, ...]
    """By time."""
    unavailable: tuple[str, ...] = ()
    """Versions that were asked for and that the source no longer serves."""
    folder: str = ""
    """Its folder in the archive: the name, or `Name~PolicyId` once another policy took the name."""
    published_name: str = ""
    """What entries and pages call it where that is not the folder: what was published once keeps its address."""
    unknown: tuple[UnknownVersion, ...] = ()
    """Versions that existed and whose documents no source has; by creation time."""

    @property
    def label(self) -> str:
        """What ids and addresses call it: the name; `Name~PolicyId` for one that took an older policy's name."""
        return self.published_name or self.folder or self.facts.name

    def version(self, version_id: str) -> PolicyVersion | None:
        """Return the version with this id, or None if it was never seen."""
        return next((version for version in self.versions if version.version_id == version_id), None)

    @property
    def last_version(self) -> PolicyVersion | None:
        """The version that is the default, or was last; None where no version is known."""
        defaults = [item.default_version for item in self.observations if item.default_version]
        named = self.version(defaults[-1]) if defaults else None
        return named or (self.versions[-1] if self.versions else None)

    @property
    def in_force(self) -> PolicyVersion | None:
        """The version in force; None for a policy that has left the list, or was re-created under its name."""
        is_gone = bool(self.observations) and self.observations[-1].default_version is None
        return None if is_gone or self.is_name_taken else self.last_version

    @property
    def is_name_taken(self) -> bool:
        """Whether it was deleted, and another policy was created under its name."""
        return "~" in self.folder


class PolicyState(Struct, frozen=True):
    """One policy as a source showed it at one moment."""

    facts: PolicyFacts
    """The policy's facts, as far as the source has them."""
    default_version: str
    """The VersionId that is the default now."""
    versions: tuple[PolicyVersion, ...] = ()
    """The versions that were read: those the archive lacked."""
    unavailable: tuple[str, ...] = ()
    """Versions that were asked for and that the source does not serve."""


class Snapshot(Struct, frozen=True):
    """One observation of a whole source: what is not in it is not there."""

    owner: str
    """Whose policies these are."""
    observed_at: datetime
    """When the source was read."""
    policies: tuple[PolicyState, ...]
    """Every policy of the source, by name."""


class Skipped(Struct, frozen=True):
    """Something that was read and left out, so that nobody has to guess."""

    where: str
    """File, commit or version."""
    reason: str
    """Why, in one line."""
    at: datetime | None = None
    """When it was published, where that is known."""
