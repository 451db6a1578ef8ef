"""Pull requests to a repository of plain policies and everything else that such a repository holds.

Each has the files that it changes, what it makes of each policy, and why `broadens` or `critical` trips, if they do.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from reviewing import compared, states_of

from tracker.review.model import fails

BUCKET = "arn:aws:s3:::acme-invoices"
REPORTS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadInvoices",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            "Resource": [BUCKET, f"{BUCKET}/*"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["billing", "audit"]}},
        },
        {"Sid": "Jobs", "Effect": "Allow", "Action": "glue:StartJobRun", "Resource": "arn:aws:glue:*:*:job/invoice-*"},
        {
            "Sid": "NoDelete",
            "Effect": "Deny",
            "Action": ["s3:DeleteObject", "s3:DeleteBucket"],
            "Resource": "*",
        },
    ],
}
DEPLOY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["lambda:UpdateFunctionCode", "lambda:PublishVersion"],
            "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:invoices-*",
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "arn:aws:iam::123456789012:role/invoices-*",
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
    ],
}
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:acme/invoices:ref:refs/heads/main",
                }
            },
        }
    ],
}
WORKFLOW = """name: deploy
on: {push: {branches: [main]}}
permissions: {id-token: write, contents: read}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::123456789012:role/invoices-deploy
          aws-region: eu-west-1
      - run: aws iam list-attached-role-policies --role-name invoices-deploy
      - run: aws iam get-policy --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess
"""
README = f"""# Invoices

The role may read invoices:

