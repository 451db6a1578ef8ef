"""One file to what it holds: the three answers of a review. It is read, it is unknown, or it surely holds no policy.

Files are looked into by content, whatever their names. Only one thing rests on a name: programs and prose are not
data, so what they say of policies is told mildly, with what to review instead.
"""

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import DocumentError
from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.parsing import ParsedFile, decode_text, parse_text
from tracker.inputs.policy_text import attaches_policy, is_source_or_prose, may_concern_policies, may_hold_policy

__all__ = ["LoadedFile", "load_file", "unknown_file"]

_LFS = b"version https://git-lfs.github.com/spec/v1\n"


class LoadedFile(Struct, frozen=True):
    """What one file holds."""

    contents: Contents
    """Its documents, attachments and unknowns."""
    is_data: bool = True
    """True where it was read as JSON or YAML; False for a blank file, a binary one, or any other text."""
    in_source: str = ""
    """Why a program or a text for people should be looked at; empty for nothing."""


def unknown_file(path: str, kind: UnknownKind, reason: str, digest: str = "", pointer: str = "") -> LoadedFile:
    """Return a file that is there and whose content is not known."""
    return LoadedFile(Contents(unknowns=((FileLocation(path, pointer), Unknown(kind, reason, digest=digest)),)))


_NOTHING = LoadedFile(Contents(), is_data=False)


def load_file(path: str, data: bytes, options: ReadOptions) -> LoadedFile:
    """Return what a file holds."""
    if data.startswith(_LFS):
        reason = "a pointer of Git LFS: its content is not here (`git lfs pull` brings it)"
        return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest_of(data))
    try:
        text = decode_text(data)
    except DocumentError as error:
        return _undecoded(path, data, str(error))
    if not may_concern_policies(text):
        return LoadedFile(Contents(), is_data=text.lstrip()[:1] in ("{", "["))
    if is_source_or_prose(path) and text.lstrip()[:1] not in ("{", "["):
        return _source(text)
    try:
        parsed = parse_text(path, text)
        if isinstance(parsed.value, (dict, list)):
            return _read(parsed, options)
    except DocumentError as error:
        if may_hold_policy(text):
            return unknown_file(path, UnknownKind.UNREADABLE, str(error), digest_of(data))
    if may_hold_policy(text):
        reason = "neither JSON nor YAML, and may hold a policy"
        return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest_of(data))
    return _NOTHING


def _read(parsed: ParsedFile, options: ReadOptions) -> LoadedFile:
    """Return what a container gives, and what of the file it did not look at."""
    try:
        found = read_file(parsed, options)
    except DocumentError as error:
        return unknown_file(parsed.path, UnknownKind.UNREADABLE, str(error), digest_of(parsed.text))
    return LoadedFile(found)


def _undecoded(path: str, data: bytes, reason: str) -> LoadedFile:
    texts = (data.decode("latin-1"), data.decode("utf-16-le", "replace"))
    if any(map(may_hold_policy, texts)):
        return unknown_file(path, UnknownKind.UNREADABLE, reason, digest_of(data))
    return replace(_NOTHING, contents=Contents(counted={"binary": 1}))


def _source(text: str) -> LoadedFile:
    if not may_hold_policy(text) and not attaches_policy(text):
        return _NOTHING
    return LoadedFile(Contents(), is_data=False, in_source=digest_of(text))
