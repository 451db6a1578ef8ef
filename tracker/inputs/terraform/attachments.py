"""Terraform resources that attach a managed policy, a boundary or a group's policies to somebody.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy_attachment and its sisters.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from tracker.inputs.model import Attachment, FileLocation, Unknown, UnknownKind
from tracker.inputs.terraform.plan_unknowns import POLICY_REFERENCE
from tracker.policy.model import Json
from tracker.policy.symbols import printable, symbol, symbols_in

__all__ = ["DeclaredPolicies", "attachments_of", "principal_of", "with_contested"]

_INLINE = {
    "aws_iam_role_policy": ("role", "role"),
    "aws_iam_user_policy": ("user", "user"),
    "aws_iam_group_policy": ("group", "group"),
    "aws_ssoadmin_permission_set_inline_policy": ("permission-set", "permission_set_arn"),
}
"""Type → what it belongs to, and the attribute that names it."""
_EXCLUSIVE = "_exclusive"
"""The end of types that list all that somebody may have: what they leave out is taken away."""
_ASSIGNMENT = "aws_ssoadmin_account_assignment"
_ATTACHING: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "aws_iam_role_policy_attachment": ((("role", "role"),), "policy_arn"),
    "aws_iam_user_policy_attachment": ((("user", "user"),), "policy_arn"),
    "aws_iam_group_policy_attachment": ((("group", "group"),), "policy_arn"),
    "aws_iam_policy_attachment": (
        (
            ("role", "roles"),
            ("user", "users"),
            ("group", "groups"),
        ),
        "policy_arn",
    ),
    "aws_iam_role": ((("role", "name"),), "managed_policy_arns"),
    "aws_iam_role_policy_attachments_exclusive": ((("role", "role_name"),), "policy_arns"),
    "aws_iam_user_policy_attachments_exclusive": ((("user", "user_name"),), "policy_arns"),
    "aws_iam_group_policy_attachments_exclusive": ((("group", "group_name"),), "policy_arns"),
    "aws_ssoadmin_managed_policy_attachments_exclusive": (
        (("permission-set", "permission_set_arn"),),
        "managed_policy_arns",
    ),
    "aws_ssoadmin_managed_policy_attachment": ((("permission-set", "permission_set_arn"),), "managed_policy_arn"),
    "aws_organizations_policy_attachment": ((("target", "target_id"),), "policy_id"),
    "aws_iam_user_group_membership": ((("user", "user"),), "groups"),
    "aws_iam_group_membership": ((("user", "users"),), "group"),
    _ASSIGNMENT: ((("assignee", "principal_id"),), "permission_set_arn"),
}
"""Type → who gets a policy (kind, attribute), and the attribute that names the policies or groups."""
_NAMING = {
    "aws_iam_role_policies_exclusive": ("role", "role_name"),
    "aws_iam_user_policies_exclusive": ("user", "user_name"),
    "aws_iam_group_policies_exclusive": ("group", "group_name"),
}
"""Type that lists the names of all inline policies that somebody may have → who that is."""
_REFERRING = frozenset(
    (
        "aws_ssoadmin_customer_managed_policy_attachment",
        "aws_ssoadmin_customer_managed_policy_attachments_exclusive",
    )
)
_GROUPS = frozenset(("aws_iam_user_group_membership", "aws_iam_group_membership"))
_BOUNDARIES = {
    "aws_iam_role": ("role", "name"),
    "aws_iam_user": ("user", "name"),
    "aws_ssoadmin_permissions_boundary_attachment": ("permission-set", "permission_set_arn"),
}


class DeclaredPolicies:
    """The policies among the resources of one side, by what attachments call them."""

    def __init__(self, resources: Iterable[tuple[str, str, Json]]) -> None:
        """Take address, type and attributes of all resources."""
        self._addresses: set[str] = set()
        self._named: dict[str, str] = {}
        for address, kind, values in resources:
            if kind == "aws_iam_policy":
                self._addresses.add(address)
                if isinstance(arn := values.get("arn"), str):
                    self._named[arn] = f"{address}/policy"
            elif inline := _inline_policy_of(kind, values):
                self._named[inline] = f"{address}/policy"

    def identity(self, text: str) -> str:
        """Return the identity of the document of the policy that a text names; the text itself where none is.

        Args:
            text: an ARN, the name of an inline policy, or the symbol for the policy that a plan creates.
        """
        if symbols_in(text) == {text}:
            # Plans have 100,000 policies and few attachments, and a symbol takes as long to make as a document to find.
            address = printable(text).strip("⟨⟩")
            if address in self._addresses and symbol(address, POLICY_REFERENCE) == text:
                return f"{address}/policy"
        return self._named.get(text, text)


def principal_of(kind: str, values: Json, pointer: str) -> str:
    """Return whom an inline policy of a resource belongs to, as `role/NAME`; empty for nobody."""
    if kind in _INLINE:
        noun, attribute = _INLINE[kind]
        return _principal(noun, values.get(attribute))
    if kind == "aws_iam_role" and pointer.startswith("/inline_policy"):
        return _principal("role", values.get("name"))
    return ""


def attachments_of(
    kind: str, values: Json, location: FileLocation, why: UnknownKind, policies: DeclaredPolicies
) -> Iterator[Attachment]:
    """Yield what a resource attaches; an inline policy that it is, too, for `with_contested`.

    Args:
        kind: the resource's type.
        values: its attributes, with symbols for what is not known.
        location: where it stands.
        why: why a symbol is not known.
        policies: those that stand beside it.
    """
    for boundary in _boundaries(kind, values):
        principal = _principal(_BOUNDARIES[kind][0], values.get(_BOUNDARIES[kind][1]))
        yield _attachment(principal, boundary, location, why, policies, boundary=True)
    if kind in _REFERRING:
        principal = _principal("permission-set", values.get("permission_set_arn"))
        for name in _customer_managed(values.get("customer_managed_policy_reference")):
            yield _attachment(principal, name, location, why, policies)
    for principal, name in _inline_policies(kind, values):
        yield _attachment(principal, name, location, why, policies)
    if kind not in _ATTACHING:
        return
    principals, attribute = _ATTACHING[kind]
    prefix = "group/" if kind in _GROUPS else ""
    account = f" in {values.get('target_id')}" if kind == _ASSIGNMENT else ""
    for policy in _texts(values.get(attribute)):
        for noun, name in principals:
            for who in _texts(values.get(name)):
                yield _attachment(_principal(noun, who + account), f"{prefix}{policy}", location, why, policies)


def _inline_policy_of(kind: str, values: Json) -> str:
    """Return what names an inline policy, which a list of all that somebody may have can name; empty for none."""
    if kind not in _INLINE or not isinstance(values.get("name"), str):
        return ""
    noun, attribute = _INLINE[kind]
    return _inline(_principal(noun, values.get(attribute)), values["name"])


def _inline_policies(kind: str, values: Json) -> Iterator[tuple[str, str]]:
    """Yield whom inline policies belong to and their names: the one that a resource is, and those that it names."""
    if name := _inline_policy_of(kind, values):
        yield principal_of(kind, values, ""), name
    if kind in _NAMING:
        principal = _principal(_NAMING[kind][0], values.get(_NAMING[kind][1]))
        yield from ((principal, _inline(principal, name)) for name in _texts(values.get("policy_names")))


def _inline(principal: str, name: str) -> str:
    return f"inline policy {principal}/{name}"


def with_contested(attachments: Iterable[tuple[str, Attachment]]) -> Iterator[Attachment]:
    """Yield attachments; one that a list of all that somebody may have leaves out may be taken away by that.

    Args:
        attachments: type of a resource, and an attachment that it says; inline policies, too, of which only those
            are given that a list leaves out.
    """
    listed = list(attachments)
    exclusive: dict[tuple[bool, str], set[str]] = {}
    for kind, one in listed:
        if kind.endswith(_EXCLUSIVE):
            exclusive.setdefault((kind in _NAMING, one.principal), set()).add(one.policy)
    for kind, one in listed:
        is_inline = kind in _NAMING or kind in _INLINE
        policies = None if one.boundary else exclusive.get((is_inline, one.principal))
        if policies is None or one.policy in policies or one.policy.startswith("group/"):
            if kind not in _INLINE:
                yield one
            continue
        reason = f"{printable(one.policy)} is there, and left out by the list of all that may be there"
        yield replace(one, unknown=Unknown(UnknownKind.UNRESOLVED, reason, digest=f"{one.policy} left out"))


def _attachment(
    principal: str,
    policy: str,
    location: FileLocation,
    why: UnknownKind,
    policies: DeclaredPolicies,
    *,
    boundary: bool = False,
) -> Attachment:
    known = policies.identity(policy)
    unknown = None
    if symbols_in(known):
        unknown = Unknown(why, f"it is not known which policy is attached: {printable(known)}", digest=known)
    return Attachment(principal, known, location, unknown, boundary)


def _principal(noun: str, name: Any) -> str:
    return f"{noun}/{name}" if isinstance(name, str) and name else f"{noun}/?"


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


def _boundaries(kind: str, values: Json) -> list[str]:
    if kind not in _BOUNDARIES:
        return []
    found = _texts(values.get("permissions_boundary"))
    for member in _dicts(values.get("permissions_boundary")):
        found += _texts(member.get("managed_policy_arn"))
        found += _customer_managed(member.get("customer_managed_policy_reference"))
    return found


def _customer_managed(value: Any) -> list[str]:
    names = []
    for member in _dicts(value):
        path, name = member.get("path"), member.get("name")
        if isinstance(name, str):
            names.append(f"{path if isinstance(path, str) else '/'}{name}")
    return names


def _dicts(value: Any) -> list[dict[str, Any]]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, dict)]
