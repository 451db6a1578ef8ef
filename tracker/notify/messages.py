"""New entries to messages: one for each entry, one for all of a day on which very many changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC
from hashlib import sha256

from msgspec import Struct

from tracker.changelog.model import Changelog, Entry

__all__ = ["MOST_OF_A_DAY", "Message", "new_messages"]

MOST_OF_A_DAY = 5
"""Entries of one day (UTC) that have messages of their own; more of them share one."""


class Message(Struct, frozen=True):
    """Entries that are sent together."""

    entries: tuple[Entry, ...]
    """Newest first, never empty."""

    @property
    def key(self) -> str:
        """What a receiver knows the message by: the same whenever these entries are sent."""
        return sha256("\n".join(sorted(entry.id for entry in self.entries)).encode()).hexdigest()[:32]


def new_messages(
    changelog: Changelog, known: Collection[str], wanted: Callable[[Entry], bool]
) -> tuple[list[Message], list[str]]:
    """Return the messages about what a destination was not sent yet, the oldest first, and what nobody asked for.

    Args:
        changelog: all entries.
        known: ids that the destination was sent, or that were there before its first message.
        wanted: says whether an entry is to be sent.

    Returns:
        The messages, and the ids of new entries that are not to be sent.
    """
    new = [entry for entry in changelog.entries if entry.id not in known]
    by_day: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in filter(wanted, new):
        by_day[entry.at.astimezone(UTC).date().isoformat()].append(entry)
    messages: list[Message] = []
    for _, entries in sorted(by_day.items()):
        messages += _messages_of_a_day(entries)
    return messages, [entry.id for entry in new if not wanted(entry)]


def _messages_of_a_day(entries: Sequence[Entry]) -> list[Message]:
    if len(entries) > MOST_OF_A_DAY:
        return [Message(tuple(entries))]
    return [Message((entry,)) for entry in reversed(entries)]
