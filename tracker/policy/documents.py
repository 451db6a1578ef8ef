"""Policy JSON to frozen values, with errors that name their place.

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

from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType
from msgspec.json import Decoder, decode

from tracker.errors import DocumentError
from tracker.policy.history import PolicyVersion
from tracker.policy.json_text import MAX_DOCUMENT_BYTES, load_json
from tracker.policy.model import Condition, Effect, Json, Parts, PolicyDocument, Scope, Statement

__all__ = [
    "DocumentReader",
    "PlainDocument",
    "cut",
    "is_plain",
    "parse_document",
    "read_document",
    "unwrap",
]

EVERYTHING = "*"
WITH_VARIABLES, WITHOUT_VARIABLES = _VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
)
_EFFECTS = {str(effect): effect for effect in Effect}
_BASE_OPERATORS = (
    *(
        f"String{test}"
        for test in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
    ),
    *(
        f"{kind}{test}"
        for kind in ("Numeric", "Date")
        for test in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    *(f"Arn{test}" for test in ("Equals", "Like", "NotEquals", "NotLike")),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
)
_OPERATORS = {
    f"{prefix}{base}{suffix}".lower(): f"{prefix}{base}{suffix}"
    for prefix in ("", "ForAllValues:", "ForAnyValue:")
    for base in _BASE_OPERATORS
    for suffix in ("", "IfExists")
}
_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root\Z")
_PRINCIPAL_KINDS = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))


def read_document(data: bytes | str) -> Json:
    """Read a policy document out of JSON text: bare, in an envelope, URL-encoded or a JSON string of itself.

    Raises:
        DocumentError: the text is none of these. The statements themselves are not judged.
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
    """Read a policy document from text, or judge one already read.

    Args:
        source: JSON text, or what was read from it.

    Raises:
        DocumentError: with the place of the fault, such as `Statement[2].Action`.
    """
    return DocumentReader().read(source)


class DocumentReader:
    """Reads documents that have much in common one after another, as the versions of a policy.

    A statement that the document before has, too, is not read again, and is one object.
    """

    def __init__(self) -> None:
        self._before: dict[bool, dict[bytes, Statement]] = {}

    def read(self, source: bytes | str | Json) -> PolicyDocument:
        """Do what `parse_document` does."""
        if isinstance(source, bytes):
            parts = _parts_of(source)
            document = self._plain(parts) if parts else None
            if document is not None:
                return document
        return _any_document(read_document(source) if isinstance(source, (bytes, str)) else source)

    def read_version(self, version: PolicyVersion) -> PolicyDocument:
        """Do the same with the document of a version.

        Raises:
            DocumentError: as `parse_document`.
        """
        document = self._plain(version.parts) if version.parts else None
        return self.read(version.text) if document is None else document

    def _plain(self, parts: Parts) -> PolicyDocument | None:
        """Read a document statement by statement, many times faster; None where one wants a closer look."""
        before, read = self._before.get(parts.has_variables, {}), {}
        try:
            for text in parts.statements:
                read[text] = before.get(text) or _plain_statement(text, parts.has_variables)
        except (MsgspecError, DocumentError, RecursionError):
            return None
        self._before = {parts.has_variables: read}
        return PolicyDocument(tuple([read[text] for text in parts.statements]))


def _any_document(document: Json) -> PolicyDocument:
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


def _statement(raw: Any, place: str, variables: bool) -> Statement:
    if not isinstance(raw, dict):
        raise DocumentError(f"expected an object, got {_short_json(raw)}", where=place)
    if not raw.keys() <= _ELEMENTS:
        unknown = min(set(raw) - _ELEMENTS)
        raise DocumentError("no such element in a statement", where=f"{place}.{unknown}")
    effect = raw.get("Effect")
    if not isinstance(effect, str) or effect not in _EFFECTS:
        raise DocumentError(f"expected Allow or Deny, got {_short_json(effect)}", where=f"{place}.Effect")
    sid = raw.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise DocumentError(f"expected a string, got {_short_json(sid)}", where=f"{place}.Sid")
    actions, inverted = _element_or_negation(raw, "Action", "NotAction", place, _strings)
    if actions is None:
        raise DocumentError("neither Action nor NotAction", where=place)
    return _make_statement(_EFFECTS[effect], inverted, actions, sid, _scope(raw, place, variables))


def _make_statement(
    effect: Effect, inverted: bool, actions: tuple[str, ...], sid: str | None, scope: Scope | None
) -> Statement:
    """Return a statement; without a scope, or for all actions but all, it grants nothing."""
    if inverted and not actions:
        actions, inverted = (EVERYTHING,), False
    if scope is None or (inverted and EVERYTHING in actions):
        return Statement(effect, False, scope or Scope(), (), sid)
    return Statement(effect, inverted, scope, actions, sid)


