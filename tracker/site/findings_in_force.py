"""What deserves a look in what each policy allows now, however long it has allowed it.

The changes of a policy are assessed as changes. What its first known version allowed came with no change that the
archive saw: `AdministratorAccess` has had one version since 2015. So the version in force is assessed as if all that
it grants were new. Of a policy that never changed that is known: it is how its first version was assessed. What is
found is kept from build to build.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from msgspec import msgpack

from tracker.access import Comparison
from tracker.base.parallel import alternating, shared_out
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Event
from tracker.errors import DocumentError
from tracker.policy.history import PolicyHistory
from tracker.policy.model import PolicyDocument
from tracker.risk import Assessment, Finding, facts_of, gains_and_findings, universe_of
from tracker.risk.rules import RULES, Level
from tracker.site.data import loaded_version
from tracker.site.memo import Memo, digest_of
from tracker.site.records import PolicyRecord

__all__ = ["findings_in_force"]

_FINDINGS = msgpack.Decoder(tuple[Finding, ...])
_NOTHING = PolicyDocument(())
_FIRST = frozenset(rule.id for rule in RULES if rule.needs_archive)


def findings_in_force(
    records: Sequence[PolicyRecord],
    assessments: Mapping[str, Assessment],
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
    load: Callable[[PolicyHistory], PolicyHistory],
    memo: Memo,
    base: str,
) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """Return the findings on each policy in force, by owner and folder, the gravest first.

    Args:
        records: all policies.
        assessments: of entries, by id.
        catalogue: what is known of actions.
        levels: rule id → level where it is not the rule's own; None for off.
        load: returns a policy with its documents.
        memo: what an earlier build found out.
        base: names the program and its data, the catalogue and the configuration.
    """
    in_force = [record for record in records if record.history.in_force]
    published = ((record.policy, _as_published(record, assessments)) for record in in_force)
    known = {policy: findings for policy, findings in published if findings is not None}
    keys = {
        record.policy: digest_of("standing", base, *record.policy, record.key)
        for record in in_force
        if record.policy not in known
    }
    by_policy = {record.policy: record for record in records}

    def answer(policies: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        return {
            keys[policy]: msgpack.encode(_findings(by_policy[policy], load, catalogue, levels)) for policy in policies
        }

    left = [policy for policy, key in sorted(keys.items()) if key not in memo]
    for found in shared_out(answer, alternating(left)) if left else ():
        memo.join(found)
    return known | {policy: memo.get(key, _FINDINGS.decode, tuple) for policy, key in keys.items()}


def _as_published(record: PolicyRecord, assessments: Mapping[str, Assessment]) -> tuple[Finding, ...] | None:
    """Return what was found when the policy came, where it has not changed since; None where it has, or is older.

    That something stands in the archive for the first time is said of the entry alone.
    """
    last = record.entries[0] if record.entries else None
    if last is None or last.event is not Event.POLICY_ADDED or last.id not in assessments:
        return None
    return tuple(finding for finding in assessments[last.id].findings if finding.rule not in _FIRST)


def _findings(
    record: PolicyRecord,
    load: Callable[[PolicyHistory], PolicyHistory],
    catalogue: Catalogue,
    levels: Mapping[str, Level | None],
) -> tuple[Finding, ...]:
    version, name = loaded_version(load, record.history, record.history.in_force), record.history.facts.name
    with suppress(DocumentError):  # what can't be read is listed on the page of the policy
        if version is not None:
            comparison = Comparison(_NOTHING, version.parsed, facts_of(catalogue))
            net = comparison.net_effect(universe_of(catalogue), in_full=False)
            changes = record.granted or ()
            _, found = gains_and_findings(name, version.parsed, changes, comparison, net, catalogue, levels=levels)
            return found
    return ()
