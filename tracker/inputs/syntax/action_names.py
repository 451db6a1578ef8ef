"""Names of IAM's actions in texts and lists of any kind: whoever writes them down makes a policy of them.

Only actions that the catalogue knows count, and wildcards that stand for some: `order:Read` is somebody else's.
"""

import re
from bisect import bisect_left
from functools import cache
from typing import Any

from tracker.catalogue.catalogue import load_catalogue
from tracker.inputs.syntax.parsing import Tagged
from tracker.inputs.syntax.policy_text import is_service
from tracker.policy.actions import fold_action

__all__ = ["names_known_actions", "text_names_actions"]

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}:(?:\*|[A-Z][A-Za-z0-9]{1,80}\*?)")
_BETWEEN = re.compile(r"[\s,;|\"'\[\]]+")
_IN_TEXT = re.compile(
    r"(?:^[ \t]*(?:-[ \t]+)*[\"'`]?|[\"'`=,\[({>|][ \t]{0,20}|\t\"?|[=:][ \t]{1,20}[\"'`]?)"
    rf"(?P<name>{_NAME.pattern})"
    r"(?=\t|[ \t]*(?:[\"'`,\])}<|;\r\n]|:\s|\Z))",
    re.MULTILINE,
)
"""A name that stands for itself: in quotes, in a list, behind a sign, or alone in a line; not a word of a sentence."""
MAX_TEXT = 64 * 1024
"""Characters of a value that is read as a list of actions."""


def names_known_actions(value: Any) -> bool:
    """Return whether a value is an action, a list with one, or has members that are called so."""
    if isinstance(value, Tagged):
        return names_known_actions(value.value)
    if isinstance(value, str):
        names = [name for name in _BETWEEN.split(value) if name] if len(value) <= MAX_TEXT and ":" in value else []
        return bool(names) and all(map(_is_known, names))
    if isinstance(value, list):
        return any(isinstance(one, str) and names_known_actions(one) for one in value)
    return isinstance(value, dict) and any(isinstance(key, str) and _is_known(key) for key in value)


def text_names_actions(text: str) -> bool:
    """Return whether an action stands in a text of no known syntax, as a value."""
    return any(_is_known(found["name"]) for found in _IN_TEXT.finditer(text))


def _is_known(name: str) -> bool:
    """Return whether a name is an action that the catalogue knows, or a wildcard that stands for some."""
    service = name.partition(":")[0]
    if not is_service(service) or not _NAME.fullmatch(name):
        return False
    names = _actions_of(service)
    start = fold_action(name).removesuffix("*")
    place = bisect_left(names, start)
    return place < len(names) and (names[place].startswith(start) if name.endswith("*") else names[place] == start)


@cache
def _actions_of(service: str) -> tuple[str, ...]:
    """Return the actions of a service, folded and sorted."""
    return tuple(sorted(load_catalogue().known(f"{service}:*")))
