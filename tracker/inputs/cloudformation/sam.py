"""What SAM makes of its resources: a role for each function and state machine, and permissions for their events.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec.json import decode
from msgspec.structs import replace

from tracker.inputs.cloudformation.template import Resource, ShortForm, Template, function_of
from tracker.inputs.syntax.parsing import escape_pointer
from tracker.policy.model import Json

__all__ = ["expanded"]

_SERVERLESS = "AWS::Serverless::"
_WITH_ROLE = ("Function", "StateMachine")
_ROLE_MEMBERS = ("Policies", "PermissionsBoundary", "AssumeRolePolicyDocument")
_INVOKERS = {
    "AlexaSkill": "alexa-appkit.amazon.com",
    "Api": "apigateway.amazonaws.com",
    "CloudWatchEvent": "events.amazonaws.com",
    "CloudWatchLogs": "logs.amazonaws.com",
    "Cognito": "cognito-idp.amazonaws.com",
    "EventBridgeRule": "events.amazonaws.com",
    "HttpApi": "apigateway.amazonaws.com",
    "IoTRule": "iot.amazonaws.com",
    "S3": "s3.amazonaws.com",
    "SNS": "sns.amazonaws.com",
    "Schedule": "events.amazonaws.com",
}
"""Kinds of event whose source invokes the function, and the source's principal."""
_DECIDING = (
    "RestApiId",
    "ApiId",
    "Bucket",
    "Topic",
    "UserPool",
    "Path",
    "Method",
    "Stage",
    "Name",
    "EventBusName",
    "LogGroupName",
    "SkillId",
)
"""Properties of an event that decide who its source is."""
_EVENT_POLICIES = {
    "DynamoDB": "AWSLambdaDynamoDBExecutionRole",
    "Kinesis": "AWSLambdaKinesisExecutionRole",
    "MSK": "AWSLambdaMSKExecutionRole",
    "SQS": "AWSLambdaSQSQueueExecutionRole",
}
"""Kinds of event that the function polls, and the managed policy that SAM attaches for it."""
_EVENT_STATEMENTS = ("DocumentDB", "MQ", "SelfManagedKafka")
"""Kinds of event for which SAM writes a policy that is not read here."""


def expanded(template: Template) -> Template:
    """Return a template with the roles and permissions that SAM makes, each where the function stands in the file."""
    if not any(one.type.startswith(_SERVERLESS) for one in template.resources.values()):
        return template
    found: dict[str, Resource] = {}
    for resource in template.resources.values():
        for one in _made(_with_globals(resource, template.sections.get("Globals"))):
            found.setdefault(one.logical_id, one)
    return replace(template, resources=found)


def _with_globals(resource: Resource, defaults: Any) -> Resource:
    kind = resource.type.removeprefix(_SERVERLESS)
    common = defaults.get(kind) if isinstance(defaults, dict) and kind != resource.type else None
    return replace(resource, properties=_merged(common, resource.properties)) if isinstance(common, dict) else resource


def _merged(common: Any, own: Any) -> Any:
    if isinstance(common, dict) and isinstance(own, dict) and not function_of(own) and not function_of(common):
        return {
            **common,
            **{key: _merged(common[key], value) if key in common else value for key, value in own.items()},
        }
    return [*common, *own] if isinstance(common, list) and isinstance(own, list) else own


def _made(resource: Resource) -> Iterator[Resource]:
    """Yield a resource, and those that SAM makes beside it."""
    kind = resource.type.removeprefix(_SERVERLESS) if resource.type.startswith(_SERVERLESS) else ""
    if kind not in _WITH_ROLE:
        yield resource
        return
    properties = resource.properties
    yield replace(resource, properties={key: value for key, value in properties.items() if key not in _ROLE_MEMBERS})
    if "Role" not in properties or not properties.keys().isdisjoint(_ROLE_MEMBERS):
        yield replace(
            resource,
            logical_id=f"{resource.logical_id}Role",
            type="AWS::IAM::Role",
            properties=_role(properties, kind, is_implicit="Role" not in properties),
            rest={},
        )
    if kind == "Function":
        yield from _permissions(resource)


