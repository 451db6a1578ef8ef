"""The layers: imports run downwards only, and the pure packages touch nothing outside."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from archives import CHECKOUT
from layers import LAYERS

PACKAGE = CHECKOUT / "tracker"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


NAMES = frozenset(map(name_of, MODULES))


def package_of(name: str) -> str:
    return name.split(".")[1]


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Return the modules that a module imports, wherever in it."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            inner = [f"{module}.{item.name}" for item in node.names if f"{module}.{item.name}" in NAMES]
            yield from inner or [module]
        elif isinstance(node, ast.Import):
            yield from (item.name for item in node.names)


def ours(path: Path) -> set[str]:
    return {name for name in imports_of(path) if name.startswith("tracker.")} - {name_of(path)}


def test_imports_run_downwards() -> None:
    for path in MODULES:
        package = package_of(name_of(path))
        assert package in LAYERS, f"{package} has no layer yet"
        for name in ours(path):
            assert LAYERS.index(package_of(name)) <= LAYERS.index(package), f"{name_of(path)} imports {name}"


def test_only_packages_stand_at_the_top() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "errors.py"}


@pytest.mark.parametrize("package", [path for path in sorted(PACKAGE.iterdir()) if (path / "__init__.py").exists()])
def test_a_package_says_what_it_gives_and_what_it_never_does(package: Path) -> None:
    said = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert "Never" in said or "never" in said


def test_no_module_imports_itself_by_a_detour() -> None:
    below = {name_of(path): ours(path) for path in MODULES}
    while below:
        free = {name for name, names in below.items() if not names & below.keys()}
        assert free, f"a cycle among {sorted(below)}"
        below = {name: names - free for name, names in below.items() if name not in free}


def test_no_folder_of_a_package_imports_itself_by_a_detour() -> None:
    below: dict[str, set[str]] = {}
    for path in MODULES:
        if path.name != "__init__.py":
            folder = ".".join(name_of(path).split(".")[:3])
            others = {".".join(name.split(".")[:3]) for name in ours(path)} - {folder}
            below[folder] = below.get(folder, set()) | others
    list(TopologicalSorter(below).static_order())


PURE = (
    "errors",
    "policy",
    "diff",
    "access",
    "risk.rules",
    "risk.findings",
    "changelog.entries",
    "text.row",
    "text.scope",
    "review",
)
IMPURE = {"os", "subprocess", "pathlib", "tempfile", "socket", "time", "random", "git", "boto3", "click", "io", "sys"}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if name_of(path).removeprefix("tracker.").startswith(PURE)], ids=name_of
)
def test_a_pure_module_touches_nothing(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports_of(path)} & IMPURE
    text = path.read_text(encoding="utf-8")
    assert "datetime.now" not in text
    assert "open(" not in text.replace("opened(", "")


def test_only_one_module_starts_git() -> None:
    speaking = {name_of(path) for path in MODULES if any(name.partition(".")[0] == "git" for name in imports_of(path))}
    assert speaking == {"tracker.base.git_command"}


def test_only_one_module_speaks_to_aws() -> None:
    speaking = {
        name_of(path) for path in MODULES if {"boto3", "botocore"} & {n.partition(".")[0] for n in imports_of(path)}
    }
    assert speaking <= {"tracker.sources.iam_client"}
