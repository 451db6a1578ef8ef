"""Functions of Terraform's language that are worked out where their arguments are known.

Those that policies are written with; any other function gives a value that is not known.
https://developer.hashicorp.com/terraform/language/functions
"""

import json
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

from tracker.policy.symbols import has_symbol

__all__ = [
    "FUNCTIONS",
    "MAX_ITEMS",
    "NotKnownError",
    "SetOfValues",
    "encode_json",
    "holds_symbol",
    "is_equal",
    "measured",
    "text_of",
    "to_set",
]

MAX_ITEMS = 100_000
"""Items of a list, and characters of a text times ten, that are worked with."""
MAX_TEXT = 10 * MAX_ITEMS
_VERB = re.compile(r"%(?:%|[sdv])")


class NotKnownError(Exception):
    """The value of an expression is not known."""


def holds_symbol(value: Any) -> bool:
    """Return whether a symbol stands anywhere in a value."""
    waiting, seen = [value], 0
    while waiting:
        item = waiting.pop()
        seen += 1
        if seen > MAX_ITEMS:
            raise NotKnownError("too large")
        if isinstance(item, str):
            if has_symbol(item):
                return True
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
    return False


def measured(value: Any) -> Any:
    """Return a value that is not too large: parts that stand in it several times count each time.

    Raises:
        NotKnownError: it is.
    """
    waiting, items, characters = [value], 0, 0
    while waiting:
        item = waiting.pop()
        items += 1
        if isinstance(item, str):
            characters += len(item)
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        if items + len(waiting) > MAX_ITEMS or characters > MAX_TEXT:
            raise NotKnownError("too large")
    return value


def _fits(characters: int) -> None:
    if characters > MAX_TEXT:
        raise NotKnownError("too large")


def text_of(value: Any) -> str:
    """Return a value as a template writes it.

    Raises:
        NotKnownError: it is no text, number or truth value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    raise NotKnownError("no text")


def encode_json(value: Any) -> str:
    """Return a value as `jsonencode` writes it; symbols stay in its texts.

    Raises:
        NotKnownError: it is too large.
    """
    measured(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) > MAX_TEXT:
        raise NotKnownError("too large")
    return text


def _known(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that wants all of its arguments known."""

    def call(*arguments: Any) -> Any:
        if any(map(holds_symbol, arguments)):
            raise NotKnownError("an argument is not known")
        return make(*arguments)

    return call


def _items(value: Any) -> list[Any]:
    """Return a list; a symbol stands for the items of a list that is not known."""
    if isinstance(value, list):
        return value
    if isinstance(value, str) and has_symbol(value):
        return [value]
    raise NotKnownError("no list")


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise NotKnownError("no object")


def _concat(*lists: Any) -> list[Any]:
    return _bounded(list(chain.from_iterable(map(_items, lists))))


def _flatten(value: Any) -> list[Any]:
    found: list[Any] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += reversed(item)
            _bounded(waiting)
        else:
            found.append(item)
            _bounded(found)
    return found


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > MAX_ITEMS:
        raise NotKnownError("too large")
    return items


def _distinct(value: Any) -> list[Any]:
    found: dict[str, Any] = {}
    for item in _items(measured(value)):
        found.setdefault(json.dumps(item, sort_keys=True), item)
    return list(found.values())


class SetOfValues(list[Any]):
    """A set: a list whose members are their own keys."""


def to_set(value: Any) -> SetOfValues:
    """Return the members of a list, each once, in order."""
    items = _distinct(value)
    return SetOfValues(sorted(items) if all(isinstance(item, str) for item in items) else items)


def is_equal(one: Any, other: Any) -> bool:
    """Return whether two values are equal: 1 and `true` are not, as they are for Python."""
    return json.dumps(measured(one), sort_keys=True) == json.dumps(measured(other), sort_keys=True)


def _one(value: Any) -> Any:
    items = _items(value)
    if len(items) > 1:
        raise NotKnownError("more than one")
    return items[0] if items else None


