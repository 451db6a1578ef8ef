"""The script that takes a release's notes from the changelog."""

import pytest
from scripts import script

release_notes = script("release_notes")
CHANGELOG = """# Changelog

## Unreleased

## 1.10.0 – 2026-12-01

### Added

- Ten.

## [1.1.0] - 2026-11-01

- One.

## 1.0.0
"""


@pytest.mark.parametrize(("version", "notes"), [("1.10.0", "### Added\n\n- Ten.\n"), ("1.1.0", "- One.\n")])
def test_the_notes_are_the_section_of_the_version(version: str, notes: str) -> None:
    assert release_notes.notes_of(version, CHANGELOG) == notes


@pytest.mark.parametrize("version", ["1.1", "1.0.0", "2.0.0", ".*", ""])
def test_a_version_without_notes_is_not_released(version: str) -> None:
    with pytest.raises(SystemExit, match=r"CHANGELOG\.md"):
        release_notes.notes_of(version, CHANGELOG)
