"""Reviews in JSON: `policy-tracker/review/1`."""

import json
from importlib.resources import files
from typing import Any

from msgspec import to_builtins

from tracker.access import NetEffect, Verdict
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.contract import change_to_json, finding_to_json
from tracker.policy.symbols import printable
from tracker.review.model import PolicyReview, Review
from tracker.risk import Finding
from tracker.text.words import printable as visible

__all__ = ["REVIEW_SCHEMA", "pair_to_json_line", "review_schema", "review_to_json"]

REVIEW_SCHEMA = "policy-tracker/review/1"


def review_schema() -> dict[str, Any]:
    """Return the JSON Schema of a review."""
    return dict(json.loads(files("tracker").joinpath("schema/review-1.json").read_text(encoding="utf-8")))


def review_to_json(review: Review, catalogue: Catalogue) -> str:
    """Return a review in JSON. A value that is not known stands in it as its name: `⟨Bucket.Arn⟩`."""
    value = {
        "schema": REVIEW_SCHEMA,
        "level": review.level,
        "actions_known_as_of": catalogue.dated.isoformat(),
        "policies": [_policy(one) for one in review.policies],
        "identical": review.identical,
        "skipped": [],
        "excluded": review.excluded,
        "passed_over": dict(review.counted or {}),
    }
    return f"{json.dumps(_printable(value), ensure_ascii=False, indent=2)}\n"


def pair_to_json_line(name: Any, number: int, review: Review) -> bytes:
    """Return the review of one pair as a line of JSON Lines, with the members that a policy has in a review.

    Args:
        name: the `id` of the pair as it was given; None for none.
        number: the line of the pair, from 1.
        review: of this pair alone; without a policy where both sides are the same document.
    """
    members = _policy(review.policies[0]) if review.policies else {"state": "identical", "verdict": Verdict.SAME}
    value = {"id": name, **members, "line": number}
    return f"{json.dumps(_printable(value), ensure_ascii=False)}\n".encode()


def _printable(value: Any) -> Any:
    """Return a value whose texts can be written in UTF-8 and hold names instead of symbols."""
    if isinstance(value, str):
        return printable(value).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(member) for member in value]
    return value


def _policy(one: PolicyReview) -> dict[str, Any]:
    return {
        "policy": one.name,
        "path": visible(one.path),
        "line": one.location.line,
        "state": one.state,
        "moved_from": one.moved_from or None,
        "verdict": one.verdict,
        "level": one.level,
        "fingerprint": one.fingerprint,
        "is_approved": one.is_approved,
        "fault": one.fault or None,
        "unknown": [{"kind": item.kind, "reason": item.reason, "where": item.pointer} for item in one.unknowns],
        "gained": _witness(one.effect, "gained"),
        "lost": _witness(one.effect, "lost"),
        "guardrail": _guardrail(one.guardrail),
        "rests_on_known_actions": one.effect.rests_on_universe,
        "newly_possible": [
            {"action": possible.action, "gain": possible.gain, "by": gain.change.action}
            for gain in one.access_gains
            for possible in gain.possible
        ],
        **({} if one.effective is None else {"effective": to_builtins(one.effective)}),
        "findings": [_finding(finding, one) for finding in one.findings],
        "approved": [_finding(finding, one) for finding in one.approved],
        "changes": [change_to_json(change) for change in one.changes],
        "notes": list(one.notes),
    }


def _finding(finding: Finding, one: PolicyReview) -> dict[str, Any]:
    return {**finding_to_json(finding), "reason": finding.reason or None, "line": one.lines.get(finding.fingerprint)}


def _guardrail(effect: NetEffect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    return {"verdict": effect.verdict, "gained": _witness(effect, "gained"), "lost": _witness(effect, "lost")}


def _witness(effect: NetEffect, name: str) -> dict[str, Any] | None:
    witness = getattr(effect, name)
    if witness is None:
        return None
    tests = [{"operator": test.operator, "key": test.key, "values": test.values} for test in witness.conditions]
    return {
        "action": witness.action,
        "resource": witness.resource,
        "principal": witness.principal,
        "conditions": tests,
    }
