"""Write `tracker/data/risks.json`: which actions hand out credentials or data, open a resource, or escalate.

Escalation paths and actions that return credentials are taken from `cloudsplaining` (MIT, files BSD-3-Clause), which
names the path on pathfinding.cloud; its licence is copied to `tracker/data/LICENSES.txt`. Further paths are facts of
prowler's table and of pathfinding.cloud, reviewed one by one. Actions that hand out data or open a resource to others
are named here, after the service authorization reference. What the action catalogue does not know is left out,
and the run prints it.

    pip install cloudsplaining && python .github/scripts/risk_actions.py
"""

import json
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from tracker.catalogue.catalogue import load_catalogue

ORIGIN_OF_PATHS = "prowler 5.46 (Apache-2.0), reviewed one by one; pathfinding.cloud (Apache-2.0)"
DATA = Path(__file__).parents[2] / "tracker" / "data"
DATA_ACCESS = """
acm:ExportCertificate aoss:APIAccessAll appsync:GraphQL athena:GetQueryResults cassandra:Select codecommit:GetBlob
codecommit:GetFile codecommit:GitPull connect:GetContactAttributes docdb-elastic:CopyClusterSnapshot
dynamodb:BatchGetItem dynamodb:ExportTableToPointInTime dynamodb:GetItem dynamodb:GetRecords dynamodb:PartiQLSelect
dynamodb:Query dynamodb:Scan ebs:GetSnapshotBlock ec2:GetConsoleOutput ec2:GetConsoleScreenshot ecr:BatchGetImage
ecr:GetDownloadUrlForLayer es:ESHttpGet es:ESHttpPost glacier:GetJobOutput healthlake:ReadResource
healthlake:SearchWithGet kinesis:GetRecords kms:Decrypt lambda:GetFunction logs:FilterLogEvents logs:GetLogEvents
logs:GetLogRecord logs:GetQueryResults logs:Unmask medical-imaging:GetImageFrame neptune-db:ReadDataViaQuery
rds-data:BatchExecuteStatement rds-data:ExecuteStatement rds:DownloadCompleteDBLogFile rds:DownloadDBLogFilePortion
rds:StartExportTask redshift-data:ExecuteStatement redshift-data:GetStatementResult s3:GetObject s3:GetObjectVersion
s3express:CreateSession s3tables:GetTableData secretsmanager:BatchGetSecretValue secretsmanager:GetSecretValue
sqs:ReceiveMessage ssm:GetParameter ssm:GetParameterHistory ssm:GetParameters ssm:GetParametersByPath
timestream:Select workdocs:GetDocument workdocs:GetDocumentVersion
"""
RESOURCE_EXPOSURE = """
acm-pca:PutPolicy aoss:CreateAccessPolicy aoss:UpdateAccessPolicy apigateway:UpdateRestApiPolicy
backup:PutBackupVaultAccessPolicy bedrock:PutResourcePolicy cloudsearch:UpdateServiceAccessPolicies
cloudtrail:PutResourcePolicy codeartifact:PutDomainPermissionsPolicy codeartifact:PutRepositoryPermissionsPolicy
codebuild:PutResourcePolicy dynamodb:PutResourcePolicy ec2:AuthorizeSecurityGroupIngress
ec2:CreateNetworkInterfacePermission ec2:DisableImageBlockPublicAccess ec2:DisableSnapshotBlockPublicAccess
ec2:ModifyFpgaImageAttribute ec2:ModifyImageAttribute ec2:ModifySnapshotAttribute
ec2:ModifyVpcEndpointServicePermissions ecr-public:SetRepositoryPolicy ecr:PutRegistryPolicy ecr:SetRepositoryPolicy
eks:AssociateAccessPolicy eks:CreateAccessEntry elasticfilesystem:PutFileSystemPolicy es:UpdateDomainConfig
events:PutPermission glacier:SetVaultAccessPolicy glue:PutResourcePolicy iam:UpdateAssumeRolePolicy
imagebuilder:PutComponentPolicy imagebuilder:PutContainerRecipePolicy imagebuilder:PutImagePolicy
imagebuilder:PutImageRecipePolicy kinesis:PutResourcePolicy kms:CreateGrant kms:PutKeyPolicy
lakeformation:BatchGrantPermissions lakeformation:GrantPermissions lambda:AddLayerVersionPermission
lambda:AddPermission lambda:CreateFunctionUrlConfig lambda:UpdateFunctionUrlConfig lex:CreateResourcePolicy
lex:UpdateResourcePolicy logs:PutDestinationPolicy logs:PutResourcePolicy mediastore:PutContainerPolicy
network-firewall:PutResourcePolicy organizations:PutResourcePolicy quicksight:UpdateDashboardPermissions
quicksight:UpdateDataSetPermissions ram:AssociateResourceShare ram:CreateResourceShare ram:UpdateResourceShare
rds:ModifyDBClusterSnapshotAttribute rds:ModifyDBSnapshotAttribute redshift:AuthorizeDataShare
redshift:AuthorizeSnapshotAccess redshift:PutResourcePolicy rolesanywhere:CreateTrustAnchor
route53resolver:PutFirewallRuleGroupPolicy route53resolver:PutResolverQueryLogConfigPolicy
route53resolver:PutResolverRulePolicy s3-outposts:PutAccessPointPolicy s3-outposts:PutBucketPolicy
s3:DeleteBucketPolicy s3:PutAccessPointPolicy s3:PutAccessPointPublicAccessBlock s3:PutAccountPublicAccessBlock
s3:PutBucketAcl s3:PutBucketPolicy s3:PutBucketPublicAccessBlock s3:PutMultiRegionAccessPointPolicy s3:PutObjectAcl
s3:PutObjectVersionAcl s3express:PutBucketPolicy s3tables:PutTableBucketPolicy s3tables:PutTablePolicy
sagemaker:PutModelPackageGroupPolicy schemas:PutResourcePolicy secretsmanager:PutResourcePolicy
serverlessrepo:PutApplicationPolicy servicecatalog:CreatePortfolioShare ses:CreateEmailIdentityPolicy
ses:PutIdentityPolicy signer:AddProfilePermission sns:AddPermission sns:SetTopicAttributes sqs:AddPermission
sqs:SetQueueAttributes ssm-incidents:PutResourcePolicy ssm:ModifyDocumentPermission ssm:PutResourcePolicy
sso:AttachManagedPolicyToPermissionSet sso:CreateAccountAssignment sso:PutInlinePolicyToPermissionSet
vpc-lattice:PutAuthPolicy vpc-lattice:PutResourcePolicy waf:PutPermissionPolicy wafv2:PutPermissionPolicy
"""


