"""Terragrunt's files: which module they take, and what they give it. What the module makes of that is not known.

https://terragrunt.gruntwork.io/docs/reference/config-blocks-and-attributes/
"""

import re
from collections.abc import Iterator

from tracker.inputs.model import FileLocation, Unknown, UnknownKind, digest_of

__all__ = ["is_terragrunt", "terragrunt_unknowns"]

_TAKES = re.compile(r"^\s*(?:terraform\s*\{|inputs\s*=|(?:unit|stack)\s+\"[^\"]*\"\s*\{)", re.MULTILINE)
_SOURCE = re.compile(r"^\s*(?:terraform\s*\{\s*)?source\s*=\s*(.+?)\s*\}?\s*$", re.MULTILINE)
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|(?:#|//)[^\n]*|/\*.*?\*/', re.DOTALL)


def is_terragrunt(path: str, text: str) -> bool:
    """Return whether a file is one of Terragrunt: it takes a module, or gives inputs to one."""
    return path.endswith(".hcl") and _TAKES.search(text) is not None


def terragrunt_unknowns(path: str, text: str) -> Iterator[tuple[FileLocation, Unknown]]:
    """Yield what is not known of a file: the module that it takes, and what that makes of its inputs."""
    plain = _COMMENT.sub(lambda found: found[1] or "", text)
    sources = _SOURCE.findall(plain)
    if sources:
        reason = f"the module {', '.join(sources)} is not in the tree, and may hold policies"
        unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest_of(" ".join(sources)))
        yield FileLocation(path, "/source"), unknown
    rest = " ".join(_SOURCE.sub("", plain).split())
    unknown = Unknown(UnknownKind.UNRESOLVED, "what a module makes of its inputs is not known", digest=digest_of(rest))
    yield FileLocation(path, "/inputs"), unknown
