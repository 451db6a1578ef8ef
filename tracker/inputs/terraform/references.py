"""What references of Terraform mean: variables, local values, data sources, resources, outputs of modules.

What is not set in the sources is a symbol with everything that decides it: `var.x` by its default and by what values
files set, an attribute of a resource by the arguments that name the resource, a data source by all of its arguments.
"""

from collections.abc import Iterator
from typing import Any

from tracker.inputs.model import ReadOptions, UnknownKind
from tracker.inputs.terraform.addresses import renamed
from tracker.inputs.terraform.definitions import Definitions
from tracker.inputs.terraform.expressions import members_of
from tracker.inputs.terraform.functions import NotKnownError, encode_json, to_set
from tracker.inputs.terraform.module_uses import Module, address_of_block, default_of, variable_source
from tracker.inputs.terraform.modules import ModuleFolder, ProjectFiles, inside
from tracker.inputs.terraform.policy_data import policy_document
from tracker.inputs.terraform.syntax import Block, Body
from tracker.inputs.terraform.values import Evaluator, Key, Scope, step_into
from tracker.policy.symbols import symbol

__all__ = ["References"]

MAX_MODULE_DEPTH = 8
_META_ARGUMENTS = frozenset(
    ("count", "for_each", "provider", "providers", "depends_on", "lifecycle", "source", "version")
)
_ACCOUNT_DATA = frozenset(("aws_caller_identity", "aws_partition", "aws_region"))
_SAME_AS_ID = {
    "aws_iam_group": "name",
    "aws_iam_role": "name",
    "aws_iam_user": "name",
    "aws_s3_bucket": "bucket",
}
"""Type → the attribute that `id` repeats."""


