"""The output formats of each command: `--format`, `--help`, the documentation and `build` read these tables.

A format is a template, or a function where a template would not do. To add one, add its line here, its template or
module, and a golden file to the tests.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from msgspec import Struct

__all__ = [
    "ACCOUNT_HISTORY",
    "ANNOUNCEMENTS",
    "AUDIT",
    "BLAME",
    "CHANGELOG",
    "COPIES",
    "EXPANSION",
    "FORMATS_BY_COMMAND",
    "NOTIFICATION",
    "OVERLAP",
    "PAGE",
    "REVIEW",
    "RULES",
    "STATUS",
    "OutputFormat",
    "find_format",
    "format_names",
]


class OutputFormat(Struct, frozen=True):
    """One format that one kind of output can have."""

    name: str
    """What `--format` calls it."""
    about: str
    """What it is, for the documentation."""
    template: str = ""
    """The template that prints a page or report; empty where a function does."""
    writer: str = ""
    """`module:function` in this package; empty where a template does. It takes what the others of its command take."""
    takes_data: bool = False
    """Whether the function takes the data themselves, and no page or report made of them."""
    takes: tuple[str, ...] = ()
    """Of a review: what the function takes, in order: `review`, `report`, `words`, `catalogue`, `levels`."""
    reader: str = ""
    """`module:function` that makes the text of a changelog while its histories are read; empty for none."""
    feed_file: str = ""
    """The file in which `build` publishes a feed of this format; empty for what is no feed."""

    def function(self) -> Callable[..., Any]:
        """Return the function that writes the format; its module is imported now."""
        return _function(self.writer)

    def reading_function(self) -> Callable[..., Any]:
        """Return the function that writes the format while it reads."""
        return _function(self.reader)


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"tracker.formats.{module}"), function)
    return found


CHANGELOG = (
    OutputFormat("markdown", "the table of the AWS documentation, in Markdown", "changelog.md.j2"),
    OutputFormat("html", "the same table as a page of HTML", "changelog.html.j2"),
    OutputFormat("rss", "a feed in RSS 2.0 with the newest entries", "feed.rss.xml.j2", feed_file="feed.xml"),
    OutputFormat("atom", "a feed in Atom with the newest entries", "feed.atom.xml.j2", feed_file="atom.xml"),
    OutputFormat(
        "jsonfeed",
        "a JSON Feed 1.1 with the newest entries",
        writer="json_feed:json_feed",
        feed_file="feed.json",
    ),
    OutputFormat(
        "json",
        "all data, `policy-tracker/changelog/1`",
        writer="changelog_json:changelog_json_parts",
        takes_data=True,
        reader="changelog_json:read_changelog_json_parts",
    ),
    OutputFormat("text", "plain text", "changelog.txt.j2"),
    OutputFormat(
        "ids",
        "the ids of the entries, as lines for `--acknowledged`",
        writer="changelog_ids:changelog_ids",
        takes_data=True,
    ),
)
PAGE = (
    OutputFormat("markdown", "the page in Markdown", "service.md.j2"),
    OutputFormat("html", "the page in HTML", "service.html.j2"),
)
AUDIT = (
    OutputFormat("text", "plain text", "audit.txt.j2"),
    OutputFormat("markdown", "a report in Markdown", "audit.md.j2"),
    OutputFormat("html", "a report as a page of HTML", "audit.html.j2"),
    OutputFormat("json", "all data, `policy-tracker/audit/1`", writer="audit_json:audit_json", takes_data=True),
)
ANNOUNCEMENTS = (
    OutputFormat("text", "plain text", writer="announcements:announcements_text"),
    OutputFormat("json", "all data, `policy-tracker/announcements/1`", writer="announcements:announcements_json"),
)
REVIEW = (
    OutputFormat("text", "for a terminal, with colours", writer="review_text:report_text", takes=("report", "words")),
    OutputFormat("markdown", "a report in Markdown", "review.md.j2"),
    OutputFormat("html", "a report as a page of HTML", "review.html.j2"),
    OutputFormat(
        "json",
        "all data, `policy-tracker/review/1`",
        writer="review_json:review_to_json",
        takes=("review", "catalogue"),
    ),
    OutputFormat(
        "sarif",
        "SARIF 2.1.0, for code scanning",
        writer="sarif:review_to_sarif",
        takes=("review", "words", "levels"),
    ),
    OutputFormat(
        "github",
        "annotations of a GitHub workflow",
        writer="annotations:review_to_annotations",
        takes=("review", "words"),
    ),
    OutputFormat(
        "gitlab",
        "a Code Quality report of GitLab",
        writer="code_quality:review_to_code_quality",
        takes=("review", "words"),
    ),
    OutputFormat(
        "junit",
        "JUnit XML, which most CI systems show",
        writer="junit:review_to_junit",
        takes=("review", "words"),
    ),
)
RULES = (
    OutputFormat("text", "a table for a terminal", writer="rules:rules_to_text"),
    OutputFormat("json", "all data", writer="rules:rules_to_json"),
)
EXPANSION = (
    OutputFormat("text", "a table for a terminal", writer="expansion:expansion_to_text"),
    OutputFormat("json", "all data", writer="expansion:expansion_to_json"),
)
BLAME = (
    OutputFormat("text", "lines for a terminal", writer="blame:blame_to_text"),
    OutputFormat("json", "all data, `policy-tracker/blame/1`", writer="blame:blame_to_json"),
)
STATUS = (
    OutputFormat("text", "lines for a terminal", writer="status:status_to_text"),
    OutputFormat("json", "all data, `policy-tracker/status/1`", writer="status:status_to_json"),
)
OVERLAP = (
    OutputFormat("text", "lines for a terminal", writer="account_overlap:overlap_to_text"),
    OutputFormat("json", "all data, `policy-tracker/overlap/1`", writer="account_overlap:overlap_to_json"),
)
ACCOUNT_HISTORY = (
    OutputFormat("text", "a paragraph for each principal", writer="account_history:account_history_to_text"),
    OutputFormat(
        "json", "all data, `policy-tracker/account-history/1`", writer="account_history:account_history_to_json"
    ),
)
NOTIFICATION = tuple(each for each in CHANGELOG if each.name in ("text", "markdown", "html"))
"""What a dry run prints; a destination gets the format that it shows best."""
COPIES = (
    OutputFormat("text", "a few lines for each copy", writer="account_copies:copies_to_text"),
    OutputFormat("json", "all data, `policy-tracker/copies/1`", writer="account_copies:copies_to_json"),
)
FORMATS_BY_COMMAND = {
    "status": STATUS,
    "notify": NOTIFICATION,
    "changelog": CHANGELOG,
    "page": PAGE,
    "audit": AUDIT,
    "announcements": ANNOUNCEMENTS,
    "diff": REVIEW,
    "rules": RULES,
    "expand": EXPANSION,
    "log": BLAME,
    "account overlap": OVERLAP,
    "account history": ACCOUNT_HISTORY,
    "account copies": COPIES,
}
"""Command → the formats it can write."""


def format_names(formats: Sequence[OutputFormat]) -> tuple[str, ...]:
    """Return the names of formats, in their order."""
    return tuple(each.name for each in formats)


def find_format(formats: Sequence[OutputFormat], name: str) -> OutputFormat:
    """Return the format of a name.

    Raises:
        LookupError: there is none.
    """
    for each in formats:
        if each.name == name:
            return each
    raise LookupError(name)
