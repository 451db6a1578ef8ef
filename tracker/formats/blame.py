"""Since when policies allow an action, as text and as JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from tracker.base.dates import format_time
from tracker.changelog.blame import Blame, Grant, Moment
from tracker.changelog.contract import scope_to_json
from tracker.policy.history import Skipped
from tracker.policy.model import Scope
from tracker.text.row_builder import RowBuilder
from tracker.text.words import plain, printable

__all__ = ["blame_to_json", "blame_to_text"]

BLAME_SCHEMA = "policy-tracker/blame/1"


def blame_to_text(
    pattern: str, found: Sequence[Blame], skipped: Sequence[Skipped], row_builder: RowBuilder, zone: tzinfo
) -> str:
    """Return a few lines for each policy (what allows it, since when, on what, until when), and what was not read."""
    lines = _Lines(row_builder, zone)
    return "".join(lines.policy(item) for item in found) + lines.end(pattern, found) + lines.not_read(skipped)


class _Lines:
    """Lines of text about grants, in one language."""

    def __init__(self, row_builder: RowBuilder, zone: tzinfo) -> None:
        self.row_builder = row_builder
        self.words = row_builder.words
        self.zone = zone

    def policy(self, item: Blame) -> str:
        lines = [printable(item.label)]
        for grant in item.grants:
            lines += [f"  {line}" for line in self.grant(grant)]
        if item.denied_by:
            lines.append("  " + self.words("blame.denied", patterns=printable(", ".join(item.denied_by))))
        return "\n".join(lines) + "\n\n"

    def grant(self, grant: Grant) -> Iterable[str]:
        name = f"NotAction {grant.action}" if grant.inverted else grant.action
        (since, scopes), *later = grant.scopes
        yield f"{printable(name)}  {self.words('blame.since', moment=self.moment(since))}{self.on(scopes)}"
        for moment, changed in later:
            yield "  " + self.words("blame.scope", moment=self.moment(moment)) + self.on(changed)
        if grant.until is not None:
            yield "  " + self.words("blame.until", moment=self.moment(grant.until))

    def on(self, scopes: Sequence[Scope]) -> str:
        phrase = self.words.all_of([self.row_builder.scope(scope, "count") for scope in scopes])
        return f": {plain(phrase)}" if phrase else ""

    def moment(self, moment: Moment) -> str:
        day = moment.at.astimezone(self.zone).date().isoformat()
        version = moment.version or self.words("blame.removed")
        if not moment.is_latest:
            return self.words("blame.moment", version=version, date=day)
        if moment.previous_version and moment.not_observed:
            return self.words(
                "blame.moment.unseen",
                count=moment.not_observed,
                version=version,
                date=day,
                before=moment.previous_version,
            )
        if moment.after:
            earliest = moment.after.astimezone(self.zone).date().isoformat()
            return self.words("blame.moment.between", version=version, earliest=earliest, latest=day)
        return self.words("blame.moment.latest", version=version, date=day)

    def end(self, pattern: str, found: Sequence[Blame]) -> str:
        now = sum(any(grant.until is None for grant in item.grants) for item in found)
        return self.words("blame.summary", count=now, past=len(found) - now, pattern=printable(pattern)) + "\n"

    def not_read(self, skipped: Sequence[Skipped]) -> str:
        lines = [f"  {printable(item.where)}: {printable(item.reason)}\n" for item in skipped]
        return "".join(("\n", self.words("changelog.skipped", count=len(lines)), "\n", *lines)) if lines else ""


def blame_to_json(
    pattern: str, found: Sequence[Blame], skipped: Sequence[Skipped], _row_builder: RowBuilder, _zone: tzinfo
) -> str:
    """Return the same as JSON, `policy-tracker/blame/1`; it has no words of any language."""
    policies = [
        {
            "owner": item.owner,
            "policy": item.policy,
            "label": item.label,
            "allowed": [_grant_to_json(grant) for grant in item.grants],
            "denied_by": list(item.denied_by),
        }
        for item in found
    ]
    left_out = [{"where": item.where, "reason": item.reason} for item in skipped]
    value = {"schema": BLAME_SCHEMA, "pattern": pattern, "policies": policies, "skipped": left_out}
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _grant_to_json(grant: Grant) -> dict[str, Any]:
    return {
        "action": grant.action,
        "inverted": grant.inverted,
        "since": _moment_to_json(grant.since),
        "until": _moment_to_json(grant.until) if grant.until else None,
        "scopes": [
            {"since": _moment_to_json(moment), "scopes": [scope_to_json(scope) for scope in scopes]}
            for moment, scopes in grant.scopes
        ],
    }


def _moment_to_json(moment: Moment) -> dict[str, Any]:
    return {
        "entry": moment.entry,
        "version": moment.version,
        "at": format_time(moment.at),
        "previous_version": moment.previous_version,
        "not_observed": moment.not_observed,
        "at_the_latest": moment.is_latest,
    }
