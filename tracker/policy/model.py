"""Every frozen value of the house, in the words of IAM, git and RSS.

Times are aware and in UTC. Tuples that stand for sets are sorted and hold each item once.
Nothing here reads, writes or prints.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from tracker.base.once import cached_property
from tracker.policy.actions import fold_actions, published_spellings, wildcards_among

__all__ = [
    "Change",
    "ChangeKind",
    "Changelog",
    "Condition",
    "Effect",
    "Entry",
    "EntryAnnouncement",
    "Event",
    "Json",
    "Observation",
    "Parts",
    "PolicyDocument",
    "PolicyFacts",
    "PolicyHistory",
    "PolicyState",
    "PolicyVersion",
    "Scope",
    "Service",
    "Skipped",
    "Snapshot",
    "Statement",
    "UnknownVersion",
    "is_collection",
]

Json = Mapping[str, Any]
"""A JSON object as it was read."""


class Effect(StrEnum):
    """What a statement does for the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class Condition(Struct, frozen=True, dict=True):
    """One test of a condition block: an operator on one key, with its values (any of them suffices).

    Two are equal that test the same: IAM compares keys without regard to case.
    """

    operator: str
    """Canonical spelling with its prefix and suffix: `ForAllValues:StringLikeIfExists`, `Bool`, `Null`."""
    key: str
    """The condition key as published: `aws:ResourceTag/AmazonConnectEnabled`."""
    values: tuple[str, ...]
    """The values as text, sorted: `true` and `"true"` are the same."""

    @cached_property
    def folded_key(self) -> str:
        """The key in lower case."""
        return self.key.lower()

    @cached_property
    def sort_key(self) -> tuple[str, str, tuple[str, ...]]:
        """What it is compared and ordered by."""
        return self.operator, self.folded_key, self.values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.sort_key == other.sort_key

    def __hash__(self) -> int:
        return hash(self.sort_key)


class Scope(Struct, frozen=True, cache_hash=True):
    """Where and when a line of permission holds: resources (or all but some), principals, conditions."""

    resources: tuple[str, ...] = ()
    """Resource patterns; empty when `not_resources` is used, or when the document names no resource at all."""
    not_resources: tuple[str, ...] = ()
    """All resources but these."""
    principals: tuple[str, ...] = ()
    """`*`, or `AWS:arn…`, `Service:…`, `Federated:…`, `CanonicalUser:…`; empty in identity policies."""
    not_principals: tuple[str, ...] = ()
    """All principals but these."""
    conditions: tuple[Condition, ...] = ()
    """All of them must hold; sorted by operator and key."""


class Statement(Struct, frozen=True, dict=True):
    """One statement of a policy document. Two are equal that mean the same, whatever their order, Sid and spelling."""

    effect: Effect
    """Allow or Deny."""
    inverted: bool
    """True for `NotAction`: the statement is about all actions but `actions`."""
    scope: Scope
    """Where and when it holds."""
    actions: tuple[str, ...]
    """The action patterns as published, in their order."""
    sid: str | None = None
    """The statement's label, which means nothing for access."""

    @property
    def order(self) -> tuple[str, ...]:
        """`actions`, folded, in the same order."""
        return tuple(fold_actions(self.actions))

    @cached_property
    def folded(self) -> frozenset[str]:
        """`actions` in the form in which they are compared."""
        return frozenset(fold_actions(self.actions))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Statement):
            return NotImplemented
        return self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    @property
    def _meaning(self) -> tuple[Effect, bool, Scope, frozenset[str]]:
        return self.effect, self.inverted, self.scope, self.folded

    @cached_property
    def wild(self) -> frozenset[str]:
        """Those of `folded` that are wildcards."""
        return wildcards_among(self.folded)

    @cached_property
    def wild_by_service(self) -> Mapping[str, Sequence[str]]:
        """The same by service; `*` for those whose service is a wildcard itself."""
        found: dict[str, list[str]] = {}
        for action in self.wild:
            service = action.partition(":")[0]
            found.setdefault("*" if "*" in service or "?" in service else service, []).append(action)
        return found

    def names(self, wanted: AbstractSet[str]) -> list[tuple[str, str]]:
        """Return (folded, published) for those of the wanted actions that stand here, once for each form.

        The published form is without blanks around it.
        """
        hits = wanted & self.folded
        if not hits:
            return []
        published = set(self.actions)
        return [(folded, form.strip()) for folded in hits for form in published_spellings(folded, published)]


