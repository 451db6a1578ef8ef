"""What an audit of a documentation page says: a verdict and findings for each row, and what no row is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tracker.changelog.model import Entry
from tracker.diff.model import Change
from tracker.documentation.reading.pages import DocumentedRow

__all__ = [
    "COMPLAINTS",
    "EXPLAINED",
    "ActionFinding",
    "ActionStanding",
    "Audit",
    "AuditedRow",
    "RowFinding",
    "RowReason",
    "RowVerdict",
    "SpellingCorrection",
]


class RowVerdict(StrEnum):
    """How a row stands against the archive, best first; a row has the last one that is true of it."""

    CONFIRMED = "confirmed"
    NOT_CHECKED = "not-checked"
    DATED_DIFFERENTLY = "dated-differently"
    GRANTED_BEFORE = "granted-before"
    OTHER_SPELLING = "other-spelling"
    PARTLY = "partly"
    NOT_FOUND = "not-found"


class ActionStanding(StrEnum):
    """What is true of an action that a row names."""

    ADDED = "added"
    """The version grants it, and the one before did not."""
    REMOVED = "removed"
    """The other way round."""
    OTHER_SCOPE = "other-scope"
    """The version grants it on another resource, or under another condition, than the one before."""
    GRANTED_BEFORE = "granted-before"
    """An older version granted it already."""
    COVERED = "covered"
    """A wildcard granted it already."""
    DENIED = "denied"
    """It stands under Deny."""
    RESPELLED = "other-spelling"
    """The policy writes it otherwise."""
    OTHER_TIME = "other-time"
    """A version adds it, or removes it, that is too far from the row's day."""
    STILL_GRANTED = "still-granted"
    """The row says that it was removed, and the version grants it."""
    NEVER = "never-granted"
    """No version grants it, or it was never removed because it was never there."""
    UNKNOWN = "unknown"
    """The versions' documents were not at hand."""


COMPLAINTS = frozenset(
    {ActionStanding.OTHER_TIME, ActionStanding.STILL_GRANTED, ActionStanding.NEVER, ActionStanding.UNKNOWN}
)
"""What makes a row wrong about an action; a slip of spelling is none of them."""
EXPLAINED = frozenset({*ActionStanding} - COMPLAINTS - {ActionStanding.RESPELLED})
"""What counts of an action that a row says the reader's own role needs: the policy need not have it."""


class RowReason(StrEnum):
    """Why a row was not found, or could not be checked."""

    NO_POLICY = "no-policy"
    UNKNOWN_POLICY = "unknown-policy"
    UNKNOWN_ROLE = "unknown-role"
    BEFORE_ARCHIVE = "before-archive"
    AFTER_ARCHIVE = "after-archive"
    NO_DATE = "no-date"
    NO_DOCUMENT = "no-document"
    NO_VERSION = "no-version"
    STATEMENT_OF_PAGE = "statement-of-page"


@dataclass(frozen=True, slots=True)
class ActionFinding:
    """What is true of one action of a row, for one policy."""

    name: str
    """As the row names it."""
    standing: ActionStanding
    """What is true of it."""
    version: str | None = None
    """The version that makes it so: the one that added it, or that granted it first; None for none."""
    covered_by: str | None = None
    """The wildcard that grants it, or `NotAction`; None for none."""
    days: int | None = None
    """How many days the row is dated after the version; None where that is not the matter."""
    meant: tuple[str, ...] = ()
    """How the policy writes it."""
    removed: bool = False
    """True where the row says that it was removed."""


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
    """The versions that the row documents, the one that explains most of it first."""
    days: int | None = None
    """How many days the row is dated after the first of them; negative for before, None without one."""
    respelled: tuple[SpellingCorrection, ...] = ()
    """Actions written otherwise."""
    missing: tuple[str, ...] = ()
    """Actions that are not so: those of `actions` whose standing is a complaint."""
    actions: tuple[ActionFinding, ...] = ()
    """What is true of each action it names, in its order."""
    silent: tuple[Change, ...] = ()
    """Changes of its version that neither this row nor another documents. Changes of scope alone leave a row confirmed:
    the tables describe them in prose."""
    reason: RowReason | None = None
    """Why nothing was found, or nothing looked for."""
    has_broken_name: bool = False
    """True where the page prints the policy's name with blanks inside, as machine translation leaves it."""
    written: str | None = None
    """The name as the page has it, where no policy is called so; None where one is."""
    nearest: str | None = None
    """The known policy that an unknown name is most like; None for none."""
    candidates: tuple[str, ...] = ()
    """The policies that a role of the page may have, where nothing proves one."""
    elsewhere: tuple[Entry, ...] = ()
    """For a row that was not found: versions of other policies of the page that got its actions at that time; for one
    without actions, those of the policies that its description names."""
    labels_only: bool = False
    """True where the document of its version differs from the one before in statement ids or the like alone."""


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
    """What happened in the page's time and no row documents, newest first; named as in the JSON."""
    not_observed: tuple[Entry, ...]
    """Steps in the page's time that skip versions the archive never saw: no row about those can be checked."""
    since: date | None
    """First day of the page's time; None for a page without dates."""
    until: date | None
    """Last day of it."""
    counts: Mapping[str, int] = field(hash=False)
    """Verdict → rows, and `untold` → versions."""

    def has(self, wanted: str) -> bool:
        """Return whether there is any of a kind: a verdict, `untold`, or `any` for all that is not as it should be."""
        if wanted == "any":
            return any(self.counts[name] for name in ("not-found", "partly", "other-spelling", "untold"))
        return bool(self.counts[wanted])
