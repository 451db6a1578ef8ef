"""Resources that grant something which no policy document says: what they grant is reported as not looked at.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.cloudformation.template import Resource
from tracker.inputs.grant_kinds import GrantKind

__all__ = ["Grant", "unread_grants"]


class Grant(Struct, frozen=True):
    """Something that is granted, and not read."""

    what: str
    """What it is, in plain words."""
    definition: Any
    """All that decides it, not resolved."""
    only_allows: bool
    """True where it can't deny or restrict anything: that it goes opens nothing."""


_CONNECTOR = "permissions that SAM makes of a connector"
_LAKE = "permissions of Lake Formation"
_MEMBERS = "members of a group"
_ROLES = "who gets a role"
_KINDS: Mapping[str, tuple[GrantKind, ...]] = {
    "AWS::Cognito::IdentityPoolRoleAttachment": (GrantKind(_ROLES),),
    "AWS::EC2::VPCEndpointServicePermissions": (GrantKind("who may connect to an endpoint service"),),
    "AWS::EKS::AccessEntry": (GrantKind("access to a Kubernetes cluster"),),
    "AWS::EKS::PodIdentityAssociation": (GrantKind(_ROLES),),
    "AWS::IAM::AccessKey": (GrantKind("who has keys of a user", "UserName"),),
    "AWS::IAM::OIDCProvider": (GrantKind("whose tokens are trusted"),),
    "AWS::IAM::SAMLProvider": (GrantKind("whose assertions are trusted"),),
    "AWS::IAM::User": (
        GrantKind("the groups of a user", "Groups", ([],), only_allows=False),
        GrantKind("who signs in as a user", "LoginProfile"),
    ),
    "AWS::IAM::UserToGroupAddition": (GrantKind(_MEMBERS, only_allows=False),),
    "AWS::IdentityStore::GroupMembership": (GrantKind(_MEMBERS, only_allows=False),),
    "AWS::IoT::PolicyPrincipalAttachment": (GrantKind("who has a policy of IoT", only_allows=False),),
    "AWS::IoT::RoleAlias": (GrantKind(_ROLES),),
    "AWS::LakeFormation::DataLakeSettings": (GrantKind(_LAKE, only_allows=False),),
    "AWS::LakeFormation::Permissions": (GrantKind(_LAKE),),
    "AWS::LakeFormation::PrincipalPermissions": (GrantKind(_LAKE),),
    "AWS::LakeFormation::TagAssociation": (GrantKind(_LAKE, only_allows=False),),
    "AWS::Lambda::Url": (GrantKind("a function that anybody may call", "AuthType", ("AWS_IAM",)),),
    "AWS::OpenSearchServerless::AccessPolicy": (GrantKind("an access policy of OpenSearch Serverless"),),
    "AWS::Organizations::Policy": (
        GrantKind("the targets of a policy of Organizations", "TargetIds", ([],), only_allows=False),
    ),
    "AWS::RAM::ResourceShare": (GrantKind("resources that are shared with others"),),
    "AWS::RolesAnywhere::Profile": (GrantKind(_ROLES),),
    "AWS::RolesAnywhere::TrustAnchor": (GrantKind("whose certificates are trusted"),),
    "AWS::S3::AccessGrant": (GrantKind("access to objects of S3"),),
    "AWS::S3::Bucket": (GrantKind("an access control list", "AccessControl", ("Private", "BucketOwnerFullControl")),),
    "AWS::SSO::Assignment": (GrantKind("who has a permission set in an account"),),
    "AWS::Serverless::Connector": (GrantKind(_CONNECTOR),),
    "AWS::ServiceCatalog::LaunchRoleConstraint": (GrantKind(_ROLES),),
    "AWS::ServiceCatalog::PortfolioPrincipalAssociation": (GrantKind("who may use a portfolio"),),
}


def unread_grants(resource: Resource) -> Iterator[Grant]:
    """Yield what a resource grants that is not read."""
    whole = [resource.type, resource.properties, resource.condition, resource.rest]
    what = _unread(resource)
    if what:
        yield Grant(what, whole, only_allows=False)
        return
    for kind in _KINDS.get(resource.type, ()):
        value = resource.properties.get(kind.member)
        if not kind.member:
            yield Grant(kind.what, whole, kind.only_allows)
        elif value is not None and value not in kind.harmless:
            yield Grant(kind.what, [resource.type, value, resource.condition], kind.only_allows)


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
