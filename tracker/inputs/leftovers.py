"""What a container did not look at: statements, and texts that may hold a policy, outside of what it read."""

from collections.abc import Collection, Iterator
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.model import Contents, FileLocation, Unknown, UnknownKind, digest_of
from tracker.inputs.parsing import ParsedFile, Tagged, escape_pointer
from tracker.inputs.policy_text import holds_encoded_policy, managed_policies_in, may_hold_policy
from tracker.inputs.surroundings import Surroundings

__all__ = ["leftovers"]

MAX_VALUES = 2_000_000
_NAMES_ITSELF = ("Arn", "arn")
"""Members that say what something is called itself."""
_EFFECTS = ("Allow", "Deny")
_ACTIONS = frozenset(("action", "actions", "notaction", "notactions", "not_action", "not_actions"))


def leftovers(
    parsed: ParsedFile, found: Contents, looked_at: Collection[str] = ()
) -> Iterator[tuple[FileLocation, Unknown]]:
    """Yield what may hold a policy in a file and is in none of the things that its container found.

    Args:
        parsed: the file.
        found: what its container gave.
        looked_at: pointers of values that the container looked at, beside those of what it gave.

    Raises:
        DocumentError: there is too much to look through.
    """
    seen = {document.location.pointer for document in found.documents} | set(looked_at)
    seen |= {pointer for document in found.documents for pointer in document.statement_pointers}
    seen |= {location.pointer for location, _ in found.unknowns}
    attached = {one.policy for one in found.attachments}
    surroundings = Surroundings(parsed.value)
    for pointer, text in _unseen(parsed.value, seen):
        reason = _reason(text, pointer, attached)
        if not reason:
            continue
        identity, around = surroundings.of(pointer)
        digest = digest_of(f"{around} {text}")
        yield (
            FileLocation(parsed.path, pointer),
            Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest, identity=identity),
        )


def _reason(text: str, pointer: str, attached: Collection[str]) -> str:
    """Return why a text is not known; empty where it surely is nothing of interest."""
    if may_hold_policy(text) or not isinstance(text, _Text):
        return "may hold a policy, and is in no form that is known here"
    if holds_encoded_policy(text):
        return "holds a policy in Base64"
    if pointer.rpartition("/")[2] in _NAMES_ITSELF:
        return ""
    named = [arn for arn in managed_policies_in(text) if arn not in attached]
    return f"names {', '.join(named)}, and may attach it" if named else ""


class _Text(str):
    """A text that stands in a file; any other one stands for a statement."""

    __slots__ = ()


def _unseen(value: Any, seen: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield pointer and text of each value that looks like a policy and stands at or in nothing that was seen."""
    waiting: list[tuple[Any, str]] = [(value, "")]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        item, pointer = waiting.pop()
        if pointer in seen:
            continue
        if isinstance(item, Tagged):
            waiting.append((item.value, pointer))
        elif isinstance(item, str):
            if len(item) > 10:  # noqa: PLR2004 - shorter than any policy
                yield pointer, _Text(item)
        elif _is_like_statement(item):
            yield pointer, repr(item)
        elif isinstance(item, dict):
            waiting += [(member, f"{pointer}/{escape_pointer(str(key))}") for key, member in item.items()]
        elif isinstance(item, list):
            waiting += [(member, f"{pointer}/{place}") for place, member in enumerate(item)]
    raise DocumentError(f"more than {MAX_VALUES} values to look through")


def _is_like_statement(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    named = {str(key).lower(): member for key, member in item.items()}
    return named.get("effect") in _EFFECTS and not _ACTIONS.isdisjoint(named)
