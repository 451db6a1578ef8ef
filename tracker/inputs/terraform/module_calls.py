"""Arguments of modules that are not in the tree: the policies, statements and managed policies among them.

Registry modules take statements in the words of `aws_iam_policy_document` (`effect`, `actions`, `resources`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracker.inputs.model import Attachment, Case, FileLocation
from tracker.inputs.terraform.policy_data import statement_of_block

__all__ = ["arguments_of_call", "attachments_in"]

_MANAGED_POLICY = re.compile(r"arn:[^:]*:iam::(?:aws|\d{12}):policy/.+")
_ACTIONS = frozenset(("actions", "not_actions"))


def arguments_of_call(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a module's arguments with statements in the words of policies."""
    return {name: _with_statements(value) for name, value in values.items()}


def _with_statements(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_statements(item) for item in value]
    if not isinstance(value, dict):
        return value
    if not _ACTIONS.isdisjoint(value):
        condition = value.get("condition", value.get("conditions"))
        return statement_of_block({**value, "condition": condition})
    return {name: _with_statements(member) for name, member in value.items()}


def attachments_in(
    values: Mapping[str, Any], address: str, location: FileLocation, condition: Case
) -> Iterator[Attachment]:
    """Yield the managed policies that are named in a module's arguments, as attached to the module."""
    waiting: list[Any] = [values]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _MANAGED_POLICY.fullmatch(item):
            yield Attachment(address, item, location, condition=condition)
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
