"""State of Terraform and OpenTofu: state files (versions 3 and 4) and `terraform show -json` of a state.

https://developer.hashicorp.com/terraform/language/state
"""

import json
from collections.abc import Iterator
from typing import Any

from tracker.inputs.model import Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.inputs.terraform.resources import Resource, joined
from tracker.policy.model import Json

__all__ = ["module_resources", "read", "recognizes"]

_VERSIONS = (1, 2, 3, 4)
_Unknowns = list[tuple[FileLocation, Unknown]]

IS_COMPLETE = True
"""What it passes over, such as a second copy of the same values, is passed over on purpose."""


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is a state."""
    value = parsed.value
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("values"), dict) and "format_version" in value:
        return True
    listed = value.get("resources", value.get("modules"))
    if value.get("version") not in _VERSIONS or not isinstance(listed, list):
        return False
    names = ("instances", "mode", "path")
    return "terraform_version" in value or all(
        isinstance(item, dict) and any(name in item for name in names) for item in listed
    )


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - the signature of a container
    """Return the policies of the resources in a state."""
    value, unknowns = parsed.value, _Unknowns()
    if "values" in value:
        resources = list(module_resources(value["values"], parsed.path, "/values"))
    elif isinstance(value.get("modules"), list):
        resources = list(_old_resources(value["modules"], parsed.path, unknowns))
    else:
        resources = list(_resources(value.get("resources"), parsed.path, unknowns))
    resources += _outputs(value.get("outputs"), parsed.path)
    return joined(resources, UnknownKind.UNRESOLVED, tuple(unknowns))


def module_resources(module: Any, path: str, pointer: str) -> Iterator[Resource]:
    """Yield the resources of `values`: those of the root module and of all below it.

    Args:
        module: `values` or `planned_values`.
        path: the file.
        pointer: where the module stands in it.
    """
    root = module.get("root_module") if isinstance(module, dict) else None
    waiting = [(root, f"{pointer}/root_module")]
    while waiting:
        item, place = waiting.pop()
        if not isinstance(item, dict):
            continue
        for number, one in enumerate(_listed(item.get("resources"))):
            if isinstance(one, dict) and one.get("mode") != "data" and isinstance(one.get("values"), dict):
                location = FileLocation(path, f"{place}/resources/{number}/values")
                yield Resource(str(one.get("address")), str(one.get("type")), one["values"], location)
        waiting += [
            (inner, f"{place}/child_modules/{number}")
            for number, inner in enumerate(_listed(item.get("child_modules")))
        ]


def _resources(listed: Any, path: str, unknowns: _Unknowns) -> Iterator[Resource]:
    """Yield the resources of a state file of version 4."""
    for number, item in enumerate(_listed(listed)):
        if not isinstance(item, dict) or not isinstance(item.get("instances", []), list):
            unknowns.append(_unreadable(path, f"/resources/{number}", item))
            continue
        if item.get("mode") == "data":
            continue
        prefix = f"{item['module']}." if item.get("module") else ""
        kind = str(item.get("type"))
        for place, instance in enumerate(item.get("instances", [])):
            pointer = f"/resources/{number}/instances/{place}"
            values = _values_of(instance)
            if values is None:
                unknowns.append(_unreadable(path, pointer, instance))
            elif "deposed" not in instance:
                address = f"{prefix}{kind}.{item.get('name')}{_index(instance.get('index_key'))}"
                name = "attributes" if "attributes" in instance else "attributes_flat"
                yield Resource(address, kind, values, FileLocation(path, f"{pointer}/{name}"))


def _values_of(instance: Any) -> Json | None:
    if not isinstance(instance, dict):
        return None
    held = [instance[name] for name in ("attributes", "attributes_flat") if instance.get(name) is not None]
    values = held[0] if held else {}
    return values if isinstance(values, dict) else None


def _index(key: Any) -> str:
    return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"


def _old_resources(modules: list[Any], path: str, unknowns: _Unknowns) -> Iterator[Resource]:
    """Yield the resources of a state file of version 3: `{"modules": [{"path": ["root", "app"], "resources": …}]}`."""
    for number, module in enumerate(modules):
        held = module.get("resources") if isinstance(module, dict) else None
        if not isinstance(held, dict):
            unknowns.append(_unreadable(path, f"/modules/{number}", module))
            continue
        prefix = "".join(f"module.{name}." for name in _listed(module.get("path"))[1:])
        for name, item in held.items():
            pointer = f"/modules/{number}/resources/{name}"
            primary = item.get("primary") if isinstance(item, dict) else None
            values = primary.get("attributes") if isinstance(primary, dict) else None
            if not isinstance(values, dict):
                unknowns.append(_unreadable(path, pointer, item))
            elif not name.startswith("data."):
                location = FileLocation(path, f"{pointer}/primary/attributes")
                yield Resource(f"{prefix}{name}", str(item.get("type")), _nested(values), location)


def _nested(flat: Json) -> dict[str, Any]:
    """Return the lists of texts in flat attributes (`managed_policy_arns.#`, `managed_policy_arns.1827`) as lists."""
    values: dict[str, Any] = {}
    for name, value in flat.items():
        head, _, rest = name.partition(".")
        if rest and "." not in rest and rest not in ("#", "%") and f"{head}.#" in flat:
            values.setdefault(head, []).append(value)
        elif rest not in ("#", "%"):
            values[name] = value
    return values


def _outputs(outputs: Any, path: str) -> Iterator[Resource]:
    for name, output in outputs.items() if isinstance(outputs, dict) else ():
        if isinstance(output, dict) and "value" in output:
            location = FileLocation(path, f"/outputs/{name}")
            yield Resource(f"output.{name}", "", {"value": output["value"]}, location)


def _unreadable(path: str, pointer: str, value: Any) -> tuple[FileLocation, Unknown]:
    reason = "no resource of a state can be read here"
    digest = digest_of(json.dumps(value, sort_keys=True, ensure_ascii=False))
    return FileLocation(path, pointer), Unknown(UnknownKind.UNREADABLE, reason, digest=digest)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
