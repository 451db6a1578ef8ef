"""Addresses of Terraform resources: `module.app["a"].aws_iam_role.r[0]`.

https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

import re

from msgspec import Struct

__all__ = ["Address", "address_of"]

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
