"""The archive that the documentation page tells: recorded anew it is what lies in `snapshots/`, and it reads alike."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, git_environment, run, stored

SCRIPT = CHECKOUT / ".github" / "scripts" / "record_documented.py"
PAGE = json.loads((CHECKOUT / "tests" / "pages" / "connect.rows.json").read_text(encoding="utf-8"))["rows"]
SPELLINGS = {
    # as snapshots/README.md lists them: the page → the policy
    "sms:DescribePhoneNumbers": "sms-voice:DescribePhoneNumbers",
    "sms:SendTextMessage": "sms-voice:SendTextMessage",
    "wisdom:KnowledgeBases": "wisdom:ListKnowledgeBases",
    "profile:GetObjectTypes": "profile:GetProfileObjectType",
}
NOT_RECONSTRUCTED = {"AmazonConnectReadOnlyAccess", "AmazonConnectVoiceIDFullAccess"}
TWICE_ON_THE_PAGE = {"profile:GetProfileObjectType", "profile:GetDomain"}
"""Listed once per resource in the row of November 12, 2021."""


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive recorded from the page, in a fresh folder."""
    root = tmp_path_factory.mktemp("documented") / "snapshots"
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, SCRIPT, str(root)], env=environment, check=True)
    return root


def changelog(snapshots: Path, language: str) -> list[dict[str, Any]]:
    arguments = ("--snapshots", snapshots, "changelog", "--service", "connect", "--lang", language, "-f", "json")
    done = run(*arguments, folder=CHECKOUT)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["entries"])


def added(entry: dict[str, Any]) -> Counter[str]:
    return Counter(change["action"] for change in entry["changes"])


def on_the_page(row: dict[str, Any]) -> Counter[str]:
    found = Counter(SPELLINGS.get(action, action) for action in row["actions"])
    for action in TWICE_ON_THE_PAGE & found.keys():
        found[action] = 1
    return found


def test_recorded_anew_it_is_what_lies_in_the_checkout(snapshots: Path) -> None:
    documented = {
        f"{folder.parent.relative_to(CHECKOUT / 'snapshots')}/{version_id}.json"
        for folder in (CHECKOUT / "snapshots").glob("*/*/policy.json")
        for version_id, origin in json.loads(folder.read_text(encoding="utf-8"))["Origins"].items()
        if origin == "documentation"
    }
    recorded = {name: content for name, content in stored(snapshots).items() if not name.endswith("policy.json")}
    assert set(recorded) == documented
    assert len(recorded) == 18
    for name, content in recorded.items():
        assert (CHECKOUT / "snapshots" / name).read_bytes() == content, name


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_changelog_shows_the_pages_table(snapshots: Path, language: str) -> None:
    """Same policies in the same order, and the same actions in each row, but for what snapshots/README.md lists."""
    told = [entry for entry in changelog(snapshots, language) if entry["event"] != "tracking-started"]
    rows = [row for row in PAGE if row["policy"] and not set(row["policy"]) & NOT_RECONSTRUCTED]
    wanted = [(row["policy"][0], row["kind"]) for row in rows]
    kinds = {"policy-added": "new policy", "policy-updated": "update"}
    # The page dates v4 two months late and puts it above the row of AmazonConnect_FullAccess of that day.
    assert wanted[-2:] == [("AmazonConnectServiceLinkedRolePolicy", "update"), ("AmazonConnect_FullAccess", "update")]
    shown = [(entry["policy"], kinds[entry["event"]]) for entry in told]
    assert shown == [*wanted[:-2], wanted[-1], wanted[-2]]
    by_policy: dict[str, list[Counter[str]]] = {}
    for row in rows:
        by_policy.setdefault(row["policy"][0], []).append(on_the_page(row))
    for entry in told:
        expected = by_policy[entry["policy"]].pop(0)
        if entry["event"] == "policy-updated":
            assert added(entry) == expected, entry["id"]
    assert not any(by_policy.values())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_last_rows_say_when_tracking_started(snapshots: Path, language: str) -> None:
    events = [entry["event"] for entry in changelog(snapshots, language)]
    assert events[-2:] == ["tracking-started"] * 2
    assert events.count("tracking-started") == 2
