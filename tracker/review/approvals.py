"""Approvals: which findings somebody accepted, from the text of `.policy-tracker-ignore`.

    # a comment
    0123456789abcdef                                   a finding, or a policy, as it is now
    0123456789abcdef  agreed on in the review of May   whatever a person wants to say of it
    path=policies/legacy/* rule=data-access            all findings of a rule below a path
    rule=wildcard-on-all-resources                     all findings of a rule
    path=vendored/*                                    all findings below a path

A fingerprint holds the content of what it approves, so a change of that is a new finding. A path or a rule does not:
findings on what could not be read, resolved or looked at are approved by fingerprint alone.
"""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase

from msgspec import Struct

from tracker.errors import ConfigurationError
from tracker.inputs.model import UnknownKind
from tracker.risk import Finding
from tracker.risk.rules import DEFAULT_LEVELS

__all__ = ["MAX_APPROVAL_BYTES", "Approvals", "parse_approvals"]

MAX_APPROVAL_BYTES = 4 * 1024 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")
_UNKNOWN = frozenset(str(kind) for kind in UnknownKind)


class _Pattern(Struct, frozen=True):
    path: str = "*"
    rule: str = "*"


class Approvals(Struct, frozen=True):
    """What was accepted."""

    fingerprints: Collection[str] = frozenset()
    """Of findings, and of policies as they are."""
    patterns: tuple[_Pattern, ...] = ()
    """Rules and paths."""

    def has(self, finding: Finding, path: str) -> bool:
        """Return whether a finding on a file was accepted."""
        if finding.fingerprint in self.fingerprints:
            return True
        return finding.rule not in _UNKNOWN and any(
            fnmatchcase(path, one.path) and fnmatchcase(finding.rule, one.rule) for one in self.patterns
        )


def parse_approvals(text: str, name: str) -> Approvals:
    """Read approvals.

    Args:
        text: a file's text.
        name: what the file is called.

    Raises:
        ConfigurationError: a line can't be read; names it.
    """
    fingerprints: set[str] = set()
    patterns: list[_Pattern] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split() if line.lstrip().startswith("#") else line.split()
        if not words:
            continue
        if _FINGERPRINT.match(words[0]):
            fingerprints.add(words[0])
        elif words[0].startswith(("path=", "rule=")):
            patterns.append(_pattern(words, f"{name}:{number}"))
        else:
            hint = "16 hexadecimal digits, or path=GLOB, or rule=ID"
            raise ConfigurationError("no approval", where=f"{name}:{number}", hint=hint)
    return Approvals(frozenset(fingerprints), tuple(patterns))


def _pattern(words: list[str], where: str) -> _Pattern:
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in ("path", "rule"):
            break  # what follows is said by a person
        if not value or key in found:
            raise ConfigurationError(f"expected one {key}=…", where=where)
        found[key] = value
    if "rule" in found and found["rule"] not in DEFAULT_LEVELS:
        raise ConfigurationError(f"no rule {found['rule']!r}", where=where, hint="see `policy-tracker rules`")
    return _Pattern(**found)
