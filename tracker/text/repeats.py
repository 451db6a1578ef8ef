"""Lists of scopes that stand in a description already: a long one is written out once."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.words import Words

__all__ = ["without_repeats"]

MAX_REPEATED = 2
"""Lines of a list that may be written out again for another action."""


def without_repeats(blocks: Iterable[DescriptionBlock], words: Words) -> Iterator[DescriptionBlock]:
    """Yield blocks, a long list that an earlier one has replaced by the name of the action that it stands below.

    Args:
        blocks: those of one description, in order.
        words: the language.
    """
    shown: dict[tuple[ListItem, ...], ListItem] = {}
    for block in blocks:
        action = shown.get(block.details)
        own = block.items[:1] == (action,)
        if action and len(block.details) > (1 if own else MAX_REPEATED):
            name = "details.all-as-above" if own else "details.as-above"
            yield replace(block, details=(ListItem(words(name, action=action.text)),))
            continue
        if block.items:
            shown.setdefault(block.details, block.items[0])
        yield block
