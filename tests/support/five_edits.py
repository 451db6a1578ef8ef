"""A repository of five policies with five edits that a reviewer meets: the subject of the tests of reviews."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tracker.catalogue.catalogue import load_catalogue

__all__ = ["BEFORE", "after_edits", "git", "made_repository", "write"]

BEFORE: dict[str, Any] = {
    "reports": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": "arn:aws:s3:::reports/*",
            }
        ],
    },
    "break-glass": {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["ec2:StopInstances", "ec2:TerminateInstances"],
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
    },
    "deployer": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}
        ],
    },
    "ordered": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": ["arn:a", "arn:b"]},
            {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"},
        ],
    },
    "auditor": {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "cloudtrail:Get*", "Resource": "*"},
    },
}


def after_edits() -> dict[str, Any]:
    """Return the policies after five edits.

    They are a widened resource, a dropped condition, a new iam:PassRole, a pure reordering, and a wildcard replaced
    by what it stands for.
    """
    policies: dict[str, Any] = json.loads(json.dumps(BEFORE))
    policies["reports"]["Statement"][0]["Resource"] = "arn:aws:s3:::*/*"
    del policies["break-glass"]["Statement"]["Condition"]
    policies["deployer"]["Statement"].append(
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app-*"}
    )
    policies["ordered"]["Statement"].reverse()
    policies["ordered"]["Statement"][1]["Action"].reverse()
    policies["ordered"]["Statement"][1]["Resource"].reverse()
    policies["auditor"]["Statement"]["Action"] = [one.name for one in load_catalogue().expand("cloudtrail:Get*")]
    return policies


def git(folder: Path, *arguments: str) -> str:
    """Run git, as nobody in particular."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def write(folder: Path, policies: dict[str, Any]) -> None:
    """Write policies as JSON files."""
    for name, document in policies.items():
        file = folder / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")


def made_repository(folder: Path) -> Path:
    """Make the repository: `before` is tagged, HEAD has the edits."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    write(folder / "policies", BEFORE)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=before")
    git(folder, "tag", "before")
    write(folder / "policies", after_edits())
    git(folder, "commit", "--quiet", "--all", "--message=after")
    return folder
