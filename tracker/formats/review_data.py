"""Reviews for machines: JSON (`policy-tracker/review/1`), SARIF 2.1.0, and the annotations of a GitHub workflow.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Annotations:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from tracker import __version__
from tracker.access import NetEffect
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.contract import change_to_json, finding_to_json
from tracker.formats.review_report import finding_sentence
from tracker.review.review import PolicyReview, Review
from tracker.risk import Finding
from tracker.risk.rules import LINKS, RULES, Level
from tracker.text.words import Words, plain, printable

__all__ = ["REVIEW_SCHEMA", "annotations", "review_schema", "review_to_json", "review_to_sarif"]

REVIEW_SCHEMA = "policy-tracker/review/1"
_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS = {Level.INFO: "note", Level.NOTICE: "note", Level.WARNING: "warning", Level.CRITICAL: "error"}
_SEVERITIES = {Level.INFO: "1.0", Level.NOTICE: "3.9", Level.WARNING: "6.9", Level.CRITICAL: "9.0"}
"""GitHub's code scanning names a result by these: https://docs.github.com/code-security/reference/code-scanning."""
_COMMANDS = {Level.INFO: "notice", Level.NOTICE: "notice", Level.WARNING: "warning", Level.CRITICAL: "error"}
_FINGERPRINT = "policyTracker/v1"


def review_schema() -> dict[str, Any]:
    """Return the JSON Schema of a review."""
    return dict(json.loads(files("tracker").joinpath("schema/review-1.json").read_text(encoding="utf-8")))


def review_to_json(review: Review, catalogue: Catalogue) -> str:
    """Return a review in JSON."""
    value = {
        "schema": REVIEW_SCHEMA,
        "level": review.level,
        "actions_known_as_of": catalogue.dated.isoformat(),
        "policies": [_policy(one) for one in review.policies],
        "identical": review.identical,
        "skipped": [{"where": item.where, "reason": item.reason} for item in review.skipped],
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _policy(one: PolicyReview) -> dict[str, Any]:
    return {
        "policy": one.name,
        "path": one.path,
        "state": one.state,
        "verdict": one.verdict,
        "level": one.level,
        "fault": one.fault or None,
        "gained": _witness(one.effect, "gained"),
        "lost": _witness(one.effect, "lost"),
        "rests_on_known_actions": bool(one.effect and one.effect.rests_on_universe),
        "newly_possible": [
            {"action": possible.action, "gain": possible.gain, "by": opening.change.action}
            for opening in one.access_gains
            for possible in opening.possible
        ],
        "findings": [finding_to_json(finding) for finding in one.findings],
        "approved": [finding_to_json(finding) for finding in one.approved],
        "changes": [change_to_json(change) for change in one.changes],
    }


def _witness(effect: NetEffect | None, name: str) -> dict[str, Any] | None:
    witness = getattr(effect, name) if effect else None
    if witness is None:
        return None
    tests = [{"operator": test.operator, "key": test.key, "values": test.values} for test in witness.conditions]
    return {
        "action": witness.action,
        "resource": witness.resource,
        "principal": witness.principal,
        "conditions": tests,
    }


def review_to_sarif(review: Review, words: Words, levels: Mapping[str, Level | None]) -> str:
    """Return a review in SARIF 2.1.0: a result for each finding, approved ones as suppressed."""
    places = {rule.id: index for index, rule in enumerate(RULES)}
    results = [
        _result(finding, one, places, words, approved=approved)
        for one in review.policies
        for approved, found in ((False, one.findings), (True, one.approved))
        for finding in found
    ]
    driver = {
        "name": "Policy Tracker",
        "semanticVersion": __version__,
        "rules": [_rule(rule.id, levels.get(rule.id, rule.level), words) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": f"not read: {item.where}: {item.reason}"}}
                    for item in review.skipped
                ],
            }
        ],
        "results": results,
    }
    value = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _rule(rule: str, level: Level | None, words: Words) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": words(f"rule.{rule}")},
        "fullDescription": {"text": words(f"rule.{rule}.about")},
        "defaultConfiguration": {"level": _SARIF_LEVELS[level]} if level else {"enabled": False},
    }
    if rule in LINKS:
        told["helpUri"] = LINKS[rule]
    if level:
        told["properties"] = {"tags": ["security"], "security-severity": _SEVERITIES[level]}
    return told


def _result(
    finding: Finding, one: PolicyReview, places: Mapping[str, int], words: Words, *, approved: bool
) -> dict[str, Any]:
    text = f"{printable(one.name)}: {plain(finding_sentence(finding, words))}"
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": text},
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {"policy": one.name, "action": finding.action, "gain": finding.gain},
    }
    if finding.link:
        told["properties"]["link"] = finding.link
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": one.name, "kind": "resource"}]}
    if one.path:
        artifact = {"uri": quote(one.path.removeprefix("./")), "uriBaseId": "%SRCROOT%"}
        line = one.lines.get(finding.action, 1)
        location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": line}}
    told["locations"] = [location]
    if approved:
        told["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return told


def annotations(review: Review, words: Words) -> Iterator[str]:
    """Yield the lines that make a GitHub workflow mark findings at the files, the gravest first."""
    told = [(finding, one) for one in review.policies for finding in one.findings]
    for finding, one in sorted(told, key=lambda pair: -pair[0].level.rank):
        properties = {"title": words(f"rule.{finding.rule}")}
        if one.path:
            properties |= {"file": one.path, "line": str(one.lines.get(finding.action, 1))}
        listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        text = f"{printable(one.name)}: {plain(finding_sentence(finding, words))}"
        yield f"::{_COMMANDS[finding.level]} {listed}::{_data(text)}"
    yield from _unread(review)


def _unread(review: Review) -> Iterable[str]:
    for item in review.skipped:
        yield f"::notice title=not read::{_data(f'{item.where}: {item.reason}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
