"""The published site and its feeds: what is there, what leads where, what a subscriber sees, what a build touches."""

import json
import os
import re
import threading
import time
import zlib
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import feedparser
import pytest
from archives import record, stored
from builders import day, history, version
from jsonschema import Draft202012Validator
from markupsafe import Markup
from msgspec.structs import replace
from sites import (
    CATALOGUE,
    CONFIGURATION,
    FILES,
    HISTORIES,
    HOSTILE,
    SITE_DATA,
    hostile_histories,
    published,
    risk_index,
    site,
    site_data,
)

from tracker.changelog.assessments import entries_to_assess
from tracker.commands.build import build
from tracker.commands.serve import serving
from tracker.errors import OutputError, RenderError, UsageError
from tracker.policy.history import PolicyVersion
from tracker.settings.configuration import Configuration
from tracker.site import MANIFEST, PublishResult, RiskIndex, publish, read_manifest
from tracker.site.charts import bar_chart, line_chart
from tracker.site.findings_in_force import findings_in_force
from tracker.site.memo import Memo
from tracker.site.paging import elements_in, in_order, split, weight_of
from tracker.site.preview import preview_image
from tracker.site.successors import successors_of
from tracker.text.filters import FILTERS, urn

ATOM = "{http://www.w3.org/2005/Atom}"
PAGES = {path: text for path, text in FILES.items() if path.endswith(".html")}
POLICY = "policies/aws/Reader/index.html"


