"""Plain text as a layout: a page as it is when someone copies it out of a browser.

A line is a block. There are no marks of headings, cells or rows: the table begins after its header line, and each of
its rows ends with a day: a line of its own, or the end of a line where only blanks stood between the cells.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tracker.documentation.languages import with_other_languages
from tracker.documentation.reading.columns import MAX_HEADER_LENGTH, Columns, columns_of, header_line, may_begin_header
from tracker.documentation.reading.date_spans import read_span
from tracker.documentation.reading.dates import day_at_end, is_undecided
from tracker.documentation.reading.glued_text import marked_line, unglued
from tracker.documentation.reading.layout import MAX_BLOCKS, MAX_ROWS, BlockKind, Layout, Table, TextBlock
from tracker.documentation.reading.names import complete_names, letters_of, split_change
from tracker.documentation.reading.row_kinds import says_tracking_started
from tracker.errors import PageError

__all__ = ["read_plain_text"]

MAX_FAILURES = 50
"""How often a brace may turn out to open no JSON; hostile braces would each be read to the end of the page."""
MAX_DOCUMENT_LENGTH = 300_000
MAX_HEADER_LINES = 4
MAX_VERSION_LENGTH = 12

_BRACE = re.compile(r"^[ \t]*\{", re.MULTILINE)
_BULLET = re.compile(r"(?:[•◦▪‣·]|[-*+](?= )) *")
# The words under AWS's pages, in both languages.
_FOOT = re.compile(
    r"javascript|document conventions|did this page help|thanks for letting us|previous topic|next topic|privacy|©"
    r"|\bexample policies\b|troubleshoot|문서 규칙|이 페이지|이전 주제|다음 주제|개인 ?정보",
    re.IGNORECASE,
)
_UNENDED = (" and", " or", ",", "–", "—")
"""What a line of a Change cell ends with that goes on in the next one."""
_TITLE_END = with_other_languages("", "title_end")
# A title that goes on in the next line (`– Update to an` / `existing policy`), and what it goes on with.
_OPEN_TITLE = re.compile(r"[–—-] ?[A-Z][a-z]+(?: [a-z]+){0,4}$")
_REST_OF_TITLE = re.compile(rf"(?:[a-z]+ ){{0,3}}(?:{_TITLE_END})[.:]?")
# The Change cell of a row that stands in one line: up to the title's last word before a sentence begins.
_CHANGE_CELL = re.compile(rf".{{1,300}}?(?:(?i:{_TITLE_END}))\.?(?= [^\sa-z(,.–—-])")
_BREAK = re.compile(r"[\n\t]")


def read_plain_text(text: str, name: str) -> Layout:
    """Read a page that was copied out of a browser.

    Raises:
        PageError: more rows than any page has.
    """
    layout = Layout()
    blocks = list(islice(_blocks(unglued(text)), MAX_BLOCKS + 1))
    if len(blocks) > MAX_BLOCKS:
        raise PageError(f"more than {MAX_BLOCKS} lines", where=name)
    layout.title = blocks[0].text.lstrip("# ") if blocks else ""
    columns: Columns | None = None
    pending: list[TextBlock] = []
    known = {letters_of(name): name for block in blocks for name in _names(block)}
    index = 0
    while index < len(blocks):
        header, taken = _header_at(blocks, index)
        if header:
            _end(layout, pending, known)
            columns, pending = columns_of(header), []
            layout.tables.append(Table([[[TextBlock(BlockKind.TEXT, cell)] for cell in header]], closed=True))
            layout.blocks += blocks[index : index + taken]
            index += taken
            continue
        block = blocks[index]
        index += 1
        layout.blocks.append(block)
        if columns is None:
            continue
        ending = _row_end(pending, block)
        if ending is None:
            pending.append(block)
            continue
        layout.tables[-1].rows.append(_row(*ending, columns))
        pending = []
        if len(layout.tables[-1].rows) > MAX_ROWS + 1:
            raise PageError(f"more than {MAX_ROWS} rows", where=name)
    _end(layout, pending, known)
    return layout


def _names(block: TextBlock) -> Sequence[str]:
    return () if block.kind is BlockKind.PREFORMATTED else complete_names(block.text)


def _blocks(text: str) -> Iterator[TextBlock]:
    for is_json, part in _parts(text):
        if is_json:
            yield TextBlock(BlockKind.PREFORMATTED, part)
            continue
        for line in _BREAK.split(part):
            folded = marked_line(" ".join(line.split()))
            bullet = _BULLET.match(folded)
            kind = BlockKind.ITEM if bullet else BlockKind.TEXT
            if shown := folded[bullet.end() :] if bullet else folded:
                yield TextBlock(kind, shown)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a text into JSON objects that begin a line, on one line or many, and what stands between them."""
    reader = json.JSONDecoder()
    at = failures = 0
    for brace in _BRACE.finditer(text):
        if brace.start() < at or failures > MAX_FAILURES:
            continue
        try:
            _, length = reader.raw_decode(text[brace.end() - 1 : brace.end() + MAX_DOCUMENT_LENGTH])
        except (ValueError, RecursionError):
            failures += 1
            continue
        yield False, text[at : brace.start()]
        at = brace.end() - 1 + length
        yield True, text[brace.end() - 1 : at]
    yield False, text[at:]


