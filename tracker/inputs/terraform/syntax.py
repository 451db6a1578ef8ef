"""Terraform's language as blocks and expressions with their lines: `.tf`, `.tofu`, and the same as JSON.

The parse tree is python-hcl2's; nothing is evaluated here. Before it is parsed, a text is measured: what the parser
would need too long for, or nests too deep to be walked through, is refused.
https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.syntax.parsing import decode_text, load_inner_json
from tracker.policy.json_text import canonical

__all__ = ["Block", "Body", "Expression", "json_body", "parse_body", "parse_expression", "parts_of", "text_of_tree"]

MAX_BYTES = 256 * 1024
"""Bytes of one file: the parser reads about 100 KB a second."""
MAX_DEPTH = 240
"""Levels of the parse tree; a bracket within a bracket makes two."""
MAX_BLANK_COST = 20_000_000
_BLANK = re.compile(r"\s+")
_SKIPPED = frozenset(("new_line_or_comment", "NL_OR_COMMENT"))


class Expression(Struct, frozen=True):
    """An expression that is not evaluated."""

    tree: Any
    """A parse tree; the value of a JSON configuration, whose texts are templates, where `is_json`."""
    line: int | None
    """Its line, from 1."""
    is_json: bool = False
    """True for a value of JSON."""

    def text(self) -> str:
        """Return the expression without blanks and comments: equal texts say the same."""
        return canonical(self.tree) if self.is_json else text_of_tree(self.tree)


class Body(Struct, frozen=True):
    """What stands between two braces, or in a file."""

    attributes: Mapping[str, Expression]
    """The expressions, by name."""
    blocks: tuple["Block", ...]
    """The blocks, in order."""

    def text(self) -> str:
        """Return all of it without blanks and comments."""
        lines = [f"{name}={expression.text()}" for name, expression in sorted(self.attributes.items())]
        return "\n".join([*lines, *(block.text() for block in self.blocks)])


class Block(Struct, frozen=True):
    """`resource "aws_iam_policy" "p" { … }`."""

    kind: str
    """`resource`."""
    labels: tuple[str, ...]
    """`("aws_iam_policy", "p")`."""
    body: Body
    """What stands in it."""
    line: int | None
    """Its line, from 1."""
    path: str = ""
    """The file; empty for a block within a block."""

    def text(self) -> str:
        """Return all of it without blanks and comments."""
        return f"{self.kind} {' '.join(self.labels)}{{{self.body.text()}}}"


def parse_body(path: str, data: bytes) -> Body:
    """Read a file of Terraform's language, or of the same as JSON.

    Raises:
        DocumentError: it is none, or too large, or nested too deep.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError(f"too large: {len(data)} bytes, at most {MAX_BYTES} are read of a source of Terraform")
    text = decode_text(data)
    if path.endswith(".json"):
        value = load_inner_json(text) if text.strip() else {}
        if not isinstance(value, dict):
            raise DocumentError("no configuration of Terraform: no object")
        return json_body(value)
    return _body(_tree_of(text.replace("\r\n", "\n")))


def parse_expression(text: str) -> Any:
    """Return the parse tree of one expression, as it stands in a template.

    Raises:
        DocumentError: it is none.
    """
    return _expression_tree(text)


@lru_cache(maxsize=20_000)
def _expression_tree(text: str) -> Any:
    tree = _tree_of(f"_ = (\n{text}\n)\n")
    return _body(tree).attributes["_"].tree


def _tree_of(text: str) -> Any:
    """Parse a text, measured before: blank lines in a heredoc cost the parser their square."""
    from hcl2.api import parses_to_tree
    from lark.exceptions import LarkError

    if sum(blank[0].count("\n") * len(blank[0]) for blank in _BLANK.finditer(text)) > MAX_BLANK_COST:
        raise DocumentError("too many blank lines")
    try:
        tree = parses_to_tree(text if text.endswith("\n") else f"{text}\n")
    except LarkError as error:
        line = getattr(error, "line", None)
        where = f"line {line}" if isinstance(line, int) and line > 0 else ""
        raise DocumentError("not Terraform's language", where=where) from error
    except (RecursionError, ValueError, AttributeError) as error:
        raise DocumentError("not Terraform's language") from error
    _refuse_deep(tree)
    return tree


