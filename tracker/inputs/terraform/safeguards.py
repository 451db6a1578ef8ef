"""Resources of Terraform that keep strangers out, whatever policies and access control lists say.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_public_access_block
"""

from collections.abc import Iterator
from typing import Any

from tracker.inputs.model import Case, FileLocation, Safeguard
from tracker.inputs.safeguards import (
    OFF,
    ON,
    OPEN_WITHOUT,
    PUBLIC_ACCESS,
    UNAUTHORIZED,
    authorizer_state,
    state_of,
)
from tracker.inputs.terraform.addresses import address_of
from tracker.inputs.terraform.role_holders import DeclaredResources
from tracker.policy.model import Json

__all__ = ["safeguards_of"]

_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_OF_BUCKET, _OF_ACCOUNT = "aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"
_RESOURCE_POLICY = "aws_secretsmanager_secret_policy"
_BLOCK = "public_access_block_configuration"
"""A block or an object within a bucket of another provider, or an access point."""
_OWNERSHIP = "aws_s3_bucket_ownership_controls"
_SHARING = ("aws_ebs_snapshot_block_public_access", "aws_ec2_image_block_public_access")


def safeguards_of(
    address: str, kind: str, values: Json, location: FileLocation, condition: Case, declared: DeclaredResources
) -> Iterator[Safeguard]:
    """Yield the settings of a resource that keep strangers out."""
    if kind in _HAVING_POLICY and values.get("policy"):
        yield Safeguard(address, "policy", ON, location, OPEN_WITHOUT)
    if kind in _AUTHORIZED:
        state = authorizer_state(values.get(_AUTHORIZED[kind]))
        yield Safeguard(address, _AUTHORIZED[kind], state, location, UNAUTHORIZED)
    for block in _dicts(values.get(_BLOCK)):
        for flag in _FLAGS:
            yield Safeguard(address, flag, state_of(block.get(flag)), location, PUBLIC_ACCESS, is_default=True)
    for name, value in _settings(kind, values):
        argument, target = _TARGETS.get(kind, ("", ""))
        named = values.get(argument)
        owner = named if isinstance(named, str) else kind
        if isinstance(named, str) and target:
            parts = address_of(address)
            owner = declared.address(named, target, parts.module if parts else "") or named
        state = f"{value} {condition}" if condition else value
        yield Safeguard(owner, name, state, location, _MEANINGS.get(kind, PUBLIC_ACCESS), is_default=kind == _OF_BUCKET)


_TARGETS = {
    _OF_BUCKET: ("bucket", "aws_s3_bucket"),
    _OWNERSHIP: ("bucket", "aws_s3_bucket"),
    _RESOURCE_POLICY: ("secret_arn", "aws_secretsmanager_secret"),
    "aws_api_gateway_rest_api_policy": ("rest_api_id", "aws_api_gateway_rest_api"),
    "aws_efs_file_system_policy": ("file_system_id", "aws_efs_file_system"),
    "aws_kms_key_policy": ("key_id", "aws_kms_key"),
    "aws_vpc_endpoint_policy": ("vpc_endpoint_id", "aws_vpc_endpoint"),
}
"""Type -> the argument that names what it protects, and the type of that."""
_AUTHORIZED = {"aws_api_gateway_method": "authorization", "aws_apigatewayv2_route": "authorization_type"}
"""Type -> the argument that says how whoever calls an API is known."""
_HAVING_POLICY = frozenset(
    (
        "aws_transfer_access",
        "aws_transfer_user",
        *(one for kind, (_, one) in _TARGETS.items() if kind.endswith("_policy") and kind != _RESOURCE_POLICY),
    )
)
_MEANINGS = {_OWNERSHIP: "access control lists count"} | dict.fromkeys(
    (kind for kind in _TARGETS if kind.endswith("_policy") and kind != _RESOURCE_POLICY), OPEN_WITHOUT
)


def _settings(kind: str, values: Json) -> Iterator[tuple[str, str]]:
    if _MEANINGS.get(kind) == OPEN_WITHOUT:
        yield "policy", ON
    elif kind in (_OF_BUCKET, _OF_ACCOUNT):
        yield from ((flag, state_of(values.get(flag))) for flag in _FLAGS)
    elif kind == _RESOURCE_POLICY:
        yield "block_public_policy", state_of(values.get("block_public_policy"))
    elif kind in _SHARING:
        state = str(values.get("state"))
        yield "state", ON if state.startswith("block-") else OFF if state == "unblocked" else state
    elif kind == _OWNERSHIP:
        yield "object_ownership", _ownership(values.get("rule"))


def _ownership(rules: Any) -> str:
    said = {str(one.get("object_ownership")) for one in _dicts(rules)}
    if said == {"BucketOwnerEnforced"}:
        return ON
    return OFF if said and said <= {"BucketOwnerPreferred", "ObjectWriter"} else str(rules)


def _dicts(value: Any) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]
