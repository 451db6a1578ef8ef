"""Laws of the page reader: it reads, or says why not, and says the same twice."""

from contextlib import suppress
from html import escape

from builders import history, version
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry
from tracker.documentation import read_announcements, read_page
from tracker.documentation.announcements.changelogs import Feed, attach_announcements
from tracker.documentation.reading.dates import read_day
from tracker.documentation.reading.markup import PLAIN_CELL, html_of_cell, markdown_reader, read_html
from tracker.errors import PageError
from tracker.text.row_builder import RowBuilder
from tracker.text.words import load_words, template_folders

PIECES = st.sampled_from(
    [
        *("<table>", "</table>", "<tr>", "<td>", "</td>", "<th>Change", "<th>Description", "<th>Date", "<li>", "<pre>"),
        *(
            "<code>",
            "</code>",
            "<br>",
            "<html lang=ko>",
            "<a href=x>",
            "</a>",
            "<!--",
            "-->",
            "&amp;",
            "&#0;",
            "<title>",
        ),
        *("\n| Change | Description | Date |\n|---|---|---|\n", "\n| ", " | ", " |\n", "```", "# ", "\\_", "[x](", "`"),
        *("변경 사항 설명 날짜\n", "Change Description Date\n", "Policy\tVersion\tChange\tDate\n", "\n\n", "\t", "• "),
        *("AmazonShoe_ FullAccess", "AmazonShoePolicy", "AWSServiceRoleForShoe", " — ", " – ", "- ", ": "),
        *("May 1, 2021\n", "2023년 11월 17일\n", "TBD\n", "2021-13-45", "9" * 30, "Februrary 2, 2022"),
        *("shoe:GetLace", "shoe:*", "Removed the following", "no longer", "started tracking changes", "New policy"),
        *('\n{"Version": "x", "Statement": []}\n', "\n{", '"', "\x00", "\ud800", "\u202e", "\ufeff", "\r"),
    ]
)
CATALOGUE = load_catalogue()
ROW_BUILDER = RowBuilder(load_words("en", template_folders()), CATALOGUE)
SHOE = Changelog(
    "",
    tuple(
        newest_first(
            item
            for item in entries_of(
                history(version(1, "shoe:Wear", at=-400), version(2, "shoe:*", at=120), name="AmazonShoePolicy")
            )
            if isinstance(item, Entry)
        )
    ),
)
PAGES = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)


@settings(max_examples=examples(300))
@given(page=PAGES)
def test_any_text_is_read_the_same_twice_or_refused(page: str) -> None:
    with suppress(PageError):
        assert read_page(page, name="page") == read_page(page, name="page")


CELLS = st.lists(
    st.sampled_from(
        [
            *("`", "``", "[", "](#a)", "](https://x.y/z)", "](data:x)", "]", "(", ")", "<br />", "<br>", "<", ">", "_"),
            *("shoe:GetLace", "AmazonShoe_FullAccess", " – ", "!", "*", "**", "\\", "&amp;", "&", '"', " ", "+ ", "#"),
        ]
    )
    | st.text(max_size=3),
    max_size=12,
).map(lambda pieces: " ".join("".join(pieces).split()))


@settings(max_examples=examples(500))
@given(cell=CELLS)
@example('\x80"\x08')
def test_a_plain_cell_is_brought_over_as_the_markdown_parser_would(cell: str) -> None:
    assume(PLAIN_CELL.fullmatch(cell))
    ours, theirs = html_of_cell(cell), markdown_reader().renderInline(cell)
    assert read_html(f"<p>{ours}</p>", "cell").blocks == read_html(f"<p>{theirs}</p>", "cell").blocks


@settings(max_examples=examples(150))
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(PageError):
        read_page(data, name="page")


@settings(max_examples=examples(100))
@given(page=PAGES, tail=st.sampled_from(["", "</rss>", "</channel></rss>"]))
def test_any_feed_is_read_or_refused(page: str, tail: str) -> None:
    data = f'<rss version="2.0"><channel><item><title>{page}{tail}'.encode("utf-8", "replace")
    with suppress(PageError):
        assert read_announcements(data, name="feed") == read_announcements(data, name="feed")


@settings(max_examples=examples(200))
@given(
    day=st.dates(),
    form=st.sampled_from(["%B %d, %Y", "%d %b %Y", "%Y-%m-%d", "%m/%d/%Y", "%Y년 %m월 %d일", "%b. %d %Y"]),
)
def test_a_day_survives_every_form(day: object, form: str) -> None:
    written = format(day, form)
    assert read_day(written) in (day, None)
    if int(format(day, "%Y")) > 999:
        assert read_day(written) == day


@settings(max_examples=examples(100))
@given(items=st.lists(st.tuples(PAGES, PAGES, st.sampled_from(["", "Thu, 2 May 2024 19:00:00 GMT", "x"])), max_size=6))
def test_what_any_feed_announces_is_the_same_twice_or_refused(items: list[tuple[str, str, str]]) -> None:
    reported = "".join(
        f"<item><title>{escape(title)}</title><description>{escape(text)} AmazonShoePolicy shoe:GetLace</description>"
        f"<pubDate>{day}</pubDate></item>"
        for title, text, day in items
    )
    data = f'<rss version="2.0"><channel><title>t</title>{reported}</channel></rss>'.encode("utf-8", "replace")
    with suppress(PageError):
        found = [attach_announcements(SHOE, [Feed("feed", None, data)], CATALOGUE) for _ in range(2)]
        assert found[0] == found[1]
        row = ROW_BUILDER.row(found[0].entries[0])
        assert all(text.text.isprintable() for text in row.announced)
