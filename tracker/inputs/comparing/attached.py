"""Managed policies that are attached: what they allow together with a principal's own documents.

Only what changed is compared: for each principal whose attachments differ, the union of all that is attached or inline
after, against the union before. A policy whose document is not at hand is unknown.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

from msgspec import Struct

from tracker.inputs.comparing.pairing import document_name
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import (
    Attachment,
    Case,
    Contents,
    FileLocation,
    LoadedDocument,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.policy.documents import unwrap
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable

__all__ = ["MAX_TESTS", "AttachedPolicies", "KnownPolicy", "Side", "attached_pairs"]

MAX_TESTS = 6
"""Tests of a template whose outcomes are looked at one by one for one principal."""
_ARN = re.compile(r"arn:[^:]*:iam::(?P<owner>[^:]*):policy/(?:.*/)?(?P<name>[^/]+)\Z")
_VERSION = "2012-10-17"
_ANYTHING: Json = {"Version": _VERSION, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""What a principal without a permissions boundary is bounded by."""


class KnownPolicy(Struct, frozen=True):
    """A managed policy's document, as the archive has it."""

    document: Json
    """The document of the default version."""
    label: str
    """Name, version, and where that is from: `ReadOnlyAccess v152 (archive)`."""


AttachedPolicies = Callable[[str], KnownPolicy | None]
"""Name of an AWS managed policy -> what is known of it; None where that is nothing."""

_Claims = Mapping[str, Attachment]
"""Policy -> its attachment."""


def attached_pairs(path: str, before: Contents, after: Contents, known: AttachedPolicies) -> Iterator[DocumentPair]:
    """Yield a pair of unions for each principal of a file whose attachments changed.

    Args:
        path: the file.
        before: what it held.
        after: what it holds.
        known: finds AWS managed policies.
    """
    sides = (Side(path, before, known), Side(path, after, known))
    principals = {one.principal for side in sides for one in side.contents.attachments}
    for principal in sorted(principals):
        for boundary in (False, True):
            yield from _of_principal(principal, boundary, *sides)


def _of_principal(principal: str, boundary: bool, before: "Side", after: "Side") -> Iterator[DocumentPair]:
    sides = (before, after)
    if before.said(principal, boundary) == after.said(principal, boundary):
        return
    identity = f"{principal} {'permissions boundary' if boundary else 'attached policies'}"
    tests = sorted({test for side in sides for test in side.tests(principal, boundary)})
    if len(tests) > MAX_TESTS:
        unknown: list[_Union] = [(side.too_many_cases(identity, principal, boundary), ()) for side in sides]
        yield _pair(after.path, identity, unknown, 1)
        return
    seen = []
    for answer in product((True, False), repeat=len(tests)):
        case = tuple(zip(tests, answer, strict=True))
        old, new = (side.claims(principal, boundary, case) for side in sides)
        if old.keys() == new.keys():
            continue
        unions = [side.union(identity, principal, boundary, case) for side in sides]
        documents = [(document.document, document.unknowns) for document, _ in unions]
        if documents not in seen:
            seen.append(documents)
            yield _pair(after.path, identity, unions, len(seen))


def _pair(path: str, identity: str, unions: "Sequence[_Union]", number: int) -> DocumentPair:
    (before, old), (after, new) = unions
    name = document_name(path, identity) + (f" ({number})" if number > 1 else "")
    return DocumentPair(name, path, before, after, notes=tuple(dict.fromkeys((*old, *new))))


_Union = tuple[LoadedDocument, tuple[str, ...]]
"""All that is attached and inline as one document, and what the documents were taken from."""


