"""Policies inside of templates, manifests and account dumps, as states of a git history: followed by identity.

What the readers of reviews find in a file is one policy each. A document without a version is numbered; what is
unknown has no version: it neither adds nor removes anything, and is listed as skipped when it begins to be so.
That a managed policy is attached to a principal counts as one, too: it comes and goes with the attachment, and does not
change with the document, which has entries of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from msgspec.structs import replace

from tracker.archive.layouts import FoundPolicy, FoundVersion, NoPolicyError, read_state
from tracker.errors import DocumentError, one_line
from tracker.inputs.comparing.attached import Side
from tracker.inputs.comparing.known_policies import known_policies
from tracker.inputs.containers import is_known_kind
from tracker.inputs.files.loading import load_file
from tracker.inputs.model import Contents, LoadedDocument, ReadOptions
from tracker.inputs.syntax.parsing import decode_text, parse_file
from tracker.policy.history import PolicyFacts

__all__ = ["policies_of", "read_any_state"]

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16, as PowerShell writes what a command answers."""
_ACCOUNT = (b"UserDetailList", b"GroupDetailList", b"RoleDetailList")
"""What get-account-authorization-details answers with: who is there, and what is attached to whom."""
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
        attached = tuple(_attached(path, found)) if any(name in content for name in _ACCOUNT) else ()
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
    return (*map(_policy, found.documents), *unknown)


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


def _attached(path: str, found: Contents) -> Iterator[FoundPolicy]:
    """Yield what is attached to whom: each attachment as a policy, in each case in which it is there.

    Policies of AWS have the document that comes with the program.
    """
    documents: defaultdict[str, list[LoadedDocument]] = defaultdict(list)
    for document in found.documents:
        documents[document.identity].append(replace(document, principal=""))
    attachments = {(one.principal, one.policy, one.boundary, one.condition): one for one in found.attachments}
    for one in attachments.values():
        side = Side(path, Contents(tuple(documents[one.policy]), (one,)), known_policies(None))
        identity = (
            f"{one.principal} {'permissions boundary' if one.boundary else 'attached policy'} {one.policy}".strip()
        )
        document, _ = side.union(identity, one.principal, one.boundary, one.condition)
        policy = _policy(replace(document, condition=one.condition))
        versions = tuple(replace(version, same_by=one.policy) for version in policy.versions)
        yield replace(policy, versions=versions, is_elsewhere=True)  # it is none of the documents before, at any rate


def _policy(item: LoadedDocument) -> FoundPolicy:
    """Return a document under its identity, and under the tests of the template where there are some."""
    tests = "".join(f" {name}={'yes' if holds else 'no'}" for name, holds in item.condition)
    name = one_line(f"{item.identity}{tests}")
    unknown = "; ".join(dict.fromkeys(found.reason for found in item.unknowns))
    # What is known of a document only in part is no version: the rest would look removed.
    versions = () if item.document is None or unknown else (FoundVersion(item.document),)
    return FoundPolicy(f"#{name}", PolicyFacts(name), versions, unknown=unknown)


def _unknown(pointer: str, reason: str) -> FoundPolicy:
    """Return a state for a file that may hold a policy and can't be read; it is listed as skipped."""
    name = one_line(pointer)
    return FoundPolicy(f"#{name}?", PolicyFacts(name), unknown=reason)
