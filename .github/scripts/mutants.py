"""Change one thing at a time in a package, and see whether its tests notice: prints each change that they do not.

    python .github/scripts/mutants.py policy diff              every mutant
    python .github/scripts/mutants.py risk --sample 50 --seed 1

mutmut and cosmic-ray start the tests anew for each mutant and copy the checkout first; here one process collects the
tests and forks for each mutant, whose code takes the place of what is loaded. The tests run once without any mutant,
to find out which of them call which function and how long each takes: a mutant is tried against the tests that call
its function, the fastest first. What no test calls, or stands outside of functions, runs when a module is imported:
for such a mutant the tests are collected anew. When it is interrupted it says the score of what it tried so far.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import gc
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
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, ModuleType

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = {
    "policy": "policy diff changelog/test_changelog changelog/test_reissues property/test_wildcard_laws",
    "diff": "diff changelog/test_changelog changelog/test_reissues property/test_diff_laws",
    "access": "access review/test_three_answers review/test_as_of_today "
    "property/test_access_laws property/test_effective_laws property/test_caller_laws property/test_edit_laws "
    "property/test_dependent_key_laws text/test_effect_blocks",
    "risk": "risk text/test_effect_blocks review/test_as_of_today",
    "archive": "archive base/test_git property/test_history_laws property/test_recording_laws",
    "documentation": "documentation formats/test_page site/test_documentation_pages property/test_pages_laws",
}
"""Package → the tests that must notice: folders and files in `tests`, the laws last."""
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
        """Begin without any test."""
        self.prefix = f"{folder}{os.sep}"
        self.test, self.began = "", 0.0
        self.calls: defaultdict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.caches = caches_of(folder)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name the test that runs, and forget what earlier ones asked: each calls what it needs."""
        self.test = nodeid
        for cached in self.caches:
            cached.cache_clear()
        self.began = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note the processor time of a test."""
        self.seconds[nodeid] = time.process_time() - self.began

    def trace(self, frame: FrameType, _event: str, _argument: object) -> None:
        """Note the call of a function."""
        code = frame.f_code
        if code.co_filename.startswith(self.prefix):
            self.calls[f"{code.co_filename}:{code.co_firstlineno}"].add(self.test)


class MutantLoop:
    """Runs the collected tests once as they are, then against each mutant: a plugin of pytest."""

    def __init__(self, package: str, mutants: Sequence[Mutant], most_seconds: float, report: Report) -> None:
        """Keep what to do."""
        self.folder, self.mutants, self.most_seconds = CHECKOUT / "tracker" / package, mutants, most_seconds
        self.report = report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run."""
        recorded = self._recorded(session)
        if recorded is None:
            self.report.write(f"{self.folder.name}: its tests fail without any mutant")
            return True
        calls, seconds = recorded
        items = [item for item in session.items if seconds.get(item.nodeid, 0) <= self.most_seconds]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0))
        for mutant in self.mutants:
            callers = set(calls.get(f"{mutant.file}:{mutant.function}", ()))
            session.items = [item for item in items if item.nodeid in callers]
            fails = functools.partial(self._fails, session) if callers else self._fails_at_import
            self.report.add(mutant, is_noticed=in_fork(functools.partial(fails, mutant)) != 0)
        return True

    def _recorded(self, session: pytest.Session) -> tuple[dict[str, list[str]], dict[str, float]] | None:
        """Return which tests call each function, and how long each test takes; None if a test fails."""
        with tempfile.NamedTemporaryFile() as file:
            if in_fork(lambda: self._record(session, Path(file.name))):
                return None
            calls, seconds = json.loads(Path(file.name).read_text(encoding="utf-8"))
        return calls, seconds

    def _record(self, session: pytest.Session, file: Path) -> int:
        recorder = CallRecorder(self.folder)
        session.config.pluginmanager.register(recorder)
        sys.settrace(recorder.trace)
        failed = run_items(session)
        sys.settrace(None)
        calls = {function: sorted(callers) for function, callers in recorder.calls.items()}
        file.write_text(json.dumps([calls, recorder.seconds]), encoding="utf-8")
        return failed

    def _fails(self, session: pytest.Session, mutant: Mutant) -> int:
        limit_time()
        load_mutant(mutant)
        for cached in caches_of(self.folder):
            cached.cache_clear()
        return run_items(session)

    def _fails_at_import(self, mutant: Mutant) -> int:
        """Import the checkout anew: no test calls the function, or there is none around the mutant."""
        limit_time()
        sys.meta_path.insert(0, MutantFinder(mutant))
        loaded = {name for name, module in sys.modules.items() if _is_of_checkout(module)}
        for name in loaded - {"__main__"}:
            del sys.modules[name]
        return run_tests(tests_of(self.folder.name))


