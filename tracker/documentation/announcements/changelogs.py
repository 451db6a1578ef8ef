"""Changelogs with what attach_announcements their entries: the documentation's history feeds, read from files.

Nothing is fetched: the same files and the same archive give the same changelog.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Changelog, EntryAnnouncement
from tracker.errors import PageError
from tracker.settings.configuration import service_has_policy
from tracker.settings.services import Service

__all__ = ["Feed", "attach_announcements", "read_feeds"]

MAX_NOTICES = 5
"""The most announcements that are listed beside one entry."""
MAX_TITLE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Feed:
    """A history feed as it was found."""

    name: str
    """The file, for messages."""
    service: Service | None
    """Whose policies it is about; None for any."""
    data: bytes
    """Its bytes."""


def read_feeds(
    services: Iterable[Service], files: Iterable[Path] = (), about: Service | None = None
) -> tuple[Feed, ...]:
    """Read the feeds of services, and others.

    Args:
        services: each with the files that its configuration names.
        files: further files.
        about: the service that those are about; None for any.

    Raises:
        PageError: a file can't be read.
    """
    named = [(Path(name), service) for service in services for name in service.announcements]
    return tuple(Feed(str(file), service, _read(file)) for file, service in [*named, *((it, about) for it in files)])


def _read(file: Path) -> bytes:
    from tracker.documentation.reading.layout import MAX_PAGE_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise PageError(f"can't be read: {error.strerror}", where=str(file)) from error


def attach_announcements(changelog: Changelog, feeds: Sequence[Feed], catalogue: Catalogue) -> Changelog:
    """Return a changelog whose entries know what attach_announcements them.

    Args:
        changelog: the entries.
        feeds: what may announce it.
        catalogue: knows which actions there are, to find the misspelt ones.

    Raises:
        PageError: a feed is none, is too large, or ends in the middle.
    """
    from tracker.documentation import read_announcements
    from tracker.documentation.announcements.matches import match_announcements
    from tracker.documentation.reading.policy_names import NO_NAMES, PolicyNames

    found: defaultdict[str, list[EntryAnnouncement]] = defaultdict(list)
    names = PolicyNames(entry.policy for entry in changelog.entries) if feeds else NO_NAMES
    for feed in feeds:
        items = read_announcements(feed.data, name=feed.name, names=names)
        named = {policy for item in items for policy in item.policies}
        entries = [
            entry
            for entry in changelog.entries
            if feed.service is None or entry.policy in named or service_has_policy(feed.service, entry.policy)
        ]
        for match in match_announcements(items, entries, lambda action: bool(catalogue.expand(action))):
            item = match.announcement
            if item.published is None:
                continue
            title = item.title if len(item.title) <= MAX_TITLE_LENGTH else f"{item.title[:MAX_TITLE_LENGTH]}…"
            for entry, days in match.entries:
                found[entry.id].append(EntryAnnouncement(title, item.link, item.published, days))
    if not found:
        return changelog
    return replace(
        changelog,
        entries=tuple(
            replace(entry, notices=_nearest(found[entry.id])) if entry.id in found else entry
            for entry in changelog.entries
        ),
    )


def _nearest(notices: Iterable[EntryAnnouncement]) -> tuple[EntryAnnouncement, ...]:
    unique = dict.fromkeys(notices)
    return tuple(sorted(unique, key=lambda it: (abs(it.days), it.published, it.title))[:MAX_NOTICES])
