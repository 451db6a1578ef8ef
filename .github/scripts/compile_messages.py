"""A step of the build: compile the message catalogues, which are read a hundred times faster then.

Hatchling runs it for each wheel, and for an editable install of a clone. The compiled files lie beside their sources,
where git ignores them; one that is older than its source is not read (`tracker/text/messages.py`).
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileMessages(BuildHookInterface[Any]):
    """Compiles each `templates/locale/*.po`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's interface
        """Compile before files are collected."""
        compile_all(Path(self.root))


def compile_all(root: Path) -> list[Path]:
    """Compile the catalogues of a source tree; return the files written, sorted.

    Raises:
        ValueError, LookupError: one is no catalogue, or named for no language.
    """
    # The module alone: the package's other requirements are not there when it is built.
    spec = spec_from_file_location("messages", root / "tracker" / "text" / "messages.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    written = []
    for source in sorted((root / "templates" / "locale").glob("*.po")):
        compiled = source.with_suffix(".mo")
        compiled.write_bytes(module.compile_messages(source.read_bytes(), source.stem))
        written.append(compiled)
    return written
