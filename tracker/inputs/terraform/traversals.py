"""References within expressions: `module.app.role_arn`, `aws_iam_role.r["a"].name`."""

from collections.abc import Iterator
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.terraform.functions import NotKnownError
from tracker.inputs.terraform.syntax import parse_expression, parts_of
from tracker.inputs.terraform.templates import heredoc_text, template_parts

__all__ = ["base_and_steps", "json_traversals", "parsed_expression", "step_of", "traversals"]


def traversals(tree: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the references in an expression: the first name, and the names and numbers after it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not hasattr(node, "children"):
            if getattr(node, "type", "").startswith("HEREDOC"):
                waiting += _expressions_in(heredoc_text(str(node)))
            continue
        if node.data in ("get_attr_expr_term", "index_expr_term"):
            base, steps = base_and_steps(node)
            if base.data == "identifier":
                yield str(base.children[0]), [step if isinstance(step, str) else "" for step in steps]
                waiting += [step for step in steps if hasattr(step, "children")]
                continue
        if node.data == "identifier":
            yield str(node.children[0]), []
        waiting += [child for child in node.children if child is not None]


def json_traversals(value: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the references in the texts of a JSON configuration."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            for tree in _expressions_in(item):
                yield from traversals(tree)
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item


def _expressions_in(text: str) -> list[Any]:
    try:
        return [parsed_expression(part) for is_expression, part in template_parts(text) if is_expression]
    except NotKnownError:
        return []


def base_and_steps(tree: Any) -> tuple[Any, list[Any]]:
    """Return what a traversal begins with, and its steps: names, numbers, or trees of what is between brackets."""
    steps: list[Any] = []
    node = tree
    while True:
        if node.data == "expr_term" and len(node.children) == 1 and hasattr(node.children[0], "children"):
            node = node.children[0]
        elif node.data in ("get_attr_expr_term", "index_expr_term"):
            node, step = parts_of(node)
            steps.append(step_of(step))
        else:
            return node, steps[::-1]


def step_of(tree: Any) -> Any:
    """Return one step: a name, a number, or the tree of what stands between brackets."""
    if tree.data == "get_attr":
        return str(parts_of(tree)[-1].children[0])
    if tree.data == "short_index":
        return int(str(tree.children[-1]))
    return next(part for part in parts_of(tree) if hasattr(part, "children"))


def parsed_expression(text: str) -> Any:
    """Return the parse tree of an expression in a template.

    Raises:
        NotKnownError: it is none.
    """
    try:
        return parse_expression(text)
    except DocumentError as error:
        raise NotKnownError("no expression") from error
