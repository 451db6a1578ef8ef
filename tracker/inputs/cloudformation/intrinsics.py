"""CloudFormation's intrinsic functions: each is a value, resolved where the template says it, else a symbol.

One resolver works in one world of conditions: the same condition is taken the same way throughout, and a parameter
that a condition compares has the value that the world gives it. What is defined elsewhere (a resource's ARN, an
export, a dynamic reference) is a symbol that is defined by everything that decides the value.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.conditions import Conditions, outcome
from tracker.inputs.cloudformation.identifiers import deciding_properties
from tracker.inputs.cloudformation.template import Template, definition_text, function_of
from tracker.inputs.model import digest_of
from tracker.policy.symbols import has_symbol, printable, symbol

__all__ = ["NO_VALUE", "ListSymbol", "Resolver", "conditions_of", "plain_text"]


class _NoValue:
    """The type of NO_VALUE."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE = _NoValue()
"""`AWS::NoValue`: the member or the item is left out."""
MAX_STEPS = 1_000_000
"""Values that one resolver looks at."""
MAX_CHARACTERS = 32 * 1024 * 1024
"""Characters that one resolver puts together."""
_PSEUDO = "AWS::"
_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:.*?\}\}", re.DOTALL)
_LIST_TYPES = ("CommaDelimitedList", "List<", "AWS::SSM::Parameter::Value<List<", "AWS::SSM::Parameter::Value<Comma")


class ListSymbol(str):
    """A symbol for a list of which not even the length is known."""

    __slots__ = ()


