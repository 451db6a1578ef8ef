"""What a change does to actions as the description of a row: what is possible now, on more, on less, no longer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tracker.access import EffectiveChange, EffectKind, Permission
from tracker.catalogue.catalogue import Catalogue
from tracker.diff.model import Change
from tracker.policy.actions import fold_action
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import matches
from tracker.policy.scopes import covers
from tracker.text.access_levels import AccessLevelNames
from tracker.text.action_lists import ActionLists
from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.scope_differences import ScopeDifferences
from tracker.text.scope_phrases import ScopePhrases
from tracker.text.words import Words, code

__all__ = ["EffectBlocks", "EffectSummary", "groups_of"]

_OF_DENIALS = (EffectKind.DENIED, EffectKind.UNDENIED)
_EVERYWHERE = Scope(("*",))
MAX_COMPARED = 8
"""Scopes of an action of which those within another one are left out."""


@dataclass(frozen=True, slots=True)
class EffectSummary:
    """Some actions with the same effect, as a line of a table."""

    changes: tuple[EffectiveChange, ...]
    """What becomes of them."""
    actions: str
    """The actions in one phrase."""
    before: tuple[Scope, ...]
    """Where they were allowed; empty where they were not, or not all of them on the same."""
    after: tuple[Scope, ...]
    """Where they are allowed now, or were where they no longer are; of a Deny alone, where it holds or held."""
    denied: tuple[Scope, ...]
    """What a Deny takes off of that."""

    @property
    def kind(self) -> EffectKind:
        """What the change does to them."""
        return self.changes[0].kind


def groups_of(effective: Iterable[EffectiveChange]) -> list[tuple[EffectiveChange, ...]]:
    """Return changes in groups of the same effect, in their order: each is one block, and one line of a table."""
    grouped: dict[tuple[object, ...], list[EffectiveChange]] = {}
    for change in effective:
        grouped.setdefault(_key(change), []).append(change)
    return [tuple(group) for group in grouped.values()]


class EffectBlocks:
    """What changes do, in the words of one language."""

    def __init__(
        self,
        words: Words,
        catalogue: Catalogue,
        phrases: ScopePhrases,
        levels: AccessLevelNames,
        *,
        with_levels: bool,
    ) -> None:
        """Take the words, names of services, phrases of scopes, and whether actions are shown with access levels."""
        self._words, self._phrases = words, phrases
        self._lists = ActionLists(words, catalogue, levels, with_levels=with_levels)
        self._differences = ScopeDifferences(words, phrases)

    def blocks(self, effective: Sequence[EffectiveChange], changes: Sequence[Change]) -> Iterator[DescriptionBlock]:
        """Yield a block for each group of actions with the same effect, then the denials without effect.

        Args:
            effective: what becomes of actions, in order.
            changes: the differences of the text.
        """
        for group in groups_of(effective):
            yield self._block(group)
        yield from self._idle_denials(effective, changes)

    def summary(self, group: tuple[EffectiveChange, ...]) -> EffectSummary:
        """Return a group of `groups_of` as a line of a table."""
        first, actions = group[0], self._lists.phrase(group)
        if first.kind is EffectKind.POSSIBLE:
            return EffectSummary(group, actions, (), first.after.allowed, _in_all(one.after.denied for one in group))
        if first.kind is EffectKind.IMPOSSIBLE:
            return EffectSummary(group, actions, (), first.before.allowed, _in_all(one.before.denied for one in group))
        if first.before.allowed == first.after.allowed:
            came, went = _came_and_went(first)
            if bool(came) is not bool(went) and first.kind in _OF_DENIALS:
                return EffectSummary(group, actions, (), came or went, ())
            return EffectSummary(group, actions, first.before.denied, first.after.denied, ())
        before = first.before.allowed if len({one.before.allowed for one in group}) == 1 else ()
        return EffectSummary(group, actions, before, first.after.allowed, first.after.denied)

    def _block(self, group: Sequence[EffectiveChange]) -> DescriptionBlock:
        first = group[0]
        items = tuple(self._lists.items(group))
        if first.kind is EffectKind.POSSIBLE:
            return self._on_scopes("effect.possible", [(change, change.after) for change in group], items)
        if first.kind is EffectKind.IMPOSSIBLE:
            return self._on_scopes("effect.impossible", [(change, change.before) for change in group], items)
        if first.kind in _OF_DENIALS or first.before.allowed == first.after.allowed:
            return self._of_denials(first, items)
        lead = self._lead(f"effect.{first.kind}{_relation(first)}")
        if len(group) > 1:  # the lines of what was before name them
            items = tuple(self._lists.items(group, with_names=False))
        return DescriptionBlock(lead, items, tuple(self._scopes(group)))

    def _lead(self, name: str, scope: str = "") -> str:
        return " ".join(self._words(name, scope=scope).split()).replace(" :", ":")

    def _on_scopes(
        self, name: str, group: Sequence[tuple[EffectiveChange, Permission]], items: tuple[ListItem, ...]
    ) -> DescriptionBlock:
        """Return a block of actions that are allowed on the same; where a Deny is about some alone, it names them."""
        permissions = [permission for _, permission in group]
        scope, listed = self._phrases.phrase_and_resources(permissions[0].allowed)
        if len({permission.denied for permission in permissions}) == 1:
            return DescriptionBlock(self._lead(name, scope), items, (*listed, *self._denied(permissions[0])))
        by_denied: dict[tuple[Scope, ...], list[EffectiveChange]] = {}
        for change, permission in group:
            by_denied.setdefault(permission.denied, []).append(change)
        denied = (
            replace(item, note=self._names(changes), is_folded=len(changes[0].actions) > 1)
            for denied, changes in by_denied.items()
            for item in self._denied(Permission(denied=denied))
        )
        return DescriptionBlock(self._lead(name, scope), items, (*listed, *denied))

    def _denied(self, permission: Permission) -> Iterator[ListItem]:
        """Yield what a Deny takes off."""
        for scope in permission.denied:
            yield ListItem(self._words("effect.except-denied", scope=self._in_one_phrase(scope)))

    def _in_one_phrase(self, scope: Scope) -> str:
        return self._phrases.phrase(scope, "count") or self._words("scope.none")

    def _of_denials(self, change: EffectiveChange, items: tuple[ListItem, ...]) -> DescriptionBlock:
        """Return a block of actions that are denied otherwise, and allowed as before."""
        came, went = _came_and_went(change)
        if bool(came) is not bool(went) and change.kind in _OF_DENIALS:
            scope, listed = self._phrases.phrase_and_resources(came or went)
            return DescriptionBlock(self._lead(f"effect.{change.kind}", scope), items, listed)
        kind = f"{change.kind}.scope" if change.kind in _OF_DENIALS else f"{change.kind}.deny"
        details = tuple(self._differences.items(change.before.denied, change.after.denied))
        return DescriptionBlock(self._lead(f"effect.{kind}"), items, details)

    def _scopes(self, group: Sequence[EffectiveChange]) -> Iterator[ListItem]:
        """Yield on what actions are allowed now and were before; in full where not all of them were on the same."""
        first = group[0]
        if len(group) == 1:
            yield from self._differences.items(_widest(first.before.allowed), _widest(first.after.allowed))
        else:
            yield from self._in_full("scope.after", first.after.allowed)
            for change in group:
                yield from self._before(change)
        if first.before.denied != first.after.denied:
            yield from self._denied(first.after)

    def _in_full(self, name: str, scopes: Sequence[Scope]) -> Iterator[ListItem]:
        phrases = [self._in_one_phrase(scope) for scope in _widest(scopes)]
        yield ListItem(self._words(name, scope=self._words.scopes(phrases)))

    def _before(self, change: EffectiveChange) -> Iterator[ListItem]:
        names = self._names([change])
        phrases = [self._in_one_phrase(scope) for scope in _widest(change.before.allowed)]
        text = self._words("scope.before", scope=self._words.scopes(phrases))
        yield ListItem(text, names, is_folded=len(change.actions) > 1)

    def _names(self, changes: Sequence[EffectiveChange]) -> str:
        """Return the actions of some changes, and the wildcards whose future actions fare likewise."""
        return self._words.all_of([code(each) for change in changes for each in (*change.actions, *change.patterns)])

    def _idle_denials(
        self, effective: Sequence[EffectiveChange], changes: Sequence[Change]
    ) -> Iterator[DescriptionBlock]:
        """Yield the added and removed denials without effect: what they deny is not allowed on either side."""
        touched = [fold_action(action) for one in effective for action in (*one.actions, *one.patterns)]
        for name, widens in (("effect.idle.denied", True), ("effect.idle.undenied", False)):
            idle = [
                change
                for change in changes
                if change.effect is Effect.DENY
                and change.kind.is_of_action
                and change.kind.widens is widens
                and not change.inverted
                and not any(matches(fold_action(change.action), action) for action in touched)
            ]
            if idle:
                yield DescriptionBlock(self._words(name), tuple(ListItem(code(change.action)) for change in idle))


def _came_and_went(change: EffectiveChange) -> tuple[tuple[Scope, ...], tuple[Scope, ...]]:
    """Return what is denied now and was not, and the reverse."""
    came = tuple(scope for scope in change.after.denied if scope not in change.before.denied)
    went = tuple(scope for scope in change.before.denied if scope not in change.after.denied)
    return came, went


def _in_all(scopes: Iterable[tuple[Scope, ...]]) -> tuple[Scope, ...]:
    """Return scopes of several permissions, each once."""
    return tuple(dict.fromkeys(scope for some in scopes for scope in some))


def _widest(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return scopes without those that another one takes in; of two that say the same the first."""
    kept: list[Scope] = []
    for scope in scopes if len(scopes) <= MAX_COMPARED else ():
        if not covers(kept, (scope,)):
            kept = [*(each for each in kept if not covers((scope,), (each,))), scope]
    return tuple(kept or scopes)


