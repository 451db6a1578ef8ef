"""The house's floors: imports run downwards only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import CHECKOUT

FLOORS = (
    # ground floor first; rooms of one floor do not know each other
    ("dates", "errors", "folding", "once", "progress", "rules", "shares", "wildcards"),
    ("model",),
    ("catalogue", "comment", "configuration", "details", "documents", "git", "lock", "scopes", "server", "words"),
    ("filters", "grants"),
    ("access", "diff", "titles"),
    ("changelog", "risk"),
    ("files",),
    ("archive", "contract", "merging", "replay", "review", "rows"),
    ("assessments", "documentation", "recording", "render", "reports", "service_pages", "sources", "telling"),
    ("announcing", "commits", "exchange", "export"),
    ("site",),
    ("fetching", "importing", "pipeline", "places", "terminal"),
    ("building",),
    ("inspection",),
    ("cli",),
    ("__main__",),
)
"""Rooms by floor; a folder is one room, whose own modules may know each other without cycles."""
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}
PACKAGE = CHECKOUT / "tracker"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(name: str) -> str:
    return name.split(".")[1]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a module imports, wherever in it."""
    known = {name_of(module) for module in MODULES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            inner = [f"{module}.{item.name}" for item in node.names if f"{module}.{item.name}" in known]
            yield from inner or [module]
        elif isinstance(node, ast.Import):
            yield from (item.name for item in node.names)


def ours(path: Path) -> set[str]:
    return {name for name in imports_of(path) if name.startswith("tracker.")} - {name_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path: Path) -> None:
    room = room_of(name_of(path))
    assert room in FLOOR_OF, f"{room} has no floor yet"
    for name in ours(path):
        if room_of(name) != room:
            assert FLOOR_OF[room_of(name)] < FLOOR_OF[room], f"{name_of(path)} imports {name}"


def test_no_module_imports_itself_by_a_detour() -> None:
    below = {name_of(path): ours(path) for path in MODULES}
    while below:
        free = {name for name, names in below.items() if not names & below.keys()}
        assert free, f"a cycle among {sorted(below)}"
        below = {name: names - free for name, names in below.items() if name not in free}


PURE = ("errors", "folding", "model", "wildcards", "dates", "documents", "grants", "scopes", "details", "diff")
PURE_TOO = ("changelog", "files", "access", "contract", "rows")
IMPURE = {"os", "subprocess", "pathlib", "tempfile", "socket", "time", "random", "git", "boto3", "click", "io", "sys"}


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(name_of(path)) in PURE + PURE_TOO], ids=name_of)
def test_a_pure_room_touches_nothing(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports_of(path)} & IMPURE
    text = path.read_text(encoding="utf-8")
    assert "datetime.now" not in text
    assert "open(" not in text.replace("opened(", "")


def test_only_one_room_speaks_to_git() -> None:
    speaking = {name_of(path) for path in MODULES if any(name.partition(".")[0] == "git" for name in imports_of(path))}
    assert speaking == {"tracker.git"}


def test_only_one_room_speaks_to_aws() -> None:
    speaking = {
        name_of(path) for path in MODULES if {"boto3", "botocore"} & {n.partition(".")[0] for n in imports_of(path)}
    }
    assert speaking <= {"tracker.sources.iam"}
