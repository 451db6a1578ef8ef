"""Where in a CloudFormation template policies stand: known properties, and whatever looks like one anywhere.

What is found is not resolved yet. The arms of `Fn::If` around a candidate are looked into, each under its condition.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.template import ShortForm, function_of
from tracker.inputs.plain import is_document, is_statement
from tracker.inputs.syntax.parsing import escape_pointer
from tracker.inputs.syntax.policy_text import may_hold_policy
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol

__all__ = ["INCLUDED", "CandidateFinder", "Guards", "PolicyCandidate", "arms_of", "items_of", "may_be_policy"]

Guards = tuple[tuple[str, bool], ...]
"""Conditions, by name, and how they must turn out for something to be there."""
MAX_DEPTH = 150
MAX_CANDIDATES = 1_000_000
_IF_ARGUMENTS = 3
_NOTHING = {"Ref": "AWS::NoValue"}
_LISTS = ("tatement", "tatements")
_DOCUMENTS = ("PolicyDocument", "policyDocument", "KeyPolicy")
INCLUDED = "Fn::Transform"
"""What stands here is elsewhere, or made by a macro: it may be anything."""
_NAMES = ("PolicyName", "RoleName", "UserName", "GroupName", "Name", "name", "Id", "id", "Key", "key", "Sid")
_POLICY_PROPERTY = re.compile(
    r".*PolicyDocument|policyDocument|(?:Key|Resource|Access|FileSystem|Inline|Destination|DeliveryDestination|NamespaceResource|Session"
    r"|ModelPackageGroup|Repository|VectorBucket|S3Access|InvestigationGroup|Permissions|Bucket|Queue|Topic|Trust|Role"
    r"|Permission)?Policy|AccessPolicies|(?:Repository|Registry)?PolicyText|(?:Policy|Role|Custom|Iam)?Statements?"
    r"|(?:iam|Iam|IAM)RoleStatements|statements|inheritedStatements|(?:assumeRole|inline|resource|key|bucket|queue)?[pP]olicy"
)
_OTHER_GRAMMAR = frozenset(
    (
        "AWS::ApiGateway::DomainName",
        "AWS::AutoScaling::ScalingPolicy",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::Logs::AccountPolicy",
        "AWS::NetworkManager::CoreNetwork",
        "AWS::OpenSearchServerless::LifecyclePolicy",
        "AWS::OpenSearchServerless::SecurityPolicy",
        "AWS::ResilienceHub::ResiliencyPolicy",
        "AWS::VerifiedPermissions::Policy",
        "AWS::WAFv2::RuleGroup",
        "AWS::WAFv2::WebACL",
    )
)
"""Types whose policies are none of IAM's: their properties are looked at by content only."""
_MEMBERS = ("Effect", "Action")
"""What a text has that holds a policy."""


class PolicyCandidate(Struct, frozen=True):
    """A value in a template that is a policy, or may be one."""

    identity: str
    """What names it: `Role/Properties/Policies/read`."""
    raw: Any
    """What stands there, not resolved."""
    pointer: str
    """Where: a JSON Pointer into the file."""
    guards: Guards = ()
    """Conditions under which it is there."""
    is_policy: bool = False
    """True where a policy must be: what can't be read there is unknown."""
    build: Callable[[Json], Json] | None = None
    """Makes the document of the resolved value, where that is none itself."""


def arms_of(value: Any, pointer: str, guards: Guards) -> Iterator[tuple[Any, str, Guards]]:
    """Yield the arms of `Fn::If` (of those within them, too) with their conditions; any other value as it is."""
    name, argument = function_of(value) or ("", None)
    if name != "Fn::If" or not isinstance(argument, list) or len(argument) != _IF_ARGUMENTS:
        yield value, pointer, guards
        return
    if not isinstance(argument[0], str) or len(guards) > MAX_DEPTH:
        yield value, pointer, guards
        return
    inside = pointer if isinstance(value, ShortForm) else f"{pointer}/Fn::If"
    for index, turned in ((1, True), (2, False)):
        yield from arms_of(argument[index], f"{inside}/{index}", (*guards, (argument[0], turned)))


def items_of(value: Any, pointer: str, guards: Guards = ()) -> Iterator[tuple[Any, str, Guards]]:
    """Yield the items of a list, or the one value that stands for it, with the conditions under which each is there."""
    for arm, arm_pointer, conditions in arms_of(value, pointer, guards):
        if not isinstance(arm, list):
            yield arm, arm_pointer, conditions
            continue
        for index, item in enumerate(arm):
            yield from arms_of(item, f"{arm_pointer}/{index}", conditions)


