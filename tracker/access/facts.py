"""What is known of condition keys and resources beyond the documents.

The types of global keys are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (each compared with the page's
"Data type" and "Value type" in November 2026). A key whose data type depends (aws:FederatedProvider is text or an ARN,
aws:EpochTime a date or a number) has none here.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from tracker.access.conditions import KeyType
from tracker.policy.operators import Family

__all__ = ["NO_FACTS", "Facts", "global_key_type", "type_of"]

_SINGLE: dict[Family | None, str] = {
    Family.STRING: """
        aws:calledviaawsmcp aws:calledviafirst aws:calledvialast aws:principalaccount aws:principalorgid
        aws:principalservicename aws:principaltype aws:referer aws:requestedregion aws:resourceaccount
        aws:resourceorgid aws:sourceaccount aws:sourceidentity aws:sourceorgid aws:sourcevpc aws:sourcevpce
        aws:useragent aws:userid aws:username aws:vpceaccount aws:vpceorgid aws:ec2instancesourcevpc
        glue:credentialissuingservice glue:roleassumedby identitystore:userid sts:externalid sts:rolesessionname
        saml:aud saml:iss saml:sub""",
    Family.ARN: """
        aws:chatbotsourcearn aws:principalarn aws:signinsessionarn aws:sourcearn aws:sourcevpcarn codebuild:buildarn
        codebuild:projectarn ec2:sourceinstancearn lambda:sourcefunctionarn ssm:sourceinstancearn""",
    Family.BOOL: """
        aws:assumedroot aws:multifactorauthpresent aws:principalisawsservice aws:securetransport
        aws:ismcpserviceaction aws:viaawsmcpservice aws:viaawsservice""",
    Family.NUMERIC: "aws:multifactorauthage ec2:roledelivery",
    Family.DATE: "aws:currenttime aws:tokenissuetime",
    Family.IP_ADDRESS: "aws:ec2instancesourceprivateipv4 aws:sourceip aws:vpcsourceip",
    None: "aws:epochtime aws:federatedprovider",
}
_MULTIVALUED = """
    aws:calledvia aws:principalorgpaths aws:principalservicenameslist aws:resourceorgpaths aws:sourceorgpaths
    aws:tagkeys aws:vpceorgpaths cognito-identity.amazonaws.com:amr""".split()  # noqa: SIM905 - easier to compare
_DOUBTFUL = """
    account:accountresourceorgtags artifact:reportseries autoscaling:instancetypes cloud9:permissions
    cloudformation:importresourcetypes codebuild:filesystemlocations codebuild:secondaryartifacts
    codebuild:secondarysources codecommit:references iotfleetwise:updatetodecodermanifestarn
    iotfleetwise:updatetomodelmanifestarn lambda:vpcids observabilityadmin:targetregions route53:vpcs
    route53profiles:hostedzonedomains route53profiles:resolverruledomains route53profiles:resourcearns
    route53profiles:resourceids route53profiles:resourcetypes s3-outposts:requestobjecttagkeys
    secretsmanager:versionstage securityhub:asffsyntaxpath securityhub:ocsfsyntaxpath""".split()  # noqa: SIM905
"""Keys that the service authorization reference labels as having one value, where their names or descriptions speak
of several (looked through in November 2026)."""
_TAG = re.compile(r"[a-z0-9-]+:(?:existingobjecttag|principaltag|requestobjecttag|requesttag|resourcetag)/.")
"""A key of one tag: it has one value, as a tag has."""
_TOKEN_CLAIM = re.compile(r"[a-z0-9./_-]+\.[a-z]+(?:/[a-z0-9./_-]+)?:(?:aud|sub)\Z")
"""The audience and the subject of an OIDC token, after the provider's host:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""
_GLOBAL = {key: KeyType(True, family) for family, keys in _SINGLE.items() for key in keys.split()}


class Facts(NamedTuple):
    """What a catalogue knows."""

    key_type: Callable[[str], KeyType | None] = lambda _: None
    """Condition key in lower case → its type; None for a key that is not known."""
    arn_formats: Callable[[str], tuple[str, ...]] = lambda _: ()
    """Action, folded → the formats of the resources it can be limited to, as `arn:${Partition}:s3:::${BucketName}`;
    empty where none is known."""
    tags_alone: Callable[[str], bool] = lambda _: False
    """Action, folded → whether its request may have tags without the list of their keys: the service authorization
    reference lists `aws:RequestTag` of it and not `aws:TagKeys`."""


NO_FACTS = Facts()


def type_of(key: str, facts: Facts) -> KeyType:
    """Return what is known of a key in lower case; that it has one value is not trusted where that is doubtful."""
    known = global_key_type(key) or facts.key_type(key) or KeyType()
    if key in _DOUBTFUL or key.partition("/")[0] in _DOUBTFUL:
        return known._replace(single=False)
    return known


def global_key_type(key: str) -> KeyType | None:
    """Return the type of a global key, of a tag or of a token's claim, in lower case; None for other keys.

    >>> global_key_type("aws:resourcetag/team").single, global_key_type("aws:tagkeys").single, global_key_type("k:a")
    (True, False, None)
    """
    if key in _MULTIVALUED:
        return KeyType(False, Family.STRING)
    if _TAG.match(key):
        return KeyType(True, Family.STRING)
    if _TOKEN_CLAIM.match(key):
        return KeyType(True, Family.STRING)
    return _GLOBAL.get(key)