```json
{json.dumps(REPORTS["Statement"][0], indent=2)}
```
"""
PACKAGE = {
    "name": "invoices",
    "version": "1.4.0",
    "scripts": {"deploy": "aws lambda update-function-code --function-name invoices-api"},
    "dependencies": {"@aws-sdk/client-s3": "^3.500.0"},
}
FILES: dict[str, Any] = {
    "policies/reports.json": REPORTS,
    "policies/deploy.json": DEPLOY,
    "trust/deploy.json": TRUST,
    ".github/workflows/deploy.yml": WORKFLOW,
    "README.md": README,
    "package.json": PACKAGE,
    "src/handler.py": "import boto3\n\nS3 = boto3.client('s3')\n",
}
Files = dict[str, Any]


@dataclass(frozen=True)
class PullRequest:
    """A change of `FILES`: what it makes of the policies that it touches, and why a gate trips; None if it does not."""

    edit: Callable[[Files], None]
    verdicts: dict[str, str]
    broadens: str | None = None
    critical: str | None = None


def _statement(name: str, number: int, **members: Any) -> Callable[[Files], None]:
    return lambda files: files[name]["Statement"][number].update(members)


def _append(name: str, statement: Any) -> Callable[[Files], None]:
    return lambda files: files[name]["Statement"].append(statement)


def _write(name: str, content: Any) -> Callable[[Files], None]:
    return lambda files: files.update({name: content})


def _replace(name: str, old: str, new: str) -> Callable[[Files], None]:
    return lambda files: files.update({name: files[name].replace(old, new)})


def _reordered(files: Files) -> None:
    document = files["policies/reports.json"]
    document["Statement"].reverse()
    for statement in document["Statement"]:
        if isinstance(statement["Action"], list):
            statement["Action"].reverse()
    document["Statement"][2] = dict(reversed(document["Statement"][2].items()))
    document["Statement"][2]["Condition"]["StringEquals"]["aws:PrincipalTag/team"].reverse()


def _compact(files: Files) -> None:
    files["policies/reports.json"] = json.dumps(REPORTS, separators=(",", ":")) + "\n"


def _yaml(files: Files) -> None:
    del files["policies/deploy.json"]
    # JSON is YAML; a linter's header is all that people add.
    files["policies/deploy.yaml"] = f"# yamllint disable\n---\n{json.dumps(DEPLOY, indent=2)}\n"


def _renamed(files: Files) -> None:
    moved = files.pop("policies/reports.json")
    moved["Statement"][0]["Sid"] = "Invoices"
    del moved["Statement"][1]
    files["policies/invoices.json"] = moved


def _renamed_and_wider(files: Files) -> None:
    moved = files.pop("policies/reports.json")
    moved["Statement"][0]["Action"].append("s3:PutObject")
    files["policies/invoices.json"] = moved


def _split(files: Files) -> None:
    first, *rest = files["policies/reports.json"]["Statement"]
    halves = [{**first, "Sid": f"Part{n}", "Resource": one} for n, one in enumerate(first["Resource"])]
    files["policies/reports.json"]["Statement"] = [*halves, *rest]


def _joined(files: Files) -> None:
    files["policies/deploy.json"]["Statement"][0]["Action"] = "lambda:PublishVersion"
    files["policies/deploy.json"]["Statement"].append(
        {**DEPLOY["Statement"][0], "Action": ["lambda:UpdateFunctionCode"]}
    )


def _split_file(files: Files) -> None:
    files["policies/jobs.json"] = {**REPORTS, "Statement": [REPORTS["Statement"][1]]}
    del files["policies/reports.json"]["Statement"][1]


def _source(files: Files) -> None:
    files["src/handler.py"] += "\n\ndef read(key):\n    return S3.get_object(Bucket='acme-invoices', Key=key)\n"


def _lock(files: Files) -> None:
    package = {"resolved": "https://registry.example.org/x.tgz", "integrity": f"sha512-{'QWN0aW9u' * 11}=="}
    files["package-lock.json"] = {"lockfileVersion": 3, "packages": {"node_modules/iam-policies": package}}


def _mended_condition(files: Files) -> None:
    test = files["trust/deploy.json"]["Statement"][0]["Condition"]
    test["StringLike"] = {
        "token.actions.githubusercontent.com:sub": test["StringEquals"].pop("token.actions.githubusercontent.com:sub")
    }


REPORTS_FILE, DEPLOY_FILE, TRUST_FILE = "policies/reports.json", "policies/deploy.json", "trust/deploy.json"
WORKFLOW_FILE = ".github/workflows/deploy.yml"
QUIET: dict[str, PullRequest] = {
    "statements, actions, members and values are reordered": PullRequest(_reordered, {REPORTS_FILE: "changed same"}),
    "the file is formatted": PullRequest(_compact, {}),
    "a Sid gets another name": PullRequest(
        _statement(REPORTS_FILE, 0, Sid="BillingRead"), {REPORTS_FILE: "changed same"}
    ),
    "one action is written as a list, in other letters": PullRequest(
        _statement(REPORTS_FILE, 1, Action=["glue:startJobRun"]), {REPORTS_FILE: "changed same"}
    ),
    "an action that another statement allows is repeated": PullRequest(
        _append(DEPLOY_FILE, {**DEPLOY["Statement"][0], "Action": "lambda:PublishVersion"}),
        {DEPLOY_FILE: "changed same"},
    ),
    "an Id is added": PullRequest(
        lambda files: files[REPORTS_FILE].update(Id="invoices"), {REPORTS_FILE: "changed same"}
    ),
    "a statement is split by resource": PullRequest(_split, {REPORTS_FILE: "changed same"}),
    "a statement is split by action": PullRequest(_joined, {DEPLOY_FILE: "changed same"}),
    "a file is renamed, a Sid changed and a statement dropped": PullRequest(
        _renamed, {"policies/invoices.json": "moved narrows"}
    ),
    "JSON becomes YAML": PullRequest(_yaml, {"policies/deploy.yaml": "moved same"}),
    "a condition is added": PullRequest(
        _statement(REPORTS_FILE, 1, Condition={"Bool": {"aws:SecureTransport": "true"}}),
        {REPORTS_FILE: "changed narrows"},
    ),
    "a Deny grows": PullRequest(
        _statement(REPORTS_FILE, 2, Action=["s3:DeleteObject*", "s3:DeleteBucket"]), {REPORTS_FILE: "changed same"}
    ),
    "a resource is named in place of a pattern": PullRequest(
        _statement(DEPLOY_FILE, 1, Resource="arn:aws:iam::123456789012:role/invoices-api"),
        {DEPLOY_FILE: "changed narrows"},
    ),
    "an equal test becomes a pattern without wildcards": PullRequest(_mended_condition, {TRUST_FILE: "changed same"}),
    "a policy is deleted": PullRequest(lambda files: files.pop(DEPLOY_FILE), {DEPLOY_FILE: "removed narrows"}),
    "a workflow that names ARNs gets another step": PullRequest(
        _replace(WORKFLOW_FILE, "checkout@v4\n", "checkout@v5\n      - uses: actions/setup-node@v4\n"), {}
    ),
    "a readme that shows a policy is mended elsewhere": PullRequest(
        _replace("README.md", "The role may read", "The role of the nightly job may read"),
        {"README.md": "in-source undecided"},
    ),
    "a readme shows another policy": PullRequest(
        _replace("README.md", '"s3:GetObject"', '"s3:*"'), {"README.md": "in-source undecided"}
    ),
    "a package is released": PullRequest(lambda files: files["package.json"].update(version="1.5.0"), {}),
    "a lock file with hashes is added": PullRequest(_lock, {}),
    "a program calls AWS": PullRequest(_source, {}),
    "a test event of a function is added": PullRequest(
        _write("events/put.json", {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"arn": BUCKET}}}]}),
        {},
    ),
    "a schema that speaks of effects and actions is added": PullRequest(
        _write(
            "schema.json",
            {"properties": {"Effect": {"type": "string"}, "Action": {"enum": ["start", "stop"]}}, "type": "object"},
        ),
        {},
    ),
    "a CODEOWNERS and an .editorconfig are added": PullRequest(
        lambda files: files.update({"CODEOWNERS": "policies/ @acme/security\n", ".editorconfig": "root = true\n"}), {}
    ),
}
LOUD: dict[str, PullRequest] = {
    "a file is renamed and allows more": PullRequest(
        _renamed_and_wider, {"policies/invoices.json": "moved broadens"}, "objects may be written"
    ),
    "a statement gets a file of its own": PullRequest(
        _split_file,
        {REPORTS_FILE: "changed narrows", "policies/jobs.json": "added broadens"},
        "who gets the new file is not known",
    ),
    "an action is added": PullRequest(
        _statement(REPORTS_FILE, 1, Action=["glue:StartJobRun", "glue:GetJobRun"]),
        {REPORTS_FILE: "changed broadens"},
        "runs may be read",
    ),
    "any service may be passed a role": PullRequest(
        _statement(DEPLOY_FILE, 1, Condition={}),
        {DEPLOY_FILE: "changed broadens"},
        "roles may be passed to any service",
    ),
    "a branch becomes any branch": PullRequest(
        lambda files: files[TRUST_FILE]["Statement"][0]["Condition"]["StringEquals"].pop(
            "token.actions.githubusercontent.com:sub"
        ),
        {TRUST_FILE: "changed broadens"},
        "the subject is not tested any more",
        "every workflow of GitHub's may assume the role: public",
    ),
    "functions may be created": PullRequest(
        _append(
            DEPLOY_FILE,
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"},
        ),
        {DEPLOY_FILE: "changed broadens"},
        "functions may be made",
        "with iam:PassRole, which the policy has, a function takes any role that may be passed: an escalation path",
    ),
    "a workflow attaches a managed policy": PullRequest(
        _replace(
            WORKFLOW_FILE,
            "get-policy --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
            "attach-role-policy --role-name invoices-deploy --policy-arn arn:aws:iam::aws:policy/PowerUserAccess",
        ),
        {f"{WORKFLOW_FILE}#jobs/deploy/steps/*/run": "unreadable undecided"},
        "a managed policy is named that was not, and what for is not looked into",
        "what was not looked at is critical",
    ),
    "a comma is lost": PullRequest(
        lambda files: files.update({REPORTS_FILE: json.dumps(REPORTS).replace("],", "]", 1)}),
        {REPORTS_FILE: "unreadable undecided"},
        "the document can't be read",
        "a document that can't be read is critical",
    ),
}
ALL = QUIET | LOUD


@pytest.mark.parametrize("name", ALL)
def test_a_pull_request_gets_the_verdict_that_it_should(name: str, tmp_path: Path) -> None:
    after: Files = json.loads(json.dumps(FILES))
    ALL[name].edit(after)
    found = compared(tmp_path, FILES, after)
    assert states_of(found) == ALL[name].verdicts
    for gate in ("broadens", "critical"):
        assert fails(found.review, gate) == (getattr(ALL[name], gate) is not None), (gate, found.printed("text"))


def test_a_quiet_pull_request_has_no_reason_to_trip() -> None:
    assert not [name for name, one in QUIET.items() if one.broadens or one.critical]
    assert len(QUIET) >= 12
