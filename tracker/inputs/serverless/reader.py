"""The Serverless Framework's `serverless.yml`: statements of the provider and of functions, and its resources.

Its variables (`${self:custom.bucket}`, `${opt:stage, 'dev'}`) are resolved where the file says their value, else they
are symbols. What it makes is read as the CloudFormation template that it becomes.
https://www.serverless.com/framework/docs/providers/aws/guide/iam
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.reader import read_template
from tracker.inputs.cloudformation.template import Resource, Template, function_of, long_form, template_of
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.serverless.variables import Variables
from tracker.inputs.syntax.parsing import ParsedFile, escape_pointer
from tracker.policy.model import Json

__all__ = ["IS_COMPLETE", "read", "recognizes"]

IS_COMPLETE = True
"""The reader of templates reports what is left over."""
_FUNCTION = "AWS::Lambda::Function"
_METHOD = "AWS::ApiGateway::Method"
_ROLE = "IamRoleLambdaExecution"
_PROVIDER_MEMBERS = frozenset(("iam", "iamRoleStatements", "iamManagedPolicies", "runtime", "stage", "name"))
_OWN_ROLE = ("iamRoleStatements", "iamRoleManagedPolicies", "iamPermissionsBoundary")


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is one of the Serverless Framework: it has a provider and says so in its members."""
    value = parsed.value
    if not isinstance(value, dict) or "resource" in value:
        return False
    provider = value.get("provider")
    if isinstance(provider, dict):
        return not provider.keys().isdisjoint(_PROVIDER_MEMBERS)
    return provider is not None and "service" in value and "functions" in value


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:
    """Return what a file holds.

    Raises:
        DocumentError: it is nested too deep, or there is too much to look through.
    """
    try:
        raw = long_form(parsed.value)
        value = Variables(raw, options.parameters, parsed.path, options.files).resolve(raw)
        template, looked_at = _template(value, options)
        others = [(member, f"/{escape_pointer(name)}", name) for name, member in _without_read(value).items()]
        return read_template(parsed, template, others, looked_at)
    except RecursionError as error:
        raise DocumentError("nested too deep") from error


def _template(value: Json, options: ReadOptions) -> tuple[Template, set[str]]:
    """Return the template that a file becomes, and where in the file stands what was read for it."""
    parts = list(_resource_parts(value.get("resources")))
    templates = [template_of(part, options, pointer) for part, pointer in parts]
    parts_made = (*_roles(value), *_function_roles(value), *_addresses(value), *_methods(value))
    made = {one.logical_id: one for one in parts_made}
    resources = {name: one for template in templates for name, one in template.resources.items()}
    sections: dict[str, Any] = {}
    for template in templates:
        for name, section in template.sections.items():
            known = sections.get(name)
            sections[name] = {**known, **section} if isinstance(known, dict) and isinstance(section, dict) else section
    whole = template_of(sections, options)
    found = Template(whole.parameters, whole.mappings, whole.conditions, made | resources, sections, options)
    looked_at = {f"{pointer}/{name}" for _, pointer in parts for name in ("Parameters", "Mappings", "Conditions")}
    return found, looked_at | {
        pointer
        for one in made.values()
        if one.type not in (_FUNCTION, _METHOD)  # what else stands in a function was not looked at for its role
        for pointer in one.pointers.values()
    }


def _resource_parts(value: Any) -> Iterator[tuple[Json, str]]:
    parts = enumerate(value) if isinstance(value, list) else [("", value)]
    for place, part in parts:
        pointer = f"/resources/{place}".rstrip("/")
        if isinstance(part, dict):
            yield part, pointer
            extended = part.get("extensions")
            if isinstance(extended, dict):
                yield {"Resources": extended}, f"{pointer}/extensions"


def _without_read(value: Json) -> Json:
    """Return what else stands in a file: what is not read as a part of the template."""
    rest = {key: member for key, member in value.items() if key not in ("resources", "provider", "functions")}
    provider, functions, resources = (value.get(name) for name in ("provider", "functions", "resources"))
    if isinstance(provider, dict):
        rest["provider"] = {key: member for key, member in provider.items() if key not in ("iam", "iamRoleStatements")}
    if isinstance(functions, dict):
        rest["functions"] = {
            name: {key: member for key, member in one.items() if key not in _OWN_ROLE} if isinstance(one, dict) else one
            for name, one in functions.items()
        }
    elif functions is not None:
        rest["functions"] = functions
    if isinstance(resources, dict):
        rest["resources"] = {key: one for key, one in resources.items() if key not in ("Resources", "extensions")}
    elif resources is not None and not isinstance(resources, list):
        rest["resources"] = resources
    return rest


def _roles(value: Json) -> Iterator[Resource]:
    """Yield the role of all functions, and the role of each function that has statements of its own."""
    provider = value.get("provider")
    common = _provider_role(provider) if isinstance(provider, dict) else {}
    if common:
        yield _resource(_ROLE, "AWS::IAM::Role", common)
    for name, function in _functions(value):
        pointer = f"/functions/{escape_pointer(name)}"
        own = {key: (function[key], f"{pointer}/{key}") for key in _OWN_ROLE if key in function}
        if not own:
            continue
        properties = _renamed(own)
        if str(function.get("iamRoleStatementsInherit")).lower() == "true":
            properties |= {
                f"inherited{key.capitalize()}" if key == "statements" else key: one for key, one in common.items()
            }
        yield _resource(f"{_capital(name)}{_ROLE}", "AWS::IAM::Role", properties)


