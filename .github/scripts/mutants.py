"""Change one thing at a time in a package, and see whether its tests notice: prints each change that they do not.

    python .github/scripts/mutants.py policy diff              every mutant
    python .github/scripts/mutants.py risk --sample 50 --seed 1

mutmut and cosmic-ray start the tests anew for each mutant and copy the checkout first; here one process that has
loaded everything else forks for each, and the mutant is compiled in memory.
"""

import argparse
import ast
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = {
    "policy": ("scopes", "wildcards", "operators", "symbols", "diff", "documents"),
    "diff": ("diff",),
    "access": ("access", "public_access"),
    "risk": ("risk", "public_access", "risk_actions"),
    "archive": ("archive", "collected_versions", "replay", "packed_archive", "in_force"),
}
"""Package → the tests that must notice."""
MOST_SECONDS = 300
"""Processor time after which a mutant that runs for ever counts as noticed."""
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """One change in one module."""

    file: Path
    """The module's file."""
    place: int
    """The number of the syntax node, in the order of `ast.walk`."""
    line: int
    """Its line."""


def mutants_of(file: Path) -> Iterator[Mutant]:
    """Yield the mutants of a module: one for each node that can be changed."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for place, node in enumerate(ast.walk(tree)):
        if mutate(deepcopy(node)):
            yield Mutant(file, place, getattr(node, "lineno", 0))


def mutate(node: ast.AST) -> str:
    """Change a node where it stands; return what it was and is, empty for one that can't be changed."""
    before = ast.unparse(node) if isinstance(node, (ast.expr, ast.stmt)) else ""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARED:
            node.ops = [COMPARED[type(operator)]()]
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
        case ast.BinOp(op=operator) if type(operator) in CALCULATED:
            node.op = CALCULATED[type(operator)]()
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() as value):
            node.value = value + 1
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            node.func = ast.Name(CALLED[name], ast.Load())
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.If(test=test) if not isinstance(test, (ast.Compare, ast.UnaryOp, ast.BoolOp)):
            node.test = ast.UnaryOp(ast.Not(), test)
        case _:
            return ""
    ast.fix_missing_locations(node)
    after = ast.unparse(node)
    return f"{before.splitlines()[0]}  →  {after.splitlines()[0]}"


class MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed syntax tree."""

    def __init__(self, mutant: Mutant) -> None:
        """Change the tree."""
        self.name = ".".join(mutant.file.relative_to(CHECKOUT).with_suffix("").parts)
        self.file = mutant.file
        tree = ast.parse(mutant.file.read_text(encoding="utf-8"))
        node = next(node for place, node in enumerate(ast.walk(tree)) if place == mutant.place)
        self.change = mutate(node)
        self.code = compile(tree, str(mutant.file), "exec")

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Return where the module is, for the changed one."""
        return spec_from_loader(name, self, origin=str(self.file)) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed module."""
        module.__file__ = str(self.file)
        exec(self.code, module.__dict__)  # noqa: S102 - the project's own code


def is_noticed(mutant: Mutant | None, tests: Sequence[str]) -> bool:
    """Run tests against a mutant, None for the program as it is, in a forked process."""
    process = os.fork()
    if not process:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        from resource import RLIMIT_CPU, setrlimit

        setrlimit(RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        if mutant is not None:
            sys.meta_path.insert(0, MutantFinder(mutant))
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *tests])))
    return os.waitpid(process, 0)[1] != 0


def main() -> None:
    """Print the score of each package and what was not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", choices=TESTS)
    parser.add_argument("--sample", type=int, help="so many mutants of each package, at random")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(CHECKOUT)
    import hypothesis
    import msgspec
    import pytest

    del hypothesis, msgspec, pytest  # loaded once, for all that are forked
    for package in arguments.packages:
        tests = [f"tests/test_{name}.py" for name in TESTS[package]]
        if is_noticed(None, tests):
            raise SystemExit(f"{package}: its tests fail without any mutant")
        every = [each for file in sorted((CHECKOUT / "tracker" / package).rglob("*.py")) for each in mutants_of(file)]
        chosen = every
        if arguments.sample is not None:
            chosen = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))  # noqa: S311
        began, noticed = time.monotonic(), 0
        for mutant in chosen:
            if is_noticed(mutant, tests):
                noticed += 1
            else:
                where = f"{mutant.file.relative_to(CHECKOUT)}:{mutant.line}"
                sys.stdout.write(f"{where}: {MutantFinder(mutant).change}\n")
            sys.stdout.flush()
        took = time.monotonic() - began
        sys.stdout.write(f"{package}: {noticed} of {len(chosen)} noticed, of {len(every)} there are; {took:.0f} s\n")


if __name__ == "__main__":
    main()
