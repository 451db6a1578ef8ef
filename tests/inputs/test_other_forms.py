"""Policies in forms that are not read: compressed, encoded, without an effect, by a name. None of them passes."""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from reviewing import allow, compared, document, rules_of

from tracker.inputs.files import compressed
from tracker.inputs.files.compressed import compressed_policies
from tracker.review.model import fails

OLD, NEW = (json.dumps(document(allow(action))).encode() for action in ("s3:GetObject", "s3:*"))


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


PACKED = {
    "gzip": gzip.compress,
    "gzip after another stream": lambda data: gzip.compress(b"nothing") + gzip.compress(data),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"a/p.json": data}),
    "zip after a program": lambda data: b"#!/bin/sh\nexit\n" + zipped({"p.json": data}),
    "tar": lambda data: tarred({"p.json": data}),
    "tar.gz": lambda data: gzip.compress(tarred({"chart/templates/p.yaml": data})),
    "zip in zip": lambda data: zipped({"inner.zip": zipped({"p.json": data})}),
    "UTF-16 in zip": lambda data: zipped({"p.json": data.decode().encode("utf-16")}),
    "Base64": lambda data: b"p: " + base64.b64encode(b"  " + data),
    "Base64 in lines": lambda data: b"p: |\n  " + base64.encodebytes(b"x: " + data).replace(b"\n", b"\n  "),
    "Base64 for addresses": lambda data: b"p: " + base64.urlsafe_b64encode(data + "?~ÿ".encode()),
    "Base64 of gzip": lambda data: b"p: " + base64.b64encode(gzip.compress(data)),
    "a text in XML": lambda data: b"<p>" + data.replace(b'"', b"&quot;") + b"</p>",
}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED.keys())
def test_a_policy_that_is_packed_never_passes(pack: Any, tmp_path: Path) -> None:
    found = compared(tmp_path, {"file": pack(OLD)}, {"file": pack(NEW)})
    assert rules_of(found) <= {"not-looked-at", "document-unreadable"}
    assert fails(found.review, "broadens")


QUIET: dict[str, tuple[bytes, bytes]] = {
    "no policy in it": (zipped({"a.txt": b"a"}), zipped({"a.txt": b"b"})),
    "another file beside the policy": (zipped({"p.json": OLD, "a": b"1"}), zipped({"p.json": OLD, "a": b"2"})),
    "data of a package within a program": (
        zipped({"python/botocore/data/iam/examples.json": OLD, "a.py": b"1"}),
        zipped({"python/botocore/data/iam/examples.json": OLD, "a.py": b"2"}),
    ),
    "an image": (b"\x89PNG\r\n\x1a\n\x00a", b"\x89PNG\r\n\x1a\n\x00b"),
    "hashes of a lock file": (
        b"integrity: sha512-" + base64.b64encode(bytes(range(64))),
        b"integrity: sha512-" + base64.b64encode(bytes(range(64, 128))),
    ),
}


@pytest.mark.parametrize(("before", "after"), QUIET.values(), ids=QUIET.keys())
def test_what_is_packed_and_holds_no_other_policy_is_left_alone(before: bytes, after: bytes, tmp_path: Path) -> None:
    assert not rules_of(compared(tmp_path, {"file": before}, {"file": after}))


@pytest.mark.parametrize("folder", ["python/site-packages", "dist-packages", "node_modules/x", "botocore/data"])
def test_a_policy_in_an_archive_is_unknown_below_any_folder(folder: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {"layer.zip": zipped({f"{folder}/p.json": NEW})})
    assert rules_of(found) == {"not-looked-at"}


def test_a_program_in_an_archive_that_mentions_a_policy_is_a_notice(tmp_path: Path) -> None:
    found = compared(tmp_path, {"file": zipped({"a.py": OLD})}, {"file": zipped({"a.py": NEW})})
    assert rules_of(found) == {"policy-in-source"}
    assert not fails(found.review, "any")


