"""Settings that keep strangers out: one that goes or is loosened is a finding, one that comes is not."""

from pathlib import Path
from typing import Any

import pytest
from reviewing import compared, rules_of, states_of

from tracker.review.model import fails

FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def bucket(*flags: Any, **more: Any) -> dict[str, Any]:
    block = {"PublicAccessBlockConfiguration": dict(zip(FLAGS, flags, strict=False))} if flags else {}
    return {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {**block, **more}}}}


def owned(ownership: str) -> dict[str, Any]:
    return bucket(True, True, True, True, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


NOTHING: dict[str, Any] = {"Resources": {}}
ALL = bucket(True, True, True, True)
TEMPLATES: dict[str, tuple[Any, Any, bool]] = {
    "removed": (ALL, bucket(), True),
    "one flag off": (ALL, bucket(True, False, True, True), True),
    "one flag not set": (ALL, bucket(True, True, True), True),
    "a flag that is not known": (ALL, bucket(True, True, True, {"Ref": "P"}), True),
    "off in a new bucket": (NOTHING, bucket(False, False, False, False), True),
    "turned off where nothing set it": (bucket(), bucket(False, False, False, False), True),
    "objects of others": (owned("BucketOwnerEnforced"), owned("ObjectWriter"), True),
    "a new bucket": (NOTHING, bucket(), False),
    "added": (bucket(), ALL, False),
    "one flag on": (bucket(False, False, False, False), bucket(True, False, False, False), False),
    "texts for flags": (ALL, bucket("true", "true", "true", "true"), False),
    "the bucket goes": (ALL, NOTHING, False),
    "objects of nobody else": (owned("ObjectWriter"), owned("BucketOwnerEnforced"), False),
    "the same as before": (bucket(True), bucket(True, VersioningConfiguration={"Status": "Enabled"}), False),
}


@pytest.mark.parametrize(("before", "after", "broadens"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_block_of_public_access_in_a_template(before: Any, after: Any, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": before}, {"t.json": after})
    assert fails(found.review, "broadens") is broadens
    assert rules_of(found) == ({"not-looked-at"} if broadens else set())


def test_each_setting_is_named_with_what_it_was(tmp_path: Path) -> None:
    found = compared(tmp_path, {"t.json": ALL}, {"t.json": bucket(True, False, True, True)})
    assert states_of(found) == {"t.json#B BlockPublicPolicy": "unreadable undecided"}
    assert "public access is not blocked: BlockPublicPolicy was on and is off" in found.printed("text")


BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'


def block(kind: str = "aws_s3_bucket_public_access_block", name: str = "b", **arguments: str) -> str:
    said = "".join(f"  {key} = {value}\n" for key, value in arguments.items())
    return f'resource "{kind}" "{name}" {{\n{said}}}\n'


ON = {"block_public_acls": "true", "block_public_policy": "true"}
OF_B = {"bucket": "aws_s3_bucket.b.id"}
ACCOUNT, SNAPSHOTS = "aws_s3_account_public_access_block", "aws_ebs_snapshot_block_public_access"
OWNERSHIP = "aws_s3_bucket_ownership_controls"
SOURCES: dict[str, tuple[str, str, bool]] = {
    "loosened": (block(**OF_B, **ON), block(**OF_B, block_public_acls="true"), True),
    "removed": (block(**OF_B, **ON), "", True),
    "removed from a bucket that is elsewhere": (block(bucket='"other"', **ON), "", True),
    "under a condition": (
        block(**OF_B, **ON),
        'variable "n" {}\n' + block(**OF_B, **ON, count="var.n ? 1 : 0"),
        True,
    ),
    "of the account": (block(ACCOUNT, **ON), "", True),
    "of snapshots": (block(SNAPSHOTS, state='"block-all-sharing"'), block(SNAPSHOTS, state='"unblocked"'), True),
    "ownership": (
        block(OWNERSHIP, bucket='"x"').replace("}\n", 'rule {\n object_ownership = "BucketOwnerEnforced"\n}\n}\n'),
        block(OWNERSHIP, bucket='"x"').replace("}\n", 'rule {\n object_ownership = "ObjectWriter"\n}\n}\n'),
        True,
    ),
    "of a secret": (
        block("aws_secretsmanager_secret_policy", name="s", policy='"{}"', block_public_policy="true"),
        block("aws_secretsmanager_secret_policy", name="s", policy='"{}"'),
        True,
    ),
    "of a bucket of another provider": (
        block("awscc_s3_bucket", public_access_block_configuration="{ block_public_acls = true }"),
        block("awscc_s3_bucket", public_access_block_configuration="{ block_public_acls = false }"),
        True,
    ),
    "under another name": (block(**OF_B, **ON), block(name="renamed", **OF_B, **ON), False),
    "by the name of the bucket": (block(**OF_B, **ON), block(bucket='"b"', **ON), False),
    "added": ("", block(**OF_B, **ON, ignore_public_acls="true", restrict_public_buckets="true"), False),
}


@pytest.mark.parametrize(("before", "after", "broadens"), SOURCES.values(), ids=SOURCES.keys())
def test_a_block_of_public_access_in_sources(before: str, after: str, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {"main.tf": BUCKET + before}, {"main.tf": BUCKET + after})
    assert fails(found.review, "broadens") is broadens, found.printed("text")


def test_a_block_goes_with_its_bucket(tmp_path: Path) -> None:
    found = compared(tmp_path, {"main.tf": BUCKET + block(**OF_B, **ON)}, {"main.tf": "# nothing\n"})
    assert not fails(found.review, "broadens")


# --- resources whose default policy lets more through than their own --------------------------------------------------

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "a:B", "Resource": "*"}],
}
WITH_DEFAULT = {
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::EFS::FileSystem": "FileSystemPolicy",
    "AWS::ApiGateway::RestApi": "Policy",
    "AWS::Transfer::User": "Policy",
}


@pytest.mark.parametrize(("kind", "member"), WITH_DEFAULT.items())
def test_a_policy_that_goes_gives_way_to_a_wider_default(kind: str, member: str, tmp_path: Path) -> None:
    def template(**properties: Any) -> dict[str, Any]:
        return {"t.json": {"Resources": {"R": {"Type": kind, "Properties": properties}}}}

    assert rules_of(compared(tmp_path / "1", template(**{member: POLICY}), template())) == {"not-looked-at"}
    assert not fails(compared(tmp_path / "2", template(**{member: POLICY}), {}).review, "broadens")
    assert not rules_of(compared(tmp_path / "3", {}, template()))


def test_a_policy_of_an_endpoint_in_sources_gives_way_to_the_default(tmp_path: Path) -> None:
    endpoint = 'resource "aws_vpc_endpoint" "e" {\n  vpc_id = "v"\n}\n'
    text = 'jsonencode({Statement = [{Effect = "Allow", Principal = "*", Action = "s3:Get*", Resource = "*"}]})'
    policy = (
        f'resource "aws_vpc_endpoint_policy" "p" {{\n  vpc_endpoint_id = aws_vpc_endpoint.e.id\n  policy = {text}\n}}\n'
    )
    before = {"main.tf": endpoint + policy}
    assert fails(compared(tmp_path / "1", before, {"main.tf": endpoint}).review, "broadens")
    inside = {"main.tf": endpoint.replace("}", f"  policy = {text}\n}}")}
    assert "not-looked-at" not in rules_of(compared(tmp_path / "2", before, inside))
    assert not fails(compared(tmp_path / "3", before, {"main.tf": "# nothing\n"}).review, "broadens")


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("aws_db_snapshot", 'shared_accounts = ["all"]'),
        ("aws_ssm_document", 'permissions = {type = "Share", account_ids = "All"}'),
        ("aws_redshift_data_share_authorization", 'consumer_identifier = "111122223333"'),
        ("aws_ram_resource_share", "allow_external_principals = true"),
        ("aws_ami_launch_permission", 'group = "all"'),
    ],
)
def test_what_is_shared_with_others_is_a_finding(kind: str, argument: str, tmp_path: Path) -> None:
    made = f'resource "{kind}" "x" {{\n  {argument}\n}}\n'
    found = compared(tmp_path, {"main.tf": BUCKET}, {"main.tf": BUCKET + made})
    assert rules_of(found) == {"not-looked-at"}


