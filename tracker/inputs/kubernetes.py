"""Kubernetes manifests: policies in the objects of ACK, Crossplane and eksctl, in ConfigMaps and annotations.

An object is named by its kind, namespace and name, wherever it stands in a file of several, or in a `List`.
https://aws-controllers-k8s.github.io/community/reference/iam/v1alpha1/role/
https://marketplace.upbound.io/providers/upbound/provider-aws-iam
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.policy_candidates import CandidateFinder
from tracker.inputs.cloudformation.resolved_document import documents_of
from tracker.inputs.cloudformation.template import definition_text, long_form
from tracker.inputs.model import (
    Attachment,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    ReadOptions,
    Safeguard,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.inputs.plain import with_placeholders
from tracker.inputs.safeguards import PUBLIC_ACCESS, PUBLIC_ACCESS_FLAGS, state_of
from tracker.inputs.syntax.parsing import ParsedFile, escape_pointer
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable

__all__ = ["read", "recognizes"]

MAX_LISTS = 20
_PROVIDERS = ("services.k8s.aws", "aws.crossplane.io", "aws.upbound.io", "aws.m.upbound.io")
_POLICY_MEMBERS = frozenset(
    (
        "accessPolicy",
        "assumeRolePolicy",
        "assumeRolePolicyDocument",
        "document",
        "fileSystemPolicy",
        "inlinePolicies",
        "inlinePolicy",
        "policy",
        "policyDocument",
        "registryPolicy",
        "repositoryPolicy",
        "resourcePolicy",
    )
)
"""Members of a provider's objects that hold policy documents as texts of JSON."""
_OTHER_GRAMMAR = frozenset(("LifecyclePolicy", "ScalingPolicy"))
"""Kinds whose policies are none of IAM's."""
_PRINCIPALS = frozenset(("Role", "User", "Group"))
_ATTACHED = ("managedPolicyArns", "policies", "attachPolicyARNs", "policyArns")
_ATTACHMENTS = {"RolePolicyAttachment": "Role", "UserPolicyAttachment": "User", "GroupPolicyAttachment": "Group"}
_OWNED = frozenset((*_ATTACHMENTS, "RolePolicy"))
"""Kinds whose `roleRef` says to which role a policy belongs."""
_ROLE_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:(?:role|instance-profile)/")
_ROLE_NAME = "iam.amazonaws.com/role"
"""The annotation by which kube2iam and kiam give a role, by its name, to a pod."""
_FLAGS = {flag.lower(): flag for flag in PUBLIC_ACCESS_FLAGS}
_MEMBERS = "members of a group"
_GRANTING = {
    "AccessEntry": "access to a Kubernetes cluster",
    "AccessKey": "who has keys of a user",
    "AccountAssignment": "who has a permission set in an account",
    "GroupMembership": _MEMBERS,
    "OpenIDConnectProvider": "whose tokens are trusted",
    "PrincipalAssociation": "resources that are shared with others",
    "ResourceShare": "resources that are shared with others",
    "SAMLProvider": "whose assertions are trusted",
    "UserGroupMembership": _MEMBERS,
    "UserLoginProfile": "who signs in as a user",
}
"""Kinds of a provider's objects that grant something which is not read."""
_CLUSTER_USERS = "aws-auth"
"""The ConfigMap that says who is who in a cluster of EKS."""
_UNREAD = {
    "wellKnownPolicies": "policies that eksctl writes",
    "withAddonPolicies": "policies that eksctl writes",
    "accessEntries": "access to a Kubernetes cluster",
    "iamIdentityMappings": "access to a Kubernetes cluster",
    "roleSelector": "a selector of roles",
    "policyArnSelector": "a selector of policies",
}
"""Members that stand for policies which are not read."""


