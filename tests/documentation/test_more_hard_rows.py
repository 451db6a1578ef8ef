"""More hard rows, in the shapes that pages have, against the archive of this checkout."""

from collections.abc import Mapping
from datetime import date

import pytest
from archives import CHECKOUT

from tracker.changelog.builder import HistoryOrigin
from tracker.commands.audit import AuditRequest, audit
from tracker.documentation.auditing.model import AuditedRow
from tracker.settings.configuration import Configuration

PAGES = ("more-hard-rows.md", "further-hard-rows.md", "shapes.html", "shapes.txt", "shapes.adoc")


@pytest.fixture(scope="module")
def rows() -> Mapping[str, Mapping[int, AuditedRow]]:
    """The audited rows of each page by number."""
    sources = tuple(str(CHECKOUT / "tests" / "pages" / name) for name in PAGES)
    request = AuditRequest(sources, date(2026, 9, 30))
    with pytest.MonkeyPatch.context() as patch:
        # How grave the undocumented changes are takes most of the time, and is no matter of these tests.
        patch.setattr("tracker.commands.audit._levels", lambda *_: lambda _: None)
        found = audit(request, HistoryOrigin(CHECKOUT / "snapshots"), Configuration())
    audits = (page.audit for page in found.pages)
    return {name: {one.row.number: one for one in each.rows} for name, each in zip(PAGES, audits, strict=True)}


def brief(audited: AuditedRow) -> str:
    """Return a row's findings as `Policy version verdict`, one after the other."""
    return "; ".join(
        f"{item.policy} {item.entries[0].version if item.entries else '-'} {item.verdict}" for item in audited.findings
    )


def actions(audited: AuditedRow) -> str:
    """Return what is true of each action of a row's first policy: `action standing version`."""
    said = []
    for item in audited.findings[0].actions:
        by = f" by {item.covered_by}" if item.covered_by else ""
        said.append(f"{item.name} {item.standing} {item.version}{by}")
    return ", ".join(said)


