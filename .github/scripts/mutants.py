"""Change one thing at a time in a package, and see whether its tests notice: prints each change that they do not.

    python .github/scripts/mutants.py policy diff              every mutant
    python .github/scripts/mutants.py risk --sample 50 --seed 1

mutmut and cosmic-ray start the tests anew for each mutant and copy the checkout first; here one process that has
loaded everything else forks for each, and the mutant is compiled in memory. The tests run once without any mutant, to
find out which of them call which function and how long each takes: a mutant is tried against the tests that call its
function, the fastest first. When it is interrupted it says the score of what it tried so far.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from copy import deepcopy
from importlib.util import spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType, ModuleType

    import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = {
    "policy": "policy diff changelog/test_changelog changelog/test_reissues property/test_wildcard_laws",
    "diff": "diff changelog/test_changelog changelog/test_reissues property/test_diff_laws",
    "access": "access review/test_three_answers review/test_as_of_today "
    "property/test_access_laws property/test_effective_laws property/test_caller_laws property/test_edit_laws",
    "risk": "risk text/test_effect_blocks review/test_as_of_today",
    "archive": "archive base/test_git property/test_history_laws property/test_recording_laws",
    "documentation": "documentation formats/test_page site/test_documentation_pages property/test_pages_laws",
}
"""Package → the tests that must notice: folders and files in `tests`, the laws last."""
NO_TESTS = 5
"""The exit code of pytest when it ran no test."""
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
LEAST_BOUND = 100
"""Larger numbers bound memory and time: one more or less makes no difference that a test could see."""
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """One change in one module."""

    file: Path
    """The module's file."""
    place: int
    """The number of the syntax node, in the order of `ast.walk`."""
    line: int
    """Its line."""
    function: int
    """The first line of the function around it, its decorators included; 0 for a mutant outside of functions."""


class CallRecorder:
    """Notes which functions of a package each test calls, and how long the test takes: a plugin of pytest."""

    def __init__(self, folder: Path) -> None:
        """Begin without any test: what is called while tests are collected may concern each of them."""
        self.prefix = f"{folder}{os.sep}"
        self.test, self.began = "", 0.0
        self.calls: defaultdict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name the test that runs."""
        self.test = nodeid
        self.began = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note the processor time of a test."""
        self.seconds[nodeid] = time.process_time() - self.began

    def trace(self, frame: FrameType, _event: str, _argument: object) -> None:
        """Note the call of a function."""
        code = frame.f_code
        if code.co_filename.startswith(self.prefix):
            self.calls[f"{code.co_filename}:{code.co_firstlineno}"].add(self.test)


class TestOrder:
    """Runs the tests that call a function, the fastest first: a plugin of pytest."""

    __test__ = False

    def __init__(self, calls: CallRecorder, mutant: Mutant, most_seconds: float) -> None:
        """Choose: all tests for what is called, or stands, outside of any of them."""
        callers = calls.calls.get(f"{mutant.file}:{mutant.function}", set())
        self.callers = None if "" in callers or not mutant.function else callers
        self.seconds, self.most_seconds = calls.seconds, most_seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out and order."""
        items[:] = [
            item
            for item in items
            if (self.callers is None or item.nodeid in self.callers)
            and self.seconds.get(item.nodeid, 0) <= self.most_seconds
        ]
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0))


def mutants_of(file: Path) -> Iterator[Mutant]:
    """Yield the mutants of a module: one for each node that can be changed."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    unseen = {*_nodes_of_types(tree), *_nodes_of_declarations(tree)}
    for place, node in enumerate(ast.walk(tree)):
        if node not in unseen and mutate(deepcopy(node)):
            line = getattr(node, "lineno", 0)
            around = [each for each in functions if each.body[0].lineno <= line <= (each.end_lineno or 0)]
            starts = [min(one.lineno for one in (each, *each.decorator_list)) for each in around]
            yield Mutant(file, place, line, max(starts, default=0))