class References:
    """Looks up the values of references in the modules of a project."""

    def __init__(self, files: ProjectFiles, options: ReadOptions) -> None:
        self.files, self._options = files, options
        self.definitions = Definitions(files, options)
        self.evaluator = Evaluator(self)
        self.used: set[tuple[str, str]] = set()
        self._values: dict[tuple[int, str, str], Any] = {}
        self._children: dict[tuple[int, str, str], Module | None] = {}
        self._busy: set[tuple[int, str, str]] = set()

    # --- values ------------------------------------------------------------------------------------------------------

    def resolve(self, root: str, steps: list[Any], scope: Scope) -> Any:
        """Return the value of a reference, or the symbol for it."""
        module: Module = scope.module
        names = [str(step) for step in steps]
        if root == "var" and names:
            return self._part(self._variable(names[0], module), steps[1:], root, names, scope)
        if root == "local" and names:
            return self._part(self._local(names[0], module), steps[1:], root, names, scope)
        if root == "path" and names in (["module"], ["root"]):
            return f"/{module.folder.name if names == ['module'] else module.root.folder.name}"
        if root == "module" and names:
            return self._output(names, steps, scope)
        if root == "data" and names[1:]:
            return self._attribute(("data", names[0], names[1]), steps[2:], scope)
        if names and root not in ("terraform", "self", "each", "count"):
            return self._attribute(("resource", root, names[0]), steps[1:], scope)
        raise NotKnownError("a name that is known elsewhere")

    def _part(self, value: Any, steps: list[Any], root: str, names: list[str], scope: Scope) -> Any:
        try:
            return step_into(value, steps)
        except NotKnownError:
            return symbol(
                f"{scope.module.address}{'.'.join([root, *names])}", self.definitions.reference(root, names, scope)
            )

    def _remembered(self, module: Module, kind: str, name: str, make: Any) -> Any:
        key = (id(module), kind, name)
        if key not in self._values:
            if key in self._busy:
                raise NotKnownError("it refers to itself")
            self._busy.add(key)
            try:
                self._values[key] = make()
            finally:
                self._busy.discard(key)
        return self._values[key]

    def _variable(self, name: str, module: Module) -> Any:
        return self._remembered(module, "var", name, lambda: self._variable_value(name, module))

    def _variable_value(self, name: str, module: Module) -> Any:
        expression, scope = variable_source(name, module, self._options)
        value = self.evaluator.value(expression, scope) if expression is not None else None
        if value is None and module.call is not None:
            expression = default_of(name, module)
            value = self.evaluator.value(expression, Scope(module)) if expression else None
        if expression is not None:
            return to_set(value) if isinstance(value, list) and _is_set(name, module) else value
        return symbol(f"{module.address}var.{name}", self.definitions.reference("var", [name], Scope(module)))

    def _local(self, name: str, module: Module) -> Any:
        if name not in module.folder.locals:
            return symbol(f"{module.address}local.{name}", "not declared")
        expression = module.folder.locals[name][0]
        return self._remembered(module, "local", name, lambda: self.evaluator.value(expression, Scope(module)))

    def _attribute(self, key: tuple[str, str, str], steps: list[Any], scope: Scope) -> Any:
        """Return the value of an attribute of a resource or data source."""
        module: Module = scope.module
        kind, type_name, _name = key
        block = module.folder.declared.get(key)
        index, rest = _index_of(steps)
        address = self._address(key, index, module)
        attribute = str(rest[0]) if rest else ""
        if block is None:
            return symbol(".".join([address, *map(str, rest)]), "not declared")
        inner = _instance_scope(block, index, scope, self.evaluator)
        if type_name == "aws_iam_policy_document" and kind == "data" and attribute in ("json", "minified_json"):
            self.used.add((module.folder.name, address_of_block(block)))
            return self.policy_text(block, inner)
        if type_name == "template_file" and attribute == "rendered":
            return self._rendered(block, inner)
        if kind == "resource":
            alias = _SAME_AS_ID.get(type_name) if attribute == "id" else attribute
            expression = block.body.attributes.get(alias or attribute)
            if expression is not None:
                return step_into(self.evaluator.value(expression, inner), rest[1:])
        return symbol(
            ".".join([address, *map(str, rest)]), self.definitions.reference(*_as_reference(key, rest), scope)
        )

    def _address(self, key: tuple[str, str, str], index: Any, module: Module) -> str:
        """Return what a resource is called: what it was called before it was moved, so that a rename is no change."""
        kind, type_name, name = key
        if kind == "data" and type_name in _ACCOUNT_DATA:
            name = "this"
        own = f"{'data.' if kind == 'data' else ''}{type_name}.{name}{'' if index is None else f'[{index}]'}"
        return renamed(f"{module.address}{renamed(own, module.folder.moved)}", module.root.folder.moved)

    def _rendered(self, block: Block, scope: Scope) -> Any:
        """Return the text that the data source `template_file` makes."""
        values = self.block_values(block.body, scope)
        text, names = values.get("template"), values.get("vars") or {}
        if not isinstance(text, str) or not isinstance(names, dict):
            raise NotKnownError("no template")
        return self.evaluator.rendered(text, names, scope, block.text())

    def policy_text(self, block: Block, scope: Scope) -> str:
        """Return the JSON of a data source; each thing that is not known of it is a symbol among its statements."""
        values = self.block_values(block.body, scope)
        document, unknowns = policy_document(values, UnknownKind.UNRESOLVED)
        definition = self.definitions.define_body(block.body, scope)
        missing = [symbol(unknown.reason, definition) for unknown in unknowns]
        return encode_json({**document, "Statement": [*document["Statement"], *missing]})

    def block_values(self, body: Body, scope: Scope) -> dict[str, Any]:
        """Return the values of what stands in a block; blocks of one kind are a list."""
        values = {
            name: self.evaluator.value(expression, scope)
            for name, expression in body.attributes.items()
            if name not in _META_ARGUMENTS
        }
        for block in body.blocks:
            if block.kind == "dynamic" and block.labels:
                values.setdefault(block.labels[0], []).extend(self._dynamic(block, scope))
            elif block.kind not in _META_ARGUMENTS:
                values.setdefault(block.kind, []).append(self.block_values(block.body, scope))
        return values

    def _dynamic(self, block: Block, scope: Scope) -> Iterator[Any]:
        """Yield the blocks that a dynamic block makes; a symbol where it is not known which."""
        content = next((one for one in block.body.blocks if one.kind == "content"), None)
        named = block.body.attributes.get("iterator")
        name = named.text().strip(' "\n') if named else block.labels[0]
        collection = block.body.attributes.get("for_each")
        try:
            members = members_of(self.evaluator.value(collection, scope) if collection else None)
        except NotKnownError:
            members = None
        if members is None or content is None:
            yield symbol(f"dynamic {block.labels[0]}", self.definitions.define_body(block.body, scope))
            return
        for key, value in members:
            yield self.block_values(content.body, scope.with_names({name: {"key": key, "value": value}}))

    def own_attribute(self, block: Block, name: str, index: Any, module: Module) -> str:
        """Return the symbol by which others refer to an attribute that a resource does not set."""
        return str(self._attribute(("resource", block.labels[0], block.labels[1]), _steps(index, name), Scope(module)))

    def has_local(self, module: Module, name: str) -> bool:
        """Return whether a local value was asked for."""
        return (id(module), "local", name) in self._values

    def _output(self, names: list[str], steps: list[Any], scope: Scope) -> Any:
        """Return the value of a module's output."""
        module: Module = scope.module
        block = module.folder.declared.get(("module", names[0]))
        index, rest = _index_of(steps[1:])
        child = self.child(block, module, index) if block else None
        output = child.folder.declared.get(("output", str(rest[0]))) if child and rest else None
        value = output.body.attributes.get("value") if output else None
        if value is not None and child is not None:
            found = self._remembered(child, "output", str(rest[0]), lambda: self.evaluator.value(value, Scope(child)))
            return step_into(found, rest[1:])
        definition = self.definitions.reference("module", [names[0], *map(str, rest)], scope)
        return symbol(f"{module.address}module.{'.'.join(names)}", definition)

    def child(self, block: Block, module: Module, index: Any = None, scope: Scope | None = None) -> Module | None:
        """Return the module that a block calls; None where it is not called by path, or not in the tree."""
        key = (id(module), block.labels[0], str(index))
        if key not in self._children:
            folder = self.called_folder(block, module)
            where = scope or _instance_scope(block, index, Scope(module), self.evaluator)
            suffix = "" if index is None else f"[{encode_json(index)}]"
            address = f"{module.address}module.{block.labels[0]}{suffix}."
            is_fine = folder is not None and module.depth < MAX_MODULE_DEPTH
            self._children[key] = Module(folder, address, block, where) if folder and is_fine else None
        return self._children[key]

    def called_folder(self, block: Block, module: Module) -> ModuleFolder | None:
        """Return the folder of a module that is called by path."""
        source = block.body.attributes.get("source")
        path = self.evaluator.value(source, Scope(module)) if source else None
        if not isinstance(path, str) or not path.startswith(("./", "../")):
            return None
        return self.files.folder(inside(module.folder.name, path))

    def define(self, tree: Any, scope: Scope) -> str:
        """Return what decides an expression."""
        return self.definitions.define(tree, scope)

    def file_text(self, path: str, scope: Scope) -> str | None:
        """Return the text of a file: from the top of the tree, or from the root module."""
        place = path.lstrip("/") if path.startswith("/") else f"{scope.module.root.folder.name}/{path}"
        return self.files.text(place)


