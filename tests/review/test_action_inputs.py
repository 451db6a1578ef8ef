"""The inputs of the review Action reach the program, in the step that reports and in the one that closes the gate."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from action_runner import Runner, action
from five_edits import BEFORE, after_edits, git
from reviewing import allow, document, tree

ONLY_HERE = "arn:aws:iam::aws:policy/OnlyHere"
CREATED = "2024-01-01T00:00:00Z"
EDITED = (
    {f"policies/{name}.json": one for name, one in BEFORE.items()},
    {f"policies/{name}.json": one for name, one in after_edits().items()},
)


def _stack(resource: Any, *attached: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    properties = {"PolicyDocument": document(statement)}
    role = {"AssumeRolePolicyDocument": document(), "ManagedPolicyArns": list(attached)}
    resources = {
        "P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties},
        "R": {"Type": "AWS::IAM::Role", "Properties": role},
    }
    return {"Parameters": {"Bucket": {"Type": "String"}}, "Resources": resources}


def _ran(
    folder: Path, before: Mapping[str, Any], after: Mapping[str, Any], **inputs: str
) -> tuple[int, str, dict[str, Any]]:
    """Return what the gate leaves with, what it prints, and the review that the report holds."""
    work = tree(folder / "work", before)
    git(work, "init", "--quiet")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=before")
    git(work, "tag", "before")
    tree(work, after)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=after")
    # What the step Install makes has the same program: another test runs that one.
    (folder / "policy-tracker").symlink_to(sys.prefix)
    runner = Runner(folder, work, "http://127.0.0.1:9")
    runner.values |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
    done = [runner.run(name) for name in ("Review", "Gate")]
    assert done[0].returncode == 0, done[0].stderr
    review: dict[str, Any] = json.loads((folder / "policy-review" / "review.json").read_bytes())
    return done[1].returncode, done[1].stdout, review


def _names(review: dict[str, Any]) -> set[str]:
    return {policy["policy"] for policy in review["policies"]}


@pytest.mark.slow
def test_paths_and_exclude_say_what_is_looked_at(tmp_path: Path) -> None:
    lines = "policies/deployer.json\n\npolicies/reports.json\n"
    code, printed, review = _ran(tmp_path, *EDITED, paths=lines, exclude="*/deployer.json")
    assert code == 0
    assert _names(review) == {"policies/reports.json"}
    assert "4 changed files were excluded" in printed


@pytest.mark.slow
@pytest.mark.parametrize(("parameters", "code"), [("", 1), ("Bucket=arn:aws:s3:::a\n", 0), ("Bucket=*", 1)])
def test_parameters_give_templates_their_values(parameters: str, code: int, tmp_path: Path) -> None:
    sides = {"stack.json": _stack("arn:aws:s3:::a")}, {"stack.json": _stack({"Ref": "Bucket"})}
    assert _ran(tmp_path, *sides, parameters=parameters, fail_on="broadens")[0] == code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "code"), [("rule=escalation-path", "", 0), ("", "rule=escalation-path", 1)]
)
def test_the_ignore_file_counts_as_it_was_before(before: str, after: str, code: int, tmp_path: Path) -> None:
    sides = ({**files, "accepted": f"{lines}\n"} for files, lines in zip(EDITED, (before, after), strict=True))
    assert _ran(tmp_path, *sides, ignore="accepted")[0] == code


@pytest.mark.slow
def test_snapshots_name_the_archive_of_what_is_attached(tmp_path: Path) -> None:
    facts: dict[str, Any] = {
        "Arn": ONLY_HERE,
        "PolicyName": "OnlyHere",
        "PolicyId": "ANPAIWMBCKSKIEE64ZLYK",
        "Path": "/",
        "Description": None,
        "CreateDate": CREATED,
        "Observed": [{"At": CREATED, "DefaultVersionId": "v7"}],
        "Origins": {},
        "Unavailable": [],
    }
    version = {"VersionId": "v7", "CreateDate": CREATED, "Document": document(allow("sns:Publish"))}
    archive = tree(tmp_path / "archive", {"aws/OnlyHere/policy.json": facts, "aws/OnlyHere/v7.json": version})
    sides = {"stack.json": _stack("*")}, {"stack.json": _stack("*", ONLY_HERE)}
    code, _, review = _ran(tmp_path / "with", *sides, snapshots=str(archive))
    assert code == 0
    assert "OnlyHere v7" in json.dumps(review)
    code, _, review = _ran(tmp_path / "without", *sides, fail_on="broadens")
    assert code == 1
    assert "OnlyHere v7" not in json.dumps(review)


def test_each_input_of_the_program_has_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tested = {name for name in action()["inputs"] if f"{name.replace('-', '_')}=" in source}
    assert tested == {"paths", "exclude", "parameters", "ignore", "snapshots", "fail-on"}
