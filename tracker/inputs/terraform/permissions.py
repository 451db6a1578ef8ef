"""Terraform resources that are permissions without a policy document, as the statement that AWS makes of them."""

from collections.abc import Mapping
from typing import Any

from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol

__all__ = ["statement_of"]

_ACCOUNT_DIGITS = 12


def statement_of(kind: str, values: Json) -> dict[str, Any] | None:
    """Return the statement that a resource adds to a resource's policy; None where it adds none."""
    make = _STATEMENTS.get(kind)
    return make(values) if make else None


def _lambda_permission(values: Json) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html."""
    tests: dict[str, dict[str, Any]] = {}
    _test(tests, "ArnLike", "AWS:SourceArn", values.get("source_arn"))
    _test(tests, "StringEquals", "AWS:SourceAccount", values.get("source_account"))
    _test(tests, "StringEquals", "aws:PrincipalOrgID", values.get("principal_org_id"))
    _test(tests, "StringEquals", "lambda:EventSourceToken", values.get("event_source_token"))
    _test(tests, "StringEquals", "lambda:FunctionUrlAuthType", values.get("function_url_auth_type"))
    if values.get("invoked_via_function_url"):
        _test(tests, "Bool", "lambda:InvokedViaFunctionUrl", "true")
    resource = _text(values.get("function_name"))
    qualifier = values.get("qualifier")
    return _statement(
        values.get("principal"), values.get("action"), f"{resource}:{qualifier}" if qualifier else resource, tests
    )


def _layer_permission(values: Json) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html."""
    tests: dict[str, dict[str, Any]] = {}
    _test(tests, "StringEquals", "aws:PrincipalOrgID", values.get("organization_id"))
    layer = f"{_text(values.get('layer_name'))}:{_text(values.get('version_number'))}"
    return _statement(values.get("principal"), values.get("action"), layer, tests)


def _event_permission(values: Json) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html."""
    tests: dict[str, dict[str, Any]] = {}
    conditions = values.get("condition")
    for condition in conditions if isinstance(conditions, list) else [conditions]:
        if isinstance(condition, Mapping):
            _test(tests, _text(condition.get("type")), _text(condition.get("key")), condition.get("value"))
    bus = values.get("event_bus_name") or "default"
    return _statement(values.get("principal"), values.get("action") or "events:PutEvents", _text(bus), tests)


def _kms_grant(values: Json) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grants.html."""
    tests: dict[str, dict[str, Any]] = {}
    constraints = values.get("constraints")
    for constraint in constraints if isinstance(constraints, list) else [constraints]:
        for pairs in constraint.values() if isinstance(constraint, Mapping) else ():
            for key, value in pairs.items() if isinstance(pairs, Mapping) else ():
                _test(tests, "StringEquals", f"kms:EncryptionContext:{key}", value)
    operations = values.get("operations")
    actions = [f"kms:{_text(name)}" for name in operations] if isinstance(operations, list) else _text(operations)
    return _statement(values.get("grantee_principal"), actions, _text(values.get("key_id")), tests)


_STATEMENTS = {
    "aws_lambda_permission": _lambda_permission,
    "aws_lambda_layer_version_permission": _layer_permission,
    "aws_cloudwatch_event_permission": _event_permission,
    "aws_kms_grant": _kms_grant,
}


def _statement(principal: Any, action: Any, resource: str, tests: Json) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": _principal(_text(principal)),
        "Action": action if isinstance(action, list) else _text(action),
        "Resource": resource,
    }
    return {**statement, "Condition": tests} if tests else statement


def _principal(name: str) -> Any:
    if name == "*" or has_symbol(name):  # it is not known whether a symbol is a service or an account
        return name
    is_account = len(name) == _ACCOUNT_DIGITS and name.isdigit()
    kind = "Service" if not is_account and not name.startswith("arn:") and "." in name else "AWS"
    return {kind: name}


def _test(tests: dict[str, dict[str, Any]], operator: str, key: str, value: Any) -> None:
    if value:
        tests.setdefault(operator, {})[key] = value


def _text(value: Any) -> str:
    return "" if value is None else str(value)