def _nodes_of_types(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the syntax nodes of annotations, which mean nothing when the program runs."""
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(found := getattr(node, name, None), ast.AST):
                yield from ast.walk(found)


def _nodes_of_declarations(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what stands in decorators and beside base classes: sizes of caches, `frozen`, `slots`."""
    for node in ast.walk(tree):
        for declaration in (*getattr(node, "decorator_list", ()), *getattr(node, "keywords", ())):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                yield from ast.walk(declaration)


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
        case ast.Constant(value=int() as value) if value < LEAST_BOUND:
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


def is_noticed(mutant: Mutant, tests: Sequence[str], calls: CallRecorder, most_seconds: float) -> bool:
    """Run the tests that call a mutant's function against it, in a forked process."""
    process = os.fork()
    if not process:
        from resource import RLIMIT_CPU, setrlimit

        setrlimit(RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        sys.meta_path.insert(0, MutantFinder(mutant))
        status = run_tests(tests, TestOrder(calls, mutant, most_seconds))
        os._exit(0 if status == NO_TESTS else status)
    return os.waitpid(process, 0)[1] != 0


def recorded_calls(package: str, tests: Sequence[str]) -> CallRecorder:
    """Run tests against the program as it is, in a forked process; return which functions each of them calls.

    Raises:
        SystemExit: a test fails.
    """
    recorder = CallRecorder(CHECKOUT / "tracker" / package)
    with tempfile.NamedTemporaryFile() as file:
        process = os.fork()
        if not process:
            sys.settrace(recorder.trace)
            status = run_tests(tests, recorder)
            sys.settrace(None)
            calls = {function: sorted(callers) for function, callers in recorder.calls.items()}
            Path(file.name).write_text(json.dumps([calls, recorder.seconds]), encoding="utf-8")
            os._exit(status)
        if os.waitpid(process, 0)[1] != 0:
            raise SystemExit(f"{package}: its tests fail without any mutant")
        calls, recorder.seconds = json.loads(Path(file.name).read_text(encoding="utf-8"))
    recorder.calls.update({function: set(callers) for function, callers in calls.items()})
    return recorder


def tests_of(package: str) -> list[str]:
    """Return the folders and files with a package's tests, the laws last."""
    paths = (CHECKOUT / "tests" / name for name in TESTS[package].split())
    return [str(path if path.is_dir() else path.with_suffix(".py")) for path in paths]


def run_tests(tests: Sequence[str], plugin: object) -> int:
    """Run tests without any output; return pytest's exit code."""
    import pytest

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    options = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain")
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def main() -> None:
    """Print the score of each package and what was not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", choices=TESTS)
    parser.add_argument("--sample", type=int, help="so many mutants of each package, at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="leave out tests that take longer")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(CHECKOUT)
    import hypothesis
    import msgspec
    import pytest

    del hypothesis, msgspec, pytest  # loaded once, for all that are forked
    for package in arguments.packages:
        tests = tests_of(package)
        calls = recorded_calls(package, tests)
        every = [each for file in sorted((CHECKOUT / "tracker" / package).rglob("*.py")) for each in mutants_of(file)]
        chosen = every
        if arguments.sample is not None:
            chosen = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))  # noqa: S311
        began, tried, noticed = time.monotonic(), 0, 0
        try:
            for mutant in chosen:
                if is_noticed(mutant, tests, calls, arguments.seconds):
                    noticed += 1
                else:
                    where = f"{mutant.file.relative_to(CHECKOUT)}:{mutant.line}"
                    sys.stdout.write(f"{where}: {MutantFinder(mutant).change}\n")
                    sys.stdout.flush()
                tried += 1
        except KeyboardInterrupt:
            sys.stdout.write("interrupted\n")
        took = time.monotonic() - began
        sys.stdout.write(f"{package}: {noticed} of {tried} noticed, of {len(every)} there are; {took:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
