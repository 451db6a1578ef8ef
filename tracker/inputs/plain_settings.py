"""Roles and settings in data of any kind that decide who has access: tasks, workflows, values of charts."""

import re
from collections.abc import Iterator
from typing import Any

from tracker.inputs.model import WORKFLOW, FileLocation, HeldRole, Safeguard
from tracker.inputs.safeguards import PUBLIC_ACCESS, PUBLIC_ACCESS_FLAGS, state_of
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.inputs.syntax.yaml_text import Tagged, escape_pointer

__all__ = ["held_roles_in", "safeguards_in"]

MAX_DEPTH = 200
_IN_WORKFLOW = "role-to-assume"
_ROLES = frozenset(
    (
        "AWS_ROLE_ARN",
        "AuthRoleArn",
        "UnauthRoleArn",
        "eks.amazonaws.com/role-arn",
        "executionRoleArn",
        "iam.amazonaws.com/role",
        "iam_role_arn",
        "jobRoleArn",
        _IN_WORKFLOW,
        "taskRoleArn",
    )
)
"""Members that make something act as a role, in data that AWS or a tool takes."""
_OF_FUNCTION = ("Role", "FunctionName")
"""The role of a function in the input of Lambda's API, and the member beside it."""
_OF_TASK = "/Credentials"
"""The member of a task of Step Functions whose `RoleArn` the task acts as."""
_BLOCK = "PublicAccessBlockConfiguration"
_IN_LIST = re.compile(r"/\d+(?=/|\Z)")


def held_roles_in(parsed: ParsedFile) -> Iterator[HeldRole]:
    """Yield what acts as which role, by where it stands; the place in a list does not count."""
    if not any(name in parsed.text for name in (*_ROLES, _OF_FUNCTION[1], _OF_TASK[1:])):
        return
    for pointer, item in _objects(parsed.value):
        names = _ROLES & item.keys()
        if pointer.endswith(_OF_TASK):
            names |= {"RoleArn"} & item.keys()
        if _OF_FUNCTION[1] in item:
            names |= {_OF_FUNCTION[0]} & item.keys()
        for name in sorted(names):
            if isinstance(item[name], str) and item[name]:
                location = FileLocation(parsed.path, f"{pointer}/{escape_pointer(name)}")
                kind = WORKFLOW if name == _IN_WORKFLOW else ""
                yield HeldRole(_IN_LIST.sub("/*", pointer), name, kind, item[name], location)


def safeguards_in(parsed: ParsedFile) -> Iterator[Safeguard]:
    """Yield the flags of each block of public access."""
    if _BLOCK not in parsed.text:
        return
    for pointer, item in _objects(parsed.value):
        block = item.get(_BLOCK)
        if isinstance(block, dict):
            location = FileLocation(parsed.path, f"{pointer}/{_BLOCK}")
            for flag in PUBLIC_ACCESS_FLAGS:
                owner = _IN_LIST.sub("/*", location.pointer).strip("/")
                yield Safeguard(owner, flag, state_of(block.get(flag)), location, PUBLIC_ACCESS, is_default=True)


def _objects(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all objects in a value, each with its pointer."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        pointer, item = waiting.pop()
        if isinstance(item, Tagged):
            waiting.append((pointer, item.value))
        elif pointer.count("/") > MAX_DEPTH:
            continue
        elif isinstance(item, dict):
            yield pointer, item
            waiting += ((f"{pointer}/{escape_pointer(str(key))}", member) for key, member in item.items())
        elif isinstance(item, list):
            waiting += ((f"{pointer}/{place}", member) for place, member in enumerate(item))