class _Links(HTMLParser):
    """Collects where a page points, what can be pointed at, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.links += [value for name in ("href", "src", "data-source") if (value := found.get(name))]
        self.ids += [value for value in [found.get("id")] if value]


READ = {path: _Links(text) for path, text in PAGES.items()}


# --- pages


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_to_a_file_of_the_site(path: str) -> None:
    for link in READ[path].links:
        if link.startswith("https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"):
            continue
        assert not re.match(r"[a-z]+:|//|/", link), link
        target, _, anchor = link.partition("#")
        there = normpath(str(PurePosixPath(path).parent / target)) if target else path
        assert there in FILES, link
        if anchor and there in READ:
            assert unquote(anchor) in READ[there].ids, link


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_of_its_own_and_has_each_id_once(path: str) -> None:
    page = READ[path]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in PAGES[path]
    assert [found.get("src") is not None for tag, found in page.tags if tag == "script"] == [True, True]
    assert not [found for _, found in page.tags if any(name.startswith("on") or name == "style" for name in found)]
    assert len(set(page.ids)) == len(page.ids)
    assert len([tag for tag, _ in page.tags if tag == "h1"]) == 1


def test_each_language_has_the_same_pages_and_feeds() -> None:
    """What is in no language lies at the root alone: the look, the data of the archive, and the changelog as JSON."""
    korean = {path.removeprefix("ko/") for path in FILES if path.startswith("ko/")}
    neutral = {path for path in FILES if not path.startswith("ko/")} - korean
    assert neutral == {
        *("site.css", "icon.svg", "scheme.js", "data/search.js", "data/policies.js"),
        *(f"data/aws/{item.folder}.js" for item in HISTORIES if len(item.versions) > 1),
        *(f"api/v1/policies/aws/{item.folder}.json" for item in HISTORIES),
        *(f"api/v1/services/{prefix}.json" for prefix in ("iam", "s3")),
        *(f"api/v1/schemas/{kind}-1.json" for kind in ("api-index", "api-policy", "api-service", "changelog")),
        *("api/v1/index.json", "api/v1/changes/2024.json", "services/storing/changelog.json", "robots.txt"),
    }
    assert korean < FILES.keys()
    assert '<html lang="ko"' in PAGES["ko/index.html"]


def test_a_policys_page_lists_its_steps_and_shows_its_document() -> None:
    page = PAGES[POLICY]
    assert re.findall(r'<li class="(policy-\w+|tracking-\w+)" id="([^"]+)"', page) == [
        ("policy-updated", "v3"),
        ("policy-added", "v1"),
    ]
    assert "arn:aws:s3:::a/*" in page
    assert '"Action": [' in page
    assert "<polyline" in page


def test_a_policy_that_left_the_list_says_so_and_grants_nothing() -> None:
    assert "no longer listed" in PAGES["policies/aws/Gone/index.html"]
    assert "Gone" not in PAGES["actions/s3.html"].partition('id="updates"')[0]


def test_an_actions_page_says_who_grants_it_since_when_and_on_what() -> None:
    page = PAGES["actions/iam.html"]
    entry = page[page.index('<details id="iam:PassRole">') :].partition("</details>")[0]
    assert ">Reader</a> <i>(v3, ≤ 2024-01-03)</i>" in entry
    assert "arn:aws:s3:::a/*" in entry


def test_a_wildcards_grants_are_reported_once_and_linked_from_each_action() -> None:
    page = PAGES["actions/s3.html"]
    entry = page[page.index('<details id="s3:GetObject">') :].partition("</details>")[0]
    assert 'href="#~s3:get*"' in entry
    assert ">Reader</a>" not in entry
    assert ">Reader</a>" in page[page.index('<details id="~s3:get*">') :].partition("</details>")[0]
    assert ">Admin</a>" in PAGES["actions/index.html"]


def test_an_action_that_came_with_versions_not_seen_may_be_older_and_one_of_the_first_version_not() -> None:
    assert "(v1, 2024-01-01)" in PAGES["actions/s3.html"]
    assert "(v3, ≤ 2024-01-03)" in PAGES["actions/iam.html"]


def test_the_script_is_handed_data_as_scripts() -> None:
    texts = {path: text for path, text in FILES.items() if path.startswith(("data/", "ko/data/"))}
    assert len(texts) == len([item for item in HISTORIES if len(item.versions) > 1]) + 4
    for text in texts.values():
        found = re.fullmatch(r'policyTracker\.take\("(\w+)",(.*)\);\n', text)
        assert found
        assert json.loads(found[2])


def test_the_documents_to_compare_are_those_of_the_archive() -> None:
    """Each value stands once in a list; in lists, objects and versions stand indexes."""
    held = json.loads(FILES["data/aws/Reader.js"].removeprefix('policyTracker.take("versions",').removesuffix(");\n"))

    def restored(index: int) -> Any:
        value = held["values"][index]
        if isinstance(value, dict):
            return {name: restored(member) for name, member in value.items()}
        return [restored(member) for member in value] if isinstance(value, list) else value

    versions = HISTORIES[1].versions
    assert [(name, day) for name, day, _ in held["versions"]] == [
        (each.version_id, each.created_at.date().isoformat()) for each in versions
    ]
    documents = [None if document is None else restored(document) for _, _, document in held["versions"]]
    assert documents == [versions[0].document, None]  # the page shows the last one itself


def test_a_long_list_of_what_is_compared_is_held_in_parts_that_versions_share() -> None:
    names = [f"s3:Action{number:03}" for number in range(200)]
    files = site(site_data(history(*(version(number, *names[number:]) for number in (1, 2, 3)), name="Long")))
    held = json.loads(files["data/aws/Long.js"].removeprefix('policyTracker.take("versions",').removesuffix(");\n"))
    values = held["values"]
    for (_, _, index), first in zip(held["versions"][:2], (1, 2), strict=True):
        statements = values[values[index]["Statement"]]
        (parts,) = values[values[statements[0]]["Action"]]
        assert [values[member] for part in parts for member in values[part]] == names[first:]
    assert sum(isinstance(value, list) for value in values) < 40


def test_what_is_risky_can_be_filtered_and_subscribed_to_with_all_that_is_graver() -> None:
    assert 'name="level"' not in PAGES["index.html"]
    meaning = risk_index(SITE_DATA)
    files = site(SITE_DATA, replace(CONFIGURATION, languages=("en",)), meaning)
    assert meaning.levels["aws/Reader/v3"] == "warning"
    assert '<option value="warning">' in files["index.html"]
    items = feedparser.parse(files["risk/warning/feed.xml"]).entries
    assert {item.id for item in items} == {
        name for name, level in meaning.levels.items() if level in ("warning", "critical")
    }
    critical = feedparser.parse(files["risk/critical/feed.xml"]).entries
    assert {item.id for item in critical} == {name for name, level in meaning.levels.items() if level == "critical"}
    assert [item.title for item in critical] == ["Critical: Admin v1 – Added new AWS managed policy"]
    assert critical[0].summary.startswith("<p><strong>Net effect: more access. Critical: ")


def test_the_first_use_of_an_action_is_a_finding_of_the_oldest_entry() -> None:
    whole = risk_index(SITE_DATA).assessments
    assert [item.id for item in entries_to_assess(SITE_DATA.changelog)] == list(whole)
    assert any(finding.rule.startswith("first-") for found in whole.values() for finding in found.findings)


def test_a_policy_whose_grants_cannot_be_compared_leaves_the_site_whole() -> None:
    statements = [
        {"Effect": "Allow", "NotAction": [f"s{index}:a{number}*" for number in range(120)], "Resource": "*"}
        for index in range(3)
    ]
    made = {"Version": "2012-10-17", "Statement": statements}
    files = site(site_data(history(version(1, "s3:GetObject"), PolicyVersion("v2", day(2), made, "iam"), name="Big")))
    assert "too many NotAction patterns" in files["about.html"]
    assert "Big" in files["services/several-services/index.html"]


def test_an_empty_archive_is_a_site_too() -> None:
    files = site(site_data())
    assert "No changes." in files["index.html"]
    assert not feedparser.parse(files["feed.xml"]).bozo


def test_hostile_texts_add_no_element_to_a_page() -> None:
    files = site(site_data(*hostile_histories()), replace(CONFIGURATION, languages=("en",)))
    for path, text in files.items():
        if path.endswith(".html"):
            tags = {tag for tag, _ in _Links(text).tags}
            assert not tags & {"iframe", "object", "base"}, path
            assert text.count("<img ") == 1, path
            assert text.count("<script") == 2, path


# --- what is for programs, and pages that people ask for


def test_the_map_of_the_site_names_pages_that_are_there() -> None:
    urls = re.findall(r"<loc>https://example.org/p/([^<]+)</loc>", BASED["sitemap.xml"])
    assert len(urls) == len(set(urls)) > 20
    assert set(urls) <= BASED.keys()
    assert "Sitemap: https://example.org/p/sitemap.xml" in BASED["robots.txt"]
    assert "sitemap.xml" not in FILES


def test_a_missing_page_finds_the_site_from_any_depth() -> None:
    assert 'href="/p/site.css"' in BASED["404.html"]
    assert 'href="site.css"' in FILES["404.html"]


def test_a_year_is_folded_by_month_and_opens_at_the_newest() -> None:
    for path, month in (("changes/2024.html", "January 2024"), ("ko/changes/2024.html", "2024년 1월")):
        assert FILES[path].count('<details class="month"') == FILES[path].count("<h3>")
        assert FILES[path].count('<details class="month" open>') == 1
        assert f"<h3>{month}</h3>" in FILES[path]


def test_of_a_long_year_each_month_has_a_page_and_old_addresses_lead_there(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(re.findall(r'<li id="([^"]+)"', FILES["changes/2024.html"]))
    monkeypatch.setattr("tracker.site.years.MAX_ELEMENTS", 3)
    files = site()
    year, month = files["changes/2024.html"], files["changes/2024-01.html"]
    ways = dict(re.findall(r'<li id="([^"]+)"><a class="row" href="2024-01.html#([^"]+)">', year))
    assert ways == {name: name for name in before}
    assert all(f'<li id="{name}">' in month for name in before)
    assert month.count("<time") == FILES["changes/2024.html"].count("<time")


def test_actions_of_a_large_service_are_listed_by_level_the_gravest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.site.actions.MAX_ELEMENTS", 1)
    files = site()
    listed = re.findall(
        r"<summary><h3>([^<]+)</h3>|<li id=.([^\"]+).><a class=.row. href=.([^\"]+).>", files["actions/s3.html"]
    )
    assert [level or name for level, name, _ in listed] == ["Write", "s3:PutObject", "Read", "s3:GetObject"]
    assert all(f'id="{name}"' in files[f"actions/{way.partition('#')[0]}"] for _, name, way in listed if name)


def test_a_day_in_a_sentence_stands_in_an_element_that_never_wraps() -> None:
    assert FILTERS["dated"]("as of 2026-10-27 & 2025-11") == "as of <time>2026-10-27</time> &amp; <time>2025-11</time>"


def test_a_long_name_may_break_between_its_words_and_is_copied_as_it_is() -> None:
    breakable, in_code = FILTERS["breakable"], FILTERS["breakable_code"]
    name = "quicksight:DescribeAutomationGroupPermissions"
    assert breakable(name) == "quicksight:<wbr>Describe<wbr>Automation<wbr>GroupPermissions"
    assert breakable("s3:GetObject") == "s3:GetObject"
    assert breakable(f"<{name}>\n{name}").replace("<wbr>", "") == f"&lt;{name}&gt;\n{name}"
    assert breakable("AmazonS3ReadOnlyAccess", 12) == "AmazonS3<wbr>ReadOnly<wbr>Access"
    html = Markup(f"<p>{name} <code>{name}</code></p>")  # noqa: S704 - nobody else's
    assert in_code(html) == f"<p>{name} <code>{breakable(name)}</code></p>"


def test_what_is_long_counts_as_more_than_its_elements() -> None:
    assert weight_of("<p>s3</p>") == elements_in("<p>s3</p>") == 1
    long = f"<p>{'s3:GetObject, ' * 100}</p>"
    assert weight_of(long) == 40
    assert weight_of(f"<details><summary>100</summary>{long}</details>") == 3


def test_the_api_has_a_file_for_each_address_of_its_index() -> None:
    index = json.loads(FILES["api/v1/index.json"])
    urls = [item["url"] for kind in ("policies", "services", "changes") for item in index[kind]]
    assert len(urls) == len(HISTORIES) + 2 + 1
    assert all(json.loads(FILES[f"api/v1/{url}"])["schema"] for url in urls)
    reader = json.loads(FILES["api/v1/policies/aws/Reader.json"])
    assert (reader["in_force"], [item["version"] for item in reader["versions"]]) == ("v3", ["v1", "v3"])
    found = json.loads(FILES["api/v1/services/iam.json"])["actions"]["iam:PassRole"]
    assert found == {"level": "write", "state": "documented", "policies": {"aws/Reader": "v3"}}


def test_each_file_of_the_api_is_as_its_published_schema_says() -> None:
    schemas = [json.loads(text) for path, text in FILES.items() if path.startswith("api/v1/schemas/")]
    checks = {one["properties"]["schema"]["const"]: Draft202012Validator(_closed(one)) for one in schemas}
    seen = set()
    for path, text in FILES.items():
        if path.startswith("api/v1/") and not path.startswith("api/v1/schemas/"):
            value = json.loads(text)
            checks[value["schema"]].validate(value)
            seen.add(value["schema"])
    assert seen == checks.keys()


def _closed(schema: Any) -> Any:
    """Return a schema that allows no member that it does not name, so that each member must be documented."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "type" in schema and "properties" in schema else {}
    return {**closed, **{key: _closed(value) for key, value in schema.items()}}


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [(None, "s3:*", "+2"), (None, "*", "+3"), ("s3:GetObject", "*", "+2"), ("s3:*", "s3:GetObject", "\N{MINUS SIGN}1")],
)
def test_a_step_counts_the_actions_of_a_wildcard_not_the_wildcard(before: str | None, after: str, shown: str) -> None:
    versions = [version(1, before)] if before else []
    data = site_data(history(*versions, version(4, after), name="Wide"))
    files = site(data, replace(CONFIGURATION, languages=("en",), services=()), risk_index(data))
    assert re.findall(r'class="(?:plus|minus)">([^<]+)<', files["policies/aws/Wide/index.html"])[0] == shown


