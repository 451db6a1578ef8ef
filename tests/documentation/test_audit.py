"""A page's rows against an archive's versions: what is confirmed, how, and what nobody documents."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT
from builders import START, day, history, raw_document, statement, version
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Entry
from tracker.cli import command
from tracker.diff.model import Change, ChangeKind
from tracker.documentation import Announcement, DocumentedAction, DocumentedPage, DocumentedRow, RowKind, read_page
from tracker.documentation.announcements.matches import match_announcements
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.matching import DatedEntries, DatedEntry, LookupBudget, RowMatch
from tracker.documentation.auditing.model import Audit, RowFinding, RowReason, RowVerdict
from tracker.documentation.auditing.roles import role_index
from tracker.documentation.auditing.spelling import similarity
from tracker.documentation.documentation_audit import AuditedPage, DocumentationAudit
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.documentation.reading.row_kinds import SpokenOf
from tracker.errors import PageError
from tracker.formats.announcements import announced_to_json, announcements_text
from tracker.formats.audit_json import audit_to_json
from tracker.formats.audit_report import documentation_report, report_of
from tracker.formats.registry import AUDIT, OutputFormat
from tracker.formats.renderer import Renderer
from tracker.policy.history import PolicyFacts, PolicyHistory, PolicyVersion
from tracker.policy.model import Effect
from tracker.settings.configuration import read_configuration
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, plain, template_folders

SEED = CHECKOUT / "tests" / "pages" / "connect.ko.txt"
FOLDERS = template_folders()
REAL = frozenset({"s3:GetObject", "kms:DescribeKey"})


def exists(name: str) -> bool:
    """Know two actions; what a version has needs no knowing."""
    return name in REAL or "*" in name


def on(number: int) -> date:
    """Return the day on which AWS would date a version of `day(number)`: midnight in UTC is the evening before."""
    return (START + timedelta(days=number - 1)).date()


def row(
    at: int | None, *actions: str, removed: Sequence[str] = (), policies: Sequence[str] = ("Sample",), **others: Any
) -> DocumentedRow:
    plain = DocumentedRow(
        number=1,
        kind=RowKind.UPDATE,
        policies=tuple(policies),
        change="Sample – Update",
        title="Update",
        description="",
        date=None if at is None else on(at),
        date_text="",
        actions=tuple(DocumentedAction(action, "") for action in actions),
        removed_actions=tuple(DocumentedAction(action, "", removed=True) for action in removed),
    )
    return replace(plain, **others)


def entries(*histories: PolicyHistory, since: datetime | None = None) -> list[Entry]:
    found = (item for each in histories for item in entries_of(each, since))
    return newest_first(item for item in found if isinstance(item, Entry))


def audit(rows: Iterable[DocumentedRow], reported: Iterable[Entry], **others: Any) -> Audit:
    page = DocumentedPage("", "en", tuple(rows), ())
    return audit_page(page, reported, exists, **{"archive_until": on(900)} | others)


def finding(one: DocumentedRow, *versions: PolicyVersion, **others: Any) -> RowFinding:
    """Return what is found of one row about one policy with these versions."""
    return audit([one], entries(history(*versions)), **others).rows[0].findings[0]


def ids(found: RowFinding) -> list[str | None]:
    return [entry.version for entry in found.entries]


NAMED = ("Sample", 10), ("AmazonOtherPolicy", 300)
BASE = version(1, "s3:GetObject", at=-400)


def test_a_row_dated_by_us_time_is_confirmed_to_the_day() -> None:
    found = finding(row(10, "sqs:GetObject"), BASE, version(2, "s3:GetObject", "sqs:GetObject", at=10))
    assert (found.verdict, ids(found), found.days) == (RowVerdict.CONFIRMED, ["v2"], 0)
    assert on(10) < day(10).date()


@pytest.mark.parametrize(
    ("lag", "verdict"),
    [(-8, "dated-differently"), (-7, "confirmed"), (0, "confirmed"), (14, "confirmed"), (15, "dated-differently")],
)
def test_days_beyond_the_usual_lag_are_said(lag: int, verdict: str) -> None:
    found = finding(row(10 + lag, "sqs:GetObject"), BASE, version(2, "s3:GetObject", "sqs:GetObject", at=10))
    assert (found.verdict, found.days) == (verdict, lag)


def dated(first: int, last: int) -> RowFinding:
    """Return what is found of a row with these days about a version of day 40."""
    versions = BASE, version(2, "s3:GetObject", "sqs:GetObject", at=40)
    one = row(first, "sqs:GetObject", last_date=on(last))
    return audit([one], entries(history(*versions))).rows[0].findings[0]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [(10, 40, 0), (40, 70, 0), (1, 300, 0), (41, 70, 1), (60, 90, 20), (2, 32, -8), (-20, 10, -30)],
)
def test_a_row_is_misdated_only_by_the_days_that_it_is_off_at_least(first: int, last: int, days: int) -> None:
    found = dated(first, last)
    assert (ids(found), found.days) == (["v2"], days)
    usual = days in range(-7, 15)
    assert found.verdict is (RowVerdict.CONFIRMED if usual else RowVerdict.DATED_DIFFERENTLY)


def test_a_row_whose_time_goes_on_behind_the_archive_is_not_found_missing() -> None:
    one = row(880, "sqs:GetObject", last_date=on(910))
    found = audit([one], entries(history(BASE))).rows[0].findings[0]
    assert (found.verdict, found.reason) == (RowVerdict.NOT_CHECKED, RowReason.AFTER_ARCHIVE)


def test_a_row_without_actions_that_was_not_found_may_be_about_the_policy_that_its_description_names() -> None:
    sample, other = (history(BASE, version(2, "sqs:GetObject", at=at), name=name) for name, at in NAMED)
    one = row(300, description="AmazonOtherPolicy was changed, and ThirdPolicy was not.")
    found = audit([one], entries(sample, other), names=PolicyNames(["Sample", "AmazonOtherPolicy", "ThirdPolicy"]))
    (finding,) = found.rows[0].findings
    assert finding.verdict is RowVerdict.NOT_FOUND
    assert [(entry.policy, entry.version) for entry in finding.elsewhere] == [("AmazonOtherPolicy", "v2")]
    report = report_of(found, RowBuilder(load_words("en", FOLDERS), load_catalogue()), "page")
    assert "the description names that policy" in report.to_correct[0].lines[-1]


@pytest.mark.parametrize(("speaks_of", "version_id"), [(SpokenOf.SCOPE, "v3"), (None, "v2")])
def test_a_row_of_a_scope_is_rather_about_the_nearer_version_than_about_that_which_added_its_action(
    speaks_of: SpokenOf | None, version_id: str
) -> None:
    narrow = raw_document(statement("s3:GetObject"), statement("sqs:GetObject", "arn:aws:sqs:::a"))
    versions = BASE, version(2, at=30, raw=narrow), version(3, "s3:GetObject", "sqs:GetObject", at=40)
    found = finding(row(40, "sqs:GetObject", speaks_of=speaks_of), *versions)
    assert ids(found)[0] == version_id


def test_a_page_with_more_wildcards_than_can_be_looked_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.documentation.auditing.matching.MAX_STEPS", 500)
    reported = entries(history(BASE, version(2, *(f"ec2:Get{number}" for number in range(30)), at=10)))
    assert audit([row(10, "ec2:Get*", "ec2:*1*")], reported).rows[0].findings[0].entries
    with pytest.raises(PageError, match="more wildcards than can be looked up"):
        audit([row(10, *(f"ec2:*{number}*" for number in range(10)))], reported)


@pytest.mark.parametrize(
    ("lag", "actions", "is_found"),
    [
        (60, ("kms:Decrypt", "lex:ListBots"), True),
        (61, ("kms:Decrypt", "lex:ListBots"), False),
        (61, ("kms:Decrypt",), True),
        (-120, ("kms:Decrypt",), True),
        (121, ("kms:Decrypt",), False),
    ],
)
def test_a_version_more_than_sixty_days_off_counts_only_if_it_has_the_whole_row(
    lag: int, actions: tuple[str, ...], is_found: bool
) -> None:
    found = finding(
        row(200 + lag, *actions), BASE, version(2, "s3:GetObject", "kms:Decrypt", at=200), archive_until=on(900)
    )
    assert ids(found) == (["v2"] if is_found else [])
    assert found.reason == (None if is_found else RowReason.NO_VERSION)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sms:SendTextMessage", "sms-voice:SendTextMessage"),
        ("wisdom:KnowledgeBases", "wisdom:ListKnowledgeBases"),
        ("profile:GetObjectTypes", "profile:GetProfileObjectType"),
        ("lex:ListBot", "lex:ListBots"),
        ("sms-voice:SendTextMesage", "sms-voice:SendTextMessage"),
        ("wisdom:GetKnowledgeBases", None),
        ("lex:DescribeThing", None),
        ("s3:GetObject", None),
    ],
)
def test_a_name_no_service_has_is_confirmed_under_the_spelling_that_was_meant(written: str, meant: str | None) -> None:
    """The first three are slips of the real page; a name that exists is never taken for another."""
    came = ["sms-voice:SendTextMessage", "wisdom:ListKnowledgeBases", "wisdom:CreateKnowledgeBase", "lex:ListBots"]
    came += ["profile:GetProfileObjectType", "s3:GetObjectAcl", "kms:Decrypt"]
    known = [name for name in came if name != meant]
    found = finding(row(10, *known, written), BASE, version(2, "s3:GetObject", *came, at=10))
    assert [(item.written, item.meant) for item in found.respelled] == ([(written, (meant,))] if meant else [])
    assert found.missing == (() if meant else (written,))
    assert found.verdict == (RowVerdict.OTHER_SPELLING if meant else RowVerdict.PARTLY)


@pytest.mark.parametrize(
    ("written", "meant"), [("PutMetricData", "GetMetricData"), ("Knowledge", "ListKnowledgeBases"), ("A", "AA")]
)
def test_another_verb_or_a_single_word_is_another_action(written: str, meant: str) -> None:
    assert similarity(written, meant) == 0


def test_missing_and_silent_actions_make_a_row_partly_documented() -> None:
    found = finding(
        row(10, "kms:Decrypt", "lex:ListBots"), BASE, version(2, "s3:GetObject", "kms:Decrypt", "sqs:GetObject", at=10)
    )
    assert found.verdict is RowVerdict.PARTLY
    assert found.missing == ("lex:ListBots",)
    assert [change.action for change in found.silent] == ["sqs:GetObject"]


def test_an_action_on_another_resource_counts_as_added() -> None:
    wider = raw_document(statement("s3:GetObject", ["arn:aws:s3:::a", "arn:aws:s3:::b"]))
    found = finding(
        row(10, "s3:GetObject"),
        version(1, at=-400, raw=raw_document(statement("s3:GetObject", "arn:aws:s3:::a"))),
        version(2, at=10, raw=wider),
    )
    assert found.verdict is RowVerdict.CONFIRMED


def test_a_silent_change_of_scope_is_named_but_makes_no_row_partly_documented() -> None:
    before = raw_document(statement("s3:GetObject", "arn:aws:s3:::a"))
    after = raw_document(statement("s3:GetObject", "*"), statement("kms:Decrypt"))
    found = finding(row(10, "kms:Decrypt"), version(1, at=-400, raw=before), version(2, at=10, raw=after))
    assert found.verdict is RowVerdict.CONFIRMED
    assert [(change.kind, change.action) for change in found.silent] == [("scope-widened", "s3:GetObject")]


def test_one_version_documented_in_two_rows_has_no_silent_action() -> None:
    rows = [row(10, "kms:Decrypt", number=1), row(11, "lex:ListBots", number=2)]
    reported = entries(history(BASE, version(2, "s3:GetObject", "kms:Decrypt", "lex:ListBots", at=10)))
    found = audit(rows, reported)
    assert [item.verdict for item in found.rows] == [RowVerdict.CONFIRMED, RowVerdict.CONFIRMED]
    assert found.untold == ()


def test_one_row_may_document_two_versions_the_fuller_one_first() -> None:
    found = finding(
        row(12, "kms:Decrypt", "lex:ListBots", "sqs:GetObject"),
        BASE,
        version(2, "s3:GetObject", "kms:Decrypt", at=10),
        version(3, "s3:GetObject", "kms:Decrypt", "lex:ListBots", "sqs:GetObject", at=20),
    )
    assert (found.verdict, ids(found), found.days) == (RowVerdict.DATED_DIFFERENTLY, ["v3", "v2"], -8)


def test_the_version_that_explains_most_is_preferred_to_the_nearest() -> None:
    found = finding(
        row(12, "kms:Decrypt", "s3:PutObject"),
        BASE,
        version(2, "s3:GetObject", "kms:Decrypt", at=12),
        version(3, "s3:GetObject", at=13),
        version(4, "s3:GetObject", "kms:Decrypt", "s3:PutObject", at=30),
    )
    assert ids(found) == ["v4"]


@pytest.mark.parametrize(
    ("written", "came"),
    [
        ("S3:putobject", "s3:PutObject"),
        ("PutObject", "s3:PutObject"),
        ("s3:PutObject", "s3:Put*"),
        ("s3:Put*", "s3:PutObject"),
        ("s3:Put*", "s3:Put*"),
    ],
)
def test_names_are_matched_in_any_case_bare_and_through_wildcards(written: str, came: str) -> None:
    found = finding(row(10, written), BASE, version(2, "s3:GetObject", came, at=10))
    assert (found.verdict, found.silent) == (RowVerdict.CONFIRMED, ())


def test_removed_actions_are_looked_for_among_what_went() -> None:
    versions = version(1, "s3:GetObject", "kms:Decrypt", at=-400), version(2, "s3:GetObject", at=10)
    assert finding(row(10, removed=["kms:Decrypt"]), *versions).verdict is RowVerdict.CONFIRMED
    assert finding(row(10, "kms:Decrypt"), *versions).verdict is RowVerdict.NOT_FOUND


def test_of_a_deny_an_added_action_may_be_one_that_went() -> None:
    denied = raw_document(statement("s3:*"), statement("kms:Decrypt", effect="Deny"))
    versions = version(1, at=-400, raw=denied), version(2, at=10, raw=raw_document(statement("s3:*")))
    assert finding(row(10, "kms:Decrypt"), *versions).verdict is RowVerdict.CONFIRMED
    assert finding(row(10, removed=["kms:Decrypt"]), *versions).verdict is RowVerdict.CONFIRMED


def test_of_a_documented_name_the_actions_that_came_stand_before_the_scopes_that_changed() -> None:
    before = raw_document(statement("s3:PutAcl", "arn:aws:s3:::a"))
    after = raw_document(statement("s3:PutAcl", "*"), statement("s3:PutObject"))
    (entry,) = entries(history(version(1, at=-400, raw=before), version(2, at=10, raw=after)))[:1]
    named = DatedEntries([DatedEntry(entry, None)], LookupBudget("")).changes_named_by(DocumentedAction("s3:Put*", ""))
    assert [[change.kind for change in changes] for changes in named.values()] == [["action-added", "scope-widened"]]


def match(days: int, *kinds: ChangeKind, respelled: int = 0) -> RowMatch:
    changes = [Change(kind, Effect.ALLOW, "s3:GetObject", False, (), ()) for kind in kinds]
    (entry,) = entries(history(BASE, version(2, "s3:PutObject", at=10)))[:1]
    named, other = {str(number): [change] for number, change in enumerate(changes)}, range(10, 10 + respelled)
    return RowMatch(DatedEntry(entry, None), days, named, {str(number): [] for number in other})


CAME, WIDER = ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(match(40, CAME, respelled=1), match(0, CAME), id="more names"),
        pytest.param(match(40, CAME, CAME), match(0, CAME, respelled=1), id="names as they are written"),
        pytest.param(match(14, WIDER), match(15, CAME), id="within the usual days after the version"),
        pytest.param(match(-7, WIDER), match(-8, CAME), id="within the usual days before the version"),
        pytest.param(match(9, CAME), match(0, WIDER), id="actions that came rather than scopes that changed"),
        pytest.param(match(3, CAME), match(-4, CAME), id="the nearest"),
    ],
)
def test_of_two_versions_that_a_row_may_document_one_is_better(better: RowMatch, worse: RowMatch) -> None:
    assert better.order() > worse.order()


def test_a_condition_key_is_no_missing_action() -> None:
    guarded = statement("kms:Decrypt", condition={"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}})
    raw = raw_document(statement("s3:GetObject"), guarded)
    found = finding(row(10, "kms:Decrypt", "kms:ViaService"), BASE, version(2, at=10, raw=raw))
    assert (found.verdict, found.missing) == (RowVerdict.CONFIRMED, ())


def test_a_row_of_words_takes_the_nearest_version_that_no_row_documents_yet() -> None:
    rows = [row(11, number=1), row(12, "lex:ListBots", number=2)]
    reported = entries(
        history(
            BASE,
            version(2, "s3:GetObject", "kms:Decrypt", at=6),
            version(3, "s3:GetObject", "kms:Decrypt", "lex:ListBots", at=11),
        )
    )
    found = audit(rows, reported)
    assert [ids(item.findings[0]) for item in found.rows] == [["v2"], ["v3"]]
    assert not found.has("any")


@pytest.mark.parametrize(("lag", "verdict"), [(3, "confirmed"), (300, "dated-differently")])
def test_a_new_policy_came_once_however_late_the_page_says_so(lag: int, verdict: str) -> None:
    versions = version(1, "s3:GetObject", at=10), version(2, "s3:GetObject", "kms:Decrypt", at=10 + lag)
    found = finding(row(10 + lag, kind=RowKind.NEW_POLICY), *versions)
    assert (found.verdict, ids(found), found.days) == (verdict, ["v1"], lag)


@pytest.mark.parametrize(
    ("since", "verdict", "days"),
    [(None, "not-checked", None), (on(10), "confirmed", 0), (on(3), "dated-differently", 7)],
)
def test_the_start_of_tracking_is_held_against_the_configured_day(
    since: date | None, verdict: str, days: int | None
) -> None:
    found = finding(row(10, policies=(), kind=RowKind.TRACKING_STARTED), BASE, tracking_since=since)
    assert (found.verdict, found.days) == (verdict, days)


@pytest.mark.parametrize(
    ("one", "verdict", "reason"),
    [
        (row(10, policies=["Other"]), "not-found", "unknown-policy"),
        (row(1000, policies=["Other"]), "not-checked", "after-archive"),
        (row(1000, "kms:Decrypt"), "not-checked", "after-archive"),
        (row(-390, "kms:Decrypt"), "not-checked", "before-archive"),
        (row(None, "kms:Decrypt"), "not-checked", "no-date"),
        (row(10, policies=()), "not-checked", "no-policy"),
        (row(10, kind=RowKind.DEPRECATED), "not-checked", "statement-of-page"),
        (row(10, "kms:DescribeKey"), "not-found", "no-version"),
    ],
)
def test_what_is_not_found_or_not_checked_has_its_reason(one: DocumentedRow, verdict: str, reason: str) -> None:
    """A policy first seen with v3 may have had any version before."""
    reported = entries(history(version(3, "s3:GetObject", at=-400), version(4, "s3:GetObject", "kms:Decrypt", at=100)))
    found = audit([one], reported).rows[0].findings[0]
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_deprecated_policy_is_confirmed_where_it_left_the_list() -> None:
    gone = history(BASE, seen=[(-400, "v1"), (10, None)])
    found = audit([row(8, kind=RowKind.DEPRECATED)], entries(gone)).rows[0].findings[0]
    assert (found.verdict, found.days) == (RowVerdict.CONFIRMED, -2)


def test_a_policy_may_leave_the_list_long_after_it_is_deprecated() -> None:
    gone = history(BASE, seen=[(-400, "v1"), (900, None)])
    found = audit([row(8, kind=RowKind.DEPRECATED)], entries(gone)).rows[0].findings[0]
    assert (found.verdict, found.reason) == (RowVerdict.NOT_CHECKED, RowReason.STATEMENT_OF_PAGE)


def test_a_policy_of_which_only_dates_are_known_is_not_unknown() -> None:
    found = audit([row(10, policies=["Other"])], entries(history(BASE)), names=PolicyNames(["Sample", "Other"]))
    assert (only := found.rows[0].findings[0]).reason is RowReason.NO_DOCUMENT
    assert (only.verdict, only.nearest) == (RowVerdict.NOT_CHECKED, None)


def test_a_bare_name_in_a_row_about_a_new_policy_is_an_operation_of_the_service() -> None:
    found = finding(row(10, "PutLace", kind=RowKind.NEW_POLICY), version(1, "s3:GetObject", at=10))
    assert (found.verdict, ids(found), found.missing) == (RowVerdict.CONFIRMED, ["v1"], ())


def test_a_new_policy_without_an_action_that_its_row_names_is_partly_confirmed() -> None:
    versions = [version(1, "s3:GetObject", at=10)]
    only = row(10, "kms:DescribeKey", kind=RowKind.NEW_POLICY)
    found = finding(only, *versions, histories=[history(*versions)])
    assert (found.verdict, ids(found), found.missing) == (RowVerdict.PARTLY, ["v1"], ("kms:DescribeKey",))


def test_a_bare_name_may_be_misspelt() -> None:
    versions = BASE, version(2, "s3:GetObject", "elasticloadbalancing:DescribeTargetGroups", at=10)
    found = finding(row(10, "DescribeTargetGroups", "DescribeTargetGroup"), *versions, histories=[history(*versions)])
    assert found.verdict is RowVerdict.OTHER_SPELLING
    assert found.actions[1].meant == ("elasticloadbalancing:DescribeTargetGroups",)


def test_a_row_of_words_takes_what_other_rows_leave_of_a_version() -> None:
    """The nearer version is documented whole by the second row, the other one only in part by the third."""
    reported = entries(
        history(
            BASE,
            version(2, "s3:GetObject", "kms:Decrypt", "sqs:Send", at=10),
            version(3, "s3:GetObject", "kms:Decrypt", "sqs:Send", "lex:ListBots", at=40),
        )
    )
    rows = [row(70, number=1), row(60, "lex:ListBots", number=2), row(20, "kms:Decrypt", number=3)]
    assert [ids(item.findings[0]) for item in audit(rows, reported).rows] == [["v2"], ["v3"], ["v2"]]


def test_a_row_without_a_policy_is_found_by_its_actions() -> None:
    reported = entries(history(BASE), history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10), name="Other"))
    found = audit([row(10, "kms:Decrypt", policies=())], reported).rows[0].findings[0]
    assert (found.policy, found.verdict) == ("Other", RowVerdict.CONFIRMED)


def test_a_role_stands_for_its_policy() -> None:
    reported = entries(
        history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10), name="AmazonECSServiceRolePolicy")
    )
    facts = [PolicyFacts(name, path="/aws-service-role/") for name in ("AmazonECSServiceRolePolicy", "AmazonEC2Other")]
    one = row(10, "kms:Decrypt", policies=["AWSServiceRoleForECS"])
    found = audit([one], reported, roles=role_index(facts)).rows[0].findings[0]
    assert (found.policy, found.verdict) == ("AmazonECSServiceRolePolicy", RowVerdict.CONFIRMED)
    assert found.written == "AWSServiceRoleForECS"


def test_a_role_of_which_nothing_proves_the_policy_is_unknown_with_candidates() -> None:
    names = ("AWSShoeServiceRolePolicy", "AmazonShoeServiceLinkedRolePolicy", "AmazonSockServiceRolePolicy")
    roles = role_index([PolicyFacts(name, path="/aws-service-role/") for name in names])
    found = audit([row(10, policies=["AWSServiceRoleForShoe"])], entries(history(BASE)), roles=roles)
    only = found.rows[0].findings[0]
    assert (only.verdict, only.reason) == (RowVerdict.NOT_CHECKED, RowReason.UNKNOWN_ROLE)
    assert set(only.candidates) == set(names[:2])


def test_the_principal_in_the_path_of_a_role_proves_its_policy() -> None:
    """`AWSServiceRoleForSlipper` is named for no policy; another policy writes its ARN under `shoe.amazonaws.com`."""
    arn = "arn:aws:iam::*:role/aws-service-role/shoe.amazonaws.com/AWSServiceRoleForSlipper"
    facts = [PolicyFacts("AWSShoeServiceRolePolicy", path="/aws-service-role/")]
    full = history(version(1, raw=raw_document(statement("iam:CreateServiceLinkedRole", arn))), name="ShoeFullAccess")
    assert role_index(facts, [full]).policy_of("AWSServiceRoleForSlipper") == ("AWSShoeServiceRolePolicy", ())
    assert role_index(facts).policy_of("AWSServiceRoleForSlipper") == (None, ())


def test_each_policy_of_a_row_is_matched_by_its_own_list_and_the_worst_counts() -> None:
    actions = DocumentedAction("kms:Decrypt", "A"), DocumentedAction("lex:ListBots", "B", policies=("B",))
    one = row(10, policies=["A", "B"], actions=actions)
    reported = entries(*(history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10), name=name) for name in "AB"))
    found = audit([one], reported).rows[0]
    assert [item.verdict for item in found.findings] == [RowVerdict.CONFIRMED, RowVerdict.PARTLY]
    assert found.verdict is RowVerdict.PARTLY


def test_versions_in_the_pages_time_that_no_row_documents_are_named() -> None:
    reported = entries(
        history(
            BASE,
            version(2, "s3:GetObject", "kms:Decrypt", at=10),
            version(3, "s3:GetObject", "kms:Decrypt", "lex:ListBots", at=50),
            version(4, "s3:GetObject", "kms:Decrypt", "lex:ListBots", at=60),
            version(5, "s3:GetObject", "kms:Decrypt", "lex:ListBots", "sqs:GetObject", at=100),
            version(6, "s3:GetObject", at=130),
        ),
        since=day(0),
    )
    rows = [row(100, "sqs:GetObject", number=1), row(10, "kms:Decrypt", number=2)]
    found = audit(rows, reported)
    assert [entry.version for entry in found.untold] == ["v3"]
    assert (found.since, found.until) == (on(10), on(100))
    assert [entry.version for entry in audit(rows, reported, as_of=on(140)).untold] == ["v6", "v3"]
    assert audit(rows, reported, is_of_service=lambda _: False).untold == ()


def test_steps_over_versions_never_seen_are_named_and_any_day_within_is_theirs() -> None:
    versions = BASE, version(2, "s3:GetObject", at=0), version(5, "s3:GetObject", "kms:Decrypt", at=300)
    found = audit([row(100, "kms:Decrypt"), row(400, "lex:ListBots", number=2)], entries(history(*versions)))
    assert [(entry.version, entry.not_observed) for entry in found.not_observed] == [("v5", 2)]
    assert (found.rows[0].findings[0].verdict, found.rows[0].findings[0].days) == (RowVerdict.CONFIRMED, 0)


def test_counts_add_up_to_the_rows_and_decide_what_to_fail_on() -> None:
    reported = entries(history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10)))
    found = audit([row(10, "kms:Decrypt", number=1), row(10, "lex:ListBots", number=2)], reported)
    assert sum(found.counts[verdict] for verdict in RowVerdict) == 2
    assert [found.has(what) for what in ("confirmed", "not-found", "partly", "untold", "any")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_a_page_without_rows_that_say_anything_is_an_audit_without_time() -> None:
    found = audit([row(None)], [])
    assert (found.since, found.until, found.untold) == (None, None, ())


# --- the page this project began with ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seed() -> Audit:
    from tracker.archive.store import archive_on_disk
    from tracker.changelog.builder import Selection, build_archive_changelog

    configuration = read_configuration(CHECKOUT / "pyproject.toml", CHECKOUT)
    service = configuration.service("connect")
    reported = build_archive_changelog(
        archive_on_disk(CHECKOUT / "snapshots"), configuration, Selection("aws", service)
    )
    catalogue = load_catalogue()
    page = read_page(SEED.read_bytes(), name=SEED.name)
    documented = [entry for entry in reported.entries if entry.at < datetime(2023, 12, 1, tzinfo=UTC)]
    return audit_page(
        page, documented, lambda name: bool(catalogue.expand(name)), tracking_since=service.tracking_since
    )


def test_every_row_of_the_seed_page_is_found_but_that_of_a_policy_never_recorded(seed: Audit) -> None:
    lost = [(row.row.policies, row.findings[0].reason) for row in seed.rows if row.verdict is RowVerdict.NOT_FOUND]
    assert len(seed.rows) == 18
    assert lost in ([], [(("AmazonConnectVoiceIDFullAccess",), RowReason.UNKNOWN_POLICY)])
    assert seed.counts["not-checked"] == 0


def test_the_misspelt_actions_of_the_seed_page_are_named(seed: Audit) -> None:
    respelled = {item.written: item.meant for row in seed.rows for found in row.findings for item in found.respelled}
    assert respelled == {
        "sms:DescribePhoneNumbers": ("sms-voice:DescribePhoneNumbers",),
        "sms:SendTextMessage": ("sms-voice:SendTextMessage",),
        "wisdom:KnowledgeBases": ("wisdom:ListKnowledgeBases",),
        "profile:GetObjectTypes": ("profile:GetProfileObjectType",),
    }


def test_the_rows_of_the_seed_page_dated_off_by_months_are_named(seed: Audit) -> None:
    off = {row.row.number: row.findings[0].days for row in seed.rows if row.verdict is RowVerdict.DATED_DIFFERENTLY}
    assert off == {10: -40, 11: 65, 16: 63, 17: -16}


# --- printing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("chosen", [each for each in AUDIT if each.template], ids=lambda chosen: str(chosen.name))
def test_a_report_names_what_is_wrong_and_escapes_what_strangers_wrote(language: str, chosen: OutputFormat) -> None:
    before = version(2, "s3:GetObject", at=0)
    reported = entries(
        history(
            BASE,
            before,
            version(5, "s3:GetObject", "kms:Decrypt", "sqs:GetObject", at=10),
            version(6, "s3:GetObject", "kms:Decrypt", at=30),
        )
    )
    many = [f"lex:Nothing{number}" for number in range(40)]
    rows = [
        row(8, "kms:Decrypt", *many, change="<script>|x\u202e", number=1),
        row(40, policies=["<b>"], number=2),
        row(None, date_text="<i>TBD", number=3),
    ]
    words = load_words(language, FOLDERS)
    audited = DocumentationAudit((AuditedPage("page.html", "page.html", audit(rows, reported)),))
    report = documentation_report(audited, RowBuilder(words, load_catalogue()))
    text = Renderer(FOLDERS, words).render(chosen.template, **report)
    for expected in ("sqs:GetObject", "Nothing29", "v3", "v4", "Sample"):
        assert expected in text, expected
    assert "Nothing30" not in text
    assert "\u202e" not in text
    if chosen.name != "text":
        assert not {"<script>", "<b>", "<i>"} & set(text.split())
        assert "<script>" not in text


def test_a_report_lists_first_what_is_to_be_corrected() -> None:
    reported = entries(history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10)))
    rows = [
        row(10, "kms:Decrypt", number=1),
        row(40, "kms:Decrypt", number=2),
        row(10, "kms:Decrypt", change="Sam ple – Update", number=3),
        row(None, "kms:Decrypt", number=4),
    ]
    report = report_of(audit(rows, reported), RowBuilder(load_words("en", FOLDERS), load_catalogue()), "page.html")
    assert [item.place for item in report.to_correct] == [2, 3]
    assert [item.place for item in report.others] == [1, 4]
    assert plain(report.to_correct[1].lines[-1]) == "the policy's name is Sample"


def schema(name: str) -> Any:
    return json.loads((CHECKOUT / "tracker" / "schema" / f"{name}-1.json").read_text(encoding="utf-8"))


def test_an_audit_in_json_can_be_read_by_machines(seed: Audit) -> None:
    reported = json.loads(json.dumps(audit_to_json(seed)))
    Draft202012Validator(schema("audit")).validate(reported)
    assert reported["schema"] == "policy-tracker/audit/1"
    assert len(reported["rows"]) == 18
    assert reported["counts"] == dict(seed.counts)
    first = reported["rows"][0]["findings"][0]
    assert first["entries"][0]["id"] == "aws/AmazonConnectServiceLinkedRolePolicy/v14"
    assert first["other_spelling"][0] == {
        "written": "sms:DescribePhoneNumbers",
        "meant": ["sms-voice:DescribePhoneNumbers"],
    }
    assert [item["version"] for item in reported["not_observed"]] in ([], ["v9"])


# --- the command ------------------------------------------------------------------------------------------------


def run(*arguments: str, given: bytes | None = None) -> tuple[int, str]:
    common = ["--snapshots", str(CHECKOUT / "snapshots"), "--config", str(CHECKOUT / "pyproject.toml")]
    result = CliRunner().invoke(command, [*common, *arguments], input=given)
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [([], 0), (["--fail-on", "any"], 1), (["--fail-on", "partly", "--fail-on", "dated-differently"], 1)],
)
def test_the_exit_code_says_whether_what_was_asked_for_was_found(options: list[str], code: int) -> None:
    assert run("audit", str(SEED), "--service", "connect", *options)[0] == code


def test_a_page_may_come_from_stdin_and_go_out_as_json() -> None:
    code, text = run("audit", "-", "--service", "connect", "-f", "json", given=SEED.read_bytes())
    assert code == 0
    assert json.loads(text)["counts"]["other-spelling"] >= 2


# --- announcements ----------------------------------------------------------------------------------------------


def announcement(
    at: datetime | None, title: str, text: str = "", policies: tuple[str, ...] = ("Sample",)
) -> Announcement:
    return Announcement("id", "guid", title, text, None, at, policies, bool(policies))


def test_an_announcement_is_put_beside_the_version_it_announces() -> None:
    reported = entries(
        history(BASE, version(2, "s3:GetObject", "kms:Decrypt", at=10), version(3, "s3:GetObject", at=14))
    )
    items = [
        announcement(datetime(2024, 1, 12, 19, tzinfo=UTC), "Update to Sample", "Added kms:Decrypt to Sample."),
        announcement(datetime(2024, 1, 9, tzinfo=UTC), "Update to Sample", "Added kms:Decrypt to Sample."),
        announcement(None, "Update to Sample"),
        announcement(datetime(2024, 1, 12, tzinfo=UTC), "A new feature", policies=()),
    ]
    found = match_announcements(items, reported, exists)
    assert [[(entry.version, days) for entry, days in each.entries] for each in found] == [
        [("v2", 2)],
        [("v2", -1)],
        [],
    ]
    lines = announcements_text(found, load_words("en", FOLDERS)).splitlines()
    assert lines[1] == "    Sample v2: announced 2 days later"
    Draft202012Validator(schema("announcements")).validate(announced_to_json(found))
    assert announced_to_json(found)["announcements"][0]["entries"] == [
        {"id": "aws/Sample/v2", "policy": "Sample", "version": "v2", "days_later": 2}
    ]


def test_the_command_reads_a_feed(tmp_path: Path) -> None:
    feed = tmp_path / "feed.rss"
    feed.write_text(
        '<rss version="2.0"><channel><title>t</title><link>https://example.org/</link><description>d</description>'
        "<item><title>AWS managed policy updates</title><description>Added lex:ListBots to"
        " AmazonConnect_FullAccess.</description><pubDate>Sat, 3 Jul 2021 19:00:00 GMT</pubDate></item>"
        "</channel></rss>",
        encoding="utf-8",
    )
    code, text = run("announcements", str(feed), "--service", "connect", "--lang", "ko")
    assert code == 0
    assert "AmazonConnect_FullAccess v2: 2일 후 발표" in text
    reported = json.loads(run("announcements", str(feed), "--service", "connect", "-f", "json")[1])
    assert reported["announcements"][0]["entries"][0]["days_later"] == 2