class CandidateFinder:
    """Looks through the raw values of one template."""

    def __init__(self, named: Callable[[Any], str], text_of: Callable[[Any], str]) -> None:
        """Make one.

        Args:
            named: gives the text of a name, which may be an intrinsic function.
            text_of: gives all text that a function's value may be made of.
        """
        self._named = named
        self._text_of = text_of
        self._count = 0

    def find(self, raw: Any, pointer: str, identity: str, key: str = "", kind: str = "") -> Iterator[PolicyCandidate]:
        """Yield the candidates in a value.

        Args:
            raw: the value.
            pointer: where it stands.
            identity: what names it.
            key: the member that it is the value of.
            kind: the type of the resource that it belongs to.

        Raises:
            DocumentError: there is too much to look through.
        """
        yield from self._visit(raw, pointer, identity, (), key, kind)

    def _visit(
        self, raw: Any, pointer: str, identity: str, guards: Guards, key: str, kind: str
    ) -> Iterator[PolicyCandidate]:
        self._count += 1
        if self._count > MAX_CANDIDATES or pointer.count("/") > MAX_DEPTH:
            raise DocumentError("nested too deep, or too much to look through")
        if self._is_whole(raw, key, kind):
            yield PolicyCandidate(identity, raw, pointer, guards, is_policy=_is_policy_property(key, kind))
            return
        if _is_text(raw):
            if may_be_policy(self._text_of(raw)):
                yield PolicyCandidate(identity, _decoded(raw), pointer, guards)
            return
        for member, arm_pointer, name, conditions, inner in self._members(raw, pointer, identity, guards):
            yield from self._visit(member, arm_pointer, name, conditions, inner, kind)

    def _members(
        self, raw: Any, pointer: str, identity: str, guards: Guards
    ) -> Iterator[tuple[Any, str, str, Guards, str]]:
        """Yield what is in a value: the value, its pointer, its identity, its conditions, its key."""
        if function_of(raw) and "Fn::If" in raw:
            arms = list(arms_of(raw, pointer, guards))
            if arms[0][0] is not raw:
                yield from ((arm, arm_pointer, identity, conditions, "") for arm, arm_pointer, conditions in arms)
        elif isinstance(raw, dict):
            for name, member in raw.items():
                if name == INCLUDED:
                    yield {name: member}, pointer, identity, guards, name
                    continue
                is_item = pointer.rpartition("/")[2].isdecimal()
                is_named = is_item and name == "PolicyDocument" and any(raw.get(other) for other in _NAMES)
                named = identity if is_named else f"{identity}/{name}"
                yield member, f"{pointer}/{escape_pointer(name)}", named, guards, name
        elif isinstance(raw, list):
            for index, member in enumerate(raw):
                yield member, f"{pointer}/{index}", f"{identity}/{self._name(member)}", guards, ""

    def _is_whole(self, raw: Any, key: str, kind: str) -> bool:
        """Return whether a value is one document, or stands for one."""
        if _is_like_policy(raw) or not _is_policy_property(key, kind):
            return _is_like_policy(raw)
        if isinstance(raw, list) and not key.endswith(_DOCUMENTS):
            return key.endswith(_LISTS) and any(map(_is_unresolved, raw))
        return _is_unresolved(raw) or key.endswith(_DOCUMENTS)

    def _name(self, member: Any) -> str:
        for arm, _, _ in arms_of(member, "", ()):
            if isinstance(arm, dict):
                metadata = arm.get("metadata")
                inner = metadata.get("name") if isinstance(metadata, dict) else None
                found = next((self._named(name) for name in (*map(arm.get, _NAMES), inner) if name), "")
                if found:
                    return found
        return "*"


def may_be_policy(text: str) -> bool:
    """Return whether a text may hold a policy, also where the value of `Effect` is not written out."""
    return all(name in text for name in _MEMBERS) or may_hold_policy(text)


def _is_policy_property(key: str, kind: str) -> bool:
    if key == INCLUDED:
        return True
    if kind in _OTHER_GRAMMAR:
        return False
    return bool(_POLICY_PROPERTY.fullmatch(key)) or (kind == "AWS::Organizations::Policy" and key == "Content")


def _is_unresolved(raw: Any) -> bool:
    """Return whether a value stands for another one: an intrinsic function, or a symbol."""
    return raw != _NOTHING and (bool(function_of(raw)) or (isinstance(raw, str) and has_symbol(raw)))


def _is_text(raw: Any) -> bool:
    """Return whether a value is a text, or a function that gives one."""
    name = (function_of(raw) or ("", None))[0]
    return isinstance(raw, str) or name not in ("", "Fn::If", INCLUDED)


def _decoded(raw: Any) -> Any:
    """Return the text that `Fn::Base64` encodes; any other value as it is."""
    name, argument = function_of(raw) or ("", None)
    return _decoded(argument) if name == "Fn::Base64" else raw


def _is_like_policy(raw: Any) -> bool:
    """Return whether a value is a document, a statement or a list of statements, under intrinsic functions or not."""
    if isinstance(raw, dict) and not function_of(raw):
        return is_statement(raw) or is_document(raw) or ("Statement" in raw and _has_statement(raw["Statement"]))
    return _has_statement(raw) if isinstance(raw, list) else False


def _has_statement(raw: Any) -> bool:
    return any(is_statement(item) for item, _, _ in items_of(raw, ""))
