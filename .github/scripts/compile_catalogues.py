"""Compile the message catalogues, which are read many times faster then. Run it after a change of one.

python .github/scripts/compile_catalogues.py
"""

from pathlib import Path

from tracker.text.words import compiled

LOCALE = Path(__file__).resolve().parents[2] / "templates" / "locale"

if __name__ == "__main__":
    for catalogue in sorted(LOCALE.glob("*.po")):
        catalogue.with_suffix(".mo").write_bytes(compiled(catalogue.read_bytes(), catalogue.stem))
