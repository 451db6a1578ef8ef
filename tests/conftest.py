"""What all tests share: the flag that writes golden files, how many examples laws get, and a cache of bytecode."""

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import settings
from iam_server import iam_server

from tracker.base import parallel
from tracker.text import messages

settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# As the program itself does: the collector would walk all tests and documents again and again.
gc.set_threshold(50_000, 20, 10)

if sys.dont_write_bytecode:
    # Hundreds of tests start the program: compiling it, and what it imports, each time would take most of their time.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`: golden files are written from what the program says now, to be read in the diff."""
    parser.addoption("--update-golden", action="store_true", help="write tests/cases/ anew")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Start one process more than there are processors for `-n auto`: tests wait for git, servers and other processes.

    A number in PYTEST_XDIST_AUTO_NUM_WORKERS counts instead, as it does without this.
    """
    return None if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else (os.cpu_count() or 1) + 1


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


def pytest_configure(config: pytest.Config) -> None:
    """Compile catalogues and templates once: hundreds of tests and processes load them anew."""
    if not hasattr(config, "workerinput"):
        _compile_catalogues(Path(__file__).parents[1] / "templates" / "locale")
    _compile_templates_once()


def _compile_catalogues(folder: Path) -> None:
    """Compile the messages that changed since the package was installed: to read their text takes ten times as long."""
    for file in folder.glob("*.po"):
        text = file.read_bytes()
        if messages.compiled_before(file, text) is None:
            draft = file.with_suffix(f".{os.getpid()}.tmp")
            draft.write_bytes(messages.compile_messages(text, file.stem))
            draft.replace(file.with_suffix(".mo"))


def _compile_templates_once() -> None:
    """Compile each of the program's templates once for each language.

    The code of a template depends on the language: Jinja calls constant messages when it compiles.
    """
    compile_template: Any = jinja2.Environment.compile
    compiled: dict[tuple[Any, ...], Any] = {}

    def compile_once(self: Any, source: Any, name: Any = None, filename: Any = None, **options: Any) -> Any:
        folders = getattr(self.loader, "searchpath", ())
        if options or not folders or any(Path(folder, "locale").exists() for folder in folders[:-1]):
            return compile_template(self, source, name, filename, **options)  # a user's folder may have other words
        key = (type(self), self.globals["language"], source, name, filename)
        if key not in compiled:
            compiled[key] = compile_template(self, source, name, filename)
        return compiled[key]

    pytest.MonkeyPatch().setattr(jinja2.Environment, "compile", compile_once)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in one process, as on a machine with one processor; test_parallel.py is about the second process."""
    monkeypatch.setattr(parallel, "_may_fork", lambda: False)


@pytest.fixture
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build sites of three known actions: the pages of all 450 services take most of the time of a small site."""
    from sites import CATALOGUE

    monkeypatch.setattr("tracker.commands.build.load_catalogue", lambda: CATALOGUE)


@pytest.fixture(scope="session")
def botocore_models() -> Iterator[None]:
    """Read what botocore has of AWS's interfaces once: a session reads it anew, which is half the time of a `fetch`."""
    from botocore.loaders import JSONFileLoader, Loader

    with pytest.MonkeyPatch.context() as patch:
        read_once, list_once = cache(JSONFileLoader().load_file), cache(Loader().list_available_services)
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: read_once(path))
        patch.setattr(Loader, "list_available_services", lambda _, type_name: list_once(type_name))
        yield


@pytest.fixture(scope="session")
def moto(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of one server that speaks like IAM, with all AWS managed policies; started on first use."""
    request.getfixturevalue("botocore_models")
    with iam_server() as address:
        yield address


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The public archive that POLICY_TRACKER_CORPUS names; tests that read it are skipped where it is unset."""
    corpus = os.environ.get("POLICY_TRACKER_CORPUS")
    if corpus is None:
        pytest.skip("POLICY_TRACKER_CORPUS is not set")
    return next(Path(corpus, "archive").glob("*.bundle"))
