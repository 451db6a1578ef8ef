"""The form in which actions are compared, and the forms in which they were published.

Both are remembered: the same few thousand actions stand in every version of every policy. What is remembered changes
no answer, only how long it takes.
"""

import re
from collections.abc import Iterable, Sequence

__all__ = ["fold_action", "fold_actions", "forms_of", "published_once"]

_STARS = re.compile(r"\*{2,}")
_ASCII_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class _Folded(dict[str, str]):
    """Actions as published → folded, each made once."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, list[str]] = {}
        """Folded → all forms in which it was ever read; empty as soon as anything was forgotten."""
        self.forgot = False

    def __missing__(self, action: str) -> str:
        if len(self) >= MOST_FOLDED:
            self.clear()
            self.forms.clear()
            self.forgot = True
        lower = action.lower() if action.isascii() else action.translate(_ASCII_LOWER)
        folded = "".join(lower.split())
        if "**" in folded:
            folded = _STARS.sub("*", folded)
        folded = self.setdefault(action, folded)
        if not self.forgot:
            self.forms.setdefault(folded, []).append(action)
        return folded


MOST_FOLDED = 200_000
"""Actions that are remembered; AWS's reference has 22,000."""
_FOLDED = _Folded()
_NO_FORM: list[str] = []


def fold_action(action: str) -> str:
    """Return the form in which actions are compared: lower case, without blanks, one star for several.

    IAM matches actions without regard to case; real policies hold `S3:getobject` and `amplifybackend: *`.
    Letters beyond ASCII are left alone: the Kelvin sign is no `k`.
    """
    return _FOLDED[action]


def fold_actions(actions: Iterable[str]) -> tuple[str, ...]:
    """Fold many actions, in order."""
    return tuple(map(_FOLDED.__getitem__, actions))


def forms_of(folded: str, published: Sequence[str]) -> list[str]:
    """Return those of some published actions that fold to one, once each where it is remembered how it was read."""
    known = _FOLDED.forms.get(folded)
    if known is None:
        return [action for action in published if fold_action(action) == folded]
    return [form for form in known if form in published]


def published_once(folded: Iterable[str]) -> dict[str, str]:
    """Return those of some folded actions that were only ever read in one form, with it, without blanks around it.

    So nobody need look for the form in the statement that has the action; most actions are among them.
    """
    forms = _FOLDED.forms
    return {action: found[0].strip() for action in folded if len(found := forms.get(action, _NO_FORM)) == 1}
