"""What a change makes possible that somebody should look at: rules, and the findings they give.

Findings rest on net effect: an action that could be done before on the same scope is never reported, however the
document words it now. What could not be decided is reported and marked so. That an action is there is no proof that
it can be abused: a finding says where to look.

Which actions hand out credentials or data, open a resource, or escalate is a small table of facts
(`tracker/data/risks.json`), made from `cloudsplaining` by a script, so that the same archive gives the same findings
whatever else is installed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tracker.access import Answer, Gain, NetEffect, Possibility, Verdict, net_effect, newly_possible
from tracker.catalogue import AccessLevel, Catalogue
from tracker.grants import EVERYTHING
from tracker.model import Change, ChangeKind, Effect, PolicyDocument, Scope, Statement, fold_action
from tracker.rules import DEFAULT_LEVELS, LINKS, Level
from tracker.scopes import covers
from tracker.wildcards import has_wildcard, matches

__all__ = [
    "Assessment",
    "Escalation",
    "Finding",
    "Knowledge",
    "Opening",
    "assessed",
    "findings",
    "fingerprint_of",
    "highest",
    "load_knowledge",
    "openings",
    "universe_of",
    "unreadable",
]

MOST_NAMES = 2_000
"""Actions that one wildcard is expanded into; of wider ones only those that a rule watches are looked at."""
_COMING = (ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED, ChangeKind.SCOPE_CHANGED)
_GOING = (ChangeKind.ACTION_REMOVED, ChangeKind.SCOPE_NARROWED, ChangeKind.SCOPE_CHANGED)


@dataclass(frozen=True, slots=True)
class Escalation:
    """Actions that together lead to more permissions than they grant."""

    name: str
    """What is done with them: `PassExistingRoleToNewLambdaThenInvoke`."""
    actions: tuple[str, ...]
    """All of them are needed; sorted."""
    link: str | None
    """Where the path is described; None where no description is known."""


@dataclass(frozen=True)
class Knowledge:
    """Which actions matter to a rule."""

    credentials: frozenset[str]
    """Actions that return credentials, folded, as all below."""
    data: frozenset[str]
    """Actions that hand out what is stored."""
    exposure: frozenset[str]
    """Actions that can open a resource to others."""
    escalations: tuple[Escalation, ...]
    """By name."""
    watched: frozenset[str] = field(init=False)
    """All of them."""

    def __post_init__(self) -> None:
        """Collect what is watched."""
        paths = {fold_action(action) for path in self.escalations for action in path.actions}
        object.__setattr__(self, "watched", self.credentials | self.data | self.exposure | paths | {PASS_ROLE})


PASS_ROLE = "iam:passrole"  # noqa: S105 - an action


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a change made possible, or that could not be told."""

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


@dataclass(frozen=True, slots=True)
class Opening:
    """One change that makes something possible, and what."""

    change: Change
    """The cause."""
    possible: tuple[Possibility, ...]
    """The known actions it gives more of, by name; its own pattern where nothing is known of that."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one change means."""

    verdict: Verdict
    """What it does on the whole."""
    findings: tuple[Finding, ...]
    """What somebody should look at, the gravest first."""


class _Found(NamedTuple):
    rule: str
    opening: Opening
    possible: tuple[Possibility, ...]
    link: str | None = None
    paths: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


@lru_cache(1)
def load_knowledge() -> Knowledge:
    """Return the table of facts that comes with the program."""
    table = json.loads((Path(__file__).with_name("data") / "risks.json").read_bytes())
    credentials, data, exposure = (
        frozenset(map(fold_action, table[name])) for name in ("credentials", "data", "exposure")
    )
    paths = (Escalation(item["name"], tuple(item["actions"]), item["link"]) for item in table["escalations"])
    return Knowledge(credentials, data, exposure, tuple(paths))


def universe_of(catalogue: Catalogue) -> "_Universe":
    """Return the known actions as net effect asks for them: pattern → names."""
    return _Universe(catalogue, None)


class _Universe:
    """The names of a pattern; only the watched ones where there are very many."""

    def __init__(self, catalogue: Catalogue, watched: Collection[str] | None) -> None:
        self.catalogue, self.watched = catalogue, watched

    def __call__(self, pattern: str) -> list[str]:
        known = self.catalogue.expand(pattern)
        if self.watched is None or len(known) <= MOST_NAMES:
            return [facts.name for facts in known]
        level = AccessLevel.PERMISSIONS_MANAGEMENT
        return [facts.name for facts in known if facts.access_level is level or fold_action(facts.name) in self.watched]


