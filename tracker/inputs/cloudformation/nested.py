"""Templates that a template takes in: nested stacks and applications, read with the parameters that they are given."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.template import Resource, Template, definition_text
from tracker.inputs.model import (
    Attachment,
    Case,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    ReadOptions,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.inputs.references import local_path
from tracker.inputs.syntax.parsing import ParsedFile, parse_file, parse_text

__all__ = ["BODY", "OtherFiles", "in_case", "nested_contents", "nested_digest", "nested_reference"]

_REFERENCES = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::CloudFormation::StackSet": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
BODY = "TemplateBody"
"""The property that holds a template itself, as text."""
_ASSET = "aws:asset:path"
MAX_NESTED = 200
"""Templates that are read within one."""

Reader = Callable[[ParsedFile, ReadOptions], Contents]


class OtherFiles(Mapping[str, bytes]):
    """The files beside a template: without itself, so that it is not read within itself, and not endlessly many."""

    def __init__(self, files: Mapping[str, bytes], path: str) -> None:
        """Take the files of a tree, or those beside the template that takes in this one."""
        self._files, self._path = files, path
        self.reads: Iterator[int] = files.reads if isinstance(files, OtherFiles) else count(1)

    def __getitem__(self, path: str) -> bytes:
        if path == self._path:
            raise KeyError(path)
        data = self._files[path]
        if not isinstance(self._files, OtherFiles) and next(self.reads) > MAX_NESTED:
            raise DocumentError(f"more than {MAX_NESTED} templates within one")
        return data

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._files if path != self._path)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def nested_reference(resource: Resource) -> Any:
    """Return what a resource says of the template that it takes in; None if it takes in none."""
    member = _REFERENCES.get(resource.type)
    if member is None:
        return None
    metadata = resource.rest.get("Metadata")
    asset = metadata.get(_ASSET) if isinstance(metadata, dict) else None
    return asset or resource.properties.get(member) or ""


def nested_digest(resource: Resource, template: Template) -> str:
    """Return the digest of the template that a resource takes in, which decides its outputs; empty for none at hand."""
    reference = nested_reference(resource)
    file = local_path(template.path, reference) if isinstance(reference, str) else None
    data = template.options.files.get(file) if file else None
    return digest_of(data) if data is not None else ""


def nested_contents(
    resource: Resource, path: str, parameters: Mapping[str, str], options: ReadOptions, read: Reader
) -> Contents:
    """Return what the template holds that a resource takes in, named after the resource and located at it.

    Args:
        resource: the nested stack or application.
        path: of the template that has it.
        parameters: what it is given, by name.
        options: with the files beside it.
        read: reads a template.
    """
    reference = nested_reference(resource)
    file = local_path(path, reference) if isinstance(reference, str) else None
    location = FileLocation(path, resource.pointer)
    body = resource.properties.get(BODY)
    if body is not None:
        return _of_body(resource, body, location, replace(options, parameters=parameters), read)
    try:
        data = options.files.get(file) if file else None
        if file is None or data is None:
            return _unread(resource, parameters, location, "is not at hand")
        inner = replace(options, parameters=parameters, files=OtherFiles(options.files, file))
        found = read(parse_file(file, data), inner)
    except DocumentError as error:
        return _unread(resource, parameters, location, f"can't be read ({error})")
    return _named(found, resource.logical_id, location)


def _of_body(resource: Resource, body: Any, location: FileLocation, options: ReadOptions, read: Reader) -> Contents:
    """Return what a template holds that stands as text in a property."""
    try:
        return _named(read(_template_in(body, location.path), options), resource.logical_id, location)
    except DocumentError as error:
        reason = f"the template in {resource.logical_id} can't be read ({error})"
        digest = digest_of(definition_text([resource.type, body, dict(options.parameters)]))
        return Contents(unknowns=((location, Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest)),))


def _template_in(body: Any, path: str) -> ParsedFile:
    if not isinstance(body, str):
        raise DocumentError("its text is put together")
    parsed = parse_text(path, body)
    if not isinstance(parsed.value, dict) or "Resources" not in parsed.value:
        raise DocumentError("no template")
    return parsed


def _unread(resource: Resource, parameters: Mapping[str, str], location: FileLocation, fault: str) -> Contents:
    reason = f"the template that {resource.logical_id} takes in {fault}"
    digest = digest_of(definition_text([resource.type, nested_reference(resource), dict(parameters), fault]))
    return Contents(unknowns=((location, Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest)),))


def _named(found: Contents, name: str, location: FileLocation) -> Contents:
    own = {document.identity for document in found.documents}
    return Contents(
        tuple(_document(one, name, location) for one in found.documents),
        tuple(_attachment(one, name, location, own) for one in found.attachments),
        tuple((location, unknown) for _, unknown in found.unknowns),
        found.counted,
        tuple(_held_role(one, name, location, found.roles) for one in found.held_roles),
        tuple(replace(one, owner=f"{name}/{one.owner}", location=location) for one in found.safeguards),
        {f"{name}/{role}": principal and f"{name}/{principal}" for role, principal in found.roles.items()},
        frozenset(f"{name}/{one}" for one in found.declared),
    )


def _held_role(one: HeldRole, name: str, location: FileLocation, own: Mapping[str, str]) -> HeldRole:
    role = f"{name}/{one.role}" if one.role in own else one.role
    return replace(one, holder=f"{name}/{one.holder}", role=role, location=location)


def _document(one: LoadedDocument, name: str, location: FileLocation) -> LoadedDocument:
    principal = f"{name}/{one.principal}" if one.principal else ""
    identity = f"{name}/{one.identity}"
    return replace(one, identity=identity, principal=principal, location=location, statement_pointers=())


def _attachment(one: Attachment, name: str, location: FileLocation, own: set[str]) -> Attachment:
    policy = f"{name}/{one.policy}" if one.policy in own else one.policy
    return replace(one, principal=f"{name}/{one.principal}", policy=policy, location=location)


def in_case(found: Contents, case: Case) -> Contents:
    """Return what exists in a case only: a nested stack that is made under a condition."""

    def joined(condition: Case) -> Case:
        return tuple(sorted({**dict(condition), **dict(case)}.items()))

    return replace(
        found,
        documents=tuple(replace(one, condition=joined(one.condition)) for one in found.documents),
        attachments=tuple(replace(one, condition=joined(one.condition)) for one in found.attachments),
        held_roles=tuple(replace(one, condition=joined(one.condition)) for one in found.held_roles),
    )
