"""Which resources of a template act as which role: `Role`, `TaskRoleArn`, `IamInstanceProfile` and their like.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.policy_candidates import Guards, items_of
from tracker.inputs.cloudformation.template import Resource, Template, function_of

__all__ = ["RoleClaim", "declared_roles", "role_claims"]

PROFILE = "AWS::IAM::InstanceProfile"
_ROLE = "AWS::IAM::Role"
_MEMBER = re.compile(
    r"(?:\w*Role(?:Arn|ARN|Name|s)?|role(?:Arn)?|\w*InstanceProfile(?:Arn|ARN|Name)?|Credentials(?:Arn)?)\Z"
)
"""Names of properties whose value is a role, or an instance profile."""
_ROLE_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:(?:role|instance-profile)/")
_SERVICE_LINKED = ":role/aws-service-role/"
"""In the ARN of a role that nobody but its service can act as."""
_PASSED_ON = frozenset(("Environment", "EnvironmentVariables", "Tags", "Metadata"))
"""Properties whose members are only handed to a program: that a role is named there makes nothing act as it."""
_REFERENCE = frozenset(("Arn", "Name"))
"""Members of the object by which a launch template names a profile."""
_SERVERLESS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
MAX_DEPTH = 40


class RoleClaim(Struct, frozen=True):
    """That a resource acts as a role, not resolved yet."""

    member: str
    """The property."""
    role: Any
    """A logical id as text where `is_declared`, else the value."""
    pointer: str
    """Where it is said."""
    guards: Guards = ()
    """Conditions under which it holds."""
    is_declared: bool = False
    """True for a role or an instance profile of the same template."""


def declared_roles(template: Template) -> dict[str, str]:
    """Return the roles and instance profiles of a template: logical id → principal, empty for a profile."""
    types = {name: resource.type for name, resource in template.resources.items()}
    return {name: name if kind == _ROLE else "" for name, kind in types.items() if kind in (_ROLE, PROFILE)}


def role_claims(resource: Resource, roles: Mapping[str, str]) -> Iterator[RoleClaim]:
    """Yield the roles as which a resource acts.

    Args:
        resource: any resource.
        roles: what `declared_roles` gives.
    """
    if resource.type == PROFILE:
        yield from _claims("Roles", resource.properties.get("Roles"), resource.pointer_of("Roles"), roles)
        return
    if resource.type.startswith("AWS::IAM::") or not resource.type.startswith(("AWS::", "Custom::")):
        return
    made = f"{resource.logical_id}Role"
    if resource.type in _SERVERLESS and "Role" not in resource.properties and made in roles:
        yield RoleClaim("Role", made, resource.pointer, is_declared=True)
    for name, value in resource.properties.items():
        yield from _within(name, value, resource.pointer_of(name), roles, 0)


def _within(name: str, value: Any, pointer: str, roles: Mapping[str, str], depth: int) -> Iterator[RoleClaim]:
    """Yield the roles that a property names, or a member of it."""
    if name in _PASSED_ON or depth > MAX_DEPTH:
        return
    if _MEMBER.fullmatch(name):
        given = value
        if isinstance(value, dict) and value.keys() <= _REFERENCE:
            given = next(iter(value.values()), None)
        yield from (one for one in _claims(name, given, pointer, roles) if one.is_declared or _is_role(name, one.role))
    if isinstance(value, dict) and not function_of(value):
        for key, member in value.items():
            yield from _within(key, member, f"{pointer}/{key}", roles, depth + 1)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _within("", member, f"{pointer}/{place}", roles, depth + 1)


def _claims(name: str, value: Any, pointer: str, roles: Mapping[str, str]) -> Iterator[RoleClaim]:
    for item, place, guards in items_of(value, pointer):
        if item in (None, "", {"Ref": "AWS::NoValue"}):
            continue
        logical_id = _referred(item)
        is_declared = logical_id in roles
        yield RoleClaim(name, logical_id if is_declared else item, place, guards, is_declared)


def _referred(value: Any) -> str:
    """Return the logical id that a reference names; empty for any other value."""
    name, argument = function_of(value) or ("", None)
    if name == "Fn::GetAtt":
        argument = argument.split(".")[0] if isinstance(argument, str) else argument[0] if argument else None
    if name == "Fn::Sub" and isinstance(argument, str) and (found := re.fullmatch(r"\$\{(\w+)(?:\.Arn)?\}", argument)):
        return found[1]
    return argument if name in ("Ref", "Fn::GetAtt") and isinstance(argument, str) else ""


def _is_role(name: str, value: Any) -> bool:
    """Return whether a value surely or maybe names a role: many properties that are called so hold another thing."""
    if _SERVICE_LINKED in str(value):
        return False
    if not isinstance(value, str):
        return bool(function_of(value))
    return "InstanceProfile" in name or bool(_ROLE_ARN.match(value))
