"""Resources that grant something without a policy document trip the gate, in templates, plans and sources."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import compared

from tracker.inputs.containers import read_sides
from tracker.inputs.model import ReadOptions
from tracker.inputs.syntax.parsing import parse_text
from tracker.review.model import fails

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE = {"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [ADMIN]}}}
IN_YAML = f"Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: [{ADMIN}]\n"
TEMPLATES: list[tuple[str, Any, Any]] = [
    ("AWS::CloudFormation::StackSet", {}, {"TemplateBody": json.dumps({"Resources": ROLE})}),
    ("AWS::CloudFormation::StackSet", {}, {"TemplateBody": IN_YAML}),
    ("AWS::CloudFormation::StackSet", {"TemplateURL": "https://a"}, {"TemplateURL": "https://b"}),
    (
        "AWS::CloudFormation::StackSet",
        {"TemplateURL": "https://a", "Parameters": [{"ParameterKey": "A", "ParameterValue": "x"}]},
        {"TemplateURL": "https://a", "Parameters": [{"ParameterKey": "A", "ParameterValue": "*"}]},
    ),
    ("AWS::Cognito::IdentityPoolRoleAttachment", {"Roles": {"authenticated": "a"}}, {"Roles": {"authenticated": "b"}}),
    ("AWS::EC2::VPCEndpointServicePermissions", None, {"AllowedPrincipals": ["*"]}),
    ("AWS::EKS::AccessEntry", None, {"PrincipalArn": "x"}),
    ("AWS::EKS::PodIdentityAssociation", None, {"RoleArn": "x"}),
    ("AWS::IAM::OIDCProvider", {"ClientIdList": ["a"]}, {"ClientIdList": ["a", "b"]}),
    ("AWS::IAM::SAMLProvider", {"SamlMetadataDocument": "a"}, {"SamlMetadataDocument": "b"}),
    ("AWS::IAM::User", {}, {"Groups": ["admins"]}),
    ("AWS::IAM::UserToGroupAddition", None, {"GroupName": "admins", "Users": ["x"]}),
    ("AWS::IdentityStore::GroupMembership", None, {"GroupId": "admins"}),
    ("AWS::IoT::PolicyPrincipalAttachment", None, {"PolicyName": "x", "Principal": "y"}),
    ("AWS::LakeFormation::DataLakeSettings", {"Admins": []}, {"Admins": ["x"]}),
    ("AWS::LakeFormation::PrincipalPermissions", None, {"Permissions": ["ALL"]}),
    ("AWS::Lambda::Url", {"AuthType": "AWS_IAM"}, {"AuthType": "NONE"}),
    ("AWS::OpenSearchServerless::AccessPolicy", None, {"Policy": "[{}]"}),
    ("AWS::Organizations::Policy", {"TargetIds": ["r"]}, {"TargetIds": []}),
    ("AWS::RAM::ResourceShare", {"Principals": ["111122223333"]}, {"Principals": ["*"]}),
    ("AWS::RolesAnywhere::Profile", {"RoleArns": ["a"]}, {"RoleArns": ["a", "b"]}),
    ("AWS::S3::AccessGrant", None, {"Permission": "READ"}),
    ("AWS::S3::Bucket", {"AccessControl": "Private"}, {"AccessControl": "PublicRead"}),
    ("AWS::SSO::Assignment", None, {"PrincipalId": "x"}),
]
TERRAFORM: list[tuple[str, Any, Any]] = [
    ("aws_ami_launch_permission", None, {"group": "all"}),
    ("aws_cloudcontrolapi_resource", None, {"type_name": "AWS::IAM::Role", "desired_state": json.dumps(ROLE)}),
    ("aws_cloudformation_stack", None, {"template_body": json.dumps({"Resources": ROLE})}),
    ("aws_cloudformation_stack_set", {"template_url": "a"}, {"template_url": "b"}),
    ("aws_cognito_identity_pool_roles_attachment", None, {"roles": {"authenticated": "x"}}),
    ("aws_eks_access_policy_association", None, {"policy_arn": "AmazonEKSClusterAdminPolicy"}),
    ("aws_eks_pod_identity_association", None, {"role_arn": "x"}),
    ("aws_iam_openid_connect_provider", {"client_id_list": ["a"]}, {"client_id_list": ["a", "b"]}),
    ("aws_identitystore_group_membership", None, {"group_id": "x"}),
    ("aws_iot_policy_attachment", None, {"policy": "x", "target": "y"}),
    ("aws_lakeformation_permissions", {"permissions": ["SELECT"]}, {"permissions": ["ALL"]}),
    ("aws_lambda_function_url", {"authorization_type": "AWS_IAM"}, {"authorization_type": "NONE"}),
    ("aws_opensearchserverless_access_policy", None, {"policy": "[{}]"}),
    ("aws_ram_principal_association", None, {"principal": "111122223333"}),
    ("aws_rolesanywhere_profile", {"role_arns": ["a"]}, {"role_arns": ["a", "b"]}),
    ("aws_s3_bucket", {"acl": "private"}, {"acl": "public-read"}),
    ("aws_s3_bucket_acl", {"acl": "private"}, {"acl": "public-read"}),
    ("aws_snapshot_create_volume_permission", None, {"account_id": "111122223333"}),
    ("aws_vpc_endpoint_service_allowed_principal", None, {"principal_arn": "*"}),
    ("awscc_iam_role", None, {"managed_policy_arns": [ADMIN]}),
    ("awscc_lambda_permission", None, {"principal": "*"}),
]
QUIET_TEMPLATES: list[tuple[str, Any, Any]] = [
    ("AWS::IAM::User", {"Groups": ["a"]}, {"Groups": ["a"], "Tags": [{"Key": "x", "Value": "y"}]}),
    ("AWS::Lambda::Url", None, {"AuthType": "AWS_IAM"}),
    ("AWS::S3::Bucket", None, {"AccessControl": "Private", "BucketName": "b"}),
    ("AWS::CloudFormation::StackSet", None, {"TemplateBody": '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'}),
]
QUIET_TERRAFORM: list[tuple[str, Any, Any]] = [
    ("aws_eks_access_entry", {"principal_arn": "x", "tags": {}}, {"principal_arn": "x", "tags": {"a": "b"}}),
    ("aws_lambda_function_url", None, {"authorization_type": "AWS_IAM"}),
    ("aws_s3_bucket_acl", None, {"bucket": "b", "acl": "private"}),
    ("aws_cloudformation_stack", None, {"template_body": '{"Resources": {"Q": {"Type": "x"}}}'}),
]


def _template(kind: str, properties: Any) -> Any:
    resources: dict[str, Any] = {"Other": {"Type": "AWS::SQS::Queue"}}
    if properties is not None:
        resources["R"] = {"Type": kind, "Properties": properties}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _source(kind: str, values: Any) -> str:
    lines = "".join(f"  {name} = {_hcl(value)}\n" for name, value in (values or {}).items())
    return 'variable "x" {}\n' + ("" if values is None else f'resource "{kind}" "p" {{\n{lines}}}\n')


def _hcl(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_hcl(member)}' for name, member in value.items())} }}"
    return f"[{', '.join(map(_hcl, value))}]" if isinstance(value, list) else json.dumps(value)


def _plan(kind: str, before: Any, after: Any) -> str:
    change = {"actions": ["update"], "before": before, "after": after, "after_unknown": {"id": True}}
    item = {"address": f"{kind}.p", "mode": "managed", "type": kind, "name": "p", "change": change}
    resource = {"address": f"{kind}.p", "type": kind, "name": "p", "expressions": {key: {} for key in after or ()}}
    configuration = {"root_module": {"resources": [resource]}}
    return json.dumps({"format_version": "1.2", "resource_changes": [item], "configuration": configuration})


@pytest.mark.parametrize(("kind", "before", "after"), TEMPLATES)
def test_a_grant_of_a_template_trips(kind: str, before: Any, after: Any, tmp_path: Path) -> None:
    sides = [{"t.json": _template(kind, one)} for one in (before, after)]
    assert fails(compared(tmp_path, *sides).review, "broadens")


@pytest.mark.parametrize(("kind", "before", "after"), QUIET_TEMPLATES)
def test_what_grants_nothing_more_passes(kind: str, before: Any, after: Any, tmp_path: Path) -> None:
    sides = [{"t.json": _template(kind, one)} for one in (before, after)]
    assert not fails(compared(tmp_path, *sides).review, "broadens")


@pytest.mark.parametrize(("kind", "before", "after"), TERRAFORM)
def test_a_grant_of_terraform_trips(kind: str, before: Any, after: Any, tmp_path: Path) -> None:
    sides = [{"main.tf": _source(kind, one)} for one in (before, after)]
    assert fails(compared(tmp_path / "source", *sides).review, "broadens")
    assert fails(compared(tmp_path / "plan", {}, {"plan.json": _plan(kind, before, after)}).review, "broadens")


@pytest.mark.parametrize(("kind", "before", "after"), QUIET_TERRAFORM)
def test_what_terraform_grants_no_more_passes(kind: str, before: Any, after: Any, tmp_path: Path) -> None:
    sides = [{"main.tf": _source(kind, one)} for one in (before, after)]
    assert not fails(compared(tmp_path / "source", *sides).review, "broadens")
    assert not fails(compared(tmp_path / "plan", {}, {"plan.json": _plan(kind, before, after)}).review, "broadens")


def test_a_grant_that_rests_on_a_parameter_trips_if_its_default_changes(tmp_path: Path) -> None:
    made = _template("AWS::RAM::ResourceShare", {"Principals": [{"Ref": "Who"}]})
    sides = [
        {"t.json": {**made, "Parameters": {"Who": {"Type": "String", "Default": one}}}} for one in ("111122223333", "*")
    ]
    assert fails(compared(tmp_path, *sides).review, "broadens")


def test_a_plan_shows_no_grant_that_does_not_change() -> None:
    text = _plan("aws_ram_principal_association", {"principal": "x"}, {"principal": "x"})
    sides = read_sides(parse_text("plan.json", text), ReadOptions())
    assert sides is not None
    digests = [[unknown.digest for one in side.documents for unknown in one.unknowns] for side in sides]
    assert len(digests[0]) == 1
    assert digests[0] == digests[1]
