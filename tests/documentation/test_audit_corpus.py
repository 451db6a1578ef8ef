"""The audit measured: the page this project began with, and five services' rows, against the public archive."""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from archives import CHECKOUT

from tracker.archive.store import archive_on_disk
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import Selection, build_archive_changelog
from tracker.changelog.model import Changelog
from tracker.commands.import_git import import_git
from tracker.documentation import DocumentedAction, DocumentedPage, DocumentedRow, RowKind, read_page
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.matching import ABSOLUTE_MAX_DAYS, ROW_ZONE
from tracker.documentation.auditing.model import Audit
from tracker.policy.history import PolicyHistory
from tracker.policy.model import Json
from tracker.settings.configuration import read_configuration
from tracker.settings.services import Service

CORPUS = os.environ.get("POLICY_TRACKER_CORPUS")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS, reason="POLICY_TRACKER_CORPUS is not set"),
]
KINDS = {"update": RowKind.UPDATE, "new policy": RowKind.NEW_POLICY, "start of tracking": RowKind.TRACKING_STARTED}
CONFIGURATION = read_configuration(CHECKOUT / "pyproject.toml", CHECKOUT)
CATALOGUE = load_catalogue()


def exists(name: str) -> bool:
    return bool(CATALOGUE.expand(name))


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    snapshots = tmp_path_factory.mktemp("snapshots")
    bundle = Path(CORPUS or "", "archive", "aws-managed-policies-2019-2024.bundle")
    import_git(bundle, None, "policies", snapshots, "aws")
    return snapshots


def reported(snapshots: Path, service: Service) -> Changelog:
    return build_archive_changelog(archive_on_disk(snapshots), CONFIGURATION, Selection("aws", service))


def last_day(changelog: Changelog) -> date:
    assert changelog.until is not None
    return changelog.until.astimezone(ROW_ZONE).date()


# --- the page ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seed(snapshots: Path) -> Audit:
    page = read_page((CHECKOUT / "tests" / "pages" / "connect.ko.txt").read_bytes(), name="connect.ko.txt")
    service = CONFIGURATION.service("connect")
    changelog = reported(snapshots, service)
    since, until = service.tracking_since, last_day(changelog)
    return audit_page(page, changelog.entries, exists, tracking_since=since, archive_until=until)


def test_every_row_of_the_seed_page_is_found(seed: Audit) -> None:
    assert len(seed.rows) == 18
    assert not seed.counts["not-found"] + seed.counts["not-checked"]


def test_the_misspelt_actions_and_the_one_that_no_row_documents_are_named(seed: Audit) -> None:
    found = [finding for row in seed.rows for finding in row.findings]
    assert {item.written: item.meant for finding in found for item in finding.respelled} == {
        "sms:DescribePhoneNumbers": ("sms-voice:DescribePhoneNumbers",),
        "sms:SendTextMessage": ("sms-voice:SendTextMessage",),
        "wisdom:KnowledgeBases": ("wisdom:ListKnowledgeBases",),
        "profile:GetObjectTypes": ("profile:GetProfileObjectType",),
    }
    assert [change.action for finding in found for change in finding.silent] == ["wisdom:UpdateContent"]
    assert not any(finding.missing for finding in found)


def test_the_versions_that_no_row_documents_and_the_rows_dated_off_by_two_months_are_named(seed: Audit) -> None:
    assert [(entry.policy, entry.version) for entry in seed.untold] == [
        ("AmazonConnectServiceLinkedRolePolicy", "v8"),
        ("AmazonConnectServiceLinkedRolePolicy", "v7"),
    ]
    assert {row.row.number for row in seed.rows if abs(row.findings[0].days or 0) > 60} == {11, 16}


# --- five services' rows -----------------------------------------------------------------------------------------


class ComparedRow(NamedTuple):
    """A row's match beside what is right."""

    service: str
    where: str
    right: str | None
    found: str | None


def rows_of(raw: list[dict[str, Any]]) -> tuple[DocumentedRow, ...]:
    return tuple(
        DocumentedRow(
            number=number,
            kind=KINDS.get(item["kind"], RowKind.RENAMED),
            policies=tuple(item["policy"]),
            change=item["title"],
            title=item["title"],
            description=item["description"],
            date=date.fromisoformat(item["date"]),
            date_text=item["date"],
            actions=tuple(DocumentedAction(name, "") for name in item["actions"]),
            removed_actions=tuple(DocumentedAction(name, "", removed=True) for name in item["removed_actions"]),
        )
        for number, item in enumerate(raw, 1)
    )


def resources_by_action(document: Json) -> Mapping[str, set[str]]:
    """Return where each action stands in a document: the rest of each statement as text, labels aside."""
    raw = document["Statement"]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item in raw if isinstance(raw, list) else [raw]:
        actions = item.get("Action", item.get("NotAction"))
        rest = {key: value for key, value in item.items() if key not in ("Action", "NotAction", "Sid")}
        text = json.dumps(
            {key: sorted(value) if isinstance(value, list) else value for key, value in rest.items()}, sort_keys=True
        )
        for action in actions if isinstance(actions, list) else [actions]:
            found[action.lower()].add(text)
    return found


