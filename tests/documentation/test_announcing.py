"""What a documentation's feed announces, shown beside the changes: in every format, and never as markup."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import history, version
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from tracker.archive.store import write_history
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.contract import changelog_from_json, changelog_schema
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry
from tracker.cli import command
from tracker.documentation.announcements.changelogs import MAX_NOTICES, Feed, attach_announcements
from tracker.errors import ConfigurationError, DocumentError, PageError
from tracker.settings.configuration import parse_configuration
from tracker.settings.services import Service

SERVICE = Service("Sample", "sample", ("AmazonSample*",))
HOSTILE = "&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;News | `of` [us](javascript:x)"
CONFIGURATION = """
languages = ["en", "ko"]
[[services]]
name = "Sample"
slug = "sample"
policies = ["AmazonSample*"]
announcements = ["feeds/sample.xml"]
"""


def feed(*items: tuple[str, str, str, str]) -> bytes:
    """Return a feed of items: title, link, description, date; all with the same guid, as AWS's can have."""
    reported = "".join(
        f"<item><title>{title}</title><link>{link}</link><description>{text}</description><pubDate>{day}</pubDate>"
        "<guid isPermaLink='false'>same</guid></item>"
        for title, link, text, day in items
    )
    return f"<rss version='2.0'><channel><title>t</title><link>https://e.org/</link>{reported}</channel></rss>".encode()


ITEMS = (
    (
        "AWS managed\n  policy updates",
        "https://e.org/a_(b)",
        "Added kms:Decrypt to AmazonSampleFullAccess.",
        "Sat, 13 Jan 2024 19:00:00 GMT",
    ),
    (HOSTILE, "javascript:alert(1)", "Added kms:Decrypt to AmazonSampleFullAccess.", "Fri, 12 Jan 2024 7:32:16 Z"),
    ("Not dated", "https://e.org/", "Added kms:Decrypt to AmazonSampleFullAccess.", "some day"),
    ("A new feature", "https://e.org/", "Nothing about policies.", "Fri, 12 Jan 2024 19:00:00 GMT"),
)
HISTORY = history(
    version(1, "s3:GetObject", at=-400),
    version(2, "s3:GetObject", "kms:Decrypt", at=11),
    name="AmazonSampleFullAccess",
)


