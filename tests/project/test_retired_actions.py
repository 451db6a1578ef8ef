"""The script that writes `tracker/data/`: what it keeps, and how it dates it. It downloads nothing here."""

import json
from pathlib import Path
from typing import Any

import pytest
import scripts


@pytest.fixture(scope="module")
def script() -> Any:
    return scripts.script("retired_actions")


def listed(script: Any, name: str, level: str = "Read") -> Any:
    return script.Listed("s3", "Amazon S3", name, f"Does  {name}", level, (), (), (), permission_only=False)


def test_what_the_last_listing_lacks_is_retired_with_its_months(script: Any) -> None:
    def actions(*names: str) -> list[Any]:
        return [listed(script, name) for name in names]

    listings = [
        (None, actions("Ancient", "Old", "Current", "Mis read")),
        ("2024-10", actions("Old", "Current", "Respelt")),
        ("2024-11", actions("old", "Current", "Passing", "respelt")),
        ("2024-12", actions("Current", "Returned")),
        ("2025-01", actions("Current", "RESPELT", "Returned")),
    ]
    found = {action.name: (action.first, action.last) for action in script.retired(listings)}
    assert found == {"Ancient": (None, None), "old": ("2024-10", "2024-11"), "Passing": ("2024-11", "2024-11")}


def test_the_newest_listing_of_a_retired_action_gives_its_facts(script: Any) -> None:
    older, newer = listed(script, "Get", "Write"), listed(script, "Get", "Tagging, Write")
    (action,) = script.retired([("2024-10", [older]), ("2024-11", [newer]), ("2024-12", [])])
    assert script.retired_services([action]) == {
        "s3": {
            "name": "Amazon S3",
            "actions": {
                "Get": {"description": "Does Get", "level": "Tagging, Write", "first": "2024-10", "last": "2024-11"}
            },
        }
    }


def test_one_release_is_taken_of_each_month(script: Any) -> None:
    releases = ["0.1.202411011", "0.1.202410312", "0.1.202410311", "0.1.1", "0.1.202410011"]
    assert script.last_of_each_month(releases) == ["0.1.202410312", "0.1.202411011"]


def test_a_written_file_is_json_with_one_service_per_line(script: Any, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    script.write(file, {"about": "é"}, {"a": {"name": "A"}, "b": {}})
    assert json.loads(file.read_text(encoding="ascii")) == {"about": "é", "services": {"a": {"name": "A"}, "b": {}}}
    assert '"a": {"name":"A"},\n"b": {}\n' in file.read_text(encoding="ascii")
