"""One Terraform resource as policies, attachments and permissions, whether a plan, a state or a source says it.

Any attribute whose text is a policy document is one, whatever the resource's type: the AWS provider has over a hundred
such attributes. Their names matter only where the value is not known, or can't be read.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.leftovers import is_like_statement
from tracker.inputs.model import (
    Attachment,
    Case,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    Safeguard,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.inputs.plain import embedded_document, is_document, is_statement
from tracker.inputs.syntax.parsing import escape_pointer, load_inner_json
from tracker.inputs.syntax.policy_text import may_hold_policy
from tracker.inputs.terraform.attachments import DeclaredPolicies, attachments_of, principal_of, with_contested
from tracker.inputs.terraform.grants import unread_grants
from tracker.inputs.terraform.permissions import statement_of
from tracker.inputs.terraform.role_holders import DeclaredResources
from tracker.inputs.terraform.safeguards import safeguards_of
from tracker.policy.json_text import canonical
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable, symbols_in

__all__ = ["Resource", "is_policy_attribute", "joined", "without_unknown_statements"]

MAX_DEPTH = 60
MAX_REMEMBERED = 1 << 17
"""Texts of which it is remembered what they hold: most are the same on both sides of a plan."""
VERSION = "2012-10-17"


_Said = list[tuple[str, Attachment]]


class Resource(Struct, frozen=True):
    """A resource with the values that it has, or will have."""

    address: str
    """`module.app.aws_iam_role.r["a"]`."""
    type: str
    """`aws_iam_role`; empty for an output or a module's arguments."""
    values: Json
    """Its attributes. A value that is not known is a text that is a symbol."""
    location: FileLocation
    """Where the values stand."""
    lines: Mapping[str, int] = {}
    """The line of an attribute, by its pointer within the values, where the file is not JSON."""
    unknowns: Mapping[str, tuple[Unknown, ...]] = {}
    """What is not known of a document although it has a text, by the pointer of its attribute."""
    digests: Mapping[str, str] = {}
    """What an approval of a value that is not known holds for, by its pointer; the symbol itself where it is absent."""
    text_digest: str = ""
    """The same for all others; empty for the symbol."""
    condition: Case = ()
    """The case in which the resource exists."""


_POLICY = re.compile(r"(\A|_)(polic(y|ies)|policy_(document|json|text|body)|policies_json)\Z")
_NO_DOCUMENT = re.compile(
    r"(ssl|security|tls|tls_security|eviction|retention|lifecycle|scaling|origin_request|cache|referrer|routing|rotation"
    r"|placement|update|restart|redrive|redrive_allow|delivery|backup|backup_vault|password|viewer_protocol|dns|health"
    r"|termination|expiration|transition|replacement|recovery|failover|merge|throttling|retry|attachment|listener|upgrade"
    r"|network|dead_letter|sampling|encryption|managed|session|response_headers|auto_scaling|autoscaling|data_protection"
    r"|allocation|suspend|deployment|rollback|maintenance|queue_pause|conflict|filter|policy_attachment)_polic(y|ies)\Z"
)
_DOCUMENT_ATTRIBUTES = frozenset(
    (("aws_organizations_policy", "content"), ("aws_ram_permission", "policy_template"), ("aws_iot_policy", "policy"))
)
_BEGINNINGS = ("{", "[", "%", '"')
"""What JSON with a policy in it begins with, URL-encoded or not."""
_SHORTEST = 20
"""Characters that any policy has."""
_WORD = re.compile(r"(?!(?i:.*(?:redacted|sensitive|masked|hidden)))[\w./:+=@,-]+")
_NO_IAM = frozenset(
    (
        "aws_appautoscaling_policy",
        "aws_autoscaling_policy",
        "aws_autoscalingplans_scaling_plan",
        "aws_cloudformation_stack",
        "aws_cloudformation_stack_set",
        "aws_cloudwatch_log_data_protection_policy",
        "aws_dlm_lifecycle_policy",
        "aws_ecr_lifecycle_policy",
        "aws_efs_backup_policy",
        "aws_fms_policy",
        "aws_iam_account_password_policy",
        "aws_imagebuilder_lifecycle_policy",
        "aws_lb_cookie_stickiness_policy",
        "aws_load_balancer_policy",
        "aws_networkfirewall_firewall_policy",
        "aws_networkmanager_core_network_policy_attachment",
        "aws_opensearchserverless_lifecycle_policy",
        "aws_opensearchserverless_security_policy",
        "aws_proxy_protocol_policy",
        "aws_route53_traffic_policy",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_ssl_negotiation_policy",
        "aws_verifiedpermissions_policy",
    )
)
"""Types whose `policy` is no policy of IAM. (A text that is a policy document is one all the same.)"""


