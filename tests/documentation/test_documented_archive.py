"""The documentation page of Amazon Connect against the archive: every row, and the versions that are in no row."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from archives import CHECKOUT, call, git_environment, stored
from oracle import disagreements

SCRIPT = CHECKOUT / ".github" / "scripts" / "record_documented.py"
ROWS = json.loads((CHECKOUT / "tests" / "pages" / "connect.rows.json").read_text(encoding="utf-8"))["rows"]
SERVICE_LINKED = "AmazonConnectServiceLinkedRolePolicy"
SPELLINGS = {
    # as snapshots/README.md lists them: the page → the policy
    "sms:DescribePhoneNumbers": "sms-voice:DescribePhoneNumbers",
    "sms:SendTextMessage": "sms-voice:SendTextMessage",
    "wisdom:KnowledgeBases": "wisdom:ListKnowledgeBases",
    "profile:GetObjectTypes": "profile:GetProfileObjectType",
}
TWICE_ON_THE_PAGE = {"profile:GetProfileObjectType", "profile:GetDomain"}
"""Listed once per resource in the row of November 12, 2021."""
DOCUMENTED_BY_NO_ROW = {
    f"aws/{SERVICE_LINKED}/v7": {"profile:ListProfileObjects"},
    f"aws/{SERVICE_LINKED}/v8": {
        "profile:GetProfileObjectType",
        "profile:GetProfileObjectTypeTemplate",
        "profile:ListProfileObjectTypes",
        "profile:ListProfileObjectTypeTemplates",
    },
    f"aws/{SERVICE_LINKED}/v9": {"wisdom:UpdateContent"},
}
"""What the versions of the page's time have and its table has not: entry → actions."""
FIRST_ROW, LAST_ROW = "2021-04-14", "2023-11-29"
"""The page's time: its first row documents a version of April 14, 2021, its last one of November 28, 2023."""


@pytest.fixture(scope="module")
def reconstructed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The versions that follow from the page, by file."""
    root = tmp_path_factory.mktemp("documented") / "snapshots"
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, SCRIPT, str(root)], env=environment, check=True)
    return {name: content for name, content in stored(root).items() if not name.endswith("policy.json")}


def changelog(language: str, format_name: str = "json") -> str:
    arguments = ("changelog", "--service", "connect", "--lang", language, "-f", format_name)
    done = call("--snapshots", CHECKOUT / "snapshots", *arguments, folder=CHECKOUT)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def entries(language: str) -> list[dict[str, Any]]:
    return list(json.loads(changelog(language))["entries"])


def changed(entry: dict[str, Any]) -> Counter[str]:
    return Counter(change["action"] for change in entry["changes"])


def on_the_page(row: dict[str, Any]) -> Counter[str]:
    found = Counter(SPELLINGS.get(action, action) for action in row["actions"])
    for action in TWICE_ON_THE_PAGE & found.keys():
        found[action] = 1
    return found


def document(content: bytes) -> dict[str, Any]:
    return dict(json.loads(content)["Document"])


def test_what_follows_from_the_page_is_what_the_policies_were_but_for_the_older_ones(
    reconstructed: dict[str, bytes],
) -> None:
    """The table leads back to v12 of the service-linked role's policy, in meaning to v9; see snapshots/README.md."""
    differing = {
        name for name, content in reconstructed.items() if (CHECKOUT / "snapshots" / name).read_bytes() != content
    }
    in_meaning = {
        name
        for name in differing
        if [*disagreements(document(reconstructed[name]), document((CHECKOUT / "snapshots" / name).read_bytes()), ())]
    }
    assert len(reconstructed) == 18
    assert in_meaning == {f"aws/{SERVICE_LINKED}/v{number}.json" for number in (3, 4, 5, 6)}
    assert differing - in_meaning == {f"aws/{SERVICE_LINKED}/v{number}.json" for number in (9, 10, 11)}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_row_of_the_pages_table_is_found_in_its_order(language: str) -> None:
    """The same policies, and in each row the same actions, but for what snapshots/README.md lists."""
    kinds = {"policy-added": "new policy", "policy-updated": "update"}
    found = [entry for entry in entries(language) if FIRST_ROW <= (entry["published"] or "") <= LAST_ROW]
    reported = [entry for entry in found if changed(entry).keys() != DOCUMENTED_BY_NO_ROW.get(entry["id"], set())]
    assert {entry["id"] for entry in found} - {entry["id"] for entry in reported} == DOCUMENTED_BY_NO_ROW.keys() - {
        f"aws/{SERVICE_LINKED}/v9"
    }
    by_policy: dict[str, list[dict[str, Any]]] = {}
    for row in ROWS:
        if row["kind"] in kinds.values():
            (policy,) = row["policy"]
            by_policy.setdefault(policy, []).append(row)
    for entry in reported:
        row = by_policy[entry["policy"]].pop(0)
        assert kinds[entry["event"]] == row["kind"], entry["id"]
        if entry["event"] == "policy-updated":
            silent = Counter(DOCUMENTED_BY_NO_ROW.get(entry["id"], ()))
            assert changed(entry) == on_the_page(row) + silent, entry["id"]
    assert not any(by_policy.values()), "each row has its entry"


@pytest.mark.parametrize(
    ("language", "row"),
    [("en", "| Amazon Connect started tracking changes |"), ("ko", "| Amazon Connect에서 변경 사항 추적 시작 |")],
)
def test_the_start_of_the_pages_table_stands_between_what_is_newer_and_what_is_older(language: str, row: str) -> None:
    lines = changelog(language, "markdown").splitlines()
    (index,) = [number for number, line in enumerate(lines) if line.startswith(row)]
    assert "2021" in lines[index].rpartition("|")[0].rpartition("|")[2]
    assert "`AmazonConnect_FullAccess`" in lines[index - 1], "v2 of July 1, 2021"
    assert f"`{SERVICE_LINKED}`" in lines[index + 1], "v4 of April 14, 2021, which the page dates two months late"
    started = [entry for entry in entries(language) if entry["event"] == "tracking-started"]
    assert {entry["observed"] for entry in started} == {"2021-06-15T07:00:00Z"}, "the day begins in Los Angeles"
    assert {entry["published"] for entry in started} == {None}
