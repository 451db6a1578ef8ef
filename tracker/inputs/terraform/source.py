"""Sources of Terraform and OpenTofu: one root module with the modules that it calls by path.

What the sources say is worked out: policy documents of `aws_iam_policy_document`, `jsonencode`, heredocs and files,
through local values, defaults and values files of variables. What they do not say is a symbol, or unknown. Modules
from elsewhere are unknown; the policies among their arguments are read.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tracker.inputs.model import Attachment, Case, Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import escape_pointer
from tracker.inputs.syntax.policy_text import may_hold_policy
from tracker.inputs.terraform.instances import Instance, instances_of
from tracker.inputs.terraform.module_calls import arguments_of_call, attachments_in
from tracker.inputs.terraform.module_uses import Module, address_of_block
from tracker.inputs.terraform.modules import ProjectFiles
from tracker.inputs.terraform.references import References
from tracker.inputs.terraform.resources import Resource, joined
from tracker.inputs.terraform.syntax import Block, Body, Expression
from tracker.inputs.terraform.values import Scope

__all__ = ["Project", "read_project"]

MAX_INSTANCES = 20_000
"""Resources of one project that are read."""
MAX_MODULES = 2_000
"""Calls of modules of one project that are followed."""
_NAMED = {"aws_iam_policy": ("arn",), "aws_iam_role": ("name",), "aws_iam_user": ("name",), "aws_iam_group": ("name",)}
"""Type → attributes by which others refer to it."""
_LOOKED_INTO = frozenset(("resource", "module", "data"))
_WITHOUT_POLICIES = frozenset(("locals", "variable", "output", "moved", "removed", "import", "terraform"))


class Project(Struct, frozen=True):
    """What a root module declares."""

    contents: Contents
    """The policies."""
    moved: Mapping[str, str] = {}
    """New address → old one, as `moved` blocks say."""


def read_project(folder: str, files: ProjectFiles, options: ReadOptions) -> Project:
    """Return the policies that a root module declares.

    Args:
        folder: of the root module, from the top of the tree; empty for the top.
        files: all files of the tree.
        options: values of variables, by name.
    """
    found = files.folder(folder)
    if found is None:
        return Project(Contents())
    reader = _ProjectReader(References(files, options))
    return Project(reader.contents(Module(found)), reader.moved)


_Attachments = list[Attachment]


class _ProjectReader:
    """Collects the resources of a project."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._folders: set[str] = set()
        self._modules = 0
        self.moved: dict[str, str] = {}
        self._resources: list[Resource] = []
        self._attachments = _Attachments()
        self._unknowns: list[tuple[FileLocation, Unknown]] = []
        self._counted: dict[str, int] = {}

    def contents(self, root: Module) -> Contents:
        try:
            self._module(root, ())
        except RecursionError:
            self._add_unknown(
                FileLocation(root.folder.paths[0], "/sources"),
                UnknownKind.UNREADABLE,
                "nested too deep",
                root.folder.name,
            )
        files = self._references.files
        files.read_folders |= self._folders
        for path, reason in sorted(files.unreadable.items()):
            if files.belongs_to(path, self._folders):
                self._add_unknown(
                    FileLocation(path, f"/{escape_pointer(path)}"), UnknownKind.UNREADABLE, reason, files.data(path)
                )
        found = joined(self._resources, UnknownKind.UNRESOLVED, tuple(self._unknowns), self._counted)
        return replace(found, attachments=(*found.attachments, *self._attachments))

    def _module(self, module: Module, condition: Case) -> None:
        data = []
        self._folders.add(module.folder.name)
        moved = module.folder.moved.items()
        self.moved |= {f"{module.address}{new}": f"{module.address}{old}" for new, old in moved}
        for block in module.folder.blocks:
            if block.kind == "resource":
                self._instances(block, module, condition)
            elif block.kind == "module":
                self._call(block, module, condition)
            elif block.kind == "data" and block.labels[:1] == ("aws_iam_policy_document",):
                data.append(block)
            elif block.kind not in _WITHOUT_POLICIES and block.kind not in _LOOKED_INTO:
                self._add(block, Instance("", Scope(module), condition), module)
        for block in data:
            if (module.folder.name, address_of_block(block)) not in self._references.used:
                self._policy_data(block, module, condition)
        self._rest(module)

    def _instances(self, block: Block, module: Module, condition: Case) -> None:
        for instance in instances_of(block, module, self._references, condition):
            if len(self._resources) > MAX_INSTANCES:
                self._add_unknown(_location(block), UnknownKind.NOT_LOOKED_AT, "too many resources", block.text())
                return
            self._add(block, instance, module)

    def _add(self, block: Block, instance: Instance, module: Module) -> None:
        values = self._references.block_values(block.body, instance.scope)
        kind = block.labels[0] if block.kind == "resource" else ""
        address = f"{module.address}{address_of_block(block)}{instance.suffix}"
        for name in _NAMED.get(kind, ()):
            values.setdefault(name, self._references.own_attribute(block, name, instance.index, module))
        location = _location(block)
        lines = dict(_lines(block.body, ""))
        self._resources.append(Resource(address, kind, values, location, lines, condition=instance.condition))

    def _policy_data(self, block: Block, module: Module, condition: Case) -> None:
        """Add a policy document that nothing in the project uses: another project may."""
        for instance in instances_of(block, module, self._references, condition):
            text = self._references.policy_text(block, instance.scope)
            address = f"{module.address}{address_of_block(block)}{instance.suffix}"
            location = _location(block)
            lines = {"/json": block.line} if block.line else {}
            self._resources.append(Resource(address, "", {"json": text}, location, lines, condition=instance.condition))

    def _call(self, block: Block, module: Module, condition: Case) -> None:
        for instance in instances_of(block, module, self._references, condition):
            child = self._references.child(block, module, instance.index, instance.scope)
            self._modules += 1
            if self._modules > MAX_MODULES:
                self._add_unknown(_location(block), UnknownKind.NOT_LOOKED_AT, "too many modules", block.text())
                return
            if child is not None:
                self._module(child, instance.condition)
            else:
                self._foreign(block, instance, module)

    def _foreign(self, block: Block, instance: Instance, module: Module) -> None:
        """Add the policies among the arguments of a module that is not in the tree, and that it is unknown."""
        address = f"{module.address}{address_of_block(block)}{instance.suffix}"
        location = _location(block)
        values = arguments_of_call(self._references.block_values(block.body, instance.scope))
        lines = dict(_lines(block.body, ""))
        self._resources.append(Resource(address, "", values, location, lines, condition=instance.condition))
        self._attachments += attachments_in(values, address, location, instance.condition)
        attributes = block.body.attributes
        where = {name: one for name, one in attributes.items() if name in ("source", "version")}
        source = " ".join(one.text().strip('" \n') for _, one in sorted(where.items())) or "?"
        what = f"the module {source} is not in the tree, and may hold policies"
        self._add_unknown(
            _inner(location, "source"), UnknownKind.NOT_LOOKED_AT, what, f"{address} {Body(where, ()).text()}"
        )
        definition = self._references.definitions.define_arguments(block, instance.scope)
        why = f"what the module {source} makes of its arguments is not known"
        self._add_unknown(_inner(location, "arguments"), UnknownKind.UNRESOLVED, why, f"{address} {definition}")

    def _rest(self, module: Module) -> None:
        """Add the policies that stand in outputs and local values and that nothing has asked for."""
        scope = Scope(module)
        for block in module.folder.blocks:
            value = block.body.attributes.get("value") if block.kind == "output" else None
            if value is not None and may_hold_policy(value.text()):
                self._value(f"{module.address}output.{block.labels[0]}", value, block.path, scope)
        for name, (expression, path) in module.folder.locals.items():
            if not self._references.has_local(module, name) and may_hold_policy(expression.text()):
                self._value(f"{module.address}local.{name}", expression, path, scope)

    def _value(self, address: str, expression: Expression, path: str, scope: Scope) -> None:
        value = self._references.evaluator.value(expression, scope)
        location = FileLocation(path, f"/{address.replace('.', '/')}", expression.line)
        self._resources.append(Resource(address, "", {"value": value}, location))

    def _add_unknown(self, location: FileLocation, kind: UnknownKind, reason: str, content: str | bytes) -> None:
        self._unknowns.append((location, Unknown(kind, reason, digest=digest_of(content))))


def _location(block: Block) -> FileLocation:
    return FileLocation(block.path, f"/{block.kind}/{'/'.join(map(escape_pointer, block.labels))}", block.line)


def _inner(location: FileLocation, name: str) -> FileLocation:
    return FileLocation(location.path, f"{location.pointer}/{name}", location.line)


def _lines(body: Body, pointer: str) -> Iterator[tuple[str, int]]:
    """Yield the line of each attribute, by its pointer among the block's values."""
    for name, expression in body.attributes.items():
        if expression.line:
            yield f"{pointer}/{name}", expression.line
    places: dict[str, int] = {}
    for block in body.blocks:
        place = places.get(block.kind, 0)
        places[block.kind] = place + 1
        yield from _lines(block.body, f"{pointer}/{block.kind}/{place}")
