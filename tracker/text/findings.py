"""Findings in words: one in a sentence, or those of a change in one line. Each names its action and its cause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tracker.access import Gain
from tracker.policy.patterns import has_wildcard
from tracker.text.words import Words, code

if TYPE_CHECKING:
    from tracker.risk import Finding, Limit
    from tracker.risk.rules import Level

__all__ = ["finding_cause", "finding_sentence", "findings_line"]

MAX_NAMES = 3
"""Actions and paths of a rule that a line names before it counts the rest."""
MAX_VALUES = 2
"""Values of a limit that are named before the rest is counted."""


def finding_sentence(finding: "Finding", words: Words) -> str:
    """Return a finding in a sentence: rule, action, which known actions of it, what limits it, and how sure that is."""
    rule = words(f"rule.{finding.rule}")
    if finding.rule == "policy-in-source":
        return words("finding.in-source", rule=rule)
    if not finding.action:
        return words("finding.reason", rule=rule, reason=code(finding.reason)) if finding.reason else rule
    text = words("finding", rule=rule, action=code(finding.action))
    others = [code(action) for action in finding.actions if action.lower() != finding.action.lower()]
    if others:
        text = words("finding.actions", finding=text, actions=words.few(others))
    if finding.paths:
        paths = words.few([code(path) for path in finding.paths])
        text = words("finding.paths", count=len(finding.paths), finding=text, paths=paths)
    if finding.limits:
        text = words("finding.limited", finding=text, limits=_limits(finding.limits, words))
    return words("finding.unclear", finding=text) if finding.gain is Gain.UNCLEAR else text


def finding_cause(finding: "Finding", words: Words) -> str:
    """Return what a finding is about, for a list of findings of one rule: its action, or its reason."""
    if not finding.action:
        return code(finding.reason)
    text = words.few(list(_names(finding, words)), MAX_NAMES)
    if finding.limits:
        text = words("finding.limited", finding=text, limits=_limits(finding.limits, words))
    return words("finding.unclear", finding=text) if finding.gain is Gain.UNCLEAR else text


def findings_line(findings: Iterable["Finding"], words: Words) -> str:
    """Return the findings of a change in one line, the gravest first: for each level its rules, each with its actions.

    Empty where there is none.
    """
    by_level: dict[Level, dict[str, list[Finding]]] = {}
    for finding in findings:
        by_level.setdefault(finding.level, {}).setdefault(finding.rule, []).append(finding)
    said: set[str] = set()
    return " ".join(
        words(
            "row.level",
            level=words(f"risk.{level}"),
            rules=words("row.rules.between").join(_rule(rule, found, words, said) for rule, found in rules.items()),
        )
        for level, rules in by_level.items()
    )


def _rule(rule: str, found: Sequence["Finding"], words: Words, said: set[str]) -> str:
    """Return a rule with the actions that its findings are about; limits that are `said` already are not repeated."""
    names = list(dict.fromkeys(name for finding in found for name in _names(finding, words)))
    text = words(f"rule.{rule}")
    if names:
        are_lists = any(finding.paths or has_wildcard(finding.action) for finding in found)
        text = words("row.rule", rule=text, actions=words.few(names, MAX_NAMES, are_lists=are_lists))
    limits = _limits(dict.fromkeys(limit for finding in found for limit in finding.limits), words)
    if not limits:
        return text
    name = "finding.limited.likewise" if limits in said else "finding.limited"
    said.add(limits)
    return words(name, finding=text, limits=limits)


def _names(finding: "Finding", words: Words) -> Iterator[str]:
    """Yield the actions of a finding; those that a wildcard grants with the wildcard, those of a path with its name.

    Of all actions a few would say less than `*` alone.
    """
    if not finding.action:
        return
    if finding.paths:
        paths = words.few([code(path) for path in finding.paths], MAX_NAMES)
        yield words("row.action.path", action=code(finding.action), paths=paths)
        return
    if finding.rule == "all-actions-on-all-resources" or not (has_wildcard(finding.action) and finding.actions):
        yield code(finding.action)
        return
    actions = words.few([code(action) for action in finding.actions], MAX_NAMES)
    yield words("row.action.by", actions=actions, pattern=code(finding.action))


def _limits(limits: Iterable["Limit"], words: Words) -> str:
    """Return limits by action, then by statement: those of one hold together, and one statement is enough."""
    by_action: dict[str, dict[int, list[str]]] = {}
    for limit in limits:
        values = words.few([code(value) for value in limit.values], MAX_VALUES, are_alternatives=True)
        text = words("limit.key" if limit.key else "limit.resource", key=code(limit.key), values=values)
        by_action.setdefault(limit.action, {}).setdefault(limit.statement, []).append(text)
    texts = [words("limit.action", action=code(action), cases=_cases(by_action[action], words)) for action in by_action]
    return words.few(texts, MAX_NAMES, are_lists=True)


def _cases(by_statement: Mapping[int, Sequence[str]], words: Words) -> str:
    together = words("limit.together")
    cases = list(dict.fromkeys(words("limit.case", limits=together.join(texts)) for texts in by_statement.values()))
    if len(cases) > MAX_NAMES:
        cases[MAX_NAMES - 1 :] = [words("cell.more", count=len(cases) - MAX_NAMES + 1)]
    return words("limit.case.between").join(cases)
