"""HTML and Markdown as a layout.

HTML is read by lxml in one pass, without building a tree: lxml is fast, corrects broken HTML as browsers do, needs no
second package, and its push interface shows whether the page closed a table or the parser had to.
Markdown is brought to HTML by markdown-it-py first, so that both take the same way.
"""

import re
from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from tracker.documentation.reading.layout import (
    CODE,
    CODE_END,
    LINK,
    LINK_END,
    MAX_BLOCKS,
    MAX_ROWS,
    BlockKind,
    CellSpans,
    Layout,
    Table,
    TextBlock,
    plain,
    without_controls,
)
from tracker.errors import PageError

if TYPE_CHECKING:
    from lxml.etree import ParserTarget
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

__all__ = ["PLAIN_CELL", "close_fences", "html_of_cell", "markdown_reader", "read_html", "read_markdown"]

MAX_TAGS = 1_000_000
MAX_SPAN_DIGITS = 4
MAX_CELL_LENGTH = 100_000
"""From here on Markdown is left as it is: the longest real cell, of 290 actions, has some 15,000 characters."""
_MARKDOWN = re.compile(r"[\\`*_\[<&]")
# A table in a quote or in a list is a table, too.
_QUOTED_ROW = re.compile(r"^[ \t>]+(?=\|)", re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_DELIMITERS = re.compile(r" {0,3}\|? ?:?-{3,}:? ?\|[-:| ]*$")
# Most cells are text, `code`, [links](#a) and line breaks: those are brought over by four expressions.
_SPAN = r"`(?! )[^`<\[\]\n]++(?<! )`(?!`)"
_TEXT = r"[^`\\*_\[\]<>&!\n]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])"
_TARGET = r"\((?:https?://)?[A-Za-z0-9./#?=%~-]*\)"
PLAIN_CELL = re.compile(rf"(?:{_TEXT}|{_SPAN}|<br ?/?>|\[(?:{_TEXT}|{_SPAN})++\]{_TARGET})*+")
# The label of a link that holds no other brackets but in code.
_LABEL = re.compile(r"\[(?:[^\[\]`\\]|`[^`]{0,400}`|\\.){0,400}+\]\(", re.DOTALL)
_IN_CELL = (
    (re.compile("`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(rf"\[([^][]+)\]{_TARGET}"), r"<a>\1</a>"),
    (re.compile("&lt;br ?/?&gt;"), "<br>"),
)

_BREAKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figure"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"),
    }
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "button"})
_OPENING = {"code": CODE, "a": LINK}
_CLOSING = {"code": CODE_END, "a": LINK_END}
# awsdocs' Markdown writes a list in a cell as "lead:+  `a:B` <br />+  `a:C`": the first plus sticks to the lead.
_STUCK_ITEM = re.compile(rf"(?<=\S)\+ +(?={CODE}|[a-z0-9-]+:[A-Z*])")
_BULLET = re.compile(r"[+*•◦▪‣·-] +")


