"""The site in a real browser, opened from a disk: what a person does with it, and what a stranger's text can't do."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sites import HISTORIES, HOSTILE, SITE_DATA, hostile_histories, site, site_data, write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(os.environ.get("POLICY_TRACKER_AXE", "")) / "node_modules" / "axe-core" / "axe.min.js"
KINDS = {
    "front": "index.html",
    "policy": "policies/aws/Reader/index.html",
    "service": "services/storing/index.html",
    "action": "actions/s3.html#s3:GetObject",
    "about": "about.html",
    "feeds": "feeds.html",
    "korean": "ko/index.html",
}

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with api.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield found
        found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"), site(SITE_DATA))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("hostile"), site(site_data(*hostile_histories())))


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page that must log nothing, and ask for no file but those of its folder."""
    context = browser.new_context()
    opened, said, asked = context.new_page(), list[str](), list[str]()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("file:///")] == []


def go(page: "Page", folder: Path, path: str) -> None:
    page.goto("about:blank")
    page.goto(f"file://{folder}/{path}")


def test_search_finds_an_action_and_leads_to_it_by_keyboard_alone(page: "Page", folder: Path) -> None:
    go(page, folder, "policies/aws/Reader/index.html")
    page.keyboard.press("/")
    page.keyboard.type("PASSR")
    page.locator("#found [role=option]").first.wait_for()
    assert page.locator("#found [role=option]").all_inner_texts() == ["iam:PassRole\naction"]
    page.keyboard.press("ArrowDown")
    assert page.locator("#search").get_attribute("aria-activedescendant") == "found-0"
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/iam.html#iam:PassRole")
    assert page.locator("[id='iam:PassRole']").is_visible()


def test_search_finds_a_policy_and_closes_on_escape(page: "Page", folder: Path) -> None:
    go(page, folder, "ko/about.html")
    page.locator("#search").fill("reader")
    page.locator("#found [role=option]").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ko/policies/aws/Reader/index.html")


def test_the_filter_filters(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    everything = page.locator("#cards .card").count()
    page.locator("select[name=event]").select_option("policy-removed")
    page.locator(".filter .status", has_text="1").wait_for()
    assert page.locator("#cards h3").all_inner_texts() == ["Gone v2"]
    page.locator("select[name=event]").select_option("")
    page.locator("select[name=service]").select_option("iam")
    page.locator(".filter .status", has_text="1").wait_for()
    assert page.locator("#cards .gained code").all_inner_texts() == ["iam:PassRole", "s3:Get*"]
    page.locator("button[type=reset]").click()
    page.wait_for_function("count => document.querySelectorAll('#cards .card').length === count", arg=everything)


def test_a_card_of_the_filter_looks_as_it_did(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    before = page.locator("#cards .card", has_text="Reader").first.inner_text()
    page.locator("select[name=year]").select_option("2024")
    page.locator(".filter .status", has_text="7").wait_for()
    assert page.locator("#cards .card", has_text="Reader").first.inner_text() == before


def test_two_versions_are_compared_side_by_side(page: "Page", folder: Path) -> None:
    go(page, folder, "policies/aws/Reader/index.html")
    page.locator("#compare-now").click()
    page.locator(".sides td.added").first.wait_for()
    assert [" ".join(text.split()) for text in page.locator(".sides td.removed").all_inner_texts()] == [
        'removed: "s3:GetObject"',
        'removed: "Resource": "*"',
    ]
    assert page.locator(".sides td.added").count() == 3
    page.locator("#before").select_option("v3")
    page.locator(".compare .status", has_text="same").wait_for()


def test_the_document_is_copied_as_published(page: "Page", folder: Path) -> None:
    go(page, folder, "policies/aws/Reader/index.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".copy").click()
    page.locator(".copy", has_text="Copied").wait_for()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    (reader,) = (item for item in HISTORIES if item.facts.name == "Reader")
    assert copied == reader.versions[-1].document


def test_a_list_is_narrowed_while_typing(page: "Page", folder: Path) -> None:
    go(page, folder, "policies/index.html")
    page.locator("[data-narrows]").fill("read")
    assert page.locator("#list tbody tr:visible th").all_inner_texts() == ["Reader"]


def test_the_keyboard_reaches_content_first_and_then_everything(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_no_page_is_wider_than_the_window(page: "Page", folder: Path, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    go(page, folder, path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_a_page_is_whole_without_scripts(browser: "Browser", folder: Path, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    go(opened, folder, path)
    assert opened.locator("main").inner_text()
    assert opened.locator(".filter:visible, .search:visible, .copy:visible, .compare:visible").count() == 0
    context.close()


def test_hostile_texts_never_run(page: "Page", hostile: Path) -> None:
    assert len(HOSTILE) == len(list((hostile / "policies" / "aws").iterdir()))
    for number in range(len(HOSTILE)):
        go(page, hostile, f"policies/aws/Hostile{number}/index.html")
        page.locator("#compare-now").click()
        page.locator(".sides td.added").first.wait_for()
        assert page.evaluate("window.ran") is None
    go(page, hostile, "index.html")
    page.locator("select[name=year]").select_option("2024")
    page.locator(".filter .status", has_text="1").wait_for()
    for text in ("script", "javascript:", "__proto__", "onerror"):
        page.locator("#search").fill(text)
        page.wait_for_timeout(50)
    assert page.evaluate("window.ran") is None
    for path in hostile.rglob("*.html"):
        go(page, hostile, str(path.relative_to(hostile)))
        assert page.evaluate("window.ran") is None


def test_a_feed_opened_in_the_browser_can_be_read(page: "Page", folder: Path) -> None:
    for name in ("feed.xml", "atom.xml"):
        go(page, folder, name)
        found = page.evaluate(
            "[...document.getElementsByTagNameNS('http://www.w3.org/1999/xhtml', 'a')].map((a) => a.href)"
        )
        assert found == [f"file://{folder}/index.html"]
        assert "This is a feed" in page.evaluate("document.documentElement.textContent")


@pytest.mark.skipif(
    not AXE.is_file(), reason="POLICY_TRACKER_AXE names no folder in which `npm install axe-core` was run"
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_no_serious_barrier_is_found(browser: "Browser", folder: Path, path: str, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    opened = context.new_page()
    go(opened, folder, path)
    opened.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    opened.add_script_tag(path=AXE)
    result = opened.evaluate("axe.run()")
    found = [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in result["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]
    context.close()
    assert found == []