def _refuse_deep(tree: Any) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for one in level for child in getattr(one, "children", ()) if hasattr(child, "children")]
        if not level:
            return
    raise DocumentError("nested too deep")


def parts_of(tree: Any) -> list[Any]:
    """Return the children of a tree without comments, line ends and the marks around them."""
    return [child for child in tree.children if _kind_of(child) not in _SKIPPED and child is not None]


def _kind_of(node: Any) -> str:
    return str(getattr(node, "data", None) or node.type)


def text_of_tree(tree: Any) -> str:
    """Return a tree's text without blanks and comments between its parts."""
    pieces: list[str] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not hasattr(node, "children"):
            pieces.append(str(node).strip() if node.type in ("EQ", "COLON") else str(node))
        elif str(node.data) not in _SKIPPED:
            waiting += [
                child for child in reversed(node.children) if child is not None and _kind_of(child) not in _SKIPPED
            ]
    return " ".join(pieces)


def _body(tree: Any) -> Body:
    body = tree if str(tree.data) == "body" else next(one for one in tree.children if str(one.data) == "body")
    attributes: dict[str, Expression] = {}
    blocks: list[Block] = []
    for node in parts_of(body):
        names, line = parts_of(node), node.meta.line
        if str(node.data) == "attribute":
            name = text_of_tree(names[0])
            if name in attributes:
                raise DocumentError(f"{name} is set twice", where=f"line {line}")
            attributes[name] = Expression(names[-1], line)
        else:
            blocks.append(_block(node, line))
    return Body(attributes, tuple(blocks))


def _block(node: Any, line: int) -> Block:
    trees = [child for child in parts_of(node) if hasattr(child, "children")]
    *heads, body = trees
    kind, *labels = [_label(head) for head in heads]
    return Block(kind, tuple(labels), _body(body), line)


def _label(tree: Any) -> str:
    return "".join(str(token) for token in tree.scan_values(lambda token: token.type != "DBLQUOTE"))


# --- the same as JSON ------------------------------------------------------------------------------------------------

_NO_ATTRIBUTES = ("//", "dynamic")
_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}


def json_body(value: Mapping[str, Any]) -> Body:
    """Return a configuration that is written as JSON. https://developer.hashicorp.com/terraform/language/syntax/json."""
    blocks: list[Block] = []
    for kind, member in value.items():
        if kind in _LABELS:
            blocks += _labelled(kind, (), member, _LABELS[kind])
        elif kind != "//":
            blocks += [Block(kind, (), _json_attributes(one), None) for one in _dicts(member)]
    return Body({}, tuple(blocks))


def _labelled(kind: str, labels: tuple[str, ...], member: Any, more: int) -> Iterator[Block]:
    for one in _dicts(member):
        if more == 0:
            yield Block(kind, labels, _json_attributes(one), None)
            continue
        for name, inner in one.items():
            yield from _labelled(kind, (*labels, name), inner, more - 1)


def _json_attributes(value: Mapping[str, Any]) -> Body:
    attributes = {
        name: Expression(one, None, is_json=True) for name, one in value.items() if name not in _NO_ATTRIBUTES
    }
    dynamic = [
        Block("dynamic", (label,), _json_dynamic(one), None)
        for members in _dicts(value.get("dynamic"))
        for label, several in members.items()
        for one in _dicts(several)
    ]
    return Body(attributes, tuple(dynamic))


def _json_dynamic(value: Mapping[str, Any]) -> Body:
    """Return a dynamic block: its content is a block, and its iterator a name."""
    content = tuple(Block("content", (), _json_attributes(one), None) for one in _dicts(value.get("content")))
    given = {name: one for name, one in value.items() if name != "content"}
    return Body({name: Expression(one, None, is_json=True) for name, one in given.items()}, content)


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
