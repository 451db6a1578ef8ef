"""The page of a service: the same sections and table as the page this project began with, in both languages."""

import re
from datetime import UTC
from pathlib import Path

import pytest
from archives import CHECKOUT
from builders import day, history, raw_document, statement, version
from click.testing import CliRunner
from msgspec.structs import replace

from tracker.archive.store import archive_on_disk
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import Selection, build_archive_changelog
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry, Event
from tracker.cli import command
from tracker.documentation import read_page
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.auditing.model import RowVerdict
from tracker.formats.registry import PAGE, find_format, format_names
from tracker.formats.renderer import Renderer
from tracker.formats.service_page import ServicePage, service_page
from tracker.policy.history import Observation, PolicyHistory
from tracker.policy.json_text import canonical
from tracker.settings.configuration import read_configuration
from tracker.settings.services import Service
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, plain, template_folders

FOLDERS = template_folders()
KMS = ("CreateKey", "Decrypt", "DescribeKey", "Encrypt", "ListAliases", "ListKeys", "TagResource")
SERVICE = Service("Sample Service", "sample", ("*",))


def row_builder(language: str = "en", service: Service = SERVICE) -> RowBuilder:
    return RowBuilder(load_words(language, FOLDERS), load_catalogue(), UTC, service)


def page_of(*histories: PolicyHistory, language: str = "en") -> ServicePage:
    found = (item for each in histories for item in entries_of(each))
    reported = Changelog("", tuple(newest_first(item for item in found if isinstance(item, Entry))))
    return service_page(SERVICE, histories, reported, row_builder(language))


def printed(page: ServicePage, format_name: str, language: str = "en") -> str:
    return Renderer(FOLDERS, load_words(language, FOLDERS)).render(find_format(PAGE, format_name).template, page=page)


@pytest.fixture(scope="module")
def connect() -> tuple[list[PolicyHistory], Changelog, Service]:
    configuration = read_configuration(CHECKOUT / "pyproject.toml", CHECKOUT)
    archive, selection = archive_on_disk(CHECKOUT / "snapshots"), Selection("aws", configuration.service("connect"))
    histories = [item for item in archive.histories("aws", selection.wants) if isinstance(item, PolicyHistory)]
    return histories, build_archive_changelog(archive, configuration, selection), configuration.service("connect")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("format_name", format_names(PAGE))
