"""A service and its policies."""

from datetime import date

from msgspec import Struct

__all__ = ["Service"]


class Service(Struct, frozen=True):
    """A service whose policies are shown together, as on one documentation page."""

    name: str
    """As it is written: `Amazon Connect`."""
    slug: str
    """As it is addressed: `connect`."""
    policies: tuple[str, ...]
    """Globs of policy names."""
    documentation: str | None = None
    """Address of the documentation page with the update table."""
    tracking_since: date | None = None
    """The day from which changes are shown; None for "since the archive began"."""
    announcements: tuple[str, ...] = ()
    """Files with the documentation's history feeds: what they announce is shown beside the changes."""
