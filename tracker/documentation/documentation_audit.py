"""An audit of many sources at once: pages, feeds, what could not be read, and what no page documents."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tracker.documentation.announcements.matches import AnnouncementMatch
from tracker.documentation.auditing.model import Audit, RowVerdict
from tracker.documentation.undocumented import Undocumented, UndocumentedState

__all__ = ["AuditedFeed", "AuditedPage", "DocumentationAudit", "RowChange", "UnreadSource"]


@dataclass(frozen=True, slots=True)
class AuditedPage:
    """A page held against the archive."""

    name: str
    """File or address."""
    title: str
    """What the page, or the configuration, calls its service."""
    audit: Audit
    """What the archive says of its rows."""


@dataclass(frozen=True, slots=True)
class AuditedFeed:
    """A history feed with what its items announce."""

    name: str
    """File or address."""
    matches: tuple[AnnouncementMatch, ...]
    """Its items about policies, in its order."""


@dataclass(frozen=True, slots=True)
class UnreadSource:
    """A source that could not be read: its policies are unknown, not undocumented."""

    name: str
    """File or address."""
    reason: str
    """Why, in one line."""
    policies: tuple[str, ...] = ()
    """The policies that it named when it was read last; empty where it was never recorded."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that AWS edited or deleted since the page was recorded."""

    page: str
    """File or address."""
    policies: tuple[str, ...]
    """What it was about."""
    date: str | None
    """Its day."""
    is_edited: bool
    """True where another row about the same policies took its place; False where it is gone."""
    date_now: str | None = None
    """The day of the row in its place; None for none."""
    named_now: tuple[str, ...] = ()
    """The actions that the row in its place names, and it did not."""
    not_named_now: tuple[str, ...] = ()
    """The actions that it named, and the row in its place does not."""


@dataclass(frozen=True)
class DocumentationAudit:
    """All that was looked at."""

    pages: tuple[AuditedPage, ...]
    """The pages, in the order in which they were given."""
    feeds: tuple[AuditedFeed, ...] = ()
    """The feeds, likewise."""
    unread: tuple[UnreadSource, ...] = ()
    """What could not be read."""
    undocumented: tuple[Undocumented, ...] = ()
    """Changes that no page documents, the gravest first."""
    row_changes: tuple[RowChange, ...] = ()
    """Rows that were edited or deleted since they were recorded."""

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Verdict → rows, and `untold`, `undocumented`, `unread`."""
        total: Counter[str] = Counter()
        for page in self.pages:
            total.update(page.audit.counts)
        open_ones = sum(item.state is UndocumentedState.OPEN for item in self.undocumented)
        ordered = {str(verdict): total[str(verdict)] for verdict in RowVerdict} | {"untold": total["untold"]}
        return ordered | {"undocumented": open_ones, "unread": len(self.unread)}

    def has(self, wanted: str) -> bool:
        """Return whether there is something of a kind: a count's name, or `any` for all that is not as it should."""
        if wanted == "any":
            names = ("not-found", "partly", "other-spelling", "untold", "undocumented", "unread")
            return any(self.counts[name] for name in names)
        return bool(self.counts[wanted])
