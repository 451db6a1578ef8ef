"""The intrinsic functions of texts, lists and mappings: each gives its value, or None where that is not known."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tracker.inputs.cloudformation.template import definition_text
from tracker.policy.symbols import has_symbol, symbol

__all__ = ["FUNCTIONS", "NO_VALUE", "ListSymbol", "Resolving", "definable", "plain_text", "short_name"]

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")


class _NoValue:
    """The type of NO_VALUE."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE = _NoValue()
"""`AWS::NoValue`: the member or the item is left out."""


class ListSymbol(str):
    """A symbol for a list of which not even the length is known."""

    __slots__ = ()


def plain_text(value: Any) -> str:
    """Return a resolved value as it stands in a text."""
    if value is NO_VALUE:
        return ""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else definition_text(value)


def definable(value: Any) -> Any:
    """Return a value as it stands in a definition."""
    return None if value is NO_VALUE else value


def short_name(name: str, argument: Any) -> str:
    """Return what people call a function's value: `ImportValue(network-vpc)`."""
    function = name.removeprefix("Fn::")
    first = next(
        (part for part in (argument if isinstance(argument, list) else [argument]) if isinstance(part, str)), ""
    )
    return f"{function}({first})" if first else function


class Resolving(Protocol):
    """What the functions need of a resolver."""

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The template's mappings."""

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions."""

    def definition(self, value: Any) -> str:
        """Return the text of everything that decides a value."""

    def variable(self, name: str) -> Any:
        """Return the value of a variable of Fn::Sub: of a reference, or of an attribute."""

    def map_digest(self, name: str) -> str:
        """Return the digest of a mapping."""

    def count(self, characters: int) -> None:
        """Count characters that are put together."""


def sub(resolver: Resolving, argument: Any) -> Any:
    """Fn::Sub: a text with variables; `${!name}` is a literal `${name}`."""
    text, given = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})  # noqa: PLR2004
    if not isinstance(text, str) or not isinstance(given, dict):
        return None

    known: dict[str, str] = {}

    def filled(found: re.Match[str]) -> str:
        name = found[2].strip()
        if found[1]:
            return f"${{{found[2]}}}"
        if name in given:
            if name not in known:
                known[name] = plain_text(resolver.resolve(given[name]))
            return known[name]
        return plain_text(resolver.variable(name))

    def counted(found: re.Match[str]) -> str:
        piece = filled(found)
        resolver.count(len(piece))
        return piece

    return resolver.resolve(_VARIABLE.sub(counted, text))


def join(resolver: Resolving, argument: Any) -> Any:
    """Fn::Join: texts with a delimiter between them."""
    if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
        return None
    delimiter, items = resolver.resolve(argument[0]), resolver.resolve(argument[1])
    if not isinstance(delimiter, str) or not isinstance(items, list):
        return None
    if any(isinstance(item, ListSymbol | dict | list) for item in items):
        return None
    texts = list(map(plain_text, items))
    resolver.count(len(delimiter) * len(texts) + sum(map(len, texts)))
    return resolver.resolve(delimiter.join(texts))


def select(resolver: Resolving, argument: Any) -> Any:
    """Fn::Select: one item of a list."""
    if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
        return None
    index, items = resolver.resolve(argument[0]), resolver.resolve(argument[1])
    if not isinstance(items, list) or not str(index).isdecimal() or int(index) >= len(items):
        return None
    return None if any(isinstance(item, ListSymbol) for item in items) else items[int(index)]


def split(resolver: Resolving, argument: Any) -> Any:
    """Fn::Split: a text cut at a delimiter; a list of unknown length if the text is not known."""
    if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
        return None
    delimiter, text = resolver.resolve(argument[0]), resolver.resolve(argument[1])
    if isinstance(text, str) and isinstance(delimiter, str) and delimiter and not has_symbol(text + delimiter):
        return text.split(delimiter)
    return ListSymbol(symbol(short_name("Fn::Split", argument), definition_text([delimiter, definable(text)])))


def find_in_map(resolver: Resolving, argument: Any) -> Any:
    """Fn::FindInMap: a member of a mapping; a symbol of the whole mapping where a key is not known."""
    if not isinstance(argument, list) or len(argument) < 3:  # noqa: PLR2004
        return None
    name, *keys = (resolver.resolve(part) for part in argument[:3])
    table = resolver.mappings.get(name) if isinstance(name, str) else None
    default = argument[3].get("DefaultValue") if len(argument) > 3 and isinstance(argument[3], dict) else None  # noqa: PLR2004
    if all(isinstance(key, str) and not has_symbol(key) for key in keys):
        first = table.get(keys[0]) if isinstance(table, dict) else None
        found = first.get(keys[1]) if isinstance(first, dict) else None
        if found is not None or default is not None:
            return resolver.resolve(default if found is None else found)
    whole = resolver.map_digest("" if table is None else str(name))
    return symbol(short_name("Fn::FindInMap", argument), definition_text([whole, keys, resolver.definition(default)]))


def base64(resolver: Resolving, argument: Any) -> Any:
    """Fn::Base64."""
    text = resolver.resolve(argument)
    plain = isinstance(text, str) and not has_symbol(text)
    return b64encode(text.encode()).decode() if plain else None


def length(resolver: Resolving, argument: Any) -> Any:
    """Fn::Length: how many items a list has."""
    items = resolver.resolve(argument)
    known = isinstance(items, list) and not any(isinstance(item, ListSymbol) for item in items)
    return str(len(items)) if known else None


def to_json(resolver: Resolving, argument: Any) -> Any:
    """Fn::ToJsonString: a value as JSON text."""
    value = resolver.resolve(argument)
    return None if value is NO_VALUE else definition_text(value)


FUNCTIONS: Mapping[str, Callable[[Resolving, Any], Any]] = {
    "Fn::Base64": base64,
    "Fn::FindInMap": find_in_map,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::Sub": sub,
    "Fn::ToJsonString": to_json,
}
"""By name."""
