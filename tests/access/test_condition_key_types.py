"""The types of global condition keys, against the page that defines them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, its "Data type" and
"Value type" of each key, as they stood in November 2026.
"""

import pytest

from tracker.access.facts import global_key_type
from tracker.policy.operators import Family

SINGLE: dict[Family | None, str] = {
    Family.STRING: """aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalTag/Team aws:PrincipalServiceName
        aws:PrincipalType aws:userid aws:username aws:Ec2InstanceSourceVpc aws:SourceIdentity glue:RoleAssumedBy
        glue:CredentialIssuingService identitystore:UserId aws:SourceVpc aws:SourceVpce aws:VpceAccount aws:VpceOrgID
        aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/Team aws:CalledViaFirst aws:CalledViaLast
        aws:CalledViaAWSMCP aws:referer aws:RequestedRegion aws:RequestTag/Team aws:SourceAccount aws:SourceOrgID
        aws:UserAgent""",
    Family.ARN: """aws:PrincipalArn aws:SignInSessionArn aws:ChatbotSourceArn ec2:SourceInstanceArn codebuild:BuildArn
        codebuild:ProjectArn lambda:SourceFunctionArn ssm:SourceInstanceArn aws:SourceVpcArn aws:SourceArn""",
    Family.BOOL: """aws:PrincipalIsAWSService aws:AssumedRoot aws:MultiFactorAuthPresent aws:ViaAWSService
        aws:ViaAWSMCPService aws:SecureTransport""",
    Family.NUMERIC: "aws:MultiFactorAuthAge ec2:RoleDelivery",
    Family.DATE: "aws:TokenIssueTime aws:CurrentTime",
    Family.IP_ADDRESS: "aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp",
    # Text or an ARN, by the provider; a date or a number.
    None: "aws:FederatedProvider aws:EpochTime",
}
MULTIVALUED = """aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:VpceOrgPaths aws:ResourceOrgPaths
    aws:CalledVia aws:TagKeys aws:SourceOrgPaths"""


@pytest.mark.parametrize(("family", "keys"), SINGLE.items())
def test_a_key_with_one_value_has_the_type_of_the_page(family: Family | None, keys: str) -> None:
    for key in keys.split():
        assert global_key_type(key.lower()) == (True, family), key


def test_a_key_with_several_values_is_known_as_one() -> None:
    for key in MULTIVALUED.split():
        assert global_key_type(key.lower()) == (False, Family.STRING), key
