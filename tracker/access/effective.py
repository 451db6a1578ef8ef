"""The effect of a change on each action: where it was allowed before and is after, equal results grouped.

The list of changes says what is written differently; this says what that does, with wildcards taken for the actions
they stand for and with what is denied taken off. Every answer is the engine's (`Comparison`): an action stands among
those that are possible now only if there is a request that shows it, and is left out only if there surely is none.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from tracker.access.answers import Answer
from tracker.access.budget import MAX_STEPS_FOR_ALL, SpentError
from tracker.access.cells import among
from tracker.access.patterns import Patterns, has_white_space
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING, spellings
from tracker.policy.model import Effect, PolicyDocument, Scope, Statement
from tracker.policy.patterns import covers, has_wildcard, matches, overlaps, sample_text
from tracker.policy.scopes import merge_scopes

if TYPE_CHECKING:
    from tracker.access.direction import Direction
    from tracker.access.effects import Comparison
    from tracker.access.statements import Statements
    from tracker.diff.model import Change

__all__ = ["EffectKind", "EffectiveChange", "Known", "Permission", "effective_changes", "says_it_all"]

Known = Callable[[str], Mapping[str, str]]
"""Action pattern, folded → the known actions it stands for: folded → as they are written."""


class EffectKind(StrEnum):
    """What a change does to some actions, in the order in which it is shown."""

    POSSIBLE = "possible"
    """Allowed now, and not at all before."""
    UNDENIED = "undenied"
    """Allowed on more, since a Deny went or holds on less; what allows it is the same."""
    MORE = "more"
    """Allowed on more, surely not on less."""
    OTHER = "other"
    """Allowed on something that it was not allowed on; of something else it is gone, or that is not known."""
    UNCLEAR = "unclear"
    """It could not be decided whether anything is allowed that was not, or is not any more that was."""
    LESS = "less"
    """Allowed on less, surely not on more."""
    IMPOSSIBLE = "impossible"
    """Allowed before, and not at all now."""
    DENIED = "denied"
    """Allowed on less, since a Deny came or holds on more; what allows it is the same."""


class Permission(Struct, frozen=True, gc=False):
    """Where a document allows an action: on `allowed`, but for what lies in `denied`."""

    allowed: tuple[Scope, ...] = ()
    """The merged scopes of the Allow statements about it, sorted; empty for none."""
    denied: tuple[Scope, ...] = ()
    """The same of the Deny statements."""


class EffectiveChange(Struct, frozen=True, gc=False):
    """Some actions that a change does the same to: what was allowed before is the same, and what is allowed after."""

    kind: EffectKind
    """What it does to them."""
    actions: tuple[str, ...]
    """Known actions, and those that a document names, as they are written, sorted without regard to case."""
    patterns: tuple[str, ...]
    """Wildcards, as published, whose actions that nobody knows yet fare likewise: what AWS adds there."""
    before: Permission
    """Where they were allowed."""
    after: Permission
    """Where they are allowed."""


class _Names(NamedTuple):
    """The actions that a change may concern."""

    actions: Mapping[str, str]
    """Known actions, and those that the documents name: folded → as they are written."""
    unknown: Mapping[str, str]
    """For each wildcard an action that nobody knows and that only wildcards take in → the wildcard, as published."""


def effective_changes(
    comparison: "Comparison", changes: Sequence["Change"], known: Known
) -> tuple[EffectiveChange, ...]:
    """Return what a change does, by kind and first action; empty where it surely does nothing.

    Documents that only deny are compared beside another policy that allows everything, as in `net_effect`.

    Args:
        comparison: the two documents.
        changes: what is written differently in them.
        known: what is known of action patterns.
    """
    statements = comparison.statements
    names = _concerned(changes, comparison, known)
    if not any(statement.effect is Effect.ALLOW for statement in statements.every):
        comparison = comparison.beside_others
    grouped: defaultdict[tuple[_Permissions, bool], list[str]] = defaultdict(list)
    try:
        for actions in _groups(comparison, (*names.actions, *names.unknown)):
            both = _permissions(comparison, actions[0])
            for has_blank, some in _by_blanks(actions).items():
                grouped[both, has_blank] += some
    except SpentError:
        return (_effective_change(EffectKind.UNCLEAR, _NOWHERE, (*names.actions, *names.unknown), names),)
    kinds = {key: _kind(comparison, actions[0], *key[0]) for key, actions in grouped.items()}
    found = [_effective_change(kind, key[0], grouped[key], names) for key, kind in kinds.items() if kind]
    return tuple(sorted(found, key=_order))


_Permissions = tuple[Permission, Permission]
"""Where an action is allowed before and after: that decides what becomes of it."""
_NOWHERE = (Permission(), Permission())
_KINDS = tuple(EffectKind)


def _order(change: EffectiveChange) -> tuple[int, str]:
    return _KINDS.index(change.kind), (change.actions or change.patterns)[0].lower()


def _effective_change(kind: EffectKind, both: _Permissions, actions: Iterable[str], names: _Names) -> EffectiveChange:
    listed, unknown = [], set[str]()
    for action in sorted(actions):
        if action in names.unknown:
            unknown.add(names.unknown[action])
        else:
            listed.append(names.actions[action])
    return EffectiveChange(kind, tuple(listed), _widest(unknown), *both)


def _widest(patterns: set[str]) -> tuple[str, ...]:
    """Return those of some wildcards that no other of them covers, sorted."""
    folded = {pattern: fold_action(pattern) for pattern in sorted(patterns)}
    return tuple(
        pattern
        for pattern, text in folded.items()
        if not any(other != text and covers(other, text) for other in folded.values())
    )


def _by_blanks(actions: Iterable[str]) -> Mapping[bool, list[str]]:
    """Return actions by whether there is white space in them."""
    found: defaultdict[bool, list[str]] = defaultdict(list)
    for action in actions:
        found[has_white_space(action)].append(action)
    return found


def _groups(comparison: "Comparison", actions: Iterable[str]) -> list[list[str]]:
    """Return actions in groups that the same statements are about: what is true of one is true of all."""
    directions = (comparison.gains, comparison.losses, comparison.past, comparison.present)
    for direction in directions:
        direction.budget.allow(MAX_STEPS_FOR_ALL)
    return comparison.statements.by_statements(actions, comparison.gains.budget)


def _kind(comparison: "Comparison", action: str, before: Permission, after: Permission) -> EffectKind | None:
    """Return what a change does to one action (folded); None if surely nothing."""
    if before == after:
        return None
    gains, loses = comparison.gains.answer_for(action), comparison.losses.answer_for(action)
    if gains is Answer.NO and loses is Answer.NO:
        return None
    if Answer.YES not in (gains, loses):
        return EffectKind.UNCLEAR
    if Answer.NO in (gains, loses) and before.allowed == after.allowed:
        return EffectKind.UNDENIED if gains is Answer.YES else EffectKind.DENIED
    if gains is Answer.YES and _is_nothing(comparison.past, action, before):
        return EffectKind.POSSIBLE
    if loses is Answer.YES and _is_nothing(comparison.present, action, after):
        return EffectKind.IMPOSSIBLE
    if loses is Answer.NO:
        return EffectKind.MORE
    return EffectKind.LESS if gains is Answer.NO else EffectKind.OTHER


def _is_nothing(side: "Direction", action: str, permission: Permission) -> bool:
    """Return whether surely no request for an action is allowed on a side."""
    return not permission.allowed or side.answer_for(action) is Answer.NO


def _permissions(comparison: "Comparison", action: str) -> _Permissions:
    """Return where an action is allowed before and after, by the statements that are about it."""
    statements = comparison.statements
    mask = statements.masks[action]
    before, after = (
        Permission(
            *(
                merge_scopes(statements.scopes(among(statements.those(indexes, effect), mask)))
                for effect in (Effect.ALLOW, Effect.DENY)
            )
        )
        for indexes in (statements.before, statements.after)
    )
    return before, after


# --- which actions ---------------------------------------------------------------------------------------------------


def _concerned(changes: Iterable["Change"], comparison: "Comparison", known: Known) -> _Names:
    """Return the actions that some changes may be about."""
    statements = comparison.statements
    patterns = _patterns_of(changes)
    if _all_but(comparison.before) != _all_but(comparison.after):
        patterns.add(EVERYTHING)  # what one such statement does not except, others may
    wild = [pattern for pattern in patterns if has_wildcard(pattern)]
    actions: dict[str, str] = {}
    for pattern in wild:
        actions |= known(pattern)
    for statement in statements.every:
        named = {
            action
            for action in statement.folded - statement.wild
            if action in patterns or any(matches(pattern, action) for pattern in wild)
        }
        for folded, name in spellings((statement,), named).items():
            actions.setdefault(folded, name)
    return _Names(actions, dict(_unknown(wild, statements)))


def _unknown(wild: Sequence[str], statements: "Statements") -> Iterator[tuple[str, str]]:
    """Yield for each wildcard that may meet some others an action that nobody knows, and the wildcard as published.

    That is `s3:get~` of `s3:Get*`, where `~` stands in no document.
    """
    changed = Patterns(frozenset(wild), frozenset(wild))
    yield sample_text("*:*", statements.fill), EVERYTHING
    for statement in statements.every:
        for pattern in statement.wild:
            if ":" in pattern and any(overlaps(pattern, other) for other in changed.near(pattern)):
                yield sample_text(pattern, statements.fill), statement.spellings[pattern]


def _patterns_of(changes: Iterable["Change"]) -> set[str]:
    """Return patterns, folded, that take in all that changes are about; of what overlaps (`a & b`) the longer one."""
    return {max(map(fold_action, change.action.split(" & ")), key=len) for change in changes}


def _all_but(document: PolicyDocument) -> set[Statement]:
    return {statement for statement in document.statements if statement.inverted}


# --- where the changes say it all ------------------------------------------------------------------------------------


def says_it_all(changes: Sequence["Change"], statements: Sequence[Statement]) -> bool:
    """Return whether changes surely mean what they say, so that nothing needs to be compared.

    So it is where actions come and go that no other line of either document is about.
    """
    if any(change.inverted or change.effect is Effect.DENY or not change.kind.is_of_action for change in changes):
        return False
    if any(statement.inverted or statement.effect is Effect.DENY for statement in statements):
        return False
    patterns = {fold_action(change.action) for change in changes}
    return not any(_is_about_others(statement, patterns) for statement in statements)


def _is_about_others(statement: Statement, patterns: Collection[str]) -> bool:
    """Return whether a statement has a line that takes in some actions of a pattern, and is not that pattern itself."""
    wild = Patterns(statement.folded, statement.wild)
    return any(
        (has_wildcard(pattern) and any(matches(pattern, action) for action in statement.folded - statement.wild))
        or any(other != pattern and overlaps(other, pattern) for other in wild.near(pattern))
        for pattern in patterns
    )
