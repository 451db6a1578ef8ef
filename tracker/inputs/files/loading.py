"""One file to what it holds: the three answers of a review. It is read, it is unknown, or it surely holds no policy.

Files are looked into by content, whatever their names. Only one thing rests on a name: programs and prose are not
data, so policies in them are findings of a mild level, with what to review instead.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import DocumentError, one_line
from tracker.inputs.containers import is_known_kind, read_file
from tracker.inputs.dependencies import dependencies_of
from tracker.inputs.files.compressed import compressed_policies, is_compressed
from tracker.inputs.generators import makes_policies, names_role
from tracker.inputs.model import Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.parameter_files import is_sam_configuration
from tracker.inputs.syntax.action_names import text_names_actions
from tracker.inputs.syntax.encoded_text import encoded_policy
from tracker.inputs.syntax.encodings import hides_policy
from tracker.inputs.syntax.parsing import ParsedFile, decode_text, parse_text
from tracker.inputs.syntax.policy_text import (
    attaches_policy,
    has_policy_member,
    is_source_or_prose,
    is_table_of_statements,
    lists_actions,
    managed_policies_in,
    may_concern_policies,
    may_hold_policy,
    names_everybody,
)
from tracker.inputs.syntax.yaml_text import MAX_YAML_BYTES
from tracker.inputs.terraform.terragrunt import is_terragrunt, terragrunt_unknowns
from tracker.policy.json_text import canonical

__all__ = ["EACH", "YAML", "LoadedFile", "load_file", "unknown_file"]

MAX_COMPARED_BYTES = 1024 * 1024
"""Bytes of a file whose words are compared to find out whether it was renamed."""
_WORD = re.compile(rb"[\w.:/*-]{2,}[\w/*-]")
_USUAL = frozenset(
    map(
        hash,
        b"2012-10-17 2008-10-17 Action Allow Condition Deny Effect NotAction NotResource PolicyDocument Principal "
        b"Properties Resource Resources Service Sid Statement StringEquals Type Version arn:aws:s3".split(),
    )
)
"""Words that any policy may have: that two files have them says nothing."""
_ENCODED = re.compile(r"\s*%7B", re.IGNORECASE)
"""The beginning of a URL-encoded document, as IAM's API gives it."""
_DATA = re.compile(r"(?:\s|#[^\n]*\n|---)*(?:[{\[]|- |[\w\"'./-]+:(?:\s|\Z))")
"""The beginning of JSON, or of a list or members in YAML."""
_NOTEBOOK = ".ipynb"
"""The end of names of notebooks: JSON that holds a program."""
MAX_NAMED = 3
"""Members of an archive that are named."""
EACH, YAML = 12 * 1024, 13
"""Bytes that are looked through while a file of data is read; and those while a byte of YAML is."""
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


class LoadedFile(Struct, frozen=True):
    """What one file holds."""

    contents: Contents
    """Its documents, attachments and unknowns."""
    is_data: bool = True
    """True where it was read as JSON or YAML; False for a blank file, a binary one, or any other text."""
    in_source: bool = False
    """True for a program or a text for people that mentions policies, and for what a tool makes policies of."""
    digest: str = ""
    """Hash of the file's bytes."""
    words: frozenset[int] = frozenset()
    """Its words, hashed, by which a renamed file is known; empty for a file that holds nothing of interest."""
    is_single: bool = False
    """True for a file that was named by itself."""
    dependencies: Mapping[str, str] = {}
    """What it takes in from other repositories, and is not looked at: name -> name and version."""
    effort: int = 0
    """What reading it took beside looking through its text, as the number of bytes that are looked through so long."""


def unknown_file(path: str, kind: UnknownKind, reason: str, digest: str = "", pointer: str = "") -> LoadedFile:
    """Return a file that is there and whose content is not known."""
    return LoadedFile(Contents(unknowns=((FileLocation(path, pointer), Unknown(kind, reason, digest=digest)),)))


_NOTHING = LoadedFile(Contents(), is_data=False)


def load_file(path: str, data: bytes, options: ReadOptions) -> LoadedFile:
    """Return what a file holds."""
    text = _text(data)
    found = _load(path, data, text, options)
    words = frozenset(map(hash, _WORD.findall(data[:MAX_COMPARED_BYTES]))) - _USUAL if _holds(found) else frozenset()
    in_source = found.in_source or (text is not None and makes_policies(path, text))
    dependencies = dependencies_of(path, data, text)
    return replace(found, in_source=in_source, digest=digest_of(data), words=words, dependencies=dependencies)


def _holds(found: LoadedFile) -> bool:
    contents = found.contents
    return bool(contents.documents or contents.unknowns or contents.attachments or found.in_source)


def _text(data: bytes) -> str | None:
    try:
        return decode_text(data)
    except DocumentError:
        return None


