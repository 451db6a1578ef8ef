"""CloudFormation's intrinsic functions: each is a value, resolved where the template says it, else a symbol.

One resolver works in one case of conditions: the same condition is taken the same way throughout, and a parameter
that a condition compares has the value that the case gives it. What is defined elsewhere (a resource's ARN, an
export, a dynamic reference) is a symbol that is defined by everything that decides the value.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from collections.abc import Mapping
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.conditions import Conditions, outcome
from tracker.inputs.cloudformation.functions import (
    FUNCTIONS,
    NO_VALUE,
    ListSymbol,
    definable,
    plain_text,
    short_name,
)
from tracker.inputs.cloudformation.identifiers import deciding_properties
from tracker.inputs.cloudformation.nested import nested_digest
from tracker.inputs.cloudformation.template import Template, definition_text, function_of
from tracker.inputs.model import digest_of
from tracker.policy.symbols import has_symbol, printable, symbol

__all__ = ["NO_VALUE", "ListSymbol", "Resolver", "conditions_of", "plain_text"]


MAX_STEPS = 1_000_000
"""Values that one resolver looks at."""
MAX_CHARACTERS = 32 * 1024 * 1024
"""Characters that one resolver puts together."""
_PSEUDO = "AWS::"
_LISTS = ("Fn::Cidr", "Fn::GetAZs")
"""Functions whose values are lists of unknown length."""
_DYNAMIC = re.compile(r"\{\{resolve:.*?\}\}", re.DOTALL)
_SSM = "AWS::SSM::Parameter::Value<"
"""Types of parameters whose value is the name of another one, of Systems Manager, which holds the value."""
_LIST_TYPES = ("CommaDelimitedList", "List<", "AWS::SSM::Parameter::Value<List<", "AWS::SSM::Parameter::Value<Comma")


class Resolver:
    """Gives the value of anything in a template, in one case."""

    def __init__(
        self, template: Template, conditions: Conditions, case: Mapping[str, bool], *, defaults: bool = True
    ) -> None:
        """Make a resolver.

        Args:
            template: what is resolved.
            conditions: its conditions.
            case: how tests turn out.
            defaults: whether a parameter that nobody gave has its default.
        """
        self._template = template
        self._defaults = defaults
        self._case = case
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
            return _DYNAMIC.sub(self._dynamic, value)
        return value

    def outcome(self, name: str) -> bool | None:
        """Return whether a condition holds; None where this case does not decide it."""
        return outcome(self._conditions.formula(name), self._case)

    def _function(self, name: str, argument: Any) -> Any:
        if name in _LISTS:
            return ListSymbol(self._unresolved(name, argument))
        own = {"Ref": self._ref, "Fn::GetAtt": self._get_att, "Fn::If": self._if}.get(name)
        work = FUNCTIONS.get(name)
        found = own(argument) if own else work(self, argument) if work else None
        return self._unresolved(name, argument) if found is None else found

    def _unresolved(self, name: str, argument: Any) -> str:
        given = self._given("export:", self.resolve(argument)) if name == "Fn::ImportValue" else ""
        return symbol(short_name(name, argument), self.definition(argument) + given)

    def _dynamic(self, found: re.Match[str]) -> str:
        """Return the symbol of a reference such as `{{resolve:ssm:/name:1}}`."""
        name = found[0][2:-2]
        parts = name.split(":")
        given = self._given("ssm:", parts[2]) if parts[1:2] == ["ssm"] and len(parts) > 2 else ""  # noqa: PLR2004
        return symbol(name, f"dynamic reference{given}")

    def _given(self, kind: str, name: Any) -> str:
        """Return what decides a value that another file gives by name, where the change touches it."""
        exports = self._template.options.exports
        if isinstance(name, str) and not has_symbol(name):
            return exports.get(f"{kind}{name}", "") + exports.get(kind, "")
        return definition_text({key: value for key, value in exports.items() if key.startswith(kind)} or "")

    def definition(self, value: Any) -> str:
        """Return the text of everything that decides a value."""
        return definition_text(definable(self.resolve(value)))

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
        if kind.startswith(_SSM):
            default_name = self._template.parameters[name].get("Default")
            given = self._given("ssm:", self._template.options.parameters.get(name, default_name))
            narrowed = symbol(name, f"{base}{given}") if given else narrowed
            base = narrowed or base
        value = base if narrowed is None else narrowed
        if not kind.startswith(_LIST_TYPES):
            return value
        return ListSymbol(value) if value == base else [part.strip() for part in value.split(",")]

    def _narrowed(self, base: str, default: str | None) -> str | None:
        """Return what a value is in this case: the one it equals here, its default unless it is not that here."""
        said = self._conditions.equalities_of(base)
        for test, equality in said:
            if self._case.get(test):
                return equality.literal
        excluded = sorted(equality.literal for test, equality in said if self._case.get(test) is False)
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
            content = nested_digest(resource, self._template)
            self._definitions[key] = definition_text([resource.type, self.definition(chosen), content])
            self._open.discard(logical_id)
        return self._definitions[key]

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The template's mappings."""
        return self._template.mappings

    def variable(self, name: str) -> Any:
        """Return the value of a variable of Fn::Sub: of a reference, or of an attribute."""
        return self._get_att(name) if "." in name else self._ref(name)

    def count(self, characters: int) -> None:
        """Count characters that are put together.

        Raises:
            DocumentError: they are too many.
        """
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise DocumentError(f"more than {MAX_CHARACTERS} characters to put together")

    def map_digest(self, name: str) -> str:
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
            return symbol(f"If({argument[0]})", formula + self.definition(argument[1:]))
        return self.resolve(argument[1 if turned else 2])


def conditions_of(template: Template) -> Conditions:
    """Return the conditions of a template; parameters are compared as values that may be given when a stack is made."""
    return Conditions(template, lambda conditions: Resolver(template, conditions, {}, defaults=False).resolve)


_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
