"""What in a template may grant something and is no document: macros, modules, grants of a kind that is not read."""

from collections.abc import Iterator

from msgspec.structs import replace

from tracker.inputs.cloudformation.grants import unread_grants
from tracker.inputs.cloudformation.template import Template, definition_text
from tracker.inputs.model import FileLocation, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import escape_pointer

__all__ = ["unknowns_of"]

_KNOWN_TRANSFORMS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::CodeDeploy", "AWS::SecretsManager-")
"""Transforms of AWS: SAM is read here, the others make no permission that the template does not say."""


def unknowns_of(template: Template, path: str) -> Iterator[tuple[FileLocation, Unknown]]:
    """Yield what may grant something and is no document, with where it stands in a file."""
    yield from _grants(template, path)
    yield from _macros(template, path)
    yield from _included(template, path)


def _grants(template: Template, path: str) -> Iterator[tuple[FileLocation, Unknown]]:
    for resource in template.resources.values():
        for grant in unread_grants(resource):
            definition = [grant.definition]
            if _has_function(definition_text(grant.definition)):
                definition += [template.parameters, template.mappings, template.sections.get("Conditions")]
                definition.append(dict(template.options.parameters))
            reason = f"{resource.logical_id} ({resource.type}): {grant.what}"
            location, unknown = _unknown(path, resource.pointer, UnknownKind.NOT_LOOKED_AT, reason, definition)
            yield location, replace(unknown, only_allows=grant.only_allows)


def _has_function(text: str) -> bool:
    return '"Ref"' in text or '"Fn::' in text


def _macros(template: Template, path: str) -> Iterator[tuple[FileLocation, Unknown]]:
    section = template.sections.get("Transform")
    for name in section if isinstance(section, list) else [section]:
        if name is not None and not str(name).startswith(_KNOWN_TRANSFORMS):
            shown = name if isinstance(name, str) else definition_text(name)
            reason = f"the macro {shown} rewrites the template"
            yield _unknown(path, "/Transform", UnknownKind.UNRESOLVED, reason, template.sections)


def _included(template: Template, path: str) -> Iterator[tuple[FileLocation, Unknown]]:
    """Yield what stands among the resources and is none: `Fn::Transform`, or a shape of its own."""
    section = template.sections.get("Resources")
    for name, raw in section.items() if isinstance(section, dict) else [("", section)]:
        is_resource = isinstance(raw, dict) and isinstance(raw.get("Type"), str) and not name.startswith("Fn::")
        if raw is not None and not is_resource:
            pointer = f"/Resources/{escape_pointer(name)}" if name else "/Resources"
            yield _unknown(path, pointer, UnknownKind.UNRESOLVED, f"{name or 'Resources'} is not resolved", raw)


def _unknown(
    path: str, pointer: str, kind: UnknownKind, reason: str, definition: object
) -> tuple[FileLocation, Unknown]:
    return FileLocation(path, pointer), Unknown(kind, reason, digest=digest_of(definition_text(definition)))
