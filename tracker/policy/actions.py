"""The form in which actions are compared."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

__all__ = ["fold_action", "fold_actions"]

_STARS = re.compile(r"\*{2,}")
_ASCII_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
MAX_FOLDED_ACTIONS = 65_536
"""Actions that are remembered: the same few thousand stand in every version of every policy; AWS has 22,000."""


@lru_cache(MAX_FOLDED_ACTIONS)
def fold_action(action: str) -> str:
    """Return the form in which actions are compared: lower case, one star for several, no white space around them.

    IAM matches actions without regard to case; real policies hold `S3:getobject`. White space within an action
    (`amplifybackend: *`) is not known to be ignored, so it makes another pattern.
    Letters beyond ASCII are left alone: the Kelvin sign is no `k`.
    """
    folded = (action.lower() if action.isascii() else action.translate(_ASCII_LOWER)).strip()
    return _STARS.sub("*", folded) if "**" in folded else folded


def fold_actions(actions: Iterable[str]) -> Iterator[str]:
    """Fold many actions, in order."""
    return map(fold_action, actions)
