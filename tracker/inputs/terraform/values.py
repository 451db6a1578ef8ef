"""Expressions of Terraform to values, as far as they are known; what is not known is a symbol.

A symbol's definition is the expression with everything that it refers to, so that equal symbols are equal values. The
texts of a value may hold symbols; a symbol alone may stand for a value of any kind.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from tracker.inputs.terraform.expressions import EXPRESSIONS
from tracker.inputs.terraform.functions import (
    FUNCTIONS,
    MAX_ITEMS,
    NotKnownError,
    SetOfValues,
    measured,
    text_of,
)
from tracker.inputs.terraform.syntax import Expression, parts_of, text_of_tree
from tracker.inputs.terraform.templates import heredoc_text, template_parts, unescaped
from tracker.inputs.terraform.traversals import base_and_steps, parsed_expression, step_of
from tracker.policy.symbols import has_symbol, symbol

__all__ = ["Evaluator", "Key", "Resolver", "Scope", "step_into"]

MAX_STEPS = 500_000
"""Expressions that are worked out for one project."""
MAX_NESTING = 150
"""Expressions within expressions, references followed."""
MAX_NAME = 60


class Scope(Struct, frozen=True):
    """Where an expression stands."""

    module: Any
    """The module that it stands in."""
    names: Mapping[str, Any] = {}
    """What is named there alone: `each`, `count`, the variables of `for` and of dynamic blocks."""

    def with_names(self, more: Mapping[str, Any]) -> "Scope":
        """Return the scope with more names."""
        return Scope(self.module, {**self.names, **more})


class Key(str):
    """A step that stands between brackets, `["a"]`: an index of a resource, no attribute."""

    __slots__ = ()


class Resolver(Protocol):
    """Looks up the values of references."""

    def resolve(self, root: str, steps: list[Any], scope: Scope) -> Any:
        """Return the value of `root.step.step`, a symbol for one that is not known.

        Raises:
            NotKnownError: nothing is known of it, not even what it is called.
        """

    def define(self, tree: Any, scope: Scope) -> str:
        """Return everything that decides the value of an expression."""

    def file_text(self, path: str, scope: Scope) -> str | None:
        """Return the text of a file that an expression names."""


class Evaluator:
    """Works out expressions, within a number of steps."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver, self._steps, self._nesting = resolver, 0, 0

    def value(self, expression: Expression, scope: Scope) -> Any:
        """Return the value of an expression, with symbols for what is not known."""
        is_json, tree = expression.is_json, expression.tree
        try:
            return measured(self._json_value(tree, scope) if is_json else self.tree_value(tree, scope))
        except NotKnownError:
            return self.unknown(tree, scope)

    def tree_value(self, tree: Any, scope: Scope) -> Any:
        """Return the value of a parse tree; a symbol where it is not known."""
        try:
            return self.evaluate(tree, scope)
        except NotKnownError:
            return self.unknown(tree, scope)

    def unknown(self, tree: Any, scope: Scope) -> str:
        """Return the symbol for an expression."""
        text = text_of_tree(tree) if hasattr(tree, "children") else str(tree)
        name = text.replace(" ", "")
        return symbol(name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…", self._resolver.define(tree, scope))

    def rendered(self, text: str, names: Mapping[str, Any], scope: Scope, whole: Any) -> Any:
        """Return a template file's text with its names filled in."""
        return self._template(text, Scope(scope.module, names), whole)

    def _json_value(self, value: Any, scope: Scope) -> Any:
        if isinstance(value, str):
            return self._template(value, scope, value)
        if isinstance(value, list):
            return [self._json_value(item, scope) for item in value]
        if isinstance(value, dict):
            return {str(self._json_value(key, scope)): self._json_value(item, scope) for key, item in value.items()}
        return value

    def _template(self, text: str, scope: Scope, whole: Any) -> Any:
        """Return the value of a template; `whole` is the expression that it is."""
        try:
            parts = [
                self.tree_value(parsed_expression(part), scope) if is_expression else part
                for is_expression, part in template_parts(text)
            ]
            return _joined(parts)
        except NotKnownError:
            return self.unknown(whole, scope)

    def evaluate(self, tree: Any, scope: Scope) -> Any:
        """Return the value of a parse tree.

        Raises:
            NotKnownError: it is not known.
        """
        self._steps += 1
        if self._steps > MAX_STEPS or self._nesting > MAX_NESTING:
            raise NotKnownError("too much to work out")
        self._nesting += 1
        try:
            rule = str(tree.data)
            if rule in EXPRESSIONS:
                return EXPRESSIONS[rule](self, tree, scope)
            return getattr(self, f"_{rule}", _not_known)(tree, scope)
        finally:
            self._nesting -= 1

    # --- texts and numbers -------------------------------------------------------------------------------------------

    def _expr_term(self, tree: Any, scope: Scope) -> Any:
        inner = [part for part in parts_of(tree) if hasattr(part, "children")]
        if len(inner) != 1:
            raise NotKnownError("no expression")
        return self.evaluate(inner[0], scope)

    def _string(self, tree: Any, scope: Scope) -> Any:
        parts: list[Any] = []
        for part in parts_of(tree):
            for child in getattr(part, "children", ()):
                if not hasattr(child, "children"):
                    text = str(child)
                    parts.append(text[1:] if text.startswith(("$${", "%%{")) else unescaped(text))
                elif child.data == "interpolation":
                    parts.append(self.tree_value(parts_of(child)[1], scope))
                else:
                    raise NotKnownError("a directive of a template is not worked out")
        return _joined(parts)

    def _heredoc_template(self, tree: Any, scope: Scope) -> Any:
        return self._template(heredoc_text(str(tree.children[0])), scope, tree)

    _heredoc_template_trim = _heredoc_template

    def _function_call(self, tree: Any, scope: Scope) -> Any:
        names = [part for part in parts_of(tree) if getattr(part, "data", "") == "identifier"]
        name = str(names[0].children[0])
        found = next((part for part in parts_of(tree) if getattr(part, "data", "") == "arguments"), None)
        trees = [part for part in parts_of(found) if hasattr(part, "children")] if found is not None else []
        if len(names) > 1 or (found and any(getattr(part, "type", "") == "ELLIPSIS" for part in found.children)):
            raise NotKnownError("a function that is not worked out")
        if name in ("try", "can"):
            raise NotKnownError("whether an expression fails is not worked out")
        arguments = [self.tree_value(one, scope) for one in trees]
        if name in ("file", "templatefile"):
            return self._file(name, arguments, scope, tree)
        if name not in FUNCTIONS:
            raise NotKnownError("a function that is not worked out")
        try:
            return FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise NotKnownError("arguments that a function does not take") from error

    def _file(self, name: str, arguments: list[Any], scope: Scope, tree: Any) -> Any:
        path = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        text = self._resolver.file_text(path, scope) if path and not has_symbol(path) else None
        if text is None:
            raise NotKnownError("a file that is not in the tree")
        if name == "file":
            return text
        names = arguments[1] if len(arguments) > 1 else {}
        if not isinstance(names, dict):
            raise NotKnownError("the names of a template are not known")
        return self.rendered(text, names, scope, tree)

    # --- references --------------------------------------------------------------------------------------------------

    def _identifier(self, tree: Any, scope: Scope) -> Any:
        return self._reference(str(tree.children[0]), [], scope)

    def _get_attr_expr_term(self, tree: Any, scope: Scope) -> Any:
        return self._traversal(tree, scope)

    def _index_expr_term(self, tree: Any, scope: Scope) -> Any:
        return self._traversal(tree, scope)

    def _traversal(self, tree: Any, scope: Scope) -> Any:
        base, steps = base_and_steps(tree)
        known = self._known_steps(steps, scope)
        if base.data == "identifier":
            return self._reference(str(base.children[0]), known, scope)
        return step_into(self.evaluate(base, scope), known)

    def _known_steps(self, steps: list[Any], scope: Scope) -> list[Any]:
        """Return steps with what stands between brackets worked out; a text from there is a `Key`."""
        known = [step if isinstance(step, (str, int)) else self.tree_value(step, scope) for step in steps]
        return [
            Key(step) if isinstance(step, str) and not isinstance(given, str) else step
            for given, step in zip(steps, known, strict=True)
        ]

    def _reference(self, root: str, steps: list[Any], scope: Scope) -> Any:
        if root in scope.names:
            return step_into(scope.names[root], steps)
        return self._resolver.resolve(root, steps, scope)

    def _attr_splat_expr_term(self, tree: Any, scope: Scope) -> Any:
        base, splat = parts_of(tree)
        steps = [step_of(part) for part in parts_of(splat) if hasattr(part, "children")]
        known = self._known_steps(steps, scope)
        items = self.evaluate(base, scope)
        if not isinstance(items, list):
            raise NotKnownError("what a splat takes apart is not known")
        return [step_into(item, known) for item in items]

    _full_splat_expr_term = _attr_splat_expr_term


def step_into(value: Any, steps: list[Any]) -> Any:
    """Return a part of a value.

    Raises:
        NotKnownError: it is not known.
    """
    for step in steps:
        try:
            if isinstance(value, dict) and not has_symbol(str(step)):
                value = value[str(step)]
            elif isinstance(value, list) and int(step) >= 0 and not isinstance(value, SetOfValues):
                value = value[int(step)]
            else:
                raise NotKnownError("no part of it is known")
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise NotKnownError("no such part") from error
    return value


def _joined(parts: list[Any]) -> Any:
    """Return a template's value: that of its only expression, or a text."""
    parts = [part for part in parts if part != ""]
    if len(parts) == 1:
        return parts[0]
    text = "".join(map(text_of, parts))
    if len(text) > 10 * MAX_ITEMS:
        raise NotKnownError("too large")
    return text


def _not_known(tree: Any, scope: Scope) -> Any:  # noqa: ARG001 - the signature of all
    raise NotKnownError(f"{tree.data} is not worked out")