_TARGETS = frozenset(
    (
        *("access_point_arn", "api_id", "arn", "backup_vault_name", "bucket", "cluster_arn", "container_name"),
        *(
            "domain",
            "domain_name",
            "event_bus_name",
            "file_system_id",
            "function_name",
            "identity",
            "key_id",
            "queue_url",
        ),
        *("repository", "repository_name", "resource_arn", "resource_identifier", "rest_api_id", "secret_arn"),
        *("table_bucket_arn", "topic_arn", "vpc_endpoint_id"),
    )
)
"""Arguments of a resource that is a policy on something: what it is put on."""


@lru_cache(MAX_REMEMBERED)
def is_policy_attribute(kind: str, pointer: str) -> bool:
    """Return whether an attribute holds a policy document by what it is called."""
    name = next((part for part in reversed(pointer.split("/")) if part and not part.isdigit()), "")
    if (kind, name) in _DOCUMENT_ATTRIBUTES:
        return True
    return kind not in _NO_IAM and bool(_POLICY.search(name)) and not _NO_DOCUMENT.search(name)


def joined(
    resources: Iterable[Resource],
    kind: UnknownKind,
    unknowns: tuple[tuple[FileLocation, Unknown], ...] = (),
    counted: Mapping[str, int] = MappingProxyType({}),
) -> Contents:
    """Return what resources hold.

    Args:
        resources: the resources of one side.
        kind: why a symbol among their values is not known.
        unknowns: what else is not known.
        counted: what was passed over.
    """
    listed = list(resources)
    policies = DeclaredPolicies((one.address, one.type, one.values) for one in listed)
    documents: list[LoadedDocument] = []
    attachments = _Said()
    for resource in listed:
        found = (*_documents(resource, kind), *_permission(resource, kind), *_grants(resource))
        attached = attachments_of(resource.type, resource.values, resource.location, kind, policies)
        documents += [replace(one, condition=resource.condition) for one in found] if resource.condition else found
        attachments += [(resource.type, replace(one, condition=resource.condition)) for one in attached]
    declared = DeclaredResources((one.address, one.type, one.values) for one in listed)
    return Contents(
        tuple(documents),
        tuple(with_contested(attachments)),
        unknowns,
        counted,
        held_roles=tuple(held for one in listed for held in _held_roles(one, declared)),
        safeguards=tuple(setting for one in listed for setting in _safeguards(one, declared)),
        roles=declared.roles,
        declared=declared.addresses,
    )


def _held_roles(resource: Resource, declared: DeclaredResources) -> Iterator[HeldRole]:
    for held in declared.held_by(resource.address, resource.type, resource.values, resource.location):
        yield replace(held, condition=resource.condition)


def _safeguards(resource: Resource, declared: DeclaredResources) -> Iterator[Safeguard]:
    yield from safeguards_of(
        resource.address, resource.type, resource.values, resource.location, resource.condition, declared
    )


