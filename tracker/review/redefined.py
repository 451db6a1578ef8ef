"""Values of one name that are defined otherwise than before: named apart, so that a reader sees two."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tracker.inputs.model import LoadedDocument
from tracker.policy.symbols import marked_as_old, printable, symbols_in

__all__ = ["with_old_values_marked"]


def with_old_values_marked(
    before: LoadedDocument | None, after: LoadedDocument | None
) -> tuple[LoadedDocument | None, tuple[tuple[str, str], ...]]:
    """Return the old side with other names for values that go by the same name on both sides and are not the same.

    Beside it, the names: that of the old value, and that of the new one, as people see them.
    """
    if before is None or after is None:
        return before, ()
    marked = marked_as_old(_symbols(before.document), _symbols(after.document))
    if not marked:
        return before, ()

    def written(text: str) -> str:
        for old in symbols_in(text) & marked.keys():
            text = text.replace(old, marked[old])
        return text

    names = sorted({(printable(new), printable(old)) for old, new in marked.items()})
    return replace(before, document=_mapped(before.document, written)), tuple(names)


def _symbols(value: Any) -> frozenset[str]:
    found: set[str] = set()

    def collected(text: str) -> str:
        found.update(symbols_in(text))
        return text

    _mapped(value, collected)
    return frozenset(found)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with each of its texts, keys among them, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_mapped(key, change): _mapped(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