def _merge(*objects: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in objects:
        merged |= _object({} if one is None else one)
    return merged


def _verb(verb: str, value: Any) -> str:
    if verb == "%d" and (isinstance(value, bool) or not isinstance(value, int)):
        raise NotKnownError("no whole number")
    return text_of(value)


def _format(pattern: Any, *values: Any) -> str:
    text, rest = text_of(pattern), iter(values)
    if re.search(r"%(?![%sdv])", text) or has_symbol(text):
        raise NotKnownError("a verb of format that is not worked out")
    _fits(len(text) + sum(len(text_of(value)) for value in values))
    try:
        return _VERB.sub(lambda found: "%" if found[0] == "%%" else _verb(found[0], next(rest)), text)
    except StopIteration as error:
        raise NotKnownError("too few arguments of format") from error


def _formatlist(pattern: Any, items: Any) -> list[str]:
    _fits(len(text_of(pattern)) * len(_items(items)))
    return [_format(pattern, item) for item in _items(items)]


def _join(separator: Any, *lists: Any) -> str:
    between, texts = text_of(separator), [text_of(item) for item in _concat(*lists)]
    _fits(len(between) * len(texts) + sum(map(len, texts)))
    return between.join(texts)


def _lookup(where: Any, key: Any, *default: Any) -> Any:
    found = _object(where)
    if has_symbol(text_of(key)) or any(map(has_symbol, found)):
        raise NotKnownError("which member is not known")
    if key not in found and not default:
        raise NotKnownError("no such member")
    return found.get(key, *default)


def _element(value: Any, index: Any) -> Any:
    items = _items(value)
    if (
        not items
        or isinstance(index, bool)
        or not isinstance(index, int)
        or index < 0
        or any(isinstance(item, str) and has_symbol(item) for item in items)
    ):
        raise NotKnownError("which item is not known")
    return items[index % len(items)]


def _compact(value: Any) -> list[Any]:
    return [item for item in _items(value) if item not in (None, "")]


def _coalesce(*values: Any) -> Any:
    for value in values:
        if isinstance(value, str) and has_symbol(value):
            raise NotKnownError("it is not known which value is the first")
        if value not in (None, ""):
            return value
    raise NotKnownError("no value")


def _jsondecode(text: Any) -> Any:
    try:
        return json.loads(text_of(text))
    except (ValueError, RecursionError) as error:
        raise NotKnownError("no JSON") from error


def _replace(text: Any, old: Any, new: Any) -> str:
    old = text_of(old)
    if old[:1] == old[-1:] == "/" and len(old) > 1:
        raise NotKnownError("a regular expression is not worked out")
    _fits(len(text_of(text)) + text_of(text).count(old) * len(text_of(new)))
    return text_of(text).replace(old, text_of(new))


def _length(value: Any) -> int:
    if isinstance(value, (list, dict)) or (isinstance(value, str) and value.isascii()):
        return len(value)
    raise NotKnownError("no length")


def _setproduct(*lists: Any) -> list[Any]:
    found: list[list[Any]] = [[]]
    for one in lists:
        if len(found) * len(_items(one)) * len(lists) > MAX_ITEMS:
            raise NotKnownError("too large")
        found = [[*start, item] for start in found for item in _items(one)]
    return found


def _zipmap(keys: Any, values: Any) -> dict[str, Any]:
    names = [text_of(key) for key in _items(keys)]
    if len(names) != len(_items(values)):
        raise NotKnownError("not as many values as keys")
    return dict(zip(names, _items(values), strict=False))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "chomp": _known(lambda text: text_of(text).rstrip("\r\n")),
    "coalesce": _coalesce,
    "compact": _compact,
    "concat": _concat,
    "contains": _known(lambda items, item: any(is_equal(item, one) for one in _items(items))),
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "format": _format,
    "formatlist": _known(_formatlist),
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": encode_json,
    "keys": _known(lambda value: sorted(_object(value))),
    "length": _known(_length),
    "lookup": _lookup,
    "lower": _known(lambda text: text_of(text).lower()),
    "merge": _merge,
    "nonsensitive": lambda value: value,
    "one": _known(_one),
    "replace": _known(_replace),
    "reverse": lambda items: list(reversed(_items(items))),
    "sensitive": lambda value: value,
    "setproduct": _known(_setproduct),
    "setunion": lambda *lists: to_set(_concat(*lists)),
    "sort": lambda items: sorted(map(text_of, _items(items))),
    "split": _known(lambda separator, text: text_of(text).split(text_of(separator))),
    "tobool": _known(lambda value: {"true": True, "false": False}.get(value, value)),
    "tolist": _items,
    "tomap": _object,
    "toset": to_set,
    "tostring": lambda value: None if value is None else text_of(value),
    "trimprefix": _known(lambda text, start: text_of(text).removeprefix(text_of(start))),
    "trimspace": _known(lambda text: text_of(text).strip()),
    "trimsuffix": _known(lambda text, end: text_of(text).removesuffix(text_of(end))),
    "upper": _known(lambda text: text_of(text).upper()),
    "values": _known(lambda value: [_object(value)[key] for key in sorted(_object(value))]),
    "zipmap": _known(_zipmap),
}
"""Name → what works it out; it raises NotKnownError where it can't."""
