"""Terraform resources that grant something which no policy document says: it is told, and not judged.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tracker.inputs.policy_text import may_concern_policies
from tracker.policy.json_text import canonical
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol

__all__ = ["unread_grants"]


class _Kind(Struct, frozen=True):
    """What a type of resource grants."""

    what: str
    """What it is, in plain words."""
    member: str = ""
    """The argument that grants; empty where the whole resource does."""
    harmless: tuple[Any, ...] = ()
    """Values of the argument that grant nothing to anybody else."""


_ACL = "an access control list"
_CERTIFICATES = "whose certificates are trusted"
_LAKE = "permissions of Lake Formation"
_ROLES = "who gets a role"
_SHARED = "resources that are shared with others"
_CLUSTER = "access to a Kubernetes cluster"
_TEMPLATE = "a template of CloudFormation"
_PRIVATE = ("private", "bucket-owner-full-control", "")
_KINDS: Mapping[str, tuple[_Kind, ...]] = {
    "aws_acmpca_permission": (_Kind("who may use a certificate authority"),),
    "aws_ami_launch_permission": (_Kind(_SHARED),),
    "aws_cloudcontrolapi_resource": (_Kind("a resource of any type", "desired_state"),),
    "aws_cloudformation_stack": (_Kind(_TEMPLATE, "template_body"), _Kind(_TEMPLATE, "template_url")),
    "aws_cloudformation_stack_set": (_Kind(_TEMPLATE, "template_body"), _Kind(_TEMPLATE, "template_url")),
    "aws_cognito_identity_pool_roles_attachment": (_Kind(_ROLES),),
    "aws_eks_access_entry": (_Kind(_CLUSTER),),
    "aws_eks_access_policy_association": (_Kind(_CLUSTER),),
    "aws_eks_pod_identity_association": (_Kind(_ROLES),),
    "aws_iam_openid_connect_provider": (_Kind("whose tokens are trusted"),),
    "aws_iam_saml_provider": (_Kind("whose assertions are trusted"),),
    "aws_identitystore_group_membership": (_Kind("members of a group"),),
    "aws_iot_policy_attachment": (_Kind("who has a policy of IoT"),),
    "aws_iot_role_alias": (_Kind(_ROLES),),
    "aws_lakeformation_data_lake_settings": (_Kind(_LAKE),),
    "aws_lakeformation_permissions": (_Kind(_LAKE),),
    "aws_lakeformation_resource_lf_tags": (_Kind(_LAKE),),
    "aws_lambda_function_url": (_Kind("a function that anybody may call", "authorization_type", ("AWS_IAM",)),),
    "aws_opensearchserverless_access_policy": (_Kind("an access policy of OpenSearch Serverless"),),
    "aws_quicksight_dashboard": (_Kind("who may use it", "permissions"),),
    "aws_ram_principal_association": (_Kind(_SHARED),),
    "aws_ram_resource_association": (_Kind(_SHARED),),
    "aws_rolesanywhere_profile": (_Kind(_ROLES),),
    "aws_rolesanywhere_trust_anchor": (_Kind(_CERTIFICATES),),
    "aws_s3_bucket": (_Kind(_ACL, "acl", _PRIVATE), _Kind(_ACL, "grant")),
    "aws_s3_bucket_acl": (_Kind(_ACL, "acl", _PRIVATE), _Kind(_ACL, "access_control_policy")),
    "aws_s3_object": (_Kind(_ACL, "acl", _PRIVATE),),
    "aws_s3control_access_grant": (_Kind("access to objects of S3"),),
    "aws_servicecatalog_principal_portfolio_association": (_Kind("who may use a portfolio"),),
    "aws_snapshot_create_volume_permission": (_Kind(_SHARED),),
    "aws_vpc_endpoint_service": (_Kind("who may connect to an endpoint service", "allowed_principals"),),
    "aws_vpc_endpoint_service_allowed_principal": (_Kind("who may connect to an endpoint service"),),
    "awscc_iam_group": (_Kind("attached policies", "managed_policy_arns"),),
    "awscc_iam_role": (_Kind("attached policies", "managed_policy_arns"),),
    "awscc_iam_user": (_Kind("attached policies", "managed_policy_arns"), _Kind("the groups of a user", "groups")),
    "awscc_eks_access_entry": (_Kind(_CLUSTER),),
    "awscc_lambda_permission": (_Kind("who may call a function"),),
    "awscc_ram_resource_share": (_Kind(_SHARED),),
    "awscc_sso_assignment": (_Kind("who has a permission set in an account"),),
}
_SET_BY_AWS = frozenset(("arn", "id", "tags", "tags_all", "timeouts"))
"""Attributes that decide nothing."""


def unread_grants(kind: str, values: Json) -> Iterator[tuple[str, str]]:
    """Yield what a resource grants that is not read: what it is, in plain words, and all that decides it, as text.

    Args:
        kind: the resource's type.
        values: its attributes, with symbols for what is not known.
    """
    for one in _KINDS.get(kind, ()):
        if not one.member:
            known = {name: value for name, value in values.items() if name not in _SET_BY_AWS and value is not None}
            yield one.what, canonical([kind, known])
        elif _grants(one, values.get(one.member)):
            yield one.what, canonical([kind, one.member, values[one.member], values.get("parameters")])


def _grants(kind: _Kind, value: Any) -> bool:
    if value in (None, [], "", {}) or value in kind.harmless:
        return False
    is_template = kind.what == _TEMPLATE and kind.member == "template_body" and isinstance(value, str)
    return not is_template or has_symbol(value) or may_concern_policies(value)
