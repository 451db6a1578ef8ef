"""Values that one template gives and others take by name: exports of outputs, and parameters of Systems Manager."""

from collections.abc import Mapping
from typing import Any

from tracker.inputs.cloudformation.intrinsics import Resolver, conditions_of
from tracker.inputs.cloudformation.template import Template, definition_text, template_of
from tracker.inputs.model import ReadOptions, digest_of
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.policy.symbols import has_symbol

__all__ = ["TAKING", "exports_in", "may_export"]

TAKING = (b"ImportValue", b"{{resolve:ssm", b"AWS::SSM::Parameter::Value")
"""Texts without one of which a template takes no value by name."""
_PARAMETER = "AWS::SSM::Parameter"


def may_export(data: bytes) -> bool:
    """Return whether a file may be a template that gives values by name."""
    return b"Export" in data or _PARAMETER.encode() in data


def exports_in(parsed: ParsedFile, options: ReadOptions) -> dict[str, str]:
    """Return what a template gives: `export:NAME` or `ssm:NAME` -> the hash of all that decides the value.

    What has a name that is not known stands under `export:` or `ssm:` alone.

    Raises:
        DocumentError: it is nested too deep.
    """
    if not isinstance(parsed.value, dict):
        return {}
    template = template_of(parsed.value, options, path=parsed.path)
    resolver = Resolver(template, conditions_of(template), {})
    found: dict[str, str] = {}
    for kind, name, value in _given(template):
        known = resolver.resolve(name)
        key = f"{kind}{known}" if isinstance(known, str) and not has_symbol(known) else kind
        found[key] = digest_of(f"{found.get(key, '')}{definition_text([known, resolver.resolve(value)])}")
    return found


def _given(template: Template) -> list[tuple[str, Any, Any]]:
    outputs = template.sections.get("Outputs")
    found = []
    for output in outputs.values() if isinstance(outputs, Mapping) else ():
        export = output.get("Export") if isinstance(output, Mapping) else None
        if isinstance(export, Mapping):
            found.append(("export:", export.get("Name"), [output.get("Value"), output.get("Condition")]))
    stored = (one.properties for one in template.resources.values() if one.type == _PARAMETER)
    return [*found, *(("ssm:", one.get("Name"), one.get("Value")) for one in stored)]