CREDENTIALS = "sso:GetRoleCredentials"
"""Beside those that cloudsplaining names; the service reference does not list it, and the AWS CLI calls it."""
PATHS: Mapping[str, str] = {
    "AssumeRoleWithoutItsBoundary": "iam:DeleteRolePermissionsBoundary sts:AssumeRole",
    "AttachManagedPolicyToPermissionSet": "sso:AttachManagedPolicyToPermissionSet",
    "CreateAndAssignPermissionSet": (
        "sso:AttachManagedPolicyToPermissionSet sso:CreateAccountAssignment sso:CreatePermissionSet"
    ),
    "DeleteOwnPermissionsBoundary": "iam:DeleteUserPermissionsBoundary",
    "PassExistingRoleToAutoScalingGroup": (
        "autoscaling:CreateAutoScalingGroup autoscaling:CreateLaunchConfiguration iam:PassRole"
    ),
    "PassExistingRoleToExistingEC2Instance": "ec2:AssociateIamInstanceProfile iam:PassRole",
    "PassExistingRoleToExistingECSTaskViaRunTask": "ecs:RunTask iam:PassRole",
    "PassExistingRoleToExistingECSTaskViaStartTask": "ecs:StartTask iam:PassRole",
    "PassExistingRoleToIdentityPool": "cognito-identity:SetIdentityPoolRoles iam:PassRole",
    "PassExistingRoleToNewAgentCoreBrowser": (
        "bedrock-agentcore:ConnectBrowserAutomationStream bedrock-agentcore:CreateBrowser "
        "bedrock-agentcore:StartBrowserSession iam:PassRole"
    ),
    "PassExistingRoleToNewAgentCoreRuntime": (
        "bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:InvokeAgentRuntimeCommand iam:PassRole"
    ),
    "PassExistingRoleToNewBatchJob": "batch:RegisterJobDefinition batch:SubmitJob iam:PassRole",
    "PassExistingRoleToNewBraketJob": "braket:CreateJob iam:PassRole",
    "PassExistingRoleToNewEMRCluster": "elasticmapreduce:RunJobFlow iam:PassRole",
    "PassExistingRoleToNewEMRServerlessJob": (
        "emr-serverless:CreateApplication emr-serverless:StartJobRun iam:PassRole"
    ),
    "PassExistingRoleToNewFlinkApplication": (
        "iam:PassRole kinesisanalytics:CreateApplication kinesisanalytics:StartApplication"
    ),
    "PassExistingRoleToNewGameLiftFleet": "gamelift:CreateBuild gamelift:CreateFleet iam:PassRole",
    "PassExistingRoleToNewGlueSession": "glue:CreateSession glue:RunStatement iam:PassRole",
    "PassExistingRoleToNewImage": "iam:PassRole imagebuilder:CreateComponent imagebuilder:CreateImage",
    "PassExistingRoleToNewOmicsRun": "iam:PassRole omics:CreateWorkflow omics:StartRun",
    "PassExistingRoleToNewSchedule": "iam:PassRole scheduler:CreateSchedule",
    "PassExistingRoleToNewStateMachine": "iam:PassRole states:CreateStateMachine states:StartExecution",
    "PassExistingRoleToSSMAutomation": "iam:PassRole ssm:CreateDocument ssm:StartAutomationExecution",
    "PassExistingRoleToUpdatedAutoScalingGroup": (
        "autoscaling:CreateLaunchConfiguration autoscaling:UpdateAutoScalingGroup iam:PassRole"
    ),
    "PassExistingRoleToUpdatedCodeBuildProject": "codebuild:StartBuild codebuild:UpdateProject iam:PassRole",
    "PutInlinePolicyToPermissionSet": "sso:PutInlinePolicyToPermissionSet",
    "UpdateAndRunStateMachine": "states:StartExecution states:UpdateStateMachine",
}
"""Name → actions, beside the paths that cloudsplaining names. Left out: what another path holds already, wildcards
(`iam:*`), services that are no more (CodeStar), and single actions that run code under a role that a resource has:
the rule `code-execution` warns of those, since which role it is can't be seen in the policy."""