def test_what_was_granted_for_the_first_time_has_a_page_and_a_feed() -> None:
    files = site(SITE_DATA, replace(CONFIGURATION, languages=("en",)), risk_index(SITE_DATA))
    assert "iam:PassRole" in files["first-seen/index.html"]
    titles = [item.title for item in feedparser.parse(files["first-seen/feed.xml"]).entries]
    assert "First seen: Identity, in Reader v3" in titles


def test_the_risk_of_what_a_policy_allows_now_is_shown_where_nothing_changed() -> None:
    assessments = risk_index(SITE_DATA).assessments
    found = findings_in_force(SITE_DATA.records, assessments, CATALOGUE, {}, SITE_DATA.load, Memo(), "")
    assert found == findings_in_force(SITE_DATA.records, {}, CATALOGUE, {}, SITE_DATA.load, Memo(), "")
    meaning = RiskIndex(assessments, found)
    files = site(SITE_DATA, replace(CONFIGURATION, languages=("en",)), meaning)
    assert '<div class="standing critical">' in files["policies/aws/Admin/index.html"]
    assert '<span class="level critical">' in files["policies/index.html"]
    assert json.loads(files["api/v1/policies/aws/Admin.json"])["findings"][0]["level"] == "critical"


@pytest.mark.parametrize(
    ("name", "later"), [("AWSConfigRole", "AWS_ConfigRole"), ("AmazonXFullAccess", "AmazonXFullAccess_v2")]
)
def test_a_policy_that_is_gone_names_its_successor(name: str, later: str) -> None:
    gone = history(version(1, "s3:GetObject"), seen=((2, "v1"), (5, None)), name=name)
    after = history(version(3, "s3:GetObject"), name=later)
    other = history(version(3, "s3:GetObject"), name=f"{later}Other")
    assert successors_of([gone, after, other]) == {("aws", name): after}
    assert successors_of([gone, other]) == {}
    files = site(site_data(gone, after), replace(CONFIGURATION, languages=("en",), services=()))
    assert f"/{later}/index.html" in files[f"policies/aws/{name}/index.html"]
    assert f"/{later}/index.html" in files["removed/index.html"]