class PolicyDocument(Struct, frozen=True):
    """A policy document that has been read and found well-formed."""

    statements: tuple[Statement, ...]
    """Its statements, in their order."""


class ChangeKind(StrEnum):
    """How one action pattern differs between two documents. Under Deny the meaning for access is the reverse."""

    ACTION_ADDED = "action-added"
    ACTION_REMOVED = "action-removed"
    SCOPE_WIDENED = "scope-widened"
    SCOPE_NARROWED = "scope-narrowed"
    SCOPE_CHANGED = "scope-changed"


class Change(Struct, frozen=True):
    """One difference between two documents, for one action pattern."""

    kind: ChangeKind
    """How it differs."""
    effect: Effect
    """Whether the pattern is allowed or denied."""
    action: str
    """The action pattern, as published after the change (before it, if it was removed)."""
    inverted: bool
    """True when the pattern stands in `NotAction`: added means excepted, so that access is lost."""
    before: tuple[Scope, ...]
    """The scopes before; empty for an added action."""
    after: tuple[Scope, ...]
    """The scopes after; empty for a removed action."""
    covered_by: str | None = None
    """A wildcard of the other side that grants the same: before for what came, after for what went."""


class Event(StrEnum):
    """What happened to a policy."""

    TRACKING_STARTED = "tracking-started"
    POLICY_ADDED = "policy-added"
    POLICY_UPDATED = "policy-updated"
    POLICY_REISSUED = "policy-reissued"
    DEFAULT_ROLLED_BACK = "default-rolled-back"
    POLICY_REMOVED = "policy-removed"
    POLICY_RETURNED = "policy-returned"


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


class Parts(Struct, frozen=True):
    """The text of a policy document, cut into its statements."""

    has_variables: bool
    """Whether `${...}` means something in it, as from version 2012-10-17 on."""
    statements: tuple[bytes, ...]
    """The texts of its statements, in their order; not yet judged."""


class PolicyVersion(Struct, frozen=True, dict=True):
    """One immutable version of a policy. Two are equal that hold the same JSON, whatever its white space."""

    version_id: str
    """VersionId: a label such as `v14`; neither contiguous nor an order."""
    created_at: datetime
    """CreateDate of the version: the order of versions."""
    text: bytes
    """The policy document as published: JSON in UTF-8, not yet judged."""
    origin: str = ""
    """Where the document is from: `iam`, `git:<name>`, `npm:<package> <release>`, `documentation`; empty: not known."""
    created_before: datetime | None = None
    """No source has the date: it was created after `created_at` and before this. None where `created_at` is exact."""
    parts: Parts | None = None
    """The text in parts, where it was cut as it was read; None where it is to be cut by whoever wants them."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PolicyVersion):
            return NotImplemented
        mine, theirs = (
            (self.version_id, self.created_at, self.origin),
            (other.version_id, other.created_at, other.origin),
        )
        return mine == theirs and self.has_document_of(other)

    def __hash__(self) -> int:
        return hash((self.version_id, self.created_at, self.origin))

    @property
    def is_collected(self) -> bool:
        """Whether only its own date is known: a collection has the document, and nobody watched it come into force."""
        return is_collection(self.origin)

    @cached_property
    def document(self) -> Json:
        """The policy document as it was read."""
        return dict(json.loads(self.text))

    def has_document_of(self, other: "PolicyVersion") -> bool:
        """Tell whether another version holds the same JSON; that it means the same is for the diff to say."""
        return self.text == other.text or self.document == other.document


def is_collection(origin: str) -> bool:
    """Tell whether an origin gives versions by their own dates and has not seen which of them was the default."""
    return origin.startswith("npm:") or origin == "documentation"


class UnknownVersion(Struct, frozen=True):
    """A version that existed and whose document no source has."""

    version_id: str
    """VersionId."""
    created_at: datetime
    """CreateDate."""
    origin: str
    """Who tells of it: `iam-facts`."""


class Observation(Struct, frozen=True):
    """A moment at which the default version was seen to have changed."""

    at: datetime
    """When it was seen."""
    default_version: str | None
    """The VersionId that was the default from then on; None when the policy had left the list."""


class PolicyHistory(Struct, frozen=True):
    """All that is known of one policy, oldest first."""

    owner: str
    """`aws`, `aws-cn`, `aws-us-gov`, an account id, or a name for someone's repository."""
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
    """What its entries and pages are called by where that is not the folder: what was told once keeps its address."""
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
        return None if is_gone or "~" in self.folder else self.last_version