EXPECTED = {
    "more-hard-rows.md": {
        1: "AmazonECS_FullAccess v20 confirmed",
        2: "AWSLambda_ReadOnlyAccess v3 confirmed; AWSLambda_FullAccess v2 confirmed",
        3: "AWSLambda_FullAccess v2 confirmed; AWSLambda_ReadOnlyAccess v3 confirmed",
        4: "CloudWatchFullAccessV2 v2 confirmed",
        5: "CloudWatchFullAccess v4 other-spelling",
        6: "AmazonGuardDutyServiceRolePolicy v8 confirmed",
        7: "AmazonGuardDutyServiceRolePolicy v9 partly",
        8: "DataScientist v6 confirmed",
        9: "SecurityAudit v41 confirmed",
        10: "Billing v6 partly",
        11: "AmazonSSMFullAccess - not-checked",
        12: "AmazonAthenaFullAccess v13 confirmed",
        13: "AmazonECS_FullAccess v14 confirmed",
        14: "Billing v4 confirmed",
        15: "AmazonEMRFullAccessPolicy_v2 v2 confirmed",
        16: "AmazonEMRServicePolicy_v2 v3 confirmed",
        17: "AWSServiceRoleForAmazonEKSNodegroup v6 confirmed",
        18: "AmazonEKSClusterPolicy v7 confirmed",
        19: "AmazonKendraReadOnlyAccess v2 other-spelling",
        20: "AmazonMacieFullAccess v4 confirmed",
        21: "AmazonFSxFullAccess v4 partly",
        22: "AmazonDevOpsGuruServiceRolePolicy v9 confirmed",
        23: "AmazonDetectiveFullAccess v4 confirmed; AmazonInspector2FullAccess v2 dated-differently",
        24: "AmazonCognitoPowerUser v6 confirmed",
        25: "AmazonCognitoPowerUser v5 confirmed",
        26: "AWSBackupFullAccess v15 confirmed",
        27: "AmazonElasticFileSystemFullAccess v9 confirmed",
        28: "AWSSSOReadOnly v6 confirmed",
        29: "AmazonEKS_CNI_Policy v5 confirmed",
        30: "AmazonSSMManagedInstanceCore v2 confirmed",
        31: "AdministratorAccess-Amplify v11 confirmed",
        32: "AWSAppRunnerFullAccess v1 confirmed",
        33: "AppRunnerServiceRolePolicy v1 confirmed",
        34: "AWSCloudTrail_FullAccess v3 other-spelling",
        35: "CloudWatchLogsFullAccess v2 confirmed",
        36: "SupportUser v8 confirmed",
        37: "AWSTransferFullAccess - granted-before",
        38: "AWSConfigRole - not-checked",
        39: "SecurityAudit v54 partly; SupportUser v9 partly",
        40: "AmazonZooReadOnlyAccess - not-found",
        41: "AmazonDetectiveFullAccess - not-found",
        42: "AmazonEKSClusterPolicy v6 other-spelling",
        43: "AmazonGuardDutyServiceRolePolicy v10 confirmed",
        44: "None - not-checked",
    },
    "further-hard-rows.md": {
        1: "EC2InstanceProfileForImageBuilder v5 confirmed",
        2: "AWSBackupServiceRolePolicyForBackup - not-found",
        3: "CloudWatchInternetMonitorServiceRolePolicy v2 confirmed",
        4: "AmazonDetectiveServiceLinkedRolePolicy v1 other-spelling",
        5: "AWSBackupOperatorAccess v16 dated-differently",
        6: "AWSBatchServiceRolePolicyForSageMaker v2 confirmed",
        7: "AmazonFSxFullAccess v8 confirmed",
        8: "AmazonRDSCustomServiceRolePolicy v13 confirmed",
        9: "AWSBackupServiceLinkedRolePolicyForBackup v9 confirmed",
        10: "CloudWatchSyntheticsFullAccess v10 confirmed",
        11: "AmazonGuardDutyFullAccess v6 confirmed",
        12: "AmazonGuardDutyServiceRolePolicy v8 other-spelling",
        13: "AWSSecurityHubServiceRolePolicy v9 confirmed",
        14: "AWSServiceRoleForImageBuilder v26 confirmed",
        15: "AmazonDetectiveFullAccess v4 confirmed; AmazonDetectiveInvestigatorAccess v2 confirmed",
        16: "AmazonInspector2FullAccess_v2 v1 confirmed",
        17: "AWSBackupFullAccess v19 partly",
        18: "AWSBackupServiceRolePolicyForRestores v14 partly",
        19: "AWSLicenseManagerUserSubscriptionsServiceRolePolicy v6 partly",
        20: "AmazonDMSRedshiftS3Role - not-found",
        21: "AWSDMSServerlessServiceRolePolicy v3 partly",
        22: "AWSBatchServiceRole v13 confirmed",
        23: "AWSBackupServiceRolePolicyForBackup v12 dated-differently",
        24: "CloudWatchReadOnlyAccess v9 confirmed",
        25: "AmazonRedshiftQueryEditorV2NoSharing v2 confirmed",
    },
    "shapes.html": {
        1: "AmazonECS_FullAccess v20 confirmed",
        2: "AWSLambda_ReadOnlyAccess v3 confirmed; AWSLambda_FullAccess v2 confirmed",
        3: "SecurityAudit v53 confirmed",
        4: "AmazonMacieServiceRolePolicy - not-found",
        5: "Billing v6 partly; AWSBillingReadOnlyAccess v2 confirmed",
        6: "AmazonEKSClusterPolicy v7 other-spelling",
        7: "AmazonRDSFullAccess - granted-before",
        8: "None - not-checked",
    },
    "shapes.txt": {
        1: "AmazonEKSClusterPolicy v7 confirmed",
        2: "AmazonEKS_CNI_Policy v5 confirmed",
        3: "AmazonEKS_CNI_Policy v4 confirmed",
        4: "None - not-checked",
    },
    "shapes.adoc": {
        1: "AmazonEKSClusterPolicy v7 confirmed",
        2: "AmazonEKS_CNI_Policy v5 partly",
        3: "AmazonEKSLocalOutpostServiceRolePolicy v1 confirmed",
        4: "None - not-checked",
    },
}