def _api(**auth: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "s", **({"Auth": auth} if auth else {})}}


def _sam(api: Any, **event: Any) -> dict[str, Any]:
    called = {"Path": "/", "Method": "get", "RestApiId": {"Ref": "Api"}, **event}
    properties = {"Handler": "a.b", "Events": {"Get": {"Type": "Api", "Properties": called}}}
    made = {"Api": api, "F": {"Type": "AWS::Serverless::Function", "Properties": properties}}
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": made}


def _method(kind: str, name: str = "M") -> dict[str, Any]:
    return {"Resources": {name: {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": kind}}}}


SIGNED = _api(DefaultAuthorizer="AWS_IAM")
AUTHORIZERS: dict[str, tuple[Any, Any, bool]] = {
    "of an event": (_sam(SIGNED), _sam(SIGNED, Auth={"Authorizer": "NONE"}), True),
    "of an event that had its own": (
        _sam(SIGNED, Auth={"Authorizer": "MyAuthorizer"}),
        _sam(SIGNED, Auth={"Authorizer": "NONE"}),
        True,
    ),
    "of a new event": (_sam(SIGNED) | {"Resources": {"Api": SIGNED}}, _sam(SIGNED, Auth={"Authorizer": "NONE"}), True),
    "of the API": (_sam(SIGNED), _sam(_api()), True),
    "of the API by name": (_sam(SIGNED), _sam(_api(DefaultAuthorizer="NONE")), True),
    "of a method": (_method("AWS_IAM"), _method("NONE"), True),
    "of a method that goes": (_method("AWS_IAM"), {"Resources": {}}, False),
    "of a new method": ({"Resources": {}}, _method("NONE"), False),
    "another one": (_method("AWS_IAM"), _method("COGNITO_USER_POOLS"), False),
    "another one of an API": (_sam(SIGNED), _sam(_api(DefaultAuthorizer="Mine")), False),
    "of an event that goes": (
        _sam(SIGNED, Auth={"Authorizer": "AWS_IAM"}),
        {**_sam(SIGNED), "Resources": {"Api": SIGNED}},
        False,
    ),
}


@pytest.mark.parametrize(("before", "after", "broadens"), AUTHORIZERS.values(), ids=AUTHORIZERS.keys())
def test_an_authorizer_that_goes(before: Any, after: Any, broadens: bool, tmp_path: Path) -> None:
    found = compared(tmp_path, {"template.json": before}, {"template.json": after})
    assert fails(found.review, "broadens") is broadens


def test_an_authorizer_that_goes_in_terraform(tmp_path: Path) -> None:
    before, after = (
        f'resource "aws_api_gateway_method" "m" {{\n  authorization = "{x}"\n}}\n' for x in ("CUSTOM", "NONE")
    )
    assert fails(compared(tmp_path / "1", {"main.tf": before}, {"main.tf": after}).review, "broadens")
    assert not fails(compared(tmp_path / "2", {"main.tf": after}, {"main.tf": before}).review, "broadens")
