"""Literals, lists, objects, loops and operators of Terraform's language, each worked out from its parse tree."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tracker.inputs.terraform.functions import MAX_ITEMS, NotKnownError, SetOfValues, holds_symbol, is_equal, text_of
from tracker.inputs.terraform.syntax import parts_of, text_of_tree
from tracker.policy.symbols import has_symbol

__all__ = ["EXPRESSIONS", "Worker", "members_of"]

MAX_NUMBER = 10**18


class Worker(Protocol):
    """Works out the parts of an expression."""

    def tree_value(self, tree: Any, scope: Any) -> Any:
        """Return the value of a parse tree; a symbol where it is not known."""

    def evaluate(self, tree: Any, scope: Any) -> Any:
        """Return the value of a parse tree.

        Raises:
            NotKnownError: it is not known.
        """


def _literal_value(worker: Worker, tree: Any, scope: Any) -> Any:  # noqa: ARG001 - the signature of all
    return {"true": True, "false": False, "null": None}[str(tree.children[0])]


def _int_lit(worker: Worker, tree: Any, scope: Any) -> int:  # noqa: ARG001 - same
    return int("".join(map(str, tree.children))[:40])


def _float_lit(worker: Worker, tree: Any, scope: Any) -> float:  # noqa: ARG001 - same
    return float("".join(map(str, tree.children)))


def _tuple(worker: Worker, tree: Any, scope: Any) -> list[Any]:
    return [worker.tree_value(part, scope) for part in parts_of(tree) if hasattr(part, "children")]


def _object(worker: Worker, tree: Any, scope: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in parts_of(tree):
        if hasattr(element, "children"):
            key, *_, value = parts_of(element)
            found[_key(worker, key, scope)] = worker.tree_value(value, scope)
    return found


def _key(worker: Worker, tree: Any, scope: Any) -> str:
    inner = tree.children[0]
    name = inner.children[0] if inner.data == "expr_term" and len(inner.children) == 1 else inner
    if name.data in ("identifier", "keyword", "literal_value"):
        return str(name.children[0])
    return text_of(worker.tree_value(inner, scope))


def _for_tuple_expr(worker: Worker, tree: Any, scope: Any) -> list[Any]:
    intro, result, *rest = [part for part in parts_of(tree) if hasattr(part, "children")]
    return [worker.tree_value(result, inner) for inner in _iterations(worker, intro, rest, scope)]


def _for_object_expr(worker: Worker, tree: Any, scope: Any) -> dict[str, Any]:
    intro, key, value, *rest = [part for part in parts_of(tree) if hasattr(part, "children")]
    if any(getattr(part, "type", "") == "ELLIPSIS" for part in tree.children):
        raise NotKnownError("a grouping `for` is not worked out")
    return {
        _certain(text_of(worker.tree_value(key, inner))): worker.tree_value(value, inner)
        for inner in _iterations(worker, intro, rest, scope)
    }


def _iterations(worker: Worker, intro: Any, conditions: list[Any], scope: Any) -> Iterator[Any]:
    *names, collection = [part for part in parts_of(intro) if hasattr(part, "children")]
    labels = [str(name.children[0]) for name in names]
    for key, value in members_of(worker.tree_value(collection, scope)):
        inner = scope.with_names(dict(zip(labels, (key, value) if len(labels) > 1 else (value,), strict=True)))
        tests = [worker.tree_value(parts_of(one)[-1], inner) for one in conditions]
        if any(not isinstance(test, bool) for test in tests):
            raise NotKnownError("which items are taken is not known")
        if all(tests):
            yield inner


def _conditional(worker: Worker, tree: Any, scope: Any) -> Any:
    test, first, second = [part for part in parts_of(tree) if hasattr(part, "children")]
    answer = worker.tree_value(test, scope)
    if isinstance(answer, bool):
        return worker.tree_value(first if answer else second, scope)
    values = worker.tree_value(first, scope), worker.tree_value(second, scope)
    if not is_equal(*values):
        raise NotKnownError("which arm is taken is not known")
    return values[0]


def _binary_op(worker: Worker, tree: Any, scope: Any) -> Any:
    left, term = parts_of(tree)
    operator, right = parts_of(term)
    values = worker.tree_value(left, scope), worker.tree_value(right, scope)
    sign = text_of_tree(operator).strip()
    if sign in ("&&", "||") and all(isinstance(value, bool) for value in values):
        return all(values) if sign == "&&" else any(values)
    if sign in ("==", "!=") and not any(map(holds_symbol, values)):
        return is_equal(*values) is (sign == "==")
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return _compared(sign, *values)
    raise NotKnownError("an operator that is not worked out")


def _unary_op(worker: Worker, tree: Any, scope: Any) -> Any:
    sign, inner = tree.children[0], tree.children[-1]
    value = worker.evaluate(inner, scope)
    if str(sign) == "!" and isinstance(value, bool):
        return not value
    if str(sign) == "-" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return -value
    raise NotKnownError("an operator that is not worked out")


def members_of(value: Any) -> list[tuple[Any, Any]]:
    """Return the members of a list or an object, each with its key.

    Raises:
        NotKnownError: they are not known.
    """
    if isinstance(value, dict):
        found = [(_certain(key), value[key]) for key in sorted(value)]
    elif isinstance(value, SetOfValues):
        found = [(item, item) for item in value]
    elif isinstance(value, list):
        found = list(enumerate(value))
    else:
        raise NotKnownError("no list and no object")
    if len(found) > MAX_ITEMS:
        raise NotKnownError("too large")
    return found


def _certain(key: Any) -> Any:
    if isinstance(key, str) and has_symbol(key):
        raise NotKnownError("a key is not known")
    return key


def _compared(sign: str, left: int, right: int) -> Any:
    known = {
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
        "+": left + right,
        "-": left - right,
        "*": left * right,
    }
    if sign not in known or abs(known[sign]) > MAX_NUMBER:
        raise NotKnownError("an operator that is not worked out")
    return known[sign]


EXPRESSIONS: dict[str, Callable[[Worker, Any, Any], Any]] = {
    "binary_op": _binary_op,
    "conditional": _conditional,
    "float_lit": _float_lit,
    "for_object_expr": _for_object_expr,
    "for_tuple_expr": _for_tuple_expr,
    "int_lit": _int_lit,
    "literal_value": _literal_value,
    "object": _object,
    "tuple": _tuple,
    "unary_op": _unary_op,
}
"""Rule of the grammar → what works it out."""
