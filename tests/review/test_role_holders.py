"""Who acts as a role: whatever gets another role gains what that role allows, though no policy changes."""

from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document, rules_of, states_of

from tracker.review.model import fails

TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
OTHER = "arn:aws:iam::111122223333:role/other"
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
Resources = dict[str, Any]


def role(*statements: Any) -> Resources:
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies}}


def resource(kind: str, **properties: Any) -> Resources:
    return {"Type": kind, "Properties": properties}


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def function(given: Any) -> Resources:
    return resource("AWS::Lambda::Function", Role=given)


ROLES: Resources = {
    "Reader": role(allow("s3:GetObject")),
    "Admin": role(allow("*")),
    "ReaderProfile": resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Reader"}]),
    "AdminProfile": resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Admin"}]),
}


def template(**resources: Any) -> dict[str, Any]:
    conditions = {"C": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
    parameters = {"Stage": {"Type": "String"}, "RoleArn": {"Type": "String"}}
    return {"Parameters": parameters, "Conditions": conditions, "Resources": {**ROLES, **resources}}


def launch_template(profile: str) -> Resources:
    return resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"IamInstanceProfile": {"Arn": arn(profile)}})


def task(**properties: Any) -> Resources:
    return resource("AWS::ECS::TaskDefinition", **properties)


def rule(given: Any) -> Resources:
    return resource("AWS::Events::Rule", Targets=[{"Id": "t", "RoleArn": given}])


