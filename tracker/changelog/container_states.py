"""Policies inside of templates, manifests and account dumps, as states of a git history: followed by identity.

What the readers of reviews find in a file is one policy each. A document without a version is numbered; what is
unknown has no version: it neither adds nor removes anything, and is listed as skipped when it begins to be so.
That a managed policy is attached to a principal counts as one, too.
"""

from contextlib import suppress

from tracker.archive.layouts import FoundPolicy, NoPolicyError, read_state
from tracker.changelog.attachments import attached_policies, found_policy
from tracker.errors import DocumentError, one_line
from tracker.inputs.containers import is_known_kind
from tracker.inputs.files.loading import load_file
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.syntax.parsing import decode_text, parse_file
from tracker.policy.history import PolicyFacts

__all__ = ["policies_of", "read_any_state"]

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16, as PowerShell writes what a command answers."""
_YAML = (".yaml", ".yml", ".template")


def read_any_state(path: str, content: bytes) -> tuple[FoundPolicy, ...]:
    """Return the policies that a state of a file shows, in a layout of archives or in a container.

    Args:
        path: the file, from the folder of the policies.
        content: what is in it.

    Raises:
        NoPolicyError: it is data of no known kind, and surely holds no policy.
        DocumentError: no policy with an identity can be read in it.
    """
    if content.startswith(_UTF_16):
        with suppress(DocumentError):
            content = decode_text(content).encode()
    try:
        return read_state(path, content)
    except DocumentError as error:
        loaded = load_file(path, content, ReadOptions())
        found = loaded.contents
        attached = tuple({one.key: one for one in attached_policies(path, found)}.values())
        if not (found.documents or found.unknowns or attached or loaded.in_source):
            return _none_in(path, content, error)
        known = any(item.identity and item.document for item in found.documents)
        if b'"PolicyVersion"' in content or not (known or attached):
            raise
        policies = (*policies_of(found), *attached)
        if len({item.key for item in policies}) < len(policies):
            raise
        return policies


def policies_of(found: Contents) -> tuple[FoundPolicy, ...]:
    """Return the documents of a file or project under their identities, and what of it is not known."""
    unknown = (_unknown(location.pointer, unknown.reason) for location, unknown in found.unknowns)
    return (*map(found_policy, found.documents), *unknown)


def _none_in(path: str, content: bytes, error: DocumentError) -> tuple[FoundPolicy, ...]:
    """Return no policy for a container without one; raise for what is no container, and for what is no data at all."""
    if content.lstrip()[:1] not in (b"{", b"[") and not path.endswith(_YAML):
        raise error
    try:
        parsed = parse_file(path, content)
    except DocumentError:
        raise error from None
    if is_known_kind(parsed):
        return ()
    if isinstance(parsed.value, (dict, list)):
        raise NoPolicyError(error.what, where=error.where) from error
    raise error


def _unknown(pointer: str, reason: str) -> FoundPolicy:
    """Return a state for a file that may hold a policy and can't be read; it is listed as skipped."""
    name = one_line(pointer)
    return FoundPolicy(f"#{name}?", PolicyFacts(name), unknown=reason)