def _role(properties: Json, kind: str, *, is_implicit: bool) -> Json:
    made = {key: properties[key] for key in _ROLE_MEMBERS if key in properties}
    if "Policies" in made:
        made["Policies"] = _policies(made["Policies"])
    if is_implicit and kind == "Function":
        names = dict.fromkeys(["service-role/AWSLambdaBasicExecutionRole", *_implied(properties)])
        made["ManagedPolicyArns"] = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"} for name in names]
    return made


def _implied(properties: Json) -> Iterator[str]:
    if "VpcConfig" in properties:
        yield "service-role/AWSLambdaVPCAccessExecutionRole"
    if properties.get("Tracing") not in (None, "PassThrough", "Disabled"):
        yield "AWSXrayWriteOnlyAccess"
    for _, event in _events(properties):
        if event.get("Type") in _EVENT_POLICIES:
            yield f"service-role/{_EVENT_POLICIES[event['Type']]}"


def _events(properties: Json) -> Iterator[tuple[str, Json]]:
    events = properties.get("Events")
    for name, event in events.items() if isinstance(events, dict) else ():
        if isinstance(event, dict) and isinstance(event.get("Type"), str):
            yield name, event


def _permissions(resource: Resource) -> Iterator[Resource]:
    """Yield the permissions that SAM makes for a function's events and its address."""
    function = {"Ref": resource.logical_id}
    for name, event in _events(resource.properties):
        given = event.get("Properties")
        given = given if isinstance(given, dict) else {}
        made: dict[str, Any] | None = None
        type_name = "AWS::Lambda::Permission"
        if event["Type"] in _INVOKERS:
            source = {key: given[key] for key in _DECIDING if key in given}
            made = {
                "Action": "lambda:InvokeFunction",
                "FunctionName": function,
                "Principal": _INVOKERS[event["Type"]],
                "SourceArn": {"Fn::EventSource": [name, event["Type"], source]},
            }
        elif event["Type"] in _EVENT_STATEMENTS:
            type_name = "AWS::IAM::RolePolicy"
            made = {
                "RoleName": {"Ref": f"{resource.logical_id}Role"},
                "PolicyDocument": {"Fn::EventPolicy": [name, event]},
            }
        if made is not None:
            yield Resource(
                f"{resource.logical_id}{name}Permission",
                type_name,
                made,
                resource.condition,
                f"{resource.pointer}/Properties/Events/{escape_pointer(name)}",
                {},
            )
    address = resource.properties.get("FunctionUrlConfig")
    if isinstance(address, dict) and address.get("AuthType") != "AWS_IAM":
        yield Resource(
            f"{resource.logical_id}UrlPublicPermissions",
            "AWS::Lambda::Permission",
            {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionName": function,
                "Principal": "*",
                "FunctionUrlAuthType": address.get("AuthType", "NONE"),
            },
            resource.condition,
            f"{resource.pointer}/Properties/FunctionUrlConfig",
            {},
        )


def _policies(value: Any) -> Any:
    """Return SAM's `Policies` with each policy template as the policy that SAM makes of it, each where it stands."""
    if isinstance(value, list):
        return [_policies(item) for item in value]
    name, argument = function_of(value) or ("", None)
    if name == "Fn::If" and isinstance(argument, list):
        made = {name: [argument[0], *map(_policies, argument[1:])]} if argument else value
        return ShortForm(made) if isinstance(value, ShortForm) else made
    if name or not isinstance(value, dict) or len(value) != 1 or "Statement" in value:
        return value
    template, given = next(iter(value.items()))
    return {"PolicyName": template, "PolicyDocument": _templated(template, given)}


def _templated(name: str, given: Any) -> Any:
    known = _templates().get(name)
    if known is None or not (isinstance(given, dict) or given is None):
        return {"Fn::PolicyTemplate": [name, given]}
    values = given or {}
    if set(known["Parameters"]) != set(values):
        return {"Fn::PolicyTemplate": [name, given]}
    return {"Version": "2012-10-17", "Statement": _filled(known["Statement"], values)}


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in values:
            return values[value["Ref"]]
        return {key: _filled(member, values) for key, member in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list) else value


@cache
def _templates() -> dict[str, Any]:
    return decode(files("tracker").joinpath("data/sam_policy_templates.json").read_bytes(), type=dict[str, Any])