def spelled(actions: Iterable[str]) -> list[str]:
    """Return the actions that are known, as the reference spells them, sorted."""
    catalogue = load_catalogue()
    facts = {action: catalogue.action(action) for action in actions}
    for action in (action for action, known in facts.items() if known is None):
        sys.stderr.write(f"left out: {action}\n")
    return sorted({known.name for known in facts.values() if known})


def content(release: str, constants: Any) -> dict[str, Any]:
    """Return what the file holds.

    Args:
        release: of cloudsplaining.
        constants: its module `cloudsplaining.shared.constants`, or what has the three names used here.
    """
    addresses = constants.PRIVILEGE_ESCALATION_PATHFINDING_PATHS
    paths = {name: actions.split() for name, actions in PATHS.items()} | dict(constants.PRIVILEGE_ESCALATION_METHODS)
    return {
        "about": "actions by what they open; escalations: sets of actions that together lead to more permissions",
        "generated_by": ".github/scripts/risk_actions.py",
        "licences": "LICENSES.txt",
        "sources": [
            f"cloudsplaining {release} (MIT; BSD-3-Clause, Copyright (c) 2020 Salesforce.com, Inc.)",
            ORIGIN_OF_PATHS,
        ],
        "credentials": sorted({*spelled(constants.ACTIONS_THAT_RETURN_CREDENTIALS), *CREDENTIALS.split()}),
        "data": spelled(DATA_ACCESS.split()),
        "exposure": spelled(RESOURCE_EXPOSURE.split()),
        "escalations": [
            {"name": name, "actions": spelled(actions), "link": addresses.get(name)}
            for name, actions in sorted(paths.items())
        ],
    }


def main() -> None:
    """Write the file, and the licence once for each release."""
    release = version("cloudsplaining")
    found = content(release, import_module("cloudsplaining.shared.constants"))
    assert all(item["actions"] for item in found["escalations"])
    (DATA / "risks.json").write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    licences = DATA / "LICENSES.txt"
    head = f"cloudsplaining-{release}"
    present = licences.read_text(encoding="utf-8")
    if head not in present:
        text = distribution("cloudsplaining").read_text("licenses/LICENSE") or ""
        licences.write_text(f"{present.rstrip()}\n\n\n{head}\n{'-' * len(head)}\n\n{text.strip()}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
