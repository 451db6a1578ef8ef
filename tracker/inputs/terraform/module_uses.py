"""Uses of a module: the root module, and each call of a module by path."""

from tracker.inputs.model import ReadOptions
from tracker.inputs.terraform.addresses import renamed
from tracker.inputs.terraform.modules import ModuleFolder
from tracker.inputs.terraform.syntax import Block, Expression
from tracker.inputs.terraform.values import Scope

__all__ = ["Module", "address_of_block", "default_of", "old_address", "variable_source"]


class Module:
    """One use of a folder: the root module, or a call of a module."""

    def __init__(
        self,
        folder: ModuleFolder,
        address: str = "",
        call: Block | None = None,
        scope: Scope | None = None,
    ) -> None:
        """Take a folder, and the call with the scope in which it stands; neither for a root module."""
        self.folder, self.address, self.call, self.scope = folder, address, call, scope
        self.root: Module = scope.module.root if scope else self
        self.depth: int = scope.module.depth + 1 if scope else 0


def address_of_block(block: Block) -> str:
    """Return `aws_iam_policy.p`, `data.aws_iam_policy_document.d`, `module.m`."""
    names = ".".join(block.labels)
    return names if block.kind == "resource" else f"{block.kind}.{names}"


def old_address(block: Block, module: Module) -> str:
    """Return what a resource or module was called before it was moved."""
    own = renamed(address_of_block(block), module.folder.moved)
    return renamed(f"{module.address}{own}", module.root.folder.moved)


def variable_source(name: str, module: Module, options: ReadOptions) -> tuple[Expression | None, Scope]:
    """Return the expression that sets a variable, and where it stands; None where that is not known."""
    if module.call is not None and name in module.call.body.attributes:
        return module.call.body.attributes[name], module.scope or Scope(module)
    default = default_of(name, module)
    if module.call is None:
        if name in options.parameters:
            return Expression(options.parameters[name], None, is_json=True), Scope(module)
        if name in module.folder.other_values:
            return None, Scope(module)
        return module.folder.set_values.get(name, default), Scope(module)
    return default, Scope(module)


def default_of(name: str, module: Module) -> Expression | None:
    """Return what a module's variable is where nothing sets it."""
    declared = module.folder.declared.get(("variable", name))
    return declared.body.attributes.get("default") if declared else None
