"""A wildcard in place of all its actions grants what comes: that trips, unless only what is known today counts."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from reviewing import allow, compared, document

from tracker.catalogue.catalogue import load_catalogue
from tracker.cli import command
from tracker.review.model import fails

SERVICE = "account"
"""A service with few actions."""


def _pair() -> tuple[Any, Any]:
    names = [facts.name for facts in load_catalogue().expand(f"{SERVICE}:*")]
    return document(allow(*names)), document(allow(f"{SERVICE}:*"))


def test_a_wildcard_for_all_its_actions_trips_but_not_as_of_today(tmp_path: Path) -> None:
    before, after = _pair()
    found = compared(tmp_path, {"p.json": before}, {"p.json": after})
    assert fails(found.review, "broadens")
    assert not fails(found.review, "broadens", as_of_today=True)
    assert "--as-of-today" in found.printed("markdown")


def test_what_is_new_today_trips_as_of_today_too(tmp_path: Path) -> None:
    found = compared(tmp_path, {"p.json": document(allow("s3:GetObject"))}, {"p.json": document(allow("s3:*"))})
    assert fails(found.review, "broadens", as_of_today=True)


def test_what_is_not_known_trips_as_of_today_too(tmp_path: Path) -> None:
    found = compared(tmp_path, {"p.json": document(allow("s3:GetObject"))}, {"p.json": "{"})
    assert fails(found.review, "broadens", as_of_today=True)


@pytest.mark.parametrize(("more", "code"), [([], 1), (["--as-of-today"], 0)])
def test_the_option_decides_the_exit_code(more: list[str], code: int, tmp_path: Path) -> None:
    files = [tmp_path / "before.json", tmp_path / "after.json"]
    for file, made in zip(files, _pair(), strict=True):
        file.write_text(json.dumps(made))
    arguments = ["diff", *map(str, files), "--fail-on", "broadens", *more]
    assert CliRunner().invoke(command, arguments).exit_code == code
