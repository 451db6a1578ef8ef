"""What the readers of files give: documents, attachments, and what is not known.

A reader looks at one file and says of everything in it that may be a policy: here it is (`LoadedDocument`), or it is
there and not known (`Unknown`). Nothing else: what a reader leaves out, the review never sees.
"""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from tracker.policy.model import Json

__all__ = [
    "WORKFLOW",
    "Attachment",
    "Case",
    "Contents",
    "FileLocation",
    "HeldRole",
    "LoadedDocument",
    "ReadOptions",
    "Safeguard",
    "Unknown",
    "UnknownKind",
    "digest_of",
]


Case = tuple[tuple[str, bool], ...]
"""Tests of a template and how they turn out, sorted by test; a test that is not named may turn out either way."""


class UnknownKind(StrEnum):
    """Why something is not known. Each is the id of a rule, so that its level can be configured."""

    UNREADABLE = "document-unreadable"
    """It is a policy document, or was one, and can't be read."""
    NOT_LOOKED_AT = "not-looked-at"
    """It may hold a policy, and nothing here can look into it."""
    UNRESOLVED = "value-unresolved"
    """It rests on a value that is defined elsewhere."""
    AFTER_APPLY = "known-after-apply"
    """It rests on a value that is known once the plan is applied."""


class FileLocation(Struct, frozen=True):
    """A place in a file."""

    path: str
    """The file's path, as it was given or from the top of the folder or repository."""
    pointer: str = ""
    """JSON Pointer inside the file's value (RFC 6901), `/Resources/Role/Properties`; empty for all of it. In a file
    with several YAML documents it begins with the document's number, from 0."""
    line: int | None = None
    """The line, from 1; None where it is not known."""


class Unknown(Struct, frozen=True):
    """Something that is there and whose content is not known."""

    kind: UnknownKind
    """Why."""
    reason: str
    """Why, in one line of plain words: `Fn::Transform is not resolved`."""
    pointer: str = ""
    """Where inside the document: a JSON Pointer; empty for all of it."""
    digest: str = ""
    """Hash of the content, or of the expression, that is not known: an approval holds for it alone."""
    identity: str = ""
    """What names it within its file, where it belongs to no document; empty where the place in the file does."""
    only_allows: bool = False
    """True for what can allow something and deny nothing: that it goes opens nothing."""


class LoadedDocument(Struct, frozen=True):
    """One policy document as it was found."""

    identity: str
    """What names it within its file: an ARN, `LogicalId/Properties/Policies/Name`, `aws_iam_policy.x/policy`. Empty
    for a file that is one document. A list position stands in it only where nothing else names the member."""
    location: FileLocation
    """Where it stands."""
    document: Json | None
    """The document, not yet evaluated, with symbols inside its strings; None when nothing of it is known: `unknowns`
    says why then."""
    unknowns: tuple[Unknown, ...] = ()
    """What is not known of it."""
    text: str = ""
    """Its own text, by which documents without an identity are paired; made of `document` where it is empty."""
    principal: str = ""
    """Identity of the role, user, group or permission set that it belongs to; empty where it belongs to none."""
    target: str = ""
    """What a resource policy is put on (a bucket, a queue), as text; empty where its own resource says that."""
    condition: Case = ()
    """The case in which it exists (the arms of `Fn::If`); empty for always. No two documents of one identity hold in
    the same case."""
    statement_pointers: tuple[str, ...] = ()
    """Where each statement stands in the file; empty where they are the members of `location.pointer`/Statement."""
    statement_lines: tuple[int | None, ...] = ()
    """The line of each statement, from 1. Readers leave it empty: `containers.read_file` fills it in."""


class Attachment(Struct, frozen=True):
    """A managed policy that is attached to a principal."""

    principal: str
    """Identity of the role, user, group or permission set."""
    policy: str
    """ARN or name of the policy; may hold symbols."""
    location: FileLocation
    """Where it is said."""
    unknown: Unknown | None = None
    """Why it is not known which policy it is, or whether it is attached."""
    boundary: bool = False
    """True for a permissions boundary, which allows nothing by itself."""
    condition: Case = ()
    """The case in which it is attached; empty for always."""
    inline: bool = False
    """True for an inline policy that names its principals: it is there only as long as it has some."""


WORKFLOW = "workflow"
"""The kind of what acts as a role in a workflow: whoever writes one step may write another."""


class HeldRole(Struct, frozen=True):
    """That something acts as a role: a function, an instance, a task, a service account."""

    holder: str
    """Identity of what acts as the role."""
    member: str
    """Which of its properties says so: `Role`, `iam_instance_profile`."""
    kind: str
    """What the holder is: `AWS::Lambda::Function`."""
    role: str
    """Identity of the role or instance profile in the same file, else its ARN or name; may hold symbols."""
    location: FileLocation
    """Where it is said."""
    condition: Case = ()
    """The case in which it is so; empty for always."""


class Safeguard(Struct, frozen=True):
    """A setting that keeps strangers out whatever policies and lists say, such as S3's block of public access."""

    owner: str
    """Identity of what it protects: a bucket, an account."""
    name: str
    """Which setting: `BlockPublicPolicy`."""
    state: str
    """`on`, `off`, or empty where nothing sets it; any other text is a value that is not known."""
    location: FileLocation
    """Where it is said."""
    what: str
    """What it means that it is off, in plain words."""
    is_default: bool = False
    """True where it is on unless something turns it off."""


class Contents(Struct, frozen=True):
    """What one file, or one project of files, holds."""

    documents: tuple[LoadedDocument, ...] = ()
    """The policy documents."""
    attachments: tuple[Attachment, ...] = ()
    """Managed policies and whom they are attached to."""
    unknowns: tuple[tuple[FileLocation, Unknown], ...] = ()
    """What may hold a policy and belongs to no document."""
    counted: Mapping[str, int] = {}
    """What was passed over because it surely holds no policy: reason → how many."""
    held_roles: tuple[HeldRole, ...] = ()
    """What acts as which role."""
    safeguards: tuple[Safeguard, ...] = ()
    """Settings that keep strangers out, also where they are off."""
    roles: Mapping[str, str] = {}
    """Roles and instance profiles that the file declares: identity → the principal to which its policies belong, empty
    for an instance profile."""
    declared: frozenset[str] = frozenset()
    """Identities of the resources that the file declares, where `held_roles` and `safeguards` are given."""


class ReadOptions(Struct, frozen=True):
    """What a caller may say about where a file is used: account, region, other files."""

    parameters: Mapping[str, str] = {}
    """Values of a template's parameters, by name; those of parameter files among them."""
    region: str | None = None
    """The region; None where it is not known."""
    account: str | None = None
    """The account's twelve digits; None where they are not known."""
    partition: str | None = None
    """`aws`, `aws-cn`, `aws-us-gov`; None where it is not known."""
    files: Mapping[str, bytes] = {}
    """The other files of the same side by path, which a file may name; empty where they are not at hand."""
    exports: Mapping[str, str] = {}
    """What other files of the same side give by name, where a change touches it: name -> hash of what decides it."""


def digest_of(content: bytes | str) -> str:
    """Return the hash by which an approval holds content that is not known: 32 hexadecimal digits."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return sha256(data).hexdigest()[:32]