class Report:
    """Counts what was noticed, and prints what was not."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.tried = self.noticed = 0
        self.stream = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def add(self, mutant: Mutant, *, is_noticed: bool) -> None:
        """Count a mutant."""
        self.tried += 1
        self.noticed += is_noticed
        if not is_noticed:
            self.write(f"{mutant.file.relative_to(CHECKOUT)}:{mutant.line}: {MutantFinder(mutant).change}")

    def write(self, line: str) -> None:
        """Print a line at once, wherever the output of the tests goes."""
        self.stream.write(f"{line}\n")
        self.stream.flush()


def caches_of(folder: Path) -> list[functools._lru_cache_wrapper[object]]:
    """Return the caches around functions of a package."""
    wrapper = functools._lru_cache_wrapper  # noqa: SLF001 - it has no other name
    found = (each for each in gc.get_objects() if isinstance(each, wrapper))
    return [each for each in found if each.__wrapped__.__code__.co_filename.startswith(f"{folder}{os.sep}")]


def in_fork(work: Callable[[], int]) -> int:
    """Do a work in a forked process; return its exit code, not zero if it was killed."""
    process = os.fork()
    if not process:
        status = 1
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitpid(process, 0)[1]


def _is_of_checkout(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return any(file.startswith(f"{CHECKOUT / name}{os.sep}") for name in ("tests", "tracker"))


def limit_time() -> None:
    """Have this process killed when it runs for ever."""
    from resource import RLIMIT_CPU, setrlimit

    setrlimit(RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def run_items(session: pytest.Session) -> int:
    """Run a session's tests up to the first that fails; return how many failed."""
    from _pytest.main import pytest_runtestloop

    with contextlib.suppress(session.Failed):
        pytest_runtestloop(session)
    return session.testsfailed


def load_mutant(mutant: Mutant) -> None:
    """Give the functions that are loaded the code of a mutant."""
    codes = {_key_of(code): code for code in _codes_in(MutantFinder(mutant).code)}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == str(mutant.file):
            function.__code__ = codes.get(_key_of(function.__code__), function.__code__)


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and those of the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)


def _key_of(code: CodeType) -> tuple[str, int, tuple[str, ...]]:
    return code.co_qualname, code.co_firstlineno, code.co_freevars


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


def tests_of(package: str) -> list[str]:
    """Return the folders and files with a package's tests, the laws last."""
    paths = (CHECKOUT / "tests" / name for name in TESTS[package].split())
    return [str(path if path.is_dir() else path.with_suffix(".py")) for path in paths]


def run_tests(tests: Sequence[str], *plugins: object) -> int:
    """Run tests without any output; return pytest's exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    options = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain")
    return int(pytest.main([*options, *tests], plugins=plugins))


def try_package(package: str, arguments: argparse.Namespace) -> int:
    """Try the mutants of a package, or a sample of them, and print the score; return the exit code."""
    every = [each for file in sorted((CHECKOUT / "tracker" / package).rglob("*.py")) for each in mutants_of(file)]
    size = len(every) if arguments.sample is None else min(arguments.sample, len(every))
    chosen = sorted(random.Random(arguments.seed).sample(every, size))  # noqa: S311 - no secret
    began = time.monotonic()
    report = Report()
    run_tests(tests_of(package), MutantLoop(package, chosen, arguments.seconds, report))
    took = time.monotonic() - began
    interrupted = "" if report.tried == size else "interrupted: "
    report.write(
        f"{package}: {interrupted}{report.noticed} of {report.tried} noticed, of {len(every)} there are; {took:.0f} s"
    )
    return 0


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
    for package in arguments.packages:
        in_fork(functools.partial(try_package, package, arguments))


if __name__ == "__main__":
    main()
