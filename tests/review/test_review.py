"""Reviews: what is found where, what passes a gate, and that no document breaks the page, or hides from it."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from five_edits import BEFORE, after_edits
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from reviewing import allow, document, reviewed_text
from strategies import examples

from tracker.access import Verdict
from tracker.catalogue.catalogue import load_catalogue
from tracker.commands.diff import MAX_COMMENT_LENGTH, ReviewOutput
from tracker.formats.annotations import annotations
from tracker.formats.review_json import review_schema, review_to_json
from tracker.formats.sarif import review_to_sarif
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import FileLocation, LoadedDocument, Unknown, UnknownKind
from tracker.review.approvals import Approvals
from tracker.review.model import GATES, Review, ReviewState, fails
from tracker.review.review import review
from tracker.risk.rules import Level
from tracker.settings.configuration import Configuration
from tracker.text.words import load_words, template_folders

CATALOGUE = load_catalogue()
FOLDERS = tuple(template_folders())
SARIF = json.loads((Path(__file__).parents[1] / "schemas" / "sarif-2.1.0.json").read_bytes())
EVIL = (
    "a|b",
    "`code`",
    "</details><script>alert(1)</script>",
    "x\n\n| forged | row |",
    "-->",
    "@everyone",
    "](javascript:alert(1))",
    "\u202egnp.exe",
    "{{ 7 * 7 }}",
    "\\|",
    "&lt;img src=x onerror=alert(1)&gt;",
    "::error::forged",
    "\ue000raw\ue001",
)


def pair(before: Any, after: Any, name: str = "p.json") -> DocumentPair:
    path = name.partition("#")[0]
    old, new = (LoadedDocument("", FileLocation(path), side) if side else None for side in (before, after))
    return DocumentPair(name, path, old, new)


def unknown(name: str, reason: str) -> DocumentPair:
    found = Unknown(UnknownKind.UNREADABLE, reason, digest="d")
    return DocumentPair(name, name, None, LoadedDocument("", FileLocation(name), None, (found,)))


def reviewed(*pairs: DocumentPair, approved: tuple[str, ...] = (), excluded: int = 0) -> Review:
    return review(pairs, CATALOGUE, levels={}, approvals=Approvals(frozenset(approved)), excluded=excluded)


def five() -> Review:
    after = after_edits()
    return reviewed(*(pair(BEFORE[name], after[name], f"policies/{name}.json") for name in sorted(BEFORE)))


def statement(**more: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", **more}}


def inspection(one: Review, language: str = "en") -> ReviewOutput:
    return ReviewOutput(one, CATALOGUE, Configuration(), FOLDERS, language)


def test_five_edits_are_decided_as_a_person_would() -> None:
    found = {
        one.name.split("/")[1]: (one.verdict, one.level, {f.rule for f in one.findings}) for one in five().policies
    }
    assert found == {
        "deployer.json": (Verdict.BROADENS, Level.CRITICAL, {"escalation-path", "role-passing"}),
        "break-glass.json": (Verdict.BROADENS, Level.WARNING, {"conditions-weakened"}),
        "reports.json": (Verdict.BROADENS, Level.NOTICE, {"data-access", "resources-widened"}),
        "ordered.json": (Verdict.SAME, None, set()),
        "auditor.json": (Verdict.SAME, None, set()),
    }
    assert [one.level for one in five().policies[:3]] == [Level.CRITICAL, Level.WARNING, Level.NOTICE]


def test_findings_point_at_the_line_of_their_statement() -> None:
    after = after_edits()["deployer"]
    found = LoadedDocument("", FileLocation("p.json", line=1), after, statement_lines=(10, 20, 30, 40))
    one = reviewed(replace(pair(BEFORE["deployer"], None), after=found)).policies[0]
    actions = [statement["Action"] for statement in after["Statement"]]
    index = next(index for index, action in enumerate(actions) if "iam:PassRole" in action)
    assert {one.lines[finding.fingerprint] for finding in one.findings} == {10 * (index + 1)}


def test_what_is_the_same_on_both_sides_is_counted_and_not_reported() -> None:
    same = reviewed(pair(statement(), statement()))
    assert (same.policies, same.identical) == ((), 1)
    assert not any(fails(same, gate) for gate in GATES)


GATED = {
    "a critical change": (BEFORE["deployer"], after_edits()["deployer"], set(GATES)),
    "a wider resource": (BEFORE["reports"], after_edits()["reports"], {"any", "broadens", "info", "notice"}),
    "a reordering": (BEFORE["ordered"], after_edits()["ordered"], set()),
    "a wildcard written out": (BEFORE["auditor"], after_edits()["auditor"], {"any"}),
    "less access": (statement(), statement(Condition={"Bool": {"aws:SecureTransport": "true"}}), {"any"}),
    "a removed policy": (statement(), None, {"any"}),
    "a broken document": (statement(), {"Statement": {"Effect": "allow"}}, set(GATES)),
    "a broken document that is new": (None, {"Statement": 1}, set(GATES)),
    "a document that was broken": ({"Statement": 1}, statement(), set(GATES)),
}


@pytest.mark.parametrize(("before", "after", "gates"), GATED.values(), ids=GATED.keys())
def test_a_gate_holds_what_it_names(before: Any, after: Any, gates: set[str]) -> None:
    one = reviewed(pair(before, after))
    assert {gate for gate in GATES if fails(one, gate)} == gates


def test_a_document_that_cannot_be_decided_is_reported_with_its_fault() -> None:
    one = reviewed(pair(statement(), {"Statement": {"Effect": "Allow", "Action": 7, "Resource": "*"}})).policies[0]
    assert one.state is ReviewState.UNREADABLE
    assert one.verdict is Verdict.UNDECIDED
    assert "Action" in one.fault
    assert [finding.rule for finding in one.findings] == ["document-unreadable"]


def test_a_document_that_was_broken_is_compared_as_if_it_were_new() -> None:
    one = reviewed(
        pair({"Statement": 1}, {"Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}})
    )
    assert {"document-unreadable", "role-passing"} == {finding.rule for finding in one.findings}
    (fault,) = (finding.reason for finding in one.findings if finding.rule == "document-unreadable")
    assert fault.startswith("before: ")


def test_an_approved_finding_is_shown_and_holds_no_gate() -> None:
    before, after = BEFORE["deployer"], after_edits()["deployer"]
    marks = tuple(finding.fingerprint for finding in reviewed(pair(before, after)).findings)
    one = reviewed(pair(before, after), approved=marks)
    assert not fails(one, "info")
    assert fails(one, "broadens")
    assert [finding.fingerprint for finding in one.policies[0].approved] == list(marks)
    assert marks[0] in inspection(one).printed("markdown")
    assert '"status": "accepted"' in inspection(one).printed("sarif")


def test_json_is_as_its_schema_says() -> None:
    broken = reviewed(pair(statement(), {"Statement": 1}), excluded=2)
    for one in (five(), broken, reviewed()):
        jsonschema.validate(json.loads(review_to_json(one, CATALOGUE)), review_schema())


def test_sarif_is_as_its_schema_says() -> None:
    words = load_words("en", FOLDERS)
    broken = reviewed(pair(statement(), {"Statement": 1}, "a b#c|d.json"), excluded=2)
    for one in (five(), broken, reviewed()):
        value = json.loads(review_to_sarif(one, words, {"data-access": None}))
        jsonschema.validate(value, SARIF)
        rules = value["runs"][0]["tool"]["driver"]["rules"]
        results = value["runs"][0]["results"]
        assert len(results) == len(one.findings)
        assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)


def test_annotations_are_one_line_each_and_keep_their_file() -> None:
    words = load_words("en", FOLDERS)
    lines = list(annotations(five(), words))
    assert len(lines) == len(five().findings)
    assert lines[0].startswith("::error title=privilege escalation path,file=policies/deployer.json,line=")
    hostile = reviewed(pair(None, statement(Action="iam:PassRole", Resource="*"), "a\n::error::b,line=9:%0A.json"))
    for line in annotations(hostile, words):
        assert "\n" not in line
        assert line.count("::") == 2 or "::error::b" in line.split("::", 2)[2]
        assert ",line=9" not in line.split("::")[1]


def rows_of(html: str) -> list[list[str]]:
    """Return the cells of the table's rows, as text."""
    return [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    ]


