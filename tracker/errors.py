"""The error tree and the exit code of each class.

Every fault a user can cause or meet is one of these; anything else that escapes is a defect of the program.

    TrackerError
    ├── UsageError          2   an argument that can't be meant
    ├── DocumentError       3   a policy document that is none
    ├── ArchiveError        4   snapshots that are broken, or that would be rewritten
    ├── GitError            5   git is missing, refused, or holds no such thing
    ├── SourceError         6   IAM could not be read: credentials, permissions, network
    ├── PageError           7   a documentation page or feed that can't be read
    ├── RenderError         8   a template or an output that failed its own check
    ├── OutputError         9   a file that can't be written
    └── ConfigurationError 10   a configuration that can't be meant

Exit code 1 is no error: it means "found what --fail-on names".
"""

from typing import ClassVar

__all__ = [
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

LONGEST_MESSAGE = 1000


def one_line(text: str) -> str:
    """Return `text` as one printable line: control characters are shown escaped, long text is cut."""
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text.strip())
    return shown if len(shown) <= LONGEST_MESSAGE else f"{shown[:LONGEST_MESSAGE]}…"


def _escaped(char: str) -> str:
    return " " if char in "\n\r\t" else char.encode("unicode_escape").decode("ascii")


class TrackerError(Exception):
    """Base of all errors: what happened, where, and what to do, in one line.

    Args:
        what: the fault, lower case, without a full stop.
        where: the file, revision, policy or place in a document; empty when the fault has no place.
        hint: what the user can do; empty when nothing can be said.
    """

    exit_code: ClassVar[int] = 11

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
    """An argument or a combination of arguments that can't be meant."""

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
    """A configuration file that can't be read or meant."""

    exit_code = 10
