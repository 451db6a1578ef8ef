"""The overlap of an own policy with AWS's, as text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from tracker.access import Answer
from tracker.account.overlap import GrantOverlap, NamedPolicy, Since
from tracker.base.dates import format_time
from tracker.changelog.contract import scope_to_json
from tracker.text.row_builder import RowBuilder
from tracker.text.words import plain, printable

__all__ = ["OVERLAP_SCHEMA", "overlap_to_json", "overlap_to_text"]

OVERLAP_SCHEMA = "policy-tracker/overlap/1"
_INDENT = "    "


def overlap_to_text(
    found: Sequence[GrantOverlap],
    lost: Sequence[GrantOverlap],
    named: Sequence[NamedPolicy],
    row_builder: RowBuilder,
    zone: tzinfo,
) -> str:
    """Return a line for each grant of the own policy, after a line that sums them up; what was lost comes first."""
    return "".join(f"{line}\n" for line in _Lines(row_builder, zone).all(found, lost, named))


class _Lines:
    def __init__(self, row_builder: RowBuilder, zone: tzinfo) -> None:
        self.row_builder, self.words, self.zone = row_builder, row_builder.words, zone

    def all(
        self, found: Sequence[GrantOverlap], lost: Sequence[GrantOverlap], named: Sequence[NamedPolicy]
    ) -> Iterator[str]:
        names = self.words.all_of([f"{one.name} {one.timeline[-1].version_id or ''}".rstrip() for one in named])
        given = sum(grant.given is Answer.YES for grant in found)
        yield self.words("overlap.summary", count=len(found), given=given, names=names)
        if lost:
            yield self.words("overlap.lost", count=len(lost))
            yield from (f"{_INDENT}{printable(grant.action)}{self.scope(grant)}" for grant in lost)
        for grant in found:
            yield from self.grant(grant, "")

    def grant(self, grant: GrantOverlap, indent: str) -> Iterator[str]:
        parts = [one for one in grant.actions if one.given is Answer.YES]
        answer = "part" if parts else grant.given
        what = f"{printable(grant.action)}{self.scope(grant)}{self.why(grant)}"
        yield f"{indent}{self.words(f'overlap.{answer}')}  {what}"
        for part in grant.actions:
            yield f"{indent}{_INDENT}{self.words(f'overlap.{part.given}')}  {printable(part.action)}{self.why(part)}"

    def scope(self, grant: GrantOverlap) -> str:
        phrase = plain(self.row_builder.scope(grant.scope, "count"))
        return f" {phrase}" if phrase else ""

    def why(self, grant: GrantOverlap) -> str:
        if grant.given is Answer.YES and grant.since:
            by = self.words.all_of(list(grant.by)) if grant.by else self.words("overlap.together")
            later = self.words("overlap.known-actions") if grant.rests_on_known_actions else ""
            return f": {self.words('overlap.by', names=by, moment=self.moment(grant.since))}{later}"
        witness = grant.effect.gained if grant.effect else None
        if grant.given is Answer.NO and witness and not grant.actions and (witness.resource or "*") != "*":
            resource = printable(witness.resource or "*")
            return f": {self.words('overlap.witness', action=printable(witness.action), resource=resource)}"
        if grant.given is Answer.UNKNOWN:
            reasons = grant.effect.gain_reasons if grant.effect else ()
            kinds = sorted({str(reason.kind) for reason in reasons}) or [self.words("overlap.no-document")]
            return f": {', '.join(kinds)}"
        return ""

    def moment(self, since: Since) -> str:
        day = since.at.astimezone(self.zone).date().isoformat()
        return self.words("overlap.latest" if since.is_latest else "overlap.since", version=since.version, date=day)


def overlap_to_json(
    found: Sequence[GrantOverlap],
    lost: Sequence[GrantOverlap],
    named: Sequence[NamedPolicy],
    _row_builder: RowBuilder,
    _zone: tzinfo,
) -> str:
    """Return the same as JSON, `policy-tracker/overlap/1`; it has no words of any language."""
    value = {
        "schema": OVERLAP_SCHEMA,
        "by": [{"policy": one.name, "version": one.timeline[-1].version_id} for one in named],
        "grants": [_grant_to_json(grant) for grant in found],
        "lost": [{"action": grant.action, "scope": scope_to_json(grant.scope)} for grant in lost],
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _grant_to_json(grant: GrantOverlap) -> dict[str, Any]:
    witness = grant.effect.gained if grant.effect else None
    reasons = grant.effect.gain_reasons if grant.effect else ()
    return {
        "statement": grant.statement,
        "action": grant.action,
        "scope": scope_to_json(grant.scope),
        "given": grant.given,
        "by": list(grant.by),
        "since": _since_to_json(grant.since) if grant.since else None,
        "rests_on_known_actions": grant.rests_on_known_actions,
        "witness": {"action": witness.action, "resource": witness.resource} if witness else None,
        "undecided": sorted({str(reason.kind) for reason in reasons}),
        "actions": [_grant_to_json(each) for each in grant.actions],
    }


def _since_to_json(since: Since) -> dict[str, Any]:
    return {"at": format_time(since.at), "version": since.version, "at_the_latest": since.is_latest}
