"""What a reader sees of a changelog: rows with their descriptions, in the words of one language.

`RowBuilder` makes them; templates print them. Texts keep their marks of code (`words.code`) until they are rendered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from tracker.changelog.model import Entry, Event
from tracker.text.words import plain

if TYPE_CHECKING:
    from tracker.risk import Finding

__all__ = ["AnnouncementNote", "DescriptionBlock", "ListItem", "Row"]

MANY = 24
"""Items from which on a format that folds nothing does not give each a line."""
MANY_LITERAL = 3
"""The same for what is written differently."""


class ListItem(Struct, frozen=True, gc=False):
    """One line of a list."""

    text: str
    """An action, a resource, a policy; marked as code where it is."""
    note: str = ""
    """What is to be said of it; empty for nothing."""
    is_folded: bool = False
    """Whether the note is long, so that a page shows it only when it is asked for."""

    @property
    def line(self) -> str:
        """Both in one line, where nothing can be folded."""
        if not self.note:
            return self.text
        return f"{self.text}: {self.note}" if self.is_folded else f"{self.text} ({self.note})"


class DescriptionBlock(Struct, frozen=True, gc=False):
    """One sentence and the lists that belong to it."""

    lead: str
    """The sentence; ends with a colon where a list follows."""
    items: tuple[ListItem, ...] = ()
    """What it is about: actions or policies."""
    details: tuple[ListItem, ...] = ()
    """Where and when: resources and conditions that came and went."""
    is_literal: bool = False
    """Whether it says what is written differently, after blocks that say what that does: a page may fold it.

    The first of such blocks is their heading.
    """

    @property
    def short_items(self) -> tuple[ListItem, ...]:
        """The items for a format that folds nothing: many actions service by service, with what is said of them."""
        if len(self.items) <= (MANY_LITERAL if self.is_literal else MANY):
            return self.items
        return tuple(_joined_by_service(self.items))


def _joined_by_service(items: tuple[ListItem, ...]) -> Iterator[ListItem]:
    for (service, is_folded), group in groupby(items, lambda item: (_service(item), item.is_folded)):
        if not service or is_folded:
            yield from group
            continue
        by_note: dict[str, list[str]] = {}
        for item in group:
            by_note.setdefault(item.note, []).append(item.text)
        for note, actions in by_note.items():
            if note and len(actions) > 1:
                yield ListItem(note, ", ".join(actions), is_folded=True)
            else:
                yield ListItem(", ".join(actions), note)


def _service(item: ListItem) -> str:
    """Return the prefix of an action; empty for an item that is none."""
    prefix, colon, _ = plain(item.text).partition(":")
    return prefix if colon and " " not in prefix else ""


@dataclass(frozen=True, slots=True)
class AnnouncementNote:
    """That something was announced, and where."""

    text: str
    """When, in words, and under which title."""
    link: str | None
    """The address; None for none."""


class Row(Struct, frozen=True, gc=False):
    """One row of the table Change | Description | Date, and one item of a feed."""

    id: str
    """The entry's id, or that of the fold: never changes."""
    event: Event
    """What happened."""
    policy: str | None
    """The policy's name; None for a row about several."""
    title: str
    """What happened, without the policy's name."""
    heading: str
    """The first cell of the table: the policy's name, marked as code, and the title."""
    headline: str
    """Policy, version and title in one line, for feeds and commits."""
    blocks: tuple[DescriptionBlock, ...]
    """The description."""
    note: str
    """Version, and versions not observed; empty where there is nothing to say."""
    at: datetime
    """When."""
    day: str
    """The day as it is written."""
    entries: tuple[Entry, ...]
    """The entries that the row is about."""
    verdict: str = ""
    """What the change does on the whole, by its id (`broadens`); empty where it was not assessed, and in folds."""
    findings: "tuple[Finding, ...]" = ()
    """What somebody should look at, the gravest first."""
    risk: str = ""
    """Verdict and findings in one line; empty where there is nothing to say."""
    consequence: str = ""
    """What it means for whoever has the policy; empty where it was not assessed, and where no policy changed."""
    announced: tuple[AnnouncementNote, ...] = ()
    """What a documentation's history feed says of it; empty in folds."""

    @property
    def effective_blocks(self) -> tuple[DescriptionBlock, ...]:
        """The blocks that are read first."""
        return tuple(block for block in self.blocks if not block.is_literal)

    @property
    def literal_blocks(self) -> tuple[DescriptionBlock, ...]:
        """The blocks that a page may fold, their heading first; empty where the others say it all."""
        return tuple(block for block in self.blocks if block.is_literal)

    @property
    def address(self) -> str:
        """Where the site shows it, from the folder of a language: on the page of its policy, else of its year."""
        entry = self.entries[0]
        if self.policy is None or not entry.anchor:
            return f"changes/{self.at.astimezone(UTC).year}.html#{self.id}"
        return f"policies/{entry.owner}/{entry.folder}/index.html#{entry.anchor}"