class _Collector:
    """What lxml calls while it reads: a target that gathers blocks and tables (never called after `close`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.layout = Layout()
        self._open: list[Table] = []
        self._spans: list[CellSpans] = []
        self._text: list[str] = []
        self._kind = BlockKind.TEXT
        self._unseen = 0
        self._preformatted = 0
        self._tags = 0
        self._in_title = False
        self._rows = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._tags += 1
        if self._tags > MAX_TAGS:
            raise PageError(f"more than {MAX_TAGS} tags", where=self.name)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self._begin(tag)
            if self._open and tag in ("td", "th"):
                self._begin_cell(attributes)
        elif tag == "html":
            self.layout.language = attributes.get("lang", "").replace("_", "-").split("-")[0].strip().lower()
        elif not self._preformatted:
            self._text.append(_OPENING.get(tag, ""))

    def end(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS:
            self._flush()
            self._kind = BlockKind.TEXT
            if tag == "table" and self._open:
                self._end_table()
            elif tag == "pre":
                self._preformatted = max(0, self._preformatted - 1)
            elif tag == "title":
                self._in_title = False
        elif not self._preformatted:
            self._text.append(_CLOSING.get(tag, ""))

    def data(self, data: str) -> None:
        if not self._unseen:
            # An entity gives what the page itself can't hold.
            self._text.append(without_controls(data))

    def close(self) -> Layout:
        self._flush()
        return self.layout

    def _begin(self, tag: str) -> None:
        if tag == "br" and self._preformatted:
            self._text.append("\n")
            return
        self._flush()
        if tag == "br":
            self._kind = BlockKind.TEXT
        elif tag == "li":
            self._kind = BlockKind.ITEM
        elif tag in _HEADINGS:
            self._kind = BlockKind.HEADING
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "title":
            self._in_title = True
        elif tag == "table":
            self._open.append(Table())
            self._spans.append(CellSpans())
            self.layout.tables.append(self._open[-1])
        elif self._open and tag == "tr":
            self._begin_row()

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        if not self._open[-1].rows:
            self._begin_row()
        columns, rows = (_span(attributes.get(name)) for name in ("colspan", "rowspan"))
        self._spans[-1].add(self._open[-1].rows[-1], [], columns=columns, rows=rows)

    def _begin_row(self) -> None:
        self._end_row()
        self._rows += 1
        if self._rows > MAX_ROWS + len(self.layout.tables):
            raise PageError(f"more than {MAX_ROWS} rows", where=self.name)
        self._open[-1].rows.append([])

    def _end_row(self) -> None:
        if self._open[-1].rows:
            self._spans[-1].complete(self._open[-1].rows[-1])

    def _end_table(self) -> None:
        """Close the innermost table; a table inside a cell gives its blocks to that cell, too."""
        self._end_row()
        self._spans.pop()
        inner = self._open.pop()
        inner.closed = True
        if self._open and self._open[-1].rows and self._open[-1].rows[-1]:
            outer = self._open[-1].rows[-1][-1]
            outer += [block for row in inner.rows for cell in row for block in cell]

    def _flush(self) -> None:
        """Make a block, or a few where a Markdown list sticks to its lead, of the text so far."""
        if not self._text:
            return
        text = "".join(self._text)
        self._text.clear()
        if self._preformatted:
            self._add(BlockKind.PREFORMATTED, plain(text).strip())
            return
        folded = " ".join(text.split())
        if self._in_title:
            self.layout.title = self.layout.title or plain(folded)
        elif self._kind is not BlockKind.TEXT:
            self._add(self._kind, folded)
        else:
            parts = _STUCK_ITEM.split(folded) if "+ " in folded else (folded,)
            for index, part in enumerate(parts):
                self._add_text(part.strip(), item=index > 0)

    def _add_text(self, text: str, *, item: bool) -> None:
        bullet = _BULLET.match(text)
        if bullet:
            self._add(BlockKind.ITEM, text[bullet.end() :])
        else:
            self._add(BlockKind.ITEM if item else BlockKind.TEXT, text)

    def _add(self, kind: BlockKind, marked: str) -> None:
        block = TextBlock(kind, marked)
        if not block.text or block.text.isspace():
            return
        if len(self.layout.blocks) >= MAX_BLOCKS:
            raise PageError(f"more than {MAX_BLOCKS} paragraphs", where=self.name)
        self.layout.blocks.append(block)
        if self._open and self._open[-1].rows and self._open[-1].rows[-1]:
            self._open[-1].rows[-1][-1].append(block)


def _span(written: str | None) -> int:
    """Return over how many columns or rows a cell reaches; one where the page does not say it in digits."""
    return max(1, int(written)) if written and written.isdecimal() and len(written) <= MAX_SPAN_DIGITS else 1


def read_html(text: str, name: str) -> Layout:
    """Read HTML, well-formed or not, a whole page or a piece of one.

    Raises:
        PageError: more rows or tags than any page has, or bytes no HTML parser makes sense of.
    """
    from lxml import etree

    collector = _Collector(name)
    parser = etree.HTMLParser(target=cast("ParserTarget[Layout]", collector), encoding="utf-8", huge_tree=True)
    try:
        parser.feed(text.encode())
        # What the parser closes by itself at the end of the page was cut: look before it does.
        still_open = [table for table in collector.layout.tables if not table.closed]
        layout: Layout = parser.close()
    except etree.LxmlError as error:
        raise PageError("no HTML that could be read", where=name) from error
    for table in still_open:
        table.closed = False
    layout.title = next((block.text for block in layout.blocks if block.kind is BlockKind.HEADING), layout.title)
    return layout


def read_markdown(text: str, name: str) -> Layout:
    """Read Markdown with pipe tables: headings, fences and tables; other paragraphs as plain lines.

    Raises:
        PageError: as `read_html`.
    """
    from markdown_it.token import Token

    reader = markdown_reader().disable("inline")
    tokens = reader.parse(close_fences(_QUOTED_ROW.sub("", text)))
    for before, token in pairwise(tokens):
        if token.type == "inline" and before.type == "paragraph_open":
            token.children = [Token("text", "", 0, content=token.content.replace("\\", ""))]
        elif token.type == "inline" and (len(token.content) > MAX_CELL_LENGTH or not _MARKDOWN.search(token.content)):
            token.children = [Token("text", "", 0, content=token.content)]
        elif token.type == "inline" and PLAIN_CELL.fullmatch(token.content):
            token.children = [Token("html_inline", "", 0, content=html_of_cell(token.content))]
        elif token.type == "inline":
            token.children = reader.inline.parse(token.content, reader, {}, [])
            for child in token.children:
                child.type = child.type.removesuffix("_special")
    return read_html(reader.renderer.render(tokens, reader.options, {}), name)


def close_fences(text: str) -> str:
    """Return Markdown whose fences end where their writer meant them to: before words, or before a table.

    A closing fence with words behind it closes nothing by CommonMark, and hides all that follows; so does one that is
    missing.
    """
    if "```" not in text and "~~~" not in text:
        return text
    lines = text.split("\n")
    opened: str | None = None
    for index, line in enumerate(lines):
        fence = _FENCE.match(line)
        if opened is None:
            opened = fence[1] if fence else None
        elif fence and fence[1][0] == opened[0] and len(fence[1]) >= len(opened):
            # Only words, not the name of a language, which would open another fence.
            if " " in fence[2].strip():
                lines[index] = f"{fence[1]}\n\n{fence[2].strip()}"
            opened = opened if fence[2].strip() and " " not in fence[2].strip() else None
        elif opened and _DELIMITERS.match(line) and index and "|" in lines[index - 1]:
            lines[index - 1] = f"{opened}\n\n{lines[index - 1]}"
            opened = None
    return "\n".join(lines)


def markdown_reader() -> "MarkdownIt":
    """Return a parser of what tables of updates use.

    Lists, quotes, links by reference and indented code are of no use there, and all but linear in time.
    """
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import link

    def link_with_plain_label(state: "StateInline", silent: bool) -> bool:
        # The parser's own rule looks for the end of a label from each bracket, and again inside of it.
        return _LABEL.match(state.src, state.pos) is not None and link(state, silent)

    reader = MarkdownIt("zero", {"html": True}).enable(["table", "heading", "fence", "html_block", "html_inline"])
    reader.enable(["backticks", "emphasis", "entity", "escape", "link", "newline"])
    reader.inline.ruler.at("link", link_with_plain_label)
    return reader


def html_of_cell(text: str) -> str:
    """Return a plain cell of a Markdown table as HTML, links without their targets.

    >>> html_of_cell("[A_B](#a) – Added `a:B`<br />")
    '<a>A_B</a> – Added <code>a:B</code><br>'
    """
    found = escape(text, quote=False)
    for pattern, markup in _IN_CELL:
        found = pattern.sub(markup, found)
    return found