def test_a_page_written_from_an_archive_and_read_again_is_confirmed_row_for_row(
    connect: tuple[list[PolicyHistory], Changelog, Service], language: str, format_name: str
) -> None:
    histories, reported, service = connect
    text = printed(
        service_page(service, histories, reported, row_builder(language, service), "feed.xml"), format_name, language
    )
    read = read_page(text, name="page")
    catalogue = load_catalogue()
    found = audit_page(
        read, reported.entries, lambda name: bool(catalogue.expand(name)), tracking_since=service.tracking_since
    )
    assert {row.verdict for row in found.rows} == {RowVerdict.CONFIRMED}
    assert {finding.days for row in found.rows for finding in row.findings} <= {0, 1}
    # Denied by v2 and no longer by v3, 21 hours later: of a denial, a page may mean either by "added".
    assert [entry.id for entry in found.untold] == ["aws/AmazonConnectReadOnlyAccess/v2"]
    assert not any(found.has(wanted) for wanted in ("not-found", "partly", "other-spelling"))
    starts = sum(entry.event is Event.TRACKING_STARTED for entry in reported.entries)
    assert len(found.rows) == len(reported.entries) - max(0, starts - 1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_sections_are_those_of_the_page_this_project_began_with(
    connect: tuple[list[PolicyHistory], Changelog, Service], language: str
) -> None:
    """In the order of names; the seed page has them in its own order and two more, which no archive has."""
    histories, reported, service = connect
    written = service_page(service, histories, reported, row_builder(language, service))
    seed = (CHECKOUT / "tests" / "pages" / "connect.ko.txt").read_text(encoding="utf-8")
    names = {name for name in (section.policy for section in written.sections) if name in seed.replace("_ ", "_")}
    assert {"AmazonConnect_FullAccess", "AmazonConnectServiceLinkedRolePolicy"} <= names
    if language == "ko":
        assert written.updates in seed
        assert {plain(section.heading) for section in written.sections} & set(seed.split("\n"))
        assert "| 변경 사항 | 설명 | 날짜 |" in printed(written, "markdown", "ko")


def test_a_section_says_what_a_policy_allows_scope_by_scope_and_shows_the_document_in_full() -> None:
    raw = raw_document(
        statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::a/*"),
        statement("sqs:SendMessage", condition={"StringEquals": {"aws:ResourceTag/Team": "blue"}}),
        statement([f"kms:{name}" for name in KMS]),
        statement("s3:DeleteBucket", effect="Deny"),
    )
    section = page_of(history(version(3, raw=raw))).sections[0]
    said = [(plain(block.lead), [plain(item.text) for item in block.items]) for block in section.blocks]
    assert said == [
        (
            "Allows the following on all resources:",
            ["AWS Key Management Service: List, Read, Write, and Tagging access (7 actions)"],
        ),
        (
            "Allows the following on the resource arn:aws:s3:::a/*:",
            ["Amazon S3: Read and Write access (s3:GetObject and s3:PutObject)"],
        ),
        (
            "Allows the following on all resources with the resource tag 'Team':'blue':",
            ["Amazon SQS: Write access (sqs:SendMessage)"],
        ),
        ("Denies the following on all resources:", ["Amazon S3: Write access (s3:DeleteBucket)"]),
    ]
    assert section.document == canonical(raw).rstrip("\n")


def test_all_but_some_actions_are_reported_as_such() -> None:
    raw = raw_document(statement(NotAction=["iam:*", "sts:AssumeRole"]))
    blocks = page_of(history(version(1, raw=raw))).sections[0].blocks
    assert plain(blocks[0].lead) == "Allows all actions but those of its NotAction on all resources:"
    assert plain(blocks[1].lead) == "Does not allow by that NotAction on all resources:"
    assert len(blocks[1].items) == 2


def test_only_policies_in_force_have_a_section_with_the_version_in_force() -> None:
    rolled = replace(
        history(version(1, "s3:GetObject"), version(2, "s3:PutObject"), name="Rolled"),
        observations=(Observation(day(2), "v2"), Observation(day(5), "v1")),
    )
    gone = history(version(1, "s3:GetObject"), seen=[(1, "v1"), (2, None)], name="Gone")
    former = replace(history(version(1, "s3:GetObject"), name="Former"), folder="Former~ANPA1")
    sections = page_of(rolled, gone, former).sections
    assert [(section.policy, "s3:GetObject" in section.document) for section in sections] == [("Rolled", True)]


def test_a_service_whose_policies_are_gone_has_a_page_all_the_same() -> None:
    gone = history(version(1, "s3:GetObject"), seen=[(1, "v1"), (2, None)])
    for format_name in format_names(PAGE):
        assert "No policy of this service is in force." in printed(page_of(gone), format_name)
        assert "No changes." in printed(page_of(), format_name)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("format_name", format_names(PAGE))
def test_nothing_from_a_policy_is_markup(language: str, format_name: str) -> None:
    evil = "</code></pre><script>alert(1)</script>```\n# x\u202e"
    raw = raw_document(statement(["s3:GetObject", "evil<b>:Do|It"], evil))
    sample = history(version(1, raw=raw | {"Id": evil}))
    sample = replace(sample, facts=replace(sample.facts, description=evil, arn="arn:aws:iam::aws:policy/Sample"))
    text = printed(page_of(sample, language=language), format_name, language)
    outside = text if format_name == "html" else re.sub(r"(?ms)^```json$.*?^```$", "", text)
    assert "<script>" not in outside
    assert "evil<b>" not in outside
    assert "\u202e" not in text
    assert len(re.findall(r"(?m)^```", text)) == (2 if format_name == "markdown" else 0)


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "AWS managed policies for Amazon Connect"), ("ko", "Amazon Connect에 대한 AWS 관리형 정책")],
)
def test_the_command_writes_the_page_with_its_rss_sentence(tmp_path: Path, language: str, title: str) -> None:
    common = ["--snapshots", str(CHECKOUT / "snapshots"), "--config", str(CHECKOUT / "pyproject.toml"), "page"]
    output = tmp_path / "page.md"
    result = CliRunner().invoke(command, [*common, "--service", "connect", "--lang", language, "-o", str(output)])
    assert result.exit_code == 0
    text = output.read_text(encoding="utf-8")
    assert text.startswith(f"# {title}\n")
    assert "](feed.xml)" in text


def test_the_same_archive_gives_the_same_page(connect: tuple[list[PolicyHistory], Changelog, Service]) -> None:
    histories, reported, service = connect
    once, again = (
        service_page(service, order, reported, row_builder("en", service)) for order in (histories, histories[::-1])
    )
    assert once == again
