"""Resources that grant something which no policy document says: what they grant is told, and not judged.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.template import Resource

__all__ = ["Grant", "unread_grant"]


class Grant(Struct, frozen=True):
    """Something that is granted, and not read."""

    what: str
    """What it is, in plain words."""
    definition: Any
    """All that decides it, not resolved."""


class _Kind(Struct, frozen=True):
    """What a type of resource grants."""

    what: str
    """What it is, in plain words."""
    member: str = ""
    """The property that grants; empty where the whole resource does."""
    harmless: tuple[Any, ...] = ()
    """Values of the property that grant nothing to anybody else."""


_CONNECTOR = "permissions that SAM makes of a connector"
_LAKE = "permissions of Lake Formation"
_MEMBERS = "members of a group"
_ROLES = "who gets a role"
_KINDS: Mapping[str, _Kind] = {
    "AWS::Cognito::IdentityPoolRoleAttachment": _Kind(_ROLES),
    "AWS::EC2::VPCEndpointServicePermissions": _Kind("who may connect to an endpoint service"),
    "AWS::EKS::AccessEntry": _Kind("access to a Kubernetes cluster"),
    "AWS::EKS::PodIdentityAssociation": _Kind(_ROLES),
    "AWS::IAM::OIDCProvider": _Kind("whose tokens are trusted"),
    "AWS::IAM::SAMLProvider": _Kind("whose assertions are trusted"),
    "AWS::IAM::User": _Kind("the groups of a user", "Groups", ([],)),
    "AWS::IAM::UserToGroupAddition": _Kind(_MEMBERS),
    "AWS::IdentityStore::GroupMembership": _Kind(_MEMBERS),
    "AWS::IoT::PolicyPrincipalAttachment": _Kind("who has a policy of IoT"),
    "AWS::IoT::RoleAlias": _Kind(_ROLES),
    "AWS::LakeFormation::DataLakeSettings": _Kind(_LAKE),
    "AWS::LakeFormation::Permissions": _Kind(_LAKE),
    "AWS::LakeFormation::PrincipalPermissions": _Kind(_LAKE),
    "AWS::LakeFormation::TagAssociation": _Kind(_LAKE),
    "AWS::Lambda::Url": _Kind("a function that anybody may call", "AuthType", ("AWS_IAM",)),
    "AWS::OpenSearchServerless::AccessPolicy": _Kind("an access policy of OpenSearch Serverless"),
    "AWS::Organizations::Policy": _Kind("the targets of a policy of Organizations", "TargetIds", ([],)),
    "AWS::RAM::ResourceShare": _Kind("resources that are shared with others"),
    "AWS::RolesAnywhere::Profile": _Kind(_ROLES),
    "AWS::RolesAnywhere::TrustAnchor": _Kind("whose certificates are trusted"),
    "AWS::S3::AccessGrant": _Kind("access to objects of S3"),
    "AWS::S3::Bucket": _Kind("an access control list", "AccessControl", ("Private", "BucketOwnerFullControl")),
    "AWS::SSO::Assignment": _Kind("who has a permission set in an account"),
    "AWS::Serverless::Connector": _Kind(_CONNECTOR),
    "AWS::ServiceCatalog::LaunchRoleConstraint": _Kind(_ROLES),
    "AWS::ServiceCatalog::PortfolioPrincipalAssociation": _Kind("who may use a portfolio"),
}


def unread_grant(resource: Resource) -> Grant | None:
    """Return what a resource grants that is not read; None for nothing."""
    what = _unread(resource)
    if what:
        return Grant(what, [resource.type, resource.properties, resource.condition, resource.rest])
    kind = _KINDS.get(resource.type)
    if kind is None:
        return None
    if not kind.member:
        return Grant(kind.what, [resource.type, resource.properties, resource.condition, resource.rest])
    value = resource.properties.get(kind.member)
    if value is None or value in kind.harmless:
        return None
    return Grant(kind.what, [resource.type, value, resource.condition])


def _unread(resource: Resource) -> str:
    if resource.type.endswith("::MODULE"):
        return "a module: what it makes stands elsewhere"
    if "Connectors" in resource.rest:
        return _CONNECTOR
    access = resource.properties.get("Auth")
    policy = access.get("ResourcePolicy") if isinstance(access, dict) else None
    if policy is not None and not (isinstance(policy, dict) and policy.keys() <= {"CustomStatements"}):
        return "lists from which SAM makes a resource policy"
    return ""