def openings(
    before: PolicyDocument,
    after: PolicyDocument,
    changes: Sequence[Change],
    effect: NetEffect,
    catalogue: Catalogue,
    knowledge: Knowledge,
) -> tuple[Opening, ...]:
    """Return what became possible, each action under the change that causes it, in the order of the changes.

    Empty where net effect is sure that nothing did. Of a wildcard with very many actions only the watched ones
    are told.
    """
    if effect.gains is Answer.NO:
        return ()
    causes = _Causes(changes)
    touched = _Touched(causes.patterns(), (before, after), _Universe(catalogue, knowledge.watched))
    found: defaultdict[int, list[Possibility]] = defaultdict(list)
    for possibility in touched.newly_possible(before, after):
        place = causes.of(fold_action(possibility.action))
        if place is not None:
            found[place].append(possibility)
    for place, change in enumerate(changes):
        if place not in found and _may_give_unknown(change, catalogue):
            found[place].append(Possibility(change.action, Gain.UNCLEAR))
    return tuple(Opening(changes[place], tuple(found[place])) for place in sorted(found))


def _may_give_unknown(change: Change, catalogue: Catalogue) -> bool:
    """Tell whether a wildcard came of which nothing is known, so that nothing of it can be judged."""
    came = change.effect is Effect.ALLOW and change.kind in _COMING and not change.inverted and not change.covered_by
    return came and has_wildcard(change.action) and not catalogue.expand(change.action)


class _Causes:
    """Finds the change that makes an action possible: the most specific one, and what came before what went."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.literal: dict[str, int] = {}
        self.wild: list[tuple[tuple[bool, int], int, list[str]]] = []
        for place, change in enumerate(changes):
            gives = (change.effect is Effect.ALLOW) != (change.inverted and change.action != EVERYTHING)
            if change.kind not in (_COMING if gives else _GOING):
                continue
            patterns = [fold_action(part) for part in change.action.split(" & ")]
            if change.effect is Effect.ALLOW and not any(map(has_wildcard, patterns)):
                self.literal.setdefault(patterns[0], place)
            order = (change.effect is Effect.DENY, -max(map(len, patterns)))
            self.wild.append((order, place, patterns))
        self.wild.sort()

    def patterns(self) -> set[str]:
        """Return a pattern of each change that may give something, folded: all that it gives matches it."""
        return {max(patterns, key=len) for _, _, patterns in self.wild}

    def of(self, action: str) -> int | None:
        """Return the place of the change; None where no single change accounts for it."""
        if action in self.literal:
            return self.literal[action]
        fitting = (place for _, place, patterns in self.wild if all(matches(pattern, action) for pattern in patterns))
        return next(fitting, None)


class _Touched:
    """The actions that changes are about, and the parts of documents that are about those.

    Whether an action is possible depends on the patterns that match it alone. A document with a thousand actions
    of which one is new is so asked about one.
    """

    def __init__(
        self, patterns: Collection[str], documents: Iterable[PolicyDocument], universe: Callable[[str], Iterable[str]]
    ) -> None:
        self.names: defaultdict[str, dict[str, str]] = defaultdict(dict)
        wild = [pattern for pattern in patterns if has_wildcard(pattern)]
        for name in (name for pattern in wild for name in universe(pattern)):
            self._add(name)
        named = dict(pair for document in documents for one in document.statements for pair in one.names())
        for folded, name in named.items():
            if not has_wildcard(folded) and (folded in patterns or any(matches(pattern, folded) for pattern in wild)):
                self._add(name)

    def _add(self, name: str) -> None:
        folded = fold_action(name)
        self.names[folded.partition(":")[0]].setdefault(folded, name)

    def universe(self, pattern: str) -> list[str]:
        """Return those of the actions that match a pattern (folded)."""
        prefix = pattern.partition(":")[0]
        groups = self.names.values() if has_wildcard(prefix) else [self.names.get(prefix, {})]
        if not has_wildcard(pattern):
            return [group[pattern] for group in groups if pattern in group]
        return [name for group in groups for folded, name in group.items() if matches(pattern, folded)]

    def newly_possible(self, before: PolicyDocument, after: PolicyDocument) -> Iterable[Possibility]:
        """Return those of which more is allowed after than before; all, as unclear, where they are too many."""
        found = newly_possible(self.part(before), self.part(after), self.universe)
        if found is None:
            names = sorted(name for group in self.names.values() for name in group.values())
            return [Possibility(name, Gain.UNCLEAR) for name in names]
        return found

    def part(self, document: PolicyDocument) -> PolicyDocument:
        """Return the statements of a document with those of their patterns that match any of the actions."""
        return PolicyDocument(tuple(map(self._part, document.statements)), {})

    def _part(self, statement: Statement) -> Statement:
        if statement.inverted:
            return statement
        pairs = zip(statement.order, statement.actions, strict=True)
        return replace(statement, actions=tuple(name for folded, name in pairs if self.universe(folded)))


def findings(
    policy: str,
    after: PolicyDocument,
    opened: Sequence[Opening],
    effect: NetEffect,
    catalogue: Catalogue,
    knowledge: Knowledge,
    *,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    seen: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return what a change's openings mean, the gravest first, then by rule and action.

    Args:
        policy: what the policy is called.
        after: the document after the change.
        opened: what the change made possible.
        effect: its net effect.
        catalogue: access levels.
        knowledge: which actions matter.
        levels: rule id → level, None for a rule that is off; what is not named keeps its level.
        seen: actions and prefixes, folded, that the archive held before; None leaves the rules on firsts alone.
    """
    found = [
        *_by_action(opened, catalogue, knowledge),
        *_by_scope(opened, catalogue),
        *_escalations(after, opened, knowledge),
    ]
    if seen is not None:
        found += _firsts(opened, seen)
    if effect.gains is Answer.UNKNOWN and not opened:
        nothing = Change(ChangeKind.SCOPE_CHANGED, Effect.ALLOW, "", False, (), ())
        found.append(_Found("undecided", Opening(nothing, ()), (Possibility("", Gain.UNCLEAR),)))
    told = {**DEFAULT_LEVELS, **levels}
    made = [_finding(policy, one, level) for one in found if (level := told[one.rule]) is not None]
    return tuple(sorted(set(made), key=lambda one: (-one.level.rank, one.rule, one.action.lower(), one.fingerprint)))