def _function_roles(value: Json) -> Iterator[Resource]:
    """Yield each function with the role that it is given; the provider's where it has none of its own."""
    provider = value.get("provider")
    given = dict(_given_roles(provider)) if isinstance(provider, dict) else {}
    common = next(iter(given.items()), None)
    for name, function in _functions(value):
        pointer = f"/functions/{escape_pointer(name)}"
        role = common
        if function.get("role") is not None:
            role = (f"{pointer}/role", function["role"])
        elif not function.keys().isdisjoint(_OWN_ROLE):
            role = (pointer, {"Ref": f"{_capital(name)}{_ROLE}"})
        members = {"Role": (_reference(role[1]), role[0])} if role else {}
        yield Resource(
            f"{_capital(name)}LambdaFunction",
            _FUNCTION,
            {key: one for key, (one, _) in members.items()},
            None,
            pointer,
            {},
            {key: place for key, (_, place) in members.items()},
        )


def _given_roles(provider: Json) -> Iterator[tuple[str, Any]]:
    """Yield the roles that a provider gives to all functions: pointer and value."""
    iam = provider.get("iam")
    role = iam.get("role") if isinstance(iam, dict) else None
    if isinstance(role, str) or function_of(role):
        yield "/provider/iam/role", role
    if provider.get("role") is not None:
        yield "/provider/role", provider["role"]
    if _provider_role(provider):
        yield "/provider/name", {"Ref": _ROLE}


def _reference(role: Any) -> Any:
    """Return a role that is named by its logical id as a reference to it."""
    return {"Ref": role} if isinstance(role, str) and role.isalnum() else role


_RENAMED = {
    "iamRoleStatements": "statements",
    "iamManagedPolicies": "ManagedPolicyArns",
    "iamRoleManagedPolicies": "ManagedPolicyArns",
    "managedPolicies": "ManagedPolicyArns",
    "iamPermissionsBoundary": "PermissionsBoundary",
    "rolePermissionsBoundary": "PermissionsBoundary",
    "permissionsBoundary": "PermissionsBoundary",
    "permissionBoundary": "PermissionsBoundary",
    "statements": "statements",
}
"""Members of Serverless, and what they become in the role."""
_Located = dict[str, tuple[Any, str]]


def _renamed(members: Mapping[str, tuple[Any, str]]) -> _Located:
    return {_RENAMED[key]: one for key, one in members.items()}


def _provider_role(provider: Json) -> _Located:
    old = {key: (provider[key], f"/provider/{key}") for key in _RENAMED if key in provider}
    iam = provider.get("iam")
    role = iam.get("role") if isinstance(iam, dict) else None
    if not isinstance(role, dict):
        return _renamed(old)
    new = {key: (role[key], f"/provider/iam/role/{key}") for key in _RENAMED if key in role}
    return _renamed(old) | _renamed(new)


def _functions(value: Json) -> Iterator[tuple[str, Json]]:
    section = value.get("functions")
    for part in section if isinstance(section, list) else [section]:
        for name, function in part.items() if isinstance(part, dict) else ():
            if isinstance(function, dict):
                yield name, function


def _addresses(value: Json) -> Iterator[Resource]:
    """Yield the permission of each function that has a public address."""
    for name, function in _functions(value):
        address = function.get("url")
        is_authorized = isinstance(address, dict) and address.get("authorizer") not in (None, "none")
        if address in (None, False, "false") or is_authorized:
            continue
        pointer = f"/functions/{escape_pointer(name)}/url"
        yield _resource(
            f"{_capital(name)}LambdaPermissionFnUrl",
            "AWS::Lambda::Permission",
            {
                "Action": ("lambda:InvokeFunctionUrl", pointer),
                "FunctionName": (f"{_capital(name)}LambdaFunction", pointer),
                "Principal": ("*", pointer),
                "FunctionUrlAuthType": ("NONE", pointer),
            },
        )


def _methods(value: Json) -> Iterator[Resource]:
    """Yield the method of an API that each event of a function is, with how whoever calls it is known."""
    for name, function in _functions(value):
        events = function.get("events")
        for place, event in enumerate(events if isinstance(events, list) else ()):
            for kind in ("http", "httpApi"):
                given = event.get(kind) if isinstance(event, dict) else None
                if given is None:
                    continue
                called = given if isinstance(given, dict) else {"path": given}
                pointer = f"/functions/{escape_pointer(name)}/events/{place}/{kind}"
                authorizer = "NONE" if called.get("authorizer") in (None, "none") else "CUSTOM"
                said = f"{called.get('method', '')} {called.get('path', '')}"
                yield _resource(f"{kind} {said.strip()}", _METHOD, {"AuthorizationType": (authorizer, pointer)})


def _resource(name: str, kind: str, members: Mapping[str, tuple[Any, str]]) -> Resource:
    properties = {key: value for key, (value, _) in members.items()}
    pointers = {key: pointer for key, (_, pointer) in members.items()}
    return Resource(name, kind, properties, None, next(iter(pointers.values())), {}, pointers)


def _capital(name: str) -> str:
    """Return a function's name as a logical id begins: `get-user` becomes `GetDashuser`."""
    plain = name.replace("-", "Dash").replace("_", "Underscore")
    return plain[:1].upper() + plain[1:]
