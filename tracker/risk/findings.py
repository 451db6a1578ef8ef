"""The findings on what a change makes possible, by the table of rules."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tracker.access import Answer, Gain, NetEffect, Possibility
from tracker.catalogue.actions import AccessLevel
from tracker.catalogue.catalogue import Catalogue
from tracker.diff.model import Change, ChangeKind
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect, PolicyDocument, Scope
from tracker.policy.patterns import has_wildcard
from tracker.policy.scopes import covers
from tracker.risk.access_gains import AccessGain
from tracker.risk.escalations import completed_escalations
from tracker.risk.knowledge import Knowledge
from tracker.risk.limits import Limit, limits_of
from tracker.risk.public_access import is_public, open_providers
from tracker.risk.rules import DEFAULT_LEVELS, LINKS, Level

if TYPE_CHECKING:
    from tracker.risk.escalations import CompletedEscalation

__all__ = ["Finding", "findings", "fingerprint_of", "highest_level", "source_finding", "unknown_finding"]

_NOTHING = PolicyDocument(())


class Finding(Struct, frozen=True, gc=False):
    """Something that a change made possible, or that could not be decided."""

    rule: str
    """Id of the rule."""
    level: Level
    """As the rule or the configuration has it."""
    policy: str
    """What the policy is called: its name, or its path."""
    action: str
    """The action pattern that causes it, as published; empty where a document could not be read."""
    actions: tuple[str, ...]
    """The known actions of that pattern that the rule is about, with those that complete a path; sorted."""
    scopes: tuple[Scope, ...]
    """Where it holds now; for a denial that went, where it was denied."""
    gain: Gain
    """New, more than before, or not decided."""
    link: str | None
    """Where more is said."""
    paths: tuple[str, ...]
    """Names of the escalation paths that became complete; sorted."""
    fingerprint: str
    """Made of rule, policy, action and scopes, never of sentences: approvals outlive a new wording."""
    reason: str = ""
    """Why something is not known, in one line; empty for a finding on what is."""
    limits: tuple[Limit, ...] = ()
    """What keeps it within bounds; its level is one lower then."""

    def order(self) -> tuple[int, str, str, str]:
        """Return what findings are sorted by: the gravest first, then by rule and action."""
        return -self.level.rank, self.rule, self.action.lower(), self.fingerprint


class _RuleMatch(NamedTuple):
    rule: str
    opening: AccessGain
    possible: tuple[Possibility, ...]
    link: str | None = None
    paths: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()


def findings(
    policy: str,
    after: PolicyDocument,
    opened: Sequence[AccessGain],
    effect: NetEffect,
    catalogue: Catalogue,
    knowledge: Knowledge,
    *,
    before: PolicyDocument = _NOTHING,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    seen: Collection[str] | None = None,
    content: str = "",
) -> tuple[Finding, ...]:
    """Return the findings on what a change makes possible, the gravest first, then by rule and action.

    Args:
        policy: what the policy is called.
        after: the document after the change.
        opened: what the change made possible.
        effect: its net effect.
        catalogue: access levels.
        knowledge: which actions matter.
        before: the document before the change; without it, a path whose limits went is not found.
        levels: rule id → level, None for a rule that is off; what is not named keeps its level.
        seen: actions and prefixes, folded, that the archive held before; None leaves the rules on firsts alone.
        content: hash of the documents, which an approval of what could not be decided holds.
    """
    found = [*_denials(opened)]
    if not effect.beside_others:
        found += _by_action(after, opened, catalogue, knowledge)
        found += _by_scope(opened, catalogue)
        found += _escalations(before, after, opened, knowledge)
    if seen is not None:
        found += _firsts(opened, seen)
    if effect.gains is Answer.UNKNOWN and not opened:
        nothing = Change(ChangeKind.SCOPE_CHANGED, Effect.ALLOW, "", False, (), ())
        found.append(_RuleMatch("undecided", AccessGain(nothing, ()), (Possibility("", Gain.UNCLEAR),)))
    level_of = {**DEFAULT_LEVELS, **levels}
    made = [_finding(policy, one, level, content) for one in found if (level := level_of[one.rule]) is not None]
    return tuple(sorted(set(made), key=Finding.order))


def unknown_finding(
    policy: str, rule: str, reason: str, digest: str, levels: Mapping[str, Level | None] = DEFAULT_LEVELS
) -> Finding | None:
    """Return the finding on something that is not known; None where its rule is off.

    Args:
        policy: what the policy, or the file, is called.
        rule: `document-unreadable`, `not-looked-at`, `value-unresolved` or `known-after-apply`.
        reason: why it is not known, in one line.
        digest: hash of what is not known: with another content it is another finding.
        levels: as those of `findings`.
    """
    level = {**DEFAULT_LEVELS, **levels}[rule]
    if level is None:
        return None
    mark = fingerprint_of(rule, f"{policy} {digest}" if digest else policy, "", ())
    return Finding(rule, level, policy, "", (), (), Gain.UNCLEAR, LINKS.get(rule), (), mark, reason)


def source_finding(
    policy: str,
    digest: str,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    rule: str = "policy-in-source",
    reason: str = "",
) -> tuple[Finding, ...]:
    """Return the finding on what is not compared, such as a program that mentions policies: review what it makes.

    `rule` is `policy-in-source` or `dependency-changed`, `reason` what the latter takes in.
    """
    found = unknown_finding(policy, rule, reason, digest, levels)
    return (found,) if found else ()


def highest_level(found: Iterable[Finding]) -> Level | None:
    """Return the level of the gravest finding; None where there is none."""
    return max((one.level for one in found), key=lambda level: level.rank, default=None)


def fingerprint_of(rule: str, policy: str, action: str, scopes: Sequence[Scope]) -> str:
    """Return 16 hexadecimal digits that name a finding whatever its words, its level and the catalogue's day."""
    where = [
        (
            scope.resources,
            scope.not_resources,
            scope.principals,
            scope.not_principals,
            [(test.operator, test.folded_key, test.values) for test in scope.conditions],
        )
        for scope in scopes
    ]
    text = json.dumps([rule, policy, fold_action(action), where], ensure_ascii=True)
    return sha256(text.encode()).hexdigest()[:16]