def right_version(row: DocumentedRow, history: PolicyHistory) -> str | None:
    """Return by another rule which version a row documents: the one into whose text most of its actions came.

    It knows no scopes, wildcards or slips; of equals the nearest in time is right.
    """
    best: tuple[int, int] | None = None
    right = None
    before: Mapping[str, set[str]] = {}
    assert row.date is not None
    for version in history.versions:
        after = resources_by_action(version.document)
        moved = sum(bool(_of(after, item) - _of(before, item)) for item in row.actions)
        moved += sum(bool(_of(before, item) - _of(after, item)) for item in row.removed_actions)
        days = abs((row.date - version.created_at.astimezone(ROW_ZONE).date()).days)
        if moved and days <= ABSOLUTE_MAX_DAYS and (best is None or (moved, -days) > best):
            best, right = (moved, -days), version.version_id
        before = after
    return right


def _of(found: Mapping[str, set[str]], action: DocumentedAction) -> set[str]:
    return found.get(action.name.lower(), set())


@pytest.fixture(scope="module")
def compared(snapshots: Path) -> list[ComparedRow]:
    """Return for each update row with action names inside the archive's time: where, what is right, what was found."""
    lines = Path(CORPUS or "", "documented-rows", "rows.jsonl").read_text(encoding="utf-8").splitlines()
    by_service: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        by_service[json.loads(line)["service"]].append(json.loads(line))
    found = []
    for name, raw in by_service.items():
        names = tuple({policy for item in raw for policy in item["policy"]})
        changelog = reported(snapshots, Service(name, "any", names))
        histories = {
            item.facts.name: item
            for item in archive_on_disk(snapshots).histories("aws", names.__contains__)
            if isinstance(item, PolicyHistory)
        }
        rows, until = rows_of(raw), last_day(changelog)
        audited = audit_page(DocumentedPage("", "en", rows, names), changelog.entries, exists, archive_until=until)
        for item in audited.rows:
            inside = item.row.date is not None and item.row.date < until
            if item.row.kind is RowKind.UPDATE and (item.row.actions or item.row.removed_actions) and inside:
                for finding in item.findings:
                    right = right_version(item.row, histories[finding.policy or ""])
                    version = finding.entries[0].version if finding.entries else None
                    found.append(ComparedRow(name, f"{finding.policy} {item.row.date}", right, version))
    return found


def test_at_least_95_percent_of_the_rows_are_matched_to_the_right_version(
    compared: list[ComparedRow],
) -> None:
    wrong = [item for item in compared if item.right != item.found]
    assert len(compared) >= 50
    assert len(wrong) <= len(compared) * 0.05, wrong


def test_the_only_row_the_other_rule_can_not_match_is_the_one_with_misspelt_names(
    compared: list[ComparedRow],
) -> None:
    """Looked at by eye: the page writes `sms:`, the policy `sms-voice:`; v14 is right."""
    assert [item[1:] for item in compared if item.right != item.found] == [
        ("AmazonConnectServiceLinkedRolePolicy 2023-11-17", None, "v14")
    ]


def test_recall_and_precision_by_service(compared: list[ComparedRow]) -> None:
    """Print them (`pytest -s`), and each row that is not matched as the other rule has it."""
    for service in sorted({item.service for item in compared}):
        rows = [item for item in compared if item.service == service]
        hits = sum(item.right == item.found is not None for item in rows)
        due, reported = (sum(bool(getattr(item, name)) for item in rows) for name in ("right", "found"))
        sys.stdout.write(f"\n{service}: {len(rows)} rows, recall {hits}/{due}, precision {hits}/{reported}")
        for item in rows:
            if item.right != item.found:
                sys.stdout.write(f"\n  {item.where}: {item.found}, by the other rule {item.right}")
    sys.stdout.write("\n")
    assert compared


@pytest.mark.slow
def test_rows_made_of_the_archives_own_entries_are_found(snapshots: Path) -> None:
    """Every update of 1,200 policies as a row that names its actions, dated on its day: 99 % find their version."""
    archive = archive_on_disk(snapshots)
    changelog = build_archive_changelog(archive, CONFIGURATION, Selection("aws"))
    by_policy: defaultdict[str, list[Any]] = defaultdict(list)
    for entry in changelog.entries:
        by_policy[entry.policy].append(entry)
    outcomes: Counter[bool] = Counter()
    for policy, entries in by_policy.items():
        updates = [entry for entry in entries if entry.event == "policy-updated"]
        rows = tuple(
            DocumentedRow(
                number=number,
                kind=RowKind.UPDATE,
                policies=(policy,),
                change="",
                title="",
                description="",
                date=entry.at.astimezone(ROW_ZONE).date(),
                date_text="",
                actions=tuple(DocumentedAction(item.action, "") for item in entry.changes if item.after),
                removed_actions=tuple(
                    DocumentedAction(item.action, "", removed=True) for item in entry.changes if not item.after
                ),
            )
            for number, entry in enumerate(updates, 1)
        )
        audited = audit_page(DocumentedPage("", "en", rows, ()), entries, exists)
        for entry, row in zip(updates, audited.rows, strict=True):
            first = next(iter(row.findings[0].entries), None)
            outcomes[first is not None and first.id == entry.id] += 1
    assert outcomes[True] > 2000
    assert outcomes[False] <= sum(outcomes.values()) * 0.01
