"""The part `configuration` of a plan: which expression sets which attribute.

It shows constants and references, never what an expression makes of its references.
https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation
"""

from typing import Any

from tracker.inputs.terraform.addresses import address_of
from tracker.inputs.terraform.plan_unknowns import references_of
from tracker.policy.json_text import canonical
from tracker.policy.model import Json

__all__ = ["PlanConfiguration"]

_DATA = "data.aws_iam_policy_document."


class PlanConfiguration:
    """Looks up expressions in a plan's configuration."""

    def __init__(self, configuration: Any) -> None:
        root = configuration.get("root_module") if isinstance(configuration, dict) else None
        self._root = root if isinstance(root, dict) else None
        self._resources: dict[tuple[str, ...], dict[str, Json]] = {}

    def expressions_of(self, address: str) -> Json | None:
        """Return the expressions of a resource, by attribute; None where the plan does not hold them."""
        parts = address_of(address)
        if parts is None:
            return None
        expressions = self._in_module(parts.calls).get(parts.resource, {}).get("expressions")
        return expressions if isinstance(expressions, dict) else None

    def policy_data(self, address: str, expression: Any) -> str:
        """Return the address of the data source that an expression takes its document from; empty for none."""
        references = references_of(expression)
        parts = address_of(address)
        if parts is None or len(references) != 2 or not references[1].startswith(_DATA):  # noqa: PLR2004 - `x.json`, `x`
            return ""
        return f"{parts.module}{references[1]}" if references[0] == f"{references[1]}.json" else ""

    def digest_text(self, address: str, expression: Any) -> str:
        """Return an expression with all that it rests on, as text; empty where the configuration does not show it.

        It shows the document of a data source whose own expressions are constants and references; what a function
        makes of its references it shows nowhere.
        """
        data = self.policy_data(address, expression)
        expressions = self.expressions_of(data) if data else None
        return canonical([address, expression, data, expressions]) if expressions is not None else ""

    def _in_module(self, calls: tuple[str, ...]) -> dict[str, Json]:
        """Return the resources of a module by address."""
        if calls not in self._resources:
            module: Any = self._root
            for call in calls:
                inner = module.get("module_calls") if isinstance(module, dict) else None
                module = inner.get(call, {}).get("module") if isinstance(inner, dict) else None
            listed = module.get("resources") if isinstance(module, dict) else None
            items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
            self._resources[calls] = {str(item.get("address")): item for item in items}
        return self._resources[calls]
