"""Reviews in SARIF 2.1.0, as code scanning takes them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Mapping
from typing import Any

from tracker import __version__
from tracker.formats.review_findings import PlacedFinding, findings_of, uri_of
from tracker.review.model import Review
from tracker.risk.rules import LINKS, RULES, Level
from tracker.text.words import Words, printable

__all__ = ["review_to_sarif"]

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS = {Level.INFO: "note", Level.NOTICE: "note", Level.WARNING: "warning", Level.CRITICAL: "error"}
_SEVERITIES = {Level.INFO: "1.0", Level.NOTICE: "3.9", Level.WARNING: "6.9", Level.CRITICAL: "9.0"}
"""GitHub's code scanning names a result by these: https://docs.github.com/code-security/reference/code-scanning."""
_FINGERPRINT = "policyTracker/v1"


def review_to_sarif(review: Review, words: Words, levels: Mapping[str, Level | None]) -> str:
    """Return a review in SARIF 2.1.0: a result for each finding, approved ones as suppressed."""
    indexes = {rule.id: index for index, rule in enumerate(RULES)}
    driver = {
        "name": "Policy Tracker",
        "semanticVersion": __version__,
        "rules": [_rule(rule.id, levels.get(rule.id, rule.level), words) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(review, words)}],
        "results": [_result(placed, indexes) for placed in findings_of(review, words)],
    }
    value = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n"


def _notifications(review: Review, words: Words) -> list[dict[str, Any]]:
    if not review.excluded:
        return []
    return [{"level": "note", "message": {"text": words("report.excluded", count=review.excluded)}}]


def _rule(rule: str, level: Level | None, words: Words) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": words(f"rule.{rule}")},
        "fullDescription": {"text": words(f"rule.{rule}.about")},
        "defaultConfiguration": {"level": _SARIF_LEVELS[level]} if level else {"enabled": False},
    }
    if rule in LINKS:
        descriptor["helpUri"] = LINKS[rule]
    if level:
        descriptor["properties"] = {"tags": ["security"], "security-severity": _SEVERITIES[level]}
    return descriptor


def _result(placed: PlacedFinding, indexes: Mapping[str, int]) -> dict[str, Any]:
    finding, name = placed.finding, printable(placed.policy.name)
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": indexes[finding.rule],
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": placed.text},
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {"policy": name, "action": printable(finding.action), "gain": finding.gain},
    }
    if finding.link:
        result["properties"]["link"] = finding.link
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}
    if placed.policy.path:
        artifact = {"uri": uri_of(placed.policy.path), "uriBaseId": "%SRCROOT%"}
        location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": placed.line}}
    result["locations"] = [location]
    if placed.is_approved:
        result["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return result
