"""Ways in which people write one policy document into templates and manifests."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

FREE = {"Ref": "Free"}
"""A parameter without a value."""
Json = dict[str, Any]

SECTIONS = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {"Free": {"Type": "String"}, "Chosen": {"Type": "String"}},
    "Mappings": {"M": {"a": {}}},
    "Conditions": {"C": {"Fn::Equals": [{"Ref": "Chosen"}, "x"]}},
}


def _template(resource: Json, **parameters: Any) -> Json:
    made = {**SECTIONS["Parameters"], **parameters}  # type: ignore[dict-item]
    return {**SECTIONS, "Parameters": made, "Resources": {"P": resource}}


def _policy(document: Any) -> Json:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}


def joined(document: Any) -> Any:
    """Return a document as JSON text, put together around each `FREE` in it."""
    parts = json.dumps(document).split(json.dumps(FREE))
    if len(parts) == 1:
        return {"Fn::Join": ["", [parts[0][:9], parts[0][9:]]]}
    pieces: list[Any] = []
    for index, part in enumerate(parts):
        text = f'{part}"' if index == 0 else f'"{part}' if index == len(parts) - 1 else f'"{part}"'
        pieces += [text] if index == 0 else [FREE, text]
    return {"Fn::Join": ["", pieces]}


def _sub(document: Any) -> Any:
    text = json.dumps(document)
    return {"Fn::Sub": text.replace("${", "${!").replace(json.dumps(FREE), '"${Free}"')}


def _each_under_if(document: Json) -> Json:
    statements = [{"Fn::If": ["C", one, {"Ref": "AWS::NoValue"}]} for one in document["Statement"]]
    return {**document, "Statement": statements}


def _in_one_arm(document: Json) -> Json:
    return {"Fn::If": ["C", document, {"Version": "2012-10-17", "Statement": []}]}


CLOUDFORMATION: Mapping[str, Callable[[Json], Json]] = {
    "plain": lambda document: _template(_policy(document)),
    "inline": lambda document: _template(
        {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "n", "PolicyDocument": document}]}}
    ),
    "unnamed inline": lambda document: _template(
        {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": document}]}}
    ),
    "list under if": lambda document: _template(
        _policy({**document, "Statement": {"Fn::If": ["C", document["Statement"], []]}})
    ),
    "statements under if": lambda document: _template(_policy(_each_under_if(document))),
    "document under if": lambda document: _template(_policy(_in_one_arm(document))),
    "property under if": lambda document: _template(
        {"Type": "AWS::X::Y", "Properties": {"Deep": {"Fn::If": ["C", {"Inner": document}, {"Ref": "AWS::NoValue"}]}}}
    ),
    "json text": lambda document: _template(_policy(joined(document))),
    "sub": lambda document: _template(_policy(_sub(document))),
    "to json": lambda document: _template(_policy({"Fn::ToJsonString": document})),
    "anywhere": lambda document: _template({"Type": "Custom::X", "Properties": {"Some": [{"Thing": document}]}}),
    "text anywhere": lambda document: _template({"Type": "Custom::X", "Properties": {"Some": [joined(document)]}}),
    "conditional resource": lambda document: _template({**_policy(document), "Condition": "C"}),
    "sam": lambda document: _template(
        {"Type": "AWS::Serverless::Function", "Properties": {"Role": "r", "Policies": [document]}}
    ),
    "list of statements": lambda document: _template(
        {"Type": "Custom::X", "Properties": {"Statements": document["Statement"]}}
    ),
    "output": lambda document: {
        **_template({"Type": "AWS::S3::Bucket"}),
        "Outputs": {"O": {"Value": joined(document)}},
    },
}
"""By name: what makes a template of a document; `FREE` may stand for any text in it."""


def _ack(document: Json) -> Json:
    return {
        "apiVersion": "iam.services.k8s.aws/v1alpha1",
        "kind": "Policy",
        "metadata": {"name": "p"},
        "spec": {"policyDocument": json.dumps(document)},
    }


def _serverless(document: Json) -> Json:
    return {
        "service": "x",
        "provider": {"name": "aws"},
        "functions": {"f": {"iamRoleStatements": document["Statement"]}},
    }


OTHERS: Mapping[str, Callable[[Json], Json]] = {
    "ack": _ack,
    "crossplane": lambda document: {
        **_ack(document),
        "apiVersion": "iam.aws.upbound.io/v1beta1",
        "spec": {"forProvider": {"policy": json.dumps(document)}},
    },
    "config map": lambda document: {**_ack(document), "apiVersion": "v1", "kind": "ConfigMap"},
    "list": lambda document: {"apiVersion": "v1", "kind": "List", "items": [_ack(document)]},
    "applied": lambda document: {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(_ack(document))}},
    },
    "serverless function": _serverless,
    "serverless provider": lambda document: {"provider": {"iamRoleStatements": document["Statement"]}},
    "serverless role": lambda document: {"provider": {"iam": {"role": {"statements": document["Statement"]}}}},
    "serverless variable": lambda document: {
        "provider": {"iamRoleStatements": "${self:custom.all}"},
        "custom": {"all": document["Statement"]},
    },
    "serverless resources": lambda document: {
        "provider": {"name": "aws"},
        "resources": {"Resources": {"P": _policy(document)}},
    },
    "serverless plugin": lambda document: {"provider": {"name": "aws"}, "custom": {"x": {"policy": document}}},
}
"""The same for containers without intrinsic functions."""


def disguised(draw: st.DrawFn, value: Any) -> tuple[Any, dict[str, Any]]:
    """Return a document in which intrinsic functions stand for some texts, and the parameters they refer to."""
    parameters: dict[str, Any] = {}

    def hidden(text: str) -> Any:
        name = f"Q{len(parameters)}"
        parameters[name] = {"Type": "String", "Default": text}
        kind = draw(st.sampled_from(("text", "ref", "sub", "join", "select", "if", "split")))
        return {
            "text": text,
            "ref": {"Ref": name},
            "sub": {"Fn::Sub": [f"${{{name}}}${{Nothing}}", {"Nothing": ""}]},
            "join": {"Fn::Join": ["", [text[:2], text[2:]]]},
            "select": {"Fn::Select": ["1", ["no", {"Ref": name}]]},
            "if": {"Fn::If": ["C", text, {"Ref": name}]},
            "split": {"Fn::Select": [0, {"Fn::Split": ["|", f"{text}|no"]}]},
        }[kind]

    def walk(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: walk(member) for key, member in item.items()}
        if isinstance(item, list):
            return [walk(member) for member in item]
        return hidden(item)

    return walk(value), parameters


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where each text of a value stands."""
    if isinstance(value, dict):
        return [found for key, member in value.items() for found in leaves(member, (*path, key))]
    if isinstance(value, list):
        return [found for index, member in enumerate(value) for found in leaves(member, (*path, index))]
    return [path]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a value with another one at a path."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, dict):
        return {key: replaced(one, tuple(rest), new) if key == first else one for key, one in value.items()}
    return [replaced(one, tuple(rest), new) if index == first else one for index, one in enumerate(value)]
