"""What reading a documentation page costs, by form, and what auditing it does: prints CPU seconds.

python tests/benchmarks/pages.py

The pages are made: one of as many rows as a page may have, and one as large as a page may be, each as HTML, Markdown
and the text a browser copies; the rows must come out as they went in. Audited are ordinary rows, and rows of
nothing but wildcards (`s3:GetObj*`), each against a version of its own.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from time import process_time
from typing import NamedTuple, TypeVar

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.documentation import DocumentedPage, read_page
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.reading.layout import MAX_PAGE_BYTES, MAX_ROWS
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion

FIRST_DAY = date(2001, 1, 1)
VERSIONS = 90
"""Rows about one policy: no real one has more versions whose permissions differ."""
USUAL, MANY = 2, 24
"""Actions of a row: the median of real tables, and so many that a page of 5 MB is soon full."""
WILDCARDS, WILD_ROWS = 200, 600


_USUAL = re.compile("[a-z0-9-]+:[A-Z][A-Za-z0-9]+")


class Line(NamedTuple):
    """A row to be written."""

    policy: str
    day: date
    actions: tuple[str, ...]


Made = TypeVar("Made")


def lines(rows: int, actions: int) -> list[Line]:
    """Return rows, newest first; those of one policy follow each other and share no action."""
    every = [action.name for action in load_catalogue().expand("*") if _USUAL.fullmatch(action.name)]
    return [
        Line(
            f"AmazonSample{row // VERSIONS}ServiceRolePolicy",
            FIRST_DAY + timedelta(days=rows - row),
            tuple(every[(row * actions + index) % len(every)] for index in range(actions)),
        )
        for row in range(rows)
    ]


def spoken(day: date) -> str:
    """Return a day as nine of ten pages write it."""
    return f"{day:%B} {day.day}, {day.year}"


def as_html(rows: Sequence[Line]) -> Iterator[str]:
    """Yield a page as AWS serves it."""
    yield "<!DOCTYPE html><html lang=en><h1>AWS managed policies</h1><table><tr><th>Change<th>Description<th>Date</tr>"
    for policy, day, actions in rows:
        items = "".join(f"<li><p><code class=code>{action}</code></p></li>" for action in actions)
        yield f"<tr><td><p><a href=#p><code>{policy}</code></a> – Update to an existing policy</p></td>"
        yield f"<td><p>Added the following actions:</p><ul>{items}</ul></td><td>{spoken(day)}</td></tr>"
    yield "</table></html>"


def as_markdown(rows: Sequence[Line]) -> Iterator[str]:
    """Yield a page in pipes."""
    yield "# AWS managed policies\n\n| Change | Description | Date |\n| --- | --- | --- |"
    for policy, day, actions in rows:
        items = "<br />".join(f"+ `{action}`" for action in actions)
        reported = f"[{policy}](#p) – Update to an existing policy | Added the following actions:<br />{items}"
        yield f"| {reported} | {spoken(day)} |"
    yield ""


def as_text(rows: Sequence[Line]) -> Iterator[str]:
    """Yield a page as it is copied."""
    yield "AWS managed policies\nChange\tDescription\tDate"
    for policy, day, actions in rows:
        yield f"{policy} – Update to an existing policy\nAdded the following actions:"
        yield "\n".join((*actions, spoken(day)))
    yield "Sample started tracking changes\nSample started tracking changes.\nJanuary 1, 2001"


FORMS: dict[str, Callable[[Sequence[Line]], Iterator[str]]] = {
    "html": as_html,
    "markdown": as_markdown,
    "text": as_text,
}


def largest(form: Callable[[Sequence[Line]], Iterator[str]], rows: Sequence[Line]) -> list[Line]:
    """Return as many of the rows as a page in some form can hold."""
    size = len("\n".join(form(rows)).encode())
    return list(rows[: int(len(rows) * min(1, (MAX_PAGE_BYTES - 1000) / size))])


def histories(rows: Sequence[Line]) -> Iterator[PolicyHistory]:
    """Yield the policies of some rows, each row a version that grants its actions and all before."""
    for policy, same in groupby(reversed(rows), lambda row: row.policy):
        granted: list[str] = []
        versions: list[PolicyVersion] = []
        for number, row in enumerate(same, 1):
            granted += row.actions
            document = {"Statement": [{"Effect": "Allow", "Action": list(granted), "Resource": "*"}]}
            at = datetime(row.day.year, row.day.month, row.day.day, 20, tzinfo=UTC)
            versions.append(PolicyVersion(f"v{number}", at, document))
        seen = tuple(Observation(version.created_at, version.version_id) for version in versions)
        yield PolicyHistory("aws", PolicyFacts(policy), tuple(versions), seen)


def timed(work: Callable[[], Made], what: str) -> Made:
    """Do something and print what it took."""
    began = process_time()
    made = work()
    sys.stdout.write(f"{what:<40} {process_time() - began:6.2f} s\n")
    return made


def main() -> None:
    """Print the figures."""
    for form in FORMS.values():
        read_page("\n".join(form(lines(1, 1))), name="warm")
    usual, many = lines(MAX_ROWS - 1, USUAL), lines(MAX_ROWS - 1, MANY)
    for rows in (usual, many):
        reported = {name: read(name, largest(form, rows)) for name, form in FORMS.items()}
    audited("audit of ordinary rows", reported["text"], many)
    named = lines(WILD_ROWS, WILDCARDS)
    wild = [
        row._replace(actions=tuple(f"{name[: max(name.index(':') + 2, len(name) - 6)]}*" for name in row.actions))
        for row in named
    ]
    page = read("text", wild)
    audited("audit of wildcards, against actions", page, named)
    audited("audit of wildcards, against wildcards", page, wild)


def read(form: str, rows: Sequence[Line]) -> DocumentedPage:
    """Read rows in some form, print what it took, and see that they are what was written."""
    text = "\n".join(FORMS[form](rows))
    what = f"{form}: {len(rows):,} rows, {len(text.encode()) / 1e6:.1f} MB"
    page = timed(lambda: read_page(text, name="page"), what)
    found = [
        Line(row.policies[0], row.date, tuple(action.name for action in row.actions))
        for row in page.rows
        if row.policies and row.date
    ]
    if found != [row._replace(actions=tuple(dict.fromkeys(row.actions))) for row in rows]:
        raise SystemExit(f"{form}: not read as it was written")
    return page


def audited(what: str, page: DocumentedPage, rows: Sequence[Line]) -> None:
    """Audit a page, and print what it took and what came of it."""
    catalogue = load_catalogue()
    reported = (entry for history in histories(rows) for entry in entries_of(history, None))
    entries = [entry for entry in reported if isinstance(entry, Entry)]
    audit = timed(lambda: audit_page(page, entries, lambda name: bool(catalogue.expand(name))), what)
    sys.stdout.write(f"  {', '.join(f'{count} {name}' for name, count in audit.counts.items() if count)}\n")


if __name__ == "__main__":
    main()
