"""What a layout finds in one state of one file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from tracker.base.dates import parse_time
from tracker.errors import DocumentError, one_line
from tracker.policy.history import PolicyFacts
from tracker.policy.model import Json

__all__ = [
    "FoundPolicy",
    "FoundVersion",
    "NoPolicyError",
    "StateReader",
    "facts_of",
    "read_time",
    "text_or_none",
    "time_or_none",
]


class NoPolicyError(DocumentError):
    """A state of a file that was read to its end and surely holds no policy."""


class FoundVersion(Struct, frozen=True):
    """One version of a policy, as a file shows it."""

    document: Json
    """The policy document, not yet evaluated."""
    version_id: str | None = None
    """VersionId; None for a document without one."""
    created_at: datetime | None = None
    """CreateDate, to the second; None where the file does not have it."""
    created_before: datetime | None = None
    """Where the date is not known: `created_at` is the earliest, this the latest."""
    same_by: str = ""
    """Documents with the same text here are one version; empty where a version is known by its document."""
    is_default: bool = True
    """False where the file says that it is not the version in force."""


class FoundPolicy(Struct, frozen=True):
    """One policy, as a file shows it."""

    key: str
    """What no other of the repository has, and what its entries are called by. One that begins with `#` is
    an identity inside of the file: the file's name comes before it, its first one where it was renamed."""
    facts: PolicyFacts
    """Its name, and what else the file has."""
    versions: tuple[FoundVersion, ...] = ()
    """Its versions; none in a file that has facts alone."""
    default: str | None = None
    """The VersionId that the file says to be in force; None where it does not say."""
    is_gone: bool = False
    """True for a file that says that the policy is there no more."""
    unknown: str = ""
    """Why its document is not known though it is there; empty where it is known, or the file has facts alone."""
    is_elsewhere: bool = False
    """True where what is not known can be none of the policies that the file showed before."""
    may_be: str = ""
    """A regular expression of the keys of policies: what is unknown may be any of them. Empty where it is this one."""
    is_one_of_many: bool = False
    """True for a file that is one version of the policy: the newest of them all is in force, not the last written."""


StateReader = Callable[[str, bytes], tuple[FoundPolicy, ...]]
"""Reads a state of the file at a path. It raises DocumentError for what it can't read, and the NoPolicyError among
them for what surely holds no policy: there, a policy that is one of many in a file can have been removed."""


def text_or_none(value: Any) -> str | None:
    """Return a text in one line; None for what is no text or an empty one."""
    return one_line(value) if isinstance(value, str) and value else None


def read_time(value: Any) -> datetime:
    """Return a time, to the second, as the archive keeps it.

    Raises:
        DocumentError: it is none.
    """
    try:
        return parse_time(value).replace(microsecond=0)
    except (TypeError, ValueError) as error:
        raise DocumentError("expected a time", where="CreateDate") from error


def time_or_none(value: Any) -> datetime | None:
    """Return a time, to the second; None for what is none."""
    try:
        return read_time(value)
    except DocumentError:
        return None


def facts_of(value: Mapping[str, Any], name: str, created: Any = None) -> PolicyFacts:
    """Return the facts in GetPolicy's answer, or in an object with some of its members.

    Args:
        value: the object; what is of an unexpected type is not taken over.
        name: the policy's name where the object has none.
        created: the policy's CreateDate; None where the object does not have it.
    """
    arn = text_or_none(value.get("Arn"))
    _, _, inside = (arn or "").partition(":policy/")
    path, _, last = inside.rpartition("/")
    return PolicyFacts(
        name=text_or_none(value.get("PolicyName")) or last or name,
        arn=arn,
        policy_id=text_or_none(value.get("PolicyId")),
        path=text_or_none(value.get("Path")) or ((f"/{path}/" if path else "/") if inside else None),
        description=value["Description"] if isinstance(value.get("Description"), str) else None,
        created_at=time_or_none(created),
    )