def _finding(policy: str, found: _RuleMatch, level: Level, content: str) -> Finding:
    change = found.opening.change
    rule = found.rule
    if found.limits:  # a finding of its own: whoever approves it has not approved the same without the limit
        level = level.milder
        rule += json.dumps(list(dict.fromkeys((limit.action, limit.key, limit.values) for limit in found.limits)))
    marked = f"{policy} {content}" if found.rule == "undecided" and content else policy
    scopes = change.after if change.effect is Effect.ALLOW and change.after else change.before or change.after
    actions = {possibility.action for possibility in found.possible if possibility.action} | set(found.needed)
    gains = {possibility.gain for possibility in found.possible}
    return Finding(
        found.rule,
        level,
        policy,
        change.action,
        tuple(sorted(actions, key=str.lower)),
        scopes,
        next(gain for gain in Gain if gain in gains),
        found.link or LINKS.get(found.rule),
        found.paths,
        fingerprint_of(rule, marked, _manner(change) + change.action, scopes),
        limits=found.limits,
    )


def _manner(change: Change) -> str:
    """Return a prefix by which fingerprints distinguish an allowed action, a lifted denial, and all but an action."""
    return ("" if change.effect is Effect.ALLOW else "-") + ("!" if change.inverted else "")


def _by_action(
    after: PolicyDocument, opened: Iterable[AccessGain], catalogue: Catalogue, knowledge: Knowledge
) -> Iterator[_RuleMatch]:
    """Yield the matches of rules on single actions that became possible."""
    for opening in opened:
        by_rule: defaultdict[tuple[str, tuple[Limit, ...]], list[Possibility]] = defaultdict(list)
        for possibility in opening.possible:
            for rule in _rules_of(possibility.action, catalogue, knowledge):
                # A trust policy is there to hand out the role's credentials; whom to is what its principals say.
                if rule != "credentials-exposed" or not any(
                    scope.principals or scope.not_principals for scope in opening.change.after
                ):
                    action = fold_action(possibility.action)
                    limits = limits_of(after, action, (), knowledge.limits) if rule in _LIMITED_RULES else ()
                    by_rule[rule, limits].append(possibility)
        for (rule, limits), possible in by_rule.items():
            yield _RuleMatch(rule, opening, tuple(possible), limits=limits)


_LIMITED_RULES = ("permissions-management", "role-passing")
"""Rules on single actions that look at what limits them."""


def _rules_of(action: str, catalogue: Catalogue, knowledge: Knowledge) -> Iterator[str]:
    folded = fold_action(action)
    if folded in knowledge.watched:
        yield from (rule for rule, actions in knowledge.by_rule.items() if folded in actions)
    facts = catalogue.action(folded)
    if facts and facts.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
        yield "permissions-management"


