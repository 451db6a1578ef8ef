"""Instances of a resource or module with `count` or `for_each`, and whether there are any.

A number that rests on the default of a root module's variable may be another one where it is used. Then the instance
exists under a condition: a change of the default is compared as a change of the case.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tracker.inputs.model import Case
from tracker.inputs.terraform.expressions import members_of
from tracker.inputs.terraform.functions import NotKnownError, encode_json
from tracker.inputs.terraform.module_uses import Module, old_address
from tracker.inputs.terraform.references import References
from tracker.inputs.terraform.syntax import Block, Expression
from tracker.inputs.terraform.values import Scope
from tracker.policy.symbols import has_symbol, symbol

__all__ = ["Instance", "instances_of"]

MAX_INSTANCES = 1000
"""The most instances of one block that are read one by one; more are one unknown."""


class Instance(Struct, frozen=True):
    """One instance of a block, such as `aws_iam_role.a[0]`."""

    suffix: str
    """`[0]`, `["a"]`; empty for a block without `count` and `for_each`."""
    scope: Scope
    """What `each` and `count` are for it."""
    condition: Case
    """The case in which it exists."""
    index: Any = None
    """A number, a text, or None."""


def instances_of(block: Block, module: Module, references: References, condition: Case) -> Iterator[Instance]:
    """Yield the instances of a block; one that stands for all where it is not known which there are.

    Args:
        block: the resource, data source or module.
        module: where it stands.
        references: works out values.
        condition: the case in which the module exists.
    """
    attributes = block.body.attributes
    if "count" in attributes:
        yield from _counted(attributes["count"], block, module, references, condition)
    elif "for_each" in attributes:
        yield from _each(attributes["for_each"], block, module, references, condition)
    else:
        yield Instance("", Scope(module), condition)


def _counted(
    count: Expression, block: Block, module: Module, references: References, condition: Case
) -> Iterator[Instance]:
    scope = Scope(module)
    number = references.evaluator.value(count, scope)
    if isinstance(number, str) and number.isdigit():
        number = int(number)
    is_sure = isinstance(number, int) and not references.definitions.rests_on_default(count.tree, scope)
    if not isinstance(number, int) or number > MAX_INSTANCES:
        index = symbol("count.index", references.define(count.tree, scope))
        case = _exists(count, block, module, references, condition)
        yield Instance("[*]", Scope(module, {"count": {"index": index}}), case, "*")
        return
    case = condition if is_sure else _exists(count, block, module, references, condition)
    for count_index in range(number if is_sure else max(1, number)):
        yield Instance(f"[{count_index}]", Scope(module, {"count": {"index": count_index}}), case, count_index)


def _each(
    for_each: Expression, block: Block, module: Module, references: References, condition: Case
) -> Iterator[Instance]:
    scope = Scope(module)
    value = references.evaluator.value(for_each, scope)
    try:
        members = members_of(value)
    except NotKnownError:
        members = None
    keys = [key if isinstance(value, dict) else item for key, item in members or ()]
    if members is None or len(members) > MAX_INSTANCES or any(not _is_known_key(key) for key in keys):
        yield _any_of(for_each, block, module, references, condition)
        return
    for key, (_, item) in zip(keys, members, strict=True):
        names = {"each": {"key": key, "value": item}}
        yield Instance(f"[{encode_json(key)}]", Scope(module, names), condition, key)
    if not members and references.definitions.rests_on_default(for_each.tree, scope):
        yield _any_of(for_each, block, module, references, condition)


def _is_known_key(key: Any) -> bool:
    return isinstance(key, str) and not has_symbol(key)


def _any_of(for_each: Expression, block: Block, module: Module, references: References, condition: Case) -> Instance:
    """Return the instance that stands for all of those that are not known."""
    definition = references.define(for_each.tree, Scope(module))
    parts = {name: symbol(f"each.{name}", definition) for name in ("key", "value")}
    case = _exists(for_each, block, module, references, condition)
    return Instance("[*]", Scope(module, {"each": parts}), case, "*")


def _exists(expression: Expression, block: Block, module: Module, references: References, condition: Case) -> Case:
    """Return the case in which there is an instance: the test holds everything that decides it."""
    definition = references.define(expression.tree, Scope(module))[:16]
    test = f"{old_address(block, module)} exists ({definition})"
    return tuple(sorted({*condition, (test, True)}))