def test_pages_are_filled_from_the_oldest_so_that_full_ones_never_change() -> None:
    assert split([10] * 3, first=100) == [slice(0, 3)]
    assert split([10] * 10, first=30, most=40) == [slice(0, 3), slice(3, 6), slice(6, 10)]
    assert split([10] * 11, first=30, most=40) == [slice(0, 3), slice(3, 7), slice(7, 11)]
    assert split([99], first=10, most=10) == [slice(0, 1)]
    assert in_order([10, 10, 99, 10], most=20) == [slice(0, 2), slice(2, 3), slice(3, 4)]
    assert elements_in("<p>a<br>b</p>") == 2


def test_a_long_history_is_shared_out_and_every_step_is_found_from_its_page() -> None:
    steps = [version(number, *(f"s3:A{number}x{other}" for other in range(30))) for number in range(1, 40)]
    files = site(site_data(history(*steps, name="Long")), replace(CONFIGURATION, languages=("en",), services=()))
    page = files["policies/aws/Long/index.html"]
    assert elements_in(page) < 3000
    rows = re.findall(r'id="([^"]+)"><a class="row" href="(history-\d+\.html)#([^"]+)"', page)
    assert len(rows) > 10
    assert all(f'id="{anchor}"' in files[f"policies/aws/Long/{name}"] for _, name, anchor in rows)


