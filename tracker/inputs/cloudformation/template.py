"""A CloudFormation template as values: its sections, and what stands in for `!Ref` and the other short forms."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.for_each import LOOP, with_loops_expanded
from tracker.inputs.model import ReadOptions
from tracker.inputs.syntax.parsing import Tagged, escape_pointer
from tracker.policy.model import Json

__all__ = ["Resource", "ShortForm", "Template", "definition_text", "function_of", "long_form", "template_of"]

_BARE_NAMES = frozenset(("Ref", "Condition"))


class Resource(Struct, frozen=True):
    """One resource of a template."""

    logical_id: str
    """Its key under `Resources`."""
    type: str
    """Such as `AWS::IAM::Role`; empty where the template says none."""
    properties: Json
    """Its properties, not yet resolved."""
    condition: Any
    """The condition under which it is made: a name, or None for always."""
    pointer: str
    """Where it stands in the file: a JSON Pointer."""
    rest: Json
    """Its other members: `Metadata`, `DeletionPolicy`, …"""
    pointers: Mapping[str, str] = {}
    """Where properties stand that are not under `pointer`/Properties."""

    def pointer_of(self, name: str) -> str:
        """Return where a property stands."""
        return self.pointers.get(name) or f"{self.pointer}/Properties/{escape_pointer(name)}"


class Template(Struct, frozen=True, dict=True):
    """The sections of a template that decide what its policies say."""

    parameters: Mapping[str, Json]
    """The `Parameters` section."""
    mappings: Mapping[str, Any]
    """The `Mappings` section."""
    conditions: Mapping[str, Any]
    """The `Conditions` section."""
    resources: Mapping[str, Resource]
    """By logical id."""
    sections: Mapping[str, Any]
    """All sections, in long form."""
    options: ReadOptions
    """Values that were given for parameters and pseudo parameters."""
    path: str = ""
    """The file's path."""


def template_of(value: Mapping[str, Any], options: ReadOptions, pointer: str = "", path: str = "") -> Template:
    """Return a template that was read from a file.

    Args:
        value: the file's value.
        options: values of parameters and pseudo parameters.
        pointer: where in the file the template stands.
        path: the file's path.
    """
    sections = long_form(value)
    if any(name.startswith(LOOP) for name in _names(sections)):
        sections = with_loops_expanded(
            sections, lambda raw: _collection(raw, _mapping(sections.get("Parameters")), options)
        )
    return Template(
        {name: one for name, one in _mapping(sections.get("Parameters")).items() if isinstance(one, dict)},
        _mapping(sections.get("Mappings")),
        _mapping(sections.get("Conditions")),
        {one.logical_id: one for one in _resources(_mapping(sections.get("Resources")), pointer)},
        sections,
        options,
        path,
    )


def _resources(section: Mapping[str, Any], pointer: str) -> Iterator[Resource]:
    for name, raw in section.items():
        if not isinstance(raw, dict):
            continue
        properties = raw.get("Properties")
        rest = {key: value for key, value in raw.items() if key not in ("Type", "Properties", "Condition")}
        if properties is not None and not isinstance(properties, dict):
            rest["Properties"] = properties
        yield Resource(
            name,
            str(raw.get("Type") or ""),
            _mapping(properties),
            raw.get("Condition"),
            f"{pointer}/Resources/{escape_pointer(name)}",
            rest,
        )


def _names(value: Any) -> Iterator[str]:
    """Yield the keys of all mappings in a value."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _collection(raw: Any, parameters: Mapping[str, Any], options: ReadOptions) -> list[str] | None:
    """Return what a loop runs over; None if the template does not say."""
    name = raw.get("Ref") if isinstance(raw, dict) else None
    if isinstance(name, str):
        given = options.parameters.get(name, _mapping(parameters.get(name)).get("Default"))
        return [part.strip() for part in given.split(",")] if isinstance(given, str) else None
    return raw if isinstance(raw, list) and all(isinstance(one, str) for one in raw) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class ShortForm(dict[str, Any]):
    """An intrinsic function that the file writes in short form: its name is no part of a pointer into the file."""


def long_form(value: Any) -> Any:
    """Return a value in which each short form (`!Ref X`, `!GetAtt A.B`) is the object that it stands for."""
    if isinstance(value, Tagged):
        name = value.tag if value.tag in _BARE_NAMES else f"Fn::{value.tag}"
        return ShortForm({name: long_form(value.value)})
    if isinstance(value, dict):
        return {key: long_form(member) for key, member in value.items()}
    if isinstance(value, list):
        return [long_form(member) for member in value]
    return value


def function_of(value: Any) -> tuple[str, Any] | None:
    """Return name and argument of an intrinsic function; None for any other value."""
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return None


def definition_text(value: Any) -> str:
    """Return a value as text in which the order of members does not show."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr)