class Resolver:
    """Gives the value of anything in a template, in one world."""

    def __init__(
        self, template: Template, conditions: Conditions, world: Mapping[str, bool], *, defaults: bool = True
    ) -> None:
        """Make a resolver.

        Args:
            template: what is resolved.
            conditions: its conditions.
            world: how tests turn out.
            defaults: whether a parameter that nobody gave has its default.
        """
        self._template = template
        self._defaults = defaults
        self._world = world
        self._conditions = conditions
        self._definitions: dict[tuple[str, bool], str] = {}
        self._open: set[str] = set()
        self._steps = 0
        self._characters = 0
        self._maps: dict[str, str] = {}

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions: JSON with symbols inside its strings, or NO_VALUE.

        Raises:
            DocumentError: there is too much to resolve.
        """
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise DocumentError(f"more than {MAX_STEPS} values to resolve")
        found = function_of(value)
        if found:
            return self._function(*found)
        if isinstance(value, dict):
            if any(key.startswith("Fn::") for key in value):
                return self._unresolved("Fn::Transform", [[key, member] for key, member in value.items()])
            members = {key: self.resolve(member) for key, member in value.items()}
            return {key: member for key, member in members.items() if member is not NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if isinstance(value, str) and "{{resolve:" in value:
            return _DYNAMIC.sub(lambda found: symbol(found[0][2:-2], "dynamic reference"), value)
        return value

    def outcome(self, name: str) -> bool | None:
        """Tell how a condition turns out; None where this world does not say."""
        return outcome(self._conditions.formula(name), self._world)

    def _function(self, name: str, argument: Any) -> Any:
        work = self.FUNCTIONS.get(name)
        found = None if work is None else work(self, argument)
        return self._unresolved(name, argument) if found is None else found

    def _unresolved(self, name: str, argument: Any) -> str:
        return symbol(_short(name, argument), self._definition(argument))

    def _definition(self, value: Any) -> str:
        """Return the text of everything that decides a value."""
        return definition_text(_plain(self.resolve(value)))

    # --- one method a function: the value, or None where it is not known -------------------------------------------

    def _ref(self, name: Any) -> Any:
        if not isinstance(name, str):
            return None
        if name == "AWS::NoValue":
            return NO_VALUE
        if name.startswith(_PSEUDO):
            return self._pseudo(name)
        if name in self._template.parameters:
            return self._parameter(name)
        return self._attribute(name, "")

    def _pseudo(self, name: str) -> str:
        options = self._template.options
        known = {
            "AWS::Region": options.region,
            "AWS::AccountId": options.account,
            "AWS::Partition": options.partition,
            "AWS::URLSuffix": _SUFFIXES.get(options.partition or ""),
        }
        base = symbol(name, "pseudo parameter")
        value = known.get(name) or self._narrowed(base, None) or base
        return ListSymbol(value) if name == "AWS::NotificationARNs" else value

    def _parameter(self, name: str) -> Any:
        base = self._conditions.parameter(name)
        known = self._conditions.known_parameter(name)
        kind = str(self._template.parameters[name].get("Type") or "String")
        default = self._conditions.default(name) if self._defaults else None
        narrowed = self._narrowed(base, default) if known is None else known
        value = base if narrowed is None else narrowed
        if not kind.startswith(_LIST_TYPES):
            return value
        return ListSymbol(value) if value == base else [part.strip() for part in value.split(",")]

    def _narrowed(self, base: str, default: str | None) -> str | None:
        """Return what a value is in this world: the one it equals here, its default unless it is not that here."""
        said = self._conditions.equalities_of(base)
        for test, equality in said:
            if self._world.get(test):
                return equality.literal
        excluded = sorted(equality.literal for test, equality in said if self._world.get(test) is False)
        left = [text for text in self._conditions.allowed(base) if text not in excluded]
        if default is not None and default not in excluded:
            return default
        if len(left) == 1:
            return left[0]
        return symbol(printable(base).strip("⟨⟩"), f"{base} is none of {excluded}") if excluded else None

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):  # noqa: PLR2004
            return None
        attribute = self.resolve(parts[1]) if len(parts) == 2 else ".".join(map(str, parts[1:]))  # noqa: PLR2004
        return self._attribute(parts[0], attribute) if isinstance(attribute, str) else None

    def _attribute(self, logical_id: str, attribute: str) -> str:
        name = f"{logical_id}.{attribute}" if attribute else logical_id
        return symbol(printable(name), f"{name} {self._defined(logical_id, attribute)}")

    def _defined(self, logical_id: str, attribute: str) -> str:
        """Return what decides an attribute of a resource: its type, and the properties that name it, or all."""
        resource = self._template.resources.get(logical_id)
        if resource is None:
            return "not in this template"
        names = deciding_properties(resource.type, attribute)
        key = (logical_id, names is None)
        if logical_id in self._open:
            return "itself"
        if key not in self._definitions:
            self._open.add(logical_id)
            chosen = {name: value for name, value in resource.properties.items() if names is None or name in names}
            self._definitions[key] = definition_text([resource.type, self._definition(chosen)])
            self._open.discard(logical_id)
        return self._definitions[key]

    def _sub(self, argument: Any) -> Any:
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
                    known[name] = plain_text(self.resolve(given[name]))
                return known[name]
            value = self._get_att(name) if "." in name else self._ref(name)
            return plain_text(value)

        return self.resolve(_VARIABLE.sub(lambda found: self._counted(filled(found)), text))

    def _counted(self, text: str) -> str:
        self._count(len(text))
        return text

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise DocumentError(f"more than {MAX_CHARACTERS} characters to put together")

    def _join(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
            return None
        delimiter, items = self.resolve(argument[0]), self.resolve(argument[1])
        if not isinstance(delimiter, str) or not isinstance(items, list):
            return None
        if any(isinstance(item, ListSymbol | dict | list) for item in items):
            return None
        texts = list(map(plain_text, items))
        self._count(len(delimiter) * len(texts) + sum(map(len, texts)))
        return self.resolve(delimiter.join(texts))

    def _select(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
            return None
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if not isinstance(items, list) or not str(index).isdecimal() or int(index) >= len(items):
            return None
        return None if any(isinstance(item, ListSymbol) for item in items) else items[int(index)]

    def _split(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:  # noqa: PLR2004
            return None
        delimiter, text = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(text, str) and isinstance(delimiter, str) and delimiter and not has_symbol(text + delimiter):
            return text.split(delimiter)
        return ListSymbol(symbol(_short("Fn::Split", argument), definition_text([delimiter, _plain(text)])))

    def _find_in_map(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) < 3:  # noqa: PLR2004
            return None
        name, *keys = (self.resolve(part) for part in argument[:3])
        table = self._template.mappings.get(name) if isinstance(name, str) else None
        default = argument[3].get("DefaultValue") if len(argument) > 3 and isinstance(argument[3], dict) else None  # noqa: PLR2004
        if all(isinstance(key, str) and not has_symbol(key) for key in keys):
            first = table.get(keys[0]) if isinstance(table, dict) else None
            found = first.get(keys[1]) if isinstance(first, dict) else None
            if found is not None or default is not None:
                return self.resolve(default if found is None else found)
        whole = self._map("" if table is None else str(name))
        return symbol(_short("Fn::FindInMap", argument), definition_text([whole, keys, self._definition(default)]))

    def _map(self, name: str) -> str:
        """Return the digest of a mapping; of all of them where none is named."""
        if name not in self._maps:
            found = self._template.mappings.get(name, self._template.mappings)
            self._maps[name] = digest_of(definition_text(found))
        return self._maps[name]

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):  # noqa: PLR2004
            return None
        turned = self.outcome(argument[0])
        if turned is None:
            formula = repr(self._conditions.formula(argument[0]))
            return symbol(f"If({argument[0]})", formula + self._definition(argument[1:]))
        return self.resolve(argument[1 if turned else 2])

    def _base64(self, argument: Any) -> Any:
        text = self.resolve(argument)
        plain = isinstance(text, str) and not has_symbol(text)
        return b64encode(text.encode()).decode() if plain else None

    def _length(self, argument: Any) -> Any:
        items = self.resolve(argument)
        known = isinstance(items, list) and not any(isinstance(item, ListSymbol) for item in items)
        return str(len(items)) if known else None

    def _to_json(self, argument: Any) -> Any:
        value = self.resolve(argument)
        return None if value is NO_VALUE else definition_text(value)

    def _zones(self, argument: Any) -> ListSymbol:
        return ListSymbol(self._unresolved("Fn::GetAZs", argument))

    def _networks(self, argument: Any) -> ListSymbol:
        return ListSymbol(self._unresolved("Fn::Cidr", argument))

    FUNCTIONS: ClassVar[Mapping[str, Callable[["Resolver", Any], Any]]] = {
        "Ref": _ref,
        "Fn::Base64": _base64,
        "Fn::Cidr": _networks,
        "Fn::FindInMap": _find_in_map,
        "Fn::GetAZs": _zones,
        "Fn::GetAtt": _get_att,
        "Fn::If": _if,
        "Fn::Join": _join,
        "Fn::Length": _length,
        "Fn::Select": _select,
        "Fn::Split": _split,
        "Fn::Sub": _sub,
        "Fn::ToJsonString": _to_json,
    }


def conditions_of(template: Template) -> Conditions:
    """Return the conditions of a template; parameters are compared as values that may be given when a stack is made."""
    return Conditions(template, lambda conditions: Resolver(template, conditions, {}, defaults=False).resolve)


def plain_text(value: Any) -> str:
    """Return a resolved value as it stands in a text."""
    if value is NO_VALUE:
        return ""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else definition_text(value)


def _plain(value: Any) -> Any:
    return None if value is NO_VALUE else value


def _short(name: str, argument: Any) -> str:
    """Return what people call a function's value: `ImportValue(network-vpc)`."""
    function = name.removeprefix("Fn::")
    first = next(
        (part for part in (argument if isinstance(argument, list) else [argument]) if isinstance(part, str)), ""
    )
    return f"{function}({first})" if first else function


_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
