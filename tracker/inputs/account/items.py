"""Parts that many answers about an account have: documents, attachments, boundaries, and what is not known."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.model import Attachment, FileLocation, HeldRole, LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.inputs.plain import documents_in
from tracker.inputs.syntax.parsing import ParsedFile, escape_pointer, load_inner_json, unquoted
from tracker.policy.json_text import canonical
from tracker.policy.model import Json

__all__ = [
    "CUT_OFF",
    "Item",
    "Page",
    "attached",
    "boundary",
    "members",
    "named_policies",
    "policy_document",
    "unknown_item",
    "unread_members",
]

CUT_OFF = "the answer is cut off: the rest of it is on other pages"
"""Why the rest of an answer is not known."""

Item = LoadedDocument | Attachment | HeldRole | tuple[FileLocation, Unknown] | str
"""What an answer holds; a text is the reason why something is counted and not looked at."""


class Page(Struct, frozen=True, dict=True):
    """One page of an answer."""

    parsed: ParsedFile
    """The file."""
    value: Json
    """The page."""
    pointer: str
    """Where the page stands in the file."""
    pages: tuple[Json, ...]
    """All pages of the file."""

    @property
    def is_last(self) -> bool:
        """Return whether no other page of the file follows."""
        return self.value is self.pages[-1]

    def groups(self) -> dict[str, Json]:
        """Return the groups of the file by their names."""
        return self._groups

    @cached_property
    def _groups(self) -> dict[str, Json]:
        listed = [group for page in self.pages for group, _ in members(page.get("GroupDetailList"), "") if group]
        return {str(group.get("GroupName")): group for group in listed}


def members(value: Any, pointer: str, *, texts: bool = False) -> Iterator[tuple[Any, str]]:
    """Yield the members of a list with their pointers; None for one that is no object (or, with `texts`, no text)."""
    if value is None:
        return
    for place, member in enumerate(value if isinstance(value, list) else [value]):
        is_good = isinstance(member, str) if texts else isinstance(member, dict)
        yield member if is_good else None, f"{pointer}/{place}" if isinstance(value, list) else pointer


def unknown_item(
    page: Page, pointer: str, kind: UnknownKind, reason: str, digest: str = ""
) -> tuple[FileLocation, Unknown]:
    """Return something that is not known; without a digest, an approval of it holds for the whole file."""
    held = digest_of(digest or page.parsed.text)
    return FileLocation(page.parsed.path, pointer), Unknown(kind, reason, digest=held)


def policy_document(page: Page, value: Any, pointer: str, identity: str, principal: str = "") -> LoadedDocument:
    """Return a document that an answer holds as an object or as a text, URL-encoded or not."""
    location = FileLocation(page.parsed.path, pointer)
    text = value if isinstance(value, str) else canonical(value)
    try:
        document = (
            load_inner_json(unquoted(text) if text.lstrip().startswith("%") else text) if text is value else value
        )
    except DocumentError as error:
        document, fault = None, str(error)
    else:
        fault = "no policy document"
    if not isinstance(document, dict):
        unknown = Unknown(UnknownKind.UNREADABLE, fault, digest=digest_of(text))
        return LoadedDocument(identity, location, None, (unknown,), text, principal)
    return LoadedDocument(identity, location, document, (), text if text is value else "", principal)


def named_policies(page: Page, value: Any, pointer: str, identity: str, principal: str) -> Iterator[Item]:
    """Yield inline policies: `[{"PolicyName": …, "PolicyDocument": …}]`."""
    for policy, place in members(value, pointer):
        if policy is None or "PolicyDocument" not in policy:
            yield unknown_item(page, place, UnknownKind.UNREADABLE, "no inline policy can be read here")
        else:
            name = f"{identity}/{policy.get('PolicyName')}"
            yield policy_document(page, policy["PolicyDocument"], f"{place}/PolicyDocument", name, principal)


def attached(page: Page, value: Any, pointer: str, principal: str) -> Iterator[Item]:
    """Yield attached policies: `[{"PolicyName": …, "PolicyArn": …}]`."""
    for policy, place in members(value, pointer):
        arn = policy.get("PolicyArn", policy.get("Arn")) if policy else None
        if isinstance(arn, str):
            yield Attachment(principal, arn, FileLocation(page.parsed.path, place))
        else:
            yield unknown_item(page, place, UnknownKind.UNREADABLE, "no attached policy can be read here")


def boundary(page: Page, value: Any, pointer: str, principal: str) -> Iterator[Item]:
    """Yield a permissions boundary: `{"PermissionsBoundaryArn": …}`."""
    if value is None:
        return
    arn = value.get("PermissionsBoundaryArn") if isinstance(value, dict) else None
    if isinstance(arn, str):
        yield Attachment(principal, arn, FileLocation(page.parsed.path, pointer), boundary=True)
    else:
        yield unknown_item(page, pointer, UnknownKind.UNREADABLE, "no permissions boundary can be read here")


def unread_members(page: Page, value: Json, pointer: str, identity: str) -> Iterator[Item]:
    """Yield the documents in members that no answer is known to have."""
    for name, member in value.items():
        if not isinstance(member, (bool, int, float)) and member is not None:
            inner = f"{identity}/{name}" if identity else name
            yield from documents_in(member, page.parsed.path, f"{pointer}/{escape_pointer(name)}", inner)