def _header_at(blocks: Sequence[TextBlock], index: int) -> tuple[Sequence[str] | None, int]:
    """Return the columns of the header that begins at a block, and how many blocks it takes (a tab splits it)."""
    line = ""
    if not may_begin_header(blocks[index].text):
        return None, 0
    for taken, block in enumerate(blocks[index : index + MAX_HEADER_LINES], 1):
        if block.kind is not BlockKind.TEXT or len(line) + len(block.text) > MAX_HEADER_LENGTH:
            break
        line = f"{line} {block.text}".strip()
        if header := header_line(line):
            return header, taken
    return None, 0


def _row_end(pending: Sequence[TextBlock], block: TextBlock) -> tuple[Sequence[TextBlock], TextBlock] | None:
    """Return the lines of a row and its day where a block ends the row; None where it does not."""
    if read_span(block.text) or is_undecided(block.text):
        return (pending, block) if pending else None
    found = day_at_end(block.marked)
    if found is None:
        return None
    before, day = TextBlock(block.kind, found[0]), TextBlock(BlockKind.TEXT, found[1])
    change = None if pending else _CHANGE_CELL.match(before.marked)
    if change is None:
        return [*pending, before], day
    cells = before.marked[: change.end()], before.marked[change.end() :].strip()
    return [TextBlock(BlockKind.TEXT, cell) for cell in cells], day


def _row(pending: Sequence[TextBlock], day: TextBlock, columns: Columns) -> list[list[TextBlock]]:
    """Make the cells of a row: the first line, and a second one where the first is only the first of several names."""
    taken = 1
    while taken < len(pending) and _goes_on(pending[taken - 1], pending[taken]):
        taken += 1
    cells: list[list[TextBlock]] = [[] for _ in range(max(columns.subject, *columns.description, columns.date) + 1)]
    cells[columns.subject] = list(pending[:taken])
    if columns.version is not None and taken < len(pending) and len(pending[taken].text) <= MAX_VERSION_LENGTH:
        cells[columns.version] = [pending[taken]]
        taken += 1
    cells[columns.description[0]] = list(pending[taken:])
    cells[columns.date] = [day]
    return cells


def _goes_on(before: TextBlock, after: TextBlock) -> bool:
    """Return whether two lines are of one Change cell: a name, then another name with a title, or a broken line."""
    if before.text.endswith(_UNENDED) or after.text.startswith(("– ", "— ")):
        return True
    if _OPEN_TITLE.search(before.text) and _REST_OF_TITLE.fullmatch(after.text):
        return True
    names, title = split_change(before.text, {})
    if not names or title:
        return False
    more, further = split_change(after.text, {})
    return bool(more and further and after.text.startswith(more[0]))


def _end(layout: Layout, pending: Sequence[TextBlock], known: Mapping[str, str]) -> None:
    """Evaluate what follows the last day: the foot of the page, or a row that was cut.

    It is a cut row where it begins as rows do, and where the last whole row is not the start of tracking and nothing
    says that the page's foot has come.
    """
    if not layout.tables or not pending:
        return
    table, first = layout.tables[-1], pending[0].text
    names, _ = split_change(first, known)
    last = " ".join(block.text for cell in table.rows[-1] for block in cell)
    at_end = says_tracking_started(last) or any(_FOOT.search(block.text) for block in pending)
    if len(table.rows) == 1 or (names and first.startswith(names[0])) or not at_end:
        table.closed = False