@pytest.mark.parametrize("name", PAGES)
def test_each_row_is_matched_with_the_version_that_it_is_about(
    rows: Mapping[str, Mapping[int, AuditedRow]], name: str
) -> None:
    assert {number: brief(row) for number, row in rows[name].items()} == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("more-hard-rows.md", 4, "RUM:* added v2, Synthetics:* added v2, XRay:* added v2"),
        ("more-hard-rows.md", 7, "ssm:SendCommand added v9"),
        ("further-hard-rows.md", 2, "rds:DeleteDBInstanceAutomatedBackups other-time v20"),
        ("further-hard-rows.md", 6, "sagemaker:DeleteTrainingJob added v2"),
        ("further-hard-rows.md", 8, "ec2:CopySnapshot other-scope v13"),
        ("further-hard-rows.md", 14, "ssm:StartAutomationExecution removed v26"),
        (
            "more-hard-rows.md",
            12,
            "glue:GetCatalog added v13, glue:GetCatalogs added v13, glue:GetDatabase granted-before v2",
        ),
        (
            "more-hard-rows.md",
            13,
            "codedeploy:ContinueDeployment added v14, codedpeloy:ContinueDeployment removed v14",
        ),
        ("more-hard-rows.md", 20, "pricing:GetProducts added v4, macie:* removed v4"),
        ("more-hard-rows.md", 21, "logs:CreateLogGroup other-scope v4, ec2:DescribeVpcs added v4"),
        ("more-hard-rows.md", 23, "securityHub:GetFindings added v4"),
        ("more-hard-rows.md", 24, "sns:GetSMSSandboxAccountStatus added v6"),
        ("more-hard-rows.md", 26, "ram:GetResourceShareAssociations added v15"),
        (
            "more-hard-rows.md",
            27,
            (
                "elasticfilesystem:UpdateFileSystemProtection added v9, "
                "elasticfilesystem:DeleteReplicationConfiguration granted-before v8"
            ),
        ),
        (
            "more-hard-rows.md",
            28,
            (
                "sso:Describe* added v6, sso:Get* added v6, sso:List* added v6, "
                "sso:GetApplicationInstance covered v6 by sso:Get*"
            ),
        ),
        (
            "more-hard-rows.md",
            35,
            (
                "cloudwatch:GenerateQuery added v2, logs:StartQuery covered v1 by logs:*, "
                "logs:StopQuery covered v1 by logs:*"
            ),
        ),
        ("more-hard-rows.md", 42, "ec2:DescribeAvailabilityZones added v6"),
        (
            "shapes.html",
            3,
            "s3:GetObjectTagging added v53, s3:ListBucket added v53, sso:DescribePermissionsPolicies removed v53",
        ),
        ("shapes.adoc", 2, "ec2:DescribeSubnets added v5, ec2:NoSuchThing never-granted None"),
    ],
)
def test_the_truth_is_said_of_each_action(
    rows: Mapping[str, Mapping[int, AuditedRow]], name: str, number: int, said: str
) -> None:
    assert actions(rows[name][number]) == said


def test_a_row_that_was_not_found_names_the_policies_that_got_its_actions(
    rows: Mapping[str, Mapping[int, AuditedRow]],
) -> None:
    (finding,) = rows["more-hard-rows.md"][41].findings
    found = [(entry.policy, entry.version) for entry in finding.elsewhere]
    assert found == [("SecurityAudit", "v54"), ("SupportUser", "v9")]


def test_an_unknown_name_of_a_first_cell_is_reported_with_the_nearest(
    rows: Mapping[str, Mapping[int, AuditedRow]],
) -> None:
    found = {number: rows["more-hard-rows.md"][number].findings[0] for number in (19, 40)}
    assert [(item.written or item.policy, item.nearest) for item in found.values()] == [
        ("AmazonKendraReadOnly", "AmazonKendraReadOnlyAccess"),
        ("AmazonZooReadOnlyAccess", "AmazonZocaloReadOnlyAccess"),
    ]