def assessed(
    policy: str,
    before: PolicyDocument,
    after: PolicyDocument,
    changes: Sequence[Change],
    catalogue: Catalogue,
    *,
    levels: Mapping[str, Level | None] = DEFAULT_LEVELS,
    seen: Collection[str] | None = None,
) -> Assessment:
    """Return what a change means: its net effect, and the findings; arguments as those of `findings`."""
    effect = net_effect(before, after, universe_of(catalogue))
    knowledge = load_knowledge()
    opened = openings(before, after, changes, effect, catalogue, knowledge)
    found = findings(policy, after, opened, effect, catalogue, knowledge, levels=levels, seen=seen)
    return Assessment(effect.verdict, found)


def unreadable(policy: str, levels: Mapping[str, Level | None] = DEFAULT_LEVELS) -> tuple[Finding, ...]:
    """Return the finding on a document that can't be read: what it does is not known."""
    level = {**DEFAULT_LEVELS, **levels}["document-unreadable"]
    if level is None:
        return ()
    mark = fingerprint_of("document-unreadable", policy, "", ())
    return (Finding("document-unreadable", level, policy, "", (), (), Gain.UNCLEAR, None, (), mark),)


def highest(found: Iterable[Finding]) -> Level | None:
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


def _finding(policy: str, found: _Found, level: Level) -> Finding:
    change = found.opening.change
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
        fingerprint_of(found.rule, policy, _manner(change) + change.action, scopes),
    )


def _manner(change: Change) -> str:
    """Tell apart, for fingerprints, an action that is allowed, one that is no longer denied, and all but it."""
    return ("" if change.effect is Effect.ALLOW else "-") + ("!" if change.inverted else "")


def _by_action(opened: Iterable[Opening], catalogue: Catalogue, knowledge: Knowledge) -> Iterator[_Found]:
    """Yield what is to be said of the single actions that became possible."""
    for opening in opened:
        told: defaultdict[str, list[Possibility]] = defaultdict(list)
        for possibility in opening.possible:
            for rule in _rules_of(possibility.action, catalogue, knowledge):
                # A trust policy is there to hand out the role's credentials; whom to is what its principals say.
                if rule != "credentials-exposed" or not any(scope.principals for scope in opening.change.after):
                    told[rule].append(possibility)
        for rule, possible in told.items():
            yield _Found(rule, opening, tuple(possible))


