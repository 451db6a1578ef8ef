"""Documentation pages with a table of "updates to AWS managed policies", read as rows.

AWS writes one such page per service: a section per policy, then a table Change, Description, Date, newest first.
Variants met: Policy, Version, Change, Date (SageMaker); Policy, Description of change, Date (WAF, Shield).
The page may be HTML, Markdown, AsciiDoc or the text a browser copies.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from tracker.catalogue.catalogue import Catalogue
from tracker.documentation.reading.actions import DocumentedAction, documented_actions, named_condition_keys
from tracker.documentation.reading.asciidoc import is_asciidoc, read_asciidoc
from tracker.documentation.reading.columns import Columns, columns_of
from tracker.documentation.reading.date_spans import DaySpan, read_span
from tracker.documentation.reading.dates import is_undecided
from tracker.documentation.reading.layout import BlockKind, Layout, Table, TextBlock, decode, plain
from tracker.documentation.reading.markup import read_html, read_markdown
from tracker.documentation.reading.names import (
    complete_names,
    letters_of,
    owned_names,
    role_names,
    split_change,
    stands_as_name,
)
from tracker.documentation.reading.plain_text import read_plain_text
from tracker.documentation.reading.policy_documents import policy_documents
from tracker.documentation.reading.policy_names import NO_NAMES, PolicyNames
from tracker.documentation.reading.row_kinds import RowKind, SpokenOf, kind_of, spoken_of
from tracker.errors import PageError, one_line

__all__ = ["DocumentedPage", "DocumentedRow", "Vocabulary", "read_page"]


@dataclass(frozen=True, slots=True)
class DocumentedRow:
    """One row of the table."""

    number: int
    """Its number on the page, from 1, header rows not counted."""
    kind: RowKind
    """What kind of change it documents."""
    policies: tuple[str, ...]
    """The policies it is about, in order; empty for the start of tracking, and where the row names none."""
    change: str
    """The Change (or Policy) cell as printed, in one line."""
    title: str
    """The Change cell without the policies it begins with."""
    description: str
    """The Description cell: a line per paragraph, list items with `- ` before them."""
    date: date | None
    """The day, or None where the page gives none (`TBD`) or one nobody can read; the first one where it names more."""
    date_text: str
    """The Date cell as printed."""
    actions: tuple[DocumentedAction, ...] = ()
    """The actions added, in order, each with its lead sentence."""
    removed_actions: tuple[DocumentedAction, ...] = ()
    """The actions removed, likewise."""
    speaks_of: SpokenOf | None = None
    """What kind of change it speaks of; None where it does not say."""
    roles: tuple[str, ...] = ()
    """Service-linked roles it names instead of, or beside, a policy: `AWSServiceRoleForAmazonConnect`."""
    version: str | None = None
    """The Version cell where the table has such a column."""
    last_date: dt.date | None = None
    """The last day where the page names more than one: a month, a quarter, a year; else None."""

    @property
    def days(self) -> DaySpan | None:
        """The day, or the first and the last one that it can be; None where the page gives none."""
        return DaySpan(self.date, self.last_date or self.date) if self.date else None


@dataclass(frozen=True, slots=True)
class DocumentedPage:
    """A page as it was read."""

    title: str
    """What the page calls itself; empty when it does not."""
    language: str
    """What the page declares, else the language of its table's header: `en`, `ko`."""
    rows: tuple[DocumentedRow, ...]
    """The rows of its tables in the order of the page, newest first as a rule."""
    policies: tuple[str, ...]
    """Every policy the rows or the documents are about, sorted."""
    documents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """The policy documents shown on the page: policy name to JSON text as printed."""
    unread_headers: tuple[str, ...] = ()
    """The headers of tables beside those that were read whose rows end with days, in a language nobody knows."""

    @property
    def since(self) -> date | None:
        """The day by which its oldest row is surely dated; None for a page without dates."""
        return min((row.days.last for row in self.rows if row.days), default=None)

    @property
    def until(self) -> date | None:
        """The day from which its newest row can be; None for a page without dates."""
        return max((row.days.first for row in self.rows if row.days), default=None)


FIRST_ROWS = 3
"""Among how many rows the header may be: a caption can stand above it."""

