"""Answers of AWS's command line about an account: IAM, Organizations, IAM Identity Center.

`aws iam get-account-authorization-details` holds everything of IAM; the `get-*` and `list-*` answers hold parts.
Everything is named by its ARN, path or name, never by where it stands in a list. What is compared of a managed policy
is its default version. A user has what the groups have of which it is a member.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tracker.inputs.account.items import (
    CUT_OFF,
    Item,
    Page,
    attached,
    boundary,
    members,
    named_policies,
    policy_document,
    unknown_item,
    unread_members,
)
from tracker.inputs.account.organization import ORGANIZATION_READERS
from tracker.inputs.model import (
    Attachment,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    ReadOptions,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.policy.model import Json

__all__ = ["read", "recognizes"]

IS_COMPLETE = True
"""What it passes over, such as versions that are not in force, is passed over on purpose."""

_Reader = Callable[[Page, Any, str], Iterator[Item]]
_PROFILES = "InstanceProfileList"
_PAGING = frozenset(("IsTruncated", "isTruncated", "Marker", "NextToken", "ResponseMetadata"))
_MEMBERS_OF_ANSWERS = frozenset(
    (
        "UserDetailList",
        "GroupDetailList",
        "RoleDetailList",
        "AttachedPolicies",
        "AttachedManagedPolicies",
        "CustomerManagedPolicyReferences",
        "AccessKeyMetadata",
        "AccountAssignments",
        "InlinePolicy",
        "EffectivePolicy",
    )
)
"""Members that nothing but an answer has."""


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is an answer, or a list of the pages of one."""
    pages = parsed.value if isinstance(parsed.value, list) else [parsed.value]
    return bool(pages) and all(map(_is_answer, pages))


def _is_answer(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if not value.keys().isdisjoint(_MEMBERS_OF_ANSWERS):
        return True
    listed = [value[name] for name in ("Policies", "Roles", "Users", "Groups", "Versions") if name in value]
    if any(isinstance(one, list) and any(map(_is_entity, one)) for one in listed):
        return value.keys() <= _READERS.keys() | _PAGING
    single = [value[name] for name in ("Policy", "Role", "User", "Group", "PolicyVersion") if name in value]
    if any(map(_is_entity, single)):
        return value.keys() <= _READERS.keys() | _PAGING
    is_inline = "PolicyName" in value and "PolicyDocument" in value
    return is_inline and not value.keys().isdisjoint(("RoleName", "UserName", "GroupName"))


def _is_entity(value: Any) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(("Arn", "PolicySummary", "VersionId"))


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - the signature of a container
    """Return the policies that an answer says are in force, and to whom they are attached."""
    pages = parsed.value if isinstance(parsed.value, list) else [parsed.value]
    items: list[Item] = []
    for number, value in enumerate(pages):
        page = Page(parsed, value, f"/{number}" if isinstance(parsed.value, list) else "", tuple(pages))
        items += _items(page)
    documents = tuple(item for item in items if isinstance(item, LoadedDocument))
    attachments = tuple(item for item in items if isinstance(item, Attachment))
    unknowns = tuple(item for item in items if isinstance(item, tuple))
    held = tuple(item for item in items if isinstance(item, HeldRole))
    return Contents(
        documents,
        attachments,
        unknowns,
        Counter(item for item in items if isinstance(item, str)),
        held_roles=held,
        roles={one.role: one.role for one in held} | {name: name for page in pages for name in _roles_of(page)},
        declared=frozenset(one.holder for one in held),
    )


def _roles_of(page: Json) -> Iterator[str]:
    for role, _ in members(page.get("RoleDetailList"), ""):
        if role and isinstance(role.get("Arn"), str):
            yield role["Arn"]


def _items(page: Page) -> Iterator[Item]:
    if page.is_last and any(page.value.get(name) for name in _PAGING - {"ResponseMetadata"}):
        yield unknown_item(page, "", UnknownKind.NOT_LOOKED_AT, CUT_OFF)
    if "PolicyDocument" in page.value and "PolicyName" in page.value:
        yield from _inline_answer(page)
        return
    for name, value in page.value.items():
        reader = _READERS.get(name)
        pointer = f"{page.pointer}/{name}"
        if reader is not None:
            yield from reader(page, value, pointer)
        elif name not in _PAGING:
            yield from unread_members(page, {name: value}, page.pointer, "")


def _inline_answer(page: Page) -> Iterator[Item]:
    """Yield the answer of get-role-policy and its sisters."""
    value = page.value
    noun = next((one for one in ("Role", "User", "Group") if f"{one}Name" in value), "")
    owner = f"{noun.lower()}/{value.get(f'{noun}Name')}" if noun else ""
    identity = f"{owner}/{value['PolicyName']}"
    yield policy_document(page, value["PolicyDocument"], f"{page.pointer}/PolicyDocument", identity, owner)
    rest = {name: one for name, one in value.items() if name != "PolicyDocument"}
    yield from unread_members(page, rest, page.pointer, identity)


# --- users, groups and roles -----------------------------------------------------------------------------------------


def _entities(kind: str) -> _Reader:
    def items(page: Page, value: Any, pointer: str) -> Iterator[Item]:
        for entity, item_pointer in members(value, pointer):
            if entity is None or not isinstance(entity.get("Arn"), str):
                yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, f"no {kind.lower()} can be read here")
            else:
                yield from _entity(page, entity, item_pointer, kind)

    return items


