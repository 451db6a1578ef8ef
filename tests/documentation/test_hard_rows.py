"""A page of hard rows against the archive of this checkout: each row has a trait that readers of such pages err at."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT
from jsonschema import Draft202012Validator

from tracker.changelog.builder import HistoryOrigin
from tracker.commands.audit import AuditRequest, audit
from tracker.documentation.auditing.model import Audit, RowFinding
from tracker.documentation.reading.pages import read_page
from tracker.errors import PageError
from tracker.formats.audit_json import documentation_to_json
from tracker.settings.configuration import Configuration

PAGE = CHECKOUT / "tests" / "pages" / "hard-rows.md"


def audit_of(page: Path) -> Audit:
    request = AuditRequest((str(page),), date(2026, 9, 1))
    found = audit(request, HistoryOrigin(CHECKOUT / "snapshots"), Configuration())
    return found.pages[0].audit


@pytest.fixture(scope="module")
def audited() -> Audit:
    return audit_of(PAGE)


def findings(audited: Audit, row_number: int) -> dict[str | None, RowFinding]:
    (row,) = [row for row in audited.rows if row.row.number == row_number]
    return {finding.policy: finding for finding in row.findings}


def test_the_table_is_found_below_a_fence_that_is_closed_by_words(audited: Audit) -> None:
    assert [row.row.number for row in audited.rows] == list(range(1, 18))


@pytest.mark.parametrize(
    ("row_number", "versions"),
    [
        (1, {"CloudWatchSyntheticsFullAccess": "v9"}),
        (2, {"BatchServiceRolePolicy": "v6"}),
        (3, {"BatchServiceRolePolicy": "v6"}),
        (4, {"Billing": "v6", "AWSBillingReadOnlyAccess": "v2"}),
        (5, {"AdministratorAccess-AWSElasticBeanstalk": "v1"}),
        (6, {"AWSOrganizationsFullAccess": "v3"}),
        (7, {"AmazonSageMakerReadOnly": "v11"}),
        (8, {"AmazonRoute53ResolverFullAccess": "v3"}),
        (9, {"AWSLicenseManagerMasterAccountRolePolicy": "v4"}),
        (10, {"AWSMarketplaceSellerFullAccess": "v5"}),
        (11, {"AWS_ConfigRole": "v20"}),
        (12, {"AWSConfigServiceRolePolicy": "v36"}),
        (13, {"AWSConfigServiceRolePolicy": None}),
        (14, {"AmazonRedshiftServiceLinkedRolePolicy": "v8"}),
        (15, {"AWSDataLifecycleManagerServiceRoleForAMIManagement": "v2"}),
        (16, {"AmazonRDSServiceRolePolicy": "v12"}),
        (17, {"AmazonRDSPreviewServiceRolePolicy": "v6", "AmazonRDSServiceRolePolicy": None}),
    ],
)
def test_each_row_documents_the_version_of_each_of_its_policies(
    audited: Audit, row_number: int, versions: Mapping[str, str | None]
) -> None:
    found = findings(audited, row_number)
    assert {name: item.entries[0].version if item.entries else None for name, item in found.items()} == versions


@pytest.mark.parametrize(
    ("row_number", "actions"),
    [
        (1, {"lambda:DeleteFunction": ("added", "v9", None), "lambda:DeleteLayerVersion": ("added", "v9", None)}),
        (
            6,
            {
                "organizations:EnableAWSServiceAccess": ("covered", "v1", "organizations:*"),
                "iam:CreateServiceLinkedRole": ("added", "v3", None),
            },
        ),
        (7, {}),
        (9, {}),
        (
            11,
            {
                "APS:DescribeWorkspace": ("added", "v20", None),
                "DMS:DescribeReplicationTasks": ("granted-before", "v12", None),
            },
        ),
        (12, {"glue:GetTable": ("added", "v36", None)}),
        (13, {"cloudformation:ListTypes": ("granted-before", "v18", None)}),
    ],
)
def test_the_truth_is_said_of_each_action(audited: Audit, row_number: int, actions: Mapping[str, Any]) -> None:
    (found,) = findings(audited, row_number).values()
    assert {item.name: (item.standing, item.version, item.covered_by) for item in found.actions} == actions
    assert not found.missing


def test_kinds_and_days_and_spelling(audited: Audit) -> None:
    rows = {row.row.number: row for row in audited.rows}
    assert {row_number: rows[row_number].row.kind for row_number in (5, 15)} == {5: "new-policy", 15: "update"}
    assert rows[16].row.roles == ("AWSServiceRoleForRDS",)
    assert rows[8].findings[0].labels_only
    assert [(item.written, item.meant) for item in rows[12].findings[0].respelled] == [
        ("Glue::GetTable", ("glue:GetTable",))
    ]
    assert {row_number: rows[row_number].findings[0].days for row_number in (9, 10, 11, 14)} == {
        9: -1,
        10: -8,
        11: -21,
        14: -58,
    }
    assert rows[17].findings[1].reason == "no-version"
    assert not any(row.row.removed_actions for row in audited.rows)


def matched(name: str) -> list[tuple[str, list[tuple[str | None, str | None]]]]:
    return [
        (row.row.kind, [(item.policy, item.entries[0].version if item.entries else None) for item in row.findings])
        for row in audit_of(CHECKOUT / "tests" / "pages" / name).rows
    ]


def test_a_guide_in_asciidoc_names_policies_by_the_headings_of_their_anchors() -> None:
    """Facts of the EKS guide: policy, day and actions; a role in the first cell leads to the policy beside it."""
    assert matched("eks.adoc") == [
        ("update", [("AmazonEKSServiceRolePolicy", "v25")]),
        ("new-policy", [("AmazonEBSCSIDriverPolicyV2", "v1"), ("AmazonEBSCSIDriverEKSClusterScopedPolicy", "v1")]),
        ("update", [("AWSServiceRoleForAmazonEKSNodegroup", "v11")]),
        ("update", [("AmazonEKSConnectorServiceRolePolicy", "v2")]),
        ("update", [("AmazonEKSClusterPolicy", "v8")]),
        ("update", [("AmazonEKSServicePolicy", "v7"), ("AmazonEKSServiceRolePolicy", "v3")]),
        ("tracking-started", [(None, None)]),
    ]


def test_a_page_in_chinese_is_read() -> None:
    """Facts of the EC2 guide in Chinese."""
    assert matched("ec2.zh.md") == [
        ("new-policy", [("AWSEC2CapacityManagerServiceRolePolicy", "v1")]),
        ("new-policy", [("AmazonEC2ImageReferencesAccessPolicy", "v1")]),
        ("update", [("AWSEC2CapacityReservationFleetRolePolicy", "v2")]),
        ("update", [("AmazonEC2ReadOnlyAccess", "v3")]),
        ("tracking-started", [(None, None)]),
    ]


def test_a_header_in_another_language_is_named() -> None:
    page = "| Muutos | Kuvaus | Päivä |\n| --- | --- | --- |\n| A | b | May 1, 2024 |\n| B | c | May 2, 2023 |\n"
    with pytest.raises(PageError, match=r"no known language: Muutos \| Kuvaus \| Päivä"):
        read_page(page, name="page")


def test_a_table_in_another_language_beside_one_that_is_read_is_named() -> None:
    line = "| --- | --- | --- |"
    known = f"| Change | Description | Date |\n{line}\n| AmazonS3FullAccess | Added `s3:GetB`. | May 1, 2024 |\n"
    unknown = f"| Muutos | Kuvaus | Päivä |\n{line}\n| A | b | May 1, 2024 |\n| B | c | May 2, 2023 |\n"
    other = f"| Feature | Region | Name |\n{line}\n| A | b | c |\n"
    page = read_page(f"{known}\n\n{unknown}\n\n{other}", name="page")
    assert len(page.rows) == 1
    assert page.unread_headers == ("Muutos | Kuvaus | Päivä",)


@pytest.mark.parametrize(
    ("sentence", "removed"),
    [
        ("Added `a:GetB`, to tidy up what is left when a thing is deleted.", False),
        ("`a:GetB` was added, to find what has been removed.", False),
        ("Deletes stale things with `a:GetB`.", False),
        ("Added `a:GetB`, which lists things that are no longer in use.", False),
        ("Removed the permission `a:GetB`, since things are added elsewhere.", True),
        ("Removed `a:GetB` from the policy.", True),
        ("`a:GetB` was removed.", True),
        ("The permission for `a:GetB` has been removed.", True),
        ("The policy no longer grants `a:GetB`.", True),
        ("Replaced `a:GetC` with `a:GetB`.", False),
        ("Removed support for `a:GetB`.", True),
    ],
)
def test_removed_counts_only_where_its_object_is_a_permission(sentence: str, removed: bool) -> None:
    head = "| Change | Description | Date |\n| --- | --- | --- |\n"
    page = f"{head}| `AmazonShoePolicy` – Update | {sentence} | May 1, 2024 |\n"
    row = read_page(page, name="page").rows[0]
    assert [action.name for action in row.removed_actions if action.name == "a:GetB"] == ["a:GetB"] * removed


def test_an_audit_of_several_pages_follows_its_schema() -> None:
    sources = tuple(str(CHECKOUT / "tests" / "pages" / name) for name in ("eks.adoc", "ec2.zh.md", "none.md"))
    found = audit(AuditRequest(sources, date(2026, 9, 1)), HistoryOrigin(CHECKOUT / "snapshots"), Configuration())
    value = documentation_to_json(found)
    schema = json.loads((CHECKOUT / "tracker" / "schema" / "audit-1.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(value)
    assert [page["name"].rpartition("/")[2] for page in value["pages"]] == ["eks.adoc", "ec2.zh.md"]
    assert [item["name"].rpartition("/")[2] for item in value["unread"]] == ["none.md"]
    assert found.has("unread")
    assert found.has("any")
    assert "aws/AmazonEKSClusterPolicy/v7" in {item["id"] for item in value["undocumented"]}
