"""`policy-tracker diff`, `comment`, `rules` and `expand` as people and workflows run them: processes, git, HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from archives import call
from archives import run as started
from five_edits import BEFORE, after_edits, git, made_repository, write
from github_api import BOT, TOKEN, Api, github_api, served

from tracker.commands.comment import publish_comment
from tracker.commands.diff import ReviewOutput, ReviewSettings, run_review
from tracker.commands.github import GitHubRepository
from tracker.errors import SourceError, UsageError
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

TOP = Path(__file__).parents[2]
Runner = Callable[..., subprocess.CompletedProcess[bytes]]
PASS_ROLE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}
READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_repository(tmp_path_factory.mktemp("five"))


def run(
    folder: Path, *arguments: str, stdin: str = "", start: Runner = call, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = start(*arguments, folder=folder, stdin=stdin.encode(), environment=environment)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def looked_at(folder: Path, before: str, after: str | None = None, ignore: str | None = None) -> ReviewOutput:
    reader = InputReader(folder, TOP / "snapshots", lambda: b"")
    return run_review(reader, before, after, ReviewSettings(ignore=ignore, language="en"))


def names(reported: ReviewOutput) -> dict[str, str]:
    return {one.name: f"{one.state} {one.verdict}" for one in reported.review.policies}


def test_a_range_of_revisions_is_reviewed_and_the_gate_leaves_with_1(repository: Path) -> None:
    done = run(repository, "diff", "before..HEAD", "--format", "markdown", "--fail-on", "critical", start=started)
    assert done.returncode == 1
    assert "1 critical" in done.stdout
    assert done.stdout.index("deployer.json") < done.stdout.index("ordered.json")
    assert "--fail-on critical" in done.stderr


def test_a_gate_that_holds_nothing_leaves_with_0(repository: Path) -> None:
    done = run(
        repository, "diff", "HEAD:policies/ordered.json", "before:policies/ordered.json", "--fail-on", "broadens"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "allows the same" in done.stdout


def test_usage_and_missing_revisions_have_their_own_exit_codes(repository: Path) -> None:
    assert run(repository, "diff", "nothing-here").returncode == 2
    assert run(repository, "diff", "nosuch..HEAD").returncode == 5


def test_text_has_no_colours_in_a_pipe_and_standard_input_is_a_side(repository: Path) -> None:
    done = run(repository, "diff", "before:policies/deployer.json", "-", stdin=json.dumps(PASS_ROLE))
    assert done.returncode == 0
    assert "iam:PassRole" in done.stdout
    assert "\x1b" not in done.stdout


def test_all_reports_come_from_one_run(repository: Path, tmp_path: Path) -> None:
    done = run(repository, "diff", "before...HEAD", "--reports", str(tmp_path / "r"), "--format", "github")
    assert done.returncode == 0
    assert {file.name for file in (tmp_path / "r").iterdir()} == {
        "comment.md",
        "review.html",
        "review.json",
        "review.sarif",
    }
    assert done.stdout.startswith("::error title=privilege escalation path,file=policies/deployer.json,line=")


def test_git_calls_the_driver_and_reads_its_answer(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    (clone / ".git" / "info" / "attributes").write_text("*.json diff=policy\n")
    write(clone / "policies", {"deployer": PASS_ROLE})
    (clone / "other.json").write_text('{"a": 1}\n')
    git(clone, "add", "other.json")
    command = f"{sys.executable} -m tracker diff --git-driver"
    environment = {**os.environ, "PYTHONPATH": str(TOP), "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["git", "-c", f"diff.policy.command={command}", "diff", "HEAD"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert "policies/deployer.json: It allows something that it did not" in done.stdout
    assert '+{"a": 1}' in done.stdout


def test_rules_and_expansions_are_listed() -> None:
    listed = json.loads(run(TOP, "rules", "--format", "json").stdout)
    assert {"role-passing", "escalation-path"} <= {rule["id"] for rule in listed}
    reported = run(TOP, "expand", "iam:PassR*").stdout
    assert reported.startswith("iam:PassRole  Write  documented")
    assert "as of 20" in reported


def test_the_changelog_carries_verdict_and_findings_only_where_asked() -> None:
    reported = json.loads(run(TOP, "changelog", "--risk", "--policy", "AmazonConnect*", "--format", "json").stdout)
    assessed = [entry for entry in reported["entries"] if "verdict" in entry]
    assert {entry["event"] for entry in assessed} >= {"policy-updated"}
    assert all({"findings", "access_levels"} <= entry.keys() for entry in assessed)
    plain = json.loads(run(TOP, "changelog", "--policy", "AmazonConnect*", "--format", "json").stdout)
    assert not any("verdict" in entry for entry in plain["entries"])
    assert [entry["id"] for entry in plain["entries"]] == [entry["id"] for entry in reported["entries"]]


def test_folders_and_revisions_of_folders_are_compared_by_path(repository: Path, tmp_path: Path) -> None:
    write(tmp_path, {"reports": after_edits()["reports"], "new": PASS_ROLE, "ordered": BEFORE["ordered"]})
    reported = names(looked_at(repository, "before:policies", str(tmp_path)))
    assert reported == {
        "auditor.json": "removed narrows",
        "break-glass.json": "removed narrows",
        "deployer.json": "removed narrows",
        "new.json": "added broadens",
        "reports.json": "changed broadens",
    }


def test_a_policy_that_moves_to_another_folder_is_one_that_is_new_there(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write(old / "a", {"same": PASS_ROLE, "kept": READ})
    write(new / "b", {"same": PASS_ROLE})
    write(new / "a", {"renamed": READ})
    reported = looked_at(tmp_path, str(old), str(new))
    assert names(reported) == {"b/same.json": "moved broadens", "a/renamed.json": "moved same"}
    assert {one.name: one.moved_from for one in reported.review.policies} == {
        "b/same.json": "a/same.json",
        "a/renamed.json": "a/kept.json",
    }


def test_versions_of_the_archive_are_compared() -> None:
    reported = looked_at(
        TOP, "archive:AmazonConnectServiceLinkedRolePolicy@v12", "archive:AmazonConnectServiceLinkedRolePolicy@v13"
    )
    assert names(reported) == {"AmazonConnectServiceLinkedRolePolicy": "changed broadens"}


def test_policies_inside_of_templates_and_plans_are_found(tmp_path: Path) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "x", "PolicyDocument": READ}]}}
    old, new = tmp_path / "old", tmp_path / "new"
    write(old, {"stack": {"Resources": {"Role": role}}, "data": {"Statement": "none"}})
    role["Properties"] = {"Policies": [{"PolicyName": "x", "PolicyDocument": PASS_ROLE}]}
    write(new, {"stack": {"Resources": {"Role": role}}, "data": {"Statement": "of account"}})
    name = "stack.json#Role/Properties/Policies/x"
    assert names(looked_at(tmp_path, str(old), str(new))) == {name: "changed both"}
    change = {"before": {"policy": json.dumps(READ)}, "after": {"policy": json.dumps(PASS_ROLE)}}
    plan = {"resource_changes": [{"address": "aws_iam_policy.x", "change": change}]}
    write(tmp_path, {"plan": plan})
    assert names(looked_at(tmp_path, str(tmp_path / "plan.json"))) == {
        f"{tmp_path}/plan.json#aws_iam_policy.x/policy": "changed both"
    }


def test_what_a_plan_does_not_know_yet_is_reported(tmp_path: Path) -> None:
    unknown = {"arn": True, "assume_role_policy": True, "inline_policy": [{"name": False, "policy": True}], "tags": {}}
    change = {"before": None, "after": {"name": "x"}, "after_unknown": unknown}
    write(tmp_path, {"plan": {"resource_changes": [{"address": "aws_iam_role.x", "change": change}]}})
    reported = looked_at(tmp_path, str(tmp_path / "plan.json")).review
    assert {finding.rule for finding in reported.findings} == {"known-after-apply"}
    assert {one.name.partition("#")[2] for one in reported.policies} == {
        "aws_iam_role.x/assume_role_policy",
        "aws_iam_role.x/inline_policy/*/policy",
    }


YAML = """Resources:
  Role:
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: {action}
            Resource: !Sub "arn:aws:s3:::${{Bucket}}/*"
