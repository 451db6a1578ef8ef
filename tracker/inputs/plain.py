"""Plain policy documents anywhere in a value: whole files, members, lists of statements, single statements.

The last of the containers: it takes any file, and knows nothing of what the file is for. Placeholders of template
languages (`${name}` without a colon, `{{ name }}`, `<% name %>`, `#{name}`) are symbols: they are filled in later.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.model import Contents, FileLocation, LoadedDocument, ReadOptions, Unknown, UnknownKind
from tracker.inputs.plain_settings import held_roles_in, safeguards_in
from tracker.inputs.syntax.parsing import ParsedFile, load_inner_json, unquoted
from tracker.inputs.syntax.yaml_text import Tagged, escape_pointer
from tracker.policy.model import Json
from tracker.policy.symbols import symbol

__all__ = [
    "MAX_VALUES",
    "documents_in",
    "embedded_document",
    "is_document",
    "is_statement",
    "read",
    "recognizes",
    "with_placeholders",
]

MAX_VALUES = 2_000_000
"""Values of one file that are looked through."""
MAX_DEPTH = 200
_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset(("Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"))
_SCHEMA = ("type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf")
"""Members of a JSON Schema, of which each but an empty one has one."""
_NAMES = ("Arn", "ARN", "address", "PolicyName", "RoleName", "UserName", "GroupName", "Name", "name", "Id", "id", "key")
"""Members that name an element of a list, the most specific first."""
_PLACEHOLDER = re.compile(r"\$\{(?![*?$]\})[^{}:,\"]*\}|\{\{.*?\}\}|<%.*?%>|#\{[^{}]*\}|%\{[^{}]*\}", re.DOTALL)
_ENCODED = re.compile(r"\s*(?:%20|%0[9AD])*%(?:7B|5B)", re.IGNORECASE)


def recognizes(parsed: ParsedFile) -> bool:  # noqa: ARG001 - the signature of a container
    """Return True: any file is taken."""
    return True


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - same
    """Return the documents that stand anywhere in a file."""
    held = tuple(replace(one, role=with_placeholders(one.role)) for one in held_roles_in(parsed))
    return Contents(
        tuple(documents_in(parsed.value, parsed.path)),
        held_roles=held,
        safeguards=tuple(safeguards_in(parsed)),
        declared=frozenset(one.holder for one in held),
    )


def documents_in(value: Any, path: str, pointer: str = "", identity: str = "") -> Iterator[LoadedDocument]:
    """Yield the policy documents in a value, in its order.

    Args:
        value: what to look through.
        path: the file it stands in.
        pointer: where in the file the value stands.
        identity: what names the value; the identities of its members begin with it.

    Raises:
        DocumentError: there is too much to look through.
    """
    waiting = [(value, pointer, identity)]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        item, place, name = waiting.pop()
        found = _document(item)
        if found is not None:
            document, text, unknowns = found
            location = FileLocation(path, place)
            pointers = _statement_pointers(item, place)
            shown = None if document is None else with_placeholders(document)
            yield LoadedDocument(name, location, shown, unknowns, text, statement_pointers=pointers)
        elif place.count("/") > MAX_DEPTH:
            raise DocumentError("nested too deep to look through", where=place)
        else:
            waiting += reversed(list(_members(item, place, name)))
    raise DocumentError(f"more than {MAX_VALUES} values to look through")


def is_statement(value: Any) -> bool:
    """Return whether a value looks like one statement: it has an Effect, and Action or NotAction.

    A JSON Schema that describes the members of a statement is none.
    """
    if not isinstance(value, dict) or "Effect" not in value or value.keys().isdisjoint(("Action", "NotAction")):
        return False
    effect = value["Effect"]
    return not isinstance(effect, dict) or effect.keys().isdisjoint(_SCHEMA)


def is_document(value: Any) -> bool:
    """Return whether a value is a policy document, readable or not. Rules of AWS WAF have a member `Statement`, too."""
    if not isinstance(value, dict) or "Statement" not in value:
        return False
    raw = value["Statement"]
    statements = raw if isinstance(raw, list) else [raw]
    is_policy = value.get("Version") in _VERSIONS or raw == [] or isinstance(raw, Tagged)
    return is_policy or any(isinstance(one, dict) and not _ELEMENTS.isdisjoint(one) for one in statements)


def embedded_document(text: str) -> Any:
    """Return the value of a text of JSON that holds a policy document; None for any other text.

    Raises:
        DocumentError: it looks like a policy document and can't be read.
    """
    start = text.lstrip()
    if not start.startswith(("{", "[")) and not _ENCODED.match(text):
        return None
    plain = unquoted(text) if _ENCODED.match(text) else text
    if "Effect" not in plain and "Statement" not in plain and "\\u" not in plain:
        return None
    try:
        value = load_inner_json(plain)
    except DocumentError:
        if "Effect" in plain and ("Action" in plain or "Statement" in plain):
            raise
        return None
    holds_one = is_document(value) or is_statement(value) or _is_list_of_statements(value)
    return value if holds_one else None


def with_placeholders(value: Any) -> Any:
    """Return a value in which each placeholder of a template language is a symbol.

    The brackets around a placeholder are part of its name, so that `${a}` and `{{ a }}` are different values.
    """
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: symbol(found[0], "placeholder"), value)
    if isinstance(value, Tagged):  # a tag that no container knows: what it stands for is not known
        return symbol(f"!{value.tag} {value.value}"[:200], repr(value))
    if isinstance(value, list):
        return [with_placeholders(item) for item in value]
    if isinstance(value, dict):
        return {with_placeholders(key): with_placeholders(item) for key, item in value.items()}
    return value


def _statement_pointers(item: Any, pointer: str) -> tuple[str, ...]:
    """Return where the statements of a list of statements, or of a single one, stand."""
    if isinstance(item, list):
        return tuple(f"{pointer}/{place}" for place in range(len(item)))
    return (pointer,) if not is_document(item) else ()


_Found = tuple[Json | None, str, tuple[Unknown, ...]]
"""Document, its own text where it is embedded in one, what is not known of it."""


def _document(item: Any) -> _Found | None:
    """Return the document that a value is; None where it is none."""
    if isinstance(item, str):
        return _document_from_string(item)
    if is_document(item):
        return item, "", ()
    if _is_list_of_statements(item):
        return {"Version": _VERSIONS[0], "Statement": item}, "", ()
    if is_statement(item):
        return {"Version": _VERSIONS[0], "Statement": [item]}, "", ()
    return None


def _document_from_string(text: str) -> _Found | None:
    try:
        value = embedded_document(text)
    except DocumentError as error:
        return None, text, (Unknown(UnknownKind.UNREADABLE, str(error)),)
    if value is None:
        return None
    found = _document(value)
    return None if found is None else (found[0], text, ())


def _is_list_of_statements(value: Any) -> bool:
    return isinstance(value, list) and any(map(is_statement, value))


def _members(item: Any, pointer: str, identity: str) -> Iterator[tuple[Any, str, str]]:
    """Yield the members of a value, each with its pointer and its identity."""
    if isinstance(item, dict):
        for key, member in item.items():
            name = str(key)
            yield member, f"{pointer}/{escape_pointer(name)}", f"{identity}/{name}" if identity else name
    elif isinstance(item, list):
        for place, member in enumerate(item):
            name = _name_of(member) or "*"
            yield member, f"{pointer}/{place}", f"{identity}/{name}" if identity else name


def _name_of(member: Any) -> str:
    """Return what names a member of a list; empty for nothing: its place is no name."""
    if not isinstance(member, dict):
        return ""
    kind, metadata = member.get("kind"), member.get("metadata")
    if isinstance(kind, str) and isinstance(metadata, dict):
        parts = (kind, metadata.get("namespace"), metadata.get("name"))
        return "/".join(str(part) for part in parts if part)
    named = (member.get(name) for name in _NAMES)
    return next((name for name in named if isinstance(name, str) and name), "")