class Side:
    """One side of a file: who has which policies, and what their documents are."""

    def __init__(self, path: str, contents: Contents, known: AttachedPolicies) -> None:
        self.path, self.contents, self.known = path, contents, known
        self.documents: defaultdict[str, list[LoadedDocument]] = defaultdict(list)
        for document in contents.documents:
            self.documents[document.identity].append(document)
        self.inline: defaultdict[str, list[LoadedDocument]] = defaultdict(list)
        for document in contents.documents:
            if document.principal:
                self.inline[document.principal].append(document)

    def of(self, principal: str, boundary: bool) -> list[Attachment]:
        """Return the attachments of a principal."""
        found = self.contents.attachments
        return [one for one in found if one.principal == principal and one.boundary is boundary]

    def said(self, principal: str, boundary: bool) -> set[tuple[str, Case]]:
        """Return what is attached, and in which cases."""
        return {(_key(one), one.condition) for one in self.of(principal, boundary)}

    def tests(self, principal: str, boundary: bool) -> Iterator[str]:
        """Yield the tests on which it rests what a principal has."""
        found = self.of(principal, boundary)
        documents = [document for one in found for document in self.documents.get(one.policy, [])]
        documents += [] if boundary else self._inline(principal)
        conditions = [*(one.condition for one in found), *(one.condition for one in documents)]
        yield from (test for condition in conditions for test, _ in condition)

    def too_many_cases(self, identity: str, principal: str, boundary: bool) -> LoadedDocument:
        """Return what a principal has where it rests on too many tests to look at each case."""
        digest = digest_of(repr(sorted(self.said(principal, boundary))))
        unknown = Unknown(UnknownKind.UNRESOLVED, "rests on too many combinations of conditions", "", digest)
        found = self.of(principal, boundary)
        where = next((claim.location for claim in found), FileLocation(self.path))
        return LoadedDocument(identity, where, None, (unknown,))

    def claims(self, principal: str, boundary: bool, case: Case) -> dict[str, Attachment]:
        """Return the attachments that hold in a case, by policy, sorted."""
        holds = set(case)
        claims = {_key(one): one for one in self.of(principal, boundary) if set(one.condition) <= holds}
        return dict(sorted(claims.items()))

    def union(self, identity: str, principal: str, boundary: bool, case: Case) -> _Union:
        """Return all that is attached and inline in a case, and what the documents were taken from."""
        claims = self.claims(principal, boundary, case)
        statements: list[object] = []
        unknowns: list[Unknown] = []
        notes: list[str] = []
        if boundary and not claims:
            statements += _statements(_ANYTHING)
        for key, claim in claims.items():
            if claim.policy in self.documents and not claim.unknown:
                for own in self._in_case(self.documents[claim.policy], case):
                    statements += _statements(own.document or {})
                    unknowns += own.unknowns
                continue
            document, note = self._document(claim.policy)
            if claim.unknown or document is None:
                unknowns.append(claim.unknown or _no_document(claim.policy, key))
            else:
                statements += _statements(document)
                notes += [note] if note else []
        for inline in () if boundary else self._in_case(self._inline(principal), case):
            statements += _statements(inline.document or {})
            unknowns += inline.unknowns
        where = next((claim.location for claim in claims.values()), FileLocation(self.path))
        lines = (where.line,) * len(statements)
        union = {"Version": _VERSION, "Statement": statements}
        return LoadedDocument(identity, where, union, tuple(unknowns), statement_lines=lines), tuple(notes)

    @staticmethod
    def _in_case(documents: Iterable[LoadedDocument], case: Case) -> Iterator[LoadedDocument]:
        holds = set(case)
        return (one for one in documents if set(one.condition) <= holds)

    def _inline(self, principal: str) -> Iterable[LoadedDocument]:
        trust = ("AssumeRolePolicyDocument", "assume_role_policy")
        return (one for one in self.inline[principal] if not one.identity.endswith(trust))

    def _document(self, policy: str) -> tuple[Json | None, str]:
        """Return the document of a policy of AWS."""
        arn = _ARN.match(policy)
        if arn and (arn["owner"] != "aws" or has_symbol(arn["name"])):
            return None, ""
        if not arn and (":" in policy or "/" in policy or has_symbol(policy)):
            return None, ""
        found = self.known(arn["name"] if arn else policy)
        return (found.document, found.label) if found else (None, "")


def _key(claim: Attachment) -> str:
    digest = claim.unknown.digest if claim.unknown else ""
    return f"{claim.policy}\0{digest}" if digest else claim.policy


def _no_document(policy: str, key: str) -> Unknown:
    return Unknown(_kind(policy), f"no document is at hand for {printable(policy)}", "", digest_of(key))


def _kind(policy: str) -> UnknownKind:
    return UnknownKind.UNRESOLVED if has_symbol(policy) and not _ARN.match(policy) else UnknownKind.NOT_LOOKED_AT


def _statements(document: Json) -> Sequence[object]:
    if "Statement" not in document:
        document = unwrap(document)[0] if document else {"Statement": []}
    found = document["Statement"]
    return found if isinstance(found, list) else [found]
