"""Documents of which not everything is known, compared as far as they are.

A statement is closed when its meaning is known but for fixed values (symbols) in its resources and in the values of
its string and ARN tests: those become policy variables, so that an answer holds for every value. It is open when a
symbol stands where a variable can't: in an action, a test of a number or an address, a Deny's principals. An open
statement that is the same on both sides allows the same on both; any other makes what it touches unknown:

- An Allow that is only there after may allow something new; a Deny that is only there before may have kept it out.
- What an open statement allows on both sides is new where a known Deny against it went.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.model import LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.policy.documents import parse_document
from tracker.policy.json_text import canonical
from tracker.policy.model import Condition, Effect, PolicyDocument, Scope, Statement
from tracker.policy.operators import Family, operator_of
from tracker.policy.symbols import as_variables, has_symbol, printable

__all__ = ["MAX_STATEMENTS", "NOTHING", "PartialDocument", "partial_document"]

_LIKE = ("StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")


MAX_STATEMENTS = 2_500
"""Statements of one document that are compared; the largest policy that AWS takes has some hundred."""


class PartialDocument(Struct, frozen=True):
    """A document as far as it is known."""

    published: PolicyDocument
    """All statements that can be read, symbols in their texts."""
    known: PolicyDocument
    """The closed statements, symbols as policy variables."""
    indexes: tuple[int, ...] = ()
    """Where each of `published` stands in the document's list of statements."""
    open: Mapping[str, Effect | None] = {}
    """What is open, by its content -> its effect; None where that is not known."""
    unknowns: tuple[Unknown, ...] = ()
    """What is not known of it, the open statements among that."""
    has_symbols: bool = False
    """True where a value in a closed statement is not known."""


NOTHING = PartialDocument(PolicyDocument(()), PolicyDocument(()))
"""A document that is not there."""


def partial_document(found: LoadedDocument | None) -> PartialDocument:
    """Return a loaded document as far as it is known; nothing for one that is not there."""
    if found is None:
        return NOTHING
    unknowns = found.unknowns
    if found.document is None:
        return _unreadable(
            unknowns or (Unknown(UnknownKind.UNREADABLE, "no policy document", "", digest_of(found.text)),)
        )
    try:
        return _read(found, unknowns)
    except DocumentError as error:
        content = digest_of(canonical(found.document))
        return _unreadable((*unknowns, Unknown(UnknownKind.UNREADABLE, printable(str(error)), "", content)))


def _unreadable(unknowns: tuple[Unknown, ...]) -> PartialDocument:
    return replace(NOTHING, open=_open_unknowns(unknowns), unknowns=unknowns)


def _open_unknowns(unknowns: Sequence[Unknown]) -> dict[str, Effect | None]:
    """Return what is not known, by its content; what has no hash is never the same as anything."""
    return {
        f"{one.kind} {one.digest or id(one)} {one.pointer if not one.digest else ''}": _effect_of(one)
        for one in unknowns
    }


def _effect_of(unknown: Unknown) -> Effect | None:
    return Effect.ALLOW if unknown.only_allows else None


def _read(found: LoadedDocument, unknowns: tuple[Unknown, ...]) -> PartialDocument:
    document = found.document or {}
    if isinstance(document.get("Statement"), list) and len(document["Statement"]) > MAX_STATEMENTS:
        raise DocumentError(
            f"more than {MAX_STATEMENTS} statements are not compared: split the document, or approve it as it is now"
        )
    if not has_symbol(json.dumps(document, ensure_ascii=False)):
        read = parse_document(document)
        return PartialDocument(read, read, tuple(range(len(read.statements))), _open_unknowns(unknowns), unknowns)
    raw = document.get("Statement")
    statements = raw if isinstance(raw, list) else [raw]
    head = {key: value for key, value in document.items() if key != "Statement"}
    published: list[Statement] = []
    known: list[Statement] = []
    indexes: list[int] = []
    opened: dict[str, Effect | None] = {}
    for index, one in enumerate(statements):
        statement = _parsed(head, one, index)
        closed = _closed(statement) if statement else None
        if statement:
            published.append(statement)
            indexes.append(index)
        if closed:
            known.append(closed)
        else:
            content = digest_of(canonical(one))
            opened[content] = statement.effect if statement else None
            reason = _reason(one)
            unknowns += (Unknown(UnknownKind.UNRESOLVED, reason, f"/Statement/{index}", content),)
    opened |= _open_unknowns(found.unknowns)
    documents = (PolicyDocument(tuple(published)), PolicyDocument(tuple(known)))
    return PartialDocument(*documents, tuple(indexes), opened, unknowns, has_symbols=True)


def _parsed(head: Mapping[str, Any], raw: Any, index: int) -> Statement | None:
    """Return one statement; None where it can't be read because of a symbol.

    Raises:
        DocumentError: it can't be read, and no symbol is in it.
    """
    try:
        return parse_document({**head, "Statement": [raw]}).statements[0]
    except DocumentError as error:
        if has_symbol(canonical(raw)):
            return None
        where = error.where.replace("Statement[0]", f"Statement[{index}]")
        raise DocumentError(error.what, where=where, hint=error.hint) from error


def _reason(raw: Any) -> str:
    names = (
        sorted(str(key) for key, value in raw.items() if has_symbol(canonical(value))) if isinstance(raw, dict) else []
    )
    return f"{', '.join(map(printable, names)) or 'a statement'} rests on a value that is not known"


def _closed(statement: Statement) -> Statement | None:
    """Return a statement with variables for its symbols; None for one that is open."""
    scope = statement.scope
    denied = scope.principals if statement.effect is Effect.DENY else ()
    if any(map(has_symbol, (*statement.actions, *scope.not_principals, *denied))):
        return None
    tests = [_closed_test(test) for test in scope.conditions]
    if None in tests:
        return None
    closed = Scope(
        _variables(scope.resources),
        _variables(scope.not_resources),
        scope.principals,
        scope.not_principals,
        tuple(test for test in tests if test),
    )
    return replace(statement, scope=closed)


def _closed_test(test: Condition) -> Condition | None:
    """Return a test with variables for its symbols; None where a variable can't stand.

    A value that is a pattern to one operator and a plain text to another may be both, so the two never imply each
    other: their variables are of different kinds.
    """
    if has_symbol(test.operator) or has_symbol(test.key):
        return None
    if not any(map(has_symbol, test.values)):
        return test
    operator = operator_of(test.operator)
    if operator is None or operator.family not in (Family.STRING, Family.ARN):
        return None
    return replace(test, values=_variables(test.values, " like" if operator.test in _LIKE else ""))


def _variables(texts: Iterable[str], kind: str = "") -> tuple[str, ...]:
    return tuple(sorted(as_variables(text, kind) for text in texts))
