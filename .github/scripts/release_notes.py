"""Print what CHANGELOG.md says of a version: the notes of its release.

python .github/scripts/release_notes.py 1.2.3
"""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def notes_of(version: str, changelog: str) -> str:
    """Return the section of a version, without its heading.

    Raises:
        SystemExit: there is none, or it is empty.
    """
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    wanted = re.compile(rf"\[?{re.escape(version)}\]?( – | - |\n)")
    found = [section.partition("\n")[2].strip() for section in sections if wanted.match(section)]
    if len(found) != 1 or not found[0]:
        sys.exit(f"CHANGELOG.md has no section {version!r}, several, or an empty one")
    return f"{found[0]}\n"


if __name__ == "__main__":
    sys.stdout.write(notes_of(sys.argv[1], CHANGELOG.read_text(encoding="utf-8")))
