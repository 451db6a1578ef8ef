"""Properties of CloudFormation's resources that keep strangers out, whatever policies and access lists say.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-publicaccessblockconfiguration.html
"""

from collections.abc import Iterator
from typing import Any

from tracker.inputs.cloudformation.template import Resource
from tracker.inputs.model import FileLocation, Safeguard
from tracker.inputs.safeguards import (
    OFF,
    ON,
    OPEN_WITHOUT,
    PUBLIC_ACCESS,
    PUBLIC_ACCESS_FLAGS,
    UNAUTHORIZED,
    authorizer_state,
    state_of,
)
from tracker.policy.model import Json

__all__ = ["SAFEGUARDED", "safeguards_of"]

_BLOCK = "PublicAccessBlockConfiguration"
_RESOURCE_POLICY = "AWS::SecretsManager::ResourcePolicy"
_SHARING = "AWS::EC2::SnapshotBlockPublicAccess"
_OPEN_WITHOUT = {
    "AWS::ApiGateway::RestApi": "Policy",
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
    "AWS::EFS::FileSystem": "FileSystemPolicy",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::Transfer::User": "Policy",
}
"""Types whose default policy lets more through than nothing, and the property that replaces it.
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
"""
_S3 = ("AWS::S3::AccessPoint", "AWS::S3::Bucket", "AWS::S3::MultiRegionAccessPoint")
_AUTHORIZED = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route")
_API_EVENTS = ("Api", "HttpApi")
_SAM_APIS = tuple(f"AWS::Serverless::{kind}" for kind in _API_EVENTS)
_SAM_FUNCTION = "AWS::Serverless::Function"
SAFEGUARDED = frozenset((*_S3, *_OPEN_WITHOUT, *_AUTHORIZED, *_SAM_APIS, _SAM_FUNCTION, _RESOURCE_POLICY, _SHARING))
"""Types with such properties."""


def safeguards_of(resource: Resource, values: Json, path: str) -> Iterator[Safeguard]:
    """Yield the settings of a resource that keep strangers out.

    Args:
        resource: one of the types in SAFEGUARDED.
        values: its properties, resolved.
        path: the file.
    """
    owner, location = resource.logical_id, FileLocation(path, resource.pointer)
    if resource.type == _SHARING:
        # It protects the account, not itself: with the resource the protection goes.
        state = str(values.get("State"))
        state = ON if state.startswith("block-") else OFF if state == "unblocked" else state
        yield Safeguard(_SHARING, "State", state, location, PUBLIC_ACCESS)
        return
    if resource.type == _RESOURCE_POLICY:
        yield Safeguard(owner, "BlockPublicPolicy", state_of(values.get("BlockPublicPolicy")), location, PUBLIC_ACCESS)
        return
    if resource.type in (*_AUTHORIZED, *_SAM_APIS, _SAM_FUNCTION):
        yield from _authorizers(resource, values, location)
        return
    policy = _OPEN_WITHOUT.get(resource.type)
    if policy:
        yield Safeguard(owner, policy, _policy(values.get(policy)), location, OPEN_WITHOUT)
        return
    block = values.get(_BLOCK)
    where = FileLocation(path, resource.pointer_of(_BLOCK)) if block is not None else location
    for flag in PUBLIC_ACCESS_FLAGS:
        yield Safeguard(owner, flag, _flag(block, flag), where, PUBLIC_ACCESS, is_default=True)
    rules = values.get("OwnershipControls")
    if rules is not None:
        owned = rules.get("Rules") if isinstance(rules, dict) else rules
        what = "access control lists count"
        yield Safeguard(owner, "ObjectOwnership", _ownership(owned), location, what)


def _authorizers(resource: Resource, values: Json, location: FileLocation) -> Iterator[Safeguard]:
    """Yield whether who calls an API must be known: by default, or of one method or event."""
    owner = resource.logical_id
    if resource.type in _AUTHORIZED:
        state = authorizer_state(values.get("AuthorizationType"))
        yield Safeguard(owner, "AuthorizationType", state, location, UNAUTHORIZED)
    elif resource.type in _SAM_APIS:
        state = authorizer_state(_object(values.get("Auth")).get("DefaultAuthorizer"))
        yield Safeguard(owner, "DefaultAuthorizer", state, location, UNAUTHORIZED)
    else:
        for name, event in _object(values.get("Events")).items():
            if _object(event).get("Type") in _API_EVENTS:
                given = _object(_object(_object(event).get("Properties")).get("Auth"))
                state = authorizer_state(given.get("Authorizer"))
                of_event = f"{owner}{name}Permission"  # which SAM makes of it
                yield Safeguard(of_event, "Authorizer", state, location, UNAUTHORIZED, is_default=True)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _policy(value: Any) -> str:
    """Return whether a policy is there: a text that is none itself stands for one, or for none."""
    if value is None:
        return ""
    return ON if isinstance(value, dict) or str(value).lstrip().startswith("{") else str(value)


def _flag(block: Any, flag: str) -> str:
    if block is None:
        return ""
    return state_of(block.get(flag)) if isinstance(block, dict) else str(block)


def _ownership(rules: Any) -> str:
    said = (
        {str(one.get("ObjectOwnership")) for one in rules if isinstance(one, dict)} if isinstance(rules, list) else ()
    )
    if said == {"BucketOwnerEnforced"}:
        return ON
    return OFF if said and said <= {"BucketOwnerPreferred", "ObjectWriter"} else str(rules)
