"""Terraform resources that grant something which no policy document says: a change of one is reported as not looked at.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tracker.inputs.grant_kinds import GrantKind
from tracker.inputs.syntax.policy_text import may_concern_policies
from tracker.policy.json_text import canonical
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol

__all__ = ["unread_grants"]

_ACL = "an access control list"
_CERTIFICATES = "whose certificates are trusted"
_LAKE = "permissions of Lake Formation"
_ROLES = "who gets a role"
_KEYS = "who has keys of a user"
_SHARED = "resources that are shared with others"
_CLUSTER = "access to a Kubernetes cluster"
_TEMPLATE = "a template of CloudFormation"
_PRIVATE = ("private", "bucket-owner-full-control", "")
_KINDS: Mapping[str, tuple[GrantKind, ...]] = {
    "aws_acmpca_permission": (GrantKind("who may use a certificate authority"),),
    "aws_ami_launch_permission": (GrantKind(_SHARED),),
    "aws_cloudcontrolapi_resource": (GrantKind("a resource of any type", "desired_state", only_allows=False),),
    "aws_cloudformation_stack": (
        GrantKind(_TEMPLATE, "template_body", only_allows=False),
        GrantKind(_TEMPLATE, "template_url", only_allows=False),
    ),
    "aws_cloudformation_stack_set": (
        GrantKind(_TEMPLATE, "template_body", only_allows=False),
        GrantKind(_TEMPLATE, "template_url", only_allows=False),
    ),
    "aws_cognito_identity_pool_roles_attachment": (GrantKind(_ROLES),),
    "aws_eks_access_entry": (GrantKind(_CLUSTER),),
    "aws_eks_access_policy_association": (GrantKind(_CLUSTER),),
    "aws_eks_pod_identity_association": (GrantKind(_ROLES),),
    "aws_iam_access_key": (GrantKind(_KEYS, "user"),),
    "aws_iam_service_specific_credential": (GrantKind(_KEYS, "user_name"),),
    "aws_iam_signing_certificate": (GrantKind(_KEYS, "user_name"),),
    "aws_iam_user_login_profile": (GrantKind("who signs in as a user", "user"),),
    "aws_iam_user_ssh_key": (GrantKind(_KEYS, "username"),),
    "aws_db_cluster_snapshot": (GrantKind(_SHARED, "shared_accounts"),),
    "aws_db_snapshot": (GrantKind(_SHARED, "shared_accounts"),),
    "aws_db_snapshot_copy": (GrantKind(_SHARED, "shared_accounts"),),
    "aws_ssm_document": (GrantKind(_SHARED, "permissions"),),
    "aws_iam_openid_connect_provider": (GrantKind("whose tokens are trusted"),),
    "aws_iam_saml_provider": (GrantKind("whose assertions are trusted"),),
    "aws_identitystore_group_membership": (GrantKind("members of a group", only_allows=False),),
    "aws_iot_policy_attachment": (GrantKind("who has a policy of IoT", only_allows=False),),
    "aws_iot_role_alias": (GrantKind(_ROLES),),
    "aws_lakeformation_data_lake_settings": (GrantKind(_LAKE, only_allows=False),),
    "aws_lakeformation_permissions": (GrantKind(_LAKE),),
    "aws_lakeformation_resource_lf_tags": (GrantKind(_LAKE, only_allows=False),),
    "aws_lambda_function_url": (GrantKind("a function that anybody may call", "authorization_type", ("AWS_IAM",)),),
    "aws_opensearchserverless_access_policy": (GrantKind("an access policy of OpenSearch Serverless"),),
    "aws_quicksight_dashboard": (GrantKind("who may use it", "permissions"),),
    "aws_ram_principal_association": (GrantKind(_SHARED),),
    "aws_ram_resource_association": (GrantKind(_SHARED),),
    "aws_ram_resource_share": (GrantKind(_SHARED, "allow_external_principals", (False, "false")),),
    "aws_redshift_data_share_authorization": (GrantKind(_SHARED),),
    "aws_redshift_data_share_consumer_association": (GrantKind(_SHARED),),
    "aws_grafana_role_association": (GrantKind("who has a role in Grafana"),),
    "aws_rolesanywhere_profile": (GrantKind(_ROLES),),
    "aws_rolesanywhere_trust_anchor": (GrantKind(_CERTIFICATES),),
    "aws_s3_bucket": (GrantKind(_ACL, "acl", _PRIVATE), GrantKind(_ACL, "grant")),
    "aws_s3_bucket_acl": (GrantKind(_ACL, "acl", _PRIVATE), GrantKind(_ACL, "access_control_policy")),
    "aws_s3_object": (GrantKind(_ACL, "acl", _PRIVATE),),
    "aws_s3control_access_grant": (GrantKind("access to objects of S3"),),
    "aws_servicecatalog_principal_portfolio_association": (GrantKind("who may use a portfolio"),),
    "aws_snapshot_create_volume_permission": (GrantKind(_SHARED),),
    "aws_vpc_endpoint_service": (GrantKind("who may connect to an endpoint service", "allowed_principals"),),
    "aws_vpc_endpoint_service_allowed_principal": (GrantKind("who may connect to an endpoint service"),),
    "awscc_iam_group": (GrantKind("attached policies", "managed_policy_arns", only_allows=False),),
    "awscc_iam_role": (GrantKind("attached policies", "managed_policy_arns", only_allows=False),),
    "awscc_iam_user": (
        GrantKind("attached policies", "managed_policy_arns", only_allows=False),
        GrantKind("the groups of a user", "groups", only_allows=False),
    ),
    "awscc_eks_access_entry": (GrantKind(_CLUSTER),),
    "awscc_lambda_permission": (GrantKind("who may call a function"),),
    "awscc_ram_resource_share": (GrantKind(_SHARED),),
    "awscc_sso_assignment": (GrantKind("who has a permission set in an account"),),
}
_SET_BY_AWS = frozenset(("arn", "id", "tags", "tags_all", "timeouts"))
"""Attributes that decide nothing."""


def unread_grants(kind: str, values: Json) -> Iterator[tuple[GrantKind, str]]:
    """Yield what a resource grants that is not read: which kind it is, and all that decides it, as text.

    Args:
        kind: the resource's type.
        values: its attributes, with symbols for what is not known.
    """
    for one in _KINDS.get(kind, ()):
        if not one.member:
            known = {name: value for name, value in values.items() if name not in _SET_BY_AWS and value is not None}
            yield one, canonical([kind, known])
        elif _grants(one, values.get(one.member)):
            yield one, canonical([kind, one.member, values[one.member], values.get("parameters")])


def _grants(kind: GrantKind, value: Any) -> bool:
    if value in (None, [], "", {}) or value in kind.harmless:
        return False
    is_template = kind.what == _TEMPLATE and kind.member == "template_body" and isinstance(value, str)
    return not is_template or has_symbol(value) or may_concern_policies(value)
