"""Policy JSON to frozen values, with errors that say where.

Takes what IAM, its command line and people's files hold: a bare document, a GetPolicyVersion envelope, a
URL-encoded document, one statement or a list of them, scalars or lists. Grammar:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

What a statement says is brought into one form here, so that spelling never reaches the diff: lists become sorted
sets, `true` becomes `"true"`, operators get their canonical case, `Principal: {"AWS": "*"}` becomes `*`.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from tracker.errors import DocumentError
from tracker.policy.json_text import load_json
from tracker.policy.model import Condition, Effect, Json, PolicyDocument, Scope, Statement
from tracker.policy.operators import Family, operator_of, spelling_of

__all__ = ["parse_document", "read_document", "unwrap"]

EVERYTHING = "*"
MAX_SHARED = 16_384
"""Statements that are remembered, so that versions share them; a year of all AWS managed policies has fewer."""
WITH_VARIABLES, WITHOUT_VARIABLES = _VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
)
_EFFECTS = {str(effect): effect for effect in Effect}
_OF_TRUTH = (Family.BOOL, Family.NULL)
"""Operators whose values are `true` and `false`, in any letter case."""
_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root\Z")
_PRINCIPAL_KINDS = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))


def read_document(data: bytes | str) -> Json:
    """Read a policy document out of JSON text: bare, in an envelope, URL-encoded or a JSON string of itself.

    Raises:
        DocumentError: the text is none of these. The statements themselves are not evaluated.
    """
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    value = load_json(_unquoted(text) if _ENCODED.match(text) else data)
    return unwrap(load_json(_unquoted(value)) if isinstance(value, str) else value)[0]


_ENCODED = re.compile(r"\s*(?:%20|%0[9AD])*%7B", re.IGNORECASE)
"""The beginning of a URL-encoded JSON object."""


def _unquoted(text: str) -> str:
    return unquote(text) if _ENCODED.match(text) else text


def unwrap(value: Any) -> tuple[Json, Json]:
    """Return the policy document in a JSON value, and the envelope it came in (empty for a bare document).

    Knows GetPolicyVersion's `{"PolicyVersion": {"Document": …}}`, its inner part alone, the documents of
    GetRolePolicy and its sisters (`PolicyDocument`, `AssumeRolePolicyDocument`), each as JSON, as a string of JSON,
    or URL-encoded.

    Raises:
        DocumentError: no policy document is in it.
    """
    if not isinstance(value, dict):
        raise DocumentError(f"expected a policy document, got {_short_json(value)}")
    envelope = value.get("PolicyVersion", value)
    if not isinstance(envelope, dict):
        raise DocumentError(f"expected an object, got {_short_json(envelope)}", where="PolicyVersion")
    for name in ("Document", "PolicyDocument", "AssumeRolePolicyDocument"):
        if name in envelope and "Statement" not in envelope:
            inner = envelope[name]
            if isinstance(inner, str):
                inner = load_json(_unquoted(inner))
            if not isinstance(inner, dict):
                raise DocumentError(f"expected a policy document, got {_short_json(inner)}", where=name)
            return inner, envelope
    if "Statement" not in value:
        raise DocumentError("no Statement in it: not a policy document")
    return value, {}


def parse_document(source: bytes | str | Json) -> PolicyDocument:
    """Read a policy document.

    Statements that say the same in the same words are one object, whichever documents they are in.

    Args:
        source: JSON text, or what was read from it.

    Raises:
        DocumentError: with where the fault is, such as `Statement[2].Action`.
    """
    document = read_document(source) if isinstance(source, (bytes, str)) else source
    version = document.get("Version", WITHOUT_VARIABLES)
    if version not in _VERSIONS:
        raise DocumentError(f"expected 2012-10-17 or 2008-10-17, got {_short_json(version)}", where="Version")
    raw = document.get("Statement")
    if isinstance(raw, dict):
        raw = [raw]
    if not isinstance(raw, list):
        raise DocumentError(f"expected an object or a list of objects, got {_short_json(raw)}", where="Statement")
    variables = version == WITH_VARIABLES
    return PolicyDocument(tuple(_statement(item, f"Statement[{index}]", variables) for index, item in enumerate(raw)))


def _statement(raw: Any, location: str, variables: bool) -> Statement:
    if not isinstance(raw, dict):
        raise DocumentError(f"expected an object, got {_short_json(raw)}", where=location)
    if not raw.keys() <= _ELEMENTS:
        unknown = min(set(raw) - _ELEMENTS)
        raise DocumentError("no such element in a statement", where=f"{location}.{unknown}")
    effect = raw.get("Effect")
    if not isinstance(effect, str) or effect not in _EFFECTS:
        raise DocumentError(f"expected Allow or Deny, got {_short_json(effect)}", where=f"{location}.Effect")
    sid = raw.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise DocumentError(f"expected a string, got {_short_json(sid)}", where=f"{location}.Sid")
    actions, inverted = _element_or_negation(raw, "Action", "NotAction", location, _strings)
    if actions is None:
        raise DocumentError("neither Action nor NotAction", where=location)
    return _make_statement(_EFFECTS[effect], inverted, actions, sid, _where(raw, location, variables))


_Test = tuple[str, str, tuple[str, ...]]
"""Operator, key and values of a condition, as `Condition` has them."""
_Where = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[_Test, ...]]
"""The elements of a scope. Unlike scopes, two are equal only if they are written the same, down to the case of keys."""


@lru_cache(MAX_SHARED)
def _make_statement(
    effect: Effect, inverted: bool, actions: tuple[str, ...], sid: str | None, where: _Where | None
) -> Statement:
    """Return a statement, one object for all that are written the same; holding nowhere, it grants nothing."""
    if inverted and not actions:
        actions, inverted = (EVERYTHING,), False
    scope = _make_scope(where) if where else Scope()
    if where is None or (inverted and EVERYTHING in actions):
        return Statement(effect, False, scope, (), sid)
    return Statement(effect, inverted, scope, actions, sid)


@lru_cache(MAX_SHARED)
def _make_scope(where: _Where) -> Scope:
    resources, but_resources, principals, but_principals, tests = where
    conditions = sorted((Condition(*test) for test in tests), key=lambda test: test.sort_key)
    return Scope(resources, but_resources, principals, but_principals, tuple(conditions))


def _where(raw: Json, location: str, variables: bool) -> _Where | None:
    """Return where and when a statement holds; None where it says nowhere: in none, or in all but all."""
    resources, but_resources = _element_or_negation(raw, "Resource", "NotResource", location, _strings)
    principals, but_principals = _element_or_negation(raw, "Principal", "NotPrincipal", location, _principals)
    conditions = _conditions(raw.get("Condition", {}), f"{location}.Condition", variables)
    if _is_nowhere(resources, but_resources) or _is_nowhere(principals, but_principals):
        return None
    return (
        *_with_negation(_patterns(resources, variables), but_resources),
        *_with_negation(principals, but_principals),
        conditions,
    )


def _is_nowhere(values: tuple[str, ...] | None, inverted: bool) -> bool:
    return values is not None and ("*" in values if inverted else not values)


def _element_or_negation(
    raw: Json, name: str, inverse: str, location: str, read: Callable[[Any, str], tuple[str, ...]]
) -> tuple[tuple[str, ...] | None, bool]:
    """Read one of an element and its opposite; (None, False) where the statement has neither."""
    if name in raw:
        if inverse in raw:
            raise DocumentError(f"both {name} and {inverse}", where=location)
        return read(raw[name], f"{location}.{name}"), False
    if inverse in raw:
        return read(raw[inverse], f"{location}.{inverse}"), True
    return None, False


def _with_negation(values: tuple[str, ...] | None, inverted: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (these, all but these); all but nothing is everything, and a set with `*` is `*`."""
    if values is None:
        return (), ()
    if inverted and not values:
        return ("*",), ()
    kept = ("*",) if "*" in values else values
    return ((), kept) if inverted else (kept, ())


