"""Settings that keep strangers out: one that goes, or is loosened, may let somebody in without any policy changing."""

from collections.abc import Iterator

from tracker.inputs.model import Contents, FileLocation, LoadedDocument, Safeguard, Unknown, UnknownKind, digest_of
from tracker.inputs.pairing import document_name
from tracker.inputs.pairs import DocumentPair
from tracker.inputs.safeguards import OFF, ON
from tracker.policy.symbols import printable

__all__ = ["safeguard_pairs"]

_STATES = {"": "not set", ON: "on", OFF: "off"}


def safeguard_pairs(path: str, before: Contents, after: Contents) -> Iterator[DocumentPair]:
    """Yield a pair for each setting of a file that keeps strangers out no more: nothing of it is judged."""
    old = {(one.owner, one.name): one for one in before.safeguards}
    new = {(one.owner, one.name): one for one in after.safeguards}
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        is_gone = key[0] in before.declared and key[0] not in after.declared
        if not is_gone and _is_loosened(was, now):
            name = document_name(path, " ".join(key))
            documents = [_document(one, was, now, path) if one else None for one in (was, now)]
            yield DocumentPair(name, path, documents[0], documents[1] or _document(None, was, now, path))


def _is_loosened(before: Safeguard | None, after: Safeguard | None) -> bool:
    was, now = (one.state if one else "" for one in (before, after))
    if now in (ON, was):
        return False
    if was == "":
        return after is not None and after.is_default
    return was != OFF


def _document(one: Safeguard | None, before: Safeguard | None, after: Safeguard | None, path: str) -> LoadedDocument:
    """Return a setting as a document of which nothing is known."""
    said = one or before or after
    was, now = (_STATES.get(state := each.state if each else "", printable(state)) for each in (before, after))
    reason = f"{said.what if said else ''}: it was {was} and is {now}"
    unknown = Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest_of(one.state if one else ""))
    identity = f"{said.owner} {said.name}" if said else ""
    last = after or before
    location = last.location if last else FileLocation(path)
    return LoadedDocument(identity, location, None, (unknown,))
