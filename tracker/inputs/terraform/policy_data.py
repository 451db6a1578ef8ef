"""The policy document that the data source `aws_iam_policy_document` makes of its arguments.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from collections.abc import Iterator
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.model import Unknown, UnknownKind
from tracker.inputs.syntax.parsing import load_inner_json
from tracker.policy.json_text import canonical
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable

__all__ = ["policy_document", "statement_of_block"]

_VERSION = "2012-10-17"
_Reasons = list[str]


def policy_document(values: Json, kind: UnknownKind) -> tuple[dict[str, Any], tuple[Unknown, ...]]:
    """Return the document as far as it is known, and what is not known of it.

    Args:
        values: the arguments: blocks are lists of objects, what is not known is a text that is a symbol.
        kind: why a symbol is not known.
    """
    reasons: _Reasons = []
    statements: list[Any] = []
    for text in (*_texts(values.get("source_json")), *_texts(values.get("source_policy_documents"))):
        _merge(statements, _statements_in(text, reasons))
    own = values.get("statement")
    if isinstance(own, str):
        reasons.append(f"its statements are not known: {printable(own)}")
    _merge(statements, [statement_of_block(block) for block in _blocks(own)])
    for text in (*_texts(values.get("override_json")), *_texts(values.get("override_policy_documents"))):
        _merge(statements, _statements_in(text, reasons))
    version = values.get("version") or _VERSION
    return {"Version": version, "Statement": statements}, tuple(Unknown(kind, reason) for reason in reasons)


def statement_of_block(block: Json) -> dict[str, Any]:
    """Return a statement. In its values `&{` stands for the `${` of an IAM variable."""
    statement: dict[str, Any] = {}
    if block.get("sid"):
        statement["Sid"] = block["sid"]
    statement["Effect"] = block.get("effect") or "Allow"
    inverted = bool(block.get("not_actions")) and not block.get("actions")
    name, element = ("not_actions", "NotAction") if inverted else ("actions", "Action")
    if inverted or block.get(name) is not None:
        statement[element] = block[name]
    for name, element in (("resources", "Resource"), ("not_resources", "NotResource")):
        if block.get(name):
            statement[element] = _with_variables(block[name])
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if block.get(name):
            statement[element] = _principals(block[name])
    if block.get("condition"):
        statement["Condition"] = _conditions(block["condition"])
    return statement


def _principals(blocks: Any) -> Any:
    if isinstance(blocks, str):
        return blocks
    found: dict[str, list[Any]] = {}
    for block in _blocks(blocks):
        identifiers = _with_variables(block.get("identifiers"))
        found.setdefault(_text(block.get("type")), []).extend(_texts(identifiers))
    return "*" if found == {"*": ["*"]} else found


def _conditions(blocks: Any) -> Any:
    if isinstance(blocks, str):
        return blocks
    found: dict[str, dict[str, list[Any]]] = {}
    for block in _blocks(blocks):
        tests = found.setdefault(_text(block.get("test")), {})
        tests.setdefault(_text(block.get("variable")), []).extend(_texts(_with_variables(block.get("values"))))
    return found


def _with_variables(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("&{", "${")
    return [_with_variables(item) for item in value] if isinstance(value, list) else value


def _merge(statements: list[Any], more: list[Any]) -> None:
    """Add statements as the provider does: one with the Sid of another takes its place."""
    for statement in more:
        sid = statement.get("Sid") if isinstance(statement, dict) else None
        same = [
            index for index, one in enumerate(statements) if sid and isinstance(one, dict) and one.get("Sid") == sid
        ]
        if same:
            statements[same[0]] = statement
        else:
            statements.append(statement)


def _statements_in(text: str, reasons: _Reasons) -> list[Any]:
    if not text.strip():
        return []
    if has_symbol(text) and not text.lstrip().startswith("{"):
        reasons.append(f"a document that is merged into it is not known: {printable(text)}")
        return []
    try:
        document = load_inner_json(text)
    except DocumentError as error:
        reasons.append(f"a document that is merged into it can't be read: {error}")
        return []
    raw = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(raw, dict):
        return [raw]
    if not isinstance(raw, list):
        reasons.append("a document that is merged into it has no list of statements")
        return []
    return raw


def _blocks(value: Any) -> Iterator[Json]:
    for member in value if isinstance(value, list) else [value]:
        if isinstance(member, dict):
            yield member
        elif isinstance(member, str):  # a block that is not known: no statement; its symbol stands for it
            yield {"sid": None, "effect": member}


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value if item is not None]
    return [] if value is None else [_text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).strip()