def _by_scope(opened: Iterable[AccessGain], catalogue: Catalogue) -> Iterator[_RuleMatch]:
    """Yield the matches of rules on the scopes in which actions became possible."""
    for opening in opened:
        change = opening.change
        if change.effect is Effect.DENY:
            continue
        if any(map(is_public, change.after)) and not any(map(is_public, change.before)):
            yield _RuleMatch("public-principal", opening, opening.possible)
        if _providers(change.after) - _providers(change.before):
            yield _RuleMatch("open-identity-provider", opening, opening.possible)
        if _is_everywhere(change.after) and not _is_everywhere(change.before):
            rule = _wildcard_rule(change, catalogue)
            if rule:
                yield _RuleMatch(rule, opening, opening.possible)
        if change.before and change.after:
            yield from _widened(opening)


def _denials(opened: Iterable[AccessGain]) -> Iterator[_RuleMatch]:
    """Yield the matches of rules on what a removed or narrowed Deny lets through."""
    for opening in opened:
        if opening.change.effect is Effect.DENY:
            yield _RuleMatch("denial-weakened", opening, opening.possible)


def _providers(scopes: Iterable[Scope]) -> set[str]:
    return {provider for scope in scopes for provider in open_providers(scope)}


def _is_everywhere(scopes: Iterable[Scope]) -> bool:
    return any(scope.resources == (EVERYTHING,) for scope in scopes)


def _wildcard_rule(change: Change, catalogue: Catalogue) -> str | None:
    action = fold_action(change.action)
    if action.strip("*:") == "":
        return "all-actions-on-all-resources"
    if change.inverted or not has_wildcard(action):
        return None
    # Reading wildcards such as `ec2:Describe*` stand in most policies and can only be granted on all resources.
    mild = (AccessLevel.LIST, AccessLevel.READ)
    known = catalogue.expand(action)
    if known and all(facts.access_level in mild for facts in known):
        return None
    return "service-wildcard-on-all-resources" if action.endswith(":*") else "wildcard-on-all-resources"


def _widened(opening: AccessGain) -> Iterator[_RuleMatch]:
    """Yield what became wider of an action that was allowed before: resources, principals, conditions."""
    before, change = opening.change.before, opening.change
    rules: set[str] = set()
    for scope in (scope for scope in change.after if scope not in before):
        wider = [rule for rule, part in _PARTS.items() if not covers([part(one) for one in before], [part(scope)])]
        rules.update(wider or ["conditions-weakened"])
    yield from (_RuleMatch(rule, opening, opening.possible) for rule in sorted(rules))


_PARTS: Mapping[str, Callable[[Scope], Scope]] = {
    "conditions-weakened": lambda scope: Scope(conditions=scope.conditions),
    "principals-widened": lambda scope: Scope(principals=scope.principals, not_principals=scope.not_principals),
    "resources-widened": lambda scope: Scope(resources=scope.resources, not_resources=scope.not_resources),
}
"""Rule → the part of a scope that it is about."""


def _escalations(
    before: PolicyDocument, after: PolicyDocument, opened: Sequence[AccessGain], knowledge: Knowledge
) -> Iterator[_RuleMatch]:
    """Yield the paths that became complete, together for each cause; those that are limited apart, by their limits."""
    together: defaultdict[tuple[int, tuple[Limit, ...]], list[CompletedEscalation]] = defaultdict(list)
    for path in completed_escalations(before, after, opened, knowledge):
        together[id(path.cause), path.limits].append(path)
    for (_, limits), paths in together.items():
        needed = {action for path in paths for action in path.escalation.actions}
        link = next((path.escalation.link for path in paths if path.escalation.link), None)
        names = tuple(sorted(path.escalation.name for path in paths))
        started = tuple(dict.fromkeys(path.start for path in paths))
        yield _RuleMatch("escalation-path", paths[0].cause, started, link, names, tuple(needed), limits)


def _firsts(opened: Iterable[AccessGain], seen: Collection[str]) -> Iterator[_RuleMatch]:
    for opening in opened:
        action = fold_action(opening.change.action)
        prefix = action.partition(":")[0]
        if opening.change.effect is Effect.DENY or opening.change.inverted or has_wildcard(prefix):
            continue
        if prefix not in seen:
            yield _RuleMatch("first-service", opening, opening.possible)
        elif action not in seen and not has_wildcard(action):
            yield _RuleMatch("first-action", opening, opening.possible)
