"""AsciiDoc as a layout, as far as AWS's guides use it: headings, paragraphs, lists, listings and `|===` tables.

A reference without a text (`<<security-iam-awsmanpol-shoe>>`) shows the heading that has the anchor, as AsciiDoc does:
the EKS guide names most policies so.
https://docs.asciidoctor.org/asciidoc/latest/
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
)
from tracker.errors import PageError

__all__ = ["is_asciidoc", "read_asciidoc"]

MAX_COLUMNS = 20
_TABLE = re.compile(r"^\|===[ \t]*$", re.MULTILINE)
_ANCHOR = re.compile(r"\[(?:#|\[)([A-Za-z0-9_.:-]+)[^\]]*\]+[ \t]*$")
_HEADING = re.compile(r"={1,6} +(.+)$")
_COLUMNS = re.compile(r"cols=\"?([^\"\]]+)")
_REPEATED = re.compile(r"(\d{1,2})\*")
_CELL = re.compile(r"(?:^|(?<=\s))(?:(?P<columns>\d{1,2})?(?:\.(?P<rows>\d{1,2}))?\+)?[0-9.*<^>aehlmsdv]{0,6}\|(?!==)")
_COMMENT = re.compile(r"//(?!/)")
_ITEM = re.compile(r"(?:[*-]{1,5}|\.{1,5}|\d+\.) +(?=\S)")
_LISTING = re.compile(r"(?:-{4,}|\.{4,})[ \t]*$")
_SETTING = re.compile(r":([A-Za-z0-9_-]+):[ \t]*(.*)$")
_USUAL_SETTINGS = {"aws": "AWS", "arn-aws": "arn:aws:"}
_IN_TEXT = re.compile(
    r"<<(?P<anchor>[^<>,\n]{1,200})(?:,(?P<shown>[^<>\n]{0,300}))?>>"
    r"|(?:link|xref):(?P<target>[^\s\[\]]{1,400})\[(?P<text>[^\]\n]{0,300})\]"
    r"|(?P<tick>`{1,2})(?P<code>[^`\n]{1,400})(?P=tick)"
    r"|\{(?P<setting>[A-Za-z0-9_-]{1,40})\}"
)
_QUOTED = re.compile(r'^"([^"]*)"|^([^,"]*)')


def is_asciidoc(text: str) -> bool:
    """Return whether a text has a table of AsciiDoc."""
    return _TABLE.search(text) is not None


def read_asciidoc(text: str, name: str) -> Layout:
    """Read AsciiDoc; includes and macros are left as they stand.

    Raises:
        PageError: more rows or paragraphs than any page has.
    """
    lines = text.split("\n")
    reader = _Reader(_settings(lines), _anchors(lines), name)
    reader.read(lines)
    return reader.layout


def _settings(lines: Iterable[str]) -> dict[str, str]:
    found = (_SETTING.match(line) for line in lines)
    return _USUAL_SETTINGS | {match[1].lower(): match[2].strip() for match in found if match}


def _anchors(lines: Sequence[str]) -> dict[str, str]:
    """Return anchors with the headings that follow them."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for line in lines:
        if anchor := _ANCHOR.match(line):
            waiting.append(anchor[1].lower())
        elif heading := _HEADING.match(line):
            found |= dict.fromkeys(waiting, heading[1].strip())
            waiting = []
    return found


