"""Strangers' text through every output, the golden cases, and templates without sentences."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import feedparser
import pytest
from archives import CHECKOUT
from builders import allowing, day
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from msgspec.structs import replace
from strategies import examples

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry, Event
from tracker.diff.model import Change, ChangeKind
from tracker.errors import RenderError
from tracker.formats.changelog_page import ChangelogPage
from tracker.formats.feed_checks import check_feed
from tracker.formats.registry import CHANGELOG, format_names
from tracker.formats.renderer import MAX_ITEMS, Renderer, escape_printed
from tracker.formats.views import View, page_of
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion, Skipped
from tracker.policy.json_text import load_json
from tracker.policy.model import Condition, Effect, Scope
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.text.row_builder import RowBuilder
from tracker.text.words import languages, load_words, template_folders

FOLDERS = template_folders()
CATALOGUE = load_catalogue()
PRINTED = format_names([each for each in CHANGELOG if not each.takes_data])
CASES = Path(__file__).parents[1] / "cases"
HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "an end of a section": "]]>",
    "a comment": "<!-- x --> & &amp; &lt;",
    "pipes": "a|b||c \\| d",
    "lines": "a\nb\r\nc\u2028d\u0085e",
    "a heading mark": "# x",
    "a heading": "\n# x\n\n- y\n\n| a | b |\n| --- | --- |",
    "backticks": "` `` ``` a",
    "links": "[x](javascript:alert(1)) ![y](z) <http://a.b> https://a.b",
    "emphasis": "*a* _b_ ~~c~~ **d**",
    "control characters": "a\x00b\x01c\x08d\x0be\x1b[31mf\x7fg\x9fh",
    "emoji": "👩‍👩‍👧 😀",
    "right to left": "a\u202eb\u2066c\u200fd",
    "no characters": "\ufffe\uffff\U0001ffff",
    "half characters": "a\ud800b\udfff",
    "private use": "\ue000a\ue001\ue001\ue000",
    "quotes": "'\"><img src=x onerror=y>",
    "templates": "{{ 7 * 7 }} {% raw %} {0} {x}",
    "blanks": " \t  ",
    "long": "x" * 1000,
}


def entries(text: str) -> tuple[Entry, ...]:
    """Return entries of every event and kind that hold a text wherever a stranger could have put it."""
    test = Condition(f"Z{text}", text, (text, f"{text}2"))  # in one position, whatever the text
    tagged = Condition("StringEquals", f"aws:ResourceTag/{text}", (text,))
    one = Scope((text,), (), (), (), (test, tagged))
    other = Scope((), tuple(f"{text}{number}" for number in range(5)), (f"AWS:{text}",), (), ())
    third = Scope(("*",), (), (), (f"Service:{text}",), ())
    sides: list[tuple[tuple[Scope, ...], tuple[Scope, ...]]] = [
        ((), (one,)),
        ((one,), ()),
        ((one,), (one, other)),
        ((one,), (other,)),
        ((one, other), (other, third)),
    ]
    changes = tuple(
        Change(kind, effect, action, inverted, before, after, text)
        for kind, (before, after) in zip(ChangeKind, sides, strict=True)
        for effect in Effect
        for inverted, action in ((False, f"{text}:{text}"), (True, text))
    )
    again = Entry(
        f"{text}/again", text, f"{text}b", Event.POLICY_REISSUED, text, text, 0, day(3), day(3), (), folder=f"{text}b"
    )
    reported = (
        Entry(f"{text}/{event}", text, text, event, text, text, 3, day(number), day(number), changes, folder=text)
        for number, event in enumerate(Event)
    )
    return (*reported, again)


@cache
def renderer_of(language: str) -> Renderer:
    return Renderer(FOLDERS, load_words(language, FOLDERS))


@cache
def page(text: str, language: str) -> tuple[Renderer, ChangelogPage]:
    renderer = renderer_of(language)
    service = Service("A & B|C", "x", ("*",), "https://example.org/?a=1&b=2")
    skipped = (Skipped(text, text),)
    row_builder = RowBuilder(renderer.words, CATALOGUE, service=service)
    view = View("", Changelog("", entries(text), skipped), service)
    made = page_of(view, row_builder, Configuration(), "https://example.org/x/", "feed.xml")
    return renderer, replace(made, feed_url="https://example.org/x/feed.xml")


@cache
def printed(text: str, format_name: str, language: str = "en") -> str:
    renderer, made = page(text, language)
    return renderer.changelog(format_name, made)


def shape(element: Any) -> list[str]:
    """Return the elements and attributes of a page, without their texts."""
    return [f"{node.tag} {sorted(node.attrib)}" for node in element.iter() if isinstance(node.tag, str)]


# --- what strangers write --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages(FOLDERS))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_makes_a_well_formed_feed(text: str, language: str) -> None:
    feed = printed(text, "rss", language)
    root = etree.fromstring(feed.encode(), etree.XMLParser(resolve_entities=False, huge_tree=True))
    plain = etree.fromstring(printed("x", "rss", language).encode())
    assert shape(root) == shape(plain)
    parsed = feedparser.parse(feed.encode())
    assert not parsed.bozo
    assert len(parsed.entries) == len(Event)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_brings_no_element_into_a_feeds_description(text: str) -> None:
    descriptions = etree.fromstring(printed(text, "rss").encode(), etree.XMLParser(huge_tree=True)).iter("description")
    for description in list(descriptions)[1:]:
        tags = {node.tag for node in html.fragment_fromstring(description.text or "", create_parent=True).iter()}
        assert tags <= {"div", "p", "ul", "li", "code"}


@pytest.mark.parametrize("language", languages(FOLDERS))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_leaves_a_markdown_table_of_three_cells(text: str, language: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(printed(text, "markdown", language))
    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == 1
    assert kinds.count("heading_open") == 1
    rows, width = [], 0
    for kind in kinds:
        if kind == "tr_open":
            width = 0
        width += kind in ("td_open", "th_open")
        if kind == "tr_close":
            rows.append(width)
    assert rows == [3] * (len(Event) + 1)
    assert not [token for token in tokens if token.type == "html_block"]
    inside = [child for token in tokens for child in token.children or []]
    raw = {child.content for child in inside if child.type == "html_inline"}
    assert raw <= {"<br>", "<ul>", "</ul>", "<li>", "</li>", "<code>", "</code>"}
    assert not [child for child in inside if child.type in ("image", "s_open")]
    assert {child.attrs["href"] for child in inside if child.type == "link_open"} <= {"https://example.org/x/feed.xml"}


@pytest.mark.parametrize("language", languages(FOLDERS))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_brings_no_element_into_a_page(text: str, language: str) -> None:
    assert shape(html.document_fromstring(printed(text, "html", language), parser=_html_parser())) == shape(
        html.document_fromstring(printed("x", "html", language), parser=_html_parser())
    )


def _html_parser() -> html.HTMLParser:
    return html.HTMLParser(huge_tree=True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_sends_no_command_to_a_terminal(text: str) -> None:
    """An escape sequence in a policy could otherwise move the cursor over what was printed."""
    shown = printed(text, "text")
    assert {char for char in shown if not char.isprintable()} <= {"\n"}
    assert {line.split("  ")[0] for line in shown.splitlines() if line.startswith("# ")} == set()


@pytest.mark.parametrize("format_name", PRINTED)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_output_is_utf8_and_the_same_twice(text: str, format_name: str) -> None:
    renderer, made = page(text, "en")
    assert renderer.changelog(format_name, made).encode() == printed(text, format_name).encode()


@settings(max_examples=examples(25))
@given(st.text(max_size=20))
def test_any_text_survives_into_feed_and_table(text: str) -> None:
    assert not feedparser.parse(printed(text, "rss").encode()).bozo
    table = [line for line in printed(text, "markdown").splitlines() if line.startswith("| ")]
    assert len(table) == len(Event) + 2
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in table)


# --- feeds -----------------------------------------------------------------------------------------------------------


def test_a_feed_has_the_newest_items() -> None:
    renderer, made = page("x", "en")
    many = tuple(replace(made.rows[1], id=str(number)) for number in range(MAX_ITEMS + 5))
    feed = renderer.changelog("rss", replace(made, rows=many))
    assert [item.id for item in feedparser.parse(feed).entries] == [row.id for row in many[:MAX_ITEMS]]
    check_feed(feed, many, "feed.xml")


def test_a_feed_that_lost_something_is_not_published() -> None:
    renderer, made = page("x", "en")
    feed = renderer.changelog("rss", made)
    check_feed(feed, made.rows, "feed.xml")
    with pytest.raises(RenderError, match=r"feed\.xml: not well-formed"):
        check_feed(feed.replace("</channel>", ""), made.rows, "feed.xml")
    with pytest.raises(RenderError, match="items went in"):
        check_feed(re.sub(r"<item>.*?</item>", "", feed, count=1, flags=re.DOTALL), made.rows, "feed.xml")
    twice = (made.rows[0], made.rows[0])
    with pytest.raises(RenderError, match="same id"):
        check_feed(renderer.changelog("rss", replace(made, rows=twice)), twice, "feed.xml")


def test_a_feed_says_what_readers_need() -> None:
    renderer, made = page("x", "en")
    feed = feedparser.parse(renderer.changelog("rss", made))
    root = etree.fromstring(renderer.changelog("rss", made).encode())
    assert feed.feed.links[-1] == {"href": made.feed_url, "rel": "self", "type": "application/rss+xml"}
    assert root.findtext("channel/lastBuildDate") == "Sun, 07 Jan 2024 00:00:00 GMT"
    assert {item.get("isPermaLink") for item in root.iter("guid")} == {"false"}
    assert feed.feed.language == "en"


def test_an_empty_changelog_is_printed_in_every_format() -> None:
    renderer, made = page("x", "en")
    for format_name in PRINTED:
        assert renderer.changelog(format_name, replace(made, rows=(), skipped=()))


# --- templates -------------------------------------------------------------------------------------------------------

_NO_WORDS = [
    re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL),
    re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL),
    re.compile(r"<[^>]*>", re.DOTALL),
    re.compile(r"&#?\w+;"),
]
_MEDIA = {"json"}
"""Formats of data: their members' names are no sentences."""


