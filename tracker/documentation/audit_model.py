"""What an audit of a documentation page says: a verdict and findings for each row, and what no row is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.documentation.pages import DocumentedRow

__all__ = ["Audit", "AuditedRow", "RowFinding", "RowReason", "RowVerdict", "SpellingCorrection"]


class RowVerdict(StrEnum):
    """How a row stands against the archive, best first; a row has the last one that is true of it."""

    CONFIRMED = "confirmed"
    NOT_CHECKED = "not-checked"
    DATED_DIFFERENTLY = "dated-differently"
    OTHER_SPELLING = "other-spelling"
    PARTLY = "partly"
    NOT_FOUND = "not-found"


class RowReason(StrEnum):
    """Why a row was not found, or could not be checked."""

    NO_POLICY = "no-policy"
    UNKNOWN_POLICY = "unknown-policy"
    BEFORE_ARCHIVE = "before-archive"
    AFTER_ARCHIVE = "after-archive"
    NO_DATE = "no-date"
    NO_VERSION = "no-version"
    STATEMENT_OF_PAGE = "statement-of-page"


@dataclass(frozen=True, slots=True)
class SpellingCorrection:
    """An action that the page writes otherwise than the policy."""

    written: str
    """As on the page."""
    meant: tuple[str, ...]
    """As in the policy; more than one where several services have the name."""


@dataclass(frozen=True, slots=True)
class RowFinding:
    """What the archive says of one row, for one of its policies."""

    policy: str | None
    """The policy; None where the row is about none."""
    verdict: RowVerdict
    """How it stands."""
    entries: tuple[Entry, ...] = ()
    """The versions it tells, the one that explains most of it first."""
    days: int | None = None
    """How many days the row is dated after the first of them; negative for before, None without one."""
    respelled: tuple[SpellingCorrection, ...] = ()
    """Actions written otherwise."""
    missing: tuple[str, ...] = ()
    """Actions that no version near the row has."""
    silent: tuple[Change, ...] = ()
    """Changes of its version that neither this row nor another tells. Those of scope alone make no row partly told:
    the tables tell them in prose."""
    reason: RowReason | None = None
    """Why nothing was found, or nothing looked for."""
    has_broken_name: bool = False
    """True where the page prints the policy's name with blanks inside, as machine translation leaves it."""


@dataclass(frozen=True, slots=True)
class AuditedRow:
    """A row with its findings."""

    row: DocumentedRow
    """As it was read."""
    findings: tuple[RowFinding, ...]
    """One for each policy it is about; at least one."""

    @property
    def verdict(self) -> RowVerdict:
        """The worst verdict of its findings."""
        return max((finding.verdict for finding in self.findings), key=list(RowVerdict).index)


@dataclass(frozen=True, slots=True)
class Audit:
    """A page held against an archive."""

    rows: tuple[AuditedRow, ...]
    """In the order of the page."""
    untold: tuple[Entry, ...]
    """What happened in the page's time and no row tells, newest first."""
    not_observed: tuple[Entry, ...]
    """Steps in the page's time that skip versions the archive never saw: no row about those can be checked."""
    since: date | None
    """First day of the page's time; None for a page without dates."""
    until: date | None
    """Last day of it."""
    counts: Mapping[str, int] = field(hash=False)
    """Verdict → rows, and `untold` → versions."""

    def has(self, wanted: str) -> bool:
        """Tell whether there is something of a kind: a verdict, `untold`, or `any` for all that is not as it should."""
        if wanted == "any":
            return any(self.counts[name] for name in ("not-found", "partly", "other-spelling", "untold"))
        return bool(self.counts[wanted])
