"""Folders of Terraform's sources as git histories: policies identified by their addresses. Real git."""

import json
from pathlib import Path
from typing import Any

from archives import new_repository
from builders import allowing

from tracker.changelog.builder import Selection, build_git_changelog

ONE, TWO = allowing("s3:GetObject"), allowing("s3:Get*")
Files = dict[str, bytes | None]


def policy(document: Any, name: str = "reader") -> bytes:
    return f'resource "aws_iam_policy" "{name}" {{\n  policy = jsonencode({json.dumps(document)})\n}}\n'.encode()


def reported(folder: Path, *states: Files, under: str = "") -> tuple[list[str], list[str]]:
    """Return the events, oldest first, and what was skipped."""
    found = build_git_changelog(new_repository(folder, *states), None, under, Selection())
    return (
        [f"{entry.event} {entry.policy} {entry.version}" for entry in reversed(found.entries)],
        [f"{item.where.partition(' at ')[0]}: {item.reason}" for item in found.skipped],
    )


READER = "aws_iam_policy.reader/policy"


def test_a_policy_of_terraform_is_identified_by_its_address(tmp_path: Path) -> None:
    states: list[Files] = [
        {"prod/main.tf": policy(ONE)},
        {"prod/main.tf": policy(TWO)},
        {"prod/main.tf": b"# nothing", "prod/other.tf": b"\n" + policy(TWO)},
        {"prod/other.tf": b'resource "aws_sns_topic" "t" {}\n'},
        {"prod/other.tf": policy(TWO)},
        {"prod/other.tf": None, "prod/main.tf": None},
    ]
    assert reported(tmp_path, *states) == (
        [
            f"policy-added prod/{READER} v1",
            f"policy-updated prod/{READER} v2",
            f"policy-removed prod/{READER} None",
            f"policy-returned prod/{READER} v2",
            f"policy-removed prod/{READER} None",
        ],
        [],
    )


def test_a_changed_value_changes_the_policy_that_uses_it(tmp_path: Path) -> None:
    main = b"""
variable "bucket" {}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.bucket}/*"]
  }
}
resource "aws_iam_policy" "reader" { policy = data.aws_iam_policy_document.d.json }
"""
    states: list[Files] = [
        {"main.tf": main, "terraform.tfvars": b'bucket = "a"\n'},
        {"terraform.tfvars": b'bucket = "b"\n'},
    ]
    assert reported(tmp_path, *states) == ([f"policy-added {READER} v1", f"policy-updated {READER} v2"], [])


def test_a_policy_of_a_module_is_identified_by_the_call(tmp_path: Path) -> None:
    call = b'module "m" { source = "../modules/m" }\n'
    states: list[Files] = [
        {"prod/main.tf": call, "dev/main.tf": call, "modules/m/main.tf": policy(ONE)},
        {"modules/m/main.tf": policy(TWO)},
    ]
    events, skipped = reported(tmp_path, *states)
    assert sorted(events) == [
        f"policy-added dev/module.m.{READER} v1",
        f"policy-added prod/module.m.{READER} v1",
        f"policy-updated dev/module.m.{READER} v2",
        f"policy-updated prod/module.m.{READER} v2",
    ]
    assert skipped == []


def test_a_policy_that_is_moved_goes_on(tmp_path: Path) -> None:
    moved = b"moved {\n  from = aws_iam_policy.reader\n  to = aws_iam_policy.writer\n}\n"
    states: list[Files] = [
        {"main.tf": policy(ONE)},
        {"main.tf": policy(ONE, "writer") + moved},
        {"main.tf": policy(TWO, "writer")},
    ]
    assert reported(tmp_path, *states) == ([f"policy-added {READER} v1", f"policy-updated {READER} v2"], [])


def test_a_folder_that_is_renamed_goes_on(tmp_path: Path) -> None:
    states: list[Files] = [
        {"prod/main.tf": policy(ONE), "prod/b.tf": policy(ONE, "other")},
        {"prod/main.tf": None, "prod/b.tf": None, "live/main.tf": policy(ONE), "live/b.tf": policy(ONE, "other")},
        {"live/main.tf": policy(TWO)},
    ]
    events, skipped = reported(tmp_path, *states)
    assert events[2:] == [f"policy-updated prod/{READER} v2"]
    assert skipped == []


def test_sources_that_can_not_be_read_remove_nothing(tmp_path: Path) -> None:
    states: list[Files] = [
        {"main.tf": policy(ONE)},
        {"main.tf": b'resource "aws_iam_policy" "reader" {'},
        {"main.tf": policy(TWO)},
    ]
    events, (skipped,) = reported(tmp_path, *states)
    assert events == [f"policy-added {READER} v1", f"policy-updated {READER} v2"]
    assert "main.tf" in skipped


def test_a_module_from_elsewhere_is_listed_and_hides_no_removal(tmp_path: Path) -> None:
    vpc = b'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'
    events, skipped = reported(tmp_path, {"main.tf": policy(ONE) + vpc}, {"main.tf": vpc})
    assert events == [f"policy-added {READER} v1", f"policy-removed {READER} None"]
    assert any("terraform-aws-modules/vpc/aws" in item for item in skipped)


def test_what_stands_beside_the_sources_is_reported_too(tmp_path: Path) -> None:
    events, skipped = reported(tmp_path, {"main.tf": policy(ONE), "policies/own.json": json.dumps(TWO).encode()})
    assert sorted(events) == [f"policy-added {READER} v1", "policy-added policies/own v1"]
    assert skipped == []