ENCODED = {
    "EBCDIC": NEW.decode().encode("cp037"),
    "UTF-7": b"+" + base64.b64encode(NEW.decode().encode("utf-16-be")).rstrip(b"=") + b"-",
    "UTF-7 as it is usually written": NEW.decode().replace('"', "+ACI-").encode(),
    "a zero byte before it": b"\0" + NEW,
    "pickle": pickle.dumps(json.loads(NEW)),
    "MessagePack": msgspec.msgpack.encode(json.loads(NEW)),
    "a set of keys in YAML": b'{ Effect = "Allow", Action = "*" }',
}


@pytest.mark.parametrize("data", ENCODED.values(), ids=ENCODED.keys())
def test_a_policy_in_an_encoding_that_is_not_read_never_passes(data: bytes, tmp_path: Path) -> None:
    assert fails(compared(tmp_path, {}, {"file": data}).review, "broadens")


@pytest.mark.parametrize(
    "data",
    [
        b"7z\xbc\xaf\x27\x1c rest",
        gzip.compress(OLD)[:-20],
        zipped({"p.json": OLD})[:-30],
        gzip.compress(b"\0" * 2000),
        zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped({"4.zip": zipped({"5.zip": zipped({})})})})})}),
    ],
    ids=["another kind", "cut off", "without its end", "too large", "too deep"],
)
def test_an_archive_that_is_not_looked_into_is_unknown(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "MAX_BYTES", 1500)
    assert rules_of(compared(tmp_path, {}, {"file": data})) == {"not-looked-at"}


def test_the_member_with_the_policy_is_named(tmp_path: Path) -> None:
    assert list(compressed_policies(zipped({"a.json": b"{}", "b/p.json": NEW}))[0]) == ["b/p.json"]
    found = compared(tmp_path, {}, {"file.zip": zipped({"b/p.json": NEW})})
    assert "an archive: b/p.json may hold a policy" in found.printed("text")


# --- statements of other tools ---------------------------------------------------------------------------------------

STATEMENTS: dict[str, tuple[str, str, str]] = {
    "values of a chart without an effect": ("values.yaml", "iam:\n- actions: ['{}']\n  resources: ['*']\n", ""),
    "one action": ("values.yaml", "iam:\n  action: '{}'\n  resource: '*'\n", ""),
    "a list that is called actions": ("settings.json", '{{"allowedActions": ["{}"]}}', ""),
    "an effect in lower case": ("a.yaml", "effect: allow\naction: '{}'\nresource: '*'\n", ""),
    "inputs of Terragrunt": (
        "terragrunt.hcl",
        'inputs = {{\n  statements = [{{ actions = ["{}"], resources = ["*"] }}]\n}}\n',
        "",
    ),
    "permissions of QuickSight": (
        "t.yaml",
        "Resources: {{D: {{Type: 'AWS::QuickSight::Theme', Properties: {{Permissions: [{{Actions: ['{}']}}]}}}}}}",
        "quicksight:DescribeDashboard",
    ),
    "permissions of QuickSight in Terraform": (
        "main.tf",
        'resource "aws_quicksight_data_set" "d" {{\n  permissions {{\n    actions = ["{}"]\n  }}\n}}\n',
        "quicksight:DescribeDataSet",
    ),
    "every action": ("a.yaml", "iam:\n- actions: ['{}']\n  resources: ['*']\n", "*"),
}