class _Object(Struct, frozen=True):
    """One object of a manifest."""

    value: Json
    pointer: str
    identity: str
    is_provider: bool


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file holds objects of Kubernetes: each has `apiVersion` and `kind`."""
    values = parsed.value if parsed.is_stream else [parsed.value]
    return any(isinstance(value, dict) and _is_object(value) for value in values)


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - the signature of a container
    """Return what the objects of a file hold.

    Raises:
        DocumentError: there is too much to look through.
    """
    value = long_form(parsed.value)
    values = [(one, f"/{index}") for index, one in enumerate(value)] if parsed.is_stream else [(value, "")]
    documents: list[LoadedDocument] = []
    attachments: list[Attachment] = []
    unknowns: list[tuple[FileLocation, Unknown]] = []
    safeguards: list[Safeguard] = []
    held: list[HeldRole] = []
    declared: set[str] = set()
    roles: dict[str, str] = {}
    finder = CandidateFinder(str, _text_of)
    for item, pointer in values:
        for one in _objects(item, pointer, 0):
            documents += _documents(one, finder, parsed.path)
            attachments += _attachments(one, parsed.path)
            unknowns += _unknowns(one, parsed.path)
            held += _held_roles(one, parsed.path)
            safeguards += _safeguards(one, parsed.path)
            declared.add(one.identity)
            if one.is_provider and one.value.get("kind") == "Role":
                roles[one.identity] = one.identity
    return Contents(
        tuple(documents),
        tuple(attachments),
        tuple(unknowns),
        held_roles=tuple(held),
        safeguards=tuple(safeguards),
        roles=roles,
        declared=frozenset(declared),
    )


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else definition_text(value)


def _is_object(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str)


def _objects(value: Any, pointer: str, depth: int) -> Iterator[_Object]:
    """Yield the objects of a value: itself, or the items of a list of objects."""
    if not isinstance(value, dict):
        yield _Object({"": value}, pointer, "*", is_provider=False)
        return
    items = value.get("items")
    if str(value.get("kind", "")).endswith("List") and isinstance(items, list) and depth < MAX_LISTS:
        for index, item in enumerate(items):
            yield from _objects(item, f"{pointer}/items/{index}", depth + 1)
        return
    group = str(value.get("apiVersion", "")).partition("/")[0]
    yield _Object(value, pointer, _identity(value), group.endswith(_PROVIDERS))


def _identity(value: Json) -> str:
    found = value.get("metadata")
    metadata: Mapping[str, Any] = found if isinstance(found, dict) else {}
    name = metadata.get("name") or metadata.get("generateName") or "*"
    parts = (value.get("kind"), metadata.get("namespace"), name)
    return "/".join(printable(str(with_placeholders(str(part)))) for part in parts if part)


def _documents(one: _Object, finder: CandidateFinder, path: str) -> Iterator[LoadedDocument]:
    principal = one.identity if one.value.get("kind") in _PRINCIPALS else ""
    is_named = one.is_provider and one.value.get("kind") not in _OTHER_GRAMMAR
    named = list(_named_documents(one.value, one.pointer, one.identity)) if is_named else []
    seen = {pointer for _, pointer, _ in named}
    for raw, pointer, identity in named:
        location = FileLocation(path, pointer)
        for found in documents_of(with_placeholders(raw), identity, location, is_policy=True):
            yield _owned(found, principal)
    for candidate in finder.find(one.value, one.pointer, one.identity):
        if candidate.pointer not in seen:
            value = with_placeholders(candidate.raw)
            for found in documents_of(
                value, candidate.identity, FileLocation(path, candidate.pointer), is_policy=candidate.is_policy
            ):
                yield _owned(found, principal)


def _owned(found: LoadedDocument, principal: str) -> LoadedDocument:
    is_trust = "assumeRolePolicy" in found.identity
    return replace(found, principal="" if is_trust else principal)


def _named_documents(value: Any, pointer: str, identity: str) -> Iterator[tuple[Any, str, str]]:
    """Yield the members of a provider's object that hold policy documents: value, pointer, identity."""
    waiting = [(value, pointer, identity, 0)]
    while waiting:
        item, pointer, name, depth = waiting.pop()
        for key, member, inner in _members(item, pointer):
            named = f"{name}/{key}"
            if key in _POLICY_MEMBERS and isinstance(member, str):
                yield member, inner, named
            elif key == "inlinePolicies" and isinstance(member, dict):
                for each, text in member.items():
                    yield text, f"{inner}/{escape_pointer(each)}", f"{named}/{each}"
            elif depth < MAX_LISTS and key != "metadata":
                waiting.append((member, inner, named, depth + 1))