def test_the_picture_of_the_site_is_a_png_that_shows_months() -> None:
    chart = bar_chart([(day(5), "updated")], ("updated",))
    image = preview_image(chart)
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert image != preview_image(None)
    start = image.index(b"IDAT") + 4
    rows = zlib.decompress(image[start : start + int.from_bytes(image[start - 8 : start - 4])])
    assert len(rows) == 315 * (1 + 600 // 4)


# --- feeds

KINDS = ("feed.xml", "atom.xml", "feed.json")
BASED = site(SITE_DATA, replace(CONFIGURATION, base_url="https://example.org/p/"))
FEED_FOLDERS = ("", "ko/", "services/storing/")
MANY = tuple(
    history(version(1, "s3:GetObject"), version(2 + number, "s3:PutObject"), name=f"P{number:03}")
    for number in range(130)
)


@pytest.mark.parametrize("folder", FEED_FOLDERS)
def test_the_feeds_of_a_view_hold_the_same_items(folder: str) -> None:
    rss = feedparser.parse(BASED[f"{folder}feed.xml"])
    atom = feedparser.parse(BASED[f"{folder}atom.xml"])
    items = json.loads(BASED[f"{folder}feed.json"])["items"]
    assert not rss.bozo
    assert not atom.bozo
    assert [item.title for item in rss.entries] == [item.title for item in atom.entries] == [i["title"] for i in items]
    assert [item.id for item in rss.entries] == [item["id"] for item in items]
    assert (
        [item.link for item in rss.entries] == [item.link for item in atom.entries] == [item["url"] for item in items]
    )
    assert [item.summary for item in rss.entries] == [item.content[0].value for item in atom.entries]
    assert all(item.id.startswith("urn:uuid:") for item in atom.entries)


def test_an_id_stands_for_the_same_text_in_every_feed() -> None:
    """A reader that shows each id once would lose the other text, as that of another policy re-issued that day."""
    again = [history(version(1, "s3:GetObject"), version(3, "s3:getobject"), name=name) for name in ("Read", "Other")]
    data = site_data(*HISTORIES, *again)
    files = site(data, replace(CONFIGURATION, languages=("en",)), risk_index(data))
    seen: dict[str, set[tuple[str, str]]] = {}
    for path, text in files.items():
        if path.endswith("feed.xml"):
            for item in feedparser.parse(text).entries:
                seen.setdefault(item.id, set()).add((item.title, item.summary))
    assert [texts for texts in seen.values() if len(texts) > 1] == []
    assert {"aws/Reader/v3", "aws/Reader/v3/first-seen", "aws/policy-reissued/2024-01-04"} <= seen.keys()
    assert "aws/policy-reissued/2024-01-04/policies/aws/Read" in seen


def test_a_feeds_items_link_to_the_change_on_its_page() -> None:
    for item in feedparser.parse(BASED["feed.xml"]).entries:
        path, _, anchor = item.link.removeprefix("https://example.org/p/").partition("#")
        assert unquote(anchor) in _Links(BASED[path]).ids


def test_pages_announce_their_feeds() -> None:
    found = {
        f["href"] for tag, f in READ[POLICY].tags if tag == "link" and f.get("rel") == "alternate" and f.get("type")
    }
    assert found == {"feed.xml", "../../../feed.xml"}


def test_a_policy_has_one_feed_in_the_format_that_every_reader_takes() -> None:
    for name in ("Reader", "Gone"):
        feed = feedparser.parse(BASED[f"policies/aws/{name}/feed.xml"])
        assert not feed.bozo
        assert feed.entries
        assert not BASED.keys() & {f"policies/aws/{name}/atom.xml", f"policies/aws/{name}/feed.json"}


def test_the_last_change_of_a_policy_is_never_that_tracking_started() -> None:
    files = site(site_data(history(version(1, "s3:GetObject"), seen=((9, "v1"),), name="Old"), since=day(8)))
    assert "tracking-started" in files["policies/aws/Old/index.html"]
    assert "<dt>Last change</dt><dd>January 1, 2024</dd>" in files["policies/aws/Old/index.html"]
    assert '<td class="day">2024-01-01</td>' in files["policies/index.html"]


def test_a_long_feed_has_its_newest_items_and_the_rest_in_archive_pages() -> None:
    files = site(site_data(*MANY), replace(CONFIGURATION, languages=("en",), services=()))
    feed, archive = feedparser.parse(files["atom.xml"]), feedparser.parse(files["archive/atom-1.xml"])
    assert len(feed.entries) == 100
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["prev-archive"] == "archive/atom-2.xml"
    ids = {item.id for item in feed.entries}
    for number in (1, 2):
        page = feedparser.parse(files[f"archive/atom-{number}.xml"])
        assert "<fh:archive/>" in files[f"archive/atom-{number}.xml"]
        assert len(page.entries) == 100
        ids |= {item.id for item in page.entries}
    assert ids == {urn(entry.id) for entry in site_data(*MANY).changelog.entries}
    assert not [path for path in files if path.startswith("archive/feed-")]
    assert "prev-archive" not in {link.rel for link in archive.feed.links}


def test_an_archive_page_never_changes_when_items_come() -> None:
    configuration = replace(CONFIGURATION, languages=("en",), services=())
    before = site(site_data(*MANY), configuration)
    after = site(site_data(*MANY, history(version(400, "s3:PutObject"), name="Z")), configuration)
    assert before["archive/atom-2.xml"] == after["archive/atom-2.xml"]
    assert before["feed.xml"] != after["feed.xml"]


def test_a_subscriber_sees_exactly_the_new_items() -> None:
    """What was read stays read: ids, times and contents of old items are as they were."""
    first = replace(HISTORIES[1], versions=HISTORIES[1].versions[:1], observations=HISTORIES[1].observations[:1])
    configuration = replace(CONFIGURATION, languages=("en",))
    earlier = (HISTORIES[0], first, *HISTORIES[2:])
    before, after = site(site_data(*earlier), configuration), site(SITE_DATA, configuration)
    for name in ("feed.xml", "atom.xml"):
        seen = {item.id: item for item in feedparser.parse(before[name]).entries}
        found = feedparser.parse(after[name]).entries
        assert [item.title for item in found if item.id not in seen] == [
            "Reader v3 – Added actions for Identity; updated actions for Storage"
        ]
        assert all(seen[item.id] == item for item in found if item.id in seen)
        assert seen.keys() <= {item.id for item in found}


def test_feeds_fit_their_schemas() -> None:
    schema = json.loads((Path(__file__).parents[1] / "schemas" / "jsonfeed-1.1.json").read_text())
    validator = Draft202012Validator(schema)
    for files in (FILES, BASED):
        for path, text in files.items():
            if path.endswith("feed.json"):
                validator.validate(json.loads(text))


@pytest.mark.parametrize(("name", "grammar"), [("feed.xml", "rss-2.0.rng"), ("atom.xml", "atom.rng")])
def test_xml_feeds_fit_their_grammars(name: str, grammar: str) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml reads RELAX NG")
    rules = etree.RelaxNG(etree.parse(str(Path(__file__).parents[1] / "schemas" / grammar)))
    long = site(site_data(*MANY), replace(CONFIGURATION, languages=("en",)))
    for files in (FILES, BASED, long, site(site_data(*hostile_histories()), CONFIGURATION)):
        for path, text in files.items():
            if PurePosixPath(path).name.startswith(name.partition(".")[0]) and path.endswith(".xml"):
                rules.assertValid(etree.fromstring(text.encode()))


def test_feeds_have_nothing_that_the_validator_of_the_w3c_warns_of() -> None:
    """Elements of other languages beside items, two items of Atom with one time, a channel that links elsewhere."""
    long = site(site_data(*MANY), replace(CONFIGURATION, languages=("en",), base_url="https://example.org/p/"))
    for path, text in long.items():
        if path.endswith(".xml") and "/xhtml" in text:
            pytest.fail(path)
        if PurePosixPath(path).name.startswith("atom"):
            times = re.findall(r"<updated>([^<]+)</updated>\n *<published>", text)
            assert len(times) == len(set(times)) > 0, path
    assert "<link>https://example.org/p/</link>" in long["feed.xml"]
    assert "<link>https://example.org/p/policies/aws/P000/</link>" in long["policies/aws/P000/feed.xml"]


def test_an_item_of_a_feed_has_fifteen_lines_and_says_how_many_more_the_page_has() -> None:
    actions = [f"s3:Action{number:03}" for number in range(130)]
    files = site(site_data(history(version(1, "s3:GetObject"), version(2, *actions), name="Big")))
    for text in (
        feedparser.parse(files["feed.xml"]).entries[0].summary,
        feedparser.parse(files["policies/aws/Big/feed.xml"]).entries[0].summary,
    ):
        assert text.count("<li>") == 15
        assert "… and 116 more lines, on the policy's page." in text.replace("&#39;", "'")
    assert files["policies/aws/Big/index.html"].count("\ns3:Action") + 2 == 130


def test_the_list_of_feeds_names_each_policy() -> None:
    outlines = ET.fromstring(BASED["feeds.opml"]).iter("outline")  # noqa: S314 - our own
    addresses = [outline.get("xmlUrl") for outline in outlines if outline.get("xmlUrl")]
    assert "https://example.org/p/policies/aws/Reader/feed.xml" in addresses
    assert {address.removeprefix("https://example.org/p/") for address in addresses if address} <= BASED.keys()


def test_feeds_hold_hostile_texts_as_texts() -> None:
    files = site(site_data(*hostile_histories()), replace(CONFIGURATION, languages=("en",)))
    descriptions = " ".join(item.summary for item in feedparser.parse(files["feed.xml"], sanitize_html=False).entries)
    assert not {tag for tag, _ in _Links(descriptions).tags} - {"p", "ul", "li", "code"}
    assert "&lt;script&gt;" in descriptions


# --- building


def _publish(folder: Path, files: Mapping[str, str]) -> tuple[int, int]:
    done = publish(folder, files, "")
    return done.written, done.removed


def test_only_what_changed_is_written_and_only_what_was_made_is_removed(tmp_path: Path) -> None:
    before = site(site_data(*HISTORIES[:3]))
    assert _publish(tmp_path, before) == (len(before), 0)
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / POLICY).write_text("spoilt")
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert _publish(tmp_path, before) == (1, 0)
    assert (tmp_path / POLICY).read_text() == before[POLICY]
    assert {path for path, time in times.items() if path.stat().st_mtime_ns != time} == {tmp_path / POLICY}

    changed = len([path for path, text in FILES.items() if before.get(path) != text])
    assert _publish(tmp_path, FILES) == (changed, 0)
    assert _publish(tmp_path, before) == (
        changed - len(FILES.keys() - before.keys()),
        len(FILES.keys() - before.keys()),
    )
    assert not (tmp_path / "policies" / "aws" / "Same").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.usefixtures("small_catalogue")