def _grants(resource: Resource) -> Iterator[LoadedDocument]:
    """Yield what a resource grants that is not read, as documents of which nothing is known."""
    for grant, text in unread_grants(resource.type, resource.values):
        digest = digest_of(text)
        unknown = Unknown(UnknownKind.NOT_LOOKED_AT, grant.what, digest=digest, only_allows=grant.only_allows)
        yield LoadedDocument(f"{resource.address}/{grant.what}", resource.location, None, (unknown,))


def _permission(resource: Resource, kind: UnknownKind) -> Iterator[LoadedDocument]:
    """Yield the permission that a resource is by itself."""
    statement = statement_of(resource.type, resource.values)
    if statement is not None:
        document, unknowns = without_unknown_statements([statement], kind)
        yield LoadedDocument(f"{resource.address}/permission", resource.location, document, unknowns)


def _documents(resource: Resource, kind: UnknownKind) -> Iterator[LoadedDocument]:
    waiting: list[tuple[Any, str, str]] = [(resource.values, "", "")]
    while waiting:
        value, pointer, name = waiting.pop()
        if isinstance(value, str):
            yield from _document(resource, kind, value, pointer, name)
        elif is_document(value) or is_statement(value):
            document = value if is_document(value) else {"Version": VERSION, "Statement": [value]}
            yield _loaded(resource, document, pointer, name, "", resource.unknowns.get(pointer, ()))
        elif is_like_statement(value) and (pointer or statement_of(resource.type, resource.values) is None):
            digest = digest_of(canonical(value))
            unknown = Unknown(UnknownKind.NOT_LOOKED_AT, "lists actions, in no form that is known here", "", digest)
            yield _loaded(resource, None, pointer, name, "", (unknown,))
        elif pointer.count("/") < MAX_DEPTH:
            waiting += reversed(list(_members(value, pointer, name)))
        else:
            unknown = Unknown(UnknownKind.UNREADABLE, "nested too deep to look through")
            yield _loaded(resource, None, pointer, name, "", (unknown,))


def _members(value: Any, pointer: str, name: str) -> Iterator[tuple[Any, str, str]]:
    """Yield the members of a value that may be documents or hold some, with pointer and name."""
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, (str, dict, list)):
                yield member, f"{pointer}/{escape_pointer(str(key))}", f"{name}/{key}"
    elif isinstance(value, list):
        for index, member in enumerate(value):
            own = member.get("name") if isinstance(member, dict) else None
            yield member, f"{pointer}/{index}", f"{name}/{own}" if isinstance(own, str) and own else f"{name}/*"


def _document(resource: Resource, kind: UnknownKind, text: str, pointer: str, name: str) -> Iterator[LoadedDocument]:
    """Yield the document that a text is, or what is not known of it; nothing where it surely is no document."""
    is_policy = is_policy_attribute(resource.type, pointer)
    if len(text) < _SHORTEST and not is_policy and pointer not in resource.unknowns and not has_symbol(text):
        return
    known = resource.unknowns.get(pointer, ())
    whole = has_symbol(text) and symbols_in(text) == {text.strip()}
    try:
        value = None if whole else _policy_in(text, is_policy)
    except DocumentError as error:
        known += (
            Unknown(UnknownKind.UNREADABLE, f"no policy document can be read in it: {error}", "", digest_of(text)),
        )
        value = None
    if value is not None:
        document, unknowns = without_unknown_statements(value, kind, mentions_symbol=has_symbol(text))
        yield _loaded(resource, document, pointer, name, text, (*known, *unknowns))
        return
    if not known and is_policy and has_symbol(text):
        digest = resource.digests.get(pointer) or resource.text_digest or digest_of(text)
        shown = printable(text.strip()) if whole else f"it is put together with {printable(min(symbols_in(text)))}"
        known = (Unknown(kind, f"not known: {shown}", "", digest),)
    if known:
        yield _loaded(resource, None, pointer, name, text, known)


