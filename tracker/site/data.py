"""What the archive says, in no language: read and compared once, used for every page."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec import Struct, msgpack
from msgspec.structs import replace

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Changelog, Entry, Event
from tracker.diff.model import Change
from tracker.documentation.undocumented import Undocumented
from tracker.policy.actions import fold_action
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.settings.configuration import service_has_policy
from tracker.settings.services import Service
from tracker.site.grants import Expansions, PolicyGrant, ServiceGrants, policy_grants, service_grants
from tracker.site.memo import Memo, digest_of
from tracker.site.policy_services import SEVERAL, policies_by_service, services_by_letters
from tracker.site.records import PolicyRecord
from tracker.site.successors import successors_of

__all__ = [
    "COUNTED_EVENTS",
    "DocumentationPage",
    "SiteData",
    "documented_services",
    "loaded_version",
    "policy_key_of",
    "prefixes_of_pages",
]

_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
COUNTED_EVENTS = {
    Event.POLICY_UPDATED: "updated",
    Event.DEFAULT_ROLLED_BACK: "updated",
    Event.POLICY_ADDED: "added",
    Event.POLICY_RETURNED: "added",
    Event.POLICY_REMOVED: "removed",
}
"""What is counted as a change, and as which kind: re-issues and the start of tracking are left out."""


TAB = "\t"


@dataclass(frozen=True, slots=True)
class DocumentationPage:
    """What one documentation page is about."""

    service: Service
    """The service; its slug is the page's folder."""
    histories: tuple[PolicyHistory, ...]
    """Its policies."""
    is_configured: bool
    """True where the configuration names it: then it has all kinds of feeds, a report and data."""
    prefix: str
    """The service prefix that has the same address; empty where none has."""


class ServiceSummary(Struct, frozen=True):
    """What there is of one service."""

    actions: tuple[str, ...]
    """Every action that the catalogue or a policy names."""
    policies: int
    """How many policies grant any of them."""


_SERVICE_SUMMARY = msgpack.Decoder(ServiceSummary)