def _members(item: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(item, dict):
        yield from ((str(key), member, f"{pointer}/{escape_pointer(str(key))}") for key, member in item.items())
    elif isinstance(item, list):
        yield from ((_item_name(member), member, f"{pointer}/{index}") for index, member in enumerate(item))


def _item_name(member: Any) -> str:
    name = member.get("name") if isinstance(member, dict) else None
    found = member.get("metadata") if isinstance(member, dict) else None
    inner = found.get("name") if isinstance(found, dict) else None
    return str(name or inner or "*")


def _everything(one: _Object) -> Iterator[tuple[str, Any, str, str]]:
    """Yield each member of an object: key, value, pointer, identity of what it stands in.

    Raises:
        DocumentError: it is nested too deep.
    """
    waiting: list[tuple[Any, str, str, int]] = [(one.value, one.pointer, one.identity, 0)]
    while waiting:
        item, index, name, depth = waiting.pop()
        if depth > 100:  # noqa: PLR2004 - deeper than any object
            raise DocumentError("nested too deep to look through", where=index)
        for key, member, inner in _members(item, index):
            yield key, member, inner, name
            named = f"{name}/{key}" if isinstance(item, list) else name
            waiting.append((member, inner, named, depth + 1))


def _attachments(one: _Object, path: str) -> Iterator[Attachment]:
    kind = str(one.value.get("kind"))
    if one.is_provider and kind in _ATTACHMENTS:
        yield from _attached_by_object(one, _ATTACHMENTS[kind], path)
        return
    if not (one.is_provider and kind in _PRINCIPALS) and "eksctl.io" not in str(one.value.get("apiVersion")):
        return
    for key, member, pointer, name in _everything(one):
        if key in _ATTACHED and isinstance(member, list):
            for index, policy in enumerate(member):
                yield _attachment(name, policy, FileLocation(path, f"{pointer}/{index}"))
        elif key == "policyRefs" and isinstance(member, list):
            for index, reference in enumerate(member):
                yield _attachment(name, _referred(reference, "Policy", one), FileLocation(path, f"{pointer}/{index}"))
        elif key in ("permissionsBoundary", "permissionsBoundaryARN") and member is not None:
            yield _attachment(name, member, FileLocation(path, pointer), boundary=True)


def _attached_by_object(one: _Object, kind: str, path: str) -> Iterator[Attachment]:
    spec = one.value.get("spec")
    inner = spec.get("forProvider") if isinstance(spec, dict) else None
    given: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    principal = given.get(f"{kind.lower()}Ref")
    owner = _referred(principal, kind, one) if principal is not None else given.get(kind.lower())
    policy = given.get("policyArn") or _referred(given.get("policyArnRef"), "Policy", one)
    yield _attachment(str(owner or "*"), policy, FileLocation(path, one.pointer))


def _referred(reference: Any, kind: str, one: _Object) -> Any:
    """Return the identity that a reference to another object names, or the value itself."""
    inner = reference.get("from", reference) if isinstance(reference, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return reference
    metadata = one.value.get("metadata")
    namespace = inner.get("namespace") or (metadata.get("namespace") if isinstance(metadata, dict) else None)
    identity = "/".join(str(part) for part in (kind, namespace, inner["name"]) if part)
    return f"{identity}/spec/policyDocument" if kind == "Policy" else identity


def _attachment(principal: str, policy: Any, location: FileLocation, *, boundary: bool = False) -> Attachment:
    text = with_placeholders(policy)
    if isinstance(text, str) and (not has_symbol(text) or text.startswith("arn:")):
        return Attachment(principal, text, location, boundary=boundary)
    shown = text if isinstance(text, str) else definition_text(text)
    unknown = Unknown(UnknownKind.UNRESOLVED, f"the policy is {printable(shown)}", digest=digest_of(shown))
    return Attachment(principal, shown, location, unknown, boundary)


def _unknowns(one: _Object, path: str) -> Iterator[tuple[FileLocation, Unknown]]:
    for key, member, pointer, name in _everything(one):
        if key in _UNREAD and member:
            reason, digest = f"{name}: {_UNREAD[key]} ({key})", digest_of(definition_text(member))
            yield FileLocation(path, pointer), Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest)

    what = _GRANTING.get(str(one.value.get("kind"))) if one.is_provider else ""
    granted = one.value.get("spec")
    if str(one.value.get("kind")) == "ConfigMap" and one.identity.endswith(f"/{_CLUSTER_USERS}"):
        what, granted = "access to a Kubernetes cluster", one.value.get("data")
    if what:
        unknown = Unknown(
            UnknownKind.NOT_LOOKED_AT,
            f"{one.identity}: {what}",
            digest=digest_of(definition_text(granted)),
            identity=one.identity,
            only_allows=what != _MEMBERS,
        )
        yield FileLocation(path, one.pointer), unknown


def _safeguards(one: _Object, path: str) -> Iterator[Safeguard]:
    """Yield the flags of a provider's block of public access."""
    for key, member, pointer, _ in _everything(one) if one.is_provider else ():
        flag = _FLAGS.get(key.lower())
        if flag:
            location = FileLocation(path, pointer)
            yield Safeguard(one.identity, flag, state_of(member), location, PUBLIC_ACCESS, is_default=True)


def _held_roles(one: _Object, path: str) -> Iterator[HeldRole]:
    """Yield the roles that an object names: as `eks.amazonaws.com/role-arn` of a service account, or as a `roleArn`."""
    kind = str(one.value.get("kind"))
    for key, member, pointer, _ in _everything(one):
        role = with_placeholders(member)
        if key.lower() == "roleref" and one.is_provider and kind not in _OWNED:
            yield HeldRole(one.identity, key, kind, str(_referred(member, "Role", one)), FileLocation(path, pointer))
        if isinstance(role, str) and "role" in key.lower() and (_ROLE_ARN.match(role) or key == _ROLE_NAME):
            yield HeldRole(one.identity, key, kind, role, FileLocation(path, pointer))
