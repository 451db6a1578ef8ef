"""Approvals hold what they approve: content, a rule, a path; nothing that is not known by a path alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, deny, document, reviewed_text, rules_of

from tracker.commands.diff import ReviewOutput, baseline_text
from tracker.errors import ConfigurationError
from tracker.review.approvals import parse_approvals
from tracker.review.model import GATES, fails

READ = document(allow("s3:GetObject", resource="arn:aws:s3:::a/*"))
PASS = document(allow("s3:GetObject", resource="arn:aws:s3:::a/*"), allow("iam:PassRole"))


def approving(folder: Path, lines: str, before: Any, after: Any) -> ReviewOutput:
    folder.mkdir(exist_ok=True)
    (folder / "approved").write_text(lines)
    return compared(folder, {"a/p.json": before}, {"a/p.json": after}, ignore=str(folder / "approved"))


@pytest.mark.parametrize(
    ("lines", "approved"),
    [
        ("rule=role-passing", True),
        ("rule=role-* path=a/*", None),
        ("path=a/* rule=role-passing because it is old", True),
        ("path=a/*", True),
        ("path=b/* rule=role-passing", False),
        ("rule=data-access", False),
        ("# rule=role-passing", False),
        ("", False),
    ],
)
def test_findings_are_approved_by_rule_and_path(lines: str, approved: bool | None, tmp_path: Path) -> None:
    if approved is None:
        with pytest.raises(ConfigurationError, match="no rule"):
            approving(tmp_path, lines, READ, PASS)
        return
    found = approving(tmp_path, lines, READ, PASS)
    assert fails(found.review, "warning") is not approved
    assert fails(found.review, "broadens")


@pytest.mark.parametrize("line", ["approved", "0123", "path=", "rule=x", "rule=data-access rule=data-access", "É"])
def test_a_line_that_cannot_be_read_is_an_error_that_names_it(line: str) -> None:
    with pytest.raises(ConfigurationError, match="f:2"):
        parse_approvals(f"# fine\n{line}\n", "f")


BROKEN = "{" + json.dumps(PASS)
CASES: dict[str, tuple[Any, Any, Any]] = {
    "an unreadable document": (READ, BROKEN, BROKEN + " "),
    "a value that is not known": (READ, document(allow("${action}")), document(allow("${other}"))),
    "a template": (READ, "{% if x %}" + json.dumps(PASS), "{% if y %}" + json.dumps(PASS)),
}


@pytest.mark.parametrize(("before", "after", "later"), CASES.values(), ids=CASES.keys())
def test_what_is_not_known_is_approved_with_its_content(before: Any, after: Any, later: Any, tmp_path: Path) -> None:
    first = approving(tmp_path / "1", "", before, after).review
    marks = "".join(f"{finding.fingerprint}\n" for finding in first.findings)
    assert marks
    assert fails(first, "broadens")
    same = approving(tmp_path / "2", marks, before, after).review
    assert not same.findings
    changed = approving(tmp_path / "3", marks, before, later).review
    assert changed.findings
    assert fails(changed, "broadens")
    by_path = approving(tmp_path / "4", "path=a/*", before, after).review
    assert by_path.findings


@pytest.mark.parametrize(("before", "after", "later"), [*CASES.values(), (READ, PASS, document(allow("*")))])
def test_a_policy_is_approved_as_it_is(before: Any, after: Any, later: Any, tmp_path: Path) -> None:
    first = approving(tmp_path / "1", "", before, after).review
    (mark,) = {policy.fingerprint for policy in first.policies}
    same = approving(tmp_path / "2", mark, before, after).review
    assert not fails(same, "any")
    assert not fails(same, "broadens")
    assert fails(approving(tmp_path / "3", mark, before, later).review, "broadens")


def test_an_undecided_finding_holds_both_documents(tmp_path: Path) -> None:
    def marks(name: str, after: Any) -> set[str]:
        found = reviewed_text(READ, after, tmp_path / name).review
        return {finding.fingerprint for finding in found.findings if finding.rule == "value-unresolved"}

    one = marks("1", document(allow("s3:*", resource="${bucket}")))
    other = marks("2", document(allow("s3:*", resource="${basket}")))
    assert not one & other


def test_a_baseline_accepts_what_is_there_and_nothing_else(tmp_path: Path) -> None:
    after = {"a.json": PASS, "b.json": BROKEN, "c.yaml": "Effect: Allow\nAction: '*'\nResource: '*'\n"}
    text = baseline_text(compared(tmp_path / "1", {}, after).review)
    assert all(re.match(r"#|[0-9a-f]{16}  ", line) for line in text.splitlines())
    (tmp_path / "base").write_text(text)
    same = compared(tmp_path / "2", {}, after, ignore=str(tmp_path / "base")).review
    assert not any(fails(same, gate) for gate in GATES)
    more = compared(tmp_path / "3", {}, {**after, "a.json": document(allow("*"))}, ignore=str(tmp_path / "base"))
    assert fails(more.review, "critical")
    assert rules_of(more)


def test_a_denial_that_goes_is_approved_by_its_own_finding(tmp_path: Path) -> None:
    before, after = document(allow("s3:GetObject"), deny("ec2:*", resource="x")), document(allow("s3:GetObject"))
    first = approving(tmp_path / "1", "", before, after).review
    assert {finding.rule for finding in first.findings} == {"denial-weakened"}
    again = approving(tmp_path / "2", first.findings[0].fingerprint, before, after).review
    assert not again.findings