def evil_review(text: str) -> Review:
    evil = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": f"s3:{text}*", "Resource": f"arn:aws:s3:::{text}"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": text},
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {text: {text: text}}},
        ],
        "Id": text,
    }
    broken = unknown(f"{text}.yaml", f"key {text!r} stands twice")
    return reviewed(pair(None, evil, f"{text}.json"), broken, excluded=2)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("text", EVIL)
def test_a_hostile_document_stays_in_its_cell(text: str, language: str) -> None:
    printed = inspection(evil_review(text), language).printed("markdown", short=True)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(printed)
    rows = [row for row in rows_of(html) if row]
    assert len(rows) >= 4
    assert {len(row) for row in rows} == {4}
    assert html.count("<table>") == 1
    assert html.count("<details>") == html.count("</details>") == 2
    assert "<script" not in html
    assert "<img" not in html
    assert set(re.findall(r'href="([^"]*?):', html)) == {"https"}
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in outside
    assert not any(mark in printed for mark in ("\ue000", "\ue001", "\u202e"))


@pytest.mark.parametrize("text", EVIL)
def test_a_hostile_document_makes_no_element_of_the_page(text: str) -> None:
    html = inspection(evil_review(text)).printed("html")
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("<table>") == 1
    assert {len(row) for row in rows_of(html.split("</thead>")[1]) if row} == {5}


