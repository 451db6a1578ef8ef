"""Whether a text that is not read as a known format may hold a policy, whatever its syntax.

A policy has a member `Effect` with Allow or Deny and a member `Action` or `NotAction`. So have Terraform's `effect`
and `actions`, and the `Effect.ALLOW` of a program that writes policies.
"""

import re
from functools import cache

from tracker.catalogue.catalogue import load_catalogue

__all__ = [
    "attaches_policy",
    "has_policy_member",
    "is_action_name",
    "is_service",
    "is_source_or_prose",
    "is_table_of_statements",
    "lists_actions",
    "managed_policies_in",
    "may_concern_policies",
    "may_hold_policy",
    "names_everybody",
]

_NEAR = (
    r"""(?:(?:[\s"'\\`]|&quot;|&#34;)*(?:=>|:=|[:=(,>])(?:[\s"'\\`(]|&quot;|&#34;)*"""
    r"""|</\w{1,20}>\s*<\w{1,20}>\s*|[ \t.]{1,20}["'])"""
)
"""What stands between a member and its value in JSON, YAML, HCL, XML and programs; quotes may be escaped.

In property lists that is `</key><string>`, in Lisp and EDN a blank or a full stop.
"""
_EFFECT = re.compile(rf"(?i:\beffect){_NEAR}(?:[A-Za-z_:]+[.:])*(?:Allow|Deny|ALLOW|DENY)\b")
_ACTION = re.compile(rf"(?i:\b(?:not_?)?actions?)(?:\[\d*\]|\.\d+)?{_NEAR}")
_ESCAPE = re.compile(r"\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
"""The end of a line that goes on in the next one."""
_TABLE = re.compile(r"^(?=[^\n]*\beffect\b)(?=[^\n]*\b(?:not_?)?actions?\b)[^\n]*[,;\t|]", re.IGNORECASE | re.MULTILINE)
"""The head of a table with a column for effects and one for actions."""
_ALLOWS = re.compile(r"\b(?:Allow|Deny)\b", re.IGNORECASE)
_MEMBER = re.compile(r"\b(?:Statement|Effect)[\s\"'\\`]*[:=]")
_WORDS = re.compile(
    r"groups/global|k8s\.aws|aws\.(?:m\.)?upbound|aws\.crossplane|iam\.amazonaws|AccessKeyMetadata|PublicAccessBlock|effect|statement|polic|permission|principal|arn:|AWS::|::MODULE|%7B|\\u00|\\x"
    r"|(?-i:[a-z0-9](?:Access|Administrator|Audit|ReadOnly|Role|User|Scientist)\b)"
    r"|actions?[\s\"']*[:=]|handler[\"']?\s*:|wildcard-only",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?i:actions?|permissions)[\"'\\]*\s*[:=][\s\[\"'\\-]*([a-z][a-z0-9-]*):[A-Z*][A-Za-z0-9*?]*")
_ACTION_NAME = re.compile(r"([a-z][a-z0-9-]*):[A-Z*?][A-Za-z0-9*?]*\Z")
_MANAGED = re.compile(r"arn:[^\s:\"']*:iam::(?:aws|\d{12}):policy/[\w+=,.@/-]+")
_ATTACHED = re.compile(
    r"arn:[^\s:\"']*:iam::(?:aws|\d{12}):policy/|\bManagedPolicy\.from|\bmanaged_?policy_?arns?\b", re.IGNORECASE
)
_EVERYBODY = re.compile(r"/groups/global/(?:AllUsers|AuthenticatedUsers)\b")
_CODE = re.compile(r"\bPolicyStatement\b|\bPolicyDocument\b|\baws_iam_policy_document\b", re.IGNORECASE)
_SOURCE_OR_PROSE = re.compile(
    r"""[^/]\.(?:adoc|bash|bat|c|cc|cedar|cjs|clj|cmd|cpp|cs|css|cts|cxx|dart|elm|erl|exs?|fsx?|go|gradle|groovy|h|hpp|hs|html?|ipynb
    |java|jl|jsx?|kts?|less|lua|mdx?|m?js|ml|m?ts|org|pas|php|pl|pm|psm?1|pyi?|rb?|rego|rs|rst|sass|scala|scss|sentinel|sh|sql|svelte
    |swift|tex|tsx|vb|vue|zig)\Z""",
    re.IGNORECASE | re.VERBOSE,
)
"""Ends of names of programs and of texts for people."""


def may_concern_policies(text: str) -> bool:
    """Return whether a text has any word without which nothing in it can be a policy or a permission."""
    return _WORDS.search(text) is not None


def may_hold_policy(text: str) -> bool:
    """Return whether a text may hold a policy in any syntax, quoted or not, with escapes or without."""
    plain = _unescaped(text)
    return bool(_EFFECT.search(plain) and _ACTION.search(plain))


def lists_actions(text: str) -> bool:
    """Return whether a text lists actions of IAM by a name such as `actions`, with or without an effect."""
    return any(is_service(found[1]) for found in _LISTED.finditer(text))


def is_action_name(value: object) -> bool:
    """Return whether a value is written as an action of IAM is: `s3:GetObject`, `s3:*`."""
    found = _ACTION_NAME.match(value) if isinstance(value, str) else None
    return found is not None and is_service(found[1])


def is_service(prefix: str) -> bool:
    """Return whether a text is the prefix of a service that the catalogue knows."""
    return prefix in _services()


@cache
def _services() -> frozenset[str]:
    """Return the prefixes of all services, as the catalogue has them."""
    return frozenset(load_catalogue().prefixes())


def names_everybody(text: str) -> bool:
    """Return whether a text names the groups of all users in an access control list of S3."""
    return _EVERYBODY.search(text) is not None


def managed_policies_in(text: str) -> list[str]:
    """Return the ARNs of managed policies that a text names, each once, sorted."""
    return sorted(set(_MANAGED.findall(text)))


def has_policy_member(text: str) -> bool:
    """Return whether a text that can't be read has a member called Statement or Effect, as a broken policy has."""
    return _MEMBER.search(_unescaped(text)) is not None


def is_table_of_statements(text: str) -> bool:
    """Return whether a text is a table with columns for effects and actions, and effects in its rows."""
    head = _TABLE.search(text)
    return head is not None and _ALLOWS.search(text, text.find("\n", head.end())) is not None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), _CONTINUED.sub("", text))


def attaches_policy(text: str) -> bool:
    """Return whether a program or a template names a managed policy, or makes a policy without saying its effect."""
    return bool(_ATTACHED.search(text) or _CODE.search(text))


def is_source_or_prose(path: str) -> bool:
    """Return whether a file is, by its name, a program or a text for people, not data and no template.

    >>> is_source_or_prose("lib/stack.ts"), is_source_or_prose("p.json.tpl"), is_source_or_prose("README.md")
    (True, False, True)
    """
    return _SOURCE_OR_PROSE.search(path) is not None
