"""What differs between two documents that mean the same, where one phrase says it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec.json import encode

from tracker.policy.model import Json

__all__ = ["WordingDifference", "wording_difference"]


class WordingDifference(StrEnum):
    """All that differs between two documents of the same permissions."""

    NOTHING = "nothing"
    """Both are the same JSON."""
    ORDER = "order"
    """The order of statements, or of the items of lists."""
    SIDS = "sids"
    """The statement ids (`Sid`)."""
    SIDS_AND_ORDER = "sids-and-order"
    """Both of these."""


def wording_difference(before: Json, after: Json) -> WordingDifference | None:
    """Return all that differs between two documents of the same permissions; None where it is something else.

    White space outside of texts, and the order of an object's members, are no difference in JSON.
    """
    if before == after:
        return WordingDifference.NOTHING
    if _without_order(before) == _without_order(after):
        return WordingDifference.ORDER
    plain = [_without_sids(document) for document in (before, after)]
    if plain[0] == plain[1]:
        return WordingDifference.SIDS
    same = _without_order(plain[0]) == _without_order(plain[1])
    return WordingDifference.SIDS_AND_ORDER if same else None


def _without_sids(document: Json) -> Json:
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    plain = [
        {name: value for name, value in each.items() if name != "Sid"} if isinstance(each, Mapping) else each
        for each in listed
    ]
    return {**document, "Statement": plain if isinstance(statements, list) else plain[0]}


def _without_order(value: Any) -> Any:
    """Return a value whose lists are sorted, at every level."""
    if isinstance(value, Mapping):
        return {name: _without_order(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_without_order, value), key=lambda each: encode(each, order="sorted"))
    return value
