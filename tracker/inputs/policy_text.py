"""Whether a text that is not read as a known format may hold a policy, whatever its syntax.

A policy has a member `Effect` with Allow or Deny and a member `Action` or `NotAction`. So have Terraform's `effect`
and `actions`, and the `Effect.ALLOW` of a program that writes policies.
"""

import re

__all__ = ["attaches_policy", "has_policy_member", "is_source_or_prose", "may_concern_policies", "may_hold_policy"]

_NEAR = r"""[\s"'\\`]*(?:=>|:=|[:=(,>])[\s"'\\`(]*"""
"""What stands between a member and its value in JSON, YAML, HCL, XML and programs; quotes may be escaped."""
_EFFECT = re.compile(rf"(?i:\beffect){_NEAR}(?:[A-Za-z_:]+[.:])*(?:Allow|Deny|ALLOW|DENY)\b")
_ACTION = re.compile(rf"(?i:\b(?:not_?)?actions?){_NEAR}")
_ESCAPE = re.compile(r"\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_MEMBER = re.compile(r"\b(?:Statement|Effect)[\s\"'\\`]*[:=]")
_WORDS = re.compile(r"effect|statement|polic|permission|principal|arn:|AWS::|%7B|\\u00|\\x", re.IGNORECASE)
_ATTACHED = re.compile(
    r"arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy/|\bManagedPolicy\.from|\bmanaged_?policy_?arns?\b", re.IGNORECASE
)
_CODE = re.compile(r"\bPolicyStatement\b|\bPolicyDocument\b|\baws_iam_policy_document\b", re.IGNORECASE)
_SOURCE_OR_PROSE = re.compile(
    r"""[^/]\.(?:adoc|bash|bat|c|cc|cjs|clj|cmd|cpp|cs|css|cts|cxx|dart|elm|erl|exs?|fsx?|go|gradle|groovy|h|hpp|hs|html?
    |java|jl|jsx?|kts?|less|lua|mdx?|m?js|ml|m?ts|org|pas|php|pl|pm|psm?1|pyi?|rb?|rs|rst|sass|scala|scss|sh|sql|svelte
    |swift|tex|tsx|vb|vue|zig)\Z""",
    re.IGNORECASE | re.VERBOSE,
)
"""Ends of names of programs and of texts for people."""


def may_concern_policies(text: str) -> bool:
    """Tell whether a text has any word without which nothing in it can be a policy or a permission."""
    return _WORDS.search(text) is not None


def may_hold_policy(text: str) -> bool:
    """Tell whether a text may hold a policy in any syntax, quoted or not, with escapes or without."""
    plain = _unescaped(text)
    return bool(_EFFECT.search(plain) and _ACTION.search(plain))


def has_policy_member(text: str) -> bool:
    """Tell whether a text that can't be read has a member called Statement or Effect, as a broken policy has."""
    return _MEMBER.search(_unescaped(text)) is not None


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text) if "\\" in text else text


def attaches_policy(text: str) -> bool:
    """Tell whether a program or a template names a managed policy, or makes a policy without saying its effect."""
    return bool(_ATTACHED.search(text) or _CODE.search(text))


def is_source_or_prose(path: str) -> bool:
    """Tell by a file's name whether it is a program or a text for people, not data and no template.

    >>> is_source_or_prose("lib/stack.ts"), is_source_or_prose("p.json.tpl"), is_source_or_prose("README.md")
    (True, False, True)
    """
    return _SOURCE_OR_PROSE.search(path) is not None
