"""Addresses of Terraform resources: `module.app["a"].aws_iam_role.r[0]`.

https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

import re
from collections.abc import Mapping

from msgspec import Struct

__all__ = ["Address", "address_of", "renamed"]

MAX_MOVES = 8

_INDEX = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
_ADDRESS = re.compile(rf"((?:module\.[^.\[\]]+(?:{_INDEX})?\.)*)((?:data\.)?[^.\[\]]+\.[^.\[\]]+)({_INDEX})?")
_CALL = re.compile(rf"module\.([^.\[\]]+)(?:{_INDEX})?\.")


class Address(Struct, frozen=True):
    """An address in its parts."""

    module: str
    """`module.app["a"].`; empty for the root module."""
    calls: tuple[str, ...]
    """Names of the modules on the way, without indexes."""
    resource: str
    """`aws_iam_role.r`, `data.aws_iam_policy_document.d`."""


def address_of(text: str) -> Address | None:
    """Return an address in its parts; None for a text that is none."""
    found = _ADDRESS.fullmatch(text)
    return Address(found[1], tuple(_CALL.findall(found[1])), found[2]) if found else None


def renamed(address: str, names: Mapping[str, str]) -> str:
    """Return an address, or what begins with one, under another name.

    >>> renamed("module.a.aws_iam_policy.p/policy", {"module.a": 'module.b["x"]'})
    'module.b["x"].aws_iam_policy.p/policy'
    """
    left = dict(names)
    for _ in range(MAX_MOVES):
        start = next((one for one in left if _begins(address, one, left[one])), "")
        if not start:
            break
        address = f"{left.pop(start)}{address[len(start) :]}"
    return address


def _begins(address: str, start: str, other: str) -> bool:
    """Return whether an address begins with another; what gets an index had none."""
    ends = ("/", ".", " ") if other.endswith("]") else ("/", ".", " ", "[")
    return address == start or address.startswith(tuple(f"{start}{end}" for end in ends))