def _scope(raw: Json, place: str, variables: bool) -> Scope | None:
    """Return where and when a statement holds; None where it says nowhere: in none, or in all but all."""
    resources, but_resources = _element_or_negation(raw, "Resource", "NotResource", place, _strings)
    principals, but_principals = _element_or_negation(raw, "Principal", "NotPrincipal", place, _principals)
    conditions = _conditions(raw.get("Condition", {}), f"{place}.Condition", variables)
    if _is_nowhere(resources, but_resources) or _is_nowhere(principals, but_principals):
        return None
    return Scope(
        *_with_negation(_patterns(resources, variables), but_resources),
        *_with_negation(principals, but_principals),
        conditions,
    )


def _is_nowhere(values: tuple[str, ...] | None, inverted: bool) -> bool:
    return values is not None and ("*" in values if inverted else not values)


# --- what is written as IAM writes it --------------------------------------------------------------------------------


_ABSENT = Raw(b"")
_BLANK = b" \t\r\n"
"""What may stand between the marks of JSON."""


class PlainDocument(Struct, forbid_unknown_fields=True):
    """A document as IAM writes it; a key that is there twice is not found out."""

    Statement: list[Raw]
    Version: str | UnsetType = UNSET
    Id: str | UnsetType = UNSET


class _PlainStatement(Struct, forbid_unknown_fields=True):
    Effect: Effect
    Sid: str | UnsetType = UNSET
    Action: tuple[str, ...] | str | UnsetType = UNSET
    NotAction: tuple[str, ...] | str | UnsetType = UNSET
    Resource: Raw = _ABSENT
    NotResource: Raw = _ABSENT
    Principal: Raw = _ABSENT
    NotPrincipal: Raw = _ABSENT
    Condition: Raw = _ABSENT


_PLAIN_DOCUMENT, _PLAIN_STATEMENT = Decoder(PlainDocument), Decoder(_PlainStatement)
_SCOPE_ELEMENTS = ("Resource", "NotResource", "Principal", "NotPrincipal", "Condition")


def _parts_of(text: bytes) -> Parts | None:
    """Cut a bare document into its statements; None where it wants a closer look."""
    if not is_plain(text):
        return None
    try:
        return cut(_PLAIN_DOCUMENT.decode(text), text)
    except (MsgspecError, RecursionError):
        return None


def cut(plain: PlainDocument, text: bytes) -> Parts | None:
    """Return the statements of a document as its text has them; None where it wants a closer look.

    That nothing else is in the text, such as a key that is there twice, is known by putting it together again: the
    statements with the same comma and white space between any two of them, in a frame that is looked at by itself.

    Args:
        plain: the document.
        text: what it was read from, in which each quote begins or ends a string.
    """
    parts = tuple(map(bytes, plain.Statement))
    if not parts or plain.Version not in (*_VERSIONS, UNSET):
        return None
    begin = text.find(b"{", text.find(b"["))
    after_first = begin + len(parts[0])
    between = text[after_first : text.find(b"{", after_first)] if len(parts) > 1 else b","
    end = begin + sum(map(len, parts)) + len(between) * (len(parts) - 1)
    if between.strip(_BLANK) != b"," or end > len(text):  # before it is joined: a stranger's could take all memory
        return None
    if text[begin:end] != between.join(parts) or not _is_frame(text[:begin], text[end:]):
        return None
    return Parts(plain.Version == WITH_VARIABLES, parts)


@lru_cache(1024)
def _is_frame(head: bytes, tail: bytes) -> bool:
    """Tell whether these are a plain document but for the statements between them; most documents share them.

    That no key stands twice is known by counting the quotes: a member that was lost leaves more of them in the text
    than there are in what was read.
    """
    try:
        plain = _PLAIN_DOCUMENT.decode(head + tail)
    except (MsgspecError, RecursionError):
        return False
    quotes = 2 + 4 * (plain.Version is not UNSET) + 4 * (plain.Id is not UNSET)
    return not plain.Statement and head.count(b'"') % 2 == 0 and (head + tail).count(b'"') == quotes


def is_plain(text: bytes) -> bool:
    """Tell whether a JSON text is of a size to be read, and each of its quotes begins or ends a string."""
    return len(text) <= MAX_DOCUMENT_BYTES and text.isascii() and b"\\" not in text


def _plain_statement(text: bytes, variables: bool) -> Statement:
    """Read one statement, whose quotes all begin or end a string. They are counted, as in `_is_frame`.

    Raises:
        DocumentError, MsgspecError: it is not plain, or wrong.
    """
    plain = _PLAIN_STATEMENT.decode(text)
    inverted = plain.Action is UNSET
    actions = plain.NotAction if inverted else plain.Action
    if actions is UNSET or (not inverted and plain.NotAction is not UNSET):
        raise DocumentError("both or neither of Action and NotAction")
    where = (plain.Resource, plain.NotResource, plain.Principal, plain.NotPrincipal, plain.Condition)
    scope, strings = _plain_scope(variables, *map(bytes, where))
    sid = None if plain.Sid is UNSET else plain.Sid
    listed = (actions,) if isinstance(actions, str) else actions
    if text.count(b'"') != 2 * (strings + 3 + 2 * (sid is not None) + len(listed)):
        raise DocumentError("a key is there twice")
    return _make_statement(plain.Effect, inverted, listed, sid, scope)


