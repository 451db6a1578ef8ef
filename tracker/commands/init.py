"""A tracker of one's own in an empty folder: configuration, workflows, and a README that says what to click."""

from pathlib import Path

from tracker import __version__
from tracker.base.files import write_text
from tracker.errors import OutputError, UsageError
from tracker.text.words import template_folders

__all__ = ["init"]

_FILES = {
    "README.md": "README.{language}.md",
    "policy-tracker.toml": "policy-tracker.{language}.toml",
    ".gitignore": "gitignore",
    ".gitattributes": "gitattributes",
    ".github/workflows/track.yml": "track.yml",
    ".github/workflows/watch.yml": "watch.yml",
    ".github/workflows/audit.yml": "audit.yml",
}
"""What is written → the template that it is a copy of."""
_REQUIREMENTS = f"policy-tracker[aws]=={__version__}\n"


def init(folder: Path, language: str) -> list[Path]:
    """Write the files of a new tracker into an empty folder; return them, from that folder, sorted.

    Args:
        folder: made if it is not there; one that holds nothing but `.git`, as a new clone does, is empty, too.
        language: of the README and of the comments.

    Raises:
        UsageError: the folder is not empty, or the language has no templates.
        OutputError: the folder can't be read, or a file can't be written.
    """
    _require_empty(folder)
    templates = template_folders()[-1] / "init"
    known = sorted(file.name.split(".")[1] for file in templates.glob("README.*.md"))
    if language not in known:
        raise UsageError(f"no templates in {language!r}", where="--lang", hint=f"known: {', '.join(known)}")
    sources = {target: templates / name.format(language=language) for target, name in _FILES.items()}
    texts = {target: source.read_text(encoding="utf-8") for target, source in sources.items()}
    for target, text in {**texts, "requirements.txt": _REQUIREMENTS}.items():
        write_text(folder / target, text)
    return sorted(map(Path, (*texts, "requirements.txt")))


def _require_empty(folder: Path) -> None:
    try:
        held = sorted(item.name for item in folder.iterdir() if item.name != ".git")
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise UsageError("is no folder", where=str(folder), hint="name an empty folder, or a new one") from error
    except OSError as error:
        raise OutputError(f"can't be read: {error.strerror}", where=str(folder)) from error
    if held:
        hint = "name an empty folder, or a new one: policy-tracker init FOLDER"
        raise UsageError(f"the folder is not empty: it holds {held[0]!r}", where=str(folder), hint=hint)