@dataclass(frozen=True)
class SiteData:
    """All that pages are made from but words and evaluations."""

    records: tuple[PolicyRecord, ...]
    """The record of each policy that has a version, by owner and folder."""
    changelog: Changelog
    """All entries, newest first."""
    catalogue: Catalogue
    """What actions are."""
    load: Callable[[PolicyHistory], PolicyHistory]
    """Returns a policy with its documents."""
    memo: Memo = field(default_factory=Memo)
    """What an earlier build found out."""
    undocumented: tuple[Undocumented, ...] | None = None
    """Changes that no recorded page documents; None where none has been recorded."""
    base: str = ""
    """Names program, templates, catalogue and configuration: what all of the site is made from."""

    def prepare(self) -> None:
        """Find out now what every language needs."""
        _ = (self.entries, self.holders, self.changes, self.policies_by_prefix, self.entry_positions)

    def gather_grants(self) -> None:
        """Find out now what each policy grants: for a few pages the grants of their own policies are enough."""
        for record in self.records:
            self._grants_of(record)

    @cached_property
    def histories(self) -> tuple[PolicyHistory, ...]:
        """All policies, without their documents."""
        return tuple(record.history for record in self.records)

    @cached_property
    def record_by_policy(self) -> dict[tuple[str, str], PolicyRecord]:
        """The records by owner and folder."""
        return {record.policy: record for record in self.records}

    @cached_property
    def successors(self) -> Mapping[tuple[str, str], PolicyHistory]:
        """The policies that took the place of others, by owner and folder of those."""
        return successors_of(self.histories)

    @cached_property
    def entries(self) -> dict[tuple[str, str], list[Entry]]:
        """The entries of each policy by owner and folder, newest first."""
        found: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self.changelog.entries:
            found[policy_key_of(entry)].append(entry)
        return dict(found)

    @cached_property
    def holders(self) -> dict[str, list[PolicyRecord]]:
        """The policies that grant anything of each service now, by prefix; under `*` what is no single service's."""
        found: defaultdict[str, list[PolicyRecord]] = defaultdict(list)
        for record in self.records:
            for prefix in record.grant_digests:
                found[prefix].append(record)
        return dict(found)

    def grants(self, prefix: str) -> list[PolicyGrant]:
        """Return what is granted of a service now, by policy."""
        return [grant for record in self.holders.get(prefix, ()) for grant in self._grants_of(record)[prefix]]

    def _grants_of(self, record: PolicyRecord) -> dict[str, list[PolicyGrant]]:
        """Return what a policy grants now, by service prefix."""
        if record.policy not in self._known_grants:
            entries = self.entries.get(record.policy, ())
            self._known_grants[record.policy] = policy_grants(record.history, record.granted or (), reversed(entries))
        return self._known_grants[record.policy]

    @cached_property
    def _known_grants(self) -> dict[tuple[str, str], dict[str, list[PolicyGrant]]]:
        return {}

    def prefixes_granted(self, record: PolicyRecord) -> list[str]:
        """Return the services with a page of which a policy grants anything now, sorted."""
        return sorted(self._linked.intersection(record.grant_digests))

    @cached_property
    def _linked(self) -> frozenset[str]:
        return frozenset(self.prefixes)

    @cached_property
    def granted_changes(self) -> dict[tuple[str, str], tuple[Change, ...] | None]:
        """All that each policy grants now, as additions to nothing, by owner and folder; see `granted_now`."""
        return {record.policy: record.granted for record in self.records}

    @cached_property
    def policies_by_prefix(self) -> Mapping[str, list[PolicyHistory]]:
        """The policies of each service, by prefix."""
        letters = services_by_letters(self.prefixes, self.catalogue.service_name)
        return policies_by_service(((record.history, record.weights) for record in self.records), letters)

    @cached_property
    def entry_positions(self) -> dict[str, int]:
        """Where each entry stands among all, by its id."""
        return {entry.id: place for place, entry in enumerate(self.changelog.entries)}

    @cached_property
    def expansions(self) -> Expansions:
        """The known actions that wildcards match."""
        return Expansions(self.catalogue)

    def service(self, prefix: str) -> ServiceGrants:
        """Return who grants the actions of a service."""
        return service_grants(prefix, self.grants(prefix), self.catalogue, self.expansions)

    @cached_property
    def services(self) -> dict[str, ServiceSummary]:
        """What there is of each service that has a page, by prefix."""
        return {prefix: self._service_summary(prefix) for prefix in self.prefixes}

    def _service_summary(self, prefix: str) -> ServiceSummary:
        def make() -> ServiceSummary:
            found = self.service(prefix)
            return ServiceSummary(tuple(action.name for action in found.actions), found.policies)

        return self.memo.get(digest_of("service", self.base, self.grant_keys[prefix]), _SERVICE_SUMMARY.decode, make)

    @cached_property
    def grant_keys(self) -> dict[str, str]:
        """What names all that is granted of each service, by prefix."""
        return {prefix: self._grant_key(prefix) for prefix in {*self.prefixes, *self.holders}}

    def _grant_key(self, prefix: str) -> str:
        held = [(*record.policy, record.grant_digests[prefix]) for record in self.holders.get(prefix, ())]
        return digest_of(prefix, *(part for parts in held for part in parts))

    def counts(self, history: PolicyHistory) -> tuple[int | None, ...]:
        """Return how many actions each version of a policy allows, in the order of versions."""
        return self.record_by_policy[history.owner, history.label].allowed

    def document(self, history: PolicyHistory) -> str:
        """Return the document of a policy that is in force, or was last; tabs indent it in a third of the bytes."""
        version = loaded_version(self.load, history, history.last_version)
        return f"{json.dumps(version.document, indent=TAB, ensure_ascii=False)}\n" if version else ""

    @cached_property
    def changes(self) -> dict[str, list[tuple[Entry, list[Change]]]]:
        """The changes of each service prefix, newest first."""
        found: defaultdict[str, list[tuple[Entry, list[Change]]]] = defaultdict(list)
        for entry in self.changelog.entries:
            parts: defaultdict[str, list[Change]] = defaultdict(list)
            for change in entry.changes:
                parts[fold_action(change.action.partition(":")[0])].append(change)
            for prefix, changes in parts.items():
                found[prefix].append((entry, changes))
        return dict(found)

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """Every service prefix that has a page: those of the catalogue, and those that policies name."""
        return prefixes_of_pages((*self.holders, *self.changes), self.catalogue)


def prefixes_of_pages(named: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the service prefixes that have a page, sorted: those of the catalogue, and those that policies name."""
    found = {*map(fold_action, named), *catalogue.prefixes()}
    return tuple(sorted(prefix for prefix in found if _PREFIX.match(prefix)))


def documented_services(site_data: SiteData, services: Sequence[Service], several: str) -> list[DocumentationPage]:
    """Return the documentation pages there are: those configured first, then by service prefix.

    A configured service whose address is that of a service prefix has one page, by its own rules.

    Args:
        site_data: what there is.
        services: those configured.
        several: what policies of several services are called together.
    """
    found = []
    for service in services:
        histories = tuple(history for history in site_data.histories if service_has_policy(service, history.facts.name))
        if histories:
            prefix = service.slug if service.slug in site_data.services else ""
            found.append(DocumentationPage(service, histories, is_configured=True, prefix=prefix))
    configured = {service.slug for service in services}
    for prefix, policies in sorted(site_data.policies_by_prefix.items()):
        if prefix not in configured:
            name = several if prefix == SEVERAL else site_data.catalogue.service_name(prefix) or prefix
            found.append(
                DocumentationPage(
                    Service(name, prefix, ()),
                    tuple(policies),
                    is_configured=False,
                    prefix="" if prefix == SEVERAL else prefix,
                )
            )
    return found


def loaded_version(
    load: Callable[[PolicyHistory], PolicyHistory], history: PolicyHistory, version: PolicyVersion | None
) -> PolicyVersion | None:
    """Return a version of a history with its document, without those of its other versions; None for None."""
    if version is None:
        return None
    return load(replace(history, versions=(version,))).version(version.version_id)


def policy_key_of(entry: Entry) -> tuple[str, str]:
    """Return the owner and the folder of an entry's policy."""
    return entry.owner, entry.folder