def test_a_build_from_the_same_archive_touches_nothing(tmp_path: Path) -> None:
    root, output = record(tmp_path / "snapshots", *HISTORIES[:2]), tmp_path / "public"
    first = build(root, output, Configuration())
    assert first.files == first.written
    times = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    assert build(root, output, Configuration()) == PublishResult(first.files, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == times


@pytest.mark.usefixtures("small_catalogue")
def test_one_process_and_two_build_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = record(tmp_path / "snapshots", *HISTORIES[:2])
    build(root, tmp_path / "one", Configuration())
    monkeypatch.setattr("tracker.base.parallel._may_fork", lambda: True)
    build(root, tmp_path / "two", Configuration())
    assert published(tmp_path / "one") == published(tmp_path / "two")


@pytest.mark.usefixtures("small_catalogue")
def test_a_build_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    root, output = record(tmp_path / "snapshots", *HISTORIES[:2]), tmp_path / "public"
    build(root, output, Configuration())
    before = stored(output)
    record(root, *HISTORIES[2:])
    (tmp_path / "templates" / "site").mkdir(parents=True)
    (tmp_path / "templates" / "site" / "about.html.j2").write_text("{{ nobody.knows }}")
    with pytest.raises(RenderError, match=r"about\.html\.j2"):
        build(root, output, Configuration(), tmp_path / "templates")
    assert stored(output) == before
    assert not [path for path in output.iterdir() if path.is_dir() and path.name.startswith(".")]


@pytest.mark.usefixtures("small_catalogue")
def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    root = record(tmp_path / "snapshots", *HISTORIES[:1])
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty and holds no site"):
        build(root, tmp_path / "home", Configuration())
    assert stored(tmp_path / "home") == {"letter.txt": b"mine"}
    (tmp_path / "branch" / ".git").mkdir(parents=True)
    assert build(root, tmp_path / "branch", Configuration()).written
    (tmp_path / "branch" / "CNAME").write_text("example.org")
    assert not build(root, tmp_path / "branch", Configuration()).written


def test_what_a_killed_build_left_is_no_part_of_the_site_and_forgotten_after_an_hour(tmp_path: Path) -> None:
    for name, age in ((".policy-tracker-old", 4000), (".policy-tracker-new", 0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page").write_text("half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    assert _publish(tmp_path, {"index.html": "whole"}) == (1, 0)
    assert {path.name for path in tmp_path.iterdir()} == {".policy-tracker-new", MANIFEST, "index.html"}


def test_a_manifest_that_was_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    listed = {"made_from": "", "files": {"../precious": "", "/etc/passwd": "", "a/../../precious": "", "ok.html": ""}}
    (tmp_path / "public" / MANIFEST).write_text(json.dumps(listed))
    assert list(read_manifest(tmp_path / "public").files or ()) == ["ok.html"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"made_from": "", "files": []}', "\x00"])
def test_a_broken_manifest_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    assert read_manifest(tmp_path).files is None


def test_the_same_archive_gives_the_same_bytes() -> None:
    assert site(site_data(*HISTORIES)) == FILES


# --- charts


def test_a_bar_chart_has_every_month_and_sums() -> None:
    moments = [(item.at, "updated") for item in SITE_DATA.changelog.entries]
    chart = bar_chart([*moments, (moments[0][0].replace(month=4), "added")], ("updated", "added"))
    assert chart
    assert [bar.month for bar in chart.bars] == [f"2024-{month:02}" for month in range(1, 13)]
    assert [bar.total for bar in chart.bars][:5] == [len(moments), 0, 0, 1, 0]
    assert chart.peak == "2024-01"
    assert chart.years[0][:2] == (2024, len(moments) + 1)
    assert bar_chart([], ("updated",)) is None


def test_a_line_needs_two_known_numbers() -> None:
    day = SITE_DATA.changelog.entries[0].at
    assert line_chart([(day, 1), (day, None)]) is None
    line = line_chart([(day, 1), (day.replace(year=2025), 4)])
    assert line
    assert (line.first, line.last, line.highest) == (1, 4, 4)
    assert line.points == "0.0,45.0 300.0,45.0 300.0,0.0"


# --- serving


def test_a_site_is_served_to_this_machine_only(tmp_path: Path) -> None:
    for name in ("index.html", ".hidden", "a/b.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with serving(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        assert server.server_address[0] == "127.0.0.1"
        with urlopen(base) as answer:
            assert answer.read() == b"index.html"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        for path, headers, status in (
            (".hidden", {}, 404),
            ("a/", {}, 404),
            ("../x", {}, 404),
            ("", {"Host": "evil.example"}, 403),
        ):
            with pytest.raises(HTTPError) as refused, urlopen(Request(base + path, headers=headers)):  # noqa: S310 - same
                pass
            assert refused.value.code == status
            refused.value.close()
        with pytest.raises(OutputError, match="port"):
            serving(tmp_path, server.server_port)
        server.shutdown()


def test_only_a_site_is_served(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no site"):
        serving(tmp_path, 0)


def test_the_words_of_the_test_are_those_of_the_catalogue() -> None:
    """`CATALOGUE` is small so that this file takes seconds; the pages of actions follow it."""
    assert {path for path in PAGES if path.startswith("actions/")} == {
        "actions/index.html",
        *(f"actions/{prefix}.html" for prefix in CATALOGUE.prefixes()),
    }
    assert len(HOSTILE) == len(hostile_histories())


def test_a_feed_dates_in_gmt_whatever_the_zone() -> None:
    moment = datetime(2024, 1, 3, tzinfo=ZoneInfo("Asia/Seoul"))
    assert FILTERS["rfc822"](moment) == "Tue, 02 Jan 2024 15:00:00 GMT"
