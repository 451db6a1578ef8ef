"""What the evaluation of a policy may take, said before it begins: a bound against inputs that are made to be slow.

One unit is one or two microseconds. All 1,667 policies that AWS had in 2026, each as a new one, take 11.7 million.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from tracker.catalogue.catalogue import Catalogue
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import FileLocation, LoadedDocument, Unknown, UnknownKind
from tracker.policy.actions import fold_action
from tracker.policy.patterns import has_wildcard
from tracker.review.partial import MAX_STATEMENTS

__all__ = ["MAX_EFFORT", "Effort", "not_evaluated"]

MAX_EFFORT = 2_500_000
"""Units that the evaluations of one review may take together; policies beyond that are unknown."""
_READ = 20
"""Of any policy that differs, also of one that is not evaluated: to read it, and to put it into a hash."""
_COUNTED = 50
"""Of a policy that is not evaluated: to find out what its evaluation would take."""
_EACH = 500
"""Of any policy that is evaluated, beside its size."""
_NAME = 5
"""Of a name of an action that a wildcard is compared with."""


class Effort:
    """Counts what the evaluations of one review take."""

    def __init__(self, catalogue: Catalogue, most: int | None, policies: int) -> None:
        """Begin with what it takes to read the policies.

        Args:
            catalogue: what is known of actions.
            most: units that may be taken; None for any number.
            policies: how many differ.
        """
        self._catalogue = catalogue
        self._left = None if most is None else most - _READ * policies

    def take(self, pair: DocumentPair) -> bool:
        """Return whether a pair may be evaluated, and count it if so."""
        if self._left is None or pair.in_source:
            return True
        if self._left < _EACH:
            return False
        needed = _EACH + sum(self._of(side.document) for side in (pair.before, pair.after) if side and side.document)
        if needed > self._left:
            self._left -= _COUNTED
            return False
        self._left -= needed
        return True

    def _of(self, document: Mapping[str, Any]) -> int:
        size = len(json.dumps(document, ensure_ascii=False))
        statements = document.get("Statement")
        listed = statements if isinstance(statements, list) else [statements]
        if len(listed) > MAX_STATEMENTS:
            return size  # it is not compared
        names = sum(self._names(pattern) for one in listed if isinstance(one, dict) for pattern in _patterns(one))
        return size + size * len(listed) // 10 + _NAME * names

    def _names(self, pattern: str) -> int:
        """Return how many names of actions a pattern is compared with."""
        if not has_wildcard(pattern):
            return 1
        prefix = fold_action(pattern).partition(":")[0]
        return len(self._catalogue.known("*" if has_wildcard(prefix) else f"{prefix}:*"))


def _patterns(statement: Mapping[str, Any]) -> Iterator[str]:
    for name in ("Action", "NotAction"):
        value = statement.get(name)
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def not_evaluated(pairs: Sequence[DocumentPair]) -> DocumentPair:
    """Return one policy that is unknown for all those that are not evaluated.

    Args:
        pairs: at least one.
    """
    hashed = sha256()
    for pair in pairs:
        hashed.update(json.dumps([pair.name, *map(_content, (pair.before, pair.after))], sort_keys=True).encode())
    first = pairs[0]
    found = first.after or first.before
    name, reason = first.name, "too much to evaluate: split it, or approve it as it is now"
    if len(pairs) > 1:
        name = f"{name} and {len(pairs) - 1:,} more policies"
        reason = "too much to evaluate in one review: split the change, or approve them as they are now"
    unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, "", hashed.hexdigest()[:32])
    where = found.location if found else FileLocation(first.path)
    return DocumentPair(name, first.path, None, LoadedDocument("", where, None, (unknown,)))


def _content(document: LoadedDocument | None) -> object:
    return document and [document.document, sorted(one.digest for one in document.unknowns)]