def _load(path: str, data: bytes, text: str | None, options: ReadOptions) -> LoadedFile:
    if data.startswith(_LFS):
        reason = "a pointer of Git LFS: its content is not here (`git lfs pull` brings it)"
        return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest_of(data))
    if is_compressed(data):
        return _compressed(path, data)
    if text is None:
        return _undecoded(path, data)
    found = _of_decoded(path, text, data, options)
    if _holds(found) or not hides_policy(data):
        return found
    reason = "may hold a policy, in an encoding that is not read here"
    return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest_of(data))


def _of_decoded(path: str, text: str, data: bytes, options: ReadOptions) -> LoadedFile:
    if is_terragrunt(path, text) and not (may_hold_policy(text) or lists_actions(text)):
        return LoadedFile(Contents(unknowns=tuple(terragrunt_unknowns(path, text))))
    is_program = is_source_or_prose(path) and (path.endswith(_NOTEBOOK) or text.lstrip()[:1] not in ("{", "["))
    if not may_concern_policies(text) and (is_program or not (encoded_policy(text) or _names_actions(path, text))):
        in_source = not is_program and "iam_" in text and names_role(text)
        return LoadedFile(Contents(), is_data=_DATA.match(text) is not None, in_source=in_source)
    if is_program:
        return _source(text)
    return _of_data(path, text, data, options)


def _of_data(path: str, text: str, data: bytes, options: ReadOptions) -> LoadedFile:
    """Return what a text holds that may be JSON or YAML."""
    effort = EACH + (YAML if len(text) <= MAX_YAML_BYTES else 1) * len(text)
    try:
        parsed = parse_text(path, unquote(text) if _ENCODED.match(text) else text)
        if isinstance(parsed.value, str) and parsed.value.lstrip()[:1] in ("{", "["):
            parsed = parse_text(path, parsed.value)  # a JSON text of a JSON text, as a shell's output may be
        if isinstance(parsed.value, (dict, list)):
            found = _read(parsed, options)
            if not _holds(found) and encoded_policy(text):
                found = _of_text(path, text, data)
            return replace(found, effort=effort if parsed.is_yaml else EACH)
        found = _of_text(path, text, data)
    except DocumentError as error:
        found = _of_text(path, text, data)
        if may_hold_policy(text) or has_policy_member(text):
            found = unknown_file(path, UnknownKind.UNREADABLE, str(error), digest_of(data))
    return replace(found, effort=effort)


def _names_actions(path: str, text: str) -> bool:
    """Return whether actions are named; those in a configuration of SAM are read with the templates that take them."""
    return not is_sam_configuration(path) and text_names_actions(text)


def _compressed(path: str, data: bytes) -> LoadedFile:
    """Return what an archive or a compressed file may hold: which of its members have a policy."""
    try:
        found, has_programs = compressed_policies(data)
    except DocumentError as error:
        return unknown_file(path, UnknownKind.NOT_LOOKED_AT, str(error), digest_of(data))
    if not found:
        nothing = Contents(counted={} if has_programs else {"archives without a policy": 1})
        return replace(_NOTHING, contents=nothing, in_source=has_programs)
    names = ", ".join(list(found)[:MAX_NAMED]).strip() or "it"
    digest = digest_of(canonical(found))
    return unknown_file(path, UnknownKind.NOT_LOOKED_AT, f"an archive: {one_line(names)} may hold a policy", digest)


def _of_text(path: str, text: str, data: bytes) -> LoadedFile:
    """Return what a text that is neither JSON nor YAML may hold."""
    reason, digest = "", digest_of(data)
    if may_hold_policy(text) or lists_actions(text) or is_table_of_statements(text) or _names_actions(path, text):
        reason = "neither JSON nor YAML, and may hold a policy"
    elif encoded := encoded_policy(text):
        reason = encoded
    elif names_everybody(text):
        reason = "names all users in an access control list"
    elif named := managed_policies_in(text):
        reason, digest = f"names {', '.join(named)}, and may attach it", digest_of(" ".join(named))
    if reason:
        return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest)
    return replace(_NOTHING, in_source=names_role(text))


def _read(parsed: ParsedFile, options: ReadOptions) -> LoadedFile:
    """Return what a container gives, and what of the file it did not look at."""
    try:
        found = read_file(parsed, options)
    except DocumentError as error:
        return unknown_file(parsed.path, UnknownKind.UNREADABLE, str(error), digest_of(parsed.text))
    loaded = LoadedFile(found)
    is_known = found.held_roles or _holds(loaded) or is_known_kind(parsed)
    return replace(loaded, in_source=not is_known and names_role(parsed.text))


def _undecoded(path: str, data: bytes) -> LoadedFile:
    if may_hold_policy(data.decode("latin-1")) or hides_policy(data):
        try:
            decode_text(data)
        except DocumentError as error:
            return unknown_file(path, UnknownKind.UNREADABLE, str(error), digest_of(data))
    return replace(_NOTHING, contents=Contents(counted={"binary": 1}))


def _source(text: str) -> LoadedFile:
    if not may_hold_policy(text) and not attaches_policy(text) and not lists_actions(text):
        return _NOTHING
    return LoadedFile(Contents(), is_data=False, in_source=True)
