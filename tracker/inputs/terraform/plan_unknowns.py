"""What a plan does not know yet, as symbols in the values that it knows.

`after_unknown` has the shape of the values: `true` stands for what is known only after the plan is applied.
"""

from collections.abc import Mapping
from typing import Any

from tracker.inputs.syntax.parsing import escape_pointer, pointer_parts
from tracker.inputs.terraform.addresses import address_of
from tracker.policy.model import Json
from tracker.policy.symbols import symbol

__all__ = ["POLICY_REFERENCE", "put", "references_of", "with_symbols"]

MAX_DEPTH = 60
POLICY_REFERENCE = "the policy that a plan creates"
"""The definition of the symbol for the ARN of a policy in the same plan."""
_POLICY_ARNS = ("policy_arn", "managed_policy_arns", "policy_arns", "permissions_boundary")
_INLINE = "inline_policy"
_Found = dict[str, Any]


def with_symbols(
    values: Json, unknown: Any, expressions: Json | None, address: str, *, is_update: bool = False
) -> tuple[dict[str, Any], _Found, int]:
    """Return values with a symbol for each that is not known yet.

    Args:
        values: what is known.
        unknown: `after_unknown`.
        expressions: what the plan's configuration says of the resource; None where it says nothing, so that nothing
            can be taken for a default.
        address: of the resource.
        is_update: whether the resource stays: then an attribute that nothing sets keeps its value, and an inline
            policy that is not known comes from a dynamic block, which no configuration shows.

    Returns:
        The values; the expression of each symbol, by its pointer; how many attributes the provider sets.
    """
    filled, found, defaults = dict(values), _Found(), 0
    if unknown is True:
        unknown = {str(name): True for name in expressions or {"policy": None}}
    for name, part in unknown.items() if isinstance(unknown, dict) else ():
        expression = None if expressions is None else expressions.get(name)
        is_dynamic = is_update and name == _INLINE
        if part is True and expressions is not None and name not in expressions and not is_dynamic:
            filled.pop(name, None)
            defaults += 1
        else:
            pointer = f"/{escape_pointer(str(name))}"
            filled[name] = _filled(filled.get(name), part, expression, (address, pointer), found)
    return filled, found, defaults


def _filled(value: Any, unknown: Any, expression: Any, place: tuple[str, str], found: _Found, depth: int = 0) -> Any:
    address, pointer = place
    if unknown is True or (unknown and depth > MAX_DEPTH):
        found[pointer] = expression
        return _symbol(address, pointer, expression)
    if isinstance(unknown, dict):
        filled = dict(value) if isinstance(value, dict) else {}
        for name, part in unknown.items():
            if part in (False, None):
                continue
            inner = expression.get(name, expression) if isinstance(expression, dict) else expression
            below = (address, f"{pointer}/{escape_pointer(str(name))}")
            filled[name] = _filled(filled.get(name), part, inner, below, found, depth + 1)
        return filled
    if isinstance(unknown, list):
        items = list(value) if isinstance(value, list) else []
        items += [None] * (len(unknown) - len(items))
        for place_in_list, part in enumerate(unknown):
            several = isinstance(expression, list) and place_in_list < len(expression)
            inner = expression[place_in_list] if several else expression
            below = (address, f"{pointer}/{place_in_list}")
            items[place_in_list] = _filled(items[place_in_list], part, inner, below, found, depth + 1)
        return items
    return value


def _symbol(address: str, pointer: str, expression: Any) -> str:
    """Return the symbol of one value. The configuration shows what it refers to, not what it makes of that."""
    references = references_of(expression)
    if pointer.strip("/").partition("/")[0] in _POLICY_ARNS and references[1:]:
        attribute, policy, *others = references
        if policy.startswith("aws_iam_policy.") and attribute == f"{policy}.arn" and not others:
            parts = address_of(address)
            return symbol(f"{parts.module if parts else ''}{policy}", POLICY_REFERENCE)
    return symbol(references[0] if references else f"{address}{pointer}", f"{address}{pointer}")


def references_of(expression: Any) -> list[str]:
    """Return what an expression of a configuration refers to."""
    found = expression.get("references") if isinstance(expression, Mapping) else None
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def put(values: dict[str, Any], pointer: str, value: Any) -> None:
    """Put another value in the place of a symbol."""
    *way, last = pointer_parts(pointer)
    item: Any = values
    for key in way:
        item = item[int(key)] if isinstance(item, list) else item[key]
    item[int(last) if isinstance(item, list) else last] = value