def _key(change: EffectiveChange) -> tuple[object, ...]:
    """Return what the actions of one block have in common."""
    if change.kind is EffectKind.POSSIBLE:
        return change.kind, change.after.allowed
    if change.kind is EffectKind.IMPOSSIBLE:
        return change.kind, change.before.allowed
    if change.before.allowed == change.after.allowed:
        return change.kind, change.before.denied, change.after.denied
    if change.kind is EffectKind.UNCLEAR:
        return change.kind, change.before, change.after
    return change.kind, change.after, change.before.denied, _relation(change)


def _relation(change: EffectiveChange) -> str:
    """Return how resources and conditions differ, as the end of a message's name; empty where that is not plain."""
    if len(change.before.allowed) != 1 or len(change.after.allowed) != 1 or change.before.denied != change.after.denied:
        return ""
    (was,), (now,) = change.before.allowed, change.after.allowed
    if (was.principals, was.not_principals) != (now.principals, now.not_principals):
        return ""
    resources = _compared(Scope(was.resources, was.not_resources), Scope(now.resources, now.not_resources))
    conditions = _compared(
        Scope(_EVERYWHERE.resources, conditions=was.conditions), Scope(_EVERYWHERE.resources, conditions=now.conditions)
    )
    return _RELATIONS.get((change.kind, resources, conditions), "")


def _compared(before: Scope, after: Scope) -> str:
    wider, narrower = covers((after,), (before,)), covers((before,), (after,))
    if wider:
        return "same" if narrower else "wider"
    return "narrower" if narrower else "other"


_RELATIONS = {
    **{(EffectKind.MORE, how, "same"): ".resources" for how in ("wider", "other")},
    **{(EffectKind.MORE, "same", how): ".conditions" for how in ("wider", "other")},
    **{(EffectKind.LESS, how, "same"): ".resources" for how in ("narrower", "other")},
    **{(EffectKind.LESS, "same", how): ".conditions" for how in ("narrower", "other")},
    (EffectKind.OTHER, "wider", "narrower"): ".tighter",
    (EffectKind.OTHER, "narrower", "wider"): ".looser",
    (EffectKind.OTHER, "other", "same"): ".resources",
    (EffectKind.OTHER, "same", "other"): ".conditions",
}
"""Kind, resources, conditions → the end of the name of a message that says just that."""