def _entity(page: Page, entity: Json, pointer: str, kind: str) -> Iterator[Item]:
    arn = entity["Arn"]
    inline, trust = f"{kind}PolicyList", "AssumeRolePolicyDocument"
    yield from named_policies(page, entity.get(inline), f"{pointer}/{inline}", f"{arn}/{inline}", arn)
    if trust in entity:
        yield policy_document(page, entity[trust], f"{pointer}/{trust}", f"{arn}/{trust}")
    for name in ("AttachedManagedPolicies", "PermissionsBoundary"):
        reader = attached if name == "AttachedManagedPolicies" else boundary
        yield from reader(page, entity.get(name), f"{pointer}/{name}", arn)
    for group, item_pointer in members(entity.get("GroupList"), f"{pointer}/GroupList", texts=True):
        yield from _membership(page, arn, group, item_pointer)
    for profile, place in members(entity.get(_PROFILES), f"{pointer}/{_PROFILES}"):
        if profile is not None and isinstance(profile.get("Arn"), str):
            yield HeldRole(profile["Arn"], "Roles", "instance profile", arn, FileLocation(page.parsed.path, place))
    read = {inline, trust, "AttachedManagedPolicies", "PermissionsBoundary", "GroupList", _PROFILES}
    rest = {name: value for name, value in entity.items() if name not in read}
    yield from unread_members(page, rest, pointer, arn)


def _membership(page: Page, user: str, group: Any, pointer: str) -> Iterator[Item]:
    """Yield what a member of a group has by it: the group's managed policies and its inline ones."""
    location = FileLocation(page.parsed.path, pointer)
    found = page.groups().get(group) if isinstance(group, str) else None
    if found is None:
        reason = f"the policies of the group {group} are not in the file"
        unknown = unknown_item(page, pointer, UnknownKind.NOT_LOOKED_AT, reason, digest=str(group))[1]
        yield Attachment(user, f"group/{group}", location, unknown)
        return
    arn = found.get("Arn")
    for policy, _ in members(found.get("GroupPolicyList"), ""):
        yield Attachment(user, f"{arn}/GroupPolicyList/{policy.get('PolicyName') if policy else '?'}", location)
    yield from attached(page, found.get("AttachedManagedPolicies"), pointer, user)