_IS_HTML = re.compile(
    r"\s*<(?:\?xml|!doctype|!--|html|head|body|main|article|section|div|table|h[1-6]|p|ul)\b", re.IGNORECASE
)
_IS_MARKDOWN = re.compile(r"^[ \t>]{0,20}\|? ?:?-+:? ?\|[-:| ]*$", re.MULTILINE)
_HAS_TABLE = re.compile(r"<t[dr]\b", re.IGNORECASE)
_YEAR = re.compile(r"\b\d{4}\b")
MAX_HEADER_SHOWN = 120
MAX_SLIP = 2
"""Letters that a misspelt name may have more or less."""
MAX_CELL_LENGTH = 100_000
"""Characters of a cell: the longest real one, with 290 actions, has some 15,000."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a reader of pages knows beforehand."""

    policies: PolicyNames = NO_NAMES
    """The names of all policies that ever were; without any, a page's names are guessed by their form."""
    catalogue: Catalogue | None = None
    """By it actions differ from condition keys and prose; None to go by their form alone."""


def read_page(data: bytes | str, *, name: str, vocabulary: Vocabulary = Vocabulary()) -> DocumentedPage:
    """Read a documentation page: its update tables as rows, and the policy documents it shows.

    The form (HTML, Markdown, AsciiDoc, text copied from a browser) is found out. Several tables are read as one.

    Args:
        data: the page, UTF-8.
        name: where it came from, for messages.
        vocabulary: the policies and actions there are.

    Raises:
        PageError: larger than five megabytes or 3,000 rows, with a cell of more than 100,000 characters, without
            such a table, or cut in the middle of one.
    """
    text = decode(data, name)
    if _IS_HTML.match(text[:1000]):
        layout = read_html(text, name)
    elif is_asciidoc(text):
        layout = read_asciidoc(text, name)
    elif _IS_MARKDOWN.search(text):
        layout = read_markdown(text, name)
    elif _HAS_TABLE.search(text):
        layout = read_html(text, name)
    else:
        layout = read_plain_text(text, name)
    known = {letters_of(whole): whole for whole in _whole_names(layout)}
    reader = _RowReader(known, vocabulary)
    rows = tuple(_rows(layout, reader, name))
    documents = policy_documents(layout.blocks, known)
    policies = {policy for row in rows for policy in row.policies} | documents.keys()
    language = layout.language or next(filter(None, map(_language, layout.tables)), "en")
    unread = tuple(_unknown_headers(layout))
    return DocumentedPage(layout.title, language, rows, tuple(sorted(policies)), MappingProxyType(documents), unread)


def _language(table: Table) -> str:
    """Return the language of a table's header; empty where it is none of updates."""
    columns = _header(table)[1]
    return columns.language if columns else ""


def _whole_names(layout: Layout) -> Iterator[str]:
    for block in layout.blocks:
        if block.kind is not BlockKind.PREFORMATTED:
            yield from complete_names(block.text)


def _rows(layout: Layout, reader: "_RowReader", name: str) -> Iterator[DocumentedRow]:
    """Yield the rows of all tables of updates.

    Raises:
        PageError: no such table, no row in it, or the page ends inside it.
    """
    number = 0
    met = False
    for table in layout.tables:
        start, columns = _header(table)
        if columns is None:
            continue
        met = True
        lines = [row for row in table.rows[start:] if any(row)]
        for line, cells in enumerate(lines, 1):
            number += 1
            if any(sum(len(block.marked) for block in cell) > MAX_CELL_LENGTH for cell in cells):
                raise PageError(f"a cell of more than {MAX_CELL_LENGTH} characters", where=f"{name}: row {number}")
            row = reader.row(number, columns, cells)
            if line == len(lines):
                _check_whole(row, table, f"{name}: row {number}")
            yield row
        if not table.closed:
            raise PageError("the page ends inside its table of updates", where=f"{name}: row {number}")
    if not met:
        if header := next(_unknown_headers(layout), None):
            hint = "a table that ends with days; name its columns Change, Description, Date"
            raise PageError(f"a header that is in no known language: {header}", where=name, hint=hint)
        raise PageError(
            "no table of updates to managed policies", where=name, hint="one with the columns Change, Description, Date"
        )
    if not number:
        raise PageError("the table of updates has no rows", where=name)


def _unknown_headers(layout: Layout) -> Iterator[str]:
    """Yield the headers of tables that are not read though their rows end with days, as those of updates do."""
    for table in layout.tables:
        rows = [row for row in table.rows[1:] if len(row) > 1]
        if not rows or _header(table)[1] is not None:
            continue
        days = sum(read_span(" ".join(block.text for block in row[-1])) is not None for row in rows)
        if 2 * days > len(rows):
            header = " | ".join(" ".join(block.text for block in cell) for cell in table.rows[0])
            yield one_line(header[:MAX_HEADER_SHOWN])


def _header(table: Table) -> tuple[int, Columns | None]:
    """Return where the rows begin, and the columns; None where the table is none of updates."""
    for number, row in enumerate(table.rows[:FIRST_ROWS], 1):
        if columns := columns_of([" ".join(block.text for block in cell) for cell in row]):
            return number, columns
    return 0, None