def _strings(value: Any, location: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        if set(map(type, value)) <= {str}:
            return tuple(value)
        index, item = next((index, item) for index, item in enumerate(value) if not isinstance(item, str))
        raise DocumentError(f"expected a string, got {_short_json(item)}", where=f"{location}[{index}]")
    raise DocumentError(f"expected a string or a list of strings, got {_short_json(value)}", where=location)


def _patterns(values: tuple[str, ...] | None, variables: bool) -> tuple[str, ...] | None:
    """Return resource patterns as a sorted set; before version 2012-10-17 `${` means itself."""
    if values is None or (len(values) == 1 and variables):
        return values
    return tuple(sorted({_literal(value) for value in values} if not variables else set(values)))


def _literal(value: str) -> str:
    return value.replace("${", "${$}{")


def _principals(value: Any, location: str) -> tuple[str, ...]:
    if value == "*":
        return ("*",)
    if not isinstance(value, dict):
        raise DocumentError(f"expected '*' or an object, got {_short_json(value)}", where=location)
    found = set()
    for kind, names in value.items():
        if kind not in _PRINCIPAL_KINDS:
            raise DocumentError(f"expected one of {', '.join(sorted(_PRINCIPAL_KINDS))}", where=f"{location}.{kind}")
        listed = _with_account_ids(names) if kind == "AWS" else names
        found |= {_principal(kind, name) for name in _strings(listed, f"{location}.{kind}")}
    return tuple(sorted(found))


def _with_account_ids(names: Any) -> Any:
    """Return principals with each number as the account that it is: YAML and JSON write `123456789012` so, too."""
    return [_account_id(name) for name in names] if isinstance(names, list) else _account_id(names)


def _account_id(name: Any) -> Any:
    is_number = isinstance(name, int) and not isinstance(name, bool) and 0 <= name < 10**12
    return f"{name:012d}" if is_number else name


def _principal(kind: str, name: str) -> str:
    """Return a principal as `kind:name`; an account's number and its root are the same account."""
    if kind == "AWS":
        if name == "*":
            return "*"
        name = _ACCOUNT_ROOT.sub(r"\1", name)
    return f"{kind}:{name}"


def _conditions(raw: Any, location: str, variables: bool) -> tuple[_Test, ...]:
    if not raw and raw == {}:
        return ()
    if not isinstance(raw, dict):
        raise DocumentError(f"expected an object, got {_short_json(raw)}", where=location)
    return tuple(_tests(raw, location, variables))


def _tests(raw: Json, location: str, variables: bool) -> Iterable[_Test]:
    for name, keys in raw.items():
        operator = operator_of(name)
        if not isinstance(keys, dict):
            raise DocumentError(f"expected an object, got {_short_json(keys)}", where=f"{location}.{name}")
        for key, value in keys.items():
            where = f"{location}.{name}.{key}"
            items = value if isinstance(value, list) else [value]
            texts = {_value(item, where) for item in items}
            if operator and operator.family in _OF_TRUTH:
                texts = {text.lower() for text in texts}
            if not variables:
                texts = {_literal(text) for text in texts}
            yield spelling_of(name), key, tuple(sorted(texts))


def _value(item: Any, location: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, (bool, int, float)):
        return json.dumps(item)
    raise DocumentError(f"expected a text, a number or a truth value, got {_short_json(item)}", where=location)


def _short_json(value: Any) -> str:
    """Return a short picture of a JSON value for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - a glance