def changelog() -> Changelog:
    return Changelog("", tuple(newest_first(item for item in entries_of(HISTORY) if isinstance(item, Entry))))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_history(tmp_path / "snapshots", None, HISTORY)
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "sample.xml").write_bytes(feed(*ITEMS))
    (tmp_path / "policy-tracker.toml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> Result:
    common = ["-q", "--snapshots", str(project / "snapshots"), "--config", str(project / "policy-tracker.toml")]
    return CliRunner().invoke(command, [*common, *arguments])


def test_items_are_attached_to_the_version_they_announce_the_nearest_first() -> None:
    reported = attach_announcements(changelog(), [Feed("feed", SERVICE, feed(*ITEMS))], load_catalogue())
    notices = {
        entry.version: [(notice.title, notice.link, notice.days) for notice in entry.notices]
        for entry in reported.entries
    }
    assert notices == {
        "v2": [
            ("News | `of` [us](javascript:x)", None, 0),
            ("AWS managed policy updates", "https://e.org/a_(b)", 2),
        ],
        "v1": [],
    }
    assert reported.entries[0].notices[1].published == datetime(2024, 1, 13, 19, tzinfo=UTC)


def test_of_many_announcements_only_the_nearest_are_reported() -> None:
    many = [
        (f"News {day}", "", "Added kms:Decrypt to AmazonSampleFullAccess.", f"{day} Feb 2024 19:00:00 GMT")
        for day in range(10, 28)
    ]
    reported = attach_announcements(changelog(), [Feed("feed", None, feed(*many))], load_catalogue())
    assert [notice.title for notice in reported.entries[0].notices] == [
        f"News {day}" for day in range(10, 10 + MAX_NOTICES)
    ]


@pytest.mark.parametrize("format_name", ["markdown", "html", "text", "rss", "atom", "jsonfeed"])
@pytest.mark.parametrize(("language", "words"), [("en", "Announced 2 days later: "), ("ko", "2일 후 발표: ")])
def test_every_format_says_when_a_change_was_announced(
    project: Path, format_name: str, language: str, words: str
) -> None:
    result = run(project, "changelog", "--service", "sample", "--lang", language, "-f", format_name)
    assert result.exit_code == 0, result.output
    assert f"{words}AWS managed policy updates" in result.stdout
    assert "e.org/a_%28b%29" in result.stdout
    assert not [word for word in ("<img", "<script", 'href="javascript') if word in result.stdout]
    assert format_name != "markdown" or "](javascript" not in result.stdout


def test_the_json_says_it_and_is_read_back(project: Path) -> None:
    result = run(project, "changelog", "-f", "json")
    reported = json.loads(result.stdout)
    Draft202012Validator(changelog_schema()).validate(reported)
    assert reported["entries"][0]["announcements"][1] == {
        "title": "AWS managed policy updates",
        "link": "https://e.org/a_(b)",
        "published": "2024-01-13T19:00:00Z",
        "days_later": 2,
    }
    assert "announcements" not in reported["entries"][1]
    (project / "changes.json").write_text(result.stdout, encoding="utf-8")
    assert run(project, "render", "--from", str(project / "changes.json")).stdout == run(project, "changelog").stdout
    reported["entries"][0]["announcements"][0]["link"] = "javascript:alert(1)"
    with pytest.raises(DocumentError, match="no web address"):
        changelog_from_json(json.dumps(reported).encode())


@pytest.mark.usefixtures("small_catalogue")
def test_the_site_and_the_page_say_it_and_a_new_feed_is_a_new_build(project: Path) -> None:
    out = project / "public"
    assert run(project, "build", "--output", str(out)).exit_code == 0
    for path in (
        "services/sample/index.html",
        "policies/aws/AmazonSampleFullAccess/index.html",
        "ko/services/sample/index.html",
    ):
        text = (out / path).read_text(encoding="utf-8")
        assert "e.org/a_%28b%29" in text
        assert "<img src=x" not in text
    assert "Announced 2 days later" in run(project, "page", "--service", "sample", "-f", "html").stdout
    (project / "feeds" / "sample.xml").write_bytes(feed(*ITEMS[1:]))
    assert run(project, "build", "--output", str(out)).exit_code == 0
    assert "e.org/a_%28b%29" not in (out / "services/sample/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [None, b"<html>", feed(*ITEMS)[:-6], b""])
def test_a_feed_that_is_missing_or_broken_is_an_ordinary_error(project: Path, content: bytes | None) -> None:
    (project / "feeds" / "sample.xml").unlink()
    if content is not None:
        (project / "feeds" / "sample.xml").write_bytes(content)
    for arguments in (["changelog"], ["build", "--output", str(project / "public")], ["page", "--service", "sample"]):
        result = run(project, *arguments)
        assert isinstance(result.exception, PageError)
        assert "sample.xml" in str(result.exception)
    assert not (project / "public").exists()


def test_a_feed_may_be_named_on_the_command_line(project: Path) -> None:
    other = project / "other.xml"
    other.write_bytes(feed(("Elsewhere", "https://e.org/x", ITEMS[0][2], ITEMS[0][3])))
    text = run(project, "changelog", "--announcements", str(other), "-f", "text").stdout
    assert "Announced 2 days later: Elsewhere <https://e.org/x>" in text
    assert "AWS managed policy updates" in text


def test_announcements_in_the_configuration_are_a_list_of_files() -> None:
    with pytest.raises(ConfigurationError, match="announcements"):
        parse_configuration(CONFIGURATION.replace('["feeds/sample.xml"]', '"x"').encode(), "policy-tracker.toml")
