"""Settings that keep strangers out: one that goes, or is loosened, may let somebody in without any policy changing."""

from collections import defaultdict
from collections.abc import Iterator

from tracker.inputs.comparing.pairing import document_name
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import Contents, FileLocation, LoadedDocument, Safeguard, Unknown, UnknownKind, digest_of
from tracker.inputs.safeguards import OFF, ON
from tracker.policy.symbols import printable

__all__ = ["safeguard_pairs"]

_Change = tuple[Safeguard, str, str]
"""A setting, its state before and its state after."""
_STATES = {"": "not set", ON: "on", OFF: "off"}


def safeguard_pairs(path: str, before: Contents, after: Contents) -> Iterator[DocumentPair]:
    """Yield a pair for what keeps strangers out of something in a file no more: nothing of it is evaluated."""
    old = {(one.owner, one.name): one for one in before.safeguards}
    new = {(one.owner, one.name): one for one in after.safeguards}
    owners = {one.owner for one in before.safeguards}
    loosened: defaultdict[tuple[str, str], list[_Change]] = defaultdict(list)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        is_gone = key[0] in before.declared and key[0] not in after.declared
        one = now or was
        if one and not is_gone and _is_loosened(was, now):
            loosened[one.owner, one.what].append((one, was.state if was else "", now.state if now else ""))
    for (owner, what), changes in loosened.items():
        identity = f"{owner} {', '.join(one.name for one, _, _ in changes)}"
        said = (f"{one.name} was {_shown(was)} and is {_shown(now)}" for one, was, now in changes)
        reason = f"{what}: {', '.join(said)}"
        sides = [[states[side] for _, *states in changes] for side in (0, 1)]
        location = changes[0][0].location
        is_new = owner not in owners
        documents = [_document(identity, location, reason, states) for states in sides]
        yield DocumentPair(document_name(path, identity), path, None if is_new else documents[0], documents[1])


def _is_loosened(before: Safeguard | None, after: Safeguard | None) -> bool:
    was, now = (one.state if one else "" for one in (before, after))
    if now in (ON, was):
        return False
    if was == "":
        return after is not None and after.is_default
    return was != OFF


def _shown(state: str) -> str:
    return _STATES.get(state, printable(state))


def _document(identity: str, location: FileLocation, reason: str, states: list[str]) -> LoadedDocument:
    """Return settings as a document of which nothing is known."""
    unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest_of(repr(states)))
    return LoadedDocument(identity, location, None, (unknown,))
