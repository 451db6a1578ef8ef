"""What a container did not look at: statements, and texts that may hold a policy, outside of what it read."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from tracker.archive.in_force import documents_in_force
from tracker.errors import DocumentError
from tracker.inputs.model import Contents, FileLocation, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.action_names import names_known_actions
from tracker.inputs.syntax.encoded_text import encoded_policy
from tracker.inputs.syntax.parsing import ParsedFile, Tagged, escape_pointer
from tracker.inputs.syntax.policy_text import (
    is_action_name,
    managed_policies_in,
    may_hold_policy,
    names_everybody,
)
from tracker.inputs.syntax.surroundings import Surroundings

__all__ = ["is_like_statement", "leftovers"]

MAX_VALUES = 2_000_000
_NAMES_ITSELF = ("Arn", "arn")
"""Members that say what something is called itself."""
_NAME = re.compile(r"/?(?:(?:aws-service|service)-role/|job-function/)?(?P<name>[A-Z][\w-]{9,})")
"""What a managed policy of AWS may be called, with the path of its ARN or without."""
_NO_POLICY = re.compile(
    r"(?:name|title|description|comment|label|sid|id|kind|type|key|value|text)(?:/\d+)*\Z|/tags/", re.IGNORECASE
)
"""Pointers of values that are names of their own, or words for people."""
_ROLE_OF_ACCOUNT = "eks.amazonaws.com/role-arn"
_PATCHES = ("add", "copy", "move", "remove", "replace")
_PATCHED = re.compile(r"[Pp]olic(?:y|ies)|Statement|Principal|/(?:Not)?Action|/Effect|[Rr]ole|Condition/|role-arn")
"""Paths within policies, and to roles."""
_ACCESS = (
    *("assumedBy", "authAccess", "boundaryPolicy", "groupAccess", "guestAccess", "permissionSetName"),
    *("permissionsBoundary", "permissions_boundary"),
)
"""Members by which tools say who gets access: Amplify, the Landing Zone Accelerator and others."""
_LEVELS = frozenset(("actions", "list", "permissions-management", "read", "tagging", "wildcard-only", "write"))
"""Members by which Policy Sentry says what a policy allows."""
_EFFECTS = ("Allow", "Deny")
_ACTION_ENDS = ("action", "actions", "permissions")
_LIKE_STATEMENT = re.compile("effect|actions?|permissions", re.IGNORECASE)
"""What the members of a statement, in any spelling, are called."""
_SCOPES = frozenset(("resource", "resources", "notresource", "notresources", "principal", "principals"))
_ACTIONS = frozenset(("action", "actions", "notaction", "notactions", "not_action", "not_actions"))


def leftovers(
    parsed: ParsedFile, found: Contents, looked_at: Collection[str] = (), *, of_any_kind: bool = False
) -> Iterator[tuple[FileLocation, Unknown]]:
    """Yield what may hold a policy in a file and is in none of the things that its container found.

    Args:
        parsed: the file.
        found: what its container gave.
        looked_at: pointers of values that the container looked at, beside those of what it gave.
        of_any_kind: whether the file is of no known kind, so that nothing is known of what its lists are for.

    Raises:
        DocumentError: there is too much to look through.
    """
    seen = {document.location.pointer for document in found.documents} | set(looked_at)
    seen |= {pointer for document in found.documents for pointer in document.statement_pointers}
    seen |= {location.pointer for location, _ in found.unknowns}
    attached = {one.policy for one in found.attachments}
    surroundings = Surroundings(parsed.value)
    for pointer, text in _unseen(parsed.value, seen, of_any_kind):
        reason = _reason(text, pointer, attached)
        if not reason:
            continue
        identity, around = surroundings.of(pointer)
        digest = digest_of(f"{around} {text}")
        yield (
            FileLocation(parsed.path, pointer),
            Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest, identity=identity),
        )


def _reason(text: str, pointer: str, attached: Collection[str]) -> str:
    """Return why a text is not known; empty where it surely is nothing of interest."""
    if may_hold_policy(text) or not isinstance(text, _Text):
        return "may hold a policy, and is in no form that is known here"
    if encoded := encoded_policy(text):
        return encoded
    if _ROLE_OF_ACCOUNT in text:
        return "says as which role a service account acts"
    if names_everybody(text):
        return "names all users in an access control list"
    if pointer.rpartition("/")[2] in _NAMES_ITSELF:
        return ""
    named = [arn for arn in managed_policies_in(text) if arn not in attached]
    bare = _NAME.fullmatch(text)
    if bare and not _NO_POLICY.search(pointer) and text not in attached and bare["name"] in _aws_policies():
        named = [text]
    return f"names {', '.join(named)}, and may attach it" if named else ""


@cache
def _aws_policies() -> frozenset[str]:
    """Return the names of AWS's managed policies, as far as the program's own data have them."""
    return frozenset(document.name for document in documents_in_force().by_arn.values())


class _Text(str):
    """A text that stands in a file; any other one stands for a statement."""

    __slots__ = ()


def _unseen(value: Any, seen: Collection[str], of_any_kind: bool) -> Iterator[tuple[str, str]]:
    """Yield pointer and text of each value that looks like a policy and stands at or in nothing that was seen.

    Keys without a value are a text, too: YAML reads `{ Effect = "Allow", Action = "*" }` of another language so.
    """
    waiting: list[tuple[Any, str]] = [(value, "")]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        item, pointer = waiting.pop()
        if pointer in seen:
            continue
        if isinstance(item, Tagged):
            waiting.append((item.value, pointer))
        elif is_like_statement(item) or (of_any_kind and _gives_access(item, pointer)):
            yield pointer, repr(item)
        elif isinstance(item, str):
            if len(item) > 10:  # noqa: PLR2004 - shorter than any policy
                yield pointer, _Text(item)
        elif isinstance(item, dict):
            yield pointer, _Text(" ".join(str(key) for key, member in item.items() if member is None))
            waiting += _members(item, pointer)
        elif isinstance(item, list):
            waiting += _members(item, pointer)
    raise DocumentError(f"more than {MAX_VALUES} values to look through")


def _members(item: dict[Any, Any] | list[Any], pointer: str) -> Iterator[tuple[Any, str]]:
    if isinstance(item, dict):
        yield from ((member, f"{pointer}/{escape_pointer(str(key))}") for key, member in item.items())
    else:
        yield from ((member, f"{pointer}/{place}") for place, member in enumerate(item))


def _gives_access(item: Any, pointer: str) -> bool:
    """Return whether a value of no known kind lists actions, holds a policy in pieces, changes one, or gives access.

    A value that is called a name or a value by its member is none: a tag, a parameter.
    """
    if names_known_actions(item) and not _NO_POLICY.search(pointer):
        return True
    if isinstance(item, list):
        return is_like_statement(_joined(item)) or (
            all(isinstance(one, str) for one in item) and may_hold_policy("".join(item))
        )
    if not isinstance(item, dict):
        return False
    return _is_patch(item) or _is_of_levels(item) or any(item.get(name) for name in _ACCESS if name in item)


def _joined(items: list[Any]) -> dict[Any, Any] | None:
    """Return the object that a list of its members says, `[{Effect: Allow}, {Action: "*"}]`; None for another list.

    The members may also be objects with a name and a value.
    """
    found: dict[Any, Any] = {}
    for one in items:
        if not isinstance(one, dict) or len(one) > 2:  # noqa: PLR2004 - a name and a value
            return None
        named = {str(key).lower(): member for key, member in one.items()}
        name = named.get("name", named.get("key"))
        if isinstance(name, str) and "value" in named:
            found[name] = named["value"]
        elif len(one) == 1:
            found.update(one)
        else:
            return None
    return found


def _is_of_levels(item: Mapping[Any, Any]) -> bool:
    """Return whether an object is one of which Policy Sentry makes a policy, by levels of access.

    https://policy-sentry.readthedocs.io/en/latest/user-guide/write-policy/
    """
    return item.get("mode") in ("crud", "actions") and not _LEVELS.isdisjoint(item)


def _is_patch(item: Mapping[Any, Any]) -> bool:
    """Return whether an object changes a policy in another file (RFC 6902)."""
    path = item.get("path")
    return item.get("op") in _PATCHES and isinstance(path, str) and _PATCHED.search(path) is not None


def is_like_statement(item: Any) -> bool:
    """Return whether a value may be a statement: of another spelling, or without the effect that a tool adds.

    Allow and Deny in lower case, or no effect, count only beside actions that are written as IAM's are.
    """
    if not isinstance(item, dict) or not _names_actions(tuple(item)):
        return False
    named = {str(key).lower(): member for key, member in item.items()}
    if named.get("effect") in _EFFECTS and not _ACTIONS.isdisjoint(named):
        return True
    everywhere = not _SCOPES.isdisjoint(named)
    return any(_lists_actions(named[name], everywhere) for name in named if name.endswith(_ACTION_ENDS))


@lru_cache(4096)
def _names_actions(keys: tuple[Any, ...]) -> bool:
    """Return whether the members of a value may be those of a statement; most values of a file have the same ones."""
    return _LIKE_STATEMENT.search(" ".join(map(str, keys))) is not None


def _lists_actions(value: Any, everywhere: bool) -> bool:
    """Return whether a value is a list of actions; `*` is one only beside a resource or a principal."""
    listed = value if isinstance(value, list) else [value]
    return any(is_action_name(one) or (everywhere and one == "*") for one in listed)