def _policy_in(text: str, is_policy: bool) -> Any:
    """Return the policy document in an attribute's text; None where it surely holds none.

    Raises:
        DocumentError: it may hold one, and can't be read.
    """
    if not text.lstrip().startswith(_BEGINNINGS):
        if may_hold_policy(text) or (is_policy and text.strip() and not _WORD.fullmatch(text.strip())):
            raise DocumentError("it is no JSON")
        return None
    return _policy_in_json(text, is_policy)


@lru_cache(MAX_REMEMBERED)
def _policy_in_json(text: str, is_policy: bool) -> Any:
    value = embedded_document(text)
    if value is not None:
        return value
    try:
        read = load_inner_json(text)
    except DocumentError:
        if may_hold_policy(text) or (is_policy and text.strip() and not _WORD.fullmatch(text.strip())):
            raise
        return None
    if isinstance(read, dict) and "Statement" in read:
        return read
    if may_hold_policy(text):
        raise DocumentError("it may hold a policy, and is no policy document")
    return None


def without_unknown_statements(
    value: Any, kind: UnknownKind, *, mentions_symbol: bool = True
) -> tuple[Json | None, tuple[Unknown, ...]]:
    """Return a document without the statements that are not known, and what is not known of it.

    A symbol may stand for a text: for an action, a resource, a value of a condition. Where it stands for an effect, a
    principal with its kind, a condition or a whole statement, nothing is known of the statement.
    """
    document = value if isinstance(value, dict) and "Statement" in value else {"Version": VERSION, "Statement": value}
    if not mentions_symbol:
        return document, ()
    raw = document["Statement"]
    head = [key for key, member in document.items() if key not in ("Statement", "Id") and _mentions_symbol(member)]
    if head or (isinstance(raw, str) and has_symbol(raw)) or any(map(has_symbol, map(str, document))):
        reason = f"{'Statement' if not head else head[0]} is not known"
        return None, (Unknown(kind, reason, "", digest_of(canonical(document))),)
    if not isinstance(raw, list):
        raw = [raw]
    unknown = [index for index, statement in enumerate(raw) if not _is_known(statement)]
    if not unknown:
        return document, ()
    reasons = tuple(
        Unknown(kind, "a statement is not known", f"/Statement/{index}", digest_of(canonical(raw[index])))
        for index in unknown
    )
    return {**document, "Statement": [one for index, one in enumerate(raw) if index not in unknown]}, reasons


def _is_known(statement: Any) -> bool:
    if not isinstance(statement, dict):
        return not (isinstance(statement, str) and has_symbol(statement))
    shape = [key for key in statement if has_symbol(str(key))]
    shape += [
        str(statement.get(key))
        for key in ("Effect", "Principal", "NotPrincipal", "Condition")
        if isinstance(statement.get(key), str)
    ]
    for name in ("Principal", "NotPrincipal", "Condition"):
        members = statement.get(name)
        if isinstance(members, dict):
            shape += map(str, members)
            if name == "Condition":
                shape += [
                    key for tests in members.values() for key in (tests if isinstance(tests, dict) else [str(tests)])
                ]
    return not any(map(has_symbol, shape))


def _mentions_symbol(value: Any) -> bool:
    return has_symbol(value) if isinstance(value, str) else has_symbol(canonical(value))


def _loaded(
    resource: Resource, document: Json | None, pointer: str, name: str, text: str, unknowns: tuple[Unknown, ...]
) -> LoadedDocument:
    location = FileLocation(
        resource.location.path, f"{resource.location.pointer}{pointer}", resource.lines.get(pointer)
    )
    owner = principal_of(resource.type, resource.values, pointer)
    target = _target(resource)
    return LoadedDocument(f"{resource.address}{name}", location, document, unknowns, text, owner, target)


def _target(resource: Resource) -> str:
    """Return what a resource puts its policy on; empty for one that has its policy itself."""
    if not resource.type.endswith("_policy") or resource.type.startswith(("aws_iam_", "aws_organizations_")):
        return ""
    found = {name: value for name, value in resource.values.items() if name in _TARGETS and value}
    return canonical(found) if found else ""