@pytest.mark.parametrize(("name", "text", "action"), STATEMENTS.values(), ids=STATEMENTS.keys())
def test_actions_that_a_tool_makes_a_policy_of_never_pass(name: str, text: str, action: str, tmp_path: Path) -> None:
    before, after = text.format(f"{(action or 's3').partition(':')[0]}:Get"), text.format(action or "s3:*")
    found = compared(tmp_path, {name: before}, {name: after})
    assert rules_of(found) == {"not-looked-at"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            ".github/workflows/ci.yml",
            "jobs: {{a: {{steps: [{{uses: 'actions/checkout@{0}'}}], permissions: {{a: b}}}}}}",
        ),
        ("rules.yaml", "rules:\n- action: {0}\n  effect: NoSchedule\n"),
        ("policy.yaml", "effect: allow\nactions: [read, 'write{0}']\nresources: ['*']\n"),
        ("app.yaml", "actions:\n- name: {0}\n  run: http:Get\n"),
        ("values.yaml", "policies: [Default{0}]\n"),
        ("roles.yaml", "admin:\n  permissions: ['order:Create', 'order:Read{0}']\n"),
    ],
)
def test_actions_of_other_things_are_left_alone(name: str, text: str, tmp_path: Path) -> None:
    assert not rules_of(compared(tmp_path, {name: text.format(1)}, {name: text.format(2)}))


@pytest.mark.parametrize("name", ["AdministratorAccess", "arn:${P}:iam::aws:policy/AdministratorAccess"])
def test_a_managed_policy_is_found_by_its_name_where_policies_are_listed(name: str, tmp_path: Path) -> None:
    before, after = ({"sets.yaml": f"managed_policies:\n- {each}\n"} for each in ("ReadOnlyAccess", name))
    assert rules_of(compared(tmp_path, before, after)) == {"not-looked-at"}
    described = {"sets.yaml": f"policies:\n- name: {name}\n  color: red\n"}
    assert bool(rules_of(compared(tmp_path / "2", {}, described))) is name.startswith("arn")


# --- Terragrunt ------------------------------------------------------------------------------------------------------

UNIT = """
# the network of an application
terraform {
  source = "git::https://example.com/modules.git//app?ref=v1"
}
inputs = {
  bucket = "a" // of reports
}
"""


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("ref=v1", "ref=v2", "not-looked-at"),
        ('bucket = "a"', 'bucket = "b"', "value-unresolved"),
        ("# the network", "# what is around", ""),
        ("// of reports", "/* of invoices */", ""),
    ],
)
def test_a_module_that_terragrunt_takes_is_unknown(old: str, new: str, rule: str, tmp_path: Path) -> None:
    before, after = ({"live/terragrunt.hcl": text} for text in (UNIT, UNIT.replace(old, new)))
    assert rules_of(compared(tmp_path, before, after)) == ({rule} if rule else set())


def test_other_files_in_hcl_take_no_module(tmp_path: Path) -> None:
    text = 'plugin "aws" {{\n  source = "github.com/terraform-linters/tflint-ruleset-aws"\n  version = "{}"\n}}\n'
    before, after = ({".tflint.hcl": text.format(version)} for version in (1, 2))
    assert not rules_of(compared(tmp_path, before, after))


# --- parameters ------------------------------------------------------------------------------------------------------

TEMPLATE = """
Parameters: {A: {Type: String}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: !Ref A, Resource: '*'}]}
"""
SAM_FILES = {
    "samconfig.toml": '[default.deploy.parameters]\nparameter_overrides = "A={}"\n',
    "a/samconfig.toml": '[prod.deploy.parameters]\nparameter_overrides = ["ParameterKey=A,ParameterValue={}"]\n',
    "samconfig.yaml": "prod: {{deploy: {{parameters: {{parameter_overrides: {{A: '{}'}}}}}}}}\n",
}


@pytest.mark.parametrize(("name", "text"), SAM_FILES.items())
def test_parameters_in_the_configuration_of_sam_decide(name: str, text: str, tmp_path: Path) -> None:
    before, after = ({"t.yaml": TEMPLATE, name: text.format(value)} for value in ("s3:GetObject", "s3:*"))
    assert fails(compared(tmp_path, before, after).review, "broadens")
    assert not fails(compared(tmp_path / "2", after, before).review, "broadens")
