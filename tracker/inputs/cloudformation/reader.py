"""CloudFormation templates (SAM's and CDK's among them): documents, attachments, and what is not known.

A document that rests on conditions is given once for each case in which it says something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any

from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.conditions import tests_in
from tracker.inputs.cloudformation.for_each import LOOP
from tracker.inputs.cloudformation.intrinsics import NO_VALUE, ListSymbol, Resolver, conditions_of, plain_text
from tracker.inputs.cloudformation.nested import BODY, OtherFiles, in_case, nested_contents, nested_reference
from tracker.inputs.cloudformation.policy_candidates import (
    INCLUDED,
    CandidateFinder,
    Guards,
    PolicyCandidate,
    arms_of,
    items_of,
)
from tracker.inputs.cloudformation.resolved_document import documents_of
from tracker.inputs.cloudformation.resources import Claim, attached, permission_of, principal_of, target_of
from tracker.inputs.cloudformation.role_holders import RoleClaim, declared_roles, role_claims
from tracker.inputs.cloudformation.safeguards import SAFEGUARDED, safeguards_of
from tracker.inputs.cloudformation.sam import expanded
from tracker.inputs.cloudformation.template import Resource, Template, definition_text, function_of, template_of
from tracker.inputs.cloudformation.unknowns import unknowns_of
from tracker.inputs.condition_cases import cases_of, simplified
from tracker.inputs.leftovers import leftovers
from tracker.inputs.model import (
    Attachment,
    Case,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    ReadOptions,
    Safeguard,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.inputs.syntax.parsing import ParsedFile, escape_pointer
from tracker.policy.symbols import printable

__all__ = ["IS_COMPLETE", "is_template", "read", "read_template", "recognizes"]

IS_COMPLETE = True
"""Policies that no rule reads are reported here, where it is known what was looked at."""

_USED_BY_OTHERS = frozenset(("Conditions", "Description", "Globals", "Mappings", "Parameters", "Transform"))
"""Sections that say nothing by themselves: what they hold is read where it is used."""
_TYPED = "::"
MAX_RESOURCES = 5_000
"""Resources of one template; CloudFormation takes 500."""
MAX_CANDIDATE_VALUES = 300_000
"""Values of one document, in all cases together, where there are several."""
MAX_VALUES = 2_000_000
"""The same of all documents of a template."""


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is a template."""
    return is_template(parsed.value)


def is_template(value: Any) -> bool:
    """Return whether a value is a template: it says so, or it has resources with types such as `AWS::S3::Bucket`."""
    if not isinstance(value, dict):
        return False
    resources = value.get("Resources")
    if "AWSTemplateFormatVersion" in value or not isinstance(resources, dict):
        return "AWSTemplateFormatVersion" in value
    if any(name.startswith("Fn::") for name in resources) or "AWS::" in str(value.get("Transform")):
        return True
    return any(isinstance(one, dict) and _TYPED in str(one.get("Type")) for one in resources.values())


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:
    """Return what a template holds.

    Raises:
        DocumentError: it is nested too deep, or there is too much to look through.
    """
    try:
        if options.files and not isinstance(options.files, OtherFiles):
            options = replace(options, files=OtherFiles(options.files, parsed.path))
        template = expanded(template_of(parsed.value, options, path=parsed.path))
        others = [
            (section, f"/{name}", name)
            for name, section in template.sections.items()
            if name not in _USED_BY_OTHERS and name != "Resources"
        ]
        loops = (name for name in _resource_names(parsed.value) if name.startswith(LOOP))
        looked_at = (*_USED_BY_OTHERS, *(f"Resources/{escape_pointer(name)}" for name in loops))
        return read_template(parsed, template, others, [f"/{name}" for name in looked_at])
    except RecursionError as error:
        raise DocumentError("nested too deep") from error


def _resource_names(value: Mapping[str, Any]) -> list[str]:
    resources = value.get("Resources")
    return list(resources) if isinstance(resources, dict) else []


def read_template(
    parsed: ParsedFile, template: Template, others: Iterable[tuple[Any, str, str]], looked_at: Iterable[str]
) -> Contents:
    """Return what a template holds that was made of a file.

    Args:
        parsed: the file.
        template: the template.
        others: what else is looked through: value, pointer, identity.
        looked_at: pointers of what is read where it is used.

    Raises:
        DocumentError: there is too much to look through.
    """
    return _Reader(parsed, template, looked_at).contents(others)