"""


def test_policies_in_yaml_are_read_as_texts_and_their_tags_do_nothing(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, action in ((old, "s3:GetObject"), (new, "s3:PutObject")):
        folder.mkdir()
        (folder / "stack.yaml").write_text(YAML.format(action=action))
    (new / "evil.yaml").write_text("Statement: !!python/object/apply:os.system ['touch /tmp/owned']\n")
    reported = looked_at(tmp_path, str(old), str(new))
    assert names(reported) == {
        "stack.yaml#Resources/Role/Properties/PolicyDocument": "changed both",
        "evil.yaml": "added undecided",
    }


HIDING = {
    "a key that stands twice": '{"Statement": [], "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    "an escaped key that stands twice": '{"\\u0053tatement": [], "\\u0053tatement": {"Effect": "Allow"}}',
    "text after the end": json.dumps(PASS_ROLE) + "}",
    "an unknown element": json.dumps({"Statement": {**PASS_ROLE["Statement"], "Actions": "*"}}),  # type: ignore[dict-item]
    "a function of a template": json.dumps({"Statement": {"Effect": "Allow", "Action": {"Ref": "A"}, "Resource": "*"}}),
    "depth": '{"a":' * 250 + json.dumps(PASS_ROLE) + "}" * 250,
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING.keys())
@pytest.mark.parametrize("name", ["p.json", "p.template"])
def test_a_document_that_cannot_be_read_is_reported_and_fails_the_gate(text: str, name: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    (new / name).write_text(text)
    reported = looked_at(tmp_path, str(old), str(new))
    assert {one.rule for one in reported.review.findings} <= {
        "document-unreadable",
        "not-looked-at",
        "value-unresolved",
    }
    assert fails(reported.review, "broadens")
    assert fails(reported.review, "any")


def test_sources_are_read_and_broken_data_without_a_policy_is_not_reported(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    (new / "main.tf").write_text('resource "aws_iam_policy" "x" { policy = jsonencode({ Statement = [] }) }')
    (new / "package.json").write_text('{"name": "x"}')
    (new / "broken.json").write_text('{"name": ')
    reported = looked_at(tmp_path, str(old), str(new)).review
    assert [one.name for one in reported.policies] == ["main.tf#aws_iam_policy.x/policy"]


def test_approvals_and_levels_come_from_the_old_side(tmp_path: Path) -> None:
    made_repository(tmp_path)
    found = looked_at(tmp_path, "before..HEAD").review.findings
    marks = "".join(f"{one.fingerprint} looked at\n" for one in found)
    (tmp_path / ".policy-tracker-ignore").write_text(marks)
    (tmp_path / "policy-tracker.toml").write_text('rules = {escalation-path = "off"}')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=approve myself")
    assert looked_at(tmp_path, "before..HEAD").review.findings == found
    assert not looked_at(tmp_path, "before..HEAD", ignore=str(tmp_path / ".policy-tracker-ignore")).review.findings


@pytest.mark.parametrize(
    ("before", "after"), [("-", "-"), ("nosuch.json", "HEAD:policies"), ("policies", "HEAD:a.json")]
)
def test_sides_that_cannot_be_meant_are_usage_errors(before: str, after: str, repository: Path) -> None:
    with pytest.raises(UsageError):
        looked_at(repository, str(repository / before) if before == "policies" else before, after)


def test_a_lone_file_must_be_a_plan(tmp_path: Path) -> None:
    write(tmp_path, {"p": READ})
    with pytest.raises(UsageError, match="other side"):
        looked_at(tmp_path, str(tmp_path / "p.json"))
    (tmp_path / "p.json").write_text("nonsense")
    with pytest.raises(UsageError, match="other side"):
        looked_at(tmp_path, str(tmp_path / "p.json"))


@pytest.fixture
def api() -> Iterator[tuple[str, type[Api]]]:
    with github_api() as served:
        yield served


def test_a_comment_is_written_once_and_brought_up_to_date(api: tuple[str, type[Api]]) -> None:
    address, handler = api
    mark = "<!-- policy-tracker:review -->\n"
    handler.comments += [{"id": n, "user": {"login": "eve"}, "body": f"{mark}mine"} for n in range(120)]
    github_api = GitHubRepository(address, "o/r", TOKEN, BOT)
    assert publish_comment(github_api, 1, "one") == "created"
    assert publish_comment(github_api, 1, "one") == "unchanged"
    assert publish_comment(github_api, 1, "two") == "updated"
    assert publish_comment(github_api, 1, "other", mark="prod") == "created"
    assert [comment["body"] for comment in handler.comments[120:]] == [
        f"{mark}two",
        "<!-- policy-tracker:prod -->\nother",
    ]
    assert {comment["body"] for comment in handler.comments[:120]} == {f"{mark}mine"}


def test_a_token_that_may_only_read_is_no_error_and_other_refusals_are(api: tuple[str, type[Api]]) -> None:
    address, handler = api
    handler.refusal = 403
    done = run(
        TOP,
        "comment",
        "--number",
        "7",
        stdin="text",
        GITHUB_TOKEN=TOKEN,
        GITHUB_API_URL=address,
        GITHUB_REPOSITORY="o/r",
    )
    assert done.returncode == 0
    assert "may not comment" in done.stderr
    handler.refusal = 500
    with pytest.raises(SourceError, match="500"):
        publish_comment(GitHubRepository(address, "o/r", TOKEN, BOT), 7, "text")


@pytest.mark.parametrize(
    ("api_url", "name"), [("file:///etc", "o/r"), ("http://example.org", "o/r"), ("https://x", "../../r")]
)
def test_a_token_is_not_led_elsewhere(api_url: str, name: str) -> None:
    with pytest.raises(UsageError):
        GitHubRepository(api_url, name, "secret", "bot")


class _Elsewhere(BaseHTTPRequestHandler):
    """Answers as it is set up to, and notes who asked."""

    asked: list[str]
    location = ""
    body = b"[]"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        self.send_response(302 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(self.body)


@contextmanager
def serving(**more: object) -> Iterator[tuple[str, type[_Elsewhere]]]:
    handler = type("Handler", (_Elsewhere,), {"asked": [], **more})
    with served(handler) as address:
        yield address, handler


def test_the_token_follows_no_redirect_to_another_host() -> None:
    with serving() as (elsewhere, other), serving(location=f"{elsewhere}/x") as (address, _):
        with pytest.raises(SourceError, match="another host"):
            publish_comment(GitHubRepository(address, "o/r", TOKEN, BOT), 1, "text")
        assert other.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[" * 100_000, b'"' + b"x" * 17_000_000 + b'"', b"<html>", b"\xff\xfe"]
)
def test_a_malformed_answer_is_an_error_of_one_line(body: bytes) -> None:
    with serving(body=body) as (address, _), pytest.raises(SourceError) as caught:
        publish_comment(GitHubRepository(address, "o/r", TOKEN, BOT), 1, "text")
    assert "\n" not in str(caught.value)


def test_a_comment_without_our_mark_is_somebody_elses(api: tuple[str, type[Api]]) -> None:
    address, handler = api
    handler.comments += [None, 7, {}, {"user": None}, {"user": "x", "body": None}]  # type: ignore[list-item]
    assert publish_comment(GitHubRepository(address, "o/r", TOKEN, BOT), 1, "text") == "created"