@settings(max_examples=examples(25))
@given(st.text(max_size=30))
def test_whatever_the_text_the_findings_are_the_same(text: str) -> None:
    found = reviewed(
        pair(
            None,
            {"Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Sid": text}},
            text or "p",
        )
    )
    assert {"role-passing"} == {one.rule for one in found.findings}
    printed = inspection(found).printed("markdown", short=True)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(printed)
    assert [len(row) for row in rows_of(html) if row] == [4]


def test_a_long_review_fits_a_comment_and_keeps_the_gravest() -> None:
    many = [
        pair(
            None,
            statement(Action=[f"s3:Made{n}x{m}" for m in range(20)], Resource=f"arn:aws:s3:::{'x' * 200}{n}"),
            f"{n}.json",
        )
        for n in range(200)
    ]
    grave = pair(BEFORE["deployer"], after_edits()["deployer"], "zzz.json")
    one = reviewed(*many, grave)
    printed = inspection(one).printed("markdown", short=True)
    assert len(printed) <= MAX_COMMENT_LENGTH
    table = [line for line in printed.splitlines() if line.startswith("| ")]
    assert "zzz.json" in table[2]
    assert "more lines are not shown" in printed
    assert len(inspection(one).printed("markdown")) > MAX_COMMENT_LENGTH


def test_findings_of_one_rule_are_one_line_with_a_fingerprint_each(tmp_path: Path) -> None:
    actions = ["iam:AttachUserPolicy", "iam:CreatePolicyVersion", "iam:PutRolePolicy"]
    found = reviewed_text(document(allow("s3:GetObject")), document(allow("s3:GetObject", *actions)), tmp_path)
    rule = [one for one in found.review.findings if one.rule == "permissions-management"]
    assert [one.action for one in rule] == actions
    for name in ("text", "markdown", "html"):
        lines = [line for line in found.printed(name).splitlines() if rule[0].fingerprint in line]
        assert len(lines) == 1
        assert name == "html" or all(one.fingerprint in lines[0] and one.action in lines[0] for one in rule)


def test_what_takes_too_long_to_evaluate_is_one_unknown_and_the_rest_is_evaluated() -> None:
    small = [pair(document(), document(allow("s3:GetObject")), f"{name}.json") for name in "abc"]
    statements = [allow(f"s3:*{n}*", f"ec2:*{n}*") for n in range(900)]
    huge = pair(document(), document(*statements), "aa.json")
    found = review([*small, huge], CATALOGUE, levels={})
    assert found.policies[0].name == "aa.json"
    assert [one.verdict for one in found.policies] == [Verdict.UNDECIDED] + [Verdict.BROADENS] * 3
    assert {one.rule for one in found.policies[0].findings} == {"not-looked-at"}
    assert fails(found, "broadens")


def test_more_policies_than_a_review_evaluates_are_one_unknown() -> None:
    pairs = [pair(document(), document(allow(f"s3:Get{n}")), f"{n}.json") for n in range(4)]
    found = review(pairs, CATALOGUE, levels={}, most=1_500)
    assert found.policies[0].name == "2.json and 1 more policies"
    changed = [*pairs[:3], pair(document(), document(allow("s3:*")), "3.json")]
    other = review(changed, CATALOGUE, levels={}, most=1_500)
    assert other.policies[0].fingerprint != found.policies[0].fingerprint
    assert len(review(pairs, CATALOGUE, levels={}, most=None).policies) == len(pairs)


def test_policies_that_are_not_evaluated_take_something_too() -> None:
    """To read 100 policies takes 2,000 units of those that the evaluation of three would take."""
    pairs = [pair(document(), document(allow(f"s3:Get{n}")), f"{n}.json") for n in range(100)]
    (found,) = review(pairs, CATALOGUE, levels={}, most=2_000).policies
    assert found.name == "0.json and 99 more policies"
    assert len(review(pairs[:3], CATALOGUE, levels={}, most=2_000).policies) == 3
