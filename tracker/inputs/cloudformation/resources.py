"""What CloudFormation's types of resource say about who may do what, beside the documents in them.

To whom a document belongs, which managed policies are attached to whom, and resources that are permissions themselves:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.policy_candidates import Guards, items_of
from tracker.inputs.cloudformation.template import Resource, Template, function_of
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable

__all__ = ["Claim", "attached", "permission_of", "principal_of", "target_of"]

Named = Callable[[Any], str]

_PRINCIPALS = frozenset(("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::SSO::PermissionSet"))
_OWNERS = {
    "AWS::IAM::RolePolicy": "RoleName",
    "AWS::IAM::UserPolicy": "UserName",
    "AWS::IAM::GroupPolicy": "GroupName",
}
_ATTACHED_TO = ("Roles", "Users", "Groups")
_TARGET = re.compile(r"(?:Arn|ARN|Arns|Bucket|Id|Identifier|Identity|Name|Queues?|Topics|AccessPoint)\Z")
"""Ends of names of properties that say what a policy is put on."""
_TRUST = "/AssumeRolePolicyDocument"


class Claim(Struct, frozen=True):
    """That a managed policy is attached, not resolved yet."""

    principal: Any
    """Identity of the role, user, group or permission set, or the value that refers to it."""
    policy: Any
    """The policy: a value, or the identity of a document of the same template."""
    pointer: str
    """Where it is said."""
    guards: Guards = ()
    """Conditions under which it holds."""
    boundary: bool = False
    """True for a permissions boundary."""
    inline: bool = False
    """True for an inline policy that names its principals."""


def principal_of(resource: Resource, identity: str, named: Named) -> str:
    """Return the identity of whom a document belongs to; empty if to nobody, or to several.

    Args:
        resource: the resource that holds the document.
        identity: that of the document.
        named: gives the text of a name.
    """
    if resource.type in _PRINCIPALS:
        return "" if identity.endswith(_TRUST) else resource.logical_id
    owner = _OWNERS.get(resource.type)
    return referred(resource.properties.get(owner), named) if owner else ""


def target_of(resource: Resource) -> Json:
    """Return the properties that say what a resource puts its policy on; none for one that has its policy itself."""
    if not resource.type.endswith("Policy") or resource.type.startswith(("AWS::IAM::", "AWS::Organizations::Pol")):
        return {}
    return {name: value for name, value in resource.properties.items() if _TARGET.search(name)}


def referred(value: Any, named: Named) -> str:
    """Return the identity of a principal: the logical id that a `Ref` names, else the name itself."""
    name, argument = function_of(value) or ("", None)
    return argument if name == "Ref" and isinstance(argument, str) else named(value)


def attached(resource: Resource, template: Template, named: Named) -> Iterator[Claim]:
    """Yield the managed policies that a resource attaches."""
    if resource.type in _PRINCIPALS:
        yield from _attached_to(resource, template)
    if resource.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        document = f"{resource.logical_id}/Properties/PolicyDocument"
        for member in _ATTACHED_TO:
            for item, item_pointer, guards in items_of(resource.properties.get(member), resource.pointer_of(member)):
                if item is not None:
                    inline = resource.type == "AWS::IAM::Policy"
                    yield Claim(referred(item, named), document, item_pointer, guards, inline=inline)


def _attached_to(resource: Resource, template: Template) -> Iterator[Claim]:
    principal, properties = resource.logical_id, resource.properties
    for member in ("ManagedPolicyArns", "ManagedPolicies", "CustomerManagedPolicyReferences", "Policies"):
        for item, item_pointer, guards in items_of(properties.get(member), resource.pointer_of(member)):
            is_inline = member == "Policies" and not isinstance(item, str) and not function_of(item)
            if item is not None and not is_inline:
                yield Claim(principal, _policy(item, template), item_pointer, guards)
    boundary = properties.get("PermissionsBoundary")
    for item, item_pointer, guards in items_of(boundary, resource.pointer_of("PermissionsBoundary")):
        if item is not None:
            yield Claim(principal, _policy(item, template), item_pointer, guards, boundary=True)


def _policy(value: Any, template: Template) -> Any:
    """Return the policy that a value refers to: a document of the template by its identity, or the value."""
    name, argument = function_of(value) or ("", None)
    if name == "Fn::GetAtt":
        argument = argument.split(".")[0] if isinstance(argument, str) else argument[0] if argument else None
    if name in ("Ref", "Fn::GetAtt") and isinstance(argument, str):
        target = template.resources.get(argument)
        if target is not None and target.type == "AWS::IAM::ManagedPolicy":
            return f"{argument}/Properties/PolicyDocument"
    if isinstance(value, dict) and not name:
        reference = value.get("CustomerManagedPolicyReference", value)
        return value.get("ManagedPolicyArn") or (reference.get("Name") if isinstance(reference, dict) else value)
    return value


def permission_of(resource: Resource) -> Callable[[Json], Json] | None:
    """Return what makes a policy document of a resource that is a permission itself; None for any other resource."""
    return None if "Statement" in resource.properties else _PERMISSIONS.get(resource.type)


def _principal(value: Any) -> Any:
    if value == "*" or not isinstance(value, str):
        return value
    is_service = "." in value and not value.startswith("arn:") and not has_symbol(value.partition(".")[0])
    return {"Service" if is_service else "AWS": value}


def _lambda_permission(properties: Json) -> Json:
    name = properties.get("FunctionName", "*")
    condition: dict[str, dict[str, Any]] = {}
    for member, operator, key in _LAMBDA_TESTS:
        if member in properties:
            condition.setdefault(operator, {})[key] = properties[member]
    return _permission(properties.get("Action", "*"), properties.get("Principal", "*"), _function_arn(name), condition)


_LAMBDA_TESTS = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


def _function_arn(name: Any) -> Any:
    if not isinstance(name, str) or name == "*" or ":" in name or printable(name).endswith("Arn⟩"):
        return name
    return f"arn:*:lambda:*:*:function:{name}"


def _layer_permission(properties: Json) -> Json:
    organization = properties.get("OrganizationId")
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}} if organization is not None else {}
    return _permission(
        properties.get("Action", "*"),
        properties.get("Principal", "*"),
        properties.get("LayerVersionArn", "*"),
        condition,
    )


def _bus_permission(properties: Json) -> Json:
    tested = properties.get("Condition")
    condition: dict[str, dict[str, Any]] = {}
    if isinstance(tested, dict):
        condition = {str(tested.get("Type")): {str(tested.get("Key")): tested.get("Value")}}
    action, principal = properties.get("Action", "*"), properties.get("Principal", "*")
    return _permission(
        action, principal, f"arn:*:events:*:*:event-bus/{properties.get('EventBusName', 'default')}", condition
    )


def _authority_permission(properties: Json) -> Json:
    account = properties.get("SourceAccount")
    condition = {"StringEquals": {"aws:SourceAccount": account}} if account is not None else {}
    resource = properties.get("CertificateAuthorityArn", "*")
    return _permission(properties.get("Actions", "*"), properties.get("Principal", "*"), resource, condition)


def _permission(action: Any, principal: Any, resource: Any, condition: Mapping[str, Any]) -> Json:
    statement = {"Effect": "Allow", "Action": action, "Principal": _principal(principal), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}


_PERMISSIONS: Mapping[str, Callable[[Json], Json]] = {
    "AWS::ACMPCA::Permission": _authority_permission,
    "AWS::Events::EventBusPolicy": _bus_permission,
    "AWS::Lambda::LayerVersionPermission": _layer_permission,
    "AWS::Lambda::Permission": _lambda_permission,
}