def _instance_scope(block: Block, index: Any, scope: Scope, evaluator: Evaluator) -> Scope:
    """Return the scope of one instance of a block with `count` or `for_each`."""
    if index is None:
        return Scope(scope.module)
    if "count" in block.body.attributes:
        return Scope(scope.module, {"count": {"index": index}})
    collection = block.body.attributes.get("for_each")
    value = evaluator.value(collection, Scope(scope.module)) if collection else None
    if isinstance(value, dict) and index in value:
        return Scope(scope.module, {"each": {"key": index, "value": value[index]}})
    if isinstance(value, list) and index in value:
        return Scope(scope.module, {"each": {"key": index, "value": index}})
    definition = collection.text() if collection else ""
    parts = {name: symbol(f"each.{name}", f"{definition} {index}") for name in ("key", "value")}
    return Scope(scope.module, {"each": {**parts, "key": index}})


def _is_set(name: str, module: Module) -> bool:
    declared = module.folder.declared.get(("variable", name))
    kind = declared.body.attributes.get("type") if declared else None
    return kind is not None and kind.text().startswith("set")


def _index_of(steps: list[Any]) -> tuple[Any, list[Any]]:
    """Return the index that stands first among steps, and the rest. Attributes of resources are no numbers."""
    if steps and isinstance(steps[0], int):
        return steps[0], steps[1:]
    if len(steps) > 1 and isinstance(steps[0], Key):
        return str(steps[0]), steps[1:]
    return None, steps


def _steps(index: Any, name: str) -> list[Any]:
    return [name] if index is None else [Key(index) if isinstance(index, str) else index, name]


def _as_reference(key: tuple[str, str, str], rest: list[Any]) -> tuple[str, list[str]]:
    kind, type_name, name = key
    tail = [str(one) for one in rest]
    return ("data", [type_name, name, *tail]) if kind == "data" else (type_name, [name, *tail])
