"""Answers of Organizations and of IAM Identity Center.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html
https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html
"""

from collections.abc import Callable, Iterator
from typing import Any

from tracker.inputs.account.items import Item, Page, attached, members, policy_document, unknown_item, unread_members
from tracker.inputs.model import Attachment, FileLocation, LoadedDocument, UnknownKind
from tracker.policy.model import Json

__all__ = ["ORGANIZATION_READERS"]

_AUTHORIZATION = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


def _policy(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield a policy with its content: the answer of describe-policy, or a resource's policy as a text."""
    if isinstance(value, str):
        yield policy_document(page, value, pointer, "Policy")
        return
    summary = value.get("PolicySummary", value.get("ResourcePolicySummary")) if isinstance(value, dict) else None
    content = value.get("Content") if isinstance(value, dict) else None
    if not isinstance(summary, dict) or content is None:
        yield unknown_item(page, pointer, UnknownKind.UNREADABLE, "no policy can be read here")
    elif summary.get("Type", _AUTHORIZATION[0]) not in _AUTHORIZATION:
        yield f"policies of the type {summary.get('Type')}, which are not about permissions"
    else:
        yield policy_document(page, content, f"{pointer}/Content", str(summary.get("Arn")))


def _summary(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield one policy of list-policies or list-policies-for-target, which do not hold the content."""
    for summary, item_pointer in members(value, pointer):
        if summary is None:
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no policy can be read here")
        elif summary.get("Type", _AUTHORIZATION[0]) not in _AUTHORIZATION:
            yield f"policies of the type {summary.get('Type')}, which are not about permissions"
        else:
            arn = str(summary.get("Arn"))
            reason = "the content of the policy is not in the file"
            unknown = unknown_item(page, item_pointer, UnknownKind.NOT_LOOKED_AT, reason, digest=arn)[1]
            yield LoadedDocument(arn, FileLocation(page.parsed.path, item_pointer), None, (unknown,), arn)
            yield from unread_members(page, summary, item_pointer, arn)


def _effective(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    kind = value.get("PolicyType") if isinstance(value, dict) else None
    if kind in _AUTHORIZATION or kind is None:
        yield unknown_item(page, pointer, UnknownKind.NOT_LOOKED_AT, "an effective policy is not read")
    else:
        yield f"policies of the type {kind}, which are not about permissions"


def _targets(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-targets-for-policy, which does not name the policy."""
    for target, item_pointer in members(value, pointer):
        who = str(target.get("TargetId", target.get("Arn"))) if target else "?"
        unknown = unknown_item(
            page, item_pointer, UnknownKind.NOT_LOOKED_AT, "the policy is not in the file", digest=who
        )[1]
        yield Attachment(who, "", FileLocation(page.parsed.path, item_pointer), unknown)


def _inline(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of get-inline-policy-for-permission-set; an empty text where there is none."""
    if value:
        yield policy_document(page, value, pointer, "InlinePolicy")


def _managed(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    yield from attached(page, value, pointer, "")


def _customer_managed(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    for reference, item_pointer in members(value, pointer):
        if reference is None or not isinstance(reference.get("Name"), str):
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no attached policy can be read here")
        else:
            yield Attachment("", _name(reference), FileLocation(page.parsed.path, item_pointer))


def _boundary(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    location = FileLocation(page.parsed.path, pointer)
    reference = value.get("CustomerManagedPolicyReference") if isinstance(value, dict) else None
    arn = value.get("ManagedPolicyArn", value.get("PermissionsBoundaryArn")) if isinstance(value, dict) else None
    if isinstance(reference, dict) and isinstance(reference.get("Name"), str):
        yield Attachment("", _name(reference), location, boundary=True)
    elif isinstance(arn, str):
        yield Attachment("", arn, location, boundary=True)
    else:
        yield unknown_item(page, pointer, UnknownKind.UNREADABLE, "no permissions boundary can be read here")


def _assignments(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-account-assignments: who has which permission set in which account."""
    for one, item_pointer in members(value, pointer):
        if one is None:
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no assignment can be read here")
            continue
        who = "/".join(str(one.get(name)) for name in ("AccountId", "PrincipalType", "PrincipalId"))
        permission_set = str(one.get("PermissionSetArn"))
        reason = "the policies of the permission set are not in the file"
        unknown = unknown_item(page, item_pointer, UnknownKind.NOT_LOOKED_AT, reason, digest=permission_set)[1]
        yield Attachment(who, permission_set, FileLocation(page.parsed.path, item_pointer), unknown)


def _name(reference: Json) -> str:
    path = reference.get("Path")
    return f"{path if isinstance(path, str) else '/'}{reference['Name']}"


ORGANIZATION_READERS: dict[str, Callable[[Page, Any, str], Iterator[Item]]] = {
    "Policy": _policy,
    "ResourcePolicy": _policy,
    "Policies": _summary,
    "EffectivePolicy": _effective,
    "Targets": _targets,
    "InlinePolicy": _inline,
    "AttachedManagedPolicies": _managed,
    "CustomerManagedPolicyReferences": _customer_managed,
    "PermissionsBoundary": _boundary,
    "AccountAssignments": _assignments,
}
"""Member of an answer → what reads it."""
