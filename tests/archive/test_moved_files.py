"""Policies whose files a commit moved to another folder go on; what another folder replaces is another policy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from archives import envelope, new_repository
from builders import allowing

from tracker.changelog.builder import Selection, build_git_changelog

Files = Mapping[str, bytes | None]
ONE, TWO, THREE = (json.dumps(allowing(f"s3:{name}Object")).encode() for name in ("Get", "Put", "Delete"))


def events(folder: Path, *states: Files) -> list[str]:
    """Return the events of a history, oldest first."""
    changelog = build_git_changelog(new_repository(folder, *states), None, ".", Selection())
    assert not changelog.skipped
    return [f"{entry.policy} {entry.event} {entry.version}" for entry in reversed(changelog.entries)]


def moved(old: str, new: str, *names: str, change: Mapping[str, bytes] | None = None) -> list[Files]:
    first: dict[str, bytes | None] = {f"{old}{name}": content for name, content in zip(names, (ONE, TWO), strict=False)}
    then = {f"{new}{path.removeprefix(old)}": content for path, content in first.items()}
    return [first, {**dict.fromkeys(first), **then, **{f"{new}{name}": text for name, text in (change or {}).items()}}]


@pytest.mark.parametrize(
    ("old", "new"), [("a/", "b/"), ("a/", "x/a/"), ("x/a/", "a/"), ("", "a/"), ("a/", ""), ("a/b/", "c/d/")]
)
def test_a_folder_that_is_renamed_is_no_event(tmp_path: Path, old: str, new: str) -> None:
    states = [*moved(old, new, "Reader.json", "Writer"), {f"{new}Reader.json": THREE}]
    assert sorted(events(tmp_path, *states)) == [
        f"{old}Reader policy-added v1",
        f"{old}Reader policy-updated v2",
        f"{old}Writer policy-added v1",
    ]


def test_a_file_that_changed_on_the_way_is_an_update_where_others_moved_with_it(tmp_path: Path) -> None:
    reported = events(tmp_path, *moved("a/", "b/", "Reader", "Writer", change={"Writer": THREE}))
    assert sorted(reported) == ["a/Reader policy-added v1", "a/Writer policy-added v1", "a/Writer policy-updated v2"]


def test_another_name_is_another_policy(tmp_path: Path) -> None:
    assert events(tmp_path, {"a/Reader": ONE}, {"a/Reader": None, "a/Writer": ONE}) == [
        "a/Reader policy-added v1",
        "a/Writer policy-added v1",
        "a/Reader policy-removed None",
    ]


def test_a_copy_is_another_policy(tmp_path: Path) -> None:
    assert events(tmp_path, {"a/Reader": ONE}, {"b/Reader": ONE}) == [
        "a/Reader policy-added v1",
        "b/Reader policy-added v1",
    ]


def test_what_replaces_a_moved_file_is_another_policy(tmp_path: Path) -> None:
    states: tuple[Files, ...] = (
        {"a/Reader": ONE},
        {"a/Reader": None, "b/Reader": ONE},
        {"a/Reader": TWO},
        {"b/Reader": THREE},
        {"a/Reader": None},
    )
    first, second, third, fourth = events(tmp_path, *states)
    assert (first, third) == ("a/Reader policy-added v1", "a/Reader policy-updated v2")
    name = second.split()[0]
    assert name.startswith("a/Reader~")
    assert (second, fourth) == (f"{name} policy-added v1", f"{name} policy-removed None")


def test_a_file_that_moves_there_and_back_keeps_its_name(tmp_path: Path) -> None:
    there, back = moved("a/", "b/", "Reader")[1], moved("b/", "a/", "Reader")[1]
    assert events(tmp_path, {"a/Reader": ONE}, there, back, {"a/Reader": TWO}) == [
        "a/Reader policy-added v1",
        "a/Reader policy-updated v2",
    ]


def test_a_moved_policy_that_is_removed_is_removed_under_its_name(tmp_path: Path) -> None:
    assert events(tmp_path, *moved("a/", "b/", "Reader"), {"b/Reader": None, "b/Other": TWO}) == [
        "a/Reader policy-added v1",
        "b/Other policy-added v1",
        "a/Reader policy-removed None",
    ]


def test_folders_of_versions_move_as_one(tmp_path: Path) -> None:
    def held(number: int, policy: Any) -> bytes:
        return envelope(f"v{number}", f"2020-01-0{number}T00:00:00Z", policy)

    versions = {number: held(number, allowing(f"s3:Get{number}")) for number in (1, 2)}
    files: dict[str, bytes | None] = {f"json/Reader/v{number}/policy.json": text for number, text in versions.items()}
    there = {path.replace("json/", "all/json/", 1): text for path, text in files.items()}
    states: list[Files] = [
        files,
        {**dict.fromkeys(files), **there},
        {"all/json/Reader/v3/policy.json": held(3, allowing("s3:*"))},
    ]
    assert events(tmp_path, *states) == [
        "Reader tracking-started v1",
        "Reader policy-updated v2",
        "Reader policy-updated v3",
    ]


def test_a_file_of_the_same_content_as_one_that_went_stays_with_its_namesake(tmp_path: Path) -> None:
    """It counts as renamed, but not into the group of another policy: it would be there twice."""
    states: list[Files] = [
        {"x/C": ONE},
        {"x/C": None, "A": ONE, "A.json": TWO},
        {"A": None},
        {"A.json": THREE},
    ]
    reported = events(tmp_path, *states)
    assert len(reported) == len(set(reported))
    assert [event for event in reported if event.startswith("x/C")] == [
        "x/C policy-added v1",
        "x/C policy-removed None",
    ]
