"""The maintainers' scripts, which are in no package, as modules."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

__all__ = ["SCRIPTS", "script"]

SCRIPTS = Path(__file__).resolve().parents[2] / ".github" / "scripts"


def script(name: str) -> Any:
    """Return the module of a script; nothing of it runs but its definitions."""
    spec = spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
