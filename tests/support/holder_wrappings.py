"""Ways in which something acts as one of two roles, whose policies stand in the same file."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from terraform_wrappings import hcl

Json = dict[str, Any]
Holding = Callable[[Json, Json, str], Any]
"""The policies of the roles `A` and `B`, and which of the two is held -> the content of a file; a text is Terraform."""
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def _role(document: Json) -> Json:
    policies = [{"PolicyName": "n", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies}}


def _holding(kind: str, properties: Callable[[str], Json], *more: tuple[str, Callable[[str], Json]]) -> Holding:
    def made(a: Json, b: Json, held: str) -> Json:
        others = {name: resource(held) for name, resource in more}
        return {
            "Resources": {"A": _role(a), "B": _role(b), **others, "H": {"Type": kind, "Properties": properties(held)}}
        }

    return made


def _arn(held: str) -> Json:
    return {"Fn::GetAtt": [held, "Arn"]}


def _separate(a: Json, b: Json, held: str) -> Json:
    """Each policy a resource of its own, attached to its role."""
    resources: Json = {"H": {"Type": "AWS::Lambda::Function", "Properties": {"Role": _arn(held)}}}
    for name, document in (("A", a), ("B", b)):
        resources[name] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
        policy = {"PolicyName": "n", "PolicyDocument": document, "Roles": [{"Ref": name}]}
        resources[f"P{name}"] = {"Type": "AWS::IAM::Policy", "Properties": policy}
    return {"Resources": resources}


def _serverless(a: Json, b: Json, held: str) -> Json:
    return {
        "service": "x",
        "provider": {"name": "aws"},
        "functions": {"f": {"handler": "h", "role": held}},
        "resources": {"Resources": {"A": _role(a), "B": _role(b)}},
    }


def _terraform(a: Json, b: Json, held: str) -> str:
    roles = "".join(
        f'resource "aws_iam_role" "{name}" {{\n  name = "{name}"\n  assume_role_policy = jsonencode({hcl(TRUST)})\n}}\n'
        f'resource "aws_iam_role_policy" "{name}" {{\n  role = aws_iam_role.{name}.name\n'
        f"  policy = jsonencode({hcl(document)})\n}}\n"
        for name, document in (("A", a), ("B", b))
    )
    return f'{roles}resource "aws_lambda_function" "f" {{\n  role = aws_iam_role.{held}.arn\n}}\n'


def _state(a: Json, b: Json, held: str) -> Json:
    def resource(kind: str, label: str, **attributes: Any) -> Json:
        return {"mode": "managed", "type": kind, "name": label, "instances": [{"attributes": attributes}]}

    arn = "arn:aws:iam::111122223333:role/"
    roles = [
        resource("aws_iam_role", name, name=name, arn=f"{arn}{name}", assume_role_policy=json.dumps(TRUST))
        for name in "AB"
    ]
    policies = [
        resource("aws_iam_role_policy", name, role=name, policy=json.dumps(document))
        for name, document in (("A", a), ("B", b))
    ]
    function = resource("aws_lambda_function", "f", role=f"{arn}{held}")
    return {"version": 4, "terraform_version": "1.9.0", "resources": [*roles, *policies, function]}


def _ack(a: Json, b: Json, held: str) -> Json:
    def item(group: str, kind: str, name: str, **spec: Any) -> Json:
        named = {"name": name}
        return {"apiVersion": f"{group}.services.k8s.aws/v1alpha1", "kind": kind, "metadata": named, "spec": spec}

    roles = [
        item("iam", "Role", name, assumeRolePolicyDocument=json.dumps(TRUST), inlinePolicies={"n": json.dumps(one)})
        for name, one in (("A", a), ("B", b))
    ]
    function = item("lambda", "Function", "f", roleRef={"from": {"name": held}})
    return {"apiVersion": "v1", "kind": "List", "items": [*roles, function]}


HOLDERS: Mapping[str, Holding] = {
    "a function": _holding("AWS::Lambda::Function", lambda held: {"Role": _arn(held)}),
    "a function by text": _holding("AWS::Lambda::Function", lambda held: {"Role": {"Fn::Sub": f"${{{held}.Arn}}"}}),
    "a function of SAM": _holding("AWS::Serverless::Function", lambda held: {"Role": _arn(held)}),
    "a task": _holding("AWS::ECS::TaskDefinition", lambda held: {"TaskRoleArn": {"Ref": held}}),
    "a state machine": _holding("AWS::StepFunctions::StateMachine", lambda held: {"RoleArn": _arn(held)}),
    "a target of a rule": _holding("AWS::Events::Rule", lambda held: {"Targets": [{"Id": "t", "RoleArn": _arn(held)}]}),
    "an instance": _holding(
        "AWS::EC2::Instance",
        lambda _: {"IamInstanceProfile": {"Ref": "Profile"}},
        ("Profile", lambda held: {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": held}]}}),
    ),
    "separate policies": _separate,
    "serverless": _serverless,
    "terraform": _terraform,
    "terraform state": _state,
    "ack": _ack,
}
"""By name: what makes a file in which something acts as the one role or the other."""