class PolicyState(Struct, frozen=True):
    """One policy as a source showed it at one moment."""

    facts: PolicyFacts
    """The policy's facts, as far as the source tells."""
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


class EntryAnnouncement(Struct, frozen=True):
    """An item of a documentation's history feed that announces an entry."""

    title: str
    """Its title as plain text, in one line."""
    link: str | None
    """Where it points, http or https; None where it points nowhere."""
    published: datetime
    """When, in UTC; midnight where the feed tells only the day."""
    days: int
    """How many days after the entry, by the day on which AWS dates it; negative for before."""


class Entry(Struct, frozen=True):
    """One event of a policy's history with its changes: one row of the changelog, in no language."""

    id: str
    """`owner/policy/version`, and the event where that is not unique. Never a sentence, never renamed."""
    owner: str
    """Whose policy it is."""
    policy: str
    """PolicyName."""
    event: Event
    """What happened."""
    version: str | None
    """The version in force afterwards; None when the policy was removed."""
    previous_version: str | None
    """The version in force before; None at the beginning."""
    not_observed: int
    """How many version numbers between the two were never seen."""
    published: datetime | None
    """CreateDate of the version; None for an event that has none (removal, roll-back)."""
    observed: datetime | None
    """When the tracker saw it; None for a version added later from another source."""
    changes: tuple[Change, ...] = ()
    """The differences, sorted by kind and action."""
    policy_created: datetime | None = None
    """CreateDate of a new policy, where its first versions were never seen; None where `published` tells it."""
    published_before: datetime | None = None
    """The version was published after `published` and before this; None where `published` is exact."""
    notices: tuple[EntryAnnouncement, ...] = ()
    """What announced it, the nearest first; empty where no feed was read, or none says anything of it."""

    @property
    def at(self) -> datetime:
        """The time that the row says: when it was published where that is known, else when it was seen."""
        moment = self.published or self.observed
        assert moment is not None, self.id  # noqa: S101 - changelog.py gives each entry one of the two
        return moment


class Skipped(Struct, frozen=True):
    """Something that was read and left out, so that nobody has to guess."""

    where: str
    """File, commit or version."""
    reason: str
    """Why, in one line."""


class Changelog(Struct, frozen=True):
    """Entries that are told together."""

    title: str
    """`Amazon Connect updates to AWS managed policies`."""
    entries: tuple[Entry, ...]
    """Newest first, the starts of tracking last."""
    skipped: tuple[Skipped, ...] = ()
    """What was read and left out."""
    until: datetime | None = None
    """When the source was last seen to change, whatever is told of it; None for not known."""


class Service(Struct, frozen=True):
    """A service whose policies are told together, as on one documentation page."""

    name: str
    """As it is written: `Amazon Connect`."""
    slug: str
    """As it is addressed: `connect`."""
    policies: tuple[str, ...]
    """Globs of policy names."""
    documentation: str | None = None
    """Address of the documentation page with the update table."""
    tracking_since: date | None = None
    """The day from which changes are told; None for "since the archive began"."""
    announcements: tuple[str, ...] = ()
    """Files with the documentation's history feeds: what they announce is told beside the changes."""
