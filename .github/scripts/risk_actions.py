"""Write `tracker/data/risks.json`: which actions hand out credentials or data, open a resource, or escalate.

Escalation paths and actions that return credentials are taken from `cloudsplaining` (MIT, files BSD-3-Clause), which
names the path on pathfinding.cloud; its licence is copied to `tracker/data/LICENSES.txt`. Further paths are facts of
prowler's table and of pathfinding.cloud, reviewed one by one. Actions that hand out data or open a resource to others
are named here, after the service authorization reference. What the action catalogue does not know is left out,
and the run prints it, as it does with actions that may return a credential and are named nowhere here.

    pip install cloudsplaining && python .github/scripts/risk_actions.py
"""

import json
import re
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
codecommit:GetFile codecommit:GitPull connect:GetContactAttributes docdb-elastic:CopyClusterSnapshot dsql:DbConnect
dsql:DbConnectAdmin dynamodb:BatchGetItem dynamodb:ExportTableToPointInTime dynamodb:GetItem dynamodb:GetRecords
dynamodb:PartiQLSelect dynamodb:Query dynamodb:Scan ebs:GetSnapshotBlock ec2:GetConsoleOutput ec2:GetConsoleScreenshot
ecr:BatchGetImage ecr:GetDownloadUrlForLayer elasticache:Connect es:ESHttpGet es:ESHttpPost glacier:GetJobOutput
healthlake:ReadResource healthlake:SearchWithGet kinesis:GetRecords kms:Decrypt lambda:GetFunction
logs:FilterLogEvents logs:GetLogEvents logs:GetLogRecord logs:GetQueryResults logs:Unmask
medical-imaging:GetImageFrame memorydb:Connect neptune-db:connect neptune-db:ReadDataViaQuery
rds-data:BatchExecuteStatement rds-data:ExecuteStatement rds:DownloadCompleteDBLogFile rds:DownloadDBLogFilePortion
rds:StartExportTask redshift-data:ExecuteStatement redshift-data:GetStatementResult s3:GetObject s3:GetObjectVersion
s3express:CreateSession s3tables:GetTableData secretsmanager:BatchGetSecretValue secretsmanager:GetSecretValue
sqs:ReceiveMessage ssm:GetParameter ssm:GetParameterHistory ssm:GetParameters ssm:GetParametersByPath
timestream:Select workdocs:GetDocument workdocs:GetDocumentVersion
"""
RESOURCE_EXPOSURE = """
acm-pca:PutPolicy agent-registry:PutResourcePolicy aiops:PutInvestigationGroupPolicy aoss:CreateAccessPolicy
aoss:UpdateAccessPolicy apigateway:UpdateRestApiPolicy appstream:UpdateImagePermissions appsync:PutResourcePolicy
aps:PutResourcePolicy backup:PutBackupVaultAccessPolicy bedrock-agentcore:PutResourcePolicy bedrock:PutResourcePolicy
cloudfront:PutResourcePolicy cloudsearch:UpdateServiceAccessPolicies cloudtrail:PutResourcePolicy
codeartifact:PutDomainPermissionsPolicy codeartifact:PutRepositoryPermissionsPolicy codebuild:PutResourcePolicy
comprehend:PutResourcePolicy continuum:PutResourcePolicy dsql:PutClusterPolicy dynamodb:PutResourcePolicy
ec2:AuthorizeSecurityGroupIngress ec2:CreateNetworkAclEntry ec2:CreateNetworkInterfacePermission
ec2:CreateVpcBlockPublicAccessExclusion ec2:DisableImageBlockPublicAccess ec2:DisableSnapshotBlockPublicAccess
ec2:ModifyFpgaImageAttribute ec2:ModifyImageAttribute ec2:ModifySecurityGroupRules ec2:ModifySnapshotAttribute
ec2:ModifyVerifiedAccessEndpointPolicy ec2:ModifyVerifiedAccessGroupPolicy ec2:ModifyVpcBlockPublicAccessExclusion
ec2:ModifyVpcBlockPublicAccessOptions ec2:ModifyVpcEndpointServicePermissions ec2:ReplaceNetworkAclEntry
ecr-public:SetRepositoryPolicy ecr:PutRegistryPolicy ecr:SetRepositoryPolicy eks:AssociateAccessPolicy
eks:CreateAccessEntry elasticfilesystem:PutFileSystemPolicy elasticmapreduce:PutBlockPublicAccessConfiguration
elemental-inference:PutFeedPolicy es:UpdateDomainConfig
events:PutPermission glacier:SetVaultAccessPolicy glue:PutResourcePolicy iam:UpdateAssumeRolePolicy
imagebuilder:PutComponentPolicy imagebuilder:PutContainerRecipePolicy imagebuilder:PutImagePolicy
imagebuilder:PutImageRecipePolicy iotsitewise:CreateAccessPolicy iotsitewise:UpdateAccessPolicy kafka:PutClusterPolicy
kinesis:PutResourcePolicy kms:CreateGrant kms:PutKeyPolicy lakeformation:BatchGrantPermissions
lakeformation:GrantPermissions lambda:AddLayerVersionPermission lambda:AddPermission lambda:CreateFunctionUrlConfig
lambda:UpdateFunctionUrlConfig lex:CreateResourcePolicy lex:CreateResourcePolicyStatement lex:UpdateResourcePolicy
logs:PutDeliveryDestinationPolicy logs:PutDestinationPolicy logs:PutResourcePolicy lookoutequipment:PutResourcePolicy
mediapackagev2:PutChannelPolicy mediapackagev2:PutOriginEndpointPolicy mediastore:PutContainerPolicy
network-firewall:PutResourcePolicy oam:PutSinkPolicy odb:PutResourcePolicy omics:CreateShare omics:PutS3AccessPolicy
organizations:PutResourcePolicy organizations:RegisterDelegatedAdministrator osis:PutResourcePolicy
qbusiness:AssociatePermission qbusiness:PutResourcePolicy quicksight:UpdateDashboardPermissions
quicksight:UpdateDataSetPermissions quicksight:UpdateResourcePermissions ram:AssociateResourceShare
ram:CreateResourceShare ram:UpdateResourceShare rds:ModifyDBClusterSnapshotAttribute rds:ModifyDBSnapshotAttribute
redshift-serverless:PutResourcePolicy redshift:AuthorizeDataShare redshift:AuthorizeSnapshotAccess
redshift:PutResourcePolicy refactor-spaces:PutResourcePolicy rekognition:PutProjectPolicy
resource-groups:PutGroupPolicy rolesanywhere:CreateTrustAnchor route53profiles:PutProfilePolicy
route53resolver:PutFirewallRuleGroupPolicy route53resolver:PutResolverQueryLogConfigPolicy
route53resolver:PutResolverRulePolicy rum:PutResourcePolicy s3-outposts:PutAccessPointPolicy
s3-outposts:PutBucketPolicy s3:DeleteBucketPolicy s3:PutAccessPointPolicy s3:PutAccessPointPublicAccessBlock
s3:PutAccountPublicAccessBlock s3:PutBucketAcl s3:PutBucketPolicy s3:PutBucketPublicAccessBlock
s3:PutMultiRegionAccessPointPolicy s3:PutObjectAcl s3:PutObjectVersionAcl s3:PutReplicationConfiguration
s3express:PutBucketPolicy s3tables:PutTableBucketPolicy s3tables:PutTablePolicy sagemaker:PutLineageGroupPolicy
sagemaker:PutModelPackageGroupPolicy sagemaker:PutResourcePolicy schemas:PutResourcePolicy
secretsmanager:PutResourcePolicy serverlessrepo:PutApplicationPolicy servicecatalog:CreatePortfolioShare
servicecatalog:PutResourcePolicy servicediscovery:PutResourcePolicy ses:CreateEmailIdentityPolicy
ses:PutIdentityPolicy signer:AddProfilePermission signin:PutResourcePermissionStatement sns:AddPermission
sns:SetTopicAttributes sqs:AddPermission sqs:SetQueueAttributes ssm-contacts:PutContactPolicy
ssm-incidents:PutResourcePolicy ssm:ModifyDocumentPermission ssm:PutResourcePolicy
sso:AttachManagedPolicyToPermissionSet sso:CreateAccountAssignment sso:PutInlinePolicyToPermissionSet
vpc-lattice:PutAuthPolicy vpc-lattice:PutResourcePolicy waf:PutPermissionPolicy wafv2:PutPermissionPolicy
workdocs:AddResourcePermissions xray:PutResourcePolicy
"""


CREDENTIALS = """
acm-pca:IssueCertificate acm:GetAcmeExternalAccountBindingCredentials aidevops:CreateAccessToken
aidevops:RotateAccessToken bedrock-agentcore:GetResourceApiKey bedrock-agentcore:GetResourceOauth2Token
bedrock-agentcore:GetResourcePaymentToken bedrock-agentcore:GetWorkloadAccessToken
bedrock-agentcore:GetWorkloadAccessTokenForJWT bedrock-agentcore:GetWorkloadAccessTokenForUserId
cloudwatch:GetSpaceCredentials cloudwatch:GetSpaceCredentialsForOrganization codeconnections:GetConnectionToken
codestar-connections:GetConnectionToken datazone:GetDomainExecutionRoleCredentials datazone:GetEnvironmentCredentials
elasticmapreduce:GetClusterSessionCredentials events:RetrieveConnectionCredentials gamelift:GetComputeAuthToken
grafana:CreateWorkspaceServiceAccountToken iot:RotateTunnelAccessToken
lakeformation:GetTemporaryGluePartitionCredentials lakeformation:GetTemporaryGlueTableCredentials
lambda:CreateMicrovmAuthToken license-manager:CreateToken pca-connector-scep:GetChallengePassword
q:CreateScimAccessToken redshift-serverless:GetIdentityCenterAuthToken redshift:GetIdentityCenterAuthToken
route53globalresolver:CreateAccessToken route53globalresolver:GetAccessToken securityagent:GetLoginSessionCredentials
ssm:GetAccessToken ssm:RequestManagedInstanceRoleToken sso-directory:CreateBearerToken sso-oauth:CreateTokenWithIAM
states:RevealSecrets sts:GetDelegatedAccessToken sts:GetWebIdentityToken
"""
"""Beside those that cloudsplaining names: what the service authorization reference says returns a credential, a token
or a key, as https://docs.aws.amazon.com/emr/latest/APIReference/API_GetClusterSessionCredentials.html. A certificate of
a private CA counts, since roles trust such a CA:
https://docs.aws.amazon.com/rolesanywhere/latest/userguide/introduction.html"""
NAMES_OF_CREDENTIALS = re.compile(
    r"[a-z0-9-]+:(Assume|BatchGet|Create|Exchange|Export|Generate|Get|Issue|Request|Reset|Retrieve|Reveal|Rotate)\w*"
    r"(Credential|Token|Secret|Password|Certificate(?!Auth)|A[Pp][Ii]Key|PrivateKey|KeyPair|KeysAnd)"
)
"""How an action is called that may return a credential: each has a finding, or a reason in `LEFT_OUT`."""
LEFT_OUT: Mapping[str, str] = {
    "a certificate without its private key, or a request for one": """
        acm-pca:GetCertificate acm-pca:GetCertificateAuthorityCertificate acm:GetCertificate
        cloudfront:GetManagedCertificateDetails ec2:ExportClientVpnClientCertificateRevocationList
        elasticloadbalancing:GetTrustStoreCaCertificatesBundle greengrass:GetGroupCertificateConfiguration
        iam:GetServerCertificate iotmanagedintegrations:GetManagedThingCertificate
        iotwireless:GetWirelessGatewayCertificate lightsail:GetCertificates lightsail:GetLoadBalancerTlsCertificates
        payment-cryptography:GetCertificateSigningRequest payment-cryptography:GetPublicKeyCertificate
        rtbfabric:GetCertificateAssociation workspaces-web:GetTrustStoreCertificate""",
    "a certificate for a service, whose key stays there": """
        acm:RequestCertificate emr-containers:CreateCertificate iot:CreateCertificateProvider
        lightsail:CreateCertificate lightsail:CreateLoadBalancerTlsCertificate redshift:CreateHsmClientCertificate
        sso:CreateApplicationInstanceCertificate workspaces:CreateRootClientCertificate""",
    "a key or a certificate that opens nothing until it is attached to something": """
        deeplens:CreateDeviceCertificates ec2:CreateKeyPair iot:CreateCertificateFromCsr iot:CreateKeysAndCertificate
        kms:GenerateDataKeyPair kms:GenerateDataKeyPairWithoutPlaintext lightsail:CreateKeyPair""",
    "a certificate of an agent, by which it sends a server's data to the service": """
        drs:IssueAgentCertificateForDrs mgn:IssueClientCertificateForMgn""",
    "facts about a credential, not the credential": """
        aidevops:GetAccessToken bedrock-agentcore:GetApiKeyCredentialProvider
        bedrock-agentcore:GetOauth2CredentialProvider bedrock-agentcore:GetPaymentCredentialProvider
        bedrock-agentcore:GetTokenVault ec2:GetAssociatedEnclaveCertificateIamRoles iam:GenerateCredentialReport
        iam:GetAccountPasswordPolicy iam:GetCredentialReport iotmanagedintegrations:GetCredentialLocker
        ivs:GetPlaybackKeyPair lightsail:GetKeyPair lightsail:GetKeyPairs workmail:GetPersonalAccessTokenMetadata""",
    "stores or renews a credential and does not return it": """
        aws-external-anthropic:RotateWebhookSecret bedrock-agentcore:CreateApiKeyCredentialProvider
        bedrock-agentcore:CreateOauth2CredentialProvider bedrock-agentcore:CreatePaymentCredentialProvider
        bedrock-agentcore:ResetTokenVaultKeyMaterial iotmanagedintegrations:CreateCredentialLocker
        secretsmanager:CreateSecret secretsmanager:RotateSecret""",
    "the password of a user of an application, not of an account": """
        finspace:ResetUserPassword health-agent:ResetPassword workmail:ResetUserPassword""",
    "a token in exchange for one's own sign-in, or for oneself": """
        amplifybackend:CreateToken amplifybackend:GetToken amplifyuibuilder:ExchangeCodeForToken
        bedrock:CreateDataSourceToken codeconnections:GetIndividualAccessToken codeguru-reviewer:CreateConnectionToken
        codestar-connections:GetIndividualAccessToken cognito-idp:GetTokensFromRefreshToken signin:CreateOAuth2Token
        sts:GetServiceBearerToken""",
    "a token for one chat, video or game": """
        deepracer:CreateLeaderboardAccessToken iq:GetChatToken ivs:CreateParticipantToken ivschat:CreateChatToken
        qapps:CreateSubscriptionToken""",
    "a key that web pages show, a random text, a proof of ownership, or a token of another kind": """
        ec2:CreateIpamExternalResourceVerificationToken managedblockchain-query:BatchGetTokenBalance
        managedblockchain-query:GetTokenBalance secretsmanager:GetRandomPassword waf-regional:GetChangeToken
        waf-regional:GetChangeTokenStatus waf:GetChangeToken waf:GetChangeTokenStatus wafv2:CreateAPIKey
        wafv2:GetDecryptedAPIKey""",
    "what each job on a data lake has": "lakeformation:GetDataAccess",
}
"""Why an action has no finding → actions."""
CREDENTIALS_NOT_LISTED = "sso:GetRoleCredentials"
"""The service reference does not list it, and the AWS CLI calls it."""
PATHS: Mapping[str, str] = {
    "AssumeRootOfMemberAccount": "sts:AssumeRoot",
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
LINKS: Mapping[str, str] = {
    "AssumeRootOfMemberAccount": "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html",
}
"""Name → page, for paths that pathfinding.cloud does not describe."""


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
    addresses = {**LINKS, **constants.PRIVILEGE_ESCALATION_PATHFINDING_PATHS}
    paths = {name: actions.split() for name, actions in PATHS.items()} | dict(constants.PRIVILEGE_ESCALATION_METHODS)
    return {
        "about": "actions by what they open; escalations: sets of actions that together lead to more permissions",
        "generated_by": ".github/scripts/risk_actions.py",
        "licences": "LICENSES.txt",
        "sources": [
            f"cloudsplaining {release} (MIT; BSD-3-Clause, Copyright (c) 2020 Salesforce.com, Inc.)",
            ORIGIN_OF_PATHS,
        ],
        "credentials": sorted(
            {
                *spelled((*constants.ACTIONS_THAT_RETURN_CREDENTIALS, *CREDENTIALS.split())),
                *CREDENTIALS_NOT_LISTED.split(),
            }
        ),
        "data": spelled(DATA_ACCESS.split()),
        "exposure": spelled(RESOURCE_EXPOSURE.split()),
        "escalations": [
            {"name": name, "actions": spelled(actions), "link": addresses.get(name)}
            for name, actions in sorted(paths.items())
        ],
    }


def without_reason(found: Mapping[str, Any]) -> list[str]:
    """Return the actions that may return a credential, by their names, and have neither a finding nor a reason."""
    catalogue = load_catalogue()
    named = {action for table in ("credentials", "data", "exposure") for action in found[table]}
    named |= {action for path in found["escalations"] for action in path["actions"]}
    watched = json.loads((DATA / "watched_actions.json").read_bytes())["rules"].values()
    named |= {action for rule in watched for action in rule["actions"]}
    named |= {action for actions in LEFT_OUT.values() for action in actions.split()}
    names = (known.name for action in catalogue.known("*") if (known := catalogue.action(action)))
    return sorted(name for name in names if NAMES_OF_CREDENTIALS.match(name) and name not in named)


def main() -> None:
    """Write the file, and the licence once for each release."""
    release = version("cloudsplaining")
    found = content(release, import_module("cloudsplaining.shared.constants"))
    assert all(item["actions"] for item in found["escalations"])
    for action in without_reason(found):
        sys.stderr.write(f"no finding and no reason: {action}\n")
    (DATA / "risks.json").write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    licences = DATA / "LICENSES.txt"
    head = f"cloudsplaining-{release}"
    present = licences.read_text(encoding="utf-8")
    if head not in present:
        text = distribution("cloudsplaining").read_text("licenses/LICENSE") or ""
        licences.write_text(f"{present.rstrip()}\n\n\n{head}\n{'-' * len(head)}\n\n{text.strip()}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