class _Reader:
    """Reads one template: one class, since each kind of resource needs the template, its values and what was found."""

    def __init__(self, parsed: ParsedFile, template: Template, looked_at: Iterable[str]) -> None:
        self._parsed = parsed
        self._path = parsed.path
        self._looked_at = set(looked_at)
        self._template = template
        self._conditions = conditions_of(self._template)
        self._values = 0
        self._resolvers: dict[Case, Resolver] = {}
        self._everywhere = self._resolver(())
        self._elsewhere = self._texts_elsewhere()
        self._finder = CandidateFinder(self._named, self._text_of)

    def contents(self, others: Iterable[tuple[Any, str, str]]) -> Contents:
        """Return what the template holds, and some values beside it."""
        resources = list(self._template.resources.values())
        if len(resources) > MAX_RESOURCES:
            raise DocumentError(f"more than {MAX_RESOURCES} resources")
        documents = [document for resource in resources for document in self._documents(resource)]
        documents += [
            document
            for one in others
            for candidate in self._finder.find(*one)
            for document in self._read(candidate, "")
        ]
        attachments = [one for resource in resources for one in self._attachments(resource)]
        unknowns = unknowns_of(self._template, self._path)
        roles = declared_roles(self._template)
        held = [one for resource in resources for one in self._held_roles(resource, roles)]
        found = Contents(
            tuple(documents),
            tuple(attachments),
            tuple(unknowns),
            held_roles=tuple(held),
            safeguards=tuple(one for resource in resources for one in self._safeguards(resource)),
            roles=roles,
            declared=frozenset(self._template.resources),
        )
        for resource in resources:
            if nested_reference(resource) is not None:
                found = _together(found, self._nested(resource))
        return replace(found, unknowns=(*found.unknowns, *leftovers(self._parsed, found, self._looked_at)))

    def _nested(self, resource: Resource) -> Contents:
        parameters = _parameters(self._everywhere.resolve(resource.properties.get("Parameters", {})))
        found = nested_contents(resource, self._path, parameters, self._template.options, read)
        if not isinstance(resource.condition, str):
            return found
        cases = self._cases([resource.condition], None)
        if cases is None:
            unknown = _too_many_cases([resource.condition, resource.properties])
            return Contents(unknowns=((FileLocation(self._path, resource.pointer), unknown),))
        holding = [case for case in cases if self._resolver(case).outcome(resource.condition)]
        return reduce(_together, (in_case(found, case) for case in holding), Contents(unknowns=found.unknowns))

    def _variants(self, resource: Resource) -> Iterator[tuple[Resource, Guards]]:
        """Yield a resource with the conditions under which it is; with each of its properties' arms under `Fn::If`."""
        guards: Guards = ((resource.condition, True),) if isinstance(resource.condition, str) else ()
        for arm, pointer, conditions in arms_of(resource.properties, f"{resource.pointer}/Properties", guards):
            if arm is resource.properties:
                yield resource, guards
            elif isinstance(arm, dict) and arm != {"Ref": "AWS::NoValue"}:
                pointers = {name: f"{pointer}/{escape_pointer(name)}" for name in arm}
                yield replace(resource, properties=arm, pointers=pointers), conditions

    def _documents(self, resource: Resource) -> Iterator[LoadedDocument]:
        for variant, guards in self._variants(resource):
            target = target_of(variant)
            put_on = definition_text(self._everywhere.resolve(target)) if target else ""
            for candidate in self._candidates(variant):
                principal = principal_of(variant, candidate.identity, self._named)
                found = self._read(replace(candidate, guards=guards + candidate.guards), principal)
                yield from (replace(one, target=put_on) for one in found)

    def _candidates(self, resource: Resource) -> Iterator[PolicyCandidate]:
        pointer, identity = f"{resource.pointer}/Properties", f"{resource.logical_id}/Properties"
        permission = permission_of(resource)
        if permission is not None:
            yield PolicyCandidate(identity, resource.properties, pointer, is_policy=True, build=permission)
        if function_of(resource.properties) and INCLUDED not in resource.properties:
            yield PolicyCandidate(identity, resource.properties, pointer, is_policy=True)
            return
        for name, member in resource.properties.items():
            if name == BODY and nested_reference(resource) is not None:
                self._looked_at.add(resource.pointer_of(name))
                continue
            value = {name: member} if name == INCLUDED else member
            yield from self._finder.find(value, resource.pointer_of(name), f"{identity}/{name}", name, resource.type)
        yield from self._finder.find(resource.rest, resource.pointer, resource.logical_id, kind=resource.type)

    def _read(self, candidate: PolicyCandidate, principal: str) -> Iterator[LoadedDocument]:
        self._looked_at.add(candidate.pointer)
        cases = self._cases([name for name, _ in candidate.guards], candidate.raw)
        location = FileLocation(self._path, candidate.pointer)
        if cases is None:
            unknown = _too_many_cases([candidate.raw, candidate.guards])
            yield LoadedDocument(candidate.identity, location, None, (unknown,), principal=principal)
            return
        found = {case: self._in_case(candidate, location, case) for case in cases}
        for case, documents in simplified(found).items():
            for document in documents:
                yield replace(document, condition=case, principal=principal)

    def _in_case(self, candidate: PolicyCandidate, location: FileLocation, case: Case) -> tuple[LoadedDocument, ...]:
        resolver = self._resolver(case)
        if not self._holds(candidate.guards, resolver):
            return ()
        value = resolver.resolve(candidate.raw)
        if value is NO_VALUE:
            return ()
        if candidate.build is not None and isinstance(value, dict):
            value = candidate.build(value)
        pointers = self._statement_pointers(candidate, resolver)
        return tuple(
            documents_of(value, candidate.identity, location, is_policy=candidate.is_policy, pointers=pointers)
        )

    def _statement_pointers(self, candidate: PolicyCandidate, resolver: Resolver) -> list[str]:
        """Return where in the file each statement stands that is there in a case."""
        found = []
        for raw, pointer, guards in arms_of(candidate.raw, candidate.pointer, ()):
            if self._holds(guards, resolver):
                is_document = isinstance(raw, dict) and "Statement" in raw
                statements, inside = (raw["Statement"], f"{pointer}/Statement") if is_document else (raw, pointer)
                for item, where, conditions in items_of(statements, inside):
                    if self._holds(conditions, resolver) and item != {"Ref": "AWS::NoValue"}:
                        found.append(where)
        return found

    def _holds(self, guards: Guards, resolver: Resolver) -> bool:
        return all(resolver.outcome(name) is turned for name, turned in guards)

    def _cases(self, names: list[str], raw: Any) -> list[Case] | None:
        """Return the cases of conditions: of those named, and those of each `Fn::If` in a value.

        None where they are too many, or too many for a value of this size.

        Raises:
            DocumentError: there is too much to resolve in the whole template.
        """
        used, size = set(names), 0
        waiting = [raw]
        while waiting:
            item = waiting.pop()
            size += 1
            if isinstance(item, dict):
                argument = item.get("Fn::If")
                if isinstance(argument, list) and argument and isinstance(argument[0], str):
                    used.add(argument[0])
                waiting += item.values()
            elif isinstance(item, list):
                waiting += item
        tests = {test for name in used for test in tests_in(self._conditions.formula(name))}
        cases = cases_of(sorted(tests), self._conditions.is_possible)
        if cases is None or (len(cases) > 1 and len(cases) * size > MAX_CANDIDATE_VALUES):
            return None
        self._values += len(cases) * size
        if self._values > MAX_VALUES:
            raise DocumentError(f"more than {MAX_VALUES} values to resolve")
        return cases

    def _attachments(self, resource: Resource) -> Iterator[Attachment]:
        claims = (
            (claim, guards + claim.guards)
            for variant, guards in self._variants(resource)
            for claim in attached(variant, self._template, self._named)
        )
        for claim, conditions in claims:
            cases = self._cases([name for name, _ in conditions], [claim.principal, claim.policy])
            location = FileLocation(self._path, claim.pointer)
            if cases is None:
                unknown = _too_many_cases(claim.policy)
                yield Attachment(str(claim.principal), "", location, unknown, claim.boundary)
                continue
            found = {case: self._claimed(claim, conditions, location, case) for case in cases}
            for case, attachments in simplified(found).items():
                yield from (replace(one, condition=case, inline=claim.inline) for one in attachments)

    def _claimed(self, claim: Claim, guards: Guards, location: FileLocation, case: Case) -> tuple[Attachment, ...]:
        resolver = self._resolver(case)
        if not self._holds(guards, resolver):
            return ()
        value = resolver.resolve(claim.policy)
        if value is NO_VALUE:
            return ()
        found = []
        for policy in value if isinstance(value, list) else [value]:
            unknown = None
            if not isinstance(policy, str) or isinstance(policy, ListSymbol):
                reason = f"which policies are attached is {printable(plain_text(policy))}"
                unknown = Unknown(UnknownKind.UNRESOLVED, reason, digest=digest_of(definition_text(policy)))
            found.append(Attachment(claim.principal, plain_text(policy), location, unknown, claim.boundary))
        return tuple(found)

    def _held_roles(self, resource: Resource, roles: Mapping[str, str]) -> Iterator[HeldRole]:
        for variant, guards in self._variants(resource):
            for claim in role_claims(variant, roles):
                conditions = guards + claim.guards
                location = FileLocation(self._path, claim.pointer)
                held = HeldRole(resource.logical_id, claim.member, resource.type, str(claim.role), location)
                cases = self._cases([name for name, _ in conditions], claim.role)
                if cases is None:
                    yield replace(held, condition=((definition_text([claim.role, conditions]), True),))
                    continue
                found = {case: self._role_in_case(claim, conditions, case) for case in cases}
                for case, names in simplified(found).items():
                    yield from (replace(held, role=name, condition=case) for name in names)

    def _role_in_case(self, claim: RoleClaim, guards: Guards, case: Case) -> list[str]:
        resolver = self._resolver(case)
        value = claim.role if claim.is_declared else resolver.resolve(claim.role)
        return [plain_text(value)] if value is not NO_VALUE and self._holds(guards, resolver) else []

    def _safeguards(self, resource: Resource) -> Iterator[Safeguard]:
        if resource.type in SAFEGUARDED:
            values = self._everywhere.resolve(resource.properties)
            yield from safeguards_of(resource, values if isinstance(values, dict) else {}, self._path)

    def _resolver(self, case: Case) -> Resolver:
        if case not in self._resolvers:
            self._resolvers[case] = Resolver(self._template, self._conditions, dict(case))
        return self._resolvers[case]

    def _named(self, name: Any) -> str:
        """Return the text of a name for people, which may be an intrinsic function."""
        value = self._everywhere.resolve(name)
        return printable(value) if isinstance(value, str) else ""

    def _text_of(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        text = definition_text(value)
        return text + self._elsewhere if self._elsewhere else text

    def _texts_elsewhere(self) -> str:
        """Return the texts that parameters and mappings bring into functions, if a policy may be among them."""
        template = self._template
        text = definition_text([template.parameters, template.mappings, dict(template.options.parameters)])
        return text if "Effect" in text or "Action" in text else ""


def _too_many_cases(definition: Any) -> Unknown:
    reason = "rests on too many combinations of conditions"
    return Unknown(UnknownKind.UNRESOLVED, reason, digest=digest_of(definition_text(definition)))


def _together(one: Contents, other: Contents) -> Contents:
    return Contents(
        one.documents + other.documents,
        one.attachments + other.attachments,
        one.unknowns + other.unknowns,
        {**one.counted, **other.counted},
        one.held_roles + other.held_roles,
        one.safeguards + other.safeguards,
        {**one.roles, **other.roles},
        one.declared | other.declared,
    )


def _parameters(given: Any) -> dict[str, str]:
    """Return what a nested template is given by name: members, or a list of ParameterKey and ParameterValue."""
    if isinstance(given, list):
        pairs = [one for one in given if isinstance(one, dict)]
        given = {str(one.get("ParameterKey")): one.get("ParameterValue") for one in pairs}
    return {name: _parameter(value) for name, value in given.items()} if isinstance(given, dict) else {}


def _parameter(value: Any) -> str:
    """Return a value as it is given for a parameter: a list with commas."""
    return ",".join(map(plain_text, value)) if isinstance(value, list) else plain_text(value)
