"""Record the Amazon Connect policies of 2021 to 2023 from their documentation page, one commit a version.

The page shows the newest documents and a table of updates. Earlier versions follow by taking back, row by row, what
the table says was added. Where page and policy disagree, the policy is right; every such place is in REPAIRS or
SPELLINGS, and is listed in snapshots/README.md.

    python .github/scripts/record_documented.py [--commit] SNAPSHOTS
"""

import argparse
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from tracker.archive.store import write_history
from tracker.base.dates import parse_time
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.commands.commits import commit_histories
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion
from tracker.settings.configuration import read_configuration
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, template_folders

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = CHECKOUT / "tests" / "pages"
HEADINGS = {
    "AmazonConnect_FullAccess": "AmazonConnect_ FullAccess 정책",
    "AmazonConnectServiceLinkedRolePolicy": "AWS 관리형 정책: AmazonConnectServiceLinkedRolePolicy",
    "AmazonConnectCampaignsServiceLinkedRolePolicy": "AWS 관리형 정책: AmazonConnectCampaignsServiceLinkedRolePolicy",
    "CustomerProfilesServiceLinkedRolePolicy": "AWS 관리형 정책: CustomerProfilesServiceLinkedRolePolicy",
    "AmazonConnectSynchronizationServiceRolePolicy": "AWS 관리형 정책: AmazonConnectSynchronizationServiceRolePolicy",
}
REPAIRS = {
    "AmazonConnectCampaignsServiceLinkedRolePolicy": [('instance/*" ] }', 'instance/*" } ] }')],
    "CustomerProfilesServiceLinkedRolePolicy": [
        ('"Resource": ""', '"Resource": "*"'),
        ("arn:aws:iam:::role", "arn:aws:iam::*:role"),
    ],
}
SPELLINGS = {
    "sms:DescribePhoneNumbers": "sms-voice:DescribePhoneNumbers",
    "sms:SendTextMessage": "sms-voice:SendTextMessage",
    "wisdom:KnowledgeBases": "wisdom:ListKnowledgeBases",
    "profile:GetObjectTypes": "profile:GetProfileObjectType",
}
DOMAINS = "arn:aws:profile:*:*:domains/amazon-connect-*"
RESOURCES = {"all resources (*)": "*", DOMAINS: DOMAINS}
ONLY_ON = {"iam:CreateServiceLinkedRole": "profile.amazonaws.com"}
"""A row that names an action which the policy grants in two statements, and what marks the one it means."""


def documents(page: str) -> dict[str, Any]:
    """Return the policies' documents, as the page shows them, mended."""
    found = {}
    for policy, heading in HEADINGS.items():
        start = page.index('{ "Version"', page.index(heading))
        text = page[start : page.index("\n", start)]
        for wrong, right in REPAIRS.get(policy, []):
            assert wrong in text, (policy, wrong)
            text = text.replace(wrong, right)
        found[policy] = json.loads(text)
    return found


def taken_back(document: Any, row: Any) -> Any:
    """Return a document without the actions that a row says were added."""
    before = deepcopy(document)
    for group in row["groups"]:
        for named in group["actions"]:
            action = SPELLINGS.get(named["action"], named["action"])
            _take(before["Statement"], action, RESOURCES.get(group["scope"]))
    before["Statement"] = [statement for statement in before["Statement"] if statement["Action"]]
    return before


def _take(statements: list[Any], action: str, resource: str | None) -> None:
    found = False
    for statement in statements:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if resource is not None and statement["Resource"] not in (resource, [resource]):
            continue
        if action not in actions or ONLY_ON.get(action, "") not in str(statement["Resource"]):
            continue
        statement["Action"] = [other for other in actions if other != action]
        found = True
    assert found, action


def histories() -> Iterator[PolicyHistory]:
    """Yield the histories that the page documents."""
    rows = json.loads((PAGES / "connect.rows.json").read_text(encoding="utf-8"))["rows"]
    known = json.loads((PAGES / "connect.versions.json").read_text(encoding="utf-8"))
    for policy, newest in documents((PAGES / "connect.ko.txt").read_text(encoding="utf-8")).items():
        yield _history(policy, newest, [row for row in rows if policy in row["policy"]], known[policy])


def _history(policy: str, newest: Any, rows: list[Any], known: list[Any]) -> PolicyHistory:
    """Go back from the newest document; a version without a row has no content of its own and is left out."""
    dates = {item["VersionId"]: parse_time(item["CreateDate"]) for item in known}
    documented = _versions_of(rows, dates)
    document, versions = newest, []
    for row, version_id in documented:
        versions.append(PolicyVersion(version_id, dates[version_id], document, "documentation"))
        document = taken_back(document, row)
    last_row, last_id = documented[-1]
    if last_row["kind"] == "update":
        order = list(dates)
        first = order[order.index(last_id) - 1]
        versions.append(PolicyVersion(first, dates[first], document, "documentation"))
    versions.reverse()
    first_version = versions[0]
    facts = PolicyFacts(policy, created_at=first_version.created_at if first_version.version_id == "v1" else None)
    seen = tuple(Observation(version.created_at, version.version_id) for version in versions)
    return PolicyHistory("aws", facts, tuple(versions), seen, folder=policy)


def _versions_of(rows: list[Any], dates: dict[str, datetime]) -> list[tuple[Any, str]]:
    """Return each row with its version, newest first: the choice in order whose days are nearest on the whole."""
    newest_first = sorted(dates, key=lambda version_id: dates[version_id], reverse=True)

    def distance(chosen: tuple[str, ...]) -> int:
        days = zip(rows, chosen, strict=True)
        return sum(abs((dates[version_id].date() - date.fromisoformat(row["date"])).days) for row, version_id in days)

    nearest = min(combinations(newest_first, len(rows)), key=distance)
    return list(zip(rows, nearest, strict=True))


def steps(snapshots: Path) -> Iterator[tuple[Entry, list[Path]]]:
    """Record version by version, oldest first over all policies, and yield each entry with its files."""
    service = read_configuration(CHECKOUT / "pyproject.toml", CHECKOUT).service("connect")
    assert service.tracking_since is not None
    since = parse_time(f"{service.tracking_since}T00:00:00Z")
    whole = {history.facts.name: history for history in histories()}
    order = sorted(
        (version.created_at, name, place) for name in whole for place, version in enumerate(whole[name].versions)
    )
    for _, name, place in order:
        history = whole[name]
        before, after = (
            PolicyHistory("aws", history.facts, history.versions[:end], history.observations[:end], folder=name)
            for end in (place, place + 1)
        )
        files = write_history(snapshots, before if place else None, after)
        *_, entry = entries_of(after, since)
        assert isinstance(entry, Entry)
        yield entry, files


def main() -> None:
    """Record, and commit if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("--commit", action="store_true")
    arguments = parser.parse_args()
    recorded = steps(arguments.snapshots)
    if arguments.commit:
        row_builder = RowBuilder(load_words("en", template_folders()), load_catalogue())
        arguments.snapshots.mkdir(parents=True, exist_ok=True)
        commit_histories(arguments.snapshots, recorded, row_builder)
    else:
        for _entry, _files in recorded:
            pass


if __name__ == "__main__":
    main()