def _group_answer(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of get-group, which lists the members."""
    yield from _entities("Group")(page, [value], pointer)
    for user, item_pointer in members(page.value.get("Users"), f"{page.pointer}/Users"):
        if user is not None and isinstance(value, dict):
            yield Attachment(str(user.get("Arn")), str(value.get("Arn")), FileLocation(page.parsed.path, item_pointer))


def _entity_answer(kind: str) -> _Reader:
    def items(page: Page, value: Any, pointer: str) -> Iterator[Item]:
        yield from _entities(kind)(page, [value], pointer)

    return items


# --- managed policies ------------------------------------------------------------------------------------------------


def _policies(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    for policy, item_pointer in members(value, pointer):
        if policy is None or not isinstance(policy.get("Arn"), str):
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no policy can be read here")
        elif "DefaultVersionId" not in policy and "PolicyVersionList" not in policy:
            yield from ORGANIZATION_READERS["Policies"](page, policy, item_pointer)
        else:
            yield from _policy(page, policy, item_pointer)


def _policy(page: Page, policy: Json, pointer: str) -> Iterator[Item]:
    """Yield the default version of a policy; of a policy without its versions, which one that is."""
    arn, default = policy["Arn"], policy.get("DefaultVersionId")
    found = None
    for version, item_pointer in members(policy.get("PolicyVersionList"), f"{pointer}/PolicyVersionList"):
        if version is None:
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no version of a policy can be read here")
        elif version.get("VersionId") == default or (default is None and version.get("IsDefaultVersion") is True):
            found = (version, item_pointer)
        else:
            yield "versions that are not in force"
    if found is not None and "Document" in found[0]:
        yield policy_document(page, found[0]["Document"], f"{found[1]}/Document", arn)
    else:
        reason = f"its default version is {default}, whose document is not in the file"
        yield _without_document(page, arn, pointer, reason, f"{arn} {default}")
    rest = {name: value for name, value in policy.items() if name != "PolicyVersionList"}
    yield from unread_members(page, rest, pointer, arn)


def _without_document(page: Page, identity: str, pointer: str, reason: str, digest: str) -> LoadedDocument:
    unknown = unknown_item(page, pointer, UnknownKind.NOT_LOOKED_AT, reason, digest=digest)[1]
    return LoadedDocument(identity, FileLocation(page.parsed.path, pointer), None, (unknown,), digest)


def _policy_answer(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of get-policy, or of describe-policy of Organizations."""
    if isinstance(value, dict) and isinstance(value.get("Arn"), str):
        yield from _policy(page, value, pointer)
    else:
        yield from ORGANIZATION_READERS["Policy"](page, value, pointer)


def _version_answer(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of get-policy-version, which does not name the policy."""
    if isinstance(value, dict) and "Document" in value:
        yield policy_document(page, value["Document"], f"{pointer}/Document", "PolicyVersion")
    else:
        yield unknown_item(page, pointer, UnknownKind.UNREADABLE, "no version of a policy can be read here")


def _versions_answer(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-policy-versions: which version is the default, without its document."""
    for version, item_pointer in members(value, pointer):
        if version is None:
            yield unknown_item(page, item_pointer, UnknownKind.UNREADABLE, "no version of a policy can be read here")
        elif "Document" in version and version.get("IsDefaultVersion"):
            yield policy_document(page, version["Document"], f"{item_pointer}/Document", "PolicyVersion")
        elif version.get("IsDefaultVersion"):
            default = version.get("VersionId")
            reason = f"the default version is {default}, whose document is not in the file"
            yield _without_document(page, "PolicyVersion", item_pointer, reason, str(default))
        else:
            yield "versions that are not in force"


def _policy_names(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-role-policies and its sisters: names alone."""
    for name, item_pointer in members(value, pointer, texts=True):
        yield _without_document(page, str(name), item_pointer, "only the name of the policy is in the file", str(name))


def _attached_answer(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-attached-role-policies and its sisters, which do not name the principal."""
    yield from attached(page, value, pointer, "")


def _access_keys(page: Page, value: Any, pointer: str) -> Iterator[Item]:
    """Yield the answer of list-access-keys: whoever has a key acts as the user."""
    for key, place in members(value, pointer):
        if key is not None and key.get("Status") == "Inactive":
            yield "access keys that are not active"
            continue
        user, number = (key.get("UserName"), key.get("AccessKeyId")) if key else ("?", place)
        digest, identity = digest_of(f"{user} {number}"), f"AccessKeyMetadata/{user}/{number}"
        reason = f"who has the key {number} of the user {user}"
        unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest, identity=identity)
        yield FileLocation(page.parsed.path, place), unknown


_READERS: dict[str, _Reader] = {
    **ORGANIZATION_READERS,
    "UserDetailList": _entities("User"),
    "GroupDetailList": _entities("Group"),
    "RoleDetailList": _entities("Role"),
    "Users": _entities("User"),
    "Groups": _entities("Group"),
    "Roles": _entities("Role"),
    "User": _entity_answer("User"),
    "Group": _group_answer,
    "Role": _entity_answer("Role"),
    "Policies": _policies,
    "Policy": _policy_answer,
    "PolicyVersion": _version_answer,
    "Versions": _versions_answer,
    "PolicyNames": _policy_names,
    "AttachedPolicies": _attached_answer,
    "AccessKeyMetadata": _access_keys,
}
"""Member of an answer → what reads it."""