@pytest.mark.parametrize(
    "template", [file for file in sorted((CHECKOUT / "templates").rglob("*.j2")) if file.suffixes[0][1:] not in _MEDIA],
    ids=lambda file: str(file.name),
)  # fmt: skip
def test_a_template_holds_no_sentence(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for pattern in _NO_WORDS:
        text = pattern.sub("", text)
    assert not re.findall(r"\w+", text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{{ nothing }}", r"changelog\.md\.j2:1"),
        ("\n{% if %}", r"changelog\.md\.j2:2"),
        ("\n\n{{ page.nothing }}", r"changelog\.md\.j2:3"),
        ("{{ 1 / 0 }}", r"changelog\.md\.j2:1"),
        ("{% include 'gone.j2' %}", r"gone\.j2"),
        ("{{ words('no.such') }}", r"no\.such"),
        ("{{ 'no.such' | words }}", r"no\.such"),
        ("{{ page | nofilter }}", r"changelog\.md\.j2:1"),
        ("{{ words(1, 2, 3) }}", r"changelog\.md\.j2:1"),
    ],
)
def test_a_fault_in_a_template_is_one_line_that_says_where(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "changelog.md.j2").write_text(text)
    _, made = page("x", "en")
    renderer = Renderer(template_folders(tmp_path), load_words("en", FOLDERS))
    with pytest.raises(RenderError, match=where) as caught:
        renderer.changelog("markdown", made)
    assert "\n" not in str(caught.value)


