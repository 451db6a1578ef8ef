"""What AWS gave the principals of an account, and changed for them, as text and as JSON."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from tracker.access import NetEffect, Witness
from tracker.account.history import AttachedPolicy, PrincipalHistory
from tracker.account.timeline import InForce
from tracker.base.dates import format_time
from tracker.formats.entry_lines import entry_line, entry_title
from tracker.text.row_builder import RowBuilder
from tracker.text.words import printable

__all__ = ["ACCOUNT_HISTORY_SCHEMA", "AccountReport", "account_history_to_json", "account_history_to_text"]

ACCOUNT_HISTORY_SCHEMA = "policy-tracker/account-history/1"


class AccountReport(Struct, frozen=True):
    """What is said of an account."""

    principals: tuple[PrincipalHistory, ...]
    """By ARN."""
    unknown: tuple[str, ...]
    """What of the dump could not be read."""
    since: date | None
    """The first day; None for what is given alone."""
    at: date | None
    """The last day; None for the newest."""


def account_history_to_text(report: AccountReport, row_builder: RowBuilder) -> str:
    """Return a paragraph for each principal: what AWS changed for it, policy by policy."""
    return "".join(f"{line}\n" for line in _Lines(report, row_builder).all())


class _Lines:
    def __init__(self, report: AccountReport, row_builder: RowBuilder) -> None:
        self.report, self.row_builder, self.words = report, row_builder, row_builder.words

    def all(self) -> Iterator[str]:
        shown = self.report.principals
        if self.report.since:
            shown = tuple(one for one in shown if _needs_a_look(one))
        for one in shown:
            yield printable(one.attachments.principal) or self.words("account.no-principal")
            yield from (f"  {line}" for line in self.principal(one))
            yield ""
        if self.report.since:
            whole = len(self.report.principals)
            yield self.words("account.summary", count=len(shown), whole=whole, since=self.report.since.isoformat())
        yield from (self.words("account.unread", what=printable(what)) for what in self.report.unknown)
        yield self.words("account.limits")

    def principal(self, one: PrincipalHistory) -> Iterator[str]:
        if self.report.since:
            yield self.effect(one)
        for policy in one.policies:
            yield from self.policy(policy)
        for name in one.missing:
            yield self.words("account.missing", policy=printable(name))
        for reason in one.attachments.unknown:
            yield self.words("account.unknown", reason=printable(reason))
        if one.attachments.others:
            yield self.words("account.others", count=one.attachments.others)
        if one.attachments.boundaries:
            yield self.words("account.boundary", policies=printable(", ".join(one.attachments.boundaries)))

    def effect(self, one: PrincipalHistory) -> str:
        if one.effect is None or one.attachments.unknown:
            return self.words("account.undecided")
        examples = "".join(
            " " + self.words(name, action=printable(witness.action), resource=printable(witness.resource or "*"))
            for name, witness in (("account.gained", one.effect.gained), ("account.lost", one.effect.lost))
            if witness
        )
        return self.words(f"verdict.{one.effect.verdict}.about") + examples

    def policy(self, policy: AttachedPolicy) -> Iterator[str]:
        before, after = (_version(state) or self.words("account.absent") for state in (policy.before, policy.after))
        versions = after if before == after or not self.report.since else f"{before} → {after}"
        yield f"{printable(policy.name)}  {versions}"
        for entry in policy.entries:
            yield f"    {entry_line(entry, self.row_builder)}"


def _needs_a_look(one: PrincipalHistory) -> bool:
    """Return whether AWS changed anything for a principal, or that is not known."""
    return bool(any(policy.entries for policy in one.policies) or one.missing or one.attachments.unknown)


def _version(state: InForce | None) -> str | None:
    return state.version_id if state else None


def account_history_to_json(report: AccountReport, row_builder: RowBuilder) -> str:
    """Return the same as JSON, `policy-tracker/account-history/1`, of all principals."""
    value = {
        "schema": ACCOUNT_HISTORY_SCHEMA,
        "since": report.since.isoformat() if report.since else None,
        "at": report.at.isoformat() if report.at else None,
        "principals": [_principal(one, row_builder) for one in report.principals],
        "unread": list(report.unknown),
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _principal(one: PrincipalHistory, row_builder: RowBuilder) -> dict[str, Any]:
    return {
        "principal": one.attachments.principal,
        "effect": _effect(one.effect),
        "policies": [_policy(policy, row_builder) for policy in one.policies],
        "missing": list(one.missing),
        "unknown": list(one.attachments.unknown),
        "other_policies": one.attachments.others,
        "boundaries": list(one.attachments.boundaries),
    }


def _effect(effect: NetEffect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    return {"verdict": effect.verdict, "gained": _witness(effect.gained), "lost": _witness(effect.lost)}


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    return {"action": witness.action, "resource": witness.resource} if witness else None


def _policy(policy: AttachedPolicy, row_builder: RowBuilder) -> dict[str, Any]:
    return {
        "policy": policy.name,
        "before": _version(policy.before),
        "after": _version(policy.after),
        "entries": [
            {
                "id": entry.id,
                "event": entry.event,
                "version": entry.version,
                "at": format_time(entry.at),
                "title": entry_title(entry, row_builder),
            }
            for entry in policy.entries
        ],
    }
