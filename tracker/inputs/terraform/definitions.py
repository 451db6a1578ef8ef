"""What decides a value that is not known: the definition of its symbol.

Equal definitions give equal values. A definition is the hash of an expression and of everything that it refers to:
`var.x` by its default and by what values files set, an attribute of a resource by the arguments that name the
resource, a data source by all of its arguments.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tracker.inputs.model import ReadOptions, digest_of
from tracker.inputs.terraform.module_uses import Module, default_of, variable_source
from tracker.inputs.terraform.modules import ProjectFiles
from tracker.inputs.terraform.syntax import Block, Body, text_of_tree
from tracker.inputs.terraform.traversals import json_traversals, traversals
from tracker.inputs.terraform.values import Scope
from tracker.policy.json_text import canonical

__all__ = ["Definitions"]

MAX_DEPTH = 60
"""Definitions within definitions; beyond, all files of a module decide."""
_READING = re.compile(r'\b(?:file\w*|templatefile)\s*\(\s*(?:"([^"]*)")?')
"""A function that reads files, and the path where that is a text."""
_UNDECIDING = frozenset(("tags", "tags_all", "depends_on", "lifecycle", "timeouts", "description", "comment"))
_IDENTITIES = re.compile(r"(?:(?:.*_)?(?:arn|id|name)|unique_id|execution_arn|invoke_arn|name_prefix)\Z")
_NAMING = re.compile(
    r"(?!kms)(?:(?:.*_)?(?:name|name_prefix|identifier|identifier_prefix|path|region|domain|prefix)|bucket|alias|key|id"
    r"|account_id|family|fifo_queue|fifo_topic|provider|count|for_each)\Z"
)


class Definitions:
    """Says what decides expressions."""

    def __init__(self, files: ProjectFiles, options: ReadOptions) -> None:
        self._files, self._options = files, options
        self._defined: dict[tuple[int, str], str] = {}
        self._depth = 0

    def define(self, tree: Any, scope: Scope) -> str:
        """Return what decides an expression: its text, and what decides each thing that it refers to."""
        if not hasattr(tree, "children"):
            return self._joined_definitions(canonical(tree), json_traversals(tree), scope)
        return self._joined_definitions(text_of_tree(tree), traversals(tree), scope)

    def define_body(self, body: Body, scope: Scope) -> str:
        """Return what decides all that stands in a block."""
        found = [self.define(expression.tree, scope) for _, expression in sorted(body.attributes.items())]
        return _hashed([body.text(), *found, *(self.define_body(block.body, scope) for block in body.blocks)])

    def _joined_definitions(self, text: str, references: Iterator[tuple[str, list[str]]], scope: Scope) -> str:
        found = {(root, tuple(names)) for root, names in references}
        return _hashed(
            [
                text,
                *self._contents(text, scope),
                *(self.reference(root, list(names), scope) for root, names in sorted(found)),
            ]
        )

    def _contents(self, text: str, scope: Scope) -> Iterator[str]:
        """Yield what is in the files that an expression reads; in all beside it where it is not known in which."""
        module: Module = scope.module
        folder, root = module.folder.name, module.root.folder.name
        places = {"${path.module}": f"/{folder}", "${path.root}": f"/{root}", "${path.cwd}": f"/{root}"}
        for found in _READING.finditer(text):
            path = (found[1] or "").replace(" ", "")  # the parts of an expression are written with blanks
            for name, place in places.items():
                path = path.replace(name, place)
            names = self._files.named(path if path.startswith("/") else f"{root}/{path}") if path else []
            for name in names or self._files.below(folder):
                yield f"{name} {digest_of(self._files.data(name))}"

    def reference(self, root: str, names: list[str], scope: Scope) -> str:
        """Return what decides the value of a reference."""
        if root in scope.names:
            return canonical(scope.names[root])
        module: Module = scope.module
        key = (id(module), ".".join([root, *names]))
        if key not in self._defined:
            if self._depth > MAX_DEPTH:
                return self._all_of(module)
            self._defined[key] = "in a circle"
            self._depth += 1
            self._defined[key] = self._definition(root, names, module)
            self._depth -= 1
        return self._defined[key]

    def _all_of(self, module: Module) -> str:
        """Return what decides anything in a module: all of its files and of the root module's."""
        paths = [*module.folder.paths, *module.root.folder.paths]
        return _hashed([digest_of(self._files.data(path)) for path in paths])

    def _definition(self, root: str, names: list[str], module: Module) -> str:
        scope = Scope(module)
        if root == "var" and names:
            expression, where = variable_source(names[0], module, self._options)
            others = module.folder.other_values.get(names[0], "") if module.call is None else ""
            default = default_of(names[0], module)
            texts = [default.text() if default else "", others]
            return _hashed([*texts, self.define(expression.tree, where) if expression else "not set"])
        if root == "local" and names:
            local = module.folder.locals.get(names[0])
            return self.define(local[0].tree, scope) if local else "not declared"
        if root == "module" and names:
            return self._call_definition(names, module)
        key = ("data", *names[:2]) if root == "data" else ("resource", root, *names[:1])
        block = module.folder.declared.get(key)
        if block is None:
            return "not declared"
        if root == "data":
            return self.define_body(block.body, scope)
        return self._resource_definition(block, next((name for name in names[1:] if name), ""), scope)

    def _resource_definition(self, block: Block, attribute: str, scope: Scope) -> str:
        """Return the text that decides an attribute's value; names depend on few arguments."""
        attributes = block.body.attributes
        if _IDENTITIES.match(attribute) and attribute not in attributes:
            chosen = {name: one for name, one in attributes.items() if _NAMING.match(name)}
            return self.define_body(Body(chosen, ()), scope)
        chosen = {name: one for name, one in attributes.items() if name not in _UNDECIDING}
        blocks = tuple(one for one in block.body.blocks if one.kind not in _UNDECIDING)
        return self.define_body(Body(chosen, blocks), scope)

    def _call_definition(self, names: list[str], module: Module) -> str:
        block = module.folder.declared.get(("module", names[0]))
        if block is None:
            return "not declared"
        attribute = next((name for name in names[1:] if name), "")
        attributes = block.body.attributes
        if _IDENTITIES.match(attribute):
            attributes = {name: one for name, one in attributes.items() if _NAMING.match(name) or name == "source"}
        chosen = {name: one for name, one in attributes.items() if name not in _UNDECIDING}
        return self.define_body(Body(chosen, ()), Scope(module))

    def define_arguments(self, block: Block, scope: Scope) -> str:
        """Return what decides the arguments of a module's call."""
        passed_over = _UNDECIDING | {"source", "version", "providers"}
        chosen = {name: one for name, one in block.body.attributes.items() if name not in passed_over}
        return self.define_body(Body(chosen, block.body.blocks), scope)

    def rests_on_default(self, tree: Any, scope: Scope) -> bool:
        """Return whether an expression rests on the default of a root module's variable, which may be set elsewhere."""
        waiting = [(tree, scope)]
        seen = set()
        while waiting:
            one, where = waiting.pop()
            for root, names in traversals(one) if hasattr(one, "children") else json_traversals(one):
                module: Module = where.module
                key = (id(module), root, names[0] if names else "")
                if key in seen or not names or root in where.names:
                    continue
                seen.add(key)
                if root == "local" and names[0] in module.folder.locals:
                    waiting.append((module.folder.locals[names[0]][0].tree, Scope(module)))
                elif root == "var":
                    expression, source = variable_source(names[0], module, self._options)
                    if module.call is None and names[0] not in {*module.folder.set_values, *self._options.parameters}:
                        return True
                    if expression is not None:
                        waiting.append((expression.tree, source))
        return False


def _hashed(texts: list[str]) -> str:
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