def _check_whole(row: DocumentedRow, table: Table, where: str) -> None:
    """Refuse a last row that lost its end: every row ends with a date, or with the word that there is none yet.

    A date that nobody can read (`Summer 2021`) has its year.
    """
    if not table.closed or not (row.date or is_undecided(row.date_text) or _YEAR.search(row.date_text)):
        raise PageError("the page ends inside its table of updates", where=where, hint="the last row has no date")


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Makes rows of cells."""

    known: Mapping[str, str]
    """The whole names of the page, by their `letters_of`."""
    vocabulary: Vocabulary

    def row(self, number: int, columns: Columns, cells: Sequence[Sequence[TextBlock]]) -> DocumentedRow:
        def cell(column: int | None) -> Sequence[TextBlock]:
            return cells[column] if column is not None and column < len(cells) else ()

        subject, blocks = cell(columns.subject), [block for column in columns.description for block in cell(column)]
        change = " ".join(block.marked for block in subject)
        policies, title = self._subject(subject, columns)
        description = _described(blocks)
        kind = kind_of(title, description, policies)
        if not policies and kind is not RowKind.TRACKING_STARTED:
            policies = self._policies_outside_subject(plain(change), blocks, description)
        actions = documented_actions(change, blocks, policies, self.vocabulary.catalogue)
        keys = named_condition_keys(f"{plain(change)} {description}", self.vocabulary.catalogue)
        date_text = " ".join(block.text for block in cell(columns.date))
        days = read_span(date_text)
        return DocumentedRow(
            number=number,
            kind=kind,
            policies=policies,
            change=plain(change),
            title=title,
            description=description,
            date=days.first if days else None,
            date_text=date_text,
            actions=tuple(action for action in actions if not action.removed),
            removed_actions=tuple(action for action in actions if action.removed),
            speaks_of=spoken_of(f"{title} {description}", keys),
            roles=role_names(f"{plain(change)} {description}"),
            version=None if columns.version is None else " ".join(block.text for block in cell(columns.version)),
            last_date=days.last if days and days.last != days.first else None,
        )

    def _subject(self, subject: Sequence[TextBlock], columns: Columns) -> tuple[tuple[str, ...], str]:
        """Return the policies that the first cell names, and its title."""
        change = " ".join(block.marked for block in subject)
        policies, title = split_change(change, self.known, self._in_first_cell)
        if len(subject) > 1 and (known := self._lines(subject)):
            policies = known
        if columns.of_policies and subject:
            # Such a cell repeats, row for row, what the policy is for: only the first line can hold a title.
            first, title = split_change(subject[0].marked, self.known, self._in_first_cell)
            title = title if first and title != subject[0].text else ""
            policies = first or policies
        return policies, title

    def _lines(self, subject: Sequence[TextBlock]) -> tuple[str, ...]:
        """Return the known policies that the lines of a first cell begin with: a line may be an event of its own."""
        found = [split_change(block.marked, {}, self._in_first_cell)[0] for block in subject]
        return tuple(dict.fromkeys(name for names in found for name in names if name in self.vocabulary.policies))

    def _in_first_cell(self, marked: str) -> tuple[str, ...]:
        """Return the policies of a first cell: those that are known, and others that are called like policies."""
        found = self.vocabulary.policies.find(marked, first_cell=True)
        if not self.vocabulary.policies:
            return ()
        whole = "".join(found).replace("_", "").replace("-", "")
        unknown = [name for name in complete_names(plain(marked)) if name not in found and stands_as_name(name, marked)]
        unknown += [name for name in owned_names(marked) if name not in (*found, *unknown) and self._is_slip(name)]
        return (*found, *(name for name in unknown if name.replace("_", "").replace("-", "") not in whole))

    def _is_slip(self, name: str) -> bool:
        """Return whether a policy is called so but for a letter or two; a product is called like many policies."""
        nearest = self.vocabulary.policies.nearest(name)
        return nearest is not None and abs(len(nearest) - len(name)) <= MAX_SLIP

    def _policies_outside_subject(self, change: str, blocks: Iterable[TextBlock], description: str) -> tuple[str, ...]:
        """Return what a row is about whose first cell names no policy: those of its description, else its roles."""
        if self.vocabulary.policies:
            found = self.vocabulary.policies.find("\n".join(block.marked for block in blocks))
            return found or role_names(change) or role_names(description)
        return role_names(change) or complete_names(description)


def _described(blocks: Iterable[TextBlock]) -> str:
    return "\n".join(f"- {block.text}" if block.kind is BlockKind.ITEM else block.text for block in blocks)