def _rules_of(action: str, catalogue: Catalogue, knowledge: Knowledge) -> Iterator[str]:
    folded = fold_action(action)
    if folded in knowledge.credentials:
        yield "credentials-exposed"
    if folded in knowledge.data:
        yield "data-access"
    if folded in knowledge.exposure:
        yield "resource-exposure"
    if folded == PASS_ROLE:
        yield "role-passing"
    facts = catalogue.action(action)
    if facts and facts.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
        yield "permissions-management"


def _by_scope(opened: Iterable[Opening], catalogue: Catalogue) -> Iterator[_Found]:
    """Yield what is to be said of where the openings reach."""
    for opening in opened:
        change = opening.change
        if change.effect is Effect.DENY:
            continue
        if any("*" in scope.principals and not scope.conditions for scope in change.after) and not any(
            "*" in scope.principals and not scope.conditions for scope in change.before
        ):
            yield _Found("public-principal", opening, opening.possible)
        if _is_everywhere(change.after) and not _is_everywhere(change.before):
            rule = _wildcard_rule(change, catalogue)
            if rule:
                yield _Found(rule, opening, opening.possible)
        if change.before and change.after:
            yield from _widened(opening)


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


def _widened(opening: Opening) -> Iterator[_Found]:
    """Tell what became wider of an action that was allowed before: resources, principals, conditions."""
    before, change = opening.change.before, opening.change
    told: set[str] = set()
    for scope in (scope for scope in change.after if scope not in before):
        wider = [rule for rule, part in _PARTS.items() if not covers([part(one) for one in before], [part(scope)])]
        told.update(wider or ["conditions-weakened"])
    yield from (_Found(rule, opening, opening.possible) for rule in sorted(told))


_PARTS: Mapping[str, Callable[[Scope], Scope]] = {
    "conditions-weakened": lambda scope: Scope(conditions=scope.conditions),
    "principals-widened": lambda scope: Scope(principals=scope.principals, not_principals=scope.not_principals),
    "resources-widened": lambda scope: Scope(resources=scope.resources, not_resources=scope.not_resources),
}
"""Rule → the part of a scope that it is about."""


def _escalations(after: PolicyDocument, opened: Sequence[Opening], knowledge: Knowledge) -> Iterator[_Found]:
    """Yield the paths that are complete now and were not before: at least one of their actions is surely new.

    A path that needs more than another complete one adds nothing to it and is left out.
    """
    gained = {fold_action(one.action): (opening, one) for opening in opened for one in opening.possible}
    new = {action for action, (_, one) in gained.items() if one.gain is not Gain.WIDER}
    touched = [path for path in knowledge.escalations if not new.isdisjoint(map(fold_action, path.actions))]
    if not touched:
        return
    possible = gained.keys() | _possible(after, {action for path in touched for action in path.actions})
    complete = [path for path in touched if all(fold_action(action) in possible for action in path.actions)]
    least = [path for path in complete if not any(set(other.actions) < set(path.actions) for other in complete)]
    by_cause: dict[int, list[tuple[Escalation, Possibility]]] = {}
    causes: dict[int, Opening] = {}
    for path in least:
        cause, one = next(gained[action] for action in map(fold_action, path.actions) if action in new)
        by_cause.setdefault(id(cause), []).append((path, one))
        causes[id(cause)] = cause
    for key, paths in by_cause.items():
        needed = {action for path, _ in paths for action in path.actions}
        link = next((path.link for path, _ in paths if path.link), None)
        names = tuple(sorted(path.name for path, _ in paths))
        started = tuple(dict.fromkeys(one for _, one in paths))
        yield _Found("escalation-path", causes[key], started, link, names, tuple(needed))


def _possible(document: PolicyDocument, wanted: Collection[str]) -> set[str]:
    """Return those of the wanted actions of which a document allows at least one request, or may, folded."""
    touched = _Touched(("*",), (), lambda _: wanted)
    return {fold_action(one.action) for one in touched.newly_possible(PolicyDocument((), {}), document)}


def _firsts(opened: Iterable[Opening], seen: Collection[str]) -> Iterator[_Found]:
    for opening in opened:
        action = fold_action(opening.change.action)
        prefix = action.partition(":")[0]
        if opening.change.effect is Effect.DENY or opening.change.inverted or has_wildcard(prefix):
            continue
        if prefix not in seen:
            yield _Found("first-service", opening, opening.possible)
        elif action not in seen and not has_wildcard(action):
            yield _Found("first-action", opening, opening.possible)
