"""The errors that a user can cause or meet, and the exit codes. What else escapes is a defect of the program."""

from collections.abc import Mapping
from typing import ClassVar

__all__ = [
    "EXIT_CODES",
    "FOUND",
    "INTERRUPTED",
    "TOO_LARGE",
    "ArchiveError",
    "ConfigurationError",
    "DocumentError",
    "GitError",
    "OutputError",
    "PageError",
    "RenderError",
    "SourceError",
    "TrackerError",
    "UsageError",
    "one_line",
]

FOUND, TOO_LARGE, INTERRUPTED = 1, 11, 130
"""The exit codes that belong to no class of errors."""
MAX_MESSAGE_LENGTH = 1000


def one_line(text: str) -> str:
    """Return `text` as one printable line: control characters are shown escaped, long text is cut."""
    shown = text.strip()
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else _escaped(char) for char in shown)
    return shown if len(shown) <= MAX_MESSAGE_LENGTH else f"{shown[:MAX_MESSAGE_LENGTH]}…"


def _escaped(char: str) -> str:
    return " " if char in "\n\r\t" else char.encode("unicode_escape").decode("ascii")


class TrackerError(Exception):
    """Base of all errors: what happened, where, and what to do, in one line.

    Args:
        what: the fault, lower case, without a full stop.
        where: the file, revision, policy or place in a document; empty when the fault has no place.
        hint: what the user can do; empty when nothing can be said.
    """

    exit_code: ClassVar[int]

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return one_line(f"{place}{self.what}{advice}")

    def within(self, place: str) -> "TrackerError":
        """Return the same error with its place put inside a larger one (`v3.json` within `snapshots/aws/X`)."""
        where = f"{place}: {self.where}" if self.where else place
        return type(self)(self.what, where=where, hint=self.hint)


class UsageError(TrackerError):
    """An argument, or a combination of arguments, that makes no sense."""

    exit_code = 2


class DocumentError(TrackerError):
    """Text that is no policy document; `where` is the place inside it, like `Statement[2].Action`."""

    exit_code = 3


class ArchiveError(TrackerError):
    """Snapshots that can't be read, or a record that would rewrite one."""

    exit_code = 4


class GitError(TrackerError):
    """Git is missing, refused a command, or the repository lacks what was asked for."""

    exit_code = 5


class SourceError(TrackerError):
    """A source could not be read whole: credentials, permissions, network, implausible answer."""

    exit_code = 6


class PageError(TrackerError):
    """A documentation page or feed that can't be read as one."""

    exit_code = 7


class RenderError(TrackerError):
    """A template that failed, or an output that did not pass the program's own check."""

    exit_code = 8


class OutputError(TrackerError):
    """A file or stream that can't be written."""

    exit_code = 9


class ConfigurationError(TrackerError):
    """A configuration file that can't be read, or makes no sense."""

    exit_code = 10


EXIT_CODES: Mapping[int, str] = {
    0: "all is well",
    FOUND: "`--fail-on` found what it names, or `status` a problem; no error",
    UsageError.exit_code: "an argument, or a combination of arguments, that makes no sense; "
    "or no policy that a file of attached policies names is known",
    DocumentError.exit_code: "an input that should be a policy document and is none",
    ArchiveError.exit_code: "an archive that can't be read, or a record that would rewrite it",
    GitError.exit_code: "git is missing, refused a command, or has no such revision",
    SourceError.exit_code: "IAM or GitHub could not be reached, refused, or gave an implausible answer",
    PageError.exit_code: "a documentation page or feed that can't be read",
    RenderError.exit_code: "a template that failed, or an output that did not pass the program's own check",
    OutputError.exit_code: "a file or stream that can't be written",
    ConfigurationError.exit_code: "a configuration that can't be read, or makes no sense",
    TOO_LARGE: "an input that is too large for this machine",
    INTERRUPTED: "interrupted by Ctrl+C",
}
"""Exit code → what it means: all that the program ends with. README has the same table."""