class _Reader:
    """Gathers blocks and tables, line by line."""

    def __init__(self, settings: Mapping[str, str], anchors: Mapping[str, str], name: str) -> None:
        self.layout = Layout()
        self._settings, self._anchors, self._name = settings, anchors, name
        self._rows = 0

    def read(self, lines: Sequence[str]) -> None:
        at = 0
        attributes = ""
        while at < len(lines):
            line = lines[at].rstrip()
            if line.strip() == "|===":
                at = self._table(lines, at + 1, attributes)
            elif _LISTING.match(line):
                end = next((n for n in range(at + 1, len(lines)) if lines[n].rstrip() == line), len(lines))
                self._add(TextBlock(BlockKind.PREFORMATTED, "\n".join(lines[at + 1 : end]).strip()))
                at = end
            elif heading := _HEADING.match(line):
                self._add(TextBlock(BlockKind.HEADING, self._marked(heading[1])))
                self.layout.title = self.layout.title or self.layout.blocks[-1].text
            elif line.startswith("[") and line.endswith("]"):
                attributes = line
            elif line.strip() and not _SETTING.match(line):
                self._add(self._block(line))
            at += 1

    def _table(self, lines: Sequence[str], at: int, attributes: str) -> int:
        """Read a table, and return where it ends."""
        end = next((n for n in range(at, len(lines)) if lines[n].strip() == "|==="), len(lines))
        inside = [line for line in lines[at:end] if not _COMMENT.match(line)]
        width = _width(attributes) or next((count for count in _counts(inside)), 1)
        table = Table(closed=end < len(lines))
        for row in self._spanned(inside, width):
            table.rows.append(row)
            self._rows += 1
            if self._rows > MAX_ROWS + 1:
                raise PageError(f"more than {MAX_ROWS} rows", where=self._name)
        self.layout.tables.append(table)
        for row in table.rows:
            for cell in row:
                for block in cell:
                    self._add(block)
        return end

    def _spanned(self, lines: Iterable[str], width: int) -> Iterator[list[list[TextBlock]]]:
        """Yield the rows of a table: a cell that spans rows or columns stands in each of them."""
        spans = CellSpans()
        row: list[list[TextBlock]] = []
        for start, cell in _cells(lines):
            columns, rows = (int(start[name] or 1) for name in ("columns", "rows"))
            spans.add(row, list(self._blocks(cell)), columns=columns, rows=rows)
            spans.complete(row)
            if len(row) >= width:
                yield row
                row = []
        if row:
            yield row

    def _blocks(self, cell: str) -> Iterator[TextBlock]:
        """Yield the paragraphs and list items of a cell."""
        paragraph: list[str] = []
        for line in [*cell.split("\n"), ""]:
            is_item = _ITEM.match(line.strip())
            if (not line.strip() or is_item) and paragraph:
                yield self._block(" ".join(paragraph))
                paragraph = []
            if line.strip():
                paragraph.append(line.strip())

    def _block(self, text: str) -> TextBlock:
        item = _ITEM.match(text)
        return TextBlock(BlockKind.ITEM if item else BlockKind.TEXT, self._marked(text[item.end() :] if item else text))

    def _marked(self, text: str) -> str:
        return " ".join(_IN_TEXT.sub(self._shown, text).replace("**", "").split())

    def _shown(self, match: re.Match[str]) -> str:
        if match["anchor"]:
            shown = match["shown"] or self._anchors.get(match["anchor"].strip().lower(), match["anchor"])
            return f"{LINK}{_IN_TEXT.sub(self._setting, shown).strip()}{LINK_END}"
        if match["target"]:
            shown = _QUOTED.match(match["text"])
            return f"{LINK}{((shown and (shown[1] or shown[2])) or match['target']).strip()}{LINK_END}"
        if match["code"]:
            return f"{CODE}{_IN_TEXT.sub(self._setting, match['code'])}{CODE_END}"
        return self._setting(match)

    def _setting(self, match: re.Match[str]) -> str:
        return self._settings.get(match["setting"].lower(), match[0]) if match["setting"] else match[0]

    def _add(self, block: TextBlock) -> None:
        if len(self.layout.blocks) >= MAX_BLOCKS:
            raise PageError(f"more than {MAX_BLOCKS} paragraphs", where=self._name)
        if block.text:
            self.layout.blocks.append(block)


def _cells(lines: Iterable[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the cells of a table in order, each as what it begins with and its lines."""
    cell: tuple[re.Match[str], list[str]] | None = None
    for line in lines:
        starts = list(_CELL.finditer(line))
        before = line[: starts[0].start()] if starts else line
        if cell is not None:
            cell[1].append(before)
        for number, start in enumerate(starts):
            if cell is not None:
                yield cell[0], "\n".join(cell[1])
            end = starts[number + 1].start() if number + 1 < len(starts) else len(line)
            cell = start, [line[start.end() : end]]
    if cell is not None:
        yield cell[0], "\n".join(cell[1])


def _counts(lines: Sequence[str]) -> Iterator[int]:
    """Yield how many cells each line, or each run of lines without a blank one, has."""
    count = 0
    for line in [*lines, ""]:
        here = len(list(_CELL.finditer(line)))
        if here > 1:
            yield here
            return
        if not line.strip() and count:
            yield count
            count = 0
        count += here


def _width(attributes: str) -> int:
    """Return how many columns the line above a table asks for; 0 where it does not say."""
    found = _COLUMNS.search(attributes)
    if not found:
        return 0
    parts = [part.strip() for part in found[1].split(",")]
    width = sum(int(repeated[1]) if (repeated := _REPEATED.match(part)) else 1 for part in parts)
    return min(width, MAX_COLUMNS)