@lru_cache(8192)
def _plain_scope(variables: bool, *written: bytes) -> tuple[Scope | None, int]:
    """Read the texts of `_SCOPE_ELEMENTS`, which most statements share; return the scope, and its strings' number."""
    raw = {name: decode(text) for name, text in zip(_SCOPE_ELEMENTS, written, strict=True) if text}
    return _scope(raw, "", variables), _strings_in(raw)


def _strings_in(value: Any) -> int:
    """Count the strings of a JSON value, keys included; a statement's lists have no lists or objects in them."""
    if isinstance(value, dict):
        return len(value) + sum(map(_strings_in, value.values()))
    return [type(item) for item in value].count(str) if isinstance(value, list) else isinstance(value, str)


def _element_or_negation(
    raw: Json, name: str, inverse: str, place: str, read: Callable[[Any, str], tuple[str, ...]]
) -> tuple[tuple[str, ...] | None, bool]:
    """Read one of an element and its opposite; (None, False) where the statement has neither."""
    if name in raw:
        if inverse in raw:
            raise DocumentError(f"both {name} and {inverse}", where=place)
        return read(raw[name], f"{place}.{name}"), False
    if inverse in raw:
        return read(raw[inverse], f"{place}.{inverse}"), True
    return None, False


def _with_negation(values: tuple[str, ...] | None, inverted: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (these, all but these); all but nothing is everything, and a set with `*` is `*`."""
    if values is None:
        return (), ()
    if inverted and not values:
        return ("*",), ()
    kept = ("*",) if "*" in values else values
    return ((), kept) if inverted else (kept, ())


def _strings(value: Any, place: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        if set(map(type, value)) <= {str}:
            return tuple(value)
        index, item = next((index, item) for index, item in enumerate(value) if not isinstance(item, str))
        raise DocumentError(f"expected a string, got {_short_json(item)}", where=f"{place}[{index}]")
    raise DocumentError(f"expected a string or a list of strings, got {_short_json(value)}", where=place)


def _patterns(values: tuple[str, ...] | None, variables: bool) -> tuple[str, ...] | None:
    """Return resource patterns as a sorted set; before version 2012-10-17 `${` means itself."""
    if values is None or (len(values) == 1 and variables):
        return values
    return tuple(sorted({_literal(value) for value in values} if not variables else set(values)))


def _literal(value: str) -> str:
    return value.replace("${", "${$}{")


def _principals(value: Any, place: str) -> tuple[str, ...]:
    if value == "*":
        return ("*",)
    if not isinstance(value, dict):
        raise DocumentError(f"expected '*' or an object, got {_short_json(value)}", where=place)
    found = set()
    for kind, names in value.items():
        if kind not in _PRINCIPAL_KINDS:
            raise DocumentError(f"expected one of {', '.join(sorted(_PRINCIPAL_KINDS))}", where=f"{place}.{kind}")
        listed = _with_account_ids(names) if kind == "AWS" else names
        found |= {_principal(kind, name) for name in _strings(listed, f"{place}.{kind}")}
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


def _conditions(raw: Any, place: str, variables: bool) -> tuple[Condition, ...]:
    if not raw and raw == {}:
        return ()
    if not isinstance(raw, dict):
        raise DocumentError(f"expected an object, got {_short_json(raw)}", where=place)
    return tuple(sorted(_tests(raw, place, variables), key=lambda test: test.sort_key))


def _tests(raw: Json, place: str, variables: bool) -> Iterable[Condition]:
    for name, keys in raw.items():
        operator = _OPERATORS.get(name.lower(), name)
        if not isinstance(keys, dict):
            raise DocumentError(f"expected an object, got {_short_json(keys)}", where=f"{place}.{name}")
        for key, value in keys.items():
            where = f"{place}.{name}.{key}"
            items = value if isinstance(value, list) else [value]
            texts = {_value(item, where) for item in items}
            if operator.endswith(("Bool", "BoolIfExists", "Null")):
                texts = {text.lower() for text in texts}
            if not variables:
                texts = {_literal(text) for text in texts}
            yield Condition(operator, key, tuple(sorted(texts)))


def _value(item: Any, place: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, (bool, int, float)):
        return json.dumps(item)
    raise DocumentError(f"expected a text, a number or a truth value, got {_short_json(item)}", where=place)


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
