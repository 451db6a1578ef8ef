"""Resources of Terraform that keep strangers out, whatever policies and access control lists say.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_public_access_block
"""

from collections.abc import Iterator
from typing import Any

from tracker.inputs.model import FileLocation, Safeguard, World
from tracker.inputs.safeguards import OFF, ON, PUBLIC_ACCESS, state_of
from tracker.inputs.terraform.addresses import address_of
from tracker.inputs.terraform.role_holders import DeclaredResources
from tracker.policy.model import Json

__all__ = ["safeguards_of"]

_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_OF_BUCKET, _OF_ACCOUNT = "aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"
_OWNERSHIP = "aws_s3_bucket_ownership_controls"
_SHARING = ("aws_ebs_snapshot_block_public_access", "aws_ec2_image_block_public_access")


def safeguards_of(
    address: str, kind: str, values: Json, location: FileLocation, condition: World, declared: DeclaredResources
) -> Iterator[Safeguard]:
    """Yield the settings of a resource that keep strangers out."""
    for name, value in _settings(kind, values):
        parts = address_of(address)
        bucket = values.get("bucket")
        owner = kind if kind not in (_OF_BUCKET, _OWNERSHIP) else str(bucket)
        if isinstance(bucket, str):
            owner = declared.address(bucket, "aws_s3_bucket", parts.module if parts else "") or bucket
        state = f"{value} {condition}" if condition else value
        what = "access control lists count" if kind == _OWNERSHIP else PUBLIC_ACCESS
        yield Safeguard(owner, name, state, location, what, is_default=kind == _OF_BUCKET)


def _settings(kind: str, values: Json) -> Iterator[tuple[str, str]]:
    if kind in (_OF_BUCKET, _OF_ACCOUNT):
        yield from ((flag, state_of(values.get(flag))) for flag in _FLAGS)
    elif kind in _SHARING:
        state = str(values.get("state"))
        yield "state", ON if state.startswith("block-") else OFF if state == "unblocked" else state
    elif kind == _OWNERSHIP:
        yield "object_ownership", _ownership(values.get("rule"))


def _ownership(rules: Any) -> str:
    listed = rules if isinstance(rules, list) else [rules]
    said = {str(one.get("object_ownership")) for one in listed if isinstance(one, dict)}
    if said == {"BucketOwnerEnforced"}:
        return ON
    return OFF if said and said <= {"BucketOwnerPreferred", "ObjectWriter"} else str(rules)
