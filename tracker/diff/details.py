"""What differs inside two scopes, and in the parts of a document that grant nothing.

Set arithmetic has found *that* two scopes differ; this module says which resource, key or value it is. A scope holds
flat sets, also of the values of each condition's operator and key: they are compared as sets. The other parts of a
document are compared by DeepDiff. It is imported only then, for that takes as long as the rest of a review of two
documents. DeepDiff never sees a whole document with its lists of actions: it needs seconds where sets need
milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tracker.policy.model import Condition, Json, Scope

__all__ = ["Detail", "document_details", "scope_details"]

_LISTS = ("resources", "not_resources", "principals", "not_principals")


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that came or went."""

    path: tuple[str, ...]
    """Where: `("resources",)`, `("conditions", "StringEquals", "aws:ResourceTag/Team")`, `("Version",)`."""
    before: tuple[str, ...]
    """What was there and is no more, sorted."""
    after: tuple[str, ...]
    """What is there and was not, sorted."""


def scope_details(before: Sequence[Scope], after: Sequence[Scope]) -> tuple[Detail, ...] | None:
    """Return what differs inside a scope, by path; None where one side has several scopes: show them whole."""
    if len(before) != 1 or len(after) != 1:
        return None
    (was,), (now,) = before, after
    details = [
        Detail((name,), tuple(sorted(gone - come)), tuple(sorted(come - gone)))
        for name in _LISTS
        if (gone := set(getattr(was, name))) != (come := set(getattr(now, name)))
    ]
    if was.conditions != now.conditions:
        details += _condition_details(_as_sets(was.conditions), _as_sets(now.conditions))
    return tuple(sorted(details, key=lambda detail: detail.path))


def _condition_details(
    before: Mapping[tuple[str, str], set[str]], after: Mapping[tuple[str, str], set[str]]
) -> Iterator[Detail]:
    """Yield what differs in the values of each operator and key; a condition without a value differs from none."""
    for test in before.keys() | after.keys():
        if before.get(test) != after.get(test):
            was, now = before.get(test, set()), after.get(test, set())
            yield Detail(("conditions", *test), tuple(sorted(was - now)), tuple(sorted(now - was)))


def document_details(before: Json, after: Json) -> tuple[Detail, ...]:
    """Return what differs in Version, Id and the Sids of two documents; none of it grants anything."""
    return _details(_labels(before), _labels(after))


def _labels(document: Json) -> dict[str, Any]:
    raw = document.get("Statement")
    statements = raw if isinstance(raw, list) else [raw]
    sids = {str(item["Sid"]) for item in statements if isinstance(item, dict) and item.get("Sid") is not None}
    given = {name: {str(document[name])} for name in ("Version", "Id") if name in document}
    return given | {"Sid": sids}


def _as_sets(conditions: Iterable[Condition]) -> dict[tuple[str, str], set[str]]:
    """Return the values of conditions by operator and key."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for test in conditions:
        found[test.operator, test.folded_key].update(test.values)
    return dict(found)


def _details(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Detail, ...]:
    from deepdiff import DeepDiff

    found: defaultdict[tuple[str, ...], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    # Without the threshold DeepDiff reports objects that have little in common as a whole, not member by member.
    for differences in DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0, hasher=_digest).values():
        for difference in differences:
            gone, come = found[_path(difference.path(output_format="list"))]
            gone.update(_texts(difference.t1))
            come.update(_texts(difference.t2))
    return tuple(
        Detail(path, tuple(sorted(gone - come)), tuple(sorted(come - gone)))
        for path, (gone, come) in sorted(found.items())
    )


def _digest(text: str | bytes) -> str:
    """Return a digest of a text, half of a surrogate pair taken as it is: DeepDiff's own stumbles over one."""
    return sha256(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")).hexdigest()


def _path(steps: Sequence[Any]) -> tuple[str, ...]:
    """Return the steps of a path; a position in a set is none."""
    return tuple(str(step) for step in steps if step is not None)


def _texts(value: Any) -> set[str]:
    """Return the members of a set, or a text alone; what DeepDiff calls "not present" is nothing."""
    if isinstance(value, str):
        return {value}
    return set(value) if isinstance(value, set) else set()
