"""Ways in which one policy document stands in Terraform's files, and in answers about an account."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from wrappings import FREE

Json = dict[str, Any]
ARN = "arn:aws:iam::111122223333"


def hcl(value: Any) -> str:
    """Return a value in Terraform's language; `FREE` is a variable without a value."""
    if value == FREE:
        return "var.free"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{hcl(key)} = {hcl(member)}' for key, member in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(hcl, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _heredoc(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False, indent=1).replace("${", "$${").replace("%{", "%%{")
    free = json.dumps(FREE, indent=1)
    lines = text.replace("\n", "\x00")
    for depth in range(12):  # `FREE` is indented by where it stands
        lines = lines.replace(free.replace("\n", f"\x00{' ' * depth}"), '"${var.free}"')
    return "<<EOT\n" + lines.replace("\x00", "\n") + "\nEOT\n"


def _resource(expression: str) -> str:
    return f'variable "free" {{}}\nresource "aws_iam_policy" "p" {{\n  policy = {expression}\n}}\n'


def _arguments(block: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return "".join(f"  {name} = {hcl(_list(block[key]))}\n" for key, name in names.items() if key in block)


def _list(value: Any) -> Any:
    return value if isinstance(value, list) or value == FREE else [value]


def _blocks(statement: Mapping[str, Any]) -> str:
    """Return a statement as a block of `aws_iam_policy_document`, whose `&{` is the `${` of a policy variable."""
    lists = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    text = f"  effect = {hcl(statement['Effect'])}\n" + _arguments(statement, lists)
    if "Sid" in statement:
        text += f"  sid = {hcl(statement['Sid'])}\n"
    for key, name in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        members = statement.get(key, {})
        for kind, identifiers in ({"*": "*"} if members == "*" else members).items():
            text += f"  {name} {{\n  type = {hcl(kind)}\n  identifiers = {hcl(_list(identifiers))}\n  }}\n"
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            inner = {"test": operator, "variable": key, "values": _list(values)}
            text += "  condition {\n" + "".join(f"  {name} = {hcl(one)}\n" for name, one in inner.items()) + "  }\n"
    return f"statement {{\n{text}}}\n"


def _data(document: Json) -> str:
    blocks = "".join(map(_blocks, document["Statement"]))
    return f'data "aws_iam_policy_document" "d" {{\n{blocks}}}\n' + _resource("data.aws_iam_policy_document.d.json")


SOURCES: Mapping[str, Callable[[Json], str]] = {
    "jsonencode": lambda document: _resource(f"jsonencode({hcl(document)})"),
    "heredoc": lambda document: _resource(_heredoc(document)),
    "data source": _data,
    "data source alone": lambda document: _data(document).partition('variable "free"')[0] + 'variable "free" {}\n',
    "local value": lambda document: _resource("jsonencode(local.p)") + f"locals {{\n  p = {hcl(document)}\n}}\n",
    "loop": lambda document: (
        _resource('jsonencode({ Version = "2012-10-17", Statement = [for s in local.all : s] })')
        + f"locals {{\n  all = {hcl(document['Statement'])}\n}}\n"
    ),
    "any attribute": lambda document: (
        'variable "free" {}\nresource "x_y" "z" {\n  a {\n    b = jsonencode(' + hcl(document) + ")\n  }\n}\n"
    ),
    "argument of a module": lambda document: (
        'variable "free" {}\nmodule "m" {\n  source = "x/y/z"\n  p = jsonencode(' + hcl(document) + ")\n}\n"
    ),
}
"""By name: what makes a source of a document; `FREE` may stand for any text in it."""


def _plan(before: Json, after: Json, kind: str = "aws_iam_policy", **more: Any) -> Json:
    """Return a plan of one resource whose attributes change."""
    change = {"actions": ["update"], "before": before, "after": after, "after_unknown": {}}
    item = {"address": f"{kind}.p", "mode": "managed", "type": kind, "name": "p", "change": change}
    return {"format_version": "1.2", "resource_changes": [item], **more}


def _held(policy: Json) -> Json:
    """Return what `planned_values` and `prior_state` hold."""
    item = {"address": "x.y", "mode": "managed", "type": "x", "name": "y", "values": {"policy": json.dumps(policy)}}
    return {"root_module": {"child_modules": [{"address": "module.m", "resources": [item]}]}}


def _made_with(attributes: Callable[[Json], Json], kind: str = "aws_iam_policy") -> Callable[[Json, Json], Json]:
    return lambda before, after: _plan(attributes(before), attributes(after), kind)


PLANS: Mapping[str, Callable[[Json, Json], Json]] = {
    "plan": _made_with(lambda one: {"policy": json.dumps(one)}),
    "plan, nested": _made_with(
        lambda one: {"inline_policy": [{"name": "n", "policy": json.dumps(one)}]}, "aws_iam_role"
    ),
    "plan, trust": _made_with(lambda one: {"assume_role_policy": json.dumps(one)}, "aws_iam_role"),
    "plan, any attribute": _made_with(lambda one: {"x": [{"y": json.dumps(one)}]}, "x_y"),
    "plan, not a text": _made_with(lambda one: {"x": {"y": one}}, "x_y"),
    "plan, text in a text": _made_with(lambda one: {"x": json.dumps({"y": one})}, "x_y"),
    "plan, values": lambda before, after: {
        "format_version": "1.2",
        "prior_state": {"format_version": "1.0", "values": _held(before)},
        "planned_values": _held(after),
    },
    "plan, module": lambda before, after: {
        **_plan({"policy": json.dumps(before)}, {"policy": json.dumps(after)}),
        "planned_values": _held(after),
        "prior_state": {"values": _held(before)},
    },
}
"""By name: what makes a plan of a document before and after."""


def _managed(document: Any) -> Json:
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Version": "2012-10-17", "Statement": []}},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": document},
    ]
    return {"Policies": [{"Arn": f"{ARN}:policy/P", "DefaultVersionId": "v2", "PolicyVersionList": versions}]}


def _inline(document: Any) -> list[Json]:
    return [{"PolicyName": "n", "PolicyDocument": document}]


JSON_FILES: Mapping[str, Callable[[Json], Json]] = {
    "state": lambda document: {
        "version": 4,
        "resources": [
            {
                "mode": "managed",
                "type": "aws_iam_policy",
                "name": "p",
                "instances": [{"attributes": {"policy": json.dumps(document)}}],
            }
        ],
    },
    "user": lambda document: {"UserDetailList": [{"Arn": f"{ARN}:user/u", "UserPolicyList": _inline(document)}]},
    "user, encoded": lambda document: {
        "UserDetailList": [{"Arn": f"{ARN}:user/u", "UserPolicyList": _inline(quote(json.dumps(document)))}]
    },
    "group": lambda document: {"GroupDetailList": [{"Arn": f"{ARN}:group/g", "GroupPolicyList": _inline(document)}]},
    "trust": lambda document: {"RoleDetailList": [{"Arn": f"{ARN}:role/r", "AssumeRolePolicyDocument": document}]},
    "managed": _managed,
    "get-role-policy": lambda document: {"RoleName": "r", "PolicyName": "p", "PolicyDocument": document},
    "describe-policy": lambda document: {
        "Policy": {
            "PolicySummary": {"Arn": "arn:o", "Type": "SERVICE_CONTROL_POLICY"},
            "Content": json.dumps(document),
        }
    },
    "state, shown": lambda document: {"format_version": "1.0", "values": _held(document)},
    "permission set": lambda document: {"InlinePolicy": json.dumps(document)},
}
"""The same for files of JSON, in which no text is unknown."""
