"""What the package promises: `__all__` is sorted and complete, and its examples run."""

import ast
import doctest
import importlib
import warnings
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from archives import CHECKOUT

import tracker

PACKAGE = CHECKOUT / "tracker"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def _order(name: str) -> tuple[int, str]:
    """Return a sort key of a name: constants, then classes, then functions, as the formatter sorts them."""
    return (0 if name.isupper() and not name.startswith("_") else 1 if name[:1].isupper() else 2), name


@cache
def imported() -> dict[str, set[str]]:
    """Return the names that modules import from each other, by the module that has them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found[node.module] |= {item.name for item in node.names}
    return dict(found)


def used_elsewhere(path: Path) -> set[str]:
    """Return the names that other modules import from a module."""
    found = imported().get(name_of(path), set())
    return {name for name in found if not (path.parent / name).exists() and not path.with_name(f"{name}.py").exists()}


def test_all_is_sorted_and_names_what_is_there() -> None:
    for path in MODULES:
        module = importlib.import_module(name_of(path))
        names = list(getattr(module, "__all__", ()))
        assert names == sorted(set(names), key=_order), module
        assert all(hasattr(module, name) for name in names), module


def test_what_others_use_is_promised() -> None:
    for path in MODULES:
        if path.name != "__init__.py":
            module = importlib.import_module(name_of(path))
            assert used_elsewhere(path) <= set(module.__all__), module
            assert not [name for name in used_elsewhere(path) if name.startswith("_")], module


def test_every_public_name_can_be_had() -> None:
    assert sorted(dir(tracker)) == list(tracker.__all__)
    for name in tracker.__all__:
        assert getattr(tracker, name) is not None
    with pytest.raises(AttributeError, match="nothing_such"):
        tracker.nothing_such  # type: ignore[attr-defined]  # noqa: B018 - to be refused


@pytest.mark.parametrize("path", [path for path in MODULES if ">>> " in path.read_text("utf-8")], ids=name_of)
def test_examples_run(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = doctest.testmod(importlib.import_module(name_of(path)))
    assert result.failed == 0