GAINS: dict[str, tuple[Resources, Resources]] = {
    "another role": ({"F": function(arn("Reader"))}, {"F": function(arn("Admin"))}),
    "another role that a function had before": (
        {"F": function(arn("Reader")), "G": function(arn("Admin"))},
        {"F": function(arn("Admin")), "G": function(arn("Admin"))},
    ),
    "a role of a kind that had none of it": (
        {"F": function(arn("Reader"))},
        {"F": function(arn("Reader")), "T": task(TaskRoleArn=arn("Reader"))},
    ),
    "a role from elsewhere": ({}, {"F": function(OTHER)}),
    "a role from a parameter": ({"F": function(arn("Reader"))}, {"F": function({"Ref": "RoleArn"})}),
    "a task that had none": ({"T": task()}, {"T": task(TaskRoleArn=arn("Admin"))}),
    "a profile with another role": (
        {"P": resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Reader"}])},
        {"P": resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Admin"}])},
    ),
    "an instance with another profile": (
        {"I": resource("AWS::EC2::Instance", IamInstanceProfile={"Ref": "ReaderProfile"})},
        {"I": resource("AWS::EC2::Instance", IamInstanceProfile={"Ref": "AdminProfile"})},
    ),
    "a launch template with another profile": (
        {"L": launch_template("ReaderProfile")},
        {"L": launch_template("AdminProfile")},
    ),
    "a role inside of a property": ({"R": rule(arn("Reader"))}, {"R": rule(arn("Admin"))}),
    "one role more": (
        {"C": resource("AWS::Redshift::Cluster", IamRoles=[])},
        {"C": resource("AWS::Redshift::Cluster", IamRoles=[OTHER])},
    ),
    "roles in a list of objects": (
        {"C": resource("AWS::RDS::DBCluster", AssociatedRoles=[])},
        {"C": resource("AWS::RDS::DBCluster", AssociatedRoles=[{"RoleArn": OTHER}])},
    ),
    "credentials of an integration": (
        {"M": resource("AWS::ApiGateway::Method", Integration={"Credentials": arn("Reader")})},
        {"M": resource("AWS::ApiGateway::Method", Integration={"Credentials": arn("Admin")})},
    ),
    "arms of a condition that changed places": (
        {"F": function({"Fn::If": ["C", arn("Reader"), arn("Admin")]})},
        {"F": function({"Fn::If": ["C", arn("Admin"), arn("Reader")]})},
    ),
    "the role that SAM makes, and another one": (
        {"F": resource("AWS::Serverless::Function", Handler="f.f")},
        {"F": resource("AWS::Serverless::Function", Handler="f.f", Role=arn("Admin"))},
    ),
}
GAINS_NOTHING: dict[str, tuple[Resources, Resources]] = {
    "a narrower role": ({"F": function(arn("Admin"))}, {"F": function(arn("Reader"))}),
    "one more function with the role of another": (
        {"F": function(arn("Reader"))},
        {"F": function(arn("Reader")), "G": function(arn("Reader"))},
    ),
    "a function under another name": ({"F": function(OTHER)}, {"Renamed": function(OTHER)}),
    "a reference in another form": (
        {"F": function(arn("Reader"))},
        {"F": function({"Fn::Sub": "${Reader.Arn}"})},
    ),
    "a role that is linked to a service": (
        {},
        {"G": resource("AWS::AutoScaling::AutoScalingGroup", ServiceLinkedRoleARN=LINKED)},
    ),
    "a role of another system": ({}, {"G": resource("Snowflake::Grant", Role={"Ref": "RoleArn"})}),
    "a function under a condition": (
        {"F": function(OTHER)},
        {"F": {**function(OTHER), "Condition": "C"}},
    ),
    "a launch template in place of an instance": (
        {"I": resource("AWS::EC2::Instance", IamInstanceProfile={"Ref": "ReaderProfile"})},
        {"L": launch_template("ReaderProfile")},
    ),
    "a function that goes": ({"F": function(arn("Reader"))}, {}),
    "a role that a program is given the name of": (
        {"F": function(OTHER)},
        {"F": resource("AWS::Lambda::Function", Role=OTHER, Environment={"Variables": {"TargetRoleArn": OTHER + "2"}})},
    ),
    "other code": (
        {"F": function(OTHER)},
        {"F": resource("AWS::Lambda::Function", Role=OTHER, Handler="other.handler")},
    ),
}


@pytest.mark.parametrize(("before", "after"), GAINS.values(), ids=GAINS.keys())
def test_what_gets_another_role_gains_what_it_allows(before: Resources, after: Resources, tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": template(**before)}, {"t.json": template(**after)})
    assert fails(found.review, "broadens")
    assert all(" acts as " in name for name, state in states_of(found).items() if "narrows" not in state)


@pytest.mark.parametrize(("before", "after"), GAINS_NOTHING.values(), ids=GAINS_NOTHING.keys())
def test_who_acts_as_the_same_role_gains_nothing(before: Resources, after: Resources, tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": template(**before)}, {"t.json": template(**after)})
    assert not fails(found.review, "broadens")
    assert not rules_of(found)


def test_a_new_role_is_reported_once(tmp_path: Path) -> None:
    after = template(New=role(allow("sqs:SendMessage")), F=function(arn("New")))
    found = compared(tmp_path, {"t.json": template()}, {"t.json": after})
    assert not any("acts as" in name for name in states_of(found))


def test_a_swap_of_roles_is_decided_with_a_witness(tmp_path: Path) -> None:
    sides = [{"t.json": template(F=function(arn(name)))} for name in ("Reader", "Admin")]
    found = compared(tmp_path, *sides)
    assert states_of(found) == {"t.json#F acts as Admin": "changed broadens"}
    assert fails(found.review, "critical")


def test_a_nested_stack_has_functions_too(tmp_path: Path) -> None:
    def files(name: str) -> dict[str, Any]:
        nested = resource("AWS::CloudFormation::Stack", TemplateURL="inner.json")
        return {"outer.json": {"Resources": {"Inner": nested}}, "inner.json": template(F=function(arn(name)))}

    found = compared(tmp_path, files("Reader"), files("Admin"))
    assert "outer.json#Inner/F acts as Inner/Admin" in states_of(found)


# --- Terraform -------------------------------------------------------------------------------------------------------

MODULE = "\n".join(
    f"""
resource "aws_iam_role" "{name}" {{
  name               = "{name}"
  assume_role_policy = jsonencode({{Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Principal = {{Service = "ec2.amazonaws.com"}}, Action = "sts:AssumeRole" }}]}})
}}
resource "aws_iam_role_policy" "{name}" {{
  role   = aws_iam_role.{name}.id
  policy = jsonencode({{Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Action = "{action}", Resource = "*" }}]}})
}}
resource "aws_iam_instance_profile" "{name}" {{
  name = "{name}"
  role = aws_iam_role.{name}.name
}}
"""
    for name, action in (("reader", "s3:GetObject"), ("admin", "*"))
)


def source(kind: str, argument: str, value: str, name: str = "x") -> str:
    return f'resource "{kind}" "{name}" {{\n  {argument} = {value}\n}}\n'


SOURCES: dict[str, tuple[str, str, bool]] = {
    "a function": (
        source("aws_lambda_function", "role", "aws_iam_role.reader.arn"),
        source("aws_lambda_function", "role", "aws_iam_role.admin.arn"),
        True,
    ),
    "a narrower role": (
        source("aws_lambda_function", "role", "aws_iam_role.admin.arn"),
        source("aws_lambda_function", "role", "aws_iam_role.reader.arn"),
        False,
    ),
    "a role by its ARN": (
        source("aws_lambda_function", "role", "aws_iam_role.reader.arn"),
        source("aws_lambda_function", "role", '"arn:aws:iam::111122223333:role/reader"'),
        False,
    ),
    "a profile": (
        source("aws_iam_instance_profile", "role", "aws_iam_role.reader.name"),
        source("aws_iam_instance_profile", "role", "aws_iam_role.admin.name"),
        True,
    ),
    "an instance": (
        source("aws_instance", "iam_instance_profile", "aws_iam_instance_profile.reader.name"),
        source("aws_instance", "iam_instance_profile", "aws_iam_instance_profile.admin.name"),
        True,
    ),
    "a launch template": (
        source("aws_launch_template", "iam_instance_profile", "", "x").replace(
            "iam_instance_profile = ", "iam_instance_profile {\n name = aws_iam_instance_profile.reader.name\n }"
        ),
        source("aws_launch_template", "iam_instance_profile", "", "x").replace(
            "iam_instance_profile = ", "iam_instance_profile {\n name = aws_iam_instance_profile.admin.name\n }"
        ),
        True,
    ),
    "a role from elsewhere": ("", source("aws_lambda_function", "role", f'"{OTHER}"'), True),
    "the default of a variable": (
        f'variable "role" {{ default = "{OTHER}" }}\n' + source("aws_lambda_function", "role", "var.role"),
        f'variable "role" {{ default = "{OTHER}-2" }}\n' + source("aws_lambda_function", "role", "var.role"),
        True,
    ),
    "a task": (
        source("aws_ecs_task_definition", "task_role_arn", "aws_iam_role.reader.arn"),
        source("aws_ecs_task_definition", "task_role_arn", "aws_iam_role.admin.arn"),
        True,
    ),
    "one more function": (
        source("aws_lambda_function", "role", "aws_iam_role.reader.arn"),
        source("aws_lambda_function", "role", "aws_iam_role.reader.arn")
        + source("aws_lambda_function", "role", "aws_iam_role.reader.arn", "y"),
        False,
    ),
    "a function that is moved": (
        source("aws_lambda_function", "role", "aws_iam_role.admin.arn"),
        source("aws_lambda_function", "role", "aws_iam_role.admin.arn", "y")
        + "moved {\n from = aws_lambda_function.x\n to = aws_lambda_function.y\n}\n",
        False,
    ),
}


@pytest.mark.parametrize(("before", "after", "broadens"), SOURCES.values(), ids=SOURCES.keys())
def test_a_resource_of_terraform_acts_as_a_role(before: str, after: str, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {"main.tf": MODULE + before}, {"main.tf": MODULE + after})
    assert fails(found.review, "broadens") is broadens, found.printed("text")


SERVICE_ACCOUNTS = {
    "values": 'resource "helm_release" "x" {{\n  values = ["a:\n  eks.amazonaws.com/role-arn: {}\n"]\n}}\n',
    "a setting": (
        'resource "helm_release" "x" {{\n  set {{\n    name = "a.annotations.eks\\\\.amazonaws\\\\.com/role-arn"\n'
        '    value = "{}"\n  }}\n}}\n'
    ),
    "an annotation": (
        'resource "kubernetes_service_account" "x" {{\n  metadata {{\n    annotations = '
        '{{ "eks.amazonaws.com/role-arn" = "{}" }}\n  }}\n}}\n'
    ),
}


@pytest.mark.parametrize("text", SERVICE_ACCOUNTS.values(), ids=SERVICE_ACCOUNTS.keys())
def test_a_service_account_in_sources_acts_as_a_role(text: str, tmp_path: Path) -> None:
    text = text.replace("a:\n  eks", "a: {{eks").replace('{}\n"]', '{}}}"]')
    before, after = ({"main.tf": text.format(role)} for role in (OTHER, f"{OTHER}-2"))
    assert fails(compared(tmp_path, before, after).review, "broadens")
    assert not fails(compared(tmp_path / "2", before, before).review, "any")


def test_an_assignment_to_one_more_account_is_one_more(tmp_path: Path) -> None:
    text = 'resource "aws_ssoadmin_account_assignment" "x" {{\n  principal_id = "g"\n  target_id = "{}"\n'
    text += '  permission_set_arn = "arn:aws:sso:::permissionSet/s"\n}}\n'
    before, after = ({"main.tf": text.format(account)} for account in ("111122223333", "444455556666"))
    assert fails(compared(tmp_path, before, after).review, "broadens")


def plan(before: Any, after: Any, unknown: Any = None, references: Any = None) -> dict[str, Any]:
    def change(address: str, old: Any, new: Any, after_unknown: Any = None) -> dict[str, Any]:
        kind, name = address.split(".")
        actions = ["no-op"] if old == new and not after_unknown else ["update"] if old else ["create"]
        values = {"actions": actions, "before": old, "after": new, "after_unknown": after_unknown or {}}
        return {"address": address, "type": kind, "name": name, "mode": "managed", "change": values}

    roles = []
    for name, action in (("reader", "s3:GetObject"), ("admin", "*")):
        trust = {"assume_role_policy": str(TRUST).replace("'", '"')}
        values = {"name": name, "arn": f"arn:aws:iam::111122223333:role/{name}", **trust}
        policy = str(document(allow(action))).replace("'", '"')
        roles.append(change(f"aws_iam_role.{name}", values, values))
        inline = {"role": name, "policy": policy, "name": "p"}
        roles.append(change(f"aws_iam_role_policy.{name}", inline, inline))
    expressions = {"address": "aws_lambda_function.f", "expressions": {"role": {"references": references or []}}}
    return {
        "format_version": "1.2",
        "resource_changes": [*roles, change("aws_lambda_function.f", before, after, unknown)],
        "configuration": {"root_module": {"resources": [expressions]}},
    }


READER, ADMIN = (f"arn:aws:iam::111122223333:role/{name}" for name in ("reader", "admin"))


@pytest.mark.parametrize(
    ("made", "broadens"),
    [
        (plan({"role": READER}, {"role": ADMIN}), True),
        (plan({"role": ADMIN}, {"role": READER}), False),
        (plan({"role": READER}, {}, {"role": True}, ["aws_iam_role.admin.arn", "aws_iam_role.admin"]), True),
        (plan({"role": READER}, {}, {"role": True}, ["aws_iam_role.reader.arn", "aws_iam_role.reader"]), False),
        (plan({"role": READER}, {"role": READER, "timeout": 3}), False),
        (plan(None, {"role": OTHER}), True),
    ],
)
def test_a_plan_says_who_gets_which_role(made: Any, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {"plan.json": made})
    assert fails(found.review, "broadens") is broadens, found.printed("text")


# --- service accounts and the Serverless Framework -------------------------------------------------------------------


def account(given: str) -> str:
    annotations = f"  annotations:\n    eks.amazonaws.com/role-arn: {given}\n"
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n{annotations}"


def values(given: str) -> str:
    return f"serviceAccount:\n  annotations:\n    eks.amazonaws.com/role-arn: {given}\n"


def service(provider: str, given: str) -> str:
    return f"service: s\nprovider:\n  name: aws\n{provider}functions:\n  f:\n    handler: f.f\n{given}"


STATEMENTS = "  iam: {role: {statements: [{Effect: Allow, Action: 's3:Get*', Resource: '*'}]}}\n"
OTHERS: dict[str, tuple[str, str, bool]] = {
    "a service account": (account(OTHER), account(f"{OTHER}-2"), True),
    "values of a chart": (values(OTHER), values(f"{OTHER}-2"), True),
    "a label of a service account": (account(OTHER), account(OTHER) + "  labels: {a: b}\n", False),
    "a function": (service("", f"    role: {OTHER}\n"), service("", f"    role: {OTHER}-2\n"), True),
    "a function that had none": (service("", ""), service("", f"    role: {OTHER}\n"), True),
    "all functions": (service(f"  role: {OTHER}\n", ""), service(f"  role: {OTHER}-2\n", ""), True),
    "one more function": (service(STATEMENTS, ""), service(STATEMENTS, "  g:\n    handler: g.g\n"), False),
    "statements that go": (service(STATEMENTS, ""), service("", ""), False),
}


@pytest.mark.parametrize(("before", "after", "broadens"), OTHERS.values(), ids=OTHERS.keys())
def test_manifests_and_services_say_who_gets_which_role(
    before: str, after: str, broadens: bool, tmp_path: Path
) -> None:
    found = compared(tmp_path, {"serverless.yml": before}, {"serverless.yml": after})
    assert fails(found.review, "broadens") is broadens, found.printed("text")


# --- keys of a user --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        {"t.json": template(K=resource("AWS::IAM::AccessKey", UserName="admin"))},
        {"t.json": template(K=resource("AWS::IAM::User", LoginProfile={"Password": "p"}))},
        {"main.tf": source("aws_iam_access_key", "user", '"admin"')},
        {"main.tf": source("aws_iam_user_login_profile", "user", '"admin"')},
    ],
)
def test_who_gets_the_keys_of_a_user_is_a_finding(after: dict[str, Any], tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": template()} if "t.json" in after else {}, after)
    assert rules_of(found) == {"not-looked-at"}


def test_keys_that_are_renewed_go_to_nobody_else(tmp_path: Path) -> None:
    sides = [{"t.json": template(K=resource("AWS::IAM::AccessKey", UserName="u", Serial=serial))} for serial in (1, 2)]
    assert not fails(compared(tmp_path, *sides).review, "broadens")
