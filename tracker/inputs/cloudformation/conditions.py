"""The conditions of a CloudFormation template: formulas of tests, and how they turn out in a case.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.template import Template, definition_text, function_of
from tracker.policy.symbols import has_symbol, symbol, symbols_in

__all__ = ["Conditions", "Equality", "Formula", "outcome", "tests_in"]


_UNDECIDING = frozenset(("Description", "ConstraintDescription", "NoEcho"))
"""Members of a parameter's definition that decide nothing about its value."""
_CDK_ASSET_BUCKET = re.compile(r"AssetParameters[0-9a-f]{64}S3Bucket[0-9A-F]{8}\Z")
"""A parameter of CDK's old assets: its name changes with the asset's content, the bucket is that of the account."""
_SSM = "AWS::SSM::Parameter::Value<"


class Formula(Struct, frozen=True):
    """A condition: a test, a joint of formulas, or the opposite of one."""

    kind: str
    """`test`, `Fn::And`, `Fn::Or`, `Fn::Not`, `true` or `false`."""
    test: str = ""
    """The test's name, for people and for comparing: `⟨Env⟩ = prod`."""
    parts: tuple["Formula", ...] = ()
    """What is joined."""


class Equality(Struct, frozen=True):
    """A test that compares a value that is not known with one that is."""

    value: str
    """The symbol."""
    literal: str
    """The text that it may be."""


_CONSTANTS = {True: Formula("true"), False: Formula("false")}


def _read_formula(
    expression: Any,
    named: Callable[[str], Formula],
    resolve: Callable[[Any], Any],
    equalities: dict[str, Equality],
) -> Formula:
    """Return the formula of a condition's definition.

    Args:
        expression: what the template says.
        named: gives the formula of another condition.
        resolve: gives the value of an operand, symbols where it is not known.
        equalities: tests that were met, by name; those of this formula are added.
    """
    if isinstance(expression, dict) and expression.keys() == {"Condition"} and isinstance(expression["Condition"], str):
        return named(expression["Condition"])
    name, argument = function_of(expression) or ("", None)
    parts = argument if isinstance(argument, list) else [argument]
    if name in ("Fn::And", "Fn::Or", "Fn::Not") and (name != "Fn::Not" or len(parts) == 1):
        return Formula(name, parts=tuple(_read_formula(part, named, resolve, equalities) for part in parts))
    if name == "Fn::Equals" and len(parts) == 2:  # noqa: PLR2004 - its two operands
        return _equal(resolve(parts[0]), resolve(parts[1]), equalities)
    return Formula("test", f"a condition that is not read: {definition_text(expression)}")


def _equal(left: Any, right: Any, equalities: dict[str, Equality]) -> Formula:
    one, other = _text(left), _text(right)
    if one == other:
        return _CONSTANTS[True]
    if not has_symbol(one) and not has_symbol(other):
        return _CONSTANTS[False]
    one, other = sorted((one, other), key=lambda text: (not has_symbol(text), text))
    test = f"{one} = {other}"
    if symbols_in(one) == {one} and not has_symbol(other):
        equalities[test] = Equality(one, other)
    return Formula("test", test)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else definition_text(value)


def tests_in(formula: Formula) -> Iterator[str]:
    """Yield the names of the tests that a formula rests on."""
    if formula.kind == "test":
        yield formula.test
    for part in formula.parts:
        yield from tests_in(part)


def outcome(formula: Formula, case: Mapping[str, bool]) -> bool | None:
    """Return whether a condition holds in a case; None where the case does not decide it."""
    if formula.kind == "test":
        return case.get(formula.test)
    if not formula.parts:
        return formula.kind == "true"
    answers = [outcome(part, case) for part in formula.parts]
    if formula.kind == "Fn::Not":
        return None if answers[0] is None else not answers[0]
    deciding = formula.kind == "Fn::Or"
    if deciding in answers:
        return deciding
    return None if None in answers else not deciding


class Conditions:
    """The conditions of one template, and what they say about its parameters."""

    def __init__(self, template: Template, resolver: Callable[["Conditions"], Callable[[Any], Any]]) -> None:
        """Make them.

        Args:
            template: the template.
            resolver: gives what resolves an operand of a comparison.
        """
        self._template = template
        self._resolve = resolver(self)
        self._formulas: dict[str, Formula] = {}
        self._equalities: dict[str, Equality] = {}
        self._said: dict[str, list[tuple[str, Equality]]] = {}
        """The same by symbol, made when it is asked for."""
        self._allowed: dict[str, tuple[str, ...]] = {}
        for name in template.conditions:
            self.formula(name)

    def formula(self, name: str) -> Formula:
        """Return the formula of a condition; one that is not defined may turn out either way."""
        if name not in self._formulas:
            self._formulas[name] = Formula("test", name)
            if name in self._template.conditions:
                read = _read_formula(self._template.conditions[name], self.formula, self._resolve, self._equalities)
                self._formulas[name] = read
        return self._formulas[name]

    def is_possible(self, case: Mapping[str, bool]) -> bool:
        """Return whether a case contradicts itself: a parameter has one value, and one of those it may have."""
        for value in {self._equalities[test].value for test in case if test in self._equalities}:
            said = [one for one in self.equalities_of(value) if one[0] in case]
            true = [one.literal for test, one in said if case.get(test)]
            false = {one.literal for test, one in said if case.get(test) is False}
            allowed = self._allowed.get(value)
            if len(true) > 1 or (allowed and (not set(true) <= set(allowed) or set(allowed) <= false)):
                return False
        return True

    def equalities_of(self, value: str) -> list[tuple[str, Equality]]:
        """Return the tests that compare a symbol with a text."""
        if sum(map(len, self._said.values())) != len(self._equalities):
            self._said = {}
            for test, one in self._equalities.items():
                self._said.setdefault(one.value, []).append((test, one))
        return self._said.get(value, [])

    def allowed(self, value: str) -> tuple[str, ...]:
        """Return the values that a parameter may have, by its symbol; empty for any."""
        return self._allowed.get(value, ())

    def parameter(self, name: str) -> str:
        """Return the symbol of a parameter's value."""
        if _CDK_ASSET_BUCKET.match(name):
            return symbol("AssetBucket", "the bucket of CDK's assets")
        definition = self._template.parameters[name]
        deciding = {key: value for key, value in definition.items() if key not in _UNDECIDING}
        base = symbol(name, definition_text([deciding, self._template.options.parameters.get(name)]))
        allowed = deciding.get("AllowedValues")
        if isinstance(allowed, list):
            self._allowed[base] = tuple(map(_text, allowed))
        return base

    def known_parameter(self, name: str) -> str | None:
        """Return the value that was given for a parameter; None for none, or if it only names where the value is."""
        return None if self._is_reference(name) else self._template.options.parameters.get(name)

    def default(self, name: str) -> str | None:
        """Return a parameter's default; None for none, or if it only names where the value is."""
        found = self._template.parameters[name].get("Default")
        return None if found is None or self._is_reference(name) else _text(found)

    def _is_reference(self, name: str) -> bool:
        return str(self._template.parameters[name].get("Type")).startswith(_SSM)
