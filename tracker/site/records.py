"""What is read of one policy, in no language and without its documents: all that the pages of others need of it.

A record is made once of each state of a policy, and kept from build to build. The policy's own pages read its
documents again.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, json, msgpack
from msgspec.structs import replace

from tracker.changelog.assessments import named_actions
from tracker.changelog.entries import TrackingStart, entries_of, newest_first
from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.errors import DocumentError
from tracker.formats.service_page import grants_in_force
from tracker.policy.history import PolicyHistory, Skipped
from tracker.site.grants import Expansions, policy_grants
from tracker.site.memo import digest_of
from tracker.site.policy_services import service_weights

__all__ = ["EntrySource", "PolicyRecord", "record_of", "record_of_entries"]


class EntrySource(Struct, frozen=True, array_like=True, gc=False):
    """What an entry was made of, to know whether its assessment still holds."""

    before: str
    """Digest of the document before; empty for none."""
    after: str
    """Digest of the document after; empty for none."""
    named: tuple[str, ...]
    """Actions and services, folded, that the document after is the first of its policy's entries to name."""


class PolicyRecord(Struct, frozen=True):
    """What the site shows of one policy."""

    key: str
    """Names all that the record was made from."""
    history: PolicyHistory
    """The policy; its versions without their documents."""
    entries: tuple[Entry, ...]
    """What happened, newest first."""
    sources: tuple[EntrySource, ...]
    """What each entry was made of."""
    skipped: tuple[Skipped, ...]
    """What of it could not be read."""
    granted: tuple[Change, ...] | None
    """All that it grants now; see `grants_in_force`."""
    allowed: tuple[int | None, ...]
    """How many actions each version allows; None for one that can't be read."""
    weights: Mapping[str, int]
    """How many actions it is about, by service."""
    grant_digests: Mapping[str, str]
    """What names all that it grants of each service now, and since when; by prefix, see `policy_grants`."""

    @property
    def policy(self) -> tuple[str, str]:
        """The owner, and what pages call the policy."""
        return self.history.owner, self.history.label


def record_of(
    key: str, found: Iterable[PolicyHistory | Skipped], start: TrackingStart, expansions: Expansions
) -> PolicyRecord | None:
    """Return the record of a policy; None where nothing of it could be read.

    Args:
        key: names all that it is made from.
        found: its history, and what of it could not be read.
        start: returns since when it has been watched.
        expansions: what wildcards stand for.
    """
    skipped: list[Skipped] = []
    history: PolicyHistory | None = None
    for item in found:
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            history = item
    if history is None:
        return None
    entries: list[Entry] = []
    for outcome in entries_of(history, *start(history)):
        (skipped if isinstance(outcome, Skipped) else entries).append(outcome)  # type: ignore[arg-type]
    return record_of_entries(key, history, newest_first(entries), skipped, expansions)


def record_of_entries(
    key: str,
    history: PolicyHistory,
    entries: Sequence[Entry],
    skipped: Iterable[Skipped],
    expansions: Expansions,
) -> PolicyRecord:
    """Return the record of a history whose entries are known, newest first; arguments as those of `record_of`."""
    granted = grants_in_force(history)
    grants = policy_grants(history, granted, reversed(entries)) if granted else {}
    return PolicyRecord(
        key,
        replace(history, versions=tuple(replace(version, document={}) for version in history.versions)),
        tuple(entries),
        _sources(history, entries),
        tuple(skipped),
        granted,
        tuple(expansions.counts(history.versions)),
        service_weights(history.last_version, expansions),
        {prefix: digest_of(msgpack.encode(found)) for prefix, found in grants.items()},
    )


def _sources(history: PolicyHistory, entries: Sequence[Entry]) -> tuple[EntrySource, ...]:
    digests = {version.version_id: digest_of(json.encode(version.document)) for version in history.versions}
    seen: set[str] = set()
    sources = []
    for entry in reversed(entries):
        named = _named(history, entry.version) - seen
        seen |= named
        before, after = (digests.get(version or "", "") for version in (entry.previous_version, entry.version))
        sources.append(EntrySource(before, after, tuple(sorted(named))))
    return tuple(reversed(sources))


def _named(history: PolicyHistory, version_id: str | None) -> set[str]:
    version = history.version(version_id) if version_id else None
    try:
        return named_actions(version.parsed) if version else set()
    except DocumentError:
        return set()