# --- golden cases ----------------------------------------------------------------------------------------------------


def case_of(folder: Path) -> Iterator[PolicyVersion]:
    states = [folder / name for name in ("before.json", "after.json") if (folder / name).exists()]
    for number, file in enumerate(states, 1):
        yield PolicyVersion(f"v{number}", day(number), load_json(file.read_bytes()), "iam")


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in CASES.glob("*/changelog.md")), ids=lambda path: path.name
)
def test_golden_case(folder: Path, update_golden: bool) -> None:
    versions = tuple(case_of(folder))
    seen = [Observation(version.created_at, version.version_id) for version in versions]
    if not (folder / "after.json").exists():
        seen.append(Observation(day(5), None))
    history = PolicyHistory("aws", PolicyFacts("ExamplePolicy"), versions, tuple(seen), folder="ExamplePolicy")
    reported = newest_first(entry for entry in entries_of(history) if isinstance(entry, Entry))[:1]
    view = View("", Changelog("", tuple(reported)), None)
    for language, format_name, name in (
        ("en", "markdown", "changelog.md"),
        ("ko", "markdown", "ko.md"),
        ("en", "rss", "feed.xml"),
    ):
        renderer = renderer_of(language)
        made = page_of(view, RowBuilder(renderer.words, CATALOGUE), Configuration(), None, None)
        text = renderer.changelog(format_name, replace(made, dated="-"))
        if update_golden:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        assert (folder / name).read_text(encoding="utf-8") == text


def test_there_are_cases() -> None:
    assert len(list(CASES.glob("*/changelog.md"))) > 8
    assert allowing("s3:*")


@settings(max_examples=examples(100))
@given(st.one_of(st.text(alphabet="&<>'\"aé;"), st.text().map(Markup), st.integers(), st.none()))
def test_templates_escape_as_markupsafe_does(value: object) -> None:
    assert str(escape_printed(value)) == str(escape(value))


class _Shouted(str):
    """A text that prints otherwise than it is."""

    __slots__ = ()

    def __str__(self) -> str:
        return "<b>"


def test_what_is_no_plain_text_is_escaped_as_it_prints() -> None:
    assert escape_printed(_Shouted("a")) == escape(_Shouted("a"))
