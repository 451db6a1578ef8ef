"""Write what workflows and the Action install, each package with its hashes, from the lock file.

uv lock --upgrade
python .github/scripts/export_requirements.py
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(".github") / "requirements"
EXPORTS: dict[str, tuple[str, ...]] = {
    "run.txt": (),
    "review.txt": ("--group", "build"),
    "track.txt": ("--extra", "aws", "--group", "build"),
    "dev.txt": ("--extra", "dev"),
    "release.txt": ("--only-group", "release"),
}
"""File → what it takes from the lock file: the program alone, with a build's needs, with AWS; tests; releases."""
_HEAD = "# From uv.lock by .github/scripts/export_requirements.py; change that, not this.\n"


def exported(root: Path, name: str) -> str:
    """Return the text of one of EXPORTS from the lock file as it is; nothing is resolved or downloaded."""
    command = [sys.executable, "-m", "uv", "export", "--quiet", "--frozen", "--offline", "--no-header", "--no-annotate"]
    wanted = (*EXPORTS[name], "--no-emit-project", "--no-default-groups")
    done = subprocess.run([*command, *wanted], cwd=root, check=True, capture_output=True, text=True)  # noqa: S603
    return _HEAD + done.stdout


def main(root: Path = ROOT) -> None:
    """Write each file."""
    for name in EXPORTS:
        (root / FOLDER / name).write_text(exported(root, name), encoding="utf-8")


if __name__ == "__main__":
    main()
