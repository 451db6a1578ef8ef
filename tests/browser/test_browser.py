"""The site in a real browser, opened from a disk: what a person does with it, and what a stranger's text can't do."""

import json
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from sites import HISTORIES, HOSTILE, SITE_DATA, hostile_histories, risk_index, site, site_data, write_site

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
    "policies": "policies/index.html",
    "first-seen": "first-seen/index.html",
    "removed": "removed/index.html",
    "risk": "risk/critical/index.html",
    "year": "changes/2024.html",
    "api": "api.html",
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
    return write_site(tmp_path_factory.mktemp("site"), site(SITE_DATA, meaning=risk_index(SITE_DATA)))


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


def found(page: "Page", text: str) -> list[str]:
    """Return what the search offers for a text."""
    page.locator("#search").fill(text)
    page.locator("#found [role=option]").first.wait_for()
    return [item.partition("\n")[0] for item in page.locator("#found [role=option]").all_inner_texts()]


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


def test_search_has_the_best_match_first(page: "Page", folder: Path) -> None:
    """A service before its actions, a wildcard, ARNs of a policy and of a resource, and what is typed almost right."""
    go(page, folder, "index.html")
    assert found(page, "s3")[0] == "Storage (s3)"
    assert found(page, "s3:*") == ["Storage (s3)", "s3:GetObject", "s3:PutObject"]
    assert found(page, "s3:get*") == ["Storage (s3)", "s3:GetObject"]
    assert found(page, "arn:aws:iam::aws:policy/service-role/Reader") == ["Reader"]
    assert found(page, "arn:aws:s3:::bucket/key")[0] == "Storage (s3)"
    assert found(page, "passrloe") == ["iam:PassRole"]
    assert found(page, "Raeder") == ["Reader"]


def test_enter_goes_to_the_best_result_at_once(page: "Page", folder: Path) -> None:
    go(page, folder, "about.html")
    page.locator("#search").fill("iam")
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/iam.html")


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
    assert page.locator("#cards h3 a").all_inner_texts() == ["Gone"]
    page.locator("select[name=event]").select_option("")
    page.locator("select[name=service]").select_option("iam")
    page.locator(".filter .status", has_text="1").wait_for()
    assert page.locator("#cards .gained").all_text_contents() == ["allowed:iam:PassRole"]
    page.locator("button[type=reset]").click()
    page.wait_for_function("count => document.querySelectorAll('#cards .card').length === count", arg=everything)


def test_a_filter_and_a_sorted_table_stand_in_the_address(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    page.locator("select[name=event]").select_option("policy-removed")
    page.locator(".filter .status", has_text="1").wait_for()
    assert page.url.endswith("#filter?event=policy-removed")
    page.reload()
    page.locator(".filter .status", has_text="1").wait_for()
    assert page.locator("#cards h3 a").all_inner_texts() == ["Gone"]
    go(page, folder, "policies/index.html#list?by=0&down=1")
    page.locator("th[aria-sort=descending]").wait_for()
    assert page.locator("#list tbody th a").all_inner_texts() == ["Same", "Reader", "Gone", "Admin"]
    page.locator("thead button", has_text="Versions").click()
    assert page.locator("#list tbody th a").first.inner_text() in ("Reader", "Same")
    assert "by=2" in page.url


def test_each_step_leads_to_its_own_comparison(page: "Page", folder: Path) -> None:
    go(page, folder, "policies/aws/Reader/index.html")
    assert page.locator(".does a").all_inner_texts() == ["Show this change", "Compare with today"]
    page.locator(".does a").first.click()
    page.locator(".sides td.added").first.wait_for()
    assert page.url.endswith("#compare?from=v1&to=v3")


def test_the_scheme_is_chosen_and_kept(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    for theme in ("light", "dark"):
        page.locator(".scheme").click()
        assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 22)"


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


def test_actions_folded_by_level_are_narrowed_together_and_found_by_their_addresses(
    page: "Page", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.site.actions.MAX_ELEMENTS", 1)
    folder = write_site(tmp_path, site())
    go(page, folder, "actions/s3.html")
    assert page.locator("#list summary").all_inner_texts() == ["Write 1", "Read 1"]
    page.locator("[data-narrows]").fill("put")
    assert page.locator("#list li:visible a").all_inner_texts() == ["s3:PutObject"]
    page.locator("[data-narrows]").fill("")
    assert page.locator("#list details").count() == 2
    go(page, folder, "actions/s3.html#s3:GetObject")
    page.wait_for_url("**/actions/s3.actions-1.html#s3:GetObject")


def test_the_keyboard_reaches_content_first_and_then_everything(page: "Page", folder: Path) -> None:
    go(page, folder, "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("width", [320, 820, 1440])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_no_page_is_wider_than_the_window(page: "Page", folder: Path, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    go(page, folder, path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.getElementsByTagName('*').length") < 3000


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


@pytest.mark.parametrize(("path", "most"), [("index.html", 40_000), *((path, 80_000) for path in KINDS.values())])
def test_what_a_page_loads_at_first_is_light(page: "Page", folder: Path, path: str, most: int) -> None:
    """Everything that the browser asks for before anything is done, compressed as a server would."""
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    go(page, folder, path)
    page.wait_for_load_state("load")
    files = {unquote(url.removeprefix("file://").partition("#")[0]) for url in asked if url.startswith("file:")}
    assert sum(len(zlib.compress(Path(file).read_bytes())) for file in files) < most


def test_a_feed_opened_in_the_browser_can_be_read(page: "Page", folder: Path) -> None:
    for name in ("feed.xml", "atom.xml"):
        go(page, folder, name)
        said = page.evaluate("getComputedStyle(document.documentElement, '::before').content")
        assert "This is a feed" in said
        assert page.evaluate("getComputedStyle(document.querySelector('item, entry')).display") == "block"


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
