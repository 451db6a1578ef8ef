"""The form in which actions are compared, and the forms in which they were published.

Both are remembered: the same few thousand actions stand in every version of every policy. What is remembered changes
no answer, only how long it takes.
"""

import re
from collections.abc import Collection, Iterable, Iterator

__all__ = ["fold_action", "fold_actions", "published_once", "published_spellings", "wildcards_among"]

_STARS = re.compile(r"\*{2,}")
_ASCII_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class _Folded(dict[str, str]):
    """Actions as published → folded, each made once."""

    def __init__(self) -> None:
        super().__init__()
        self.once: dict[str, str] = {}
        """Folded → the only form in which it was ever read; empty as soon as anything was forgotten."""
        self.several: dict[str, list[str]] = {}
        """Folded → all forms in which it was read, where there are more; the same."""
        self.wild: set[str] = set()
        """Those of the folded that are wildcards; the same."""
        self.forgot = False

    def __missing__(self, action: str) -> str:
        if len(self) >= MAX_FOLDED_ACTIONS:
            self.clear()
            self.once.clear()
            self.several.clear()
            self.wild.clear()
            self.forgot = True
        folded = action.lower() if action.isascii() else action.translate(_ASCII_LOWER)
        if " " in folded or not folded.isprintable():  # no other blank is printable
            folded = "".join(folded.split())
        if "**" in folded:
            folded = _STARS.sub("*", folded)
        self[action] = folded
        if not self.forgot:
            self._remember(folded, action)
        return folded

    def _remember(self, folded: str, action: str) -> None:
        if folded in self.several:
            self.several[folded].append(action)
        elif folded in self.once:
            self.several[folded] = [self.once.pop(folded), action]
        else:
            self.once[folded] = action
            if "*" in folded or "?" in folded:
                self.wild.add(folded)


MAX_FOLDED_ACTIONS = 200_000
"""Actions that are remembered; AWS's reference has 22,000."""
_FOLDED = _Folded()


def fold_action(action: str) -> str:
    """Return the form in which actions are compared: lower case, without blanks, one star for several.

    IAM matches actions without regard to case; real policies hold `S3:getobject` and `amplifybackend: *`.
    Letters beyond ASCII are left alone: the Kelvin sign is no `k`.
    """
    return _FOLDED[action]


def fold_actions(actions: Iterable[str]) -> Iterator[str]:
    """Fold many actions, in order."""
    return map(_FOLDED.__getitem__, actions)


def wildcards_among(folded: frozenset[str]) -> frozenset[str]:
    """Return those of some folded actions that are wildcards."""
    if _FOLDED.forgot:
        return frozenset(action for action in folded if "*" in action or "?" in action)
    return folded & _FOLDED.wild


def published_spellings(folded: str, published: Collection[str]) -> list[str]:
    """Return those of some published actions that fold to one, once each where it is remembered how it was read."""
    known = _FOLDED.several.get(folded)
    if known is not None:
        return [form for form in known if form in published]
    if folded in _FOLDED.once:
        return [_FOLDED.once[folded]]
    return [action for action in published if fold_action(action) == folded]


def published_once(folded: Iterable[str]) -> dict[str, str]:
    """Return those of some folded actions that were only ever read in one form, with it, without blanks around it.

    So nobody need look for the form in the statement that has the action; most actions are among them.
    """
    once = _FOLDED.once
    return {action: once[action].strip() for action in folded if action in once}
