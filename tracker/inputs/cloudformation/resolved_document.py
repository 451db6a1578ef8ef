"""A resolved value to policy documents: JSON or JSON text, in which some statements may not be known.

Shared by the containers that resolve values. What can't be read as a policy where one must be is unknown; a statement
that rests on a value of unknown shape is left out of the document and stands among its unknowns.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.policy_candidates import may_be_policy
from tracker.inputs.cloudformation.template import definition_text
from tracker.inputs.model import FileLocation, LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.inputs.plain import documents_in, is_document, is_statement
from tracker.policy.json_text import load_json
from tracker.policy.symbols import has_symbol, printable

__all__ = ["documents_of"]

_LONGEST_SHOWN = 80


def documents_of(
    value: Any, identity: str, location: FileLocation, *, is_policy: bool, pointers: Sequence[str] = ()
) -> Iterator[LoadedDocument]:
    """Yield the documents that a resolved value holds.

    Args:
        value: JSON with symbols inside its strings, or JSON text with symbols.
        identity: what names the value.
        location: where it stands.
        is_policy: whether a policy must be there.
        pointers: where each statement stands, if that is known.
    """
    text = value if isinstance(value, str) else ""
    if isinstance(value, str):
        try:
            value = _loaded(value)
        except DocumentError as error:
            yield from _unread(text, str(error), identity, location, is_policy)
            return
    if _is_whole(value) or (is_policy and isinstance(value, dict)):
        yield _document(value, identity, location, text, pointers)
    elif isinstance(value, str) or is_policy:
        yield from _unread(text or definition_text(value), "no policy document", identity, location, is_policy)
    else:
        for found in documents_in(value, location.path, identity=identity):
            yield replace(found, location=location, text=found.text or text)


def _loaded(text: str) -> Any:
    """Return the value of a text of JSON; of any other text, the text."""
    start = text.lstrip()[:1]
    return load_json(text) if start in ("{", "[") else text


def _is_whole(value: Any) -> bool:
    if isinstance(value, list):
        return any(is_statement(item) or (isinstance(item, str) and has_symbol(item)) for item in value)
    return is_statement(value) or is_document(value) or (isinstance(value, dict) and "Statement" in value)


def _unread(text: str, fault: str, identity: str, location: FileLocation, is_policy: bool) -> Iterator[LoadedDocument]:
    """Yield what can't be read as a document that is not known; nothing if it surely holds none."""
    if not is_policy and not may_be_policy(text):
        return
    shown = printable(text)
    if has_symbol(text) and (is_policy or not text.lstrip().startswith(("{", "["))):
        short = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        unknown = Unknown(UnknownKind.UNRESOLVED, f"the document is {short}", digest=digest_of(text))
    elif is_policy or text.lstrip().startswith(("{", "[")):
        unknown = Unknown(UnknownKind.UNREADABLE, fault, digest=digest_of(text))
    else:
        reason = "a text that may hold a policy document and is no JSON"
        unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest_of(text))
    yield LoadedDocument(identity, location, None, (unknown,), text)


def _document(value: Any, identity: str, location: FileLocation, text: str, pointers: Sequence[str]) -> LoadedDocument:
    if isinstance(value, list) or is_statement(value):
        value = {"Version": "2012-10-17", "Statement": value}
    raw = value.get("Statement")
    if isinstance(raw, str) and has_symbol(raw):
        unknown = Unknown(UnknownKind.UNRESOLVED, f"the statements are {printable(raw)}", "/Statement", digest_of(raw))
        return LoadedDocument(identity, location, None, (unknown,), text or raw)
    if not isinstance(raw, list):
        raw = [raw] if isinstance(raw, dict) else raw
    if not isinstance(raw, list):
        return LoadedDocument(identity, location, value, text=text)
    faults = [_fault(statement) for statement in raw]
    unknowns = tuple(
        Unknown(UnknownKind.UNRESOLVED, fault, f"/Statement/{index}", digest_of(definition_text(raw[index])))
        for index, fault in enumerate(faults)
        if fault
    )
    known = [statement for statement, fault in zip(raw, faults, strict=True) if not fault]
    places = [place for place, fault in zip(pointers, faults, strict=False) if not fault]
    document = {**value, "Statement": known if unknowns or isinstance(value["Statement"], list) else value["Statement"]}
    return LoadedDocument(
        identity, location, document, unknowns, text,
        statement_pointers=tuple(places) if len(pointers) == len(raw) else (),
    )  # fmt: skip


def _fault(statement: Any) -> str:
    """Return why a statement's shape is not known; empty if it is."""
    if isinstance(statement, str) and has_symbol(statement):
        return f"a statement is {printable(statement)}"
    if not isinstance(statement, dict):
        return ""
    for name in ("Principal", "NotPrincipal", "Condition"):
        member = statement.get(name)
        if isinstance(member, str) and has_symbol(member):
            return f"{name} is {printable(member)}"
    conditions = statement.get("Condition")
    for operator, tests in conditions.items() if isinstance(conditions, dict) else ():
        if isinstance(tests, str) and has_symbol(tests):
            return f"{operator} is {printable(tests)}"
    if any(has_symbol(key) for key in statement):
        return "an element's name is not known"
    return ""
